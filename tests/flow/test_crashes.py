"""Kill the bot at commits and calls of a whole day, and see that people notice nothing of it."""

from __future__ import annotations

import pytest

from tests.proof.proof import prove


def test_a_bot_that_is_killed_loses_nothing_and_tells_nothing_twice() -> None:
    table = prove(5)

    assert table.good, str(table)
    assert sum(table.deaths.values()) >= 5


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_at_whatever_commit_or_call_it_is_killed() -> None:
    table = prove()

    assert table.good, str(table)
