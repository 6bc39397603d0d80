"""Say what a rules file may hold: one frozen model checks it, documents it and feeds the core."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from notifier.core.facts.state import Severity
from notifier.core.payload.endpoint import Missing
from notifier.core.rules.declared import DeclaredEndpoint
from notifier.core.rules.keys import (
    Duration,
    Fields,
    Group,
    Half,
    Link,
    Name,
    Period,
    Title,
    Words,
    written,
)
from notifier.core.rules.tables import (
    Digest,
    Language,
    Operation,
    Poll,
    Receiver,
    Source,
    Table,
    Test,
)

__all__ = [
    "Digest",
    "Operation",
    "Poll",
    "Receiver",
    "Rule",
    "RulesFile",
    "Source",
    "Table",
    "Test",
    "schema",
]


class Rule(Table):
    """A condition on the rows of a collection, and who is told."""

    id: Name = Field(description="The identity: another id is another rule, unless `was` names it.")
    kind: Literal["state", "event"] = Field(
        default="state",
        description="`state` opens and closes; `event` announces each new row once, ever.",
    )
    on: StrictStr = Field(description="SOURCE or SOURCE.COLLECTION, as `latency.by_agent`.")
    operation: Fields | None = Field(
        default=None,
        min_length=1,
        description="A name or a list. Default: all that have the source.",
    )
    by: Fields | None = Field(
        default=None,
        description="Fields: one instance per value, not per row; `[]` is the whole collection.",
    )
    where: StrictStr | None = Field(
        default=None, description="Which rows the rule is about: a condition. Default: all."
    )
    when: StrictStr = Field(description="The condition that is bad, or that makes an event.")
    clear: StrictStr | None = Field(
        default=None, description="The condition that is good again. Default: not `when`."
    )
    critical: StrictStr | None = Field(
        default=None, description="A condition that raises the same incident to critical."
    )
    value: StrictStr | None = Field(
        default=None,
        description="What messages show. Default: the left side of the first comparison.",
    )
    for_: Duration = Field(
        default=timedelta(0), alias="for", description="Observed that long before anyone is told."
    )
    of: Half | None = Field(
        default=None, description="`2/3`: true in two of the last three polls, instead of `for`."
    )
    keep: Duration = Field(
        default=timedelta(0), description="Observed clear that long before it closes."
    )
    min_samples: StrictInt | None = Field(
        default=None,
        ge=1,
        le=1_000,
        description="Polls that must agree before it opens. Default: 1, 2 with `for`.",
    )
    gap_max: Period | None = Field(
        default=None,
        description="A longer time without a poll starts `for` and `keep` anew. Default: the "
        "longest of 10 minutes, 2 times `for`, 2 times `keep` and 3 times `every`.",
    )
    missing: Missing | None = Field(
        default=None,
        description="When an entity leaves: `resolve`, `hold` or `fire`. Default: `hold` with "
        "`by`, else by collection.",
    )
    missing_after: StrictInt = Field(
        default=3,
        ge=1,
        le=1_000,
        description="Good polls without the entity before it counts as gone.",
    )
    reopen_within: Duration = Field(
        default=timedelta(0),
        description="Back so soon after its close, it goes on in the same message.",
    )
    flapping: StrictBool = Field(
        default=True,
        description="What opens 4 times in 30 minutes has one message until it has settled.",
    )
    severity: Severity = Field(
        default=Severity.WARNING, description="`info`, `warning` or `critical`."
    )
    repeat: Period | None = Field(
        default=None,
        description="A reminder after that long while nobody acknowledged. Default: none.",
    )
    to: Fields = Field(min_length=1, description="Receivers: a name or a list.")
    explains: Fields = Field(
        default=(),
        description="Rules whose incidents with the same `by` values are held meanwhile.",
    )
    group: Group = Field(
        default="poll",
        description="What shares a message: what opens in one poll, each entity alone, the whole "
        "rule, or equal values of a list of fields.",
    )
    group_wait: Duration = Field(
        default=timedelta(0), description="Waits that long for more before a message is sent."
    )
    batch: Duration = Field(
        default=timedelta(0),
        description="For celebrations: sales within that long of a message wait for its end and "
        "share the next one, unless they deserve their own. Default: none wait.",
    )
    catch_up: Name | None = Field(
        default=None,
        description="For events: another source of the operation that lists them for longer, as "
        "`cdr_calls`. What `on` missed is announced from there.",
    )
    title: Title | None = Field(
        default=None,
        description="What people call the rule: a text, or one by language. Default: its id.",
    )
    summary: Words | None = Field(
        default=None,
        description="A template of the message's first line: a text, or one by language.",
    )
    template: StrictStr | None = Field(
        default=None, description="The folder of templates that words it, as `celebration`."
    )
    owner: StrictStr | None = Field(
        default=None, description="Who is responsible; shown in messages."
    )
    runbook: Link | None = Field(
        default=None, description="An http(s) address that says what to do."
    )
    labels: dict[StrictStr, StrictStr] = Field(
        default_factory=dict, description="Names and texts of your own, shown with the rule."
    )
    was: Name | None = Field(default=None, description="The id it had before: its incidents go on.")
    enabled: StrictBool = Field(default=True, description="`false` switches it off.")

    @property
    def event(self) -> bool:
        return self.kind == "event"

    @property
    def samples(self) -> int:
        """``min_samples``, resolved."""
        return self.min_samples or (2 if self.for_ else 1)

    def gap(self, cadence: timedelta) -> timedelta:
        """``gap_max``, resolved for a source that is polled every *cadence*."""
        return self.gap_max or max(timedelta(minutes=10), 2 * self.for_, 2 * self.keep, 3 * cadence)


class RulesFile(Table):
    """The rules file of notifier."""

    operators: Fields = Field(
        default=(), description="Receivers that hear of the bot's own troubles."
    )
    language: Language = Field(
        default="en", description="The receivers' language: `en`, `es`, `pt`."
    )
    retention: Period = Field(
        default=timedelta(days=35), description="How long readings and history are kept."
    )
    operation: tuple[Operation, ...] = Field(min_length=1, description="wolkvox servers.")
    endpoint: tuple[DeclaredEndpoint, ...] = Field(
        default=(), description="Reports of wolkvox that the catalogue lacks."
    )
    source: tuple[Source, ...] = Field(default=(), description="What is polled.")
    receiver: tuple[Receiver, ...] = Field(default=(), description="Who is told.")
    rule: tuple[Rule, ...] = Field(default=(), description="What people are told of.")
    digest: tuple[Digest, ...] = Field(default=(), description="What is told at set times.")
    test: tuple[Test, ...] = Field(default=(), description="What the rules promise.")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a rules file, for editors."""
    found = RulesFile.model_json_schema(by_alias=True)
    for model in (RulesFile, Source, Receiver, Rule):
        part = found if model is RulesFile else found["$defs"][model.__name__]
        for name, info in model.model_fields.items():
            if isinstance(info.default, timedelta):
                part["properties"][info.alias or name]["default"] = written(info.default)
    return found | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
