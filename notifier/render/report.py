"""Lay out a digest: what happened since the last one, or how the rules did."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from notifier.core.facts.state import Incident, RuleTally
from notifier.core.judging.notice import Notice, Report
from notifier.render.clean import NAME, cut, one_line
from notifier.render.facts import Teller
from notifier.render.layout import EventView
from notifier.render.view import SHOWN, SUBJECT, about

MARK = "📋"


def report_view(notice: Notice, report: Report, teller: Teller) -> EventView:
    """Lay out what *report* tells. Nothing happened: that is one line, for silence says nothing."""
    lines = [*_rules(report, teller), *_open(notice, teller)]
    shown = lines[: 2 * SHOWN]
    headline = _headline(notice, report, teller)
    more = len(lines) - len(shown)
    words = teller.manner.words
    return EventView(
        tone="info",
        mark=MARK,
        headline=headline,
        subject=cut(one_line(f"{teller.what}: {headline}"), SUBJECT),
        lines=tuple(shown),
        more=words.count("more", more, n=teller.manner.number(more)) if more > 0 else "",
        about=about(notice, teller),
    )


def _headline(notice: Notice, report: Report, teller: Teller) -> str:
    manner, words = teller.manner, teller.manner.words
    fired = sum(counts.fired for counts in report.rules.values())
    events = sum(counts.events for counts in report.rules.values())
    said = [
        words.count("digest.fired", fired, n=manner.number(fired)) if fired else "",
        words.count("digest.events", events, n=manner.number(events)) if events else "",
        words.count("digest.open", notice.open, n=manner.number(notice.open))
        if notice.open
        else "",
    ]
    since = manner.time(report.since, notice.at)
    told = ", ".join(filter(None, said))
    return teller.say("digest.since", time=since, told=told or teller.say("digest.nothing"))


def _rules(report: Report, teller: Teller) -> Iterator[str]:
    """The busiest rules first; of their hygiene also those that never fired."""
    busiest = sorted(report.rules.items(), key=lambda each: (-each[1].fired, each[0]))
    say = _hygiene if report.kind == "rules" else _shift
    yield from filter(None, (say(rule, counts, teller) for rule, counts in busiest))
    if report.kind == "rules" and report.still:
        names = ", ".join(
            teller.title(rule) or teller.manner.text(rule, NAME) for rule in report.still
        )
        yield teller.say("digest.never", names=names)


def _shift(rule: str, counts: RuleTally, teller: Teller) -> str:
    manner, words = teller.manner, teller.manner.words
    said = [
        words.count("digest.fired", counts.fired, n=manner.number(counts.fired)),
        words.count("digest.events", counts.events, n=manner.number(counts.events)),
        teller.say("digest.lasted", span=manner.span(timedelta(seconds=counts.lasted))),
    ]
    there = (counts.fired, counts.events, counts.lasted)
    return _line(rule, [text for text, count in zip(said, there, strict=True) if count], teller)


def _hygiene(rule: str, counts: RuleTally, teller: Teller) -> str:
    manner, words = teller.manner, teller.manner.words
    said = []
    if counts.fired:
        said.append(words.count("digest.fired", counts.fired, n=manner.number(counts.fired)))
    if counts.acknowledged:
        said.append(teller.say("digest.taken", n=manner.number(counts.acknowledged)))
    if counts.alone:
        said.append(words.count("digest.alone", counts.alone, n=manner.number(counts.alone)))
    return _line(rule, said, teller)


def _line(rule: str, said: list[str], teller: Teller) -> str:
    return f"{teller.spoken(rule)}: {' · '.join(said)}" if said else ""


def _open(notice: Notice, teller: Teller) -> Iterator[str]:
    yield from (_still(incident, teller) for incident in notice.roster[:SHOWN])


def _still(incident: Incident, teller: Teller) -> str:
    since = teller.manner.time(incident.since, teller.now)
    said = teller.say("digest.still", who=teller.who(incident), time=since)
    what = teller.spoken(incident.key.rule)
    return f"{teller.mark(incident)} {said} · {what} {teller.value(incident)}".rstrip()
