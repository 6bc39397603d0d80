"""One message for a broken link, not forty: what an open incident explains is held back."""

from __future__ import annotations

from notifier.core.judging.notice import Untold
from tests.builders import LATENCY, SITE_LINK, SKILLS, Play, Record, agent, queue, rejection

IP = "181.49.7.7"
QUICK = rejection('when = "network_rejection > 1"')


def site(count: int, *, broken: bool, rejected: int = 5) -> list[Record]:
    loss = 10 if broken else 0
    return [agent(f"{12000 + n}", rejected, tx_ploss=loss) for n in range(count)]


def test_a_broken_link_is_one_message_and_not_forty() -> None:
    play = Play(QUICK, SITE_LINK)
    assert play.poll(0, *site(40, broken=True)) == [f"on-call open {IP}"]
    assert play.reason("12000") is Untold.EXPLAINED
    assert len(play.last.suppressed) == 40
    assert play.poll(5, *site(40, broken=True)) == []
    assert play.last.suppressed == ()  # one reason, recorded once


def test_they_are_freed_only_by_a_later_fresh_snapshot() -> None:
    play = Play(QUICK, SITE_LINK)
    play.poll(0, *site(40, broken=True))
    assert play.poll(5, *site(40, broken=False)) == [f"on-call close {IP}"]
    assert play.fail(7) == []
    heard = play.poll(10, *site(40, broken=False))
    assert heard == [f"team-leads open {12000 + n}" for n in range(40)]
    assert len({notice.conversation.id for notice in play.last.notices}) == 1


def test_those_that_recover_with_it_never_speak() -> None:
    play = Play(QUICK, SITE_LINK)
    play.poll(0, *site(40, broken=True))
    assert play.poll(5, *site(40, broken=False)) == [f"on-call close {IP}"]
    assert play.poll(10, *site(40, broken=False, rejected=0)) == []
    assert play.reason("12000") is Untold.NEVER_TOLD
    assert play.poll(15, *site(40, broken=False, rejected=0)) == []


def test_another_sources_snapshot_frees_nobody() -> None:
    play = Play(QUICK, SITE_LINK)
    play.poll(0, *site(3, broken=True))
    play.poll(5, *site(3, broken=False))
    assert play.poll(6, queue("7"), source=SKILLS) == []
    assert play.reason("12000") is Untold.EXPLAINED


def test_a_link_that_breaks_again_explains_them_again() -> None:
    play = Play(QUICK, SITE_LINK)
    play.poll(0, *site(3, broken=True))
    play.poll(5, *site(3, broken=False))
    assert play.poll(10, *site(3, broken=True)) == [f"on-call open {IP}"]
    assert play.reason("12000") is Untold.EXPLAINED
    assert play.poll(15, *site(3, broken=False)) == [f"on-call close {IP}"]
    assert len(play.poll(20, *site(3, broken=False))) == 3


def test_who_was_told_already_goes_on_hearing() -> None:
    play = Play(QUICK, SITE_LINK)
    assert play.poll(0, agent("12000", 5)) == ["team-leads open 12000"]
    assert play.poll(5, *site(3, broken=True)) == [f"on-call open {IP}"]
    assert play.reason("12001") is Untold.EXPLAINED
    heard = play.poll(10, *site(3, broken=True, rejected=0))
    assert heard == ["team-leads close 12000"]


def test_another_address_is_not_explained() -> None:
    play = Play(QUICK, SITE_LINK)
    heard = play.poll(0, *site(3, broken=True), agent("13000", 5, ip="190.1.1.1"))
    assert sorted(heard) == [f"on-call open {IP}", "team-leads open 13000"]


def test_the_whole_collection_explains_everybody() -> None:
    whole = SITE_LINK.replace('by = "ip"', "by = []")
    play = Play(QUICK, whole)
    rows = [*site(3, broken=True), agent("13000", 5, ip="190.1.1.1")]
    assert play.poll(0, *rows) == ["on-call open all"]


def test_without_the_rule_that_explained_they_are_freed() -> None:
    play = Play(QUICK, SITE_LINK)
    play.poll(0, *site(3, broken=True))
    assert play.reload(2, QUICK) == [f"on-call close {IP}"]
    assert len(play.poll(5, *site(3, broken=True))) == 3


def test_a_failed_poll_does_not_end_an_explanation() -> None:
    play = Play(QUICK, SITE_LINK)
    play.poll(0, *site(3, broken=True))
    for minute in (1, 2, 3):
        play.fail(minute, source=LATENCY)
    assert play.reason("12000") is Untold.EXPLAINED


def test_who_leaves_the_broken_link_and_returns_is_explained_as_before() -> None:
    play = Play(QUICK, SITE_LINK)
    moved = [agent("12003", 5, ip="10.0.0.1")]
    play.poll(0, *site(4, broken=True))
    assert play.poll(5, *site(3, broken=True), *moved) == [f"on-call change {IP}"]
    assert play.poll(10, *site(4, broken=True)) == [f"on-call change {IP}"]
    assert play.poll(15, *site(4, broken=False)) == [f"on-call close {IP}"]
    assert len(play.poll(20, *site(4, broken=False))) == 4
