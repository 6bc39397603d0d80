"""Work out from a script alone what people must be told, and when: the truth beside the bot.

The platform's own diary says when it was asked; the center says what was true then; the faults say
how much of that could be read. Nothing here is taken from the bot.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from notifier.simulator.center import Center
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.roster import SITES
from notifier.simulator.script import Script

BEGIN = datetime(2026, 1, 5, 15, 0, tzinfo=UTC)  # a Monday, ten in the morning in Bogotá
Row = Mapping[str, str]

SENDING = {
    Wrong.STATUS, Wrong.HTML, Wrong.MAINTENANCE, Wrong.BODY_CODE, Wrong.HANG, Wrong.DRIP,
    Wrong.TRUNCATED, Wrong.DROPPED, Wrong.REDIRECT, Wrong.CONTENT_TYPE, Wrong.GZIP,
    Wrong.GZIP_BOMB, Wrong.ENDLESS,
}  # fmt: skip
"""Only the first of these happens."""
WHOLE = {Wrong.DRIP, Wrong.CONTENT_TYPE, Wrong.GZIP}  # the right body arrives all the same
HARMLESS = {
    Wrong.BOM, Wrong.LATIN_1, Wrong.CONTROL, Wrong.PHP_WARNING, Wrong.DATE, Wrong.MESSAGE,
    Wrong.CODE, Wrong.NEW_FIELD, Wrong.ZERO_LEVEL, Wrong.PLACEHOLDER, Wrong.TWICE, Wrong.TOTAL,
}  # fmt: skip
ABSENT = {Wrong.GONE, Wrong.PARTIAL, Wrong.EMPTY_LIST}
FIELDS = {Wrong.WRITTEN, Wrong.RENAMED, Wrong.MISSING_FIELD, Wrong.VALUE}
READABLE = {"percent", "glued", "padded", "number", "thousands"}
ALIASES = {"network_reject_pct", "calls_in_queue"}
SAME_DATA = {"nested", "bare"}
SOURCE = "source"
NAMED = {site.ip: site.name for site in SITES}
GONE_AFTER = 3  # good snapshots without an agent
TELL_AFTER = 3  # failed polls, and
TELL_TIME = timedelta(minutes=3)
MAINTENANCE_TIME = timedelta(minutes=30)
BUSY_TIME = timedelta(minutes=10)


class Told(NamedTuple):
    """One thing that people hear: of what, when it opened, when it closed."""

    rule: str
    entity: str
    opened: datetime
    closed: datetime | None = None


def fails(faults: Sequence[Fault], api: str) -> Fault | None:
    """The fault that leaves no rows to read, if there is one; a 404 has rows: none."""
    sent = next((f for f in faults if f.wrong in SENDING), None)
    if sent is not None and sent.wrong not in WHOLE:
        return None if _none(sent) else sent
    hollow = next((f for f in faults if f.wrong is Wrong.EMPTY_LIST), None)
    if hollow is not None and any(f.text == "nested" for f in faults if f.wrong is Wrong.DATA):
        return hollow if api == "latency" else None  # a list within a list: lists of what?
    return next((f for f in faults if f.wrong not in SENDING and not _leaves_rows(f, api)), None)


def _leaves_rows(fault: Fault, api: str) -> bool:
    if fault.wrong is Wrong.DATA:
        return fault.text in SAME_DATA or fault.text == "none_found"
    if fault.wrong is Wrong.RENAMED and fault.field in ("agent_id", "skill_id"):
        return api not in ("latency", "skills")
    return fault.wrong in HARMLESS | ABSENT | FIELDS


def _none(fault: Fault) -> bool:
    """Whether it says that there are no rows."""
    return (fault.wrong is Wrong.STATUS and fault.status == 404) or (
        fault.wrong is Wrong.DATA and fault.text == "none_found"
    )


def shown(rows: Sequence[Row], faults: Sequence[Fault]) -> list[Row]:
    """The records that an answer shows, with blanks where a value cannot be read."""
    for fault in faults:
        if fault.wrong is Wrong.EMPTY_LIST or _none(fault):
            rows = []
        elif fault.wrong is Wrong.PARTIAL:
            rows = rows[: int(len(rows) * fault.amount)]
        elif fault.wrong is Wrong.GONE:
            rows = [row for row in rows if not _is(row, fault.who)]
        elif fault.wrong in FIELDS and not _harmless(fault):
            rows = [_blank(row, fault) for row in rows]
    return list(rows)


def _harmless(fault: Fault) -> bool:
    known = READABLE if fault.wrong is Wrong.WRITTEN else ALIASES
    return fault.wrong in (Wrong.WRITTEN, Wrong.RENAMED) and fault.text in known


def _is(row: Row, who: str) -> bool:
    return not who or any(v == who or v.startswith((f"{who}-", f"{who}.")) for v in row.values())


def _blank(row: Row, fault: Fault) -> Row:
    hit = fault.field in row and _is(row, fault.who)
    return {**row, fault.field: ""} if hit else row


# ---- rules, as people mean them ----


def rejection(rows: Sequence[Row]) -> dict[str, bool | None]:
    """More than 1 % of an agent's calls rejected."""
    return {r["agent_id"].split("-")[0]: _over(r["network_rejection"], 1) for r in rows}


