"""List what wolkvox says of now: queues, agents, calls, campaigns, chats."""

from __future__ import annotations

from datetime import timedelta

from notifier.core.payload.endpoint import (
    Asked,
    Collection,
    Computed,
    Endpoint,
    Field,
    Kind,
    Missing,
    Nature,
    Relation,
    Span,
    Unfold,
)
from notifier.wolkvox.endpoints.fields import (
    AGENT_DNI,
    AGENT_ID,
    AGENT_NAME,
    AHT,
    CAMPAIGN_ID,
    CONN_ID,
    COUNTERS,
    CUSTOMER_ID,
    DATE,
    IS_HIT,
    LEVELS_GROW,
    OCCUPANCY,
    RESULT,
    TELEPHONE,
    TIMES,
    TYPE,
    age_of,
)

FAMILY = "real_time"
SPEAKERS = frozenset(
    {"agent", "agente", "asesor", "bot", "chatbot", "client", "cliente", "customer", "system",
     "sistema", "user", "usuario"}
)  # fmt: skip
"""The words of `from` in chats that are known to name nobody."""


def _service_level(seconds: object) -> Field:
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
    totals=("skill_id", "skill_name"),
    # Sent with "0 %" when services_time is one of the three that are there anyway.
    ignored=frozenset({"service_level_0seg"}),
    asked=(Asked("services_time", _service_level("{}")),),
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
    relations=(
        LEVELS_GROW,
        Relation(
            "answered_of_inbound", "stat_answer <= stat_inbound + 2"
        ),  # they lag a call or two
        Relation(
            "calls_add_up",  # but for what rings just now, or was transferred
            "-worse(5, 0.03 * stat_inbound)"
            " <= stat_inbound - stat_ended - calls_in_queue_now"
            " <= worse(5, 0.03 * stat_inbound)",
        ),
        Relation(
            "abandonment_is_a_share",  # off by a point, or by a call
            "stat_inbound == 0 or -worse(1, 100 / stat_inbound)"
            " <= by_abandon - 100 * stat_abandon / stat_inbound"
            " <= worse(1, 100 / stat_inbound)",
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
        DATE,
        TELEPHONE,
        CUSTOMER_ID,
        Field("hit", Kind.TEXT, says="the list may hold calls that are none"),
        IS_HIT,
    ),
)

_AGENTS = Collection(
    name="",
    key=("agent_id",),
    split_agent=True,
    totals=("agent_id", "agent_name"),
    fields=(
        AGENT_ID,
        AGENT_NAME,
        AGENT_DNI,
        Field("agent_status", Kind.TEXT, says="Ready, Talk, ACW, Ring, or an auxiliary state"),
        *COUNTERS,
        Field("time_state_now", Kind.SECONDS, says="in the present state"),
        *TIMES,
        AHT,
        OCCUPANCY,
        Field("rpcs", Kind.COUNTER, aliases=("rpc",), optional=True),
        Field("hits", Kind.COUNTER, optional=True),
    ),
)

_CALLS = Collection(
    name="",
    key=("conn_id",),
    placeholders=("0",),
    fallback_key=("date", "type_interaction", "result"),
    nature=Nature.EVENT,
    fields=(CONN_ID, TYPE, RESULT, DATE, age_of("date"), TELEPHONE, CUSTOMER_ID),
)

_CAMPAIGNS = Collection(
    name="",
    key=("campaign_id",),
    split_campaign=True,
    missing=Missing.HOLD,
    totals=("campaign_id",),
    fields=(
        Field(
            "campaign_id",
            Kind.TEXT,
            sent_as="campaign",
            aliases=CAMPAIGN_ID.aliases,
            says="the number in `campaign`, sent as number - name - strategy",
        ),
        Field("campaign_name", Kind.TEXT, says="the middle part of `campaign`"),
        Field("strategy", Kind.TEXT, says="the last part of `campaign`"),
        Field("speed", Kind.NUMBER),
        Field("status", Kind.WORD, says="started or stopped; an exhausted one may stay started"),
        Field("skill_id", Kind.TEXT),
        Field("records", Kind.COUNT),
        Field("clean", Kind.COUNT, low_is_bad=True, says="records not dialed yet"),
        Field("dial", Kind.COUNTER),
        Field("answer", Kind.COUNTER, low_is_bad=True),
        Field("no_answer", Kind.COUNTER),
        Field(
            "busy_congestion_failed",
            Kind.COUNTER,
            sent_as="busy/congestion/failed",
        ),
        Field("answer_machine", Kind.COUNTER),
        Field("penetration_day", Kind.PERCENT, low_is_bad=True),
        Field("penetration_now", Kind.PERCENT, low_is_bad=True),
        Field("hits", Kind.COUNTER, low_is_bad=True),
        Field("calls_x_min", Kind.NUMBER, low_is_bad=True),
        Field("recycled", Kind.COUNT),
    ),
)

