"""What is an operation, ready to read its input and write its output?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from ostiary.protocols.aws.wire import form, json_reader, json_writer, query_reader, rest, template, xml_writer
from ostiary.protocols.aws.wire.errors import InputRefusedError, WireError
from ostiary.protocols.aws.wire.json_writer import encode_json
from ostiary.protocols.aws.wire.message import MAX_BODY, WireRequest, WireResponse
from ostiary.protocols.aws.wire.model import SERVICES, Protocol, ServiceModel, Shape, load
from ostiary.protocols.aws.wire.readers import Compiler
from ostiary.protocols.aws.wire.template import Template

Read = Callable[[WireRequest], dict[str, Any]]
Write = Callable[[Mapping[str, Any], str], WireResponse]

_MEDIA_TYPES: Mapping[Protocol, tuple[str, ...]] = {
    "query": ("application/x-www-form-urlencoded",),
    "json": ("application/x-amz-json-1.1", "application/x-amz-json-1.0", "application/json"),
    "rest-json": ("application/json", "application/x-amz-json-1.1"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of one service; there is one object per operation, so it may be a key.

    `is_unsigned` says that the model allows a call without a signature.
    """

    service: str
    name: str
    protocol: Protocol
    signing_name: str
    api_version: str
    is_unsigned: bool
    method: str
    template: Template | None
    error_names: tuple[str, ...]
    model: ServiceModel
    input_shape: Shape | None
    output_shape: Shape | None
    read: Read
    write: Write


def parse_input(operation: Operation, request: WireRequest) -> dict[str, Any]:
    """The input as boto3 users pass it: aware datetimes, bytes for blobs. Raises WireError by the service's custom."""
    if len(request.body) > MAX_BODY:
        raise form.too_large()
    _reject_other_media(operation, request)
    try:
        return operation.read(request)
    except InputRefusedError as refused:
        raise WireError(_refusal_code(operation, refused), refused.text(), members=_refusal_members(refused)) from None


def serialize_output(operation: Operation, result: Mapping[str, Any], *, request_id: str) -> WireResponse:
    """Members that are None are left out; a member that the model does not know is a mistake and raises ValueError."""
    return operation.write(result, request_id)


@cache
def operation(service: str, name: str) -> Operation:
    """Compile an operation once. KeyError for an unknown service or operation."""
    model = load(service)
    raw = model.operations[name]
    input_shape = model.shape(raw["input"]) if "input" in raw else None
    output_shape = model.shape(raw["output"]) if "output" in raw else None
    path = _template(raw, input_shape) if model.protocol == "rest-json" else None
    return Operation(
        service=service,
        name=name,
        protocol=model.protocol,
        signing_name=SERVICES[service],
        api_version=model.api_version,
        is_unsigned=raw.get("authtype") == "none" or "smithy.api#noAuth" in raw.get("auth", ()),
        method=raw["http"]["method"],
        template=path,
        error_names=tuple(each["shape"] for each in raw.get("errors", ())),
        model=model,
        input_shape=input_shape,
        output_shape=output_shape,
        read=_reader(model, name, input_shape, path),
        write=_writer(model, name, output_shape, raw),
    )


def service_operations(service: str) -> tuple[str, ...]:
    return tuple(load(service).operations)


def path_labels(of: Operation, path: str) -> dict[str, str]:
    """What stands in the labels of the operation's path; refuses a path that fits in no way or in several."""
    found = of.template.readings(path) if of.template is not None and template.is_readable(path) else []
    if len(found) != 1:
        raise WireError("InvalidAction", "The path can be read in no way or in several: check the resource's name.")
    return found[0]


def query_parameters(request: WireRequest) -> dict[str, str]:
    """All parameters of a query-protocol call; one that comes twice, in whatever place, is refused."""
    pairs = form.read_query(request.raw_query) if request.raw_query else []
    if request.body:
        pairs += form.read_body(request.body)
    return form.unique(pairs)


def _template(raw: Mapping[str, Any], shape: Shape | None) -> Template:
    members = shape.members() if shape is not None else ()
    uri_members = {member.wire_name(name): member for name, member in members if member.location == "uri"}
    return template.parse(raw["http"]["requestUri"], uri_members)


