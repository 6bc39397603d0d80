"""Compile templates in a sandbox, each for the place where its text will be read.

What a template prints is made harmless when it is printed: there is no way to switch that off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import DictLoader, StrictUndefined, nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from notifier.render.clean import one_line
from notifier.render.layout import PRINTABLE

_BANNED = ("safe", "urlize", "xmlattr", "tojson", "forceescape", "e", "escape", "random")
_FORMATTING = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})  # mrkdwn knows no escape for these
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # within a word it formats nothing
_EMOJI = re.compile(r":(?=[\w+'-]*[a-z][\w+'-]*:)", re.IGNORECASE)
_BREAK = "\N{ZERO WIDTH SPACE}"


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with undefined names as errors, without ``safe`` and its kin; no escape hatch.

    Templates of the user's own may extend a shipped one as ``shipped/slack/incident.j2``.
    """

    def __init__(self, sources: Mapping[str, str], own: Mapping[str, str], **options: Any) -> None:
        shipped = {f"shipped/{name}": source for name, source in sources.items()}
        super().__init__(
            loader=DictLoader({**shipped, **sources, **own}),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            **options,
        )
        for name in _BANNED:
            self.filters.pop(name)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The sandbox's own check takes half of the time that a message takes."""
        if type(obj) in PRINTABLE and attribute in obj.__slots__:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for switch in tree.find_all(nodes.EvalContextModifier):
            raise TemplateSyntaxError("autoescape cannot be switched", switch.lineno, name)
        return tree


def mrkdwn(sources: Mapping[str, str], own: Mapping[str, str]) -> Sandbox:
    """For Slack: what is printed cannot ping, link or format."""
    return Sandbox(sources, own, autoescape=True, finalize=_flat)


def html(sources: Mapping[str, str], own: Mapping[str, str]) -> Sandbox:
    """For the HTML part of a mail."""
    return Sandbox(sources, own, autoescape=True)


def plain(sources: Mapping[str, str], own: Mapping[str, str]) -> Sandbox:
    """For the text part of a mail, and for the terminal."""
    return Sandbox(sources, own, autoescape=False)


def unescaped_quotes(text: str) -> str:
    """Slack shows entities raw but for three. A literal ``&#34;`` in data reads ``&amp;#34;``."""
    return text.replace("&#34;", '"').replace("&#39;", "'")


def _flat(value: object) -> object:
    """Break all that Slack would read as formatting; ``<``, ``>`` and ``&`` are escaped later."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return flat(value)
    return value


def flat(text: str) -> str:
    """Return *text* as Slack would show it letter by letter: replaced by look-alikes, broken."""
    text = _UNDERSCORE.sub("ˍ", one_line(text).translate(_FORMATTING))
    text = _EMOJI.sub(f":{_BREAK}", text.replace("@", f"@{_BREAK}"))
    return text.replace("://", f":{_BREAK}//")


__all__ = ["Sandbox", "TemplateError", "flat", "html", "mrkdwn", "plain", "unescaped_quotes"]
