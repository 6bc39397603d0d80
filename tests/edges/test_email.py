"""Mail: real SMTP on loopback, with each way that mail servers have of saying no."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import example, given
from hypothesis import strategies as st

from notifier.channels.email import Email, Security
from notifier.channels.letter import addressed, letter, one_line
from notifier.core.telling.outgoing import Envelope
from notifier.errors import PermanentDeliveryError, TemporaryDeliveryError
from notifier.simulator.mail import Mail, MailFault, MailServer, MailWrong
from tests.edges.envelopes import LATER, first, last, with_payload
from tests.edges.notices import NOW

SENDER = "Notifier <bot@example.com>"
Tls = Literal["starttls", "implicit"]
ANYTHING = st.text(max_size=80)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


def over(server: MailServer, security: Security = "none", **more: object) -> Email:
    return Email(server.host, server.port, security, SENDER, **more)  # type: ignore[arg-type]


def sent(server: MailServer, envelope: Envelope, reference: str | None = None) -> Mail:
    over(server).send(envelope, reference, LATER)
    return server.messages[-1]


# ---- what is in it ----


def test_a_mail_has_both_texts_and_says_what_it_is(server: MailServer) -> None:
    envelope = first("email")

    mail = sent(server, envelope)

    headers = mail.message
    assert mail.subject == "Warning: ANA (12004): network rejection 6.5%"
    assert mail.recipients == ("guardia@example.com",)
    assert headers["To"] == "guardia@example.com"
    assert headers["From"] == SENDER
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["List-Id"] == "<team-leads.notifier.example.com>"
    assert headers["X-Notifier-Rule"] == "network-rejection"
    assert headers["X-Notifier-Incident"] == envelope.incident
    assert headers["X-Notifier-Id"] == envelope.id
    assert parsedate_to_datetime(headers["Date"]) == NOW
    assert headers.get_content_type() == "multipart/alternative"
    assert "ANA (12004): network rejection 6.5%" in mail.text
    assert "ANA (12004): network rejection 6.5%" in mail.html


def test_the_mails_of_a_conversation_are_one_thread(server: MailServer) -> None:
    opening = over(server).send(first("email"), None, LATER)

    closing = over(server).send(last("mail", "email"), opening.reference, LATER)

    root, end = (mail.message for mail in server.messages)
    assert end["In-Reply-To"] == end["References"] == root["Message-ID"]
    assert end["Message-ID"] != root["Message-ID"]
    assert end["Subject"] == root["Subject"]
    assert server.messages[1].text.startswith("✅ Resolved after 23 min")
    assert closing.reference == opening.reference


def test_the_queue_id_is_kept(server: MailServer) -> None:
    delivered = over(server).send(first("email"), None, LATER)

    assert delivered.detail == "2.0.0 Ok: queued as 00000001"


def test_what_comes_too_late_says_of_when_it_is(server: MailServer) -> None:
    envelope = first("email")

    over(server).send(envelope, None, envelope.give_up_at)

    late, _, state, *_ = server.messages[0].text.splitlines()
    assert (late, state) == ("Late report of 4 May 10:22:", "🟠 Warning")
    assert "Late report of 4 May 10:22:" in server.messages[0].html
    assert "late--" not in server.messages[0].html


def test_a_critical_mail_is_marked_as_important(server: MailServer) -> None:
    sent(server, with_payload(first("email"), high=True))

    assert server.messages[0].message["Importance"] == "high"


# ---- a second copy ----


def test_a_connection_lost_after_the_mail_is_repeated_byte_by_byte(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.DROP_AFTER_DATA))
    envelope = first("email")

    with pytest.raises(TemporaryDeliveryError) as failure:
        over(server).send(envelope, None, LATER)
    over(server).send(envelope, None, LATER + timedelta(hours=1))

    one, two = server.messages
    assert failure.value.ambiguous
    assert one.raw == two.raw


def test_a_connection_lost_before_the_mail_is_no_riddle(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.DROP_BEFORE_DATA))

    with pytest.raises(TemporaryDeliveryError) as failure:
        over(server).send(first("email"), None, LATER)

    assert not failure.value.ambiguous
    assert not server.messages


def test_a_server_that_hangs_is_left(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.HANG, seconds=5))

    with pytest.raises(TemporaryDeliveryError) as failure:
        over(server, timeout=0.5).send(first("email"), None, LATER)

    assert not failure.value.ambiguous


# ---- no ----


@pytest.mark.parametrize(
    ("fault", "broken"),
    [
        (MailFault(MailWrong.GREYLIST), None),
        (MailFault(MailWrong.REFUSE, reply="452 4.2.2 Mailbox full"), None),
        (MailFault(MailWrong.CLOSING), None),
        (MailFault(MailWrong.REFUSE_DATA, reply="421 4.3.0 Try later"), None),
        (MailFault(MailWrong.REFUSE_DATA, reply="451 4.7.1 Later"), None),
        (MailFault(MailWrong.REFUSE), "message"),
        (MailFault(MailWrong.REFUSE, reply="554 5.7.1 Relay access denied"), "message"),
        (MailFault(MailWrong.REFUSE_DATA), "message"),
        (MailFault(MailWrong.REFUSE, reply="530 5.7.0 Must authenticate"), "credential"),
    ],
    ids=lambda value: getattr(value, "reply", value) or getattr(value, "wrong", value),
)
def test_the_first_digit_decides(server: MailServer, fault: MailFault, broken: str | None) -> None:
    server.faults.append(fault)

    with pytest.raises((TemporaryDeliveryError, PermanentDeliveryError)) as failure:
        over(server).send(with_payload(first("email"), pictures=[]), None, LATER)

    assert getattr(failure.value, "broken", None) == broken
    assert fault.says[:3] in str(failure.value)


def test_a_mail_that_is_too_large_is_not_even_offered(server: MailServer) -> None:
    envelope = with_payload(first("email"), text="x" * 21_000_000)

    with pytest.raises(PermanentDeliveryError, match="larger than the server takes"):
        over(server).send(envelope, None, LATER)


PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 60_000).decode()


def illustrated() -> Envelope:
    return with_payload(
        first("email"),
        html='<p>ANA</p><img src="cid:trend">',
        pictures=[{"cid": "trend", "png": PIXEL}],
    )


def test_a_picture_stands_in_the_mail_and_the_bytes_are_the_same_each_time(
    server: MailServer,
) -> None:
    for _ in range(2):
        over(server).send(illustrated(), None, LATER)

    one, two = server.messages
    assert one.raw == two.raw
    kinds = [part.get_content_type() for part in one.message.walk()]
    assert kinds[-2:] == ["text/html", "image/png"]
    assert "<trend>" in one.raw.decode()
    assert not one.message.defects


@pytest.mark.parametrize("how", ["said beforehand", "said to the mail"])
def test_a_mail_that_is_too_large_is_sent_once_more_without_its_picture(
    server: MailServer, how: str
) -> None:
    if how == "said to the mail":
        server.faults.append(MailFault(MailWrong.REFUSE_DATA))
        envelope = illustrated()
    else:
        huge = base64.b64encode(b"\0" * 21_000_000).decode()
        envelope = with_payload(illustrated(), pictures=[{"cid": "trend", "png": huge}])

    over(server).send(envelope, None, LATER)

    (mail,) = server.messages
    assert [part.get_content_type() for part in mail.message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


def test_a_mail_without_a_picture_that_is_too_large_is_refused_once(server: MailServer) -> None:
    server.faults.extend([MailFault(MailWrong.REFUSE_DATA)] * 2)

    with pytest.raises(PermanentDeliveryError, match="552"):
        over(server).send(with_payload(first("email"), pictures=[]), None, LATER)

    assert len(server.faults) == 1


def test_a_server_that_wants_a_login_breaks_the_credential() -> None:
    with (
        MailServer(auth=("bot", "right")) as server,
        pytest.raises(PermanentDeliveryError, match="NOTIFIER_SMTP__USERNAME") as refusal,
    ):
        over(server).send(first("email"), None, LATER)

    assert refusal.value.broken == "credential"


# ---- encryption and login ----


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certified(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def believing(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_mail_is_encrypted_and_the_sender_logs_in(authority: trustme.CA, security: Tls) -> None:
    account = ("bot", "s3cret") if security == "starttls" else None
    with MailServer(tls=security, auth=account, tls_context=certified(authority)) as server:
        channel = over(
            server, security, username="bot", password="s3cret" if account else "",
            tls=believing(authority),
        )  # fmt: skip
        channel.send(first("email"), None, LATER)

    assert server.messages[0].encrypted
    assert server.messages[0].user == ("bot" if account else "")


def test_a_wrong_password_is_not_shown(authority: trustme.CA) -> None:
    with MailServer(
        tls="starttls", auth=("bot", "right"), tls_context=certified(authority)
    ) as server:
        channel = over(
            server, "starttls", username="bot", password="wr0ng", tls=believing(authority)
        )
        with pytest.raises(PermanentDeliveryError, match="535") as refusal:
            channel.send(first("email"), None, LATER)

    assert refusal.value.broken == "credential"
    assert "wr0ng" not in f"{refusal.value!r} {channel!r}"


@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_a_certificate_of_nobody_known_stops_the_mail(authority: trustme.CA, security: Tls) -> None:
    with (
        MailServer(tls=security, tls_context=certified(authority)) as server,
        pytest.raises(PermanentDeliveryError, match="certificate") as refusal,
    ):
        over(server, security).send(first("email"), None, LATER)

    assert refusal.value.broken == "destination"
    assert not server.messages


def test_a_certificate_of_another_name_stops_the_mail(authority: trustme.CA) -> None:
    context = certified(authority, "elsewhere.example.com")
    with (
        MailServer(tls="implicit", tls_context=context) as server,
        pytest.raises(PermanentDeliveryError, match="NOTIFIER_SMTP__HOST"),
    ):
        over(server, "implicit", tls=believing(authority)).send(first("email"), None, LATER)


def test_implicit_tls_on_a_plain_port_says_which_setting_is_right(server: MailServer) -> None:
    with pytest.raises(PermanentDeliveryError, match="set NOTIFIER_SMTP__SECURITY to starttls"):
        over(server, "implicit").send(first("email"), None, LATER)


def test_a_server_without_starttls_gets_no_clear_text(server: MailServer) -> None:
    with pytest.raises(PermanentDeliveryError, match="to implicit") as refusal:
        over(server, "starttls").send(first("email"), None, LATER)

    assert refusal.value.broken == "destination"
    assert not server.messages


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes a connection and waits for TLS."""

    def wait(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=wait, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_plain_client_on_a_tls_port_is_told_so() -> None:
    with silent() as port:
        channel = Email("127.0.0.1", port, "none", SENDER, timeout=0.3)
        with pytest.raises(TemporaryDeliveryError, match="set NOTIFIER_SMTP__SECURITY to implicit"):
            channel.send(first("email"), None, LATER)


class _OAuth:
    """A mail server that knows one access token."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802
        said = base64.b64decode(args[1]).decode()
        if said == "user=bot@example.com\x01auth=Bearer fresh\x01\x01":
            return AuthResult(success=True)
        await server.push("334 eyJzdGF0dXMiOiI0MDAifQ==")
        assert server._reader is not None
        await server._reader.readline()
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, _: SMTP, __: object, envelope: object) -> str:  # noqa: N802
        self.mails.append(getattr(envelope, "content", b""))
        return "250 OK"


@pytest.fixture
def oauth() -> Iterator[tuple[_OAuth, int]]:
    handler = _OAuth()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # the controller wants to be told one
    controller = Controller(handler, hostname="127.0.0.1", port=port, auth_require_tls=False)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.mark.filterwarnings("ignore::UserWarning")  # of aiosmtpd
def test_a_token_file_is_read_at_each_login(oauth: tuple[_OAuth, int], tmp_path: Path) -> None:
    handler, port = oauth
    token = tmp_path / "token"
    channel = Email("127.0.0.1", port, "none", SENDER, "bot@example.com", token_file=token)

    with pytest.raises(PermanentDeliveryError, match="NOTIFIER_SMTP__OAUTH_TOKEN_FILE"):
        channel.send(first("email"), None, LATER)
    token.write_text("stale\n")
    with pytest.raises(PermanentDeliveryError) as refusal:
        channel.send(first("email"), None, LATER)
    token.write_text("fresh\n")
    channel.send(first("email"), None, LATER)

    assert refusal.value.broken == "credential"
    assert "stale" not in str(refusal.value)
    assert len(handler.mails) == 1


# ---- addresses ----


@pytest.mark.parametrize(
    ("given", "wire", "utf8"),
    [
        ("ana@example.com", "ana@example.com", False),
        ("ana@MÜNCHEN.example", "ana@xn--mnchen-3ya.example", False),
        ("señor@example.com", "señor@example.com", True),
        ("ops@localhost", "ops@localhost", False),
    ],
)
def test_domains_go_in_ascii(given: str, wire: str, utf8: bool) -> None:
    assert addressed(given) == (wire, utf8)


@pytest.mark.parametrize(
    "given",
    ["", "ana", "@example.com", "ana@", "a b@example.com", "a@exa mple.com", "a@b@c",
     "a>\r\nRCPT TO:<b@example.com", "a\n@example.com", "a@example.com\r\nBcc: b@example.com",
     "a@..", "<a@example.com>"],
)  # fmt: skip
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(PermanentDeliveryError, match="not a mail address"):
        addressed(given)


def test_a_name_that_is_not_ascii_reaches_a_server_that_takes_it(server: MailServer) -> None:
    mail = sent(server, first("email", "señor@example.com"))

    assert mail.recipients == ("señor@example.com",)
    assert mail.message["To"] == "señor@example.com"


def test_a_sender_that_is_none_is_named_by_its_variable(server: MailServer) -> None:
    channel = Email(server.host, server.port, "none", "nobody")

    with pytest.raises(PermanentDeliveryError, match="NOTIFIER_SMTP__SENDER"):
        channel.send(first("email"), None, LATER)


# ---- any text at all ----

HEADERS = {
    "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress",
    "List-Id", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "X-Notifier-Id",
    "X-Notifier-Incident",
    "X-Notifier-Conversation", "X-Notifier-Revision", "X-Notifier-Reason", "X-Notifier-Receiver",
    "X-Notifier-Rule", "X-Notifier-Operation", "X-Notifier-Severity",
}  # fmt: skip


@given(subject=ANYTHING, text=ANYTHING, page=ANYTHING, rule=ANYTHING)
@example("a\r\nBcc: all@example.com", ".\r\n.\r\nQUIT", "--=_notifier_", "a\x0bb\u2028c")
@example("=?utf-8?q?a=0D=0ABcc:_b?=", "\ud800", "<!--late-->", "\x00")
@example("=?utf-8?b?", "From x", "", "=?")
@example("x" * 500, "", "<p>", "\u202e")
def test_any_text_gives_one_whole_mail(subject: str, text: str, page: str, rule: str) -> None:
    envelope = with_payload(first("email"), subject=subject, text=text, html=page, rule=rule)

    built = letter(envelope, None, SENDER, LATER)

    read = message_from_bytes(built.content, policy=policy.default)
    names = [name for name, _ in read.items()]
    assert len(names) == len(set(names))
    assert set(names) <= HEADERS
    assert read["To"] == "guardia@example.com"
    assert len(str(read["Subject"])) <= 150
    assert not read.defects
    assert b"\r" not in built.content.replace(b"\r\n", b"")
    assert b"\n" not in built.content.replace(b"\r\n", b"")
    parts = list(read.iter_parts())
    assert len(parts) in (0, 2)
    shown = read.get_body(("plain",))
    assert shown is not None
    assert shown.get_content().split() == text.encode("utf-8", "replace").decode().split()


@given(ANYTHING)
def test_a_header_is_one_printable_line(text: str) -> None:
    line = one_line(text, 40)

    assert line.isprintable()
    assert len(line) <= 40
    assert "=?" not in line


@given(st.lists(ANYTHING, min_size=3, max_size=3))
def test_a_mail_is_the_same_each_time(texts: list[str]) -> None:
    subject, text, page = texts
    envelope = with_payload(first("email"), subject=subject, text=text, html=page)
    reference = json.dumps({"root": "<a@example.com>", "subject": "One"})

    assert letter(envelope, reference, SENDER, LATER) == letter(envelope, reference, SENDER, LATER)


@pytest.mark.parametrize("name", ['Zoë, "the bot"', "a\r\nBcc: b@example.com", "=?utf-8?q?x?="])
def test_a_senders_name_cannot_end_its_header(name: str) -> None:
    built = letter(first("email"), None, f"{name} <bot@example.com>", LATER)

    read = message_from_bytes(built.content, policy=policy.default)
    assert read["Bcc"] is None
    assert read["From"].addresses[0].addr_spec == "bot@example.com"
