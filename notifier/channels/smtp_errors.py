"""Say what a mail server's refusals and failures mean, and what to do about a wrong setting."""

from __future__ import annotations

import smtplib
import ssl

from notifier.channels.letter import one_line
from notifier.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

MESSAGE, DESTINATION, CREDENTIAL = "message", "destination", "credential"

_SECURITY = "NOTIFIER_SMTP__SECURITY"
_WANTS_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954
_TOO_LARGE = 552
_IMPLICIT = 465


def refused(what: str, code: int, said: bytes | str, *, broken: str = MESSAGE) -> DeliveryError:
    """The server's reply is no: 4xx for now, 5xx for good, whatever it says."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    text = f"The mail server refuses {what}: {code} {one_line(words)}"
    if code in _WANTS_LOGIN and "STARTTLS" in words.upper():  # RFC 3207 has 530 for this, too
        hint = f"set {_SECURITY} to starttls"
        return PermanentDeliveryError(f"{text}; {hint}.", broken=DESTINATION)
    if code in _WANTS_LOGIN or "5.7.30" in words:
        hint = "check NOTIFIER_SMTP__USERNAME and __PASSWORD"
        return PermanentDeliveryError(f"{text}; {hint}.", broken=CREDENTIAL)
    if code == _TOO_LARGE:
        return PermanentDeliveryError(text, rejected=True)
    if 500 <= code < 600:
        return PermanentDeliveryError(text, broken=broken)
    return TemporaryDeliveryError(text)


def unreachable(error: Exception, security: str, port: int) -> DeliveryError:
    """No session came about, or it broke before the mail was handed over."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return refused("the login", error.smtp_code, error.smtp_error, broken=CREDENTIAL)
        case smtplib.SMTPResponseException():
            return refused("the session", error.smtp_code, error.smtp_error, broken=DESTINATION)
        case smtplib.SMTPNotSupportedError():
            return _unsupported(error, security)
        case ssl.SSLCertVerificationError():
            text = f"The mail server's certificate is not believed: {error.verify_message}"
            hint = "use the name on the certificate as NOTIFIER_SMTP__HOST, or trust its authority"
            return PermanentDeliveryError(f"{text}; {hint}.", broken=DESTINATION)
        case ssl.SSLError():
            return _wrong_tls(error, security)
        case _:
            return TemporaryDeliveryError(_silence(error, security, port))


def _unsupported(error: Exception, security: str) -> DeliveryError:
    if security == "starttls" and "STARTTLS" in str(error).upper():
        text = f"The mail server offers no STARTTLS; set {_SECURITY} to implicit (port 465)."
        return PermanentDeliveryError(text, broken=DESTINATION)
    text = f"The mail server lacks what is asked of it: {one_line(str(error))}"
    return PermanentDeliveryError(text, broken=CREDENTIAL)


def _wrong_tls(error: ssl.SSLError, security: str) -> DeliveryError:
    if security == "implicit" and error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        text = f"The mail server speaks no TLS at first; set {_SECURITY} to starttls (port 587)."
        return PermanentDeliveryError(text, broken=DESTINATION)
    return TemporaryDeliveryError(f"TLS with the mail server failed ({error.reason}).")


def _silence(error: Exception, security: str, port: int) -> str:
    text = f"No answer from the mail server ({type(error).__name__})"
    late = isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected)
    if late and security != "implicit" and port == _IMPLICIT:
        return f"{text}; on port 465, {_SECURITY} is usually implicit."
    if late and security != "implicit":
        return f"{text}; if it wants TLS at once, set {_SECURITY} to implicit."
    return f"{text}."
