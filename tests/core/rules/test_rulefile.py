"""A rules file that is wrong: each mistake in its place, in words, all at once."""
# ruff: noqa: E501  # a mistake and its sentence are one line

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.payload.endpoint import Collection, Endpoint, Field, Kind
from notifier.core.rules.rulefile import load
from notifier.errors import ConfigError
from notifier.wolkvox.endpoints import CATALOGUE

EXAMPLE = (Path(__file__).parents[2] / "recorded" / "rules.design.toml").read_text(encoding="utf-8")
FILE = "rules.toml"

HEAD = """\
operators = ["leads"]
[[operation]]
name = "bogota"
server = "0041"
timezone = "America/Bogota"
[[source]]
endpoint = "latency"
[[source]]
endpoint = "skills"
[[receiver]]
name = "leads"
slack = "#leads"
"""
RULE = """\
[[rule]]
id = "loss"
on = "latency.by_agent"
when = "ploss > 3"
to = ["leads"]
[[rule]]
id = "queue"
on = "skills"
when = "calls_in_queue_now > 3"
to = ["leads"]
"""
WHOLE = HEAD + RULE
MEDELLIN = """\
[[operation]]
name = "medellin"
server = "0042"
timezone = "America/Bogota"
"""
HIT = """\
[[source]]
endpoint = "hits_last_hour"
[[rule]]
id = "hit"
kind = "event"
on = "hits_last_hour"
when = "is_hit"
to = "leads"
"""


def told(text: str, *, templates: list[str] | None = None) -> list[str]:
    """Whatever is said of a file: of a wrong one its mistakes, of a right one its warnings."""
    try:
        return [str(problem) for problem in load(text, CATALOGUE, FILE, templates).warnings]
    except ConfigError as error:
        return [str(problem) for problem in error.problems]


def spoilt(old: str, new: str) -> list[str]:
    assert old in WHOLE
    return told(WHOLE.replace(old, new, 1))


def test_a_right_file_has_no_complaints() -> None:
    assert told(WHOLE) == []


