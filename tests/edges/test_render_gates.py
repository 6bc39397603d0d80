"""What people read of silences, acknowledgements, flapping and storms, in three languages."""

from __future__ import annotations

import dataclasses
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from notifier.core.facts.state import STORM_RULE, Conversation, Incident, Severity, Told
from notifier.core.judging.notice import Item, Notice, Reason, RuleText
from notifier.core.judging.silence import Silence
from tests.edges.notices import NOW, closed, conversation, incident, notice, opened, spanish
from tests.edges.test_render import rendered, shown

RECORDED = Path(__file__).parent.parent / "recorded" / "gates.txt"
ANA = incident()
AN_HOUR = NOW + timedelta(hours=1)
SILENCED: dict[str, Any] = {"silence": "s", "silenced_by": "Eva", "silenced_until": AN_HOUR}
OFTEN = replace(ANA, flapping=True, opens=(NOW,) * 5)
TOLD = Told(
    incident=ANA.id,
    receiver="team-leads",
    conversation="c",
    at=NOW - timedelta(minutes=12),
    severity=Severity.WARNING,
    value=6.5,
)


def brazil(**more: Any) -> Conversation:
    return conversation(language="pt", locale="pt_BR", **more)


def edit(one: Incident, reason: Reason = Reason.CHANGE, **more: Any) -> Notice:
    item = Item(reason, one, was=6.5, **{"before": TOLD, **more})
    return notice(item, talk=conversation(revision=2))


def said(told: Notice, talk: Conversation) -> Notice:
    """The same in another language."""
    revision = told.conversation.revision
    return dataclasses.replace(told, conversation=replace(talk, revision=revision))


def ending() -> Notice:
    silence = Silence(
        id="s",
        author="Eva",
        comment="new *switch*",
        created_at=NOW,
        starts_at=NOW,
        ends_at=NOW + timedelta(minutes=10),
    )
    crowd = tuple(incident(str(12_000 + n), f"AGENT {n}") for n in range(12))
    told = notice(roster=crowd, rule=RuleText(id="silence", severity=Severity.INFO))
    return dataclasses.replace(told, ending=silence)


def storm() -> Notice:
    links = [
        incident(f"10.0.0.{n}", "", rule="site-link", severity=Severity.CRITICAL) for n in "12"
    ]
    agents = [incident(str(12_000 + n), f"AGENT {n}", value=2.0 + n) for n in range(30)]
    items = [Item(Reason.OPEN, one) for one in (*links, *agents)]
    return notice(*items, rule=RuleText(id=STORM_RULE, severity=Severity.WARNING))


def storm_over() -> Notice:
    ended = [closed(item.incident) for item in storm().items]
    items = [Item(Reason.CLOSE, one) for one in ended]
    rule = RuleText(id=STORM_RULE, severity=Severity.WARNING)
    return notice(*items, rule=rule, talk=conversation(revision=2))


def scenes() -> dict[str, Notice]:
    plain = {
        "silenced": edit(replace(ANA, **SILENCED)),
        "silenced no more": edit(ANA, before=replace(TOLD, silence="s")),
        "open, held by a silence": notice(Item(Reason.OPEN, ANA, kept_by="Eva")),
        "open, held by quiet hours": notice(Item(Reason.OPEN, ANA, kept_by="")),
        "still open after a silence": edit(
            ANA, Reason.REPEAT, kept_by="Eva", before=replace(TOLD, silence="s")
        ),
        "still open after quiet hours": edit(ANA, Reason.REPEAT, kept_by=""),
        "acknowledged": edit(replace(ANA, acknowledged_by="Eva")),
        "acknowledged no more": edit(ANA, before=replace(TOLD, acknowledged="Eva")),
        "a silence ends": ending(),
        "flapping": opened(OFTEN),
        "flapping, again": notice(
            Item(Reason.CLOSE, closed(replace(ANA, id="1")), silent=True),
            Item(Reason.OPEN, OFTEN, silent=True, back=closed(replace(ANA, id="1"))),
            roster=(OFTEN,),
            talk=conversation(revision=5),
        ),
        "flapping no more": edit(ANA, Reason.REPEAT, before=replace(TOLD, flapping=True)),
        "soon back": notice(
            Item(
                Reason.OPEN,
                replace(ANA, opened_at=NOW + timedelta(minutes=15)),
                back=closed(replace(ANA, id="1")),
            ),
            talk=conversation(revision=3),
        ),
        "a group with notes": notice(
            Item(Reason.CHANGE, replace(ANA, **SILENCED), was=6.5, before=TOLD),
            roster=(replace(ANA, **SILENCED), replace(OFTEN, id="2", acknowledged_by="Eva")),
            talk=conversation(revision=3),
        ),
        "a storm": storm(),
        "a storm is over": storm_over(),
    }
    foreign = {
        f"{name}, in {language}": said(told, talk)
        for language, talk in (("Spanish", spanish()), ("Portuguese", brazil()))
        for name, told in plain.items()
    }
    return plain | foreign


def test_what_people_read_of_them_is_as_recorded() -> None:
    """``RECORD=1 make test ARGS="-k recorded"`` writes it anew: review the difference."""
    told = "\n\n".join(f"==== {name}\n{shown(one)}" for name, one in scenes().items()) + "\n"
    told = "\n".join(line.rstrip() for line in told.split("\n"))
    if os.environ.get("RECORD"):
        RECORDED.write_text(told, encoding="utf-8")
    assert told == RECORDED.read_text(encoding="utf-8")


def test_what_nobody_is_to_notice_is_an_edit_on_slack_and_nothing_elsewhere() -> None:
    silent = notice(
        Item(Reason.OPEN, ANA, silent=True, back=closed(replace(ANA, id="1"))),
        talk=conversation(revision=2),
    )
    forms = {}
    for kind in ("slack", "email", "slack_webhook"):
        talk = conversation(kind, revision=2)
        forms[kind] = [e.form for e in rendered(dataclasses.replace(silent, conversation=talk))]
    assert forms == {"slack": ["edit"], "email": [], "slack_webhook": []}


def test_a_silent_edit_of_what_lives_on_gives_way_to_a_newer_one_and_an_end_does_not() -> None:
    lives = notice(Item(Reason.OPEN, ANA, silent=True), talk=conversation(revision=2))
    ends = notice(Item(Reason.CLOSE, closed(ANA), silent=True), talk=conversation(revision=2))
    assert [e.droppable for told in (lives, ends) for e in rendered(told)] == [True, False]


def test_a_storm_lists_every_member() -> None:
    seen = shown(storm())
    assert all(f"({12_000 + n})" in seen for n in range(30))


def test_an_authors_name_pings_nobody_and_is_one_line() -> None:
    odd = replace(ANA, **(SILENCED | {"silenced_by": "<!here> *Eva*\n"}))
    seen = shown(edit(odd))
    assert "<!here>" not in seen.partition("[terminal]")[0].partition("[mail]")[0]
