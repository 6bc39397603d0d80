"""Whoever reaches the port can send anything, slowly, and often; the bot goes on."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from notifier import logs
from notifier.app import house
from notifier.clocks import Clocks
from notifier.commands.moments import moment
from notifier.errors import ConfigError
from notifier.serving import front
from notifier.web.front import Front
from notifier.web.gate import LARGEST
from notifier.web.live import MOST
from notifier.web.server import Server
from tests.flow.pages import TOKEN, WITH_TOKENS, Site, served
from tests.flow.stage import staged

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
BEARER = f"Authorization: Bearer {TOKEN}\r\n"
PATHS = [
    "/healthz", "/readyz", "/metrics", "/", "/login", "/history", "/silences", "/static/page.css",
    "/static/nothing", "/nowhere", "/silences/", "/api/v1/incidents", "/api/v1/nowhere",
    "/openapi.json", "//elsewhere.example/",
]  # fmt: skip
ENDS = ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"]  # of the calendar


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with staged(tmp_path_factory.mktemp("attack")) as stage, served(stage, **WITH_TOKENS) as site:
        site.headers = {"Authorization": f"Bearer {TOKEN}"}
        site.poll(**{"1_ANA": "2"})
        yield site


def raw(port: int, sent: str) -> bytes:
    """What comes back for these bytes, until the far side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent.encode("latin-1"))
        found = b""
        with suppress(ConnectionResetError):
            while more := connection.recv(65_536):
                found += more
        return found


def port_of(site: Site) -> int:
    return int(site.url.rpartition(":")[2])


# ---- what is asked ----


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE"])
def test_every_answer_leaves_with_its_headers_and_none_is_our_mistake(
    site: Site, method: str
) -> None:
    for path in PATHS:
        answer = site.ask(path, method)

        assert answer.status_code < 500, path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["cache-control"] in ("no-store", "private, max-age=3600"), path
        assert "://" not in answer.headers.get("location", ""), path
        if path.startswith("/api/") and answer.status_code >= 400 and method != "HEAD":
            assert answer.headers["content-type"] == "application/problem+json", path
            assert " " in answer.json()["detail"], path


@pytest.mark.parametrize("path", ["/", "/api/v1/incidents", "/metrics", "/healthz", "/nowhere"])
def test_to_ask_for_the_head_alone_is_to_ask(site: Site, path: str) -> None:
    whole, head = site.ask(path), site.ask(path, "HEAD")

    assert head.status_code == whole.status_code
    assert head.headers["content-type"] == whole.headers["content-type"]
    assert head.content == b""


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_program_sends_json_and_nothing_else(site: Site, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}

    answer = site.ask("/api/v1/silences", "POST", headers=headers, data=b"{}")

    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "kind"), [("/api/v1/silences", JSON), ("/silences", FORM), ("/login", FORM)]
)
def test_a_body_that_hides_its_size_is_refused_all_the_same(
    site: Site, path: str, kind: dict[str, str]
) -> None:
    part = "10000\r\n" + "a" * 65_536 + "\r\n"
    headers = f"Host: localhost\r\n{BEARER}Content-Type: {kind['Content-Type']}\r\n"

    answer = raw(
        port_of(site),
        f"POST {path} HTTP/1.1\r\n{headers}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        + part * (LARGEST // 65_536 + 1) + "0\r\n\r\n",
    )  # fmt: skip

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"content-security-policy" in answer


@pytest.mark.parametrize("body", ["csrf=%C3%A9", "csrf=%ff%fe", "csrf=%00", "csrf=" + "a" * 10_000])
def test_a_forged_form_is_refused_whatever_is_in_it(site: Site, body: str) -> None:
    assert site.ask("/silences", "POST", headers=FORM, data=body).status_code == 403


@pytest.mark.parametrize("body", ["[" * 100_000, "9" * 5_000, '{"a": ' * 40_000, "\xff", "NaN", ""])
def test_nonsense_for_json_is_a_sentence(site: Site, body: str) -> None:
    answer = site.ask("/api/v1/silences", "POST", headers=JSON, data=body.encode("latin-1"))

    assert answer.status_code in (400, 422)
    assert " " in answer.json()["detail"]


