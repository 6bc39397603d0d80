"""A digest in people's words: what happened, in three languages; nothing is one line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from notifier.core.facts.state import RuleTally
from notifier.core.judging.notice import Notice, Report
from notifier.core.judging.plan import Reach
from notifier.core.rules.tables import KINDS
from notifier.core.trial.sample import marked_notice
from notifier.render import Renderer, envelopes, text
from tests.builders import BEGIN

RENDERER = Renderer()
RULES = {
    "network-rejection": RuleTally(fired=4, acknowledged=1, ended=3, alone=2, lasted=2100.0),
    "new-hit": RuleTally(events=5),
    "queue-depth": RuleTally(ended=1, lasted=60.0),
}


def notice(report: Report, language: str = "en", kind: str = "slack", still: int = 0) -> Notice:
    reach = Reach("leads", kind, ("#leads",), language, language, "America/Bogota")
    marked = marked_notice(reach, BEGIN)
    rule = replace(marked.rule, id="end-of-shift", summary={})
    return replace(
        marked, rule=rule, items=(), roster=marked.roster * still, open=still, report=report
    )


def shift(rules: dict[str, RuleTally]) -> Report:
    return Report("shift", BEGIN - timedelta(hours=8), rules)


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "📋 Since 02:00: 4 alerts, 5 events, 1 open"),
        ("es", "📋 Desde 02:00: 4 alertas, 5 eventos, 1 abierta"),
        ("pt", "📋 Desde 02:00: 4 alertas, 5 eventos, 1 aberto"),
    ],
)
def test_what_happened_is_one_line_and_then_rule_by_rule(language: str, says: str) -> None:
    said = text(notice(shift(RULES), language, still=1), RENDERER)

    assert said.startswith(says)
    assert "network rejection: 4 alert" in said
    assert "35 min" in said


def test_that_nothing_happened_is_said_in_one_line() -> None:
    assert text(notice(shift({})), RENDERER) == "📋 Since 02:00: nothing happened"


def test_rules_are_told_how_they_did_and_which_never_fired() -> None:
    report = Report("rules", BEGIN - timedelta(days=7), RULES, ("site-link",))

    said = text(notice(report), RENDERER)

    assert "network rejection: 4 alerts · 1 acknowledged · 2 cleared by themselves" in said
    assert "0 alerts" not in said
    assert "never fired: site-link" in said
    assert "new hit" not in said


@pytest.mark.parametrize(
    ("language", "name", "still"),
    [("es", "Rechazo de red", "Enlace"), ("pt", "network rejection", "site-link")],
)
@pytest.mark.parametrize("kind", ["shift", "rules"])
def test_rules_are_called_by_their_titles(kind: str, language: str, name: str, still: str) -> None:
    titles = {"network-rejection": {"es": "Rechazo de red"}, "site-link": {"es": "Enlace"}}
    report = Report(kind, BEGIN - timedelta(days=7), RULES, ("site-link",))

    said = text(replace(notice(report, language), titles=titles), RENDERER)

    assert f"{name}: 4 alert" in said
    assert (still in said) == (kind == "rules")
    assert "new hit: 5" in said or kind == "rules"


def test_it_is_a_message_of_its_own_on_slack_and_a_mail() -> None:
    (post,) = envelopes(notice(shift(RULES)), RENDERER)
    (mail,) = envelopes(notice(shift(RULES), kind="email"), RENDERER)

    assert (post.form, post.reason, mail.form) == ("post", "event", "mail")
    assert json.loads(mail.payload)["subject"] == "end of shift: Since 02:00: 4 alerts, 5 events"


def test_a_long_digest_is_cut_with_a_count() -> None:
    many = {f"rule-{n:02}": RuleTally(fired=1) for n in range(30)}

    assert "10 more" in text(notice(shift(many)), RENDERER)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_channel_takes_a_digest(kind: str) -> None:
    (sent,) = envelopes(notice(shift(RULES), kind=kind, still=1), RENDERER)

    assert "4 alerts, 5 events, 1 open" in sent.payload


def test_for_an_alertmanager_a_digest_is_an_event_and_no_alert_that_never_ends() -> None:
    (sent,) = envelopes(notice(shift(RULES), kind="alertmanager", still=1), RENDERER)
    (alert,) = json.loads(sent.payload)["alerts"]

    assert alert["labels"]["alertname"] == "end-of-shift"
    assert alert["endsAt"] > alert["startsAt"]