def queue(rows: Sequence[Row]) -> dict[str, bool | None]:
    """Ten calls or more wait."""
    return {" ".join(r["skill_name"].split()): _over(r["calls_in_queue_now"], 9) for r in rows}


def overrun(rows: Sequence[Row]) -> dict[str, bool | None]:
    """More than 25 minutes in Break."""
    return {
        f"{r['agent_id']}/{r['aux_state']}": _seconds(r["time"]) > 25 * 60
        for r in rows
        if r["aux_state"] == "Break"
    }


def short(rows: Sequence[Row]) -> dict[str, bool | None]:
    """More than 30 % of the calls of the last hour ended within five seconds."""
    return {r["interval"]: _over(r["percentage"].removesuffix(" %"), 30) for r in rows
            if r["interval"] == "0_5_seg"}  # fmt: skip


def site(rows: Sequence[Row]) -> dict[str, bool | None]:
    """Six tenths of the agents behind an address, three at least, lose packets both known."""
    behind: dict[str, list[bool | None]] = defaultdict(list)
    for row in rows:
        if row["agent_status"] == "connected":
            behind[row["ip"]].append(_loses(row))
    return {NAMED.get(ip, ip): _share(losing) for ip, losing in behind.items()}


def _loses(row: Row) -> bool | None:
    known = [float(row[name]) for name in ("tx_ploss", "rx_ploss") if row[name]]
    if any(value >= 3 for value in known):
        return True
    return False if len(known) == 2 else None


def _share(losing: Sequence[bool | None]) -> bool | None:
    """Three-valued: blanks may be the one or the other."""
    if len(losing) < 3:
        return False
    least = losing.count(True) / len(losing)
    most = (losing.count(True) + losing.count(None)) / len(losing)
    return True if least >= 0.6 else False if most < 0.6 else None


def _over(text: str, limit: float) -> bool | None:
    return float(text) > limit if text else None


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds


class Remembering(Center):
    """A center that works out each answer once: the truth asks for it again."""

    def __init__(self, script: Script) -> None:
        super().__init__(7, BEGIN, script)
        for name in ("latency", "skills", "hits", "cdr_4", "agent_3"):
            setattr(self, name, lru_cache(maxsize=8)(getattr(self, name)))


@dataclass
class Rule:
    """A rule as people mean it, and what is known of its entities.

    Attributes:
        hold: Whether an entity that left keeps its alert.
    """

    name: str
    api: str
    judge: Callable[[Sequence[Row]], dict[str, bool | None]]
    hold: bool = False
    open: dict[str, datetime] = field(default_factory=dict)
    absent: dict[str, int] = field(default_factory=dict)


def rules() -> list[Rule]:
    """All of them."""
    return [
        Rule("rejection", "latency", rejection),
        Rule("site", "latency", site, hold=True),
        Rule("queue", "skills", queue, hold=True),
        Rule("overrun", "agent_3", overrun),
        Rule("short", "cdr_4", short, hold=True),
    ]


# ---- the hour ----


