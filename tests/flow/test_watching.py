"""The bot says how it is: numbers, a sign of life that means something, one id through the log."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from notifier import logs
from notifier.bot import Bot
from tests.flow.pages import served
from tests.flow.stage import BEGIN, Stage, staged

ROOT = Path(__file__).parent.parent.parent
SUFFIXES = ("_total", "_bucket", "_sum", "_count", "_created")


def known(bot: Bot) -> set[str]:
    """Every name that Prometheus would find here."""
    families = list(text_string_to_metric_families(bot.numbers().decode()))
    return {family.name + suffix for family in families for suffix in ("", *SUFFIXES)}


def wanted(name: str) -> set[str]:
    text = (ROOT / "docs" / "monitoring" / name).read_text(encoding="utf-8")
    return set(re.findall(r"\bnotifier_[a-z_]+\b", text))


@pytest.mark.parametrize("name", ["grafana.json", "alerts.yml"])
def test_every_number_that_the_dashboard_and_the_alarms_name_is_there(
    tmp_path: Path, name: str
) -> None:
    with staged(tmp_path) as stage, stage.bot() as bot:
        bot.poll_once()

        missing = wanted(name) - known(bot)

    assert wanted(name)
    assert missing == set()


def labels_of(bot: Bot) -> dict[str, set[str]]:
    """The labels of every number."""
    named = bot.cycle.metrics.registry._collector_to_names
    return {n: set(getattr(c, "_labelnames", ())) for c, names in named.items() for n in names}


@pytest.mark.parametrize("name", ["grafana.json", "alerts.yml"])
def test_the_dashboard_and_the_alarms_ask_for_labels_that_their_numbers_have(
    tmp_path: Path, name: str
) -> None:
    text = (ROOT / "docs" / "monitoring" / name).read_text(encoding="utf-8").replace("\\", "")
    with staged(tmp_path) as stage, stage.bot() as bot:
        labels = labels_of(bot)

    wrong = []
    for expression in re.findall(r"expr\"?: \"?(.*)", text):
        names = re.findall(r"\bnotifier_[a-z_]+\b", expression)
        there = set[str]().union(*(labels[each] for each in names)) | {"le"}
        groups = re.findall(r"\bby \(([^)]*)\)|\{([^}]*)\}", expression)
        asked = set(re.findall(r"[a-z_]+(?=[=,!]|$| )", " ".join(map(" ".join, groups))))
        wrong += [(expression, label) for label in asked - there]
    assert wrong == []


def test_prometheus_itself_reads_the_alarms() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")

    done = subprocess.run(
        [promtool, "check", "rules", str(ROOT / "docs" / "monitoring" / "alerts.yml")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_source_is_stale_only_in_its_hours_and_gone_with_its_rules(tmp_path: Path) -> None:
    stale = 'notifier_source_stale{operation="bogota",source="latency"}'
    with staged(tmp_path) as stage:
        rules = stage.rules.read_text()
        stage.rules.write_text(
            rules.replace('"latency"\nevery', '"latency"\nactive = "Mon-Fri 08:00-18:00"\nevery')
        )
        with stage.bot() as bot:
            stage.agents({"1-ANA": "0"})
            stage.hits()
            bot.poll_once()
            seen = []
            for hours in (0, 2, 10):  # 10:00, 12:00 and 22:00 in Bogota
                stage.wait(hours=hours)
                (line,) = (x for x in bot.numbers().decode().splitlines() if x.startswith(stale))
                seen.append(line.rpartition(" ")[2])
            without = rules.partition('[[rule]]\nid = "rejection"')
            stage.rules.write_text(
                without[0].replace('[[source]]\nendpoint = "latency"\nevery = "1m"\n', "")
                + '[[rule]]\nid = "hit"' + rules.partition('[[rule]]\nid = "hit"')[2]
            )  # fmt: skip
            assert bot.reload()
            after = bot.numbers().decode()

    assert seen == ["0.0", "1.0", "0.0"]
    assert stale not in after
    assert 'notifier_entities{operation="bogota",source="latency"}' not in after


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    board = json.loads((ROOT / "docs" / "monitoring" / "grafana.json").read_text("utf-8"))

    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) > 10
    assert all(target["expr"] for panel in board["panels"] for target in panel["targets"])


def test_numbers_follow_a_poll_its_decision_and_its_deliveries(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        rules = stage.rules.read_text().replace("[[source]]", "licenses = 9\n\n[[source]]", 1)
        stage.rules.write_text(rules)
        site.bot.reload()
        site.poll(**{"1_ANA": "2", "2_LUIS": "9"})

        text = site.ask("/metrics").text

    for line in (
        'notifier_entities{operation="bogota",source="latency"} 2.0',
        'notifier_calls_today{operation="bogota"} 2.0',
        'notifier_calls_quota{operation="bogota"} 9000.0',
        'notifier_deliveries_total{channel="slack",reason="open",result="delivered"} 1.0',
        'notifier_judge_seconds_count{reading="good"} 2.0',
        'notifier_incidents_open{severity="critical"} 1.0',
    ):
        assert line in text
    assert 'notifier_source_good_timestamp_seconds{operation="bogota",source="latency"}' in text


# ---- the sign of life ----


def watched(stage: Stage, server: HTTPServer) -> None:
    server.expect_request("/alive").respond_with_data("ok")
    stage.more["NOTIFIER_HEARTBEAT_URL"] = server.url_for("/alive")


def number(bot: Bot, name: str) -> float:
    (line,) = (each for each in bot.numbers().decode().splitlines() if each.startswith(f"{name} "))
    return float(line.rpartition(" ")[2])


def test_a_sign_of_life_is_given_when_an_alert_came_through_and_not_before(
    tmp_path: Path, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("json", "info")
    with staged(tmp_path) as stage:
        watched(stage, httpserver)
        with stage.bot() as bot:
            bot.heartbeat()
            before = len(httpserver.log)
            begun = number(bot, "notifier_canary_timestamp_seconds")
            stage.wait(seconds=1)
            bot.deliver_due()
            sung = number(bot, "notifier_canary_timestamp_seconds")
            left = [worker.backlog()[0] for worker in bot.workers]

    assert before == 0
    assert len(httpserver.log) == 1
    assert (begun, sung) == (BEGIN.timestamp(), stage.now.timestamp())
    assert stage.seen() == []
    assert stage.mailed() == []
    assert set(left) == {0}
    assert "".join(capsys.readouterr()) == "", "a sign of life a minute is no news"


def test_a_sign_of_life_is_given_by_the_bot_itself_once_a_minute(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    heard = threading.Event()

    def hear(_: Request) -> Response:
        heard.set()
        return Response("ok")

    with staged(tmp_path) as stage:
        httpserver.expect_request("/alive").respond_with_handler(hear)
        stage.more["NOTIFIER_HEARTBEAT_URL"] = httpserver.url_for("/alive")
        with stage.bot() as bot:
            bot.start()
            try:
                assert heard.wait(60)
            finally:
                bot.stop()

    assert len(httpserver.log) == 1


def test_no_sign_of_life_is_given_when_messages_do_not_get_through(
    tmp_path: Path, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with staged(tmp_path) as stage:
        watched(stage, httpserver)
        with stage.bot() as bot, bot.workers[0].database.transaction() as connection:
            # As if somebody's disk had eaten it: what is queued is gone before it is claimed.
            connection.exec_driver_sql(
                "CREATE TRIGGER eaten AFTER INSERT ON outbox BEGIN DELETE FROM outbox; END"
            )
        with stage.bot() as bot:
            bot.heartbeat()
            bot.deliver_due()
            stage.wait(minutes=1)
            bot.heartbeat()

    assert httpserver.log == []
    assert "canary silent" in "".join(capsys.readouterr())


def test_a_broken_template_of_ones_own_is_said_at_the_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with staged(tmp_path) as stage:
        stage.more["NOTIFIER_TEMPLATES"] = str(tmp_path / "nowhere")
        with stage.bot():
            pass

    assert "nowhere" in "".join(capsys.readouterr())


# ---- one id through the log ----


def test_a_poll_and_its_deliveries_have_one_id_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with staged(tmp_path) as stage, stage.bot() as bot:
        logs.configure("json")
        stage.agents({"1-ANA": "2"})
        bot.poll_once(("latency",))
        bot.deliver_due()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line[:1] == "{"]

    (polled,) = (each for each in lines if each["event"] == "polled")
    delivered = [each["trace"] for each in lines if each["event"] == "delivered"]
    assert delivered == [polled["trace"]] * 2
