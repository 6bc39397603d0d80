"""Draw the page: what happens in the contact center above, what people see of it below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifier.demo.markup import Html, document, element, joined
from notifier.demo.story import PACE, Line

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A mail's own styles are inside it; nothing else of it has any power.
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Strip:
    """What happens now.

    Attributes:
        now: Simulated, in the contact center's zone.
        counts: What was done so far, in words.
        status: Where the bot's own page is.
    """

    now: datetime
    lap: Sequence[Line]
    counts: Sequence[tuple[int, str]]
    status: str


def page(strip: Strip, channel: Html, inbox: Html, name: str, version: str) -> str:
    """The whole page. *version*: of the two columns, so that the script asks for news only."""
    return document(_head(), _body(strip, channel, inbox, name, version))


def _head() -> Html:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", "notifier demo"),
        element("link", rel="icon", href="icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href="page.css"),
        element("script", src="page.js", defer=True),
        element("noscript", element("meta", http_equiv="refresh", content="2")),
    )


def _body(strip: Strip, channel: Html, inbox: Html, name: str, version: str) -> Html:
    return element(
        "body",
        element("header", element("div", drawn(strip), id="strip")),
        element(
            "main",
            _window("channel", joined(element("span", "#", class_="hash"), name),
                    "what team leads see in Slack", channel),
            _window("inbox", joined("Inbox"), "what on-call gets by email", inbox),
        ),
        element("p", "The demo has ended. Start it again: notifier demo", id="ended", hidden=True),
        data_version=version,
    )  # fmt: skip


def _window(name: str, title: Html, about: str, inside: Html) -> Html:
    return element(
        "section",
        element("div",
                element("h2", title), element("p", about, class_="faint small"),
                class_="title"),
        element("div", inside, id=name, class_="scroll", tabindex="0"),
        class_=f"window {name}",
        aria_label=about,
    )  # fmt: skip


def drawn(strip: Strip) -> Html:
    """The strip at the top."""
    return joined(
        element("div",
                element("h1", "notifier"),
                element("p", f"{strip.now:%H:%M}", class_="clock"),
                element("p", f"{strip.now:%A} in Bogotá · {PACE:.0f} × real time",
                        class_="faint small"),
                class_="brand"),
        element("ol", (_scene(line) for line in strip.lap), class_="scenes",
                aria_label="What happens in the simulated contact center"),
        element("ul", (_count(*each) for each in strip.counts), class_="counts"),
        element("a", "Status page: take it, silence it", href=strip.status, class_="status",
                target="_blank", rel="noopener"),
    )  # fmt: skip


def _scene(line: Line) -> Html:
    sign = element("span", line.sign, aria_hidden="true")
    now = "step" if line.when == "now" else None
    return element("li", sign, " ", line.text, class_=line.when, aria_current=now)


def _count(number: int, what: str) -> Html:
    return element("li", element("strong", str(number)), " ", what)