def test_rules_that_are_sent_along_are_read_one_file_at_a_time(site: Site) -> None:
    body = json.dumps({"rules": "[[rule]]\n" * 200})

    alone = site.ask("/api/v1/replay", "POST", headers=JSON, data=body)
    with site.desk.lookback._reading:
        beside = site.ask("/api/v1/replay", "POST", headers=JSON, data=body)

    assert alone.status_code == 409
    assert len(alone.json()["errors"]) == 100
    assert " more)" in alone.json()["detail"]
    assert beside.status_code == 503


# ---- times ----


def test_times_at_the_ends_of_the_calendar_are_refused_and_stop_nothing(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        site.poll(**{"1_ANA": "2"})
        incident = site.api("incidents").json()["items"][0]["incident"]
        base: dict[str, Any] = {"author": "eva", "comment": "why", "rule": ["*"]}
        bodies: list[tuple[str, dict[str, Any]]] = [
            (f"incidents/{incident}/acknowledge", {"author": "eva", "until": at}) for at in ENDS
        ]
        bodies += [("silences", base | {"start": at, "for_seconds": 36_000}) for at in ENDS[:1]]
        bodies += [("silences", base | {"end": at}) for at in ENDS]
        bodies += [("silences", base | {"start": "9998-01-01T00:00:00Z", "end": ENDS[0]})]

        answers = [
            site.ask(f"/api/v1/{path}", "POST", headers=JSON, data=json.dumps(body))
            for path, body in bodies
        ]
        about = {"rule": "rejection", "operation": "bogota", "entity": "1"}
        past = [site.ask("/api/v1/explain", params=about | {"at": at}) for at in ENDS]
        stage.wait(days=2)  # what is known is saved once a day, with all its times
        site.poll(**{"1_ANA": "9"})
        after = site.api("incidents").json()["items"][0]

    assert [each.status_code for each in (*answers, *past)] == [409] * 8
    assert after["value"] == 9
    assert not after["acknowledged_by"]


@pytest.mark.parametrize("text", [*ENDS, "0001-01-01", "9999999d", "99999999999999d"])
def test_a_command_refuses_such_a_time_too(text: str) -> None:
    with pytest.raises(ConfigError):
        moment(text, datetime(2026, 1, 5, tzinfo=UTC), UTC)


# ---- who is slow, and who are many ----


async def an_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the whole request, then answers."""
    while (await receive()).get("more_body"):
        pass
    await PlainTextResponse("here")(scope, receive, send)


@contextmanager
def serving(app: ASGIApp, **limits: float) -> Iterator[Server]:
    server = Server(app, "127.0.0.1", 0, **limits)  # type: ignore[arg-type]
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "GET / HT",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHo",
    ],
    ids=["silent", "line", "header", "body", "second"],
)
def test_who_does_not_finish_a_request_is_not_waited_for(sent: str) -> None:
    with serving(an_app, patience=2) as server:
        found = raw(server.port, sent)  # comes back only when the connection ends

    assert found.count(b"here") == sent.count("\r\n\r\nGET")


def test_who_takes_nothing_is_not_waited_for() -> None:
    ended = threading.Event()

    async def endless(__: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100_000):
            await send({"type": "http.response.body", "body": b"a" * 65_536, "more_body": True})
            if ended.is_set():
                return

    with (
        serving(endless, patience=1) as server,
        socket.create_connection(("127.0.0.1", server.port)) as greedy,
    ):
        greedy.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lost = _lost(greedy)
        ended.set()

    assert lost


def _lost(connection: socket.socket) -> bool:
    """Whether the far side gives the connection up while nothing of it is read."""
    connection.settimeout(60)
    until = threading.Event()
    for _ in range(600):
        if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return True
        try:
            connection.sendall(b"x")  # goes to nobody, or is refused
        except OSError:
            return True
        until.wait(0.1)
    return False


def test_of_more_connections_than_so_many_the_silent_ones_give_way() -> None:
    with serving(an_app, patience=60, most=3) as server:
        kept = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(3)]
        first = _answered(kept[0])
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as one_more:
            more = _answered(one_more)
            silent = _answered(kept[1], ask=False)
        again = _answered(kept[0])
        for each in kept:
            each.close()

    assert [each[:12] for each in (first, more, again)] == [b"HTTP/1.1 200"] * 3
    assert silent == b""


def test_whoever_waits_for_an_answer_is_not_shut_for_one_more() -> None:
    ended = threading.Event()

    async def waits(scope: Scope, receive: Receive, send: Send) -> None:
        await run_in_threadpool(ended.wait, 60)
        await an_app(scope, receive, send)

    with serving(waits, patience=60, most=2) as server:
        kept = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(2)]
        for each in kept:
            each.sendall(WHOLE)
        until = threading.Event()
        while _under_way(server) < 2:
            until.wait(0.01)
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as one_more:
            more = _answered(one_more, ask=False)
        ended.set()
        answers = [_answered(each, ask=False) for each in kept]
        for each in kept:
            each.close()

    assert more == b""
    assert [each[:12] for each in answers] == [b"HTTP/1.1 200"] * 2


def _under_way(server: Server) -> int:
    """How many connections wait for an answer."""
    there: Any = list(server._server.server_state.connections)
    return sum(each.asking.ends is None for each in there)


WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _answered(connection: socket.socket, *, ask: bool = True) -> bytes:
    """What comes back; empty where the connection was shut."""
    try:
        if ask:
            connection.sendall(WHOLE)
        found = connection.recv(1000)
        while found and not found.endswith(b"here"):
            found += connection.recv(1000)
    except (ConnectionResetError, BrokenPipeError):
        return b""
    return found


def test_so_many_pages_listen_and_no_more(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        clocks = Clocks(stage.clock, lambda: stage.now.timestamp(), lambda: 0.0)
        with house(stage.settings(), clocks) as (bot, desk):
            whole = front(stage.settings(), desk, clocks)
            whole.leave.__self__.number = MOST  # type: ignore[attr-defined]
            with serving(whole) as server:
                page = Site(f"http://127.0.0.1:{server.port}", stage, bot, desk)
                answer, other = page.ask("/live"), page.ask("/")

    assert (answer.status_code, other.status_code) == (503, 200)
    assert answer.headers["content-type"] == "application/problem+json"


# ---- the log ----


@pytest.mark.parametrize(
    "sent",
    [
        "nonsense\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        f"POST /silences HTTP/1.1\r\nHost: localhost\r\n{BEARER}Content-Length: 9\r\n\r\nx",
    ],
    ids=["nonsense", "tls", "websocket", "gone"],
)
def test_who_knocks_oddly_fills_no_log(
    site: Site, sent: str, capfd: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json")
    with socket.create_connection(("127.0.0.1", port_of(site)), timeout=60) as connection:
        connection.sendall(sent.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        first = connection.recv(1000)
    site.ask("/healthz")

    assert b" 500 " not in first
    assert capfd.readouterr().err == ""


def test_a_mistake_of_ours_is_one_line_without_a_traceback(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def broken(_: Scope, __: Receive, ___: Send) -> None:
        raise ValueError("3001234567")

    logs.configure("json")
    probes: Callable[[], list[str]] = list
    with serving(Front(probes, probes, lambda: broken)) as server:
        answer = raw(server.port, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

    (line,) = capfd.readouterr().err.splitlines()
    assert answer.startswith(b"HTTP/1.1 500")
    assert b"3001234567" not in answer
    assert json.loads(line)["event"] == "internal error"
    assert "3001234567" not in line
    assert "Traceback" not in line


def test_a_year_is_long_enough(site: Site) -> None:
    now = site.stage.now
    incident = site.api("incidents").json()["items"][0]["incident"]

    answers = [
        site.ask(
            f"/api/v1/incidents/{incident}/acknowledge", "POST", headers=JSON,
            data=json.dumps({"author": "eva", "until": (now + timedelta(days=days)).isoformat()}),
        ).status_code
        for days in (300, 400)
    ]  # fmt: skip

    assert answers == [204, 409]


def test_who_is_refused_before_all_was_sent_is_answered_and_may_ask_again(site: Site) -> None:
    """A proxy sends head and body apart; an answer on a connection that ends may be lost."""
    port = int(site.url.rpartition(":")[2])
    head = f"POST /silences HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: 5\r\n\r\n"
    again = f"GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head.encode())
        assert b" 200 " in raw(port, again)  # time enough to answer the head alone
        connection.sendall(b"csrf=" + again.encode())
        found = connection.makefile("rb").read()

    assert re.findall(rb"HTTP/1.1 (\d+)", found) == [b"401", b"200"]
