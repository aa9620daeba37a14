"""Is a password kept as RFC 9106 and RFC 8265 say, and does its hash say nothing without the pepper?"""

from __future__ import annotations

import hmac
import time

import argon2
import pytest

from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.kit.crypto.passwords import PasswordHasher, PasswordMismatch, UnacceptablePasswordError

PEPPER = bytes(range(32))
HASHER = PasswordHasher(PEPPER, PasswordCost(64, 1))
ENCODED = HASHER.hash("correct horse")


def test_the_right_password_passes_and_every_other_raises() -> None:
    HASHER.verify(ENCODED, "correct horse")
    for wrong in ("correct hors", "Correct horse", "correct horse ", "", "x" * 1025, "correct\x00horse", "\ud800"):
        with pytest.raises(PasswordMismatch):
            HASHER.verify(ENCODED, wrong)


def test_the_hash_is_argon2id_over_the_peppered_password() -> None:
    assert ENCODED.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    argon2.PasswordHasher().verify(ENCODED, hmac.digest(PEPPER, b"correct horse", "sha256"))
    assert HASHER.hash("correct horse") != ENCODED


def test_the_default_costs_are_those_of_the_design() -> None:
    assert PasswordHasher(PEPPER).hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_without_the_pepper_the_hash_is_worth_nothing() -> None:
    with pytest.raises(PasswordMismatch):
        PasswordHasher(b"p" * 32, PasswordCost(64, 1)).verify(ENCODED, "correct horse")
    with pytest.raises(ValueError, match="pepper"):
        PasswordHasher(b"short")


def test_one_password_on_two_keyboards_is_one_password() -> None:
    encoded = HASHER.hash("cafe\u0301 au\u00a0lait\u3000now")
    HASHER.verify(encoded, "caf\u00e9 au lait now")
    with pytest.raises(PasswordMismatch):
        HASHER.verify(HASHER.hash("\uff21bc"), "Abc")


@pytest.mark.parametrize("password", ["", "x" * 1025, "a\nb", "a\x00b", "a\x7fb", "a\u0085b", "\udfff"])
def test_a_password_that_cannot_be_typed_again_is_refused_before_hashing(password: str) -> None:
    with pytest.raises(UnacceptablePasswordError):
        HASHER.hash(password)


def test_a_password_of_the_longest_length_is_kept_whole() -> None:
    encoded = HASHER.hash("\u00e9" * 1023 + "a")
    HASHER.verify(encoded, "\u00e9" * 1023 + "a")
    with pytest.raises(PasswordMismatch):
        HASHER.verify(encoded, "\u00e9" * 1023 + "b")


@pytest.mark.parametrize(
    "encoded", ["", "$argon2id$", "plain", "$argon2id$v=19$m=64,t=1,p=1$x$y", "$2b$12$abc", "\u00e9"]
)
def test_a_damaged_hash_opens_to_nobody(encoded: str) -> None:
    with pytest.raises(PasswordMismatch):
        HASHER.verify(encoded, "correct horse")


def test_a_hash_of_lower_cost_is_made_anew_and_one_of_higher_cost_stays() -> None:
    assert not HASHER.needs_rehash(ENCODED)
    assert PasswordHasher(PEPPER, PasswordCost(128, 1)).needs_rehash(ENCODED)
    assert not PasswordHasher(PEPPER, PasswordCost(32, 1)).needs_rehash(ENCODED)


def test_a_wrong_guess_at_a_cheaper_hash_costs_the_time_of_a_dear_one() -> None:
    dear = PasswordHasher(PEPPER, PasswordCost(8192, 2))
    cheap = PasswordHasher(PEPPER, PasswordCost(2048, 1)).hash("x")

    def spent(encoded: str) -> float:
        began = time.thread_time()
        with pytest.raises(PasswordMismatch):
            dear.verify(encoded, "wrong")
        return time.thread_time() - began

    of_dear = dear.hash("x")
    cheap_time, dear_time = (min(spent(encoded) for _ in range(15)) for encoded in (cheap, of_dear))
    assert 0.7 < cheap_time / dear_time < 1.4


def test_somebody_who_does_not_exist_costs_the_same_time() -> None:
    hasher = PasswordHasher(PEPPER, PasswordCost(4096, 2))
    encoded = hasher.hash("x")

    def spent(existing: bool) -> float:  # noqa: FBT001 - the one thing that differs
        began = time.thread_time()
        with pytest.raises(PasswordMismatch):
            hasher.verify(encoded, "wrong") if existing else hasher.verify_absent("wrong")
        return time.thread_time() - began

    there, absent = (min(spent(existing) for _ in range(15)) for existing in (True, False))
    assert 0.5 < absent / there < 2


def test_the_pepper_does_not_show_itself() -> None:
    assert repr(HASHER) == "PasswordHasher([redacted])"
