"""Templates of the user's own: each may replace a shipped one, and none may lose a message."""

from __future__ import annotations

import json
from dataclasses import replace as with_changes
from pathlib import Path

import pytest
from msgspec.structs import replace

from notifier.errors import Problem
from notifier.exhibition import KINDS, Exhibition, mistakes
from notifier.render import Renderer, envelopes
from notifier.render.pages import Pages
from notifier.render.shipped import folder, read
from notifier.render.words import LANGUAGES
from notifier.web.specimens import WHEN as SHOWN
from notifier.web.specimens import ZONES, specimens
from tests.edges.notices import RULE, conversation, opened, sales, spanish


class Own:
    """A folder of templates, and what was said about it."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.said: list[Problem] = []

    def write(self, name: str, text: str) -> None:
        path = self.top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def renderer(self) -> Renderer:
        return Renderer(self.top, self.said.append)


@pytest.fixture
def own(tmp_path: Path) -> Own:
    return Own(tmp_path)


def first_line(renderer: Renderer) -> str:
    return str(json.loads(envelopes(opened(), renderer)[0].payload)["text"])


def mail(renderer: Renderer) -> str:
    told = opened(talk=conversation("email"))
    return str(json.loads(envelopes(told, renderer)[0].payload)["text"])


USUAL = first_line(Renderer())


def test_one_part_may_be_replaced_and_the_rest_is_kept(own: Own) -> None:
    own.write(
        "slack/incident.j2",
        '{% extends "shipped/slack/incident.j2" %}\n'
        "{% block text %}{{ view.headline }}!{% endblock %}",
    )

    renderer = own.renderer()

    assert first_line(renderer) == "ANA (12004): network rejection 6.5%!"
    assert "*6.5%* · limit 1%" in envelopes(opened(), renderer)[0].payload
    assert not own.said


def test_a_whole_file_may_be_replaced(own: Own) -> None:
    own.write("email/incident.txt.j2", "{{ view.state }} & {{ view.headline }}")

    assert mail(own.renderer()) == "Warning & ANA (12004): network rejection 6.5%\n"


def test_the_frame_of_all_mails_may_be_replaced(own: Own) -> None:
    own.write(
        "email/frame.html.j2", "<html><body><p>Ours</p>{% block body %}{% endblock %}</body></html>"
    )

    told = opened(talk=conversation("email"))
    page = json.loads(envelopes(told, own.renderer())[0].payload)["html"]

    assert "Ours" in page
    assert "network rejection" in page


def test_a_template_of_a_rule_is_found_by_its_name(own: Own) -> None:
    own.write("slack/party.j2", '{{ part("text") }}PARTY {{ view.headline }}')
    told = sales(1)

    told = with_changes(told, rule=with_changes(told.rule, template="party"))

    assert json.loads(envelopes(told, own.renderer())[0].payload)["text"].startswith("PARTY ")
    assert "PARTY" not in envelopes(told, Renderer())[0].payload


@pytest.mark.parametrize(
    "broken",
    [
        "{{ view.headline",
        "{% extends 'nowhere.j2' %}",
        "{{ view.nothing }}",
        "{{ x|safe }}",
        "{% autoescape false %}{{ view.headline }}{% endautoescape %}",
        "{{ 1 / 0 }}",
        "{{ ''.__class__.__mro__ }}",
        "{% for i in range(10 ** 12) %}{% endfor %}",
    ],
)
def test_a_broken_template_is_reported_and_the_shipped_one_used(own: Own, broken: str) -> None:
    own.write("slack/incident.j2", broken)

    assert first_line(own.renderer()) == USUAL

    assert own.said[0].file.endswith("slack/incident.j2")
    assert "the shipped one is used" in own.said[0].text


def test_a_broken_parent_costs_nothing_either(own: Own) -> None:
    own.write("email/frame.html.j2", "{{ nothing.at.all }}")

    told = opened(talk=conversation("email"))
    page = json.loads(envelopes(told, own.renderer())[0].payload)["html"]

    assert "network rejection" in page
    assert own.said


def test_a_template_of_ones_own_cannot_let_texts_ping(own: Own) -> None:
    own.write("slack/incident.j2", '{{ part("text") }}{{ "<!here>" }} {{ "*x*" ~ view.headline }}')

    assert first_line(own.renderer()).startswith("&lt;!here&gt; ∗x∗ANA")


@pytest.mark.parametrize(
    "name", ["safe", "e", "escape", "forceescape", "urlize", "xmlattr", "tojson"]
)
def test_filters_that_mark_texts_as_harmless_are_gone(own: Own, name: str) -> None:
    own.write("slack/incident.j2", f'{{{{ part("text") }}}}{{{{ view.headline|{name} }}}}')

    assert first_line(own.renderer()) == USUAL
    assert own.said


def test_phrases_are_replaced_one_by_one(own: Own) -> None:
    own.write("words/es.toml", '[severity]\nwarning = "Ojo"\n')

    told = opened(talk=spanish())
    said = json.loads(envelopes(told, own.renderer())[0].payload)["text"]

    assert said == "🟠 *Ojo:* ANA (12004): network rejection 6,5 %"
    assert not own.said


@pytest.mark.parametrize(
    "wrong",
    ['[severity]\nwarning = "{nothing}"\n', "[severity\n", "[severity]\nwarning = 3\n"],
)
def test_a_wrong_phrase_is_reported_and_the_shipped_one_used(own: Own, wrong: str) -> None:
    own.write("words/en.toml", wrong)

    assert first_line(own.renderer()) == USUAL
    assert own.said


def test_a_phrase_that_nobody_asks_for_is_reported(own: Own) -> None:
    own.write("words/en.toml", 'greeting = "Hello"\n')

    own.renderer()

    assert own.said[0].level == "warning"


def test_every_shipped_template_says_what_it_says_without_overrides() -> None:
    names = read(folder(), ".j2")

    assert {"slack/incident.j2", "slack/event.j2", "slack/celebration.j2"} <= set(names)
    assert {"email/incident.txt.j2", "email/incident.html.j2"} <= set(names)


# ---- every one of them ----

EVERY = sorted(n for n in read(folder(), ".j2") if not n.startswith("web/"))
BROKEN = {
    "grammar": "{% if %}",
    "a name": '{{ part("text") }}{{ view.nothing.at.all }}',
}
SELDOM = "{% for line in view.lines %}{{ line.nothing.more }}{% endfor %}"


def pages(renderer: Renderer) -> list[str | None]:
    shown = Exhibition(lambda: renderer)
    return [shown.page(name, "es", kind) for kind in KINDS for name in ("group", "events", "close")]


@pytest.mark.parametrize("fault", BROKEN)
@pytest.mark.parametrize("name", EVERY)
def test_whichever_is_broken_it_is_found_and_the_shipped_one_serves(
    own: Own, name: str, fault: str
) -> None:
    own.write(name, BROKEN[fault])

    renderer = own.renderer()
    found = [*own.said, *mistakes(own.top)]

    assert {problem.file for problem in found} == {str(own.top / name)}
    assert pages(renderer) == pages(Renderer())


def test_what_fails_for_few_messages_is_found_and_costs_none(own: Own) -> None:
    name = "slack/incident.j2"
    own.write(name, (folder() / name).read_text(encoding="utf-8") + SELDOM)

    renderer = own.renderer()

    assert own.said == []
    assert [problem.file for problem in mistakes(own.top)] == [str(own.top / name)]
    assert pages(renderer) == pages(Renderer())


def test_a_file_that_is_no_text_is_reported_and_the_shipped_one_used(own: Own) -> None:
    own.write("slack/incident.j2", "")
    (own.top / "slack" / "incident.j2").write_bytes(b"\xff\xfe\x00")

    assert first_line(own.renderer()) == USUAL
    assert [problem.file for problem in own.said] == [str(own.top / "slack" / "incident.j2")]


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    own = Own(tmp_path / "nowhere")

    assert first_line(own.renderer()) == USUAL
    assert "no such folder" in str(own.said[0])


@pytest.mark.parametrize("name", ["email/incidnt.html.j2", "words/fr.toml", "incident.j2"])
def test_a_file_that_replaces_nothing_is_reported(own: Own, name: str) -> None:
    own.write(name, "")
    own.write("slack/of-a-rule.j2", "")

    own.renderer()

    assert [(p.file, p.level) for p in own.said] == [(str(own.top / name), "warning")]


def test_good_ones_have_no_mistakes(own: Own) -> None:
    own.write("slack/event.j2", '{% extends "shipped/slack/event.j2" %}')
    own.write("web/base.page.j2", '{% extends "shipped/web/base.page.j2" %}')
    own.write("web/words/en.toml", 'nav.overview = "What hurts"')

    assert mistakes(own.top) == []


# ---- pages ----


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_page_can_show_much_and_nothing(language: str) -> None:
    pages, shown = Pages(), set()
    for name, values in specimens():
        shown.add(f"web/{name}.page.j2")
        assert pages.fill(name, language, SHOWN, ZONES, **values)

    parts = {"web/base.page.j2", "web/parts.page.j2"}
    assert shown | parts == set(read(folder(), ".page.j2"))


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("overview", "{{ nothing.there }}"),
        ("overview", "{% if %}"),
        ("hits", "{% for each in items %}{{ each.target + 1 }}{% endfor %}"),
        ("base", "{{ unheard_of }}"),
        ("parts", "{% macro badge(a, b) %}{{ a.b.c }}{% endmacro %}"),
    ],
)
def test_a_broken_page_is_found_before_somebody_opens_it(own: Own, name: str, broken: str) -> None:
    own.write(f"web/{name}.page.j2", broken)

    found = mistakes(own.top)

    assert found
    assert {problem.level for problem in found} == {"error"}
    assert all("the shipped one is used" in problem.text for problem in found)
    if "{% if %}" in broken:
        assert [(p.file, p.line) for p in found] == [(str(own.top / "web/overview.page.j2"), 1)]


def test_the_words_of_pages_are_replaced_one_by_one(own: Own) -> None:
    own.write("web/words/en.toml", 'nav.overview = "What hurts"\nnav.nothing = "x"')

    pages = Pages(own.top, own.said.append)

    assert pages.say("en", "nav.overview") == "What hurts"
    assert pages.say("en", "nav.history") == "History"
    assert [problem.text for problem in own.said] == [
        "There is no phrase nav.nothing; it is ignored."
    ]


# ---- summaries are checked before they are used ----


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ("{{ agent_name }}: {{ value }} since {{ since }}", ""),
        ("{{ agent_nam }}", "agent_nam"),
        ("{{ agent_name", "not a template"),
        ("{{ agent_name|safe }}", "not a template"),
    ],
)
def test_a_summary_is_checked_with_the_rules(summary: str, said: str) -> None:
    problem = Renderer().summary_problem(summary, {"agent_name"})

    assert (said in problem) if said else problem == ""


def test_numbers_in_a_summary_are_written_in_the_receivers_manner() -> None:
    rule = with_changes(RULE, summary={"": "{{ network_rejection }} {{ missing_value }}"})

    told = opened(rule=rule, talk=spanish())
    fields = {**told.items[0].incident.fields, "network_rejection": 1234.5, "missing_value": None}

    one = replace(told.items[0].incident, fields=fields)
    said = json.loads(envelopes(opened(one, rule=rule, talk=spanish()), Renderer())[0].payload)

    assert "1.234,5 sin dato" in said["text"]
