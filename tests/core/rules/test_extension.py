"""Endpoints of one's own: read like the catalogue's, and never able to do anything."""

from __future__ import annotations

import json

import pytest

from notifier.core.payload.decode import decode
from notifier.core.payload.endpoint import Kind, Missing, Nature
from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE

HEAD = """
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
[[receiver]]
name = "team"
email = "a@example.com"
"""
ENDPOINT = """
[[endpoint]]
name = "storage"
family = "information"
api = "storage"
key = "disk"
fields = [{ name = "disk" }, { name = "used", kind = "percent", aliases = ["used%"] }]
"""
RULE = """
[[rule]]
id = "disk"
on = "storage"
when = "used > 90"
to = "team"
"""
SOURCE = '[[source]]\nendpoint = "storage"\nevery = "1h"\n'


def endpoint(**changes: str) -> str:
    """The usual one, with other lines or more of them."""
    lines = dict(line.split(" = ", 1) for line in ENDPOINT.splitlines() if " = " in line)
    return "\n".join(["[[endpoint]]", *(f"{k} = {v}" for k, v in (lines | changes).items())])


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(HEAD + text, CATALOGUE)
    return [str(problem) for problem in caught.value.problems]


def test_a_report_that_the_catalogue_lacks_can_be_declared_and_judged() -> None:
    book = load(HEAD + ENDPOINT + SOURCE + RULE, CATALOGUE)
    (source,) = book.sources

    rows = decode(b'{"data": [{"disk": "sda", "used%": "91 %"}]}', source.endpoint).collections[""]

    assert [(row.disk, row.used) for row in rows] == [("sda", 91)]  # type: ignore[attr-defined]
    assert [rule.rule.id for rule in book.rules] == ["disk"]
    assert source.endpoint.collections[0].missing is Missing.HOLD


def test_it_may_be_implied_by_a_rule_like_others() -> None:
    assert [s.endpoint.api for s in load(HEAD + ENDPOINT + RULE, CATALOGUE).sources] == ["storage"]


def test_all_that_there_is_to_say_of_one() -> None:
    text = endpoint(
        name='"kpi"',
        family='"gamification"',
        api='"agents_kpi"',
        params='{ campaign_id = "all", hour = "" }',
        dated="true",
        path='"stats"',
        nature='"event"',
        missing='"fire"',
        key='["agent_id", "date"]',
        fields='[{ name = "agent_id" }, { name = "date", kind = "time" }, '
        '{ name = "points", kind = "count", low_is_bad = true }, '
        '{ name = "dni", customer = true }]',
    )
    source = '\n[[source]]\nendpoint = "kpi"\nwindow = "today"\nparams = { campaign_id = 7 }\n'

    (found,) = load(HEAD + text + source, CATALOGUE).sources

    own, (collection,) = found.endpoint, found.endpoint.collections
    assert (own.family, own.api, own.dated) == ("gamification", "agents_kpi", True)
    assert found.params == {"campaign_id": "7"}
    assert (collection.nature, collection.missing) == (Nature.EVENT, Missing.FIRE)
    assert collection.kinds() == {
        "agent_id": Kind.TEXT, "date": Kind.TIME, "points": Kind.COUNT
    }  # fmt: skip
    body = {"data": [{"stats": [{"agent_id": "1", "date": "20260801", "points": "3", "dni": "9"}]}]}
    rows = decode(json.dumps(body).encode(), own).collections[""]
    assert [row.points for row in rows] == [3]  # type: ignore[attr-defined]
    assert not hasattr(rows[0], "dni")


def test_an_object_of_rows_can_be_declared() -> None:
    text = endpoint(keyed_by='"disk"') + "\n" + SOURCE

    (source,) = load(HEAD + text, CATALOGUE).sources

    rows = decode(b'{"data": {"sda": {"used": "91"}}}', source.endpoint).collections[""]
    assert [(row.disk, row.used) for row in rows] == [("sda", 91)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"family": '"campaign"'}, "11:10", "unknown family of reports `campaign`"),
        ({"family": '"real_tim"'}, "11:10", "did you mean `real_time`?"),
        ({"api": '"start_campaign"'}, "12:7", "`start` in a name of an API does something"),
        ({"api": '"deleteall"'}, "12:7", "`deleteall` in a name of an API does something"),
        ({"api": '"a&b"'}, "12:7", "a name of an API is a-z"),
        ({"params": '{ action = "x" }'}, "15:21", "`action` in a parameter may do something"),
        ({"params": '{ date_ini = "x" }'}, "15:23", "set by notifier itself"),
        ({"name": '"skills"'}, "10:8", "`skills` is in the catalogue"),
        ({"key": '"dik"'}, "13:7", "unknown field of `key`, `dik`; did you mean `disk`?"),
        ({"keyed_by": '"dsk"'}, "15:12", "unknown field `dsk`; did you mean `disk`?"),
        ({"keyed_by": '"disk"', "path": '"x"'}, "16:8", "an object of rows has no `path`"),
        ({"nature": '"stat"'}, "15:10", "`nature` must be `state`, `event` or `report`"),
        ({"fields": '[{ name = "disk", kind = "percnt" }]'}, "14:35", "did you mean `percent`?"),
        ({"fields": '[{ name = "disk" }, { nme = "x" }]'}, "14:32", "did you mean `name`?"),
        ({"fields": '[{ name = "disk" }, { name = "disk" }]'}, "14:39", "`disk` is there twice"),
        ({"fields": '[{ name = "disk" }, { name = "used%" }]'}, "14:39", "cannot be a name"),
        ({"fields": '[{ name = "disk" }, { name = "if" }]'}, "14:39", "cannot be a name"),
        ({"fields": "[]"}, "14:10", "must not be empty"),
        ({"color": '"red"'}, "15:1", "unknown key `color`"),
    ],
)
def test_a_slip_is_shown_in_its_place(changes: dict[str, str], place: str, said: str) -> None:
    found = mistakes(endpoint(**changes))

    assert any(line.startswith(f"rules.toml:{place}:") and said in line for line in found), found


@pytest.mark.parametrize(
    "name",
    [
        "telephone", "tel_number", "customer_id", "agent_dni", "phone", "customer_email",
        "cliente_nombre", "client", "comment", "msg", "celular", "destiny",
    ],
)  # fmt: skip
def test_a_customers_data_cannot_be_declared_as_anything_else(name: str) -> None:
    field = f'{{ name = "{name}" }}'
    alias = f'{{ name = "harmless", aliases = ["{name}"] }}'
    for one in (field, alias):
        (line,) = mistakes(endpoint(fields=f'[{{ name = "disk" }}, {one}]'))
        assert "looks like, a customer's data; add customer = true" in line
    marked = endpoint(fields=f'[{{ name = "disk" }}, {{ name = "{name}", customer = true }}]')

    book = load(HEAD + marked + "\n" + SOURCE, CATALOGUE)

    assert name not in book.sources[0].endpoint.collections[0].kinds()


def test_two_of_one_name_are_one_too_many() -> None:
    (line,) = mistakes(ENDPOINT + ENDPOINT)

    assert "`storage` is there twice" in line


def test_a_broken_one_is_told_of_once_and_not_again_for_its_source() -> None:
    lines = mistakes(endpoint(nature='"stat"', fields="7") + "\n" + SOURCE + RULE)

    assert len(lines) == 2
    assert not [line for line in lines if "storage" in line]
