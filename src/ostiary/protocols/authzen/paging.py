"""How does a search continue where the last page ended? Authorization API 1.0 section 8.2.

A token is sealed: its place can be a name that the application was not shown. It opens for the same application and
the same question alone, and for an hour.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import msgspec

from ostiary.kit.clock import to_micros
from ostiary.kit.crypto.sealing import Keyring, SealError
from ostiary.protocols.authzen.entities import required_object
from ostiary.protocols.authzen.strict_json import Json, MalformedQuestion

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
_LIFE_MICROS = 60 * 60 * 1_000_000
_MAX_TOKEN = 8192
_NOT_ONE = "`page.token` is not the `next_token` of this question, or is too old: begin again without it"


@dataclass(frozen=True, slots=True)
class Page:
    """`after` is the cursor of the last that was looked at, empty at the beginning."""

    limit: int
    after: str
    first: bool


class Paging:
    """For one question of one application."""

    def __init__(self, keyring: Keyring, *, client_id: str, operation: str, body: Json, now: datetime) -> None:
        self._keyring = keyring
        self._now = to_micros(now)
        question = {name: value for name, value in body.items() if name != "page"}
        digest = sha256(json.dumps([client_id, operation, question], sort_keys=True).encode()).hexdigest()
        self._identity = f"authzen-page:{digest}"
        self._body = body

    def read(self) -> Page:
        """Raises MalformedQuestion for a token of another question, application or time."""
        if "page" not in self._body:
            return Page(DEFAULT_LIMIT, "", first=True)
        page = required_object(self._body, "page")
        token = page.get("token", "")
        if not isinstance(token, str):
            raise MalformedQuestion("`page.token` is not a string")
        return Page(_limit(page), self._open(token) if token else "", first=not token)

    def next_token(self, cursor: str) -> str:
        sealed = self._keyring.seal(msgspec.json.encode([self._now, cursor]), identity=self._identity)
        return base64.urlsafe_b64encode(sealed).decode("ascii")

    def _open(self, token: str) -> str:
        made, cursor = self._unsealed(token)
        if not made <= self._now < made + _LIFE_MICROS:
            raise MalformedQuestion(_NOT_ONE)
        return cursor

    def _unsealed(self, token: str) -> tuple[int, str]:
        if len(token) > _MAX_TOKEN:
            raise MalformedQuestion(_NOT_ONE)
        try:
            sealed = base64.b64decode(token, altchars=b"-_", validate=True)
            return msgspec.json.decode(self._keyring.open(sealed, identity=self._identity), type=tuple[int, str])
        except (ValueError, msgspec.MsgspecError, SealError):
            raise MalformedQuestion(_NOT_ONE) from None


def _limit(page: Json) -> int:
    limit = page.get("limit", DEFAULT_LIMIT)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise MalformedQuestion("`page.limit` is not a number of results")
    return min(limit, MAX_LIMIT)
