"""Scripts of the simulator: what a file may say, and what is said of its mistakes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from notifier.commands.simulate import read_file, simulate
from notifier.errors import ConfigError, Problem
from notifier.simulator.center import Center
from notifier.simulator.faults import Wrong
from notifier.simulator.refusals import REFUSALS
from notifier.simulator.script import Kind
from notifier.simulator.ways import WAYS
from notifier.simulator.wolkvox import WolkvoxServer

TEN = datetime(2025, 11, 18, 10, 0, tzinfo=ZoneInfo("America/Bogota"))
DOC = Path(__file__).parent.parent.parent / "docs" / "simulator.md"
FAMILY = {"cdr_4": "reports_manager", "agent_3": "reports_manager", "token_info": "information"}
TODAY = {"date_ini": "20251118070000", "date_end": "20251118100000", "skill_id": "all"}


@contextmanager
def playing(*faults: str) -> Iterator[WolkvoxServer]:
    """The platform, wrong in these ways from the start."""
    text = "\n".join(f'[[fault]]\nat = "0s"\nfor = "1h"\n{each}' for each in faults)
    script = read_file(text, "it.toml", TEN).script
    with WolkvoxServer(Center(7, TEN, script), lambda: TEN, "t") as server:
        yield server


def ask(server: WolkvoxServer, api: str) -> requests.Response:
    url = f"{server.url}/api/v2/{FAMILY.get(api, 'real_time')}.php"
    headers = {"wolkvox-token": "t"}
    return requests.get(
        url, params={"api": api, **TODAY}, headers=headers, timeout=60, allow_redirects=False
    )


def rows(answer: requests.Response, name: str = "") -> list[dict[str, Any]]:
    data = answer.json()["data"]
    return list(data[0][name] if name else data)


# ---- what a file says ----


def test_a_scene_begins_after_the_start_or_at_a_time_of_day() -> None:
    text = """
    quota = 900
    [[scene]]
    kind = "rejection"
    at = "5m"
    for = "90s"
    who = "12004"
    amount = 6
    [[scene]]
    kind = "counter_reset"
    at = 10:45:00
    [[fault]]
    way = "bom"
    at = "11:00"
    api = "skills"
    """.replace("\n    ", "\n")

    found = read_file(text, "it.toml", TEN)

    first, second, third = found.script
    assert (found.quota, found.at_once) == (900, 1)
    assert (first.kind, first.who, first.amount) == (Kind.REJECTION, "12004", 6)
    assert first.begin == TEN + timedelta(minutes=5)
    assert first.end - first.begin == timedelta(seconds=90)
    assert (second.kind, second.begin) == (Kind.COUNTER_RESET, TEN + timedelta(minutes=45))
    assert (third.faults[0].wrong, third.faults[0].api) == (Wrong.BOM, "skills")
    assert third.begin == TEN + timedelta(hours=1)


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_file(text, "it.toml", TEN)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[fault]]\nway = "bon"\nat = "1m"', "2:7: error: unknown way `bon`; did you mean `bom`?"),
        ('[[fault]]\nat = "1m"', "1:1: error: `way` is missing"),
        ('[[fault]]\nway = "bom"', "1:1: error: `at` is missing; write 10m for ten minutes"),
        ('[[fault]]\nway = "bom"\nat = "soon"', "3:6: error: `at` must be a span after the start"),
        ('[[fault]]\nway = "bom"\nat = 7', "3:6: error: `at` must be a span after the start"),
        ('[[fault]]\nway = "bom"\nat = "1m"\nfor = "0s"', "4:7: error: `for` must be how long"),
        (
            '[[fault]]\nway = "bom"\nat = "1m"\nfore = "1m"',
            "4:1: error: unknown key `fore`; did yo",
        ),
        ('[[fault]]\nway = "bom"\nat = "1m"\nwho = "x"', "4:1: error: unknown key `who`; use one"),
        ('[[fault]]\nway = "value"\nat = "1m"\ntext = "-"', "1:1: error: `field` is missing; `val"),
        ('[[fault]]\nway = "data"\nat = "1m"\ntext = "flta"', "4:8: error: `text` is `flta`; did"),
        ('[[fault]]\nway = "bom"\nat = "1m"\napi = "skill"', "4:7: error: unknown api `skill`; di"),
        ('[[fault]]\nway = "bom"\nat = "1m"\napi = 7', "4:7: error: `api` must be text in quotes"),
        (
            '[[fault]]\nway = "partial"\nat = "1m"\namount = "x"',
            "4:10: error: `amount` must be a n",
        ),
        (
            '[[scene]]\nkind = "wifi"\nat = "1m"\nwho = "9"',
            "1:1: error: wifi: nobody is called '9'",
        ),
        ('[[scene]]\nkind = "api_fault"\nat = "1m"', "2:8: error: unknown kind `api_fault`; use"),
        ("quota = true", "1:9: error: `quota` must be a whole number from 1 on"),
        ("[scene]\nat = 1", "1:1: error: `scene` must be tables; write [[scene]] above each"),
        ("qouta = 7", "1:1: error: unknown key `qouta`; did you mean `quota`?"),
        ("quota = ", "1:9: error: this is not TOML"),
    ],
)
def test_a_mistake_is_a_sentence_in_its_place(text: str, says: str) -> None:
    assert any(f"it.toml:{says}" in found for found in problems(text))


def test_every_mistake_is_said_at_once() -> None:
    assert len(problems('[[fault]]\nway = "bon"\nat = "x"\n[[scene]]\nkind = "zz"\nat = 1')) == 4


def test_a_script_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"# \xe9")

    def says(name: str) -> str:
        with pytest.raises(ConfigError) as caught:
            simulate(port=0, seed=7, speed=1, start=None, script=name, token="t")
        problem: Problem = caught.value.problems[0]
        return problem.text

    assert "there is no script `nope.toml`; use one of day, demo, quiet, or a file" in says(
        "nope.toml"
    )
    assert "not UTF-8" in says(str(latin))
    assert "cannot be read" in says(str(tmp_path))


def test_the_page_names_every_way_and_every_scene_and_no_other() -> None:
    page = DOC.read_text(encoding="utf-8")
    named = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}

    assert named == {*WAYS, *(kind.value for kind in Kind if kind is not Kind.API_FAULT)}
    assert all(way.says in page for way in WAYS.values())


def test_the_example_of_the_page_can_be_played() -> None:
    page = DOC.read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]

    assert read_file(example, "it.toml", TEN).script


# ---- refusals ----


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_has_the_status_and_the_words_of_the_vendor(name: str) -> None:
    with playing(f'way = "{name}"') as server:
        answer = ask(server, "latency")

    assert (answer.status_code, answer.json()["msg"]) == (REFUSALS[name].status, REFUSALS[name].msg)


def test_other_programs_can_spend_the_quota() -> None:
    text = 'quota = 10\n[[scene]]\nkind = "others"\nat = "0s"\nfor = "10m"\namount = 9'
    found = read_file(text, "it.toml", TEN)
    now = [TEN]
    center = Center(7, TEN, found.script)
    with WolkvoxServer(center, lambda: now[0], "t", quota=found.quota) as server:
        before = ask(server, "token_info")
        now[0] += timedelta(minutes=10)
        spent = ask(server, "latency")

    assert before.json()["data"][0]["all_token_today"] == "1"
    assert (spent.status_code, spent.json()["msg"]) == (403, REFUSALS["quota"].msg)


# ---- records ----


def test_records_are_left_out_doubled_and_added_up() -> None:
    with playing('way = "partial"\namount = 0.5\napi = "skills"') as server:
        assert len(rows(ask(server, "skills"))) == 3
    with playing('way = "gone"\nwho = "12004"', 'way = "gone"\nwho = "Ventas"') as server:
        names = [row["agent_id"] for row in rows(ask(server, "latency"), "by_agent")]
        assert names
        assert not [name for name in names if name.startswith("12004-")]
        assert "Ventas" not in {row["skill_name"] for row in rows(ask(server, "skills"))}
    with playing('way = "twice"\nwho = "12004"\nfield = "network_rejection"\ntext = "9"') as server:
        twins = [r for r in rows(ask(server, "latency"), "by_agent") if "12004-" in r["agent_id"]]
        assert [row["network_rejection"] for row in twins][1] == "9"
    with playing('way = "total"') as server:
        *queues, total = rows(ask(server, "skills"))
        assert (total["skill_id"], total["skill_name"]) == ("TOTAL", "TOTAL")
        assert int(total["stat_inbound"]) == sum(int(row["stat_inbound"]) for row in queues)


@pytest.mark.parametrize(
    ("way", "written"),
    [
        ("percent", "0.4 %"),
        ("glued", "0.40%"),
        ("comma", "0,4"),
        ("padded", "  0.4 "),
        ("number", 0.4),
        ("words", "n/d"),
        ("blank", ""),
        ("dashes", "--"),
        ("null", None),
    ],
)
def test_a_number_is_written_in_each_way(way: str, written: object) -> None:
    fault = f'way = "written"\nfield = "network_rejection"\ntext = "{way}"'
    with playing(fault) as server:
        found = {row["network_rejection"] for row in rows(ask(server, "latency"), "by_agent")}

    assert written in found


def test_thousands_and_long_durations_are_written_as_wolkvox_does() -> None:
    ways = ("calls", "thousands"), ("time", "past_a_day")
    faults = (f'way = "written"\nfield = "{field}"\ntext = "{way}"' for field, way in ways)
    with playing('way = "value"\nfield = "calls"\ntext = "15233"', *faults) as server:
        assert ask(server, "cdr_4").json()["data"]["0_5_seg"]["calls"] == "15,233.00"
        assert {row["time"][:2] for row in rows(ask(server, "agent_3"))} <= {"24", "25"}


def test_fields_come_go_and_have_other_names() -> None:
    with playing(
        'way = "renamed"\nfield = "network_rejection"\ntext = "network_reject_pct"',
        'way = "missing_field"\nfield = "tx_jitter"',
        'way = "new_field"\nfield = "codec"\ntext = "opus"',
        'way = "zero_level"',
        'way = "placeholder"\ntext = "-"',
    ) as server:
        agent = rows(ask(server, "latency"), "by_agent")[0]
        assert "network_reject_pct" in agent
        assert not {"network_rejection", "tx_jitter"} & set(agent)
        assert agent["codec"] == "opus"
        assert rows(ask(server, "skills"))[0]["service_level_0seg"] == "0 %"
        assert {row["conn_id"] for row in rows(ask(server, "hits_last_hour"))} == {"-"}


def test_an_answer_may_belong_to_another_request() -> None:
    with playing('way = "stranger"\ntext = "skills"\napi = "latency"') as server:
        assert "skill_id" in rows(ask(server, "latency"))[0]
    with playing('way = "stranger"\ntext = "agent_3"\napi = "latency"') as server:
        url = f"{server.url}/api/v2/real_time.php?api=latency"
        answer = requests.get(url, headers={"wolkvox-token": "t"}, timeout=60)
        assert "aux_state" in rows(answer)[0]


# ---- envelope and bytes ----


def test_envelopes_have_every_form() -> None:
    for code in ("0", "", " ", "200"):
        with playing(f'way = "code"\ntext = "{code}"') as server:
            assert ask(server, "latency").json()["code"] == code
    with playing('way = "code"\ntext = "missing"', 'way = "message"\ntext = "OK"') as server:
        body = ask(server, "latency").json()
        assert ("code" in body, body["msg"]) == (False, "OK")


@pytest.mark.parametrize(
    ("shape", "looks"),
    [
        ("nested", lambda body: isinstance(body["data"][0][0], dict)),
        ("object", lambda body: "by_agent" in body["data"]["0"]),
        ("flat", lambda body: "agent_id" in body["data"][0]),
        ("bare", lambda body: "by_agent" in body[0]),
        ("null", lambda body: body["data"] is None),
        ("text", lambda body: body["data"] == "ok"),
        ("absent", lambda body: "data" not in body),
        ("none_found", lambda body: body["msg"].startswith("0 records")),
    ],
)
def test_data_have_every_shape(shape: str, looks: Any) -> None:
    with playing(f'way = "data"\ntext = "{shape}"') as server:
        assert looks(ask(server, "latency").json())


def test_bytes_are_spoiled_as_servers_do_it() -> None:
    with playing('way = "php_warning"', 'way = "control"') as server:
        body = ask(server, "latency").content
        assert body.startswith(b"<br />\n<b>Warning</b>")
        assert b"\x00 \x1b" in body
    with playing('way = "latin_1"') as server, pytest.raises(UnicodeDecodeError):
        ask(server, "latency").content.decode()


def test_a_bomb_is_small_on_the_line_and_a_flood_has_no_end() -> None:
    with playing('way = "gzip_bomb"\namount = 4') as server:
        raw = requests.get(
            f"{server.url}/api/v2/real_time.php",
            params={"api": "latency"},
            headers={"wolkvox-token": "t"},
            stream=True,
            timeout=60,
        ).raw.read()
        assert len(raw) < 10_000
        assert len(gzip.decompress(raw)) == 4 * 1024 * 1024
    with playing('way = "endless"\namount = 2') as server, pytest.raises(requests.RequestException):
        ask(server, "latency")


def test_the_date_of_the_answer_may_be_wrong() -> None:
    with playing('way = "date"\nseconds = -3600') as server:
        said = ask(server, "latency").headers["date"]

    at = datetime.strptime(said, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert at == TEN - timedelta(hours=1)


def test_faults_come_together() -> None:
    with playing(
        'way = "gzip"', 'way = "bom"', 'way = "empty_list"', 'way = "code"\ntext = "0"'
    ) as (server):
        answer = ask(server, "skills")

    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(answer.content.removeprefix(b"\xef\xbb\xbf"))["data"] == []
