"""Say who is logged in, and who spends how long in which auxiliary state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from notifier.simulator.chance import between, draw
from notifier.simulator.roster import AGENTS, Agent
from notifier.simulator.script import Kind, Scene, Script

LINGERS = timedelta(minutes=15)  # how long a session stays listed after logout
DROPOUT = timedelta(minutes=1)  # a cut takes some of a site's sessions with it after that long

# State, where in the shift (0 to 1), minutes at least and at most, and how many agents take it.
_HABITS = (
    ("Baño", 0.12, 3, 8, 0.9),
    ("Break", 0.24, 12, 17, 1.0),
    ("Reunión", 0.33, 10, 25, 0.2),
    ("Almuerzo", 0.45, 42, 58, 1.0),
    ("Baño", 0.58, 3, 8, 0.7),
    ("Capacitación", 0.66, 20, 45, 0.1),
    ("Break", 0.74, 11, 17, 0.9),
    ("Respuesta WhatsApp", 0.86, 5, 20, 0.3),
)


@dataclass(frozen=True, slots=True)
class Pause:
    """One stay in an auxiliary state."""

    state: str
    begin: datetime
    end: datetime

    def seconds_within(self, begin: datetime, end: datetime) -> float:
        """Seconds of it that lie between *begin* and *end*."""
        return max(0.0, (min(self.end, end) - max(self.begin, begin)).total_seconds())


def sessions(
    now: datetime, zone: tzinfo, seed: int, script: Script
) -> Iterator[tuple[Agent, bool]]:
    """Yield each agent that the platform lists, and whether the session is connected."""
    for agent in AGENTS:
        begin, end = _shift(agent, now.astimezone(zone).date(), zone, seed)
        if begin <= now < end + LINGERS and not _dropped_out(agent, now, seed, script):
            yield agent, now < end


def _shift(agent: Agent, day: date, zone: tzinfo, seed: int) -> tuple[datetime, datetime]:
    """From a few minutes after the shift begins until a few before it ends."""
    begin = datetime.combine(day, agent.begins, zone)
    end = datetime.combine(day, agent.ends, zone)
    if agent.begins != time(0):  # the night shift is there at midnight already
        begin += timedelta(minutes=between(0, 8, seed, "login", agent.number, day))
    return begin, end - timedelta(minutes=between(0, 5, seed, "logout", agent.number, day))


def _dropped_out(agent: Agent, now: datetime, seed: int, script: Script) -> bool:
    return any(
        scene.lasts(now)
        and now >= scene.begin + DROPOUT
        and draw(seed, "dropout", agent.number, scene.begin) < scene.amount
        for scene in _cuts_of(agent, script)
    )


def _cuts_of(agent: Agent, script: Script) -> Iterator[Scene]:
    name = agent.site.name if agent.site else None
    return (s for s in script if s.kind is Kind.ISP_CUT and s.who == name)


def pauses(agent: Agent, day: date, zone: tzinfo, seed: int, script: Script) -> Iterator[Pause]:
    """Yield the agent's stays in auxiliary states that begin on that local day."""
    begin, end = _shift(agent, day, zone, seed)
    for index, (state, where, least, most, share) in enumerate(_HABITS):
        if draw(seed, "habit", agent.number, day, index) >= share:
            continue
        at = begin + (end - begin) * (where + between(-0.05, 0.05, seed, agent.number, day, index))
        lasts = between(least, most, seed, "lasts", agent.number, day, index)
        yield Pause(state, at, at + timedelta(minutes=lasts))
    for scene in script:
        ours = scene.kind is Kind.AUX_OVERRUN and scene.who == agent.number
        if ours and scene.begin.astimezone(zone).date() == day:
            yield Pause(scene.text or "Break", scene.begin, scene.end)
