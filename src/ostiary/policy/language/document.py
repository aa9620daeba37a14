"""Is a text a JSON document that a policy can be read from?

Everything that JSON leaves open is refused here: duplicate names, other types than expected, empty lists, documents
without bound. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Never

from ostiary.policy.model import PolicyError

MAX_DOCUMENT_BYTES = 32_768
MAX_TEXT_CHARACTERS = 2_048
_SHOWN_CHARACTERS = 100


class Members(list[tuple[str, object]]):
    """A JSON object as pairs, so that duplicate names can still be seen and named with their path."""


class Number(str):
    """A JSON number as it was written: no rounding, no huge integer conversion."""

    __slots__ = ()


def read_json(document: str | bytes) -> object:
    """Parse a whole document. Raises PolicyError."""
    text = _decode(document)
    try:
        return json.loads(
            text, object_pairs_hook=Members, parse_int=Number, parse_float=Number, parse_constant=_refuse_constant
        )
    except RecursionError:
        raise PolicyError("", "the document is nested too deeply") from None
    except ValueError as error:
        raise PolicyError("", f"the document is not JSON: {error}") from None


def members_of(value: object, path: str) -> dict[str, object]:
    """The members of a JSON object. Raises PolicyError for another type or a name that stands twice."""
    if not isinstance(value, Members):
        raise PolicyError(path, "must be a JSON object")
    found: dict[str, object] = {}
    for name, member in value:
        if name in found:
            raise PolicyError(f"{path}.{shown(name)}" if path else shown(name), "stands twice; keep one")
        found[text_of(name, path)] = member
    return found


def text_of(value: object, path: str) -> str:
    """A string of acceptable length and sound unicode. Raises PolicyError."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise PolicyError(path, "must be a string")
    if len(value) > MAX_TEXT_CHARACTERS:
        raise PolicyError(path, f"must be at most {MAX_TEXT_CHARACTERS} characters long")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise PolicyError(path, "contains half of a surrogate pair") from None
    return value


def texts_of(value: object, path: str) -> Iterator[tuple[str, str]]:
    """One string or a list of them that is not empty, each with its path. Raises PolicyError."""
    for item, item_path in _items(value, path):
        yield text_of(item, item_path), item_path


def condition_values_of(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Like `texts_of`, where numbers and booleans stand for their text."""
    for item, item_path in _items(value, path):
        if isinstance(item, bool):
            yield "true" if item else "false", item_path
        elif isinstance(item, Number):
            yield text_of(str(item), item_path), item_path
        else:
            yield text_of(item, item_path), item_path


def shown(text: str) -> str:
    """User input for an error text, truncated."""
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."


def _items(value: object, path: str) -> Iterator[tuple[object, str]]:
    if isinstance(value, list) and not isinstance(value, Members):
        if not value:
            raise PolicyError(path, "must not be an empty list")
        for index, item in enumerate(value):
            yield item, f"{path}[{index}]"
    else:
        yield value, path


def _decode(document: str | bytes) -> str:
    if len(document) > MAX_DOCUMENT_BYTES:
        raise PolicyError("", f"the document is larger than {MAX_DOCUMENT_BYTES} bytes")
    try:
        return document.decode("utf-8") if isinstance(document, bytes) else document
    except UnicodeDecodeError:
        raise PolicyError("", "the document is not UTF-8") from None


def _refuse_constant(name: str) -> Never:
    raise PolicyError("", f"`{name}` is not a JSON value")
