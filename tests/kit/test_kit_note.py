"""Are checkpoints those of c2sp.org/signed-note and c2sp.org/tlog-checkpoint, and refused when anything is wrong?"""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ostiary.kit.crypto.note import Checkpoint, NoteError, NoteSigner, open_checkpoint, open_note, sign_checkpoint

SEED = bytes(range(32))
SIGNER = NoteSigner("trail.example/1", SEED)
ROOT = sha256(b"root").digest()
NOTE = sign_checkpoint(SIGNER, origin="trail.example/1", size=42, root=ROOT)
# The key and note that Go's sumdb/note package documents in its examples.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def signed(text: str, signer: NoteSigner = SIGNER) -> str:
    return signer.sign(text)


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    assert open_checkpoint(NOTE, SIGNER.verifier_key) == Checkpoint("trail.example/1", 42, ROOT)


def test_a_note_made_by_the_reference_implementation_opens() -> None:
    assert open_note(GO_NOTE, GO_VKEY).startswith("If you think")


def test_the_bytes_are_those_of_the_specification_computed_by_hand() -> None:
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    public = key.public_key().public_bytes_raw()
    kid = sha256(b"trail.example/1\n\x01" + public).digest()[:4]
    text = f"trail.example/1\n42\n{base64.b64encode(ROOT).decode()}\n"
    line = base64.b64encode(kid + key.sign(text.encode())).decode()
    assert f"{text}\n\u2014 trail.example/1 {line}\n" == NOTE
    encoded = base64.b64encode(bytes((1,)) + public).decode()
    vkey = f"trail.example/1+{kid.hex()}+{encoded}"
    assert vkey == SIGNER.verifier_key


@given(st.integers(0, len(NOTE) - 1), st.characters(exclude_categories=["Cs"]))
def test_a_note_with_any_character_changed_is_refused(at: int, character: str) -> None:
    if NOTE[at] == character:
        return
    with pytest.raises(NoteError):
        open_checkpoint(NOTE[:at] + character + NOTE[at + 1 :], SIGNER.verifier_key)


@given(st.integers(0, len(NOTE) - 1))
def test_a_truncated_note_is_refused(length: int) -> None:
    with pytest.raises(NoteError):
        open_checkpoint(NOTE[:length], SIGNER.verifier_key)


@given(st.text())
def test_garbage_is_refused_and_never_crashes(garbage: str) -> None:
    for text, vkey in ((garbage, SIGNER.verifier_key), (NOTE, garbage)):
        with pytest.raises(NoteError):
            open_checkpoint(text, vkey)


def test_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(NoteError, match="not signed by"):
        open_checkpoint(NOTE, NoteSigner(SIGNER.name, b"x" * 32).verifier_key)


def test_a_witness_may_add_its_signature() -> None:
    witness = NoteSigner("witness.example", b"w" * 32)
    body = NOTE.partition("\n\n")[0] + "\n"
    both = NOTE + witness.sign(body).rpartition("\n\n")[2]
    for vkey in (SIGNER.verifier_key, witness.verifier_key):
        assert open_checkpoint(both, vkey).size == 42


def test_a_false_signature_beside_the_right_one_is_refused() -> None:
    other = signed("trail.example/1\n43\n" + base64.b64encode(ROOT).decode() + "\n")
    with pytest.raises(NoteError, match="does not hold"):
        open_checkpoint(NOTE + other.rpartition("\n\n")[2], SIGNER.verifier_key)


@pytest.mark.parametrize("size", ["042", "-1", "+1", "1.0", "", "\N{FULLWIDTH DIGIT FOUR}2", "1e3", "9" * 20, " 1"])
def test_a_size_in_any_but_its_one_spelling_is_refused_though_signed(size: str) -> None:
    with pytest.raises(NoteError):
        open_checkpoint(signed(f"o\n{size}\n{base64.b64encode(ROOT).decode()}\n"), SIGNER.verifier_key)


def test_a_root_of_wrong_length_or_spelling_is_refused_though_signed() -> None:
    good = base64.b64encode(ROOT).decode()
    for root in (good[:-4], good.rstrip("="), good + "AAAA", good.replace("=", "\n=")):
        with pytest.raises(NoteError):
            open_checkpoint(signed(f"o\n1\n{root}\n"), SIGNER.verifier_key)


def test_extension_lines_are_passed_over() -> None:
    text = f"o\n1\n{base64.b64encode(ROOT).decode()}\nextension of tomorrow\n"
    assert open_checkpoint(signed(text), SIGNER.verifier_key).size == 1


def test_too_many_signatures_are_refused() -> None:
    line = NOTE.rpartition("\n\n")[2]
    with pytest.raises(NoteError, match="more than 100"):
        open_checkpoint(NOTE + line * 100, SIGNER.verifier_key)


def test_names_and_checkpoints_that_cannot_be_written_are_refused() -> None:
    for name in ("", "a b", "a+b", "a\nb"):
        with pytest.raises(NoteError):
            NoteSigner(name, SEED)
    for origin, size, root in (("", 1, ROOT), ("a\nb", 1, ROOT), ("a", -1, ROOT), ("a", 1, b"short"), ("a\0", 1, ROOT)):
        with pytest.raises(NoteError):
            sign_checkpoint(SIGNER, origin=origin, size=size, root=root)


def test_a_verifier_key_whose_id_belongs_to_another_key_is_refused() -> None:
    name, _, rest = SIGNER.verifier_key.partition("+")
    with pytest.raises(NoteError, match="id does not belong"):
        open_checkpoint(NOTE, f"{name}+00000000+{rest.partition('+')[2]}")


def test_the_seed_is_not_in_the_representation() -> None:
    assert SEED.hex() not in repr(SIGNER)
    assert "NoteSigner('trail.example/1+" in repr(SIGNER)
