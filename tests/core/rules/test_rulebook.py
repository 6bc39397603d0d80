"""A rules file that is right: what is read, and what a key left out means."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notifier.commands.endpoints import page as endpoints_page
from notifier.core.facts.state import Severity, SourceKey
from notifier.core.language.calls import FUNCTIONS
from notifier.core.payload.endpoint import Missing
from notifier.core.rules.declared import DeclaredEndpoint, DeclaredField
from notifier.core.rules.keys import LANGUAGES, duration
from notifier.core.rules.rulebook import Operation, Receiver, Rule, RulesFile, Source, schema
from notifier.core.rules.rulefile import load
from notifier.core.rules.tables import Poll, Table, Test
from notifier.errors import Trouble
from notifier.wolkvox.endpoints import CATALOGUE

HOUSE = Path(__file__).parents[3]
STAYS = '[[source]]\nendpoint = "agent_14"\nwindow = "today"\n'
HEAD = """
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
"""
RULE = """
[[rule]]
id = "loss"
on = "latency.by_agent"
when = "ploss > 3"
to = "leads"
"""


def rule(keys: str = "", **replaced: str) -> Rule:
    text = RULE
    for key, value in replaced.items():
        text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
    return load(HEAD + text + keys, CATALOGUE).rules[0].rule


# ---- what a key left out means ----


def test_a_short_rule_has_the_documented_defaults() -> None:
    short = rule()

    assert (short.kind, short.severity, short.group) == ("state", Severity.WARNING, "poll")
    assert (short.for_, short.keep, short.group_wait) == (timedelta(0),) * 3
    assert (short.missing_after, short.samples, short.reopen_within) == (3, 1, timedelta(0))
    assert (short.clear, short.repeat, short.by, short.enabled) == (None, None, None, True)
    assert short.to == ("leads",)


def test_a_source_is_polled_every_five_minutes_and_stale_after_fifteen() -> None:
    [source] = load(HEAD + RULE, CATALOGUE).sources

    assert source.source.every == timedelta(minutes=5)
    assert source.stale_after == timedelta(minutes=15)
    assert source.key == SourceKey("bogota", "latency")


@pytest.mark.parametrize(
    ("every", "stale"), [('"1m"', 10), ('"1h"', 180), ('"1m"\nstale_after = "2m"', 2)]
)
def test_a_source_is_stale_after_three_polls_but_not_within_ten_minutes(
    every: str, stale: int
) -> None:
    text = HEAD.replace('endpoint = "latency"', f'endpoint = "latency"\nevery = {every}')

    [source] = load(text + RULE, CATALOGUE).sources

    assert source.stale_after == timedelta(minutes=stale)


def test_two_samples_are_wanted_where_time_is() -> None:
    assert rule('for = "5m"').samples == 2
    assert rule('for = "5m"\nmin_samples = 1').samples == 1


@pytest.mark.parametrize(
    ("keys", "minutes"),
    [
        ("", 15),
        ('for = "1h"', 120),
        ('keep = "30m"', 60),
        ('gap_max = "7m"', 7),
    ],
)
def test_a_gap_is_long_by_what_the_rule_waits_for(keys: str, minutes: int) -> None:
    assert rule(keys).gap(timedelta(minutes=5)) == timedelta(minutes=minutes)


def test_a_gap_is_never_shorter_than_ten_minutes() -> None:
    assert rule().gap(timedelta(seconds=20)) == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("on", "keys", "missing"),
    [
        ('"latency.by_agent"', "", Missing.RESOLVE),
        ('"latency.by_pbx"', "", Missing.HOLD),
        ('"latency.by_agent"', 'by = ["ip"]', Missing.HOLD),
        ('"latency.by_agent"', 'missing = "fire"', Missing.FIRE),
        ('"latency.by_agent"', 'by = "ip"\nmissing = "resolve"', Missing.RESOLVE),
    ],
)
def test_what_becomes_of_an_absent_entity_is_decided_by_rule_by_then_collection(
    on: str, keys: str, missing: Missing
) -> None:
    when = '"max(ploss) > 3"' if "by = " in keys else '"ploss > 3"'
    text = RULE.replace('"latency.by_agent"', on).replace('"ploss > 3"', when)

    [compiled] = load(HEAD + text + keys, CATALOGUE).rules

    assert compiled.missing is missing


def test_messages_show_the_left_side_of_the_first_comparison_by_default() -> None:
    [compiled] = load(HEAD + RULE, CATALOGUE).rules
    [other] = load(HEAD + RULE + 'value = "jitter"', CATALOGUE).rules

    assert compiled.value is not None
    assert compiled.value.text == "ploss"
    assert other.value is not None
    assert other.value.text == "jitter"


# ---- what may be written ----


@pytest.mark.parametrize(
    ("text", "span"),
    [("90s", 90), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("0m", 0), ("000060s", 60)],
)
def test_a_duration_has_a_unit(text: str, span: int) -> None:
    assert rule(f'keep = "{text}"').keep == timedelta(seconds=span)


def test_nothing_needs_no_unit() -> None:
    assert rule("reopen_within = 0").reopen_within == timedelta(0)


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("0041", "https://wv0041.wolkvox.com"),
        ("wv0041", "https://wv0041.wolkvox.com"),
        ("https://wv0041.wolkvox.com/", "https://wv0041.wolkvox.com"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://localhost:8081", "http://localhost:8081"),
        ("http://[::1]:8081", "http://[::1]:8081"),
    ],
)
def test_a_server_is_a_number_or_an_address(server: str, url: str) -> None:
    assert load(HEAD.replace("0041", server) + RULE, CATALOGUE).file.operation[0].server == url


def test_one_text_stands_for_a_list_of_one() -> None:
    assert rule('by = "ip"', when='"count() > 1"').by == ("ip",)
    assert rule("by = []", when='"count() > 1"').by == ()
    assert rule('operation = "bogota"').operation == ("bogota",)


@pytest.mark.parametrize("group", ['"poll"', '"entity"', '"rule"'])
def test_messages_are_grouped_by_word(group: str) -> None:
    assert rule(f"group = {group}").group == group.strip('"')


def test_messages_are_grouped_by_fields() -> None:
    assert rule('group = ["ip", "version"]').group == ("ip", "version")
    assert rule('group = "ip"').group == ("ip",)


def test_a_summary_is_one_text_or_one_by_language() -> None:
    assert rule('summary = "x"').summary == {"": "x"}
    assert rule('summary = { es = "x", pt = "y" }').summary == {"es": "x", "pt": "y"}


def test_of_is_a_part_of_the_last_polls() -> None:
    assert rule('of = "2/3"').of == (2, 3)


def test_params_are_texts_and_have_their_defaults() -> None:
    skills = RULE.replace("latency.by_agent", "skills").replace("ploss", "stat_answer")
    head = HEAD.replace('"latency"', '"skills"')

    [default] = load(head + skills, CATALOGUE).sources
    head = head.replace('"skills"', '"skills"\nparams = { skill_id = 3001 }')
    [given] = load(head + skills, CATALOGUE).sources

    assert default.params == {"skill_id": "all"}
    assert given.params == {"skill_id": "3001"}


@pytest.mark.parametrize(
    ("reached", "kind", "recipients"),
    [
        ('slack = "#lead-ñandú_1"', "slack", ("#lead-ñandú_1",)),
        ('slack = "C0123456789"', "slack", ("C0123456789",)),
        ('slack_webhook = "leads"', "slack_webhook", ("leads",)),
        ('webhook = "pager"', "webhook", ("pager",)),
        ('email = "a@example.com"', "email", ("a@example.com",)),
        ('email = ["a@example.com", "b+c@x.co"]', "email", ("a@example.com", "b+c@x.co")),
    ],
)
def test_a_receiver_is_reached_in_one_way(
    reached: str, kind: str, recipients: tuple[str, ...]
) -> None:
    book = load(HEAD.replace('slack = "#leads"', reached) + RULE, CATALOGUE)

    assert book.receivers["leads"].kind == kind
    assert book.receivers["leads"].recipients == recipients


# ---- several operations ----

SECOND = """
[[operation]]
name = "lima"
server = "0042"
timezone = "America/Lima"
latency_kind = "rtt"
rejection_unit = "count"
[[source]]
endpoint = "latency"
operation = "lima"
[[receiver]]
name = "lima-leads"
email = "a@example.com"
operation = "lima"
"""
BOTH = HEAD.replace('"latency"', '"latency"\noperation = "bogota"') + SECOND


def test_a_rule_is_compiled_for_each_operation_that_has_its_source() -> None:
    both = load(BOTH + RULE.replace('"leads"', '["leads", "lima-leads"]'), CATALOGUE)
    one = load(BOTH + RULE + 'operation = ["lima"]', CATALOGUE)

    assert {each.operation: each.to for each in both.rules} == {
        "bogota": ("leads",),
        "lima": ("leads", "lima-leads"),
    }
    assert [each.operation for each in one.rules] == ["lima"]
    assert [each.key for each in both.sources] == [
        SourceKey("bogota", "latency"),
        SourceKey("lima", "latency"),
    ]


def test_an_operation_is_known_by_name() -> None:
    book = load(BOTH + RULE, CATALOGUE)

    assert book.operations["lima"].latency_kind == "rtt"


def test_the_name_of_the_operation_may_be_asked_for() -> None:
    load(BOTH + RULE.replace("ploss > 3", "ploss > 3 and operation == 'lima'"), CATALOGUE)


# ---- the whole ----


def test_a_rule_that_is_switched_off_is_checked_and_left_out() -> None:
    book = load(HEAD + RULE + "enabled = false", CATALOGUE)

    assert book.rules == ()
    assert [each.id for each in book.file.rule] == ["loss"]


def test_an_old_id_leads_to_the_new_one() -> None:
    assert load(HEAD + RULE + 'was = "packet-loss"', CATALOGUE).renamed == {"packet-loss": "loss"}


def test_a_comment_or_another_order_of_keys_is_the_same_rulebook() -> None:
    one = load(HEAD + RULE + 'keep = "60s"\nfor = "1m"', CATALOGUE)
    same = load(HEAD + "# why\n" + RULE + 'for = "60s"\nkeep = "1m"', CATALOGUE)
    other = load(HEAD + RULE + 'keep = "61s"\nfor = "1m"', CATALOGUE)

    assert one.digest == same.digest
    assert one.digest != other.digest


def test_line_ends_and_marks_of_other_systems_do_not_matter() -> None:
    text = "\ufeff" + (HEAD + RULE).replace("\n", "\r\n")

    assert load(text, CATALOGUE).digest == load(HEAD + RULE, CATALOGUE).digest


def test_the_example_loads_without_a_warning() -> None:
    book = load((HOUSE / "rules.example.toml").read_text(encoding="utf-8"), CATALOGUE)

    assert book.warnings == ()
    assert {test.rule for test in book.file.test} == {rule.id for rule in book.file.rule}


DESIGN = Path(__file__).parents[2] / "recorded" / "rules.design.toml"


def test_the_file_of_the_design_loads() -> None:
    book = load(DESIGN.read_text(encoding="utf-8"), CATALOGUE)

    assert [rule.rule.id for rule in book.rules] == ["network-rejection", "site-link", "new-hit"]
    assert book.file.test[0].polls[1].error is Trouble.TIMEOUT


# ---- what is documented ----

MODELS: dict[str, type[Table]] = {
    "The top": RulesFile,
    "[[operation]]": Operation,
    "[[endpoint]]": DeclaredEndpoint,
    "Fields of an endpoint": DeclaredField,
    "[[source]]": Source,
    "[[receiver]]": Receiver,
    "[[rule]]": Rule,
    "[[test]]": Test,
    "Polls": Poll,
}


def documented(title: str) -> set[str]:
    """The first column of the table below a title of docs/rules.md."""
    page = (HOUSE / "docs" / "rules.md").read_text(encoding="utf-8")
    part = re.split(r"(?m)^#+ ", page.partition(f"# {title}\n")[2])[0]
    return set(re.findall(r"(?m)^\| `(\w+)` \|", part))


@pytest.mark.parametrize("title", MODELS)
def test_the_keys_that_are_documented_are_those_that_exist(title: str) -> None:
    model = MODELS[title]

    keys = {field.alias or name for name, field in model.model_fields.items()}

    assert documented(title) == keys


def test_every_key_has_a_description_in_the_schema() -> None:
    parts: list[dict[str, Any]] = [schema(), *schema()["$defs"].values()]
    keys = {key: value for part in parts for key, value in part.get("properties", {}).items()}

    assert {"for", "operation", "rows", "severity"} <= set(keys)
    assert not [key for key, value in keys.items() if not value.get("description")]


def test_the_schema_shows_durations_as_they_are_written() -> None:
    keep = schema()["$defs"]["Rule"]["properties"]["keep"]
    every = schema()["$defs"]["Source"]["properties"]["every"]

    assert keep["default"] == "0s"
    assert every["default"] == "5m"
    assert re.fullmatch(every["anyOf"][0]["pattern"], "5m")


def test_the_schema_names_the_languages_of_a_summary() -> None:
    summary = schema()["$defs"]["Rule"]["properties"]["summary"]

    assert set(LANGUAGES) <= set(re.findall(r"'(\w\w)'", str(summary)))


def test_the_documented_examples_load() -> None:
    page = (HOUSE / "docs" / "rules.md").read_text(encoding="utf-8")
    examples = re.findall(r"(?ms)^```toml\n(.*?)^```", page)
    example = (HOUSE / "rules.example.toml").read_text(encoding="utf-8")
    head = example.partition("[[rule]]")[0] + STAYS

    book = load(head + "\n".join(examples), CATALOGUE, templates=["celebration"])

    tables = re.findall(r"(?m)^\[\[\w+\]\]", "\n".join(examples))
    assert len(tables) == _told(book.file) - _told(load(head, CATALOGUE).file)


def _told(file: RulesFile) -> int:
    return len((*file.endpoint, *file.digest, *file.rule, *file.test))


def test_the_page_of_endpoints_is_what_the_catalogue_says() -> None:
    """Made by ``notifier endpoints --markdown``."""
    page = (HOUSE / "docs" / "endpoints.md").read_text(encoding="utf-8")

    assert page == endpoints_page()


def test_every_function_of_conditions_is_documented() -> None:
    page = (HOUSE / "docs" / "rules.md").read_text(encoding="utf-8")

    assert set(re.findall(r"`(\w+)\([^`]*\)`", page)) >= set(FUNCTIONS)


def test_a_command_reads_durations_as_the_file_does() -> None:
    assert duration(" 90m ") == timedelta(minutes=90)
    for wrong in ("", "5", "0s", "soon"):
        with pytest.raises(ValueError, match="duration"):
            duration(wrong)
