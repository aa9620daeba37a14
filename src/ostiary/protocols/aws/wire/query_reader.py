"""How do flat query parameters become the input of an operation?

`Tags.member.1.Key=team` is the path of a value in a tree. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ostiary.protocols.aws.wire.constraints import size_check
from ostiary.protocols.aws.wire.errors import InputRefusedError, WireError, printable, wrong_type
from ostiary.protocols.aws.wire.model import Shape
from ostiary.protocols.aws.wire.readers import Compiler, Reader, items, structure, text_scalar

MAX_DEPTH = 16


def tree(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Nested dictionaries; a name that is both a value and a branch could be read in two ways and is refused."""
    root: dict[str, Any] = {}
    for name, value in parameters.items():
        if "." not in name:
            if name in root:
                raise _conflict(name)
            root[name] = value
            continue
        parts = name.split(".")
        if len(parts) > MAX_DEPTH or "" in parts:
            raise _conflict(name)
        _grow(root, parts, value, name)
    return root


def _grow(root: dict[str, Any], parts: list[str], value: str, name: str) -> None:
    node = root
    for part in parts[:-1]:
        below = node.setdefault(part, {})
        if type(below) is not dict:
            raise _conflict(name)
        node = below
    if parts[-1] in node:
        raise _conflict(name)
    node[parts[-1]] = value


def _conflict(name: str) -> WireError:
    text = f"The parameter `{printable(name)}` is too deep or conflicts with another: send each value under one name."
    return WireError("MalformedQueryString", text)


def build(shape: Shape, compiler: Compiler) -> Reader:
    match shape.kind:
        case "structure":
            return _structure(shape, compiler)
        case "list":
            return _list(shape, compiler)
        case "map":
            return _map(shape, compiler)
        case _:
            reader = text_scalar(shape)
            if reader is None:
                raise ValueError(f"the model has a shape of unknown kind `{shape.kind}`")
            return reader


def _structure(shape: Shape, compiler: Compiler) -> Reader:
    read = structure(shape, compiler)

    def read_branch(node: Any) -> dict[str, Any]:
        if type(node) is not dict:
            raise wrong_type("a structure")
        return read(node)

    return read_branch


def _list(shape: Shape, compiler: Compiler) -> Reader:
    member = shape.part("member")
    read, check = compiler(member), size_check(shape)
    wrapper = member.wire_name("member")

    def read_list(node: Any) -> list[Any]:
        values = _numbered(node, wrapper)
        check(len(values))
        return items(read, values)

    return read_list


def _map(shape: Shape, compiler: Compiler) -> Reader:
    key, value = shape.part("key"), shape.part("value")
    key_name, value_name = key.wire_name("key"), value.wire_name("value")
    read_key, read_value, check = compiler(key), compiler(value), size_check(shape)

    def read_entry(node: Any) -> tuple[Any, Any]:
        if type(node) is not dict or key_name not in node or value_name not in node:
            raise wrong_type("an entry with key and value")
        return read_key(node[key_name]), read_value(node[value_name])

    def read_map(node: Any) -> dict[Any, Any]:
        values = _numbered(node, "entry")
        check(len(values))
        entries = items(read_entry, values)
        result = dict(entries)
        if len(result) != len(entries):
            raise InputRefusedError("Member must not have the same key twice")
        return result

    return read_map


def _numbered(node: Any, wrapper: str) -> list[Any]:
    """The values under 1, 2, ... without a gap; an empty text stands for an empty list."""
    if node == "":
        return []
    if type(node) is not dict or node.keys() != {wrapper}:
        raise wrong_type(f"a list, its items named {wrapper}.1, {wrapper}.2 and so on")
    node = node[wrapper]
    if node == "":
        return []
    if type(node) is not dict:
        raise wrong_type("a list, its items numbered from 1")
    try:
        return [node[str(number)] for number in range(1, len(node) + 1)]
    except KeyError:
        raise wrong_type("a list, its items numbered from 1 without a gap") from None
