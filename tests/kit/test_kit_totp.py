"""Are codes those of RFC 6238, and accepted once, in their time, in their one spelling?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.kit.crypto.totp import CodeMismatch, code_at, generate_secret, matching_step, provisioning_uri, secret_text

SECRET = b"12345678901234567890"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_come_out(seconds: int, eight_digits: str) -> None:
    assert code_at(SECRET, seconds // 30) == eight_digits[-6:]
    now = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(SECRET, eight_digits[-6:], now=now, after_step=None) == seconds // 30


def test_a_code_is_accepted_once() -> None:
    code = code_at(SECRET, STEP)
    step = matching_step(SECRET, code, now=NOW, after_step=None)
    for later in range(0, 60, 5):
        with pytest.raises(CodeMismatch):
            matching_step(SECRET, code, now=NOW + timedelta(seconds=later), after_step=step)


def test_an_older_code_is_refused_after_a_newer_one() -> None:
    with pytest.raises(CodeMismatch):
        matching_step(SECRET, code_at(SECRET, STEP - 1), now=NOW, after_step=STEP)
    assert matching_step(SECRET, code_at(SECRET, STEP + 1), now=NOW, after_step=STEP) == STEP + 1


def test_one_step_of_drift_is_forgiven_and_two_are_not() -> None:
    for drift in (-1, 0, 1):
        assert matching_step(SECRET, code_at(SECRET, STEP + drift), now=NOW, after_step=None) == STEP + drift
    for drift in (-3, -2, 2, 3):
        with pytest.raises(CodeMismatch):
            matching_step(SECRET, code_at(SECRET, STEP + drift), now=NOW, after_step=None)
    with pytest.raises(CodeMismatch):
        matching_step(SECRET, code_at(SECRET, STEP + 1), now=NOW, after_step=None, window=0)


def test_a_code_has_one_spelling() -> None:
    code = code_at(SECRET, STEP)
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
    for variant in (
        f" {code}",
        f"{code} ",
        f"{code}\n",
        f"{code[:3]} {code[3:]}",
        f"+{code[1:]}",
        wide,
        arabic,
        "",
        f"0{code}",
        code[:5],
        f"{code[:3]}_{code[3:]}",
        f"{code}\0",
    ):
        with pytest.raises(CodeMismatch):
            matching_step(SECRET, variant, now=NOW, after_step=None)


@given(st.text(max_size=8))
def test_garbage_is_refused_and_never_crashes(garbage: str) -> None:
    if garbage in {code_at(SECRET, STEP + drift) for drift in (-1, 0, 1)}:
        return
    with pytest.raises(CodeMismatch):
        matching_step(SECRET, garbage, now=NOW, after_step=None)


def test_the_first_step_of_time_has_no_step_before_it() -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    assert matching_step(SECRET, code_at(SECRET, 0), now=start, after_step=None) == 0


def test_the_uri_names_issuer_and_account_and_carries_the_secret() -> None:
    uri = urlsplit(provisioning_uri(SECRET, "Acme & Co: Identity", "alice@example.com"))
    values = {name: value[0] for name, value in parse_qs(uri.query, strict_parsing=True).items()}
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Acme & Co  Identity:alice@example.com"
    assert values == {
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "issuer": "Acme & Co  Identity",
        "algorithm": "SHA1",
        "digits": "6",
        "period": "30",
    }


def test_secrets_are_of_160_bits_and_not_repeated() -> None:
    assert len(generate_secret()) == 20
    assert generate_secret() != generate_secret()
    assert secret_text(SECRET).isalnum()
