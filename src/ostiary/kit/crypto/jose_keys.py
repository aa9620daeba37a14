"""Which keys may sign for us, and which keys of others do we believe?

RFC 7517 (JWK), RFC 7518 section 6 (parameters), RFC 7638 (thumbprint), RFC 8037 (Ed25519). One key has one
algorithm family; what the key says about itself decides, never what a token asks for (RFC 8725 section 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, NoReturn, Self, assert_never

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from ostiary.kit.crypto.jose_form import JoseError, UnknownKeyError, decode_base64url, encode_base64url, parse_object

SigningAlgorithm = Literal["ES256", "RS256"]
ALGORITHMS = frozenset({"ES256", "ES384", "RS256", "PS256", "EdDSA"})

_PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | Ed25519PublicKey
_P256_BYTES = 32
_RSA_BITS = 2048
_MAX_RSA_BITS = 8192
_MAX_RSA_EXPONENT_BITS = 33
_ED25519_BYTES = 32
_MAX_KEYS = 100
_MAX_DOCUMENT = 262_144
_SHORT_PRINTABLE = re.compile(r"[\x20-\x7e]{1,256}\Z")
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_THUMBPRINT_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n"), "OKP": ("crv", "kty", "x")}
_CURVES: Mapping[str, tuple[str, ec.EllipticCurve, int]] = {
    "P-256": ("ES256", ec.SECP256R1(), 32),
    "P-384": ("ES384", ec.SECP384R1(), 48),
}
_FAMILIES = {
    "EC": re.compile(r"(ES|ECDH-ES)"),
    "RSA": re.compile(r"(RS|PS|RSA)"),
    "OKP": re.compile(r"(EdDSA\Z|Ed25519\Z|Ed448\Z|ECDH-ES)"),
}
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)


class SigningKey:
    """One private key of ours, with the one algorithm that it signs; `kid` is its RFC 7638 thumbprint."""

    __slots__ = ("_headers", "_key", "_public_jwk", "_sign", "alg", "kid")

    def __init__(self, alg: SigningAlgorithm, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self.alg = alg
        self._key = key
        self._sign = _signing_function(alg, key)
        members = _public_members(key)
        self.kid = thumbprint(members)
        self._public_jwk = {**members, "kid": self.kid, "alg": alg, "use": "sig"}
        self._headers: dict[str, str] = {}

    @classmethod
    def generate(cls, alg: SigningAlgorithm) -> Self:
        match alg:
            case "ES256":
                return cls(alg, ec.generate_private_key(ec.SECP256R1()))
            case "RS256":
                return cls(alg, rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS))
            case _:
                assert_never(alg)

    @classmethod
    def from_private_bytes(cls, alg: SigningAlgorithm, der: bytes) -> Self:
        """From PKCS#8 DER that we sealed. Raises ValueError when the bytes are no key, or no key for `alg`."""
        # INVARIANT: what is read here was made by `generate` and lay sealed, so nobody has chosen its primes; to prove
        # them prime again would take a start longer than all that it reads.
        key = serialization.load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise ValueError(f"this key cannot sign {alg}")  # noqa: TRY004 - the bytes are wrong, not the caller
        return cls(alg, key)

    def to_private_bytes(self) -> bytes:
        """PKCS#8 DER in clear: seal it before it is kept."""
        return self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def public_jwk(self) -> dict[str, str]:
        return dict(self._public_jwk)

    def verification_key(self) -> VerificationKey:
        return VerificationKey(kid=self.kid, algorithms=frozenset({self.alg}), key=self._key.public_key())

    def header_for(self, typ: str) -> str:
        """The encoded protected header; each is made once, `typ` being one of the code's few constants."""
        header = self._headers.get(typ)
        if header is None:
            header = encode_base64url(msgspec.json.encode({"alg": self.alg, "typ": typ, "kid": self.kid}))
            self._headers[typ] = header
        return header

    def sign(self, data: bytes) -> bytes:
        """The signature in JOSE form: r and s side by side for ES256 (RFC 7518 section 3.4)."""
        return self._sign(data)

    def __repr__(self) -> str:
        return f"SigningKey({self.alg}, kid={self.kid})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signing key cannot be pickled")