# ---- one value, one key ----


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('to = ["leads"]\n', 'to = ["leads"]\nkeeep = "5m"\n', "18:1: error: unknown key `keeep`; did you mean `keep`?"),
        ("operators", 'colour = "x"\noperators', "1:1: error: unknown key `colour`"),
        ('slack = "#leads"', 'slak = "#leads"', "12:1: error: unknown key `slak`; did you mean `slack`?"),
        ('["leads"]\n[[op', '"lead"\n[[op', "1:13: error: unknown receiver `lead`; did you mean `leads`?"),
        ('["leads"]\n[[op', '["leads", "boss"]\n[[op', "1:23: error: unknown receiver `boss`; there is `leads`"),
        ('"bogota"', '"Bogotá"', "3:8: error: `Bogotá` is not a name; use a-z and 0-9, with single - or _ between them"),
        ('"bogota"', "3", "3:8: error: `name` must be text in quotes"),
        ('"0041"', '"41"', '4:10: error: a server is written "0041", "wv0041" or "https://wv0041.wolkvox.com"'),
        ('"0041"', '"http://wv0041.wolkvox.com"', "4:10: error: http would show the token to everybody on the way; write https"),
        ('"0041"', '"http://localhost.evil.com"', "4:10: error: http would show the token to everybody on the way; write https"),
        ('"America/Bogota"', '"America/Bogot"', '5:12: error: `America/Bogot` is not a time zone; use a name as in "America/Bogota"'),
        ('"America/Bogota"', '"../../etc/passwd"', '5:12: error: `../../etc/passwd` is not a time zone; use a name as in "America/Bogota"'),
        ('"America/Bogota"', '"America/Bogota"\nlicenses = 0', "6:12: error: `licenses` must be 1 or more"),
        ('"America/Bogota"', '"America/Bogota"\nlicenses = 9999999', "6:12: error: `licenses` must be at most 1,000,000"),
        ('"America/Bogota"', '"America/Bogota"\nlicenses = "4"', "6:12: error: `licenses` must be a whole number"),
        ('"America/Bogota"', '"America/Bogota"\nholidays = "Colombia"', '6:12: error: `Colombia` is not a country; write its two letters as in "CO"'),
        ('"America/Bogota"', '"America/Bogota"\nhit_values = []', "6:14: error: `hit_values` must not be empty"),
        ('"America/Bogota"', '"America/Bogota"\nhit_values = ["si", 1]', "6:21: error: `hit_values` must be text in quotes"),
        ('"America/Bogota"', '"America/Bogota"\nlatency_kind = "ttr"', "6:16: error: `latency_kind` must be `one_way` or `rtt`; did you mean `rtt`?"),
        ('"America/Bogota"', '"America/Bogota"\nsites = { "1.2.3.4" = 3 }', "6:23: error: `1.2.3.4` must be text in quotes"),
        ('"America/Bogota"', '"America/Bogota"\nsites = 3', "6:9: error: `sites` must be a table"),
        ('"latency"', '"latncy"', "7:12: error: unknown endpoint `latncy`; did you mean `latency`?"),
        ('"latency"', '"latency"\nevery = 5', '8:9: error: a duration is a whole number and a unit (s, m, h, d), as in "5m"'),
        ('"latency"', '"latency"\nevery = "5 min"', '8:9: error: a duration is a whole number and a unit (s, m, h, d), as in "5m"'),
        ('"latency"', '"latency"\nevery = "0s"', "8:9: error: this duration must be longer than 0"),
        ('"latency"', '"latency"\nevery = "9999999d"', "8:9: error: this is longer than a year"),
        ('"latency"', '"latency"\nactive = "Mon-Sam 07:00-21:00"', "8:10: error: `Sam` is not a day; use Mon Tue Wed Thu Fri Sat Sun"),
        ('"latency"', '"latency"\nactive = 7', '8:10: error: `` is not a time of the week; write it as in "Mon-Sat 07:00-21:00"'),
        ('"latency"', '"latency"\nparams = { skill = 1 }', "8:20: error: unknown parameter of `latency`, `skill`; there is none"),
        ('"skills"', '"skills"\nparams = { skil_id = 1 }', "10:22: error: unknown parameter of `skills`, `skil_id`; did you mean `skill_id`?"),
        ('"skills"', '"skills"\nparams = { skill_id = true }', "10:23: error: `skill_id` must be text in quotes"),
        ('"skills"', '"skills"\nparams = "all"', "10:10: error: `params` must be a table"),
        ('"skills"', '"skills"\nwindow = "1h"', "10:10: error: `skills` reports on now and takes no `window`; leave it away"),
        ('"skills"', '"skills"\n[[source]]\nendpoint = "cdr_4"', "10:1: error: `cdr_4` reports on a stretch of time; add window = \"1h\" or window = \"today\""),
        ('"skills"', '"skills"\n[[source]]\nendpoint = "cdr_4"\nwindow = "0m"', '12:10: error: a window is longer than 0; write "1h" or "today"'),
        ('"skills"', '"skills"\n[[source]]\nendpoint = "cdr_4"\nwindow = "yesterday"', '12:10: error: a duration is a whole number and a unit (s, m, h, d), as in "5m"'),
        ('"skills"', '"skills"\n[[source]]\nendpoint = "latency"', "10:1: error: `bogota` has a source `latency` already; give this one a `name` of its own"),
        ('"skills"', '"skills"\noperation = "bogta"', "10:13: error: unknown operation `bogta`; did you mean `bogota`?"),
        ('"#leads"', '"leads"', "12:9: error: `leads` is not a channel; write `#name`, or its id as in C0123456789"),
        ('slack = "#leads"', 'email = "Ana <a@b.co>"', "12:9: error: `Ana <a@b.co>` is not a mail address; write only name@example.com"),
        ('slack = "#leads"', 'email = ["a@b.co", "b"]', "12:20: error: `b` is not a mail address; write only name@example.com"),
        ('slack = "#leads"', "email = []", "12:9: error: `email` must not be empty"),
        ('slack = "#leads"', 'language = "es"', "10:1: error: `leads` cannot be reached; add one of slack, slack_webhook, webhook, alertmanager, teams, apprise, email"),
        ('"#leads"', '"#leads"\nemail = "a@b.co"', "13:9: error: `leads` has `slack` already; make a second receiver of it"),
        ('"#leads"', '"#leads"\nlanguage = "fr"', "13:12: error: `language` must be `en`, `es` or `pt`"),
        ('"#leads"', '"#leads"\nlocale = "es-CO"', '13:10: error: `es-CO` is not a locale; write it as in "es_CO"'),
        ('"#leads"', '"#leads"\nquiet = "22-7"', '13:9: error: `22` is not a time of day; write it as in "07:00"'),
        ('"#leads"', '"#leads"\nquiet = 22', '13:9: error: hours are written as in "22:00-07:00"'),
        ('"#leads"', '"#leads"\nmention = "everybody"', "13:11: error: `everybody` cannot be mentioned; write here, channel, or the id of a user or group"),
        ('"#leads"', '"#leads"\noperation = "lima"', "13:13: error: unknown operation `lima`; there is `bogota`"),
        ('"#leads"', '"#leads"\nfallback = "leads"', "13:12: error: a receiver cannot stand in for itself; name another"),
        ('"#leads"', '"#leads"\nfallback = "lads"', "13:12: error: unknown receiver `lads`; did you mean `leads`?"),
        ('id = "loss"', 'id = "source"', "14:6: error: `source` is the id of the bot's own incidents about sources; choose another"),
        ('id = "loss"', 'id = "queue"', "19:6: error: `queue` is there twice; give each its own"),
        ('id = "loss"', 'id = "loss"\nwas = "queue"', "15:7: error: `queue` is still a rule of this file; remove one"),
        ('id = "loss"\n', "", "13:1: error: `id` is missing; write it in this table"),
        ('when = "ploss > 3"\n', "", "13:1: error: `when` is missing; write it in this table"),
        ("when =", "wehn =", "16:1: error: unknown key `wehn`; did you mean `when`?"),
        ('"latency.by_agent"', '"latncy.by_agent"', "15:6: error: unknown source `latncy`; did you mean `latency`?"),
        ('"latency.by_agent"', '"cdr_4"', '15:6: error: nothing polls `cdr_4`; add [[source]] with endpoint = "cdr_4"'),
        ('"latency.by_agent"', '"latency.by_agnt"', "15:15: error: unknown collection `by_agnt`; did you mean `by_agent`?"),
        ('"latency.by_agent"', '"latency"', '15:6: error: `latency` has several collections; write one of "latency.by_agent", "latency.by_ip", "latency.by_pbx"'),
        ('"skills"\nwhen', '"skills.all"\nwhen', '20:13: error: `skills` has no collections; write on = "skills"'),
        ('["leads"]\n[[rule', '[]\n[[rule', "17:6: error: `to` must not be empty"),
        ('["leads"]\n[[rule', '["leads", "lads"]\n[[rule', "17:16: error: unknown receiver `lads`; did you mean `leads`?"),
        ('["leads"]\n[[rule', '["leads", 3]\n[[rule', "17:16: error: `to` must be text in quotes"),
        ('["leads"]\n[[rule', "3\n[[rule", "17:6: error: `to` must be a list"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_in_its_place(old: str, new: str, said: str) -> None:
    assert spoilt(old, new) == [f"{FILE}:{said}"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ('for = "5x"', '23:7: error: a duration is a whole number and a unit (s, m, h, d), as in "5m"'),
        ("for = true", '23:7: error: a duration is a whole number and a unit (s, m, h, d), as in "5m"'),
        ("for = false", '23:7: error: a duration is a whole number and a unit (s, m, h, d), as in "5m"'),
        ('of = "2 of 3"', '23:6: error: write it as in "2/3": in two of the last three polls'),
        ("of = 2", '23:6: error: write it as in "2/3": in two of the last three polls'),
        ('of = "3/2"', "23:6: error: the first number is 1 or more and at most the second, that at most 100"),
        ('severity = "critcal"', "23:12: error: `severity` must be `info`, `warning` or `critical`; did you mean `critical`?"),
        ('severity = "high"', "23:12: error: `severity` must be `info`, `warning` or `critical`"),
        ("severity = 3", "23:12: error: `severity` must be `info`, `warning` or `critical`"),
        ('missing = "zap"', "23:11: error: `missing` must be `resolve`, `hold` or `fire`"),
        ("missing_after = 0", "23:17: error: `missing_after` must be 1 or more"),
        ('enabled = "yes"', "23:11: error: `enabled` must be true or false"),
        ('runbook = "javascript:alert(1)"', "23:11: error: `javascript:alert(1)` is not an address; it begins with https:// or http://"),
        ('summary = { fr = "x" }', "23:11: error: `fr` is no language that is spoken here: en, es, pt"),
        ("summary = { es = 3 }", "23:18: error: `es` must be text in quotes"),
        ('title = " "', "23:9: error: a title is one line of 1 to 60 characters"),
        (f'title = {{ es = "{"x" * 61}" }}', "23:16: error: a title is one line of 1 to 60 characters"),
        ('title = "a\\nb"', "23:9: error: a title is one line of 1 to 60 characters"),
        ('title = { fr = "x" }', "23:9: error: `fr` is no language that is spoken here: en, es, pt"),
        ("title = 3", "23:9: error: `title` must be a table"),
        ("group = []", '23:9: error: `group` is "poll", "entity", "rule" or a list of fields'),
        ('group = "skil_id"', "23:9: error: unknown field `skil_id`; did you mean `skill_id`?"),
        ('by = "ip"', "23:6: error: unknown field `ip`; there is `by_abandon`, `calls_in_queue_now`, "
         "`service_level_10seg`, `service_level_20seg`, `service_level_30seg`, `skill_id`, `skill_name`, "
         "`stat_abandon`, `stat_answer` and `stat_inbound`"),
        ('operation = "lima"', "23:13: error: unknown operation `lima`; there is `bogota`"),
        ('explains = "los"\nby = "skill_id"', "23:12: error: unknown rule `los`; did you mean `loss`?"),
        ('explains = ["loss"]', "23:12: error: `explains` needs `by`: the fields whose equal values tie the incidents together; add it, as in by = \"ip\""),
        ('for = "5m"\nof = "2/3"', "24:6: error: `of` stands instead of `for`; keep one of them"),
        ('labels = { a = 1 }', "23:16: error: `a` must be text in quotes"),
    ],
)  # fmt: skip
def test_each_mistake_of_a_rule_is_told_in_its_place(key: str, said: str) -> None:
    by = 'when = "count() > 3"' if "by =" in key else 'when = "calls_in_queue_now > 3"'
    text = WHOLE.replace('when = "calls_in_queue_now > 3"', by)

    assert told(f"{text}{key}\n") == [f"{FILE}:{said}"]


