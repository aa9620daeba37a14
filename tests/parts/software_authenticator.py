"""An authenticator in software: real CBOR, COSE and signatures, and every lie that a test wants it to tell."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from ostiary.kit.crypto.jose_form import decode_base64url, encode_base64url

SOFTWARE_MODEL = "3c9a5e6e-2d54-4d4b-9d3a-6f2b1c0e8a77"
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
_MODEL_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


@dataclass
class Credential:
    key: PrivateKey
    credential_id: bytes
    user_handle: bytes
    count: int = 0


@dataclass(frozen=True)
class Maker:
    """Who makes authenticators of one model, with a root of its own."""

    key: ec.EllipticCurvePrivateKey
    root: x509.Certificate

    @property
    def root_pem(self) -> bytes:
        return self.root.public_bytes(serialization.Encoding.PEM)

    def certificate(self, public_key: ec.EllipticCurvePublicKey, model: str | None) -> bytes:
        subject = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CH"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Keys"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Example Key"),
        ]
        builder = _builder(x509.Name(subject), self.root.subject, public_key)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        if model is not None:
            value = b"\x04\x10" + UUID(model).bytes
            builder = builder.add_extension(x509.UnrecognizedExtension(_MODEL_EXTENSION, value), critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@dataclass
class SoftwareAuthenticator:
    """`origin` is what the browser around it says. `flags` are those of each answer, without ATTESTED."""

    origin: str
    aaguid: str = SOFTWARE_MODEL
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    make_key: Callable[[], PrivateKey] = field(default=lambda: ec.generate_private_key(ec.SECP256R1()))
    attest: str = "none"  # none, self, or maker
    maker: Maker | None = None
    certified_model: str | None = SOFTWARE_MODEL
    client_data: dict[str, Any] = field(default_factory=dict)  # what it says besides, or instead
    credentials: list[Credential] = field(default_factory=list)

    def create(self, options: str | Mapping[str, Any], *, credential_id: bytes | None = None) -> str:
        """`RegistrationResponseJSON` for the options that a page gave."""
        asked = json.loads(options) if isinstance(options, str) else options
        handle = decode_base64url(asked["user"]["id"], "id")
        credential = Credential(self.make_key(), credential_id or os.urandom(32), handle)
        self.credentials.append(credential)
        client_data = self._client_data("webauthn.create", asked["challenge"])
        data = self._authenticator_data(asked["rp"]["id"], credential, attested=True)
        form, statement = self._statement(credential, data + sha256(client_data).digest())
        attestation = cbor2.dumps({"fmt": form, "attStmt": statement, "authData": data}, canonical=True)
        return _answer(
            credential,
            clientDataJSON=encode_base64url(client_data),
            attestationObject=encode_base64url(attestation),
            transports=["internal", "hybrid"],
        )

    def get(self, options: str | Mapping[str, Any], credential: Credential | None = None) -> str:
        """`AuthenticationResponseJSON`, by the newest credential unless another one is given."""
        asked = json.loads(options) if isinstance(options, str) else options
        used = credential or self.credentials[-1]
        used.count += 1 if self.counts else 0
        client_data = self._client_data("webauthn.get", asked["challenge"])
        data = self._authenticator_data(asked["rpId"], used, attested=False)
        return _answer(
            used,
            clientDataJSON=encode_base64url(client_data),
            authenticatorData=encode_base64url(data),
            signature=encode_base64url(sign(used.key, data + sha256(client_data).digest())),
            userHandle=encode_base64url(used.user_handle),
        )

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **self.client_data}
        return json.dumps({name: value for name, value in said.items() if value is not None}).encode()

    def _authenticator_data(self, party_id: str, credential: Credential, *, attested: bool) -> bytes:
        flags = self.flags | (ATTESTED if attested else 0)
        head = sha256(party_id.encode()).digest() + bytes([flags]) + credential.count.to_bytes(4, "big")
        if not attested:
            return head
        size = len(credential.credential_id).to_bytes(2, "big")
        return head + UUID(self.aaguid).bytes + size + credential.credential_id + cose_key(credential.key)

    def _statement(self, credential: Credential, signed: bytes) -> tuple[str, dict[str, Any]]:
        if self.attest == "self":
            return "packed", {"alg": algorithm_of(credential.key), "sig": sign(credential.key, signed)}
        if self.attest == "maker":
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = (self.maker or example_maker()).certificate(key.public_key(), self.certified_model)
            return "packed", {"alg": -7, "sig": sign(key, signed), "x5c": [certificate]}
        return "none", {}


@cache
def example_maker() -> Maker:
    return make_maker("Example Keys Root")


def make_maker(name: str) -> Maker:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Maker(key, builder.sign(key, hashes.SHA256()))


def cose_key(key: PrivateKey) -> bytes:
    match key:
        case ec.EllipticCurvePrivateKey():
            point = key.public_key().public_numbers()
            size = (key.curve.key_size + 7) // 8
            curve = {"secp256r1": 1, "secp384r1": 2}[key.curve.name]
            x, y = point.x.to_bytes(size, "big"), point.y.to_bytes(size, "big")
            return cbor2.dumps({1: 2, 3: -7, -1: curve, -2: x, -3: y}, canonical=True)
        case ed25519.Ed25519PrivateKey():
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: key.public_key().public_bytes_raw()}, canonical=True)
        case rsa.RSAPrivateKey():
            numbers = key.public_key().public_numbers()
            n, e = numbers.n.to_bytes(key.key_size // 8, "big"), numbers.e.to_bytes(3, "big")
            return cbor2.dumps({1: 3, 3: -257, -1: n, -2: e}, canonical=True)


def algorithm_of(key: PrivateKey) -> int:
    match key:
        case ec.EllipticCurvePrivateKey():
            return -7
        case ed25519.Ed25519PrivateKey():
            return -8
        case rsa.RSAPrivateKey():
            return -257


def sign(key: PrivateKey, data: bytes) -> bytes:
    match key:
        case ec.EllipticCurvePrivateKey():
            return key.sign(data, ec.ECDSA(hashes.SHA256()))
        case ed25519.Ed25519PrivateKey():
            return key.sign(data)
        case rsa.RSAPrivateKey():
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _answer(credential: Credential, **response: object) -> str:
    name = encode_base64url(credential.credential_id)
    answer = {"id": name, "rawId": name, "type": "public-key", "clientExtensionResults": {}, "response": response}
    return json.dumps(answer)
