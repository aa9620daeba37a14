"""Which operation does a request ask for?

By the signature's credential scope, then by X-Amz-Target, then for unsigned calls by Action or path (design,
section 8). What contradicts itself is refused.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ostiary.protocols.aws.wire import form, template
from ostiary.protocols.aws.wire.errors import WireError, printable
from ostiary.protocols.aws.wire.message import MAX_BODY, WireRequest
from ostiary.protocols.aws.wire.model import (
    PROTOCOLS,
    SERVICE_OF_SCOPE,
    TARGET_PREFIXES,
    UNSIGNED_QUERY,
    UNSIGNED_REST,
    load,
)
from ostiary.protocols.aws.wire.operation import Operation, operation, query_parameters

_ACTION: Final = re.compile(rb"(?:\A|&)Action=([A-Za-z0-9]{1,128})(?=&|\Z)")
_ROOT: Final = ("", "/")


def route(request: WireRequest, credential_service: str | None) -> Operation:
    """The operation, or WireError. An operation that needs a signature is never returned for an unsigned request."""
    if len(request.body) > MAX_BODY:
        raise form.too_large()
    if credential_service is None:
        return _route_unsigned(request)
    service = SERVICE_OF_SCOPE.get(credential_service)
    if service is None:
        raise _unknown(f"Could not find the service {printable(credential_service)} of the credential scope.")
    return _route_within(service, request)


def _route_unsigned(request: WireRequest) -> Operation:
    found = _find_unsigned(request)
    if not found.is_unsigned:
        raise WireError("MissingAuthenticationToken", "Request is missing Authentication Token")
    return found


def _find_unsigned(request: WireRequest) -> Operation:
    if "x-amz-target" in request.headers:
        prefix = request.headers["x-amz-target"].rpartition(".")[0]
        if prefix not in TARGET_PREFIXES:
            raise _unknown("Could not find the operation that X-Amz-Target names.")
        return _route_json(TARGET_PREFIXES[prefix], request)
    if request.path in _ROOT:
        return _route_unsigned_query(request)
    matches = [match for service in UNSIGNED_REST for match in _matches(service, request)]
    return _only(matches)


def _route_unsigned_query(request: WireRequest) -> Operation:
    action = _action(request)
    for service in (*UNSIGNED_QUERY, "iam"):
        if action in load(service).operations:
            return _route_query(service, request)
    raise _unknown(f"Could not find operation {printable(action)}")


def _route_within(service: str, request: WireRequest) -> Operation:
    protocol = PROTOCOLS[service]
    if protocol == "json":
        return _route_json(service, request)
    if "x-amz-target" in request.headers:
        raise _unknown(f"X-Amz-Target was sent to {service}, which does not use it.")
    if protocol == "query":
        return _route_query(service, request)
    return _only(_matches(service, request))


def _route_json(service: str, request: WireRequest) -> Operation:
    prefix, _, name = request.headers.get("x-amz-target", "").rpartition(".")
    if TARGET_PREFIXES.get(prefix) != service:
        raise _unknown(f"X-Amz-Target does not name an operation of {service}, for which the request is signed.")
    _check_root(request, ("POST",))
    return _lookup(service, name)


def _route_query(service: str, request: WireRequest) -> Operation:
    _check_root(request, ("POST", "GET"))
    if request.method == "GET" and request.body:
        raise WireError("MalformedQueryString", "A GET request has a body: send the parameters in one place.")
    return _lookup(service, _action(request))


def _check_root(request: WireRequest, methods: tuple[str, ...]) -> None:
    if request.path not in _ROOT or request.method not in methods:
        raise _unknown(f"Send the request as {' or '.join(methods)} to the endpoint's own path.")


def _lookup(service: str, name: str) -> Operation:
    if name not in load(service).operations:
        raise _unknown(f"Could not find operation {printable(name)} for version {load(service).api_version}")
    return operation(service, name)


def _action(request: WireRequest) -> str:
    """A quick look; reading the input later compares with the one Action of the whole request."""
    found = _ACTION.search(request.body)
    if found is not None:
        return found.group(1).decode("ascii")
    action = query_parameters(request).get("Action", "")
    if not action:
        raise WireError("MissingAction", "The request must contain the parameter Action.")
    return action


def _matches(service: str, request: WireRequest) -> list[Operation]:
    if not template.is_readable(request.path):
        raise _unknown("The path can be read in several ways: write each label encoded, without empty or dotted parts.")
    found = [
        (candidate, len(readings))
        for candidate, path in _rest_operations(service).get(request.method, ())
        if (readings := path.readings(request.path))
    ]
    if not found:
        return []
    given = form.read_query(request.raw_query)
    fitting = [(each, many) for each, many in found if each.template and set(each.template.fixed_query) <= set(given)]
    # A template with fixed query parameters is the more exact one where both fit.
    exact = [(each, many) for each, many in fitting if each.template and each.template.fixed_query]
    return [each for each, many in (exact or fitting) for _ in range(many)]


def _only(matches: list[Operation]) -> Operation:
    if len(matches) != 1:
        why = "no operation" if not matches else "several operations"
        raise _unknown(f"The path names {why}.")
    return matches[0]


@cache
def _rest_operations(service: str) -> dict[str, list[tuple[Operation, template.Template]]]:
    found: dict[str, list[tuple[Operation, template.Template]]] = {}
    for name in load(service).operations:
        each = operation(service, name)
        if each.template is not None:
            found.setdefault(each.method, []).append((each, each.template))
    return found


def _unknown(text: str) -> WireError:
    return WireError("InvalidAction", text)
