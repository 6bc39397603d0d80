"""The pages as a browser without script meets them: real requests to the whole bot."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
import requests

from notifier.core.facts.state import Closing
from notifier.core.hindsight.explanation import HOW
from notifier.core.hindsight.gates import SAYS as GATES
from notifier.core.judging.notice import Reason, Untold
from notifier.core.reacting.timeline import What
from notifier.errands.errand import Sent
from notifier.errands.lookback import _Begun
from notifier.render.shipped import folder
from notifier.render.words import LANGUAGES, names_in, read_phrases
from notifier.simulator.slack_faults import SlackFault, Slip
from notifier.store import recordings
from notifier.web.wishes import Asked
from tests.flow.pages import TOKEN, VIEWER, WITH_TOKENS, Site, served
from tests.flow.stage import RULES, staged

PAGES = ("/", "/silences", "/silences/new", "/history", "/hits", "/sources", "/rules", "/gallery",
         "/rules/bogota/rejection", "/rules/bogota/hit", "/receivers", "/changes")  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """ANA and somebody with a hostile name were rejected, EVA no more; one sale."""
    with staged(tmp_path_factory.mktemp("pages")) as stage, served(stage) as site:
        site.poll(**{"1_ANA": "0"})
        stage.hits("c1")
        site.poll(**{"1_ANA": "2", "3_EVA": "3"})
        site.poll(**{"1_ANA": "2.5", f"2_{HOSTILE}": "9", "3_EVA": "0"})
        yield site


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Site]:
    """Two agents were rejected, for a test that changes something."""
    with staged(tmp_path) as stage, served(stage) as site:
        site.poll(**{"1_ANA": "2.5", "2_LUIS": "9"})
        yield site


def first(site: Site, entity: str = "1") -> str:
    return str(site.api(f"incidents?entity={entity}&state=all").json()["items"][0]["incident"])


def text(answer: requests.Response) -> str:
    """What the page says, without its marks."""
    assert answer.status_code < 500, answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


class Browser:
    """A browser without script: it keeps cookies and sends forms."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.session = requests.Session()

    def open(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(self.site.url + path, timeout=60, headers=headers)

    def send(self, path: str, **fields: str) -> requests.Response:
        return self.session.post(self.site.url + path, data=fields, timeout=60)

    def wait(self, answer: requests.Response) -> requests.Response:
        """The page once what it waits for is there, asked for again as the page itself says."""
        while ' content="2"' in answer.text:
            answer = self.session.get(answer.url, timeout=60)
        return answer

    def csrf(self, path: str = "/silences/new") -> str:
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.open(path).text)
        assert found, path
        return found[1]

    def log_in(self, token: str, name: str = "Eva") -> requests.Response:
        return self.send("/login", token=token, name=name, next="/")


# ---- what they say ----


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", [*PAGES, "incident", "closed"])
def test_every_page_speaks_every_language(site: Site, path: str, language: str) -> None:
    named = {"incident": f"/incidents/{first(site)}", "closed": f"/incidents/{first(site, '3')}"}

    answer = Browser(site).open(named.get(path, path), **{"Accept-Language": language})

    assert answer.status_code == 200, answer.text
    assert f'<html lang="{language}">' in answer.text
    assert HOSTILE not in answer.text
    assert "3001234567" not in answer.text


def test_the_first_page_says_what_is_broken_and_who_knows(site: Site) -> None:
    said = text(Browser(site).open("/"))

    assert "1 critical 1 warning" in said
    assert "ANA 1 rule rejection 2.5% limit 1%" in said
    assert "Nobody has it yet told leads on-call" in said


