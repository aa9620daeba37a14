"""How is a letter handed to a mail server? SMTP (RFC 5321) over TLS: implicit (RFC 8314) or STARTTLS (RFC 3207).

A server that offers no TLS or shows a wrong certificate gets nothing: no password, no link, no address. What it says is
never kept or logged as it is, because it may repeat the address; its codes are.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import Enum
from pathlib import Path

from ostiary.domain.mail.errors import Undeliverable
from ostiary.domain.mail.model import Message
from ostiary.domain.mail.ports import Carrier
from ostiary.kit.redaction import Secret
from ostiary.protocols.mail.rendering import AddressUnwritable, Sender, email_of

_TIMEOUT_SECONDS = 20.0
_PERMANENT = 500  # RFC 5321 section 4.2.1: 5yz


class Transport(Enum):
    IMPLICIT_TLS = "implicit TLS"
    STARTTLS = "STARTTLS"
    PLAIN = "plain"  # to this machine, in development


@dataclass(frozen=True, slots=True)
class MailServer:
    """`ca_file`: certificates are checked against these authorities instead of the system's."""

    host: str
    port: int
    transport: Transport
    user: str = ""
    password: Secret | None = None
    ca_file: Path | None = None


class SmtpPostman:
    """`sender` is asked for each letter: the organization's name may change."""

    def __init__(self, server: MailServer, sender: Callable[[], Sender]) -> None:
        self._server = server
        self._sender = sender

    @contextmanager
    def _opened(self) -> Iterator[Carrier]:
        carrier = _SmtpCarrier(self._server, self._sender)
        try:
            yield carrier
        finally:
            carrier.close()

    def round(self) -> AbstractContextManager[Carrier]:
        return self._opened()


class _SmtpCarrier:
    """Connects when the first message is carried, and keeps the connection for the next."""

    def __init__(self, server: MailServer, sender: Callable[[], Sender]) -> None:
        self._server = server
        self._sender = sender
        self._connection: smtplib.SMTP | None = None

    def carry(self, message: Message) -> None:
        sender = self._sender()
        try:
            email = email_of(message, sender)
        except AddressUnwritable as failure:
            raise Undeliverable("the recipient's address cannot be written in a message", permanent=True) from failure
        if self._connection is None:
            self._connection = connect(self._server, local_name=sender.host)
        _hand_over(self._connection, email)

    def close(self) -> None:
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._connection.close()


def connect(server: MailServer, *, local_name: str) -> smtplib.SMTP:
    """Encrypted and signed in. Raises Undeliverable, which then holds for every message."""
    where = f"`{server.host}:{server.port}`"
    connection: smtplib.SMTP | None = None
    try:
        connection = _opened(server, local_name)
        connection.ehlo_or_helo_if_needed()
        if server.password is not None:
            connection.login(server.user, server.password.reveal())
    except BaseException as failure:
        if connection is not None:
            connection.close()
        if isinstance(failure, (smtplib.SMTPException, OSError)):
            raise Undeliverable(_why_not(failure, where), for_all=True) from failure
        raise
    return connection


def _opened(server: MailServer, local_name: str) -> smtplib.SMTP:
    if server.transport is Transport.IMPLICIT_TLS:
        return smtplib.SMTP_SSL(
            server.host, server.port, local_hostname=local_name, timeout=_TIMEOUT_SECONDS, context=_context(server)
        )
    connection = smtplib.SMTP(server.host, server.port, local_hostname=local_name, timeout=_TIMEOUT_SECONDS)
    if server.transport is Transport.STARTTLS:
        try:
            # Raises when the server, or somebody between, does not offer it: nothing goes on in clear.
            connection.starttls(context=_context(server))
        except BaseException:
            connection.close()
            raise
    return connection


def _context(server: MailServer) -> ssl.SSLContext:
    """Verifies chain and name."""
    return ssl.create_default_context(cafile=None if server.ca_file is None else str(server.ca_file))


def _why_not(failure: Exception, where: str) -> str:
    match failure:
        case ssl.SSLCertVerificationError():
            return f"the certificate of {where} is not accepted: {failure.verify_message}"
        case ssl.SSLError():
            return f"{where} does not speak TLS as expected: is it smtps:// or smtp://, and the right port?"
        case smtplib.SMTPException():
            return _why_refused(failure, where)
        case TimeoutError():
            return f"{where} does not answer in time"
        case _:
            reason = failure.strerror if isinstance(failure, OSError) else None
            return f"{where} cannot be reached" + (f": {reason.lower()}" if reason else "")


def _why_refused(failure: smtplib.SMTPException, where: str) -> str:
    match failure:
        case smtplib.SMTPNotSupportedError():
            return f"{where} offers no STARTTLS or no sign-in that we can use: nothing is sent to it"
        case smtplib.SMTPAuthenticationError():
            return f"{where} refuses the user name or the password ({failure.smtp_code})"
        case smtplib.SMTPResponseException():
            return f"{where} refuses to talk to us ({failure.smtp_code})"
        case _:
            return f"{where} hung up, or does not speak SMTP"


def _hand_over(connection: smtplib.SMTP, email: EmailMessage) -> None:
    try:
        connection.send_message(email)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        raise Undeliverable(f"the server refuses the recipient ({code})", permanent=code >= _PERMANENT) from None
    except smtplib.SMTPSenderRefused as refused:
        raise Undeliverable(
            f"the server refuses the address in `mail_from` ({refused.smtp_code})", for_all=True
        ) from None
    except smtplib.SMTPResponseException as refused:
        permanent = refused.smtp_code >= _PERMANENT
        raise Undeliverable(f"the server refuses the message ({refused.smtp_code})", permanent=permanent) from None
    except smtplib.SMTPNotSupportedError:
        raise Undeliverable("the server cannot write to such an address (SMTPUTF8)", permanent=True) from None
    except (smtplib.SMTPException, OSError) as failure:
        raise Undeliverable(f"the connection broke: {type(failure).__name__}", for_all=True) from None
