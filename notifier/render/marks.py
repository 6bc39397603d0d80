"""Put into words what a delivery may have to add to a message: that it is late, or may repeat."""

from __future__ import annotations

from notifier.core.facts.state import Closing
from notifier.core.judging.notice import Notice
from notifier.render.manner import Manner
from notifier.render.renderer import Renderer
from notifier.render.sandbox import flat


def marks(notice: Notice, renderer: Renderer, *, public: bool) -> dict[str, str]:
    """The marks, by their names in a payload; channels use them when the time has come.

    late: It was to be told long ago. both: It is over, and this is the first that is told of it;
    only where all of it is over. again: It may have been seen before. moved: It goes on with a
    message that can be edited no more.
    """
    manner = renderer.manner(notice, public=public)
    found = {
        "late": _said(manner, "fact.late", time=manner.day_and_time(notice.at)),
        "again": _said(manner, "fact.again"),
        "moved": _said(manner, "fact.moved"),
    }
    if notice.open == 0 and not notice.is_event:
        found["both"] = _both(notice, manner)
    return found


def _both(notice: Notice, manner: Manner) -> str:
    began = min(notice.conversation.opened_at, *(i.opened_at for i in notice.roster))
    same_day = began.astimezone(manner.zone).date() == notice.at.astimezone(manner.zone).date()
    written = manner.clock if same_day else manner.day_and_time
    recovered = all(item.incident.closing is Closing.RECOVERED for item in notice.items)
    key = "fact.both" if recovered else "fact.both_ended"
    return _said(manner, key, since=written(began), until=written(notice.at))


def _said(manner: Manner, key: str, **values: str) -> str:
    return flat(manner.words.say(key, **values))
