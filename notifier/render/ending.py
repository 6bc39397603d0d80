"""Lay out the warning that a silence ends soon, and what it holds still."""

from __future__ import annotations

from notifier.core.facts.state import Incident
from notifier.core.judging.notice import Notice
from notifier.core.judging.silence import Silence
from notifier.render.clean import NAME, SENTENCE, cut, one_line
from notifier.render.facts import Teller
from notifier.render.layout import EventView
from notifier.render.view import SHOWN, SUBJECT, about

MARK = "🔕"


def ending_view(notice: Notice, silence: Silence, teller: Teller) -> EventView:
    """Lay out what people will hear of when *silence* ends."""
    manner, words = teller.manner, teller.manner.words
    headline = words.count(
        "ending", notice.open, n=manner.number(notice.open),
        who=manner.text(silence.author, NAME), time=manner.time(silence.ends_at, notice.at),
    )  # fmt: skip
    more = notice.open - SHOWN
    return EventView(
        tone="info",
        mark=MARK,
        headline=headline,
        subject=cut(one_line(headline), SUBJECT),
        lines=(
            cut(manner.text(silence.comment), SENTENCE),
            *(_line(incident, teller) for incident in notice.roster[:SHOWN]),
        ),
        more=words.count("more", more, n=manner.number(more)) if more > 0 else "",
        about=about(notice, teller),
    )


def _line(incident: Incident, teller: Teller) -> str:
    what = teller.spoken(incident.key.rule)
    said = f"{teller.who(incident)}: {what} {teller.value(incident)}"
    return f"{teller.mark(incident)} {said.strip()}"
