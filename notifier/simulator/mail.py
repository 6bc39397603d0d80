"""Take mail by SMTP on loopback and keep it, or refuse it in each way that mail servers have."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from base64 import b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum
from types import TracebackType
from typing import Any, Literal, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

# It warns of its own old ways at each login; the terminal belongs to the demo.
_LOG = logging.getLogger("mail.log")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False

Security = Literal["starttls", "implicit"]
MAX_SIZE = 20_000_000  # bytes, announced in answer to EHLO


class MailWrong(Enum):
    """What goes wrong with one mail."""

    GREYLIST = "greylist"  # 450 for a recipient
    REFUSE = "refuse"  # `reply` for a recipient, say 550 or 452
    REFUSE_DATA = "refuse_data"  # `reply` in answer to the data, say 552 or 421
    CLOSING = "closing"  # 421 in answer to MAIL FROM, and the connection ends
    DROP_BEFORE_DATA = "drop_before_data"  # the connection ends at RCPT TO, nothing was sent
    DROP_AFTER_DATA = "drop_after_data"  # the mail is kept, the answer never comes
    HANG = "hang"  # no answer to MAIL FROM for `seconds`


_REPLIES = {
    MailWrong.GREYLIST: "450 4.2.0 Recipient address rejected: Greylisted",
    MailWrong.REFUSE: "550 5.1.1 Recipient address rejected: User unknown",
    MailWrong.REFUSE_DATA: "552 5.3.4 Message size exceeds fixed limit",
    MailWrong.CLOSING: "421 4.3.2 Service shutting down",
}
_AT_RECIPIENT = (MailWrong.GREYLIST, MailWrong.REFUSE)
_AT_SENDER = (MailWrong.CLOSING, MailWrong.HANG)


@dataclass(frozen=True, slots=True)
class MailFault:
    """One thing that goes wrong.

    Attributes:
        to: Only for that recipient, for faults about one; empty for any.
        reply: The answer; empty for the kind's usual one.
        seconds: How long a hanging server waits before it closes.
    """

    wrong: MailWrong
    to: str = ""
    reply: str = ""
    seconds: float = 30.0

    @property
    def says(self) -> str:
        return self.reply or _REPLIES[self.wrong]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that was taken: as it came over the line, and its envelope."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool
    user: str = ""

    @property
    def message(self) -> EmailMessage:
        """The mail, read."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)  # noqa: S101
        return parsed

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text; empty where there is none."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML; empty where there is none."""
        return self._part("html")

    @property
    def page(self) -> str:
        """The HTML, the mail's pictures in it: as a mail reader shows it."""
        page = self.html
        for part in self.message.walk():
            if part.get_content_maintype() == "image" and part["Content-ID"]:
                kind, data = part.get_content_type(), b64encode(part.get_content()).decode()
                named = str(part["Content-ID"]).strip("<> ")
                page = page.replace(f"cid:{named}", f"data:{kind};base64,{data}")
        return page

    def _part(self, kind: Literal["plain", "html"]) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


Listener = Callable[[Mail], None]


