"""The operators hear once that sources wait, and once that they do no more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.core.decide import decide
from notifier.core.facts.state import Budget, SourceKey
from notifier.core.judging.known import Known
from notifier.core.judging.plan import Plan
from notifier.core.judging.reading import Lag, Ration, Reading
from notifier.core.reacting.pace import IN_A_ROW, behind, news, streak
from notifier.core.rules.budget import Quota
from tests.builders import BEGIN, HEAD, LATENCY, Play, agent, clock, rejection, rules

OPERATION = "bogota"


def budget(**stretches: float) -> Budget:
    return Budget(operation=OPERATION, day=BEGIN, stretches=stretches, others=30)


class Bot(Play):
    """The core, told how it is doing itself."""

    def ration(self, minute: float, **stretches: float) -> list[str]:
        return self._read(Ration(clock(minute), budget(**stretches), 100), clock(minute))

    def lag(self, minute: float, behind: bool, source: SourceKey = LATENCY) -> list[str]:
        return self._read(Lag(clock(minute), source, behind), clock(minute))


def test_that_sources_wait_is_told_once_edited_and_closed() -> None:
    bot = Bot()

    said = [
        bot.ration(0, latency=2.0),
        bot.ration(1, latency=2.0),
        bot.ration(2, latency=2.0, skills=1.5),
        bot.ration(3),
        bot.ration(4),
    ]

    assert said == [
        ["on-call open bogota"],
        [],
        ["on-call change bogota"],
        ["on-call close bogota"],
        [],
    ]


def test_it_says_which_sources_wait_how_long_and_why() -> None:
    bot = Bot(rules(head=HEAD.replace("[[source]]", "licenses = 3\n[[source]]", 1)))

    bot.ration(0, latency=2.0, skills=1.5)

    fields = bot.incident("bogota").fields
    assert fields["detail"] == "latency 5m -> 10m, skills 1m -> 1m30s"
    assert (fields["left"], fields["limit"], fields["others"]) == (2_300.0, 3_000.0, 30.0)


def test_a_source_that_is_gone_from_the_file_waits_no_more() -> None:
    bot = Bot()
    bot.ration(0, latency=2.0)

    assert bot.ration(1, gone=2.0) == ["on-call close bogota"]


def test_that_a_source_is_behind_is_told_once_and_its_end_too() -> None:
    bot = Bot()

    said = [bot.lag(0, True), bot.lag(1, True), bot.lag(2, False), bot.lag(3, False)]

    assert said == [["on-call open bogota/latency"], [], ["on-call close bogota/latency"], []]
    assert bot.lag(4, True, SourceKey(OPERATION, "gone")) == []


def test_what_is_told_of_a_source_that_goes_from_the_file_is_closed() -> None:
    bot = Bot()
    bot.lag(0, True)
    bot.ration(0, latency=2.0)
    without = HEAD.replace('[[source]]\nendpoint = "latency"\nevery = "5m"\n', "")

    heard = bot.reload(1, rules(head=without))

    assert heard == ["on-call close bogota/latency"]
    assert not behind(bot.known.incidents.values(), LATENCY)


def test_an_operation_that_goes_from_the_file_takes_its_incident_along() -> None:
    bot = Bot()
    bot.ration(0, latency=2.0)

    heard = bot.reload(1, Plan({}, {}, bot.plan.reaches))

    assert heard == ["on-call close bogota"]
    assert bot.ration(2, latency=2.0) == []


def test_who_operates_now_hears_of_what_nobody_was_told() -> None:
    nobody = rules(head=HEAD.replace('operators = ["on-call"]', ""))
    bot = Bot(nobody)
    bot.ration(0, latency=2.0)
    bot.lag(0, True)

    assert bot.reload(1, rules()) == ["on-call open bogota/latency", "on-call open bogota"]
    bot.plan = Plan(bot.plan.sources, {}, bot.plan.reaches)
    assert bot.ration(2) == ["on-call close bogota"]


def test_nobody_hears_of_an_operation_without_a_quota() -> None:
    bot = Bot(rules(head=HEAD.replace('operators = ["on-call"]', "")))
    bot.ration(0, latency=2.0)

    assert bot.reload(1, Plan(bot.plan.sources, {}, {}, quotas={})) == []


# ---- in a row ----


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        ("LLL", [None, None, True]),
        ("LLOLL", [None] * 5),
        ("LLLL", [None, None, True, None]),
        ("LLLOLOOO", [None, None, True, None, None, None, None, False]),
        ("OOO", [None, None, None]),
    ],
)
def test_three_late_runs_are_news_and_three_punctual_ones_are_the_end(
    runs: str, told: list[bool | None]
) -> None:
    row, said, known = 0, [], False
    for run in runs:
        row = streak(row, late=run == "L")
        said.append(news(row, told=known))
        known = known if said[-1] is None else said[-1]

    assert said == told
    assert IN_A_ROW == 3


# ---- what a slower pace changes ----


def slow(known: Known, factor: float) -> Known:
    """The same, with `latency` that slow."""
    reading: Reading = Ration(BEGIN, budget(latency=factor))
    return decide(known, reading, rules(), BEGIN).known


def test_a_source_that_waits_leaves_no_gap_by_that() -> None:
    """Every 30 minutes instead of 5: the span between two polls counts for `for`."""
    text = rejection('for = "25m"')
    heard: dict[float, list[str]] = {}
    for factor in (1.0, 6.0):
        play = Play(text)
        play.known = slow(play.known, factor)
        play.poll(0, agent("1", 2))
        heard[factor] = [*play.poll(60, agent("1", 2)), *play.poll(120, agent("1", 2))]

    assert heard == {1.0: [], 6.0: ["team-leads open 1"]}


def test_what_it_said_stays_news_for_three_of_its_polls() -> None:
    repeat = rejection('repeat = "20m"')
    play = Play(repeat)
    play.known = slow(play.known, 6.0)

    assert play.poll(0, agent("1", 2)) == ["team-leads open 1"]
    assert play.wait(40) == ["team-leads repeat 1", "team-leads repeat 1"]
    assert play.wait(120) == ["team-leads repeat 1"] * 2  # to 90 minutes; then nobody looked


def test_a_quota_is_what_the_plan_says() -> None:
    quota = rules().quotas[OPERATION]

    assert isinstance(quota, Quota)
    assert [ask.source for ask in quota.asks] == ["latency", "skills", "hits_last_hour"]
    assert quota.day(BEGIN)[0] == BEGIN - timedelta(hours=10)
