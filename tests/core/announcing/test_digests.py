"""Digests: what happened since the last one, at set times, once."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifier.core.decide import next_due
from notifier.core.facts.state import RuleTally, SourceKey
from notifier.core.judging.notice import Notice, Report
from notifier.core.rules.hours import times
from notifier.core.rules.shifts import Calendar
from tests.builders import (
    BEGIN,
    HITS,
    NEW_HIT,
    SITE_LINK,
    TEAM_LEADS,
    Play,
    agent,
    clock,
    hit,
    rejection,
    rules,
)
from tests.builders import HEAD as BUILT_HEAD
from tests.core.rules.test_rulefile import HEAD, RULE, told

SHIFT = """
[[digest]]
name = "shift"
at = "12:00"
to = ["team-leads"]
"""
BOGOTA = ZoneInfo("America/Bogota")


def reports(play: Play) -> list[Notice]:
    """The digests that were told so far."""
    return [notice for notice in play.notices if notice.report is not None]


def report(play: Play) -> Report:
    (notice,) = reports(play)
    assert notice.report is not None
    return notice.report


def test_what_happened_is_told_at_its_time_and_what_is_open() -> None:
    play = Play(rules(rejection(), SHIFT))
    play.poll(0, agent("12004-ANA", 2), agent("12005-LUIS", 3))
    play.poll(30, agent("12004-ANA", 0), agent("12005-LUIS", 3))
    play.wait(119)
    assert reports(play) == []

    play.wait(120)

    (notice,) = reports(play)
    assert report(play).rules == {
        "network-rejection": RuleTally(fired=2, ended=1, alone=1, lasted=1800.0)
    }
    assert [incident.key.entity for incident in notice.roster] == ["12005"]
    assert notice.conversation.receiver == "team-leads"


def test_it_is_told_once_a_day_and_counts_anew() -> None:
    play = Play(rules(rejection(), SHIFT))
    play.poll(0, agent("12004-ANA", 2))
    play.wait(121)
    play.wait(60 * 24)
    assert len(reports(play)) == 1

    play.wait(60 * 26)

    later = reports(play)[1].report
    assert later is not None
    assert (later.rules, later.since) == ({}, BEGIN + timedelta(hours=2))


def test_a_restart_or_reload_forgets_nothing_of_it() -> None:
    play = Play(rules(rejection(), SHIFT))
    play.poll(0, agent("12004-ANA", 2))
    play.reload(5, rules(rejection(), SHIFT))
    play.wait(120)

    assert report(play).rules["network-rejection"].fired == 1


def test_sales_are_counted_but_not_those_of_the_first_look() -> None:
    play = Play(rules(NEW_HIT, SHIFT))
    play.poll(0, hit("1"), source=HITS)
    play.poll(5, hit("1"), hit("2"), hit("3"), source=HITS)
    play.wait(120)

    assert report(play).rules == {"new-hit": RuleTally(events=2)}


@pytest.mark.parametrize(("last", "sales"), [("no", 1), ("yes", 2)])
def test_a_sale_that_is_taken_back_is_subtracted_once(last: str, sales: int) -> None:
    both = TEAM_LEADS + TEAM_LEADS.replace("team-leads", "others")
    rule = NEW_HIT.replace('["team-leads"]', '["team-leads", "others"]')
    play = Play(rules(rule, SHIFT, team_leads=both))
    play.poll(0, source=HITS)
    play.poll(5, hit("1"), hit("2"), source=HITS)
    play.poll(10, hit("1", "no"), hit("2"), source=HITS)
    play.poll(15, hit("1", last), hit("2"), source=HITS)
    play.wait(120)

    assert report(play).rules == {"new-hit": RuleTally(events=sales)}


def test_rules_that_never_fired_are_named() -> None:
    digest = SHIFT.replace('at = "12:00"', 'at = "12:00"\nkind = "rules"')
    play = Play(rules(rejection(), SITE_LINK, digest))
    play.poll(0, agent("12004-ANA", 2))
    play.wait(120)

    assert (report(play).kind, report(play).still) == ("rules", ("site-link",))


def test_a_new_digest_counts_from_its_beginning() -> None:
    play = Play(rules(rejection()))
    play.poll(0, agent("12004-ANA", 2))
    play.reload(60, rules(rejection(), SHIFT))
    play.wait(120)

    assert report(play).rules == {}
    assert report(play).since == BEGIN + timedelta(minutes=60)


def test_the_shell_is_told_when_the_next_one_is_due() -> None:
    play = Play(rules(rejection(), SHIFT))
    play.poll(0, agent("12004-ANA", 0))

    assert next_due(play.known, play.plan) == clock(120)


# ---- when ----


@pytest.mark.parametrize(
    ("text", "after", "due"),
    [
        ("12:00", "2026-01-05T11:59", "2026-01-05T12:00"),
        ("12:00", "2026-01-05T12:00", "2026-01-06T12:00"),
        ("Mon-Fri 06:50, Sat 07:50", "2026-01-09T06:50", "2026-01-10T07:50"),
        ("Mon 08:00", "2026-01-05T08:00", "2026-01-19T08:00"),  # the 12th is a holiday there
        ("Sun 08:00", "2026-01-11T09:00", "2026-01-12T08:00"),
    ],
)
def test_times_of_the_week_mind_holidays(text: str, after: str, due: str) -> None:
    calendar = Calendar(times(text), BOGOTA, "CO")
    local = datetime.fromisoformat(after).replace(tzinfo=BOGOTA)

    found = calendar.next(local)

    assert found.astimezone(BOGOTA).strftime("%Y-%m-%dT%H:%M") == due
    assert calendar.last(found) == found


# ---- in the file ----

WRITE = "write it as in"
NO_TIME = f'not a time of the week; {WRITE} "Mon-Sat 21:00"'
DIGEST = """\
[[digest]]
name = "shift"
at = "Mon-Sat 21:00"
to = "leads"
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"leads"', '"leds"', "unknown receiver `leds`; did you mean `leads`?"),
        ('"shift"', '"loss"', "`loss` is the id of a rule; give the digest another name"),
        ('"Mon-Sat 21:00"', '"Mondays"', f"`Mondays` is not a time of day; {WRITE} \"07:00\""),
        ('"Mon-Sat 21:00"', '"at 9 pm"', f"`at 9 pm` is {NO_TIME}"),
        ('"Mon-Sat 21:00"', "9", f"`` is {NO_TIME}"),
        ("to =", 'operation = "cali"\nto =', "unknown operation `cali`; there is `bogota`"),
    ],
)  # fmt: skip
def test_a_wrong_digest_is_a_sentence(old: str, new: str, says: str) -> None:
    (problem,) = told(HEAD + RULE + DIGEST.replace(old, new))

    assert problem.partition("error: ")[2] == says


