"""No text from outside can ping, link, format or break a message, whatever it is."""

from __future__ import annotations

import json
import re
from dataclasses import replace as with_changes
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.core.facts.state import Closing, InstanceKey, Severity
from notifier.core.judging.notice import Event, Item, Notice, Reason, RuleText
from notifier.render import Renderer, envelopes, text
from notifier.render.clean import one_line, scrubbed
from notifier.render.sandbox import flat
from tests.edges.notices import RULE, closed, conversation, incident, notice, sales, trouble

RENDERER, AGAIN = Renderer(), Renderer()
FEW = 30  # each example renders nine messages
LINK = "<https://wiki.example.com/red?a=1%7C2|Runbook>"
HOSTILE = (
    "<!channel>", "<@U012345678>", "<#C012345678>", "<https://evil.example.com|click>", "@here",
    "*bold*", "_i_", "~s~", "`c`", "```", "> quote", "&lt;!here&gt;", "&#60;!here>", ":boom:",
    "http://evil.example.com", "a\n> b", "\u202egnp", "x\x00y", "{{ 7*7 }}", "{% raw %}",
    "\x1etext\x1f", "<b>", "</td>", "<script>alert(1)</script>", "\ud800",
    "a\u2028b", "'\"", "|", "%s{0}{who}",
)  # fmt: skip
ANY = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="<>!@#|*_~`&;:/h \n\u200b\x1e\x1f", max_size=40),
    st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map("".join),
)


def hostile_notices(words: str, kind: str) -> list[Notice]:
    """Every kind of message with *words* wherever text from outside can stand."""
    fields = {"agent_name": words, "note": words, "aux_state": words}
    key = InstanceKey("bogota", "network-rejection", words)
    one = replace(incident(), key=key, fields=fields, acknowledged_by=words)
    two = replace(incident("12005", "LUIS"), value=f"v{words}", worst=f"v{words}")
    gone = replace(closed(two, Closing.LEFT), key=key, fields=fields)
    source = replace(
        trouble(), key=InstanceKey("bogota", "source", f"bogota/{words}"),
        fields={"trouble": words, "detail": words, "failures": 3.0},
    )  # fmt: skip
    labelled = with_changes(RULE, owner=words, labels={words: words}, severity=Severity.CRITICAL)
    own = with_changes(RULE, summary={"": "{{ agent_name }} {{ entity }} {{ value }}"})
    talk, later = conversation(kind), conversation(kind, revision=2)
    named = conversation(kind, receiver=words, operation=words, timezone="UTC")
    cheer = sales(2, talk, {"type_interaction": f"t{words}", "hit": words})
    plain = with_changes(cheer, rule=RuleText("new-hit", Severity.INFO), conversation=named)
    return [
        notice(Item(Reason.OPEN, one), talk=talk, rule=labelled),
        notice(Item(Reason.OPEN, one), talk=named, rule=own),
        notice(Item(Reason.RAISED, one, was=words), talk=later, rule=own),
        notice(Item(Reason.CHANGE, two, was=words), talk=later),
        notice(
            Item(Reason.CLOSE, gone), Item(Reason.OPEN, one), talk=later, roster=(one, two, gone)
        ),
        notice(Item(Reason.CLOSE, gone), talk=later),
        notice(Item(Reason.OPEN, source), talk=talk),
        cheer,
        plain,
    ]


def texts(payload: dict[str, Any]) -> list[str]:
    """Every text of a payload that Slack reads as mrkdwn."""
    found = [payload["text"]]
    for attachment in payload.get("attachments", []):
        found.append(attachment["fallback"])
        for block in attachment["blocks"]:
            found.append((block.get("text") or block["elements"][0])["text"])
    return found


def assert_harmless(said: str) -> None:
    """Nothing is marked up but what the templates mark up."""
    rest = said.replace(LINK, "")
    assert "<" not in rest
    assert ">" not in rest
    assert re.search(r"&(?!amp;|lt;|gt;)", rest) is None
    assert "://" not in rest
    assert re.search(r"@(?!\u200b)", rest) is None
    assert re.search(r"(?<![^\W_])_|_(?![^\W_])", rest) is None
    assert re.search(r":[\w+'-]*[a-z][\w+'-]*:", rest) is None
    assert re.search(r"^&gt;", rest, re.MULTILINE) is None
    assert all(line.replace("\u200b", "").isprintable() for line in said.split("\n"))
    assert re.search(r"\d{7,}", rest) is None


def marks(said: str) -> list[str]:
    return re.findall(r"[*~`]", said)


@settings(max_examples=FEW)
@given(ANY)
@example("<!channel>")
@example("*b* _i_ ~s~ `c` ```pre``` <@U012345678> http://a.example.com :boom: @here\n> q")
@example("\x1etext\x1f<!here>")
@example("573001234567 ana@example.com")
def test_slack_shows_any_text_as_it_is(words: str) -> None:
    tame = hostile_notices("ordinary", "slack")
    for wild, plain in zip(hostile_notices(words, "slack"), tame, strict=True):
        pairs = zip(envelopes(wild, RENDERER), envelopes(plain, RENDERER), strict=True)
        for envelope, other in pairs:
            payload, quiet = json.loads(envelope.payload), json.loads(other.payload)
            for said in texts(payload):
                assert_harmless(said)
            joined, usual = "".join(texts(payload)), "".join(texts(quiet))
            assert marks(joined) == marks(usual)


