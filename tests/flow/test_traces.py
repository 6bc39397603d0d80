"""Each poll and what came of it is one trace, and no collector can hold anything up."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from notifier import logs
from notifier.traces.span import STEPS, Span, Traces
from tests.flow.stage import BEGIN as NOW
from tests.flow.stage import TOKEN, Stage, staged

pytest.importorskip("opentelemetry.sdk")

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from notifier.traces.collector import collector

PATH = "/v1/traces"
DOWN = "http://127.0.0.1:9"  # nobody listens there


def shown(httpserver: HTTPServer) -> list[Any]:
    """Every span that the collector was given."""
    bodies = [request.get_data() for request, _ in httpserver.log]
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    return [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def facts(span: Any) -> dict[str, Any]:
    return {
        each.key.removeprefix("notifier."): each.value.string_value or each.value.int_value
        for each in span.attributes
    }


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line[:1] == "{"]


def taking(httpserver: HTTPServer) -> str:
    httpserver.expect_request(PATH).respond_with_data(b"", content_type="application/x-protobuf")
    return httpserver.url_for("").rstrip("/")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    logs.configure("json")
    with staged(tmp_path) as stage:
        stage.agents({"1-ANA": "2"})
        stage.hits()
        yield stage


def a_span(**given: Any) -> Span:
    return Span(**{"name": "poll", "at": NOW, "began": NOW, "ended": NOW, "root": True, **given})


# ---- one trace ----


def test_a_poll_its_decision_and_its_deliveries_are_one_trace(
    stage: Stage, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.more["NOTIFIER_TRACES__URL"] = taking(httpserver)

    with stage.bot() as bot:
        stage.wait(seconds=1)
        bot.poll_once(("latency",))
        bot.deliver_due()

    logged = {each["event"]: each["trace"] for each in lines(capsys) if "trace" in each}
    trace = logged["polled"]
    spans = [s for s in shown(httpserver) if s.trace_id.hex().startswith(trace)]
    (root,) = (span for span in spans if not span.parent_span_id)
    assert logged == dict.fromkeys(("polled", "decided", "delivered"), trace)
    assert root.name == "poll"
    assert facts(root) == {"operation": "bogota", "source": "latency", "result": "good"}
    assert [s.name for s in spans if s is not root] == [
        "decide", "render", "commit", "ask", "decode", "deliver", "deliver",
    ]  # fmt: skip
    assert {s.parent_span_id for s in spans if s is not root} == {root.span_id}
    assert {s.trace_id for s in spans} == {root.trace_id}


def test_a_delivery_after_a_restart_is_in_the_trace_of_its_poll(
    stage: Stage, httpserver: HTTPServer
) -> None:
    stage.more["NOTIFIER_TRACES__URL"] = taking(httpserver)
    with stage.bot() as bot:
        bot.poll_once(("latency",))

    stage.wait(hours=1)
    with stage.bot() as bot:
        bot.deliver_due()

    spans = shown(httpserver)
    (poll,) = (span for span in spans if span.name == "poll")
    late = [span for span in spans if span.name == "deliver"]
    assert [(span.trace_id, span.parent_span_id) for span in late] == [
        (poll.trace_id, poll.span_id)
    ] * 2
    assert [facts(span)["result"] for span in late] == ["delivered"] * 2


def test_a_trace_says_that_its_poll_or_its_delivery_failed(
    stage: Stage, httpserver: HTTPServer
) -> None:
    stage.more["NOTIFIER_TRACES__URL"] = taking(httpserver)
    stage.more["NOTIFIER_SMTP__PORT"] = "9"

    with stage.bot() as bot:
        bot.poll_once(("latency",))
        bot.deliver_due()
        stage.wolkvox.respond_with("hits_last_hour", "no JSON")
        bot.poll_once(("hits_last_hour",))

    failed = {(span.name, span.status.message) for span in shown(httpserver) if span.status.code}
    assert failed == {("deliver", "later"), ("poll", "schema")}


def test_nothing_of_customers_no_token_and_no_address_is_in_a_trace(
    stage: Stage, httpserver: HTTPServer
) -> None:
    stage.more["NOTIFIER_TRACES__URL"] = taking(httpserver)
    stage.hits("1-1")

    with stage.bot() as bot:
        bot.poll_once()
        stage.hits("1-1", "1-2")
        stage.wait(minutes=1)
        bot.poll_once()
        bot.deliver_due()

    sent = b"".join(request.get_data() for request, _ in httpserver.log)
    assert b"hits_last_hour" in sent
    for secret in ("3001234567", "1020304050", TOKEN, stage.slack.token, "guardia@", "ANA", "://"):
        assert secret.encode() not in sent, secret


def test_a_poll_with_many_requests_shows_so_many_of_them() -> None:
    found: list[Span] = []
    traces = Traces(found.append)
    source = ("bogota", "skills")

    for _ in range(STEPS + 10):
        traces.step(source, "ask", NOW, NOW)  # type: ignore[arg-type]
    traces.poll(source, a_span())  # type: ignore[arg-type]
    traces.poll(source, a_span())  # type: ignore[arg-type]

    assert [span.name for span in found] == ["ask"] * STEPS + ["poll"] * 2


def test_a_header_goes_along_and_a_clock_that_was_set_back_makes_no_negative_span(
    httpserver: HTTPServer,
) -> None:
    traces = collector(taking(httpserver), "x-team=a%20b,authorization=Bearer abc")

    assert traces.send is not None
    traces.send(a_span(began=NOW, ended=NOW - timedelta(hours=1)))
    traces.stop()

    ((request, _),) = httpserver.log
    (span,) = shown(httpserver)
    assert request.headers["x-team"] == "a b"
    assert request.headers["authorization"] == "Bearer abc"
    assert span.end_time_unix_nano == span.start_time_unix_nano


# ---- a bad collector ----


def test_a_collector_that_hangs_holds_up_no_poll_no_delivery_and_no_end(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stage.more["NOTIFIER_TRACES__URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with stage.bot() as bot:
            for _ in range(5):
                bot.poll_once()
                bot.deliver_due()
                stage.wait(minutes=1)

    assert len(stage.seen()) == 1
    assert len(stage.mailed()) == 1
    said = [each["event"] for each in lines(capsys)]
    assert set(said) == {"polled", "decided", "delivered", "traces not taken"}
    assert said.count("traces not taken") == 1


@pytest.mark.parametrize("status", [302, 400, 401, 500])
def test_a_collector_that_says_no_is_said_once_and_so_is_that_it_takes_them_again(
    httpserver: HTTPServer, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    from notifier.traces import collector as room

    answers = [status, status, 200, 200]
    httpserver.expect_request(PATH).respond_with_handler(
        lambda _: Response(status=answers.pop(0), headers={"location": "/elsewhere"})
    )
    logs.configure("json")
    logs.mute("opentelemetry")
    exporter = room._Noted(
        OTLPSpanExporter(httpserver.url_for(PATH), session=room._Bounded(), timeout=60)
    )

    for _ in range(4):
        exporter.export([])

    said = capfd.readouterr().err.splitlines()
    assert [json.loads(line)["event"] for line in said] == [
        "traces not taken",
        "traces taken again",
    ]
    assert {request.path for request, _ in httpserver.log} == {PATH}


def test_a_collector_that_is_down_costs_its_traces_alone(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.more["NOTIFIER_TRACES__URL"] = DOWN

    with stage.bot() as bot:
        bot.poll_once()
        bot.deliver_due()

    assert len(stage.seen()) == 1
    said = capfd.readouterr().err
    assert DOWN not in said
    assert "Traceback" not in said
    assert not logging.getLogger("opentelemetry").propagate


# ---- without the extra ----

WITHOUT = """
import sys
sys.modules["opentelemetry"] = None  # as if it were not installed
from notifier.__main__ import main
main()
"""


@pytest.mark.parametrize(("url", "code"), [("http://127.0.0.1:4318", 2), ("", 0)])
def test_without_the_extra_a_collector_is_a_clear_mistake_and_none_is_none(
    stage: Stage, url: str, code: int
) -> None:
    stage.more["NOTIFIER_TRACES__URL"] = url

    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, "poll"],
        env={**os.environ, **stage.environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == code, done.stderr
    assert ("pip install 'notifier[traces]'" in done.stderr) is bool(url)
    assert "Traceback" not in done.stderr
