"""A real Postfix with TLS, and a real postgrey before it, on loopback and in folders of their own.

Nothing of the machine's own mail is touched. Both need to be installed and to be started by root:
Debian: ``apt-get install postfix postgrey``.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.edges.mail_server import (
    PATIENCE,
    MailServer,
    answers,
    certified,
    end,
    eventually,
    free_port,
    public_folder,
    up,
)

DAEMONS = Path("/usr/lib/postfix/sbin")
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


@contextmanager
def postfix(*, greylisting: bool = False) -> Iterator[MailServer]:
    """A Postfix of our own."""
    with ExitStack() as stack:
        folder = stack.enter_context(public_folder("postfix"))
        grey = stack.enter_context(_postgrey(folder)) if greylisting else 0
        port, authority = free_port(), certified(folder)
        _configure(folder, port, grey)
        log = stack.enter_context((folder / "log").open("wb"))
        postfix = ["/usr/sbin/postfix", "-c", str(folder / "conf")]
        process = subprocess.Popen([*postfix, "start-fg"], stdout=log, stderr=log)
        stack.callback(process.wait, PATIENCE)
        stack.callback(subprocess.run, [*postfix, "stop"], stdout=log, stderr=log, check=False)
        up(process, port, folder / "log")
        yield MailServer(folder, port, authority, "2.0.0 Ok: queued as ")


def _configure(folder: Path, port: int, grey: int) -> None:
    for name in ("queue", "data", "mail", "conf"):
        (folder / name).mkdir()
    server, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
    os.chown(folder / "data", server.pw_uid, server.pw_gid)
    os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
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
    port = free_port()
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
            eventually(lambda: process.poll() is not None or answers(port))
            yield port
        finally:
            end(process)
