"""Lay out a notice about incidents for the templates."""

from __future__ import annotations

from dataclasses import replace

from notifier.core.facts.state import OWN_RULES, QUOTA_RULE, Closing, Incident
from notifier.core.judging.notice import Item, Notice, Reason
from notifier.core.reacting.outage import VANISHED
from notifier.render import gates, storm
from notifier.render.clean import NAME, cut, one_line
from notifier.render.facts import ENDED, RECOVERED, Teller
from notifier.render.layout import About, Fact, Line, View

SHOWN = 10  # members of a list before it collapses
SPOKEN = 3  # members named in one line of a thread
SUBJECT = 150  # characters
SHORT_ID = 8  # hexadecimal digits of an id that people may type


def view(notice: Notice, teller: Teller) -> View:
    """Lay out a notice about one incident or several."""
    notice = _continued(notice)
    main = _main(notice)
    single = notice.members <= 1 and not teller.digest
    closed = notice.open == 0
    open_rows = [i for i in notice.roster if i.open]
    state = _state(notice, main, teller, closed=closed, single=single)
    headline = teller.headline(main) if single else _group_headline(notice, main, teller)
    lines = () if single else _lines(notice, teller)
    rows = () if single else _rows(notice, open_rows, teller)
    spark, word = teller.sparkline(main)
    return View(
        tone=_tone(notice, main, closed=closed),
        mark=_mark(notice, main, teller, closed=closed),
        state=state,
        headline=headline,
        subject=_subject(state, headline),
        closed=closed,
        single=single,
        value=teller.value(main) if single and not closed else "",
        limit=teller.limit(main),
        was=_was(notice, teller) if single else "",
        since=teller.say("fact.since", time=teller.manner.time(main.since, teller.now)),
        span=teller.lasted(main) if main.since < teller.now else "",
        worst=teller.worst(main) if single or closed else "",
        trend=spark if single else "",
        word=word if single else "",
        change=_change(notice, teller) if single and not closed else "",
        taken=gates.taken(main, teller.manner),
        lines=lines[:SHOWN],
        lines_more=_more(len(lines) - SHOWN, teller),
        rows=rows,
        rows_more=_more(notice.open - _listed(open_rows, teller), teller) if rows else "",
        ended="" if single else _ended(notice, teller),
        notes=(*_notes(main, teller), *_gates(notice, main, teller)) if single else (),
        facts=_facts(main, teller) if single else (),
        reply=_reply(notice, teller, single=single),
        loud=any(item.reason.notifies and item.incident.open for item in notice.items),
        about=about(notice, teller),
    )


def _continued(notice: Notice) -> Notice:
    """The notice without the ends of those in whose stead others go on: that is no news."""
    gone = {item.back.id for item in notice.items if item.back}
    kept = tuple(item for item in notice.items if item.incident.id not in gone)
    return replace(notice, items=kept)


def _main(notice: Notice) -> Incident:
    """The incident that stands for all: the worst."""
    if notice.roster:
        return notice.roster[0]
    return notice.items[0].incident


def _subject(state: str, headline: str) -> str:
    return cut(one_line(f"{state}: {headline}"), SUBJECT)


def _state(notice: Notice, main: Incident, teller: Teller, *, closed: bool, single: bool) -> str:
    if not closed or single:
        return teller.state(main)
    endings = {i.closing for i in notice.roster}
    first = min((i.since for i in notice.roster), default=main.since)
    closing = endings.pop() if len(endings) == 1 else None
    return teller.ending(closing, teller.manner.span(teller.now - first))


def _recovered(notice: Notice, main: Incident) -> bool:
    return all(i.closing is Closing.RECOVERED for i in notice.roster or (main,))


def _tone(notice: Notice, main: Incident, *, closed: bool) -> str:
    if closed:
        return "resolved" if _recovered(notice, main) else "closed"
    return main.severity.value


def _mark(notice: Notice, main: Incident, teller: Teller, *, closed: bool) -> str:
    if closed:
        return RECOVERED if _recovered(notice, main) else ENDED
    return teller.mark(main)


