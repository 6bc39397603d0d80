"""Write down what happens in the contact center, and when: scenes, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import Enum
from zoneinfo import ZoneInfo

from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.roster import BY_NUMBER, PBXS, QUEUE_NAMED, SITE_NAMED


class Kind(Enum):
    """What a scene is about, and whose name its ``who`` holds."""

    ISP_CUT = "isp_cut"  # a site: all its agents lose packets; a share `amount` drops out
    WIFI = "wifi"  # an agent: jitter and some loss
    REJECTION = "rejection"  # an agent: calls offered and refused, up to `amount` percent
    QUEUE_SURGE = "queue_surge"  # a queue: at least `amount` calls waiting at once
    SLA_DROP = "sla_drop"  # a queue: calls wait some `amount` seconds, nobody is gone
    PBX = "pbx"  # a PBX: packet loss; out of service from `amount` 1
    SHORT_CALLS = "short_calls"  # the dialer: `amount` calls a minute that end within 5 s
    AUX_OVERRUN = "aux_overrun"  # an agent: stays in the auxiliary state `text`
    SALE = "sale"  # an agent: `amount` sales, spread over the scene
    SALE_BACK = "sale_back"  # an agent: what was sold before is no sale any more
    COUNTER_RESET = "counter_reset"  # the counters of all queues begin anew
    CORRECTION = (
        "correction"  # a queue: its counter `text` is `amount` lower for the rest of the day
    )
    OTHERS = "others"  # other programs spend `amount` calls of the day, spread over the scene
    API_FAULT = "api_fault"  # the platform: its `faults`, one after another


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happens from *begin* until *end*.

    Attributes:
        who: A site, agent number, queue or PBX, as the kind says.
        amount: How much, in the kind's own unit; 0 leaves it to the kind.
    """

    kind: Kind
    begin: datetime
    end: datetime
    who: str = ""
    amount: float = 0.0
    text: str = ""
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if self.begin.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(f"{self.kind.value}: a scene's times need a zone")
        if self.end <= self.begin:
            raise ValueError(f"{self.kind.value}: a scene ends after it begins")
        known = _WHO.get(self.kind)
        if known is not None and self.who not in known:
            raise ValueError(f"{self.kind.value}: nobody is called {self.who!r}")

    def lasts(self, now: datetime) -> bool:
        """Whether it is happening."""
        return self.begin <= now < self.end

    def progress(self, now: datetime) -> float:
        """How far it is, 0 at its begin and 1 at its end."""
        return (now - self.begin) / (self.end - self.begin)

    def done(self, now: datetime) -> float:
        """How much of it has happened: 0 before it begins, 1 from its end on."""
        return min(1.0, max(0.0, self.progress(now)))

    def fault(self, now: datetime) -> Fault | None:
        """Which of its faults is on: each has an equal share of the time."""
        if not self.faults or not self.lasts(now):
            return None
        return self.faults[int(self.progress(now) * len(self.faults))]


_WHO = {
    Kind.ISP_CUT: SITE_NAMED,
    Kind.WIFI: BY_NUMBER,
    Kind.REJECTION: BY_NUMBER,
    Kind.QUEUE_SURGE: QUEUE_NAMED,
    Kind.SLA_DROP: QUEUE_NAMED,
    Kind.PBX: dict.fromkeys(PBXS),
    Kind.AUX_OVERRUN: BY_NUMBER,
    Kind.SALE: BY_NUMBER,
    Kind.SALE_BACK: BY_NUMBER,
    Kind.CORRECTION: QUEUE_NAMED,
}

Script = Sequence[Scene]

_FAULTS = (
    Fault(Wrong.STATUS, status=500, text="internal server error"),
    Fault(Wrong.HANG, seconds=2.0),
    Fault(Wrong.MAINTENANCE),
)


def demo_script(start: datetime) -> Script:
    """Twenty minutes in which one of each thing happens that people want to hear of."""

    def scene(kind: Kind, begins: float, lasts: float, who: str = "", amount: float = 0) -> Scene:
        begin = start + timedelta(minutes=begins)
        faults = _FAULTS[:2] if kind is Kind.API_FAULT else ()  # maintenance is not told of at once
        return Scene(kind, begin, begin + timedelta(minutes=lasts), who, amount, faults=faults)

    return (
        scene(Kind.REJECTION, 1, 6, "12004", 6),
        scene(Kind.ISP_CUT, 3, 6, "Medellín"),
        scene(Kind.SALE, 5, 0.5, "12001", 1),
        scene(Kind.SALE, 5.5, 1, "12011", 2),
        scene(Kind.QUEUE_SURGE, 8, 5, "Soporte Técnico", 12),
        scene(Kind.API_FAULT, 12, 5),
        scene(Kind.SALE, 18, 1, "12009", 1),
    )


def day_script(start: datetime, zone: tzinfo | None = None, days: int = 3) -> Script:
    """All kinds of scenes at plausible hours of so many local days, that of *start* the first."""
    zone = zone or ZoneInfo("America/Bogota")
    first = start.astimezone(zone).date()
    dates = [first + timedelta(days=later) for later in range(days)]
    return tuple(scene for day in dates for scene in _one_day(day, zone))


def _one_day(day: date, zone: tzinfo) -> Script:
    def scene(
        kind: Kind, at: str, minutes: float, who: str = "", amount: float = 0, text: str = ""
    ) -> Scene:
        begin = datetime.combine(day, time.fromisoformat(at), zone)
        faults = _FAULTS if kind is Kind.API_FAULT else ()
        return Scene(kind, begin, begin + timedelta(minutes=minutes), who, amount, text, faults)

    return (
        scene(Kind.API_FAULT, "03:10", 20),  # the nightly backup
        scene(Kind.WIFI, "08:15", 25, "12043"),
        scene(Kind.QUEUE_SURGE, "08:40", 20, "Soporte Técnico", 12),
        scene(Kind.SALE, "09:05", 10, "12007", 2),
        scene(Kind.REJECTION, "09:30", 40, "12022", 6),
        scene(Kind.AUX_OVERRUN, "10:05", 45, "12013", text="Break"),
        scene(Kind.SALE, "10:30", 20, "12049", 3),
        scene(Kind.ISP_CUT, "10:50", 15, "Medellín"),
        scene(Kind.SLA_DROP, "11:30", 40, "Facturación", 55),
        scene(Kind.API_FAULT, "12:20", 15),
        scene(Kind.SALE, "13:10", 15, "12035", 2),
        scene(Kind.AUX_OVERRUN, "13:15", 60, "12032", text="Almuerzo"),
        scene(Kind.WIFI, "14:00", 45, "12047"),
        scene(Kind.PBX, "14:35", 12, "pbx-moviles"),
        scene(Kind.SHORT_CALLS, "15:10", 45, amount=14),
        scene(Kind.ISP_CUT, "16:05", 12, "Bogotá", 0.4),
        scene(Kind.QUEUE_SURGE, "17:10", 15, "Ventas", 15),
        scene(Kind.SALE, "17:40", 30, "12001", 4),
        scene(Kind.PBX, "19:05", 6, "pbx-internacional", 1),
        scene(Kind.SLA_DROP, "20:00", 30, "Soporte Técnico", 60),
        scene(Kind.QUEUE_SURGE, "23:50", 20, "Línea 24 Horas", 8),  # across the counters' reset
    )
