"""Silences and acknowledgements as people meet them: commands beside the bot, and what is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from notifier import cli, desk
from notifier.clocks import utc_now
from notifier.commands import listing
from notifier.core.facts.state import Scalar
from notifier.core.judging.request import EndSilence
from notifier.core.judging.silence import Silence
from notifier.errors import RequestError
from notifier.store import requests
from notifier.store.database import Database, open_database
from tests.flow.stage import BEGIN, Stage, staged
from tests.flow.test_run import eventually, running

ANA = "12004-ANA"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as found:
        yield found


@pytest.fixture
def database(stage: Stage) -> Iterator[Database]:
    """The database as another program opens it, beside the bot."""
    with stage.bot():
        pass  # the first start makes it
    opened = open_database(f"sqlite:///{stage.folder / 'state.db'}", prepare=False)
    yield opened
    opened.close()


def poll(stage: Stage) -> None:
    """One round of the bot, as cron starts it."""
    with stage.bot() as bot:
        bot.poll_once()
        bot.deliver_due()


def an_hour(stage: Stage, **more: object) -> Silence:
    usual: dict[str, object] = {"author": "Ana", "comment": "new switch", "rules": ["rejection"]}
    usual |= {"now": stage.now, "ends_at": stage.now + timedelta(hours=1)}
    return desk.new_silence(**(usual | more))  # type: ignore[arg-type]


# ---- what people see ----


def test_a_silenced_alert_is_told_when_the_silence_ends(stage: Stage, database: Database) -> None:
    desk.add_silence(database, an_hour(stage))
    stage.agents({ANA: "2"})
    stage.wait(minutes=1)
    poll(stage)
    assert (stage.seen(), stage.mailed()) == ([], [])
    stage.wait(hours=1)
    poll(stage)
    assert stage.seen() == ["🟠 *Warning:* ANA (12004): rejection 2%"]
    message = stage.slack.messages("operaciones")[0]
    assert "open since 10:01, silenced by Ana until now" in json.dumps(message.now.attachments)
    assert len(stage.mailed()) == 1


def test_what_closes_under_a_silence_is_closed_by_an_edit_that_nobody_notices(
    stage: Stage, database: Database
) -> None:
    stage.agents({ANA: "2"})
    poll(stage)
    stage.wait(minutes=1)
    desk.add_silence(database, an_hour(stage))
    stage.agents({ANA: "0"})
    poll(stage)
    assert [text.partition("*")[0] for text in stage.seen()] == ["✅ "]
    thread = stage.slack.thread(stage.slack.messages("operaciones")[0])
    assert [reply for reply in thread if "Resolved" in reply.now.text] == []
    assert len(stage.mailed()) == 2


def test_a_request_made_while_the_bot_was_down_counts_from_when_it_was_made(
    stage: Stage, database: Database
) -> None:
    stage.rules.write_text(stage.rules.read_text().replace("to = [", 'repeat = "30m"\nto = [', 1))
    stage.agents({ANA: "2"})
    poll(stage)
    stage.wait(minutes=20)
    taken = desk.remembered(database, stage.now).incidents
    desk.acknowledge(database, next(iter(taken))[:6], "Ana", stage.now)
    stage.wait(minutes=20)
    poll(stage)
    message = stage.slack.messages("operaciones")[0]
    assert "Acknowledged by Ana" in json.dumps(message.now.attachments)
    assert len(stage.mailed()) == 1  # no reminder


def test_a_request_survives_a_bot_that_dies_before_it_is_judged_and_is_judged_once(
    stage: Stage, database: Database
) -> None:
    with stage.bot() as bot:
        desk.add_silence(database, an_hour(stage))
        bot.heed()
        bot.heed()
    with stage.bot() as bot:
        assert len(bot.cycle.known.silences) == 1
    assert [each.state for each in desk.silences(database, stage.now)] == ["active"]


def test_a_request_that_cannot_be_read_is_refused_and_holds_nothing_up(
    stage: Stage, database: Database
) -> None:
    with database.transaction() as connection:
        requests.ask(connection, "odd", stage.now, EndSilence("x"))
        connection.exec_driver_sql("""UPDATE request SET body = '{"type": "dance"}'""")
    name = desk.add_silence(database, an_hour(stage))
    poll(stage)
    assert desk.judged(database, "odd") == "another version of notifier asked for it"
    assert desk.judged(database, name) == ""


def test_a_request_that_a_mistake_of_ours_lets_nobody_judge_holds_nothing_up(
    stage: Stage, database: Database
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    with stage.bot() as bot:
        odd = desk.add_silence(database, an_hour(stage))
        bot.cycle.write, write = broken, bot.cycle.write
        bot.heed()
        bot.cycle.write = write
        name = desk.add_silence(database, an_hour(stage, comment="another"))
        bot.heed()
    assert "internal mistake" in (desk.judged(database, odd) or "")
    assert desk.judged(database, name) == ""


# ---- what may be asked for ----


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"author": " \n"}, "an author"),
        ({"comment": ""}, "a comment"),
        ({"comment": "x" * 501}, "longer than 500"),
        ({"ends_at": BEGIN}, "must end after it begins"),
        ({"ends_at": BEGIN + timedelta(days=400)}, "no longer than a year"),
        ({"rules": []}, "say what to silence"),
        ({"rules": ["a"] * 51}, "at most 50"),
        ({"entities": [""]}, "no empty one"),
        ({"weekly": "sometimes"}, "is not a time of the week"),
        ({"timezone": "Bogota"}, "is not a time zone"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(given: dict[str, object], said: str) -> None:
    usual = {"author": "Ana", "comment": "c", "now": BEGIN, "rules": ["r"]}
    usual |= {"ends_at": BEGIN + timedelta(hours=1)}
    with pytest.raises(RequestError, match=said):
        desk.new_silence(**(usual | given))  # type: ignore[arg-type]


def test_a_name_is_made_harmless() -> None:
    assert desk.named(" Ana\n\x00 \u202eMaría ") == "Ana María"


def test_an_ended_silence_is_listed_as_such_at_once(stage: Stage, database: Database) -> None:
    name = desk.add_silence(database, an_hour(stage))
    planned = an_hour(stage, starts_at=stage.now + timedelta(minutes=30), comment="later")
    desk.add_silence(database, planned)
    assert desk.end_silence(database, name[:8], stage.now, "Eva").id == name
    states = [(each.silence.id, each.state) for each in desk.silences(database, stage.now)]
    assert states == [(planned.id, "planned"), (name, "ended")]
    with pytest.raises(RequestError, match="there is no silence"):
        desk.end_silence(database, name, stage.now)


def test_the_beginning_of_an_id_is_enough_if_it_is_the_only_one(
    stage: Stage, database: Database
) -> None:
    stage.agents({ANA: "2", "12005-EVA": "3"})
    poll(stage)
    found = desk.remembered(database, stage.now).incidents
    with pytest.raises(RequestError, match="there is no open incident"):
        desk.acknowledge(database, "xyz", "Ana", stage.now)
    with pytest.raises(RequestError, match="in the future"):
        desk.acknowledge(database, next(iter(found)), "Ana", stage.now, until=BEGIN)
    with pytest.raises(RequestError, match="there is no open incident ``"):
        desk.acknowledge(database, "", "Ana", stage.now)


def test_several_with_one_beginning_are_told_apart() -> None:
    with pytest.raises(RequestError, match="the beginning of 2 ids"):
        desk._one("ab", {"abc": 1, "abx": 2}, "silence", "")


# ---- the commands ----


class Shell:
    """The command line, in the stage's environment."""

    def __init__(
        self, stage: Stage, patch: pytest.MonkeyPatch, out: pytest.CaptureFixture[str]
    ) -> None:
        self._patch, self._out = patch, out
        self.aside = ""  # what the last command said on standard error
        for name, value in stage.environment().items():
            patch.setenv(name, value)
        patch.chdir(stage.folder)

    def __call__(self, *words: str, code: int = 0) -> str:
        """What it prints; on standard error where it fails."""
        self._out.readouterr()  # what the bot logged here
        self._patch.setattr(sys, "argv", ["notifier", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = self._out.readouterr()
        assert ended.value.code == code, said.err
        self.aside = said.err
        return (said.err if code else said.out).strip()


@pytest.fixture
def shell(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    return Shell(stage, monkeypatch, capsys)


WHO = ("--author", "Ana", "--comment", "new switch")


def test_the_commands_add_list_and_end_a_silence(stage: Stage, shell: Shell) -> None:
    stage.real = True
    stage.agents({ANA: "2"})
    stage.now = utc_now()
    poll(stage)
    assert shell("silence", "list") == "nothing is silenced"
    name = shell("silence", "add", "--rule", "rej*", "--entity", "12004", "--for", "1h", *WHO)
    (listed,) = json.loads(shell("silence", "list", "--json"))
    assert (listed["id"], listed["state"], listed["author"]) == (name, "active", "Ana")
    assert (listed["rule"], listed["entity"], len(listed["matches"])) == (["rej*"], ["12004"], 1)
    assert "rule rej* entity 12004" in shell("silence", "list")
    (alert,) = json.loads(shell("alerts", "--json"))
    assert (alert["silence"], alert["silenced_by"]) == (name, "Ana")
    assert "silenced by Ana until" in shell("alerts")
    assert shell("silence", "end", name[:6]) == name
    assert [each["state"] for each in json.loads(shell("silence", "list", "--json"))] == ["ended"]
    assert json.loads(shell("alerts", "--json"))[0]["silence"] is None


def test_people_read_the_clock_of_their_operation(stage: Stage, shell: Shell) -> None:
    stage.agents({ANA: "2"})
    stage.now = utc_now()
    poll(stage)

    (alert,) = json.loads(shell("alerts", "--json"))

    there = datetime.fromisoformat(alert["since"]).astimezone(ZoneInfo("America/Bogota"))
    assert f"{there:%Y-%m-%d %H:%M}" in shell("alerts")


@pytest.mark.parametrize(
    ("names", "warned"),
    [
        (("--rule", "rejektion"), "is called `rejektion`; did you mean `rejection`?"),
        (
            ("--rule", "nothing*", "--rule", "rej*"),
            "rule of the rules file is called `nothing*`",
        ),
        (("--operation", "lima"), "no operation of the rules file is called `lima`"),
        (("--rule", "source", "--entity", "any"), ""),
    ],
)
def test_a_silence_of_what_is_not_there_is_warned_of(
    stage: Stage, shell: Shell, names: tuple[str, ...], warned: str
) -> None:
    poll(stage)

    shell("silence", "add", *names, "--for", "1h", *WHO)

    assert ("warning" in shell.aside) == bool(warned)
    assert warned in shell.aside


def test_the_command_acknowledges_and_takes_it_back(stage: Stage, shell: Shell) -> None:
    stage.agents({ANA: "2"})
    stage.now = utc_now()
    poll(stage)
    (alert,) = json.loads(shell("alerts", "--json"))
    assert alert["acknowledged_by"] is None
    said = shell("ack", alert["incident"][:6], "--author", "Ana", "--for", "2h", "--sticky")
    assert said == f"{alert['incident'][:8]}  rejection 12004: acknowledged by Ana"
    assert json.loads(shell("alerts", "--json"))[0]["acknowledged_by"] == "Ana"
    assert "taken by Ana" in shell("alerts")
    assert shell("alerts").splitlines()[1].startswith(f"{alert['incident'][:8]}  open")
    said = shell("ack", alert["incident"], "--author", "Ana", "--undo")
    assert said.endswith("nobody has it any more")
    assert json.loads(shell("alerts", "--json"))[0]["acknowledged_by"] is None


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1607.0, "duration", "26 min 47 s"),
        (6.0, "percent", "6%"),
        (42.0, "ms", "42 ms"),
        (8.0, "number", "8"),
        ("lost", "text", "lost"),
        (None, "percent", ""),
    ],
)
def test_a_list_shows_values_as_messages_do(value: Scalar, unit: str, said: str) -> None:
    assert listing.value_of(value, unit) == said


