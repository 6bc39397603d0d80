"""The sign of life to whoever watches from outside."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from notifier import logs
from notifier.web.heartbeat import ping


def test_it_calls_the_address(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/beat").respond_with_data("OK")

    ping(httpserver.url_for("/beat"))

    assert len(httpserver.log) == 1


def test_nobody_is_called_without_an_address() -> None:
    ping("")


@pytest.mark.parametrize("status", [500, 404])
def test_a_refusal_is_logged_without_the_address(
    httpserver: HTTPServer, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    logs.configure("json")
    httpserver.expect_request("/secret").respond_with_data(status=status)

    ping(httpserver.url_for("/secret"))

    said = capsys.readouterr().err
    assert "heartbeat refused" in said
    assert "/secret" not in said


def test_a_silent_far_side_is_logged_without_the_address(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("json")

    ping("http://127.0.0.1:9/secret")

    said = capsys.readouterr().err
    assert "heartbeat failed" in said
    assert "/secret" not in said
