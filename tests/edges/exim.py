"""A real Exim with TLS, on loopback and in a folder of its own.

Debian's packages of mail servers exclude each other: ``.ci/run`` unpacks this one beside the
installed Postfix, into ``.ci/servers``, and makes its user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.edges.mail_server import (
    PATH,
    MailServer,
    certified,
    end,
    free_port,
    missing,
    public_folder,
    up,
)

UNPACKED = Path(__file__).parents[2] / ".ci" / "servers" / "usr" / "sbin"
PLACES = f"{PATH}:{UNPACKED}"
USER = "Debian-exim"  # the program does not start without it

_CONF = """\
primary_hostname = mail.example.com
exim_path = {program}
exim_user = nobody
exim_group = nogroup
spool_directory = {folder}/spool
log_file_path = {folder}/log-%s
pid_file_path = {folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
keep_environment =
add_environment = PATH=/usr/bin
host_lookup =
rfc1413_query_timeout = 0s
message_size_limit = 200000
tls_advertise_hosts = *
tls_certificate = {folder}/cert.pem
tls_privatekey = {folder}/key.pem
acl_smtp_mail = sender
acl_smtp_rcpt = recipient
domainlist ours = example.com

begin acl
sender:
  deny message = 530 5.7.0 Must issue a STARTTLS command first
       ! encrypted = *
  accept
recipient:
  deny message = relay not permitted
       ! domains = +ours
  defer message = 452 4.2.2 Mailbox full
        local_parts = full
  require verify = recipient
  accept

begin routers
people:
  driver = accept
  domains = +ours
  local_parts = lsearch;{folder}/people
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  maildir_format
  directory = {folder}/mail/$local_part_data
  user = nobody
  group = nogroup
"""
_PEOPLE = "guardia: guardia\nfull: full\nsecond: second\n"


def why_not() -> str:
    """Why a test must be skipped, or nothing."""
    return missing("exim4", path=PLACES) or ("" if _known(USER) else f"no user {USER}")


@contextmanager
def exim() -> Iterator[MailServer]:
    """An Exim of our own."""
    with ExitStack() as stack:
        folder = stack.enter_context(public_folder("exim"))
        port, authority = free_port(), certified(folder)
        program = shutil.which("exim4", path=PLACES)
        assert program
        _configure(folder, port, program)
        log = folder / "log"
        out = stack.enter_context(log.open("wb"))
        command = [program, "-C", str(folder / "conf"), "-bdf"]
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        stack.callback(end, process)
        up(process, port, log)
        yield MailServer(folder, port, authority, "OK id=")


def _configure(folder: Path, port: int, program: str) -> None:
    nobody = pwd.getpwnam("nobody")
    for name in ("spool", "mail"):
        (folder / name).mkdir()
        os.chown(folder / name, nobody.pw_uid, nobody.pw_gid)
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)  # its logs are made there
    (folder / "people").write_text(_PEOPLE)
    for name in ("cert.pem", "key.pem"):
        os.chown(folder / name, nobody.pw_uid, nobody.pw_gid)
    (folder / "conf").write_text(_CONF.format(folder=folder, port=port, program=program))


def _known(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
