"""Read Slack's mrkdwn as Slack does: text, spans and references, as a tree of values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_MARKED = re.compile(
    r"```(?P<pre>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<ref>[^<>\n]+)>"
    r"|(?<![\w*])\*(?P<bold>(?=\S)[^*\n]+(?<=\S))\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>(?=\S)[^_\n]+(?<=\S))_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>(?=\S)[^~\n]+(?<=\S))~(?![\w~])",
    re.DOTALL,
)
_QUOTE = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)
_LINKS = ("https://", "http://", "mailto:")
_LITERAL = frozenset({"pre", "code"})
_TOKENS = {
    "{date_num}": "%Y-%m-%d",
    "{date}": "%d %B %Y",
    "{date_short}": "%d %b %Y",
    "{date_long}": "%A, %d %B %Y",
    "{time}": "%H:%M",
    "{time_secs}": "%H:%M:%S",
}


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a message.

    Attributes:
        kind: ``text``, ``break``, ``bold``, ``italic``, ``strike``, ``code``, ``pre``, ``quote``,
            ``link`` or ``mention``.
        text: Of a text, as the reader sees it.
        href: Of a link: http, https or mailto, nothing else.
    """

    kind: str
    text: str = ""
    children: tuple[Node, ...] = ()
    href: str = ""


def read(text: str, zone: ZoneInfo) -> tuple[Node, ...]:
    """Return the pieces of a message. *zone* is the reader's, for dates."""
    return tuple(_lines(text, zone))


def flat(nodes: tuple[Node, ...]) -> str:
    """The text alone, as it is read aloud."""
    return "".join("\n" if n.kind == "break" else n.text + flat(n.children) for n in nodes)


def _lines(text: str, zone: ZoneInfo) -> Iterator[Node]:
    """Lines that begin with ``>`` are quotes."""
    block: list[str] = []
    quoted = False
    for line in text.split("\n"):
        is_quote = _QUOTE.match(line) is not None
        if block and is_quote is not quoted:
            yield from _block(block, zone, quoted=quoted)
            block = []
        quoted = is_quote
        block.append(_QUOTE.sub("", line, count=1) if is_quote else line)
    yield from _block(block, zone, quoted=quoted)


def _block(lines: list[str], zone: ZoneInfo, *, quoted: bool) -> Iterator[Node]:
    inside = tuple(_spans("\n".join(lines), zone))
    if quoted:
        yield Node("quote", children=inside)
    else:
        yield from inside


def _spans(text: str, zone: ZoneInfo) -> Iterator[Node]:
    at = 0
    for found in _MARKED.finditer(text):
        yield from _texts(text[at : found.start()])
        yield _marked(found, zone)
        at = found.end()
    yield from _texts(text[at:])


def _marked(found: re.Match[str], zone: ZoneInfo) -> Node:
    kind = found.lastgroup or "text"
    inside = found[kind]
    if kind == "ref":
        return _reference(inside, zone)
    if kind in _LITERAL:
        return Node(kind, unescaped(inside.strip("\n")))
    return Node(kind, children=tuple(_spans(inside, zone)))


def _texts(text: str) -> Iterator[Node]:
    for number, line in enumerate(text.split("\n")):
        if number:
            yield Node("break")
        if line:
            yield Node("text", unescaped(line))


def unescaped(text: str) -> str:
    """Undo the three escapes that Slack knows."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _reference(inside: str, zone: ZoneInfo) -> Node:
    target, _, label = inside.partition("|")
    if target.startswith(("@", "#")):
        return Node("mention", target[0] + unescaped(label or target[1:]).removeprefix("@"))
    if target.startswith("!date^"):
        return Node("text", _date(target, zone) or unescaped(label))
    if target.startswith("!"):
        name = unescaped(label or target[1:].partition("^")[0])
        return Node("mention", "@" + name.removeprefix("@"))
    href = unescaped(target)
    if not href.startswith(_LINKS):
        return Node("text", unescaped(f"<{inside}>"))
    return Node("link", unescaped(label) or href, href=href)


def _date(target: str, zone: ZoneInfo) -> str:
    """A moment in the reader's zone; empty when it cannot be said."""
    parts = target.split("^")
    if len(parts) < 3 or not re.fullmatch(r"\d{1,11}", parts[1]):
        return ""
    moment = datetime.fromtimestamp(int(parts[1]), UTC).astimezone(zone)
    text = re.sub(
        r"\{\w+\}",
        lambda token: moment.strftime(_TOKENS.get(token[0].replace("_pretty", ""), "")) or token[0],
        parts[2],
    )
    return "" if "{" in text else unescaped(text)
