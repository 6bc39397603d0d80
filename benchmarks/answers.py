"""Make answers of ``latency`` as wolkvox sends them: nearly every value a text, and varied."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

Record = dict[str, Any]

_FIRST = ("ANA", "LUIS", "MARIA", "JOSE", "CAROLINA", "ANDRES", "PAULA", "DIEGO", "SARA", "JUAN")
_LAST = ("GOMEZ", "RODRIGUEZ", "MARTINEZ", "LOPEZ", "GARCIA", "RAMIREZ", "TORRES", "MUÑOZ", "ROJAS")
_VERSIONS = ("20250114", "20250320", "20250702", "20251011")
_MEASURED = (
    "latency_ms",
    "tx_jitter",
    "rx_jitter",
    "tx_ploss",
    "rx_ploss",
    "network_rejection",
)
SITES = 400  # agents at one public address, about


def agents(count: int, seed: int = 7) -> list[Record]:
    """Return *count* agents on a quiet day: no rule of ours fires on any of them."""
    dice = Random(seed)
    return [_agent(number, dice) for number in range(count)]


def _agent(number: int, dice: Random) -> Record:
    site = number // SITES
    name = f"{dice.choice(_FIRST)} {dice.choice(_LAST)} {dice.choice(_LAST)}"
    return {
        "agent_id": f"{10_000 + number}-{name}",
        **_line(dice),
        "ip": f"181.{site // 250}.{site % 250}.{dice.randrange(1, 255)}",
        "version": dice.choice(_VERSIONS),
        "agent_status": "connected" if dice.random() < 0.9 else "disconnected",
        "connection_type": dice.choice(("Ethernet", "Wifi")),
        "platform": dice.choice(("app", "web")),
        "last_date": f"2026-05-04 {dice.randrange(8, 18):02}:{dice.randrange(60):02}:"
        f"{dice.randrange(60):02}",
    }


def _line(dice: Random) -> Record:
    return {
        "latency_ms": f"{dice.uniform(15, 110):.1f}",
        "tx_jitter": f"{dice.uniform(0, 9):.2f}",
        "rx_jitter": f"{dice.uniform(0, 9):.2f}",
        "tx_ploss": f"{dice.choice((0, 0, 0, 0.5, 0.8))}",
        "rx_ploss": f"{dice.choice((0, 0, 0, 0.2, 0.9))}",
        "network_rejection": f"{dice.choice((0, 0, 0, 0, 0.3))}",
    }


def shaken(records: list[Record], share: float = 0.05, seed: int = 8) -> list[Record]:
    """Return the same agents, a *share* of them measured anew."""
    dice = Random(seed)
    return [each | _line(dice) if dice.random() < share else each for each in records]


def rejecting(records: list[Record], count: int) -> list[Record]:
    """Return the same agents, *count* of them, spread evenly, refusing calls."""
    every = len(records) // count
    chosen = set(range(0, every * count, every))
    return [
        each | {"network_rejection": f"{2 + place % 90 / 10}"} if place in chosen else each
        for place, each in enumerate(records)
    ]


def spoiled(records: list[Record], places: Callable[[int], bool]) -> list[Record]:
    """Return the same agents; at *places* not one measured value is a plain number."""
    marks = ("", "{} ms", "n/a", "-", "{}%")
    return [
        each | {name: marks[(place + n) % 5].format(each[name]) for n, name in enumerate(_MEASURED)}
        if places(place)
        else each
        for place, each in enumerate(records)
    ]


def blank_once(records: list[Record]) -> list[Record]:
    """Return the same agents, with one blank in the middle of them."""
    middle = len(records) // 2
    return [each | {"latency_ms": ""} if n == middle else each for n, each in enumerate(records)]


def latency(records: list[Record]) -> bytes:
    """Return the answer that holds these agents."""
    sites = sorted({each["ip"].rsplit(".", 1)[0] for each in records})
    by_ip = [
        {
            "ip": f"{site}.1",
            "total_agents": str(SITES),
            "average_latency": "41.7",
            "maximum": "109.5",
            "minimum": "15.2",
            "network_rejection": "0",
        }
        for site in sites
    ]
    pbx = {"user": "pbx-1", "status": "OK", "tx_jitter": "1", "rx_jitter": "1"}
    by_pbx = [pbx | {"tx_ploss": "0", "rx_ploss": "0"}]
    data = [{"by_agent": records, "by_ip": by_ip, "by_pbx": by_pbx}]
    answer = {"code": "200", "error": None, "msg": "1 records were found", "data": data}
    return json.dumps(answer, separators=(",", ":")).encode()