_CHATS = Collection(
    name="",
    key=("conn_id",),
    placeholders=("0",),
    fallback_key=("agent_id", "channel", "connector_id"),
    unfold=Unfold("active_chats", last="conversation"),
    split_agent=True,
    fields=(
        CONN_ID,
        AGENT_ID,
        Field("agent_name", Kind.TEXT, optional=True),
        Field("channel", Kind.WORD, aliases=("chanel",)),
        Field("connector_id", Kind.TEXT),
        Field("customer_phone", Kind.TEXT, customer=True),
        Field("messages", Kind.COUNT, says="in the conversation so far"),
        Field(
            "last_from",
            Kind.WORD,
            only=SPEAKERS,
            says="who wrote last, where the word names a kind of speaker; else unknown",
        ),
        Field("last_date", Kind.TIME, optional=True, says="of the last message"),
        age_of("last_date", "last_age"),
        Field("last_msg", Kind.TEXT, customer=True),
    ),
)

_INTERACTIONS = Collection(
    name="",
    key=("conn_id",),
    placeholders=("0",),
    unfold=Unfold("active_interactions"),
    split_agent=True,
    fields=(
        CONN_ID,
        AGENT_ID,
        Field("agent_name", Kind.TEXT, optional=True),
        Field("subject", Kind.TEXT, customer=True),
        Field("fromname", Kind.TEXT, customer=True),
        DATE,
        age_of("date"),
    ),
)

_SERVER = Collection(
    name="",
    key=("server",),
    keyed_by="server",
    single="server",
    missing=Missing.HOLD,
    fields=(
        Field("server", Kind.TEXT, says="always `server`: there is one row"),
        Field("cpu_avg_10s", Kind.PERCENT, says="of ten seconds; the Spanish page says minutes"),
        Field("cpu_max_10s", Kind.PERCENT),
        Field("cpu_min_10s", Kind.PERCENT),
        Field("ram", Kind.PERCENT),
        Field("calls", Kind.COUNT),
        Field("connected_agents", Kind.COUNT),
    ),
)

ENTRIES = (
    Endpoint(
        name="skills",
        family=FAMILY,
        api="skills",
        params={"skill_id": "all", "services_time": ""},
        span=Span.DAY,
        collections=(_SKILLS,),
        says="queues and service levels, of the day so far",
    ),
    Endpoint(
        name="hits_last_hour",
        family=FAMILY,
        api="hits_last_hour",
        span=Span.SLIDING,
        collections=(_HITS,),
        says="sales of the last hour",
    ),
    Endpoint(
        name="agents",
        family=FAMILY,
        api="agents",
        span=Span.DAY,
        collections=(_AGENTS,),
        says="what each agent does now, and did today",
    ),
    Endpoint(
        name="calls_last_10",
        family=FAMILY,
        api="calls_last_10",
        span=Span.SLIDING,
        collections=(_CALLS,),
        says="calls of the last ten minutes and how they ended",
    ),
    Endpoint(
        name="campaigns",
        family=FAMILY,
        api="campaigns",
        params={"campaign_id": ""},
        span=Span.DAY,
        collections=(_CAMPAIGNS,),
        says="running and stopped dialer campaigns",
    ),
    Endpoint(
        name="chats",
        family=FAMILY,
        api="chats",
        collections=(_CHATS,),
        says="open chats, with the age of the last message and never its text",
    ),
    Endpoint(
        name="interactions",
        family=FAMILY,
        api="interactions",
        collections=(_INTERACTIONS,),
        says="open interactions, as mails",
    ),
    Endpoint(
        name="info_server",
        family=FAMILY,
        api="info_server",
        pace=timedelta(minutes=1),
        collections=(_SERVER,),
        says="load of the server; dedicated servers only, and a permission",
    ),
)
