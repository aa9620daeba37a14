"""Which parts does this machine lack? Collected so that the summary can say it: nothing is skipped silently."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

_missing: dict[str, str] = {}


def refuse_without(part: str, reason: str) -> NoReturn:
    """Skip the asking test, or fail it where OSTIARY_REQUIRE_PARTS=1 says that every part must be there."""
    _missing[part] = reason
    text = f"{part} is missing: {reason}"
    if os.environ.get("OSTIARY_REQUIRE_PARTS") == "1":
        pytest.fail(text, pytrace=False)
    pytest.skip(text)


def missing_parts() -> dict[str, str]:
    return dict(_missing)
