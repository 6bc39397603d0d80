"""Other rules come into force: nothing is sent again, no timer starts anew."""

from __future__ import annotations

import pytest

from notifier.core.facts.state import SOURCE_RULE, Closing, InstanceKey, Severity
from notifier.core.judging.notice import Untold
from notifier.errors import Trouble
from tests.builders import (
    HEAD,
    HITS,
    LATENCY,
    NEW_HIT,
    OPERATION,
    SITE_LINK,
    Play,
    agent,
    clock,
    hit,
    rejection,
    rules,
)

KEY = InstanceKey(OPERATION, "network-rejection", "12004")
OTHER = """
[[rule]]
id = "loss"
on = "latency.by_agent"
when = "ploss > 3"
for = "10m"
to = ["on-call"]
"""


def opened(*texts: str) -> Play:
    play = Play(*(texts or (rejection(),)))
    assert play.poll(0, agent("12004", 2)) == ["team-leads open 12004"]
    return play


def test_equal_rules_send_nothing_and_change_nothing() -> None:
    play = opened(rejection('repeat = "2h"'), SITE_LINK, NEW_HIT)
    before = play.known
    assert play.reload(1, rejection('repeat = "2h"'), SITE_LINK, NEW_HIT) == []
    after = play.known
    assert (after.instances, after.incidents) == (before.instances, before.incidents)
    assert (after.told, after.conversations) == (before.told, before.conversations)
    assert play.stay(120) == ["team-leads repeat 12004"]


def test_a_rule_that_is_removed_closes_what_it_opened() -> None:
    play = opened()
    assert play.reload(1, OTHER) == ["team-leads close 12004"]
    incident = play.incident("12004")
    assert (incident.closing, incident.closed_at) == (Closing.RULE_REMOVED, clock(1))
    assert play.known.instances == {}


def test_a_rule_that_is_switched_off_closes_what_it_opened() -> None:
    play = opened()
    assert play.reload(1, rejection("enabled = false")) == ["team-leads close 12004"]


def test_a_rule_that_is_removed_forgets_what_was_on_its_way() -> None:
    play = Play(rejection('for = "10m"'))
    play.poll(0, agent("12004", 2))
    assert play.reload(1, OTHER) == []
    assert play.known.instances == {}


@pytest.mark.parametrize(
    "edit",
    ['by = ["agent_id"]\nwhen = "avg(network_rejection) > 1"', 'on = "latency.by_ip"'],
    ids=["by", "on"],
)
def test_a_rule_about_other_entities_closes_the_old_ones(edit: str) -> None:
    play = opened()
    assert play.reload(1, rejection(edit)) == ["team-leads close 12004"]
    assert play.incident("12004").closing is Closing.RULE_CHANGED


def test_a_rule_about_another_source_closes_the_old_ones() -> None:
    play = opened()
    other = '[[source]]\nendpoint = "latency"\nname = "second"\n'
    plan = rules(rejection('on = "second.by_agent"'), head=HEAD + other)
    assert play.reload(1, plan) == ["team-leads close 12004"]


def test_a_threshold_above_the_value_closes_in_other_words_at_the_next_poll() -> None:
    play = opened(rejection('keep = "10m"'))
    edited = rejection('when = "network_rejection > 5"\nkeep = "10m"')
    assert play.reload(1, edited) == []
    assert play.poll(5, agent("12004", 2)) == ["team-leads close 12004"]
    assert play.incident("12004").closing is Closing.RULE_CHANGED


def test_a_threshold_below_the_value_goes_on_and_recovers_in_the_usual_words() -> None:
    play = opened()
    edited = rejection('when = "network_rejection > 0.5"')
    play.reload(1, edited)
    assert play.poll(5, agent("12004", 2)) == []
    assert play.poll(10, agent("12004", 0)) == ["team-leads close 12004"]
    assert play.incident("12004").closing is Closing.RECOVERED


def test_a_longer_for_closes_nothing() -> None:
    play = opened()
    play.reload(1, rejection('for = "1h"'))
    assert play.poll(5, agent("12004", 2)) == []
    assert play.incident("12004").open


def test_a_longer_for_keeps_the_time_that_was_observed() -> None:
    play = Play(rejection('for = "10m"'))
    play.poll(0, agent("12004", 2))
    play.poll(5, agent("12004", 2))
    play.reload(7, rejection('for = "15m"'))
    assert play.poll(10, agent("12004", 2)) == []
    assert play.poll(15, agent("12004", 2)) == ["team-leads open 12004"]


def test_a_raised_severity_is_told_at_the_next_poll() -> None:
    play = opened()
    assert play.reload(1, rejection('severity = "critical"')) == []
    assert play.poll(5, agent("12004", 2)) == ["team-leads raised 12004"]
    assert play.incident("12004").severity is Severity.CRITICAL