def test_what_is_pending_has_its_unit_too(stage: Stage, shell: Shell) -> None:
    text = stage.rules.read_text()
    stage.rules.write_text(text.replace('id = "rejection"', 'id = "rejection"\nfor = "10m"'))
    stage.agents({ANA: "2.5"})
    stage.now = utc_now()
    poll(stage)

    assert "pending" in shell("alerts")
    assert "2.5%" in shell("alerts")


def test_a_list_in_a_pipe_is_never_cut(stage: Stage, shell: Shell) -> None:
    poll(stage)
    comment = "x" * 400

    shell("silence", "add", "--rule", "rejection", "--for", "1h", "--author", "Ana",
          "--comment", comment)  # fmt: skip

    assert comment in shell("silence", "list")


def test_a_planned_and_weekly_silence_can_be_asked_for(
    stage: Stage, shell: Shell, database: Database
) -> None:
    del database, stage  # there must be one
    times = ("--start", "2099-05-04T22:00-05:00", "--end", "2099-06-01")
    weekly = ("--weekly", "Sun 08:00-10:00", "--timezone", "America/Bogota")
    shell("silence", "add", "--operation", "*", *times, *weekly, "--end-on-resolve", *WHO)
    (listed,) = json.loads(shell("silence", "list", "--json"))
    assert (listed["state"], listed["weekly"]) == ("planned", "Sun 08:00-10:00")
    assert listed["end_on_resolve"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("silence", "add", "--rule", "x", *WHO), "error: a silence must end"),
        (("silence", "add", "--rule", "x", "--for", "1h", "--end", "2099-01-01", *WHO), "must end"),
        (("silence", "add", "--rule", "x", "--for", "5", *WHO), "error: `5`: a duration is"),
        (("silence", "add", "--rule", "x", "--for", "0s", *WHO), "longer than 0"),
        (("silence", "add", "--rule", "x", "--end", "soon", *WHO), "error: `soon` is not a time"),
        (("silence", "add", "--for", "1h", *WHO), "error: say what to silence"),
        (("silence", "end", "x"), "error: there is no silence `x`"),
        (("ack", "x", "--author", "Ana"), "error: there is no open incident `x`"),
    ],
)
def test_a_wrong_command_is_told_what_is_wrong(
    shell: Shell, database: Database, words: tuple[str, ...], said: str
) -> None:
    del database
    assert said in shell(*words, code=1)


def test_a_running_bot_heeds_a_silence_and_its_end(stage: Stage, shell: Shell) -> None:
    stage.real = True
    text = stage.rules.read_text().replace('every = "1m"', 'every = "1s"')
    stage.rules.write_text(text)
    with running(stage) as child:
        eventually(lambda: child.said("polled"))
        name = shell("silence", "add", "--rule", "rejection", "--for", "1h", *WHO)
        eventually(lambda: child.said("AddSilence"))
        assert not child.said("refused="), "nothing was"
        stage.agents({ANA: "2"})
        eventually(lambda: "rejection" in shell("alerts"))
        assert stage.seen() == []
        shell("silence", "end", name)
        eventually(lambda: len(stage.seen()) == 1)
