"""Say what a rules file may hold about operations, sources, receivers and tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from notifier.core.rules.keys import (
    Addresses,
    Aliases,
    Allowances,
    Channel,
    Clock,
    Country,
    Duration,
    Fields,
    Hours,
    Locale,
    Mention,
    Moments,
    Name,
    Parameters,
    Period,
    Pressers,
    QuietHours,
    Server,
    Value,
    Window,
    Zone,
)
from notifier.errors import Trouble

Language: TypeAlias = Literal["en", "es", "pt"]


class Table(BaseModel):
    """A table of the file: frozen, and without a key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


class Operation(Table):
    """One wolkvox server and its token."""

    name: Name = Field(description="Names it in rules, messages and `NOTIFIER_TOKENS__<NAME>`.")
    server: Server = Field(
        description="`0041`, `wv0041` or a whole address; https, http on loopback only."
    )
    timezone: Zone = Field(description="Its local time, as `America/Bogota`: payloads carry none.")
    licenses: StrictInt | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="The day's quota is 1,000 calls each; without: unknown.",
    )
    quota_share: StrictInt = Field(
        default=80,
        ge=1,
        le=100,
        description="Percent of the day's quota that are notifier's: other programs live on the "
        "rest.",
    )
    quota_reset: Clock = Field(
        default=0, description="When the quota's day begins, in the operation's time: `00:00`."
    )
    holidays: Country | None = Field(
        default=None, description="Country, as `CO` or `BR-SP`, whose holidays count as Sunday."
    )
    hit_values: tuple[StrictStr, ...] = Field(
        default=("yes", "si", "1"),
        min_length=1,
        description="Texts of `hit` that mean a sale; case and accents are ignored.",
    )
    latency_kind: Literal["one_way", "rtt"] = Field(
        default="one_way",
        description="What `latency_ms` is: `rtt` is halved for the estimated call quality.",
    )
    rejection_unit: Literal["percent", "count"] = Field(
        default="percent",
        description="What `network_rejection` is: a percentage, or a number of calls.",
    )
    level_base: Literal["answered", "inbound", "answered+abandoned"] = Field(
        default="answered",
        description="The calls that service levels are a share of: `answered`, `inbound` or "
        "`answered+abandoned`.",
    )
    percent_decimals: StrictInt | None = Field(
        default=None,
        ge=0,
        le=4,
        description="Decimals of service levels and abandonment. Default: as many as the values "
        "show.",
    )
    allowances: Allowances = Field(
        default_factory=dict,
        description='How long states may last: `{ break = "15m", almuerzo = "1h" }`, for '
        "`allowance`; case and accents are ignored, and others have no limit.",
    )
    sites: dict[StrictStr, StrictStr] = Field(
        default_factory=dict, description='Labels of public addresses: `"181.49.7.7" = "Norte"`.'
    )
    aliases: Aliases = Field(
        default_factory=dict,
        description='What agents are called in messages and on pages, by id or name: `"12004" = '
        '"Ana G."`. Rules, silences and `explain` know them by id still.',
    )


class Source(Table):
    """One endpoint that is polled."""

    endpoint: StrictStr = Field(description="Its name in the catalogue, as wolkvox's own `api`.")
    name: Name | None = Field(
        default=None,
        description="Names it in rules; unique in the operation. Default: the endpoint.",
    )
    operation: StrictStr | None = Field(
        default=None, description="Needed only with several operations."
    )
    every: Period = Field(default=timedelta(minutes=5), description="Time between two polls.")
    active: Hours | None = Field(
        default=None,
        description="Hours in which it is polled, in the operation's zone: `Mon-Sat 07:00-21:00`, "
        "several with commas; holidays count as Sunday. Default: always.",
    )
    params: Parameters = Field(
        default_factory=dict,
        description='The endpoint\'s own parameters: `{ skill_id = "all" }`; each value of a '
        "list is a call of its own.",
    )
    window: Window | None = Field(
        default=None,
        description="For endpoints with dates: the last `1h`, or `today`. They need it.",
    )
    stale_after: Period | None = Field(
        default=None,
        description="Older data say nothing. Default: 3 times `every`, at least 10 minutes.",
    )
    priority: StrictInt = Field(
        default=0,
        description="When the day's quota is short, those with the lowest number are polled less "
        "often first.",
    )

    @property
    def title(self) -> str:
        """The name that rules use."""
        return self.name or self.endpoint


KINDS = ("slack", "slack_webhook", "webhook", "alertmanager", "teams", "apprise", "email")
"""Ways to reach a receiver: the key that it has is the kind of its channel."""
NAMED = ("slack_webhook", "webhook", "alertmanager", "teams", "apprise")
"""Those of them that name something of the settings."""


