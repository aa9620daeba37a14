"""How are input and output spread over path, query string, headers and body of a rest-json request?

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ostiary.protocols.aws.wire import form, json_reader, json_writer, xml_writer
from ostiary.protocols.aws.wire.constraints import missing, size_check
from ostiary.protocols.aws.wire.errors import InputRefusedError, wrong_type
from ostiary.protocols.aws.wire.json_writer import encode_json
from ostiary.protocols.aws.wire.message import WireRequest
from ostiary.protocols.aws.wire.model import Shape
from ostiary.protocols.aws.wire.readers import Compiler, Reader, items, text_scalar

Answer = Callable[[Mapping[str, Any], dict[str, str]], tuple[int | None, bytes]]
_IN_BODY = None


@dataclass(frozen=True, slots=True)
class _Placed:
    name: str
    wire_name: str
    read: Reader
    is_list: bool = False


def input_reader(shape: Shape, compiler: Compiler) -> Callable[[WireRequest, Mapping[str, str]], dict[str, Any]]:
    """A function of the request and the labels that were read from its path."""
    labels = _placed(shape, "uri")
    queries = _placed(shape, "querystring")
    headers = _placed(shape, "header")
    read_body = _body_reader(shape, compiler)
    required = tuple(shape.traits.get("required", ()))

    def read(request: WireRequest, found: Mapping[str, str]) -> dict[str, Any]:
        result = read_body(request.body) if read_body is not None else {}
        for label in labels:
            result[label.name] = _read(label, found[label.wire_name])
        if queries:
            _read_queries(queries, form.read_query(request.raw_query), result)
        for header in headers:
            if (value := _header(request, header.wire_name.lower())) is not None:
                result[header.name] = _read(header, value)
        for name in required:
            if name not in result:
                raise missing(name)
        return result

    return read


def _placed(shape: Shape, location: str) -> list[_Placed]:
    default = "rfc822" if location == "header" else "iso8601"
    found = []
    for name, member in shape.members():
        if member.location == location:
            is_list = member.kind == "list"
            read = _text_list(member, default) if is_list else _scalar(member, default)
            found.append(_Placed(name, member.wire_name(name), read, is_list))
    return found


def _scalar(shape: Shape, time_format: str) -> Reader:
    read = text_scalar(shape, time_format=time_format)
    if read is None:
        raise ValueError(f"`{shape.name}` of kind `{shape.kind}` is placed outside the body, which is not supported")
    return read


def _header(request: WireRequest, name: str) -> str | None:
    """WSGI servers turn `_` in a header's name into `-`; the portal's token has one (design, section 8)."""
    exact, folded = request.headers.get(name), request.headers.get(name.replace("_", "-"))
    if "_" in name and exact is not None and folded is not None:
        raise wrong_type("a header that is sent once").under(name)
    return folded if exact is None else exact


def _text_list(shape: Shape, time_format: str) -> Reader:
    read, check = _scalar(shape.part("member"), time_format), size_check(shape)

    def read_list(values: Any) -> list[Any]:
        parts = [part.strip() for part in values.split(",")] if isinstance(values, str) else values
        check(len(parts))
        return items(read, parts)

    return read_list


def _read(placed: _Placed, value: Any) -> Any:
    try:
        return placed.read(value)
    except InputRefusedError as refused:
        raise refused.under(placed.wire_name) from None


def _read_queries(queries: list[_Placed], pairs: form.Pairs, result: dict[str, Any]) -> None:
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    for query in queries:
        values = given.get(query.wire_name)
        if values is None:
            continue
        if not query.is_list and len(values) > 1:
            raise wrong_type("a parameter that is sent once").under(query.wire_name)
        result[query.name] = _read(query, values if query.is_list else values[0])


def _body_reader(shape: Shape, compiler: Compiler) -> Callable[[bytes], dict[str, Any]] | None:
    payload = shape.traits.get("payload")
    if payload:
        read_payload = compiler(dict(shape.members())[payload])
        return lambda body: {payload: read_payload(json_reader.parse_json(body))} if body else {}
    inside = [name for name, member in shape.members() if member.location is _IN_BODY]
    if not inside:
        return None
    # Only the members of the body: a label or header sent again in the body must not win.
    members = {name: ref for name, ref in shape.traits["members"].items() if name in inside}
    required = [name for name in shape.traits.get("required", ()) if name in inside]
    traits = {**shape.traits, "members": members, "required": required}
    read_body = json_reader.build(Shape(shape.name, "structure", traits, shape.model), compiler)
    return lambda body: dict(read_body(json_reader.parse_json(body) if body else {}))


def output_writer(shape: Shape | None, compiler: Compiler) -> Answer:
    """A function that fills headers and returns a status (where the result chooses it) and the body."""
    if shape is None:
        return lambda _result, _headers: (None, b"")
    members = dict(shape.members())
    headers = {
        name: (member.wire_name(name).lower(), _header_text(member))
        for name, member in members.items()
        if member.location == "header"
    }
    status_name = next((name for name, member in members.items() if member.location == "statusCode"), None)
    payload = shape.traits.get("payload")
    write_body = json_writer.structure(shape, compiler)
    write_payload = compiler(members[payload]) if payload else None

    def write(result: Mapping[str, Any], out: dict[str, str]) -> tuple[int | None, bytes]:
        rest = dict(result)
        status = rest.pop(status_name, None) if status_name is not None else None
        for name, (wire_name, to_text) in headers.items():
            if (value := rest.pop(name, None)) is not None:
                out[wire_name] = _one_line(to_text(value))
        if write_payload is not None and payload is not None:
            value = rest.pop(payload, None)
            return status, b"" if value is None else encode_json(write_payload(value))
        return status, encode_json(write_body(rest))

    return write


def _header_text(shape: Shape) -> Callable[[Any], str]:
    if shape.kind == "timestamp":
        to_text: Callable[[Any], str] = json_writer.timestamp(shape, "rfc822")
        return lambda value: str(to_text(value))
    if shape.kind == "string":
        return str
    return xml_writer.text_of(shape)


def _one_line(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("a header value must be printable ASCII")
    return text