def test_who_is_not_reached_is_said_where_people_look_first(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        stage.slack.faults.extend(
            [SlackFault(Slip.ERROR, "chat.postMessage", error="fatal_error")] * 9
        )
        site.poll(**{"1_ANA": "2"})

        said = text(Browser(site).open("/"))

    assert "1 receiver is not being reached : leads (1 message waits" in said
    assert "whoever is named as told there may not know yet" in said


def test_nothing_is_well_while_a_source_cannot_be_read(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        site.poll(**{"1_ANA": "0"})
        assert "All is well" in text(Browser(site).open("/"))
        stage.wolkvox.respond_with("latency", {"code": 500, "error": "x", "msg": "", "data": []})
        for _ in range(2):
            assert "All is well" in text(Browser(site).open("/")), "one failed poll is no news"
            stage.wait(minutes=1)
            site.bot.poll_once()

        said = text(Browser(site).open("/"))
        why = text(Browser(site).open("/sources", **{"Accept-Language": "es"}))

    assert "All is well" not in said
    assert "1 source is not being read : latency bogota (read 2 min ago)" in said
    assert "latency de bogota: wolkvox informa un error propio : 2 lecturas fallidas" in why
    assert "Nothing is open, as far as is known" in said


def test_a_hostile_name_is_text(site: Site) -> None:
    page = Browser(site).open("/")

    assert "&lt;img src=x onerror=alert(1)&gt;" in page.text


def test_an_incident_tells_its_life_in_the_readers_words(site: Site) -> None:
    said = text(Browser(site).open(f"/incidents/{first(site, '3')}", **{"Accept-Language": "es"}))

    assert "Visto por primera vez" in said
    assert "Se abrió: Advertencia" in said
    assert "Se avisó a leads: abierto · mensaje · entregado" in said
    assert "Se cerró: recuperado" in said


def test_its_course_is_drawn_and_told_in_words_and_as_a_table(site: Site) -> None:
    page = Browser(site).open(f"/incidents/{first(site, '3')}")

    assert page.text.count("<polyline") == 1
    assert 'aria-label="2 readings; lowest 0%, highest 3%, last 0%; limit 1%"' in page.text
    assert '<line class="mark closed"' in page.text
    assert "<td>10:02</td><td>3%</td>" in page.text
    assert "America/Bogota" in page.text


def test_where_recordings_are_gone_the_last_values_are_drawn(own: Site) -> None:
    own.poll(**{"1_ANA": "3"})
    with own.desk.database.transaction() as connection:
        recordings.forget(connection, own.stage.now + timedelta(days=1))

    story = own.api(f"incidents/{first(own)}").json()

    assert [value for _, value in story["values"]] == [2.5, 3.0]


def test_what_people_did_and_what_became_of_it_is_one_sequence(own: Site) -> None:
    incident = first(own)
    own.stage.wait(seconds=30)
    own.ask(f"/api/v1/incidents/{incident}/acknowledge", "POST", json={"author": "Eva"})
    own.stage.wait(minutes=1)
    silence = {"author": "Luis", "comment": "c", "entity": ["1"], "for_seconds": 90}
    own.ask("/api/v1/silences", "POST", json=silence)
    own.poll(**{"1_ANA": "9"})
    own.poll(**{"1_ANA": "9"})
    own.poll(**{"1_ANA": "0"})

    steps = own.api(f"incidents/{incident}").json()["steps"]

    assert [f"{step['what']} {step['who']}".strip() for step in steps] == [
        "seen", "opened", "told leads", "told on-call", "acknowledged Eva", "silenced Luis",
        "severity", "unacknowledged", "not told", "unsilenced", "told leads", "told on-call",
        "closed", "told leads", "told on-call",
    ]  # fmt: skip
    said = text(Browser(own).open(f"/incidents/{incident}"))
    assert "Taken by Eva" in said
    assert "Silenced by Luis why?" in said


def test_each_step_leads_to_its_reason(site: Site) -> None:
    page = Browser(site).open(f"/incidents/{first(site)}")
    links = re.findall(r'href="(\?explain=true[^"]+)#why"', page.text)

    browser = Browser(site)
    said = text(browser.wait(browser.open(f"/incidents/{first(site)}" + unescape(links[-1]))))

    assert "10:02: opened" in said
    assert "✓ passed: the condition holds" in said
    assert "network_rejection (2) > 1" in said


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", "it goes to leads, on-call"),
        ("es", "va a leads, on-call"),
        ("pt", "vai para leads, on-call"),
    ],
)
def test_what_stood_before_a_message_is_said_in_the_readers_language(
    site: Site, language: str, says: str
) -> None:
    browser = Browser(site)
    browser.session.headers["Accept-Language"] = language

    said = text(browser.wait(browser.open(f"/incidents/{first(site)}?explain=true")))

    assert says in said