@pytest.mark.parametrize(
    ("poll", "said"),
    [
        ('{ at = "0m" }', "26:10: error: a poll has either `rows` or an `error`; write one of them"),
        ('{ at = "0m", rows = [], error = "tls" }', "26:10: error: a poll has either `rows` or an `error`; write one of them"),
        ('{ at = "0m", error = "tmeout" }', "26:31: error: `error` must be `network`, `timeout`, `tls`, `redirect`, `too_large`, `request`, "
         "`token`, `quota`, `busy`, `maintenance`, `forbidden`, `server`, `not_json`, `refused` or `schema`; did you mean `timeout`?"),
        ('{ at = "0m", rows = [{ a = 1979-05-27 }] }', "26:37: error: a row holds texts, numbers, true and false"),
        ('{ at = "0m", rows = [], expect = ["opn 3"] }', "26:44: error: `opn 3` cannot be expected; write open, change, close, event, repeat or none:REASON and the entity; open:critical asks for a severity too"),
        ('{ at = "0m", rows = [] }, { at = "0m", rows = [] }', "26:43: error: polls are in the order of time; write a later one"),
        ('{ at = "0m", rows = [], exect = [] }', "26:34: error: unknown key `exect`; did you mean `expect`?"),
        ('{ rows = [] }', "26:10: error: `at` is missing; write it in this table"),
    ],
)  # fmt: skip
def test_each_mistake_of_a_test_is_told_in_its_place(poll: str, said: str) -> None:
    text = f'{WHOLE}[[test]]\nname = "x"\nrule = "loss"\npolls = [{poll}]\n'

    assert told(text) == [f"{FILE}:{said}"]


