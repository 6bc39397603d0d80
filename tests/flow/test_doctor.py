"""``notifier doctor``: each thing that it looks at, once well and once not, on loopback."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from notifier.clocks import Clocks
from notifier.commands.doctor import calls, doctor, examined
from notifier.commands.simulate import read_file
from notifier.core.examination.finding import Finding, Level, ok
from notifier.doctor.rounds import Check, rounds
from notifier.doctor.visit import Visit
from notifier.errors import StateError
from notifier.simulator.center import Center
from notifier.simulator.mail import MailServer
from notifier.store.database import open_database
from tests.edges.stores import database_url, postgresql  # noqa: F401  # fixtures
from tests.flow.stage import BEGIN, RULES, Stage, staged

SKILLS = '[[source]]\nendpoint = "skills"\nevery = "1m"\n\n[[receiver]]'
TOKEN_OF = "NOTIFIER_TOKENS__BOGOTA"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    rules = RULES.replace("[[receiver]]", SKILLS, 1).replace(
        'timezone = "America/Bogota"', 'timezone = "America/Bogota"\nlicenses = 40'
    )
    with staged(tmp_path, rules) as found:
        found.more["NOTIFIER_SMTP__SENDER"] = "notifier@example.com"
        happens(found)
        yield found


def happens(stage: Stage, script: str = "") -> None:
    """Let the contact center live as the script says, from now on."""
    stage.wolkvox.center = Center(7, BEGIN, read_file(script, "it.toml", BEGIN).script)
    for api in ("latency", "hits_last_hour"):
        stage.wolkvox.respond_with(api, None)


def wrong(way: str, more: str = "") -> str:
    return f'[[fault]]\nway = "{way}"\nat = "0s"\nfor = "9h"\n{more}\n'


class Found:
    """What was found, by part and check."""

    def __init__(self, findings: Iterable[list[Finding]]) -> None:
        self.all = [each for some in findings for each in some]

    def __getitem__(self, name: str) -> Finding:
        group, _, check = name.partition(": ")
        return next(f for f in self.all if f.group.startswith(group) and f.check == check)

    def level(self, name: str) -> str:
        return self[name].level.value

    @property
    def failed(self) -> list[str]:
        return [f"{f.group}: {f.check}" for f in self.all if f.level is Level.FAIL]


def look(stage: Stage) -> Found:
    clocks = Clocks(stage.clock, lambda: stage.now.timestamp(), lambda: 0.0)
    return Found(examined(stage.settings(), clocks))


def polled(stage: Stage, times: int = 1) -> None:
    """Let the bot make its database, and read each source some times."""
    with stage.bot() as bot:
        for _ in range(times):
            bot.poll_once()
            stage.wait(minutes=11)


# ---- all is well, or all is not ----


def test_where_all_is_well_nothing_is_to_be_done(stage: Stage) -> None:
    polled(stage)
    found = look(stage)

    assert {f.level for f in found.all if f.check != "file"} == {Level.OK, Level.SKIPPED}
    assert [f.check for f in found.all if f.level is Level.SKIPPED] == ["counter reset", "buttons"]
    assert calls(found.all) == 4
    assert not stage.seen()
    assert not stage.mailed()


def test_it_works_where_every_part_is_down(stage: Stage) -> None:
    stage.wolkvox.stop()
    stage.slack.stop()
    stage.mail.stop()
    stage.more["NOTIFIER_DATABASE_URL"] = "sqlite:////nowhere/at/all.db"

    found = look(stage)

    assert found.failed == [
        "database: database",
        "wolkvox bogota: source latency",
        "slack: token",
        "mail: server",
    ]
    assert all(f.fix or f.level is not Level.FAIL for f in found.all if f.group != "database")
    assert "not asked after that" in found["wolkvox: source skills"].text
    assert "that this machine reaches Slack" in found["slack: token"].fix


def test_one_part_that_is_down_hides_no_other(stage: Stage) -> None:
    stage.rules.write_text(stage.rules.read_text().replace("when =", "wehn ="))

    found = look(stage)

    assert found["rules: file"].level is Level.FAIL
    assert any("unknown key `wehn`" in each.text for each in found.all)
    assert found.level("wolkvox: sources") == "skipped"
    assert found.level("slack: token") == "ok"
    assert found.level("database: tables") == "warn"


# ---- settings and rules ----


def test_variables_and_templates_that_mean_nothing_are_named(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_SLACK__BOT_TOKN", "x")
    (stage.folder / "slack").mkdir()
    (stage.folder / "slack" / "incident.j2").write_text("{{ nothing.at.all | }}")
    stage.more["NOTIFIER_TEMPLATES"] = str(stage.folder)

    found = look(stage)

    assert found["settings: variables"].fix == "did you mean NOTIFIER_SLACK__BOT_TOKEN?"
    assert found.level("rules: templates") in ("warn", "fail")


# ---- wolkvox ----


def test_a_wrong_token_stops_the_questions_and_names_its_variable(stage: Stage) -> None:
    stage.more[TOKEN_OF] = "wrong"
    found = look(stage)

    assert found["wolkvox: token"].fix.endswith(TOKEN_OF)
    assert found.level("wolkvox: source skills") == "skipped"
    assert calls(found.all) == 1


def test_a_missing_token_is_a_finding_like_any_other(stage: Stage) -> None:
    stage.more[TOKEN_OF] = ""
    found = look(stage)

    assert f"set {TOKEN_OF}" in found["wolkvox: token"].text
    assert found.level("slack: token") == "ok"


@pytest.mark.parametrize(
    ("script", "check", "level", "says"),
    [
        (wrong("unknown_api", 'api = "skills"'), "source skills", "fail", "request: "),
        (wrong("forbidden", 'api = "skills"'), "source skills", "fail", "forbidden: "),
        (wrong("maintenance", 'api = "skills"'), "source skills", "warn", "maintenance: "),
        (wrong("not_found", 'api = "skills"'), "source skills", "warn", "never gave rows"),
        (wrong("quota"), "source latency", "fail", "quota: "),
        (wrong("date", "seconds = 700"), "clock", "warn", "12 min behind"),
        (
            wrong("written", 'field = "latency_ms"\ntext = "comma"'),
            "values of latency",
            "warn",
            "by_agent.latency_ms (",
        ),
        (
            wrong("missing_field", 'field = "platform"'),
            "values of latency",
            "warn",
            "by_agent.platform",
        ),
        (
            wrong("written", 'field = "by_abandon"\ntext = "european"'),
            "decimals",
            "warn",
            "decimal comma",
        ),
        (
            wrong("value", 'field = "stat_answer"\ntext = "99999"'),
            "plausible",
            "warn",
            "stat_answer <= stat_inbound + 2 (",
        ),
    ],
)
def test_what_is_wrong_with_wolkvox_is_found(
    stage: Stage, script: str, check: str, level: str, says: str
) -> None:
    happens(stage, script)
    found = look(stage)

    assert (found.level(f"wolkvox: {check}"), says in found[f"wolkvox: {check}"].text) == (
        level,
        True,
    )


def test_a_404_of_what_gave_rows_before_is_no_news(stage: Stage) -> None:
    polled(stage)
    happens(stage, wrong("not_found", 'api = "skills"'))

    assert look(stage).level("wolkvox: source skills") == "ok"


def test_a_zone_that_is_not_the_operations_is_found(stage: Stage) -> None:
    stage.rules.write_text(stage.rules.read_text().replace("America/Bogota", "America/Santiago"))
    found = look(stage)

    assert found["wolkvox: timezone"].level is Level.FAIL
    assert "UTC-05:00, which America/Santiago is not" in found["wolkvox: timezone"].text


def test_a_wrong_base_of_service_levels_is_found(stage: Stage) -> None:
    text = stage.rules.read_text()
    stage.rules.write_text(text.replace("licenses = 40", 'level_base = "inbound"'))
    found = look(stage)

    assert found["wolkvox: service level"].fix == 'set level_base = "answered" on the operation'


def test_the_calls_are_counted_with_those_of_the_bot(stage: Stage) -> None:
    polled(stage)

    assert look(stage)["wolkvox: quota"].text.startswith("7 calls of ours today, 7 of all programs")


def test_a_day_that_other_programs_nearly_spent_is_found(stage: Stage) -> None:
    happens(stage, '[[scene]]\nkind = "others"\nat = "0s"\nfor = "1m"\namount = 39000')
    stage.wolkvox.quota = 40_000
    stage.wait(minutes=2)

    assert look(stage).level("wolkvox: quota") == "warn"


def test_licenses_that_are_not_those_of_the_operation_are_found(stage: Stage) -> None:
    stage.rules.write_text(stage.rules.read_text().replace("licenses = 40", "licenses = 9"))

    assert look(stage)["wolkvox: quota"].fix == "set licenses = 40 on the operation"


def test_where_wolkvox_does_not_say_the_calls_that_were_counted_are_all(stage: Stage) -> None:
    happens(stage, wrong("not_found", 'api = "token_info"'))
    well = look(stage)
    happens(stage, wrong("forbidden", 'api = "token_info"'))
    stage.rules.write_text(stage.rules.read_text().replace("licenses = 40", ""))

    assert well.level("wolkvox: quota") == "ok"
    assert "how many there may be is not known" in look(stage)["wolkvox: quota"].text


def test_the_hour_of_the_reset_is_read_off_the_recordings(stage: Stage) -> None:
    happens(stage, '[[scene]]\nkind = "counter_reset"\nat = "25m"')
    polled(stage, 5)

    assert look(stage)["wolkvox: counter reset"].text == (
        "counters began anew between Mon 10:22 to Mon 10:33, local time"
    )


def test_what_is_unreadable_only_now_and_then_is_remembered(stage: Stage) -> None:
    stage.agents({"12004-ANA": "1,5"})
    polled(stage)
    stage.agents({"12004-ANA": "1.5"})
    polled(stage)

    found = [each.text for each in look(stage).all if each.check == "lately latency"]

    assert any("could not be read: by_agent.network_rejection (in 1 answer, " in t for t in found)


# ---- Slack ----


def test_a_refused_slack_token_is_found(stage: Stage) -> None:
    stage.more["NOTIFIER_SLACK__BOT_TOKEN"] = "xoxb-other"
    found = look(stage)

    assert "invalid_auth" in found["slack: token"].text
    assert "xoxb-other" not in str(found.all)


def test_a_scope_that_is_missing_names_what_cannot_be_done(stage: Stage) -> None:
    stage.slack.scopes = "channels:read,channels:history"
    found = look(stage)

    assert found.level("slack: scopes") == "fail"
    assert "chat:write is missing: it cannot post" in found["slack: scopes"].text
    stage.slack.scopes = "chat:write"
    found = look(stage)
    assert found.level("slack: scopes") == "warn"
    assert found.level("slack: receiver leads") == "skipped"


@pytest.mark.parametrize(
    ("channel", "level", "says"),
    [
        ({"member": True}, "ok", "is a member"),
        ({"member": False}, "ok", "join by itself"),
        ({"member": False, "private": True}, "fail", "no channel #operaciones that the bot"),
        ({"archived": True}, "fail", "no channel #operaciones that the bot"),
    ],
)
def test_a_channel_that_cannot_be_posted_in_is_found(
    stage: Stage, channel: dict[str, Any], level: str, says: str
) -> None:
    stage.slack.add_channel("operaciones", **channel)
    found = look(stage)["slack: receiver leads"]

    assert (found.level.value, says in found.text) == (level, True)


def test_a_private_channel_needs_scopes_of_its_own(stage: Stage) -> None:
    stage.slack.add_channel("operaciones", private=True)
    assert look(stage)["slack: scopes"].text == "all 5 that are needed"
    stage.slack.scopes = stage.slack.scopes.replace("groups:history,", "")
    assert "in private channels" in look(stage)["slack: scopes"].text


def test_a_channel_without_the_bot_is_found_where_it_cannot_join(stage: Stage) -> None:
    stage.slack.add_channel("operaciones", member=False)
    stage.slack.scopes = "chat:write,channels:read,channels:history"

    assert look(stage)["slack: receiver leads"].fix == "/invite @notifier there"


def test_an_app_token_is_tried_too(stage: Stage) -> None:
    stage.slack.socket_url = "ws://127.0.0.1:9/"
    stage.more["NOTIFIER_SLACK__APP_TOKEN"] = stage.slack.app_token
    well = look(stage)
    stage.more["NOTIFIER_SLACK__APP_TOKEN"] = "xapp-other"
    found = look(stage)

    assert well.level("slack: buttons") == "ok"
    assert "invalid_auth" in found["slack: buttons"].text


def test_a_channel_by_id_may_be_archived_or_public(stage: Stage) -> None:
    identity = stage.slack.add_channel("operaciones", member=False)
    stage.rules.write_text(stage.rules.read_text().replace("#operaciones", identity))
    stage.slack.scopes += ",chat:write.public"
    assert look(stage).level("slack: receiver leads") == "ok"
    stage.slack.add_channel("operaciones", archived=True)
    assert "is archived" in look(stage)["slack: receiver leads"].text


def test_receivers_without_a_look_are_named_with_the_way_to_try_them(stage: Stage) -> None:
    text = stage.rules.read_text()
    hook = '\n[[receiver]]\nname = "hook"\nslack_webhook = "floor"\n'
    stage.rules.write_text(text + hook + '\n[[rule]]\nid = "other"\non = "skills"\n'
                           'when = "calls_in_queue_now > 9"\nto = ["hook"]\n')  # fmt: skip
    assert "NOTIFIER_SLACK__WEBHOOKS__FLOOR" in look(stage)["receivers: receiver hook"].text
    stage.more["NOTIFIER_SLACK__WEBHOOKS__FLOOR"] = stage.slack.add_webhook("floor", "floor")
    assert "send-test hook" in look(stage)["receivers: receiver hook"].text


def test_what_no_receiver_uses_is_left_alone(stage: Stage) -> None:
    text = stage.rules.read_text().replace(
        'email = ["guardia@example.com"]', 'slack = "#operaciones"'
    )
    stage.rules.write_text(text)
    assert look(stage).level("mail: server") == "skipped"
    stage.rules.write_text(text.replace('slack = "#operaciones"', 'email = ["a@example.com"]'))
    stage.more["NOTIFIER_SLACK__BOT_TOKEN"] = ""
    assert look(stage).level("slack: token") == "skipped"


# ---- mail ----


def test_a_login_that_is_refused_is_found_and_nothing_is_sent(stage: Stage) -> None:
    with MailServer(auth=("bot", "right")) as server:
        stage.more |= {"NOTIFIER_SMTP__PORT": str(server.port), "NOTIFIER_SMTP__USERNAME": "bot"}
        stage.more["NOTIFIER_SMTP__PASSWORD"] = "right"
        well = look(stage)
        stage.more["NOTIFIER_SMTP__PASSWORD"] = "not-that"
        found = look(stage)

        assert well.level("mail: server") == "ok"
        assert well["mail: encryption"].fix.startswith("set NOTIFIER_SMTP__SECURITY")
        assert "535" in found["mail: server"].text
        assert "not-that" not in str(found.all)
        assert not server.messages


def test_a_server_without_the_encryption_that_is_asked_for_is_found(stage: Stage) -> None:
    stage.more["NOTIFIER_SMTP__SECURITY"] = "starttls"

    assert "offers no STARTTLS" in look(stage)["mail: server"].text


def test_a_sender_that_nobody_set_is_found(stage: Stage) -> None:
    stage.more["NOTIFIER_SMTP__SENDER"] = ""

    assert look(stage)["mail: sender"].fix == "set NOTIFIER_SMTP__SENDER"


# ---- database ----


def test_it_looks_beside_a_running_notifier(stage: Stage) -> None:
    with stage.bot() as bot:
        bot.poll_once()
        found = look(stage)

    assert found["database: lock"].text == "a notifier runs on it"
    assert found.failed == []
    assert look(stage)["database: lock"].text == "no notifier runs on it now"


def test_both_kinds_of_databases_are_looked_at(stage: Stage, database_url: str) -> None:  # noqa: F811
    named = database_url.replace("postgresql:", "postgresql+psycopg:")
    stage.more["NOTIFIER_DATABASE_URL"] = named
    open_database(database_url).close()
    idle = look(stage)
    with stage.bot():
        running = look(stage)

    assert [each.level("database: writing") for each in (idle, running)] == ["ok", "ok"]
    assert [each["database: lock"].text for each in (idle, running)] == [
        "no notifier runs on it now",
        "a notifier runs on it",
    ]


def test_a_database_that_is_missing_older_or_another_file_is_found(stage: Stage) -> None:
    assert look(stage)["database: tables"].fix == "nothing, before the first start"
    polled(stage)
    with closing(sqlite3.connect(stage.folder / "state.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
        connection.commit()
    assert "tables of another version" in look(stage)["database: database"].text
    (stage.folder / "state.db").write_bytes(b"hello" * 900)
    assert "another kind of file" in look(stage)["database: database"].text


def test_a_database_that_another_program_keeps_locked_is_found(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled(stage)
    monkeypatch.setattr("notifier.doctor.visit.PATIENCE", 0.1)
    with closing(sqlite3.connect(stage.folder / "state.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        found = look(stage)

    assert "another program has been writing for too long" in found["database: database"].text
    assert found.level("wolkvox: source skills") == "ok"


# ---- the rounds ----


def test_a_check_that_hangs_or_breaks_hides_no_other() -> None:
    def breaks() -> list[Finding]:
        raise ZeroDivisionError

    def refuses() -> list[Finding]:
        raise StateError("it is so")

    def hangs() -> list[Finding]:
        never.wait(60)
        return []

    never = Event()
    checks = [
        Check("a", "hangs", hangs),
        Check("b", "breaks", breaks),
        Check("c", "refuses", refuses, "do that"),
        Check("d", "works", lambda: [ok("d", "works", "well")]),
    ]

    found = [each for some in rounds(checks, 0.2) for each in some]
    never.set()

    assert [f.text for f in found] == [
        "no answer within 0 s",
        "an internal mistake of notifier (ZeroDivisionError)",
        "it is so",
        "well",
    ]
    assert found[2].fix == "do that"


# ---- the command ----


def told(stage: Stage, capsys: pytest.CaptureFixture[str], *, as_json: bool) -> tuple[int, str]:
    """Run the command itself, on the real clock."""
    stage.real = True
    before = dict(os.environ)
    os.environ.update(stage.environment())
    try:
        code = doctor(as_json=as_json)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return code, capsys.readouterr().out


def test_people_read_it_part_by_part_with_what_to_do(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.more["NOTIFIER_SMTP__PORT"] = "1"
    code, said = told(stage, capsys, as_json=False)

    assert code == 1
    assert "\nslack\n  ok       token" in said
    assert "-> check NOTIFIER_SMTP__HOST" in said
    assert "1 fail" in said
    assert "wolkvox was asked 4 times" in said


def test_programs_read_it_as_json(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(stage, capsys, as_json=True)
    whole = json.loads(said)

    assert (code, whole["ok"], whole["calls"]) == (0, True, 4)
    assert set(whole["findings"][0]) == {"group", "check", "level", "text", "fix"}


def test_it_gives_back_the_database(stage: Stage) -> None:
    polled(stage)
    visit = Visit(stage.settings(), Clocks(stage.clock))
    visit.close()

    assert visit.database is not None
    assert stage.now > BEGIN + timedelta(minutes=1)
