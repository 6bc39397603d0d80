"""List what wolkvox says of the network: by agent, by public address, by PBX."""

from __future__ import annotations

from notifier.core.payload.endpoint import Collection, Computed, Endpoint, Field, Kind, Missing

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
    totals=("agent_id", "agent_name"),
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

ENTRIES = (
    Endpoint(
        name="latency",
        family="real_time",
        api="latency",
        collections=(_BY_AGENT, _BY_IP, _BY_PBX),
        says="network quality by agent, public address and PBX",
    ),
)
