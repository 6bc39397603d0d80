"""A real PgBouncer before a real PostgreSQL: which of its ways to pool leaves a lock alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from notifier.doctor.database import look
from notifier.store.database import open_database
from tests.edges.mail_server import eventually
from tests.edges.stores import emptied, postgresql

__all__ = ["postgresql"]

BOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
PATIENCE = 60  # seconds that a busy machine may take
pytestmark = [
    pytest.mark.timeout(180),  # the first test waits for PostgreSQL's files to be made
    pytest.mark.skipif(BOUNCER is None, reason="no PgBouncer is installed"),
]
CONFIG = """
[databases]
notifier = host={host} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
ignore_startup_parameters = extra_float_digits
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that PgBouncer may read as another user."""
    with TemporaryDirectory(prefix="pgbouncer-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def bouncer(address: str, mode: str, folder: Path) -> Iterator[str]:
    """The address of the same database, through a pooler."""
    host = parse_qs(urlsplit(address).query)["host"][0]
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    config = folder / "pgbouncer.ini"
    config.write_text(CONFIG.format(host=host, port=port, mode=mode))
    user = "pgserver" if os.getuid() == 0 else None  # PgBouncer refuses root, as PostgreSQL does
    running = subprocess.Popen([str(BOUNCER), "-q", str(config)], user=user)
    url = f"postgresql://postgres@127.0.0.1:{port}/notifier"
    try:
        eventually(lambda: _answers(url))
        yield url.replace("postgresql:", "postgresql+psycopg:")
    finally:
        running.terminate()
        running.wait(PATIENCE)


def _answers(url: str) -> bool:
    with suppress(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=5).close()
        return True
    return False


@pytest.mark.parametrize(("mode", "level"), [("session", "ok"), ("transaction", "fail")])
def test_the_doctor_tells_a_pool_of_transactions_from_one_of_sessions(
    postgresql: str, folder: Path, mode: str, level: str
) -> None:
    address = emptied(postgresql)
    with bouncer(address, mode, folder) as url, closing(open_database(url)) as database:
        found = {each.check: each for each in look(database)}

    assert found["sessions"].level.value == level


def test_through_a_pool_of_sessions_one_owns_the_database_and_the_next_is_refused(
    postgresql: str, folder: Path
) -> None:
    address = emptied(postgresql)
    with (
        bouncer(address, "session", folder) as url,
        closing(open_database(url)) as first,
        closing(open_database(address)) as second,
    ):
        taken = first.take(), second.take()
        still = first.still_owned()
        first.close()
        eventually(second.take)

    assert (taken, still) == ((True, False), True)
