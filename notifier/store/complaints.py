"""Say in one sentence what is wrong with a database, and what to do about it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError


def foreign(name: str) -> str:
    """A file in which somebody else's tables are."""
    return (
        f"the database {name} holds the tables of another program; "
        "set NOTIFIER_DATABASE_URL to a file of its own"
    )


def newer(name: str, found: str, known: str) -> str:
    """A database whose tables this program does not know yet."""
    return (
        f"the database {name} was written by a newer notifier (tables {found}, this program "
        f"knows up to {known}); install that version or use another database"
    )


def of_driver(error: DBAPIError, name: str) -> str | None:
    """What is wrong and what to do, for what an operator can mend; None for our own mistakes."""
    said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else "no answer"
    kinds = {kind.__name__ for kind in type(error.orig).__mro__}
    for sign, advice in _ADVICE:
        if sign in said:
            return f"the database {name} cannot be used: {said}; {advice}"
    if kinds & _OPERATIONAL or error.connection_invalidated:
        return f"the database {name} cannot be used: {said}; see that it runs and may be reached"
    return None


_OPERATIONAL = frozenset(
    {"OperationalError", "InterfaceError", "AdminShutdown", "CannotConnectNow"}
)
_ADVICE = (
    ("unable to open", "see that the folder may be written by this user"),
    ("readonly", "see that the file and its folder may be written by this user"),
    ("read-only", "see that the file and its folder may be written by this user"),
    ("locked", "another program has been writing for too long: end it, then start again"),
    ("disk is full", "make room on the disk"),
    ("No space left", "make room on the disk"),
    ("disk I/O", "see that the disk is well and has room"),
    ("not a database", "it is another kind of file: set NOTIFIER_DATABASE_URL to another place"),
    ("malformed", "the file is damaged: put a backup in its place"),
    ("password authentication failed", "mend the user or password in NOTIFIER_DATABASE_URL"),
    ("permission denied", "grant its user the tables, or make it their owner"),
    ("does not exist", "create it, or mend NOTIFIER_DATABASE_URL"),
)
