"""A mail server that was not written here, on loopback and in a folder of its own.

Nothing of the machine's own mail is touched. They are started by root only.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event

import trustme

PATIENCE = 60  # seconds that a busy machine may take
PATH = "/usr/sbin:/usr/bin"


@dataclass(frozen=True)
class MailServer:
    """One that runs: ``example.com`` is its own, its people are guardia, second, and full.

    Attributes:
        says: What it answers to a mail that it takes, before its own number for it.
    """

    folder: Path
    port: int
    authority: trustme.CA
    says: str

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


def missing(*programs: str, path: str = PATH) -> str:
    """Why a test must be skipped, or nothing."""
    if os.geteuid() != 0:
        return "only root can start a mail server"
    lacking = [name for name in programs if shutil.which(name, path=path) is None]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


@contextmanager
def public_folder(name: str) -> Iterator[Path]:
    """A folder that a server's users may enter: pytest's are private."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


def certified(folder: Path) -> trustme.CA:
    """Put a certificate for loopback there, and return who issued it."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    (folder / "cert.pem").write_bytes(b"".join(p.bytes() for p in certificate.cert_chain_pems))
    (folder / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    return authority


def up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until it takes connections."""
    eventually(lambda: process.poll() is not None or answers(port))
    if process.poll() is not None:
        raise AssertionError(log.read_text(errors="replace"))


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop it, in the end by force."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(PATIENCE)


def free_port() -> int:
    """One that nobody has just now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
