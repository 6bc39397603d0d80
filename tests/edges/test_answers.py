"""Every row of how wolkvox answers, over real HTTP: what is sent, and what is made of it."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_httpserver import HTTPServer

from notifier.core.facts.snapshot import Snapshot
from notifier.core.facts.state import SourceKey
from notifier.core.judging.plan import SourcePlan
from notifier.errors import PollError, Trouble
from notifier.wolkvox.client import Client
from notifier.wolkvox.endpoints import CATALOGUE
from notifier.wolkvox.reader import Reader
from tests.recorded.answers import BARE, DATA, KEYS, SECRET

NOW = datetime(2026, 8, 1, 15, 2, tzinfo=UTC)  # 10:02 in Bogotá
QUEUE = {"skill_id": "7", "skill_name": "Ventas", "stat_inbound": "10"}
BUCKET = {"calls": "5", "minutes": "1.5", "cost": " ", "percentage": "20 %"}


def a_source(endpoint: str) -> SourcePlan:
    entry = CATALOGUE[endpoint]
    return SourcePlan(
        key=SourceKey("bogota", endpoint),
        endpoint=entry,
        cadence=timedelta(minutes=5),
        zone=ZoneInfo("America/Bogota"),
        collections={},
        hit_values=frozenset({"yes", "si"}),
        window=timedelta(hours=1) if entry.dated else None,
    )


def read_at(url: str, endpoint: str = "skills") -> Snapshot:
    client = Client(url.rstrip("/"), "77766b74")
    return Reader({"bogota": client}, lambda: NOW)(a_source(endpoint), NOW)


@pytest.fixture
def wolkvox(httpserver: HTTPServer) -> Wolkvox:
    return Wolkvox(httpserver)


class Wolkvox:
    """A server that answers everything with one thing."""

    def __init__(self, server: HTTPServer) -> None:
        self._server = server

    def says(
        self,
        body: object,
        endpoint: str = "skills",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Snapshot:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        entry = CATALOGUE[endpoint]
        self._server.clear()
        self._server.expect_request(
            f"/api/v2/{entry.family}.php", query_string=None
        ).respond_with_data(sent, status=status, headers=headers)
        return read_at(self._server.url_for(""), endpoint)

    def refuses(self, body: object = b"", status: int = 403, **headers: str) -> PollError:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with pytest.raises(PollError) as caught:
            self.says(body, status=status, headers=named)
        return caught.value


def whole(data: object, **more: object) -> dict[str, object]:
    return {"code": 200, "error": None, "msg": "1 records were found", "data": data} | more


def value(taken: Snapshot, name: str) -> object:
    (rows,) = taken.collections.values()
    (row,) = rows.values()
    return getattr(row, name)


@contextmanager
def chatterbox(answers: Iterator[bytes]) -> Iterator[str]:
    """A server that says more on each connection than it was asked."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        stack.callback(listener.shutdown, socket.SHUT_RDWR)

        def serve() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(65536)
                    caller.sendall(next(answers))

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


# ---- the envelope ----


@pytest.mark.parametrize("code", [200, "200", "201", "202", "0", 0, "", " ", None])
def test_success_has_many_codes(wolkvox: Wolkvox, code: object) -> None:
    assert list(wolkvox.says(whole([QUEUE], code=code)).collections[""]) == ["7"]


def test_or_none_at_all(wolkvox: Wolkvox) -> None:
    assert list(wolkvox.says({"data": [QUEUE]}).collections[""]) == ["7"]


@pytest.mark.parametrize("error", [None, "null", "", False])
@pytest.mark.parametrize("msg", ["1 records were found", " x records were are found", "OK", ""])
def test_the_words_beside_good_rows_do_not_matter(
    wolkvox: Wolkvox, error: object, msg: str
) -> None:
    assert not wolkvox.says(whole([QUEUE], error=error, msg=msg)).empty


@pytest.mark.parametrize(
    "body",
    [
        whole([QUEUE]),
        whole([[QUEUE]]),
        whole({"0": QUEUE}),
        [QUEUE],
    ],
)
def test_a_list_comes_in_many_shapes_or_bare(wolkvox: Wolkvox, body: object) -> None:
    assert list(wolkvox.says(body).collections[""]) == ["7"]


@pytest.mark.parametrize("data", [{"0_5_seg": BUCKET}, [{"0_5_seg": BUCKET}]])
def test_an_object_of_rows_is_read_by_its_keys(wolkvox: Wolkvox, data: object) -> None:
    assert list(wolkvox.says(whole(data), "cdr_4").collections[""]) == ["0_5_seg"]


