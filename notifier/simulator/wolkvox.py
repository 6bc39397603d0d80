"""Answer on HTTP as wolkvox does: token, quota, one call at a time, texts, and faults."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, ClassVar

from notifier.simulator.center import Center
from notifier.simulator.envelope import JSON, dump, envelope, refused
from notifier.simulator.faults import Fault, Wrong
from notifier.simulator.loopback import Exchange, Loopback
from notifier.simulator.misbehave import Faults, altered, answer_wrongly
from notifier.simulator.refusals import (
    AT_ONCE,
    NO_ROWS,
    NOT_SIGNED,
    QUOTA,
    REQUIRED,
    UNKNOWN,
    WRONGLY_SIGNED,
    Refusal,
)

LONGEST = timedelta(days=31)

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that came.

    Attributes:
        headers: Names in lower case.
        at: Simulated time.
        status: What was answered; 0 while it is not, or when the connection just ended.
    """

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: datetime
    status: int = 0

    @property
    def api(self) -> str:
        return self.query.get("api", "")


class WolkvoxServer(Loopback):
    """The platform's API on loopback, run by a simulated center.

    Attributes:
        fault: Met by every request until it is None again.
        faults: Each met by one request, the first that fits; before ``fault`` and the script's own.
        delay: Seconds before each answer.
        quota: Calls a local day; None for no end.
        at_once: Requests allowed at the same time.
        peak: The most requests that were open at the same time.
    """

    def __init__(
        self,
        center: Center,
        clock: Clock,
        token: str = "77766b74",  # noqa: S107
        port: int = 0,
        *,
        at_once: int = 1,
        quota: int | None = None,
    ) -> None:
        super().__init__(port)
        self.center = center
        self.clock = clock
        self.token = token
        self.at_once = at_once
        self.quota = quota
        self.delay = 0.0
        self.fault: Fault | None = None
        self.faults: deque[Fault] = deque()
        self.peak = 0
        self._requests: list[Seen] = []
        self._own: dict[str, tuple[int, bytes, Mapping[str, str]]] = {}
        self._spent: dict[date, int] = {}
        self._open = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What the rules file gives as ``server``."""
        return self.root

    @property
    def requests(self) -> list[Seen]:
        """All requests so far, in the order they came."""
        with self._lock:
            return list(self._requests)

    @property
    def spent(self) -> int:
        """Calls that counted against today's quota."""
        with self._lock:
            return self._spent.get(self._today(), 0)

    def respond_with(
        self,
        api: str,
        body: object,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer *api* with *body* from now on: bytes as they are, else as JSON; None ends it."""
        with self._lock:
            if body is None:
                self._own.pop(api, None)
                return
            data = body if isinstance(body, bytes) else dump(body)
            self._own[api] = (status, data, JSON if headers is None else headers)

    # ---- one request ----

    def answer(self, exchange: Exchange) -> None:
        """Answer as the platform would, or as the fault of the moment wants it."""
        number = self._note(exchange)
        open_now, exchange.finishing = self._enter()
        try:
            self._answer(exchange, number, open_now)
        finally:
            exchange.finishing()

    def _answer(self, exchange: Exchange, number: int, open_now: int) -> None:
        exchange.stopping.wait(self.delay)
        exchange.date = self.clock()
        try:
            self._admit(exchange, open_now)
        except Refusal as refusal:
            self._send(exchange, number, refusal.status, refused(refusal), JSON)
            return
        api = exchange.query.get("api", "")
        faults = self._faults_of(api)
        exchange.date += timedelta(seconds=_sum(faults, Wrong.DATE))
        status, body, headers = self._right(exchange, _stranger(faults) or api)
        body = altered(body, faults) if status == HTTPStatus.OK else body
        if not answer_wrongly(exchange, faults, body):
            self._send(exchange, number, status, body, headers)

    def _note(self, exchange: Exchange) -> int:
        seen = Seen(exchange.path, exchange.query, exchange.headers, self.clock())
        with self._lock:
            self._requests.append(seen)
            return len(self._requests) - 1

    def _send(
        self, exchange: Exchange, number: int, status: int, body: bytes, headers: Mapping[str, str]
    ) -> None:
        with self._lock:
            self._requests[number] = replace(self._requests[number], status=status)
        exchange.reply(status, body, headers)

    def _enter(self) -> tuple[int, Callable[[], None]]:
        """Count a request in; return how many are open, and how to count it out, once."""
        left = threading.Event()

        def leave() -> None:
            with self._lock:
                self._open -= not left.is_set()
                left.set()

        with self._lock:
            self._open += 1
            self.peak = max(self.peak, self._open)
            return self._open, leave

    def _admit(self, exchange: Exchange, open_now: int) -> None:
        token = exchange.headers.get("wolkvox-token", "")
        if not token:
            raise Refusal(HTTPStatus.UNAUTHORIZED, NOT_SIGNED)
        if token != self.token:
            raise Refusal(HTTPStatus.FORBIDDEN, WRONGLY_SIGNED)
        if open_now > self.at_once:
            raise Refusal(HTTPStatus.FORBIDDEN, AT_ONCE)
        self._spend()

    def _spend(self) -> None:
        today = self._today()
        with self._lock:
            spent = self._spent.get(today, 0)
            if self.quota is not None and spent + self._others() >= self.quota:
                raise Refusal(HTTPStatus.FORBIDDEN, QUOTA)
            self._spent[today] = spent + 1

    def _today(self) -> date:
        return self.clock().astimezone(self.center.zone).date()

    def _others(self) -> int:
        """Calls that other programs spent today."""
        return self.center.others(self.clock())

    def _faults_of(self, api: str) -> Faults:
        """Return what is wrong with the next answer: one queued fault, or all that is on now."""
        with self._lock:
            queued = next((f for f in self.faults if f.meets(api)), None)
            if queued is not None:
                self.faults.remove(queued)
                return (queued,)
        on = (self.fault,) if self.fault else self.center.faults(self.clock())
        return [fault for fault in on if fault.meets(api)]

    def _right(self, exchange: Exchange, api: str) -> tuple[int, bytes, Mapping[str, str]]:
        with self._lock:
            own = self._own.get(api)
        if own is not None:
            return own
        try:
            return HTTPStatus.OK, self._data(exchange, api), JSON
        except Refusal as refusal:
            return refusal.status, refused(refusal), JSON

    # ---- what is asked for ----

    def _data(self, exchange: Exchange, api: str) -> bytes:
        """Return the answer of *api*, which need not be the one that was asked for."""
        query = exchange.query
        if api == query.get("api", ""):
            ask = self.APIS.get((exchange.path, api))
        else:
            ask = next((each for (_, name), each in self.APIS.items() if name == api), None)
            query = {**self._usual(), **query}
        if ask is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, UNKNOWN.format(api=api))
        return envelope(ask(self, query))

    def _usual(self) -> dict[str, str]:
        """What another request would ask for: all queues, the last hour."""
        now = self.clock().astimezone(self.center.zone)
        begin, end = (at.strftime("%Y%m%d%H%M%S") for at in (now - timedelta(hours=1), now))
        return {"skill_id": "all", "date_ini": begin, "date_end": end}

    def _latency(self, _query: Mapping[str, str]) -> object:
        return self.center.latency(self.clock())

    def _hits(self, _query: Mapping[str, str]) -> object:
        return self.center.hits(self.clock())

    def _skills(self, query: Mapping[str, str]) -> object:
        wanted = query.get("skill_id", "").strip()
        if not wanted:
            raise Refusal(HTTPStatus.BAD_REQUEST, REQUIRED)
        return self.center.skills(self.clock(), wanted)

    def _cdr_4(self, query: Mapping[str, str]) -> object:
        rows = self.center.cdr_4(self.clock(), *self._window(query))
        if rows is None:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_ROWS)
        return rows

    def _agent_3(self, query: Mapping[str, str]) -> object:
        rows = self.center.agent_3(self.clock(), *self._window(query))
        if not rows:
            raise Refusal(HTTPStatus.NOT_FOUND, NO_ROWS)
        return rows

    def _token_info(self, _query: Mapping[str, str]) -> object:
        spent, limit = self.spent, self.quota
        everybody = spent + self._others()
        return [
            {
                "description": "notifier",
                "token_limit": str(limit or 40_000),
                "token_use_today": str(spent),
                "all_token_today": str(everybody),
                "available_consumption_options": str(max(0, (limit or 40_000) - everybody)),
            }
        ]

    def _window(self, query: Mapping[str, str]) -> tuple[datetime, datetime]:
        begin, end = self._moment(query, "date_ini"), self._moment(query, "date_end")
        if end < begin or end - begin > LONGEST:
            raise Refusal(HTTPStatus.BAD_REQUEST, "the range of dates exceeds 31 days or is empty")
        return begin, end

    def _moment(self, query: Mapping[str, str], name: str) -> datetime:
        text = query.get(name, "")
        if len(text) != 14 or not (text.isascii() and text.isdigit()):
            raise Refusal(HTTPStatus.BAD_REQUEST, REQUIRED)
        try:
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=self.center.zone)
        except ValueError as error:
            raise Refusal(HTTPStatus.BAD_REQUEST, f"please validate {name}") from error

    APIS: ClassVar[Mapping[tuple[str, str], Callable[[Any, Mapping[str, str]], object]]] = {
        ("/api/v2/real_time.php", "latency"): _latency,
        ("/api/v2/real_time.php", "hits_last_hour"): _hits,
        ("/api/v2/real_time.php", "skills"): _skills,
        ("/api/v2/reports_manager.php", "cdr_4"): _cdr_4,
        ("/api/v2/reports_manager.php", "agent_3"): _agent_3,
        ("/api/v2/information.php", "token_info"): _token_info,
    }
    """What may be asked: by path and api."""


def _sum(faults: Faults, wrong: Wrong) -> float:
    """The seconds of all faults of a kind."""
    return sum(fault.seconds for fault in faults if fault.wrong is wrong)


def _stranger(faults: Faults) -> str:
    """The api whose answer comes instead; empty for the right one."""
    return next((fault.text for fault in faults if fault.wrong is Wrong.STRANGER), "")
