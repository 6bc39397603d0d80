"""`notifier preview`: every message as its reader sees it, before anybody gets one."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import which

import pytest

from notifier.commands.preview import LAST, Wish, preview
from notifier.commands.replay import Asked
from notifier.core.judging.notice import Reason
from notifier.core.judging.planning import plan
from notifier.core.rules.tables import Language
from notifier.core.trial.gallery import gallery
from notifier.errors import ConfigError
from notifier.exhibition import WHEN, Exhibition
from notifier.render import Renderer, envelopes, shipped
from notifier.rules import read_rules
from tests.flow.stage import staged

Said = pytest.CaptureFixture[str]
LANGUAGES: tuple[Language, ...] = ("en", "es", "pt")


def shown(wish: Wish, html: Path | None = None, png: Path | None = None) -> int:
    return preview(wish, html=html, png=png, as_json=False)


KNOWN = frozenset({
    "open", "change", "raised", "repeat", "acknowledged", "given-back", "silenced", "unsilenced",
    "still-open", "held", "held-quiet", "frozen", "missing", "flapping", "settled", "close", "left",
    "new-day", "rule-changed", "rule-removed", "reopened", "group", "group-change", "group-more",
    "group-close", "drill", "unknown", "storm", "storm-close", "silence-ends", "shift", "nothing",
    "rules", "test", "source", "source-close", "token", "vanished", "vanished-close", "unavailable",
    "quota", "quota-close", "pace", "pace-close", "receiver", "receiver-close", "late",
    "may-repeat", "old-news", "moved", "event", "events", "digest", "news", "first-sale", "streak",
    "halfway", "target", "record", "sellers", "belated", "taken-back", "all-taken-back",
    "unknown-event",
})  # fmt: skip
QUIET = frozenset({  # mere edits, which are no mail
    "change", "acknowledged", "given-back", "silenced", "unsilenced", "frozen", "missing",
    "flapping", "settled", "may-repeat", "moved", "taken-back", "all-taken-back",
})  # fmt: skip


def test_every_message_has_words_in_every_language(capsys: Said) -> None:
    for language in LANGUAGES:
        shown(Wish(language=language, kind="slack"))
        shown(Wish(language=language, kind="email"))

    said = capsys.readouterr()
    assert said.err == ""
    assert {case: said.out.count(f"── {case} ") for case in KNOWN} == {
        case: 3 if case in QUIET else 6 for case in KNOWN
    }


def test_the_page_shows_the_same_messages() -> None:
    exhibition = Exhibition(Renderer)

    assert set(exhibition.names()) == KNOWN
    assert all(exhibition.page(name, "es", "slack") for name in KNOWN)


def test_every_reason_to_be_told_has_a_message_to_look_at() -> None:
    laid = plan(read_rules(shipped.example()))
    found = set[Reason]()
    for rule in (laid.rules["bogota", "network-rejection"], laid.rules["bogota", "new-hit"]):
        collection = laid.sources[rule.source].collections[rule.collection].collection
        reach = laid.reaches["bogota", "team-leads"]
        for notice in gallery(rule, collection, reach, WHEN).values():
            found |= notice.reasons

    assert found == set(Reason)


def text_of(name: str, language: str = "en", kind: str = "slack") -> str:
    page = Exhibition(Renderer).page(name, language, kind)
    assert page
    return page


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("still-open", "was silenced by Eva"),
        ("silence-ends", "The silence of Eva ends"),
        ("flapping", "Flapping: opened 4 times"),
        ("reopened", "back after 4 min"),
        ("storm", "12 alerts at once"),
        ("nothing", "nothing happened"),
        ("rules", "never fired: "),
        ("drill", "DRILL"),
        ("quota", "2,150 of 40,000"),
        ("pace", "cannot keep its pace"),
        ("receiver", "team-leads takes no messages"),
        ("late", "Late report of"),
        ("may-repeat", "(may repeat)"),
        ("old-news", "Fired 10:00, cleared 10:23:"),
        ("moved", "|continues an earlier message>"),
        ("sellers", "ANA GÓMEZ (2)"),
        ("record", "The best day so far: 53"),
    ],
)
def test_what_happens_seldom_can_be_looked_at_too(name: str, says: str, capsys: Said) -> None:
    shown(Wish(name))

    assert says in capsys.readouterr().out


def test_a_mail_that_comes_late_says_so_in_both_its_parts(capsys: Said) -> None:
    shown(Wish("old-news", kind="email"))

    assert "Fired 10:00, cleared 10:23:" in capsys.readouterr().out
    assert "Fired 10:00, cleared 10:23:" in text_of("old-news", kind="email")


@pytest.mark.parametrize("name", ["silence-ends", "shift", "nothing", "rules", "test", "drill"])
def test_what_is_said_once_has_nothing_to_take(name: str) -> None:
    sent = preview_payload(name)

    assert '"action_id"' not in sent


def preview_payload(name: str) -> str:
    from notifier.exhibition import _exhibits

    (envelope,) = _exhibits("en", "slack")[name](Renderer(buttons=True))
    return envelope.payload


# ---- what was read, in place of made-up values ----


def test_what_was_recorded_is_shown_as_its_readers_would_see_it(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staged(tmp_path) as stage:
        with stage.bot() as bot:
            for rejected in ("0", "3", "9", "0"):
                stage.agents({"12004-ANA GÓMEZ": rejected})
                stage.wait(minutes=1)
                bot.poll_once()
        for name, value in stage.environment().items():
            monkeypatch.setenv(name, value)
        past = Asked(since="2026-01-05T10:00")

        shown(Wish(past=past))
        slack = capsys.readouterr().out
        shown(Wish("close", kind="email", language="es", past=past))
        mail = capsys.readouterr().out

    assert "── 2026-01-05 10:02 open rejection, leads " in slack
    assert "rejection, on-call " in slack
    assert "*Critical:* ANA GÓMEZ (12004): rejection 9%" in slack
    assert "Resuelto tras" in mail
    assert "raised" not in mail
    assert mail.count("── ") == 2  # one for each receiver


def test_a_past_without_such_a_message_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFIER_RULES", str(shipped.example()))

    with pytest.raises(ConfigError, match="nothing of that kind would have been said then"):
        shown(Wish("missing", past=Asked(simulate="1h")))


def test_of_a_long_past_the_last_messages_are_shown(
    capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_RULES", str(shipped.example()))

    shown(Wish(past=Asked(simulate="12h")))

    said = capsys.readouterr()
    assert said.err.startswith(f"the last {LAST} of ")
    assert said.out.count("── ") >= LAST - 5


def test_one_message_is_asked_for_by_its_name_or_its_template(capsys: Said) -> None:
    shown(Wish("raised", language="es", locale="es_CO"))
    shown(Wish("celebration", language="es"))

    said = capsys.readouterr().out
    assert "🔴 *Crítico:* ANA GÓMEZ: rechazo de red en 181.49.x.x" in said
    assert "8,4 %" in said
    assert "🎉" in said


def test_a_mail_is_shown_as_its_text(capsys: Said) -> None:
    shown(Wish("close", kind="email"))

    said = capsys.readouterr().out
    assert "Subject: " in said
    assert "Resolved after 33 min" in said


def test_the_payload_may_be_had_for_other_programs(capsys: Said) -> None:
    preview(Wish("open"), html=None, png=None, as_json=True)

    (message,) = json.loads(capsys.readouterr().out)
    assert (message["case"], message["form"]) == ("open", "post")
    assert message["payload"]["attachments"][0]["color"] == "#e8a33d"


def test_an_unknown_name_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="there is no message `opn`; there is open, change"):
        shown(Wish("opn"))


def test_a_page_needs_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "messages.html"

    assert shown(Wish(kind="email"), html=page) == 0

    text = page.read_text()
    assert text.count("<iframe sandbox") == text.count('class="exhibit"')
    assert "<link" not in text
    assert "<script" not in text


@pytest.mark.browser
def test_a_picture_is_drawn_by_a_browser(tmp_path: Path) -> None:
    if which("chromium") is None:
        pytest.skip("no Chromium here")
    picture = tmp_path / "open.png"

    assert shown(Wish("open"), png=picture) == 0
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_the_words_of_a_rule_serve_to_its_end() -> None:
    laid, renderer = plan(read_rules(shipped.example())), Renderer()
    rule = laid.rules["bogota", "network-rejection"]
    collection = laid.sources[rule.source].collections[rule.collection].collection
    notices = gallery(rule, collection, laid.reaches["bogota", "team-leads"], WHEN)

    (edit, _) = envelopes(notices["close"], renderer)

    assert "~ANA GÓMEZ: rechazo de red en 181.49.x.x~" in json.loads(edit.payload)["text"]


def test_a_rule_of_ones_own_speaks(
    tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(shipped.example().read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("NOTIFIER_RULES", str(rules))

    shown(Wish("open", rule="site-link", language="es"))

    assert "🔴 *Crítico:* " in capsys.readouterr().out
    with pytest.raises(ConfigError, match="there is no rule `site-lnk`"):
        shown(Wish("open", rule="site-lnk"))


def test_plain_news_are_an_event_without_cheers(capsys: Said) -> None:
    shown(Wish("event"))

    assert "🎉" not in capsys.readouterr().out
