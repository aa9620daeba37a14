"""Does the JOSE layer take what the standards say and refuse the attacks on it? RFC 7515 to 7519, RFC 8725."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk, jwt

from ostiary.kit.crypto.jose import (
    ALGORITHMS,
    JoseError,
    KeySet,
    SigningAlgorithm,
    SigningKey,
    UnknownKeyError,
    check_audience,
    check_issuer,
    check_times,
    parse_jwks,
    sign_jwt,
    thumbprint,
    unverified_issuer,
    verify_jwt,
)
from ostiary.kit.crypto.jose_form import decode_base64url, encode_base64url, parse_object

ES = SigningKey.generate("ES256")
RS = SigningKey.generate("RS256")
KEYS = KeySet.of([ES, RS])
CLAIMS = {"iss": "https://issuer.example", "sub": "alice", "aud": "api", "exp": 2_000_000_000}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AT = int(NOW.timestamp())
LEEWAY = timedelta(seconds=30)
NO_CLAIMS: dict[str, int] = {}


def forge(header: str | Mapping[str, Any], payload: str | None = None, *, key: SigningKey = ES) -> str:
    """A correctly signed token with whatever header and payload the attack needs."""
    text = header if isinstance(header, str) else json.dumps(header)
    body = f"{encode_base64url(text.encode())}.{encode_base64url((payload or json.dumps(CLAIMS)).encode())}"
    return f"{body}.{encode_base64url(key.sign(body.encode()))}"


def refuse(token: str, keys: KeySet = KEYS, match: str | None = None) -> None:
    with pytest.raises(JoseError, match=match):
        verify_jwt(token, keys, algorithms=ALGORITHMS)


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_a_signed_token_verifies_here_and_in_another_implementation(alg: SigningAlgorithm) -> None:
    key = SigningKey.generate(alg)
    token = sign_jwt(key, CLAIMS, typ="at+jwt")
    verified = verify_jwt(token, KeySet.of([key]), algorithms=frozenset({alg}), typ="at+jwt")
    assert verified.claims == CLAIMS
    assert verified.header == {"alg": alg, "typ": "at+jwt", "kid": key.kid}
    assert jwt.decode(token, jwk.import_key({**key.public_jwk()}), algorithms=[alg]).claims == CLAIMS


@pytest.mark.parametrize(
    ("alg", "kty", "argument"),
    [
        ("ES256", "EC", "P-256"),
        ("ES384", "EC", "P-384"),
        ("RS256", "RSA", 2048),
        ("PS256", "RSA", 2048),
        ("EdDSA", "OKP", "Ed25519"),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_token_of_another_implementation_verifies_in_every_algorithm(alg: str, kty: Any, argument: Any) -> None:
    key: Any = jwk.generate_key(kty, argument)
    token = jwt.encode({"alg": alg, "kid": "k"}, CLAIMS, key, algorithms=[alg])
    keys = parse_jwks(json.dumps({"keys": [{**key.as_dict(private=False), "kid": "k"}]}).encode())
    assert verify_jwt(token, keys, algorithms=frozenset({alg})).claims == CLAIMS
    with pytest.raises(JoseError, match="algorithm"):
        verify_jwt(token, keys, algorithms=ALGORITHMS - {alg})


@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_a_private_key_comes_back_from_its_bytes(alg: SigningAlgorithm) -> None:
    key = SigningKey.generate(alg)
    again = SigningKey.from_private_bytes(alg, key.to_private_bytes())
    assert again.public_jwk() == key.public_jwk()
    assert set(key.public_jwk()) & {"d", "p", "q"} == set()
    other: SigningAlgorithm = "RS256" if alg == "ES256" else "ES256"
    with pytest.raises(ValueError, match="cannot sign"):
        SigningKey.from_private_bytes(other, key.to_private_bytes())


def test_the_key_id_is_the_thumbprint_of_the_standard() -> None:
    assert jwk.import_key({**ES.public_jwk()}).thumbprint() == ES.kid == thumbprint(ES.public_jwk())
    assert jwk.import_key({**RS.public_jwk()}).thumbprint() == RS.kid


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "nOnE", "", None, 1, ["ES256"], {"a": 1}, "es256", "ES512", "dir"]
)
@pytest.mark.parametrize("signature", ["", ".AA"])
def test_no_algorithm_but_those_of_the_list_is_taken_in_any_spelling(alg: object, signature: str) -> None:
    signed = forge({"alg": alg, "kid": ES.kid})
    refuse(signed, match="algorithm")
    refuse(signed.rpartition(".")[0] + (signature or "."))


def test_a_caller_that_lists_none_or_hmac_does_not_get_them() -> None:
    for alg in ("none", "HS256"):
        with pytest.raises(JoseError, match="algorithm"):
            verify_jwt(forge({"alg": alg, "kid": ES.kid}), KEYS, algorithms=frozenset({alg, "ES256"}))


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_hmac_with_the_public_key_in_five_encodings_is_refused(alg: str) -> None:
    key = serialization.load_der_private_key(RS.to_private_bytes(), None).public_key()
    public, encoding = serialization.PublicFormat, serialization.Encoding
    encodings = [
        key.public_bytes(encoding.PEM, public.SubjectPublicKeyInfo),
        key.public_bytes(encoding.PEM, public.SubjectPublicKeyInfo).strip(),
        key.public_bytes(encoding.DER, public.SubjectPublicKeyInfo),
        key.public_bytes(encoding.PEM, public.PKCS1),
        json.dumps(RS.public_jwk()).encode(),
    ]
    body = forge({"alg": alg, "kid": RS.kid}).rpartition(".")[0]
    for secret in encodings:
        refuse(f"{body}.{encode_base64url(hmac.digest(secret, body.encode(), alg.replace('HS', 'sha')))}")


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"])
@pytest.mark.parametrize(
    "value", ["https://attacker.example/jwks", [], ["exp"], True, False, None, "DEF", {"kty": "EC"}]
)
def test_a_header_that_brings_keys_or_extensions_is_refused_though_signed(name: str, value: object) -> None:
    refuse(forge({"alg": "ES256", "kid": ES.kid, name: value}), match=name)


@pytest.mark.parametrize("kid", ["", "x" * 257, "a\nb", "a\u0000b", "\u00e9", 1, None, ["k"], {}, True])
def test_a_kid_that_is_not_a_short_printable_text_is_refused(kid: object) -> None:
    refuse(forge({"alg": "ES256", "kid": kid}))


@pytest.mark.parametrize("kid", ["../../etc/passwd", "' OR 1=1 --", "other"])
def test_an_unknown_kid_is_told_apart_so_that_keys_can_be_fetched_anew(kid: str) -> None:
    with pytest.raises(UnknownKeyError):
        verify_jwt(forge({"alg": "ES256", "kid": kid}), KEYS, algorithms=ALGORITHMS)


def test_a_missing_kid_is_accepted_only_when_one_key_fits() -> None:
    token = forge({"alg": "ES256"})
    assert verify_jwt(token, KEYS, algorithms=ALGORITHMS).claims == CLAIMS
    refuse(token, KeySet.of([ES, SigningKey.generate("ES256")]), match="which key")


def test_the_kid_of_a_key_of_another_algorithm_is_refused() -> None:
    refuse(forge({"alg": "ES256", "kid": RS.kid}))
    refuse(forge({"alg": "PS256", "kid": RS.kid}, key=RS))


@pytest.mark.parametrize(
    "signature",
    [
        bytes(64),
        b"\0" * 63 + b"\1",
        b"\1" + b"\0" * 63,
        b"\xff" * 64,
        b"\1" * 63,
        b"\1" * 65,
        b"\0",
        b"0\6\2\1\0\2\1\0",
    ],
)
def test_zero_and_misshapen_ecdsa_signatures_are_refused(signature: bytes) -> None:
    refuse(f"{sign_jwt(ES, CLAIMS).rpartition('.')[0]}.{encode_base64url(signature)}", match="signature")


def test_an_ecdsa_signature_in_der_is_refused() -> None:
    body = sign_jwt(ES, CLAIMS).rpartition(".")[0]
    key = serialization.load_der_private_key(ES.to_private_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    refuse(f"{body}.{encode_base64url(key.sign(body.encode(), ec.ECDSA(SHA256())))}", match="signature")


def test_a_token_of_another_key_or_with_changed_claims_is_refused() -> None:
    refuse(forge({"alg": "ES256", "kid": ES.kid}, key=SigningKey.generate("ES256")), match="signature")
    header, _, signature = sign_jwt(ES, CLAIMS).split(".")
    changed = encode_base64url(json.dumps({**CLAIMS, "sub": "mallory"}).encode())
    refuse(f"{header}.{changed}.{signature}", match="signature")


@pytest.mark.parametrize(
    "bad",
    [
        '{"alg":"ES256","alg":"none"}',
        '{"alg":"ES256","a":{"b":1,"b":2}}',
        '{"alg":"ES256","\\u0061lg":"ES256"}',
        "[]",
        '"ES256"',
        "null",
        "{",
        '{"alg":"ES256"}x',
        "\ufeff{}",
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_refused(bad: str) -> None:
    refuse(forge(bad))


@pytest.mark.parametrize(
    "bad",
    [
        '{"sub":"a","sub":"b"}',
        '{"a":[{"b":1,"b":2}]}',
        '[{"sub":"a"}]',
        '"sub"',
        "1",
        "null",
        "true",
        "{} {}",
        "{",
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":-Infinity}',
        '{"a":1e999}',
        '{"a":-1e999}',
        '{"a":"\\ud800"}',
        '{"\\udfff":1}',
        '{"a":"\\u0000"}',
        '{"a":["\\u0000"]}',
        '{"a":12345678901234567890}',
        "{'a':1}",
        '{"a":1,}',
        '{"a":"\n"}',
        '{"exp":1' + "0" * 5000 + "}",
        '{"a":' * 16 + "{}" + "}" * 16,
        '{"a":' + "[" * 16 + "]" * 16 + "}",
        '{"a":' + "[" * 8000,
        "{" * 12000,
    ],
)
def test_claims_that_are_not_one_strict_json_object_are_refused_though_signed(bad: str) -> None:
    refuse(forge({"alg": "ES256", "kid": ES.kid}, bad))


def test_depth_is_counted_outside_of_texts_and_sixteen_are_accepted() -> None:
    deep = '{"a":' * 15 + '{"b":"[[[[[[[[[[[[[[[[[[\\"{"}' + "}" * 15
    assert parse_object(deep.encode(), "x")["a"]
    with pytest.raises(JoseError):
        parse_object(b"\xff", "x")


def test_padded_stray_or_foreign_base64url_is_refused_in_every_part() -> None:
    token = sign_jwt(ES, CLAIMS)
    for at in range(3):
        for change in ("{}=", "{}==", "{} ", "{}\n", " {}", "{}+", "{}/", "{}\u00e9", "{}A", "\t{}", "="):
            parts = token.split(".")
            parts[at] = change.format(parts[at])
            refuse(".".join(parts))
    assert decode_base64url("AA", "x") == b"\0"
    for text in ("AB", "AA==", "A", "A+", "AAA/"):
        with pytest.raises(JoseError):
            decode_base64url(text, "x")


def test_tokens_of_wrong_shape_or_size_are_refused() -> None:
    token = sign_jwt(ES, CLAIMS)
    for bad in (
        "",
        ".",
        "..",
        "...",
        token + ".",
        "." + token,
        token + ".x",
        token.replace(".", ""),
        "a" * 16_385,
        "{}",
    ):
        refuse(bad)
    refuse(sign_jwt(ES, {"a": "x" * 12_300}), match="longer")


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,30}\.[A-Za-z0-9_-]{0,30}", fullmatch=True))
def test_garbage_is_refused_and_never_crashes(garbage: str) -> None:
    refuse(garbage)
    with pytest.raises(JoseError):
        unverified_issuer(garbage)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.integers(-(2**40), 2**40),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
        max_leaves=8,
    )
)
def test_a_header_of_any_json_never_crashes(value: Any) -> None:
    refuse(forge(json.dumps(value)))
    refuse(forge(json.dumps({"alg": "ES256", "kid": value})))
    refuse(forge(json.dumps({"alg": value})))
    with pytest.raises(JoseError):
        parse_jwks(json.dumps({"keys": value} if not isinstance(value, list) else {"keys": [value, 1]}).encode())


def test_the_type_keeps_kinds_of_tokens_apart() -> None:
    token = sign_jwt(ES, CLAIMS, typ="at+jwt")
    for accepted in ("at+jwt", "AT+JWT", "application/at+jwt", frozenset({"JWT", "at+jwt"})):
        verify_jwt(token, KEYS, algorithms=ALGORITHMS, typ=accepted)
    for header in ({}, {"typ": "JWT"}, {"typ": None}, {"typ": ["at+jwt"]}, {"typ": "at+jwt "}):
        with pytest.raises(JoseError, match="type"):
            verify_jwt(forge({"alg": "ES256", "kid": ES.kid, **header}), KEYS, algorithms=ALGORITHMS, typ="at+jwt")


def jwks(*keys: Mapping[str, Any]) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


def rsa_jwk(bits: int) -> dict[str, str]:
    numbers = rsa.generate_private_key(65537, bits).public_key().public_numbers()
    return {"kty": "RSA", "n": encode_base64url(numbers.n.to_bytes(bits // 8, "big")), "e": "AQAB"}


def test_weak_private_symmetric_or_contradictory_keys_condemn_the_set() -> None:
    es, rs = ES.public_jwk(), RS.public_jwk()
    bad: list[Mapping[str, Any]] = [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "oct"},
        *({**es, name: "AA"} for name in ("d", "k", "p", "q", "dp", "dq", "qi", "oth", "priv")),
        {**es, "d": "AA", "use": "enc"},
        rsa_jwk(1024),
        {**rs, "e": "AQ"},
        {**rs, "e": "Ag"},
        {**rs, "e": encode_base64url(b"\xff" * 200)},
        {**rs, "n": rs["n"] + "="},
        {**rs, "n": None},
        {**es, "alg": "RS256"},
        {**es, "alg": "ES384"},
        {**es, "alg": "HS256"},
        {**es, "alg": 1},
        {**rs, "alg": "ES256"},
        {**rs, "alg": "HS256"},
        {**es, "x": es["y"]},
        {**es, "x": es["x"] + "="},
        {**es, "x": encode_base64url(b"\0" + decode_base64url(es["x"], "x"))},
        {**es, "kid": "x" * 300},
        {**es, "kid": 5},
        {**es, "key_ops": "verify"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "EC", "crv": "P-256"},
    ]
    for entry in bad:
        with pytest.raises(JoseError):
            parse_jwks(jwks(entry, RS.public_jwk() | {"kid": "other"}))


def test_repeated_kids_and_documents_that_are_no_key_set_are_refused() -> None:
    es = ES.public_jwk()
    huge = b'{"keys":[]' + b" " * 262_144 + b"}"
    for document in (
        jwks(es, {**RS.public_jwk(), "kid": es["kid"]}),
        b"{}",
        b"[]",
        b'{"keys":{}}',
        b'{"keys":[1]}',
        jwks(*[{}] * 101),
        huge,
        b'{"keys":[],"keys":[]}',
        b"\xff",
    ):
        with pytest.raises(JoseError):
            parse_jwks(document)


def test_keys_for_encryption_and_of_unknown_kinds_are_passed_over() -> None:
    es = ES.public_jwk()
    others: list[dict[str, object]] = [
        {**RS.public_jwk(), "use": "enc", "alg": "RSA-OAEP"},
        {**RS.public_jwk(), "alg": "RS512"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {**es, "kid": "o", "key_ops": ["deriveKey"]},
        {},
    ]
    assert [key.kid for key in parse_jwks(jwks(es, *others)).keys] == [ES.kid]
    assert [key.kid for key in parse_jwks({"keys": [es]}).keys] == [ES.kid]


def test_an_alg_of_the_key_binds_the_token() -> None:
    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    public = {"kty": "RSA", "n": encode_base64url(numbers.n.to_bytes(256, "big")), "e": "AQAB", "kid": "k"}
    body = forge({"alg": "PS256", "kid": "k"}).rpartition(".")[0]
    pss = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    token = f"{body}.{encode_base64url(key.sign(body.encode(), pss, SHA256()))}"
    verify_jwt(token, parse_jwks(jwks(public)), algorithms=ALGORITHMS)
    refuse(token, parse_jwks(jwks({**public, "alg": "RS256"})))


def test_the_example_of_rfc_8037_verifies() -> None:
    seed = decode_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", "d")
    public = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    body = encode_base64url(b'{"alg":"EdDSA"}') + "." + encode_base64url(b"{}")
    token = f"{body}.{encode_base64url(Ed25519PrivateKey.from_private_bytes(seed).sign(body.encode()))}"
    assert verify_jwt(token, parse_jwks(jwks(public)), algorithms=ALGORITHMS).claims == {}


def test_times_hold_within_the_leeway_and_not_beyond() -> None:
    def check(claims: Mapping[str, object], max_life: timedelta | None = None, *, require_exp: bool = True) -> None:
        check_times(claims, now=NOW, leeway=LEEWAY, require_exp=require_exp, max_life=max_life)

    check({"exp": AT + 1, "nbf": AT, "iat": AT})
    check({"exp": AT - 29, "nbf": AT + 30, "iat": AT + 30.0})
    check({}, require_exp=False)
    check({"exp": AT + 60, "iat": AT}, timedelta(seconds=60))
    for claims in (NO_CLAIMS, {"exp": AT - 30}, {"exp": AT + 9, "nbf": AT + 31}, {"exp": AT + 9, "iat": AT + 31}):
        with pytest.raises(JoseError):
            check(claims)
    for wrong in (True, "1", None, [1], -1):
        for name in ("exp", "nbf", "iat"):
            with pytest.raises(JoseError, match="not a time"):
                check({"exp": AT + 9, name: wrong})
    for long in ({"exp": AT + 61, "iat": AT}, {"exp": AT + 91}):
        with pytest.raises(JoseError, match="longer"):
            check(long, timedelta(seconds=60))
    with pytest.raises(JoseError, match="no `exp`"):
        check({}, timedelta(seconds=60), require_exp=False)


def test_the_issuer_is_compared_character_by_character() -> None:
    check_issuer(CLAIMS, "https://issuer.example")
    for expected in ("https://issuer.example/", "https://issuer.exampl", "HTTPS://issuer.example", ""):
        with pytest.raises(JoseError):
            check_issuer(CLAIMS, expected)
    for claims in ({}, {"iss": ["https://issuer.example"]}, {"iss": None}):
        with pytest.raises(JoseError):
            check_issuer(claims, "https://issuer.example")


def test_an_audience_must_be_named_and_may_have_to_be_alone() -> None:
    check_audience({"aud": "api"}, "api", exclusive=True)
    check_audience({"aud": ["api"]}, {"api", "other"}, exclusive=True)
    check_audience({"aud": ["api", "b"]}, "api", exclusive=False)
    for aud in ("ap", "apis", [], ["b"], None, 1, ["api", 1], {"api": 1}, "API", [["api"]]):
        with pytest.raises(JoseError):
            check_audience({"aud": aud}, "api", exclusive=False)
    for aud in (["api", "b"], ["api", "api"]):
        with pytest.raises(JoseError):
            check_audience({"aud": aud}, "api", exclusive=True)
    with pytest.raises(JoseError):
        check_audience({}, "api", exclusive=False)


def test_the_unverified_issuer_is_only_a_text() -> None:
    assert unverified_issuer(sign_jwt(ES, CLAIMS)) == "https://issuer.example"
    with pytest.raises(JoseError):
        unverified_issuer(sign_jwt(ES, {"iss": 1}))


def test_an_error_has_a_text_for_the_client_and_one_for_the_operator() -> None:
    with pytest.raises(JoseError) as caught:
        check_issuer({"iss": "https://evil.example"}, "https://issuer.example")
    assert "evil" not in str(caught.value)
    assert "evil" in caught.value.operator


def test_signing_is_quick() -> None:
    times = []
    for _ in range(200):
        began = time.perf_counter()
        sign_jwt(ES, CLAIMS)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.000_130


def test_no_private_key_shows_itself() -> None:
    assert sha256(ES.to_private_bytes()).hexdigest() not in repr(ES)
    assert repr(ES) == f"SigningKey(ES256, kid={ES.kid})"
