"""The bot says how it is: numbers, a sign of life that means something, one id through the log."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pytest_httpserver import HTTPServer

from notifier.bot import Bot
from tests.flow.pages import served
from tests.flow.stage import Stage, staged

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


def test_a_sign_of_life_is_given_when_an_alert_came_through(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    with staged(tmp_path) as stage:
        watched(stage, httpserver)
        with stage.bot() as bot:
            bot.heartbeat()
            numbers = bot.numbers().decode()
            left = [worker.backlog()[0] for worker in bot.workers]

    assert len(httpserver.log) == 1
    assert "notifier_canary_timestamp_seconds 1.76" in numbers
    assert stage.seen() == []
    assert stage.mailed() == []
    assert set(left) == {0}


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

    assert httpserver.log == []
    assert "canary silent" in "".join(capsys.readouterr())


# ---- one id through the log ----


def test_a_poll_and_its_deliveries_have_one_id_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from notifier import logs

    with staged(tmp_path) as stage, stage.bot() as bot:
        logs.configure("json")
        stage.agents({"1-ANA": "2"})
        bot.poll_once(("latency",))
        bot.deliver_due()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line[:1] == "{"]

    (polled,) = (each for each in lines if each["event"] == "polled")
    delivered = [each["trace"] for each in lines if each["event"] == "delivered"]
    assert delivered == [polled["trace"]] * 2
