"""Slack by bot token: against the stand-in, with its faults."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from notifier.channels.slack import Slack
from notifier.channels.slack_errors import MEANINGS, Meaning
from notifier.core.judging.notice import Reason
from notifier.core.telling.outgoing import alone, doubtful
from notifier.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError
from notifier.simulator.slack import SlackFault, SlackServer, Slip, lost
from tests.edges.envelopes import LATER, first, last, second
from tests.edges.notices import NOW

CHANNEL = "#operaciones"
TOKEN = "xoxb-simulated"
RECORDED = Path(__file__).parent.parent / "recorded"


class Ticking:
    """A clock that goes on by a second at each look."""

    def __init__(self) -> None:
        self._at = NOW

    def __call__(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer(TOKEN, channels=["general", "operaciones"], clock=Ticking()) as server:
        yield server


@pytest.fixture
def slack(server: SlackServer) -> Slack:
    return Slack(TOKEN, server.url, timeout=2)


def methods(server: SlackServer) -> list[str]:
    return [call.method for call in server.calls]


# ---- a message lives ----


def test_a_message_is_posted_edited_and_closed_in_place(server: SlackServer, slack: Slack) -> None:
    opened = slack.send(first(), None, LATER)
    changed = slack.send(second("edit"), opened.reference, LATER)
    slack.send(second("reply"), changed.reference, LATER)
    closed = slack.send(last("edit"), changed.reference, LATER)

    (message,) = server.visible(CHANNEL)
    (parent, reply) = server.messages(CHANNEL)
    assert message.text.startswith("✅ *Resolved after 23 min*")
    assert "~ANA (12004): network rejection 9.1%~" in message.text
    assert message.attachments[0]["color"] == "#2eb67d"
    assert reply.text == "• 10:22 · 4% → 6.5%"
    assert reply.thread_ts == parent.ts
    assert opened.reference == changed.reference == closed.reference


def test_a_raised_severity_is_seen_in_the_channel_too(server: SlackServer, slack: Slack) -> None:
    opened = slack.send(first(), None, LATER)

    slack.send(second("reply", reason=Reason.RAISED), opened.reference, LATER)

    assert len(server.visible(CHANNEL)) == 2


def test_a_mere_change_stays_in_the_thread(server: SlackServer, slack: Slack) -> None:
    opened = slack.send(first(), None, LATER)

    slack.send(second("reply"), opened.reference, LATER)

    assert len(server.visible(CHANNEL)) == 1
    assert len(server.messages(CHANNEL)) == 2


def test_each_message_says_which_it_is(server: SlackServer, slack: Slack) -> None:
    envelope = first()

    slack.send(envelope, None, LATER)

    assert server.visible(CHANNEL)[0].metadata == {
        "event_type": "notifier_message",
        "event_payload": {"id": envelope.id, "incident": envelope.incident, "revision": 1},
    }


def test_an_edit_without_a_message_is_posted_anew(server: SlackServer, slack: Slack) -> None:
    delivered = slack.send(last("edit"), None, LATER)

    assert server.visible(CHANNEL)[0].text.startswith("✅")
    assert json.loads(delivered.reference)["ts"]


def test_an_edit_of_a_deleted_message_says_that_it_is_gone(
    server: SlackServer, slack: Slack
) -> None:
    opened = slack.send(first(), None, LATER)
    server.delete(server.messages(CHANNEL)[0])

    with pytest.raises(PermanentDeliveryError) as refusal:
        slack.send(last("edit"), opened.reference, LATER)

    assert refusal.value.gone


def test_a_reply_to_nothing_is_not_posted(server: SlackServer, slack: Slack) -> None:
    with pytest.raises(PermanentDeliveryError) as refusal:
        slack.send(second("reply"), None, LATER)

    assert refusal.value.gone
    assert not server.calls


def test_what_comes_too_late_says_of_when_it_is(server: SlackServer, slack: Slack) -> None:
    envelope = first()

    slack.send(envelope, None, envelope.give_up_at)

    assert server.visible(CHANNEL)[0].text.startswith("Late report of 4 May 10:22: 🟠")


@pytest.mark.parametrize("error", ["edit_window_closed", "cant_update_message"])
def test_a_message_that_may_be_edited_no_more_is_linked_from_the_new_one(
    server: SlackServer, slack: Slack, error: str
) -> None:
    opened = slack.send(first(), None, LATER)
    server.faults.append(SlackFault(Slip.ERROR, "chat.update", error=error))

    with pytest.raises(PermanentDeliveryError) as refusal:
        slack.send(last("edit"), opened.reference, LATER)
    assert refusal.value.gone
    moved = slack.send(last("edit"), refusal.value.moved, LATER)

    old, new = server.messages(CHANNEL)
    assert f"/p{old.ts.replace('.', '')}|continues an earlier message>" in new.text
    assert json.loads(moved.reference)["ts"] == new.ts


def test_a_message_that_was_deleted_cannot_be_linked(server: SlackServer, slack: Slack) -> None:
    opened = slack.send(first(), None, LATER)
    server.delete(server.messages(CHANNEL)[0])

    with pytest.raises(PermanentDeliveryError) as refusal:
        slack.send(last("edit"), opened.reference, LATER)
    slack.send(last("edit"), refusal.value.moved, LATER)

    assert "continues" not in server.messages(CHANNEL)[0].text


# ---- channels ----


def test_a_public_channel_is_joined_where_the_bot_is_not_in_it() -> None:
    with SlackServer(TOKEN) as server:
        server.add_channel("operaciones", member=False)

        Slack(TOKEN, server.url).send(first(), None, LATER)

        assert len(server.visible(CHANNEL)) == 1
        assert methods(server).count("conversations.join") == 1


def test_it_is_joined_for_a_look_too() -> None:
    scopes = "chat:write,chat:write.public,channels:read,channels:history,channels:join"
    with SlackServer(TOKEN, scopes=scopes) as server:
        server.add_channel("operaciones", member=False)
        slack = Slack(TOKEN, server.url)
        slack.send(first(), None, LATER)

        assert slack.find(first(), None, NOW - timedelta(days=999)) is not None


@pytest.mark.parametrize("scopes", ["chat:write,channels:read"])
def test_a_channel_that_cannot_be_joined_says_what_to_do(scopes: str) -> None:
    with SlackServer(TOKEN, scopes=scopes) as server:
        server.add_channel("operaciones", member=False)
        slack = Slack(TOKEN, server.url)

        for _ in range(2):
            with pytest.raises(PermanentDeliveryError, match="invite the bot") as refusal:
                slack.send(first(), None, LATER)
            assert refusal.value.broken == "destination"

        assert methods(server).count("conversations.join") == 1


def test_what_may_have_been_seen_says_so(server: SlackServer, slack: Slack) -> None:
    slack.send(doubtful(first()), None, LATER)

    assert server.visible(CHANNEL)[0].text.endswith("(may repeat)")


def test_an_end_that_comes_alone_says_when_it_began(server: SlackServer, slack: Slack) -> None:
    slack.send(alone(last("edit")), None, LATER)

    assert server.visible(CHANNEL)[0].text.startswith("Fired 10:10, cleared 10:22: ✅")


def test_a_channels_name_is_looked_up_once(server: SlackServer, slack: Slack) -> None:
    slack.send(first(), None, LATER)
    slack.send(first(), None, LATER)

    assert methods(server) == ["conversations.list", "chat.postMessage", "chat.postMessage"]
    assert server.calls[1].arguments["channel"].startswith("C")


def test_a_channels_id_needs_no_look_up(server: SlackServer, slack: Slack) -> None:
    number = server.add_channel("operaciones")

    slack.send(first(recipient=number), None, LATER)

    assert methods(server) == ["chat.postMessage"]


def test_a_channel_that_is_nowhere_is_named(slack: Slack) -> None:
    with pytest.raises(PermanentDeliveryError, match="#nowhere") as refusal:
        slack.send(first(recipient="#nowhere"), None, LATER)

    assert refusal.value.broken == "destination"


@pytest.mark.parametrize("scopes", ["chat:write", "chat:write,channels:read"])
def test_fewer_scopes_still_reach_a_public_channel(scopes: str) -> None:
    with SlackServer(TOKEN, channels=["operaciones"], scopes=scopes) as server:
        Slack(TOKEN, server.url).send(first(), None, LATER)

        assert len(server.visible(CHANNEL)) == 1


def test_a_private_channel_is_left_out_where_that_scope_is_missing(
    httpserver: HTTPServer,
) -> None:
    no = {"ok": False, "error": "missing_scope", "needed": "groups:read"}
    yes = {"ok": True, "channels": [{"id": "C1", "name": "operaciones"}]}
    posted = {"ok": True, "channel": "C1", "ts": "1.0002"}
    httpserver.expect_ordered_request("/api/conversations.list").respond_with_json(no)
    httpserver.expect_ordered_request("/api/conversations.list").respond_with_json(yes)
    httpserver.expect_ordered_request("/api/chat.postMessage").respond_with_json(posted)

    delivered = Slack(TOKEN, httpserver.url_for("/api")).send(first(), None, LATER)

    assert json.loads(delivered.reference) == {"channel": "C1", "ts": "1.0002"}


def test_a_long_list_of_channels_is_read_page_by_page(httpserver: HTTPServer) -> None:
    pages: list[dict[str, object]] = [
        {"channels": [{"id": "C1", "name": "x"}], "response_metadata": {"next_cursor": "n"}},
        {"channels": [{"id": "C2", "name": "operaciones"}]},
    ]
    for page in pages:
        answer = {**page, "ok": True}
        httpserver.expect_ordered_request("/api/conversations.list").respond_with_json(answer)
    posted = {"ok": True, "channel": "C2", "ts": "1.0002"}
    httpserver.expect_ordered_request("/api/chat.postMessage").respond_with_json(posted)

    delivered = Slack(TOKEN, httpserver.url_for("/api")).send(first(), None, LATER)

    assert json.loads(delivered.reference)["channel"] == "C2"


# ---- lost answers ----


@pytest.mark.parametrize(
    "fault",
    [
        lost(),
        SlackFault(Slip.HANG, "chat.postMessage", taken=True, seconds=5),
        SlackFault(Slip.STATUS, "chat.postMessage", taken=True, status=502),
        SlackFault(Slip.STATUS, "chat.postMessage", taken=True, status=503),
        SlackFault(Slip.JUNK, "chat.postMessage", taken=True),
        SlackFault(Slip.ERROR, "chat.postMessage", taken=True, error="internal_error"),
    ],
    ids=lambda fault: f"{fault.slip.value}-{fault.status}",
)
def test_a_lost_answer_is_looked_for_and_one_message_is_seen(
    server: SlackServer, slack: Slack, fault: SlackFault
) -> None:
    envelope = first()
    server.faults.append(fault)
    slow = Slack(TOKEN, server.url, timeout=1)

    with pytest.raises(TemporaryDeliveryError) as failure:
        slow.send(envelope, None, LATER)
    found = slack.find(envelope, None, NOW - timedelta(seconds=60))

    assert failure.value.ambiguous
    assert found is not None
    slack.send(last("edit"), found, LATER)
    (message,) = server.visible(CHANNEL)
    assert message.text.startswith("✅")


def test_what_was_never_taken_is_not_found(server: SlackServer, slack: Slack) -> None:
    server.faults.append(SlackFault(Slip.DROP, "chat.postMessage"))

    with pytest.raises(TemporaryDeliveryError):
        slack.send(first(), None, LATER)

    assert slack.find(first(), None, NOW - timedelta(seconds=60)) is None


def test_a_lost_reply_is_found_in_its_thread(server: SlackServer, slack: Slack) -> None:
    opened = slack.send(first(), None, LATER)
    reply = second("reply")
    server.faults.append(lost())

    with pytest.raises(TemporaryDeliveryError) as failure:
        slack.send(reply, opened.reference, LATER)

    assert failure.value.ambiguous
    assert slack.find(reply, opened.reference, NOW - timedelta(seconds=60)) == opened.reference
    assert slack.find(second("reply", reason=Reason.RAISED), None, NOW) is None


def test_an_edit_whose_answer_is_lost_is_simply_repeated(server: SlackServer, slack: Slack) -> None:
    opened = slack.send(first(), None, LATER)
    server.faults.append(lost("chat.update"))

    with pytest.raises(TemporaryDeliveryError) as failure:
        slack.send(second("edit"), opened.reference, LATER)

    assert not failure.value.ambiguous
    assert slack.find(second("edit"), opened.reference, NOW) is None


def test_a_lost_message_is_found_behind_many_others(server: SlackServer, slack: Slack) -> None:
    envelope = first()
    slack.send(envelope, None, LATER)
    for number in range(40):
        server.say(CHANNEL, f"chatter {number}")

    assert slack.find(envelope, None, NOW - timedelta(seconds=60)) is not None


def test_without_the_scope_for_history_nothing_can_be_looked_for() -> None:
    with (
        SlackServer(TOKEN, channels=["operaciones"], scopes="chat:write,channels:read") as server,
        pytest.raises(PermanentDeliveryError, match="channels:history"),
    ):
        Slack(TOKEN, server.url).find(first(), None, NOW)


# ---- what Slack says ----


def test_a_limit_waits_as_long_as_slack_asks(server: SlackServer, slack: Slack) -> None:
    server.faults.append(
        SlackFault(Slip.RATE_LIMITED, "chat.postMessage", retry_after="17"),
    )

    with pytest.raises(TemporaryDeliveryError) as failure:
        slack.send(first(), None, LATER)

    assert failure.value.after == timedelta(seconds=17)
    assert not failure.value.ambiguous


def test_a_date_in_retry_after_is_understood(server: SlackServer, slack: Slack) -> None:
    date = "Mon, 04 May 2026 15:23:05 GMT"
    server.faults.append(SlackFault(Slip.RATE_LIMITED, "chat.postMessage", retry_after=date))

    with pytest.raises(TemporaryDeliveryError) as failure:
        slack.send(first(), None, LATER)

    assert failure.value.after == timedelta(seconds=60)


def test_a_form_that_is_refused_goes_once_in_a_classic_one(
    server: SlackServer, slack: Slack
) -> None:
    server.unsupported = frozenset({"context"})

    delivered = slack.send(first(), None, LATER)

    (message,) = server.visible(CHANNEL)
    (attachment,) = message.attachments
    assert "blocks" not in attachment
    assert attachment["color"] == "#e8a33d"
    assert "rule network-rejection" in attachment["text"]
    assert message.text.startswith("🟠 *Warning:* ANA (12004)")
    assert delivered.detail.startswith("in the classic form, because: Slack refuses: invalid_")
    assert message.metadata


def test_a_classic_form_that_is_refused_too_goes_as_plain_text(
    server: SlackServer, slack: Slack
) -> None:
    for _ in range(2):
        fault = SlackFault(Slip.ERROR, "chat.postMessage", error="invalid_blocks")
        server.faults.append(fault)

    delivered = slack.send(first(), None, LATER)

    (message,) = server.visible(CHANNEL)
    assert not message.attachments
    assert message.text.startswith("🟠 *Warning:* ANA (12004)")
    assert "invalid_blocks" in delivered.detail or "invalid_attachments" in delivered.detail
    assert message.metadata


@pytest.mark.parametrize("meaning", Meaning)
def test_what_each_error_means(server: SlackServer, slack: Slack, meaning: Meaning) -> None:
    for error in (name for name, known in MEANINGS.items() if known is meaning):
        # Two plainer forms are tried, and a channel is joined once.
        for _ in range({"rejected": 3}.get(meaning.value, 1 + (error == "not_in_channel"))):
            server.faults.append(SlackFault(Slip.ERROR, "chat.postMessage", error=error))

        with pytest.raises((TemporaryDeliveryError, PermanentDeliveryError)) as failure:
            slack.send(first(), None, LATER)

        assert said(failure.value) == EXPECTED[meaning], error


EXPECTED = {
    Meaning.WAIT: "again, when Slack says",
    Meaning.UNSURE: "again, after a look",
    Meaning.LONG: "again, when Slack says",
    Meaning.DESTINATION: "never: destination",
    Meaning.CREDENTIAL: "never: credential",
    Meaning.REJECTED: "never: message rejected",
    Meaning.GONE: "never: message gone",
}


def said(error: DeliveryError) -> str:
    if isinstance(error, TemporaryDeliveryError):
        return "again, after a look" if error.ambiguous else "again, when Slack says"
    assert isinstance(error, PermanentDeliveryError)
    marks = [error.broken, "rejected" * error.rejected, "gone" * error.gone]
    return f"never: {' '.join(filter(None, marks))}"


def test_an_error_that_nobody_knows_is_the_messages_own(server: SlackServer, slack: Slack) -> None:
    server.faults.append(SlackFault(Slip.ERROR, "chat.postMessage", error="brand_new_error"))

    with pytest.raises(PermanentDeliveryError, match="brand_new_error") as refusal:
        slack.send(first(), None, LATER)

    assert refusal.value.broken == "message"


def test_every_error_that_slack_lists_has_a_meaning() -> None:
    listed = (RECORDED / "slack_errors.txt").read_text(encoding="utf-8").split()

    assert [error for error in listed if error not in MEANINGS] == []


def test_a_proxy_that_says_no_breaks_the_destination(server: SlackServer, slack: Slack) -> None:
    server.faults.append(SlackFault(Slip.STATUS, "chat.postMessage", status=403))

    with pytest.raises(PermanentDeliveryError, match="403") as refusal:
        slack.send(first(recipient="C0123456789"), None, LATER)

    assert refusal.value.broken == "destination"


def test_a_wrong_token_is_named_by_its_variable_and_not_shown(server: SlackServer) -> None:
    slack = Slack("xoxb-wrong-and-secret", server.url)

    with pytest.raises(PermanentDeliveryError, match="NOTIFIER_SLACK__BOT_TOKEN") as refusal:
        slack.send(first(), None, LATER)

    assert refusal.value.broken == "credential"
    assert "secret" not in f"{refusal.value!r} {slack!r}"


def test_the_sdk_logs_nothing_even_when_all_is_logged(
    server: SlackServer, slack: Slack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults.append(SlackFault(Slip.DROP, "chat.postMessage"))

    with pytest.raises(TemporaryDeliveryError):
        slack.send(first(), None, LATER)
    slack.send(first(), None, LATER)

    assert not re.search(r"xoxb|network rejection", caplog.text)
