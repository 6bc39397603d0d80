"""One contract, every channel: what is tried again, what never, and what is kept secret."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from notifier.channels import channels
from notifier.channels.alertmanager import Alertmanager
from notifier.channels.apprise import Apprise
from notifier.channels.base import Channel
from notifier.channels.email import Email
from notifier.channels.http import retry_after
from notifier.channels.signed import Webhook, signature
from notifier.channels.slack import Slack
from notifier.channels.teams import Teams
from notifier.channels.webhook import SlackWebhook
from notifier.core.facts.state import Severity
from notifier.core.judging.notice import Item, Reason
from notifier.core.rules.tables import KINDS
from notifier.core.telling.outgoing import Envelope, doubtful
from notifier.errors import ConfigError, PermanentDeliveryError, TemporaryDeliveryError
from notifier.simulator.mail import MailFault, MailServer, MailWrong
from tests.edges.envelopes import LATER, first, last, of, with_payload
from tests.edges.notices import NOW, conversation, incident, notice

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


@dataclass(frozen=True)
class Place:
    """What the settings say of a webhook or an Alertmanager."""

    address: str
    key: str = SECRET


def _http(httpserver: HTTPServer, channel: Channel, path: str, yes: Response) -> Far:
    answers: list[Response] = []
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        if answers:
            return answers.pop(0)
        seen.append(request)
        return yes

    httpserver.expect_request(path, method="POST").respond_with_handler(answer)
    wrongs = {
        "again": lambda: Response(status=503),
        "never": lambda: Response("no_service", status=404),
        "wait": lambda: Response(status=429, headers={"Retry-After": "7"}),
    }
    envelope = first(channel.kind)
    return Far(channel, envelope, lambda how: answers.append(wrongs[how]()), lambda: len(seen))


def _webhook(httpserver: HTTPServer) -> Far:
    path = f"/services/{SECRET}"
    channel = SlackWebhook(lambda _: httpserver.url_for(path))
    return _http(httpserver, channel, path, Response("ok"))


def _signed(httpserver: HTTPServer) -> Far:
    path = f"/hook/{SECRET}"
    channel = Webhook(lambda _: Place(httpserver.url_for(path)))
    return _http(httpserver, channel, path, Response(status=204))


def _alertmanager(httpserver: HTTPServer) -> Far:
    channel = Alertmanager(lambda _: Place(httpserver.url_for("/am/")))
    return _http(httpserver, channel, "/am/api/v2/alerts", Response())


def _teams(httpserver: HTTPServer) -> Far:
    path = f"/workflows/{SECRET}"
    channel = Teams(lambda _: httpserver.url_for(path))
    return _http(httpserver, channel, path, Response(status=202))


def _apprise(httpserver: HTTPServer) -> Far:
    pytest.importorskip("apprise")
    where = httpserver.url_for(f"/{SECRET}").removeprefix("http://")
    return _http(httpserver, Apprise(lambda _: f"json://{where}"), f"/{SECRET}", Response())


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


OVER_HTTP: dict[str, Callable[[HTTPServer], Far]] = {
    "slack": _slack,
    "slack_webhook": _webhook,
    "webhook": _signed,
    "alertmanager": _alertmanager,
    "teams": _teams,
    "apprise": _apprise,
}


@pytest.fixture(params=[*OVER_HTTP, "email"])
def far(request: pytest.FixtureRequest, httpserver: HTTPServer) -> Iterator[Far]:
    if request.param == "email":
        with MailServer() as server:
            yield _mail(server)
    else:
        yield OVER_HTTP[request.param](httpserver)


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
    if far.channel.kind == "apprise":
        pytest.skip("Apprise says no, and never why: it is tried until the message is old")
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


@pytest.mark.parametrize(
    "kind", ["slack", "slack_webhook", "webhook", "alertmanager", "teams", "email"]
)
def test_nobody_there_is_certain_not_to_have_taken_it(kind: str) -> None:
    port = closed_port()
    known: dict[str, Channel] = {
        "slack": Slack(SECRET, f"http://127.0.0.1:{port}/api"),
        "slack_webhook": SlackWebhook(lambda _: f"http://127.0.0.1:{port}/{SECRET}"),
        "webhook": Webhook(lambda _: Place(f"http://127.0.0.1:{port}/{SECRET}")),
        "alertmanager": Alertmanager(lambda _: Place(f"http://127.0.0.1:{port}/{SECRET}")),
        "teams": Teams(lambda _: f"http://127.0.0.1:{port}/{SECRET}"),
        "email": Email("127.0.0.1", port, "none", "bot@example.com", "bot", SECRET),
    }
    channel = known[kind]

    with pytest.raises(TemporaryDeliveryError) as failure:
        channel.send(first(kind, "C0123456789" if kind == "slack" else ""), None, LATER)

    assert not failure.value.ambiguous
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize(
    "kind", ["slack_webhook", "webhook", "alertmanager", "teams", "apprise", "email"]
)
def test_what_cannot_be_looked_for_is_not_found(kind: str) -> None:
    known: dict[str, Channel] = {
        "slack_webhook": SlackWebhook(lambda _: ""),
        "webhook": Webhook(lambda _: Place("")),
        "alertmanager": Alertmanager(lambda _: Place("")),
        "teams": Teams(lambda _: ""),
        "apprise": Apprise(lambda _: ""),
        "email": Email("127.0.0.1", 25, "none", "bot@example.com"),
    }
    channel = known[kind]

    assert not channel.can_find
    assert channel.find(first(kind), None, NOW) is None


@pytest.mark.parametrize("kind", ["slack_webhook", "webhook", "alertmanager", "teams", "apprise"])
def test_no_redirect_is_followed(httpserver: HTTPServer, kind: str) -> None:
    elsewhere: list[Request] = []

    def take(request: Request) -> Response:
        elsewhere.append(request)
        return Response("ok")

    away = Response(status=307, headers={"Location": httpserver.url_for("/elsewhere")})
    httpserver.expect_request("/elsewhere").respond_with_handler(take)
    far = OVER_HTTP[kind](httpserver)
    far.fail("again")
    httpserver.clear()
    httpserver.expect_request("/elsewhere").respond_with_handler(take)
    httpserver.expect_request(re.compile("^/(?!elsewhere)")).respond_with_handler(lambda _: away)

    with pytest.raises((PermanentDeliveryError, TemporaryDeliveryError)):
        far.channel.send(far.envelope, None, LATER)

    assert elsewhere == []


@pytest.mark.parametrize("kind", ["slack_webhook", "webhook", "teams"])
def test_an_answer_without_end_is_not_read_to_its_end(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def flood() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
                while True:
                    connection.sendall(b"x" * 65_536)

        thread = threading.Thread(target=flood)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/"
        known: dict[str, Channel] = {
            "slack_webhook": SlackWebhook(lambda _: address),
            "webhook": Webhook(lambda _: Place(address)),
            "teams": Teams(lambda _: address),
        }
        with suppress(PermanentDeliveryError):
            known[kind].send(first(kind), None, LATER)
        thread.join(60)

    assert not thread.is_alive()


# ---- what goes over the line ----


def posted(httpserver: HTTPServer) -> Request:
    request, _ = httpserver.log[-1]
    return request


def test_a_webhooks_post_can_be_verified_and_not_be_forged(httpserver: HTTPServer) -> None:
    far = _signed(httpserver)

    far.channel.send(far.envelope, None, LATER)

    request = posted(httpserver)
    stamp = request.headers["X-Notifier-Timestamp"]
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + request.data, hashlib.sha256)
    assert request.headers["X-Notifier-Signature"] == f"sha256={signed.hexdigest()}"
    assert int(stamp) == int(LATER.timestamp())
    assert signature("", b"", LATER) == {}


def test_a_webhook_gets_what_a_program_needs(httpserver: HTTPServer) -> None:
    far = _signed(httpserver)

    far.channel.send(far.envelope, None, LATER)

    said = posted(httpserver).json
    (about,) = said["incidents"]
    assert {name: said[name] for name in ("id", "rule", "reason", "state", "late")} == {
        "id": far.envelope.id,
        "rule": "network-rejection",
        "reason": "open",
        "state": "open",
        "late": False,
    }
    assert (about["entity"], about["value"], about["severity"]) == ("12004", 6.5, "warning")
    assert said["title"].startswith("Warning: ANA (12004)")
    assert not {"again", "both", "moved", "doubtful"} & set(said)


def test_a_teams_card_shows_texts_as_they_are(httpserver: HTTPServer) -> None:
    far = _teams(httpserver)
    hostile = with_payload(far.envelope, title="[click](http://x.example) **now**", text="a\n# b")

    far.channel.send(hostile, None, hostile.give_up_at)

    (attachment,) = posted(httpserver).json["attachments"]
    blocks = attachment["content"]["body"]
    kinds = {block["type"] for block in (*blocks[1:], *blocks[0]["items"])}
    assert kinds == {"RichTextBlock"}  # a TextBlock would make a link of it
    assert "Late report of 4 May 10:22: [click]" in attachment["content"]["fallbackText"]


def test_a_teams_card_does_not_say_its_title_twice(httpserver: HTTPServer) -> None:
    far = _teams(httpserver)

    far.channel.send(far.envelope, None, LATER)

    (attachment,) = posted(httpserver).json["attachments"]
    shown = json.dumps(attachment["content"]["body"], ensure_ascii=False)
    assert shown.count("network rejection 6.5%") == 1
    assert "Limit" in shown


def test_a_teams_card_that_would_be_refused_for_its_size_is_cut(httpserver: HTTPServer) -> None:
    far = _teams(httpserver)
    huge = with_payload(far.envelope, text="\n".join(f"line {n} é" for n in range(9_000)))

    far.channel.send(huge, None, LATER)

    assert len(posted(httpserver).data) < 28_000


def test_an_alert_lives_until_it_is_ended(httpserver: HTTPServer) -> None:
    far = _alertmanager(httpserver)

    far.channel.send(far.envelope, None, LATER)
    (alive,) = posted(httpserver).json
    token = posted(httpserver).headers["Authorization"]
    far.channel.send(last("data", "alertmanager"), None, LATER + timedelta(minutes=30))
    (over,) = posted(httpserver).json

    assert token == f"Bearer {SECRET}"
    assert alive["labels"] == over["labels"]
    assert alive["labels"]["alertname"] == "network-rejection"
    assert datetime.fromisoformat(alive["endsAt"]) == LATER + timedelta(minutes=5)
    assert alive["startsAt"] == over["startsAt"] < over["endsAt"]
    assert datetime.fromisoformat(over["endsAt"]) < LATER + timedelta(minutes=30)


def test_a_raised_alert_ends_the_lower_one(httpserver: HTTPServer) -> None:
    far = _alertmanager(httpserver)
    worse = incident(severity=Severity.CRITICAL)

    told = notice(Item(Reason.RAISED, worse), talk=conversation("alertmanager", revision=2))
    far.channel.send(of(told), None, LATER)

    ends = {a["labels"]["severity"]: a["endsAt"] for a in posted(httpserver).json}
    assert datetime.fromisoformat(ends["warning"]) <= LATER
    assert datetime.fromisoformat(ends["critical"]) == LATER + timedelta(minutes=5)


def test_apprise_says_what_is_wrong_with_its_address_without_it() -> None:
    pytest.importorskip("apprise")

    with pytest.raises(PermanentDeliveryError, match="NOTIFIER_APPRISE__") as refusal:
        Apprise(lambda _: f"nothing://{SECRET}").send(first("apprise"), None, LATER)

    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("kind", ["teams", "apprise", "slack_webhook"])
def test_what_may_repeat_says_so(httpserver: HTTPServer, kind: str) -> None:
    far = OVER_HTTP[kind](httpserver)

    far.channel.send(doubtful(far.envelope), None, LATER)

    assert "(may repeat)" in posted(httpserver).get_data(as_text=True)


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
    assert request.json["text"].startswith("Late report of 4 May 10:22: 🟠 ")


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

    def webhook_for(self, name: str) -> Place:
        return Place(f"https://hooks.example.com/{name}")

    alertmanager_for = webhook_for
    teams_for = apprise_for = slack_webhook_for


def test_each_kind_has_a_channel_and_none_shows_its_secret() -> None:
    made = channels(_Settings())  # type: ignore[arg-type]

    assert {channel.kind for channel in made} == set(KINDS)
    assert SECRET not in repr(made)


def test_without_a_token_slack_says_what_to_set() -> None:
    slack, *_ = channels(_Settings())  # type: ignore[arg-type]

    with pytest.raises(PermanentDeliveryError, match="NOTIFIER_SLACK__BOT_TOKEN") as refusal:
        slack.send(first("slack"), None, LATER)

    assert refusal.value.broken == "credential"
