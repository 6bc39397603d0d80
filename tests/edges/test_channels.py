"""One contract, every channel: what is tried again, what never, and what is kept secret."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from notifier.channels import channels
from notifier.channels.base import Channel
from notifier.channels.email import Email
from notifier.channels.http import retry_after
from notifier.channels.slack import Slack
from notifier.channels.webhook import SlackWebhook
from notifier.core.outgoing import Envelope
from notifier.errors import ConfigError, PermanentDeliveryError, TemporaryDeliveryError
from notifier.simulator.mail import MailFault, MailServer, MailWrong
from tests.edges.envelopes import LATER, first
from tests.edges.notices import NOW

SECRET = "xoxb-very-secret"  # a token, a password, the path of a webhook


@dataclass
class Far:
    """A channel, its far side, and how to make that misbehave."""

    channel: Channel
    envelope: Envelope
    fail: Callable[[str], None]
    taken: Callable[[], int]


def _slack(httpserver: HTTPServer) -> Far:
    answers: list[Response] = []
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        if answers:
            return answers.pop(0)
        seen.append(request)
        body = {"ok": True, "channel": "C0123456789", "ts": "1.000200"}
        return Response(json.dumps(body), content_type="application/json")

    httpserver.expect_request("/api/chat.postMessage").respond_with_handler(answer)
    wrongs = {
        "again": lambda: Response(status=503),
        "never": lambda: Response('{"ok": false, "error": "is_archived"}'),
        "wait": lambda: Response(status=429, headers={"Retry-After": "7"}),
    }
    channel = Slack(SECRET, httpserver.url_for("/api/"))
    envelope = first("slack", "C0123456789")
    return Far(channel, envelope, lambda how: answers.append(wrongs[how]()), lambda: len(seen))


def _webhook(httpserver: HTTPServer) -> Far:
    answers: list[Response] = []
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        if answers:
            return answers.pop(0)
        seen.append(request)
        return Response("ok")

    httpserver.expect_request(f"/services/{SECRET}").respond_with_handler(answer)
    wrongs = {
        "again": lambda: Response(status=503),
        "never": lambda: Response("no_service", status=404),
        "wait": lambda: Response(status=429, headers={"Retry-After": "7"}),
    }
    channel = SlackWebhook(lambda _: httpserver.url_for(f"/services/{SECRET}"))
    envelope = first("slack_webhook")
    return Far(channel, envelope, lambda how: answers.append(wrongs[how]()), lambda: len(seen))


def _mail(server: MailServer) -> Far:
    wrongs = {
        "again": MailFault(MailWrong.GREYLIST),
        "never": MailFault(MailWrong.REFUSE),
        "wait": MailFault(MailWrong.CLOSING),
    }
    channel = Email(server.host, server.port, "none", "bot@example.com", "bot", SECRET)
    return Far(
        Email(server.host, server.port, "none", channel.sender),
        first("email"),
        lambda how: server.faults.append(wrongs[how]),
        lambda: len(server.messages),
    )


@pytest.fixture(params=["slack", "slack_webhook", "email"])
def far(request: pytest.FixtureRequest, httpserver: HTTPServer) -> Iterator[Far]:
    if request.param == "email":
        with MailServer() as server:
            yield _mail(server)
    else:
        yield {"slack": _slack, "slack_webhook": _webhook}[request.param](httpserver)


def test_a_message_is_taken_once(far: Far) -> None:
    delivered = far.channel.send(far.envelope, None, LATER)

    assert far.taken() == 1
    assert far.channel.kind == far.envelope.kind
    assert not delivered.reference or json.loads(delivered.reference)


@pytest.mark.parametrize("how", ["again", "wait"])
def test_trouble_of_the_moment_is_tried_again(far: Far, how: str) -> None:
    far.fail(how)

    with pytest.raises(TemporaryDeliveryError):
        far.channel.send(far.envelope, None, LATER)

    far.channel.send(far.envelope, None, LATER)
    assert far.taken() == 1


def test_a_refusal_for_good_is_never_tried_again(far: Far) -> None:
    far.fail("never")

    with pytest.raises(PermanentDeliveryError) as refusal:
        far.channel.send(far.envelope, None, LATER)

    assert len(str(refusal.value)) > 10


@pytest.mark.parametrize("how", ["again", "never", "wait"])
def test_no_error_and_no_description_holds_a_secret(far: Far, how: str) -> None:
    far.fail(how)

    with pytest.raises((TemporaryDeliveryError, PermanentDeliveryError)) as failure:
        far.channel.send(far.envelope, None, LATER)

    assert SECRET not in str(failure.value)
    assert SECRET not in repr(failure.value)
    assert SECRET not in repr(far.channel)
    assert failure.value.__cause__ is None


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("kind", ["slack", "slack_webhook", "email"])
def test_nobody_there_is_certain_not_to_have_taken_it(kind: str) -> None:
    port = closed_port()
    known: dict[str, Channel] = {
        "slack": Slack(SECRET, f"http://127.0.0.1:{port}/api"),
        "slack_webhook": SlackWebhook(lambda _: f"http://127.0.0.1:{port}/{SECRET}"),
        "email": Email("127.0.0.1", port, "none", "bot@example.com", "bot", SECRET),
    }
    channel = known[kind]

    with pytest.raises(TemporaryDeliveryError) as failure:
        channel.send(first(kind, "C0123456789" if kind == "slack" else ""), None, LATER)

    assert not failure.value.ambiguous
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("kind", ["slack_webhook", "email"])
def test_what_cannot_be_looked_for_is_not_found(kind: str) -> None:
    known: dict[str, Channel] = {
        "slack_webhook": SlackWebhook(lambda _: ""),
        "email": Email("127.0.0.1", 25, "none", "bot@example.com"),
    }
    channel = known[kind]

    assert not channel.can_find
    assert channel.find(first(kind), None, NOW) is None


# ---- webhooks ----


def test_a_webhook_that_is_not_set_says_which() -> None:
    def missing(_: str) -> str:
        raise ConfigError("Set NOTIFIER_SLACK__WEBHOOKS__FLOOR.")

    with pytest.raises(PermanentDeliveryError, match="WEBHOOKS__FLOOR") as refusal:
        SlackWebhook(missing).send(first("slack_webhook"), None, LATER)

    assert refusal.value.broken == "destination"


@pytest.mark.parametrize(
    ("status", "said", "broken", "rejected"),
    [
        (404, "no_service", "destination", False),
        (403, "action_prohibited", "destination", False),
        (410, "channel_is_archived", "destination", False),
        (200, "<html>a proxy</html>", "destination", False),
        (302, "", "destination", False),
        (400, "invalid_payload", "message", True),
    ],
)
def test_what_a_webhooks_refusal_means(
    httpserver: HTTPServer, status: int, said: str, broken: str, rejected: bool
) -> None:
    httpserver.expect_request("/hook").respond_with_data(said, status)

    with pytest.raises(PermanentDeliveryError) as refusal:
        SlackWebhook(lambda _: httpserver.url_for("/hook")).send(
            first("slack_webhook"), None, LATER
        )

    assert (refusal.value.broken, refusal.value.rejected) == (broken, rejected)


def test_a_webhook_that_hangs_up_may_have_posted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take_and_leave() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            connection.close()

        thread = threading.Thread(target=take_and_leave)
        thread.start()
        port = server.getsockname()[1]
        with pytest.raises(TemporaryDeliveryError) as failure:
            SlackWebhook(lambda _: f"http://127.0.0.1:{port}/").send(
                first("slack_webhook"), None, LATER
            )
        thread.join()

    assert failure.value.ambiguous


def test_a_webhook_posts_no_metadata_and_says_when_it_is_late(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("ok")
    envelope = first("slack_webhook")

    SlackWebhook(lambda _: httpserver.url_for("/hook")).send(envelope, None, envelope.give_up_at)

    request, _ = httpserver.log[0]
    assert set(request.json) == {"text", "attachments"}
    assert request.json["text"].startswith("Late report of 04/05 10:22: 🟠 ")


# ---- how long to wait ----


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("Mon, 04 May 2026 15:22:30 GMT", 30),
        ("Mon, 04 May 2026 15:22:30 -0000", 30),
        ("Mon, 04 May 2020 15:22:30 GMT", 1),
        ("99999999999999999999", 86_400),
        ("soon", 30),
        ("", 30),
        ("-5", 30),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: int) -> None:
    assert retry_after({"retry-after": said}, NOW).total_seconds() == seconds


def test_without_retry_after_half_a_minute_is_waited() -> None:
    assert retry_after({}, NOW).total_seconds() == 30


# ---- from the settings ----


@dataclass(frozen=True)
class _Slack:
    bot_token: SecretStr | None = None
    base_url: str | None = None


@dataclass(frozen=True)
class _Smtp:
    host: str = "mail.example.com"
    actual_port: int = 587
    security: str = "starttls"
    username: str | None = "bot@example.com"
    password: SecretStr | None = field(default_factory=lambda: SecretStr(SECRET))
    oauth_token_file: Path | None = None
    sender: str | None = None


class _Settings:
    slack = _Slack()
    smtp = _Smtp()

    def slack_webhook_for(self, name: str) -> SecretStr:
        return SecretStr(f"https://hooks.example.com/{name}")


def test_each_kind_has_a_channel_and_none_shows_its_secret() -> None:
    made = channels(_Settings())  # type: ignore[arg-type]

    assert [channel.kind for channel in made] == ["slack", "slack_webhook", "email"]
    assert SECRET not in repr(made)


def test_without_a_token_slack_says_what_to_set() -> None:
    slack, *_ = channels(_Settings())  # type: ignore[arg-type]

    with pytest.raises(PermanentDeliveryError, match="NOTIFIER_SLACK__BOT_TOKEN") as refusal:
        slack.send(first("slack"), None, LATER)

    assert refusal.value.broken == "credential"