def test_new_receivers_hear_from_the_next_incident_on() -> None:
    play = opened()
    play.reload(1, rejection('to = ["on-call"]'))
    assert play.poll(5, agent("12004", 2), agent("12005", 2)) == ["on-call open 12005"]
    heard = play.poll(10, agent("12004", 0), agent("12005", 2))
    assert heard == ["team-leads close 12004"]


def test_a_new_text_is_used_at_the_next_change_and_sends_nothing() -> None:
    play = opened()
    assert play.reload(1, rejection('owner = "Redes"')) == []
    assert play.poll(5, agent("12004", 2)) == []
    play.poll(10, agent("12004", 3))
    assert play.last.notices[0].rule.owner == "Redes"


def test_a_title_is_of_the_rules_in_force_and_gone_with_its_rule() -> None:
    play = opened()
    assert play.reload(1, rejection('title = "Bad network"')) == []
    play.poll(5, agent("12004", 2), agent("12005", 2))
    assert play.last.notices[0].titles == {"network-rejection": {"": "Bad network"}}

    assert play.reload(6, OTHER) != []
    assert {(n.rule.id, str(n.titles), str(n.rule.title)) for n in play.last.notices} == {
        ("network-rejection", "{}", "{}")
    }


# ---- renamed ----

RENAMED = rejection('id = "rejected"\nwas = "network-rejection"')


def test_a_renamed_rule_goes_on_with_its_incidents() -> None:
    play = opened()
    before = play.known.instances[KEY]
    assert play.reload(1, RENAMED) == []
    after = play.known.instances[KEY._replace(rule="rejected")]
    assert KEY not in play.known.instances
    assert (after.incident, after.since) == (before.incident, before.since)
    assert play.poll(5, agent("12004", 0)) == ["team-leads close 12004"]
    assert play.last.notices[0].rule.id == "rejected"
    assert len({notice.conversation.id for notice in play.notices}) == 1


def test_a_renamed_rule_reminds_as_before() -> None:
    play = opened(rejection('repeat = "2h"'))
    play.reload(1, RENAMED + 'repeat = "2h"')
    assert play.incident("12004").key.rule == "rejected"
    assert play.stay(120) == ["team-leads repeat 12004"]


def test_a_rename_is_done_once() -> None:
    play = opened(rejection(), NEW_HIT)
    play.poll(0, hit("1"), source=HITS)
    renamed = NEW_HIT.replace('"new-hit"', '"sale"\nwas = "new-hit"')
    play.reload(1, RENAMED, renamed)
    assert [seen.rule for seen, _ in play.last.seen] == ["sale"]
    play.reload(2, RENAMED, renamed)
    assert not any((play.last.seen, play.last.instances, play.last.incidents))


def test_a_renamed_event_rule_announces_nothing_again() -> None:
    play = Play(NEW_HIT)
    play.poll(0, hit("1"), source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)
    play.reload(6, NEW_HIT.replace('"new-hit"', '"sale"\nwas = "new-hit"'))
    heard = play.poll(10, hit("1"), hit("2"), hit("3"), source=HITS)
    assert heard == ["team-leads event 3"]


def test_without_was_a_renamed_rule_is_one_removed_and_one_new() -> None:
    play = opened()
    assert play.reload(1, rejection('id = "rejected"')) == ["team-leads close 12004"]
    assert play.poll(5, agent("12004", 2)) == ["team-leads open 12004"]


def test_a_renamed_rule_leaves_others_as_they_are() -> None:
    play = opened(rejection(), OTHER, SITE_LINK.replace('["network-rejection"]', '["loss"]'))
    play.poll(5, agent("12004", 2), agent("12005", 0, tx_ploss=9))
    others = {key: i for key, i in play.known.instances.items() if key.rule != KEY.rule}
    assert others
    play.reload(6, RENAMED, OTHER, SITE_LINK.replace('["network-rejection"]', '["loss"]'))
    after = {key: i for key, i in play.known.instances.items() if key.rule != "rejected"}
    assert after == others


# ---- sources ----


def test_a_source_that_is_polled_no_more_closes_its_own_incident() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    without = HEAD.replace('[[source]]\nendpoint = "latency"\nevery = "5m"', "")
    assert play.reload(1, rules(NEW_HIT, head=without)) == ["on-call close bogota/latency"]
    assert play.known.sources[LATENCY].incident == ""
    assert play.reload(2, rules(NEW_HIT, head=without)) == []


def test_a_source_in_trouble_stays_so() -> None:
    play = Play(rejection())
    play.fail(0, Trouble.TOKEN)
    assert play.reload(1, rejection('for = "5m"')) == []
    assert play.reason("bogota/latency", SOURCE_RULE) is Untold.UNCHANGED
