"""Count what happens, for Prometheus. Labels are bounded: names from the rules file and enums."""

from __future__ import annotations

from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from notifier.core.payload.oddities import Oddities

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)  # seconds
SOURCE = ("operation", "source")


class Metrics:
    """The bot's own numbers, in a registry of their own."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self.polls = Counter(
            "notifier_polls", "Polls by result: good, or the kind of trouble.",
            (*SOURCE, "result"), registry=self.registry,
        )  # fmt: skip
        self.poll_seconds = Histogram(
            "notifier_poll_seconds", "From the request to the commit.",
            SOURCE, registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self._count_work()
        self._count_oddities()
        self.untold = Counter(
            "notifier_untold", "Rule and entity pairs that nobody was told of, by reason.",
            ("reason",), registry=self.registry,
        )  # fmt: skip
        self._count_messages()
        self._count_calls()
        self.owner = Gauge(
            "notifier_owner", "1 while this process does the work, 0 while it stands by.",
            registry=self.registry,
        )  # fmt: skip
        build = Gauge("notifier_build_info", "The version.", ("version",), registry=self.registry)
        build.labels(version).set(1)

    def _count_work(self) -> None:
        """How long judging takes, what it is about, and what the day's calls are."""
        self.judge_seconds = Histogram(
            "notifier_judge_seconds", "From a reading to the commit of its decision.",
            ("reading",), registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self.entities = Gauge(
            "notifier_entities", "Entities in the last good answer.", SOURCE,
            registry=self.registry,
        )  # fmt: skip
        self.fresh = Gauge(
            "notifier_source_good_timestamp_seconds", "When the last good answer came.", SOURCE,
            registry=self.registry,
        )  # fmt: skip
        self.stale = Gauge(
            "notifier_source_stale", "1: no good answer for too long, in its hours.",
            SOURCE, registry=self.registry,
        )  # fmt: skip
        self.decode_seconds = Histogram(
            "notifier_decode_seconds", "From the bytes of an answer to its rows.", SOURCE,
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip
        self.mistakes = Counter(
            "notifier_rule_errors", "Readings that a mistake of ours let nobody judge.",
            SOURCE, registry=self.registry,
        )  # fmt: skip
        self.calls = Gauge(
            "notifier_calls_today", "Calls of the operation's day so far.", ("operation",),
            registry=self.registry,
        )  # fmt: skip
        self.quota = Gauge(
            "notifier_calls_quota", "Calls that the operation has in a day, where known.",
            ("operation",), registry=self.registry,
        )  # fmt: skip
        self.canary = Gauge(
            "notifier_canary_timestamp_seconds",
            "When a made-up alert last came through the whole path; 0 without a heartbeat.",
            registry=self.registry,
        )  # fmt: skip

    def _count_oddities(self) -> None:
        """What answers hold that the catalogue does not say. No name of the far side is a label."""
        self.unreadable = Counter(
            "notifier_unreadable_values", "Values that were there and could not be read.",
            (*SOURCE, "field"), registry=self.registry,
        )  # fmt: skip
        self.absent = Counter(
            "notifier_absent_fields", "Good polls whose answer lacked a declared field.",
            (*SOURCE, "field"), registry=self.registry,
        )  # fmt: skip
        self.aliased = Counter(
            "notifier_aliased_fields", "Good polls whose answer named a field differently.",
            (*SOURCE, "field"), registry=self.registry,
        )  # fmt: skip
        self.undeclared = Gauge(
            "notifier_undeclared_fields", "Fields of the last answer that are not declared.",
            SOURCE, registry=self.registry,
        )  # fmt: skip
        self.dropped = Counter(
            "notifier_dropped_rows", "Records without a key, or that were no records.",
            SOURCE, registry=self.registry,
        )  # fmt: skip
        self.broken = Counter(
            "notifier_broken_relations", "Rows whose numbers cannot be true together, by relation.",
            (*SOURCE, "relation"), registry=self.registry,
        )  # fmt: skip

    def note(self, source: tuple[str, str], oddities: Oddities) -> None:
        """Count what was odd about one good answer."""
        for name, times in oddities.unreadable.items():
            self.unreadable.labels(*source, name).inc(times)
        for name in oddities.absent:
            self.absent.labels(*source, name).inc()
        for name in oddities.aliased:
            self.aliased.labels(*source, name).inc()
        self.undeclared.labels(*source).set(len(oddities.undeclared))
        self.dropped.labels(*source).inc(oddities.dropped)
        for name, times in oddities.broken.items():
            self.broken.labels(*source, name).inc(times)

    def _count_messages(self) -> None:
        self.notices = Counter(
            "notifier_notices", "What was decided to be told, by reason.",
            ("reason",), registry=self.registry,
        )  # fmt: skip
        self.deliveries = Counter(
            "notifier_deliveries", "Attempts by channel, result and why people are told.",
            ("channel", "result", "reason"), registry=self.registry,
        )  # fmt: skip
        self.waiting = Gauge(
            "notifier_outbox_waiting", "Messages that wait to be delivered.", ("channel",),
            registry=self.registry,
        )  # fmt: skip
        self.oldest = Gauge(
            "notifier_outbox_oldest_seconds", "Age of the oldest one.", ("channel",),
            registry=self.registry,
        )  # fmt: skip
        self.open = Gauge(
            "notifier_incidents_open", "Open incidents.", ("severity",), registry=self.registry
        )
        self.late = Counter(
            "notifier_late_runs", "Polls that began more than their cadence late.",
            SOURCE, registry=self.registry,
        )  # fmt: skip
        self.missed = Counter(
            "notifier_missed_runs", "Polls that should have been in the time before a late one.",
            SOURCE, registry=self.registry,
        )  # fmt: skip
        self.overlapping = Counter(
            "notifier_overlapping_runs", "Polls left out: the one before still lasted.",
            SOURCE, registry=self.registry,
        )  # fmt: skip
        self.reloads = Counter(
            "notifier_reloads", "Reloads of the rules by result.", ("result",),
            registry=self.registry,
        )  # fmt: skip

    def _count_calls(self) -> None:
        self.others = Gauge(
            "notifier_calls_others", "Calls of the day by other programs, as far as known.",
            ("operation",), registry=self.registry,
        )  # fmt: skip
        self.left = Gauge(
            "notifier_calls_left", "Calls of the day that are left for notifier.",
            ("operation",), registry=self.registry,
        )  # fmt: skip
        self.stretch = Gauge(
            "notifier_source_stretch", "How many times its `every` a source waits: 1 as planned.",
            SOURCE, registry=self.registry,
        )  # fmt: skip

    def keep(self, sources: Collection[tuple[str, str]]) -> None:
        """Let go of what is said of other sources: they are in the rules file no more."""
        for each in (self.entities, self.fresh, self.stale, self.undeclared, self.stretch):
            for sample in [sample for family in each.collect() for sample in family.samples]:
                source = (sample.labels["operation"], sample.labels["source"])
                if source not in sources:
                    each.remove(*source)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)
