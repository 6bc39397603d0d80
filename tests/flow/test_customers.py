"""No customer's number reaches anybody: random ones through every way that a text may take."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer

from notifier import logs
from notifier.bot import Bot
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.mail import MailFault, MailWrong
from notifier.simulator.slack_faults import SlackFault, Slip
from tests.flow.stage import RULES, Stage, envelope, staged

RUN = 9  # digits of a number that are no coincidence among ids and times
NUMBERS = st.text("0123456789", min_size=11, max_size=13)
EVERYWHERE = (
    RULES.replace('to = ["leads", "on-call"]', 'to = ["leads", "on-call", "hook", "am", "teams"]')
    .replace('to = ["leads"]', 'to = ["leads", "on-call", "hook", "am", "teams"]')
    .replace('language = "en"', 'language = "en"\nfallback = "on-call"')
    + """
[[receiver]]
name = "hook"
webhook = "hook"

[[receiver]]
name = "am"
alertmanager = "am"

[[receiver]]
name = "teams"
teams = "teams"
language = "es"
"""
)


def spellings(number: str) -> tuple[str, ...]:
    """A number as people, programs and mistakes write it."""
    return (
        number,
        f"+{number[:2]} {number[2:5]} {number[5:]}",
        f"({number[:3]}) {number[3:6]}-{number[6:]}",
        f"{number}@example.com",
        f"tel:{number}\n<!channel>",
    )


def sale(number: str, spelt: str) -> dict[str, Any]:
    """A row of hits_last_hour with a customer in every place, declared or not."""
    return {
        "conn_id": f"call-{number[:3]}", "type_interaction": "inbound", "date": "20260105100000",
        "telephone": spelt, "customer_id": number, "dni": spelt, "customer_phone": spelt,
        "comments": f"call {spelt} back", "hit": "yes", "nested": {"telephone": [spelt, number]},
        "ani": int(number), spelt: "a key of its own",
    }  # fmt: skip


def agent(number: str, value: str) -> dict[str, Any]:
    """A row of latency with a national id that is the agent's own."""
    return {"agent_id": "12004-ANA", "dni": number, "agent_dni": number, "phone": number,
            "network_rejection": value, "ip": "1.2.3.4", "last_number": f"+{number}"}  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("customers"), EVERYWHERE) as found:
        yield found


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(numbers=st.lists(NUMBERS, min_size=5, max_size=5, unique_by=lambda n: n[:3]))
def test_no_run_of_a_customers_digits_is_anywhere(
    stage: Stage,
    httpserver: HTTPServer,
    capsys: pytest.CaptureFixture[str],
    numbers: list[str],
) -> None:
    (stage.folder / "state.db").unlink(missing_ok=True)
    httpserver.clear()
    httpserver.expect_request(re.compile(".*")).respond_with_data("")
    for name in ("WEBHOOKS__HOOK__URL", "ALERTMANAGERS__AM__URL", "TEAMS__TEAMS"):
        stage.more[f"NOTIFIER_{name}"] = httpserver.url_for("/hook")
    logs.configure("json", "debug")

    with stage.bot() as bot:
        _live(stage, bot, numbers)
        said = [bot.numbers().decode(), repr(bot.cycle.known), *_outside(stage, httpserver)]

    captured = capsys.readouterr()
    said += [captured.out, captured.err, *_stored(stage)]
    assert len([text for text in said if len(text) > 1_000]) >= 4  # there was something to find
    for number in numbers:
        assert not [text for text in said if _holds(text, number)]


def _live(stage: Stage, bot: Bot, numbers: Sequence[str]) -> None:
    """A baseline, sales, breaches, answers that cannot be read, refusals, a mail that is lost."""
    one, *_ = numbers
    _minute(stage, bot, [], "0", one)
    rows = [sale(n, spelt) for n, spelt in zip(numbers, spellings(one), strict=True)]
    rows += [sale(n, n) for n in numbers]
    _minute(stage, bot, rows, "2", one)
    for wrong in (
        Fault(Wrong.STATUS, status=400, api="hits_last_hour"),
        Fault(Wrong.STATUS, status=500, api="latency"),
    ):
        stage.wolkvox.faults.append(wrong)
    stage.slack.faults.append(SlackFault(Slip.ERROR, "chat.postMessage", error="invalid_blocks"))
    stage.mail.faults.append(MailFault(MailWrong.DROP_AFTER_DATA))
    _minute(stage, bot, rows, "7", one)
    for broken in (f"<html>{one}</html>", f'{{"data": "{one}', json.dumps([one, int(one)])):
        stage.wolkvox.respond_with("hits_last_hour", broken.encode())
        stage.wait(minutes=1)
        bot.poll_once()
    refusal = {"code": 403, "error": one, "msg": f"token of {one} exceeded", "data": None}
    stage.wolkvox.respond_with("latency", refusal)
    stage.wait(minutes=1)
    bot.poll_once()
    _minute(stage, bot, rows, "0", one)
    stage.wait(minutes=3)
    bot.deliver_due()


def _minute(stage: Stage, bot: Bot, sales: list[dict[str, Any]], value: str, number: str) -> None:
    stage.wait(minutes=1)
    stage.wolkvox.respond_with("hits_last_hour", envelope(sales))
    rows = {"by_agent": [agent(number, value)], "by_ip": [], "by_pbx": []}
    stage.wolkvox.respond_with("latency", envelope([rows]))
    bot.poll_once()
    bot.deliver_due()


def _outside(stage: Stage, httpserver: HTTPServer) -> Iterator[str]:
    """All that left the process."""
    yield from (json.dumps(dict(call.arguments), default=str) for call in stage.slack.calls)
    for mail in stage.mail.messages:
        yield mail.raw.decode()
        yield mail.text + mail.html
    yield from (request.get_data(as_text=True) for request, _ in httpserver.log)


def _stored(stage: Stage) -> Iterator[str]:
    """All that is on the disk, unfolded."""
    unfold = zstandard.ZstdDecompressor()
    with closing(sqlite3.connect(stage.folder / "state.db")) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    if isinstance(value, bytes) and value.startswith(b"\x28\xb5\x2f\xfd"):
                        yield unfold.decompress(value, 10_000_000).decode("utf-8", "replace")
                    else:
                        yield str(value)


def _holds(text: str, number: str) -> bool:
    """Whether a run of its digits is there, written together or with what people put between."""
    together = re.sub(r"(?<=\d)[ ()+.\-]{1,2}(?=\d)", "", text)
    runs = {number[i : i + RUN] for i in range(len(number) - RUN + 1)}
    return any(run in one for one in (text, together) for run in runs)


def test_what_is_looked_for_would_be_found() -> None:
    for spelt in spellings("573001234567"):
        assert _holds(f"call {spelt} now", "573001234567")
