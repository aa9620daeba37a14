"""What does the AWS wire read and write, free of any web framework?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MAX_BODY = 1024 * 1024
MAX_QUERY = 64 * 1024


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One request below the AWS mount.

    `path` is decoded and begins after `mount`; header names are lower case, values as text; `host` is among them.
    """

    method: str
    path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    mount: str = "/aws"


@dataclass(frozen=True, slots=True)
class WireResponse:
    status: int
    headers: dict[str, str]
    body: bytes