@pytest.mark.parametrize("data", [[], {}])
def test_an_empty_list_is_no_rows(wolkvox: Wolkvox, data: object) -> None:
    taken = wolkvox.says(whole(data))

    assert (taken.empty, taken.oddities.not_found) == (True, False)


@pytest.mark.parametrize("data", [None, "text", 5, True, {"what": "else"}, [1, 2]])
def test_what_holds_no_rows_is_an_error_not_an_empty_list(wolkvox: Wolkvox, data: object) -> None:
    with pytest.raises(PollError) as caught:
        wolkvox.says(whole(data))
    assert caught.value.kind is Trouble.SCHEMA


def test_a_partial_list_says_nothing_of_the_lists_it_lacks(wolkvox: Wolkvox) -> None:
    taken = wolkvox.says(whole([{"by_agent": [{"agent_id": "1-ANA"}]}]), "latency")

    assert list(taken.collections) == ["by_agent"]
    assert taken.oddities.lacking == ("by_ip", "by_pbx")


@pytest.mark.parametrize("endpoint", CATALOGUE)
def test_every_endpoint_is_asked_and_read_over_http(wolkvox: Wolkvox, endpoint: str) -> None:
    taken = wolkvox.says(BARE.get(endpoint) or whole(DATA[endpoint]), endpoint)

    for name, rows in taken.collections.items():
        assert list(rows) == KEYS[f"{endpoint}.{name}".rstrip(".")]
    assert SECRET not in repr(taken)


# ---- values ----


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2", 2),
        (2, 2),
        ("1,200", 1_200),
        ("1,234,567", 1_234_567),
        (" 7 ", 7),
        ("", None),
        (" ", None),
        ("-", None),
        ("--", None),
        (None, None),
        ("null", None),
    ],
)
def test_counts_come_as_text_and_a_blank_is_never_zero(
    wolkvox: Wolkvox, sent: object, read: float | None
) -> None:
    taken = wolkvox.says(whole([QUEUE | {"stat_inbound": sent}]))

    assert value(taken, "stat_inbound") == read
    assert taken.oddities.unreadable == {}


@pytest.mark.parametrize(
    ("sent", "read"),
    [("0 %", 0), ("34.64 %", 34.64), ("100.00%", 100), ("9,336.00 %", 9_336), ("0.05 %", 0.05)],
)
def test_percentages_have_signs_and_pass_a_hundred(
    wolkvox: Wolkvox, sent: str, read: float
) -> None:
    assert value(wolkvox.says(whole([QUEUE | {"by_abandon": sent}])), "by_abandon") == read


@pytest.mark.parametrize("sent", ["12,5 %", "1.234,5", "1,234 %", "12,50", "n/a", "1 2"])
def test_what_could_mean_two_things_is_unknown_and_counted(wolkvox: Wolkvox, sent: str) -> None:
    taken = wolkvox.says(whole([QUEUE | {"by_abandon": sent}]))

    assert value(taken, "by_abandon") is None
    assert taken.oddities.unreadable == {"by_abandon": 1}


@pytest.mark.parametrize(
    ("sent", "read"),
    [("00:55:47", 3_347), ("26:10:00", 94_200), ("100:00:01", 360_001), ("90", 90)],
)
def test_durations_pass_a_day(wolkvox: Wolkvox, sent: str, read: float) -> None:
    row = {"agent_id": "12004", "aux_state": "Break", "time": sent}

    assert value(wolkvox.says(whole([row]), "agent_3"), "time") == read


# ---- four outcomes of a field ----


def test_a_field_has_four_outcomes_and_each_is_noted(wolkvox: Wolkvox) -> None:
    row = {
        "skill_id": "7",
        "skill_name": "Ventas",
        "stat_inbound": "many",
        "answer_calls": "9",
        "stat_wait": "4",
        SECRET: "5",
    }

    taken = wolkvox.says(whole([row]))

    assert value(taken, "stat_inbound") is None
    assert value(taken, "stat_answer") == 9
    assert value(taken, "stat_abandon") is None
    odd = taken.oddities
    assert odd.unreadable == {"stat_inbound": 1}
    assert odd.aliased == {"stat_answer": "answer_calls"}
    assert "stat_abandon" in odd.absent
    assert odd.undeclared == ("(unnamed)", "stat_wait")
    assert SECRET not in repr(taken)


