"""What the demo draws: as Slack and a mail reader would, and harmless whatever it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.demo import mrkdwn
from notifier.demo.channel import channel, words
from notifier.demo.inbox import inbox
from notifier.demo.markup import element, joined
from notifier.demo.page import MAIL_POLICY, POLICY, Strip, page
from notifier.demo.story import START, Line
from notifier.simulator.mail import Mail
from notifier.simulator.slack import SlackServer
from notifier.simulator.slack_workspace import Version

ZONE = ZoneInfo("America/Bogota")
ALLOWED = {"strong", "em", "s", "code", "pre", "br", "a", "span", "blockquote"}
HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> \"'& `*_~"


class Seen(HTMLParser):
    """The tags, the addresses and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


# ---- mrkdwn ----


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _italic_ ~strike~", "<strong>bold</strong> <em>italic</em> <s>strike</s>"),
        ("`*code*`", "<code>*code*</code>"),
        ("```a\n*b*```", "<pre>a\n*b*</pre>"),
        ("2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
        ("* not bold *", "* not bold *"),
        ("a\nb", "a<br>b"),
        ("*both _inside_*", "<strong>both <em>inside</em></strong>"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("&gt; said\nthen", "<blockquote>said</blockquote>then"),
        ("<!here> <@U1|Ana>", '<span class="mention">@here</span> '
                              '<span class="mention">@Ana</span>'),
        ("<#C1|ventas>", '<span class="mention">#ventas</span>'),
        ("<!subteam^S1|@leads>", '<span class="mention">@leads</span>'),
        ("<!date^1763478000^{date_num} {time}|then>", "2025-11-18 10:00"),
        ("<!date^1763478000^{unheard_of}|then>", "then"),
        ("<!date^x^{time}|then>", "then"),
    ],
)  # fmt: skip
def test_mrkdwn_is_drawn_as_slack_draws_it(text: str, html: str) -> None:
    assert words(text, ZONE) == html


def test_a_link_shows_its_label() -> None:
    drawn = Seen(words("<https://example.com/?a=1&amp;b=2|Guía>", ZONE))

    assert (drawn.tags, drawn.text) == (["a"], "Guía")
    assert ("href", "https://example.com/?a=1&b=2") in drawn.attributes


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//evil", "x"])
def test_only_addresses_of_the_web_and_of_mail_become_links(address: str) -> None:
    drawn = Seen(words(f"<{address}|click>", ZONE))

    assert drawn.tags == []


@given(st.text(st.sampled_from("<>&|!@#^*_~`\n \"'abjs:/="), max_size=60) | st.text(max_size=60))
def test_no_text_draws_anything_but_text_spans_and_links(text: str) -> None:
    drawn = Seen(words(text, ZONE))

    assert set(drawn.tags) <= ALLOWED
    assert {name for name, _ in drawn.attributes} <= {"class", "href", "rel", "target"}
    for name, value in drawn.attributes:
        assert name != "href" or value.startswith(("https://", "http://", "mailto:"))


@given(st.text(st.characters(exclude_characters="<>&*_~`", exclude_categories=["C", "Z"])))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert mrkdwn.flat(mrkdwn.read(text, ZONE)) == text


# ---- elements ----


def test_whatever_is_not_html_is_escaped() -> None:
    drawn = element("p", HOSTILE, element("b", HOSTILE), title=HOSTILE, hidden=False, data_x=None)

    seen = Seen(drawn)
    assert seen.tags == ["p", "b"]
    assert seen.attributes == [("title", HOSTILE)]
    assert seen.text == HOSTILE * 2


def test_an_empty_element_has_no_end() -> None:
    assert joined("a", element("br"), None, ["b"]) == "a<br>b"


# ---- the channel ----


@pytest.fixture
def slack() -> SlackServer:
    return SlackServer(
        channels=["operaciones"], clock=lambda: datetime(2025, 11, 18, 15, tzinfo=UTC)
    )


def blocks() -> list[dict[str, object]]:
    plain = {"type": "plain_text", "text": HOSTILE}
    marked = {"type": "mrkdwn", "text": "*loud*"}
    return [
        {"type": "header", "text": plain},
        {"type": "section", "text": marked, "fields": [marked, plain],
         "accessory": {"type": "button", "text": plain}},
        {"type": "context", "elements": [marked]},
        {"type": "actions", "elements": [{"type": "button", "text": plain, "style": "danger"}]},
        {"type": "divider"},
        {"type": "image", "alt_text": HOSTILE},
        {"type": "of tomorrow"},
    ]  # fmt: skip


