"""List what wolkvox says of the operation itself: quota, people, codes, what admins did."""

from __future__ import annotations

from datetime import timedelta

from notifier.core.payload.endpoint import Collection, Endpoint, Field, Kind, Missing, Nature, Span
from notifier.wolkvox.endpoints.fields import (
    AGENT_DNI,
    AGENT_ID,
    AGENT_NAME,
    COD_ACT,
    COD_ACT_NAME,
    DATE,
    SKILL_ID,
    SKILL_NAME,
)

FAMILY = "information"
SELDOM = timedelta(hours=1)

_TOKEN = Collection(
    name="",
    key=("description",),
    numbered=True,
    missing=Missing.HOLD,
    fields=(
        Field("description", Kind.TEXT, says="the token's own name"),
        Field("token_limit", Kind.COUNT, says="calls a day, of all tokens together"),
        Field("token_use_today", Kind.COUNTER, says="by this token"),
        Field("all_token_today", Kind.COUNTER, says="by all tokens of the operation"),
        Field(
            "available_consumption_options",
            Kind.COUNT,
            aliases=("available_consumition_options",),
            low_is_bad=True,
            says="calls that are left today",
        ),
    ),
)

_AGENTS = Collection(
    name="",
    key=("agent_id",),
    missing=Missing.HOLD,
    fields=(
        AGENT_ID,
        AGENT_NAME,
        AGENT_DNI,
        Field("agent_status", Kind.TEXT),
        Field("last_use", Kind.TIME),
        Field("agent_sso", Kind.TEXT),
        Field("enabled", Kind.FLAG),
    ),
)

_SKILLS = Collection(
    name="",
    key=("skill_id",),
    missing=Missing.HOLD,
    fields=(
        SKILL_ID,
        SKILL_NAME,
        Field("skill_description", Kind.TEXT),
        Field("last_use", Kind.TIME),
    ),
)

_CODES = Collection(
    name="",
    key=("cod_act",),
    missing=Missing.HOLD,
    fields=(
        COD_ACT,
        COD_ACT_NAME,
        Field("hit", Kind.FLAG, says="the operation's own definition of a sale"),
        Field("rpc", Kind.FLAG, says="right party contact"),
        Field("chat", Kind.FLAG),
        Field("studio", Kind.FLAG),
        Field("voice", Kind.FLAG),
        Field("type_code", Kind.TEXT),
        Field("interactions", Kind.FLAG),
    ),
)

_AUDIT = Collection(
    name="",
    key=("date", "user", "action", "workstation"),
    fallback_key=("date", "user", "action"),
    numbered=True,
    nature=Nature.EVENT,
    fields=(
        DATE,
        Field("ip", Kind.TEXT),
        Field("user", Kind.TEXT),
        Field("action", Kind.TEXT, free=True, says="long numbers are blotted out"),
        Field("workstation", Kind.TEXT),
    ),
)

_NOTIFICATIONS = Collection(
    name="",
    key=("date", "notification"),
    nature=Nature.EVENT,
    numbered=True,
    fields=(
        DATE,
        Field("notification", Kind.TEXT, free=True, says="long numbers are blotted out"),
    ),
)

ENTRIES = (
    Endpoint(
        name="token_info",
        family=FAMILY,
        api="token_info",
        span=Span.DAY,
        pace=timedelta(minutes=15),
        collections=(_TOKEN,),
        says="the day's quota and its use; asking costs a call as well",
    ),
    Endpoint(
        name="information_agents",
        family=FAMILY,
        api="agents",
        span=Span.STANDING,
        pace=SELDOM,
        collections=(_AGENTS,),
        says="every agent that was set up",
    ),
    Endpoint(
        name="information_skills",
        family=FAMILY,
        api="skills",
        span=Span.STANDING,
        pace=SELDOM,
        collections=(_SKILLS,),
        says="every queue that was set up",
    ),
    Endpoint(
        name="activity_codes",
        family=FAMILY,
        api="activity_codes",
        span=Span.STANDING,
        pace=SELDOM,
        collections=(_CODES,),
        says="the codes of calls, and which of them are sales",
    ),
    Endpoint(
        name="audit_log",
        family=FAMILY,
        api="audit_log",
        dated=True,
        span=Span.RANGE,
        pace=timedelta(minutes=1),
        collections=(_AUDIT,),
        says="what administrators did",
    ),
    Endpoint(
        name="get_notification",
        family=FAMILY,
        api="get_notification",
        dated=True,
        span=Span.RANGE,
        pace=timedelta(minutes=1),
        collections=(_NOTIFICATIONS,),
        says="wolkvox Manager's own alerts",
    ),
)
