"""Compile every template once and fill them in; the only place that runs Jinja2.

A template of the user's own that fails is reported, and the shipped one is used instead: a bad
template never costs a message.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Template, meta, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from notifier.core.judging.notice import Notice
from notifier.errors import Problem, RenderError
from notifier.render import sandbox, shipped
from notifier.render.address import has_button, page_of
from notifier.render.announce import event_view
from notifier.render.ending import ending_view
from notifier.render.facts import Teller
from notifier.render.layout import EventView, Picture, View, as_drill, leading
from notifier.render.manner import Manner, locale_of, zone_of
from notifier.render.report import report_view
from notifier.render.sandbox import Sandbox
from notifier.render.shipped import Report
from notifier.render.view import view
from notifier.render.words import Words

if TYPE_CHECKING:
    from css_inline import CSSInliner

_BLANKS = re.compile(r"\n{3,}")
_EXTENDS = re.compile(r'{%-? *extends "([^"]+)"')
PART, NAMED = "\x1e", "\x1f"  # never in a value: values have no control characters
SUMMARY_NAMES = frozenset({"value", "threshold", "entity", "since"})


@dataclass(frozen=True, slots=True)
class _Room:
    """The templates of one place: compiled as they are used, and as they were shipped.

    Attributes:
        own: Names of the user's own; *parents*: which template a shipped one extends.
    """

    used: Mapping[str, Template]
    shipped: Mapping[str, Template]
    own: frozenset[str]
    parents: Mapping[str, str]

    def culprit(self, name: str) -> str:
        """The user's own file because of which a template fails: itself, or one it extends."""
        while name not in self.own and name in self.parents:
            name = self.parents[name]
        return name


