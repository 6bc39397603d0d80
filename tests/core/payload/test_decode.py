"""Decode: what the vendor sends, and what it may send by accident, becomes rows or one error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.payload.answer import Answer
from notifier.core.payload.completion import rows_from_texts
from notifier.core.payload.decode import Decoded, decode, read
from notifier.core.payload.endpoint import Endpoint
from notifier.core.payload.oddities import Oddities
from notifier.core.payload.rows import row_type
from notifier.core.payload.values import LONGEST
from notifier.errors import DecodeError, FetchError, PollError, Trouble
from notifier.wolkvox.endpoints import CATALOGUE

LATENCY, SKILLS, HITS = CATALOGUE["latency"], CATALOGUE["skills"], CATALOGUE["hits_last_hour"]
CDR_4, AGENT_3 = CATALOGUE["cdr_4"], CATALOGUE["agent_3"]
SEEDS = (LATENCY, SKILLS, HITS, CDR_4, AGENT_3)
SHAPES = (*SEEDS, *(CATALOGUE[name] for name in ("campaigns", "chats", "info_server", "agent_1")))
YES = ("yes", "si", "1")


def an_agent(number: int = 12004, **values: object) -> dict[str, object]:
    return {
        "agent_id": f"{number}-ANA MARIA",
        "latency_ms": "80",
        "ip": "181.49.7.7",
        "version": "20260801",
        "agent_status": "connected",
        "tx_jitter": "1",
        "rx_jitter": "2",
        "tx_ploss": "0",
        "rx_ploss": "0.5",
        "network_rejection": "0",
        "connection_type": "Wifi",
        "platform": "app",
        "last_date": "2026-08-01 10:00:00",
    } | values


def a_hit(**values: object) -> dict[str, object]:
    return {
        "conn_id": "12004.0001.1785000000.7",
        "type_interaction": "inbound",
        "date": "20260801100000",
        "telephone": "3001234567",
        "customer_id": "52123456",
        "hit": "yes",
    } | values


def a_skill(**values: object) -> dict[str, object]:
    levels = {f"service_level_{n}seg": "80.00 %" for n in (10, 20, 30)}
    counts = {"calls_in_queue_now": "3", "stat_inbound": "10", "stat_answer": "9"}
    rest = {"stat_abandon": "1", "by_abandon": "10 %"}
    return {"skill_id": "7", "skill_name": "Ventas"} | counts | levels | rest | values


def a_body(data: object, **envelope: object) -> bytes:
    said = {"code": 200, "error": None, "msg": "x records were found", "data": data} | envelope
    return json.dumps(said, separators=(",", ":")).encode()


def a_latency(*agents: Mapping[str, object]) -> bytes:
    return a_body([{"by_agent": list(agents), "by_ip": [], "by_pbx": []}])


def agents(body: bytes) -> list[Any]:
    return list(decode(body, LATENCY).collections["by_agent"])


def rows_of(body: bytes, endpoint: Endpoint, **more: Any) -> list[Any]:
    """The rows of an endpoint's only collection."""
    return list(decode(body, endpoint, **more).collections[""])


def trouble(body: bytes, endpoint: Endpoint = SKILLS) -> Trouble:
    with pytest.raises(DecodeError) as caught:
        decode(body, endpoint)
    return caught.value.kind


def test_a_good_answer_becomes_rows_of_declared_fields() -> None:
    found: Any = decode(
        a_body(
            [
                {
                    "by_agent": [an_agent()],
                    "by_ip": [{"ip": "1.2.3.4", "total_agents": "30", "maximum": "90"}],
                    "by_pbx": [{"user": "pbx1", "status": "OK", "tx_ploss": "0"}],
                }
            ]
        ),
        LATENCY,
    )

    (agent,) = found.collections["by_agent"]
    assert (agent.agent_id, agent.agent_name) == ("12004", "ANA MARIA")
    assert (agent.latency_ms, agent.rx_ploss, agent.ip) == (80.0, 0.5, "181.49.7.7")
    assert found.collections["by_ip"][0].total_agents == 30
    assert found.collections["by_pbx"][0].user == "pbx1"
    assert "by_ip.average_latency" in found.oddities.absent
    assert not any(name.startswith("by_agent") for name in found.oddities.absent)
    assert (found.oddities.unreadable, found.oddities.dropped, found.oddities.not_found) == (
        {},
        0,
        False,
    )


