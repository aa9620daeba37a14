"""Did an authenticator make or use a credential for us, just now, with its person verified? WebAuthn Level 3, 7.1, 7.2.

The library verifies signatures and attestation statements. Before it runs, what came from a stranger is read strictly
and within bounds; what it leaves open is asked here: frames of other sites, curves, key sizes, models.

The library is imported where it is called: its attestation formats take as long to load as half of a server, and asking
for a passkey needs none of it. `load_library` does so ahead of the first answer of an authenticator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import Any, TypeVar
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ostiary.kit.crypto.attestation import Attestation, AttestationError, read_attestation, roots_by_format
from ostiary.kit.crypto.ctap_form import CtapFormError, check_authenticator_data, check_one_item
from ostiary.kit.crypto.jose_form import JoseError, decode_base64url, encode_base64url, parse_object

MAX_RESPONSE = 64 * 1024
_MAX_CLIENT_DATA = 4 * 1024
_MAX_ATTESTATION = 32 * 1024
_MAX_AUTHENTICATOR_DATA = 4 * 1024
_MAX_SIGNATURE = 2 * 1024
_MAX_CREDENTIAL_ID = 1023  # WebAuthn Level 3 section 4, "credential id"
_MAX_USER_HANDLE = 64
_MIN_RSA_BITS, _MAX_RSA_BITS = 2048, 4096
_RSA_EXPONENT = 65537
_EDDSA, _ES256, _RS256 = -8, -7, -257  # RFC 9053 section 2, RFC 8812 section 2
ALGORITHMS = (_EDDSA, _ES256, _RS256)
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable")
ResultT = TypeVar("ResultT")


class WebauthnError(Exception):
    """The response proves nothing; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """We, as authenticators know us: `origin` exactly as browsers write it, `party_id` its host."""

    origin: str
    party_id: str


@dataclass(frozen=True, slots=True)
class Response:
    """What a browser sent, within bounds and not verified. `challenge` is what it says it answers."""

    credential_id: bytes
    challenge: bytes
    user_handle: bytes | None
    transports: tuple[str, ...]
    fields: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Registered:
    """A verified new credential. `attestation` is the format by which its model was proved, `none` when it was not."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    attestation: str
    transports: tuple[str, ...]
    backup_eligible: bool
    backed_up: bool


@dataclass(frozen=True, slots=True)
class Asserted:
    """A verified use of a credential; whether the counter may stand where it stands is for the caller to say."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool


def find_relying_party(issuer: str) -> RelyingParty | None:
    """None where no browser does WebAuthn: at an IP address, and without TLS elsewhere than on localhost."""
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    local = host == "localhost" or host.endswith(".localhost")
    if not host or _is_address(host) or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        return None
    default = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return RelyingParty(origin=f"{parts.scheme}://{host}{port}", party_id=host)


def read_registration(text: str) -> Response:
    """`RegistrationResponseJSON` (section 5.1). Raises WebauthnError."""
    return _guarded(lambda: _read(text, {"attestationObject": _MAX_ATTESTATION}))


def read_assertion(text: str) -> Response:
    """`AuthenticationResponseJSON` (section 5.1). Raises WebauthnError."""
    sizes = {"authenticatorData": _MAX_AUTHENTICATOR_DATA, "signature": _MAX_SIGNATURE}
    return _guarded(lambda: _read(text, sizes))


def verify_registration(
    response: Response,
    *,
    party: RelyingParty,
    challenge: bytes,
    models: frozenset[str] | None = None,
    roots: Sequence[bytes] = (),
) -> Registered:
    """Section 7.1, with user verification. Raises WebauthnError.

    With `models` the authenticator must prove, up to one of `roots` (PEM) or a root that the library knows, to be of
    one of these AAGUIDs.
    """
    return _guarded(lambda: _verify_registration(response, party, challenge, models, roots))


