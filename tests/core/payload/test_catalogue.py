"""The wide catalogue: every endpoint is read from a small answer, and rules can be about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from notifier.core.facts.snapshot import Snapshot, take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.planning import plan
from notifier.core.language.tree import write
from notifier.core.payload.decode import decode
from notifier.core.payload.endpoint import Collection, Endpoint, Kind, Nature
from notifier.core.rules.rulefile import load
from notifier.core.trial.sample import ORDINARY
from notifier.errors import ConfigError, DecodeError
from notifier.wolkvox.endpoints import CATALOGUE
from tests.recorded.answers import BARE, DATA, FIRST, KEYS, SECRET

HERE = datetime(2026, 8, 1, 10, 2, tzinfo=ZoneInfo("America/Bogota"))


def body_of(name: str) -> bytes:
    if name in BARE:
        return json.dumps(BARE[name]).encode()
    return json.dumps({"code": "200", "error": None, "msg": "", "data": DATA[name]}).encode()


def read(endpoint: Endpoint, body: bytes) -> Snapshot:
    found = decode(body, endpoint, hit_values=("yes", "si"), here=HERE)
    source = SourceKey("bogota", endpoint.name)
    return take(source, endpoint, found.collections, HERE, found.oddities)


def titles() -> Iterator[tuple[str, Endpoint, Collection]]:
    for name, endpoint in CATALOGUE.items():
        for collection in endpoint.collections:
            yield f"{name}.{collection.name}".rstrip("."), endpoint, collection


ALL = [pytest.param(*each, id=each[0]) for each in titles()]


def test_every_endpoint_that_people_asked_for_is_there() -> None:
    by_family: dict[str, set[str]] = {}
    for endpoint in CATALOGUE.values():
        by_family.setdefault(endpoint.family, set()).add(endpoint.api)

    assert by_family == {
        "real_time": {"latency", "skills", "hits_last_hour", "agents", "calls_last_10", "campaigns",
                      "chats", "interactions", "info_server"},
        "information": {"token_info", "agents", "skills", "activity_codes", "audit_log",
                        "get_notification"},
        "reports_manager": {"agent_1", "agent_3", "agent_7", "agent_14", "skill_1", "skill_2",
                            "skill_3", "skill_4", "skill_5", "skill_6", "skill_7", "cdr_1", "cdr_4",
                            "cdr_6", "act_4", "campaign_9"},
        "customer": {"cdr_calls"},
    }  # fmt: skip


@pytest.mark.parametrize(("title", "endpoint", "collection"), ALL)
def test_a_small_answer_of_each_becomes_rows(
    title: str, endpoint: Endpoint, collection: Collection
) -> None:
    rows: Any = read(endpoint, body_of(endpoint.name)).collections[collection.name]

    assert list(rows) == KEYS[title]
    first = msgspec.structs.asdict(next(iter(rows.values())))
    assert {name: first[name] for name in FIRST[title]} == FIRST[title]


@pytest.mark.parametrize("endpoint", CATALOGUE.values(), ids=list(CATALOGUE))
def test_no_customer_is_seen_in_what_is_kept_of_an_answer(endpoint: Endpoint) -> None:
    body = body_of(endpoint.name)

    taken = read(endpoint, body)

    said = repr(taken) + json.dumps(
        [msgspec.to_builtins(dict(c)) for c in taken.collections.values()]
    )
    for secret in (SECRET, "123 4567", "1234567"):
        assert secret not in said


@pytest.mark.parametrize("endpoint", CATALOGUE.values(), ids=list(CATALOGUE))
def test_the_catalogue_knows_every_name_of_the_small_answers(endpoint: Endpoint) -> None:
    oddities = read(endpoint, body_of(endpoint.name)).oddities

    assert (oddities.undeclared, oddities.unreadable, oddities.lacking) == ((), {}, ())


@pytest.mark.parametrize("endpoint", CATALOGUE.values(), ids=list(CATALOGUE))
def test_an_empty_list_of_each_is_no_rows(endpoint: Endpoint) -> None:
    taken = read(endpoint, b'{"code": 200, "data": []}')

    assert taken.empty
    assert set(taken.collections) == {each.name for each in endpoint.collections}


def rules_about_all() -> str:
    """A rules file that polls every endpoint and names every field of every collection."""
    parts = ['[[operation]]\nname = "bogota"\nserver = "0041"\ntimezone = "America/Bogota"',
             '[[receiver]]\nname = "team"\nemail = "a@example.com"']  # fmt: skip
    for name, endpoint in CATALOGUE.items():
        window = '\nwindow = "1h"' if endpoint.dated else ""
        parts.append(f'[[source]]\nendpoint = "{name}"\nevery = "1h"{window}')
    for number, (title, _, collection) in enumerate(titles()):
        for place, (field, kind) in enumerate(collection.kinds().items()):
            event = collection.nature is Nature.EVENT
            parts.append(
                f'[[rule]]\nid = "r{number}-{place}"\non = "{title}"\nto = "team"\n'
                f'when = "{_condition(field, kind)}"' + ('\nkind = "event"' if event else "")
            )
    return "\n".join(parts)


def _condition(field: str, kind: Kind) -> str:
    if kind.numeric:
        return f"{field} > 1"
    return field if kind is Kind.FLAG else f"{field} == 'x'"


def test_rules_can_be_about_every_field_of_every_collection() -> None:
    book = load(rules_about_all(), CATALOGUE)

    laid = plan(book)

    polled = {source.endpoint.name for source in laid.sources.values()}
    assert polled == set(CATALOGUE)
    assert len(laid.rules) == sum(len(collection.kinds()) for _, _, collection in titles())


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_field_has_an_ordinary_value_for_previews(kind: Kind) -> None:
    assert kind in ORDINARY


# ---- what is special about some ----


def only_row(name: str, data: object) -> Any:
    body = json.dumps({"code": 200, "data": data}).encode()
    (row,) = decode(body, CATALOGUE[name], here=HERE).collections[""]
    return row


@pytest.mark.parametrize("said", ["NO-ANSWER", "no answer", "No_Answer", " no  answer "])
def test_results_compare_without_case_and_separators(said: str) -> None:
    assert only_row("calls_last_10", [{"conn_id": "a", "result": said}]).result == "no answer"


def test_a_rule_may_spell_a_result_as_it_likes() -> None:
    text = """
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
[[receiver]]
name = "team"
email = "a@example.com"
[[rule]]
id = "failed"
on = "calls_last_10"
kind = "event"
when = "result == 'NO-ANSWER' or result in ('CHANUNAVAIL', 'Answer_Machine')"
to = "team"
"""

    (rule,) = load(text, CATALOGUE).rules

    assert (
        write(rule.when.tree)
        == "result == 'no answer' or result in ('chanunavail', 'answer machine')"
    )


@pytest.mark.parametrize(
    ("date", "age"),
    [
        ("20260801100000", 120),
        ("2026-08-01 10:00:00", 120),
        ("2026-08-01T10:00", 120),
        ("2026/08/01 10:00:00", 120),
        ("20260801", 36_120),
        ("2026-08-01 10:03:00", 0),
        ("2026-08-01 11:02:00", None),
        ("01/08/2026 10:00:00", None),
        ("2026-13-01 10:00:00", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_ages_are_reckoned_from_dates_of_several_forms(date: str, age: float | None) -> None:
    assert only_row("calls_last_10", [{"conn_id": "a", "date": date}]).age == age


def test_without_a_clock_no_age_is_known() -> None:
    body = json.dumps({"data": [{"conn_id": "a", "date": "20260801100000"}]}).encode()

    (row,) = decode(body, CATALOGUE["calls_last_10"]).collections[""]

    assert row.age is None  # type: ignore[attr-defined]


CHAT = {"conn_id": "a", "conversation": [{"from": "agent", "date": "x"}, {"from": "client"}]}


@pytest.mark.parametrize(
    ("chats", "last"),
    [
        ([CHAT], "client"),
        ({"0": CHAT}, "client"),
        (CHAT, "client"),
        ([CHAT | {"conversation": []}], None),
        ([CHAT | {"conversation": None}], None),
        ([{"conn_id": "a"}], None),
        ([CHAT | {"conversation": [{"from": "ANA MARIA"}]}], None),
        ([CHAT | {"conversation": [{"from": SECRET}]}], None),
        (
            [CHAT | {"conversation": [{"from": "client", "date": "2026-08-01 10:00:00"},
                                      {"from": "agent", "date": "20260801095900"}]}],
            "client",
        ),
    ],
)  # fmt: skip
def test_who_wrote_last_in_a_chat_is_known_only_by_its_word(chats: object, last: str) -> None:
    body = json.dumps({"data": [{"agent_id": "1", "active_chats": chats}]}).encode()

    found: Any = decode(body, CATALOGUE["chats"], here=HERE).collections[""]

    assert [row.last_from for row in found][:1] == [last]
    assert SECRET not in repr(found)


@pytest.mark.parametrize("data", ["x", 5, [{"agent_id": "1"}], {"agent_id": "1"}])
def test_chats_of_another_shape_are_an_error(data: object) -> None:
    with pytest.raises(DecodeError, match="shape"):
        decode(json.dumps({"data": data}).encode(), CATALOGUE["chats"])


def test_one_agent_alone_may_stand_without_a_list() -> None:
    data = {"agent_id": "1", "active_chats": [CHAT]}

    assert only_row("chats", data).agent_id == "1"


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: [data]])
def test_a_server_is_one_row_however_it_is_wrapped(wrap: Any) -> None:
    row = only_row("info_server", wrap({"ram": "70 %", "surprise": "1"}))

    assert (row.server, row.ram) == ("server", 70)


@pytest.mark.parametrize("data", [[{"ram": "1"}, {"ram": "2"}], "x", [1]])
def test_two_servers_in_one_answer_are_of_another_shape(data: object) -> None:
    with pytest.raises(DecodeError, match="shape"):
        decode(json.dumps({"data": data}).encode(), CATALOGUE["info_server"])


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("12 - COBROS - predictive", ("12", "COBROS", "predictive")),
        ("12-COBROS-JULIO-manual", ("12", "COBROS-JULIO", "manual")),
        ("12 - COBROS", ("12", "COBROS", None)),
        ("12", ("12", None, None)),
        ("COBROS - 12", ("COBROS - 12", None, None)),
    ],
)
def test_a_campaign_is_told_apart_into_number_name_and_strategy(
    said: str, parts: tuple[str, str | None, str | None]
) -> None:
    row = only_row("campaigns", [{"campaign": said}])

    assert (row.campaign_id, row.campaign_name, row.strategy) == parts


@pytest.mark.parametrize("total", ["TOTAL", "Total", "ALL", "Todos"])
def test_sums_of_all_rows_are_left_out_and_counted(total: str) -> None:
    rows = [{"skill_id": "7", "skill_name": "Ventas"}, {"skill_id": "9", "skill_name": total}]

    taken = read(CATALOGUE["skills"], json.dumps({"data": rows}).encode())

    assert (list(taken.collections[""]), taken.oddities.totals) == (["7"], 1)


def test_what_is_numbered_needs_a_key_all_the_same() -> None:
    rows = [{"date": "", "user": "a", "action": "x"}, {"date": "d", "user": "a", "action": "x"}]

    taken = read(CATALOGUE["audit_log"], json.dumps({"data": rows}).encode())

    assert (list(taken.collections[""]), taken.oddities.dropped) == (["d/a/x"], 1)


def test_a_word_data_elsewhere_hides_no_new_field() -> None:
    names = [each.name for each in CATALOGUE["skills"].collections[0].fields]
    row = dict.fromkeys(names, "1") | {"shiny": "1"}
    bodies = [{"msg": "data", "data": [row]}, {"data": [row]}]

    taken = [read(CATALOGUE["skills"], json.dumps(body).encode()) for body in bodies]
    escaped = json.dumps(bodies[1]).replace('"data"', '"d\\u0061ta"').encode()

    assert [each.oddities.undeclared for each in taken] == [("shiny",)] * 2
    assert read(CATALOGUE["skills"], escaped).oddities.undeclared == ()


# ---- a service level of one's own ----

LEVEL = """
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
[[receiver]]
name = "team"
email = "a@example.com"
[[source]]
endpoint = "skills"
params = { services_time = SECONDS }
[[rule]]
id = "level"
on = "skills"
when = "WHEN"
to = "team"
"""


def with_level(seconds: str, when: str) -> str:
    return LEVEL.replace("SECONDS", seconds).replace("WHEN", when)


def test_services_time_adds_a_level_of_its_own() -> None:
    book = load(with_level("45", "service_level_45seg < 80"), CATALOGUE)
    (source,) = book.sources
    row = {"skill_id": "7", "service_level_45seg": "71.5 %"}

    (read_row,) = decode(json.dumps({"data": [row]}).encode(), source.endpoint).collections[""]

    assert read_row.service_level_45seg == 71.5  # type: ignore[attr-defined]
    assert source.params == {"skill_id": "all", "services_time": "45"}


def test_a_level_of_zero_seconds_is_never_taken_for_a_collapse() -> None:
    """The answer to services_time = 20 holds it with 0 %, for nothing."""
    book = load(with_level("20", "service_level_20seg < 80"), CATALOGUE)
    row = {"skill_id": "7", "service_level_20seg": "90 %", "service_level_0seg": "0 %"}

    taken = read(book.sources[0].endpoint, json.dumps({"data": [row]}).encode())

    assert not hasattr(taken.collections[""]["7"], "service_level_0seg")
    assert taken.oddities.undeclared == ()
    with pytest.raises(ConfigError, match="no `service_level_0seg`"):
        load(with_level("20", "service_level_0seg < 80"), CATALOGUE)


@pytest.mark.parametrize("seconds", ["0", "'ten'", "-5", "123456"])
def test_services_time_is_a_small_number(seconds: str) -> None:
    with pytest.raises(ConfigError, match="`services_time` is a whole number"):
        load(with_level(seconds, "service_level_20seg < 80"), CATALOGUE)


def test_without_services_time_nothing_more_is_asked() -> None:
    text = with_level("45", "by_abandon > 5").replace("params = { services_time = 45 }", "")

    assert load(text, CATALOGUE).sources[0].params == {"skill_id": "all"}


def test_a_window_longer_than_the_vendor_answers_is_a_mistake() -> None:
    text = with_level("45", "by_abandon > 5").replace(
        "params = { services_time = 45 }", 'window = "40d"'
    ).replace('"skills"', '"skill_1"').replace("by_abandon", "abandon")  # fmt: skip

    with pytest.raises(ConfigError, match="at most 31 days"):
        load(text, CATALOGUE)
