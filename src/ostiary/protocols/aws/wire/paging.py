"""How does a client continue a list where the last page ended?

A NextToken names a place in one list: the account, operation and input that it was made for are part of it, so it is of
no use for another question. It holds nothing but what its receiver was just shown, so it needs no secret; whoever makes
one up gets to a place in the same list, or nowhere.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from ostiary.protocols.aws.wire.errors import WireError

CursorT = TypeVar("CursorT")
_MAX_TOKEN = 4096
_LAST_PLACE = 2**63 - 1
_NOT_THE_QUESTION = frozenset({"NextToken", "MaxResults", "Marker", "MaxItems", "nextToken", "maxResults"})


def next_token(operation: str, account: str, given: Mapping[str, Any], cursor: object) -> str:
    body = msgspec.json.encode([_digest(operation, account, given), cursor])
    return base64.urlsafe_b64encode(body).decode("ascii")


def read_token(
    operation: str,
    account: str,
    given: Mapping[str, Any],
    kind: type[CursorT],
    *,
    member: str = "NextToken",
    code: str = "InvalidNextTokenException",
) -> CursorT | None:
    """The cursor, or None for the first page. Raises WireError for a token of another question, or no token.

    `member` and `code` are what the service calls the token and its refusal.
    """
    refusal = f"The {member} value is not valid: give the one of the page before, with the same other parameters."
    token = given.get(member)
    if token is None:
        return None
    try:
        digest, cursor = msgspec.json.decode(_body(token), type=tuple[str, kind])  # type: ignore[valid-type]
    except (ValueError, msgspec.MsgspecError):
        raise WireError(code, refusal) from None
    if digest != _digest(operation, account, given) or not _is_place(cursor):
        raise WireError(code, refusal)
    return cursor


def _is_place(cursor: object) -> bool:
    """A negative number would count from the end, and one of any size is no database's."""
    return not isinstance(cursor, int) or 0 <= cursor <= _LAST_PLACE


def _body(token: str) -> bytes:
    if len(token) > _MAX_TOKEN:
        raise ValueError
    return base64.b64decode(token, altchars=b"-_", validate=True)


def _digest(operation: str, account: str, given: Mapping[str, Any]) -> str:
    question = {name: value for name, value in given.items() if name not in _NOT_THE_QUESTION}
    return sha256(msgspec.json.encode([operation, account, sorted(question.items())])).hexdigest()[:32]
