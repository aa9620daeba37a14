"""Does the key hierarchy open only what it sealed, for whom it was sealed? Design section 4."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.kit.crypto.sealing import Kek, Keyring, RootKey, SealError, kek_id_of, open_sealed, rewrap, seal

OLD = Kek.generate("kek-1")
NEW = Kek.generate("kek-2")
KEKS = {"kek-1": OLD, "kek-2": NEW}


@given(st.binary(max_size=200), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_what_was_sealed_opens_for_the_same_identity(plaintext: bytes, identity: str) -> None:
    assert open_sealed(KEKS, seal(OLD, plaintext, identity=identity), identity=identity) == plaintext


def test_the_same_value_seals_differently_each_time_and_is_not_visible() -> None:
    first, second = (seal(OLD, b"hunter2hunter2", identity="a") for _ in range(2))
    assert first != second
    assert b"hunter2" not in first


def test_an_item_moved_to_another_row_does_not_open() -> None:
    sealed = seal(OLD, b"value", identity="secret/1/version/1")
    with pytest.raises(SealError):
        open_sealed(KEKS, sealed, identity="secret/1/version/2")


def test_every_changed_bit_and_every_truncation_is_refused_with_one_text() -> None:
    sealed = seal(OLD, b"value", identity="a")
    texts = set()
    changed = [
        sealed[:i] + bytes((sealed[i] ^ 1 << bit,)) + sealed[i + 1 :] for i in range(len(sealed)) for bit in (0, 7)
    ]
    for bad in [*changed, *(sealed[:i] for i in range(len(sealed))), sealed + b"\0"]:
        with pytest.raises(SealError) as caught:
            open_sealed(KEKS, bad, identity="a")
        texts.add(str(caught.value))
    assert len(texts) == 1


def test_the_wrap_of_one_item_does_not_open_the_body_of_another() -> None:
    head = 2 + len("kek-1") + 12 + 48
    first, second = seal(OLD, b"one", identity="a"), seal(OLD, b"two", identity="a")
    with pytest.raises(SealError):
        open_sealed(KEKS, first[:head] + second[head:], identity="a")


@given(st.binary(max_size=150))
def test_garbage_is_refused_and_never_crashes(garbage: bytes) -> None:
    with pytest.raises(SealError):
        open_sealed(KEKS, garbage, identity="a")


def test_an_identity_that_is_not_unicode_text_is_refused() -> None:
    with pytest.raises(SealError):
        seal(OLD, b"x", identity="\ud800")


def test_another_key_under_the_same_id_does_not_open() -> None:
    with pytest.raises(SealError):
        open_sealed({"kek-1": Kek.generate("kek-1")}, seal(OLD, b"x", identity="a"), identity="a")


def test_rewrapping_changes_the_key_and_not_the_ciphertext() -> None:
    sealed = seal(OLD, b"value", identity="a")
    moved = rewrap(KEKS, sealed, identity="a", to=NEW)
    assert (kek_id_of(sealed), kek_id_of(moved)) == ("kek-1", "kek-2")
    assert moved.endswith(sealed[-(12 + len(b"value") + 16) :])
    assert open_sealed({"kek-2": NEW}, moved, identity="a") == b"value"
    with pytest.raises(SealError):
        rewrap(KEKS, sealed, identity="b", to=NEW)


def test_a_keyring_seals_with_the_current_key_and_opens_with_all() -> None:
    ring = Keyring(keks=KEKS, current=NEW)
    assert kek_id_of(ring.seal(b"x", identity="a")) == "kek-2"
    assert ring.open(seal(OLD, b"old", identity="a"), identity="a") == b"old"
    with pytest.raises(ValueError, match="not in the keyring"):
        Keyring(keks={"kek-1": OLD}, current=NEW)


def test_the_root_key_wraps_a_kek_for_its_id_only() -> None:
    root = RootKey.generate()
    wrapped = root.wrap(OLD)
    assert root.unwrap("kek-1", wrapped).key == OLD.key
    for opener, key_id, bad in (
        (root, "kek-2", wrapped),
        (RootKey.generate(), "kek-1", wrapped),
        (root, "kek-1", wrapped[:-1]),
        (root, "kek-1", wrapped[:-1] + bytes((wrapped[-1] ^ 1,))),
    ):
        with pytest.raises(SealError):
            opener.unwrap(key_id, bad)


def test_purposes_give_different_keys_and_the_same_purpose_the_same() -> None:
    root = RootKey.generate()
    assert root.derive("pepper") == root.derive("pepper")
    assert len({root.derive("pepper"), root.derive("cookies"), RootKey.generate().derive("pepper")}) == 3
    assert len(root.derive("pepper")) == 32


def test_the_text_of_a_root_key_is_recognisable_and_comes_back() -> None:
    root = RootKey.generate()
    assert root.to_text().startswith("ostiary-root-key-1:")
    assert RootKey.from_text(root.to_text() + "\n").derive("x") == root.derive("x")


def test_a_damaged_root_key_text_is_refused_without_repeating_it() -> None:
    text = RootKey.generate().to_text()
    at = len("ostiary-root-key-1:") + 5
    flipped = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    for bad in (flipped, text[:-1], text[20:], "", "ostiary-root-key-1:", "ostiary-root-key-1:é:x", text + "é"):
        with pytest.raises(ValueError, match="root key") as caught:
            RootKey.from_text(bad)
        assert text[at + 2 : at + 20] not in str(caught.value)


def test_no_key_shows_itself_when_printed_or_pickled() -> None:
    root = RootKey(b"K" * 32)
    kek = Kek(key_id="kek-1", key=b"K" * 32)
    assert "KKKK" not in f"{root!r}{root}{kek!r}{Keyring(keks={'kek-1': kek}, current=kek)!r}"
    with pytest.raises(TypeError):
        pickle.dumps(root)
