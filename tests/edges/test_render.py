"""What people read, and which messages a notice becomes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace as with_changes
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from notifier.core.facts.sales import Merit
from notifier.core.facts.state import (
    Closing,
    Severity,
    Told,
)
from notifier.core.judging.notice import Event, Item, Notice, Reason, RuleText
from notifier.core.judging.silence import Silence
from notifier.core.telling.outgoing import Envelope
from notifier.errors import Trouble
from notifier.render import Renderer, envelopes, text
from notifier.render.words import read_phrases
from tests.edges.notices import (
    NOW,
    RULE,
    closed,
    conversation,
    incident,
    notice,
    opened,
    sales,
    spanish,
    trouble,
)

RENDERER = Renderer()
RECORDED = Path(__file__).parent.parent / "recorded"
WORDS = Path(__file__).parent.parent.parent / "templates" / "words"
CRITICAL: dict[str, Any] = {"severity": Severity.CRITICAL}


def rendered(told: Notice) -> list[Envelope]:
    return envelopes(told, RENDERER)


def payload(told: Notice, form: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        next(e for e in rendered(told) if form in ("", e.form)).payload
    )
    return found


def headline(told: Notice) -> str:
    """The line that a telephone shows."""
    return str(payload(told)["text"])


def body(told: Notice) -> str:
    """Everything below it."""
    blocks = [block for a in payload(told)["attachments"] for block in a["blocks"]]
    return "\n".join((block.get("text") or block["elements"][0])["text"] for block in blocks)


def reply(told: Notice) -> str:
    return str(payload(told, "reply")["text"])


def members(count: int, **more: Any) -> list[Any]:
    return [incident(str(12_000 + n), f"AGENT {n}", **more) for n in range(count)]


# ---- recorded: what people see, to be reviewed when it changes ----


def scenes() -> dict[str, Notice]:
    """One notice of each kind."""
    ana, luis = incident(), incident("12005", "LUIS", value=3.0, worst=7.25, **CRITICAL)
    own = with_changes(RULE, summary={"es": "{{ agent_name }}: {{ network_rejection }} % rechazo"})
    return {
        "open": opened(ana),
        "open, in Spanish, in the user's words": opened(ana, talk=spanish(), rule=own),
        "open, many": notice(*(Item(Reason.OPEN, one) for one in members(14))),
        "change": notice(Item(Reason.CHANGE, ana, was=4.0), talk=conversation(revision=2)),
        "raised": notice(
            Item(Reason.RAISED, luis, was=2.0),
            talk=conversation(revision=2),
            rule=with_changes(RULE, mention="here"),
        ),
        "repeat": notice(Item(Reason.REPEAT, ana), talk=conversation(revision=2)),
        "held": notice(
            Item(Reason.CHANGE, replace(ana, held="frozen")), talk=conversation(revision=2)
        ),
        "taken": notice(
            Item(Reason.CHANGE, replace(ana, acknowledged_by="Eva"), was=6.0),
            talk=conversation(revision=2),
        ),
        "a group in Spanish": notice(
            Item(Reason.CLOSE, closed(ana)),
            Item(Reason.CHANGE, luis, was=2.0),
            roster=(luis, incident("12009", "EVA", held="missing"), closed(ana)),
            talk=spanish(revision=3),
        ),
        "resolved": notice(Item(Reason.CLOSE, closed(ana)), talk=conversation(revision=4)),
        "left": notice(
            Item(Reason.CLOSE, closed(ana, Closing.LEFT)), talk=conversation(revision=4)
        ),
        "a source": opened(trouble()),
        "a source answers again": notice(
            Item(Reason.CLOSE, closed(trouble(), value=None, worst=None)),
            talk=conversation(revision=2),
        ),
        "sales": sales(3),
        "sales in Spanish": sales(1, spanish()),
        "sales, many, in Portuguese": sales(12, conversation(language="pt", locale="pt_BR")),
    }


def shown(told: Notice) -> str:
    """A notice as its readers see it, on Slack, by mail and in the terminal."""
    lines = []
    for envelope in rendered(told):
        said = json.loads(envelope.payload)
        lines += [f"[{envelope.form}]", said["text"]]
        for attachment in said.get("attachments", []):
            for block in attachment["blocks"]:
                inner = (block.get("text") or block["elements"][0])["text"]
                lines += [f"  | {line}" for line in inner.split("\n")]
    kind = with_changes(told, conversation=replace(told.conversation, kind="email"))
    for envelope in rendered(kind):
        said = json.loads(envelope.payload)
        lines += [f"[mail] {said['subject']}", *(f"  | {s}" for s in said["text"].split("\n"))]
    return "\n".join([*lines, "[terminal]", text(told, RENDERER)])


def test_what_people_read_is_as_recorded() -> None:
    """``RECORD=1 make test ARGS="-k recorded"`` writes it anew: review the difference."""
    path = RECORDED / "messages.txt"
    told = "\n\n".join(f"==== {name}\n{shown(one)}" for name, one in scenes().items()) + "\n"
    told = "\n".join(line.rstrip() for line in told.split("\n"))
    if os.environ.get("RECORD"):
        path.write_text(told, encoding="utf-8")

    assert told == path.read_text(encoding="utf-8")


# ---- the first line ----


def test_a_telephone_shows_severity_place_and_number() -> None:
    assert headline(opened()) == "🟠 *Warning:* ANA (12004): network rejection 6.5%"


def test_a_users_own_summary_is_used_in_its_language() -> None:
    rule = with_changes(RULE, summary={"es": "{{ agent_name }}: {{ value }} %", "": "{{ entity }}"})

    assert headline(opened(rule=rule, talk=spanish())) == "🟠 *Advertencia:* ANA: 6,5 %"
    assert headline(opened(rule=rule)) == "🟠 *Warning:* 12004"


@pytest.mark.parametrize(
    "summary", ["{{ nothing }}", "{{ agent_name", "{{ 1 / 0 }}", "{{ ''.__class__.mro() }}", ""]
)
def test_a_summary_that_fails_gives_way_to_the_usual_words(summary: str) -> None:
    rule = with_changes(RULE, summary={"": summary})

    assert headline(opened(rule=rule)) == headline(opened())


@pytest.mark.parametrize(
    ("title", "headline_"),
    [
        ({"es": "Rechazo de red", "en": "Rejection"}, "Rechazo de red: 2 en alerta"),
        ({"": "Rechazo"}, "Rechazo: "),
        ({"en": "Rejection"}, "network rejection: "),
        ({}, "network rejection: "),
        ({"": "<!channel> *{{ x }}* 3001234567"}, "&lt;!channel&gt;"),
    ],
)
def test_a_group_is_called_by_the_rules_title(title: dict[str, str], headline_: str) -> None:
    rule = with_changes(RULE, title=title)

    said = headline(
        notice(*(Item(Reason.OPEN, one) for one in members(2)), talk=spanish(), rule=rule)
    )

    assert headline_ in said
    assert "3001234567" not in said


def test_storms_and_warnings_call_rules_by_their_titles() -> None:
    storm = notice(
        *(Item(Reason.OPEN, one) for one in (*members(2), incident(rule="loss"))),
        rule=RuleText("storm", Severity.WARNING),
        talk=spanish(rule="storm"),
    )
    silence = Silence(
        id="a0", author="Eva", comment="x", created_at=NOW, starts_at=NOW, ends_at=NOW
    )
    titles = {"network-rejection": {"es": "Rechazo de red"}}
    told = with_changes(storm, titles=titles)

    assert "Rechazo de red (2)" in body(told)
    assert "loss (1)" in body(told)
    assert "Rechazo de red: AGENT 0" in headline(told)
    assert "Rechazo de red 6,5" in body(with_changes(told, ending=silence))


def test_a_failing_summary_is_reported() -> None:
    said: list[str] = []
    renderer = Renderer(report=lambda problem: said.append(str(problem)))
    rule = with_changes(RULE, summary={"": "{{ nothing }}"})

    envelopes(opened(rule=rule), renderer)

    assert "UndefinedError" in said[0]


def test_an_entity_without_a_name_is_its_key() -> None:
    assert "181.49.x.x: network rejection" in headline(opened(incident("181.49.7.7", "")))


def test_a_rule_over_a_whole_collection_is_about_the_operation() -> None:
    assert "bogota: network rejection" in headline(opened(incident("", "")))


def test_a_value_that_is_no_number_is_left_out() -> None:
    one = incident(value=True, worst=True, threshold=None, trend=())

    assert headline(opened(one)) == "🟠 *Warning:* ANA (12004): network rejection"


# ---- the body ----


def test_the_value_stands_against_its_threshold_with_its_trend() -> None:
    said = body(opened())

    assert "*6.5%* · limit 1%" in said
    assert "since 10:10 (12 min) · `▁▁▂▃█` rising" in said
    assert "rule network-rejection · bogota · owner Redes · team=noc · updated 10:22" in said
    assert "<https://wiki.example.com/red?a=1%7C2|Runbook>" in said


def test_where_less_is_worse_the_threshold_is_a_target() -> None:
    one = incident(value=52.0, worst=48.0, threshold=80.0, direction="<")

    said = body(opened(one, talk=spanish()))
    assert "*52 %* · meta 80 % · peor valor 48 %" in said


@pytest.mark.parametrize("address", ["javascript:alert(1)", "ftp://x", ""])
def test_only_web_addresses_become_links(address: str) -> None:
    said = body(opened(rule=with_changes(RULE, runbook=address)))

    assert "<" not in said
    assert "Runbook" not in said


def test_a_long_roster_collapses() -> None:
    said = body(notice(*(Item(Reason.OPEN, one) for one in members(47))))

    assert said.count("🟠") == 10
    assert "and 37 more" in said


def test_a_group_says_first_what_changed() -> None:
    ana, luis = incident(), incident("12005", "LUIS")
    told = notice(
        Item(Reason.CLOSE, closed(ana)), roster=(luis, closed(ana)), talk=conversation(revision=2)
    )

    said = body(told)

    assert said.index("Resolved after 23 min") < said.index("LUIS")
    assert "1 closed" not in said  # that stands above already
    assert headline(told).startswith("🟠 *Warning:* network rejection: 1 open, worst LUIS")


def test_who_closed_before_is_named_once_more_is_over() -> None:
    ana, luis, eva = incident(), incident("12005", "LUIS"), incident("12009", "EVA")
    told = notice(
        Item(Reason.CLOSE, closed(luis)),
        roster=(eva, closed(ana), closed(luis)),
        talk=conversation(revision=3),
    )

    assert "1 closed: ANA (12004)" in body(told)


def test_that_many_are_over_is_one_short_line_of_the_thread() -> None:
    told = notice(
        *(Item(Reason.CLOSE, closed(one)) for one in members(12)), talk=conversation(revision=2)
    )

    assert reply(told) == "• 10:22 · ✅ Resolved after 12 min · 12 in all"


# ---- what is worth a line of the thread ----


BELIEVED = Told(
    incident=incident().id, receiver="team-leads", conversation="c0ffee0000000001", at=NOW,
    severity=Severity.WARNING, value=4.0,
)  # fmt: skip


def of_change(item: Item) -> Notice:
    return notice(item, talk=conversation(revision=2))


def test_another_number_is_an_edit_and_no_line_of_the_thread() -> None:
    moved = Item(Reason.CHANGE, incident(), was=4.0, before=BELIEVED)

    assert forms(of_change(moved)) == [("edit", True)]


@pytest.mark.parametrize(
    ("now", "before", "says"),
    [
        ({"acknowledged_by": "Eva"}, {}, "acknowledged by Eva"),
        ({}, {"acknowledged": "Eva"}, "no longer acknowledged by Eva"),
        ({"silence": "s1", "silenced_by": "Eva", "silenced_until": NOW + timedelta(hours=1)}, {},
         "silenced by Eva until 11:22"),
        ({"held": "frozen"}, {}, "Data frozen since 10:20"),
        ({}, {"severity": Severity.CRITICAL}, "now Warning: 6.5%"),
    ],
)  # fmt: skip
def test_what_matters_is_a_line_of_the_thread(
    now: dict[str, Any], before: dict[str, Any], says: str
) -> None:
    item = Item(Reason.CHANGE, incident(**now), was=6.5, before=replace(BELIEVED, **before))

    assert forms(of_change(item)) == [("edit", True), ("reply", True)]
    assert says in reply(of_change(item))


def test_a_group_says_nothing_of_those_whose_number_is_another() -> None:
    ana, luis = incident(), incident("12005", "LUIS")
    told = notice(
        Item(Reason.CHANGE, ana, was=4.0, before=BELIEVED),
        Item(Reason.OPEN, luis),
        talk=conversation(revision=2),
    )

    assert "LUIS (12005): new: 6.5%" in reply(told)
    assert "ANA" not in reply(told).partition("10:22")[2]
    assert body(told).count("ANA (12004)") == 1  # in the roster


@pytest.mark.parametrize("held", ["missing", "unknown", "frozen"])
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_data_that_stand_still_are_said_to(held: str, language: str) -> None:
    one = incident(held=held)
    told = notice(Item(Reason.CHANGE, one), talk=conversation(revision=2, language=language))

    assert headline(told).startswith("⏸️")
    assert "10:20" in body(told)
    assert reply(told).endswith(body(told).split("• ")[2].split("\n")[0])


@pytest.mark.parametrize("kind", Trouble)
def test_a_sources_trouble_is_told_in_its_own_words(kind: Trouble) -> None:
    told = opened(trouble(kind.value))

    assert headline(told).startswith("🔴 *Critical:* latency of bogota: ")
    assert "4 failed readings in a row" in body(told)


LEFT_TO_THE_LOG = {Trouble.SERVER, Trouble.NOT_JSON, Trouble.REFUSED, Trouble.SCHEMA}


@pytest.mark.parametrize("kind", Trouble)
@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_and_so_is_what_to_do_about_it(kind: Trouble, language: str) -> None:
    phrases = read_phrases((WORDS / f"{language}.toml").read_text(encoding="utf-8"))

    told = notice(Item(Reason.OPEN, trouble(kind.value)), talk=conversation(language=language))

    if kind in LEFT_TO_THE_LOG:
        assert "No whole answer within 60 s" in body(told)
    else:
        advice = str(phrases[f"advice.{kind.value}"]).partition("{")[0]
        assert advice in body(told)


@pytest.mark.parametrize("kind", ["unavailable", "vanished"])
def test_a_strange_answer_is_no_outage_and_its_end_no_recovery_of_one(kind: str) -> None:
    ended = notice(Item(Reason.CLOSE, closed(trouble(kind))), talk=conversation(revision=2))

    begins, ends = body(opened(trouble(kind))), body(ended)

    assert "no outage" in begins or "not a recovery" in begins
    assert ("neither open nor close" in begins) is (kind == "unavailable")
    assert "answers again" not in ends
    assert "answers now" in ends or "has data again" in ends


# ---- the end ----


def test_the_end_keeps_the_worst_value_and_strikes_the_headline() -> None:
    told = notice(Item(Reason.CLOSE, closed(incident())), talk=conversation(revision=2))

    assert headline(told) == "✅ *Resolved after 23 min* · ~ANA (12004): network rejection 9.1%~"
    assert "worst 9.1%" in body(told)
    assert payload(told)["attachments"][0]["color"] == "#2eb67d"


@pytest.mark.parametrize("closing", [Closing.LEFT, Closing.RULE_CHANGED, Closing.RULE_REMOVED])
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("recover", "resolved")), ("es", ("resuelto", "recuper")), ("pt", ("resolvido",))],
)
def test_only_a_recovery_is_called_one(
    closing: Closing, language: str, words: tuple[str, ...]
) -> None:
    one = closed(incident(), closing)
    for kind in ("slack", "email"):
        talk = conversation(kind, revision=2, language=language)
        for told in (
            notice(Item(Reason.CLOSE, one), talk=talk),
            notice(
                Item(Reason.CLOSE, one),
                roster=(one, closed(incident("1", "B"), closing)),
                talk=talk,
            ),
        ):
            said = "".join(e.payload for e in rendered(told)).casefold()
            assert not [word for word in words if word in said]
            assert "✅" not in said


def test_a_group_of_which_not_all_recovered_is_merely_closed() -> None:
    one, two = closed(incident()), closed(incident("12005", "LUIS"), Closing.LEFT)
    told = notice(
        Item(Reason.CLOSE, one), Item(Reason.CLOSE, two), talk=conversation(revision=2),
        at=NOW + timedelta(minutes=11),
    )  # fmt: skip

    assert headline(told).startswith("⚪ *Closed after 23 min* · ~network rejection: 2 in all")


# ---- who is called ----


@pytest.mark.parametrize(
    ("mention", "ping"),
    [
        ("here", "<!here>"),
        ("@channel", "<!channel>"),
        ("U012345678", "<@U012345678>"),
        ("S012345678", "<!subteam^S012345678>"),
        ("everyone at home", ""),
        ("", ""),
    ],
)
def test_a_critical_message_calls_whom_the_receiver_names(mention: str, ping: str) -> None:
    rule = with_changes(RULE, mention=mention)
    urgent = incident(**CRITICAL)
    later = conversation(revision=2)

    assert headline(opened(urgent, rule=rule)).endswith(f"6.5% {ping}".strip())
    assert reply(notice(Item(Reason.RAISED, urgent), talk=later, rule=rule)).endswith(ping)
    assert "<" not in headline(notice(Item(Reason.RAISED, urgent), talk=later, rule=rule))


@pytest.mark.parametrize("reason", [Reason.CHANGE, Reason.REPEAT, Reason.CLOSE])
def test_nobody_is_called_for_less_than_news(reason: Reason) -> None:
    one = incident(**CRITICAL)
    one = closed(one) if reason is Reason.CLOSE else one
    told = notice(
        Item(reason, one, was=1.0), talk=conversation(revision=2),
        rule=with_changes(RULE, mention="here", runbook=""),
    )  # fmt: skip

    assert "<!here>" not in "".join(e.payload for e in rendered(told))


def test_a_webhook_calls_in_the_message_itself_for_it_has_no_thread() -> None:
    worse = Item(Reason.RAISED, incident(**CRITICAL), was=2.0)
    rule, talk = with_changes(RULE, mention="here"), conversation("slack_webhook", revision=2)

    assert headline(notice(worse, talk=talk, rule=rule)).endswith(" <!here>")
    assert "<!here>" not in headline(notice(worse, talk=conversation(revision=2), rule=rule))


def test_a_warning_calls_nobody() -> None:
    assert "<!" not in headline(opened(rule=with_changes(RULE, mention="channel")))


# ---- which messages ----


def forms(told: Notice) -> list[tuple[str, bool]]:
    return [(e.form, e.droppable) for e in rendered(told)]


def later(kind: str, reason: Reason) -> Notice:
    one = closed(incident()) if reason is Reason.CLOSE else incident()
    return notice(Item(reason, one, was=1.0), talk=conversation(kind, revision=2))


def test_slack_gets_one_message_that_lives() -> None:
    assert forms(opened()) == [("post", False)]
    assert forms(later("slack", Reason.CHANGE)) == [("edit", True), ("reply", True)]
    for reason in (Reason.OPEN, Reason.RAISED, Reason.REPEAT, Reason.CLOSE):
        assert forms(later("slack", reason)) == [("edit", False), ("reply", False)]


@pytest.mark.parametrize(
    ("reason", "loud"),
    [
        (Reason.OPEN, True),
        (Reason.RAISED, True),
        (Reason.REPEAT, True),
        (Reason.CHANGE, False),
        (Reason.CLOSE, False),
    ],
)
def test_what_an_edit_would_hide_is_broadcast(reason: Reason, loud: bool) -> None:
    assert payload(later("slack", reason), "reply")["reply_broadcast"] is loud


@pytest.mark.parametrize(("kind", "form"), [("email", "mail"), ("slack_webhook", "post")])
def test_what_cannot_be_edited_tells_no_mere_change(kind: str, form: str) -> None:
    assert forms(opened(talk=conversation(kind))) == [(form, False)]
    assert forms(later(kind, Reason.CHANGE)) == []
    for reason in (Reason.RAISED, Reason.REPEAT, Reason.CLOSE):
        assert forms(later(kind, reason)) == [(form, False)]


def test_each_recipient_gets_a_mail() -> None:
    talk = conversation("email", recipients=("a@example.com", "b@example.com"))

    one, two = rendered(opened(talk=talk))

    assert (one.recipient, two.recipient) == talk.recipients
    assert one.id != two.id
    assert one.payload == two.payload


def test_each_message_has_an_id_of_its_own_that_never_changes() -> None:
    told = later("slack", Reason.CHANGE)
    again = with_changes(told, conversation=replace(told.conversation, revision=3))

    ids = [e.id for notice in (told, again, opened()) for e in rendered(notice)]

    assert len(set(ids)) == len(ids)
    assert ids[:2] == [e.id for e in rendered(told)]


def test_an_envelope_says_where_it_belongs() -> None:
    told = later("slack", Reason.CHANGE)

    edit, line = rendered(told)

    assert (edit.conversation, edit.incident) == (told.conversation.id, told.conversation.incident)
    assert (edit.revision, edit.receiver, edit.kind) == (2, "team-leads", "slack")
    assert (edit.reason, edit.order, line.order) == ("change", 0, 1)
    assert edit.queued_at == NOW
    assert edit.give_up_at == NOW + timedelta(hours=24)
    assert json.loads(edit.payload)["metadata"]["event_payload"] == {
        "id": edit.id, "incident": told.conversation.incident, "revision": 2,
    }  # fmt: skip


def test_the_strongest_reason_names_the_message() -> None:
    told = notice(
        Item(Reason.CHANGE, incident(), was=1.0),
        Item(Reason.RAISED, incident("12005", "LUIS")),
        talk=conversation(revision=2),
    )

    assert {e.reason for e in rendered(told)} == {"raised"}


# ---- events ----


def test_the_sales_of_a_poll_are_one_message() -> None:
    told = sales(3, spanish())

    assert forms(told) == [("post", False)]
    assert "3" in headline(told)
    assert headline(told).startswith("🎉")


def test_a_retry_celebrates_in_the_same_words() -> None:
    told = sales(3)
    turned = with_changes(told, events=tuple(reversed(told.events)))

    assert headline(told) == headline(turned)


def test_celebrations_do_not_all_sound_alike() -> None:
    said = {headline(with_changes(sales(1), events=(Event(f"k{n}", {}),))) for n in range(20)}

    assert len(said) > 1


def test_many_sales_are_a_sober_line() -> None:
    assert headline(sales(11)) == "🎉 *11 sales for bogota since the last reading*"


@pytest.mark.parametrize(
    ("merit", "said"),
    [
        (Merit("first", 1, 1), "Primera venta del día."),
        (Merit("first", 2, 1), "Primeras 2 ventas del día."),
        (Merit("streak", 3, 3), "3 en una hora."),
        (Merit("target", 20, 20, of=40, share=50), "50 % de la meta de hoy: 20 de 40."),
        (Merit("target", 41, 40, of=40, share=100), "Se cumple la meta de hoy: 41 de 40."),
        (Merit("record", 1200, 53, of=52), "El mejor día hasta ahora: 1.200; el anterior tuvo 52."),
    ],
)
def test_what_makes_a_sale_more_than_one_more_is_said_below(merit: Merit, said: str) -> None:
    told = with_changes(sales(1, spanish()), merits=(merit,))

    assert body(told).splitlines()[0].replace("\xa0", " ") == f"• {said}"


def test_how_calls_came_about_is_said_in_the_readers_words() -> None:
    many = sales(2, spanish(), {"type_interaction": "Outbound_MA"})
    plain = with_changes(many, rule=RuleText("new-hit", Severity.INFO))
    other = sales(2, spanish(), {"type_interaction": "fax"})

    assert body(many).startswith("• marcación manual: 2")
    assert body(plain).startswith("• tipo marcación manual\n")
    assert body(other).startswith("• fax: 2")


def test_an_event_rule_without_a_template_is_told_plainly() -> None:
    rule = RuleText(id="pbx-restart", severity=Severity.WARNING)
    told = with_changes(
        sales(2, fields={"conn_id": "1", "user": "pbx1", "status": "up"}), rule=rule
    )

    assert headline(told) == "🔔 pbx restart: 2 new events"
    assert body(told).startswith("• user pbx1 · status up\n• user pbx1 · status up\n")


def test_an_event_rules_own_summary_is_one_line_each() -> None:
    rule = RuleText(
        "new-hit", Severity.INFO, {"": "{{ type_interaction }}!"}, template="celebration"
    )
    told = with_changes(sales(12), rule=rule)

    assert body(told) == "\n".join(["• voice!"] * 10 + ["• and 2 more"])


# ---- every text is in one language ----


@pytest.mark.parametrize("make", [opened, sales])
def test_languages_are_never_mixed(make: Callable[..., Notice]) -> None:
    told = sales(2, spanish("email")) if make is sales else opened(talk=spanish("email"))

    said = payload(told)["text"]

    assert not [word for word in ("since", "rule ", "updated", "You receive") if word in said]


def test_a_site_is_called_by_its_label_not_only_by_its_address() -> None:
    fields = {"ip": "181.49.7.7", "site": "Sede Medellín", "count": 11.0}
    site = replace(incident("181.49.7.7", rule="site-link"), fields=fields)
    rule = RuleText(id="site-link", severity=Severity.CRITICAL, by=("ip",))

    told = text(notice(Item(Reason.OPEN, site), rule=rule), RENDERER)

    assert "Sede Medellín (181.49." in told