@pytest.mark.parametrize(
    ("sent", "number", "name"),
    [
        ("12004-ANA", "12004", "ANA"),
        ("12004-ANA-MARIA", "12004", "ANA-MARIA"),
        ("12004 - ANA ", "12004", "ANA"),
        ("12004-", "12004", None),
        ("12004", "12004", None),
        ("ANA-12004", "ANA-12004", None),
        (12004, "12004", None),
    ],
)
def test_an_agents_number_and_name_are_told_apart(
    sent: object, number: str, name: str | None
) -> None:
    (agent,) = agents(a_latency(an_agent(agent_id=sent)))

    assert (agent.agent_id, agent.agent_name) == (number, name)


def test_a_name_that_is_sent_is_kept() -> None:
    row = {"agent_id": "12004", "agent_name": "Ana", "aux_state": "Break", "time": "00:10:00"}

    (state,) = rows_of(a_body([row]), AGENT_3)

    assert (state.agent_id, state.agent_name, state.time) == ("12004", "Ana", 600)


def test_one_bad_value_costs_that_value_only() -> None:
    sent = [an_agent(10_000 + n) for n in range(1_200)]
    sent[700]["tx_ploss"] = "lots"
    sent[701]["tx_ploss"] = ""

    found: Any = decode(a_latency(*sent), LATENCY)

    rows = found.collections["by_agent"]
    assert len(rows) == 1_200
    assert [row.tx_ploss for row in rows[699:703]] == [0, None, None, 0]
    assert rows[700].rx_ploss == 0.5
    assert found.oddities.unreadable == {"by_agent.tx_ploss": 1}


def test_unreadable_values_are_counted_over_all_records() -> None:
    sent = [an_agent(10_000 + n, tx_jitter="1,5", rx_jitter="-") for n in range(1_100)]

    assert decode(a_latency(*sent), LATENCY).oddities.unreadable == {"by_agent.tx_jitter": 1_100}


@pytest.mark.parametrize("odd", [[1], {"a": 1}, True, "12 apples"])
def test_a_value_of_a_strange_type_is_unknown_and_counted(odd: object) -> None:
    found: Any = decode(a_latency(an_agent(latency_ms=odd), an_agent(12005)), LATENCY)

    assert [row.latency_ms for row in found.collections["by_agent"]] == [None, 80]
    assert found.oddities.unreadable == {"by_agent.latency_ms": 1}


@pytest.mark.parametrize(
    "value",
    [b"NaN", b'"nan"', b"-Infinity", b'"inf"', b"1e999", b'"1e999"', b"null", b'"null"', b'""'],
)
def test_nan_and_infinity_never_reach_a_row(value: bytes) -> None:
    body = a_latency(an_agent(latency_ms="VALUE"), an_agent(12005))

    found: Any = decode(body.replace(b'"VALUE"', value), LATENCY)

    assert [row.latency_ms for row in found.collections["by_agent"]] == [None, 80]
    assert found.oddities.unreadable == {}


def test_a_number_without_end_is_no_reason_to_fail() -> None:
    body = a_latency(an_agent(latency_ms="VALUE")).replace(b'"VALUE"', b"9" * 5_000)

    assert agents(body)[0].latency_ms is None


@pytest.mark.parametrize("blank", ["", " ", "  ", "-", "--", "null", "\n", "\u200b"])
def test_a_blank_text_is_unknown_both_ways(blank: str) -> None:
    fast = agents(a_latency(an_agent(last_date=blank), an_agent(12005)))
    slow = agents(a_latency(an_agent(last_date=blank, tx_jitter="x"), an_agent(12005)))

    assert [row.last_date for row in fast] == [None, "2026-08-01 10:00:00"]
    assert [row.last_date for row in slow] == [None, "2026-08-01 10:00:00"]


def test_texts_are_cleaned_and_bounded_both_ways() -> None:
    for jitter in ("1", "x"):
        sent = an_agent(version=" a\tb ", platform="y" * 9_999, tx_jitter=jitter)
        (row,) = agents(a_latency(sent))
        assert (row.version, row.platform) == ("a b", "y" * LONGEST)


def test_the_last_of_two_equal_names_counts() -> None:
    body = a_latency(an_agent()).replace(b'"platform":', b'"platform":"web","platform":')

    assert agents(body)[0].platform == "app"