def _group_headline(notice: Notice, main: Incident, teller: Teller) -> str:
    number = teller.manner.number
    value = teller.value(main if main.open else None, main)
    suffix = "" if value else "_without_value"
    kind = "storm" if teller.digest else "group"
    key = (f"headline.{kind}" if notice.open else f"headline.closed_{kind}") + suffix
    return teller.say(
        key,
        what=teller.what,
        who=teller.who(main),
        value=value,
        open=number(notice.open),
        members=_members(notice, teller),
    )


def _members(notice: Notice, teller: Teller) -> str:
    count = notice.members
    return teller.manner.words.count("members", count, n=teller.manner.number(count))


def _was(notice: Notice, teller: Teller) -> str:
    for item in notice.items:
        if item.was is not None and item.was != item.incident.value and item.incident.open:
            return teller.say("fact.was", value=teller.manner.value(item.was, item.incident.unit))
    return ""


def _change(notice: Notice, teller: Teller) -> str:
    return " · ".join(
        teller.change(i) for i in notice.items if i.reason is not Reason.OPEN or i.back
    )


def _news(notice: Notice) -> tuple[Item, ...]:
    """What is more than another number: of that the roster tells."""
    return tuple(item for item in notice.items if not item.merely_moved)


def _lines(notice: Notice, teller: Teller) -> tuple[Line, ...]:
    """What changed; nothing for a first message, whose roster says it all."""
    if all(item.reason is Reason.OPEN for item in notice.items) and notice.open == len(
        notice.items
    ):
        return ()
    told = _news(notice)
    return tuple(
        Line(
            mark=teller.mark(item.incident),
            state=teller.state(item.incident),
            who=teller.who(item.incident),
            said=teller.change(item),
        )
        for item in told
    )


def _rows(notice: Notice, members: list[Incident], teller: Teller) -> tuple[Line, ...]:
    if teller.digest:
        return storm.rows(notice, teller)
    return tuple(_row(member, teller) for member in members[:SHOWN])


def _listed(members: list[Incident], teller: Teller) -> int:
    """How many members the rows name: a digest names all that the core shows."""
    return len(members) if teller.digest else len(members[:SHOWN])


def _row(incident: Incident, teller: Teller) -> Line:
    spark, word = teller.sparkline(incident)
    return Line(
        mark=teller.mark(incident),
        state=teller.say(f"severity.{incident.severity.value}"),
        who=teller.who(incident),
        said=" · ".join(filter(None, (_shown(incident, teller), *_states(incident, teller)))),
        since=teller.say("fact.since", time=teller.manner.time(incident.since, teller.now)),
        trend=spark,
        word=word,
    )


def _shown(incident: Incident, teller: Teller) -> str:
    return teller.held(incident) or teller.value(incident)


def _states(incident: Incident, teller: Teller) -> tuple[str, str, str]:
    """Who has it, who silenced it, how often it flaps: a member's own notes."""
    manner = teller.manner
    return (
        gates.taken(incident, manner),
        gates.silenced(incident, manner, teller.now, "line.silenced"),
        gates.flapping(incident, manner, key="line.flapping"),
    )


def _more(count: int, teller: Teller) -> str:
    if count <= 0:
        return ""
    return teller.manner.words.count("more", count, n=teller.manner.number(count))


def _ended(notice: Notice, teller: Teller) -> str:
    """Who closed before now: counted, and named as far as the roster goes."""
    now = {item.incident.id for item in notice.items if not item.incident.open}
    count = notice.members - notice.open - len(now)
    names = [teller.who(i) for i in notice.roster if not i.open and i.id not in now][:SHOWN]
    if count <= 0 or not names:
        return ""
    named = ", ".join([*names, *filter(None, (_more(count - len(names), teller),))])
    return teller.manner.words.count(
        "closed_members", count, n=teller.manner.number(count), names=named
    )


def _notes(main: Incident, teller: Teller) -> tuple[str, ...]:
    if main.key.rule in OWN_RULES:
        if not main.open:
            return (teller.end_of_source(main),)
        still = main.fields.get("trouble") != VANISHED  # its data are there, and judged: none
        meanwhile = teller.say(f"{main.key.rule}.meanwhile") if still else ""
        return tuple(filter(None, (*_source_notes(main, teller), meanwhile)))
    return tuple(filter(None, (teller.held(main),)))


