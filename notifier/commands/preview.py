"""Show messages as their readers see them, before anybody gets one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from notifier.core.judging.notice import Notice
from notifier.core.judging.plan import Plan, Reach, RulePlan
from notifier.core.judging.planning import plan
from notifier.core.trial.gallery import gallery, of_source
from notifier.demo.sheet import Exhibit, sheet
from notifier.errors import ConfigError, NotifierError, Problem
from notifier.render import Renderer, envelopes, shipped
from notifier.rules import read_rules
from notifier.settings import load_settings

Kind: TypeAlias = Literal["slack", "email"]

WHEN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # a Monday morning in Bogotá
TEMPLATES = {"incident": "open", "event": "event", "celebration": "event"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE = 760  # pixels of a picture
_ABOVE = 30  # pixels around all messages, and of one with what is under it
_HIGH: Mapping[Kind, int] = {"slack": 236, "email": 660}
_QUIETLY = (
    "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--virtual-time-budget=5000",
)  # fmt: skip
PATIENCE = 120  # seconds for a browser to draw


@dataclass(frozen=True, slots=True)
class Wish:
    """Which messages, and for whom.

    Attributes:
        template: A case, a template or a rule; empty for every case.
        rule: The rule of the user's own file that speaks; empty for one of the example.
    """

    template: str = ""
    rule: str = ""
    language: str = "en"
    locale: str = ""
    kind: Kind = "slack"


def preview(wish: Wish, *, html: Path | None, png: Path | None, as_json: bool) -> int:
    """Print the messages; draw them where a file is named.

    Raises:
        ConfigError: there is no such message.
        NotifierError: no browser is there to draw.
    """
    settings = load_settings()
    problems: list[Problem] = []
    renderer = Renderer(settings.templates, problems.append, page=settings.web.root)
    drawn = (
        Exhibit(name, tuple(envelopes(notice, renderer)))
        for name, notice in _wanted(wish, settings.rules).items()
    )
    shown = [each for each in drawn if each.envelopes]  # mere changes are no mail
    for problem in dict.fromkeys(problems):
        print(problem, file=sys.stderr)
    if html is None and png is None:
        _print(shown, as_json=as_json)
        return 0
    page = sheet(shown, ZoneInfo("America/Bogota"), wish.language)
    if html is not None:
        html.write_text(page, encoding="utf-8")
    if png is not None:
        _draw(page, png, len(shown), wish.kind)
    return 0


# ---- which ----


def _wanted(wish: Wish, rules: Path) -> Mapping[str, Notice]:
    every = dict(_cases(wish, rules))
    name = TEMPLATES.get(wish.template, wish.template)
    if not name:
        return every
    if name not in every:
        raise ConfigError(f"there is no message `{wish.template}`; there is {', '.join(every)}")
    return {name: every[name]}


def _cases(wish: Wish, rules: Path) -> Iterator[tuple[str, Notice]]:
    own = bool(wish.rule)
    laid = plan(read_rules(rules if own else shipped.example()))
    chosen = [_rule(laid, wish.rule)] if own else list(_speakers(laid, wish.template))
    for rule in chosen:
        collection = laid.sources[rule.source].collections[rule.collection].collection
        reach = _reach(laid, rule, wish)
        called = laid.aliases.get(rule.operation, {})
        for name, notice in gallery(rule, collection, reach, WHEN).items():
            yield name, replace(notice, aliases=called)
        if not rule.event:
            yield from of_source(rule, reach, WHEN).items()


def _speakers(laid: Plan, template: str) -> Iterator[RulePlan]:
    """A rule about what lasts, then one about events: the celebration unless news are wanted."""
    rules = list(laid.rules.values())
    yield next(rule for rule in rules if not rule.event)
    event = next(rule for rule in rules if rule.event)
    plain = replace(event, text=replace(event.text, template=""))
    yield plain if template == "event" else event


def _rule(laid: Plan, name: str) -> RulePlan:
    found = next((rule for rule in laid.rules.values() if rule.id == name), None)
    if found is None:
        known = ", ".join(sorted({rule.id for rule in laid.rules.values()})) or "none"
        raise ConfigError(f"there is no rule `{name}`; the rules file has {known}")
    return found


def _reach(laid: Plan, rule: RulePlan, wish: Wish) -> Reach:
    """The rule's first receiver, spoken to as wished."""
    reach = laid.reaches[rule.operation, rule.to[0]]
    recipients = ("#channel",) if wish.kind == "slack" else ("somebody@example.com",)
    locale = wish.locale or wish.language
    return replace(
        reach, kind=wish.kind, recipients=recipients, language=wish.language, locale=locale
    )


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


def _draw(page: str, png: Path, exhibits: int, kind: Kind) -> None:
    """Let a browser draw the page; it reads a file and is given no network."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise NotifierError(
            "no browser is here to draw a picture; install chromium, or use --html and open that"
        )
    size = f"{WIDE},{_ABOVE + exhibits * _HIGH[kind]}"
    with tempfile.TemporaryDirectory(prefix="notifier-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        drawn = subprocess.run(  # noqa: S603  # a browser of this machine, a file of our own
            [browser, *_QUIETLY, f"--user-data-dir={folder}/browser", f"--window-size={size}",
             f"--screenshot={png.resolve()}", file.as_uri()],
            capture_output=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    if drawn.returncode or not png.exists():
        raise NotifierError(f"{Path(browser).name} drew nothing; try --html and open that")
