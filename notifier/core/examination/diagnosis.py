"""Say what one answer of each source tells of an operation: its token, endpoints, clocks, words.

Knows nothing of how they were asked for. No value of an answer is repeated, only names and counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from notifier.core.examination import clockwork, definitions
from notifier.core.examination.finding import Finding, fail, ok, skipped, warn
from notifier.core.facts.snapshot import take
from notifier.core.judging.plan import SourcePlan
from notifier.core.payload.answer import Answer
from notifier.core.payload.decode import Decoded
from notifier.core.payload.endpoint import Kind
from notifier.core.payload.oddities import Oddities
from notifier.core.payload.rows import Row
from notifier.core.rules.budget import CALLS_PER_LICENSE, Quota, TokenInfo
from notifier.core.rules.keys import counted
from notifier.errors import PollError, Trouble

PASSING = frozenset({Trouble.BUSY, Trouble.MAINTENANCE, Trouble.SERVER, Trouble.TIMEOUT})
SKEW = timedelta(seconds=30)  # a clock that is further off is not a slow answer
HIGH = 0.9  # of the day's calls: little is left
LISTED = 6  # names in one sentence
HOUR = timedelta(hours=1)
_FIXES = {
    Trouble.TOKEN: "see `token`",
    Trouble.REQUEST: "take the source out of the rules file, or correct its params",
    Trouble.QUOTA: "poll less often: notifier check counts the calls",
    Trouble.BUSY: "give each program a token of its own, then look again",
    Trouble.FORBIDDEN: "register this machine's public address in wolkvox Manager",
    Trouble.NETWORK: "check `server`, the name service and the way out of this machine",
    Trouble.TLS: "check `server`; behind a proxy that opens TLS, trust its authority",
    Trouble.REDIRECT: "correct `server`",
}
_WAIT = "wait, then look again"
_REPORT = "report it, with the kind"


@dataclass(frozen=True, slots=True)
class Examined:
    """One source that was asked once.

    Attributes:
        asked, answered: By our clock.
        error: Why there are no rows; None where there are.
        before: Whether it gave rows at any time before.
    """

    source: SourcePlan
    asked: datetime
    answered: datetime
    answer: Answer | None = None
    decoded: Decoded | None = None
    error: PollError | None = None
    before: bool = False

    @property
    def name(self) -> str:
        return self.source.key.source

    def rows(self, *fields: str) -> list[Row]:
        """The rows of the collections that have all these fields."""
        if self.decoded is None:
            return []
        lists = self.decoded.collections.values()
        return [row for rows in lists for row in rows if set(fields) <= set(row.__struct_fields__)]


def token(group: str, seen: Sequence[Examined], setting: str) -> Finding:
    """Whether the token is accepted: an answer about anything else than the token says so.

    setting: The variable that holds it.
    """
    troubles = [each.error.kind for each in seen if each.error is not None]
    if Trouble.TOKEN in troubles:
        fix = f"make a new token in wolkvox Manager and set {setting}"
        return fail(group, "token", "wolkvox refuses the token", fix)
    if any(each.answer is not None and _about_rows(each) for each in seen):
        return ok(group, "token", "accepted")
    return skipped(group, "token", "no answer tells whether the token is accepted")


def _about_rows(seen: Examined) -> bool:
    return seen.error is None or seen.error.kind in (Trouble.QUOTA, Trouble.BUSY, Trouble.REQUEST)


def endpoint(group: str, seen: Examined) -> Finding:
    """Whether the source can be read."""
    check = f"source {seen.name}"
    if seen.error is not None:
        kind = seen.error.kind
        level = warn if kind in PASSING else fail
        fix = _FIXES.get(kind) or (_WAIT if kind in PASSING else _REPORT)
        return level(group, check, f"{kind.value}: {seen.error}", fix)
    if seen.decoded is not None and seen.decoded.oddities.not_found:
        return _none(group, check, seen)
    rows = sum(map(len, seen.decoded.collections.values())) if seen.decoded else 0
    took = (seen.answered - seen.asked).total_seconds()
    return ok(group, check, f"{counted(rows, 'row')} in {took:.1f} s")


def _none(group: str, check: str, seen: Examined) -> Finding:
    if seen.before:
        return ok(group, check, "no rows just now (404); there were some before")
    return warn(
        group,
        check,
        "404, and it never gave rows: there are none yet, or this server has no such report",
        "look again while people work; if it stays so, take the source out of the rules file",
    )


def values(group: str, seen: Examined) -> Iterator[Finding]:
    """What of an answer was not as the catalogue has it."""
    if seen.decoded is None or seen.decoded.oddities.not_found:
        return
    check, found = f"values of {seen.name}", seen.decoded.oddities
    told = [*_unknown(group, check, found), *_other(group, check, found)]
    yield from told or [ok(group, check, "all declared fields are there and can be read")]


def _unknown(group: str, check: str, found: Oddities) -> Iterator[Finding]:
    """What is unknown to rules."""
    if found.unreadable:
        counts = [f"{name} ({count})" for name, count in found.unreadable.items()]
        text = f"values that cannot be read, and count as unknown: {listed(counts)}"
        yield warn(group, check, text, f"{_REPORT} of value; rules on these fields do not fire")
    if found.absent:
        text = f"fields that did not come: {listed(found.absent)}"
        yield warn(group, check, text, "rules on these fields do not fire; report the new names")
    if found.lacking:
        text = f"lists that did not come: {listed(found.lacking)}"
        yield warn(group, check, text, "rules on these lists do not fire; report it")
    if found.dropped:
        text = f"{counted(found.dropped, 'record')} had no key, or were no records"
        yield warn(group, check, text, _REPORT)
    if found.full:
        fix = "ask for less: one queue, or a shorter window"
        yield warn(group, check, "so many rows that wolkvox may have cut some off", fix)


def _other(group: str, check: str, found: Oddities) -> Iterator[Finding]:
    """What is only worth knowing."""
    if found.aliased:
        names = [f"{name} as {alias}" for name, alias in found.aliased.items()]
        yield ok(group, check, f"fields under another name, which is used: {listed(names)}")
    if found.undeclared:
        yield ok(group, check, f"new fields, which are not read: {listed(found.undeclared)}")
    if found.totals:
        yield ok(group, check, f"{counted(found.totals, 'row')} left out that add up the others")


def listed(names: Sequence[str]) -> str:
    """The first of the names, and how many there are beyond."""
    shown = ", ".join(names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"


def quota(group: str, told: Quota, spent: int, said: TokenInfo) -> Finding:
    """How many calls there may be today, and how many are left.

    spent: What this database counted; what *said* tells of all programs is better.
    """
    check, given = "quota", None if told.licenses is None else told.licenses * CALLS_PER_LICENSE
    limit = said.limit if said.limit is not None else given
    used = said.all_today if said.all_today is not None else said.beyond_left()
    text = f"{counted(spent, 'call')} of ours today"
    if used is not None:
        text = f"{text}, {used} of all programs"
    if limit is None:
        fix = "set `licenses` on the operation: the quota is a thousand calls each"
        return warn(group, check, f"{text}; how many there may be is not known", fix)
    text = f"{text}; {limit} a day"
    if given is not None and given != limit:
        fix = f"set licenses = {limit // CALLS_PER_LICENSE} on the operation"
        return warn(group, check, f"{text}, and by `licenses` there would be {given}", fix)
    if max(spent, used or 0) > HIGH * limit:
        return warn(group, check, text, "poll less often: notifier check counts")
    return ok(group, check, text)


# ---- clocks ----


def clock(group: str, seen: Sequence[Examined]) -> Finding:
    """Whether our clock and the server's agree."""
    check = "clock"
    found = [
        skew
        for each in seen
        if each.answer is not None
        and (
            skew := clockwork.ahead(each.answer.headers.get("date", ""), each.asked, each.answered)
        )
        is not None
    ]
    if not found:
        return skipped(group, check, "no answer says what time it is there")
    skew = min(found, key=abs)
    if abs(skew) <= SKEW:
        return ok(group, check, "this machine and wolkvox agree to within 30 s")
    which = "behind" if skew > timedelta(0) else "ahead of"
    text = f"this machine is {_span(abs(skew))} {which} wolkvox"
    return warn(group, check, text, "let the machine keep time by NTP")


