"""Name the fields that many endpoints share, each with the spellings that servers send."""

from __future__ import annotations

from notifier.core.payload.endpoint import Field, Kind, Relation

AGENT_ID = Field("agent_id", Kind.TEXT, says="the agent's number")
AGENT_NAME = Field("agent_name", Kind.TEXT, aliases=("agent",))
SKILL_ID = Field("skill_id", Kind.TEXT)
SKILL_NAME = Field("skill_name", Kind.TEXT, aliases=("skill",))
CAMPAIGN_ID = Field("campaign_id", Kind.TEXT, aliases=("campaing_id", "id_campaign", "id_campaing"))
CONN_ID = Field("conn_id", Kind.TEXT, says="of the call; its last part but one is an epoch")
TYPE = Field("type_interaction", Kind.WORD, aliases=("type_call",))
DATE = Field("date", Kind.TIME)
RESULT = Field(
    "result",
    Kind.WORD,
    says="`answer`, `no answer`, `busy`, `failed`, `congestion`, `abandon`, ...",
)
HANG_UP = Field("hang_up", Kind.WORD, says="who hung up")
COD_ACT = Field("cod_act", Kind.TEXT, says="the activity code")
COD_ACT_NAME = Field("description_cod_act", Kind.TEXT)
HIT = Field("hit", Kind.TEXT, says="as it was sent")
IS_HIT = Field("is_hit", Kind.FLAG, hit_of="hit", says="hit is one of the operation's hit_values")

# A customer's data: named so that rules can refuse them, never decoded.
TELEPHONE = Field("telephone", Kind.TEXT, aliases=("tel_number", "phone_number"), customer=True)
CUSTOMER_ID = Field("customer_id", Kind.TEXT, customer=True)
AGENT_DNI = Field("agent_dni", Kind.TEXT, aliases=("dni",), customer=True)
DESTINY = Field("destiny", Kind.TEXT, aliases=("destinity", "destination"), customer=True)
COMMENT = Field("comment", Kind.TEXT, aliases=("comments",), customer=True)

COUNTS = (
    Field("calls", Kind.COUNT, sums=True),
    Field("inbound", Kind.COUNT, sums=True),
    Field("outbound", Kind.COUNT, sums=True),
    Field("internal", Kind.COUNT, sums=True),
)
COUNTERS = (
    Field("calls", Kind.COUNTER),
    Field("inbound", Kind.COUNTER),
    Field("outbound", Kind.COUNTER),
    Field("internal", Kind.COUNTER),
)
TIMES = (
    Field("ready_time", Kind.DURATION, sums=True),
    Field("inbound_time", Kind.DURATION, sums=True),
    Field("outbound_time", Kind.DURATION, sums=True),
    Field("acw_time", Kind.DURATION, sums=True),
    Field("ring_time", Kind.DURATION, sums=True),
    Field("login_time", Kind.DURATION, sums=True),
    Field("aux_time", Kind.DURATION, sums=True),
)
OCCUPANCY = Field("occupancy", Kind.PERCENT, aliases=("ocupation", "occupation", "ocupacion"))
AHT = Field("aht", Kind.DURATION, aliases=("aht_time",), says="mean time of a call and its end")
LEVELS_GROW = Relation(
    "levels_grow", "service_level_10seg <= service_level_20seg <= service_level_30seg"
)


def age_of(name: str, age: str = "age") -> Field:
    """Seconds since the time in the field *name*, when the answer came."""
    return Field(age, Kind.SECONDS, age_of=name, says=f"since `{name}`, when the answer came")