def test_a_test_of_no_rule_is_told() -> None:
    text = '[[test]]\nname = "x"\nrule = "lss"\npolls = [{ at = "0m", rows = [] }]\n'

    assert told(WHOLE + text) == [f"{FILE}:25:8: error: unknown rule `lss`; did you mean `loss`?"]


# ---- conditions ----


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ('"calls_in_queue_no > 3"', "21:9"),
        ('"1 < calls_in_queue_no"', "21:13"),
        ("'1 < calls_in_queue_no'", "21:13"),
        ("'''1 < calls_in_queue_no'''", "21:15"),
        ('"skill_name == \'é\\u00e9\\"\' and calls_in_queue_no > 3"', "21:39"),
        ('"""\n  skill_id == \'1\'\n  and calls_in_queue_no > 3"""', "23:7"),
        ('"""skill_id == \'1\' \\\n     and calls_in_queue_no > 3"""', "22:10"),
        ('"calls_in_queue_now > "', "21:29"),
        ('"calls_in_queue_now = 3"', "21:28"),
        ('"prev(calls_in_queue_no) > 1"', "21:14"),
        ('"count() > 3"', "21:9"),
        ('"calls_in_queue_now"', "21:9"),
    ],
)
def test_a_wrong_condition_is_told_at_the_very_character(when: str, place: str) -> None:
    [said] = told(WHOLE.replace('"calls_in_queue_now > 3"', when))

    assert said.startswith(f"{FILE}:{place}: error: ")


