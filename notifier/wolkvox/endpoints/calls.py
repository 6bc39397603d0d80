"""List the reports on calls and messages over a window."""

from __future__ import annotations

from datetime import timedelta

from notifier.core.payload.endpoint import (
    Collection,
    Computed,
    Endpoint,
    Field,
    Kind,
    Missing,
    Nature,
    Relation,
    Span,
)
from notifier.wolkvox.endpoints.fields import (
    AGENT_DNI,
    AGENT_ID,
    AGENT_NAME,
    CAMPAIGN_ID,
    COD_ACT,
    COD_ACT_NAME,
    COMMENT,
    CONN_ID,
    CUSTOMER_ID,
    DATE,
    DESTINY,
    HANG_UP,
    HIT,
    IS_HIT,
    RESULT,
    SKILL_ID,
    SKILL_NAME,
    TELEPHONE,
    TYPE,
)

FAMILY = "reports_manager"
PACE = timedelta(minutes=5)  # "every 5 minutes", the vendor's page of each report
COST_IS_NOT_NEGATIVE = Relation("cost_is_not_negative", "cost >= 0")

_CDR_1 = Collection(
    name="",
    key=("conn_id",),
    placeholders=("0",),
    fallback_key=("date", "agent_id", "type_interaction"),
    nature=Nature.EVENT,
    totals=("agent_name",),
    fields=(
        AGENT_NAME,
        DATE,
        DESTINY,
        TELEPHONE,
        Field("cost", Kind.MONEY, says="the currency is not stated"),
        Field("time_seg", Kind.SECONDS),
        Field("time_min", Kind.NUMBER, says="minutes"),
        COD_ACT,
        COD_ACT_NAME,
        Field("cod_act_2", Kind.TEXT),
        Field("description_cod_act_2", Kind.TEXT),
        TYPE,
        CUSTOMER_ID,
        HANG_UP,
        CAMPAIGN_ID,
        CONN_ID,
        SKILL_ID,
        SKILL_NAME,
        AGENT_ID,
        AGENT_DNI,
        COMMENT,
    ),
    relations=(COST_IS_NOT_NEGATIVE,),
)

_CDR_4 = Collection(
    name="",
    key=("interval",),
    keyed_by="interval",
    nature=Nature.REPORT,
    missing=Missing.HOLD,
    fields=(
        Field("interval", Kind.TEXT, aliases=("INTERVAL",), says="0_5_seg to greater_than_121"),
        Field("calls", Kind.COUNT, says="inbound, outbound and internal together"),
        Field("minutes", Kind.NUMBER),
        Field("cost", Kind.MONEY, says="the currency is not stated"),
        Field("percentage", Kind.PERCENT, says="of the calls of all intervals"),
    ),
    computed=(
        Computed("cost_per_minute", Kind.MONEY, "cost / minutes", says="blank without minutes"),
    ),
    relations=(
        COST_IS_NOT_NEGATIVE,
        Relation(
            "percentages_add_up",
            "sum(calls) == 0 or 99 <= sum(percentage) <= 101",
            together=True,
        ),
    ),
)

_CDR_6 = Collection(
    name="",
    key=("result",),
    nature=Nature.REPORT,
    missing=Missing.HOLD,
    totals=("result",),
    fields=(RESULT, Field("count", Kind.COUNT, sums=True, says="calls that were not connected")),
)

_CAMPAIGN_9 = Collection(
    name="",
    key=("campaign_id", "date", "status"),
    numbered=True,
    nature=Nature.REPORT,
    fields=(
        CAMPAIGN_ID,
        TELEPHONE,
        Field("status", Kind.WORD),
        Field("errors", Kind.TEXT, free=True, says="long numbers are blotted out"),
        DATE,
        Field("last_update", Kind.TIME),
    ),
)

_CDR_CALLS = Collection(
    name="",
    key=("conn_id",),
    placeholders=("0",),
    fallback_key=("date", "agent_name", "type_interaction"),
    nature=Nature.EVENT,
    totals=("agent_name",),
    fields=(
        CONN_ID,
        DATE,
        TYPE,
        Field("agent_id", Kind.TEXT, optional=True),
        AGENT_NAME,
        Field("skill_id", Kind.TEXT, optional=True),
        SKILL_NAME,
        Field("campaign_id", Kind.TEXT, aliases=CAMPAIGN_ID.aliases, optional=True),
        Field("ring", Kind.DURATION, says="no unit is stated"),
        Field("abandon", Kind.TEXT, says="as it was sent"),
        HANG_UP,
        HIT,
        IS_HIT,
        TELEPHONE,
        CUSTOMER_ID,
        DESTINY,
        Field("ani", Kind.TEXT, customer=True),
        COMMENT,
    ),
)


def _report(api: str, collection: Collection, says: str, family: str = FAMILY) -> Endpoint:
    return Endpoint(
        name=api,
        family=family,
        api=api,
        dated=True,
        span=Span.RANGE,
        pace=PACE,
        collections=(collection,),
        says=says,
    )


ENTRIES = (
    _report("cdr_1", _CDR_1, "calls, each, with their codes"),
    _report("cdr_4", _CDR_4, "calls of a window by their duration"),
    _report("cdr_6", _CDR_6, "calls that were not connected, by result"),
    Endpoint(
        name="campaign_9",
        family=FAMILY,
        api="campaign_9",
        params={"campaign_id": "all"},
        dated=True,
        span=Span.RANGE,
        pace=PACE,
        collections=(_CAMPAIGN_9,),
        says="WhatsApp messages of campaigns, each with its errors",
    ),
    _report("cdr_calls", _CDR_CALLS, "calls, each, with whether they were sales", "customer"),
)
