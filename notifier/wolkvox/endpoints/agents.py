"""List the reports on agents over a window."""

from __future__ import annotations

from datetime import timedelta

from notifier.core.payload.endpoint import (
    Collection,
    Computed,
    Endpoint,
    Field,
    Kind,
    Nature,
    Span,
    Stay,
)
from notifier.wolkvox.endpoints.fields import (
    AGENT_DNI,
    AGENT_ID,
    AGENT_NAME,
    AHT,
    CAMPAIGN_ID,
    COUNTS,
    DATE,
    DESTINY,
    OCCUPANCY,
    TELEPHONE,
    TIMES,
    TYPE,
    age_of,
)

FAMILY = "reports_manager"
PACE = timedelta(minutes=5)  # "every 5 minutes", the vendor's page of each report
_TOTALS = ("agent_id", "agent_name")

_AGENT_1 = Collection(
    name="",
    key=("agent_id",),
    nature=Nature.REPORT,
    split_agent=True,
    totals=_TOTALS,
    fields=(
        AGENT_ID,
        AGENT_DNI,
        AGENT_NAME,
        *COUNTS,
        *TIMES,
        AHT,
        OCCUPANCY,
        Field("hits", Kind.COUNT, low_is_bad=True),
        Field("rpc", Kind.COUNT, aliases=("rpcs",), low_is_bad=True),
        Field("aht_outbound", Kind.DURATION, sent_as="aht_outbund"),
        Field("aht_inbound", Kind.DURATION),
        Field("login", Kind.TIME, says="the first of the window"),
        Field("logout", Kind.TIME, says="no event: it may be the report's own time"),
    ),
)

_AGENT_3 = Collection(
    name="",
    key=("agent_id", "aux_state"),
    nature=Nature.REPORT,
    split_agent=True,
    totals=_TOTALS,
    fields=(
        Field("agent_id", Kind.TEXT),
        AGENT_DNI,
        Field("agent_name", Kind.TEXT),
        Field("aux_state", Kind.TEXT, says="free text of the operation"),
        Field("time", Kind.DURATION, sums=True, says="in that state, summed over the window"),
    ),
    computed=(
        Computed(
            "over",
            Kind.DURATION,
            "time - allowance(aux_state)",
            says="beyond the operation's `allowances`; negative within them, blank without one",
        ),
    ),
)

_AGENT_7 = Collection(
    name="",
    key=("agent_id", "date"),
    nature=Nature.REPORT,
    split_agent=True,
    totals=_TOTALS,
    fields=(
        AGENT_NAME,
        AGENT_ID,
        AGENT_DNI,
        DATE,
        Field("login", Kind.TIME),
        Field("logout", Kind.TIME, says="no event: it may be the report's own time"),
        Field("login_time", Kind.DURATION, sums=True),
    ),
)

_AGENT_14 = Collection(
    name="",
    key=("agent_id", "date_ini", "agent_status"),
    stay=Stay("agent_id", "agent_status", "date_ini"),
    nature=Nature.EVENT,
    split_agent=True,
    totals=_TOTALS,
    fields=(
        AGENT_ID,
        AGENT_DNI,
        AGENT_NAME,
        Field("agent_status", Kind.TEXT, says="a fixed state, or free text of the operation"),
        Field("time", Kind.DURATION, says="in that state"),
        Field("date_ini", Kind.TIME, says="when it began"),
        age_of("date_ini"),
        Field("date_end", Kind.TIME, says="when it ended"),
        Field("conn_id", Kind.TEXT, optional=True),
        TYPE,
        DESTINY,
        TELEPHONE,
        CAMPAIGN_ID,
    ),
)

_ACT_4 = Collection(
    name="",
    key=("agent_id",),
    nature=Nature.REPORT,
    split_agent=True,
    totals=_TOTALS,
    fields=(
        Field(
            "uncode_calls",
            Kind.COUNT,
            sums=True,
            aliases=("uncoded_calls",),
            says="calls without a code",
        ),
        AGENT_ID,
        AGENT_NAME,
    ),
)


def _report(api: str, collection: Collection, says: str) -> Endpoint:
    return Endpoint(
        name=api,
        family=FAMILY,
        api=api,
        dated=True,
        span=Span.RANGE,
        pace=PACE,
        collections=(collection,),
        says=says,
    )


ENTRIES = (
    _report("agent_1", _AGENT_1, "calls and times by agent, summed over the window"),
    _report("agent_3", _AGENT_3, "time in auxiliary states, by agent and state"),
    _report("agent_7", _AGENT_7, "first login and last logout by agent and day"),
    _report("agent_14", _AGENT_14, "every stay of an agent in a state, with its beginning"),
    _report("act_4", _ACT_4, "calls that were given no activity code, by agent"),
)