@pytest.mark.parametrize("key", ["where", "clear", "critical"])
def test_every_condition_is_checked(key: str) -> None:
    [said] = told(f'{WHOLE}{key} = "stat_anser > 3"\n')

    column = len(key) + 5
    assert (
        said
        == f"{FILE}:23:{column}: error: there is no `stat_anser` here; did you mean `stat_answer`?"
    )


def test_a_value_need_not_be_true_or_false() -> None:
    assert told(f'{WHOLE}value = "stat_answer * 2"\n') == []


def test_rows_are_chosen_one_by_one_also_in_a_rule_about_groups() -> None:
    text = 'where = "agent_status == \'connected\'"\nby = "ip"\nwhen = "count() >= 3"'

    assert spoilt('when = "ploss > 3"', text) == []


@pytest.mark.parametrize(
    "instead",
    [
        "\"is_hit and telephone == '1'\"",
        '"is_hit"\ngroup = "customer_id"',
        '"is_hit"\ngroup = ["date", "telephone"]',
        '"is_hit"\nvalue = "telephone"',
    ],
)
def test_rules_never_see_customers(instead: str) -> None:
    said = told(WHOLE + HIT.replace('"is_hit"', instead))

    assert len(said) == 1
    assert "customer data" in said[0]


def test_groups_are_never_made_of_customers() -> None:
    grouped = HIT.replace('kind = "event"', 'by = "telephone"').replace("is_hit", "count() > 1")

    assert told(WHOLE + grouped) == [
        f"{FILE}:27:6: error: `telephone` is customer data; it is never read; use another"
    ]


# ---- event rules ----


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ('clear = "not is_hit"', 9),
        ('critical = "is_hit"', 12),
        ('for = "5m"', 7),
        ('of = "1/2"', 6),
        ('keep = "5m"', 8),
        ('missing = "fire"', 11),
        ("missing_after = 2", 17),
        ("min_samples = 2", 15),
        ('gap_max = "1h"', 11),
        ('repeat = "1h"', 10),
        ('reopen_within = "1h"', 17),
        ('explains = ["loss"]', 12),
    ],
)
def test_what_lasts_is_refused_of_an_event(key: str, column: int) -> None:
    said = told(f"{WHOLE}{HIT}{key}\n")

    name = key.split()[0]
    sentence = f"an event has no `{name}`: it never closes; leave it away"
    assert said == [f"{FILE}:31:{column}: error: {sentence}"]


def test_a_state_rule_about_events_is_refused() -> None:
    said = told(WHOLE + HIT.replace('kind = "event"\n', ""))

    sentence = (
        'the rows of `hits_last_hour` are events; add kind = "event", or count them with by = []'
    )
    assert said == [f"{FILE}:27:6: error: {sentence}"]


def test_events_may_be_counted() -> None:
    counted = HIT.replace('kind = "event"', "by = []").replace('"is_hit"', '"count(is_hit) == 0"')

    assert told(WHOLE + counted) == []


# ---- what rules say of each other ----


def explaining(one: str, other: str) -> str:
    text = WHOLE.replace('when = "ploss > 3"', 'when = "max(ploss) > 3"')
    text = text.replace('id = "loss"', f'id = "loss"\nby = "ip"\nexplains = ["{one}"]')
    return text + HIT + f'[[rule]]\nid = "other"\n{other}\nto = "leads"\n'


def test_what_is_explained_must_have_the_fields_to_be_tied_by() -> None:
    [said] = told(explaining("queue", 'on = "skills"\nwhen = "stat_answer > 3"'))

    assert said == (
        f"{FILE}:16:13: error: the incidents of `queue` have no `ip` to be tied by; leave it away"
    )