def _there(seen: Examined) -> datetime:
    """What time it was on the server when the answer came; by our clock where it does not say."""
    date = seen.answer.headers.get("date", "") if seen.answer is not None else ""
    return seen.answered + (clockwork.ahead(date, seen.asked, seen.answered) or timedelta(0))


def zone(group: str, seen: Sequence[Examined], configured: ZoneInfo) -> Finding:
    """Whether dates are printed in the operation's zone, by the ids of calls beside them."""
    check = "timezone"
    rows = [row for each in seen for row in each.rows("conn_id", "date")]
    calls: list[Any] = [row for row in rows if _text(row, "conn_id") and _text(row, "date")]
    found = clockwork.offset((row.conn_id, row.date) for row in calls)
    if found is None:
        return skipped(group, check, "too few calls tell the zone; it needs hits_last_hour")
    now = max(each.answered for each in seen)
    if now.astimezone(configured).utcoffset() == found:
        return ok(group, check, f"dates are printed in {configured.key} ({_utc(found)})")
    text = f"dates are printed in {_utc(found)}, which {configured.key} is not"
    return fail(group, check, text, "correct `timezone` of the operation in the rules file")


def _text(row: Row, name: str) -> bool:
    return isinstance(getattr(row, name), str)


def _utc(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def resets(
    group: str, readings: Sequence[tuple[datetime, clockwork.Counters]], local: ZoneInfo
) -> Finding:
    """At what hour the counters of queues begin anew, by the recordings."""
    check = "counter reset"
    found = clockwork.falls(readings)
    if not found:
        return skipped(group, check, "no reset is in the recordings yet; it takes a day of them")
    spans = ", ".join(f"{_hour(b, local)} to {_hour(e, local)}" for b, e in found[-3:])
    return ok(group, check, f"counters began anew between {spans}, local time")


def _hour(at: datetime, local: ZoneInfo) -> str:
    return at.astimezone(local).strftime("%a %H:%M")


# ---- definitions ----


def hits(group: str, seen: Sequence[Examined]) -> Iterator[Finding]:
    """What the list of hits is a list of, and how far it reaches back."""
    for each in seen:
        rows: list[Any] = each.rows("conn_id", "is_hit")
        if not rows:
            continue
        sold = sum(row.is_hit is True for row in rows)
        yield ok(group, "hits", f"{counted(sold, 'sale')} in {counted(len(rows), 'row')}")
        age = clockwork.oldest((row.conn_id for row in rows if row.conn_id), _there(each))
        if age is not None:
            text = f"the oldest call began {_span(age)} ago"
            if each.source.cadence >= age and age < HOUR:
                fix = "poll it more often than the list reaches back"
                yield warn(group, "hits window", f"{text}, and it is polled more rarely", fix)
            else:
                yield ok(group, "hits window", text)


def level_base(group: str, queues: Iterable[Row], configured: str) -> Finding:
    """What service levels are a share of."""
    check = "service level"
    given = list(definitions.samples(queues))
    found = definitions.base(given)
    if found is None:
        levels = counted(len(given), "level")
        text = f"{levels} seen, too few to tell what they are a share of: `{configured}` is taken"
        return skipped(group, check, text)
    if found == configured:
        return ok(group, check, f"shares of the calls `{found}`, as configured")
    text = f"shares of the calls `{found}`, and the rules file says `{configured}`"
    return warn(group, check, text, f'set level_base = "{found}" on the operation')


def relations(group: str, seen: Examined) -> Iterator[Finding]:
    """Numbers of one answer that cannot be true together."""
    if seen.decoded is None:
        return
    source = seen.source
    taken = take(source.key, source.endpoint, seen.decoded.collections, seen.answered)
    broken = taken.oddities.broken
    told = [
        f"{each.must} ({'all rows together' if each.together else counted(times, 'row')})"
        for collection in source.endpoint.collections
        for each in collection.relations
        if (times := broken.get(each.name))
    ]
    if told:
        text = f"numbers of {seen.name} contradict each other; these do not hold: "
        fix = "mind that rules judge what wolkvox says; report it to wolkvox if it stays"
        yield warn(group, "plausible", text + "; ".join(told), fix)


def decimals(group: str, seen: Sequence[Examined]) -> Finding:
    """How numbers are written."""
    check = "decimals"
    texts = [text for each in seen for text in _numbers(each)]
    found = definitions.styles(texts)
    if found["comma"]:
        number = counted(found["comma"], "number")
        text = f"{number} with a decimal comma: not guessed at, unknown"
        return warn(group, check, text, "set the server's number format to a dot, or report it")
    if found["dot"] or found["thousands"]:
        return ok(group, check, f"a dot ({found['dot']} seen), thousands with a comma "
                  f"({found['thousands']} seen)")  # fmt: skip
    return skipped(group, check, "no number with decimals was seen")


def _numbers(seen: Examined) -> Iterator[str]:
    """Yield the texts of an answer's numeric fields, as they came."""
    kinds: dict[str, Kind] = {}
    for collection in seen.source.endpoint.collections:
        kinds |= {f.name: f.kind for f in collection.fields if f.kind.numeric}
    try:
        whole = msgspec.json.decode(seen.answer.body) if seen.answer and seen.decoded else None
    except (ValueError, RecursionError):
        return  # it had to be mended
    yield from _texts(whole, kinds)


def _texts(whole: Any, kinds: Mapping[str, Kind]) -> Iterator[str]:
    pending = [whole]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            yield from (v for name, v in part.items() if name in kinds and isinstance(v, str))
            pending += part.values()
        elif isinstance(part, list):
            pending += part


def latency_kind(group: str, seen: Sequence[Examined], configured: str) -> Finding:
    """Data cannot tell a way from a way and back: only how they look is said."""
    check = "latency"
    found = [r.latency_ms for r in _rows(seen, "latency_ms") if r.latency_ms is not None]
    if not found:
        return skipped(group, check, "no latency was seen")
    text = f"median {median(found):.0f} ms, taken as {configured.replace('_', ' ')}"
    return ok(group, check, f"{text}; compare with a ping to the server: a ping is a round trip")


def _rows(seen: Sequence[Examined], *fields: str) -> list[Any]:
    return [row for each in seen for row in each.rows(*fields)]
