"""Say what a rules file may hold about endpoints of its own: reports that the catalogue lacks."""

from __future__ import annotations

import keyword
import re
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, StrictBool, StrictStr, WithJsonSchema

from notifier.core.payload.endpoint import Kind, Missing
from notifier.core.rules.keys import Fields, Name, Parameters
from notifier.core.rules.tables import Table

FIELD = r"[a-z][a-z0-9_]{0,39}"


def _field_name(value: str) -> str:
    if not re.fullmatch(FIELD, value) or keyword.iskeyword(value):
        raise ValueError(
            f"`{value}` cannot be a name in conditions; use a-z, 0-9 and _, and put wolkvox's own "
            "spelling among the `aliases`"
        )
    return value


FieldName: TypeAlias = Annotated[
    StrictStr, AfterValidator(_field_name), WithJsonSchema({"type": "string", "pattern": FIELD})
]


class DeclaredField(Table):
    """One field that is read; what is not declared never is."""

    name: FieldName = Field(description="As conditions call it.")
    kind: Kind = Field(
        default=Kind.TEXT, description="What its values mean: `count`, `percent`, `duration`, ..."
    )
    aliases: Fields = Field(default=(), description="Other spellings that servers send.")
    customer: StrictBool = Field(
        default=False, description="A customer's data: named only so that it is never read."
    )
    low_is_bad: StrictBool = Field(
        default=False, description="Which of two values of a duplicate key is the worse one."
    )


class DeclaredEndpoint(Table):
    """One more report of wolkvox that only reads."""

    name: Name = Field(description="Names it in sources; none of the catalogue's.")
    family: StrictStr = Field(description="The PHP file: `information`, `reports_manager`, ...")
    api: StrictStr = Field(description="wolkvox's own name of the report.")
    params: Parameters = Field(
        default_factory=dict,
        description='Parameters a source may give, with their defaults; `""`: only where given.',
    )
    dated: StrictBool = Field(
        default=False, description="Wants `date_ini` and `date_end`, and so a source's `window`."
    )
    path: FieldName | None = Field(
        default=None, description="The name of the list within `data`. Default: `data` itself."
    )
    keyed_by: StrictStr | None = Field(
        default=None, description="For an object of rows: the field that its keys become."
    )
    key: Fields = Field(min_length=1, description="The fields that name an entity, in order.")
    fields: tuple[DeclaredField, ...] = Field(
        min_length=1, description="The fields that are read; all others never are."
    )
    nature: Literal["state", "event", "report"] = Field(
        default="state",
        description="What a row is: an entity as it is now, an event, or a sum over the window.",
    )
    missing: Missing = Field(
        default=Missing.HOLD, description="When an entity leaves: `resolve`, `hold` or `fire`."
    )