class MailServer:
    """A mail server on loopback that runs while its ``with`` block does.

    Attributes:
        faults: Each meets one mail or recipient, the first that fits.
        greylisting: Refuse each recipient once with 450, as greylisting servers do.
    """

    def __init__(
        self,
        port: int = 0,
        tls: Security | None = None,
        auth: tuple[str, str] | None = None,
        *,
        tls_context: ssl.SSLContext | None = None,
        greylisting: bool = False,
    ) -> None:
        if tls is not None and tls_context is None:
            raise ValueError("tls needs a tls_context with a certificate")
        self.tls = tls
        self.auth = auth
        self.greylisting = greylisting
        self.faults: deque[MailFault] = deque()
        self._tls_context = tls_context
        self._port = port
        self._mails: list[Mail] = []
        self._met: set[str] = set()
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._sessions: set[asyncio.Transport] = set()

    # ---- for the demo and the tests ----

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def port(self) -> int:
        """The port bound to; the wished one before the start."""
        return self._port

    @property
    def messages(self) -> list[Mail]:
        """All mail taken so far."""
        with self._lock:
            return list(self._mails)

    def to(self, recipient: str) -> list[Mail]:
        """The mail of one recipient."""
        return [mail for mail in self.messages if recipient in mail.recipients]

    def on_change(self, listener: Listener) -> None:
        """Call *listener* with each mail taken, before the answer is sent."""
        self._listeners.append(listener)

    # ---- start and stop ----

    def start(self) -> Self:
        """Bind the port and serve. Raises OSError when the port is taken."""
        loop = asyncio.new_event_loop()
        try:
            server = loop.run_until_complete(self._bind(loop))
        except OSError:
            loop.close()
            raise
        self._port = server.sockets[0].getsockname()[1]
        self._loop = loop
        self._thread = threading.Thread(
            target=self._run, args=(loop, server), name="MailServer", daemon=True
        )
        self._thread.start()
        return self

    async def _bind(self, loop: asyncio.AbstractEventLoop) -> asyncio.Server:
        context = self._tls_context if self.tls == "implicit" else None
        return await loop.create_server(
            lambda: self._session(loop), self.host, self._port, ssl=context
        )

    def _session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        return _Session(
            _Handler(self),
            sessions=self._sessions,
            hostname="mail.simulated",
            ident="ESMTP",
            data_size_limit=MAX_SIZE,
            enable_SMTPUTF8=True,
            tls_context=self._tls_context if self.tls == "starttls" else None,
            require_starttls=self.tls == "starttls",
            authenticator=self._authenticate if self.auth else None,
            auth_require_tls=self.tls == "starttls",
            loop=loop,
        )

    def _run(self, loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.run_until_complete(self._end(server))
        loop.close()

    async def _end(self, server: asyncio.Server) -> None:
        server.close()
        for transport in list(self._sessions):
            transport.abort()
        waiting = asyncio.all_tasks() - {asyncio.current_task()}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)  # the transports close in the loop's next round

    def stop(self) -> None:
        """End all sessions, hanging ones too, and free the port. Again does nothing."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # ---- one mail ----

    def take(self, mail: Mail) -> None:
        """Keep a mail and tell the listeners."""
        with self._lock:
            self._mails.append(mail)
        for listener in list(self._listeners):
            listener(mail)

    def next_fault(self, kinds: tuple[MailWrong, ...], recipient: str = "") -> MailFault | None:
        """Take the first fault of such a kind that is for *recipient*."""
        with self._lock:
            fits = (f for f in self.faults if f.wrong in kinds and f.to in ("", recipient))
            fault = next(fits, None)
            if fault is not None:
                self.faults.remove(fault)
            return fault

    def refusal(self, recipient: str) -> str | None:
        """Return why a recipient is not taken now."""
        fault = self.next_fault(_AT_RECIPIENT, recipient)
        if fault is not None:
            return fault.says
        with self._lock:
            new = recipient not in self._met
            self._met.add(recipient)
        return _REPLIES[MailWrong.GREYLIST] if self.greylisting and new else None

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, given: Any
    ) -> AuthResult:
        if not isinstance(given, LoginPassword) or self.auth is None:
            return AuthResult(success=False, handled=False)
        user, password = self.auth
        right = given.login == user.encode() and given.password == password.encode()
        return AuthResult(success=right, handled=False, auth_data=given)


class _Session(SMTP):
    """An SMTP session that can be ended from outside."""

    def __init__(self, handler: Any, *, sessions: set[asyncio.Transport], **more: Any) -> None:
        super().__init__(handler, **more)
        self._sessions = sessions
        self._own: set[asyncio.Transport] = set()  # two after STARTTLS

    def connection_made(self, transport: Any) -> None:
        self._own.add(transport)
        self._sessions.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._sessions -= self._own
        super().connection_lost(error)


class _Handler:
    """What aiosmtpd asks at each step."""

    def __init__(self, owner: MailServer) -> None:
        self._owner = owner

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._owner.auth and not session.authenticated:
            return "530 5.7.0 Authentication required"
        fault = self._owner.next_fault(_AT_SENDER)
        if fault is not None and fault.wrong is MailWrong.HANG:
            await asyncio.sleep(fault.seconds)
            return _cut(server)
        if fault is not None:
            await server.push(fault.says)
            return _cut(server)
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self._owner.next_fault((MailWrong.DROP_BEFORE_DATA,), address):
            return _cut(server)
        refusal = self._owner.refusal(address)
        if refusal is not None:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        fault = self._owner.next_fault((MailWrong.REFUSE_DATA, MailWrong.DROP_AFTER_DATA))
        if fault is not None and fault.wrong is MailWrong.REFUSE_DATA:
            return fault.says
        self._owner.take(_mail_of(server, session, envelope))
        if fault is not None:
            return _cut(server)
        return f"250 2.0.0 Ok: queued as {len(self._owner.messages):08X}"


def _mail_of(server: SMTP, session: Session, envelope: Envelope) -> Mail:
    content = envelope.content or b""
    given = cast("object", session.auth_data)
    assert server.transport is not None  # noqa: S101
    return Mail(
        sender=envelope.mail_from or "",
        recipients=tuple(str(to) for to in envelope.rcpt_tos),
        raw=content if isinstance(content, bytes) else content.encode(),
        encrypted=server.transport.get_extra_info("sslcontext") is not None,
        user=given.login.decode() if isinstance(given, LoginPassword) else "",
    )


def _cut(server: SMTP) -> str:
    """End the connection; the reply returned finds nobody."""
    transport = cast("asyncio.Transport | None", server.transport)
    if transport is not None:
        transport.abort()
    return "421 4.4.2 Connection lost"