def test_a_field_under_another_spelling_is_found() -> None:
    sent = [an_agent(10_000 + n) for n in range(3)]
    for row in sent:
        row["jitter_tx"] = row.pop("tx_jitter")
        row["last_seen"] = row.pop("last_date")
        del row["rx_jitter"]

    found: Any = decode(a_latency(*sent), LATENCY)

    assert [(r.tx_jitter, r.last_date) for r in found.collections["by_agent"]] == [
        (1, "2026-08-01 10:00:00")
    ] * 3
    assert found.oddities.absent == ("by_agent.rx_jitter",)
    assert type(found.collections["by_agent"][0]) is row_type(LATENCY.collections[0])


def test_what_is_not_declared_is_never_decoded() -> None:
    rows = rows_of(a_body([a_hit(password="hunter2")]), HITS, hit_values=YES)

    said = msgspec.json.encode(rows)

    assert b"3001234567" not in said
    assert b"52123456" not in said
    assert b"hunter2" not in said
    assert not hasattr(rows[0], "telephone")


@given(st.integers(10**6, 10**15), st.sampled_from(["yes", "x" * 600, 7, [1]]))
def test_no_digit_of_a_customer_ever_appears_in_a_row(digits: int, hit: object) -> None:
    sent = a_hit(conn_id="a.b", date="now", telephone=str(digits), customer_id=digits, hit=hit)
    older = {"tel_number" if k == "telephone" else k: v for k, v in sent.items()}

    for row in (sent, older):
        found: Any = decode(a_body([row]), HITS, hit_values=YES)
        assert str(digits) not in repr(found)


@pytest.mark.parametrize(
    ("sent", "is_hit"),
    [
        ("yes", True),
        ("YES", True),
        ("Sí", True),
        (" si ", True),
        (1, True),
        (True, True),
        ("no", False),
        ("0", False),
        (False, False),
        ("", None),
        (None, None),
        ([], None),
    ],
)
def test_a_hit_is_what_the_operation_calls_one(sent: object, is_hit: bool | None) -> None:
    (row,) = rows_of(a_body([a_hit(hit=sent)]), HITS, hit_values=YES)

    assert row.is_hit is is_hit


def test_the_far_side_cannot_claim_a_hit_itself() -> None:
    (row,) = rows_of(a_body([a_hit(hit="no", is_hit=True)]), HITS, hit_values=YES)

    assert row.is_hit is False


@pytest.mark.parametrize("sent", ["0", "-", "", " ", None, 0])
def test_a_placeholder_is_no_connection_id(sent: object) -> None:
    (row,) = rows_of(a_body([a_hit(conn_id=sent)]), HITS)

    assert (row.conn_id, row.date) == (None, "20260801100000")


def test_percentages_as_the_vendor_writes_them() -> None:
    (row,) = rows_of(a_body([a_skill()]), SKILLS)

    assert (row.service_level_20seg, row.by_abandon, row.stat_inbound) == (80, 10, 10)


INTERVALS = ("0_5_seg", "6_20_seg", "21_60_seg", "61_120_seg", "greater_than_121")
BUCKET = {"calls": "5", "minutes": "1.5", "cost": " ", "percentage": "20 %"}


@pytest.mark.parametrize("wrap", [lambda data: data, lambda data: [data]])
def test_an_object_of_intervals_becomes_rows(wrap: Any) -> None:
    rows = rows_of(a_body(wrap(dict.fromkeys(INTERVALS, BUCKET))), CDR_4)

    assert [row.interval for row in rows] == list(INTERVALS)
    assert {(row.calls, row.minutes, row.cost, row.percentage) for row in rows} == {
        (5, 1.5, None, 20)
    }


def test_intervals_without_blanks_become_rows_too() -> None:
    bucket = dict.fromkeys(BUCKET, "5")

    rows = rows_of(a_body(dict.fromkeys(INTERVALS, bucket)), CDR_4)

    assert [(row.interval, row.cost) for row in rows] == [(name, 5) for name in INTERVALS]


def test_a_list_with_an_interval_column_is_taken_as_well() -> None:
    rows = rows_of(a_body([{"INTERVAL": "0_5_seg"} | BUCKET]), CDR_4)

    assert [(row.interval, row.calls) for row in rows] == [("0_5_seg", 5)]


def test_stray_words_among_the_intervals_are_left_out() -> None:
    rows = rows_of(a_body({"0_5_seg": BUCKET, "note": "x"}), CDR_4)

    assert [row.interval for row in rows] == ["0_5_seg"]


