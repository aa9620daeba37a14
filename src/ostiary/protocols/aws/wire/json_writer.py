"""How does a result become the JSON of the JSON protocols?

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ostiary.protocols.aws.wire import scalars
from ostiary.protocols.aws.wire.model import Shape
from ostiary.protocols.aws.wire.readers import Compiler

Convert = Callable[[Any], Any]

encode_json = msgspec.json.Encoder().encode
_FLAT = ("string", "integer", "long", "float", "double", "boolean")


def build(shape: Shape, compiler: Compiler) -> Convert:
    kind = shape.kind
    if kind in _FLAT or shape.traits.get("document"):
        return _same
    if kind == "structure":
        return structure(shape, compiler)
    if kind in ("list", "map"):
        return _collection(shape, compiler)
    if kind == "timestamp":
        return timestamp(shape, "unixTimestamp")
    if kind != "blob":
        raise ValueError(f"the model has a shape of unknown kind `{kind}`")
    return scalars.format_blob


def _collection(shape: Shape, compiler: Compiler) -> Convert:
    convert = compiler(shape.part("member" if shape.kind == "list" else "value"))
    if shape.kind == "list":
        return lambda value: [convert(item) for item in value]
    return lambda value: {key: convert(item) for key, item in value.items()}


def timestamp(shape: Shape, default: str) -> Convert:
    time_format = shape.traits.get("timestampFormat", default)
    return scalars.format_epoch if time_format.lower() == "unixtimestamp" else scalars.FORMAT_TIME_TEXT[time_format]


def structure(shape: Shape, compiler: Compiler) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    fields = {name: (member.wire_name(name), compiler(member)) for name, member in shape.members()}

    def write(value: Mapping[str, Any]) -> dict[str, Any]:
        result = {}
        for name, item in value.items():
            found = fields.get(name)
            if found is None:
                raise ValueError(f"`{shape.name}` has no member `{name}`")
            if item is not None:
                result[found[0]] = found[1](item)
        return result

    return write


def _same(value: Any) -> Any:
    return value
