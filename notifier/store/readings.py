"""Turn a reading into what is recorded of it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from notifier.core.facts.snapshot import Snapshot, take
from notifier.core.facts.state import SourceKey
from notifier.core.judging.plan import SourcePlan
from notifier.core.judging.reading import (
    Asked,
    Delivery,
    Due,
    Failed,
    Good,
    Lag,
    Ration,
    Reading,
    Reload,
)
from notifier.core.payload.oddities import NONE, Oddities
from notifier.core.payload.rows import row_type
from notifier.errors import StateError, Trouble
from notifier.store.recordings import GOOD, Recording, pack, squeeze, swell, unpacked

FAILED, DUE, DELIVERY, ASKED, RELOAD = "failed", "due", "delivery", "asked", "reload"
RATION, LAG = "ration", "lag"
_WHOLE: dict[str, type[Delivery | Asked | Ration | Lag]] = {  # recorded as they are
    DELIVERY: Delivery,
    ASKED: Asked,
    RATION: Ration,
    LAG: Lag,
}


class Entry(NamedTuple):
    """What ``recordings.record`` writes of a reading."""

    operation: str
    source: str
    at: datetime
    kind: str
    body: bytes = b""


class _Failed(msgspec.Struct):
    trouble: Trouble
    detail: str = ""
    after: timedelta | None = None
    gap: bool = False


class _Reload(msgspec.Struct):
    """``text`` is empty where the rules are those of the reload before."""

    text: str = ""
    start: bool = False
    asked: tuple[Asked, ...] = ()


def recorded(reading: Reading) -> Entry:
    """What is recorded of *reading*.

    A timer's is a mark: up to there timers were looked at. A replay works them out again.
    """
    match reading:
        case Good(source=source, snapshot=snapshot):
            rows = {name: list(rows.values()) for name, rows in snapshot.collections.items()}
            odd = snapshot.oddities
            noted = "" if odd == NONE else msgspec.json.encode(odd).decode()
            return Entry(*source, snapshot.at, GOOD, pack(rows, gap=reading.gap, said=noted))
        case Failed(source=source):
            said = _Failed(reading.trouble, reading.detail, reading.after, reading.gap)
            return Entry(*source, reading.at, FAILED, msgspec.json.encode(said))
        case Delivery() | Asked() | Ration() | Lag():
            kind = next(name for name, each in _WHOLE.items() if isinstance(reading, each))
            return Entry("", "", reading.at, kind, msgspec.json.encode(reading))
        case Reload():
            said_rules = msgspec.json.encode(_Reload(reading.text, reading.start, reading.asked))
            return Entry("", "", reading.at, RELOAD, squeeze(said_rules))
        case Due():
            return Entry("", "", reading.at, DUE)


def reading(recording: Recording, sources: Mapping[SourceKey, SourcePlan]) -> Reading | None:
    """The reading that was recorded; None where its source is none of *sources*.

    Raises:
        StateError: the recording is damaged.
    """
    key = SourceKey(recording.operation, recording.source)
    try:
        match recording.kind:
            case "good":
                return _good(recording, sources[key]) if key in sources else None
            case "failed":
                return _failed(recording, key) if key in sources else None
            case "delivery" | "asked" | "ration" | "lag":
                return msgspec.json.decode(recording.body, type=_WHOLE[recording.kind])
            case "reload":
                return _reload(recording)
            case "due":
                return Due(recording.at)
            case _:
                raise StateError(f"recording {recording.id} is a `{recording.kind}`, a newer one's")
    except msgspec.MsgspecError as error:
        raise StateError(f"recording {recording.id} cannot be read ({error})") from None


def snapshot(recording: Recording, source: SourcePlan) -> Snapshot:
    """The snapshot of a good one."""
    return _good(recording, source).snapshot


def _good(recording: Recording, source: SourcePlan) -> Good:
    types = {c.name: row_type(c) for c in source.endpoint.collections}
    rows, gap, said = unpacked(recording.body, types)
    odd = msgspec.json.decode(said, type=Oddities) if said else NONE
    return Good(source.key, take(source.key, source.endpoint, rows, recording.at, odd), gap)


def _failed(recording: Recording, key: SourceKey) -> Failed:
    said = msgspec.json.decode(recording.body, type=_Failed)
    return Failed(key, recording.at, said.trouble, said.detail, said.after, said.gap)


def _reload(recording: Recording) -> Reload:
    if not recording.body:  # older ones said no more
        return Reload(recording.at)
    said = msgspec.json.decode(swell(recording.body), type=_Reload)
    return Reload(recording.at, said.text, said.start, said.asked)
