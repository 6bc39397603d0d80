"""`notifier preview`: every message as its reader sees it, before anybody gets one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from notifier.commands import preview as command
from notifier.commands.preview import Wish, preview
from notifier.core.judging.planning import plan
from notifier.core.rules.tables import Language
from notifier.core.trial.gallery import gallery, of_source
from notifier.errors import ConfigError
from notifier.render import Renderer, envelopes, shipped
from notifier.rules import read_rules

Said = pytest.CaptureFixture[str]
LANGUAGES: tuple[Language, ...] = ("en", "es", "pt")


def shown(wish: Wish, html: Path | None = None, png: Path | None = None) -> int:
    return preview(wish, html=html, png=png, as_json=False)


def cases() -> Iterator[str]:
    laid = plan(read_rules(shipped.example()))
    rule = next(iter(laid.rules.values()))
    event = next(each for each in laid.rules.values() if each.event)
    for one in (rule, event):
        collection = laid.sources[one.source].collections[one.collection].collection
        reach = laid.reaches[one.operation, one.to[0]]
        yield from gallery(one, collection, reach, command.WHEN)
        yield from of_source(one, reach, command.WHEN)


def test_every_message_has_words_in_every_language(capsys: Said) -> None:
    for language in LANGUAGES:
        shown(Wish(language=language, kind="slack"))
        shown(Wish(language=language, kind="email"))

    said = capsys.readouterr()
    assert said.err == ""
    assert all(said.out.count(f"── {case} ") >= 3 for case in cases())


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
    notices = gallery(rule, collection, laid.reaches["bogota", "team-leads"], command.WHEN)

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
