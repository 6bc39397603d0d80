"""Who is let in, from where, by which name, and what they may do then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from notifier.web.gate import LARGEST, Gate, cookie_name, names_of
from notifier.web.limit import FROM_ALL, FROM_ONE, Attempts
from notifier.web.limit import MOST as ADDRESSES
from notifier.web.visitor import SESSION, Access, Role, Visitor

NOW = datetime(2026, 1, 5, 15, tzinfo=UTC)
TOKENS = {Role.OPERATOR: "operate", Role.VIEWER: "view"}
PROXIED = Access(
    proxies=(ip_network("10.0.0.0/8"),),
    user_header="x-user",
    operators=frozenset({"eva"}),
    key=b"k",
)
LOCAL = names_of("127.0.0.1", ["Alerts.example.com"])


async def inside(scope: object, receive: object, send: object) -> None:
    """What stands behind the gate: it says whom it sees, and how much it was sent."""
    request = Request(scope, receive)  # type: ignore[arg-type]
    visitor, caller = request.state.visitor, request.state.caller
    answer: Response = JSONResponse(
        {"role": visitor.role.value if visitor else None, "name": visitor and visitor.name,
         "how": visitor and visitor.how, "address": caller.address, "secure": caller.secure}
    )  # fmt: skip
    await answer(scope, receive, send)  # type: ignore[arg-type]


class Answer:
    """What came back."""

    def __init__(self, messages: list[Message]) -> None:
        self.status = int(messages[0]["status"])
        self.headers = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
        self.text = b"".join(m.get("body", b"") for m in messages[1:]).decode()


class Door:
    """A gate, and somebody who knocks."""

    def __init__(
        self,
        access: Access,
        names: frozenset[str] | None = None,
        clock: Callable[[], datetime] = lambda: NOW,
    ) -> None:
        self.seconds = 0.0
        self.more: tuple[tuple[str, str], ...] = ()  # headers behind all others
        self.access = access
        self.gate = Gate(inside, access, names, Attempts(lambda: self.seconds), clock)

    def knock(
        self,
        path: str = "/",
        method: str = "GET",
        client: str = "10.1.1.1",
        **headers: str,
    ) -> Answer:
        given = {"host": "127.0.0.1:8080"} | {k.replace("_", "-"): v for k, v in headers.items()}
        raw_path, _, query = path.partition("?")
        scope: dict[str, object] = {
            "type": "http", "method": method, "path": raw_path, "query_string": query.encode(),
            "scheme": "http", "client": (client, 5), "server": ("127.0.0.1", 8080),
            "headers": [(k.encode(), v.encode()) for k, v in (*given.items(), *self.more)],
        }  # fmt: skip
        return Answer(run(self.gate, scope))


def run(gate: Gate, scope: dict[str, object]) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    call = gate(scope, receive, send)
    with pytest.raises(StopIteration):
        call.__await__().send(None)  # nothing in it really waits
    return sent


# ---- loopback ----


def test_on_loopback_without_a_token_everybody_there_operates() -> None:
    answer = Door(Access(key=b"k"), LOCAL).knock(client="127.0.0.1")

    assert '"role":"operator"' in answer.text
    assert '"how":"loopback"' in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("[::1]:8080", 200),
        ("alerts.example.com", 200),
        ("evil.example.net:8080", 421),
        ("", 421),
        ("[", 421),
    ],
)
def test_a_name_that_was_bent_to_us_is_refused(host: str, status: int) -> None:
    door = Door(Access(key=b"k"), LOCAL)

    assert door.knock(client="127.0.0.1", host=host).status == status
    assert door.knock("/healthz", client="127.0.0.1", host=host).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"origin": "http://127.0.0.1:8080"}, 200),
        ({"origin": "https://evil.example.net"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_another_sites_page_changes_nothing(headers: dict[str, str], status: int) -> None:
    door = Door(Access(key=b"k"), LOCAL)

    assert door.knock("/silences", "POST", **headers).status == status


# ---- tokens ----


@pytest.mark.parametrize(
    ("given", "status", "role"),
    [
        ("Bearer operate", 200, "operator"),
        ("bearer view", 200, "viewer"),
        ("Bearer wrong", 401, ""),
        ("Bearer ", 401, ""),
        ("Basic b3BlcmF0ZQ==", 401, ""),
        ("Bearer ñandú", 401, ""),
    ],
)
def test_a_token_says_who_may_do_what(given: str, status: int, role: str) -> None:
    answer = Door(Access(TOKENS, key=b"k")).knock("/api/v1/incidents", authorization=given)

    assert answer.status == status
    assert f'"role":"{role}"' in answer.text or not role


def test_without_a_token_a_program_gets_a_401_and_a_browser_the_login() -> None:
    door = Door(Access(TOKENS, key=b"k"))

    program, browser = door.knock("/metrics"), door.knock("/silences?state=ended")

    assert (program.status, program.headers["www-authenticate"]) == (401, "Bearer")
    assert browser.status == 303
    assert browser.headers["location"] == "/login?next=%2Fsilences%3Fstate%3Dended"
    assert door.knock("/silences", "POST").status == 401


@pytest.mark.parametrize("path", ["/login", "/static/page.css", "/healthz", "/readyz"])
def test_some_things_are_for_everybody(path: str) -> None:
    assert Door(Access(TOKENS, key=b"k")).knock(path).status == 200


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/api/v1/silences", "GET", 200),
        ("/api/v1/silences", "POST", 403),
        ("/silences/1/end", "POST", 403),
        ("/api/v1/silences/1", "DELETE", 403),
        ("/api/v1/silences/preview", "POST", 200),
        ("/logout", "POST", 200),
    ],
)
def test_a_viewer_changes_nothing(path: str, method: str, status: int) -> None:
    door = Door(Access(TOKENS, key=b"k"))

    assert door.knock(path, method, authorization="Bearer view").status == status
    assert door.knock(path, method, authorization="Bearer operate").status == 200


def test_tokens_cannot_be_guessed_quickly() -> None:
    door = Door(Access(TOKENS, key=b"k"))

    wrong = [door.knock("/api/v1/rules", authorization="Bearer x").status for _ in range(7)]
    other = door.knock("/api/v1/rules", client="10.2.2.2", authorization="Bearer x").status
    right = door.knock("/api/v1/rules", authorization="Bearer view").status
    door.seconds = 61.0

    assert wrong == [401] * FROM_ONE + [429] * 2
    assert (other, right) == (401, 200)
    assert door.knock("/api/v1/rules", authorization="Bearer x").status == 401


def test_many_who_guess_together_are_slowed_down_together_and_shut_nobody_else_out() -> None:
    attempts = Attempts(lambda: 0.0)

    for number in range(FROM_ALL):
        attempts.failed(f"10.0.0.{number}")

    assert {attempts.wait(f"10.0.0.{number}") for number in range(FROM_ALL)} == {60.0}
    assert attempts.wait("10.9.9.9") == 0.0


def test_a_site_of_many_addresses_is_one_that_guesses() -> None:
    attempts = Attempts(lambda: 0.0)

    for number in range(FROM_ONE):
        attempts.failed(f"2001:db8:1:2::{number}")
        attempts.failed("::ffff:10.0.0.1")

    assert attempts.wait("2001:db8:1:2:ffff::1") == attempts.wait("10.0.0.1") == 60.0
    assert attempts.wait("2001:db8:1:3::1") == attempts.wait("somebody") == 0.0


def test_guesses_from_everywhere_fill_no_memory() -> None:
    attempts = Attempts(lambda: 0.0)

    for number in range(ADDRESSES + 10):
        attempts.failed(f"host-{number}")

    assert len(attempts._own) == ADDRESSES
    assert len(attempts._wrong) == FROM_ALL


def test_of_several_lines_of_a_proxy_and_its_client_the_proxys_is_believed() -> None:
    door = Door(PROXIED)
    door.more = (("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "http"))

    answer = door.knock(x_user="eva", x_forwarded_for="127.0.0.1", x_forwarded_proto="https")

    assert '"address":"203.0.113.7"' in answer.text
    assert "strict-transport-security" not in answer.headers


def test_of_two_users_in_one_request_none_is_believed() -> None:
    door = Door(PROXIED)
    door.more = (("x-user", "luis"),)

    assert door.knock(x_user="eva").status == 401


# ---- sessions ----


def session(access: Access, role: Role = Role.VIEWER, name: str = "Eva") -> str:
    return access.session(Visitor(role, name), NOW)


@pytest.mark.parametrize("role", Role)
def test_a_session_lasts_a_week(role: Role) -> None:
    access = Access(TOKENS, key=b"k")
    cookie = f"notifier={session(access, role)}"

    early = Door(access).knock(cookie=cookie)
    late = Door(access, clock=lambda: NOW + SESSION).knock(cookie=cookie)

    assert f'"role":"{role.value}","name":"Eva","how":"session"' in early.text
    assert late.status == 303


def test_a_session_is_of_one_key_and_of_these_tokens() -> None:
    cookie = f"notifier={session(Access(TOKENS, key=b'k'))}"
    others = [
        Access(TOKENS, key=b"another"),
        Access({**TOKENS, Role.VIEWER: "renewed"}, key=b"k"),
        Access(TOKENS, key=b"k"),
    ]

    assert [Door(access).knock(cookie=cookie).status for access in others] == [303, 303, 200]


@pytest.mark.parametrize("cookie", ["notifier=", "notifier=e30.00", "notifier=ñ.ñ", "a b;c", "x=1"])
def test_a_cookie_of_somebody_elses_making_is_none(cookie: str) -> None:
    assert Door(Access(TOKENS, key=b"k")).knock(cookie=cookie).status == 303


def test_a_session_cannot_be_made_an_operators() -> None:
    access = Access(TOKENS, key=b"k")
    _, _, signature = session(access).partition(".")
    body, _, _ = session(access, Role.OPERATOR).partition(".")

    assert Door(access).knock(cookie=f"notifier={body}.{signature}").status == 303


# ---- proxies ----


@pytest.mark.parametrize(
    ("client", "user", "expected"),
    [
        ("10.0.0.9", "eva", '"role":"operator","name":"eva","how":"proxy"'),
        ("10.0.0.9", "luis", '"role":"viewer","name":"luis"'),
        ("192.0.2.1", "eva", "a token is needed"),
        ("10.0.0.9", "", "a token is needed"),
    ],
)
def test_only_a_listed_proxy_says_who_somebody_is(client: str, user: str, expected: str) -> None:
    assert expected in Door(PROXIED).knock(client=client, x_user=user).text


def test_a_proxy_that_only_speaks_tls_names_nobody() -> None:
    access = Access(TOKENS, proxies=PROXIED.proxies, key=b"k")

    assert Door(access).knock(client="10.0.0.9", x_user="eva").status == 303


def test_a_proxy_is_believed_about_the_client_and_https() -> None:
    told = {"x_forwarded_for": "1.2.3.4, 192.0.2.7", "x_forwarded_proto": "https"}
    headers = {"host": "alerts.example.com", "x_user": "eva", **told}

    believed = Door(PROXIED).knock(client="10.0.0.9", **headers)
    not_believed = Door(PROXIED).knock(client="192.0.2.1", **headers)

    assert '"address":"192.0.2.7","secure":true' in believed.text
    assert believed.headers["strict-transport-security"]
    assert "strict-transport-security" not in not_believed.headers


def test_over_https_the_cookie_is_one_that_no_neighbour_can_set() -> None:
    access = Access(TOKENS, proxies=PROXIED.proxies, key=b"k")
    headers = {"x_forwarded_proto": "https", "host": "alerts.example.com"}
    value = session(access)

    plain = Door(access).knock(client="10.0.0.9", cookie=f"notifier={value}", **headers)
    bound = Door(access).knock(client="10.0.0.9", cookie=f"__Host-notifier={value}", **headers)

    assert (plain.status, bound.status) == (303, 200)


# ---- every answer ----


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/nothing", "/login"])
def test_every_answer_forbids_inline_script_and_framing(path: str) -> None:
    headers = Door(Access(TOKENS, key=b"k")).knock(path).headers

    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_a_request_that_is_too_large_is_refused() -> None:
    door = Door(Access(key=b"k"), LOCAL)

    assert door.knock("/silences", "POST", content_length=str(LARGEST + 1)).status == 413
    assert door.knock("/silences", "POST", content_length="ten").status == 200


def test_what_is_no_request_is_left_alone() -> None:
    door = Door(Access(key=b"k"))

    assert run(door.gate, {"type": "websocket"}) == []


def test_a_cookie_is_named_for_its_road() -> None:
    from notifier.web.gate import Caller

    assert cookie_name(Caller("10.0.0.1", "localhost", https=False)) == "notifier"


def test_a_session_is_good_for_a_week_only() -> None:
    assert timedelta(days=7) == SESSION
