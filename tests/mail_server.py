"""A real SMTP server on loopback, with a certificate of its own authority, that keeps what it gets or refuses it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ostiary.kit.redaction import Secret
from ostiary.protocols.mail.smtp import MailServer, Transport

USER, PASSWORD = "ostiary", "a password for the mail server"


@dataclass
class PostOffice:
    """`refuse`: answers to RCPT or DATA, used up one by one; None accepts."""

    port: int
    ca_file: Path
    transport: Transport
    refuse_recipient: list[str] = field(default_factory=list)
    refuse_data: list[str] = field(default_factory=list)
    received: list[EmailMessage] = field(default_factory=list)
    seen_in_clear: list[bytes] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    def server(self, *, host: str = "localhost", user: bool = False, transport: Transport | None = None) -> MailServer:
        return MailServer(
            host=host,
            port=self.port,
            transport=transport or self.transport,
            user=USER if user else "",
            password=Secret(PASSWORD) if user else None,
            ca_file=self.ca_file,
        )

    async def handle_RCPT(  # noqa: N802 - the library's name for it
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self._note(session, address)
        if self.refuse_recipient:
            return self.refuse_recipient.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        content = envelope.content
        assert isinstance(content, bytes)
        self._note(session, content.decode())
        if self.refuse_data:
            return self.refuse_data.pop(0)
        email = message_from_bytes(content, policy=default)
        assert isinstance(email, EmailMessage)
        self.received.append(email)
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        if right:
            self.signed_in.append(USER)
        return AuthResult(success=right, handled=False)

    def _note(self, session: Session, text: str) -> None:
        if self.transport is Transport.STARTTLS and session.ssl is None:
            self.seen_in_clear.append(text.encode())


@contextmanager
def post_office(
    folder: Path, transport: Transport = Transport.IMPLICIT_TLS, *, name: str = "localhost", offer_tls: bool = True
) -> Iterator[PostOffice]:
    """`name` stands in its certificate; `offer_tls` False: somebody between took STARTTLS out of what it offers."""
    context, ca_file = certificate(folder, name)
    office = PostOffice(_free_port(), ca_file, transport)
    options: dict[str, Any] = {"authenticator": office.authenticate, "auth_require_tls": False}
    if transport is Transport.IMPLICIT_TLS:
        options["ssl_context"] = context
    elif offer_tls and transport is Transport.STARTTLS:
        options["tls_context"] = context
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """For a server of this name, signed by an authority that only this test trusts."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _signed("Test authority", authority_key, "Test authority", authority_key, authority=True)
    leaf = _signed(name, key, "Test authority", authority_key, authority=False)
    ca_file, chain = folder / "authority.pem", folder / "server.pem"
    ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context, ca_file


def _signed(
    name: str, key: ec.EllipticCurvePrivateKey, by: str, by_key: ec.EllipticCurvePrivateKey, *, authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if not authority:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(by_key, hashes.SHA256())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