def test_whoever_only_gets_digests_is_not_forgotten() -> None:
    boss = '[[receiver]]\nname = "boss"\nslack = "#boss"\n'

    assert told(HEAD + boss + RULE + DIGEST.replace("leads", "boss")) == []


# ---- several operations ----

CALI = """
[[operation]]
name = "cali"
server = "0042"
timezone = "America/Bogota"
[[source]]
endpoint = "latency"
operation = "cali"
[[source]]
endpoint = "hits_last_hour"
operation = "cali"
"""
OF_CALI = (SourceKey("cali", "latency"), SourceKey("cali", "hits_last_hour"))


def test_what_happened_elsewhere_is_another_operations_matter() -> None:
    head = BUILT_HEAD.replace("[[source]]\n", '[[source]]\noperation = "bogota"\n') + CALI
    only = SHIFT + 'operation = "bogota"\n'
    play = Play(rules(rejection(), NEW_HIT, only, head=head))
    latency, hits = OF_CALI
    play.poll(0, agent("12004-ANA", 2))
    play.poll(1, agent("9-EVA", 9), source=latency)
    play.poll(2, source=hits)
    play.poll(5, hit("1"), source=hits)
    play.poll(10, hit("1", "no"), source=hits)  # and taken back
    play.wait(120)

    assert report(play).rules == {"network-rejection": RuleTally(fired=1)}
    assert [notice.conversation.operation for notice in reports(play)] == ["bogota"]
