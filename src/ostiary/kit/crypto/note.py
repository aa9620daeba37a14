"""How does the server state publicly "the trail had this size and this root"?

C2SP signed-note (https://c2sp.org/signed-note) and tlog-checkpoint (https://c2sp.org/tlog-checkpoint), with Ed25519
(signature type 0x01), so that tools and witnesses of transparency logs can read and countersign our checkpoints.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_ROOT_BYTES = 32
_PUBLIC_KEY_BYTES = 32
_MAX_NOTE = 65_536
_MAX_SIGNATURES = 100
_MIN_LINES = 3
_SIGNATURE_MARK = "\N{EM DASH} "
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class NoteError(Exception):
    """A note is malformed, or not signed by the key that was asked for."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes


class NoteSigner:
    """A named Ed25519 key; the name says which log speaks, the seed (32 bytes) is secret."""

    __slots__ = ("_key", "_key_id", "name", "verifier_key")

    def __init__(self, name: str, seed: bytes) -> None:
        if not _is_name(name):
            raise NoteError(f"`{name[:100]}` cannot name a key: no spaces and no `+`")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self._key_id = _key_id(name, public)
        self.name = name
        self.verifier_key = f"{name}+{self._key_id.hex()}+{_base64(_ED25519 + public)}"
        """The text that others verify with (`vkey`): name, key id, public key."""

    def sign(self, text: str) -> str:
        """The note: `text`, which ends with a line feed, an empty line, and the signature line."""
        if not text.endswith("\n") or _CONTROL.search(text):
            raise NoteError("the text of a note ends with a line feed and has no control characters")
        signature = self._key.sign(text.encode())
        return f"{text}\n{_SIGNATURE_MARK}{self.name} {_base64(self._key_id + signature)}\n"

    def __repr__(self) -> str:
        return f"NoteSigner({self.verifier_key!r})"


def sign_checkpoint(signer: NoteSigner, origin: str, size: int, root: bytes) -> str:
    if not origin or "\n" in origin or size < 0 or len(root) != _ROOT_BYTES:
        raise NoteError("a checkpoint has an origin of one line, a size of at least zero and a root of 32 bytes")
    return signer.sign(f"{origin}\n{size}\n{_base64(root)}\n")


def open_checkpoint(text: str, vkey: str) -> Checkpoint:
    """The content after its signature by `vkey` held; other keys' signatures (witnesses) are passed over.

    Raises NoteError. Extension lines are allowed, as the format demands, and not returned.
    """
    lines = open_note(text, vkey).split("\n")[:-1]
    if len(lines) < _MIN_LINES or not all(lines):
        raise NoteError("a checkpoint has at least three lines and none is empty")
    origin, size, root = lines[:_MIN_LINES]
    if not _DECIMAL.match(size):
        raise NoteError(f"`{size[:40]}` is not the size of a tree")
    decoded = _from_base64(root)
    if len(decoded) != _ROOT_BYTES:
        raise NoteError(f"`{root[:100]}` is not the root hash of a tree")
    return Checkpoint(origin=origin, size=int(size), root=decoded)


def open_note(text: str, vkey: str) -> str:
    """The signed text, with its last line feed. Raises NoteError unless `vkey` signed it."""
    name, key_id, key = _parse_verifier_key(vkey)
    body, signature_lines = _split(text)
    ours = [signature for who, kid, signature in map(_parse_signature, signature_lines) if (who, kid) == (name, key_id)]
    if not ours:
        raise NoteError(f"the note is not signed by `{name[:100]}`")
    try:
        for signature in ours:
            key.verify(signature, body.encode())
    except InvalidSignature:
        raise NoteError(f"the signature of `{name[:100]}` does not hold: the note was changed") from None
    return body


def _split(text: str) -> tuple[str, list[str]]:
    # A surrogate cannot come from UTF-8 and could not be verified as such.
    if len(text) > _MAX_NOTE or _CONTROL.search(text) or any("\ud800" <= c <= "\udfff" for c in text):
        raise NoteError("the note is too long or has characters that a note cannot have")
    head, blank, tail = text.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError("the note has no signatures after an empty line")
    lines = tail[:-1].split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise NoteError(f"the note has more than {_MAX_SIGNATURES} signatures")
    return head + "\n", lines


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    name, space, encoded = line.removeprefix(_SIGNATURE_MARK).partition(" ")
    raw = _from_base64(encoded)
    if not (line.startswith(_SIGNATURE_MARK) and space and _is_name(name) and len(raw) > _KEY_ID_BYTES):
        raise NoteError(f"`{line[:100]}` is not a signature line")
    return name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:]


def _parse_verifier_key(vkey: str) -> tuple[str, bytes, Ed25519PublicKey]:
    name, _, rest = vkey.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _from_base64(encoded)
    public = raw[1:]
    if not _is_name(name) or raw[:1] != _ED25519 or len(public) != _PUBLIC_KEY_BYTES:
        raise NoteError("the verifier key does not have the form name+id+key for Ed25519")
    if key_id != _key_id(name, public).hex():
        raise NoteError("the verifier key's id does not belong to its name and key")
    return name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(public)


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_BYTES]


def _is_name(name: str) -> bool:
    return bool(name) and name.isprintable() and "+" not in name and not any(c.isspace() for c in name)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _from_base64(text: str) -> bytes:
    """Standard base64, padded, in its one canonical spelling; anything else is a NoteError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or _base64(raw) != text:
        raise NoteError(f"`{text[:100]}` is not base64")
    return raw
