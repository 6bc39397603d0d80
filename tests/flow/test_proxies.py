"""The page behind nginx and Caddy, set up as docs/web.md says: TLS, logins, live updates, users."""

from __future__ import annotations

import base64
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode

import pytest
import trustme
import urllib3

from tests.flow.pages import TOKEN, WITH_TOKENS, Site, served
from tests.flow.stage import staged

Answer: TypeAlias = urllib3.BaseHTTPResponse
ROOT = Path(__file__).parent.parent.parent
NAME = "alerts.example.com"
BEHIND = {"NOTIFIER_WEB__PROXIES": "127.0.0.1", "NOTIFIER_WEB__NAMES": NAME}
SIGNED_ON = {
    **BEHIND,
    "NOTIFIER_WEB__USER_HEADER": "X-Forwarded-User",
    "NOTIFIER_WEB__OPERATORS": "eva",
}
HASH = "$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"  # of "secret", cheap to check
LONGEST = 60.0  # seconds for a proxy to come up, or for an answer: only against hanging


def documented(proxy: str) -> list[str]:
    """The configurations of that proxy, in their order."""
    page = (ROOT / "docs" / "web.md").read_text(encoding="utf-8")
    return re.findall(rf"```{proxy}\n(.*?)```", page, re.DOTALL)


def a_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def nginx(folder: Path, port: int, behind: int, *, users: bool) -> list[str]:
    whole, passwords = documented("nginx")
    if users:
        (folder / "users").write_text("eva:{PLAIN}secret\nluis:{PLAIN}secret\n")
        whole = re.sub(r" *proxy_set_header X-Forwarded-User .*\n", passwords, whole)
    for said, here in {
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl": str(folder),
        "/etc/nginx/alerts.users": str(folder / "users"),
        "127.0.0.1:8080": f"127.0.0.1:{behind}",
    }.items():
        assert said in whole or (said.startswith("/etc/nginx") and not users)
        whole = whole.replace(said, here)
    temporary = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder / 'nginx.pid'};\n"
        f"error_log {folder / 'error.log'};\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{whole}}}\n"
    )
    return f"nginx -p {folder} -e {folder}/error.log -c {folder}/nginx.conf".split()


def caddy(folder: Path, port: int, behind: int, *, users: bool) -> list[str]:
    whole = documented("caddy")[1 if users else 0]
    if users:
        assert "eva $2a$14$..." in whole
        whole = whole.replace("eva $2a$14$...", f"eva {HASH}\nluis {HASH}")
    assert "127.0.0.1:8080" in whole
    whole = whole.replace("127.0.0.1:8080", f"127.0.0.1:{behind}").replace(
        f"{NAME} {{",
        f"https://{NAME}:{port} {{\nbind 127.0.0.1\ntls {folder}/alerts.pem {folder}/alerts.key",
    )
    (folder / "Caddyfile").write_text(
        "{\nadmin off\ngrace_period 1s\nauto_https disable_redirects\n"
        f"storage file_system {folder}\n}}\n{whole}"
    )
    return f"caddy run --adapter caddyfile --config {folder}/Caddyfile".split()


PROXIES = {"nginx": nginx, "caddy": caddy}


@dataclass
class Browser:
    """Somebody outside, before a proxy."""

    pool: urllib3.HTTPSConnectionPool
    site: Site
    kept: str = ""  # what cookies it was given

    def ask(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answer:
        """Ask as a browser does, cookies kept; a form comes from the site's own page."""
        sent = {"host": NAME, "cookie": self.kept}
        body = None
        if form is not None:
            body = urlencode(form)
            sent |= {
                "content-type": "application/x-www-form-urlencoded",
                "origin": f"https://{NAME}",
            }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Answer = self.pool.request(
            "GET" if form is None else "POST", path, body=body, headers=sent,
            redirect=False, retries=False, preload_content=path != "/live",
        )  # fmt: skip
        if cookie := answer.headers.get("set-cookie"):
            self.kept = cookie.partition(";")[0]
        return answer

    def log_in(self, token: str, **headers: str) -> Answer:
        """Type a token into the form."""
        return self.ask("/login", {"name": "Eva", "token": token, "next": "/silences"}, **headers)


@contextmanager
def before(
    proxy: str, folder: Path, variables: dict[str, str], *, users: bool = False
) -> Iterator[Browser]:
    """The site behind that proxy."""
    if shutil.which(proxy) is None:
        pytest.skip(f"{proxy} is not installed")
    authority, port = trustme.CA(), a_port()
    certificate = authority.issue_cert(NAME)
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "alerts.pem")
    certificate.private_key_pem.write_to_path(folder / "alerts.key")
    authority.cert_pem.write_to_path(folder / "authority.pem")
    with staged(folder) as stage, served(stage, **variables) as site:
        site.poll(**{"1_ANA": "2"})
        command = PROXIES[proxy](folder, port, int(site.url.rpartition(":")[2]), users=users)
        with (folder / "proxy.log").open("w") as said:
            running = subprocess.Popen(command, stdout=said, stderr=said, cwd=folder)
        try:
            _up(port, running, folder)
            yield Browser(
                urllib3.HTTPSConnectionPool(
                    "127.0.0.1", port, timeout=LONGEST, ca_certs=str(folder / "authority.pem"),
                    server_hostname=NAME, assert_hostname=NAME,
                ),
                site,
            )  # fmt: skip
        finally:
            running.terminate()
            running.wait()


