"""How does a JSON body become the input of an operation?

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ostiary.protocols.aws.wire import scalars
from ostiary.protocols.aws.wire.constraints import number_check, size_check
from ostiary.protocols.aws.wire.errors import InputRefusedError, wrong_type
from ostiary.protocols.aws.wire.model import Shape
from ostiary.protocols.aws.wire.readers import (
    Compiler,
    Reader,
    checked,
    items,
    structure,
    text_scalar,
)

MAX_DOCUMENT_DEPTH = 32
_decode = msgspec.json.Decoder().decode


def parse_json(body: bytes) -> Any:
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise wrong_type("a JSON document in UTF-8") from None


def build(shape: Shape, compiler: Compiler) -> Reader:
    return _BUILD[shape.kind](shape, compiler)


def _structure(shape: Shape, compiler: Compiler) -> Reader:
    if shape.traits.get("document"):
        return _document
    read = structure(shape, compiler)

    def read_object(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise wrong_type("an object")
        return read(value)

    return read_object


def _list(shape: Shape, compiler: Compiler) -> Reader:
    read, check = compiler(shape.part("member")), size_check(shape)

    def read_array(value: Any) -> list[Any]:
        if type(value) is not list:
            raise wrong_type("an array")
        check(len(value))
        return items(read, value)

    return read_array


def _map(shape: Shape, compiler: Compiler) -> Reader:
    read_key, read_value = compiler(shape.part("key")), compiler(shape.part("value"))
    check = size_check(shape)

    def read_map(value: Any) -> dict[Any, Any]:
        if type(value) is not dict:
            raise wrong_type("an object")
        check(len(value))
        try:
            return {read_key(key): read_value(inner) for key, inner in value.items()}
        except InputRefusedError as refused:
            raise refused.under("entry") from None

    return read_map


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise wrong_type("an integer")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise wrong_type("a number")
    try:
        return float(value)
    except OverflowError:
        raise wrong_type("a number") from None


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise wrong_type("true or false")
    return value


def _timestamp(shape: Shape) -> Reader:
    time_format = shape.traits.get("timestampFormat", "unixTimestamp")
    if time_format.lower() == "unixtimestamp":
        return lambda value: scalars.parse_epoch(_number(value))
    parse = scalars.PARSE_TIME_TEXT[time_format]

    def read(value: Any) -> Any:
        if type(value) is not str:
            raise wrong_type("a time as text")
        return parse(value)

    return read


def _document(value: Any) -> Any:
    _check_depth(value, MAX_DOCUMENT_DEPTH)
    return value


def _check_depth(value: Any, left: int) -> None:
    if left == 0:
        raise InputRefusedError(f"Member must not be nested deeper than {MAX_DOCUMENT_DEPTH}")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _check_depth(inner, left - 1)


def _text(shape: Shape, _compiler: Compiler) -> Reader:
    reader = text_scalar(shape)
    if reader is None:
        raise ValueError(f"the model has a shape of unknown kind `{shape.kind}`")
    return reader


def _whole(shape: Shape, _compiler: Compiler) -> Reader:
    return checked(_integer, number_check(shape))


def _real(shape: Shape, _compiler: Compiler) -> Reader:
    return checked(_number, number_check(shape))


_BUILD: Mapping[str, Callable[[Shape, Compiler], Reader]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _text,
    "blob": _text,
    "boolean": lambda _shape, _compiler: _boolean,
    "integer": _whole,
    "long": _whole,
    "float": _real,
    "double": _real,
    "timestamp": lambda shape, _compiler: _timestamp(shape),
}