def verify_assertion(response: Response, *, party: RelyingParty, challenge: bytes, public_key: bytes) -> Asserted:
    """Section 7.2, with user verification. Raises WebauthnError."""
    return _guarded(lambda: _verify_assertion(response, party, challenge, public_key))


def load_library() -> None:
    """Import what verifies, so that no answer waits for it."""
    import webauthn  # noqa: F401, PLC0415 - see the top


@cache
def absent_public_key() -> bytes:
    """A key to verify against when there is no credential, so that this takes as long."""
    from webauthn.helpers import encode_cbor  # noqa: PLC0415 - see the top

    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})


def _guarded(work: Callable[[], ResultT]) -> ResultT:
    """Whatever a parser or the library makes of a stranger's bytes, it is a refusal and no failure of ours."""
    try:
        return work()
    except WebauthnError:
        raise
    except (JoseError, CtapFormError, AttestationError) as error:
        raise WebauthnError(str(error)) from None
    except Exception as error:  # noqa: BLE001 - the library lets through what its parsers raise, of any kind
        raise WebauthnError(f"{type(error).__name__}: {error}"[:300]) from None


def _read(text: str, sizes: Mapping[str, int]) -> Response:
    if len(text) > MAX_RESPONSE:
        raise WebauthnError("the response is too large")
    given = parse_object(text.encode(), "the response")
    inner = given.get("response")
    if not isinstance(inner, dict) or given.get("type") != "public-key" or given.get("id") != given.get("rawId"):
        raise WebauthnError("the response is not one of a public key credential")
    parts = {name: _bytes_of(inner.get(name), name, size) for name, size in sizes.items()}
    _check_cbor(parts)
    client_data = _bytes_of(inner.get("clientDataJSON"), "clientDataJSON", _MAX_CLIENT_DATA)
    handle = inner.get("userHandle")
    credential_id = _bytes_of(given.get("id"), "id", _MAX_CREDENTIAL_ID)
    return Response(
        credential_id=credential_id,
        challenge=_challenge_of(client_data),
        user_handle=None if handle is None else _bytes_of(handle, "userHandle", _MAX_USER_HANDLE),
        transports=_transports_of(inner.get("transports")),
        # Only what was checked goes on to the library.
        fields={
            "id": given["id"],
            "rawId": given["id"],
            "type": "public-key",
            "response": {
                name: encode_base64url(raw) for name, raw in (*parts.items(), ("clientDataJSON", client_data))
            },
        },
    )


def _check_cbor(parts: Mapping[str, bytes]) -> None:
    if "attestationObject" in parts:
        check_one_item(parts["attestationObject"])
        check_authenticator_data(read_attestation(parts["attestationObject"]).authenticator_data)
    else:
        check_authenticator_data(parts["authenticatorData"])


def _bytes_of(value: object, name: str, limit: int) -> bytes:
    if not isinstance(value, str):
        raise WebauthnError(f"`{name}` is missing or no text")
    raw = decode_base64url(value, name)
    if not 0 < len(raw) <= limit:
        raise WebauthnError(f"`{name}` is empty or larger than {limit} bytes")
    return raw


def _transports_of(value: object) -> tuple[str, ...]:
    """Hints for the next time (section 5.8.4); what is not known is left out."""
    given = value if isinstance(value, list) else []
    return tuple(transport for transport in TRANSPORTS if transport in given)


def _challenge_of(client_data: bytes) -> bytes:
    return _bytes_of(parse_object(client_data, "clientDataJSON").get("challenge"), "challenge", 256)


def _check_client_data(response: Response, *, kind: str, origin: str) -> None:
    """Section 7.1 steps 7 to 12. The library compares type, challenge and origin again."""
    raw = decode_base64url(response.fields["response"]["clientDataJSON"], "clientDataJSON")
    data = parse_object(raw, "clientDataJSON")
    if data.get("type") != kind:
        raise WebauthnError("the response belongs to another ceremony")
    if data.get("origin") != origin:
        raise WebauthnError(f"the response was made for the origin `{str(data.get('origin'))[:100]}`")
    # MUST be refused by whoever does not expect to be framed: nobody may frame our pages.
    if data.get("crossOrigin", False) is not False or "topOrigin" in data:
        raise WebauthnError("the response was made in a frame of another site")


