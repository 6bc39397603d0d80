"""Draw an inbox as a mail reader does: one entry a thread, the mail itself shut into a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr, parsedate_to_datetime
from zoneinfo import ZoneInfo

from notifier.demo.channel import keyed
from notifier.demo.markup import Html, element, joined
from notifier.simulator.mail import Mail

OPEN = 1  # threads that are unfolded: the newest
SNIPPET = 90  # characters
# Pixels of a frame: nobody can measure what is shut into it.
_ROW, _PICTURE, _ABOVE, _MOST = 21, 120, 150, 620
_LABELS: Mapping[str, str] = {
    "open": "new",
    "raised": "worse",
    "repeat": "reminder",
    "close": "closed",
    "event": "news",
}


@dataclass(frozen=True, slots=True)
class Received:
    """A mail in the inbox. *number* is its place among all mails."""

    number: int
    mail: Mail

    def header(self, name: str) -> str:
        """A header as text; empty where there is none."""
        return str(self.mail.message.get(name, ""))

    @property
    def thread(self) -> str:
        """What mail readers thread by."""
        return self.header("References").split(" ")[0] or self.header("Message-ID")

    @property
    def sent(self) -> datetime:
        """Its date."""
        return parsedate_to_datetime(self.header("Date"))


def inbox(mails: Sequence[Mail], zone: ZoneInfo) -> Html:
    """The threads, the one with the newest mail first."""
    threads: dict[str, list[Received]] = {}
    for number, mail in enumerate(mails):
        received = Received(number, mail)
        threads.setdefault(received.thread, []).append(received)
    newest = sorted(threads.values(), key=lambda thread: thread[-1].number, reverse=True)
    return joined(_thread(each, zone, place < OPEN) for place, each in enumerate(newest))


def _thread(thread: Sequence[Received], zone: ZoneInfo, unfolded: bool) -> Html:
    drawn = element(
        "details",
        element("summary", _row(thread, zone)),
        _mail(thread[-1], zone),
        open=unfolded,
    )
    return keyed("article", drawn, f"mail-{thread[0].number}", f"{len(thread)}.{int(unfolded)}")


def _row(thread: Sequence[Received], zone: ZoneInfo) -> Html:
    last = thread[-1]
    name, address = parseaddr(last.header("From"))
    count = element("span", str(len(thread)), class_="faint small") if len(thread) > 1 else None
    reason = last.header("X-Notifier-Reason")
    severity = last.header("X-Notifier-Severity")
    return element(
        "div",
        element("span", class_=f"dot {severity if severity.isalpha() else ''}"),
        element("strong", name or address, " ", count, class_="sender"),
        element("time", f"{last.sent.astimezone(zone):%H:%M}", class_="faint small"),
        element("span", last.mail.subject, class_="subject"),
        element("span", _LABELS.get(reason, reason), class_=f"label {severity}"),
        element("span", _snippet(last), class_="snippet faint small"),
        class_="row",
    )


def _snippet(received: Received) -> str:
    return " ".join(received.mail.text.split())[:SNIPPET]


def _mail(received: Received, zone: ZoneInfo) -> Html:
    mail = received.mail
    return element(
        "div",
        element("p",
                f"{received.header('From')} → {', '.join(mail.recipients)}, "
                f"{received.sent.astimezone(zone):%a %d %b %Y %H:%M}",
                class_="faint small"),
        element("iframe",
                sandbox="", src=f"mail/{received.number}", title=mail.subject,
                height=_height(mail), loading="lazy"),
        class_="letter",
    )  # fmt: skip


def _height(mail: Mail) -> int:
    html = mail.html
    return min(_MOST, _ABOVE + _ROW * html.count("<tr") + _PICTURE * html.count("<img"))