@dataclass
class Truth:
    """What people must have heard of one operation.

    Attributes:
        told: All that opened, with its end where it ended.
        sales: When each was to be announced.
    """

    center: Center
    operation: str
    rules: list[Rule] = field(default_factory=rules)
    told: list[Told] = field(default_factory=list)
    sales: list[datetime] = field(default_factory=list)
    _first: bool = True
    _known: set[str] = field(default_factory=set)
    _agents: set[str] = field(default_factory=set)
    _failing: dict[str, list[datetime]] = field(default_factory=dict)
    _busy: dict[str, bool] = field(default_factory=dict)
    _down: dict[str, datetime] = field(default_factory=dict)

    def asked(self, api: str, at: datetime, window: tuple[datetime, datetime] | None) -> None:
        """The platform was asked for an api."""
        faults = [f for f in self.center.faults(at) if f.meets(api)]
        wrong = fails(faults, api)
        if wrong is not None:
            self._failed(api, at, wrong)
            return
        self._answered(api, at)
        rows = shown(self._rows(api, at, window), faults)
        if api == "hits_last_hour":
            self._sold(rows, at)
            return
        suspect = self._suspect(api, rows)
        for rule in self.rules:
            if rule.api == api:
                self._step(rule, rule.judge(rows), at, suspect=suspect)

    def _rows(
        self, api: str, at: datetime, window: tuple[datetime, datetime] | None
    ) -> Sequence[Row]:
        match api:
            case "latency":
                return self.center.latency(at)[0]["by_agent"]
            case "skills":
                return self.center.skills(at)
            case "hits_last_hour":
                return self.center.hits(at)
            case "agent_3":
                assert window
                return self.center.agent_3(at, *window)
            case _:
                assert window
                found = self.center.cdr_4(at, *window) or {}
                return [{"interval": name, **row} for name, row in found.items()]

    def _suspect(self, api: str, rows: Sequence[Row]) -> bool:
        """Whether more than half of the agents vanished at once: not believed the first time."""
        if api != "latency":
            return False
        here = {row["agent_id"] for row in rows}
        gone = len(self._agents - here) > len(self._agents) / 2
        self._agents = here
        return gone

    def _step(
        self, rule: Rule, verdicts: Mapping[str, bool | None], at: datetime, *, suspect: bool
    ) -> None:
        for entity, verdict in verdicts.items():
            rule.absent.pop(entity, None)
            if verdict and entity not in rule.open:
                rule.open[entity] = at
            elif verdict is False and entity in rule.open:
                self._close(rule, entity, at)
        for entity in [e for e in rule.open if e not in verdicts and not suspect]:
            rule.absent[entity] = rule.absent.get(entity, 0) + 1
            if rule.absent[entity] >= GONE_AFTER and not rule.hold:
                self._close(rule, entity, at)

    def _close(self, rule: Rule, entity: str, at: datetime) -> None:
        self.told.append(Told(rule.name, entity, rule.open.pop(entity), at))
        rule.absent.pop(entity, None)

    def _sold(self, rows: Sequence[Row], at: datetime) -> None:
        news = {self._call(row) for row in rows if row["hit"] == "yes"} - self._known
        self._known |= news
        if not self._first:
            self.sales += [at] * len(news)
        self._first = False

    @staticmethod
    def _call(row: Row) -> str:
        return f"{row['date']} {row['type_interaction']}"

    # ---- how the source itself is ----

    def _failed(self, api: str, at: datetime, fault: Fault) -> None:
        self._failing.setdefault(api, []).append(at)
        times = self._failing[api]
        busy = fault.status == 429 or "simultaneous" in fault.text
        lasted = at - times[0]
        enough = MAINTENANCE_TIME if "maintenance" in fault.text else TELL_TIME
        long = lasted >= BUSY_TIME if busy else len(times) >= TELL_AFTER and lasted >= enough
        if api not in self._down and (long or _hopeless(fault)):
            self._down[api] = at

    def _answered(self, api: str, at: datetime) -> None:
        self._failing.pop(api, None)
        if api in self._down:
            self.told.append(Told(SOURCE, f"{self.operation}/{api}", self._down.pop(api), at))

    def alerts(self) -> list[Told]:
        """All that the rules found, what is open still among it."""
        return [each for each in self._whole() if each.rule != SOURCE]

    def outages(self) -> list[Told]:
        """What the operators hear of the sources."""
        return [each for each in self._whole() if each.rule == SOURCE]

    def _whole(self) -> list[Told]:
        return sorted([*self.told, *self._still_open()], key=lambda told: (told.opened, *told[:2]))

    def _still_open(self) -> Iterator[Told]:
        for rule in self.rules:
            yield from (Told(rule.name, entity, at) for entity, at in rule.open.items())
        yield from (Told(SOURCE, f"{self.operation}/{api}", at) for api, at in self._down.items())


def _hopeless(fault: Fault) -> bool:
    """What does not pass by itself is told at once."""
    refused = fault.wrong is Wrong.STATUS and fault.status in (400, 401, 403, 405, 412)
    passing = ("simultaneous", "maintenance", "access denied")
    return refused and not any(word in fault.text for word in passing)