def test_while_somebody_else_looks_back_a_page_says_so_in_its_language(site: Site) -> None:
    begun = site.desk.lookback._begun
    begun["00aa"] = _Begun(Asked(rule="x", entity="y", operation="z"), Sent(), 1.0)

    page = Browser(site).open(f"/incidents/{first(site)}?explain=true", **{"Accept-Language": "es"})
    del begun["00aa"]

    assert "Alguien está revisando el pasado" in page.text


def test_every_word_that_a_life_may_hold_is_said_in_words() -> None:
    phrases = read_phrases((folder() / "web" / "words" / "en.toml").read_text("utf-8"))
    wanted = [f"untold.{each.value}" for each in Untold]
    wanted += [f"reason.{each.value}" for each in Reason]
    wanted += [f"step.{each.value}" for each in What]
    wanted += [f"gate.{key}" for key in GATES]
    wanted += [f"heard.{how}" for how in HOW if how]
    wanted += [f"history.closing.{each.value.replace(' ', '_')}" for each in Closing]

    assert [each for each in wanted if each not in phrases] == []


def test_sources_say_what_was_odd_about_their_answers(site: Site) -> None:
    said = text(Browser(site).open("/sources"))

    assert "by_agent.tx_ploss : a field that did not come: unknown to rules" in said
    assert "in 3 answers, between 10:01 and 10:03" in said
    assert "rules may be blind" in said


def test_a_language_that_was_chosen_stays(site: Site) -> None:
    browser = Browser(site)

    answer = browser.open("/language/pt?next=/rules")

    assert answer.url == f"{site.url}/rules"
    assert '<html lang="pt">' in browser.open("/", **{"Accept-Language": "es"}).text
    assert browser.open("/language/xx?next=//evil.example.net").url == f"{site.url}/"


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/incidents/0000", 404, "There is no such incident"),
        ("/rules/bogota/none", 404, "There is no such rule"),
        ("/nothing", 404, "There is no such page"),
        ("/history?cursor=x", 404, "no page behind this cursor"),
        ("/history?rule=" + "x" * 300, 422, "rule"),
        ("/static/none", 404, "no such file"),
    ],
)
def test_what_goes_wrong_is_a_page_with_a_way_back(
    site: Site, path: str, status: int, says: str
) -> None:
    answer = Browser(site).open(path)

    assert answer.status_code == status
    assert says in text(answer)
    assert "Back to what is open" in text(answer)


def test_rules_are_called_by_their_titles_with_the_id_beside_it(tmp_path: Path) -> None:
    title = 'id = "rejection"\ntitle = { es = "Rechazo de <b>red</b>", en = "Bad network" }'
    rules = RULES.replace('id = "rejection"', title)
    with staged(tmp_path, rules) as stage, served(stage) as site:
        site.poll(**{"1_ANA": "2"})
        (open_one,) = site.api("incidents").json()["items"]
        named = [site.api(kind).json() for kind in ("rules", "hits")]
        browser = Browser(site)

        assert "rule Bad network (rejection)" in text(browser.open("/"))
        assert "Bad network rejection · bogota" in text(browser.open("/rules"))
        browser.open("/language/es")
        page = browser.open("/rules/bogota/rejection")
        assert "<h1>Rechazo de &lt;b&gt;red&lt;/b&gt;</h1>" in page.text
        assert "rejection · bogota" in text(page)
        assert (open_one["rule"], open_one["title"]["en"]) == ("rejection", "Bad network")
        assert [each["title"].get("en") for one in named for each in one] == [
            "Bad network",
            None,
            None,
        ]


