"""A real Postfix with TLS, and a real postgrey before it, on loopback and in folders of their own.

Nothing of the machine's own mail is touched. Both need to be installed and to be started by root:
Debian: ``apt-get install postfix postgrey``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event

import trustme

DAEMONS = Path("/usr/lib/postfix/sbin")
PATIENCE = 60  # seconds that a busy machine may take
DELAY = 1  # seconds that postgrey makes a stranger wait

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = /dev/stdout
daemon_directory = {daemons}
myhostname = mail.example.com
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 192.0.2.0/24
virtual_mailbox_domains = example.com
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/people
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
message_size_limit = 200000
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
  reject_unlisted_recipient, check_recipient_access texthash:{folder}/access
{grey}
"""
_MASTER = """\
postlog unix-dgram n - n - 1 postlogd
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
"""
_PEOPLE = "guardia@example.com guardia/\nfull@example.com full/\nsecond@example.com second/\n"
_ACCESS = "full@example.com 452 4.2.2 Mailbox full\n"


@dataclass(frozen=True)
class Postfix:
    """One that runs."""

    folder: Path
    port: int
    authority: trustme.CA

    def inbox(self, who: str) -> list[EmailMessage]:
        """What one person got, once at least one mail is there."""
        new = self.folder / "mail" / who / "new"
        eventually(lambda: new.is_dir() and any(new.iterdir()))
        return [
            message_from_bytes(one.read_bytes(), policy=policy.default) for one in new.iterdir()
        ]


def eventually(done: Callable[[], bool]) -> None:
    """Wait until it is so: another program cannot be told the time."""
    for _ in range(PATIENCE * 20):
        if done():
            return
        Event().wait(0.05)
    raise AssertionError("it never came to be")


def missing(*programs: str) -> str:
    """Why a test must be skipped, or nothing."""
    if os.geteuid() != 0:
        return "only root can start a Postfix"
    lacking = [name for name in programs if shutil.which(name, path="/usr/sbin:/usr/bin") is None]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


@contextmanager
def postfix(*, greylisting: bool = False) -> Iterator[Postfix]:
    """A Postfix of our own, in a folder that its users may enter: pytest's are private."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postfix-")))
        folder.chmod(0o755)
        grey = stack.enter_context(_postgrey(folder)) if greylisting else 0
        port = _free_port()
        authority = trustme.CA()
        _configure(folder, port, authority, grey)
        log = stack.enter_context((folder / "log").open("wb"))
        postfix = ["/usr/sbin/postfix", "-c", str(folder / "conf")]
        process = subprocess.Popen([*postfix, "start-fg"], stdout=log, stderr=log)
        stack.callback(process.wait, PATIENCE)
        stack.callback(subprocess.run, [*postfix, "stop"], stdout=log, stderr=log, check=False)
        eventually(lambda: process.poll() is not None or _answers(port))
        if process.poll() is not None:
            raise AssertionError((folder / "log").read_text())
        yield Postfix(folder, port, authority)


def _configure(folder: Path, port: int, authority: trustme.CA, grey: int) -> None:
    for name in ("queue", "data", "mail", "conf"):
        (folder / name).mkdir()
    server, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    os.chown(folder / "data", server.pw_uid, server.pw_gid)
    os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
    certificate = authority.issue_cert("127.0.0.1")
    (folder / "cert.pem").write_bytes(b"".join(p.bytes() for p in certificate.cert_chain_pems))
    (folder / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    (folder / "people").write_text(_PEOPLE)
    (folder / "access").write_text(_ACCESS)
    policy_service = f"  , check_policy_service inet:127.0.0.1:{grey}" if grey else ""
    main = _MAIN.format(
        folder=folder, daemons=DAEMONS, uid=nobody.pw_uid, gid=nobody.pw_gid, grey=policy_service
    )
    (folder / "conf" / "main.cf").write_text(main)
    (folder / "conf" / "master.cf").write_text(_MASTER.format(port=f"127.0.0.1:{port}"))


@contextmanager
def _postgrey(folder: Path) -> Iterator[int]:
    port = _free_port()
    known = folder / "grey"
    known.mkdir()
    user = pwd.getpwnam("postgrey")
    os.chown(known, user.pw_uid, user.pw_gid)
    command = [
        "/usr/sbin/postgrey", f"--inet=127.0.0.1:{port}", f"--delay={DELAY}", f"--dbdir={known}",
        "--auto-whitelist-clients=0",
    ]  # fmt: skip
    with (folder / "grey.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            eventually(lambda: process.poll() is not None or _answers(port))
            yield port
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
