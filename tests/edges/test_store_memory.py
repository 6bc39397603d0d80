from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from notifier.core.facts.sales import Sale, Score, ScoreKey
from notifier.core.facts.state import (
    InstanceKey,
    Phase,
    RuleTally,
    Seen,
    SourceState,
    Tally,
    TallyKey,
)
from notifier.errors import StateError, Trouble
from notifier.store import memory, outbox, past, tables
from notifier.store.database import Database
from tests.edges.stores import (
    KEY,
    NOON,
    SOURCE,
    Changes,
    a_conversation,
    a_told,
    after,
    an_envelope,
    an_incident,
    an_instance,
    database,
    database_url,
    postgresql,
)

__all__ = ["database", "database_url", "postgresql"]

pytestmark = pytest.mark.timeout(180)  # the first test waits for PostgreSQL's files to be made

OTHER = InstanceKey("bogota", "loss", "12005")


def remember(database: Database, changes: Changes) -> None:
    with database.transaction() as connection:
        memory.remember(connection, changes)


def recall(database: Database) -> memory.Remembered:
    with database.reading() as connection:
        return memory.recall(connection, NOON)


def test_a_new_database_remembers_nothing(database: Database) -> None:
    assert recall(database) == memory.Remembered()


def test_what_is_remembered_comes_back_as_it_was(database: Database) -> None:
    state = SourceState(
        key=SOURCE,
        seq=9,
        good_at=NOON,
        failures=2,
        trouble=Trouble.TOKEN,
        suspects={"by_agent": frozenset({"12004", "Ñandú/Bogotá"})},
        baselines=frozenset({"hits"}),
    )
    incident = an_incident()
    told, talk = a_told(incident), a_conversation(incident)
    changes = Changes(
        sources={SOURCE: state},
        instances={KEY: an_instance()},
        incidents={incident.id: incident},
        told={(incident.id, "leads"): told},
        conversations={talk.id: talk},
        seen=[(Seen("bogota", "hits", "sale-1"), NOON)],
    )
    remember(database, changes)
    assert recall(database) == memory.Remembered(
        sources={SOURCE: state},
        instances={KEY: an_instance()},
        incidents={incident.id: incident},
        told={incident.id: {"leads": told}},
        conversations={talk.id: talk},
        seen={("bogota", "hits"): frozenset({"sale-1"})},
    )


def test_a_later_decision_replaces_and_forgets_instances(database: Database) -> None:
    pending = an_instance(phase=Phase.PENDING)
    remember(database, Changes(instances={KEY: pending, OTHER: an_instance(OTHER)}))
    remember(database, Changes(instances={KEY: an_instance(seq=8), OTHER: None}))
    assert recall(database).instances == {KEY: an_instance(seq=8)}


def test_a_closed_incident_is_recalled_while_somebody_is_owed_its_close(database: Database) -> None:
    closed = an_incident(closed_at=NOON)
    unclosed = Changes(incidents={closed.id: closed}, told={(closed.id, "leads"): a_told(closed)})
    remember(database, unclosed)
    assert set(recall(database).incidents) == {closed.id}
    remember(database, Changes(told={(closed.id, "leads"): a_told(closed, closed=True)}))
    assert recall(database).incidents == {}
    assert recall(database).told == {}


def test_a_closed_incident_is_recalled_while_an_open_conversation_shows_it(
    database: Database,
) -> None:
    closed, other = an_incident(closed_at=NOON), an_incident(OTHER)
    talk = a_conversation(closed, other)
    changes = Changes(
        incidents={closed.id: closed, other.id: other},
        told={
            (closed.id, "leads"): a_told(closed, closed=True),
            (other.id, "leads"): a_told(other),
        },
        conversations={talk.id: talk},
    )
    remember(database, changes)
    assert set(recall(database).incidents) == {closed.id, other.id}
    assert recall(database).told[closed.id]["leads"].closed
    remember(database, Changes(conversations={"talk": a_conversation(closed, other, closed=True)}))
    assert set(recall(database).incidents) == {other.id}
    assert recall(database).conversations == {}


def test_an_open_incident_keeps_what_was_told_though_one_receiver_knows_its_close(
    database: Database,
) -> None:
    incident = an_incident()
    told = a_told(incident, closed=True)
    remember(
        database, Changes(incidents={incident.id: incident}, told={(incident.id, "leads"): told})
    )
    assert recall(database).told == {incident.id: {"leads": told}}


def test_an_event_of_last_week_is_not_recalled_but_not_announced_anew_in_the_ledger(
    database: Database,
) -> None:
    old, new = Seen("bogota", "hits", "old"), Seen("bogota", "hits", "new")
    remember(database, Changes(seen=[(old, NOON - timedelta(days=8)), (new, NOON)]))
    remember(database, Changes(seen=[(new, after(60)), (new, after(61))]))
    assert recall(database).seen == {("bogota", "hits"): frozenset({"new"})}


def test_nothing_is_told_of_an_incident_that_is_not_there(database: Database) -> None:
    told = a_told(an_incident())
    with pytest.raises(IntegrityError):
        remember(database, Changes(told={(told.incident, "leads"): told}))


@settings(max_examples=25)
@given(entities=st.sets(st.text(alphabet=st.sampled_from("a\\0\x00'\"%:😀\u202e\n"), max_size=6)))
def test_no_name_from_the_far_side_is_mistaken_for_another(entities: set[str]) -> None:
    stored = {tables.plain(entity) for entity in entities}
    assert len(stored) == len(entities)
    assert not any("\x00" in each for each in stored)
    assert {tables.unplain(each) for each in stored} == entities


