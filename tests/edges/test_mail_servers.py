"""Mail against a real Postfix, Exim and postgrey: what scripted servers may have wrong."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime

import pytest

from notifier.channels.base import Delivered
from notifier.channels.email import Email, Security
from notifier.errors import PermanentDeliveryError, TemporaryDeliveryError
from tests.edges.envelopes import LATER, first, last, with_payload
from tests.edges.exim import exim, why_not
from tests.edges.mail_server import MailServer, eventually, missing
from tests.edges.notices import NOW
from tests.edges.postfix import postfix

SENDER = "Notifier <bot@example.net>"
WHY_NOT = {"postfix": missing("postfix"), "exim": why_not()}
WHY_NOT_GREY = missing("postfix", "postgrey")
STARTED = {"postfix": postfix, "exim": exim}


@pytest.fixture(scope="module", params=STARTED)
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    if why := WHY_NOT[request.param]:
        pytest.skip(why)
    with STARTED[request.param]() as running:
        yield running


def believing(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    server.authority.configure_trust(context)
    return context


def over(server: MailServer, security: Security = "starttls", *, believed: bool = True) -> Email:
    tls = believing(server) if believed else None
    return Email("127.0.0.1", server.port, security, SENDER, tls=tls, timeout=30)


def test_a_mail_arrives_encrypted_and_as_it_was_sent(server: MailServer) -> None:
    opened = over(server).send(first("email"), None, LATER)
    over(server).send(last("mail", "email"), opened.reference, LATER)

    eventually(lambda: len(server.inbox("guardia")) == 2)
    root, end = sorted(server.inbox("guardia"), key=lambda mail: "In-Reply-To" in mail)
    assert opened.detail.startswith(server.says)
    assert "with esmtps" in str(root["Received"]).lower()
    assert end["In-Reply-To"] == root["Message-ID"]
    assert parsedate_to_datetime(root["Date"]) == NOW
    assert not root.defects
    assert [part.get_content_type() for part in root.walk()][-1] == "image/png"
    shown = root.get_body(("plain",))
    assert shown is not None
    assert "ANA (12004)" in shown.get_content()


@pytest.mark.parametrize(
    ("recipient", "said"),
    [("nobody@example.com", "550"), ("someone@elsewhere.example", "55[04]")],
)
def test_whom_it_does_not_know_is_refused_for_good(
    server: MailServer, recipient: str, said: str
) -> None:
    with pytest.raises(PermanentDeliveryError, match=said) as refusal:
        over(server).send(first("email", recipient), None, LATER)

    assert refusal.value.broken == "message"


def test_a_full_mailbox_is_tried_again_and_the_others_get_theirs(server: MailServer) -> None:
    with pytest.raises(TemporaryDeliveryError, match="452") as failure:
        over(server).send(first("email", "full@example.com"), None, LATER)
    over(server).send(first("email", "second@example.com"), None, LATER)

    assert not failure.value.ambiguous
    assert len(server.inbox("second")) == 1


def test_a_mail_beyond_its_limit_is_refused_for_good(server: MailServer) -> None:
    with pytest.raises(PermanentDeliveryError, match="larger than the server takes"):
        over(server).send(with_payload(first("email"), text="x" * 300_000), None, LATER)


@pytest.mark.parametrize(
    ("security", "hint"),
    [("implicit", "set NOTIFIER_SMTP__SECURITY to starttls"),
     ("none", "set NOTIFIER_SMTP__SECURITY to starttls")],
)  # fmt: skip
def test_a_wrong_way_of_encryption_says_the_right_one(
    server: MailServer, security: Security, hint: str
) -> None:
    with pytest.raises(PermanentDeliveryError, match=hint) as refusal:
        over(server, security).send(first("email"), None, LATER)

    assert refusal.value.broken == "destination"


def test_a_certificate_of_nobody_known_stops_the_mail(server: MailServer) -> None:
    with pytest.raises(PermanentDeliveryError, match="certificate is not believed"):
        over(server, believed=False).send(first("email"), None, LATER)


@pytest.mark.skipif(bool(WHY_NOT_GREY), reason=WHY_NOT_GREY)
def test_a_greylisting_server_takes_the_same_mail_a_little_later() -> None:
    with postfix(greylisting=True) as server:
        channel = over(server)
        with pytest.raises(TemporaryDeliveryError, match="450") as failure:
            channel.send(first("email"), None, LATER)
        taken: list[Delivered] = []

        def again() -> bool:
            with suppress(TemporaryDeliveryError):
                taken.append(channel.send(first("email"), None, LATER))
            return bool(taken)

        eventually(again)

        assert not failure.value.ambiguous
        assert len(server.inbox("guardia")) == 1
