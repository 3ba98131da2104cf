"""Mail: the only file that speaks SMTP. A message is handed to the office's own server over verified TLS, or ``MailError`` says why not."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

from app.config import Smtp

#: Seconds that the server has for each answer.
TIMEOUT = 20.0


class MailError(Exception):
    """The mail server cannot be reached, is not who it says, or does not take the message."""


def send(server: Smtp, message: EmailMessage) -> dict[str, str]:
    """Hand *message* over. Returns address → why, for recipients that the server refuses while it takes the message for others."""
    try:
        with _connected(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            refused = smtp.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise MailError(f"all recipients are refused: {'; '.join(map(_said, error.recipients.values()))}") from None
    except smtplib.SMTPAuthenticationError as error:
        raise MailError(f"user or password is not accepted: {_said((error.smtp_code, error.smtp_error))}") from None
    except smtplib.SMTPNotSupportedError as error:
        raise MailError(f"the server does not offer what is needed: {error}") from None
    except smtplib.SMTPResponseException as error:
        raise MailError(f"the server does not take it: {_said((error.smtp_code, error.smtp_error))}") from None
    except ssl.SSLError as error:
        raise MailError(f"no trusted connection: {error}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(f"{type(error).__name__}: {error}") from None
    return {address: _said(why) for address, why in refused.items()}


@contextlib.contextmanager
def _connected(server: Smtp) -> Iterator[smtplib.SMTP]:
    """A connection; without encryption only to this machine itself (``config`` sees to that)."""
    context = ssl.create_default_context(cafile=server.ca)
    # Our own name is given: looking it up can take longer than the whole message.
    where = (server.host, server.port, socket.gethostname())
    encrypted = server.security == "tls"
    smtp = smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=context) if encrypted else smtplib.SMTP(*where, timeout=TIMEOUT)
    try:
        if server.security == "starttls":
            smtp.starttls(context=context)
        yield smtp
        # The message is taken: what the server makes of the farewell changes nothing.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            smtp.quit()
    finally:
        smtp.close()


def _said(answer: tuple[int, bytes | str]) -> str:
    """What a server said, in one line of bearable length."""
    code, text = answer
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:300]