def test_hostile_names_come_back_as_they_were(database: Database) -> None:
    names = ["nul\x00", "nul\\0", "\\", "'; DROP TABLE incident;--", "%s :x", "\u202e😀\n"]
    keys = [InstanceKey("bogota", "loss", name) for name in names]
    changes = Changes(
        instances={key: an_instance(key) for key in keys},
        seen=[(Seen("bogota", "hits", name), NOON) for name in names],
        suppressed=[(key, "pending", NOON) for key in keys],
    )
    remember(database, changes)
    known = recall(database)
    assert set(known.instances) == set(keys)
    assert known.seen == {("bogota", "hits"): frozenset(names)}
    with database.reading() as connection:
        found = past.suppressions(connection, "bogota", "loss", NOON)
    assert [one.key.entity for one in found] == names


def test_a_value_that_cannot_be_read_names_its_table(database: Database) -> None:
    remember(database, Changes(instances={KEY: an_instance()}))
    with database.transaction() as connection:
        connection.execute(text("""UPDATE instance SET body = '{"phase": "asleep"}'"""))
    with pytest.raises(StateError, match="in the table instance cannot be read"):
        recall(database)


# ---- the past ----


def test_history_lists_the_latest_close_first(database: Database) -> None:
    first, second = an_incident(closed_at=after(10)), an_incident(OTHER, closed_at=after(20))
    still = an_incident(InstanceKey("bogota", "loss", "open"))
    remember(database, Changes(incidents={one.id: one for one in (first, second, still)}))
    with database.reading() as connection:
        assert past.history(connection, NOON) == [second, first]
        assert past.history(connection, after(11)) == [second]
        assert past.history(connection, NOON, limit=1) == [second]


def test_suppressions_are_listed_as_they_were_written(database: Database) -> None:
    remember(database, Changes(suppressed=[(KEY, "pending", NOON), (KEY, "silenced", after(5))]))
    with database.reading() as connection:
        found = past.suppressions(connection, "bogota", "loss", after(1))
    assert found == [past.Suppression(KEY, "silenced", after(5))]


def test_what_ended_is_forgotten_and_what_is_owed_is_not(database: Database) -> None:
    ended, owed = an_incident(closed_at=NOON), an_incident(OTHER, closed_at=NOON)
    waits = a_conversation(name="waits", closed=True)
    changes = Changes(
        incidents={ended.id: ended, owed.id: owed},
        told={
            (ended.id, "leads"): a_told(ended, closed=True),
            (owed.id, "leads"): a_told(owed),
        },
        conversations={"talk": a_conversation(ended, closed=True), "waits": waits},
        seen=[(Seen("bogota", "hits", "sale"), NOON)],
        suppressed=[(KEY, "pending", NOON)],
    )
    with database.transaction() as connection:
        memory.remember(connection, changes)
        outbox.post(connection, [an_envelope(conversation="waits")])
        outbox.remember_reference(connection, "talk", "C1", "1.1")
        outbox.remember_reference(connection, "waits", "C1", "2.2")
        past.forget(connection, after(1))
        past.forget_events(connection, after(1))
        names = ("incident", "told", "conversation", "event_seen", "suppression", "address")
        left = {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar()
            for name in names
        }
        assert outbox.reference(connection, "waits", "C1") == "2.2"
    assert left == {
        "incident": 1,
        "told": 1,
        "conversation": 1,
        "event_seen": 0,
        "suppression": 0,
        "address": 1,
    }
    assert set(recall(database).incidents) == {owed.id}


def test_a_fact_about_the_program_is_kept_until_it_changes(database: Database) -> None:
    with database.transaction() as connection:
        memory.note(connection, "rules", "abc")
        memory.note(connection, "rules", "def")
        assert memory.noted(connection, "rules") == "def"
        assert memory.noted(connection, "other") is None


def test_times_are_stored_so_that_they_sort() -> None:
    assert tables.stamp(NOON) == "2026-05-04T12:00:00.000000Z"
    assert tables.moment(tables.stamp(after(0.000001))) == after(0.000001)
    with pytest.raises(ValueError, match="aware"):
        tables.stamp(NOON.replace(tzinfo=None))


def test_what_digests_count_outlives_a_restart(database: Database) -> None:
    key = TallyKey("bogota", "shift")
    before = Tally(key=key, since=NOON, rules={"loss": RuleTally(fired=2, lasted=60.0)})
    told = Tally(key=key, since=NOON)

    remember(database, Changes(tallies={key: before}))
    assert recall(database).tallies == {key: before}
    remember(database, Changes(tallies={key: told}))

    assert recall(database).tallies == {key: told}


def test_the_sales_of_a_day_outlive_a_restart(database: Database) -> None:
    key = ScoreKey("bogota", "hits")
    sold = Score(key=key, since="2026-05-01", days={"2026-05-04": 3}, sales=(Sale("1", NOON),))
    more = Score(key=key, since="2026-05-01", told=("leads 50 target",), told_at={"leads": NOON})

    remember(database, Changes(scores={key: sold}))
    assert recall(database).scores == {key: sold}
    remember(database, Changes(scores={key: more}))

    assert recall(database).scores == {key: more}
