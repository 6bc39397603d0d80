"""The whole bot before answers that mean different things although they look alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notifier.bot import Bot
from notifier.core.facts.state import SourceKey
from notifier.core.payload.oddities import Oddities
from notifier.web.metrics import Metrics
from tests.flow.stage import Stage, envelope, staged

LATENCY = SourceKey("bogota", "latency")
MANY = {f"{number}-AGENT": "2" for number in range(12001, 12006)}
MORE = """
[[endpoint]]
name = "storage"
family = "information"
api = "storage"
key = "disk"
fields = [{ name = "disk" }, { name = "used", kind = "percent" }]

[[source]]
endpoint = "storage"
every = "1h"

[[rule]]
id = "disk"
on = "storage"
when = "used > 90"
to = ["leads"]

[[rule]]
id = "nobody"
on = "latency.by_agent"
by = []
when = "count() == 0"
to = ["leads"]
"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as staging:
        yield staging


def polled(stage: Stage, bot: Bot, *names: str, minutes: float = 1) -> list[str]:
    """Poll and deliver; what the Slack channel shows then."""
    stage.wait(minutes=minutes)
    bot.poll_once(names)
    bot.deliver_due()
    return stage.seen()


def asked(stage: Stage, api: str = "latency") -> int:
    return sum(request.api == api for request in stage.wolkvox.requests)


# ---- four things that are not the same ----


