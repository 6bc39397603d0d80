"""What the answers of an operation tell of it: each finding once good and once bad."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier.core.examination import diagnosis, lately
from notifier.core.examination.diagnosis import Examined
from notifier.core.examination.finding import Finding, Level
from notifier.core.facts.state import SourceKey, SourceState
from notifier.core.judging.plan import SourcePlan
from notifier.core.payload.answer import Answer
from notifier.core.payload.decode import Decoded, decode, read
from notifier.core.payload.oddities import LATELY, Falls, Met, Oddities, Record, noted
from notifier.core.payload.rows import Row
from notifier.core.rules.budget import Quota, TokenInfo
from notifier.errors import DecodeError, FetchError, PollError, Trouble
from tests.builders import HITS, LATENCY, SKILLS, rules
from tests.core.examination.test_definitions import day

NOON = datetime(2026, 1, 5, 17, tzinfo=UTC)  # in Bogotá
BOGOTA = ZoneInfo("America/Bogota")
GROUP = "wolkvox bogota"
AN_HOUR_OF_CALLS = '[[source]]\nendpoint = "cdr_4"\nwindow = "1h"'
FULL = {
    "agent_id": "12004-ANA", "latency_ms": "48", "ip": "1.1.1.1", "version": "20251022",
    "agent_status": "connected", "tx_jitter": "1", "rx_jitter": "1", "tx_ploss": "0.5",
    "rx_ploss": "0", "network_rejection": "0", "connection_type": "Wifi", "platform": "app",
    "last_date": "2026-01-05 12:00:00",
}  # fmt: skip


def source(key: SourceKey) -> SourcePlan:
    return rules().sources[key]


def body(data: object) -> bytes:
    return json.dumps({"code": 200, "error": None, "msg": "", "data": data}).encode()


def examined(
    key: SourceKey,
    data: object = None,
    *,
    raw: bytes | None = None,
    error: PollError | None = None,
    headers: Mapping[str, str] | None = None,
    before: bool = False,
    status: int = 200,
) -> Examined:
    """A source that was asked at noon and answered a second later."""
    answer = Answer(status, body(data) if raw is None else raw, headers or {})
    if error is not None:
        given = None if isinstance(error, FetchError) and status == 0 else answer
        return Examined(source(key), NOON, NOON, given, error=error)
    decoded: Decoded = read(answer, source(key).endpoint, {"yes"})
    return Examined(source(key), NOON, NOON + timedelta(seconds=1), answer, decoded, before=before)


def agents(*records: Mapping[str, object]) -> Examined:
    return examined(LATENCY, [{"by_agent": list(records), "by_ip": [], "by_pbx": []}])


def calls(minutes: Iterable[int], zone: timedelta, said: str = "no") -> Examined:
    """Calls that began so many minutes ago, their dates printed in a zone."""
    rows = []
    for number, minute in enumerate(minutes):
        began = NOON - timedelta(minutes=minute)
        rows.append(
            {
                "conn_id": f"12004.{number:04d}.{int(began.timestamp())}.1",
                "date": (began + zone).strftime("%Y%m%d%H%M%S"),
                "type_interaction": "inbound",
                "telephone": "3001234567",
                "customer_id": "1020304050",
                "hit": said if number else "yes",
            }
        )
    return examined(HITS, rows)


def levels(found: Finding | Iterable[Finding]) -> list[str]:
    return [each.level.value for each in ([found] if isinstance(found, Finding) else found)]


# ---- token and endpoints ----


@pytest.mark.parametrize(
    ("errors", "level"),
    [
        ([None], Level.OK),
        ([FetchError(Trouble.TOKEN)], Level.FAIL),
        ([None, FetchError(Trouble.TOKEN)], Level.FAIL),
        ([FetchError(Trouble.QUOTA)], Level.OK),
        ([FetchError(Trouble.SERVER)], Level.SKIPPED),
        ([], Level.SKIPPED),
    ],
)
def test_a_token_is_accepted_when_anything_else_is_answered(
    errors: Sequence[PollError | None], level: Level
) -> None:
    seen = [examined(SKILLS, [], error=error) for error in errors]

    assert diagnosis.token(GROUP, seen, "NOTIFIER_TOKENS__X").level is level


@pytest.mark.parametrize("trouble", Trouble)
def test_every_kind_of_failure_says_what_to_do(trouble: Trouble) -> None:
    found = diagnosis.endpoint(GROUP, examined(SKILLS, [], error=DecodeError(trouble, "so it is")))

    assert found.level is (Level.WARN if trouble in diagnosis.PASSING else Level.FAIL)
    assert found.text.startswith(f"{trouble.value}: so it is")
    assert found.fix


def test_a_404_means_no_rows_only_where_there_were_some_before() -> None:
    never = examined(SKILLS, status=404)
    once = examined(SKILLS, status=404, before=True)

    assert levels([diagnosis.endpoint(GROUP, each) for each in (never, once)]) == ["warn", "ok"]
    assert not list(diagnosis.values(GROUP, never))


def test_a_good_answer_says_how_many_rows_and_how_long() -> None:
    assert diagnosis.endpoint(GROUP, agents(FULL)).text == "1 row in 1.0 s"


def test_values_that_cannot_be_read_and_fields_that_are_absent_are_named() -> None:
    odd = {k: v for k, v in FULL.items() if k != "platform"} | {"latency_ms": "12,5"}
    found = list(diagnosis.values(GROUP, agents(odd)))

    assert levels(found) == ["warn", "warn"]
    assert "by_agent.latency_ms (1)" in found[0].text
    assert "by_agent.platform" in found[1].text
    assert "12,5" not in str(found)
    assert levels(diagnosis.values(GROUP, agents(FULL))) == ["ok"]
    assert not list(diagnosis.values(GROUP, examined(SKILLS, error=FetchError(Trouble.SERVER))))


def test_what_failed_tells_nothing_else() -> None:
    failed = [examined(HITS, error=FetchError(Trouble.SERVER))]

    assert levels(diagnosis.zone(GROUP, failed, BOGOTA)) == ["skipped"]
    assert not list(diagnosis.hits(GROUP, failed))


def test_records_without_a_key_are_counted_and_many_names_are_cut_short() -> None:
    found = list(diagnosis.values(GROUP, examined(SKILLS, [{"skill_id": "1"}, "x"])))

    assert any("and 3 more" in each.text for each in found)
    assert any(each.text.startswith("1 record had no key") for each in found)


def test_other_names_new_fields_and_totals_are_worth_knowing_and_no_fault() -> None:
    other = {("network_reject_pct" if k == "network_rejection" else k): v for k, v in FULL.items()}
    total = other | {"agent_id": "TOTAL"}
    found = list(diagnosis.values(GROUP, agents(other | {"codec": "opus"}, total)))

    assert set(levels(found)) == {"ok"}
    text = " ".join(each.text for each in found)
    assert "by_agent.network_rejection as network_reject_pct" in text
    assert "by_agent.codec" in text
    assert "1 row left out that add up the others" in text


def test_lists_that_did_not_come_or_are_cut_off_are_found() -> None:
    flat = examined(LATENCY, [FULL])
    odd = Decoded({}, Oddities(full=True))
    full = dataclasses.replace(flat, decoded=odd)

    assert "by_ip" in " ".join(each.text for each in diagnosis.values(GROUP, flat))
    assert [each.text for each in diagnosis.values(GROUP, full)] == [
        "so many rows that wolkvox may have cut some off"
    ]


# ---- quota ----


@pytest.mark.parametrize(
    ("licenses", "spent", "said", "level"),
    [
        (40, 100, TokenInfo(), "ok"),
        (40, 100, TokenInfo(40_000, 900, 39_100), "ok"),
        (40, 100, TokenInfo(40_000, None, 1_000), "warn"),
        (40, 39_000, TokenInfo(), "warn"),
        (40, 100, TokenInfo(9_000, 900), "warn"),
        (None, 100, TokenInfo(), "warn"),
        (None, 100, TokenInfo(9_000), "ok"),
    ],
)
def test_the_day_is_reckoned_by_the_best_that_is_known(
    licenses: int | None, spent: int, said: TokenInfo, level: str
) -> None:
    told = Quota(operation="bogota", zone=BOGOTA, licenses=licenses)

    assert levels(diagnosis.quota(GROUP, told, spent, said)) == [level]


# ---- clocks ----


@pytest.mark.parametrize(
    ("date", "level", "says"),
    [
        ("Mon, 05 Jan 2026 17:00:00 GMT", "ok", "agree"),
        ("Mon, 05 Jan 2026 17:10:01 GMT", "warn", "10 min behind wolkvox"),
        ("Mon, 05 Jan 2026 16:59:10 GMT", "warn", "49 s ahead of wolkvox"),
        ("Mon, 05 Jan 2026 12:00:00 GMT", "warn", "5.0 h ahead of wolkvox"),
        ("", "skipped", "what time it is"),
    ],
)
def test_a_clock_that_is_off_is_found(date: str, level: str, says: str) -> None:
    seen = [examined(SKILLS, [], headers={"date": date}), examined(SKILLS, status=0,
            error=FetchError(Trouble.NETWORK))]  # fmt: skip

    found = diagnosis.clock(GROUP, seen)

    assert (levels(found), says in found.text) == ([level], True)


def test_a_wrong_zone_is_found_by_the_ids_of_calls() -> None:
    right = calls((1, 2, 3), timedelta(hours=-5))
    wrong = calls((1, 2, 3), timedelta(hours=-3, minutes=-30))

    assert levels(diagnosis.zone(GROUP, [right], BOGOTA)) == ["ok"]
    found = diagnosis.zone(GROUP, [wrong], BOGOTA)
    assert found.text == "dates are printed in UTC-03:30, which America/Bogota is not"
    assert found.level is Level.FAIL
    assert levels(diagnosis.zone(GROUP, [calls((1,), timedelta(0))], BOGOTA)) == ["skipped"]
    assert levels(diagnosis.zone(GROUP, [], BOGOTA)) == ["skipped"]


def test_the_hour_of_the_reset_is_read_off_the_recordings() -> None:
    readings = [(NOON + timedelta(hours=h), {"1": float(n)}) for h, n in enumerate((7, 9, 1))]

    found = diagnosis.resets(GROUP, readings, BOGOTA)

    assert found.text == "counters began anew between Mon 13:00 to Mon 14:00, local time"
    assert levels(diagnosis.resets(GROUP, readings[:2], BOGOTA)) == ["skipped"]


# ---- definitions ----


def test_a_list_that_holds_more_than_sales_says_so() -> None:
    mixed = list(diagnosis.hits(GROUP, [agents(FULL), calls((1, 58), timedelta(0))]))
    pure = list(diagnosis.hits(GROUP, [calls((1, 58), timedelta(0), "yes")]))

    assert [each.text for each in mixed] == [
        "1 sale in 2 rows",
        "the oldest call began 58 min ago",
    ]
    assert pure[0].text == "2 sales in 2 rows"


def test_a_list_that_is_polled_more_rarely_than_it_reaches_back_loses_sales() -> None:
    assert levels(diagnosis.hits(GROUP, [calls((1, 3), timedelta(0))])) == ["ok", "warn"]


def test_the_window_is_measured_on_the_servers_clock() -> None:
    ours = calls((1, 58), timedelta(0))
    assert ours.answer is not None
    said = Answer(200, ours.answer.body, {"date": "Mon, 05 Jan 2026 18:00:01 GMT"})
    theirs = dataclasses.replace(ours, answer=said)

    assert "118 min ago" in list(diagnosis.hits(GROUP, [theirs]))[1].text


def test_placeholders_tell_no_window() -> None:
    row = {"conn_id": "-", "date": "20260105120000", "type_interaction": "inbound", "hit": "yes"}

    assert levels(diagnosis.hits(GROUP, [examined(HITS, [row])])) == ["ok"]


@pytest.mark.parametrize(
    ("rows", "configured", "level"),
    [
        (day("answered"), "answered", "ok"),
        (day("inbound"), "answered", "warn"),
        ([], "answered", "skipped"),
    ],
)
def test_what_levels_are_a_share_of_is_compared_with_the_rules(
    rows: list[Row], configured: str, level: str
) -> None:
    found = diagnosis.level_base(GROUP, rows, configured)

    assert levels(found) == [level]
    assert level != "warn" or found.fix == 'set level_base = "inbound" on the operation'


def test_numbers_that_contradict_each_other_are_a_finding() -> None:
    seen = examined(SKILLS, [{"skill_id": "1", "stat_inbound": "1", "stat_answer": "9"}])

    (found,) = diagnosis.relations(GROUP, seen)

    assert (found.level, found.text) == (
        Level.WARN,
        "numbers of skills contradict each other; these do not hold: "
        "stat_answer <= stat_inbound + 2 (1 row)",
    )
    well = examined(SKILLS, [{"skill_id": "1", "stat_inbound": "9", "stat_answer": "9"}])
    none = examined(SKILLS, error=DecodeError(Trouble.SCHEMA, "odd"))
    assert not [*diagnosis.relations(GROUP, well), *diagnosis.relations(GROUP, none)]


def test_percentages_that_do_not_add_up_are_said_of_all_rows_together() -> None:
    intervals = {"0_5_seg": {"calls": "9", "percentage": "90 %", "cost": "1"}}
    asked = rules(AN_HOUR_OF_CALLS).sources[SourceKey("bogota", "cdr_4")]
    seen = Examined(asked, NOON, NOON, decoded=decode(body(intervals), asked.endpoint))

    (found,) = diagnosis.relations(GROUP, seen)

    assert found.text.endswith("<= 101 (all rows together)")


def test_what_was_noted_of_counters_is_said_with_its_time() -> None:
    noted = Falls(resets=3, reset_at=NOON, corrections=1, corrected_at=NOON - timedelta(days=1))
    state = SourceState(key=SKILLS, falls=noted)

    (found,) = lately.falls(GROUP, state, BOGOTA)

    assert found.text == (
        "of skills: 3 resets, the last by 2026-01-05 12:00; "
        "1 correction, the last by 2026-01-04 12:00, local time"
    )
    assert not list(lately.falls(GROUP, SourceState(key=SKILLS), BOGOTA))


ODD = Oddities(unreadable={"by_agent.latency_ms": 2}, absent=("by_agent.ip",))


def test_odd_answers_are_counted_from_the_first_to_the_last() -> None:
    record, later = Record(), NOON + timedelta(minutes=5)
    for at, found in ((NOON, ODD), (later, ODD), (later + timedelta(minutes=5), Oddities())):
        record = noted(record, found, at)

    assert record.unreadable == {"by_agent.latency_ms": Met(NOON, later, 2)}
    assert record.absent == {"by_agent.ip": Met(NOON, later, 2)}


def test_what_was_not_met_for_a_week_is_forgotten() -> None:
    record = noted(Record(), ODD, NOON)

    assert noted(record, Oddities(), NOON + LATELY) == record
    assert noted(record, Oddities(), NOON + LATELY + timedelta(seconds=1)) == Record()


def test_what_the_bot_met_is_said_although_this_answer_is_well() -> None:
    met = Record(
        unreadable={"by_agent.latency_ms": Met(NOON, NOON + timedelta(minutes=33), 3)},
        lacking={"by_ip": Met(NOON, NOON)},
        aliased={"by_agent.ip": Met(NOON, NOON)},
    )
    state = SourceState(key=LATENCY, met=met)

    found = list(lately.met(GROUP, state, [agents(FULL)], BOGOTA))

    assert [(each.level.value, each.text) for each in found] == [
        (
            "warn",
            "values that could not be read: by_agent.latency_ms "
            "(in 3 answers, 2026-01-05 12:00 to 2026-01-05 12:33)",
        ),
        ("warn", "lists that did not come: by_ip (in 1 answer, 2026-01-05 12:00)"),
        ("ok", "fields under another name: by_agent.ip (in 1 answer, 2026-01-05 12:00)"),
    ]
    assert levels(lately.met(GROUP, state, [], BOGOTA)) == ["warn", "warn", "ok"]
    assert not list(lately.met(GROUP, SourceState(key=LATENCY), [], BOGOTA))


def test_what_this_answer_shows_as_well_is_only_told_with_its_times() -> None:
    state = SourceState(
        key=LATENCY, met=Record(unreadable={"by_agent.latency_ms": Met(NOON, NOON)})
    )
    seen = [agents(FULL | {"latency_ms": "12,5"})]

    assert levels(lately.met(GROUP, state, seen, BOGOTA)) == ["ok"]


def test_decimal_signs_are_looked_at_as_they_came() -> None:
    dots, commas = agents(FULL), agents(FULL | {"tx_ploss": "0,5", "ip": "1,5"})

    assert levels(diagnosis.decimals(GROUP, [dots])) == ["ok"]
    assert diagnosis.decimals(GROUP, [commas]).text.startswith("1 number with a decimal comma")
    assert levels(diagnosis.decimals(GROUP, [examined(SKILLS, status=404)])) == ["skipped"]


def test_an_answer_that_had_to_be_mended_tells_no_decimals() -> None:
    mended = examined(SKILLS, raw=b"Warning {0} " + body([{"skill_id": "1", "by_abandon": "0.5"}]))

    assert levels(diagnosis.decimals(GROUP, [mended])) == ["skipped"]


def test_latency_is_shown_and_not_judged() -> None:
    found = diagnosis.latency_kind(GROUP, [agents(FULL)], "one_way")

    assert found.text.startswith("median 48 ms, taken as one way")
    assert levels(diagnosis.latency_kind(GROUP, [], "rtt")) == ["skipped"]


def test_nothing_of_a_customer_is_in_any_finding() -> None:
    seen = [calls((1, 2, 3), timedelta(hours=-5))]
    found = [
        *diagnosis.values(GROUP, seen[0]),
        *diagnosis.hits(GROUP, seen),
        diagnosis.zone(GROUP, seen, BOGOTA),
        diagnosis.decimals(GROUP, seen),
    ]

    assert not {"3001234567", "1020304050", "12004"} & set(str(found).replace("'", " ").split())
