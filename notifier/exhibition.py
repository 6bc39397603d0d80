"""Make up every message in every language, so that the page can show them.

The rules of the shipped example speak: what a message looks like is not the rules' to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import product
from pathlib import Path

from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.judging.planning import plan
from notifier.core.telling.outgoing import Envelope
from notifier.core.trial.gallery import gallery, of_source
from notifier.errors import Problem
from notifier.render import Renderer, envelopes, shipped
from notifier.render.mail import framed
from notifier.rules import read_rules

WHEN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # a Monday morning in Bogotá
KINDS = {"slack": "#channel", "email": "somebody@example.com"}

Draw = Callable[[Sequence[Envelope], str], str]
"""Draws a Slack message and its thread as a whole page, in a language."""


def written(sent: Sequence[Envelope], language: str) -> str:  # noqa: ARG001
    """Show a message by its words, where nobody draws."""
    return "\n\n".join(str(json.loads(each.payload)["text"]) for each in sent)


@dataclass(slots=True)
class Exhibition:
    """The messages; *renderer* fills in the templates that are in use."""

    renderer: Callable[[], Renderer]
    draw: Draw = written
    _renderer: Renderer | None = field(default=None)

    def names(self) -> Sequence[str]:
        """What there is to see, in an order that tells a story."""
        return list(_notices("en", "slack"))

    def page(self, name: str, language: str, kind: str) -> str | None:
        """One message as a whole page; empty where that kind of channel gets none.

        None: there is no such message.
        """
        notice = _notices(language, kind).get(name) if kind in KINDS else None
        if notice is None:
            return None
        if self._renderer is None:
            self._renderer = self.renderer()
        sent = envelopes(notice, self._renderer)
        if not sent:
            return ""
        if kind == "email":
            return framed(json.loads(sent[0].payload))
        return self.draw(sent, language)


def mistakes(overrides: Path) -> list[Problem]:
    """Fill in every message with templates of the user's own; return what fails, each once.

    What fails already when they are compiled is reported by whoever compiles them.
    """
    found: list[Problem] = []
    renderer = Renderer(overrides, found.append)
    found.clear()
    exhibition = Exhibition(lambda: renderer)
    for kind, name in product(KINDS, exhibition.names()):
        exhibition.page(name, "en", kind)
    found += page_mistakes(overrides)
    return list(dict.fromkeys(found))


def page_mistakes(overrides: Path) -> list[Problem]:
    """The same of the pages: each is filled in with much, and with nothing."""
    found: list[Problem] = []
    if not (overrides / "web").is_dir():
        return found
    from notifier.render.pages import Pages  # seldom needed, and slow to import
    from notifier.web.specimens import WHEN as SHOWN
    from notifier.web.specimens import ZONES, specimens

    pages = Pages(overrides, found.append)
    for name, values in specimens() if pages.overridden else ():
        pages.fill(name, "en", SHOWN, ZONES, **values)
    return found


@lru_cache(maxsize=8)
def _notices(language: str, kind: str) -> Mapping[str, Notice]:
    laid = plan(read_rules(shipped.example()))
    rules = list(laid.rules.values())
    found: dict[str, Notice] = {}
    for rule in (next(r for r in rules if not r.event), next(r for r in rules if r.event)):
        found |= _of(rule, laid, language, kind)
    return found


def _of(rule: RulePlan, laid: Plan, language: str, kind: str) -> dict[str, Notice]:
    collection = laid.sources[rule.source].collections[rule.collection].collection
    reach = replace(
        laid.reaches[rule.operation, rule.to[0]], kind=kind, recipients=(KINDS[kind],),
        language=language, locale=language,
    )  # fmt: skip
    found = gallery(rule, collection, reach, WHEN)
    return found if rule.event else {**found, **of_source(rule, reach, WHEN)}