def test_groups_are_tied_by_their_own_fields() -> None:
    grouped = 'on = "latency.by_agent"\nwhen = "count() > 3"\nby = '

    assert told(explaining("other", grouped + '["ip", "version"]')) == []
    assert len(told(explaining("other", grouped + '"version"'))) == 1
    assert len(told(explaining("other", grouped + "[]"))) == 1


def test_an_event_is_never_explained() -> None:
    said = told(explaining("hit", 'on = "skills"\nwhen = "stat_answer > 3"'))

    assert f"{FILE}:16:13: error: `hit` is an event; nothing explains events" in said


def test_rules_that_explain_each_other_are_refused() -> None:
    other = 'on = "latency.by_agent"\nwhen = "count() > 3"\nby = "ip"\nexplains = "loss"'

    said = told(explaining("other", other))

    assert [line.partition("error: ")[2] for line in said] == [
        "`loss` would explain itself away; explain in one direction only",
        "`other` would explain itself away; explain in one direction only",
    ]


def test_a_group_of_messages_is_made_of_the_groups_fields() -> None:
    new = 'when = "count() > 3"\nby = "ip"\ngroup = ["ip", "version"]'

    assert spoilt('when = "ploss > 3"', new) == [
        f"{FILE}:18:16: error: `version` is not one of `by`; group by fields of `by`"
    ]


def test_a_template_that_is_not_there_is_told_where_templates_are_known() -> None:
    text = WHOLE + 'template = "celebraton"\n'

    assert told(text) == []
    assert told(text, templates=["celebration", "notice"]) == [
        f"{FILE}:23:12: error: unknown template `celebraton`; did you mean `celebration`?"
    ]


def test_names_are_not_given_twice() -> None:
    tests = '[[test]]\nname = "t"\nrule = "loss"\npolls = [{ at = "0m", error = "tls" }]\n'
    text = WHOLE.replace('id = "loss"', 'id = "loss"\nwas = "x"').replace(
        'id = "queue"', 'id = "queue"\nwas = "x"'
    )
    receiver = '[[receiver]]\nname = "leads"\nwebhook = "x"\n'

    assert [line.split(": ", 2)[2] for line in told(text + tests + tests + receiver)] == [
        "`x` is there twice; give each its own",
        "`t` is there twice; give each its own",
        "`leads` is there twice; give each its own",
    ]


def test_names_that_would_be_one_variable_are_refused() -> None:
    text = HEAD.replace('"bogota"', '"la-paz"').replace(
        "endpoint", 'operation = "la-paz"\nendpoint'
    )
    text += '[[operation]]\nname = "la_paz"\nserver = "0042"\ntimezone = "America/La_Paz"\n'
    text += '[[receiver]]\nname = "a"\nslack_webhook = "x-y"\n[[receiver]]\nname = "b"\nslack_webhook = "x_y"\n'
    text += '[[receiver]]\nname = "c"\nwebhook = "x-y"\n[[receiver]]\nname = "d"\nwebhook = "x-y"\n'

    said = told(text + RULE)

    assert [line for line in said if "error" in line] == [
        f"{FILE}:16:8: error: `la_paz` and `la-paz` would share the variable part LA_PAZ; rename one",
        f"{FILE}:24:17: error: `x_y` and `x-y` would share the variable part X_Y; rename one",
    ]


# ---- several operations ----

LIMA = '[[operation]]\nname = "lima"\nserver = "0042"\ntimezone = "America/Lima"\n'


def test_with_several_operations_a_source_says_whose_it_is() -> None:
    said = told(WHOLE + LIMA)

    sentence = "with several operations a source needs `operation`; it is one of `bogota` or `lima`"
    assert said == [f"{FILE}:6:1: error: {sentence}", f"{FILE}:8:1: error: {sentence}"]


def owned(*, lima: str = "", rule: str = "", receiver: str = "") -> list[str]:
    text = WHOLE.replace('endpoint = "', 'operation = "bogota"\nendpoint = "')
    text = text.replace(
        'slack = "#leads"', f'operation = ["bogota", "lima"]{receiver}\nslack = "#leads"'
    )
    return told(text + rule + LIMA + lima)


def test_a_rule_for_an_operation_without_its_source_is_refused() -> None:
    assert owned(rule='operation = ["bogota", "lima"]\n') == [
        f"{FILE}:26:24: error: `lima` has no source `skills`; leave it away or add the source"
    ]


