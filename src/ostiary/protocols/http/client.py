"""Where does a request come from, and for which host was it meant?

What `X-Forwarded-*` says is believed only when a trusted hop says it: the list is walked from the right, past trusted
hops, to the first address that is not one of ours. Everything to the left of that is what a stranger claims.

WSGI cannot tell `X_Forwarded_For` from `X-Forwarded-For`, so a trusted hop must drop header names with underscores, as
nginx does by itself and Envoy, HAProxy and others do when told to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from falcon import Request

from ostiary.domain.audit.caller import Door, Origin
from ostiary.kit.texts import Text
from ostiary.protocols.http.refusals import MalformedRequest, Misdirected

Address = IPv4Address | IPv6Address
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_LONGEST_ADDRESS = 64  # with brackets, zone and port; what is remembered of a stranger is bounded
_POSTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=-]{0,63}")
_LONGEST_POSTURE, _MOST_POSTURES = 1024, 16
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class ProxyTrust:
    """The networks whose forwarding headers are believed; empty: nobody's.

    `posture_header`: in which header a hop says what it knows of the device; empty: none does.
    """

    hops: tuple[IPv4Network | IPv6Network, ...] = ()
    posture_header: str = ""

    @classmethod
    def of(cls, networks: Iterable[str], *, posture_header: str = "") -> ProxyTrust:
        """Raises ValueError for a text that is no address or network."""
        return cls(tuple(ip_network(text) for text in networks), posture_header)

    def trusts(self, address: Address) -> bool:
        return any(address in hop for hop in self.hops)


NO_PROXY = ProxyTrust()


@dataclass(frozen=True, slots=True)
class HostRules:
    """The `host` or `host:port` values that this server answers for."""

    allowed: frozenset[str]
    any_loopback: bool = False

    @classmethod
    def for_issuer(cls, issuer: str, *, development: bool = False) -> HostRules:
        """In development any name of the own machine is fine too: it listens nowhere else."""
        parts = urlsplit(issuer)
        return cls(frozenset({_with_port(parts.netloc.lower(), parts.scheme)}), any_loopback=development)

    def allow(self, host: str, scheme: str) -> bool:
        return _with_port(host, scheme) in self.allowed or (self.any_loopback and is_loopback(host))


def origin_of(request: Request, door: Door, trust: ProxyTrust) -> Origin:
    """Where the request came from, for the caller and the trail."""
    return Origin(
        door=door,
        source_ip=client_address(request, trust),
        user_agent=request.user_agent or "",
        request_id=request_id(request),
        secure_transport=external_scheme(request, trust) == "https",
        referer=request.get_header("Referer") or "",
        posture=_posture(request, trust),
    )


def request_id(request: Request) -> str:
    """The id that the header middleware gave to this request; a stranger's `X-Request-Id` is never used."""
    return getattr(request.context, "request_id", "")


def client_address(request: Request, trust: ProxyTrust) -> str:
    """The nearest address that is not a trusted hop; empty when even the peer is unknown."""
    address = _parsed(request.remote_addr)
    if address is None:
        return ""
    if not trust.hops:
        return str(address)
    for claimed in reversed((request.get_header("X-Forwarded-For") or "").split(",")):
        if not trust.trusts(address):
            break
        forwarded = _parsed(claimed)
        if forwarded is None:
            break
        address = forwarded
    return str(address)


def external_scheme(request: Request, trust: ProxyTrust) -> str:
    """`https` when the client's own connection is: as the server or a trusted hop saw it."""
    told = _told_by_hop(request, trust, "X-Forwarded-Proto").lower()
    scheme = told or request.scheme
    return "https" if scheme == "https" else "http"


def external_host(request: Request, trust: ProxyTrust) -> str:
    """`host` or `host:port` as the client wrote it. Raises MalformedRequest when it is missing or not a host."""
    host = (_told_by_hop(request, trust, "X-Forwarded-Host") or request.get_header("Host") or "").strip().lower()
    if not _HOST.fullmatch(host):
        raise MalformedRequest(Text("the Host header is missing or malformed"))
    return host


def external_origin(request: Request, trust: ProxyTrust) -> str:
    """`https://host[:port]` in the form of RFC 6454 section 6.2; meaningful only after `check_host`."""
    scheme = external_scheme(request, trust)
    return f"{scheme}://{_without_default_port(external_host(request, trust), scheme)}"


def check_host(request: Request, trust: ProxyTrust, rules: HostRules) -> None:
    """Refuse names that are not ours: links and origin checks are made from the name (rebinding, poisoned links)."""
    host = external_host(request, trust)
    if not rules.allow(host, external_scheme(request, trust)):
        raise Misdirected(Text("this server does not answer for the host `{host}`", host=host[:100]))


def is_loopback(host: str) -> bool:
    """RFC 6761 section 6.3: `localhost` and what is under it; loopback addresses."""
    name = _name_of(host)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _parsed(name)
    return address is not None and address.is_loopback


def _told_by_hop(request: Request, trust: ProxyTrust, header: str) -> str:
    """The last value of the header, which the nearest hop wrote, when that hop is trusted."""
    if not _comes_from_hop(request, trust):
        return ""
    return (request.get_header(header) or "").rpartition(",")[2].strip()


def _comes_from_hop(request: Request, trust: ProxyTrust) -> bool:
    if not trust.hops:
        return False
    peer = _parsed(request.remote_addr)
    return peer is not None and trust.trusts(peer)


def _posture(request: Request, trust: ProxyTrust) -> tuple[str, ...]:
    """What the nearest trusted hop says of the device, in the order of the alphabet (BP01-16).

    The hop must replace the header, not add to it: what a client sends cannot be told from what a hop adds. A header
    that is odd in any part says nothing.
    """
    if not trust.posture_header or not _comes_from_hop(request, trust):
        return ()
    header = request.get_header(trust.posture_header) or ""
    if not header or len(header) > _LONGEST_POSTURE:
        return ()
    said = {word.strip(" \t") for word in header.split(",")}
    if len(said) > _MOST_POSTURES or not all(map(_POSTURE.fullmatch, said)):
        return ()
    return tuple(sorted(said))


def _parsed(text: str) -> Address | None:
    """An address with or without brackets and port; an IPv4 address in IPv6 clothes is that IPv4 address."""
    return _read_address(text) if len(text) <= _LONGEST_ADDRESS else None


@lru_cache(maxsize=4096)
def _read_address(text: str) -> Address | None:
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address


def _name_of(host: str) -> str:
    found = _HOST.fullmatch(host)
    return found["name"] if found else ""


def _with_port(host: str, scheme: str) -> str:
    found = _HOST.fullmatch(host)
    return f"{found['name']}:{found['port'] or _DEFAULT_PORTS.get(scheme, '')}" if found else ""


def _without_default_port(host: str, scheme: str) -> str:
    return host.removesuffix(f":{_DEFAULT_PORTS[scheme]}")
