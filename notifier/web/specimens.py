"""Make up what each page may have to show: a page template of the user's own is tried on it.

As much as possible at once, and as little as possible: what fails for some would fail at night.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from notifier.core.standing.change import Change
from notifier.core.standing.receiver_status import Delivery, ReceiverStatus
from notifier.core.standing.rule_status import RuleStatus, RuleTest
from notifier.core.standing.source_notes import Note
from notifier.core.standing.source_status import SourceStatus
from notifier.core.standing.status import IncidentStatus
from notifier.version import VERSION
from notifier.web.desk import Hits, SilenceStatus, Standing, Step, Story
from notifier.web.silences import SPANS, STATES, Given
from notifier.web.visitor import Role, Visitor
from notifier.web.wishes import Answered, Asked, Look, Reasoned, Sent, Tried

WHEN = datetime.fromisoformat("2026-01-05T15:00:00+00:00")  # a Monday morning in Bogotá
HOUR = timedelta(hours=1)
ZONES = {"bogota": "America/Bogota"}

OPEN = IncidentStatus(
    incident="0123456789abcdef", rule="network-rejection", operation="bogota", entity="12004",
    title={"": "Network rejection"}, name="ANDRÉS GÓMEZ", source="latency", severity="critical",
    state="open",
    since=WHEN - HOUR, opened_at=WHEN - HOUR, seen_at=WHEN, value=6.0, worst=9.0, unit="percent",
    threshold=1.0, trend=(2.0, 9.0, 6.0), acknowledged_by="Eva", silence="a0", held="frozen",
    silenced_by="Luis", silenced_until=WHEN + HOUR, receivers=("team-leads",), told=("team-leads",),
)  # fmt: skip
EXPLAINED = replace(
    OPEN, incident="1123456789abcdef", explained_by=OPEN.incident, told=(), untold="explained",
    acknowledged_by=None, silence=None, silenced_by=None, silenced_until=None, state="recovering",
    title={},
    value=None, threshold=None, unit="number", name="", trend=(),
)  # fmt: skip
PENDING = replace(EXPLAINED, incident=None, explained_by=None, state="pending", severity=None)
CLOSED = replace(
    OPEN, incident="2123456789abcdef", state="closed", closed_at=WHEN, closing="recovered", held="",
    direction="<",
)  # fmt: skip
STORY = Story(
    incident=OPEN,
    steps=(
        Step(at=WHEN - HOUR, what="opened", detail="warning"),
        Step(at=WHEN - HOUR, what="told", who="team-leads", detail="open;post;delivered"),
        Step(at=WHEN, what="acknowledged", who="Eva"),
        Step(at=WHEN, what="explained", detail="1123456789abcdef"),
        Step(at=WHEN, what="changed", who="Eva", detail="unacknowledge"),
    ),
    values=((WHEN - HOUR, 2.0), (WHEN - HOUR / 2, None), (WHEN, 6.0)),
    evidence={"agent_name": "ANDRÉS GÓMEZ", "network_rejection": 6.0, "ploss": None},
)
WHY = Answered(
    rule=OPEN.rule, operation="bogota", entity="12004", at=WHEN, told=True, reason="open",
    said="", inputs={"network_rejection": 6.0},
    day=(Reasoned(since=WHEN - HOUR, until=WHEN, reason="clear", polls=60),),
)  # fmt: skip
SOURCE = SourceStatus(
    operation="bogota", source="latency", endpoint="latency", state="failing", every=60.0,
    good_at=WHEN - HOUR, failures=3, failing_since=WHEN - HOUR, trouble="timeout",
    detail="it did not answer", retry_at=WHEN + HOUR, entities=40, calls=700, used=900,
    quota=40_000,
    notes=(
        Note(what="absent", about="ip", times=2, first=WHEN - HOUR, last=WHEN, matters=True),
        Note(what="broken", about="sums", last=WHEN), Note(what="resets"),
    ),
)  # fmt: skip
RULE = RuleStatus(
    rule=OPEN.rule, operation="bogota", source="latency.by_agent", kind="state", severity="warning",
    title=OPEN.title,
    state="open", when="network_rejection > 1", where="agent_status == 'connected'",
    to=("team-leads",), open=1, fired=7, short=5, taken=1, last_at=WHEN, hold=600.0,
    tests=(RuleTest("ten minutes", True, ()), RuleTest("a blank", False, ("0m: expected open",))),
)  # fmt: skip
RECEIVER = ReceiverStatus(
    receiver="team-leads", kind="slack", state="broken", addresses=1, operations=("bogota",),
    language="es", timezone="America/Bogota", quiet="22:00-07:00", target=60, waiting=2,
    oldest_at=WHEN - HOUR, delivered=9, failed=1, last_at=WHEN - HOUR, error="channel_not_found",
)  # fmt: skip
DELIVERY = Delivery(
    position=1, delivery="d0", incident="0123456789abcdef", conversation="c0",
    receiver="team-leads", recipient="C1", kind="slack", form="post", reason="open", state="failed",
    queued_at=WHEN, due_at=WHEN, settled_at=WHEN, attempts=3, error="channel_not_found",
)  # fmt: skip
SILENCE = SilenceStatus(
    id="a0", state="active", author="Luis", comment="the switch is replaced", rule=("network-*",),
    entity=("12004",), operation=("bogota",), created=WHEN, start=WHEN, end=WHEN + HOUR,
    weekly="Mon-Fri 13:00-14:00", timezone="America/Bogota", end_on_resolve=True,
    matches=("0123456789abcdef",),
)  # fmt: skip
ENDED = replace(SILENCE, state="ended", ended_by="Eva", matches=(), weekly=None)
HITS = Hits(
    operation="bogota", rule="new-hit", day="2026-01-05", count=12, by_hour=(0, 5, 7), target=60,
    last_at=WHEN,
)  # fmt: skip
CHANGE = Change(at=WHEN, who="Eva", how="session", what="silence", about="a0", detail="a reason")
ASKED = Asked(rule=OPEN.rule, entity="12004", operation="bogota")
LOOKS = (  # done, under way, and in vain
    Look(id="l0", wish=ASKED, answer=WHY),
    Look(id="l0", wish=ASKED, share=0.5, days=7.0),
    Look(id="l0", wish=ASKED, wrong="nothing is recorded"),
)
TRIED = Tried(
    was=(Sent(at=WHEN, reason="open", entity="12004", receiver="team-leads", text="It opened."),),
    would=(),
)


def specimens() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each page's name and what it shows, with everything, and with nothing."""
    for name, values in _pages():
        yield name, {**_around(name), **values}


