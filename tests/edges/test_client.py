"""The client: one bounded question at a time, against servers that misbehave on loopback."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import trustme
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from notifier.core.payload.endpoint import Endpoint
from notifier.errors import FetchError, Trouble
from notifier.wolkvox.client import Client
from notifier.wolkvox.endpoints import CATALOGUE

TOKEN = "7b746f6b656e7d2d6578616d706c65"  # nobody's
SKILLS, CDR_4 = CATALOGUE["skills"], CATALOGUE["cdr_4"]
BODY = b'{"code":200,"error":null,"msg":"1 records were found","data":[]}'

Talk = Callable[[socket.socket], None]


@contextmanager
def a_server(talk: Talk) -> Iterator[str]:
    """Run a server that lets *talk* say to each caller what it likes; give its address."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        stack.callback(listener.shutdown, socket.SHUT_RDWR)

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_answer, args=(caller, talk), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def _answer(caller: socket.socket, talk: Talk) -> None:
    with caller:
        try:
            caller.recv(65536)
            talk(caller)
        except OSError:
            return  # the client hung up, as it should


def says(*pieces: bytes, headers: bytes = b"", drip: float = 0) -> Talk:
    """Return a talk that sends an answer of *pieces*, each after *drip* seconds."""

    def talk(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n")
        pause = threading.Event()
        for piece in pieces:
            pause.wait(drip)
            caller.sendall(piece)

    return talk


def ask(address: str, **limits: float) -> bytes:
    return Client(address, TOKEN, **limits).fetch(SKILLS, {"skill_id": "all"}).body  # type: ignore[arg-type]


def trouble(talk: Talk, **limits: float) -> Trouble:
    with a_server(talk) as address, pytest.raises(FetchError) as caught:
        ask(address, **limits)
    assert TOKEN not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value.kind


def test_the_question_is_the_vendors(httpserver: HTTPServer) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(BODY, headers={"X-Note": "hi"})

    httpserver.expect_request("/api/v2/reports_manager.php").respond_with_handler(answer)
    window = (datetime(2026, 8, 1, 9, 5, 7), datetime(2026, 8, 1, 23, 59, 59))  # noqa: DTZ001

    got = Client(httpserver.url_for("").rstrip("/"), TOKEN).fetch(CDR_4, {}, window)

    assert (got.status, got.body, got.headers["x-note"]) == (200, BODY, "hi")
    (request,) = asked
    assert request.method == "GET"
    assert request.args.to_dict() == {
        "api": "cdr_4",
        "date_ini": "20260801090507",
        "date_end": "20260801235959",
    }
    assert request.headers["wolkvox-token"] == TOKEN
    assert TOKEN not in request.url
    assert "Authorization" not in request.headers


def test_params_are_sent_but_never_another_api(httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/api/v2/real_time.php", query_string={"skill_id": "7&api=x", "api": "skills"}
    ).respond_with_data(BODY)
    client = Client(httpserver.url_for("").rstrip("/"), TOKEN)

    assert client.fetch(SKILLS, {"skill_id": "7&api=x", "api": "delete_all"}).status == 200


@pytest.mark.parametrize(("family", "api"), [("campaign", "start"), ("real_time", "disable")])
def test_nothing_but_the_allowed_reads_is_ever_asked(
    httpserver: HTTPServer, family: str, api: str
) -> None:
    client = Client(httpserver.url_for("").rstrip("/"), TOKEN)

    with pytest.raises(FetchError) as caught:
        client.fetch(Endpoint("skills", family, api, ()), {})

    assert caught.value.kind is Trouble.REQUEST
    assert not httpserver.log


def test_a_redirect_is_not_followed_not_even_at_home(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v2/real_time.php").respond_with_data(
        "", status=302, headers={"Location": httpserver.url_for("/elsewhere")}
    )

    got = Client(httpserver.url_for("").rstrip("/"), TOKEN).fetch(SKILLS, {})

    assert got.status == 302
    assert len(httpserver.log) == 1


def test_any_status_comes_back_with_its_body(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v2/real_time.php").respond_with_data(
        "busy", status=429, headers={"Retry-After": "7"}
    )

    got = Client(httpserver.url_for("").rstrip("/"), TOKEN).fetch(SKILLS, {})

    assert (got.status, got.body, got.headers["retry-after"]) == (429, b"busy", "7")


def test_spaces_round_a_token_are_not_part_of_it(httpserver: HTTPServer) -> None:
    httpserver.expect_request(
        "/api/v2/real_time.php", headers={"wolkvox-token": TOKEN}
    ).respond_with_data(BODY)

    assert Client(httpserver.url_for("").rstrip("/"), f" {TOKEN}\n").fetch(SKILLS, {}).body == BODY


def test_a_token_is_shown_nowhere() -> None:
    client = Client("https://wv0041.wolkvox.com", TOKEN)

    assert TOKEN not in repr(client)
    assert "wv0041" in repr(client)


@pytest.mark.parametrize("token", ["with\nnewline", "ñandú-€", "two words", ""])
def test_a_token_that_no_header_can_hold_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(FetchError) as caught:
        Client("http://127.0.0.1:1", token).fetch(SKILLS, {})

    assert caught.value.kind is Trouble.TOKEN
    assert repr(token) not in str(caught.value)


def test_a_netrc_of_the_machine_is_not_sent_along(
    httpserver: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    httpserver.expect_request("/api/v2/real_time.php").respond_with_data(BODY)

    Client(httpserver.url_for("").rstrip("/"), TOKEN).fetch(SKILLS, {})

    assert "Authorization" not in httpserver.log[0][0].headers


def test_cookies_of_one_answer_do_not_follow_to_the_next(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/api/v2/real_time.php").respond_with_data(
        BODY, headers={"Set-Cookie": "PHPSESSID=1; Path=/"}
    )
    client = Client(httpserver.url_for("").rstrip("/"), TOKEN)

    client.fetch(SKILLS, {})
    client.fetch(SKILLS, {})

    assert "Cookie" not in httpserver.log[1][0].headers


CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        (b"", (BODY,)),
        (b"Content-Length: %d\r\n" % len(BODY), (BODY,)),
        (b"Content-Length: %d\r\n" % len(BODY), (BODY[:9], BODY[9:])),
        (CHUNKED, (b"%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",)),
        (
            CHUNKED,
            (b"5\r\n" + BODY[:5], b"\r\n%x\r\n" % len(BODY[5:]), BODY[5:] + b"\r\n0\r\n\r\n"),
        ),
        (b"Content-Encoding: gzip\r\n", (gzip.compress(BODY),)),
        (b"Content-Encoding: deflate\r\n", (zlib.compress(BODY),)),
    ],
)
def test_a_body_comes_whole_however_it_is_sent(headers: bytes, pieces: tuple[bytes, ...]) -> None:
    with a_server(says(*pieces, headers=headers)) as address:
        assert ask(address) == BODY


