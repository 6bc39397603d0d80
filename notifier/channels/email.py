"""Send mail by SMTP: one recipient, one mail, one conversation with the server.

Encryption is what the settings say and never falls back to a weaker one.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from notifier.channels.base import Delivered
from notifier.channels.letter import Letter, letter, one_line, split
from notifier.channels.smtp_errors import CREDENTIAL, DESTINATION, refused, unreachable
from notifier.core.telling.outgoing import Envelope
from notifier.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

TIMEOUT = 10.0  # seconds, for the connection and for each reply
OK = 250
ACCEPTED = frozenset({250, 251, 252})

Security = Literal["starttls", "implicit", "none"]


@dataclass(frozen=True, slots=True)
class Email:
    """A mail server.

    Attributes:
        sender: From whom mail comes: an address, perhaps with a name.
        token_file: An access token for XOAUTH2 instead of a password, read at each login.
        tls: What certificates are believed; the system's unless given.
    """

    host: str
    port: int
    security: Security
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)
    token_file: Path | None = None
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    timeout: float = TIMEOUT

    @property
    def kind(self) -> str:
        """What envelopes say."""
        return "email"

    @property
    def again(self) -> None:
        """A mail is not repeated."""

    @property
    def can_find(self) -> bool:
        """Mail cannot be looked for: a second copy is known by its Message-ID."""
        return False

    def send(self, envelope: Envelope, reference: str | None, now: datetime, /) -> Delivered:
        """Send one mail. See ``Channel.send``. A second try sends the same bytes.

        One that is too large is sent once more without its pictures.
        """
        mail = letter(envelope, reference, self.sender, now)
        try:
            return self._sent(mail)
        except PermanentDeliveryError as error:
            if not error.rejected or not mail.pictures:
                raise
            return self._sent(letter(envelope, reference, self.sender, now, pictures=False))

    def _sent(self, mail: Letter) -> Delivered:
        with self._session() as session:
            answer = self._hand_over(session, mail)
        return Delivered(mail.reference, answer)

    def find(self, _: Envelope, __: str | None, ___: datetime, /) -> str | None:
        """Mail cannot be looked for."""
        return None

    def rehearse(self) -> str:
        """Greet, secure the line, log in and name the sender; send nothing. Say how it went.

        Raises:
            DeliveryError: the server refuses one of these, or cannot be reached.
        """
        with self._session() as session:
            secured = "encrypted" if isinstance(session.sock, ssl.SSLSocket) else "not encrypted"
            _step("the sender", session.mail(split(self.sender)[1]), OK, broken=DESTINATION)
            session.rset()
        return f"{secured}, {f'logged in as {self.username}' if self.username else 'no login'}"

    def _hand_over(self, session: smtplib.SMTP, mail: Letter) -> str:
        """Return the server's last words: the queue id that a mail administrator asks for."""
        options = self._options(session, mail)
        _step("the sender", session.mail(split(self.sender)[1], options), OK, broken=DESTINATION)
        code, said = session.rcpt(mail.recipient)
        if code not in ACCEPTED:
            raise refused("the recipient", code, said)
        try:
            answer = session.data(mail.content)
        except smtplib.SMTPDataError as error:
            raise refused("the mail", error.smtp_code, error.smtp_error) from None
        except (smtplib.SMTPServerDisconnected, OSError) as error:
            name = type(error).__name__
            text = f"The mail server went away without an answer to the mail ({name})."
            raise TemporaryDeliveryError(text, ambiguous=True) from None
        _step("the mail", answer, OK)
        return one_line(answer[1].decode("utf-8", "replace"))

    def _options(self, session: smtplib.SMTP, mail: Letter) -> list[str]:
        limit = session.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(mail.content):
            raise PermanentDeliveryError(
                f"The mail is larger than the server takes ({limit} bytes).", rejected=True
            )
        size = [f"SIZE={len(mail.content)}"] if session.has_extn("size") else []
        if not mail.utf8:
            return size
        if not session.has_extn("smtputf8"):
            raise PermanentDeliveryError("The mail server takes only ASCII in addresses.")
        session.command_encoding = "utf-8"
        return [*size, "SMTPUTF8", "BODY=8BITMIME"]

    # ---- the session ----

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        session = self._guarded(self._connected)
        try:
            yield self._guarded(lambda: self._ready(session))
            with suppress(smtplib.SMTPException, OSError):
                session.quit()
        except (smtplib.SMTPException, OSError) as error:
            raise self._failure(error) from None
        finally:
            session.close()

    def _guarded(self, step: Callable[[], smtplib.SMTP]) -> smtplib.SMTP:
        try:
            return step()
        except (smtplib.SMTPException, OSError) as error:
            raise self._failure(error) from None

    def _connected(self) -> smtplib.SMTP:
        if self.security == "implicit":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=self._believed()
            )
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout)

    def _ready(self, session: smtplib.SMTP) -> smtplib.SMTP:
        session.ehlo_or_helo_if_needed()
        if self.security == "starttls":
            session.starttls(context=self._believed())
            session.ehlo()
        if self.token_file is not None:
            self._authorise(session, self.token_file)
        elif self.username and self.password:
            session.login(self.username, self.password)
        return session

    def _believed(self) -> ssl.SSLContext:
        return self.tls or ssl.create_default_context()

    def _authorise(self, session: smtplib.SMTP, token_file: Path) -> None:
        try:
            token = token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise PermanentDeliveryError(
                f"The token file {token_file} cannot be read; "
                "correct NOTIFIER_SMTP__OAUTH_TOKEN_FILE.",
                broken=CREDENTIAL,
            ) from None
        words = f"user={self.username}\x01auth=Bearer {token}\x01\x01"

        def answer(challenge: bytes | None = None) -> str:
            return words if challenge is None else ""  # a refusal comes as a challenge first

        session.auth("XOAUTH2", answer, initial_response_ok=True)

    def _failure(self, error: Exception) -> DeliveryError:
        return unreachable(error, self.security, self.port)


def _step(what: str, answer: tuple[int, bytes], wanted: int, *, broken: str = "message") -> None:
    code, said = answer
    if code != wanted:
        raise refused(what, code, said, broken=broken)
