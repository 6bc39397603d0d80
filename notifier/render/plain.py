"""Say a notice in one paragraph, for the terminal and for replays."""

from __future__ import annotations

from notifier.core.judging.notice import Notice
from notifier.render.clean import one_line
from notifier.render.layout import EventView, View
from notifier.render.renderer import Renderer


def text(notice: Notice, renderer: Renderer) -> str:
    """The whole message as one line of plain text."""
    shown = renderer.view(notice, public=False)
    said = _event(shown) if isinstance(shown, EventView) else _incidents(shown)
    return one_line(" · ".join(part for part in said if part))


def _event(shown: EventView) -> list[str]:
    return [f"{shown.mark} {shown.headline}", *shown.lines, shown.more]


def _incidents(shown: View) -> list[str]:
    first = f"{shown.mark} {shown.state}: {shown.headline}"
    if shown.single:
        trend = f"{shown.trend} {shown.word}" if shown.trend else ""
        return [first, shown.limit, shown.was, shown.since, shown.worst, trend, *shown.notes]
    rows = [f"{row.who} {row.said}".strip() for row in shown.rows]
    lines = [f"{line.who}: {line.said}" for line in shown.lines]
    return [first, *lines, shown.lines_more, *rows, shown.rows_more, shown.ended]
