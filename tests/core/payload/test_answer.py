"""Answers: what a status and the vendor's words in it mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from notifier.core.payload.answer import Answer, classify
from notifier.errors import DecodeError, FetchError, Trouble


def said(msg: str) -> bytes:
    return json.dumps({"code": "403", "error": None, "msg": msg, "data": None}).encode()


def refusal(status: int, body: bytes = b"", **headers: str) -> FetchError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(FetchError) as caught:
        classify(Answer(status, body, named))
    return caught.value


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_good_status_may_hold_rows(status: int) -> None:
    assert classify(Answer(status, b"")) is True


@pytest.mark.parametrize("body", [b'{"msg": "validate dates"}', b"\xef\xbb\xbf{}", b"[]"])
def test_a_404_of_the_api_itself_means_no_rows(body: bytes) -> None:
    assert classify(Answer(404, body)) is False


@pytest.mark.parametrize("body", [b"<html>404</html>", b"", b"not found [404]"])
def test_a_404_of_a_web_server_is_no_answer(body: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        classify(Answer(404, body))
    assert caught.value.kind is Trouble.NOT_JSON


@pytest.mark.parametrize(
    ("msg", "kind"),
    [
        ("Token limit exceeded", Trouble.QUOTA),
        ("The token exceeds the limit of simultaneous requests per token (2)", Trouble.BUSY),
        ("Please validate token", Trouble.TOKEN),
        ("PLEASE VALIDATE TOKEN", Trouble.TOKEN),
        ("Server backup in progress", Trouble.MAINTENANCE),
        ("Servidor en mantenimiento", Trouble.MAINTENANCE),
        ("respaldo del servidor", Trouble.MAINTENANCE),
        ("Límite diario superado", Trouble.QUOTA),
        ("who are you", Trouble.FORBIDDEN),
        ("", Trouble.FORBIDDEN),
    ],
)
def test_the_403s_are_told_apart_by_their_words(msg: str, kind: Trouble) -> None:
    assert refusal(403, said(msg)).kind is kind


@pytest.mark.parametrize("body", [b"", b"<html>token</html>", b"[1]", b'{"msg": {"a": 1}}', b"["])
def test_a_403_that_says_nothing_claims_no_cause(body: bytes) -> None:
    assert refusal(403, body).kind is Trouble.FORBIDDEN


def test_nesting_without_end_claims_no_cause_either() -> None:
    assert refusal(403, b'{"msg":' + b"[" * 60_000).kind is Trouble.FORBIDDEN
    with pytest.raises(DecodeError):
        classify(Answer(404, b"[" * 60_000))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Trouble.REQUEST),
        (401, Trouble.TOKEN),
        (405, Trouble.REQUEST),
        (408, Trouble.TIMEOUT),
        (417, Trouble.REQUEST),
        (429, Trouble.BUSY),
        (500, Trouble.SERVER),
        (503, Trouble.SERVER),
        (302, Trouble.REDIRECT),
        (100, Trouble.REQUEST),
        (600, Trouble.REQUEST),
    ],
)
def test_other_statuses_need_no_words(status: int, kind: Trouble) -> None:
    error = refusal(status, b"3001234567")

    assert error.kind is kind
    assert f"HTTP {status}" in str(error)
    assert "300123" not in str(error)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("120", timedelta(minutes=2)),
        (" 5 ", timedelta(seconds=5)),
        ("999999999", timedelta(days=1)),
        ("9" * 30, None),
        ("-5", None),
        ("soon", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("", None),
    ],
)
def test_the_far_side_may_ask_to_be_left_alone(asked: str, wait: timedelta | None) -> None:
    assert refusal(429, retry_after=asked).after == wait


@pytest.mark.parametrize(
    ("asked", "date", "wait"),
    [
        ("Wed, 21 Oct 2026 07:28:00 GMT", "", timedelta(minutes=8)),
        ("Wed, 21 Oct 2026 07:28:00", "", timedelta(minutes=8)),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 2026 07:27:00 GMT", timedelta(minutes=1)),
        ("Wed, 21 Oct 2026 07:28:00 GMT", "nonsense", timedelta(minutes=8)),
        ("Wed, 21 Oct 2026 07:00:00 GMT", "", timedelta(0)),
        ("Wed, 99 Oct 2026 07:00:00 GMT", "", None),
        ("soon", "", None),
    ],
)
def test_it_may_say_so_as_a_date(asked: str, date: str, wait: timedelta | None) -> None:
    now = datetime(2026, 10, 21, 7, 20, tzinfo=UTC)

    with pytest.raises(FetchError) as caught:
        classify(Answer(503, b"", {"retry-after": asked, "date": date}), now)

    assert caught.value.after == wait


def test_an_answer_shows_no_body_where_it_is_printed() -> None:
    assert "3001234567" not in repr(Answer(200, b"3001234567", {"x": "3001234567"}))