def test_an_empty_bot_says_so_in_a_kind_way(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        browser = Browser(site)

        assert "All is well" in text(browser.open("/"))
        assert "Nothing was open yet" in text(browser.open("/history"))
        assert "not read yet" in text(browser.open("/sources"))
        assert "Nothing is silenced now" in text(browser.open("/silences"))


def test_long_lists_have_older_pages(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        site.poll(**{f"{n}_A": "2" for n in range(100, 160)})
        browser = Browser(site)
        newer = browser.open("/history?rule=rejection")
        older = re.search(r'href="(\?operation=[^"]+)"', newer.text)
        assert older

        page = browser.open(f"/history{unescape(older[1])}")

        assert newer.text.count("data-key") == 50
        assert page.text.count("data-key") == 10


@pytest.mark.parametrize("name", ["page.css", "page.js", "icon.svg"])
def test_what_pages_load_is_there(site: Site, name: str) -> None:
    answer = Browser(site).open(f"/static/{name}")

    assert answer.status_code == 200
    assert "max-age" in answer.headers["cache-control"]


# ---- what people do ----


def test_a_silence_shows_what_it_covers_and_then_holds_it(own: Site) -> None:
    browser = Browser(own)
    query = "/silences/new?rule=rejection&entity=1&operation=bogota"
    assert "Covers 1 incident that is open now" in text(browser.open(query))

    answer = browser.send(
        "/silences", csrf=browser.csrf(), rule="rejection", entity="1", operation="bogota",
        comment="replacing a switch", author="Eva", **{"for": "1h"},
    )  # fmt: skip

    assert answer.url == f"{own.url}/silences?said=done"
    assert "Silenced." in text(answer)
    assert "replacing a switch" in text(answer)
    assert "Silenced by Eva until 11:01" in text(browser.open("/"))
    (silence,) = own.api("silences").json()
    assert (silence["author"], silence["matches"]) == ("Eva", [first(own)])

    ended = browser.send(f"/silences/{silence['id']}/end", csrf=browser.csrf())

    assert "The silence has ended." in text(ended)
    assert "Silenced by" not in text(browser.open("/"))
    changes = text(browser.open("/changes"))
    assert "Eva on this machine silenced replacing a switch" in changes
    assert "localhost on this machine ended a silence" in changes


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"comment": ""}, "Say why: others will read it."),
        ({"author": ""}, "Say who you are."),
        ({"rule": ""}, "Say what to silence"),
        ({"end": "yesterday"}, "That is not a time"),
        ({"end": "2020-01-01T10:00"}, "must end after it begins"),
        ({"weekly": "Someday"}, "no hours of the week"),
    ],
)
def test_a_wrong_form_says_why_and_keeps_what_was_typed(
    site: Site, fields: dict[str, str], says: str
) -> None:
    browser = Browser(site)
    given = {"rule": "rejection", "comment": "why not", "author": "Eva"} | fields

    answer = browser.send("/silences", csrf=browser.csrf(), **given)

    assert answer.status_code == 422
    assert says in text(answer)
    assert all(f'value="{value}"' in answer.text for value in given.values())


def test_what_is_wrong_with_a_form_is_said_in_the_readers_language(site: Site) -> None:
    browser = Browser(site)
    browser.open("/language/es")

    answer = browser.send("/silences", csrf=browser.csrf(), rule="rejection", author="Eva")

    assert "Diga por qué: otros lo leerán." in text(answer)


