"""A bad day at random: lost answers, a full disk, restarts. In the end all is told, once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from notifier.bot import Bot
from notifier.errors import StateError
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.mail import MailFault, MailWrong
from notifier.simulator.slack_faults import SlackFault, Slip, lost
from tests.flow.stage import RULES, Stage, staged
from tests.flow.test_promises import refusing

AGENTS = ("12001-ANA", "12002-LUIS")
LIFE = 'group = "{group}"\nrepeat = "7m"\nfor = "1m"\nkeep = "1m"\ncritical ='
METHODS = ("chat.postMessage", "chat.update", "conversations.history", "conversations.replies")
SLIPS: tuple[Callable[[str], SlackFault], ...] = (
    lost,
    lambda method: SlackFault(Slip.RATE_LIMITED, method, retry_after="40"),
    lambda method: SlackFault(Slip.STATUS, method),
    lambda method: SlackFault(Slip.STATUS, method, taken=True),
    lambda method: SlackFault(Slip.JUNK, method, taken=True),
    lambda method: SlackFault(Slip.ERROR, method, error="fatal_error"),
)
REFUSALS = (
    ("INSERT ON recording", "true"),
    ("INSERT ON outbox", "true"),
    ("UPDATE OF state ON outbox", "NEW.state = 'sending'"),
    ("UPDATE OF state ON outbox", "NEW.state = 'delivered'"),
    ("UPDATE OF state ON outbox", "NEW.state = 'ambiguous'"),
)


@pytest.mark.parametrize(("seed", "group"), [(1, "poll"), (2, "entity"), (3, "rule")])
def test_after_a_bad_day_all_is_told_once_and_closed(tmp_path: Path, seed: int, group: str) -> None:
    dice = Random(seed)
    with staged(tmp_path, RULES.replace("critical =", LIFE.format(group=group))) as stage:
        for _ in range(4):
            with stage.bot() as bot:
                for _ in range(dice.randint(2, 8)):
                    _go_wrong(stage, dice)
                    _turn(stage, bot, dice)
        stage.slack.faults.clear()
        stage.mail.faults.clear()
        stage.wolkvox.faults.clear()
        with stage.bot() as bot:
            _calm_down(stage, bot)
            known = bot.cycle.known

        assert not [incident for incident in known.incidents.values() if incident.open]
        kept = known.conversations.values()  # sales, which may be taken back for a day
        assert all(talk.events and talk.rule == "hit" for talk in kept)
        assert _states(stage) <= {"delivered", "superseded"}
        ids = Counter(_id(version) for version in _first_versions(stage))
        assert not [one for one, times in ids.items() if times > 1]
        alerts = [m.now.text for m in stage.slack.messages("operaciones") if not m.thread_ts]
        assert all("Resolved" in text or "🎉" in text for text in alerts)


def _go_wrong(stage: Stage, dice: Random) -> None:
    if dice.random() < 0.6:
        stage.slack.faults.append(dice.choice(SLIPS)(dice.choice(METHODS)))
    if dice.random() < 0.2:
        wrong = dice.choice([MailWrong.GREYLIST, MailWrong.DROP_AFTER_DATA])
        stage.mail.faults.append(MailFault(wrong))
    if dice.random() < 0.2:
        status = dice.choice([404, 429, 500])
        stage.wolkvox.faults.append(Fault(Wrong.STATUS, status=status, api="latency"))


def _turn(stage: Stage, bot: Bot, dice: Random) -> None:
    stage.wait(seconds=dice.choice([20, 60, 60, 60, 300]))
    stage.agents({agent: dice.choice(["0", "2", "7", ""]) for agent in AGENTS})
    stage.hits(f"sale {dice.randint(1, 4)}")
    if dice.random() < 0.5:
        bot.poll_once()
        bot.deliver_due()
        return
    with refusing(stage, *dice.choice(REFUSALS)):
        with suppress(StateError):
            bot.poll_once()
        with suppress(StateError):
            bot.deliver_due()


def _calm_down(stage: Stage, bot: Bot) -> None:
    for _ in range(40):
        stage.wait(minutes=2)
        stage.agents(dict.fromkeys(AGENTS, "0"))
        bot.poll_once()
        bot.deliver_due()


def _states(stage: Stage) -> set[str]:
    with closing(sqlite3.connect(stage.folder / "state.db")) as connection:
        return {state for (state,) in connection.execute("SELECT DISTINCT state FROM outbox")}


def _first_versions(stage: Stage) -> list[dict[str, object]]:
    return [dict(m.versions[0].metadata) for m in stage.slack.messages("operaciones")]


def _id(metadata: dict[str, object]) -> str:
    payload = metadata["event_payload"]
    assert isinstance(payload, dict)
    return str(payload["id"])
