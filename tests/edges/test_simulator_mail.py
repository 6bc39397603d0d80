"""The simulated mail server with smtplib as its client: it takes mail, and refuses on demand."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
import trustme

from notifier.simulator.mail import Mail, MailFault, MailServer, MailWrong

ANA, LUZ = "ana@example.com", "luz@example.com"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def inside(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def outside(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def a_mail(*to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "notifier@example.com"
    mail["To"] = ", ".join(to or (ANA,))
    mail["Subject"] = "Señal débil"
    mail.set_content("Está mal.\n")
    mail.add_alternative("<p>Está mal.</p>\n", subtype="html")
    return mail


def send(server: MailServer, *to: str, timeout: float = 5) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP(server.host, server.port, timeout=timeout) as client:
        return client.send_message(a_mail(*to))


def test_mail_is_kept_as_it_came(server: MailServer) -> None:
    told: list[Mail] = []
    server.on_change(told.append)

    refused = send(server, ANA, LUZ)

    (mail,) = server.messages
    assert refused == {}
    assert told == [mail] == server.to(LUZ)
    assert mail.sender == "notifier@example.com"
    assert mail.recipients == (ANA, LUZ)
    assert mail.subject == "Señal débil"
    assert mail.text.strip() == "Está mal."
    assert mail.html.strip() == "<p>Está mal.</p>"
    assert b"Subject:" in mail.raw
    assert not mail.encrypted


def test_a_greylisting_server_takes_the_second_try() -> None:
    with MailServer(greylisting=True) as server:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(server)
        assert refused.value.recipients[ANA][0] == 450

        assert send(server) == {}
        assert len(server.messages) == 1


@pytest.mark.parametrize("reply", ["550 5.1.1 No such user", "452 4.2.2 Mailbox full"])
def test_one_of_two_recipients_may_be_refused(server: MailServer, reply: str) -> None:
    server.faults.append(MailFault(MailWrong.REFUSE, to=LUZ, reply=reply))

    refused = send(server, ANA, LUZ)

    assert {name: code for name, (code, _) in refused.items()} == {LUZ: int(reply[:3])}
    assert server.messages[0].recipients == (ANA,)


def test_a_mail_may_be_too_large(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.REFUSE_DATA))

    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(server)

    assert refused.value.smtp_code == 552
    assert server.messages == []


def test_a_closing_server_says_421(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.CLOSING))

    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPServerDisconnected)):
        send(server)

    assert send(server) == {}


def test_a_connection_lost_before_the_data_took_nothing(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.DROP_BEFORE_DATA))

    with pytest.raises((smtplib.SMTPException, OSError)):
        send(server)

    assert server.messages == []


def test_a_connection_lost_after_the_data_took_the_mail(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.DROP_AFTER_DATA))

    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        send(server)

    assert len(server.messages) == 1


def test_a_hanging_server_still_stops_at_once(server: MailServer) -> None:
    server.faults.append(MailFault(MailWrong.HANG, seconds=60))
    with pytest.raises((smtplib.SMTPServerDisconnected, TimeoutError)):
        send(server, timeout=0.2)

    began = time.monotonic()
    server.stop()

    assert time.monotonic() - began < 10


def test_starttls_is_required_where_it_is_offered(
    inside: ssl.SSLContext, outside: ssl.SSLContext
) -> None:
    with MailServer(tls="starttls", auth=("bot", "secret"), tls_context=inside) as server:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            send(server)
        assert refused.value.smtp_code == 530

        with smtplib.SMTP(server.host, server.port, timeout=5) as client:
            client.starttls(context=outside)
            client.login("bot", "secret")
            client.send_message(a_mail())
        assert server.messages[0].encrypted
        assert server.messages[0].user == "bot"


def test_implicit_tls_is_spoken_from_the_first_byte(
    inside: ssl.SSLContext, outside: ssl.SSLContext
) -> None:
    with MailServer(tls="implicit", tls_context=inside) as server:
        with smtplib.SMTP_SSL(server.host, server.port, timeout=5, context=outside) as client:
            client.send_message(a_mail())

        assert server.messages[0].encrypted


def test_a_wrong_password_is_refused() -> None:
    with MailServer(auth=("bot", "secret")) as server:
        with smtplib.SMTP(server.host, server.port, timeout=5) as client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("bot", "wrong")
            with pytest.raises(smtplib.SMTPSenderRefused):
                client.send_message(a_mail())
            client.login("bot", "secret")
            client.send_message(a_mail())

        assert len(server.messages) == 1


def test_tls_without_a_certificate_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="certificate"):
        MailServer(tls="starttls")