@pytest.mark.parametrize("name", [SECRET, "tel_3001234567", "ANA MARIA", "a@b.co", "x" * 50, "Ñ"])
def test_a_name_that_may_be_a_value_is_not_kept(wolkvox: Wolkvox, name: str) -> None:
    full = dict(DATA["skills"][0])

    for row in (full, full | {"stat_inbound": "?"}):  # the fast way, and the slow one
        taken = wolkvox.says(whole([row | {name: "1"}]))
        assert taken.oddities.undeclared == ("(unnamed)",)
        assert name not in repr(taken)


def test_a_new_field_is_noticed_on_the_fast_way_too(wolkvox: Wolkvox) -> None:
    for endpoint in ("skills", "agent_1", "hits_last_hour"):
        row = dict(DATA[endpoint][0]) | {"shiny": {"deep": [1]}, "note": 'a "quoted": {text}'}
        assert wolkvox.says(whole([row]), endpoint).oddities.undeclared == ("note", "shiny")
    bucket = BUCKET | {"cost": "1", "shiny": "1"}
    taken = wolkvox.says(whole({"0_5_seg": bucket}), "cdr_4")
    assert taken.oddities.undeclared == ("shiny",)


def test_sixty_thousand_rows_may_be_more(wolkvox: Wolkvox) -> None:
    rows = [{"agent_id": str(n), "uncode_calls": "1", "agent_name": "x"} for n in range(59_100)]

    assert wolkvox.says(whole(rows), "act_4").oddities.full
    assert not wolkvox.says(whole(rows[:100]), "act_4").oddities.full


# ---- bytes ----

ACCENTS = whole([QUEUE | {"skill_name": "Atención Ñ"}])
PLAIN = json.dumps(ACCENTS, ensure_ascii=False)


@pytest.mark.parametrize(
    "body",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("latin-1"),
        b"<br />\n<b>Warning</b>: Undefined index {0} [x] in /var/a.php\n" + PLAIN.encode(),
        PLAIN.replace("Atención", "Atenci\x08ón\t").encode(),
        PLAIN.replace("Atención", "Atención\u202e").encode(),
    ],
)
def test_what_php_does_by_accident_is_mended(wolkvox: Wolkvox, body: bytes) -> None:
    said = str(value(wolkvox.says(body), "skill_name"))

    assert " ".join(said.replace("Atenci ón", "Atención").split()) == "Atención Ñ"
    assert said.isprintable()


