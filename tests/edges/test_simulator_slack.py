"""The simulated Slack with slack_sdk as its client: it checks, remembers, and loses answers."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from notifier.simulator.slack import SlackFault, SlackServer, Slip, lost
from notifier.simulator.slack_workspace import Happened, Message

# Slack's own client warns of messages that Slack would refuse: here they are sent on purpose.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*argument is missing in the request payload:UserWarning"
)

NOON = datetime(2025, 11, 18, 17, 0, tzinfo=UTC)
OPS = "operaciones"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*hola*"}}
MINE = {"event_type": "notifier_message", "event_payload": {"id": "o-1", "revision": 1}}


class Hand:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def server(clock: Hand) -> Iterator[SlackServer]:
    with SlackServer("xoxb-1", channels=[OPS, "#ventas"], clock=clock) as running:
        yield running


@pytest.fixture
def client(server: SlackServer) -> WebClient:
    return a_client(server)


def a_client(server: SlackServer, token: str | None = "xoxb-1", timeout: int = 5) -> WebClient:
    return WebClient(token, base_url=server.url, retry_handlers=[], timeout=timeout)


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as error:
        call(**arguments)
    return str(error.value.response["error"])


# ---- posting and reading ----


def test_a_post_is_seen_and_found_in_the_history(server: SlackServer, client: WebClient) -> None:
    answer = client.chat_postMessage(
        channel="#operaciones", text="hola", blocks=[SECTION], metadata=MINE
    )

    (row,) = client.conversations_history(
        channel=str(answer["channel"]), include_all_metadata=True, limit=15
    )["messages"]
    assert row["ts"] == answer["ts"] == f"{NOON.timestamp():.6f}"
    assert row["metadata"] == MINE
    assert row["blocks"] == [SECTION]
    assert [version.text for version in server.visible(OPS)] == ["hola"]


def test_timestamps_grow_though_the_clock_stands(client: WebClient) -> None:
    stamps = [str(client.chat_postMessage(channel=OPS, text="x")["ts"]) for _ in range(3)]

    assert stamps == sorted(set(stamps))


def test_history_without_asking_for_metadata_has_none(client: WebClient) -> None:
    channel = client.chat_postMessage(channel=OPS, text="x", metadata=MINE)["channel"]

    (row,) = client.conversations_history(channel=str(channel))["messages"]

    assert "metadata" not in row


def test_history_is_newest_first_and_bounded(
    server: SlackServer, clock: Hand, client: WebClient
) -> None:
    channel, stamps = server.add_channel(OPS), []
    for number in range(4):
        stamps.append(str(client.chat_postMessage(channel=OPS, text=str(number))["ts"]))
        clock.now += timedelta(seconds=10)

    def texts(**bounds: Any) -> list[str]:
        rows = client.conversations_history(channel=channel, **bounds)["messages"]
        return [row["text"] for row in rows]

    assert texts() == ["3", "2", "1", "0"]
    assert texts(oldest=stamps[1]) == ["3", "2"]
    assert texts(oldest=stamps[1], inclusive=True) == ["3", "2", "1"]
    assert texts(latest=stamps[1]) == ["0"]
    page = client.conversations_history(channel=channel, limit=3)
    assert page["has_more"]
    rest = client.conversations_history(
        channel=channel, limit=3, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [row["text"] for row in rest["messages"]] == ["0"]


def test_replies_stay_in_the_thread_unless_they_are_broadcast(
    server: SlackServer, client: WebClient
) -> None:
    parent = client.chat_postMessage(channel=OPS, text="alerta")
    channel, ts = str(parent["channel"]), str(parent["ts"])
    client.chat_postMessage(channel=channel, text="10:24", thread_ts=ts)
    client.chat_postMessage(channel=channel, text="peor", thread_ts=ts, reply_broadcast=True)

    replies = client.conversations_replies(channel=channel, ts=ts)["messages"]
    seen = client.conversations_history(channel=channel)["messages"]

    assert [row["text"] for row in replies] == ["alerta", "10:24", "peor"]
    assert replies[0]["reply_count"] == 2
    assert [row["text"] for row in seen] == ["peor", "alerta"]
    assert [version.text for version in server.visible(OPS)] == ["alerta", "peor"]
    (posted,) = [m for m in server.messages(OPS) if not m.is_reply]
    assert [m.text for m in server.thread(posted)] == ["10:24", "peor"]


def test_a_reply_to_what_is_gone_is_refused(server: SlackServer, client: WebClient) -> None:
    parent = client.chat_postMessage(channel=OPS, text="alerta")
    server.delete(server.messages(OPS)[0])

    said = refused(client.chat_postMessage, channel=OPS, text="x", thread_ts=str(parent["ts"]))

    assert said == "cannot_reply_to_message"


def test_forms_are_read_as_well_as_json(server: SlackServer) -> None:
    form = {"channel": OPS, "text": "x", "blocks": '[{"type": "divider"}]', "token": "xoxb-1"}

    answer = requests.post(f"{server.url}chat.postMessage", data=form, timeout=5).json()

    assert answer["ok"]
    assert server.visible(OPS)[0].blocks == [{"type": "divider"}]
    assert "token" not in server.calls[0].arguments


# ---- updating ----


def an_alert(client: WebClient) -> dict[str, Any]:
    answer = client.chat_postMessage(
        channel=OPS,
        text="one",
        blocks=[SECTION],
        attachments=[{"color": "#d72b3f", "fallback": "f"}],
        metadata=MINE,
    )
    return {"channel": str(answer["channel"]), "ts": str(answer["ts"])}


def test_text_alone_removes_the_blocks_and_keeps_the_rest(
    server: SlackServer, client: WebClient
) -> None:
    client.chat_update(**an_alert(client), text="two")

    now = server.visible(OPS)[0]
    assert (now.text, now.blocks, now.metadata) == ("two", [], MINE)
    assert len(now.attachments) == 1


def test_what_is_named_in_an_update_replaces(server: SlackServer, client: WebClient) -> None:
    client.chat_update(
        **an_alert(client), text="two", blocks=[SECTION], attachments=[], metadata={}
    )

    now = server.visible(OPS)[0]
    assert (now.blocks, now.attachments, now.metadata) == ([SECTION], [], {})


def test_every_version_is_kept_with_its_time(
    server: SlackServer, client: WebClient, clock: Hand
) -> None:
    where = an_alert(client)
    clock.now += timedelta(minutes=5)
    client.chat_update(**where, text="two")

    (message,) = server.messages(OPS)
    assert [(v.text, v.at) for v in message.versions] == [
        ("one", NOON),
        ("two", NOON + timedelta(minutes=5)),
    ]
    row = client.conversations_history(channel=where["channel"])["messages"][0]
    assert "edited" in row


def test_updates_that_slack_refuses(server: SlackServer, client: WebClient) -> None:
    where = an_alert(client)
    human = server.say(OPS, "hola bot")

    def said(**arguments: Any) -> str:
        return refused(client.chat_update, **{**where, **arguments})

    assert said(ts="1.000000", text="x") == "message_not_found"
    assert said(ts=human.ts, text="x") == "cant_update_message"
    assert said(channel=OPS, text="x") == "channel_not_found"  # an id is wanted
    assert said(text="x" * 4_001) == "msg_too_long"
    assert said(metadata={}) == "no_text"


def test_a_message_can_be_linked_deleted_and_reacted_to(
    server: SlackServer, client: WebClient
) -> None:
    where = an_alert(client)

    link = client.chat_getPermalink(channel=where["channel"], message_ts=where["ts"])
    client.reactions_add(channel=where["channel"], timestamp=where["ts"], name="tada")
    again = refused(
        client.reactions_add, channel=where["channel"], timestamp=where["ts"], name="tada"
    )
    reactions = server.messages(OPS)[0].reactions
    client.chat_delete(**where)

    assert str(link["permalink"]).endswith("/p" + where["ts"].replace(".", ""))
    assert (again, reactions) == ("already_reacted", ("tada",))
    assert server.visible(OPS) == []


# ---- what it refuses ----


def test_tokens_are_checked_and_scopes_told(server: SlackServer, client: WebClient) -> None:
    answer = client.auth_test()

    assert "chat:write" in answer.headers["x-oauth-scopes"]
    assert answer["user"] == "notifier"
    assert refused(a_client(server, "xoxb-2").auth_test) == "invalid_auth"
    assert refused(a_client(server, None).auth_test) == "not_authed"


def test_a_missing_scope_is_named(server: SlackServer, client: WebClient) -> None:
    server.scopes = "channels:read"

    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=OPS, text="x")

    assert error.value.response["error"] == "missing_scope"
    assert error.value.response["needed"] == "chat:write"


def test_channels_that_cannot_be_posted_to(server: SlackServer, client: WebClient) -> None:
    server.add_channel("lejos", member=False)
    server.add_channel("secreto", member=False, private=True)
    server.add_channel("viejo", archived=True)

    def said(channel: str) -> str:
        return refused(client.chat_postMessage, channel=channel, text="x")

    assert said("#nada") == "channel_not_found"
    assert said("#secreto") == "channel_not_found"
    assert said("#lejos") == "not_in_channel"
    assert said("#viejo") == "is_archived"


def test_joining_a_public_channel_helps(server: SlackServer, client: WebClient) -> None:
    channel = server.add_channel("lejos", member=False)
    assert refused(client.conversations_history, channel=channel) == "not_in_channel"

    client.conversations_join(channel=channel)

    assert client.chat_postMessage(channel=channel, text="x")["ok"]


def test_what_cannot_be_read_or_joined(server: SlackServer, client: WebClient) -> None:
    here = server.add_channel(OPS)
    secret = server.add_channel("secreto", private=True)
    old = server.add_channel("viejo", archived=True, member=False)

    assert client.conversations_join(channel=here)["warning"] == "already_in_channel"
    assert refused(client.conversations_join, channel=secret) == (
        "method_not_supported_for_channel_type"
    )
    assert refused(client.conversations_join, channel=old) == "is_archived"
    assert refused(client.conversations_replies, channel=here, ts="1.0") == "thread_not_found"
    assert refused(client.conversations_history, channel=here, oldest="x") == "invalid_ts_oldest"
    assert refused(client.conversations_history, channel=here, limit="x") == "invalid_arguments"


def test_channels_are_listed_page_by_page(server: SlackServer, client: WebClient) -> None:
    server.add_channel("secreto", private=True)

    names = [
        channel["name"]
        for page in client.conversations_list(limit=1, types="public_channel,private_channel")
        for channel in page["channels"]
    ]

    assert names == [OPS, "ventas", "secreto"]
    info = client.conversations_info(channel=server.add_channel(OPS))["channel"]
    assert info["name"] == OPS


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, "no_text"),
        ({"text": "  "}, "no_text"),
        ({"attachments": [{"color": "red"}] * 101}, "too_many_attachments"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_schema"),
        (
            {"text": "x", "metadata": {"event_type": "a", "event_payload": {"a": {"b": {"c": 1}}}}},
            "invalid_metadata_schema",
        ),
        (
            {"text": "x", "metadata": {"event_type": "a", "event_payload": {"a": "b" * 9_000}}},
            "metadata_too_large",
        ),
        (
            {"text": "x", "metadata": {"event_type": "a", "event_payload": {}, "more": 1}},
            "invalid_metadata_format",
        ),
    ],
)
def test_messages_that_slack_refuses(
    client: WebClient, arguments: dict[str, Any], error: str
) -> None:
    assert refused(client.chat_postMessage, channel=OPS, **arguments) == error


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


@pytest.mark.parametrize(
    ("blocks", "pointer"),
    [
        ([{"type": "divider"}] * 51, "/blocks"),
        ([{"type": "header", "text": plain("x" * 151)}], "/blocks/0/text/text"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text/type"),
        ([{"type": "section"}], "/blocks/0"),
        ([SECTION, {"type": "section", "text": plain("x" * 3_001)}], "/blocks/1/text/text"),
        ([{"type": "section", "text": plain("")}], "/blocks/0/text/text"),
        ([{"type": "section", "fields": [plain("x")] * 11}], "/blocks/0/fields"),
        ([{"type": "section", "fields": [plain("x" * 2_001)]}], "/blocks/0/fields/0/text"),
        ([{"type": "context", "elements": [plain("x")] * 11}], "/blocks/0/elements"),
        ([{"type": "context", "elements": []}], "/blocks/0/elements"),
        ([{"type": "image", "image_url": "https://x"}], "/blocks/0"),
        (
            [{"type": "actions", "elements": [{"type": "button", "text": plain("x" * 76)}]}],
            "/blocks/0/elements/0/text/text",
        ),
        ([{"type": "markdown", "text": "x" * 7_000}] * 2, "/blocks"),
        ([{"type": "table", "rows": [[]]}], "/blocks/0/rows/0"),
        ([{"type": "alert", "text": plain("modals only")}], "/blocks/0/type"),
        ([{"type": "divider", "block_id": "a"}, {**SECTION, "block_id": "a"}], "/blocks"),
        (["text"], "/blocks/0"),
        ([{**SECTION, "text": {**SECTION["text"], "emoji": True}}], "/blocks/0/text"),  # type: ignore[dict-item]
    ],
)
def test_blocks_beyond_their_limits_are_refused_with_a_pointer(
    client: WebClient, blocks: list[Any], pointer: str
) -> None:
    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=OPS, text="x", blocks=blocks)

    assert error.value.response["error"] == "invalid_blocks"
    assert f"[json-pointer:{pointer}]" in error.value.response["errors"][0]


def test_blocks_inside_an_attachment_are_checked_too(client: WebClient) -> None:
    said = refused(
        client.chat_postMessage, channel=OPS, attachments=[{"blocks": [{"type": "section"}]}]
    )

    assert said == "invalid_blocks"


def test_a_workspace_may_not_know_a_new_kind_of_block(
    server: SlackServer, client: WebClient
) -> None:
    server.unsupported = frozenset({"data_visualization"})
    blocks = [{"type": "data_visualization"}]

    assert refused(client.chat_postMessage, channel=OPS, text="x", blocks=blocks) == (
        "invalid_blocks"
    )


def test_a_very_long_text_is_cut_with_a_warning(server: SlackServer, client: WebClient) -> None:
    answer = client.chat_postMessage(channel=OPS, text="x" * 40_001)

    assert answer["warning"] == "message_truncated"
    assert len(server.visible(OPS)[0].text) == 40_000


def test_an_unknown_method_is_refused(client: WebClient) -> None:
    assert refused(client.api_call, api_method="files.upload") == "unknown_method"


# ---- what goes wrong ----


def test_a_lost_answer_leaves_the_message_to_be_found(
    server: SlackServer, client: WebClient
) -> None:
    server.faults.append(lost("chat.postMessage"))

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        client.chat_postMessage(channel=OPS, text="x", metadata=MINE)

    channel = server.add_channel(OPS)
    (row,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert row["metadata"] == MINE


def test_the_default_client_posts_twice_after_a_lost_answer(server: SlackServer) -> None:
    server.faults.append(lost())

    WebClient("xoxb-1", base_url=server.url).chat_postMessage(channel=OPS, text="x")

    assert len(server.messages(OPS)) == 2


@pytest.mark.parametrize("taken", [True, False])
def test_a_server_error_may_come_before_or_after_the_message_is_taken(
    server: SlackServer, client: WebClient, taken: bool
) -> None:
    server.faults.append(SlackFault(Slip.STATUS, status=500, taken=taken))

    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=OPS, text="x")

    assert error.value.response.status_code == 500
    assert len(server.messages(OPS)) == taken


@pytest.mark.parametrize("after", ["30", "Wed, 19 Nov 2025 07:28:00 GMT", ""])
def test_a_rate_limit_says_when_to_come_back(
    server: SlackServer, client: WebClient, after: str
) -> None:
    server.faults.append(SlackFault(Slip.RATE_LIMITED, retry_after=after))

    with pytest.raises(SlackApiError) as error:
        client.chat_postMessage(channel=OPS, text="x")

    response = error.value.response
    headers = {name.lower(): value for name, value in response.headers.items()}
    assert (response.status_code, response["error"]) == (429, "ratelimited")
    assert headers.get("retry-after", "") == after


def test_posts_too_close_together_are_limited_per_channel(
    server: SlackServer, client: WebClient, clock: Hand
) -> None:
    server.min_interval = 1.0
    client.chat_postMessage(channel=OPS, text="1")

    assert refused(client.chat_postMessage, channel=OPS, text="2") == "ratelimited"
    client.chat_postMessage(channel="ventas", text="1")
    clock.now += timedelta(seconds=1)
    client.chat_postMessage(channel=OPS, text="2")

    assert len(server.messages(OPS)) == 2


def test_errors_and_junk_come_on_demand_for_one_method(
    server: SlackServer, client: WebClient
) -> None:
    server.faults.append(SlackFault(Slip.ERROR, "chat.postMessage", error="fatal_error"))
    server.faults.append(SlackFault(Slip.JUNK, "chat.postMessage"))

    assert client.auth_test()["ok"]
    assert refused(client.chat_postMessage, channel=OPS, text="x") == "fatal_error"
    with pytest.raises(SlackApiError, match="non-JSON"):
        client.chat_postMessage(channel=OPS, text="x")
    assert server.messages(OPS) == []


def test_a_hanging_server_outlasts_the_timeout_and_stops_at_once(server: SlackServer) -> None:
    server.faults.append(SlackFault(Slip.HANG, seconds=60))
    with pytest.raises(TimeoutError):
        a_client(server, timeout=1).chat_postMessage(channel=OPS, text="x")

    began = time.monotonic()
    server.stop()

    assert time.monotonic() - began < 10


# ---- webhooks and listeners ----


def test_a_webhook_posts_and_says_only_ok(server: SlackServer) -> None:
    url = server.add_webhook("leads", "#lideres")

    answer = requests.post(url, json={"text": "hola"}, timeout=5)

    assert (answer.status_code, answer.text) == (200, "ok")
    assert [version.text for version in server.visible("lideres")] == ["hola"]


def test_a_webhook_refuses_in_plain_text(server: SlackServer) -> None:
    url = server.add_webhook("leads", OPS)

    def said(target: str, **body: Any) -> tuple[int, str]:
        answer = requests.post(target, json=body, timeout=5)
        return answer.status_code, answer.text

    assert said(url) == (400, "no_text")
    assert said(url, text="x", blocks=[{"type": "section"}]) == (400, "invalid_blocks")
    assert said(url + "x", text="x") == (404, "no_service")
    server.add_channel(OPS, archived=True)
    assert said(url, text="x") == (410, "channel_is_archived")
    server.faults.append(SlackFault(Slip.RATE_LIMITED, "webhook"))
    assert said(url, text="x")[0] == 429


def test_listeners_hear_of_every_change(server: SlackServer, client: WebClient) -> None:
    heard: list[tuple[Happened, str]] = []

    def listen(happened: Happened, message: Message) -> None:
        heard.append((happened, message.text))

    server.on_change(listen)
    where = an_alert(client)
    client.chat_update(**where, text="two")
    client.chat_delete(**where)

    assert heard == [
        (Happened.POSTED, "one"),
        (Happened.UPDATED, "two"),
        (Happened.DELETED, "two"),
    ]


def test_people_are_found_by_address(client: WebClient) -> None:
    user = client.users_lookupByEmail(email="lucia@example.com")["user"]

    answer = client.chat_postMessage(channel=user["id"], text="solo para ti")

    assert str(answer["channel"]).startswith("D")
    assert refused(client.users_lookupByEmail, email="x@example.com") == "users_not_found"
    assert len(client.users_list()["members"]) == 2
