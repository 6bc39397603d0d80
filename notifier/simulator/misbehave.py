"""Answer wrongly, in every way that a web server has."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from http import HTTPStatus

from notifier.simulator.bodies import BODIES
from notifier.simulator.envelope import JSON, dump, refused
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.loopback import Exchange
from notifier.simulator.records import CHANGES, changed
from notifier.simulator.refusals import MAINTENANCE, Refusal
from notifier.simulator.shapes import shaped

HTML = {"Content-Type": "text/html; charset=iso-8859-1"}
MEGABYTE = 1024 * 1024
_SHAPES = frozenset({Wrong.CODE, Wrong.DATA, Wrong.MESSAGE})

Faults = Sequence[Fault]


def altered(body: bytes, faults: Faults) -> bytes:
    """Return a right answer's *body* with what is wrong in its records, envelope and bytes.

    Any number of faults may come together.
    """
    records = [fault for fault in faults if fault.wrong in CHANGES]
    shapes = [fault for fault in faults if fault.wrong in _SHAPES]
    if records or shapes:
        document = json.loads(body)
        for fault in records:
            document = changed(document, fault)
        for fault in shapes:
            document = shaped(document, fault)
        body = dump(document)
    for fault in faults:
        body = BODIES[fault.wrong](body) if fault.wrong in BODIES else body
    return body


def answer_wrongly(exchange: Exchange, faults: Faults, right: bytes) -> bool:
    """Do what the first fault says that is about the sending; whether there was one."""
    fault = next((fault for fault in faults if fault.wrong in _WRONG_WAYS), None)
    if fault is None:
        return False
    _WRONG_WAYS[fault.wrong](exchange, fault, right)
    return True


def _status(exchange: Exchange, fault: Fault, _right: bytes) -> None:
    body = refused(Refusal(fault.status, fault.text))
    exchange.reply(fault.status, body, JSON)


def _html(exchange: Exchange, fault: Fault, _right: bytes) -> None:
    page = f"<html><head><title>{fault.status}</title></head><body><h1>{fault.status}</h1></body>"
    exchange.reply(fault.status, page.encode(), HTML)


def _truncated(exchange: Exchange, _fault: Fault, right: bytes) -> None:
    exchange.reply(200, right[: len(right) // 2], JSON, length=len(right))
    exchange.drop()


def _redirect(exchange: Exchange, fault: Fault, _right: bytes) -> None:
    exchange.reply(HTTPStatus.FOUND, b"", {"Location": fault.text})


def _maintenance(exchange: Exchange, fault: Fault, _right: bytes) -> None:
    body = refused(Refusal(HTTPStatus.FORBIDDEN, fault.text or MAINTENANCE))
    exchange.reply(HTTPStatus.FORBIDDEN, body, JSON)


def _body_code(exchange: Exchange, fault: Fault, _right: bytes) -> None:
    exchange.reply(200, refused(Refusal(fault.status, fault.text)), JSON)


def _bomb(exchange: Exchange, fault: Fault, _right: bytes) -> None:
    whole = gzip.compress(b" " * int(fault.amount * MEGABYTE))
    exchange.reply(200, whole, {**JSON, "Content-Encoding": "gzip"})


_WRONG_WAYS: dict[Wrong, Callable[[Exchange, Fault, bytes], None]] = {
    Wrong.STATUS: _status,
    Wrong.HTML: _html,
    Wrong.MAINTENANCE: _maintenance,
    Wrong.BODY_CODE: _body_code,
    Wrong.HANG: lambda exchange, fault, _: exchange.hang(fault.seconds),
    Wrong.DRIP: lambda exchange, fault, right: exchange.drip(right, JSON, fault.seconds),
    Wrong.TRUNCATED: _truncated,
    Wrong.DROPPED: lambda exchange, _fault, _right: exchange.drop(),
    Wrong.REDIRECT: _redirect,
    Wrong.CONTENT_TYPE: lambda exchange, _, right: exchange.reply(200, right, HTML),
    Wrong.GZIP: lambda exchange, _, right: exchange.reply(
        200, gzip.compress(right), {**JSON, "Content-Encoding": "gzip"}
    ),
    Wrong.GZIP_BOMB: _bomb,
    Wrong.ENDLESS: lambda exchange, fault, _: exchange.flood(JSON, int(fault.amount * MEGABYTE)),
}