@pytest.mark.parametrize(
    "data",
    [
        [{"by_agent": [an_agent()]}],
        {"by_agent": [an_agent()]},
        [{"by_agent": {"0": an_agent()}}],
        [{"note": 1}, {"by_agent": [an_agent()]}],
        [[{"by_agent": [an_agent()]}]],
        [an_agent()],
        [[an_agent()]],
        [None, an_agent()],
    ],
)
def test_latency_in_any_shape_that_was_documented(data: object) -> None:
    for sent in (a_body(data), json.dumps(data).encode()):
        if sent[:1] == b"[" or sent.startswith(b'{"code"'):
            found: Any = decode(sent, LATENCY)
            assert [row.agent_id for row in found.collections["by_agent"]] == ["12004"]
            assert "by_pbx" not in found.collections


@pytest.mark.parametrize("data", [[a_skill()], {"0": a_skill()}, {"3": a_skill()}, [[a_skill()]]])
def test_a_list_in_any_shape_that_php_gives_it(data: object) -> None:
    for sent in (a_body(data), json.dumps([a_skill()]).encode()):
        assert [row.skill_id for row in rows_of(sent, SKILLS)] == ["7"]


@pytest.mark.parametrize("endpoint", CATALOGUE.values(), ids=list(CATALOGUE))
@pytest.mark.parametrize("data", [[], {}])
def test_an_empty_list_is_no_rows(endpoint: Any, data: object) -> None:
    nested = endpoint is LATENCY or endpoint.collections[0].unfold
    if nested and data == {}:
        assert trouble(a_body(data), endpoint) is Trouble.SCHEMA
        return
    if endpoint.collections[0].single and data == {}:
        return  # one record, all blank
    found: Any = decode(a_body(data), endpoint)

    assert set(found.collections) == {each.name for each in endpoint.collections}
    assert not any(found.collections.values())
    assert not found.oddities.not_found


def test_the_vendors_blank_sample_row_is_taken_for_nothing_to_show() -> None:
    blank = dict.fromkeys(an_agent(), "")

    found: Any = decode(a_latency(blank), LATENCY)

    assert [row.agent_id for row in found.collections["by_agent"]] == [None]


def test_what_is_no_record_is_dropped_and_counted() -> None:
    found: Any = decode(a_body([a_skill(), None, "x", 5, [], a_skill(skill_id="8")]), SKILLS)

    assert [row.skill_id for row in found.collections[""]] == ["7", "8"]
    assert found.oddities.dropped == 4


@pytest.mark.parametrize("code", [200, "200", "0", "", " ", None, 201, "202", 200.0])
def test_success_in_all_its_spellings(code: object) -> None:
    assert rows_of(a_body([a_skill()], code=code), SKILLS)


def test_a_missing_code_is_success() -> None:
    assert rows_of(json.dumps({"data": [a_skill()]}).encode(), SKILLS)


@pytest.mark.parametrize(
    ("code", "msg", "kind"),
    [
        ("403", "Token limit exceeded", Trouble.QUOTA),
        (403, "exceeds the limit of simultaneous requests per token (2)", Trouble.BUSY),
        ("403", "Please validate token", Trouble.TOKEN),
        ("403", "Servidor en mantenimiento", Trouble.MAINTENANCE),
        ("403", "", Trouble.FORBIDDEN),
        (401, "", Trouble.TOKEN),
        (400, "some parameters are required", Trouble.REQUEST),
        (429, "", Trouble.BUSY),
        (500, "", Trouble.SERVER),
        (302, "", Trouble.REDIRECT),
        (408, "", Trouble.TIMEOUT),
        ("999", "", Trouble.REFUSED),
        ("ERR", "", Trouble.REFUSED),
        ([1], "", Trouble.REFUSED),
        (1.5, "", Trouble.REFUSED),
    ],
)
@pytest.mark.parametrize("data", [[], None, [a_skill()], "x"])
def test_a_body_that_says_no_is_believed(
    code: object, msg: str, kind: Trouble, data: object
) -> None:
    assert trouble(a_body(data, code=code, msg=msg)) is kind


@pytest.mark.parametrize("data", [[], None, "x"])
def test_a_body_code_404_means_no_rows(data: object) -> None:
    found: Any = decode(a_body(data, code="404", msg="validate dates"), SKILLS)

    assert found == Decoded({"": []}, Oddities(not_found=True))


