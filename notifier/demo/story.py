"""Say what happens in the simulated contact center, lap after lap, and put it into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from notifier.simulator.roster import BY_NUMBER
from notifier.simulator.script import Kind, Scene, Script, demo_script

ZONE = ZoneInfo("America/Bogota")
START = datetime(2025, 11, 18, 10, 0, tzinfo=ZONE)  # a Tuesday, all are at work
PACE = 25.0  # simulated seconds a second
LAP = timedelta(minutes=21)
EARLIER = timedelta(seconds=45)  # nobody wants to wait for the first scene
LAPS = 21  # the last one ends before most people go home

_CAST = ("12004", "12036", "12022", "12006", "12013")  # who refuses calls, lap by lap
_SITES = ("Medellín", "Cali", "Bogotá")
_SELLERS = (
    ("12001", "12011", "12009"),
    ("12017", "12003", "12025"),
    ("12007", "12019", "12011"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A scene in words. *when*: ``past``, ``now`` or ``next``."""

    sign: str
    text: str
    when: str


QUIET = "the story is over, all is quiet"
_QUIET = Line("🌿", QUIET, "now")


def story(start: datetime = START) -> Script:
    """The demo's script over and over, each lap with other people and places."""
    return tuple(
        scene
        for lap in range(LAPS)
        for scene in _recast(demo_script(start + lap * LAP - EARLIER), lap)
    )


def _recast(script: Script, lap: int) -> Iterator[Scene]:
    sellers = iter(_SELLERS[lap % len(_SELLERS)])
    for scene in script:
        match scene.kind:
            case Kind.REJECTION:
                yield replace(scene, who=_CAST[lap % len(_CAST)])
            case Kind.ISP_CUT:
                yield replace(scene, who=_SITES[lap % len(_SITES)])
            case Kind.SALE:
                yield replace(scene, who=next(sellers))
            case _:
                yield scene


def lap_of(script: Sequence[Scene], now: datetime, start: datetime = START) -> list[Line]:
    """The scenes of the lap that *now* is in, in their order."""
    begin = start + (now - start) // LAP * LAP
    scenes = [scene for scene in script if begin - EARLIER <= scene.begin < begin - EARLIER + LAP]
    return [Line(*in_words(scene), _when(scene, now)) for scene in scenes] or [_QUIET]


def _when(scene: Scene, now: datetime) -> str:
    if scene.lasts(now):
        return "now"
    return "past" if scene.end <= now else "next"


_WORDS = {
    Kind.REJECTION: ("📵", "{who}’s network refuses calls"),
    Kind.ISP_CUT: ("✂️", "{who}’s line is cut"),
    Kind.SALE: ("🛒", "{who} sells"),
    Kind.QUEUE_SURGE: ("📞", "calls pile up in {who}"),
    Kind.API_FAULT: ("💥", "wolkvox answers with errors"),
    Kind.WIFI: ("📶", "{who} is on weak Wi-Fi"),
    Kind.SLA_DROP: ("⏳", "callers wait long in {who}"),
    Kind.PBX: ("☎️", "{who} loses packets"),
    Kind.SHORT_CALLS: ("✋", "the dialer’s calls end at once"),
    Kind.AUX_OVERRUN: ("☕", "{who} stays away"),
}


def in_words(scene: Scene) -> tuple[str, str]:
    """A sign, and what happens."""
    agent = BY_NUMBER.get(scene.who)
    sign, text = _WORDS[scene.kind]
    return sign, text.format(who=_known_as(agent.name) if agent else scene.who)


def _known_as(name: str) -> str:
    """The first of an agent's names, as people write it."""
    return name.replace("-", " ").split()[0].title()