@dataclass(frozen=True, slots=True, eq=False)
class VerificationKey:
    """A public key with the algorithms that it may be used for."""

    kid: str | None
    algorithms: frozenset[str]
    key: _PublicKey = field(repr=False)

    def check_signature(self, alg: str, data: bytes, signature: bytes) -> None:
        """Raise JoseError unless `signature` is this key's over `data`."""
        if alg not in self.algorithms:
            raise JoseError("the token's signature is not valid", f"the key does not do `{alg[:40]}`")
        try:
            _verify(self.key, alg, data, signature)
        except (InvalidSignature, ValueError):
            raise JoseError("the token's signature is not valid") from None


@dataclass(frozen=True, slots=True)
class KeySet:
    keys: tuple[VerificationKey, ...]

    @classmethod
    def of(cls, keys: Iterable[SigningKey]) -> Self:
        """Our own keys as those who verify see them."""
        return cls(tuple(key.verification_key() for key in keys))

    def find(self, alg: str, kid: str | None) -> VerificationKey:
        """The one key that may have made this signature. Raises JoseError, never tries several."""
        fitting = [key for key in self.keys if alg in key.algorithms and kid in {None, key.kid}]
        if not fitting:
            raise UnknownKeyError("the token is signed by an unknown key", f"no key for `{alg[:40]}` and kid `{kid}`")
        if len(fitting) > 1:
            raise JoseError("the token does not say which key signed it", f"{len(fitting)} keys fit: kid is missing")
        return fitting[0]


def parse_jwks(document: bytes | Mapping[str, Any]) -> KeySet:
    """The usable signature keys of a JWK set (RFC 7517 section 5). Raises JoseError.

    Keys for encryption and of kinds we do not know are passed over. Private or symmetric material, weak or
    contradictory keys and repeated kids condemn the whole set: who publishes those cannot be trusted.
    """
    if isinstance(document, bytes) and len(document) > _MAX_DOCUMENT:
        raise JoseError(f"the key set is longer than {_MAX_DOCUMENT} bytes")
    members = parse_object(document, "the key set") if isinstance(document, bytes) else document
    entries = members.get("keys")
    if not isinstance(entries, list) or len(entries) > _MAX_KEYS:
        raise JoseError(f"the key set needs a list `keys` of at most {_MAX_KEYS} keys")
    keys = [key for key in map(_parse_jwk, entries) if key is not None]
    kids = [key.kid for key in keys if key.kid is not None]
    if len(set(kids)) != len(kids):
        raise JoseError("two keys of the key set have the same `kid`")
    return KeySet(tuple(keys))


