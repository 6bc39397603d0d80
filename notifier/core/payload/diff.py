"""Say what differs between two snapshots of one collection, entity by entity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifier.core.payload.rows import Row


@dataclass(frozen=True, slots=True)
class Diff:
    """Entities by what became of them; the order of rows is no change.

    Attributes:
        appeared, changed: In the order of the later snapshot.
        vanished: In the order of the earlier one.
    """

    appeared: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def compare(before: Mapping[str, Row], after: Mapping[str, Row]) -> Diff:
    """Return what differs; nothing for equal rows."""
    same = before.keys() == after.keys()
    changed = tuple(key for key, row in after.items() if key in before and before[key] != row)
    if same:
        return Diff(changed=changed)
    return Diff(
        appeared=tuple(key for key in after if key not in before),
        vanished=tuple(key for key in before if key not in after),
        changed=changed,
    )


def fields_changed(before: Row, after: Row) -> tuple[str, ...]:
    """Return the names of the fields that differ, as the collection declares them."""
    names = after.__struct_fields__
    return tuple(name for name in names if getattr(before, name, None) != getattr(after, name))
