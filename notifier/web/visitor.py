"""Say who asks: by a token, a signed session, a proxy's word, or because nobody else can reach us.

What is signed is made of the tokens, too: a changed token ends every session.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from ipaddress import AddressValueError, IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

SESSION = timedelta(days=7)
LONGEST_NAME = 60  # characters


class Role(Enum):
    """What somebody may do: see, or also change."""

    VIEWER = "viewer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks.

    Attributes:
        name: As they said, or a proxy said; empty where nobody did.
        how: ``loopback``, ``token``, ``session`` or ``proxy``.
    """

    role: Role
    name: str = ""
    how: str = "loopback"

    @property
    def operates(self) -> bool:
        """Whether they may change anything."""
        return self.role is Role.OPERATOR


@dataclass(frozen=True)
class Access:
    """Who is let in.

    Attributes:
        tokens: By role; empty where none is set.
        proxies: Whom is believed about the client, https and, in *user_header*, the user.
        user_header: In lower case; empty: no user is believed.
        operators: Users of a proxy who are operators; ``*`` for all.
        key: What sessions are signed with; kept in the database, so that they outlive a restart.
    """

    tokens: Mapping[Role, str] = field(default_factory=dict, repr=False)
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    user_header: str = ""
    operators: frozenset[str] = frozenset()
    key: bytes = field(default=b"", repr=False)
    _ended: dict[str, float] = field(default_factory=dict, repr=False)  # sessions: until when

    @property
    def open(self) -> bool:
        """Whether whoever reaches us is let in: only on loopback, see the settings."""
        return not self.tokens and not self.user_header

    def by_token(self, given: str) -> Role | None:
        """Whose token that is. Both are compared, so that time tells nothing."""
        found = [
            r for r, t in self.tokens.items() if hmac.compare_digest(given.encode(), t.encode())
        ]
        return found[0] if found else None

    def trusts(self, client: str) -> bool:
        """Whether that address is one of our proxies."""
        try:
            address = ip_address(client)
        except (AddressValueError, ValueError):
            return False
        return any(address in network for network in self.proxies)

    def by_proxy(self, user: str) -> Visitor:
        """Whom a proxy names."""
        operates = bool(self.operators & {"*", user})
        role = Role.OPERATOR if operates else Role.VIEWER
        return Visitor(role, user[:LONGEST_NAME], "proxy")

    # ---- sessions ----

    def session(self, visitor: Visitor, now: datetime) -> str:
        """A cookie's value that says who that is, for a week."""
        until = int((now + SESSION).timestamp())
        said = {"n": visitor.name, "r": visitor.role.value, "e": until, "i": secrets.token_hex(8)}
        body = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
        return f"{body}.{self._signed('session', body)}"

    def by_session(self, value: str, now: datetime) -> Visitor | None:
        """Who a cookie says it is; None where it is not ours or too old."""
        body, _, signature = value.partition(".")
        if value in self._ended:
            return None
        if not hmac.compare_digest(signature.encode(), self._signed("session", body).encode()):
            return None
        said = _read(body)
        if now.timestamp() >= said["e"]:
            return None
        return Visitor(Role(said["r"]), said["n"], "session")

    def end_session(self, value: str, now: datetime) -> None:
        """Let nobody in by that cookie any more, wherever it was copied to.

        This is known until the process ends, or the session would have.
        """
        if self.by_session(value, now) is None:
            return
        for old in [each for each, until in self._ended.items() if until <= now.timestamp()]:
            del self._ended[old]
        self._ended[value] = _read(value.partition(".")[0])["e"]

    def form_token(self, visitor: Visitor) -> str:
        """What each form of that visitor's carries, and no other page can know."""
        return self._signed("form", f"{visitor.how}\x1f{visitor.role.value}\x1f{visitor.name}")

    def is_form_token(self, given: str, visitor: Visitor) -> bool:
        """Whether that is what a form of that visitor's carries."""
        return hmac.compare_digest(given.encode(), self.form_token(visitor).encode())

    def _signed(self, purpose: str, text: str) -> str:
        secrets = "\x1f".join(self.tokens[role] for role in Role if role in self.tokens)
        key = hmac.digest(self.key, secrets.encode(), "sha256")
        return hmac.new(key, f"{purpose}\x1f{text}".encode(), hashlib.sha256).hexdigest()


def _read(body: str) -> dict[str, Any]:
    """What a cookie says, once its signature is known to be ours."""
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return said


def networks(listed: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks, as the settings list them."""
    return tuple(map(ip_network, listed))