def test_no_data_and_the_words_for_none_are_no_rows() -> None:
    assert decode(a_body(None, msg="0 records were found"), SKILLS).oddities.not_found


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (a_body(None), Trouble.SCHEMA),
        (a_body(None, msg="Please validate token"), Trouble.TOKEN),
        (b"{}", Trouble.SCHEMA),
        (a_body("none"), Trouble.SCHEMA),
        (a_body(5), Trouble.SCHEMA),
        (a_body({"skills": [a_skill()]}), Trouble.SCHEMA),
        (a_body([1, 2]), Trouble.SCHEMA),
        (a_body([{"id": "7"}]), Trouble.SCHEMA),
        (a_body([{"id": "7"}, {"id": "8"}]), Trouble.SCHEMA),
        (a_body([a_skill(skill_id=""), a_skill(skill_id="-")]), Trouble.SCHEMA),
        (b"5", Trouble.SCHEMA),
        (b'"text"', Trouble.SCHEMA),
        (b"null", Trouble.SCHEMA),
        (b"", Trouble.NOT_JSON),
        (b"   ", Trouble.NOT_JSON),
        (b"<html><style>a{b:c}</style>404 [404]</html>", Trouble.NOT_JSON),
        (b"Warning: array []", Trouble.NOT_JSON),
        (b'{"code":200,"data":[', Trouble.NOT_JSON),
        (b"\x00\x01\x02", Trouble.NOT_JSON),
        (b"[" * 100_000 + b"]" * 100_000, Trouble.NOT_JSON),
    ],
)
def test_what_cannot_be_read_is_an_error_of_a_kind(body: bytes, kind: Trouble) -> None:
    assert trouble(body) is kind


@pytest.mark.parametrize("data", [{"a": 1}, [{"x": []}], [{}], "x", [1], {"by_agent": "none"}])
def test_latency_without_any_of_its_lists_is_of_another_shape(data: object) -> None:
    assert trouble(a_body(data), LATENCY) is Trouble.SCHEMA


@pytest.mark.parametrize("data", [{"a": 1}, "x", 5])
def test_intervals_without_rows_are_of_another_shape(data: object) -> None:
    assert trouble(a_body(data), CDR_4) is Trouble.SCHEMA


WITH_ACCENTS = a_skill(skill_name="Atención Ñ")


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + a_body([WITH_ACCENTS]),
        b" \r\n" + a_body([WITH_ACCENTS]) + b"\n",
        json.dumps({"data": [WITH_ACCENTS]}, ensure_ascii=False).encode(),
        json.dumps({"data": [WITH_ACCENTS]}, ensure_ascii=False).encode("latin-1"),
        json.dumps({"data": [WITH_ACCENTS]}, indent=4).encode(),
        b"<br />\n<b>Warning</b>: key [0] {x} in /a.php\n" + a_body([WITH_ACCENTS]),
        a_body([WITH_ACCENTS]).replace(b'"x records', b'"x\n\trecords'),
    ],
)
def test_what_a_server_does_by_accident_is_mended(body: bytes) -> None:
    (row,) = rows_of(body, SKILLS)

    assert row.skill_name == "Atención Ñ"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb"a\ud800b", "a\ufffdb"),
        (rb"a\udc00\ud800b", "a\ufffd\ufffdb"),
        (rb"\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"),
        (rb"\\ud800 \ud800", r"\ud800 " + "\ufffd"),
    ],
)
def test_half_a_character_becomes_a_stand_in(sent: bytes, kept: str) -> None:
    body = a_body([a_skill(skill_name="NAME")]).replace(b"NAME", sent)

    assert rows_of(body, SKILLS)[0].skill_name == kept


def test_a_text_that_reads_nan_is_a_text() -> None:
    body = a_body([a_skill(skill_name="NaN", stat_answer="VALUE")]).replace(b'"VALUE"', b"NaN")

    (row,) = rows_of(body, SKILLS)

    assert (row.skill_name, row.stat_answer) == ("NaN", None)


def test_only_a_body_of_a_fair_size_is_mended() -> None:
    assert trouble(b"x" + b" " * 33 * 1024 * 1024 + b"{}") is Trouble.NOT_JSON


def test_nesting_just_within_bounds_is_rows_or_an_error_of_a_kind() -> None:
    kinds = set()
    for depth in range(800, 1_000):
        nested = b"[" * depth + b"]" * depth
        body = a_body([a_skill(skill_name="NAME")]).replace(b'"NAME"', nested)
        try:
            kinds.add(rows_of(body, SKILLS)[0].skill_name)
        except DecodeError as error:
            kinds.add(error.kind)

    assert kinds == {None, Trouble.SCHEMA, Trouble.NOT_JSON}