def test_somebody_takes_an_incident_and_gives_it_back(own: Site) -> None:
    browser, one = Browser(own), first(own)

    taken = browser.send(f"/incidents/{one}/acknowledge", csrf=browser.csrf(), author="Luis")
    assert "Taken by Luis" in text(taken)

    back = browser.send(
        f"/incidents/{one}/unacknowledge", csrf=browser.csrf(), next=f"/incidents/{one}"
    )
    assert back.url.endswith(one)
    assert "Nobody has it yet" in text(back)
    gone = browser.send("/incidents/00/acknowledge", csrf=browser.csrf())
    assert gone.status_code == 409
    assert "That is over already" in text(gone)


@pytest.mark.parametrize("csrf", ["", "0" * 64])
def test_a_form_of_somebody_elses_making_changes_nothing(site: Site, csrf: str) -> None:
    answer = Browser(site).send("/silences", csrf=csrf, rule="*", comment="x", author="x")

    assert answer.status_code == 403
    assert "too old" in text(answer)


def test_what_is_no_form_is_refused(site: Site) -> None:
    answer = site.ask("/silences", "POST", json={"rule": "*"})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    wrong = site.ask("/silences", "POST", data=b"\xff", headers=form)

    assert (answer.status_code, wrong.status_code) == (415, 400)


# ---- programs do the same ----


def test_programs_silence_acknowledge_and_end(own: Site) -> None:
    body = {"author": "ci", "comment": "deploy", "rule": ["rejection"], "for_seconds": 600}
    one = first(own)

    preview = own.ask("/api/v1/silences/preview", "POST", json=body).json()
    added = own.ask("/api/v1/silences", "POST", json=body)
    words = [
        own.ask(f"/api/v1/incidents/{one}/{verb}", "POST", json={"author": "ci"}).status_code
        for verb in ("acknowledge", "unacknowledge")
    ]
    path = f"/api/v1/silences/{added.json()['id']}/end"
    ended = [own.ask(path, "POST", json={"author": "ci"}).status_code for _ in range(2)]

    assert sorted(each["entity"] for each in preview) == ["1", "2"]
    assert (added.status_code, added.json()["state"]) == (201, "active")
    assert words == [204, 204]
    assert ended == [204, 404]
    assert (
        own.ask("/api/v1/incidents/00/acknowledge", "POST", json={"author": "x"}).status_code == 404
    )
    done = [each["what"] for each in own.api("changes?limit=4").json()["items"]]
    assert done == ["end silence", "unacknowledge", "acknowledge", "silence"]


def test_a_silence_that_makes_no_sense_is_a_problem(site: Site) -> None:
    answer = site.ask(
        "/api/v1/silences", "POST", json={"author": "ci", "comment": "x", "rule": ["a"]}
    )

    assert answer.status_code == 409
    assert "must end" in answer.json()["detail"]


# ---- messages ----


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("en/slack/open", "rule network-rejection"),
        ("es/slack/close", "Resuelto"),
        ("pt/email/raised", "Crítico"),
        ("en/email/change", "No mail: it disturbs nobody."),
    ],
)
def test_a_message_is_shown_as_its_reader_sees_it(site: Site, path: str, says: str) -> None:
    answer = Browser(site).open(f"/gallery/{path}")

    assert answer.status_code == 200
    assert says in text(answer)
    assert answer.headers["content-security-policy"].startswith("sandbox;")


@pytest.mark.parametrize("path", ["en/slack/none", "xx/slack/open", "en/pigeon/open"])
def test_a_message_that_is_none_is_not_there(site: Site, path: str) -> None:
    assert Browser(site).open(f"/gallery/{path}").status_code == 404


# ---- the past ----


def test_an_incident_says_of_each_reading_why_people_were_told(site: Site) -> None:
    browser, path = Browser(site), f"/incidents/{first(site)}"
    assert "Explain each reading" in text(browser.open(path))

    said = text(browser.wait(browser.open(f"{path}?explain=true")))

    assert "10:01 nothing is wrong 1 reading 10:02 opened 1 reading 10:03 changed" in said


