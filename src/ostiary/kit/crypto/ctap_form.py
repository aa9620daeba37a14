"""Which bytes count as CBOR of an authenticator? CTAP 2.1 section 8 (message encoding), WebAuthn Level 3 section 6.1.

Authenticators write plain, flat CBOR. Everything else that RFC 8949 has (tags that make objects, lengths that come
later, deep nesting) is refused before a parser sees it.
"""

from __future__ import annotations

MAX_DEPTH = 6
_FIXED = 37  # the RP id's hash, flags, the counter
_AAGUID = 16
_HAS_CREDENTIAL = 0x40
_HAS_EXTENSIONS = 0x80
_ARRAY = 4
_LONGEST_SIMPLE = 23


class CtapFormError(Exception):
    """The text is for the operator."""


def check_one_item(data: bytes) -> None:
    """Exactly one item and nothing after it. Raises CtapFormError."""
    if _end_of_item(data, 0, 0) != len(data):
        raise CtapFormError("there are bytes after the CBOR item")


def check_authenticator_data(data: bytes) -> None:
    """WebAuthn Level 3 section 6.1: what the flags promise is there, and nothing more. Raises CtapFormError."""
    if len(data) < _FIXED:
        raise CtapFormError("the authenticator data is too short")
    flags, at = data[32], _FIXED
    if flags & _HAS_CREDENTIAL:
        at = _end_of_item(data, _end_of_credential_id(data), 0)
    if flags & _HAS_EXTENSIONS:
        at = _end_of_item(data, at, 0)
    if at != len(data):
        raise CtapFormError("there are bytes after the authenticator data")


def _end_of_credential_id(data: bytes) -> int:
    start = _FIXED + _AAGUID + 2
    if len(data) < start:
        raise CtapFormError("the attested credential data is too short")
    end = start + int.from_bytes(data[start - 2 : start], "big")
    if end > len(data):
        raise CtapFormError("the credential id is cut off")
    return end


def _end_of_item(data: bytes, at: int, depth: int) -> int:
    """Where the item that begins at `at` ends. Raises CtapFormError."""
    if depth > MAX_DEPTH:
        raise CtapFormError(f"the CBOR is nested deeper than {MAX_DEPTH}")
    major, argument, at = _head(data, at)
    match major:
        case 0 | 1 | 7:
            return at
        case 2 | 3:
            if argument > len(data) - at:
                raise CtapFormError("a CBOR string is cut off")
            return at + argument
        case 4 | 5:
            # Each item takes a byte or more, so a count that lies ends at the end of the data.
            for _ in range(argument if major == _ARRAY else 2 * argument):
                at = _end_of_item(data, at, depth + 1)
            return at
        case _:
            raise CtapFormError("CBOR tags are not used by authenticators")


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Major type, argument, and where the head ends."""
    if at >= len(data):
        raise CtapFormError("the CBOR is cut off")
    major, short = data[at] >> 5, data[at] & 0x1F
    if short <= _LONGEST_SIMPLE:
        return major, short, at + 1
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(short)
    if size is None:
        raise CtapFormError("CBOR of indefinite length is not used by authenticators")
    end = at + 1 + size
    if end > len(data):
        raise CtapFormError("the CBOR is cut off")
    return major, int.from_bytes(data[at + 1 : end], "big"), end