def test_blocks_are_drawn_and_hostile_ones_do_no_harm(slack: SlackServer) -> None:
    version = Version(
        slack.clock(), HOSTILE, [], [{"color": '"><script>', "blocks": blocks()}, {"text": "old"}]
    )
    where = slack.workspace.channels()[0].id
    message = slack.workspace.post(where, version, thread_ts="", broadcast=False)

    seen = Seen(channel([message], {}, ZONE))

    assert not {"script", "img", "iframe", "style"} & set(seen.tags)
    assert {"h3", "hr", "svg", "rect"} <= set(seen.tags)
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name == "style"]
    assert ("fill", "#8a929e") in seen.attributes


def test_the_newest_message_comes_first_and_says_that_it_was_edited(slack: SlackServer) -> None:
    first, second = slack.say("operaciones", "one"), slack.say("operaciones", "two")
    changed = slack.workspace.update(first, replace(first.now, text="one, changed"))

    seen = Seen(channel([changed, second], {}, ZONE))

    assert seen.text.index("two") < seen.text.index("one, changed (edited)")


def test_answers_stand_under_their_message_and_loud_ones_in_the_channel_too(
    slack: SlackServer,
) -> None:
    first = slack.say("operaciones", "*the first*")
    where, version = first.channel, Version(slack.clock(), "worse now")
    loud = slack.workspace.post(where, version, thread_ts=first.ts, broadcast=True)

    seen = Seen(channel([first, loud], {first.ts: [loud]}, ZONE))

    assert "1 reply" in seen.text
    assert "replied to a thread: the first" in seen.text
    assert seen.text.count("worse now") == 2


def test_what_changed_has_another_revision(slack: SlackServer) -> None:
    message = slack.say("operaciones", "one")
    changed = slack.workspace.update(message, message.now)

    before, after = (
        dict(Seen(channel([m], {}, ZONE)).attributes)["data-revision"] for m in (message, changed)
    )

    assert before != after


# ---- the inbox ----


def mail(number: str, subject: str = "s", answers: str = "", **more: str) -> Mail:
    message = EmailMessage()
    message["From"] = "notifier <n@example.com>"
    message["Subject"] = subject
    message["Date"] = "Tue, 18 Nov 2025 15:00:00 +0000"
    message["Message-ID"] = f"<{number}@example.com>"
    if answers:
        message["References"] = f"<{answers}@example.com>"
    for name, value in more.items():
        message[f"X-Notifier-{name}"] = value
    message.set_content(HOSTILE)
    message.add_alternative("<p>hello", subtype="html")
    return Mail("n@example.com", ("a@example.com",), message.as_bytes(), encrypted=False)


def test_mails_of_one_thread_are_one_entry_and_the_newest_is_open() -> None:
    drawn = inbox([mail("1", "first"), mail("2", "second"), mail("3", "first", "1")], ZONE)

    seen = Seen(drawn)
    assert seen.tags.count("article") == 2
    assert seen.text.index("first") < seen.text.index("second")
    assert drawn.count("<details open>") == 1
    assert ("src", "mail/2") in seen.attributes


def test_a_mail_is_shut_into_a_frame_without_any_right() -> None:
    seen = Seen(inbox([mail("1", HOSTILE, Severity="critical", Reason="open")], ZONE))

    assert ("sandbox", "") in seen.attributes
    assert not {"script", "img"} & set(seen.tags)
    assert HOSTILE in seen.text
    assert ("class", "dot critical") in seen.attributes
    assert "new" in seen.text


@pytest.mark.parametrize("policy", [POLICY, MAIL_POLICY])
def test_no_script_of_a_message_can_run(policy: str) -> None:
    rules = dict(rule.strip().partition(" ")[::2] for rule in policy.split(";"))

    assert rules["default-src"] == "'none'"
    assert rules.get("script-src", "'none'") in ("'none'", "'self'")


def test_the_page_works_without_its_script_and_says_what_happens() -> None:
    strip = Strip(START, [Line("✂️", HOSTILE, "now")], [(3, "polls")], "http://127.0.0.1:1")

    text = page(strip, joined("LEFT"), joined("RIGHT"), HOSTILE, "7")

    seen = Seen(text)
    assert ("http-equiv", "refresh") in seen.attributes
    assert not [value for name, value in seen.attributes if name == "style"]
    assert [value for name, value in seen.attributes if name == "src"] == ["page.js"]
    assert "10:00" in seen.text
    assert ("aria-current", "step") in seen.attributes
    assert text.count(HOSTILE) == 0
