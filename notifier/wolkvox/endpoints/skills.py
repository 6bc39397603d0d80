"""List the reports on queues over a window."""

from __future__ import annotations

from datetime import timedelta

from notifier.core.payload.endpoint import Collection, Endpoint, Field, Kind, Missing, Nature, Span
from notifier.wolkvox.endpoints.fields import (
    AHT,
    CONN_ID,
    CUSTOMER_ID,
    DATE,
    LEVELS_GROW,
    RESULT,
    SKILL_ID,
    SKILL_NAME,
    TELEPHONE,
    TYPE,
)

FAMILY = "reports_manager"
PACE = timedelta(minutes=5)  # "every 5 minutes", the vendor's page of each report
_TOTALS = ("skill_id", "skill_name")
_HOUR = "00 to 23; hours to come may be listed with zeros, so ask for traffic first"


def _service_level(seconds: int) -> Field:
    return Field(
        f"service_level_{seconds}seg",
        Kind.PERCENT,
        low_is_bad=True,
        says=f"answered within {seconds} s; 0 while no call came",
    )


_FIGURES = (
    Field("inbound_calls", Kind.COUNT, aliases=("stat_inbound",), sums=True),
    Field("answer_calls", Kind.COUNT, aliases=("stat_answer",), low_is_bad=True, sums=True),
    Field("abandon_calls", Kind.COUNT, aliases=("stat_abandon",), sums=True),
    *(_service_level(seconds) for seconds in (10, 20, 30)),
    Field("abandon", Kind.PERCENT, aliases=("by_abandon",), says="share of inbound calls"),
    Field("asa", Kind.DURATION, says="mean wait of answered calls; no unit is stated"),
    Field("ata", Kind.DURATION, says="mean wait of abandoned calls; no unit is stated"),
    Field("wait_time", Kind.DURATION, optional=True),
    Field("aht", Kind.DURATION, aliases=AHT.aliases, optional=True),
)


def _figures(*dimensions: Field, of_skill: bool = False) -> Collection:
    """The usual figures by these fields, and by queue where they are given for each."""
    skill = (SKILL_ID, SKILL_NAME) if of_skill else ()
    key = (*(("skill_id",) if of_skill else ()), *(each.name for each in dimensions))
    return Collection(
        name="",
        key=key,
        nature=Nature.REPORT,
        missing=Missing.HOLD,
        totals=(*(_TOTALS if of_skill else ()), *(each.name for each in dimensions)),
        fields=(*skill, *dimensions, *_FIGURES),
        relations=(LEVELS_GROW,),
    )


_DAY, _IN_HOUR = DATE, Field("hour", Kind.TEXT, says=_HOUR)

_SKILL_2 = Collection(
    name="",
    key=("conn_id",),
    placeholders=("0",),
    fallback_key=("skill_id", "date"),
    nature=Nature.EVENT,
    totals=_TOTALS,
    fields=(
        SKILL_NAME,
        SKILL_ID,
        CONN_ID,
        DATE,
        RESULT,
        Field("ani", Kind.TEXT, customer=True),
        Field("abandon_time", Kind.DURATION, says="waited before hanging up"),
        TYPE,
        TELEPHONE,
        CUSTOMER_ID,
    ),
)

_SKILL_5 = Collection(
    name="",
    key=("hour",),
    nature=Nature.REPORT,
    missing=Missing.HOLD,
    totals=("hour",),
    fields=(
        _IN_HOUR,
        Field("inbound_calls", Kind.COUNT),
        Field("inbound_calls_unique_customers", Kind.COUNT),
        AHT,
        Field("agents_needed", Kind.NUMBER),
    ),
)


def _report(api: str, collection: Collection, says: str) -> Endpoint:
    return Endpoint(
        name=api,
        family=FAMILY,
        api=api,
        params={"skill_id": "all"},
        dated=True,
        span=Span.RANGE,
        pace=PACE,
        collections=(collection,),
        says=says,
    )


ENTRIES = (
    _report("skill_1", _figures(of_skill=True), "service by queue, summed over the window"),
    _report("skill_2", _SKILL_2, "abandoned calls, each"),
    _report("skill_3", _figures(_DAY), "service by day"),
    _report("skill_4", _figures(_IN_HOUR), "service by hour of the day"),
    _report("skill_5", _SKILL_5, "calls by hour, and how many agents they need"),
    _report("skill_6", _figures(Field("dnis", Kind.TEXT)), "service by dialed number"),
    _report("skill_7", _figures(_DAY, _IN_HOUR, of_skill=True), "service by queue, day and hour"),
)