def test_another_limit_shows_what_it_would_have_sent_and_changes_nothing(site: Site) -> None:
    browser, path = Browser(site), "/rules/bogota/rejection"
    given = {"csrf": browser.csrf(path), "days": "1"}

    tried = text(
        browser.wait(browser.send(f"{path}/what-if", when="network_rejection > 5", **given))
    )
    wrong = browser.send(f"{path}/what-if", when="network_rejection >", **given)
    nowhere = browser.send("/rules/bogota/none/what-if", when="x > 1", **given)

    assert "As it is 7 messages would have been sent" in tried
    assert "As you try it 2 messages would have been sent" in tried
    assert wrong.status_code == 422
    assert 'value="network_rejection &gt;"' in wrong.text
    assert nowhere.status_code == 404
    assert "network_rejection > 1" in text(browser.open(path))


def test_programs_ask_about_the_past(site: Site) -> None:
    asked = "explain?rule=rejection&operation=bogota&entity=1"
    whatif = "/api/v1/rules/bogota/rejection/what-if"

    told = site.api(asked).json()
    earlier = site.api(f"{asked}&at=2026-01-05T15:01:30Z").json()
    tried = site.ask(whatif, "POST", json={"when": "network_rejection > 5", "days": 1}).json()

    assert (told["reason"], told["value"], told["inputs"]) == (
        "change",
        2.5,
        {"network_rejection": 2.5},
    )
    assert (earlier["told"], earlier["reason"]) == (False, "clear")
    assert {each["entity"] for each in tried["would"]} == {"2"}
    assert len(tried["was"]) > len(tried["would"])
    assert site.api("explain?rule=none&operation=bogota&entity=1").status_code == 409
    assert (
        site.ask(whatif.replace("rejection", "none"), "POST", json={"when": "x"}).status_code == 404
    )


def test_without_recordings_nothing_can_be_looked_back_at(tmp_path: Path) -> None:
    with staged(tmp_path) as stage, served(stage) as site:
        with site.desk.database.transaction() as connection:
            connection.exec_driver_sql("DELETE FROM recording")

        answer = site.api("explain?rule=rejection&operation=bogota&entity=1")

    assert answer.status_code == 409
    assert "nothing is recorded yet" in answer.json()["detail"]


# ---- roles ----


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Site]:
    with staged(tmp_path) as stage, served(stage, **WITH_TOKENS) as site:
        site.poll(**{"1_ANA": "2"})
        yield site


def test_a_stranger_sees_the_login_only(guarded: Site) -> None:
    answer = Browser(guarded).open("/rules")

    assert answer.url == f"{guarded.url}/login?next=%2Frules"
    assert "rejection" not in answer.text


def test_a_viewer_sees_all_and_changes_nothing(guarded: Site) -> None:
    browser = Browser(guarded)
    page = browser.log_in(VIEWER, "Luis")

    assert "ANA" in text(page)
    assert "I have it" not in text(page)
    assert "Luis viewer" in text(page)
    csrf = browser.csrf("/")
    assert "Operators silence." in text(browser.open("/silences/new"))
    assert browser.send("/silences", csrf=csrf, rule="*").status_code == 403
    assert browser.open("/login").url == f"{guarded.url}/"
    assert browser.send("/logout", csrf=csrf).url == f"{guarded.url}/login"
    assert browser.open("/").url.startswith(f"{guarded.url}/login")


def test_an_operator_is_known_by_name(guarded: Site) -> None:
    browser = Browser(guarded)
    browser.log_in(TOKEN)

    taken = browser.send(f"/incidents/{_only(guarded)}/acknowledge", csrf=browser.csrf())

    assert "Taken by Eva" in text(taken)
    assert "Eva logged in took an incident" in text(browser.open("/changes"))


