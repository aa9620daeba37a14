"""Which operation of this door needs what? One row per operation; no row, no permission.

The resource is what the question is about, so that an application can be confined to its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ostiary.domain.audit.vocabulary import EventName


class Operation(StrEnum):
    """Every operation of the door; a test holds the routes to this list."""

    EVALUATE = "evaluate"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Permission:
    action: str
    event: EventName


PERMISSIONS: Final[Mapping[Operation, Permission]] = MappingProxyType(
    {
        Operation.EVALUATE: Permission("ostiary:EvaluateAccess", EventName.EVALUATE_ACCESS),
        Operation.SEARCH: Permission("ostiary:SearchAccess", EventName.SEARCH_ACCESS),
    }
)
# Beside the answer, the sentence that says which kind of policy decided.
EXPLAIN: Final = "ostiary:ExplainAccess"