def _up(port: int, running: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and running.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)  # another program comes up
    logs = [path.read_text() for path in folder.glob("*.log")]
    pytest.fail(f"the proxy did not come up: {logs}")


def heard(live: Answer) -> None:
    """Read on until there is another version; a proxy that keeps it to itself lets this hang."""
    said = b""
    while b"event: version" not in said:
        more = live.read1()
        assert more, "the stream ended"
        said += more


both = pytest.mark.parametrize("proxy", list(PROXIES))


@both
def test_people_log_in_over_https_and_see_what_happens_as_it_does(
    proxy: str, tmp_path: Path
) -> None:
    with before(proxy, tmp_path, WITH_TOKENS | BEHIND) as browser:
        stranger = browser.ask("/")
        form = browser.ask("/login?next=%2F")
        logged_in = browser.log_in(TOKEN)
        page = browser.ask("/")
        live = browser.ask("/live")
        heard(live)
        browser.site.poll(**{"1_ANA": "9"})
        heard(live)
        live.close()

    assert (stranger.status, stranger.headers["location"]) == (303, "/login?next=%2F")
    assert (form.status, logged_in.status, page.status) == (200, 303, 200)
    assert logged_in.headers["location"] == "/silences"
    cookie = logged_in.headers["set-cookie"].lower()
    assert cookie.startswith("__host-notifier=")
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= set(cookie.split("; "))
    assert page.headers["strict-transport-security"].startswith("max-age=")
    assert b"ANA" in page.data


@both
def test_what_others_send_in_the_name_of_the_proxy_is_not_believed(
    proxy: str, tmp_path: Path
) -> None:
    named_by_all = WITH_TOKENS | SIGNED_ON if proxy == "nginx" else WITH_TOKENS | BEHIND
    with before(proxy, tmp_path, named_by_all) as browser:
        named = browser.ask("/silences", x_forwarded_user="eva")
        guesses = [
            browser.log_in("wrong", x_forwarded_for=f"9.9.9.{n}", x_forwarded_proto="http").status
            for n in range(6)
        ]
        elsewhere = browser.log_in(TOKEN, origin="https://evil.example")
        bent = browser.ask("/", host="evil.example")

    assert named.status == 303, "a client names itself"
    assert guesses == [401] * 5 + [429], "each guess came from the same address"
    assert elsewhere.status == 403
    assert b"ANA" not in bent.data
    assert not bent.headers.get("location", "").startswith("/login")


@both
def test_the_proxys_own_users_are_who_it_says(proxy: str, tmp_path: Path) -> None:
    def user(name: str) -> str:
        return "Basic " + base64.b64encode(f"{name}:secret".encode()).decode()

    with before(proxy, tmp_path, SIGNED_ON, users=True) as browser:
        nobody = browser.ask("/")
        forged = browser.ask("/", authorization=user("luis"), x_forwarded_user="eva")
        refused = browser.ask("/silences", {"csrf": ""}, authorization=user("luis"))
        operator = browser.ask("/silences/new", authorization=user("eva"))

    assert nobody.status == 401
    assert forged.status == 200
    assert "luis" in forged.data.decode()
    assert "eva" not in forged.data.decode()
    assert refused.status == 403
    assert operator.status == 200
    assert 'name="csrf"' in operator.data.decode()