@pytest.mark.parametrize(
    "body", [b"", b"  ", PLAIN.encode()[:-9], b"<html>500</html>", b"{'code': 200}", b"\x00\x01"]
)
def test_half_an_answer_and_pages_are_no_json(wolkvox: Wolkvox, body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        wolkvox.says(body)
    assert caught.value.kind is Trouble.NOT_JSON


def test_gzip_is_unfolded(wolkvox: Wolkvox) -> None:
    body = gzip.compress(PLAIN.encode())

    taken = wolkvox.says(body, headers={"Content-Encoding": "gzip"})

    assert value(taken, "skill_name") == "Atención Ñ"


# ---- refusals ----


def said(msg: str, code: object = "") -> dict[str, object]:
    return {"code": code, "error": "error", "msg": msg, "data": None}


@pytest.mark.parametrize(
    ("status", "msg", "kind"),
    [
        (400, "the API skils does not exist", Trouble.REQUEST),
        (400, "some parameters are required", Trouble.REQUEST),
        (401, "please enter the wolkvox-token", Trouble.TOKEN),
        (403, "Token limit exceeded", Trouble.QUOTA),
        (403, "Límite de consumo diario excedido", Trouble.QUOTA),
        (403, "cuota agotada", Trouble.QUOTA),
        (403, "exceeds the limit of simultaneous requests per token (2)", Trouble.BUSY),
        (403, "Excede el límite de peticiones simultáneas", Trouble.BUSY),
        (403, "please validate token", Trouble.TOKEN),
        (403, "Por favor valide el TOKEN", Trouble.TOKEN),
        (403, "API temporarily off: server backup", Trouble.MAINTENANCE),
        (403, "servidor en mantenimiento", Trouble.MAINTENANCE),
        (403, "copia de seguridad en curso", Trouble.MAINTENANCE),
        (403, "em manutenção", Trouble.MAINTENANCE),
        (403, "nope", Trouble.FORBIDDEN),
        (405, "", Trouble.REQUEST),
        (412, "", Trouble.REQUEST),
        (416, "", Trouble.REQUEST),
        (417, "", Trouble.REQUEST),
        (429, "", Trouble.BUSY),
        (429, "token limit exceeded", Trouble.QUOTA),
        (500, "", Trouble.SERVER),
        (503, "maintenance", Trouble.MAINTENANCE),
        (503, "", Trouble.SERVER),
    ],
)
def test_the_vendors_table_of_errors(
    wolkvox: Wolkvox, status: int, msg: str, kind: Trouble
) -> None:
    for code in (status, str(status), "", None):
        assert wolkvox.refuses(said(msg, code), status).kind is kind
    if kind is not Trouble.FORBIDDEN or msg:
        assert wolkvox.refuses(said(msg, status), 200).kind is kind, "by the body's code alone"


@pytest.mark.parametrize(
    ("status", "code", "msg", "kind"),
    [
        (500, "403", "please validate token", Trouble.TOKEN),
        (404, "403", "token limit exceeded", Trouble.QUOTA),
        (404, 400, "the API x does not exist", Trouble.REQUEST),
        (403, "404", "validate the dates", Trouble.FORBIDDEN),
        (403, "200", "please validate token", Trouble.TOKEN),
    ],
)
def test_where_status_and_body_disagree_the_error_counts(
    wolkvox: Wolkvox, status: int, code: object, msg: str, kind: Trouble
) -> None:
    assert wolkvox.refuses(said(msg, code), status).kind is kind


@pytest.mark.parametrize("status", [403, 500, 502])
def test_a_page_of_the_web_server_claims_no_cause(wolkvox: Wolkvox, status: int) -> None:
    error = wolkvox.refuses(b"<html><h1>token limit maintenance</h1></html>", status)

    assert error.kind is (Trouble.FORBIDDEN if status == 403 else Trouble.SERVER)


def test_a_refusal_without_a_known_cause_hints_at_the_address(wolkvox: Wolkvox) -> None:
    assert "IP address may have to be registered" in str(wolkvox.refuses(said("nope")))


@pytest.mark.parametrize("body", [said("validate the dates", "404"), {}])
def test_a_404_of_the_api_is_no_rows_yet_noted(wolkvox: Wolkvox, body: object) -> None:
    taken = wolkvox.says(body, status=404)

    assert (taken.empty, taken.oddities.not_found) == (True, True)


def test_a_404_of_the_web_server_is_an_error(wolkvox: Wolkvox) -> None:
    assert wolkvox.refuses(b"<html>Not Found</html>", 404).kind is Trouble.NOT_JSON


@pytest.mark.parametrize(
    ("asked", "date", "wait"),
    [
        ("120", None, 120),
        ("Sat, 01 Aug 2026 15:12:00 GMT", None, 600),
        ("Sat, 01 Aug 2026 15:12:00 GMT", "Sat, 01 Aug 2026 15:11:30 GMT", 30),
        ("Sat, 01 Aug 2026 14:00:00 GMT", None, 0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", None, 86_400),
        ("Sat, 01 Aug 2026 15:12:00 -0000", None, 600),
        ("soon", None, None),
    ],
)
def test_a_wish_to_be_left_alone_is_heard(asked: str, date: str | None, wait: float | None) -> None:
    dated = f"Date: {date}\r\n" if date else ""
    head = f"HTTP/1.1 429 Busy\r\n{dated}Retry-After: {asked}\r\nContent-Length: 0\r\n\r\n"

    with chatterbox(iter([head.encode()])) as url, pytest.raises(PollError) as caught:
        read_at(url)

    assert caught.value.after == (None if wait is None else timedelta(seconds=wait))


def test_a_redirect_is_told_of_and_not_followed(wolkvox: Wolkvox) -> None:
    error = wolkvox.refuses(b"", 302, Location="https://elsewhere.example.com/")

    assert error.kind is Trouble.REDIRECT


def test_who_is_refused_the_connection_reads_of_the_registered_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(PollError, match="IP address may have to be registered") as caught:
        read_at(f"http://127.0.0.1:{port}")
    assert caught.value.kind is Trouble.NETWORK


# ---- an answer that belongs to another question ----


def answered(skill: str) -> bytes:
    body = json.dumps(whole([QUEUE | {"skill_id": skill}])).encode()
    head = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


def test_a_second_answer_on_a_connection_is_nobodys() -> None:
    said_twice = iter([answered("7") + answered("666"), answered("8") + answered("667")])
    client_sees: list[Any] = []
    with chatterbox(said_twice) as url:
        client_sees += [list(read_at(url).collections[""]) for _ in range(2)]

    assert client_sees == [["7"], ["8"]]
