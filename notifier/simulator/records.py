"""Change the records of an answer: leave some out, double them, rename their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.shapes import Document
from notifier.simulator.writing import rewritten

Record = dict[str, Any]
Records = list[Record]
Change = Callable[[Records, Fault], Records]


def changed(document: Document, fault: Fault) -> Document:
    """Return the answer with other records. *document* is an envelope."""
    if fault.wrong is Wrong.EMPTY_LIST:
        return document | {"data": []}
    return document | {"data": _changed(document.get("data"), fault)}


def _changed(data: Any, fault: Fault) -> Any:
    """Change each list of records: the data themselves, or the named lists within them.

    An object of records, as that of ``cdr_4``, is a list whose records have their keys beside them.
    """
    if isinstance(data, dict):
        rows = CHANGES[fault.wrong](list(data.values()), fault)
        return dict(zip(data, rows, strict=False))
    if _grouped(data):
        return [
            {name: CHANGES[fault.wrong](rows, fault) for name, rows in group.items()}
            for group in data
        ]
    return CHANGES[fault.wrong](data, fault) if isinstance(data, list) else data


def _grouped(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(next(iter(data[0].values())), list)


def _is(record: Record, who: str) -> bool:
    """Whether a record is about *who*: agents are written as number, hyphen, name, too.

    The calls that an agent dialed have an id that begins with the number.
    """
    begins = (f"{who}-", f"{who}.")
    return not who or any(v == who or str(v).startswith(begins) for v in record.values())


def _each(change: Callable[[Record, Fault], Record]) -> Change:
    """Change the records of ``who`` that have the field, if the fault names one."""

    def change_all(rows: Records, fault: Fault) -> Records:
        return [
            change(row, fault) if _is(row, fault.who) and _has(row, fault) else row for row in rows
        ]

    return change_all


def _has(record: Record, fault: Fault) -> bool:
    return not fault.field or fault.field in record or fault.wrong is Wrong.NEW_FIELD


def _written(row: Record, fault: Fault) -> Record:
    return row | {fault.field: rewritten(row[fault.field], fault.text)}


def _renamed(row: Record, fault: Fault) -> Record:
    return {fault.text if name == fault.field else name: value for name, value in row.items()}


def _without(row: Record, fault: Fault) -> Record:
    return {name: value for name, value in row.items() if name != fault.field}


def _zero_level(row: Record, _: Fault) -> Record:
    is_queue = "service_level_10seg" in row
    return row | {"service_level_0seg": "0 %"} if is_queue else row


def _placeholder(row: Record, fault: Fault) -> Record:
    return row | {"conn_id": fault.text} if "conn_id" in row else row


def _twice(rows: Records, fault: Fault) -> Records:
    def copies(row: Record) -> Iterator[Record]:
        yield row
        if _is(row, fault.who) and (not fault.field or fault.field in row):
            yield row | ({fault.field: fault.text} if fault.field else {})

    return [copy for row in rows for copy in copies(row)]


def _total(rows: Records, fault: Fault) -> Records:
    """Add a record that adds up the others, as reports have one: its names are all ``text``."""
    names = rows[0] if rows else {}
    total = {name: _sum(name, [str(row.get(name)) for row in rows], fault.text) for name in names}
    return [*rows, total] if rows else []


def _sum(name: str, texts: list[str], title: str) -> str:
    counts = not name.endswith(("_id", "_name")) and all(text.isdecimal() for text in texts)
    return str(sum(map(int, texts))) if counts else title


def _partial(rows: Records, fault: Fault) -> Records:
    return rows[: int(len(rows) * fault.amount)]


CHANGES: Mapping[Wrong, Change] = MappingProxyType(
    {
        Wrong.EMPTY_LIST: lambda _rows, _fault: [],  # of the whole data, see ``changed``
        Wrong.PARTIAL: _partial,
        Wrong.GONE: lambda rows, fault: [row for row in rows if not _is(row, fault.who)],
        Wrong.TWICE: _twice,
        Wrong.TOTAL: _total,
        Wrong.VALUE: _each(lambda row, fault: row | {fault.field: fault.text}),
        Wrong.WRITTEN: _each(_written),
        Wrong.RENAMED: _each(_renamed),
        Wrong.NEW_FIELD: _each(lambda row, fault: row | {fault.field: fault.text}),
        Wrong.MISSING_FIELD: _each(_without),
        Wrong.ZERO_LEVEL: _each(_zero_level),
        Wrong.PLACEHOLDER: _each(_placeholder),
    }
)
