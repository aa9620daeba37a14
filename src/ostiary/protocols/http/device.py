"""Which browser is this? A random value that it keeps for a year, and of which we know the hash.

It proves nobody and opens nothing: it tells browsers apart, for the question whether a person came in with this one
before. Who makes a value up, or brings another's, is a browser that nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from falcon import Request, Response

from ostiary.domain.audit.caller import Door, Origin
from ostiary.kit import ids
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.protocols.http.client import ProxyTrust, origin_of
from ostiary.protocols.http.cookies import DEVICE
from ostiary.protocols.http.refusals import MalformedRequest

_PREFIX = "ostd"


@dataclass(frozen=True, slots=True)
class Device:
    """`value` is what the cookie has or will have; empty when the browser has none and gets none."""

    value: str = ""

    @property
    def known_as(self) -> str:
        """What rows and policies see of it."""
        return hash_secret(self.value).hex() if self.value else ""

    def write(self, request: Request, response: Response, trust: ProxyTrust) -> None:
        if self.value:
            DEVICE.write(request, response, self.value, trust)


def device_of(request: Request, trust: ProxyTrust) -> Device:
    """The browser's own; none when the cookie is absent, there twice, or not one of ours."""
    try:
        value = DEVICE.read(request, trust)
    except MalformedRequest:
        return Device()
    return Device(value) if value is not None and ids.has_token_form(value, _PREFIX) else Device()


def device_or_new(request: Request, trust: ProxyTrust) -> Device:
    """For an answer that may begin a session: it belongs to this browser from its first moment."""
    device = device_of(request, trust)
    return device if device.value else Device(ids.opaque_token(_PREFIX))


def browser_origin(request: Request, door: Door, trust: ProxyTrust, device: Device | None = None) -> Origin:
    """Where a request of a browser came from, for the doors that people use."""
    known = device if device is not None else device_of(request, trust)
    return replace(origin_of(request, door, trust), device=known.known_as)
