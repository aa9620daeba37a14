"""What of an authenticator is believed: one honest answer, and every way to lie in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.kit.crypto import webauthn
from ostiary.kit.crypto.jose_form import decode_base64url, encode_base64url
from parts.software_authenticator import (
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    SOFTWARE_MODEL,
    VERIFIED,
    SoftwareAuthenticator,
    example_maker,
    make_maker,
)

ORIGIN = "https://id.example.com"
PARTY = webauthn.RelyingParty(ORIGIN, "id.example.com")
CHALLENGE = b"challenge of this very ceremony."
CREATION = {
    "rp": {"id": PARTY.party_id},
    "user": {"id": encode_base64url(b"person-1")},
    "challenge": encode_base64url(CHALLENGE),
}
REQUEST = {"rpId": PARTY.party_id, "challenge": encode_base64url(CHALLENGE)}


def registered(authenticator: SoftwareAuthenticator, **asked: Any) -> webauthn.Registered:
    response = webauthn.read_registration(authenticator.create(CREATION))
    return webauthn.verify_registration(response, party=PARTY, challenge=CHALLENGE, **asked)


def asserted(authenticator: SoftwareAuthenticator, public_key: bytes, **other: Any) -> webauthn.Asserted:
    response = webauthn.read_assertion(authenticator.get({**REQUEST, **other}))
    return webauthn.verify_assertion(response, party=PARTY, challenge=CHALLENGE, public_key=public_key)


KEYS: dict[str, Callable[[], Any]] = {
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_credential_of_each_algorithm_is_registered_and_used(algorithm: str) -> None:
    authenticator = SoftwareAuthenticator(ORIGIN, make_key=KEYS[algorithm])
    made = registered(authenticator)
    assert made.credential_id == authenticator.credentials[0].credential_id
    assert made.attestation == "none"
    assert made.transports == ("hybrid", "internal")
    assert asserted(authenticator, made.public_key) == webauthn.Asserted(1, backup_eligible=False, backed_up=False)


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        ("https://id.example.com", PARTY),
        ("https://ID.example.com:443", PARTY),
        ("https://id.example.com:8443", webauthn.RelyingParty("https://id.example.com:8443", "id.example.com")),
        ("http://localhost:8480", webauthn.RelyingParty("http://localhost:8480", "localhost")),
        ("http://id.example.com", None),
        ("http://127.0.0.1:8480", None),
        ("https://[::1]", None),
    ],
)
def test_passkeys_need_a_host_name_over_tls_or_localhost(issuer: str, expected: webauthn.RelyingParty | None) -> None:
    assert webauthn.find_relying_party(issuer) == expected


LIES: dict[str, dict[str, Any]] = {
    "origin with our name as a suffix": {"origin": "https://badid.example.com"},
    "origin with our name as a prefix": {"origin": "https://id.example.com.evil.example"},
    "origin below ours": {"origin": "https://a.id.example.com"},
    "origin without TLS": {"origin": "http://id.example.com"},
    "origin with a port": {"origin": "https://id.example.com:444"},
    "origin in capitals": {"origin": "https://ID.example.com"},
    "origin with a slash": {"origin": "https://id.example.com/"},
    "no origin": {"origin": None},
    "another ceremony": {"type": "payment.get"},
    "another challenge": {"challenge": encode_base64url(b"challenge of another ceremony...")},
    "padded challenge": {"challenge": encode_base64url(CHALLENGE) + "="},
    "frame of another site": {"crossOrigin": True},
    "frame by a word": {"crossOrigin": "false"},
    "frame of a named site": {"topOrigin": "https://evil.example"},
}


@pytest.mark.parametrize("lie", LIES)
def test_what_the_browser_says_is_compared_exactly(lie: str) -> None:
    honest = SoftwareAuthenticator(ORIGIN)
    public_key = registered(honest).public_key
    honest.client_data = LIES[lie]
    with pytest.raises(webauthn.WebauthnError):
        asserted(honest, public_key)
    with pytest.raises(webauthn.WebauthnError):
        registered(SoftwareAuthenticator(ORIGIN, client_data=LIES[lie]))


@pytest.mark.parametrize("flags", [PRESENT, VERIFIED, 0, PRESENT | VERIFIED | BACKED_UP])
def test_the_person_must_be_there_and_verified_and_backup_must_be_possible(flags: int) -> None:
    authenticator = SoftwareAuthenticator(ORIGIN)
    public_key = registered(authenticator).public_key
    authenticator.flags = flags
    with pytest.raises(webauthn.WebauthnError):
        asserted(authenticator, public_key)
    with pytest.raises(webauthn.WebauthnError):
        registered(authenticator)


def test_a_synced_passkey_is_known_as_one() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN, flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    made = registered(authenticator)
    assert made.backup_eligible
    assert asserted(authenticator, made.public_key).backed_up


def test_the_relying_party_of_another_site_is_refused() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN)
    public_key = registered(authenticator).public_key
    with pytest.raises(webauthn.WebauthnError, match="RP ID"):
        asserted(authenticator, public_key, rpId="badid.example.com")


def test_a_signature_of_another_key_is_refused() -> None:
    authenticator, other = SoftwareAuthenticator(ORIGIN), SoftwareAuthenticator(ORIGIN)
    registered(authenticator)
    with pytest.raises(webauthn.WebauthnError, match="signature"):
        asserted(authenticator, registered(other).public_key)
    with pytest.raises(webauthn.WebauthnError, match="signature"):
        asserted(authenticator, webauthn.absent_public_key())


@pytest.mark.parametrize(
    "make_key",
    [
        lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 - that is what is refused
        lambda: rsa.generate_private_key(3, 2048),
        lambda: ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["RSA of 1024 bits", "RSA with exponent 3", "P-384 as ES256"],
)
def test_weak_or_mislabelled_keys_are_refused(make_key: Callable[[], Any]) -> None:
    with pytest.raises(webauthn.WebauthnError):
        registered(SoftwareAuthenticator(ORIGIN, make_key=make_key))


MODELS = frozenset({SOFTWARE_MODEL})


def test_a_model_is_proved_by_a_certificate_of_its_maker() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN, attest="maker")
    made = registered(authenticator, models=MODELS, roots=[example_maker().root_pem])
    assert (made.aaguid, made.attestation) == (SOFTWARE_MODEL, "packed")


OTHER_MODEL = "cb69481e-8ff7-4039-93ec-0a2729a154a8"
UNPROVED: dict[str, SoftwareAuthenticator] = {
    "no attestation": SoftwareAuthenticator(ORIGIN),
    "self attestation": SoftwareAuthenticator(ORIGIN, attest="self"),
    "another maker": SoftwareAuthenticator(ORIGIN, attest="maker", maker=make_maker("Example Keys Root")),
    "another model": SoftwareAuthenticator(ORIGIN, attest="maker", aaguid=OTHER_MODEL, certified_model=OTHER_MODEL),
    "certificate of another model": SoftwareAuthenticator(ORIGIN, attest="maker", certified_model=OTHER_MODEL),
    "certificate of no model": SoftwareAuthenticator(ORIGIN, attest="maker", certified_model=None),
}


@pytest.mark.parametrize("case", UNPROVED)
def test_a_model_that_is_not_proved_or_not_allowed_is_refused(case: str) -> None:
    with pytest.raises(webauthn.WebauthnError):
        registered(UNPROVED[case], models=MODELS, roots=[example_maker().root_pem])


def test_without_roots_no_model_is_proved() -> None:
    with pytest.raises(webauthn.WebauthnError, match="no root certificates"):
        registered(SoftwareAuthenticator(ORIGIN, attest="maker"), models=MODELS)


def test_self_attestation_is_fine_where_any_model_is() -> None:
    assert registered(SoftwareAuthenticator(ORIGIN, attest="self")).attestation == "none"


def test_a_false_self_attestation_is_refused() -> None:
    authenticator = SoftwareAuthenticator(ORIGIN, attest="self")
    answer = json.loads(authenticator.create(CREATION))
    attestation = cbor2.loads(decode_base64url(answer["response"]["attestationObject"], "it"))
    signature = attestation["attStmt"]["sig"]
    attestation["attStmt"]["sig"] = signature[:-1] + bytes((signature[-1] ^ 1,))
    answer["response"]["attestationObject"] = encode_base64url(cbor2.dumps(attestation))
    response = webauthn.read_registration(json.dumps(answer))
    with pytest.raises(webauthn.WebauthnError):
        webauthn.verify_registration(response, party=PARTY, challenge=CHALLENGE)


def attestation_with(change: Callable[[dict[str, Any]], object]) -> str:
    answer = json.loads(SoftwareAuthenticator(ORIGIN).create(CREATION))
    attestation = cbor2.loads(decode_base64url(answer["response"]["attestationObject"], "it"))
    change(attestation)
    answer["response"]["attestationObject"] = encode_base64url(cbor2.dumps(attestation))
    return json.dumps(answer)


MALFORMED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a tag": lambda a: a.update(attStmt={"x": cbor2.CBORTag(35, "(a+)+$")}),
    "a deep nest": lambda a: a.update(attStmt={"x": [[[[[[[[]]]]]]]]}),
    "no authenticator data": lambda a: a.pop("authData"),
    "authenticator data that is text": lambda a: a.update(authData="x" * 100),
    "another member": lambda a: a.update(more=1),
    "bytes after the authenticator data": lambda a: a.update(authData=a["authData"] + b"\x00"),
    "a credential id that is cut off": lambda a: a.update(authData=a["authData"][:70]),
    "a credential id that lies": lambda a: a.update(authData=a["authData"][:53] + b"\xff\xff" + a["authData"][55:]),
    "a statement with none": lambda a: a.update(attStmt={"sig": b"x"}),
    "an unknown format": lambda a: a.update(fmt="own"),
    "SafetyNet": lambda a: a.update(fmt="android-safetynet", attStmt={"ver": "1", "response": b"a.b.c"}),
    "a TPM of text": lambda a: a.update(fmt="tpm", attStmt={"ver": 2, "alg": "x", "x5c": [b"x"], "sig": 1}),
    "certificates of numbers": lambda a: a.update(fmt="packed", attStmt={"alg": -7, "sig": b"x", "x5c": [1]}),
    "certificates that are none": lambda a: a.update(fmt="packed", attStmt={"alg": -7, "sig": b"x", "x5c": [b"x"]}),
}


def register(answer: str) -> webauthn.Registered:
    return webauthn.verify_registration(webauthn.read_registration(answer), party=PARTY, challenge=CHALLENGE)


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_attestation_is_one_refusal(case: str) -> None:
    answer = attestation_with(MALFORMED[case])
    with pytest.raises(webauthn.WebauthnError):
        register(answer)


@pytest.mark.parametrize(
    "cbor",
    [b"\x9f\x01\xff", b"\xbf\xff", b"\x5f\xff", b"\x1c", b"\xc0\x60", b"\xfb\x00", b"\x9b" + b"\xff" * 8, b"\x00\x00"],
)
def test_cbor_that_no_authenticator_writes_is_refused(cbor: bytes) -> None:
    answer = json.loads(SoftwareAuthenticator(ORIGIN).create(CREATION))
    answer["response"]["attestationObject"] = encode_base64url(cbor)
    with pytest.raises(webauthn.WebauthnError):
        webauthn.read_registration(json.dumps(answer))


def test_large_or_deep_answers_are_refused() -> None:
    padded = SoftwareAuthenticator(ORIGIN, client_data={"more": "x" * 5000})
    deep = '{"id":' + "[" * 5000
    with pytest.raises(webauthn.WebauthnError, match="larger"):
        webauthn.read_registration(padded.create(CREATION))
    for text in (deep, "x" * (64 * 1024 + 1), "", "[]", "null", '{"id":"AA","id":"AA"}', "\ud800"):
        with pytest.raises(webauthn.WebauthnError):
            webauthn.read_assertion(text)


def damaged(answer: str, part: int, at: int, damage: str, noise: bytes) -> str:
    sent = json.loads(answer)
    names = sorted(set(sent["response"]) - {"userHandle", "transports"})
    name = names[part % len(names)]
    raw = decode_base64url(sent["response"][name], name)
    place = at % len(raw)
    flipped = bytes([raw[place] ^ (noise[0] or 1)])
    broken = {
        "flip": raw[:place] + flipped + raw[place + 1 :],
        "cut": raw[:place],
        "insert": raw[:place] + noise + raw[place:],
    }
    sent["response"][name] = encode_base64url(broken[damage])
    return json.dumps(sent)


DAMAGE = (
    st.integers(0, 2),
    st.integers(0, 1000),
    st.sampled_from(["flip", "cut", "insert"]),
    st.binary(min_size=1, max_size=9),
)


@settings(max_examples=100, deadline=None)
@given(*DAMAGE)
def test_no_damage_to_a_proof_is_anything_but_a_refusal(part: int, at: int, damage: str, noise: bytes) -> None:
    authenticator = SoftwareAuthenticator(ORIGIN)
    public_key = registered(authenticator).public_key
    answer = damaged(authenticator.get(REQUEST), part, at, damage, noise)
    with pytest.raises(webauthn.WebauthnError):
        webauthn.verify_assertion(
            webauthn.read_assertion(answer), party=PARTY, challenge=CHALLENGE, public_key=public_key
        )


@settings(max_examples=100, deadline=None)
@given(*DAMAGE)
def test_no_damage_to_a_new_credential_is_a_failure_of_ours(part: int, at: int, damage: str, noise: bytes) -> None:
    answer = damaged(SoftwareAuthenticator(ORIGIN).create(CREATION), part, at, damage, noise)
    # What nothing signs may change: then another id, key or counter is registered.
    with suppress(webauthn.WebauthnError):
        register(answer)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["AA", "public-key", "webauthn.get"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": VALUES,
            "rawId": VALUES,
            "type": VALUES,
            "response": VALUES
            | st.fixed_dictionaries(
                {}, optional={"clientDataJSON": VALUES, "attestationObject": VALUES, "userHandle": VALUES}
            ),
        },
    )
)
def test_wrong_types_are_a_refusal(answer: dict[str, Any]) -> None:
    for read in (webauthn.read_registration, webauthn.read_assertion):
        with pytest.raises(webauthn.WebauthnError):
            read(json.dumps(answer))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_as_attestation_are_a_refusal(raw: bytes) -> None:
    answer = json.loads(SoftwareAuthenticator(ORIGIN).create(CREATION))
    answer["response"]["attestationObject"] = encode_base64url(raw)
    with pytest.raises(webauthn.WebauthnError):
        webauthn.read_registration(json.dumps(answer))
