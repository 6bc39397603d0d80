"""Send spans to an OpenTelemetry collector by OTLP over HTTP; the only module that knows it.

They wait in a bounded queue, apart from all other work: a collector that is down or hangs costs
traces and nothing else, and is said once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.util.re import parse_env_headers

from notifier import logs
from notifier.traces.span import Span, Traces
from notifier.version import VERSION
from notifier.wire import Deadline, a_session

log = logs.logger("traces")

QUEUE = 2048  # spans that wait; beyond them the oldest are lost
BATCH = 512  # spans in one request
OFTEN = 5_000  # milliseconds between two requests
PATIENCE = 10.0  # seconds for one request and its repetitions
FLUSH = 3.0  # seconds that an end waits for what is still to be shown
LONGEST = 200  # characters of a fact


def collector(url: str, headers: str = "") -> Traces:
    """Traces that go to a collector.

    url: Its root, without ``/v1/traces``.
    headers: ``name=value``, separated by commas; empty: what OpenTelemetry's own variables say.
    """
    logs.mute("opentelemetry")  # it holds addresses
    exporter = OTLPSpanExporter(
        endpoint=f"{url.rstrip('/')}/v1/traces",
        headers=parse_env_headers(headers, liberal=True) if headers else None,
        timeout=PATIENCE,
        session=_Bounded(),
    )
    ids = _Ids()
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource.create({"service.name": "notifier", "service.version": VERSION}),
        shutdown_on_exit=False,  # that would wait for half a minute
        id_generator=ids,
        span_limits=SpanLimits(max_span_attribute_length=LONGEST),
    )
    noted = _Noted(exporter)
    provider.add_span_processor(BatchSpanProcessor(noted, QUEUE, OFTEN, BATCH))
    return Traces(_Sender(provider, ids), lambda: _end(provider, noted))


def _end(provider: TracerProvider, noted: _Noted) -> None:
    """Show what waits; the library itself would wait for as long as a collector hangs."""
    ending = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
    ending.start()
    ending.join(FLUSH)
    if ending.is_alive():
        noted.note(well=False)
    noted.over = True


class _Ids(RandomIdGenerator):
    """Ids for the next span of this thread: those of a root are known beforehand."""

    def __init__(self) -> None:
        self.next = threading.local()

    def generate_trace_id(self) -> int:
        """That of the root that is begun."""
        return int(self.next.root.trace, 16)

    def generate_span_id(self) -> int:
        """That of the root that is begun, or any other."""
        root: Span | None = self.next.root
        return int(root.top, 16) if root is not None else super().generate_span_id()


class _Sender:
    def __init__(self, provider: TracerProvider, ids: _Ids) -> None:
        self._tracer = provider.get_tracer("notifier", VERSION)
        self._ids = ids

    def __call__(self, span: Span) -> None:
        """Let a span wait for the collector."""
        self._ids.next.root = span if span.root else None
        begun = self._tracer.start_span(
            span.name,
            context=None if span.root else set_span_in_context(_top(span)),
            attributes={f"notifier.{name}": value for name, value in span.facts.items()},
            start_time=_nanoseconds(span.began),
        )
        if span.failed:
            begun.set_status(Status(StatusCode.ERROR, span.failed))
        begun.end(_nanoseconds(max(span.began, span.ended)))


def _top(span: Span) -> NonRecordingSpan:
    """The trace's root, which may have ended long ago, in another process."""
    flags = TraceFlags(TraceFlags.SAMPLED)
    return NonRecordingSpan(
        SpanContext(int(span.trace, 16), int(span.top, 16), is_remote=True, trace_flags=flags)
    )


def _nanoseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000) * 1000


class _Noted(SpanExporter):
    """Says once when a collector takes nothing, and when it does again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._well = True
        self.over = False  # nobody waits for it any more

    def note(self, *, well: bool) -> None:
        """Say how it went, where that is news."""
        if self._well and not well and not self.over:
            log.warning("traces not taken")
        elif well and not self._well and not self.over:
            log.info("traces taken again")
        self._well = well

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them, or lose them."""
        result = self._exporter.export(spans)
        self.note(well=result is SpanExportResult.SUCCESS)
        return result

    def shutdown(self) -> None:
        """Send nothing more."""
        self._exporter.shutdown()


class _Bounded(requests.Session):
    """One deadline for each request, whatever drips; its answer is not read, only its status."""

    def request(self, method: Any, url: Any, *_: Any, **given: Any) -> requests.Response:
        """Ask. See ``requests.Session.request``.

        Raises:
            requests.RequestException: no answer, or one that points elsewhere.
        """
        deadline = Deadline(monotonic, monotonic() + given["timeout"])
        with a_session(deadline, direct=False) as session:
            session.verify, session.cert = self.verify, self.cert
            with session.request(method, url, stream=True, **given) as answer:
                if 300 <= answer.status_code < 400:
                    raise requests.TooManyRedirects
                status = requests.Response()
                status.status_code, status.reason = answer.status_code, answer.reason
                status.headers = answer.headers
                return status
