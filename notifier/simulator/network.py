"""Measure the network of every agent as the platform would, minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import pi, sin
from statistics import fmean

from notifier.simulator.chance import between, draw
from notifier.simulator.roster import PBXS, Agent
from notifier.simulator.script import Kind, Scene, Script

Row = dict[str, str]

_BLANK = 0.004  # the share of measurements in which one value is missing
_BLANKED = ("latency_ms", "tx_jitter", "rx_ploss")


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured: milliseconds, and percent."""

    latency: float
    tx_jitter: float
    rx_jitter: float
    tx_ploss: float
    rx_ploss: float
    rejection: float = 0.0


def line_of(agent: Agent, now: datetime, seed: int, script: Script) -> Line:
    """Return the agent's network in that minute."""
    return _with_scenes(_quiet(agent, now, seed), agent, now, seed, script)


def is_in_a_scene(agent: Agent, now: datetime, script: Script) -> bool:
    """Whether the script has plans for the agent's network."""
    return any(s.lasts(now) and _concerns(s, agent) for s in script)


def _minute(now: datetime) -> int:
    return int(now.timestamp() // 60)


def _quiet(agent: Agent, now: datetime, seed: int) -> Line:
    """A good day: loss is rare, and only Wi-Fi knows it."""
    who, at = agent.number, _minute(now)
    base = agent.site.latency_ms if agent.site else 55 + 40 * draw(seed, who, "distance")
    rough = 2.5 if agent.wifi else 1.0
    lost = 1.0 if agent.wifi and draw(seed, who, at, "loss") < 0.02 else 0.0
    refuses = draw(seed, who, "refuses") < 0.15
    return Line(
        latency=base * between(0.85, 1.2, seed, who, at, "latency"),
        tx_jitter=rough * between(1, 6, seed, who, at, "tx"),
        rx_jitter=rough * between(1, 5, seed, who, at, "rx"),
        tx_ploss=lost,
        rx_ploss=0.0,
        rejection=0.4 if refuses else 0.0,
    )


def _concerns(scene: Scene, agent: Agent) -> bool:
    if scene.kind is Kind.ISP_CUT:
        return agent.site is not None and agent.site.name == scene.who
    return scene.kind in (Kind.WIFI, Kind.REJECTION) and scene.who == agent.number


def _with_scenes(line: Line, agent: Agent, now: datetime, seed: int, script: Script) -> Line:
    for scene in script:
        if not scene.lasts(now) or not _concerns(scene, agent):
            continue
        if scene.kind is Kind.ISP_CUT:
            line = _cut(line, agent, now, seed)
        elif scene.kind is Kind.WIFI:
            line = _weak(line, agent, now, seed)
        else:
            line = replace(line, rejection=_refused(scene, now))
    return line


def _cut(line: Line, agent: Agent, now: datetime, seed: int) -> Line:
    name = (seed, agent.number, _minute(now))
    return replace(
        line,
        latency=between(300, 700, *name, "cut"),
        tx_jitter=between(70, 140, *name, "cut tx"),
        rx_jitter=between(60, 120, *name, "cut rx"),
        tx_ploss=float(round(between(10, 20, *name, "cut loss"))),
        rx_ploss=float(round(between(8, 16, *name, "cut back"))),
    )


def _weak(line: Line, agent: Agent, now: datetime, seed: int) -> Line:
    name = (seed, agent.number, _minute(now))
    return replace(
        line,
        latency=between(130, 340, *name, "weak"),
        tx_jitter=between(35, 90, *name, "weak tx"),
        rx_jitter=between(30, 60, *name, "weak rx"),
        tx_ploss=float(round(between(2, 9, *name, "weak loss"))),
        rx_ploss=float(round(between(0, 4, *name, "weak back"))),
    )


def _refused(scene: Scene, now: datetime) -> float:
    """Percent of the offered calls refused: from 2 up to the scene's amount, and back."""
    peak = scene.amount or 6
    return float(round(2 + (peak - 2) * sin(pi * scene.progress(now))))


def number(value: float) -> str:
    """Write a number as the platform does: no decimals where there are none."""
    return f"{value:.1f}".removesuffix(".0")


def agent_row(
    agent: Agent,
    *,
    connected: bool,
    last_call: str,
    now: datetime,
    seed: int,
    script: Script,
) -> Row:
    """Return one row of ``by_agent``."""
    line = line_of(agent, now, seed, script)
    row = {
        "agent_id": agent.label,
        "latency_ms": str(round(line.latency)),
        "ip": agent.ip,
        "version": "" if agent.web else _version(agent, seed),
        "agent_status": "connected" if connected else "disconnected",
        "tx_jitter": str(round(line.tx_jitter)),
        "rx_jitter": str(round(line.rx_jitter)),
        "tx_ploss": number(line.tx_ploss),
        "rx_ploss": number(line.rx_ploss),
        "network_rejection": number(line.rejection),
        "connection_type": "Wifi" if agent.wifi else "Ethernet",
        "platform": "web" if agent.web else "app",
        "last_date": last_call,
    }
    if not is_in_a_scene(agent, now, script):
        _leave_one_out(row, agent, now, seed)
    return row


def _version(agent: Agent, seed: int) -> str:
    return "20250917" if draw(seed, agent.number, "version") < 0.2 else "20251022"


def _leave_one_out(row: Row, agent: Agent, now: datetime, seed: int) -> None:
    for name in _BLANKED:
        if draw(seed, "blank", agent.number, _minute(now), name) < _BLANK:
            row[name] = ""


def ip_rows(agents: Iterable[Row]) -> Iterator[Row]:
    """Yield one row of ``by_ip`` for each address of connected agents."""
    behind: dict[str, list[Row]] = {}
    for row in agents:
        if row["agent_status"] == "connected":
            behind.setdefault(row["ip"], []).append(row)
    for ip, rows in sorted(behind.items()):
        yield _ip_row(ip, rows)


def _ip_row(ip: str, rows: Sequence[Row]) -> Row:
    latencies = [float(row["latency_ms"]) for row in rows if row["latency_ms"]]
    rejections = [float(row["network_rejection"]) for row in rows]
    return {
        "ip": ip,
        "total_agents": str(len(rows)),
        "average_latency": number(fmean(latencies)) if latencies else "",
        "maximum": number(max(latencies)) if latencies else "",
        "minimum": number(min(latencies)) if latencies else "",
        "network_rejection": f"{fmean(rejections):.2f}".removesuffix(".00"),
    }


def pbx_rows(now: datetime, seed: int, script: Script) -> Iterator[Row]:
    """Yield the rows of ``by_pbx``."""
    for user in PBXS:
        scene = next(
            (s for s in script if s.kind is Kind.PBX and s.who == user and s.lasts(now)), None
        )
        yield _pbx_row(user, scene, (seed, user, _minute(now)))


def _pbx_row(user: str, scene: Scene | None, name: tuple[object, ...]) -> Row:
    bad = scene is not None
    out = scene is not None and scene.amount >= 1
    return {
        "user": user,
        "status": "disconnected" if out else "connected",
        "tx_jitter": str(round(between(60, 110, *name, "tx") if bad else between(1, 5, *name))),
        "rx_jitter": str(round(between(50, 90, *name, "rx") if bad else between(1, 5, *name))),
        "tx_ploss": "100" if out else str(round(between(6, 14, *name, "t"))) if bad else "0",
        "rx_ploss": "100" if out else str(round(between(4, 12, *name, "r"))) if bad else "0",
    }
