"""Wrap answers as wolkvox wraps them."""

from __future__ import annotations

import json

from notifier.simulator.refusals import Refusal

JSON = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


def dump(data: object) -> bytes:
    """Write JSON in UTF-8, accents as they are."""
    return json.dumps(data, ensure_ascii=False).encode()


def envelope(data: object) -> bytes:
    """Wrap *data* as every good answer is wrapped."""
    count = len(data) if isinstance(data, list) else 1
    msg = f"{count} records were found"
    return dump({"code": 200, "error": None, "msg": msg, "data": data})


def refused(refusal: Refusal) -> bytes:
    """Wrap a refusal."""
    return dump({"code": refusal.status, "error": "error", "msg": refusal.msg, "data": None})