@cache
def _compiler(service: str, direction: str) -> Compiler:
    is_query = load(service).protocol == "query"
    if direction == "in":
        return Compiler(query_reader.build if is_query else json_reader.build)
    return Compiler(xml_writer.build if is_query else json_writer.build)


def _reader(model: ServiceModel, name: str, shape: Shape | None, path: Template | None) -> Read:
    compiler = _compiler(model.service, "in")
    if path is not None:
        read_rest = rest.input_reader(shape, compiler) if shape is not None else None
        return lambda request: (
            read_rest(request, path_labels(operation(model.service, name), request.path)) if read_rest else {}
        )
    read = compiler(shape) if shape is not None else _nothing
    if model.protocol == "json":
        return lambda request: dict(read(json_reader.parse_json(request.body or b"{}")))

    def read_query(request: WireRequest) -> dict[str, Any]:
        parameters = query_parameters(request)
        # The route was taken by a quick look at the body; this is the look that counts.
        if parameters.pop("Action", "") != name or parameters.pop("Version", "") != model.api_version:
            raise WireError("InvalidAction", f"Could not find operation {name} for the version that was sent.")
        return dict(read(query_reader.tree(parameters)))

    return read_query


def _nothing(_: Any) -> dict[str, Any]:
    return {}


def _writer(model: ServiceModel, name: str, shape: Shape | None, raw: Mapping[str, Any]) -> Write:
    compiler = _compiler(model.service, "out")
    if model.protocol == "query":
        return _xml_writer(model, name, shape, compiler)
    status = int(raw["http"].get("responseCode", 200))
    if model.protocol == "json":
        convert = compiler(shape) if shape is not None else _refuse_members
        return lambda result, request_id: WireResponse(
            200,
            {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": request_id},
            encode_json(convert(result)),
        )
    answer = rest.output_writer(shape, compiler)

    def write_rest(result: Mapping[str, Any], request_id: str) -> WireResponse:
        headers = {"content-type": "application/json", "x-amzn-requestid": request_id}
        chosen, body = answer(result, headers)
        return WireResponse(chosen or status, headers, body)

    return write_rest


def _xml_writer(model: ServiceModel, name: str, shape: Shape | None, compiler: Compiler) -> Write:
    wrapper = shape.traits.get("resultWrapper", f"{name}Result") if shape is not None else ""
    head = f'<{name}Response xmlns="{model.xml_namespace}">' + (f"<{wrapper}>" if wrapper else "")
    tail = f"</{wrapper}>" if wrapper else ""
    write_members = xml_writer.structure(shape, compiler) if shape is not None else None

    def write(result: Mapping[str, Any], request_id: str) -> WireResponse:
        parts = [head]
        if write_members is not None:
            write_members(result, parts.append)
        else:
            _refuse_members(result)
        safe_id = xml_writer.escape(request_id)
        parts.append(f"{tail}<ResponseMetadata><RequestId>{safe_id}</RequestId></ResponseMetadata></{name}Response>")
        headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
        return WireResponse(200, headers, "".join(parts).encode())

    return write


def _refuse_members(result: Mapping[str, Any]) -> dict[str, Any]:
    if result:
        raise ValueError("the operation has no output, but its result has members")
    return {}


def _reject_other_media(of: Operation, request: WireRequest) -> None:
    """A body of another protocol or encoding is refused and not guessed at."""
    if request.headers.get("content-encoding", "identity") != "identity":
        raise WireError("MalformedQueryString", "The body is compressed or chunked: send it as it is.")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and media_type and media_type not in _MEDIA_TYPES[of.protocol]:
        code = "MalformedQueryString"  # spelled SerializationException in JSON
        raise WireError(code, f"The body must be {_MEDIA_TYPES[of.protocol][0]}.")


def _refusal_members(refused: InputRefusedError) -> Mapping[str, Any]:
    """What a modelled ValidationException tells besides its message; the writer takes what the service's has."""
    reason = "cannotParse" if refused.wrong_type else "fieldValidationFailed"
    return {"reason": reason, "fieldList": [{"name": refused.path(), "message": refused.rule}]}


def _refusal_code(of: Operation, refused: InputRefusedError) -> str:
    if of.protocol == "query":
        return "ValidationError"
    if of.protocol == "json":
        return "SerializationException" if refused.wrong_type else "ValidationException"
    known = (name for name in ("ValidationException", "InvalidRequestException") if name in of.error_names)
    return next(known, "ValidationException")
