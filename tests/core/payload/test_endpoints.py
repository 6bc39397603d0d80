"""The catalogue: what may be asked, and what is known of each field."""

from __future__ import annotations

import pytest

from notifier.core.payload.endpoint import Collection, Kind, Missing, Nature, Span
from notifier.core.payload.readonly import refusal
from notifier.wolkvox.endpoints import CATALOGUE

COLLECTIONS = [
    pytest.param(collection, id=f"{entry.name}.{collection.name}")
    for entry in CATALOGUE.values()
    for collection in entry.collections
]


def test_every_entry_only_reads() -> None:
    assert not [e.name for e in CATALOGUE.values() if refusal(e.family, e.api)]


def test_every_entry_is_called_as_the_vendor_calls_it() -> None:
    """Two have a namesake in another family: theirs is written before it."""
    assert all(name == entry.name for name, entry in CATALOGUE.items())
    assert {name for name, entry in CATALOGUE.items() if name != entry.api} == {
        "information_agents",
        "information_skills",
    }
    assert CATALOGUE["skills"].params == {"skill_id": "all", "services_time": ""}


def test_what_reports_on_a_window_wants_one() -> None:
    dated = {name for name, entry in CATALOGUE.items() if entry.dated}

    assert dated == {name for name, entry in CATALOGUE.items() if entry.span is Span.RANGE}
    assert {entry.family for entry in CATALOGUE.values() if not entry.dated} == {
        "real_time",
        "information",
    }


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_keys_bases_and_flags_are_about_declared_fields(collection: Collection) -> None:
    names = {each.name for each in collection.decoded()}

    assert {*collection.key, *collection.fallback_key} <= names
    assert {each.base for each in collection.fields if each.base} <= names
    assert {each.hit_of for each in collection.fields if each.hit_of} <= names
    assert {each.age_of for each in collection.fields if each.age_of} <= names
    assert set(collection.totals) <= names
    assert not collection.keyed_by or collection.keyed_by in names


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_no_two_fields_share_a_spelling(collection: Collection) -> None:
    spelled = [name for each in collection.fields for name in (each.name, *each.spellings)]

    assert len(spelled) == len(set(spelled))


def test_customer_data_is_named_only_to_be_left_out() -> None:
    customer = {
        each.name
        for entry in CATALOGUE.values()
        for collection in entry.collections
        for each in collection.fields
        if each.customer
    }
    kinds = {name for e in CATALOGUE.values() for c in e.collections for name in c.kinds()}

    assert customer == {
        "telephone", "customer_id", "agent_dni", "customer_phone", "destiny", "ani", "comment",
        "last_msg", "subject", "fromname",
    }  # fmt: skip
    assert not customer & kinds


def test_what_becomes_of_those_who_left() -> None:
    agents, addresses, pbx = CATALOGUE["latency"].collections

    assert (agents.missing, addresses.missing, pbx.missing) == (
        Missing.RESOLVE,
        Missing.HOLD,
        Missing.HOLD,
    )
    assert CATALOGUE["skills"].collections[0].missing is Missing.HOLD
    assert CATALOGUE["hits_last_hour"].collections[0].nature is Nature.EVENT
    assert CATALOGUE["cdr_4"].collections[0].nature is Nature.REPORT


def test_computed_fields_are_known_with_their_kinds() -> None:
    agents, _, pbx = CATALOGUE["latency"].collections

    assert (agents.kinds()["mos"], agents.kinds()["ploss"]) == (Kind.NUMBER, Kind.PERCENT)
    assert {"jitter", "ploss"} <= pbx.kinds().keys()
    assert CATALOGUE["hits_last_hour"].collections[0].kinds()["is_hit"] is Kind.FLAG


def test_the_documented_limit_of_rejections_is_known() -> None:
    field = next(f for f in CATALOGUE["latency"].collections[0].fields if f.limit is not None)

    assert (field.name, field.limit) == ("network_rejection", 1.0)


def test_a_collection_is_found_by_its_name() -> None:
    found = CATALOGUE["latency"].collection("by_ip")

    assert found is not None
    assert found.key == ("ip",)
    assert CATALOGUE["latency"].collection("by_moon") is None
