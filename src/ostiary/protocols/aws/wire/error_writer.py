"""How does a refusal look to the client that sent the request?

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#operation-error-serialization
and the same section of the JSON protocols.
"""

from __future__ import annotations

import re
from typing import Any

from ostiary.protocols.aws.wire.errors import WireError, json_name, query_name
from ostiary.protocols.aws.wire.json_writer import encode_json
from ostiary.protocols.aws.wire.message import WireRequest, WireResponse
from ostiary.protocols.aws.wire.model import (
    PROTOCOLS,
    SERVICE_OF_SCOPE,
    TARGET_PREFIXES,
    Protocol,
    ServiceModel,
    Shape,
    load,
)
from ostiary.protocols.aws.wire.operation import Operation
from ostiary.protocols.aws.wire.xml_writer import escape

_FAULT_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"
# Services of a fourth protocol that nobody wrote: the clients of these read errors as XML on any path.
REST_XML_SCOPES = frozenset({"cloudfront", "route53", "s3"})
_SCOPE = re.compile(
    r"Credential=[^/\s,&]{1,128}(?:/|%2[Ff])\d{8}(?:/|%2[Ff])[^/\s,&%]{1,64}(?:/|%2[Ff])([a-z0-9-]{1,64})"
)


def serialize_error(error: WireError, hint: Operation | WireRequest, *, request_id: str) -> WireResponse:
    """Write the error as the operation's service spells it; before the route is known, as the request suggests."""
    protocol, model = (hint.protocol, hint.model) if isinstance(hint, Operation) else _guess(hint)
    if protocol == "query":
        return _write_xml(error, model, request_id)
    return _write_json(error, protocol, model, request_id)


def _guess(request: WireRequest) -> tuple[Protocol, ServiceModel | None]:
    target = request.headers.get("x-amz-target")
    if target is not None:
        service = TARGET_PREFIXES.get(target.rpartition(".")[0])
        return "json", load(service) if service else None
    found = _SCOPE.search(request.headers.get("authorization", "")) or _SCOPE.search(request.raw_query[:8192])
    scope = found.group(1) if found else ""
    service = SERVICE_OF_SCOPE.get(scope)
    if scope in REST_XML_SCOPES:
        return "query", None
    if request.path not in ("", "/"):
        return "rest-json", load(service) if service and PROTOCOLS[service] == "rest-json" else None
    if service:
        return PROTOCOLS[service], load(service)
    is_json = "json" in request.headers.get("content-type", "")
    return ("json", None) if is_json else ("query", None)


def _write_xml(error: WireError, model: ServiceModel | None, request_id: str) -> WireResponse:
    shape = _find_shape(error.code, query_name(error.code), model)
    code = _modelled_code(shape) if shape else query_name(error.code)
    kind = "Sender" if error.fault == "sender" else "Receiver"
    namespace = model.xml_namespace if model else _FAULT_NAMESPACE
    body = (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type><Code>{escape(code)}</Code>'
        f"<Message>{escape(error.message)}</Message></Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>"
    )
    headers = {"content-type": "text/xml", "x-amzn-requestid": request_id}
    return WireResponse(_status(error, shape), headers, body.encode())


def _write_json(error: WireError, protocol: Protocol, model: ServiceModel | None, request_id: str) -> WireResponse:
    shape = _find_shape(error.code, json_name(error.code), model)
    code = shape.name if shape else json_name(error.code)
    headers = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": request_id}
    status = _status(error, shape)
    if protocol == "rest-json":
        headers |= {"content-type": "application/json", "x-amzn-errortype": code}
    elif not error.status_is_given and status == 403:  # noqa: PLR2004 - AWS's JSON services answer 400 where XML has 403
        status = 400
    body = {"__type": code, **_error_members(error, shape)}
    return WireResponse(status, headers, encode_json(_clean(body)))


def _find_shape(code: str, spelled: str, model: ServiceModel | None) -> Shape | None:
    if model is None:
        return None
    for name in (code, spelled, f"{code}Exception"):
        if (shape := model.error_shape(name)) is not None:
            return shape
    return None


def _modelled_code(shape: Shape) -> str:
    return str(shape.traits.get("error", {}).get("code", shape.name))


def _status(error: WireError, shape: Shape | None) -> int:
    if error.status_is_given or shape is None:
        return error.status
    modelled = shape.traits.get("error", {}).get("httpStatusCode")
    return int(modelled) if modelled else 500 if shape.traits.get("fault") else error.status


def _error_members(error: WireError, shape: Shape | None) -> dict[str, Any]:
    known = dict(shape.members()) if shape else {}
    members: dict[str, Any] = {
        name: value for name, value in error.members.items() if name in known and _is_choice(value, known[name])
    }
    members.setdefault("Message" if "Message" in known else "message", error.message)
    if shape is not None and "error_description" in known:
        # sso-oidc errors are OAuth errors: AuthorizationPendingException is `authorization_pending` (RFC 8628 3.5).
        members.setdefault("error", _snake_case(shape.name.removesuffix("Exception")))
        members.setdefault("error_description", error.message)
    return members


def _is_choice(value: object, shape: Shape) -> bool:
    """Members of one name list other values in other services."""
    choices = shape.traits.get("enum")
    return choices is None or value in choices


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _clean(members: dict[str, Any]) -> dict[str, Any]:
    return {k: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for k, v in members.items()}
