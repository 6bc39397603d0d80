"""What a day costs, and which plan a rules file may not have."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.core.judging.planning import plan
from notifier.core.rules.dayplan import day_plan
from notifier.core.rules.keys import spoken
from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE

HEAD = """operators = ["leads"]
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
licenses = {licenses}
[[receiver]]
name = "leads"
slack = "#leads"
[[rule]]
id = "loss"
on = "latency.by_agent"
when = "ploss > 3"
to = "leads"
[[rule]]
id = "queue"
on = "skills"
when = "calls_in_queue_now > 3"
to = "leads"
"""


def source(endpoint: str, *keys: str) -> str:
    return "\n".join(("[[source]]", f'endpoint = "{endpoint}"', *keys, ""))


def said(licenses: int, *sources: str) -> list[str]:
    text = HEAD.replace("{licenses}", str(licenses)) + "".join(sources)
    try:
        return [str(problem) for problem in load(text, CATALOGUE).warnings]
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


LATENCY = source("latency", 'every = "1m"')
SKILLS = source("skills", 'every = "5m"')
BOTH = (LATENCY, SKILLS)


def test_a_plan_within_our_share_needs_no_word() -> None:
    assert said(3, *BOTH) == []


def test_a_plan_that_does_not_fit_is_refused_where_nobody_said_what_may_wait() -> None:
    assert said(1, *BOTH) == [
        "rules.toml:6:12: error: `bogota` would ask 1,728 calls a day, but 800 are notifier's "
        "(80 % of 1,000), and no source says by `priority` what may wait; "
        "raise `every`, narrow `active`, or give `priority` to sources"
    ]


def test_a_plan_with_priorities_is_warned_of_with_what_will_wait() -> None:
    ranked = LATENCY + "priority = -1\n"

    assert said(1, ranked, SKILLS) == [
        "rules.toml:6:12: warning: `bogota` would ask 1,728 calls a day, but 800 are notifier's "
        "(80 % of 1,000); less often asked: latency 1m -> 3m"
    ]


def test_a_plan_that_fits_not_even_at_the_slowest_is_refused() -> None:
    found = said(1, source("latency", 'every = "1s"', "priority = 1"), SKILLS)

    assert len(found) == 1
    assert found[0].startswith("rules.toml:6:12: error: `bogota` would ask 86,688 calls a day")
    assert "7,224 are left when all wait longest" in found[0]


def test_without_licenses_nothing_is_refused() -> None:
    text = HEAD.replace("licenses = {licenses}\n", "")

    assert load(text + source("latency", 'every = "1s"') + SKILLS, CATALOGUE).warnings == ()


def test_each_value_of_a_list_of_ids_is_a_call() -> None:
    ids = source("skills", 'every = "5m"', 'params = { skill_id = ["3001", 3002, "3003"] }')
    laid = plan(load(HEAD.replace("{licenses}", "5") + LATENCY + ids, CATALOGUE))

    day = day_plan(laid.quotas["bogota"])

    assert day.calls == {"latency": 1_440, "skills": 864}
    assert day.allowance == 4_000


def test_the_busiest_day_is_counted_and_not_the_busiest_of_each_source() -> None:
    week = source("latency", 'every = "1m"', 'active = "Mon-Fri 08:00-18:00"')
    weekend = source("skills", 'every = "1m"', 'active = "Sat 08:00-19:00"')
    laid = plan(load(HEAD.replace("{licenses}", "5") + week + weekend, CATALOGUE))

    day = day_plan(laid.quotas["bogota"])

    assert (day.day, day.calls, day.total) == (5, {"latency": 0, "skills": 660}, 660)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("quota_share = 0", "`quota_share` must be 1 or more"),
        ("quota_share = 101", "`quota_share` must be at most 100"),
        ('quota_reset = "25:00"', '`25:00` is not a time of day; write it as in "07:00"'),
        ("quota_reset = 6", '`` is not a time of day; write it as in "07:00"'),
    ],
)
def test_what_an_operation_says_of_its_quota_is_checked(key: str, says: str) -> None:
    text = HEAD.replace("licenses = {licenses}", key) + "".join(BOTH)

    with pytest.raises(ConfigError) as caught:
        load(text, CATALOGUE)

    assert [str(p) for p in caught.value.problems] == [
        f"rules.toml:6:{key.index('=') + 3}: error: {says}"
    ]


def test_the_share_and_the_reset_are_the_operations_own() -> None:
    keys = 'licenses = 3\nquota_share = 60\nquota_reset = "6:30"'
    quota = plan(
        load(HEAD.replace("licenses = {licenses}", keys) + "".join(BOTH), CATALOGUE)
    ).quotas

    assert quota["bogota"].reset == 6 * 60 + 30
    assert day_plan(quota["bogota"]).allowance == 1_800
    assert quota["bogota"].operators == ("leads",)


def test_a_long_list_of_what_waits_is_cut() -> None:
    many = [source("skills", f'name = "s{n}"', 'every = "1m"', "priority = 0") for n in range(7)]

    found = [line for line in said(5, LATENCY, SKILLS, *many) if "notifier's" in line]

    assert found[0].endswith("and 4 more")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (90, "1m30s"), (750, "12m30s"), (3_600, "1h"), (90_061, "1d1h1m1s")],
)
def test_a_pace_is_said_as_people_say_it(seconds: int, said: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == said