def test_a_source_of_one_name_is_one_endpoint_for_a_rule() -> None:
    lima = '[[source]]\nname = "skills"\nendpoint = "latency"\noperation = "lima"\n'

    assert owned(lima=lima) == [
        f"{FILE}:23:6: error: `skills` is not the same endpoint in all operations; "
        "name one `operation`, and make a rule for each"
    ]
    assert owned(lima=lima, rule='operation = "bogota"\n') == []


def test_a_receiver_that_takes_nothing_of_the_rules_operations_is_refused() -> None:
    lima = '[[receiver]]\nname = "lima-leads"\nslack = "#lima"\noperation = "lima"\n'

    said = owned(
        lima=lima,
        rule='[[rule]]\nid = "x"\non = "skills"\nwhen = "stat_answer > 1"\nto = "lima-leads"\n',
    )

    assert said == [
        f"{FILE}:30:6: error: `lima-leads` takes nothing of bogota; name another receiver"
    ]


def test_a_parameter_that_an_endpoint_needs_is_asked_for() -> None:
    collection = Collection(name="", key=("id",), fields=(Field("id", Kind.TEXT),))
    needy = Endpoint("needy", "real_time", "needy", (collection,), params={"campaign": None})
    text = (
        WHOLE
        + '[[source]]\nendpoint = "needy"\n[[rule]]\nid = "x"\non = "needy"\nwhen = "id == \'1\'"\nto = "leads"\n'
    )

    with pytest.raises(ConfigError) as caught:
        load(text, {**CATALOGUE, "needy": needy}, FILE)

    sentence = '`needy` needs the parameter `campaign`; add params = { campaign = "..." }'
    assert str(caught.value) == f"{FILE}:23:1: error: {sentence}"
    load(
        text.replace('"needy"\n[[', '"needy"\nparams = { campaign = "7" }\n[['),
        {**CATALOGUE, "needy": needy},
    )


# ---- all at once ----


def test_one_mistake_hides_no_other() -> None:
    text = (
        WHOLE.replace('"America/Bogota"', '"Bogota"')
        .replace('"#leads"', '"leads"')
        .replace('"ploss > 3"', '"plos > 3"\nseverity = "hgh"')
        .replace(
            '"calls_in_queue_now > 3"\nto = ["leads"]',
            '"calls_in_queue > 3"\nto = "led"\ncolour = 1',
        )
    )

    assert [line.split(" error: ")[0] for line in told(text)] == [
        f"{FILE}:{place}:" for place in ("5:12", "12:9", "16:9", "17:12", "22:9", "23:6", "24:1")
    ]


def test_a_table_that_cannot_be_read_makes_no_second_mistake_of_its_name() -> None:
    text = WHOLE.replace('endpoint = "skills"', 'endpoint = "skills"\nwindw = "1h"')

    assert told(text) == [f"{FILE}:10:1: error: unknown key `windw`; did you mean `window`?"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: error: there is no [[operation]]; it names a wolkvox server"),
        ('[rule]\nid = "x"\n', "1:1: error: `rule` is a list of tables; write [[rule]] above each"),
        ("rule = [1]\n", "1:9: error: `rule` must be a table"),
    ],
)
def test_tables_of_another_shape_are_told(text: str, said: str) -> None:
    assert f"{FILE}:{said}" in told(text)


def test_what_could_break_the_terminal_is_not_printed() -> None:
    [said] = spoilt('"0041"\n', '"0041"\nholidays = "\\u001b[2J\\nC\\u202eO"\n')

    assert said.isprintable()


def test_a_long_value_is_told_in_short() -> None:
    [said] = spoilt('"0041"\n', f'"0041"\nholidays = "{"x" * 9999}"\n')

    assert len(said) < 500


def test_brackets_may_be_nested_as_deep_as_toml_can_be_read() -> None:
    assert spoilt('"0041"\n', f'"0041"\nlicenses = {"[" * 300}{"]" * 300}\n') == [
        f"{FILE}:5:12: error: `licenses` must be a whole number"
    ]


