"""Answer wrongly, in every way that a web server has."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from http import HTTPStatus

from notifier.simulator.envelope import JSON, Refusal, envelope, refused
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.loopback import Exchange

HTML = {"Content-Type": "text/html; charset=iso-8859-1"}
MAINTENANCE = "the server is in backup, the api is temporarily disabled for maintenance"


def answer_wrongly(exchange: Exchange, fault: Fault, right: bytes) -> None:
    """Do what *fault* says instead of sending *right*."""
    _WRONG_WAYS[fault.wrong](exchange, fault, right)


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


def _latin_1(exchange: Exchange, _fault: Fault, right: bytes) -> None:
    body = right.decode(errors="replace").encode("latin-1", errors="replace")
    exchange.reply(200, body, JSON)


_WRONG_WAYS: dict[Wrong, Callable[[Exchange, Fault, bytes], None]] = {
    Wrong.STATUS: _status,
    Wrong.HTML: _html,
    Wrong.HANG: lambda exchange, fault, _: exchange.hang(fault.seconds),
    Wrong.DRIP: lambda exchange, fault, right: exchange.drip(right, JSON, fault.seconds),
    Wrong.TRUNCATED: _truncated,
    Wrong.DROPPED: lambda exchange, _fault, _right: exchange.drop(),
    Wrong.REDIRECT: _redirect,
    Wrong.MAINTENANCE: _maintenance,
    Wrong.CONTENT_TYPE: lambda exchange, _, right: exchange.reply(200, right, HTML),
    Wrong.BOM: lambda exchange, _, right: exchange.reply(200, b"\xef\xbb\xbf" + right, JSON),
    Wrong.LATIN_1: _latin_1,
    Wrong.INVALID_JSON: lambda exchange, _, right: exchange.reply(200, right[:-3], JSON),
    Wrong.EMPTY_BODY: lambda exchange, _fault, _right: exchange.reply(200, b"", JSON),
    Wrong.EMPTY_LIST: lambda exchange, _fault, _right: exchange.reply(200, envelope([]), JSON),
    Wrong.GZIP: lambda exchange, _, right: exchange.reply(
        200, gzip.compress(right), {**JSON, "Content-Encoding": "gzip"}
    ),
    Wrong.BODY_CODE: _body_code,
}
