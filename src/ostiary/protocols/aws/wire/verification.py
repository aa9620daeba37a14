"""Does the signature hold? Verifying a Signature Version 4, with the secret key in hand.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from urllib.parse import quote

from ostiary.protocols.aws.wire import form, template
from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.message import WireRequest
from ostiary.protocols.aws.wire.operation import Operation
from ostiary.protocols.aws.wire.sigv4 import ALGORITHM, TERMINATOR, Signature

WINDOW = timedelta(minutes=15)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def verify_signature(
    signature: Signature,
    request: WireRequest,
    *,
    secret_access_key: str | bytes,
    now: datetime,
    canonical_path: str | None = None,
) -> None:
    """Raise WireError unless the holder of the key signed exactly this request, now.

    `canonical_path` is needed where the path has labels: see `canonical_path()`. The caller has checked that the key
    is active and that the session token belongs to it.
    """
    _check_time(signature, now)
    _check_signed_headers(signature, request.headers)
    payload_hash = _payload_hash(request)
    key = _signing_keys.get(secret_access_key, signature)
    query = _canonical_query(request.raw_query) if request.raw_query else ""
    after = f"\n{query}\n{_canonical_headers(signature, request.headers)}\n{payload_hash}"
    scope = f"{signature.date}/{signature.region}/{signature.service}/{TERMINATOR}"
    for path in (canonical_path,) if canonical_path is not None else _spellings(request):
        canonical = hashlib.sha256(f"{request.method}\n{path}{after}".encode()).hexdigest()
        to_sign = f"{ALGORITHM}\n{signature.amz_date}\n{scope}\n{canonical}"
        if hmac.compare_digest(hmac.digest(key, to_sign.encode(), "sha256"), signature.signature):
            return
    raise WireError(
        "SignatureDoesNotMatch",
        _MISMATCH,
        operator_text=f"signature of access key `{signature.access_key_id}` does not match the request",
    )


def canonical_path(operation: Operation, labels: Mapping[str, str], *, mount: str = "/aws") -> str:
    """The path that the client signed: the route's template, each label encoded, and the whole encoded again."""
    if operation.template is None:
        raise ValueError(f"`{operation.name}` has no path of its own")
    return quote(quote(mount, safe="/~") + operation.template.fill(labels), safe="/~")


def _spellings(request: WireRequest) -> Iterator[str]:
    """The signed path, where it has no labels; the endpoint's own path is written with or without its slash."""
    mount = quote(quote(request.mount.rstrip("/"), safe="/~"), safe="/~")
    if request.path in ("", "/"):
        if mount:
            yield mount
        yield mount + "/"
    elif template.is_readable(request.path):
        yield mount + quote(quote(request.path, safe="/~"), safe="/~")


def _check_time(signature: Signature, now: datetime) -> None:
    if signature.amz_date[:8] != signature.date:
        _refuse("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
    sent, stamp = signature.timestamp, signature.amz_date
    soonest, latest = now - WINDOW, now + WINDOW
    if sent > latest:
        _refuse(f"Signature not yet current: {stamp} is later than {_basic(latest)} ({_basic(now)} + 15 min.)")
    if signature.presigned:
        if signature.expires is None or now >= sent + timedelta(seconds=signature.expires):
            raise WireError("RequestExpired", "Request has expired.")
    elif sent < soonest:
        _refuse(f"Signature expired: {stamp} is now earlier than {_basic(soonest)} ({_basic(now)} - 15 min.)")


def _check_signed_headers(signature: Signature, headers: Mapping[str, str]) -> None:
    signed = signature.signed_headers
    if "host" not in signed:
        _refuse("'Host' must be a 'SignedHeader' in the AWS Authorization.")
    if not signature.presigned and "x-amz-date" not in signed:
        _refuse("'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization.")
    for name in headers:
        if name.startswith("x-amz-") and name not in signed:
            _refuse("Every X-Amz- header that is sent must be a 'SignedHeader' in the AWS Authorization.")
    host = headers.get("host", "")
    if not host or "," in host:
        _refuse("The Host header must be sent once.")


def _payload_hash(request: WireRequest) -> str:
    """The hash of the body that arrived; a declared one must be the same, so unsigned or chunked ones are refused."""
    computed = hashlib.sha256(request.body).hexdigest()
    declared = request.headers.get("x-amz-content-sha256")
    if declared is not None and declared != computed:
        _refuse("The provided x-amz-content-sha256 header does not match what was computed.")
    return computed


def _canonical_query(raw_query: str) -> str:
    pairs = [
        (quote(name, safe="~"), quote(value, safe="~"))
        for name, value in form.read_query(raw_query)
        if name != "X-Amz-Signature"
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _canonical_headers(signature: Signature, headers: Mapping[str, str]) -> str:
    lines = []
    for name in signature.signed_headers:
        value = headers.get(name)
        if value is None:
            _refuse("A 'SignedHeader' of the AWS Authorization was not sent.")
        if not value.isascii():
            _refuse("A 'SignedHeader' has characters that are not ASCII.")
        lines.append(f"{name}:{' '.join(value.split())}\n")
    return "".join(lines) + "\n" + ";".join(signature.signed_headers)


def _basic(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _refuse(text: str) -> NoReturn:
    raise WireError("SignatureDoesNotMatch", text)


class _SigningKeys:
    """Keys derived for a day, region and service, found by a keyed hash: no secret is a dictionary's key."""

    _MOST = 8192

    def __init__(self) -> None:
        self._blind = secrets.token_bytes(32)
        self._found: dict[bytes, bytes] = {}
        self._lock = threading.Lock()

    def get(self, secret_access_key: str | bytes, signature: Signature) -> bytes:
        secret = secret_access_key.encode() if isinstance(secret_access_key, str) else secret_access_key
        scope = (signature.date.encode(), signature.region.encode(), signature.service.encode())
        # The scope's parts hold no `/`, so the three cannot be cut in another way.
        name = hashlib.blake2b(b"/".join((*scope, secret)), key=self._blind, digest_size=32).digest()
        key = self._found.get(name)
        if key is None:
            key = _derive(secret, scope)
            self._keep(name, key)
        return key

    def _keep(self, name: bytes, key: bytes) -> None:
        with self._lock:
            while len(self._found) >= self._MOST:
                del self._found[next(iter(self._found))]
            self._found[name] = key


def _derive(secret: bytes, scope: tuple[bytes, bytes, bytes]) -> bytes:
    key = b"AWS4" + secret
    for part in (*scope, TERMINATOR.encode()):
        key = hmac.digest(key, part, "sha256")
    return key


_signing_keys = _SigningKeys()
