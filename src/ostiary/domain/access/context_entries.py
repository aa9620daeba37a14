"""Do the condition keys that somebody made up for a simulation have the form of their type?

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ContextEntry.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ostiary.domain.access.errors import InvalidSimulation
from ostiary.policy import Context, ContextValue, Request
from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.readings import read_boolean, read_bytes, read_moment, read_network, read_number

_LIST: Final = "List"
_KEY: Final = re.compile(r"[^\s:*?${}][^\s*?${}]*:[^*?${}]*[^\s*?${}]")
_MAX_VALUE: Final = 2048
_SHOWN: Final = 100

Reader = Callable[[str], object]
_READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "string": lambda text: text,
        "numeric": read_number,
        "boolean": read_boolean,
        "ip": read_network,
        "binary": read_bytes,
        "date": read_moment,
    }
)


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """`type` is one of string, numeric, boolean, ip, binary, date, or such a word with `List` after it."""

    name: str
    values: tuple[str, ...]
    type: str


def read_context(entries: Iterable[ContextEntry]) -> Context:
    """The keys as a request would have them. Raises InvalidSimulation."""
    context: dict[str, ContextValue] = {}
    for entry in entries:
        key = lower_ascii(entry.name)
        if not _KEY.fullmatch(entry.name):
            raise InvalidSimulation(f"`{entry.name[:_SHOWN]}` is not a condition key, which has the form prefix:name")
        if key in context:
            raise InvalidSimulation(
                f"the context key `{entry.name[:_SHOWN]}` is given twice; keys do not differ by case"
            )
        context[key] = _value(entry)
    return Request.context_of(context)


def _value(entry: ContextEntry) -> ContextValue:
    many = entry.type.endswith(_LIST)
    reader = _READERS.get(entry.type.removesuffix(_LIST))
    if reader is None:
        raise InvalidSimulation(f"`{entry.type[:_SHOWN]}` is not a type of context key: use {', '.join(_READERS)}")
    if not many and len(entry.values) != 1:
        raise InvalidSimulation(
            f"the context key `{entry.name[:_SHOWN]}` of the type {entry.type} needs exactly one value;"
            f" use {entry.type}{_LIST} for several"
        )
    for value in entry.values:
        if len(value) > _MAX_VALUE or reader(value) is None:
            raise InvalidSimulation(
                f"`{value[:_SHOWN]}` is not a {entry.type.removesuffix(_LIST)}"
                f" for the context key `{entry.name[:_SHOWN]}`"
            )
    return entry.values if many else entry.values[0]