def check_kid(kid: object) -> str:
    if not isinstance(kid, str) or not _SHORT_PRINTABLE.match(kid):
        raise JoseError("`kid` is not a short printable text")
    return kid


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638: SHA-256 over the required members in order of their names."""
    required = {name: jwk[name] for name in _THUMBPRINT_MEMBERS[jwk["kty"]]}
    return encode_base64url(sha256(msgspec.json.encode(required)).digest())


def _parse_jwk(jwk: object) -> VerificationKey | None:
    if not isinstance(jwk, Mapping):
        raise JoseError("a key of the key set is not a JSON object")
    if jwk.get("kty") == "oct" or not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise JoseError("the key set contains private or symmetric keys: publish public keys only, and replace these")
    if not _is_for_signatures(jwk):
        return None
    kid = check_kid(jwk["kid"]) if "kid" in jwk else None
    match jwk.get("kty"):
        case "EC" if jwk.get("crv") in _CURVES:
            alg, curve, length = _CURVES[jwk["crv"]]
            return _verification_key(jwk, kid, {alg}, _ec_key(jwk, curve, length))
        case "RSA":
            return _verification_key(jwk, kid, {"RS256", "PS256"}, _rsa_key(jwk))
        case "OKP" if jwk.get("crv") == "Ed25519":
            return _verification_key(jwk, kid, {"EdDSA"}, _ed25519_key(jwk))
        case _:
            return None


def _is_for_signatures(jwk: Mapping[str, Any]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list):
        raise JoseError("`key_ops` of a key is not a list")
    return jwk.get("use", "sig") == "sig" and "verify" in operations


def _verification_key(
    jwk: Mapping[str, Any], kid: str | None, possible: set[str], key: _PublicKey
) -> VerificationKey | None:
    """Narrow what the key could do to what its `alg` says; an `alg` of another kind of key is a contradiction."""
    if "alg" not in jwk:
        return VerificationKey(kid=kid, algorithms=frozenset(possible), key=key)
    alg = jwk["alg"]
    disagrees = not isinstance(alg, str) or not _FAMILIES[jwk["kty"]].match(alg)
    if disagrees or (alg in ALGORITHMS and alg not in possible):
        raise JoseError("`alg` of a key disagrees with the key", f"`alg` {alg!r:.40} of kid `{kid}` disagrees with it")
    narrowed = possible & ({"EdDSA"} if alg == "Ed25519" else {alg})
    return VerificationKey(kid=kid, algorithms=frozenset(narrowed), key=key) if narrowed else None


def _ec_key(jwk: Mapping[str, Any], curve: ec.EllipticCurve, length: int) -> ec.EllipticCurvePublicKey:
    x, y = _octets(jwk, "x"), _octets(jwk, "y")
    if len(x) != length or len(y) != length:
        raise JoseError(f"a coordinate of an elliptic curve key does not have {length} bytes")
    try:
        return ec.EllipticCurvePublicNumbers(int.from_bytes(x, "big"), int.from_bytes(y, "big"), curve).public_key()
    except ValueError:
        raise JoseError("an elliptic curve key is not a point of its curve") from None


def _rsa_key(jwk: Mapping[str, Any]) -> rsa.RSAPublicKey:
    n, e = (int.from_bytes(_octets(jwk, name), "big") for name in ("n", "e"))
    if not _RSA_BITS <= n.bit_length() <= _MAX_RSA_BITS or e.bit_length() > _MAX_RSA_EXPONENT_BITS:
        raise JoseError(f"an RSA key needs {_RSA_BITS} to {_MAX_RSA_BITS} bits and a short exponent")
    try:
        return rsa.RSAPublicNumbers(e, n).public_key()
    except ValueError:
        raise JoseError("an RSA key has an impossible modulus or exponent") from None


def _ed25519_key(jwk: Mapping[str, Any]) -> Ed25519PublicKey:
    x = _octets(jwk, "x")
    if len(x) != _ED25519_BYTES:
        raise JoseError(f"an Ed25519 key does not have {_ED25519_BYTES} bytes")
    return Ed25519PublicKey.from_public_bytes(x)


def _octets(jwk: Mapping[str, Any], name: str) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str):
        raise JoseError(f"a key of the key set has no `{name}`")
    return decode_base64url(text, f"`{name}` of a key")


def _verify(key: _PublicKey, alg: str, data: bytes, signature: bytes) -> None:
    match key:
        case ec.EllipticCurvePublicKey():
            der = _der_signature(signature, length=(key.key_size + 7) // 8)
            key.verify(der, data, ec.ECDSA(SHA256() if alg == "ES256" else SHA384()))
        case rsa.RSAPublicKey():
            key.verify(signature, data, _PSS if alg == "PS256" else padding.PKCS1v15(), SHA256())
        case Ed25519PublicKey():
            key.verify(signature, data)
        case _:
            assert_never(key)


def _der_signature(signature: bytes, *, length: int) -> bytes:
    r, s = int.from_bytes(signature[:length], "big"), int.from_bytes(signature[length:], "big")
    # Zero is refused here by name: libraries have accepted it (CVE-2022-21449).
    if len(signature) != 2 * length or r == 0 or s == 0:
        raise InvalidSignature
    return encode_dss_signature(r, s)


def _signing_function(
    alg: SigningAlgorithm, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> Callable[[bytes], bytes]:
    if alg == "ES256" and isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return _es256_function(key)
    if alg == "RS256" and isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _RSA_BITS:
        scheme, digest = padding.PKCS1v15(), SHA256()
        return lambda data: key.sign(data, scheme, digest)
    raise ValueError(f"this key cannot sign {alg}")


def _es256_function(key: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    scheme = ec.ECDSA(SHA256())

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, scheme))
        return r.to_bytes(_P256_BYTES, "big") + s.to_bytes(_P256_BYTES, "big")

    return sign


def _public_members(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> dict[str, str]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _number(point.x, _P256_BYTES), "y": _number(point.y, _P256_BYTES)}
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}


def _number(value: int, length: int | None = None) -> str:
    return encode_base64url(value.to_bytes(length or (value.bit_length() + 7) // 8, "big"))