def test_an_agent_who_left_ends_in_words_that_say_no_recovery(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.agents(MANY)
        polled(stage, bot)
        stage.agents(dict(list(MANY.items())[1:]))

        shown = [polled(stage, bot, minutes=5) for _ in range(3)][-1]

    assert len(shown) == 1, "one message for the five"
    assert "Resolved" not in shown[0]
    assert "4" in shown[0]


def test_a_failed_fetch_moves_nothing(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.agents(MANY)
        before = polled(stage, bot)
        stage.wolkvox.respond_with("latency", b"<html>", status=500)

        after = [polled(stage, bot) for _ in range(2)][-1]

        assert after == before
        assert len([i for i in bot.cycle.known.incidents.values() if i.open]) == 5


@pytest.mark.parametrize("status", [200, 404])
def test_an_empty_list_is_doubted_once_then_told_to_operators(stage: Stage, status: int) -> None:
    with stage.bot() as bot:
        stage.agents(MANY)
        polled(stage, bot)
        empty: object = [{"by_agent": [], "by_ip": [], "by_pbx": []}] if status == 200 else None
        stage.wolkvox.respond_with("latency", envelope(empty), status=status)
        if status == 404:
            body = {"code": "404", "msg": "validate the dates", "data": None}
            stage.wolkvox.respond_with("latency", body, status=404)

        polled(stage, bot, minutes=5)
        doubted = list(stage.mailed())
        polled(stage, bot, minutes=5)

        assert not [subject for subject in doubted if "gone at once" in subject]
        assert [s for s in stage.mailed() if "all its data are gone at once" in s]
        polled(stage, bot, minutes=5)
        polled(stage, bot, minutes=5)
        assert not [line for line in stage.seen() if "Resolved" in line]


def test_a_list_that_an_answer_lacks_says_nothing_of_its_rows(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.agents(MANY)
        before = polled(stage, bot)
        stage.wolkvox.respond_with("latency", envelope([{"by_ip": [], "by_pbx": []}]))

        after = [polled(stage, bot, minutes=5) for _ in range(5)][-1]

        assert after == before
        assert bot.cycle.known.sources[LATENCY].oddities.lacking == ("by_agent",)


# ---- a 404 ----


def test_a_404_of_what_never_answered_is_one_mail_and_never_data(stage: Stage) -> None:
    stage.rules.write_text(stage.rules.read_text() + MORE)
    stage.wolkvox.respond_with("latency", {"code": "404", "msg": "validate"}, status=404)
    with stage.bot() as bot:
        for _ in range(4):
            polled(stage, bot)
    with stage.bot() as bot:
        shown = polled(stage, bot)

    subjects = [subject for subject in stage.mailed() if "never answered" in subject]
    assert len(subjects) == 1
    assert not [line for line in shown if "nobody" in line]


def test_what_answered_before_a_restart_is_remembered(stage: Stage) -> None:
    with stage.bot() as bot:
        polled(stage, bot)
    stage.wolkvox.respond_with("latency", {"code": "404", "msg": "validate"}, status=404)
    with stage.bot() as bot:
        polled(stage, bot)

        assert bot.cycle.known.sources[LATENCY].notice == ""
        assert bot.cycle.known.sources[LATENCY].oddities.not_found
    assert not stage.mailed()


# ---- the whole operation's trouble ----


def test_a_refused_token_is_two_questions_and_one_mail_an_hour(stage: Stage) -> None:
    stage.wolkvox.token = "another"
    with stage.bot() as bot:
        for _ in range(59):
            polled(stage, bot)

        assert len(stage.wolkvox.requests) == 2
        assert len(stage.mailed()) == 1
        stage.wolkvox.token = "77766b74"
        polled(stage, bot, minutes=3)
        assert len(stage.mailed()) == 2
        assert len(stage.wolkvox.requests) == 4


def test_a_spent_quota_is_one_question_and_one_mail_a_day(stage: Stage) -> None:
    stage.wolkvox.quota = 0
    with stage.bot() as bot:
        for _ in range(13):
            polled(stage, bot, minutes=60)
        assert len(stage.wolkvox.requests) == 1
        assert ["calls are spent" in subject for subject in stage.mailed()] == [True]

    with stage.bot() as bot:  # also after a restart: nobody lent a hand between
        polled(stage, bot)
        assert len(stage.wolkvox.requests) == 1


# ---- what is odd is kept ----


def test_what_is_odd_about_answers_is_counted_and_outlives_a_restart(stage: Stage) -> None:
    row = {"agent_id": "12004-ANA", "jitter_tx": "1", "rx_jitter": "1,5", "shiny": "3001234567",
           "3001234567": "x"}  # fmt: skip
    stage.wolkvox.respond_with("latency", envelope([{"by_agent": [row]}]))
    with stage.bot() as bot:
        polled(stage, bot)
        numbers = bot.numbers().decode()
    with stage.bot() as bot:
        odd = bot.cycle.known.sources[LATENCY].oddities

    labels = 'operation="bogota",source="latency"'
    jitter = f'{{field="by_agent.rx_jitter",{labels}}} 1.0'
    assert f"notifier_unreadable_values_total{jitter}" in numbers
    assert f'notifier_absent_fields_total{{field="by_agent.version",{labels}}} 1.0' in numbers
    assert f'notifier_aliased_fields_total{{field="by_agent.tx_jitter",{labels}}} 1.0' in numbers
    assert f"notifier_undeclared_fields{{{labels}}} 2.0" in numbers
    assert odd.aliased == {"by_agent.tx_jitter": "jitter_tx"}
    assert odd.undeclared == ("by_agent.(unnamed)", "by_agent.shiny")
    assert b"3001234567" not in (stage.folder / "state.db").read_bytes()
    assert "3001234567" not in numbers


# ---- an endpoint of one's own ----


def test_a_declared_endpoint_is_polled_and_told_of_like_any_other(stage: Stage) -> None:
    stage.rules.write_text(stage.rules.read_text() + MORE)
    stage.wolkvox.respond_with("storage", envelope([{"disk": "sda", "used": "95 %"}]))
    with stage.bot() as bot:
        shown = polled(stage, bot, "storage")

    assert [line for line in shown if "sda" in line and "95" in line]
    (request,) = [r for r in stage.wolkvox.requests if r.api == "storage"]
    assert request.path == "/api/v2/information.php"


def test_numbers_that_contradict_each_other_are_counted_by_relation() -> None:
    metrics = Metrics("1")
    for _ in range(2):
        metrics.note(("bogota", "skills"), Oddities(broken={"levels_grow": 3}))

    labels = 'operation="bogota",relation="levels_grow",source="skills"'
    assert f"notifier_broken_relations_total{{{labels}}} 6.0" in metrics.text().decode()


def test_data_that_vanish_around_a_restart_are_told_all_the_same(stage: Stage) -> None:
    shift = '"latency"\nactive = "Mon-Sun 00:00-24:00"\nevery'
    stage.rules.write_text(stage.rules.read_text().replace('"latency"\nevery', shift, 1))
    nothing = {"code": "404", "error": "No records found", "msg": "", "data": []}
    with stage.bot() as bot:
        stage.agents(dict.fromkeys(MANY, "0"))
        polled(stage, bot)
        stage.wolkvox.respond_with("latency", nothing, status=404)
        polled(stage, bot)
        assert stage.mailed() == []

    with stage.bot() as bot:
        polled(stage, bot)

        assert bot.cycle.known.sources[LATENCY].notice == "vanished"
    assert len(stage.mailed()) == 1
