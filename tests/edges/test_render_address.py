"""The way from a message to its page: where it leads, in every channel, and where there is none."""

from __future__ import annotations

import json
from dataclasses import replace as with_changes
from typing import Any

import pytest

from notifier.channels.slack_forms import classic
from notifier.core.judging.notice import Item, Notice, Reason
from notifier.core.trial.sample import TEST
from notifier.render import Renderer, envelopes
from tests.edges.notices import NOW, RULE, closed, conversation, incident, notice, opened, sales

ROOT = "https://alerts.example.com"
LEADING, PRESSED, SILENT = Renderer(page=ROOT), Renderer(page=ROOT, buttons=True), Renderer()
ONE = f"{ROOT}/incidents/{incident().id}"
RULES = f"{ROOT}/history?operation=bogota&rule=network-rejection"


def payload(told: Notice, renderer: Renderer = LEADING) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(envelopes(told, renderer)[0].payload)
    return found


def buttons(told: Notice, renderer: Renderer = LEADING) -> list[dict[str, Any]]:
    blocks = payload(told, renderer)["attachments"][0]["blocks"]
    return [each for block in blocks if block["type"] == "actions" for each in block["elements"]]


def several(kind: str = "slack") -> Notice:
    return notice(
        Item(Reason.OPEN, incident()),
        Item(Reason.OPEN, incident("12005", "LUIS")),
        talk=conversation(kind),
    )


@pytest.mark.parametrize("kind", ["slack", "slack_webhook"])
def test_what_is_open_in_slack_has_a_button_that_leads_to_its_page(kind: str) -> None:
    (button,) = buttons(opened(talk=conversation(kind)))

    assert (button["action_id"], button["text"]["text"], button["url"]) == ("page", "Open", ONE)


def test_it_stands_beside_the_buttons_that_do_something() -> None:
    ids = [each["action_id"] for each in buttons(opened(), PRESSED)]

    assert ids == ["acknowledge", "silence", "page"]


def test_what_is_over_has_a_link_in_its_small_print_instead() -> None:
    over = notice(Item(Reason.CLOSE, closed(incident())), talk=conversation(revision=2))

    assert buttons(over) == []
    assert f"<{ONE}|Open> · " in json.dumps(payload(over), ensure_ascii=False)


@pytest.mark.parametrize(
    ("told", "place"),
    [
        (opened(), ONE),
        (several(), RULES),
        (sales(2), f"{ROOT}/hits"),
        (opened(rule=with_changes(RULE, drill=True)), f"{ROOT}/"),
        (opened(rule=TEST), f"{ROOT}/"),
    ],
    ids=["one", "several", "sales", "a drill", "a test"],
)
def test_a_message_leads_to_the_page_that_shows_it(told: Notice, place: str) -> None:
    talk = conversation("webhook")

    assert payload(with_changes(told, conversation=talk))["page"] == place


def test_a_mail_leads_there_in_both_its_parts() -> None:
    mail = payload(opened(talk=conversation("email")))

    assert f"Open: {ONE}" in mail["text"]
    assert f'href="{ONE}"' in mail["html"]
    assert f'href="{ROOT}/hits"' in payload(sales(1, conversation("email")))["html"]


def test_a_teams_message_names_it_once_and_apprise_in_its_text() -> None:
    teams = payload(opened(talk=conversation("teams")))
    other = payload(opened(talk=conversation("apprise")))

    assert (teams["page"], teams["page_label"]) == (ONE, "Open")
    assert ONE not in teams["text"]
    assert f"Open: {ONE}" in other["text"]


def test_each_alert_of_an_alertmanager_leads_to_its_own_incident() -> None:
    alerts = payload(several("alertmanager"))["alerts"]

    assert [each["generatorURL"] for each in alerts] == [
        ONE, f"{ROOT}/incidents/{incident('12005').id}",
    ]  # fmt: skip


def test_where_the_page_has_no_address_nothing_leads_there() -> None:
    told = opened(rule=with_changes(RULE, runbook=""))

    for kind in ("slack", "slack_webhook", "email", "teams", "apprise", "webhook", "alertmanager"):
        said = envelopes(with_changes(told, conversation=conversation(kind)), SILENT)[0].payload
        assert "Open" not in said.replace('"label":"Open"', "")
        assert "http" not in said.replace("http-equiv", "")


def test_the_link_outlives_a_workspace_that_knows_no_blocks() -> None:
    (attachment,) = classic(payload(opened(), PRESSED))["attachments"]

    assert f"<{ONE}|Open>" in attachment["text"]
    assert "Acknowledge" not in attachment["text"]


def test_names_of_the_rules_file_cannot_bend_the_address() -> None:
    told = with_changes(several(), rule=with_changes(RULE, id="a&b=c#d"), at=NOW)

    assert payload(told)["attachments"][0]["blocks"][-2]["elements"][0]["url"].endswith(
        "?operation=bogota&rule=a%26b%3Dc%23d"
    )
