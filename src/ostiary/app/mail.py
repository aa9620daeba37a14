"""Which mail server is configured, and what becomes of mails without one?

`ostiary.toml` names the server (`smtp_url`), the sender (`mail_from`) and, for a server that wants one, a file with the
password: never the password itself, which would be copied along with the settings.
"""

from __future__ import annotations

import ssl
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from ostiary.app.data_directory import DataDirectory
from ostiary.app.settings import SettingsRefused, StoredSettings, is_loopback, read_stored
from ostiary.domain.directory.errors import InvalidPerson
from ostiary.domain.directory.people import check_email
from ostiary.domain.mail.outbox import Mailing
from ostiary.kit.redaction import Secret
from ostiary.protocols.mail.rendering import Sender
from ostiary.protocols.mail.smtp import MailServer, SmtpPostman, Transport

_TRANSPORTS = {
    "smtps": (Transport.IMPLICIT_TLS, 465),
    "smtp": (Transport.STARTTLS, 587),
    "smtp+plain": (Transport.PLAIN, 25),
}
_EXAMPLE = "smtps://user@mail.example.org:465 or smtp://mail.example.org:587"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`server` None: nothing can be sent."""

    server: MailServer | None
    address: str = ""

    def mailing(self, *, development: bool) -> Mailing:
        if self.server is not None:
            return Mailing.SENT
        return Mailing.SHOWN if development else Mailing.OFF


def read_mail_settings(directory: DataDirectory, *, development: bool) -> MailSettings:
    """Raises SettingsRefused (promise 9: checked at start, not when the first notice has to go out)."""
    stored = read_stored(directory)
    if not stored.smtp_url:
        _check_unused(stored)
        return MailSettings(None)
    return MailSettings(_server(directory, stored, development=development), _sender_address(stored))


def make_postman(settings: MailSettings, *, organization: Callable[[], str], issuer: str) -> SmtpPostman | None:
    if settings.server is None:
        return None
    return SmtpPostman(settings.server, lambda: Sender(organization(), settings.address, issuer))


def _check_unused(stored: StoredSettings) -> None:
    for name in ("smtp_password_file", "smtp_ca_file", "mail_from"):
        if getattr(stored, name):
            raise SettingsRefused(f"`{name}` means something only with `smtp_url`: set both or neither")


def _server(directory: DataDirectory, stored: StoredSettings, *, development: bool) -> MailServer:
    parts, port = _parsed(stored.smtp_url)
    transport, usual_port = _TRANSPORTS[parts.scheme]
    host, user = parts.hostname or "", unquote(parts.username or "")
    if transport is Transport.PLAIN and not (development and is_loopback(host)):
        raise SettingsRefused(
            "`smtp_url` with smtp+plain would show links and codes to the network: it is for --development and this"
            " machine only; use smtps:// or smtp://"
        )
    if bool(user) != bool(stored.smtp_password_file):
        raise SettingsRefused("a user in `smtp_url` and `smtp_password_file` belong together")
    return MailServer(
        host=host,
        port=port or usual_port,
        transport=transport,
        user=user,
        password=_password(directory.path / stored.smtp_password_file) if user else None,
        ca_file=_authorities(directory.path / stored.smtp_ca_file) if stored.smtp_ca_file else None,
    )


def _parsed(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as failure:
        raise SettingsRefused(f"`smtp_url` is not an address: use {_EXAMPLE}") from failure
    if parts.password is not None:
        raise SettingsRefused(
            "`smtp_url` must not hold a password: put it in a file and name that `smtp_password_file`"
        )
    if parts.scheme not in _TRANSPORTS or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise SettingsRefused(f"`smtp_url` must be like {_EXAMPLE}")
    return parts, port


def _password(file: Path) -> Secret:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        text = file.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as failure:
        raise SettingsRefused(f"`smtp_password_file` names `{file}`, which cannot be read") from failure
    if mode & 0o077:
        raise SettingsRefused(f"`{file}` holds a password and may be read by others (mode {mode:o}): chmod it to 600")
    if not text:
        raise SettingsRefused(f"`{file}` is empty: it must hold the password for the mail server")
    return Secret(text)


def _authorities(file: Path) -> Path:
    try:
        ssl.create_default_context(cafile=str(file))
    except OSError as failure:  # ssl.SSLError is one
        raise SettingsRefused(f"`smtp_ca_file` names `{file}`, which holds no readable PEM certificates") from failure
    return file


def _sender_address(stored: StoredSettings) -> str:
    try:
        address = check_email(stored.mail_from)
    except InvalidPerson as failure:
        raise SettingsRefused(f"`mail_from`: {failure}") from failure
    if not address or not address.isascii():
        raise SettingsRefused("`smtp_url` needs `mail_from`, the address that stands in From, such as id@example.org")
    return address
