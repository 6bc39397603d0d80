"""Measure the page while polls go on: a load generator of its own process asks for it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from statistics import median, quantiles
from time import perf_counter
from urllib.request import urlopen

from benchmarks import answers
from benchmarks.table import Row, milliseconds
from benchmarks.world import LATENCY, World, world
from notifier.clerk import Clerk
from notifier.clocks import REAL
from notifier.core.facts.state import Closing, Incident, InstanceKey, Severity, incident_id
from notifier.errands.errand import Sender
from notifier.errands.lookback import Lookback
from notifier.errands.review import Reviewer
from notifier.exhibition import Exhibition
from notifier.render import Renderer
from notifier.rules import read_rules
from notifier.serving import front
from notifier.settings import load_settings
from notifier.store.tables import stamp
from notifier.web.server import Server

ENTITIES, OPEN, DAYS, A_DAY = 2_000, 200, 35, 400
REJECTING = 230  # agents, of whom nine in ten are connected and fire
ASKED, AT_ONCE = 120, 4  # pages, and how many at a time
PAUSE = 1.0  # seconds between two polls
PAGES = {
    "overview": "/",
    "overview, API": "/api/v1/incidents?limit=200",
    "history": "/history",
    "rules": "/rules",
    "receivers": "/receivers",
}


def pages() -> Iterator[Row]:
    """The median of each page; the overview's worst twentieth, too."""
    quiet = answers.agents(ENTITIES)
    bodies = [
        answers.latency(answers.rejecting(answers.shaken(quiet, seed=seed), REJECTING))
        for seed in range(4)
    ]
    with world(bodies) as place:
        _remember(place)
        place.poll()
        still = [each for each in place.bot.cycle.known.incidents.values() if each.open]
        assert len(still) >= OPEN, len(still)
        with _served(place) as url, _polling(place):
            for name, path in PAGES.items():
                took = _asked(url + path)
                middle, goal = median(took), 0.1 if path == "/" else None
                yield Row(f"{name}, {AT_ONCE} at a time", milliseconds(middle), middle, "s", goal)
                if path == "/":
                    worst = quantiles(took, n=20)[-1]
                    yield Row("  its slowest twentieth", milliseconds(worst), worst, "s", None)


def _remember(place: World) -> None:
    """Incidents of the last weeks, as if they had been: all of them are over."""
    dice, now = Random(7), REAL.now()
    database = place.bot.workers[0].database
    rows = [_past(number, now, dice) for number in range(DAYS * A_DAY)]
    with database.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO incident (id, operation, rule, entity, opened_at, closed_at, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def _past(number: int, now: datetime, dice: Random) -> tuple[str, ...]:
    import msgspec

    opened = now - timedelta(days=DAYS) * dice.random() - timedelta(hours=1)
    closed = opened + timedelta(minutes=dice.randrange(1, 50))
    key = InstanceKey("bogota", "network-rejection", str(10_000 + number % ENTITIES))
    incident = Incident(
        id=incident_id(key, opened), key=key, source=LATENCY, opened_at=opened, since=opened,
        seen_at=closed, severity=Severity.WARNING, value=2.0, worst=4.0, trend=(1.0, 2.0, 4.0),
        receivers=("team-leads",), closed_at=closed, closing=Closing.RECOVERED,
        fields={"agent_name": "ANA GOMEZ"},
    )  # fmt: skip
    body = msgspec.json.encode(incident).decode()
    return incident.id, *key, stamp(opened), stamp(closed), body


@contextmanager
def _served(place: World) -> Iterator[str]:
    settings = load_settings(place.variables, dotenv=None)
    book = read_rules(settings.rules)
    database = place.bot.workers[0].database
    url = settings.database_url.get_secret_value()
    sender = Sender(url, "", lambda: book)
    lookback = Lookback(database, sender, REAL.now)
    review = Reviewer(database, sender, REAL.now)
    clerk = Clerk(
        place.bot, database, lambda: book, REAL.now, "bench", lookback, review, Exhibition(Renderer)
    )
    site = front(settings, clerk)
    server = Server(site, "127.0.0.1", 0, site.leave)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.stop()


@contextmanager
def _polling(place: World) -> Iterator[None]:
    """Poll all the while, in a thread of its own, as the bot does."""
    stop = threading.Event()

    def poll() -> None:
        while not stop.wait(PAUSE):
            place.poll()

    thread = threading.Thread(target=poll)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _asked(url: str) -> list[float]:
    """Have another process ask for it, several times at once. Returns the seconds of each."""
    command = [sys.executable, "-m", "benchmarks.pages", url, str(ASKED), str(AT_ONCE)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    return [float(each) for each in json.loads(found.stdout)]


def _ask(url: str, times: int, at_once: int) -> list[float]:
    took: list[float] = []

    def work() -> None:
        for _ in range(times // at_once):
            began = perf_counter()
            with urlopen(url, timeout=60) as answer:
                answer.read()
            took.append(perf_counter() - began)

    with urlopen(url, timeout=60) as first:  # builds the site, compiles the template
        first.read()
    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


if __name__ == "__main__":
    print(json.dumps(_ask(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