def _gates(notice: Notice, main: Incident, teller: Teller) -> tuple[str, ...]:
    """Who holds news of it back, or did until now."""
    manner, now = teller.manner, teller.now
    kept = [gates.kept(item, manner, now) for item in notice.items if item.reason is Reason.OPEN]
    flaps = gates.flapping(main, manner)
    return tuple(filter(None, (*kept, gates.silenced(main, manner, now), flaps)))


def _source_notes(main: Incident, teller: Teller) -> tuple[str, ...]:
    failures = main.fields.get("failures")
    count = int(failures) if isinstance(failures, float) else 0
    number = teller.manner.number(count)
    detail = teller.manner.text(str(main.fields.get("detail") or ""))
    about = "quota" if main.key.rule == QUOTA_RULE else "source"
    said = teller.say(f"{about}.detail", detail=detail) if detail else ""
    return (
        teller.manner.words.count("source.failures", count, n=number) if count else "",
        said if about == "quota" else teller.advice(main) or said,
        _quota_note(main, teller) if about == "quota" else "",
    )


def _quota_note(main: Incident, teller: Teller) -> str:
    """Why sources wait, in numbers of calls."""

    def calls(name: str) -> str:
        value = main.fields.get(name)
        return teller.manner.number(int(value) if isinstance(value, float) else 0)

    return teller.say("quota.why", left=calls("left"), limit=calls("limit"), others=calls("others"))


def _facts(main: Incident, teller: Teller) -> tuple[Fact, ...]:
    spark, word = teller.sparkline(main)
    limit = teller.manner.value(main.threshold, main.unit) if main.threshold is not None else ""
    worst = teller.value(None, main) if teller.worst(main) else ""
    manner = teller.manner
    told = (
        ("label.now", teller.value(main) if main.open else ""),
        ("label.limit" if main.direction == ">" else "label.target", limit),
        ("label.worst", worst),
        ("label.since", f"{manner.time(main.since, teller.now)} ({teller.lasted(main)})"),
        ("label.closed", manner.time(main.closed_at, teller.now) if main.closed_at else ""),
        ("label.trend", f"{spark} {word}" if spark else ""),
        ("label.acknowledged", manner.text(main.acknowledged_by, NAME) if main.open else ""),
    )
    return tuple(Fact(teller.say(label), value) for label, value in told if value)


def _reply(notice: Notice, teller: Teller, *, single: bool) -> str:
    """What changed, in one line for the thread."""
    told = _news(notice)
    if single:
        said = [teller.change(item) for item in notice.items]
    elif not notice.open and len(told) > SPOKEN:
        said = [_all_over(notice, teller)]
    else:
        said = [_spoken(item, teller) for item in told[:SPOKEN]]
        said += filter(None, (_more(len(told) - SPOKEN, teller),))
    return " · ".join([teller.manner.time(teller.now, teller.now), *said])


def _all_over(notice: Notice, teller: Teller) -> str:
    """That many ended at once: whoever wants their names finds them in the message."""
    main = _main(notice)
    state = _state(notice, main, teller, closed=True, single=False)
    mark = _mark(notice, main, teller, closed=True)
    return f"{mark} {state} · {_members(notice, teller)}"


def _spoken(item: Item, teller: Teller) -> str:
    return f"{teller.mark(item.incident)} {teller.who(item.incident)}: {teller.change(item)}"


def about(notice: Notice, teller: Teller) -> About:
    """The small print: whose rule it is, and when this was written."""
    manner, rule, talk = teller.manner, notice.rule, notice.conversation
    return About(
        rule=teller.say("fact.rule", rule=manner.text(rule.id, NAME)),
        owner=teller.say("fact.owner", owner=manner.text(rule.owner, NAME)) if rule.owner else "",
        runbook=rule.runbook,
        labels=tuple(
            f"{manner.text(k, NAME)}={manner.text(v, NAME)}"
            for k, v in list(rule.labels.items())[:SHOWN]
        ),
        operation=manner.text(talk.operation, NAME),
        updated=teller.say("fact.updated", time=manner.time(notice.at, notice.at)),
        zone=manner.text(talk.timezone, NAME),
        receiver=manner.text(talk.receiver, NAME),
        id=talk.incident[:SHORT_ID],
    )
