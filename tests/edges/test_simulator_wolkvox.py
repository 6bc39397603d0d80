"""The simulated wolkvox on real HTTP: it refuses as the platform does, and errs on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests

from notifier.simulator.center import Center
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.script import demo_script
from notifier.simulator.scriptfile import ScriptFile
from notifier.simulator.serve import running_clock, serve
from notifier.simulator.wolkvox import WolkvoxServer

TEN = datetime(2025, 11, 18, 15, 0, tzinfo=UTC)
CENTER = Center(7, TEN)
LIVE = "real_time.php?api="
PAST = "reports_manager.php?api="
TODAY = "&date_ini=20251118090000&date_end=20251118100000"


class Hand:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.now = TEN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def server(clock: Hand) -> Iterator[WolkvoxServer]:
    with WolkvoxServer(CENTER, clock, token="abc123") as running:
        yield running


def ask(
    server: WolkvoxServer, what: str, token: str | None = "abc123", timeout: float = 5
) -> requests.Response:
    headers = {} if token is None else {"wolkvox-token": token}
    url = f"{server.url}/api/v2/{what}"
    return requests.get(url, headers=headers, timeout=timeout, allow_redirects=False)


@pytest.mark.parametrize(
    "what",
    [
        f"{LIVE}latency",
        f"{LIVE}skills&skill_id=all",
        f"{LIVE}hits_last_hour",
        f"{PAST}cdr_4{TODAY}",
        f"{PAST}agent_3{TODAY}",
        "information.php?api=token_info",
    ],
)
def test_a_good_answer_has_the_envelope(server: WolkvoxServer, what: str) -> None:
    answer = ask(server, what)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert list(body) == ["code", "error", "msg", "data"]
    assert body["code"] == 200
    assert body["data"]


def test_one_skill_is_given_by_its_number(server: WolkvoxServer) -> None:
    rows = ask(server, f"{LIVE}skills&skill_id=1002").json()["data"]

    assert [row["skill_name"] for row in rows] == ["Soporte Técnico"]
    assert ask(server, f"{LIVE}skills&skill_id=9").json()["data"] == []


@pytest.mark.parametrize(
    ("what", "token", "status", "says"),
    [
        (f"{LIVE}latency", None, 401, "please enter the wolkvox-token"),
        (f"{LIVE}latency", "wrong", 403, "please validate token"),
        (f"{LIVE}nothing", "abc123", 400, "does not exist"),
        ("campaign.php?api=start_campaign", "abc123", 400, "does not exist"),
        (f"{LIVE}skills", "abc123", 400, "some parameters are required"),
        (f"{PAST}cdr_4", "abc123", 400, "some parameters are required"),
        (f"{PAST}cdr_4&date_ini=2025111809&date_end=20251118100000", "abc123", 400, "required"),
        (
            f"{PAST}cdr_4&date_ini=20251131090000&date_end=20251118100000",
            "abc123",
            400,
            "validate date_ini",
        ),
        (f"{PAST}cdr_4&date_ini=20251001000000&date_end=20251118100000", "abc123", 400, "31 days"),
        (
            f"{PAST}agent_3&date_ini=20251118000000&date_end=20251118000300",
            "abc123",
            404,
            "validate the dates",
        ),
    ],
)
def test_it_refuses_as_the_platform_does(
    server: WolkvoxServer, what: str, token: str | None, status: int, says: str
) -> None:
    answer = ask(server, what, token)

    assert answer.status_code == answer.json()["code"] == status
    assert says in answer.json()["msg"]


def test_a_second_request_at_the_same_time_is_refused(server: WolkvoxServer) -> None:
    server.delay = 0.5

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda _: ask(server, f"{LIVE}latency"), range(2)))

    assert sorted(a.status_code for a in answers) == [200, 403]
    refused = next(a for a in answers if a.status_code == 403)
    assert "simultaneous" in refused.json()["msg"]
    assert server.peak == 2


def test_requests_one_after_another_are_never_simultaneous(server: WolkvoxServer) -> None:
    with requests.Session() as session:
        session.headers["wolkvox-token"] = "abc123"
        url = f"{server.url}/api/v2/{LIVE}skills&skill_id=1001"
        statuses = {session.get(url, timeout=5).status_code for _ in range(60)}

    assert statuses == {200}
    assert server.peak == 1


def test_the_daily_quota_ends_and_comes_back_at_midnight(
    server: WolkvoxServer, clock: Hand
) -> None:
    server.quota = 2

    statuses = [ask(server, f"{LIVE}latency").status_code for _ in range(3)]
    says = ask(server, f"{LIVE}latency").json()["msg"]
    clock.now += timedelta(days=1)

    assert statuses == [200, 200, 403]
    assert says == "token limit exceeded"
    assert ask(server, f"{LIVE}latency").status_code == 200
    assert server.spent == 1


def test_requests_are_written_down(server: WolkvoxServer) -> None:
    ask(server, f"{LIVE}skills&skill_id=all")

    (seen,) = server.requests
    assert (seen.path, seen.api, seen.status) == ("/api/v2/real_time.php", "skills", 200)
    assert seen.query["skill_id"] == "all"
    assert "wolkvox-token" in seen.headers
    assert seen.at == TEN


def test_a_test_may_give_its_own_answer(server: WolkvoxServer) -> None:
    server.respond_with("latency", {"code": 200, "data": ["mine"]})
    server.respond_with("skills", b"raw", status=418)

    assert ask(server, f"{LIVE}latency").json()["data"] == ["mine"]
    odd = ask(server, f"{LIVE}skills&skill_id=all")
    assert (odd.status_code, odd.content) == (418, b"raw")
    server.respond_with("latency", None)
    assert "by_agent" in ask(server, f"{LIVE}latency").json()["data"][0]


def test_a_queued_fault_meets_one_request(server: WolkvoxServer) -> None:
    server.faults.append(Fault(Wrong.STATUS, status=503, text="busy"))

    first, second = (ask(server, f"{LIVE}latency") for _ in range(2))

    assert (first.status_code, first.json()["msg"]) == (503, "busy")
    assert second.status_code == 200


def test_a_fault_may_be_for_one_api_only(server: WolkvoxServer) -> None:
    server.fault = Fault(Wrong.HTML, status=502, api="skills")

    assert ask(server, f"{LIVE}latency").status_code == 200
    page = ask(server, f"{LIVE}skills&skill_id=all")
    assert page.status_code == 502
    assert page.text.startswith("<html>")


@pytest.mark.parametrize(
    "fault",
    [Fault(Wrong.HANG, seconds=0.1), Fault(Wrong.DROPPED), Fault(Wrong.TRUNCATED)],
    ids=lambda fault: fault.wrong.value,
)
def test_a_connection_may_end_early(server: WolkvoxServer, fault: Fault) -> None:
    server.fault = fault

    with pytest.raises(requests.RequestException):
        ask(server, f"{LIVE}latency")

    server.fault = None
    assert ask(server, f"{LIVE}latency").status_code == 200


def test_a_hanging_server_outlasts_a_timeout_and_still_stops_at_once(
    server: WolkvoxServer,
) -> None:
    server.fault = Fault(Wrong.HANG, seconds=60)

    with pytest.raises(requests.Timeout):
        ask(server, f"{LIVE}latency", timeout=0.2)

    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 10


def test_a_dripping_answer_is_right_in_the_end(server: WolkvoxServer) -> None:
    server.faults.append(Fault(Wrong.DRIP, seconds=0.0))

    assert ask(server, f"{LIVE}skills&skill_id=1001").json()["code"] == 200


def test_a_maintenance_is_a_403(server: WolkvoxServer) -> None:
    server.fault = Fault(Wrong.MAINTENANCE)

    answer = ask(server, f"{LIVE}latency")

    assert answer.status_code == 403
    assert "maintenance" in answer.json()["msg"]


def test_a_redirect_leads_where_it_is_told(server: WolkvoxServer) -> None:
    server.fault = Fault(Wrong.REDIRECT, text="http://127.0.0.2/elsewhere")

    answer = ask(server, f"{LIVE}latency")

    assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.2/elsewhere")


def test_bodies_may_be_broken_in_every_way(server: WolkvoxServer) -> None:
    def wrongly(wrong: Wrong, **more: int) -> requests.Response:
        server.faults.append(Fault(wrong, **more))  # type: ignore[arg-type]
        return ask(server, f"{LIVE}latency")

    assert wrongly(Wrong.BOM).content.startswith(b"\xef\xbb\xbf{")
    assert wrongly(Wrong.CONTENT_TYPE).headers["content-type"].startswith("text/html")
    assert wrongly(Wrong.EMPTY_BODY).content == b""
    assert wrongly(Wrong.EMPTY_LIST).json()["data"] == []
    assert wrongly(Wrong.GZIP).json()["data"]
    assert wrongly(Wrong.BODY_CODE, status=412).json()["code"] == 412
    with pytest.raises(UnicodeDecodeError):
        wrongly(Wrong.LATIN_1).content.decode()
    with pytest.raises(json.JSONDecodeError):
        json.loads(wrongly(Wrong.INVALID_JSON).content)


def test_the_script_orders_faults_by_the_clock(clock: Hand) -> None:
    center = Center(7, TEN, demo_script(TEN))
    with WolkvoxServer(center, clock, token="abc123") as server:
        clock.now = TEN + timedelta(minutes=11.9)
        assert ask(server, f"{LIVE}latency").status_code == 200
        clock.now = TEN + timedelta(minutes=12.5)
        assert ask(server, f"{LIVE}latency").status_code == 500
        clock.now = TEN + timedelta(minutes=17.1)
        assert ask(server, f"{LIVE}latency").status_code == 200


def test_a_taken_port_is_an_error(server: WolkvoxServer) -> None:
    with pytest.raises(OSError, match=r"in use"):
        WolkvoxServer(CENTER, Hand(), port=server.port).start()


def test_simulated_time_runs_as_fast_as_it_is_told() -> None:
    ticks = iter([100.0, 100.0, 101.5])
    clock = running_clock(TEN, 60, lambda: next(ticks))

    assert [clock(), clock()] == [TEN, TEN + timedelta(seconds=90)]


def test_serving_goes_on_until_it_is_stopped() -> None:
    stop = threading.Event()
    found: list[int] = []

    def look(server: WolkvoxServer) -> None:
        found.append(ask(server, f"{LIVE}latency", token=server.token).status_code)
        stop.set()

    serve(
        0, seed=7, speed=60, start=TEN, script=ScriptFile(demo_script(TEN)), stop=stop, ready=look
    )

    assert found == [200]
