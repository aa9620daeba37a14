"""How does a result become the XML of the query protocol?

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ostiary.protocols.aws.wire import scalars
from ostiary.protocols.aws.wire.model import Shape
from ostiary.protocols.aws.wire.readers import Compiler

Add = Callable[[str], None]
Writer = Callable[[Any, Add], None]

_SPECIAL = re.compile("[&<>\"'\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\r": "&#13;"}


def escape(text: str) -> str:
    """Characters that XML 1.0 cannot hold become U+FFFD, so that a document is never malformed."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found.group(), "\ufffd"), text)


def build(shape: Shape, compiler: Compiler) -> Writer:
    match shape.kind:
        case "structure":
            return structure(shape, compiler)
        case "list":
            return _list(shape, compiler)
        case "map":
            return _map(shape, compiler)
        case _:
            to_text = text_of(shape)
            return lambda value, add: add(to_text(value))


def text_of(shape: Shape) -> Callable[[Any], str]:
    match shape.kind:
        case "string":
            return escape
        case "boolean":
            return _boolean
        case "timestamp":
            return scalars.FORMAT_TIME_TEXT[shape.traits.get("timestampFormat", "iso8601")]
        case "blob":
            return scalars.format_blob
        case "integer" | "long":
            return lambda value: str(int(value))
        case "float" | "double":
            return lambda value: repr(float(value))
        case _:
            raise ValueError(f"the model has a shape of unknown kind `{shape.kind}`")


def structure(shape: Shape, compiler: Compiler) -> Callable[[Mapping[str, Any], Add], None]:
    fields = tuple(
        (name, f"<{member.wire_name(name)}>", f"</{member.wire_name(name)}>", compiler(member))
        for name, member in shape.members()
    )
    known = frozenset(name for name, *_ in fields)

    def write(value: Mapping[str, Any], add: Add) -> None:
        if not value.keys() <= known:
            raise ValueError(f"`{shape.name}` has no member {sorted(value.keys() - known)}")
        for name, opening, closing, write_member in fields:
            item = value.get(name)
            if item is not None:
                add(opening)
                write_member(item, add)
                add(closing)

    return write


def _list(shape: Shape, compiler: Compiler) -> Writer:
    member = shape.part("member")
    name = member.wire_name("member")
    opening, closing, write_item = f"<{name}>", f"</{name}>", compiler(member)

    def write(value: Any, add: Add) -> None:
        for item in value:
            add(opening)
            write_item(item, add)
            add(closing)

    return write


def _map(shape: Shape, compiler: Compiler) -> Writer:
    key, value_shape = shape.part("key"), shape.part("value")
    key_name, value_name = key.wire_name("key"), value_shape.wire_name("value")
    key_text, write_value = text_of(key), compiler(value_shape)

    def write(value: Any, add: Add) -> None:
        for each, inner in value.items():
            add(f"<entry><{key_name}>{key_text(each)}</{key_name}><{value_name}>")
            write_value(inner, add)
            add(f"</{value_name}></entry>")

    return write


def _boolean(value: Any) -> str:
    return "true" if value else "false"