def _around(name: str) -> dict[str, Any]:
    """What every page knows."""
    return {
        "here": name, "live": True, "version": "1",
        "visitor": Visitor(Role.OPERATOR, "Eva", "session"),
        "operates": True, "changeable": True, "waits": True, "csrf": "0",
        "languages": ("en", "es", "pt"),
        "path": "/", "build": VERSION, "said": "silences.done", "wrong": "a sentence",
        "operations": tuple(ZONES), "standing": Standing("by", "another host"),
    }  # fmt: skip


def _pages() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _overviews()
    yield from _incidents()
    yield from _lists()
    yield from _forms()
    yield "login", {"next": "/", "name": "Eva", "visitor": None, "operates": False}
    yield "error", {"status": 404, "detail": "There is no such page."}
    yield "gallery", {"chosen": "en", "samples": ("open", "close"), "kinds": ("slack", "email")}


def _overviews() -> Iterator[tuple[str, dict[str, Any]]]:
    for total in (2, 0):
        yield (
            "overview",
            {
                "groups": [("bogota", [(OPEN, [EXPLAINED])])] if total else [],
                "pending": [PENDING] if total else [],
                "total": total,
                "counts": Counter(critical=total),
                "number_of": Counter(bogota=total),
                "sources": 2,
                "unwell": [SOURCE],
                "deaf": [RECEIVER],
            },
        )


def _incidents() -> Iterator[tuple[str, dict[str, Any]]]:
    more = {"linked": True, "unsaid": "one looks back at a time"}
    for look in (*LOOKS, None):
        yield "incident", {"story": STORY, "look": look, **more}
    for status in (EXPLAINED, CLOSED):
        story = Story(incident=status, evidence={})
        yield "incident", {"story": story, "look": None, **more}


def _lists() -> Iterator[tuple[str, dict[str, Any]]]:
    lists: tuple[tuple[str, list[Any], dict[str, Any]], ...] = (
        ("history", [OPEN, CLOSED], {"operation": "", "rule": "", "rules": [OPEN.rule]}),
        ("hits", [HITS, replace(HITS, target=None, last_at=None)], {}),
        ("sources", [SOURCE, replace(SOURCE, state="waiting", good_at=None, quota=None)], {}),
        ("rules", [RULE, replace(RULE, state="off", open=0, tests=())], {}),
        ("receivers", [RECEIVER, replace(RECEIVER, state="well")], {"queue": [DELIVERY]}),
        ("changes", [CHANGE], {}),
    )
    for name, items, more in lists:
        yield name, {"items": items, "older": "cursor=x", **more}
        yield name, {"items": [], "older": "", **more}
    found = {"active": [SILENCE], "planned": [replace(SILENCE, state="planned")], "ended": [ENDED]}
    yield "silences", {"groups": list(found.items())}
    yield "silences", {"groups": [(state, []) for state in STATES]}


def _forms() -> Iterator[tuple[str, dict[str, Any]]]:
    for covered in ([OPEN], []):
        given = Given(rule=OPEN.rule, start="2026-01-05T10:00")
        more = {"spans": tuple(SPANS), "rules": [OPEN.rule]}
        yield "silence", {"given": given, "covered": covered, **more}
    for look in (Look(id="l0", wish=ASKED, answer=TRIED), *LOOKS[1:], None):
        yield "rule", {"rule": RULE, "when": RULE.when, "days": 7, "look": look}
