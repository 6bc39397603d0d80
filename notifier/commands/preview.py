"""Show messages as their readers see them, before anybody gets one."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from notifier.commands.drawn import draw
from notifier.commands.replay import Asked, tape_of
from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan, RulePlan
from notifier.core.judging.planning import plan
from notifier.core.rules.compiled import Rulebook
from notifier.core.rules.tables import Language
from notifier.core.trial.sample import told_to
from notifier.demo.sheet import Exhibit, sheet
from notifier.errors import ConfigError, Problem
from notifier.exhibition import KINDS, Print, exhibits, printing, speakers, spoken_to
from notifier.hindsight.replayed import notices
from notifier.render import Renderer, shipped
from notifier.rules import read_rules
from notifier.settings import Settings, load_settings

Kind: TypeAlias = Literal["slack", "email"]

TEMPLATES = {"incident": "open", "event": "news", "celebration": "event"}
LAST = 20  # messages of a past that are shown: more are read with `replay --messages`


@dataclass(frozen=True, slots=True)
class Wish:
    """Which messages, and for whom.

    Attributes:
        template: A case, a template or a reason; empty for every one.
        rule: The rule of the user's own file that speaks; empty for one of the example.
        language: Empty: English, or of a past message its receiver's own.
        past: What was read, in place of made-up values; None for these.
    """

    template: str = ""
    rule: str = ""
    language: Language | Literal[""] = ""
    locale: str = ""
    kind: Kind = "slack"
    past: Asked | None = None


def preview(wish: Wish, *, html: Path | None, png: Path | None, as_json: bool) -> int:
    """Print the messages; draw them where a file is named.

    Raises:
        ConfigError: there is no such message.
        NotifierError: no browser is there to draw.
    """
    settings = load_settings()
    problems: list[Problem] = []
    page, buttons = settings.web.root, settings.slack.app_token is not None
    renderer = Renderer(settings.templates, problems.append, page=page, buttons=buttons)
    wanted = _past(wish, wish.past, settings) if wish.past else _wanted(wish, settings.rules)
    drawn = (Exhibit(name, tuple(printed(renderer))) for name, printed in wanted)
    shown = [each for each in drawn if each.envelopes]  # mere changes are no mail
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    if html is None and png is None:
        _print(shown, as_json=as_json)
        return 0
    whole = sheet(shown, ZoneInfo("America/Bogota"), wish.language or "en")
    if html is not None:
        html.write_text(whole, encoding="utf-8")
    if png is not None:
        draw(whole, png)
    return 0


# ---- which ----

Named: TypeAlias = Iterable[tuple[str, Print]]


def _wanted(wish: Wish, rules: Path) -> Named:
    every = dict(_cases(wish, rules))
    name = TEMPLATES.get(wish.template, wish.template)
    if not name:
        return every.items()
    if name not in every:
        raise ConfigError(f"there is no message `{wish.template}`; there is {', '.join(every)}")
    return [(name, every[name])]


def _cases(wish: Wish, rules: Path) -> Iterator[tuple[str, Print]]:
    laid = plan(read_rules(rules if wish.rule else shipped.example()))
    language = wish.language or "en"
    for rule in [_rule(laid, wish.rule)] if wish.rule else speakers(laid):
        first = laid.reaches[rule.operation, rule.to[0]]
        reach = spoken_to(first, wish.kind, language, wish.locale or language)
        yield from exhibits(laid, rule, reach).items()


def _rule(laid: Plan, name: str) -> RulePlan:
    found = next((rule for rule in laid.rules.values() if rule.id == name), None)
    if found is None:
        known = ", ".join(sorted({rule.id for rule in laid.rules.values()})) or "none"
        raise ConfigError(f"there is no rule `{name}`; the rules file has {known}")
    return found


# ---- what was read ----


def _past(wish: Wish, asked: Asked, settings: Settings) -> Named:
    """What the rules of now would have said of what was read; the last ones."""
    book = read_rules(settings.rules)
    if wish.rule:
        _rule(plan(book), wish.rule)
    with tape_of(asked, settings, book) as tape:
        told = [each for each in notices(tape, book) if _fits(wish, each)]
    if not told:
        raise ConfigError("nothing of that kind would have been said then; try a longer --since")
    if len(told) > LAST:
        print(f"the last {LAST} of {len(told)}", file=sys.stderr)
    return [(_title(each, book), printing(_turned(each, wish))) for each in told[-LAST:]]


def _fits(wish: Wish, notice: Notice) -> bool:
    """Whether it is asked for: by rule, by reason, or by the name of its template."""
    reasons = {reason.value for reason in notice.reasons}
    said = {*reasons, notice.rule.template or ("event" if notice.is_event else "incident")}
    return wish.rule in ("", notice.rule.id) and (not wish.template or wish.template in said)


def _turned(notice: Notice, wish: Wish) -> Notice:
    """The notice, were its receiver of the kind and of the language that is asked for."""
    talk = notice.conversation
    language = wish.language or talk.language
    locale = wish.locale or (talk.locale if language == talk.language else language)
    return told_to(notice, wish.kind, KINDS[wish.kind], language, locale)


def _title(notice: Notice, book: Rulebook) -> str:
    talk = notice.conversation
    at = f"{notice.at.astimezone(ZoneInfo(talk.timezone)):%Y-%m-%d %H:%M}"
    what = ", ".join(sorted(reason.value for reason in notice.reasons))
    where = f" of {talk.operation}" if len(book.operations) > 1 else ""
    return f"{at} {what} {notice.rule.id}{where}, {talk.receiver}"


# ---- shown ----


def _print(exhibits: Iterable[Exhibit], *, as_json: bool) -> None:
    if as_json:
        found = [
            {"case": each.title, "form": e.form, "payload": json.loads(e.payload)}
            for each in exhibits
            for e in each.envelopes
        ]
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for each in exhibits:
        print(f"── {each.title} " + "─" * (60 - len(each.title)))
        for envelope in each.envelopes:
            print(*_lines(json.loads(envelope.payload), envelope.form), sep="\n", end="\n\n")


def _lines(payload: Mapping[str, Any], form: str) -> Iterator[str]:
    if form == "mail":
        yield f"Subject: {payload['subject']}"
        yield ""
        yield payload["text"].rstrip()
        return
    yield f"({form}) {payload['text']}"
    for attachment in payload.get("attachments", ()):
        for block in attachment.get("blocks", ()):
            yield from _of_block(block)


def _of_block(block: Mapping[str, Any]) -> Iterator[str]:
    texts = [block.get("text"), *block.get("fields", ()), *block.get("elements", ())]
    for text in texts:
        said = text.get("text") if isinstance(text, Mapping) else None
        said = said.get("text") if isinstance(said, Mapping) else said
        yield from (f"  {line}" for line in (said or "").splitlines())
