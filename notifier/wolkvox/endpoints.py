"""List the endpoints of wolkvox that may be read, as data. Adding one is adding an entry.

Field names, aliases and limits are the vendor's; what is not declared is never decoded.
"""

from __future__ import annotations

from notifier.core.endpoint import (
    Catalogue,
    Collection,
    Computed,
    Endpoint,
    Field,
    Kind,
    Missing,
    Nature,
)

ALLOWED = frozenset(
    {
        ("real_time", "latency"),
        ("real_time", "skills"),
        ("real_time", "hits_last_hour"),
        ("reports_manager", "cdr_4"),
        ("reports_manager", "agent_3"),
    }
)
"""(family, api) that may ever be asked, written out by hand: the same hosts serve writes."""

REJECTION_LIMIT = 1.0  # %; "this value should not exceed 1%", the vendor's page of `latency`

_REJECTION = Field(
    "network_rejection",
    Kind.PERCENT,
    aliases=("network_reject_pct", "network_reject"),
    limit=REJECTION_LIMIT,
    says="share of offered calls that the extension rejected; no denominator is given",
)
_DIRECTIONS = (
    Field("tx_jitter", Kind.MS, aliases=("jitter_tx",), says="of sent packets"),
    Field("rx_jitter", Kind.MS, aliases=("jitter_rx",), says="of received packets"),
    Field("tx_ploss", Kind.PERCENT, aliases=("ploss_tx",), says="lost sent packets"),
    Field("rx_ploss", Kind.PERCENT, aliases=("ploss_rx",), says="lost received packets"),
)
_WORSE = (
    Computed("ploss", Kind.PERCENT, "worse(tx_ploss, rx_ploss)", says="the worse direction"),
    Computed("jitter", Kind.MS, "worse(tx_jitter, rx_jitter)", says="the worse direction"),
)

_BY_AGENT = Collection(
    name="by_agent",
    path=(0, "by_agent"),
    key=("agent_id",),
    split_agent=True,
    fields=(
        Field("agent_id", Kind.TEXT, says="the extension's number; sent as 12004-NAME"),
        Field("agent_name", Kind.TEXT, says="the part of agent_id after the number"),
        Field("latency_ms", Kind.MS, aliases=("latency",)),
        Field("ip", Kind.TEXT, aliases=("public_ip",), says="the public address"),
        Field("version", Kind.TEXT, says="of wolkvox Agent; reads like a date, YYYYMMDD"),
        Field("agent_status", Kind.TEXT, aliases=("status",), says="of the connection"),
        *_DIRECTIONS,
        _REJECTION,
        Field("connection_type", Kind.TEXT, says="Ethernet or Wifi"),
        Field("platform", Kind.TEXT, says="app or web"),
        Field("last_date", Kind.TIME, aliases=("last_seen",), says="of the last call"),
    ),
    computed=(
        *_WORSE,
        Computed(
            "mos",
            Kind.NUMBER,
            "mos(latency_ms * latency_share, jitter, ploss)",
            low_is_bad=True,
            says="estimated call quality, 1 to 4.5",
        ),
    ),
)

_BY_IP = Collection(
    name="by_ip",
    path=(0, "by_ip"),
    key=("ip",),
    missing=Missing.HOLD,
    fields=(
        Field("ip", Kind.TEXT),
        Field("total_agents", Kind.COUNT),
        Field("average_latency", Kind.MS, aliases=("avg_latency",)),
        Field("maximum", Kind.MS, aliases=("max_latency",), says="highest latency"),
        Field("minimum", Kind.MS, aliases=("min_latency",), says="lowest latency"),
        _REJECTION,
    ),
)

_BY_PBX = Collection(
    name="by_pbx",
    path=(0, "by_pbx"),
    key=("user",),
    missing=Missing.HOLD,
    fields=(Field("user", Kind.TEXT), Field("status", Kind.TEXT), *_DIRECTIONS),
    computed=_WORSE,
)


def _service_level(seconds: int) -> Field:
    return Field(
        f"service_level_{seconds}seg",
        Kind.PERCENT,
        base="stat_answer",
        low_is_bad=True,
        says=f"answered within {seconds} s, of the day so far; 0 while no call came",
    )


_SKILLS = Collection(
    name="",
    key=("skill_id",),
    missing=Missing.HOLD,
    fields=(
        Field("skill_id", Kind.TEXT),
        Field("skill_name", Kind.TEXT),
        Field("calls_in_queue_now", Kind.COUNT, aliases=("calls_in_queue",)),
        Field("stat_inbound", Kind.COUNTER, aliases=("inbound_calls",)),
        Field("stat_answer", Kind.COUNTER, aliases=("answer_calls",), low_is_bad=True),
        Field("stat_abandon", Kind.COUNTER, aliases=("abandon_calls",)),
        *(_service_level(seconds) for seconds in (10, 20, 30)),
        Field("by_abandon", Kind.PERCENT, aliases=("abandon",), base="stat_inbound"),
    ),
    computed=(
        Computed(
            "stat_ended",
            Kind.COUNTER,
            "stat_answer + stat_abandon",
            says="answered or abandoned: no longer waiting",
        ),
    ),
)

_HITS = Collection(
    name="",
    key=("conn_id",),
    placeholders=("0",),
    fallback_key=("date", "type_interaction"),
    nature=Nature.EVENT,
    fields=(
        Field("conn_id", Kind.TEXT),
        Field("type_interaction", Kind.TEXT, aliases=("type_call",)),
        Field("date", Kind.TIME),
        Field("telephone", Kind.TEXT, aliases=("tel_number",), customer=True),
        Field("customer_id", Kind.TEXT, customer=True),
        Field("hit", Kind.TEXT, says="the list may hold calls that are none"),
        Field("is_hit", Kind.FLAG, hit_of="hit", says="hit is one of the operation's hit_values"),
    ),
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
)

_AGENT_3 = Collection(
    name="",
    key=("agent_id", "aux_state"),
    nature=Nature.REPORT,
    split_agent=True,
    fields=(
        Field("agent_id", Kind.TEXT),
        Field("agent_dni", Kind.TEXT, customer=True),
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

_ENTRIES = (
    Endpoint(
        name="latency",
        family="real_time",
        api="latency",
        collections=(_BY_AGENT, _BY_IP, _BY_PBX),
        says="network quality by agent, public address and PBX",
    ),
    Endpoint(
        name="skills",
        family="real_time",
        api="skills",
        params={"skill_id": "all"},
        collections=(_SKILLS,),
        says="queues and service levels, of the day so far",
    ),
    Endpoint(
        name="hits_last_hour",
        family="real_time",
        api="hits_last_hour",
        collections=(_HITS,),
        says="sales of the last hour",
    ),
    Endpoint(
        name="cdr_4",
        family="reports_manager",
        api="cdr_4",
        dated=True,
        collections=(_CDR_4,),
        says="calls of a window by their duration",
    ),
    Endpoint(
        name="agent_3",
        family="reports_manager",
        api="agent_3",
        dated=True,
        collections=(_AGENT_3,),
        says="time in auxiliary states, by agent and state",
    ),
)

CATALOGUE: Catalogue = {entry.name: entry for entry in _ENTRIES}
