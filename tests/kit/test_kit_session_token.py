"""Do token, access key id and secret belong together, and open only unchanged? Design section 4."""

from __future__ import annotations

import base64
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.kit.crypto.session_token import (
    PREFIX,
    PayloadTooLargeError,
    SessionTokenKeys,
    TokenError,
    check_access_key_id,
    derive_access_key_id,
    derive_secret_access_key,
    open_token,
    seal_token,
)

FIRST, SECOND = b"1" * 32, b"2" * 32
KEYS = SessionTokenKeys(keys={"k1": FIRST, "k2": SECOND}, current="k2")
TOKEN = seal_token(KEYS, b"the session")


@given(st.binary(max_size=500))
def test_a_token_gives_back_what_was_sealed(payload: bytes) -> None:
    token = seal_token(KEYS, payload)
    assert open_token(KEYS, token) == payload
    assert re.fullmatch(r"ostiary-session-1\.[A-Za-z0-9_-]+", token)


def test_the_payload_is_not_visible_and_no_two_tokens_are_equal() -> None:
    assert b"session" not in base64.urlsafe_b64decode(TOKEN.removeprefix(PREFIX) + "==")
    assert seal_token(KEYS, b"the session") != TOKEN


def test_a_token_of_an_older_key_opens_until_the_key_is_gone() -> None:
    old = seal_token(SessionTokenKeys(keys={"k1": FIRST}, current="k1"), b"x")
    assert open_token(KEYS, old) == b"x"
    gone = SessionTokenKeys(keys={"k2": SECOND}, current="k2")
    with pytest.raises(TokenError):
        open_token(gone, old)
    with pytest.raises(TokenError):
        derive_secret_access_key(gone, old)


def test_another_key_under_the_same_kid_does_not_open() -> None:
    with pytest.raises(TokenError):
        open_token(SessionTokenKeys(keys={"k2": FIRST}, current="k2"), TOKEN)


def test_a_token_relabelled_with_another_kid_does_not_open() -> None:
    same = SessionTokenKeys(keys={"k1": SECOND, "k2": SECOND}, current="k2")
    raw = base64.urlsafe_b64decode(TOKEN.removeprefix(PREFIX) + "=" * (-len(TOKEN.removeprefix(PREFIX)) % 4))
    relabelled = PREFIX + base64.urlsafe_b64encode(raw.replace(b"k2", b"k1", 1)).rstrip(b"=").decode()
    with pytest.raises(TokenError):
        open_token(same, relabelled)


def test_every_changed_character_and_every_truncation_is_refused() -> None:
    changed = [TOKEN[:i] + ("A" if TOKEN[i] != "A" else "B") + TOKEN[i + 1 :] for i in range(len(TOKEN))]
    for bad in [*changed, *(TOKEN[:i] for i in range(len(TOKEN)))]:
        with pytest.raises(TokenError):
            open_token(KEYS, bad)


def test_a_token_has_one_spelling() -> None:
    for bad in (
        f"{TOKEN}=",
        f"{TOKEN}==",
        f"{TOKEN}\n",
        f" {TOKEN}",
        f"{TOKEN} ",
        f"{TOKEN}é",
        f"{TOKEN}+",
        TOKEN.upper(),
    ):
        with pytest.raises(TokenError):
            open_token(KEYS, bad)


@given(st.text() | st.binary(max_size=80).map(lambda raw: PREFIX + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()))
def test_garbage_is_refused_and_never_crashes(garbage: str) -> None:
    with pytest.raises(TokenError):
        open_token(KEYS, garbage)
    with pytest.raises(TokenError):
        check_access_key_id(TOKEN, garbage)


def test_a_token_that_is_too_long_is_refused() -> None:
    with pytest.raises(TokenError):
        open_token(KEYS, TOKEN + "A" * 16_384)
    with pytest.raises(PayloadTooLargeError):
        seal_token(KEYS, b"x" * 12_300)


def test_id_and_secret_have_the_form_of_aws_and_are_always_the_same() -> None:
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", derive_access_key_id(TOKEN))
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", derive_secret_access_key(KEYS, TOKEN))
    assert derive_secret_access_key(KEYS, TOKEN) == derive_secret_access_key(KEYS, TOKEN)


def test_a_swapped_token_does_not_fit_the_access_key_id() -> None:
    other = seal_token(KEYS, b"the session")
    check_access_key_id(TOKEN, derive_access_key_id(TOKEN))
    with pytest.raises(TokenError):
        check_access_key_id(other, derive_access_key_id(TOKEN))
    assert derive_secret_access_key(KEYS, TOKEN) != derive_secret_access_key(KEYS, other)


def test_the_secret_hangs_on_the_key_and_not_on_the_token_alone() -> None:
    other = SessionTokenKeys(keys={"k2": FIRST}, current="k2")
    assert derive_secret_access_key(KEYS, TOKEN) != derive_secret_access_key(other, TOKEN)


def test_keys_that_cannot_be_are_refused_and_none_shows_itself() -> None:
    for keys, current in (({"k": b"short"}, "k"), ({"k": FIRST}, "other"), ({"": FIRST}, ""), ({"k\n": FIRST}, "k\n")):
        with pytest.raises(ValueError, match="session token key"):
            SessionTokenKeys(keys=keys, current=current)
    assert "1111" not in repr(KEYS)
    assert "2222" not in repr(KEYS)


def test_the_longest_kid_and_the_shortest_payload_work() -> None:
    keys = SessionTokenKeys(keys={"k" * 64: FIRST, "s": SECOND}, current="k" * 64)
    for token in (seal_token(keys, b""), seal_token(SessionTokenKeys(keys={"s": SECOND}, current="s"), b"")):
        assert open_token(keys, token) == b""
        assert len(derive_secret_access_key(keys, token)) == 40


def test_opening_and_deriving_is_quick() -> None:
    times = []
    token = seal_token(KEYS, b"x" * 300)
    for _ in range(300):
        began = time.perf_counter()
        open_token(KEYS, token)
        derive_secret_access_key(KEYS, token)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.000_040