@pytest.mark.parametrize(
    ("headers", "pieces"),
    [
        (b"Content-Length: 999\r\n", (BODY,)),
        (CHUNKED, (b"ff\r\n" + BODY,)),
        (CHUNKED, (b"5\r\n" + BODY[:5] + b"\r\n",)),
        (CHUNKED, (b"nonsense\r\n",)),
        (b"Content-Encoding: gzip\r\n", (b"no gzip at all",)),
        (b"Content-Encoding: gzip\r\n", (gzip.compress(BODY * 9)[:-20],)),
    ],
)
def test_half_an_answer_is_none(headers: bytes, pieces: tuple[bytes, ...]) -> None:
    assert trouble(says(*pieces, headers=headers)) is Trouble.NETWORK


@pytest.mark.parametrize("talk", [lambda _: None, lambda caller: caller.sendall(b"SSH-2.0\r\n")])
def test_what_speaks_no_http_is_no_answer(talk: Talk) -> None:
    assert trouble(talk) is Trouble.NETWORK


def test_nobody_there_is_no_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(FetchError) as caught:
        ask(f"http://127.0.0.1:{port}")

    assert caught.value.kind is Trouble.NETWORK


def test_a_server_that_says_nothing_is_left_in_time() -> None:
    silent = threading.Event()

    def talk(_: socket.socket) -> None:
        silent.wait(5)

    assert trouble(talk, whole=0.3) is Trouble.TIMEOUT