def _verify_registration(
    response: Response,
    party: RelyingParty,
    challenge: bytes,
    models: frozenset[str] | None,
    roots: Sequence[bytes],
) -> Registered:
    from webauthn import verify_registration_response  # noqa: PLC0415 - see the top
    from webauthn.helpers.cose import COSEAlgorithmIdentifier  # noqa: PLC0415 - see the top
    from webauthn.helpers.structs import CredentialDeviceType  # noqa: PLC0415 - see the top

    _check_client_data(response, kind="webauthn.create", origin=party.origin)
    attestation = read_attestation(decode_base64url(response.fields["response"]["attestationObject"], "attestation"))
    verified = verify_registration_response(
        credential=dict(response.fields),
        expected_challenge=challenge,
        expected_rp_id=party.party_id,
        expected_origin=party.origin,
        require_user_verification=True,
        supported_pub_key_algs=[COSEAlgorithmIdentifier(algorithm) for algorithm in ALGORITHMS],
        pem_root_certs_bytes_by_fmt=roots_by_format(roots) if models is not None else None,
    )
    if verified.credential_id != response.credential_id:
        raise WebauthnError("the response names another credential than the authenticator made")
    _check_public_key(verified.credential_public_key)
    _check_model(attestation, verified.aaguid, models, roots)
    return Registered(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        aaguid=verified.aaguid,
        attestation=attestation.format if models is not None else "none",
        transports=response.transports,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def _check_model(attestation: Attestation, aaguid: str, models: frozenset[str] | None, roots: Sequence[bytes]) -> None:
    attestation.check_names_model(aaguid)
    if models is None:
        return
    attestation.check_proves_model(has_roots=bool(roots))
    if aaguid not in models:
        raise WebauthnError(f"the model {aaguid} is not one of those that the directory allows")


def _check_public_key(public_key: bytes) -> None:
    """RFC 9053: the curve of ES256 is P-256 here, RS256 has 2048 bits or more; a key that is none raises."""
    from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography  # noqa: PLC0415

    decoded = decode_credential_public_key(public_key)
    if type(decoded.alg) is not int:
        raise WebauthnError("the algorithm is no number")
    key = decoded_public_key_to_cryptography(decoded)
    match key:
        case ec.EllipticCurvePublicKey():
            fine = decoded.alg == _ES256 and isinstance(key.curve, ec.SECP256R1)
        case rsa.RSAPublicKey():
            fine = _MIN_RSA_BITS <= key.key_size <= _MAX_RSA_BITS and key.public_numbers().e == _RSA_EXPONENT
            fine = fine and decoded.alg == _RS256
        case ed25519.Ed25519PublicKey():
            fine = decoded.alg == _EDDSA
        case _:
            fine = False
    if not fine:
        raise WebauthnError("the public key is not of a kind that is taken here")


def _verify_assertion(response: Response, party: RelyingParty, challenge: bytes, public_key: bytes) -> Asserted:
    from webauthn import verify_authentication_response  # noqa: PLC0415 - see the top
    from webauthn.helpers.structs import CredentialDeviceType  # noqa: PLC0415 - see the top

    _check_client_data(response, kind="webauthn.get", origin=party.origin)
    verified = verify_authentication_response(
        credential=dict(response.fields),
        expected_challenge=challenge,
        expected_rp_id=party.party_id,
        expected_origin=party.origin,
        credential_public_key=public_key,
        credential_current_sign_count=0,  # whoever keeps the counter compares it, where it changes
        require_user_verification=True,
    )
    return Asserted(
        sign_count=verified.new_sign_count,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
    )


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
