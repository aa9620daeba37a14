"""What does an authenticator answer? ES256 in software, its person always verified (WebAuthn Level 3 section 6.3.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ostiary.kit.crypto.jose_form import encode_base64url

_PRESENT_AND_VERIFIED = bytes([0x05])
_NO_COUNTER = bytes(4)


@dataclass(frozen=True, slots=True)
class SoftwarePasskey:
    """`secret` is the private number; the credential's id and its person's handle are one text."""

    handle: str
    secret: int

    @classmethod
    def generate(cls, handle: str) -> SoftwarePasskey:
        return cls(handle, ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value)

    @property
    def public_key(self) -> bytes:
        """COSE (RFC 9053 section 7.1.1)."""
        numbers = self._key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y}, canonical=True)

    def answer(self, challenge: str, *, party_id: str, origin: str) -> str:
        """`AuthenticationResponseJSON` (section 5.1)."""
        said = {"type": "webauthn.get", "challenge": challenge, "origin": origin, "crossOrigin": False}
        client_data = json.dumps(said).encode()
        data = sha256(party_id.encode()).digest() + _PRESENT_AND_VERIFIED + _NO_COUNTER
        signature = self._key.sign(data + sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        parts = {"clientDataJSON": client_data, "authenticatorData": data, "signature": signature}
        name = encode_base64url(self.handle.encode())
        response = {key: encode_base64url(value) for key, value in parts.items()} | {"userHandle": name}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    @property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.secret, ec.SECP256R1())
