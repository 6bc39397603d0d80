"""Build HTML out of elements: every text is escaped, and there is no way to forget it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias


class Html(str):
    """Text that is HTML already. Only this module makes it."""

    __slots__ = ()


Inside: TypeAlias = "str | Html | Iterable[str | Html] | None"
VOID = frozenset({"br", "hr", "img", "link", "meta", "rect"})


def element(name: str, /, *children: Inside, **attributes: str | bool | int | None) -> Html:
    """An element. ``class_`` is ``class``, ``data_id`` is ``data-id``; None and False are left out.

    The names are the program's own; the values and the children may be anybody's.
    """
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Html(f"<{name}{said}>")
    return Html(f"<{name}{said}>{joined(*children)}</{name}>")


def _attribute(name: str, value: str | bool | int | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def joined(*children: Inside) -> Html:
    """Children beside each other."""
    return Html("".join(_text(child) for child in children))


def _text(child: Inside) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(child)
    return "".join(_text(each) for each in child)


def document(head: Html, body: Html, language: str = "en") -> str:
    """A whole page."""
    return f"<!doctype html>\n{element('html', head, body, lang=language)}\n"
