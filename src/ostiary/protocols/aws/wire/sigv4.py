"""Who signed this request, and did nothing change on the way? Reading a Signature Version 4.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import NoReturn

from ostiary.protocols.aws.wire import form
from ostiary.protocols.aws.wire.errors import WireError, printable
from ostiary.protocols.aws.wire.message import WireRequest

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
MAX_EXPIRES = 604_800
MAX_TOKEN = 16_384

_SCOPE = r"(\w{4,128})/(\d{8})/([A-Za-z0-9_-]{1,64})/([a-z0-9-]{1,64})/(\w{1,32})"
_HEADERS = r"([a-z0-9._-]{1,128}(?:;[a-z0-9._-]{1,128}){0,63})"
_HEX = r"([0-9a-f]{64})"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential={_SCOPE} *, *SignedHeaders={_HEADERS} *, *Signature={_HEX}", re.ASCII
)
_CREDENTIAL = re.compile(_SCOPE, re.ASCII)
_SIGNED_HEADERS = re.compile(_HEADERS, re.ASCII)
_SIGNATURE = re.compile(_HEX)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)
_EXPIRES = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_TOKEN = re.compile(r"[!-+\--~]+")  # printable, without the comma that joins repeated headers

_NEEDED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)
_TOKEN_NAME = "X-Amz-Security-Token"  # noqa: S105 - the name of a parameter
_SPELLINGS = {name.lower(): name for name in (*_NEEDED, _TOKEN_NAME)}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as it was sent; nothing in it is proved until `verify_signature` has returned.

    `amz_date` is the signed text of `timestamp`; `expires` is in seconds and belongs to presigned requests only.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: bytes
    amz_date: str
    timestamp: datetime
    session_token: str | None = field(default=None, repr=False)
    presigned: bool = False
    expires: int | None = None


def read_signature(request: WireRequest) -> Signature | None:
    """None for an unsigned request; WireError for one that is signed twice, in part, or in another way."""
    authorization = request.headers.get("authorization")
    parameters = _signature_parameters(request.raw_query) if "amz-" in request.raw_query.lower() else {}
    if authorization is not None:
        if parameters:
            _refuse("Signature parameters stand in the header and in the query string: use one of them.")
        return _read_header(authorization, request)
    if not parameters:
        return None
    return _read_query(parameters, request)


def _signature_parameters(raw_query: str) -> dict[str, str]:
    """Those of the seven that are there, each once and in its own spelling."""
    found: dict[str, str] = {}
    for name, value in form.read_query(raw_query):
        spelling = _SPELLINGS.get(name.lower())
        if spelling is None:
            continue
        if name != spelling or name in found:
            _refuse(f"The parameter {spelling} must be sent once and in this spelling.")
        found[name] = value
    return found


def _read_header(authorization: str, request: WireRequest) -> Signature:
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None:
        if not authorization.startswith(ALGORITHM + " "):
            _refuse(f"Unsupported AWS 'algorithm': '{printable(authorization.partition(' ')[0][:32])}'.")
        _refuse("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, once each.")
    key, date, region, service, terminator, names, signature = found.groups()
    _check_terminator(terminator)
    amz_date = request.headers.get("x-amz-date")
    if amz_date is None:
        _refuse("Authorization header requires existence of an 'X-Amz-Date' header.")
    token = request.headers.get("x-amz-security-token")
    return Signature(
        access_key_id=key,
        date=date,
        region=region,
        service=service,
        signed_headers=_header_names(names),
        signature=bytes.fromhex(signature),
        amz_date=amz_date,
        timestamp=_timestamp(amz_date),
        session_token=None if token is None else _token(token),
    )


def _read_query(parameters: dict[str, str], request: WireRequest) -> Signature:
    missing = [name for name in _NEEDED if name not in parameters]
    if missing:
        _refuse(f"AWS query-string parameters must include {', '.join(missing)}.")
    if parameters["X-Amz-Algorithm"] != ALGORITHM:
        _refuse(f"Unsupported AWS 'algorithm': '{printable(parameters['X-Amz-Algorithm'][:32])}'.")
    for name in ("x-amz-date", "x-amz-security-token"):
        if name in request.headers:
            _refuse(f"{name} stands in the header and the signature in the query string: use one of them.")
    credential = _CREDENTIAL.fullmatch(parameters["X-Amz-Credential"])
    names = _SIGNED_HEADERS.fullmatch(parameters["X-Amz-SignedHeaders"])
    signature = _SIGNATURE.fullmatch(parameters["X-Amz-Signature"])
    if credential is None or names is None or signature is None:
        _refuse("X-Amz-Credential, X-Amz-SignedHeaders or X-Amz-Signature is not in its form.")
    key, date, region, service, terminator = credential.groups()
    _check_terminator(terminator)
    token = parameters.get(_TOKEN_NAME)
    return Signature(
        access_key_id=key,
        date=date,
        region=region,
        service=service,
        signed_headers=_header_names(names.group()),
        signature=bytes.fromhex(signature.group()),
        amz_date=parameters["X-Amz-Date"],
        timestamp=_timestamp(parameters["X-Amz-Date"]),
        session_token=None if token is None else _token(token),
        presigned=True,
        expires=_expires(parameters["X-Amz-Expires"]),
    )


def _check_terminator(terminator: str) -> None:
    if terminator != TERMINATOR:
        _refuse(f"Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{terminator}'.")


def _header_names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(";"))
    if any(before >= after for before, after in pairwise(names)):
        _refuse("SignedHeaders must be sorted, each name once.")
    return names


def _timestamp(text: str) -> datetime:
    found = _DATE.fullmatch(text)
    try:
        year, month, day, hour, minute, second = map(int, found.groups() if found else ())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        _refuse(f"Date must be in ISO-8601 'basic format'. Got '{printable(text[:32])}'.")


def _expires(text: str) -> int:
    if _EXPIRES.fullmatch(text) is None or int(text) > MAX_EXPIRES:
        _refuse(f"X-Amz-Expires must be a number of seconds from 1 to {MAX_EXPIRES}.")
    return int(text)


def _token(text: str) -> str:
    if len(text) > MAX_TOKEN or _TOKEN.fullmatch(text) is None:
        _refuse("The security token is too long or was sent more than once.")
    return text


def _refuse(text: str) -> NoReturn:
    raise WireError("IncompleteSignature", text)