def test_an_error_tells_none_of_the_answers_values() -> None:
    for body in (a_body([{"telephone": "3001234567"}] * 2), b"3001234567 is no JSON"):
        with pytest.raises(DecodeError) as caught:
            decode(body, HITS)
        assert "300" not in str(caught.value)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
FIELDS = st.sampled_from(
    [f.name for e in CATALOGUE.values() for c in e.collections for f in c.fields]
)
NAMES = st.sampled_from(["code", "msg", "data", "by_agent", "by_ip", "0_5_seg"]) | FIELDS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6)
)


@given(JSON | st.fixed_dictionaries({"code": st.just(200), "data": JSON}))
def test_any_json_becomes_rows_or_one_of_the_errors(value: object) -> None:
    for endpoint in SHAPES:
        try:
            found: Any = decode(json.dumps(value).encode(), endpoint, hit_values=YES)
        except DecodeError:
            continue
        for collection in endpoint.collections:
            for row in found.collections.get(collection.name, []):
                assert msgspec.convert(msgspec.to_builtins(row), row_type(collection)) == row


@given(st.binary() | st.binary().map(lambda b: b'{"data":[{"skill_id":"' + b + b'"}]}'))
def test_decode_never_raises_anything_else(body: bytes) -> None:
    for endpoint in SHAPES:
        try:
            decode(body, endpoint)
        except DecodeError:
            continue


@given(st.lists(st.dictionaries(FIELDS, SCALARS | st.just("12.5 %"), max_size=8), max_size=5))
def test_the_fast_and_the_slow_way_say_the_same(records: list[dict[str, object]]) -> None:
    """A record of another kind among them sends a list down the slow way."""
    for endpoint in SEEDS:
        collection = endpoint.collections[0]
        name = collection.path[-1] if collection.path else ""
        good = {"agent_id": "1", "skill_id": "1", "conn_id": "1", "aux_state": "x", "interval": "x"}
        sent = [good, *records]
        both = [[{name: some}] if name else some for some in (sent, [*sent, "no record"])]
        fast, slow = (
            decode(a_body(some), endpoint, hit_values=YES).collections[collection.name]
            for some in both
        )
        assert fast == slow


def test_rows_of_a_test_table_are_read_as_those_of_an_answer() -> None:
    records: list[dict[str, object]] = [
        {"agent_id": "12004-ANA", "network_rejection": "2 %", "ip": " "},
        {"agent_id": 12005, "network_rejection": 0.5},
    ]

    rows = rows_from_texts(LATENCY.collections[0], records)

    assert rows == agents(a_latency(*records))
    assert [row.agent_id for row in rows] == ["12004", "12005"]  # type: ignore[attr-defined]


def test_hits_of_a_test_table_follow_the_operations_words() -> None:
    rows = rows_from_texts(HITS.collections[0], [{"conn_id": "a", "hit": "Venta"}], ["VENTA"])

    assert [row.is_hit for row in rows] == [True]  # type: ignore[attr-defined]


def test_a_row_survives_its_recording() -> None:
    collection = LATENCY.collections[0]
    rows = agents(a_latency(an_agent(), an_agent(12005, latency_ms="")))

    packed = msgspec.msgpack.encode(rows)

    assert msgspec.msgpack.decode(packed, type=list[row_type(collection)]) == rows  # type: ignore[misc]


def test_a_404_is_no_rows_and_remembered_as_such() -> None:
    found = read(Answer(404, b'{"code":"404","msg":"validate dates"}'), LATENCY)

    assert found.oddities.not_found
    assert set(found.collections) == {"by_agent", "by_ip", "by_pbx"}


def test_a_good_status_is_read_on() -> None:
    found: Any = read(Answer(200, a_body([a_skill()])), SKILLS)

    assert found.collections[""][0].skill_id == "7"
    with pytest.raises(FetchError):
        read(Answer(500, a_body([a_skill()])), SKILLS)


@given(st.integers(100, 599), st.binary(max_size=80))
def test_any_answer_is_rows_or_a_failed_poll(status: int, body: bytes) -> None:
    try:
        read(Answer(status, body, {"retry-after": "x"}), SKILLS)
    except PollError as error:
        said = str(error)
    else:
        said = "rows"
    assert said
