"""Make up every message in every language, for `preview` and for the page.

The rules of the shipped example speak unless another rule is wanted: what a message looks like is
not the rules' to say.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from notifier.channels.letter import LATE
from notifier.channels.slack_forms import continued
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan, Reach, RulePlan
from notifier.core.judging.planning import plan
from notifier.core.telling.outgoing import Envelope, alone, before_text, behind_text, doubtful
from notifier.core.trial.gallery import beside, gallery
from notifier.errors import Problem
from notifier.render import Renderer, envelopes, shipped
from notifier.render.mail import framed
from notifier.rules import read_rules

WHEN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # a Monday morning in Bogotá
KINDS = {"slack": "#channel", "email": "somebody@example.com"}
_MEANWHILE = {"late": "open", "may-repeat": "open", "old-news": "close", "moved": "change"}
"""What deliveries make of messages, each with the message it is shown by."""
_EARLIER = "https://example.slack.com/archives/C0123456789/p1767625200000100"

Draw = Callable[[Sequence[Envelope], str], str]
"""Draws a Slack message and its thread as a whole page, in a language."""
Print = Callable[[Renderer], list[Envelope]]
"""Renders one of the messages, as it arrives."""


def written(sent: Sequence[Envelope], language: str) -> str:  # noqa: ARG001
    """Show a message by its words, where nobody draws."""
    return "\n\n".join(str(json.loads(each.payload)["text"]) for each in sent)


# ---- what there is ----


def speakers(laid: Plan) -> Iterator[RulePlan]:
    """A rule about what lasts, then one about events."""
    rules = list(laid.rules.values())
    yield next(rule for rule in rules if not rule.event)
    yield next(rule for rule in rules if rule.event)


def exhibits(laid: Plan, rule: RulePlan, reach: Reach) -> dict[str, Print]:
    """Every message that *reach* may get of *rule* and beside it, in the order of a story."""
    collection = laid.sources[rule.source].collections[rule.collection].collection
    notices = gallery(rule, collection, reach, WHEN)
    if not rule.event:
        ids = sorted(each.id for each in laid.rules.values() if each.operation == rule.operation)
        notices |= beside(rule, collection, ids, reach, WHEN)
    called, titles = laid.aliases.get(rule.operation, {}), laid.titles.get(rule.operation, {})
    told = {n: replace(notice, aliases=called, titles=titles) for n, notice in notices.items()}
    printed = {name: printing(notice) for name, notice in told.items()}
    late = {n: _delivered(n, told[one]) for n, one in _MEANWHILE.items() if one in told}
    return printed | late


def printing(notice: Notice) -> Print:
    """How a message is rendered that arrives at once."""
    return lambda renderer: envelopes(notice, renderer)


def _delivered(name: str, notice: Notice) -> Print:
    return lambda renderer: list(_arrived(name, envelopes(notice, renderer)))


def _arrived(name: str, sent: Sequence[Envelope]) -> Iterator[Envelope]:
    """What is read in the end of messages that had a hard way. The first of each is seen."""
    for envelope in sent[:1]:
        match name:
            case "late":
                yield _marked(envelope, late=True)
            case "may-repeat" if envelope.form != "mail":  # of mails the ids say so
                yield _marked(doubtful(envelope))
            case "old-news":
                yield replace(
                    _marked(alone(envelope)), form="mail" if _is_mail(envelope) else "post"
                )
            case "moved" if not _is_mail(envelope):
                payload = json.loads(envelope.payload)
                told = continued(payload, _EARLIER, payload["moved"])
                yield replace(envelope, form="post", payload=json.dumps(told))


def _is_mail(envelope: Envelope) -> bool:
    return envelope.form == "mail"


def _marked(envelope: Envelope, *, late: bool = False) -> Envelope:
    """The words that a channel puts to a message when the time has come."""
    payload: dict[str, Any] = json.loads(envelope.payload)
    before, behind = before_text(payload, late=late), behind_text(payload)
    gap = "\n\n" if _is_mail(envelope) else " "
    payload["text"] = gap.join(filter(None, (before, payload["text"], behind)))
    if "html" in payload:
        payload["html"] = payload["html"].replace(LATE, escape(before), 1)
    return replace(envelope, payload=json.dumps(payload, ensure_ascii=False))


# ---- for the page ----


@dataclass(slots=True)
class Exhibition:
    """The messages; *renderer* fills in the templates that are in use."""

    renderer: Callable[[], Renderer]
    draw: Draw = written
    _renderer: Renderer | None = field(default=None)

    def names(self) -> Sequence[str]:
        """What there is to see, in an order that tells a story."""
        return list(_exhibits("en", "slack"))

    def page(self, name: str, language: str, kind: str) -> str | None:
        """One message as a whole page; empty where that kind of channel gets none.

        None: there is no such message.
        """
        printed = _exhibits(language, kind).get(name) if kind in KINDS else None
        if printed is None:
            return None
        if self._renderer is None:
            self._renderer = self.renderer()
        sent = printed(self._renderer)
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
def _exhibits(language: str, kind: str) -> Mapping[str, Print]:
    laid = plan(read_rules(shipped.example()))
    found: dict[str, Print] = {}
    for rule in speakers(laid):
        reach = laid.reaches[rule.operation, rule.to[0]]
        found |= exhibits(laid, rule, spoken_to(reach, kind, language, language))
    return found


def spoken_to(reach: Reach, kind: str, language: str, locale: str) -> Reach:
    """The receiver, were it of that kind of channel and of that language."""
    return replace(reach, kind=kind, recipients=(KINDS[kind],), language=language, locale=locale)
