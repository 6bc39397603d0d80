"""`notifier check`, as people, editors and continuous integration call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notifier.commands.check import check
from notifier.commands.problems import Form, excerpt, github
from notifier.errors import Problem

RULES = """\
operators = ["leads"]
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
[[source]]
endpoint = "latency"
[[receiver]]
name = "leads"
slack = "#leads"
[[rule]]
id = "loss"
on = "latency.by_agent"
when = "ploss > 3"
to = "leads"
"""
NEVER = "this can never be true: nobody will ever hear of this rule"
Said = pytest.CaptureFixture[str]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    return file


def edit(rules: Path, old: str, new: str) -> Path:
    text = rules.read_text()
    assert old in text
    rules.write_text(text.replace(old, new))
    return rules


def test_a_good_file_is_said_to_be_one(rules: Path, capsys: Said) -> None:
    assert check(rules) == 0

    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "1 rule, 1 source, 0 tests: all is well"
    assert said.err == ""


def test_a_mistake_in_the_settings_hides_none_of_the_rules(
    rules: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(rules, "when =", "wehn =")
    (rules.parent / ".env").write_text("NOTIFIER_LOG_LEVEL=loud\nNOTIFIER_LOG_FROMAT=json\n")
    monkeypatch.chdir(rules.parent)

    assert check(None) == 2

    said = capsys.readouterr().err
    assert "error: NOTIFIER_LOG_LEVEL must be" in said
    assert "warning: unknown variable NOTIFIER_LOG_FROMAT; did you mean" in said
    assert "rules.toml:14:1: error: unknown key `wehn`; did you mean `when`?" in said


def test_a_mistake_in_the_settings_is_told_where_the_rules_are_right(
    rules: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_WEB__PORT", "many")

    assert check(rules) == 2

    assert capsys.readouterr().err.splitlines() == [
        "error: NOTIFIER_WEB__PORT must be a whole number from 0 to 65535"
    ]


def test_a_misspelt_key_is_one_line(rules: Path, capsys: Said) -> None:
    edit(rules, "when =", "wehn =")

    assert check(rules) == 2
    assert f"{rules}:14:1: error: unknown key `wehn`; did you mean `when`?" in (
        capsys.readouterr().err.splitlines()
    )


def test_a_warning_passes_but_for_the_strict(rules: Path, capsys: Said) -> None:
    edit(rules, "ploss > 3", "ploss > 3 and ploss < 2")

    assert (check(rules), check(rules, strict=True)) == (0, 2)
    assert capsys.readouterr().err.splitlines() == [f"{rules}:14:8: warning: {NEVER}"] * 2


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
@pytest.mark.parametrize(("when", "code"), [("ploss > 3", 0), ("plos > 3", 2)])
def test_every_form_has_the_same_exit_code(rules: Path, form: Form, when: str, code: int) -> None:
    assert check(edit(rules, "ploss > 3", when), form=form) == code


def test_mistakes_in_json(rules: Path, capsys: Said) -> None:
    check(edit(rules, "ploss > 3", "plos > 3"), form="json")

    found = json.loads(capsys.readouterr().out)
    assert not found["ok"]
    assert (found["problems"][0]["line"], found["problems"][0]["column"]) == (14, 9)


def test_warnings_in_sarif_have_their_place(rules: Path, capsys: Said) -> None:
    check(edit(rules, "ploss > 3", "ploss > 3 and ploss < 2"), form="sarif")

    run = json.loads(capsys.readouterr().out)["runs"][0]
    (result,) = run["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (result["ruleId"], result["message"]["text"]) == ("warning", NEVER)
    assert place["region"] == {"startLine": 14, "startColumn": 8}
    assert result["ruleId"] in [rule["id"] for rule in run["tool"]["driver"]["rules"]]


def test_an_annotation_cannot_be_broken_out_of() -> None:
    hostile = Problem("100 %\n::warning::x", "a,b:c.toml", 3, 0)

    assert github([hostile, Problem("no file")]) == (
        "::error file=a%2Cb%3Ac.toml,line=3::100 %25%0A::warning::x\n::error::no file"
    )


def test_the_caret_stands_below_the_slip() -> None:
    lines = ["first", '\twhen = "plos > 3"']

    assert excerpt(Problem("x", "rules.toml", 2, 10), lines) == [
        '    2 | \twhen = "plos > 3"',
        "      | \t        ^",
        "",
    ]
    assert excerpt(Problem("x", "rules.toml", 3, 1), lines) == []


# ---- what rules would say ----


def test_a_summary_that_fails_for_a_blank_is_found(rules: Path, capsys: Said) -> None:
    rules.write_text(f"{RULES}summary = \"{{{{ '%.1f' | format(ploss) }}}}\"\n")

    assert check(rules) == 0
    assert capsys.readouterr().err.splitlines() == [
        "warning: rule `loss`: a summary failed (TypeError); default words used; "
        "say what it prints for an unknown value, as in {{ ploss or '?' }}"
    ]


def test_a_summary_that_minds_blanks_is_fine(rules: Path, capsys: Said) -> None:
    rules.write_text(f'{RULES}summary = "{{{{ agent_name }}}}: {{{{ ploss or 0 }}}}"\n')

    assert check(rules) == 0
    assert capsys.readouterr().err == ""


def test_a_summary_with_an_unknown_name_is_a_mistake(rules: Path, capsys: Said) -> None:
    rules.write_text(f'{RULES}summary = "{{{{ agent_nam }}}}"\n')

    assert check(rules) == 2
    assert "The summary names unknown agent_nam." in capsys.readouterr().err


def test_an_event_rule_has_its_words_tried_too(rules: Path, capsys: Said) -> None:
    event = RULES.replace("latency.by_agent", "hits_last_hour").replace("latency", "hits_last_hour")
    event = event.replace('"ploss > 3"', '"is_hit"\nkind = "event"\ntemplate = "celebration"')
    rules.write_text(event)

    assert check(rules, strict=True) == 0
    assert capsys.readouterr().err == ""


def test_a_broken_template_of_ones_own_is_found_whoever_would_get_it(
    rules: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = rules.parent / "own"
    (own / "email").mkdir(parents=True)
    (own / "email" / "event.txt.j2").write_text("{{ view.nothing.at.all }}")
    monkeypatch.setenv("NOTIFIER_TEMPLATES", str(own))

    assert check(rules) == 2, "nobody here has mail, but somebody will"
    said = capsys.readouterr().err
    assert "event.txt.j2" in said
    assert said.count("the shipped one is used") == 1


def test_a_folder_of_templates_that_is_not_there_is_found(
    rules: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_TEMPLATES", str(rules.parent / "own"))

    assert check(rules) == 2
    assert "There is no such folder" in capsys.readouterr().err