@settings(max_examples=FEW)
@given(st.text(max_size=3_000))
@example("&" * 3_000)
@example("𝕏" * 3_000)
def test_slacks_limits_are_kept(words: str) -> None:
    for told in hostile_notices(words, "slack"):
        for envelope in envelopes(told, RENDERER):
            payload = json.loads(envelope.payload)
            units = [len(said.encode("utf-16-le")) // 2 for said in texts(payload)]
            assert units[0] <= 4_000
            assert max(units) <= 4_000
            for attachment in payload.get("attachments", []):
                assert len(attachment["blocks"]) <= 50
                for block in attachment["blocks"]:
                    inner = (block.get("text") or block["elements"][0])["text"]
                    assert 1 <= len(inner.encode("utf-16-le")) // 2 <= 3_000
            assert len(json.dumps(payload["metadata"])) < 1_000


class Tags(HTMLParser):
    """The tags of a page, in order, and whether a link leads anywhere."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@settings(max_examples=FEW)
@given(ANY)
@example("</title><script>alert(1)</script>")
@example('" onmouseover="x')
def test_a_page_has_no_tag_of_a_text(words: str) -> None:
    tame = hostile_notices("ordinary", "email")
    for wild, plain in zip(hostile_notices(words, "email"), tame, strict=True):
        pairs = zip(envelopes(wild, RENDERER), envelopes(plain, RENDERER), strict=True)
        for envelope, other in pairs:
            page = Tags(json.loads(envelope.payload)["html"])
            usual = Tags(json.loads(other.payload)["html"])
            assert set(page.found) == set(usual.found)
            assert page.links == usual.links
            assert len(json.loads(envelope.payload)["html"]) < 60_000


@settings(max_examples=FEW)
@given(ANY)
def test_a_subject_is_short_and_on_one_line(words: str) -> None:
    for told in hostile_notices(words, "email"):
        for envelope in envelopes(told, RENDERER):
            subject = json.loads(envelope.payload)["subject"]
            assert 0 < len(subject) <= 150
            assert subject.isprintable()


@settings(max_examples=FEW)
@given(ANY)
def test_the_terminal_gets_one_printable_line(words: str) -> None:
    for told in hostile_notices(words, "slack"):
        assert text(told, RENDERER).isprintable()


@settings(max_examples=FEW)
@given(ANY)
def test_the_same_notice_gives_the_same_messages(words: str) -> None:
    for told in hostile_notices(words, "slack"):
        assert envelopes(told, RENDERER) == envelopes(told, AGAIN)


# ---- values ----


@given(st.text())
def test_a_cleaned_text_is_one_printable_line(words: str) -> None:
    line = one_line(words)

    assert line.isprintable()
    assert line == line.strip()
    assert one_line(line) == line


@given(st.text(), st.integers(1, 300))
def test_a_cleaned_text_is_short(words: str, longest: int) -> None:
    assert len(scrubbed(words, longest)) <= longest


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("llamar 3001234567", "llamar •••"),
        ("300\u200b1234567", "•••"),
        ("tel ٣٠٠١٢٣٤٥٦٧", "tel •••"),
        ("extension 12004", "extension 12004"),
        ("ana.perez@example.com.co ok", "••• ok"),
        ("Ventas @ Bogotá", "Ventas @ Bogotá"),
        ("a\r\n b\t c\u2028d", "a b c d"),
        ("IP 181.49.7.7", "IP 181.49.x.x"),
        ("IP 10.1.2.3 and 192.168.0.4", "IP 10.1.2.3 and 192.168.0.4"),
        ("version 1.2.3.4.5 or 999.1.1.1", "version 1.2.3.4.5 or 999.1.1.1"),
    ],
)
def test_telephones_addresses_and_line_ends_are_taken_away(said: str, shown: str) -> None:
    assert scrubbed(said, public=True) == shown


def test_on_call_staff_see_the_whole_address() -> None:
    assert scrubbed("181.49.7.7") == "181.49.7.7"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("0_5_seg", "0_5_seg"),
        ("_x_", "ˍxˍ"),
        ("a__b", "aˍˍb"),
        ("10:22:33", "10:22:33"),
        ("*~`", "∗∼ˋ"),
    ],
)
def test_names_stay_readable_in_slack(said: str, shown: str) -> None:
    assert flat(said) == shown


def test_nothing_of_a_call_or_a_customer_is_in_a_celebration() -> None:
    fields = {"conn_id": "17000001", "hit": "yes", "type_interaction": "voice"}
    told = sales(2, conversation(rule="new-hit"), fields)
    told = with_changes(told, events=(*told.events, Event("1700000777", fields)))

    payload = envelopes(told, RENDERER)[0].payload

    assert "1700000" not in re.sub(r'"metadata".*', "", payload)