def test_a_copied_cookie_opens_nothing_after_a_logout(guarded: Site) -> None:
    browser, neighbour = Browser(guarded), Browser(guarded)
    browser.log_in(VIEWER)
    neighbour.log_in(VIEWER)
    copy = browser.session.cookies.copy()

    browser.send("/logout", csrf=browser.csrf("/"))
    browser.session.cookies.update(copy)

    assert browser.open("/rules").url.startswith(f"{guarded.url}/login")
    assert neighbour.open("/rules").url == f"{guarded.url}/rules"


def _only(site: Site) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    items = site.ask("/api/v1/incidents", headers=headers).json()["items"]
    return str(items[0]["incident"])


def test_wrong_tokens_are_refused_and_then_slowed_down(guarded: Site) -> None:
    browser = Browser(guarded)

    answers = [browser.log_in("wrong") for _ in range(6)]

    assert [each.status_code for each in answers] == [401] * 5 + [429]
    assert "Too many wrong tokens. Try again in 60 s." in text(answers[5])
    guarded.stage.wait(minutes=2)
    assert browser.log_in(VIEWER).status_code == 200


def test_over_plain_http_from_elsewhere_nobody_types_a_token(guarded: Site) -> None:
    guarded_names = {"Host": "localhost"}
    cookie = requests.post(
        f"{guarded.url}/login", data={"token": VIEWER, "name": "x"}, headers=guarded_names,
        allow_redirects=False, timeout=60,
    ).headers["set-cookie"]  # fmt: skip

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


# ---- live ----


def test_a_listener_hears_of_each_judgement(own: Site) -> None:
    with requests.get(f"{own.url}/live", stream=True, timeout=60) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        seen = [next(line for line in lines if line.startswith("data:"))]
        own.stage.wait(minutes=1)
        own.bot.poll_once()
        seen.append(next(line for line in lines if line.startswith("data:")))

    assert seen[0] != seen[1]


@pytest.mark.parametrize("end", ["logged out", "a week later"])
def test_a_listener_hears_nothing_after_its_session(guarded: Site, end: str) -> None:
    browser = Browser(guarded)
    browser.log_in(VIEWER)
    with browser.session.get(f"{guarded.url}/live", stream=True, timeout=60) as stream:
        lines = stream.iter_lines(chunk_size=1, decode_unicode=True)
        next(line for line in lines if line.startswith("data:"))

        if end == "logged out":
            browser.send("/logout", csrf=browser.csrf("/"))
        else:
            guarded.stage.wait(minutes=7 * 24 * 60)

        assert [line for line in lines if line.startswith("data:")] == []


# ---- words ----


def phrases(language: str) -> dict[str, str | tuple[str, ...]]:
    path = folder() / "web" / "words" / f"{language}.toml"
    return read_phrases(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", ["es", "pt"])
def test_every_phrase_is_there_in_every_language(language: str) -> None:
    english, other = phrases("en"), phrases(language)

    assert english.keys() == other.keys()
    assert [k for k in english if names_in(english[k]) != names_in(other[k])] == []
    same = [k for k in english if english[k] == other[k] and len(str(english[k])) > 12]
    assert set(same) <= {"silences.weekly", "hits.hour"}


def test_a_page_template_of_ones_own_is_used_and_a_broken_one_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own" / "web"
    own.mkdir(parents=True)
    (own / "hits.page.j2").write_text("<p>our own {{ items|length }}</p>")
    (own / "rules.page.j2").write_text("{{ nothing.there }}")
    variables = {"NOTIFIER_TEMPLATES": str(tmp_path / "own")}

    with staged(tmp_path) as stage, served(stage, **variables) as site:
        assert "rules.page.j2" in capsys.readouterr().out, "said at the start, not at night"
        ours = Browser(site).open("/hits")
        assert ours.text == "<p>our own 1</p>"
        assert "script-src 'self'" in ours.headers["Content-Security-Policy"]
        assert "What is watched" in Browser(site).open("/rules").text
