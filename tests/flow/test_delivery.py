"""What becomes of messages that cannot be delivered: who is told instead, when, and how often."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import event
from sqlalchemy.engine import Engine

from notifier.bot import Bot
from notifier.errors import StateError
from notifier.simulator.mail import MailFault, MailWrong
from notifier.simulator.slack_faults import SlackFault, Slip, lost
from tests.flow.stage import RULES, Stage, staged
from tests.flow.test_promises import ANA, LUIS, breach, play

DEPUTY = '\n[[receiver]]\nname = "deputy"\nemail = "suplente@example.com"\nlanguage = "en"\n'
LEADS = 'slack = "#operaciones"'
FALLBACK = RULES.replace(LEADS, f'{LEADS}\nfallback = "deputy"') + DEPUTY
ONLY_SLACK = FALLBACK.replace('to = ["leads", "on-call"]', 'to = ["leads"]')
NO_HISTORY = "chat:write,channels:read"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, ONLY_SLACK) as found:
        yield found


def refuse(stage: Stage, error: str, times: int = 1, method: str = "chat.postMessage") -> None:
    stage.slack.faults.extend([SlackFault(Slip.ERROR, method, error=error)] * times)


def later(stage: Stage, bot: Bot, **span: float) -> None:
    stage.wait(**span)
    bot.deliver_due()


def instead(stage: Stage) -> list[str]:
    """What the deputy was told: each mail's first line that says something."""
    return [mail.text.splitlines()[0] for mail in stage.mail.to("suplente@example.com")]


# ---- who stands in ----


def test_whoever_cannot_be_reached_is_stood_in_for_to_the_end(stage: Stage) -> None:
    refuse(stage, "is_archived", times=9)
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
    with stage.bot() as bot:
        play(stage, bot, "7", "0")

    assert instead(stage) == ["🟠 Warning", "🔴 Critical", "✅ Resolved after 2 min"]
    assert stage.seen() == []


