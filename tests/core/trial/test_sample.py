"""The made-up notice of ``notifier send-test``."""

from __future__ import annotations

from datetime import timedelta

from notifier.core.judging.notice import Reason
from notifier.core.judging.plan import Reach
from notifier.core.trial.sample import marked_notice
from tests.builders import BEGIN

REACH = Reach("leads", "slack", ("#operaciones",), language="es", locale="es_CO")


def test_it_goes_to_the_receiver_and_says_that_it_is_a_test() -> None:
    notice = marked_notice(REACH, BEGIN)

    assert notice.conversation.recipients == ("#operaciones",)
    assert notice.reasons == {Reason.OPEN}
    assert "prueba" in notice.rule.summary["es"]


def test_two_tests_are_two_messages() -> None:
    first, second = marked_notice(REACH, BEGIN), marked_notice(REACH, BEGIN + timedelta(seconds=1))

    assert first.conversation.id != second.conversation.id