FOREVER = (b"x",) * 1_000


@pytest.mark.parametrize(
    "headers",
    [b"", b"Content-Length: 9999\r\n", CHUNKED + b"\r\n270f"],
    ids=["until-close", "length", "chunked"],
)
def test_a_slow_drip_does_not_hold_the_client_longer(headers: bytes) -> None:
    began = time.monotonic()

    assert trouble(says(*FOREVER, headers=headers, drip=0.02), whole=0.4) is Trouble.TIMEOUT
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 20", b""])
def test_headers_that_drip_do_not_either(first: bytes) -> None:
    def talk(caller: socket.socket) -> None:
        pause = threading.Event()
        for piece in (first, *FOREVER):
            caller.sendall(piece)
            pause.wait(0.02)

    began = time.monotonic()

    assert trouble(talk, whole=0.4) is Trouble.TIMEOUT
    assert time.monotonic() - began < 3


MEGABYTE = 1024 * 1024


def test_too_much_is_refused_while_reading() -> None:
    sent = 0

    def talk(caller: socket.socket) -> None:
        nonlocal sent
        caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(200):
            caller.sendall(b"x" * MEGABYTE)
            sent += 1

    assert trouble(talk, biggest=4 * MEGABYTE) is Trouble.TOO_LARGE
    assert sent < 100


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    bomb = gzip.compress(b"\0" * (64 * MEGABYTE))

    talk = says(bomb, headers=b"Content-Encoding: gzip\r\n")

    assert trouble(talk, biggest=4 * MEGABYTE) is Trouble.TOO_LARGE


def test_exactly_the_most_is_taken() -> None:
    with a_server(says(b"x" * MEGABYTE)) as address:
        assert len(ask(address, biggest=MEGABYTE)) == MEGABYTE


def test_after_a_failure_the_next_answer_is_ones_own() -> None:
    """The rest of a broken answer must not be taken for the next one."""
    turns = iter([says(*FOREVER, headers=b"Content-Length: 9999\r\n", drip=0.02), says(BODY)])
    with a_server(lambda caller: next(turns)(caller)) as address:
        client = Client(address, TOKEN, whole=0.3)

        with pytest.raises(FetchError):
            client.fetch(SKILLS, {})

        assert client.fetch(SKILLS, {}).body == BODY


def test_a_server_that_hangs_up_between_questions_is_asked_anew() -> None:
    length = b"Content-Length: %d\r\n" % len(BODY)
    with a_server(says(BODY, headers=length + b"Connection: keep-alive\r\n")) as address:
        client = Client(address, TOKEN)

        assert [client.fetch(SKILLS, {}).body for _ in range(3)] == [BODY] * 3


def test_a_token_asks_one_thing_at_a_time_even_from_two_clients() -> None:
    inside = threading.Semaphore(1)
    overlaps = []

    def talk(caller: socket.socket) -> None:
        overlaps.append(not inside.acquire(blocking=False))
        threading.Event().wait(0.05)
        inside.release()
        says(BODY)(caller)

    with a_server(talk) as address:
        clients = [Client(address, TOKEN), Client(address, TOKEN)]
        threads = [threading.Thread(target=c.fetch, args=(SKILLS, {})) for c in clients * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert overlaps == [False] * 6


def test_two_tokens_do_not_wait_for_each_other() -> None:
    together = threading.Barrier(2, timeout=5)

    def talk(caller: socket.socket) -> None:
        together.wait()
        says(BODY)(caller)

    with a_server(talk) as address:
        clients = [Client(address, TOKEN), Client(address, "another")]
        threads = [threading.Thread(target=c.fetch, args=(SKILLS, {})) for c in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert not together.broken


@pytest.fixture
def stranger() -> Generator[HTTPServer]:
    """A server whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with HTTPServer(ssl_context=context) as server:
        yield server


def test_a_server_that_cannot_prove_its_name_gets_no_token(stranger: HTTPServer) -> None:
    with pytest.raises(FetchError) as caught:
        ask(stranger.url_for("").rstrip("/"))

    assert caught.value.kind is Trouble.TLS
    assert not stranger.log