def test_nobody_stands_in_while_all_is_well(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2", "7", "0")

    assert instead(stage) == []
    assert len(stage.slack.visible("operaciones")) == 2  # the message, and that it got worse


def test_who_heard_of_the_opening_still_hears_of_the_close(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        refuse(stage, "is_archived", times=4, method="chat.update")
        refuse(stage, "is_archived", times=4)
        play(stage, bot, "7", "0")
        stage.slack.faults.clear()
        later(stage, bot, minutes=10)
        later(stage, bot, minutes=10)

    assert "Resolved" in stage.seen()[0]
    assert instead(stage) == ["🔴 Critical", "✅ Resolved after 2 min"]


def test_who_heard_of_no_opening_is_told_of_no_end(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        refuse(stage, "is_archived", times=2, method="chat.update")
        play(stage, bot, "0")
        later(stage, bot, minutes=10)
        assert instead(stage) == []

        later(stage, bot, minutes=10)

    assert "Resolved" in stage.seen()[0]
    assert instead(stage) == []


def test_a_sale_that_cannot_be_posted_is_celebrated_elsewhere_once(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        refuse(stage, "is_archived")
        stage.hits("new")
        play(stage, bot, "0", "0")

    assert len(instead(stage)) == 1


def test_a_stand_in_of_another_operation_hears_nothing(tmp_path: Path) -> None:
    private = (
        ONLY_SLACK.replace(
            'email = "suplente@example.com"',
            'email = "suplente@example.com"\noperation = "medellin"',
        ).replace("[[source]]", '[[source]]\noperation = "bogota"')
        + '[[operation]]\nname = "medellin"\nserver = "{server}"\ntimezone = "America/Bogota"\n'
    )
    with staged(tmp_path, private) as stage:
        stage.more["NOTIFIER_TOKENS__MEDELLIN"] = "1"
        refuse(stage, "is_archived", times=5)
        with stage.bot() as bot:
            play(stage, bot, "0", "2")

        assert instead(stage) == []


def test_one_wrong_address_has_a_stand_in_and_the_others_their_mail(tmp_path: Path) -> None:
    several = RULES.replace(
        'email = ["guardia@example.com"]',
        'email = ["bad@example.com", "good@example.com"]\nfallback = "leads"',
    ).replace('to = ["leads", "on-call"]', 'to = ["on-call"]')
    with staged(tmp_path, several) as stage, stage.bot() as bot:
        stage.mail.faults.append(MailFault(MailWrong.REFUSE, to="bad@example.com"))
        play(stage, bot, "0", "2")

        assert len(stage.mail.to("good@example.com")) == 1
        assert len([text for text in stage.seen() if "rejection" in text]) == 1


# ---- a dead token ----


def test_a_dead_token_is_told_once_and_asked_seldom_and_survives_a_restart(stage: Stage) -> None:
    token, stage.slack.token = stage.slack.token, "xoxb-another"
    stage.more["NOTIFIER_SLACK__BOT_TOKEN"] = token
    with stage.bot() as bot:
        stage.slack.scopes = "chat:write"
        play(stage, bot, "0", "2")
        asked = len(stage.slack.calls)
        play(stage, bot, "7")

        assert len(stage.slack.calls) == asked
        assert bot.unready() == ["delivery: slack refuses our credential, see the log"]
    with stage.bot() as bot:
        play(stage, bot, "2")
        assert len(stage.slack.calls) == asked
        assert "delivery: slack refuses our credential, see the log" in bot.unready()
        stage.slack.token = token
        later(stage, bot, minutes=6)
        assert bot.unready() == []
        play(stage, bot, "0")

    told = [mail.text for mail in stage.mail.to("guardia@example.com")]
    assert len(told) == 2
    assert "slack takes no messages" in told[0]
    assert "slack takes messages again" in told[1]
    assert instead(stage)[:2] == ["🟠 Warning", "🔴 Critical"]


def test_a_wrong_password_is_as_bad_for_mail(tmp_path: Path) -> None:
    mailed = RULES.replace('to = ["leads", "on-call"]', 'to = ["on-call"]').replace(
        'operators = ["on-call"]', 'operators = ["leads"]'
    )
    with staged(tmp_path, mailed) as stage, stage.bot() as bot:
        refusal = MailFault(MailWrong.REFUSE, reply="535 5.7.8 Error: authentication failed")
        stage.mail.faults.append(refusal)
        play(stage, bot, "0", "2", "7")

        assert stage.mailed() == []
        assert bot.unready() == ["delivery: email refuses our credential, see the log"]
        assert [text for text in stage.seen() if "email takes no messages" in text]
        later(stage, bot, minutes=6)
        assert len(stage.mailed()) == 2
        assert bot.unready() == []


# ---- where nobody can look ----


def test_an_alert_whose_answer_is_lost_is_repeated_with_a_mark(tmp_path: Path) -> None:
    with staged(tmp_path, ONLY_SLACK) as stage, stage.bot() as bot:
        stage.slack.scopes = NO_HISTORY
        stage.slack.faults.append(lost())
        play(stage, bot, "0", "2")
        later(stage, bot, seconds=10)

        first, second = stage.seen()
        assert second == f"{first} (may repeat)"


def test_a_celebration_whose_answer_is_lost_is_not(stage: Stage) -> None:
    stage.slack.scopes = NO_HISTORY
    with stage.bot() as bot:
        play(stage, bot, "0")
        stage.slack.faults.append(lost())
        stage.hits("new")
        play(stage, bot, "0")
        later(stage, bot, seconds=10)

    assert len(stage.seen()) == 1
    assert instead(stage) == []


def test_a_celebration_for_a_channel_that_is_closed_meanwhile_is_told_elsewhere(
    stage: Stage,
) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
        stage.slack.faults.append(SlackFault(Slip.DROP, "chat.postMessage"))
        stage.hits("new")
        play(stage, bot, "0")
        stage.slack.add_channel("operaciones", archived=True)
    with stage.bot() as bot:
        later(stage, bot, seconds=10)
        later(stage, bot, seconds=10)

    assert len(instead(stage)) == 1


# ---- limits ----


def test_a_limit_holds_only_its_channel(tmp_path: Path) -> None:
    two = RULES.replace('to = ["leads", "on-call"]', 'to = ["leads", "boss"]') + (
        '\n[[receiver]]\nname = "boss"\nslack = "#jefatura"\n'
    )
    with staged(tmp_path, two, ["operaciones", "jefatura"]) as stage, stage.bot() as bot:
        limit = SlackFault(Slip.RATE_LIMITED, "chat.postMessage", retry_after="30")
        stage.slack.faults.append(limit)
        breach(stage, bot)
        bot.deliver_due()

        assert len(stage.slack.visible("operaciones") + stage.slack.visible("jefatura")) == 1
        later(stage, bot, seconds=31)
        assert len(stage.slack.visible("operaciones") + stage.slack.visible("jefatura")) == 2


def test_a_limit_that_keeps_a_message_for_minutes_is_said(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.slack.faults.append(
            SlackFault(Slip.RATE_LIMITED, "chat.postMessage", retry_after="600")
        )
        breach(stage, bot)
        bot.deliver_due()

        assert bot.unready() == []
        stage.wait(minutes=2)
        assert bot.unready() == ["delivery: slack messages wait for two minutes or longer"]
        later(stage, bot, minutes=9)
        assert bot.unready() == []


# ---- a message that went away ----


def test_a_deleted_message_is_told_anew_once_also_where_that_answer_is_lost(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        stage.slack.delete(stage.slack.messages("operaciones")[0])
        stage.slack.faults.append(lost())
        play(stage, bot, "0")
        for _ in range(4):
            later(stage, bot, seconds=10)

    assert len([text for text in stage.seen() if "Resolved" in text]) == 1


def test_a_message_that_may_be_edited_no_more_goes_on_in_a_new_one(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0", "2")
        stage.slack.faults.append(SlackFault(Slip.ERROR, "chat.update", error="edit_window_closed"))
        play(stage, bot, "3", "0")

    old, new = [each for each in stage.slack.messages("operaciones") if not each.is_reply]
    assert len(old.versions) == 1
    assert "Resolved" in new.now.text
    assert f"/p{old.ts.replace('.', '')}|" in new.versions[0].text


# ---- old news ----


def test_what_ended_before_it_could_be_told_is_told_in_one_message(stage: Stage) -> None:
    with stage.bot() as bot:
        for value in ("0", "2", "7", "0"):
            stage.wait(minutes=1)
            stage.agents({ANA: value, LUIS: "0"})
            bot.poll_once()
        bot.deliver_due()

    (message,) = stage.slack.messages("operaciones")
    assert message.text.startswith("Fired 10:02, cleared 10:04: ✅ *Resolved after 2 min*")
    assert len(message.versions) == 1


def test_what_ended_while_it_was_looked_for_in_vain_is_told_in_one_message(stage: Stage) -> None:
    with stage.bot() as bot:
        stage.slack.faults.append(SlackFault(Slip.DROP, "chat.postMessage"))
        play(stage, bot, "0", "2")
        stage.wait(seconds=6)
        stage.agents({ANA: "0", LUIS: "0"})
        bot.poll_once()
        for _ in range(3):
            later(stage, bot, seconds=6)

    (message,) = stage.slack.messages("operaciones")
    assert message.text.startswith("Fired 10:02, cleared 10:02: ✅")


def test_the_same_by_mail_is_one_mail_and_the_same_bytes_again(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        with stage.bot() as bot:
            for value in ("0", "2", "7", "0"):
                stage.wait(minutes=1)
                stage.agents({ANA: value, LUIS: "0"})
                bot.poll_once()
            stage.mail.faults.append(MailFault(MailWrong.DROP_AFTER_DATA))
            bot.deliver_due()
        with stage.bot() as bot:
            later(stage, bot, minutes=2)

        one, two = stage.mail.messages
        assert one.raw == two.raw
        assert one.text.startswith("Fired 10:02, cleared 10:04:\r\n")


def test_old_news_goes_to_whoever_stands_in_and_says_of_when_it_is(tmp_path: Path) -> None:
    hasty = ONLY_SLACK.replace('language = "en"', 'language = "en"\ngive_up = "1h"', 1)
    with staged(tmp_path, hasty) as stage, stage.bot() as bot:
        stage.slack.faults.extend([SlackFault(Slip.STATUS, "chat.postMessage")] * 300)
        play(stage, bot, "0", "2")
        for _ in range(8):
            later(stage, bot, minutes=10)

        assert instead(stage) == ["Late report of 5 Jan 10:02:"]
        (told,) = [m.text for m in stage.mail.to("guardia@example.com")]
        assert "leads takes no messages" in told


def test_old_news_that_nobody_stands_in_for_says_of_when_it_is(tmp_path: Path) -> None:
    hasty = RULES.replace('language = "en"', 'language = "en"\ngive_up = "1h"')
    with staged(tmp_path, hasty) as stage, stage.bot() as bot:
        stage.slack.faults.extend([SlackFault(Slip.STATUS, "chat.postMessage")] * 300)
        play(stage, bot, "0", "2")
        for _ in range(7):
            later(stage, bot, minutes=10)
        stage.slack.faults.clear()
        later(stage, bot, minutes=10)

        assert stage.seen()[0].startswith("Late report of 5 Jan 10:02: 🟠")


def test_old_news_that_may_have_arrived_is_told_of_its_end_there_too(tmp_path: Path) -> None:
    hasty = ONLY_SLACK.replace('language = "en"', 'language = "en"\ngive_up = "1h"', 1)
    with staged(tmp_path, hasty) as stage, stage.bot() as bot:
        stage.slack.faults.append(SlackFault(Slip.RATE_LIMITED, retry_after="3590"))
        play(stage, bot, "0", "2")
        stage.slack.faults.extend([lost(), *[SlackFault(Slip.STATUS, "conversations.history")] * 4])
        later(stage, bot, minutes=61)
        assert len(stage.seen()) == 1
        for _ in range(6):
            later(stage, bot, minutes=1)
        play(stage, bot, "0")

        assert [text for text in stage.seen() if "Warning" in text] == []
        assert instead(stage) == ["Late report of 5 Jan 10:02:", "✅ Resolved after 1 h 8 min"]


def test_who_heard_of_it_is_told_of_an_end_that_is_old_news_elsewhere(tmp_path: Path) -> None:
    """Slack is away for longer than `give_up`: the message in the channel must not stay red."""
    hasty = ONLY_SLACK.replace('language = "en"', 'language = "en"\ngive_up = "1h"', 1)
    with staged(tmp_path, hasty) as stage, stage.bot() as bot:
        play(stage, bot, "0", "2")
        for method in ("chat.update", "chat.postMessage"):
            stage.slack.faults.extend([SlackFault(Slip.STATUS, method)] * 300)
        play(stage, bot, "7")
        for _ in range(4):
            later(stage, bot, minutes=16)
        play(stage, bot, "0")
        for _ in range(4):
            later(stage, bot, minutes=16)
        assert "Warning" in stage.seen()[0]
        stage.slack.faults.clear()
        for _ in range(3):
            later(stage, bot, minutes=5)

        assert "Resolved" in stage.seen()[0]
        assert instead(stage)[0].startswith("Late report of 5 Jan 10:0")


def test_old_news_that_did_not_arrive_is_not_told_twice(tmp_path: Path) -> None:
    hasty = ONLY_SLACK.replace('language = "en"', 'language = "en"\ngive_up = "1h"', 1)
    with staged(tmp_path, hasty) as stage, stage.bot() as bot:
        stage.slack.faults.append(SlackFault(Slip.RATE_LIMITED, retry_after="3590"))
        play(stage, bot, "0", "2")
        stage.slack.faults.append(SlackFault(Slip.DROP, "chat.postMessage"))
        for _ in range(5):
            later(stage, bot, minutes=31)

        assert stage.seen() == []
        assert instead(stage) == ["Late report of 5 Jan 10:02:"]


def test_the_end_is_told_where_the_opening_may_have_been_seen(tmp_path: Path) -> None:
    dropping = RULES.replace(LEADS, f'{LEADS}\non_ambiguous = "drop"')
    with staged(tmp_path, dropping) as stage, stage.bot() as bot:
        stage.slack.scopes = NO_HISTORY
        stage.slack.faults.append(lost())
        play(stage, bot, "0", "2")
        later(stage, bot, seconds=10)
        assert sum(worker.lost for worker in bot.workers) == 1

        play(stage, bot, "0")

        assert len(stage.seen()) == 2
        assert "Resolved" in stage.seen()[1]


def test_what_was_looked_for_in_vain_for_days_is_told_of_its_end(tmp_path: Path) -> None:
    hasty = RULES.replace('language = "en"', 'language = "en"\ngive_up = "1h"')
    with staged(tmp_path, hasty) as stage, stage.bot() as bot:
        stage.slack.faults.append(lost())
        play(stage, bot, "0", "2")
        stage.slack.faults.extend([SlackFault(Slip.STATUS, "conversations.history")] * 300)
        for _ in range(20):
            later(stage, bot, minutes=30)
        stage.slack.faults.clear()
        play(stage, bot, "0")

        assert len([text for text in stage.seen() if "Resolved" in text]) == 1


def test_a_clock_that_jumps_ahead_while_slack_is_down_gives_nothing_up(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, stage.bot() as bot:
        stage.slack.faults.extend([SlackFault(Slip.STATUS, "chat.postMessage")] * 3)
        play(stage, bot, "0", "2")
        later(stage, bot, days=300)
        stage.wait(days=-300)
        stage.slack.faults.clear()
        for _ in range(4):
            later(stage, bot, minutes=1)

        assert len(stage.seen()) == 1
        assert sum(worker.lost for worker in bot.workers) == 0


def test_what_is_never_taken_is_given_up_in_the_end_and_counted(tmp_path: Path) -> None:
    hasty = RULES.replace('language = "en"', 'language = "en"\ngive_up = "1h"')
    with staged(tmp_path, hasty) as stage, stage.bot() as bot:
        stage.slack.faults.extend([SlackFault(Slip.STATUS, "chat.postMessage")] * 900)
        play(stage, bot, "0", "2")
        for _ in range(40):
            later(stage, bot, minutes=10)

        assert sum(worker.lost for worker in bot.workers) == 1
        assert stage.seen() == []


# ---- a far side that hangs, a disk that is full ----


def test_a_slack_that_hangs_holds_up_no_mail_and_is_said_to(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, stage.bot() as bot:
        slack = bot.workers[0]
        slack.channel._timeout = 1  # type: ignore[attr-defined]
        stage.slack.faults.extend([SlackFault(Slip.HANG, "chat.postMessage", seconds=3)] * 2)
        breach(stage, bot)
        bot.deliver_due()
        assert len(stage.mailed()) == 1
        later(stage, bot, seconds=6)
        later(stage, bot, seconds=6)
        stage.wait(minutes=2)

        assert bot.unready() == ["delivery: slack messages wait for two minutes or longer"]
        for _ in range(4):
            later(stage, bot, seconds=30)
        assert bot.unready() == []
        assert len(stage.seen()) == 1


@pytest.mark.parametrize("pages", [0, 1, 3])
def test_a_full_disk_loses_nothing_and_says_so(stage: Stage, pages: int) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
    with full(pages), stage.bot() as bot:
        for value in ("2", "2", "2", "7"):
            with suppress(StateError):
                play(stage, bot, value)
        with suppress(StateError):
            bot.reload()
        if stage.seen() == []:
            assert "database: it cannot be used" in bot.unready()
    with stage.bot() as bot:
        play(stage, bot, "7", "0")

    assert len([text for text in stage.seen() if "Resolved" in text]) == 1


def test_a_database_that_another_program_holds_loses_nothing_and_is_said_so(stage: Stage) -> None:
    with stage.bot() as bot:
        play(stage, bot, "0")
    with impatient(), stage.bot() as bot, closing(sqlite3.connect(stage.folder / "state.db")) as db:
        db.execute("BEGIN IMMEDIATE")
        for value in ("2", "7"):
            with pytest.raises(StateError, match="locked"):
                play(stage, bot, value)
        assert not bot.reload()
        assert "database: it cannot be used" in bot.unready()
        db.rollback()
        assert bot.reload()
        assert bot.unready() == []
        play(stage, bot, "7", "0")

    assert len([text for text in stage.seen() if "Resolved" in text]) == 1


@contextmanager
def impatient() -> Iterator[None]:
    """Databases opened now wait a moment for others, not half a minute."""

    def hurry(connection: object, _: object) -> None:
        connection.execute("PRAGMA busy_timeout = 50")  # type: ignore[attr-defined]

    event.listen(Engine, "connect", hurry)
    try:
        yield
    finally:
        event.remove(Engine, "connect", hurry)


class full:  # noqa: N801
    """A disk on which SQLite's file may grow by so many pages and no more."""

    def __init__(self, pages: int) -> None:
        self._pages = pages

    def __enter__(self) -> None:
        event.listen(Engine, "connect", self._limit)

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "connect", self._limit)

    def _limit(self, connection: object, _: object) -> None:
        cursor = connection.execute("PRAGMA page_count")  # type: ignore[attr-defined]
        most = cursor.fetchone()[0] + self._pages
        connection.execute(f"PRAGMA max_page_count = {most}")  # type: ignore[attr-defined]


# ---- what is kept alive ----


def test_an_alert_at_an_alertmanager_is_kept_alive_until_it_closes(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/api/v2/alerts").respond_with_data("")
    rules = RULES.replace('slack = "#operaciones"', 'alertmanager = "main"')
    with staged(tmp_path, rules) as stage:
        stage.more["NOTIFIER_ALERTMANAGERS__MAIN__URL"] = httpserver.url_for("/")
        with stage.bot() as bot:
            play(stage, bot, "0", "2")
            later(stage, bot, seconds=30)
            later(stage, bot, seconds=31)
        with stage.bot() as bot:
            later(stage, bot, minutes=1)
            play(stage, bot, "0")
            later(stage, bot, minutes=5)

        ends = [_alert(request.json)["endsAt"] for request, _ in httpserver.log]
        moments = [datetime.fromisoformat(one) for one in ends]
        assert len(moments) == 4
        assert moments == [*sorted(moments[:3]), moments[3]]
        assert moments[3] < stage.now - timedelta(minutes=4)


def test_what_is_open_for_longer_than_history_is_kept_is_kept_alive_all_the_same(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/api/v2/alerts").respond_with_data("")
    rules = RULES.replace('slack = "#operaciones"', 'alertmanager = "main"')
    with staged(tmp_path, rules) as stage:
        stage.more["NOTIFIER_ALERTMANAGERS__MAIN__URL"] = httpserver.url_for("/")
        with stage.bot() as bot:
            play(stage, bot, "0", "2")
            stage.wait(days=2)
            bot.tidy(stage.now, timedelta(days=1))
        with stage.bot() as bot:
            later(stage, bot, minutes=1)

        (first, _), (again, _) = httpserver.log
        ends = datetime.fromisoformat(_alert(again.json)["endsAt"])
        assert ends > stage.now
        assert _alert(first.json)["labels"] == _alert(again.json)["labels"]


def _alert(posted: object) -> dict[str, str]:
    (alert,) = json.loads(json.dumps(posted))
    assert isinstance(alert, dict)
    return alert
