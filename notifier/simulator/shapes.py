"""Give an answer's envelope and data each shape in which they were seen, or were claimed to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from notifier.simulator.faults import Fault, Wrong

Document = Any
"""A whole answer, as JSON has it."""

MISSING = "missing"


def shaped(document: Document, fault: Fault) -> Document:
    """Return the answer in the shape that *fault* asks for. *document* is an envelope."""
    if fault.wrong is Wrong.MESSAGE:
        return document | {"msg": fault.text}
    if fault.wrong is Wrong.CODE:
        return _coded(document, fault.text)
    return SHAPES[fault.text](document)


def _coded(document: Document, code: str) -> Document:
    if code == MISSING:
        return {name: value for name, value in document.items() if name != "code"}
    return document | {"code": code}


def _nested(document: Document) -> Document:
    return document | {"data": [document["data"]]}


def _object(document: Document) -> Document:
    """PHP's list that lost its numbering: an object whose keys are numbers."""
    data = document["data"]
    return document | {"data": dict(enumerate(data)) if isinstance(data, list) else data}


def _flat(document: Document) -> Document:
    """The first named list alone, as the older page of ``latency`` shows it."""
    data = document["data"]
    lists = [rows for rows in data[0].values() if isinstance(rows, list)] if data else []
    return document | {"data": lists[0] if lists else data}


def _without(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "data"}


SHAPES: Mapping[str, Callable[[Document], Document]] = MappingProxyType(
    {
        "nested": _nested,
        "object": _object,
        "flat": _flat,
        "bare": lambda document: document["data"],
        "null": lambda document: document | {"data": None},
        "text": lambda document: document | {"data": "ok"},
        "absent": _without,
        "none_found": lambda document: document | {"msg": "0 records were found", "data": None},
    }
)