class Receiver(Table):
    """Somebody who is told: exactly one of the keys of ``KINDS``."""

    name: Name = Field(description="Names it in rules.")
    slack: Channel | None = Field(
        default=None, description="A channel's `#name` or id, posted to by the bot."
    )
    slack_webhook: Name | None = Field(
        default=None, description="The name of an incoming webhook of the settings: cannot edit."
    )
    webhook: Name | None = Field(
        default=None, description="The name of a generic webhook of the settings."
    )
    alertmanager: Name | None = Field(
        default=None, description="The name of an Alertmanager of the settings."
    )
    teams: Name | None = Field(
        default=None, description="The name of a Microsoft Teams workflow of the settings."
    )
    apprise: Name | None = Field(
        default=None, description="The name of an Apprise address of the settings."
    )
    email: Addresses | None = Field(
        default=None, min_length=1, description="A mail address, or a list: each gets its own mail."
    )
    operation: Fields | None = Field(
        default=None, min_length=1, description="Takes nothing of other operations. Default: all."
    )
    language: Language | None = Field(
        default=None, description="`en`, `es` or `pt`. Default: the file's `language`."
    )
    locale: Locale | None = Field(
        default=None,
        description="How numbers and dates are written: `es_CO`. Default: the language.",
    )
    timezone: Zone | None = Field(
        default=None, description="Its local time. Default: the operation's."
    )
    quiet: QuietHours | None = Field(
        default=None, description="Hours in which only critical news disturb: `22:00-07:00`."
    )
    still_open: StrictBool = Field(
        default=True,
        description="Hears once of what is open still when a silence or `quiet` ends.",
    )
    mention: Mention | None = Field(
        default=None,
        description="Whom a critical message calls on Slack: `here`, `channel`, an id.",
    )
    buttons: Pressers = Field(
        default=(),
        description="Ids of Slack users and user groups whose presses count: `U0123ABCD`, "
        "`S0123ABCD`. Default: whoever sees the channel.",
    )
    fallback: StrictStr | None = Field(
        default=None,
        description="Gets what cannot be delivered here, unless the rule tells it anyway.",
    )
    on_ambiguous: Literal["resend", "drop"] | None = Field(
        default=None,
        description="What becomes of a message that may have arrived and cannot be looked up. "
        "Default: alerts are sent again, celebrations are not.",
    )
    give_up: Period = Field(
        default=timedelta(hours=24), description="How long an undelivered message is tried."
    )
    storm: StrictInt = Field(
        default=10,
        ge=1,
        le=1_000,
        description="More messages in a minute become one that lists all.",
    )
    names: StrictBool = Field(
        default=False,
        description="Say who made a sale, where a call's id tells; never the customer.",
    )
    target: StrictInt | None = Field(
        default=None, ge=1, description="Hits a day, for celebrations."
    )

    @property
    def kind(self) -> str:
        """Which of ``KINDS`` it is; empty when it is none."""
        return next((kind for kind in KINDS if getattr(self, kind) is not None), "")

    @property
    def recipients(self) -> tuple[str, ...]:
        """One channel, the name of one webhook, or mail addresses."""
        found = getattr(self, self.kind, None) if self.kind != "email" else None
        return (found,) if found else self.email or ()


class Digest(Table):
    """What happened, told at set times."""

    name: Name = Field(description="Names it; another name begins to count anew.")
    kind: Literal["shift", "rules"] = Field(
        default="shift",
        description="`shift`: what happened since it was last told, and what is open; `rules`: "
        "how often each rule fired, was acknowledged, cleared by itself, or never fired.",
    )
    at: Moments = Field(
        description="When: `Mon-Sat 21:00`, several with commas, in the operation's zone; holidays "
        "count as Sunday."
    )
    operation: Fields | None = Field(
        default=None, min_length=1, description="A name or a list: one digest each. Default: all."
    )
    to: Fields = Field(min_length=1, description="Receivers: a name or a list.")


class Poll(Table):
    """One poll of a test: `rows`, or an `error`."""

    at: Duration = Field(description="Time since the test began.")
    rows: tuple[dict[StrictStr, Value], ...] | None = Field(
        default=None, description="The collection's rows as wolkvox sends them."
    )
    error: Trouble | None = Field(default=None, description="The kind of a failed poll: `timeout`.")
    beside: dict[StrictStr, tuple[dict[StrictStr, Value], ...]] = Field(
        default_factory=dict,
        description="Rows of other sources just before, by SOURCE or SOURCE.COLLECTION, for "
        '`other`: `{ agents = [{ agent_id = "12004", calls = "30" }] }`.',
    )
    silence: Period | None = Field(
        default=None,
        description="Just before, somebody silences the rule for so long: `1h`.",
    )
    acknowledge: StrictStr | None = Field(
        default=None,
        description="Just before, somebody acknowledges the open incident of this entity.",
    )
    expect: tuple[StrictStr, ...] | None = Field(
        default=None,
        description="`open|change|close|event|repeat ENTITY`, with its severity as "
        "`open:critical ENTITY`, or `none:REASON ENTITY`; `[]` is nothing, without it anything is "
        "right.",
    )
    messages: dict[StrictStr, StrictInt | tuple[StrictStr, ...]] = Field(
        default_factory=dict,
        description="By receiver: how many messages of the rule disturb it, or a piece of the text "
        'of each: `{ team-leads = ["rechaza"] }`.',
    )


class Test(Table):
    """What a rule should do, on a clock of its own."""

    __test__: ClassVar[bool] = False  # pytest need not look inside

    name: StrictStr = Field(min_length=1, description="What is promised.")
    rule: StrictStr = Field(description="The rule's id.")
    each: dict[StrictStr, Value] = Field(
        default_factory=dict,
        description='What every row has that does not say otherwise: `{ ip = "181.49.7.7" }`.',
    )
    polls: tuple[Poll, ...] = Field(min_length=1, description="In the order of time.")

    def rows_of(self, poll: Poll) -> list[dict[str, Any]]:
        """The rows of one of its polls, whole."""
        return [{**self.each, **row} for row in poll.rows or ()]
