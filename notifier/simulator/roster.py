"""List who works in the simulated contact center, where, and on which queues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Site:
    """A building with one public address."""

    name: str
    ip: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A skill of wolkvox.

    Attributes:
        calls_per_minute: At the busiest hour of the day.
        patience: Seconds after which one caller in seven hangs up.
    """

    number: str
    name: str
    calls_per_minute: float
    opens: time
    closes: time
    patience: int = 70

    def is_open(self, at: time) -> bool:
        """Whether callers get through at that local time."""
        return self.opens <= at < self.closes


@dataclass(frozen=True, slots=True)
class Agent:
    """A person with an extension.

    Attributes:
        site: None works from home, behind an address of their own.
        begins, ends: Local times of the shift.
    """

    number: str
    name: str
    dni: str
    ip: str
    site: Site | None
    wifi: bool
    web: bool
    queue: Queue
    begins: time
    ends: time

    @property
    def label(self) -> str:
        """As ``latency`` writes an agent: number, hyphen, name."""
        return f"{self.number}-{self.name}"

    def works_at(self, at: time) -> bool:
        """Whether *at* is within the shift."""
        return self.begins <= at < self.ends


# Addresses of the ranges kept for documents (RFC 5737): they belong to nobody.
BOGOTA = Site("Bogotá", "203.0.113.10", 38)
MEDELLIN = Site("Medellín", "203.0.113.20", 47)
CALI = Site("Cali", "203.0.113.30", 61)
SITES = (BOGOTA, MEDELLIN, CALI)

VENTAS = Queue("1001", "Ventas", 3.2, time(7), time(21))
SOPORTE = Queue("1002", "Soporte Técnico", 2.6, time(6), time(22))
FACTURACION = Queue("1003", "Facturación", 1.8, time(7), time(19))
RETENCION = Queue("1004", "Retención", 0.9, time(8), time(19))
CARTERA = Queue("1005", "Cartera  y Cobranzas", 1.2, time(7), time(19))
EMERGENCIAS = Queue("1006", "Línea 24 Horas", 0.7, time(0), time.max, patience=110)
QUEUES = (VENTAS, SOPORTE, FACTURACION, RETENCION, CARTERA, EMERGENCIAS)

PBXS = ("pbx-nacional", "pbx-moviles", "pbx-internacional")

_NAMES = (
    """
ANA MARÍA LÓPEZ|JOSÉ NÚÑEZ|LUZ  MARINA PEÑA|ANDRÉS GÓMEZ|SOFÍA MUÑOZ|JUAN-CARLOS IBÁÑEZ|MARTA ÁVILA
Óscar Íñiguez|PAOLA  RINCÓN|CÉSAR BOLAÑOS|MÓNICA CASTAÑO|IVÁN QUIÑONES|YULIANA ZÚÑIGA|HÉCTOR PATIÑO
DIANA OSPINA|Álvaro Ñáñez|KAREN VELÁSQUEZ|RAÚL ORDÓÑEZ|NATALIA  SUÁREZ|FELIPE GUZMÁN|INÉS CAÑÓN
WILMER TÉLLEZ|GLORIA MARTÍNEZ|SEBASTIÁN PINZÓN|ESTEFANÍA ROJAS|EDUARDO-LUIS PEÑALOZA|CLAUDIA VÉLEZ
JHON  FREDY MARÍN|ÁNGELA BRICEÑO|MAURICIO CÓRDOBA|LUISA  FERNANDA RÍOS|NICOLÁS URREA|ROCÍO ACUÑA
GERMÁN ESPAÑA|VALENTINA LEÓN|RUBÉN DARÍO CALDERÓN|TATIANA GALÁN|ÉDGAR MONTAÑEZ|PILAR NIÑO
SAMUEL BUITRAGO|Lucía Beltrán|HERNÁN  YÁÑEZ|JULIANA OROZCO|MATEO GARCÍA|CAROLINA PÁEZ|BRAYAN TÉLLEZ
ADRIANA MORÓN|SIMÓN CÁRDENAS|LEIDY  JOHANA DÍAZ|ÓSCAR PEÑA|MARISOL ARISTIZÁBAL|TOMÁS ECHEVERRI
""".strip()
    .replace("\n", "|")
    .split("|")
)

_DAY = (time(7), time(18))
_MORNING = (time(5, 45), time(14))
_EVENING = (time(13, 30), time(22))
_NIGHT = (time(0), time(6))
_LATE = (time(21, 30), time.max)


def _place(index: int) -> Site | None:
    """Fifteen people in Bogotá, thirteen in Medellín, eleven in Cali, the others at home."""
    for site, until in ((BOGOTA, 15), (MEDELLIN, 28), (CALI, 39)):
        if index < until:
            return site
    return None


def _shift(index: int) -> tuple[time, time]:
    """Most work by day; every fifth in the morning or the evening; two hold the night."""
    if index in (50, 51):
        return _NIGHT if index == 50 else _LATE
    return {2: _MORNING, 4: _EVENING}.get(index % 7, _DAY)


def _queue(index: int) -> Queue:
    if index >= 50:
        return EMERGENCIAS
    return (VENTAS, SOPORTE, VENTAS, FACTURACION, SOPORTE, CARTERA, VENTAS, RETENCION)[index % 8]


def _agent(index: int, name: str) -> Agent:
    site = _place(index)
    begins, ends = _shift(index)
    return Agent(
        number=str(12001 + index),
        name=name,
        dni=str(1_015_400_000 + index * 7_919),
        ip=site.ip if site else f"198.51.100.{index}",
        site=site,
        wifi=site is None and index % 4 != 0,
        web=index % 9 == 5,
        queue=_queue(index),
        begins=begins,
        ends=ends,
    )


AGENTS = tuple(_agent(index, name) for index, name in enumerate(_NAMES))
BY_NUMBER: Mapping[str, Agent] = MappingProxyType({agent.number: agent for agent in AGENTS})
QUEUE_NAMED: Mapping[str, Queue] = MappingProxyType({queue.name: queue for queue in QUEUES})
SITE_NAMED: Mapping[str, Site] = MappingProxyType({site.name: site for site in SITES})