class Renderer:
    """Turns notices into texts.

    overrides: A folder whose files replace the shipped ones of the same name, one by one.
    report: Called with each mistake found in them.
    buttons: Whether somebody hears which buttons are pressed: messages have them only then.
    page: The root of the status page as people reach it; empty: no message leads there.

    Raises:
        RenderError: A shipped file is missing or broken.
    """

    def __init__(
        self,
        overrides: Path | None = None,
        report: Report = lambda _: None,
        *,
        buttons: bool = False,
        page: str = "",
    ) -> None:
        self.buttons = buttons
        self.page = page
        self._report = report
        self._words = shipped.vocabularies(overrides, report)
        sources = shipped.read(shipped.folder(), ".j2")
        if overrides is not None:
            shipped.warn_of_strays(overrides, report)
        own = shipped.own(overrides, ".j2", report)
        self._own_folder = overrides
        self._slack = self._room(sandbox.mrkdwn, sources, own, "slack/")
        self._html = self._room(sandbox.html, sources, own, ".html.j2")
        self._plain = self._room(sandbox.plain, sources, own, ".txt.j2")
        self._summaries: dict[str, Template | None] = {}
        self._summary_sandbox = Sandbox({}, {}, autoescape=False, finalize=_spoken)

    # ---- what a notice says ----

    def manner(self, notice: Notice, *, public: bool) -> Manner:
        """How the notice's receiver is written to."""
        talk = notice.conversation
        words = self.words(talk.language)
        return Manner(
            words, locale_of(talk.locale, words.language), zone_of(talk.timezone), public=public
        )

    def words(self, language: str) -> Words:
        """The phrases of a language, or English."""
        return self._words.get(language) or self._words["en"]

    def view(self, notice: Notice, *, public: bool) -> View | EventView:
        """What templates print for *notice*."""
        shown, page = self._view(notice, public=public), page_of(notice, self.page)
        return leading(shown, page, button=has_button(notice)) if page else shown

    def _view(self, notice: Notice, *, public: bool) -> View | EventView:
        manner = self.manner(notice, public=public)
        teller = Teller(
            manner, notice.rule, notice.at, self._summarise, notice.aliases, notice.titles
        )
        if notice.ending is not None:
            return ending_view(notice, notice.ending, teller)
        if notice.report is not None:
            return report_view(notice, notice.report, teller)
        shown = event_view(notice, teller) if notice.announces else view(notice, teller)
        return as_drill(shown, teller.say("drill")) if notice.rule.drill else shown

    # ---- places ----

    def slack(
        self, name: str, shown: View | EventView, words: Words, *, ping: str, edit: bool
    ) -> dict[str, str]:
        """The parts of a Slack message, by name. An edit calls nobody: its reply does."""
        text = self._fill(
            self._slack, f"slack/{name}.j2", view=shown, say=words.say, part=_part, link=_link,
            edit=edit,
            ping=Markup(ping),  # noqa: S704 - made of a checked id, see slack.ping
        )  # fmt: skip
        return _parts(sandbox.unescaped_quotes(text))

    def mail_text(self, name: str, shown: View | EventView, words: Words) -> str:
        """The text part of a mail."""
        text = self._fill(self._plain, f"email/{name}.txt.j2", view=shown, say=words.say)
        return _BLANKS.sub("\n\n", text).strip() + "\n"

    def mail_html(
        self,
        name: str,
        shown: View | EventView,
        words: Words,
        color: str,
        chart: Picture | None = None,
    ) -> str:
        """The HTML part of a mail, its styles where mail readers look for them."""
        page = self._fill(
            self._html, f"email/{name}.html.j2", view=shown, say=words.say,
            language=words.language, color=color, chart=chart,
        )  # fmt: skip
        return _inliner().inline(page)

    def known(self, name: str) -> bool:
        """Whether there is a Slack template of that name."""
        return f"slack/{name}.j2" in self._slack.used

    # ---- summaries, which users write into their rules ----

    def summary_problem(self, template: str, names: Collection[str]) -> str:
        """What is wrong with a rule's summary, or nothing. *names*: the collection's fields."""
        try:
            tree = self._summary_sandbox.parse(template)
            self._summary_sandbox.from_string(template)
        except sandbox.TemplateError as error:
            return f"The summary is not a template: {error.message}."
        unknown = meta.find_undeclared_variables(tree) - SUMMARY_NAMES - set(names)
        return f"The summary names unknown {', '.join(sorted(unknown))}." if unknown else ""

    def _summarise(self, template: str, known: Mapping[str, object], manner: Manner) -> str:
        if template not in self._summaries:
            self._summaries[template] = self._compiled_summary(template)
        compiled = self._summaries[template]
        if compiled is None:
            return ""
        try:
            return compiled.render({**known, "_manner": manner})
        except Exception as error:  # noqa: BLE001 - whatever a template does, the message goes out
            self._report(Problem(f"A summary failed ({type(error).__name__}); default words used."))
            return ""

    def _compiled_summary(self, template: str) -> Template | None:
        try:
            return self._summary_sandbox.from_string(template)
        except sandbox.TemplateError as error:
            self._report(Problem(f"A summary is not a template: {error.message}."))
            return None

    # ---- compiling and filling in ----

    def _room(
        self, make: Any, sources: Mapping[str, str], own: Mapping[str, str], fits: str
    ) -> _Room:
        def wanted(files: Mapping[str, str]) -> dict[str, str]:
            return {n: s for n, s in files.items() if n.startswith(fits) or n.endswith(fits)}

        plain = make(wanted(sources), {})
        compiled = {name: _compiled(plain, name) for name in wanted(sources)}
        if not wanted(own):
            return _Room(compiled, compiled, frozenset(), {})
        mine, good = make(wanted(sources), wanted(own)), {}
        for name in wanted(own):
            try:
                good[name] = mine.get_template(name)
            except sandbox.TemplateError as error:
                self._complain(name, error)
        reused = {n: self._inheriting(mine, n, compiled[n], own) for n in compiled}
        found = ((name, _EXTENDS.search(text)) for name, text in sources.items())
        parents = {name: match[1] for name, match in found if match}
        return _Room({**reused, **good}, compiled, frozenset(wanted(own)), parents)

    def _inheriting(
        self, mine: Sandbox, name: str, fallback: Template, own: Mapping[str, str]
    ) -> Template:
        """A shipped template, compiled where its parents may be the user's own."""
        if name in own:
            return fallback
        try:
            return mine.get_template(name)
        except sandbox.TemplateError:
            return fallback

    def _fill(self, room: _Room, name: str, **context: Any) -> str:
        try:
            return room.used[name].render(context)
        except Exception as error:
            if not room.own or name not in room.shipped:
                raise RenderError(f"{name}: {error}") from error
            self._complain(room.culprit(name), error)
            return room.shipped[name].render(context)

    def _complain(self, name: str, error: Exception) -> None:
        place = str((self._own_folder or Path()) / name)
        line = getattr(error, "lineno", 0) or 0
        text = f"The template fails: {error}; the shipped one is used."
        self._report(Problem(text, place, line))


def _compiled(room: Sandbox, name: str) -> Template:
    try:
        return room.get_template(name)
    except sandbox.TemplateError as error:
        raise RenderError(f"The shipped template {name} is broken: {error}") from error


@pass_context
def _spoken(context: Context, value: object) -> object:
    """Print numbers as the receiver writes them, and what is unknown as such."""
    manner: Manner = context["_manner"]
    if value is None or isinstance(value, bool | float):
        return manner.value(value, "")
    return value


@cache
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner  # large, and not everybody has mail

    return CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)


def _part(name: str) -> Markup:
    return Markup(f"{PART}{name}{NAMED}")  # noqa: S704 - our own marks


def _parts(text: str) -> dict[str, str]:
    """Take the parts of a filled-in template apart; blank lines vanish."""
    found = {}
    for piece in text.split(PART)[1:]:
        name, _, body = piece.partition(NAMED)
        lines = (line.strip() for line in body.splitlines())
        found[name] = "\n".join(line for line in lines if line)
    return found


def _link(address: str, label: str) -> Markup:
    """A Slack link to an http address of the rules file; nothing for any other address."""
    if not address.startswith(("https://", "http://")):
        return Markup()
    for sign, code in (("|", "%7C"), ("<", "%3C"), (">", "%3E"), (" ", "%20")):
        address = address.replace(sign, code)
    return Markup("<%s|%s>") % (address, sandbox.flat(label))