# ---- not TOML at all ----


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("every = 5m", "1:10: error: this is not TOML: expected newline or end of document after a statement; text and durations need quotes"),
        ("to = leads", "1:6: error: this is not TOML: invalid value; text needs quotes"),
        ("a = 1\na = 2", "2:6: error: this is not TOML: cannot overwrite a value; a key may be there once"),
        ("a\n", "1:2: error: this is not TOML: expected '=' after a key in a key/value pair; write key = \"value\""),
        ('a = "x\n', "1:7: error: this is not TOML: illegal character '\\n'; close the quote on the same line"),
        ('a = "x', "1:7: error: this is not TOML: unterminated string; close the quote"),
        ("\n\na = [", "3:6: error: this is not TOML: invalid value; text needs quotes"),
        ("a = 1" + "0" * 5000, "error: this is not TOML"),
        ("a = " + "[" * 9999, "error: brackets are nested too deep; write it flatter"),
        ("a = '\ud800'", "error: this is not UTF-8; save the file as UTF-8"),
    ],
)  # fmt: skip
def test_what_is_not_toml_is_told(text: str, said: str) -> None:
    [line] = told(text)

    assert line.startswith((f"{FILE}:{said}", f"{FILE}: {said}"))


# ---- warnings ----


def test_what_looks_like_an_oversight_is_a_warning() -> None:
    text = WHOLE.replace('operators = ["leads"]', "# nobody")
    text += '[[receiver]]\nname = "boss"\nslack = "#boss"\n[[source]]\nname = "more"\nendpoint = "skills"\n'

    assert told(text) == [
        f"{FILE}:1:1: warning: no `operators`: nobody will hear when a source is down",
        f"{FILE}:24:8: warning: nothing is sent to `boss`",
        f"{FILE}:26:1: warning: `more` is polled, but no rule is about it",
    ]


def test_a_receiver_that_hears_two_operations_should_say_so() -> None:
    text = WHOLE.replace('endpoint = "', 'operation = "bogota"\nendpoint = "') + LIMA

    assert told(text) == [
        f"{FILE}:13:8: warning: `leads` hears of every operation; say so with `operation`"
    ]


@pytest.mark.parametrize(
    ("reached", "said"),
    [
        ('email = "boss@example.com"', []),
        (
            'slack = "#boss"',
            ["`boss` is reached by slack, too: one dead credential hits both"],
        ),
        (
            'teams = "boss"\noperation = "medellin"',
            ["`boss` does not hear of every operation of `leads`"],
        ),
    ],
)
def test_a_stand_in_that_the_same_trouble_hits_is_warned_of(reached: str, said: list[str]) -> None:
    text = WHOLE.replace('"#leads"', '"#leads"\nfallback = "boss"')
    if "operation" in reached:
        text = text.replace("[[source]]", '[[source]]\noperation = "bogota"') + MEDELLIN

    heard = told(f'{text}[[receiver]]\nname = "boss"\n{reached}\n')

    assert [line.split(": ", 2)[2] for line in heard if "boss" in line] == said


# ---- promises ----

CUTS = st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 40))
PIECES = st.sampled_from(
    ['"', "'", "=", "[", "]", "[[rule]]\n", "{", "}", "\n", "3", "true", "1979-05-27", "nan", ",", ".",
     "\\", '"""', "é", "\x00", "rows", "by = []\n", "[[test]]\n", "[source]\n", "1_0", "0x1", "#"]
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(CUTS, PIECES), min_size=1, max_size=3))
def test_a_spoilt_file_gives_rules_or_sentences(cuts: list[tuple[tuple[int, int], str]]) -> None:
    text = EXAMPLE
    for (begin, length), piece in cuts:
        text = text[:begin] + piece + text[begin + length :]

    for line in told(text):
        assert line.startswith(f"{FILE}:")
        assert line.isprintable()


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab=>()'é-#@:/", max_size=9)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab"), inner), max_leaves=4
)  # fmt: skip
DATA = tomllib.loads(EXAMPLE)
PATHS = [
    (section, index, key)
    for section in ("operation", "source", "receiver", "rule", "test")
    for index in range(min(2, len(DATA[section])))
    for key in sorted(DATA[section][index])
]


def written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {written(each)}' for key, each in value.items()) + "}"
    if isinstance(value, str):
        escaped = "".join(f"\\U{ord(letter):08x}" for letter in value)
        return f'"{escaped}"'
    return "{}" if value is None else repr(value)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(PATHS), VALUES)
def test_any_value_under_any_key_gives_rules_or_sentences(
    path: tuple[str, int, str], value: object
) -> None:
    section, index, key = path
    tables = [dict(table) for table in DATA[section]]
    tables[index][key] = value
    data = {**DATA, section: tables}
    text = "".join(f"{name} = {written(part)}\n" for name, part in data.items())

    for line in told(text):
        assert line.startswith(f"{FILE}:")
        assert line.isprintable()
