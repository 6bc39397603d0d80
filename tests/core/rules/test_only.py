"""A rules file cut down to some of its rules, and the durations that people type."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notifier.core.rules.keys import duration
from notifier.core.rules.rulefile import load
from notifier.wolkvox.endpoints import CATALOGUE
from tests.builders import HEAD, NEW_HIT, SITE_LINK, TEAM_LEADS, rejection

BOOK = load("\n".join((HEAD, TEAM_LEADS, rejection(), SITE_LINK, NEW_HIT)), CATALOGUE)


def test_the_rules_that_explain_it_and_their_sources_are_kept() -> None:
    only = BOOK.only({"network-rejection"})

    assert [rule.rule.id for rule in only.rules] == ["network-rejection", "site-link"]
    assert [source.key.source for source in only.sources] == ["latency"]
    assert only.text != BOOK.text


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("7d", 7 * 86_400)])
def test_a_duration_is_read_as_the_rules_file_writes_it(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "7", "a week", "400d"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|year"):
        duration(text)
