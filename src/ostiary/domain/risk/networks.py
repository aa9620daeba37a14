"""Which addresses are one place for people, and is an address within a list of networks?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

_IPV4_PREFIX = 24
_IPV6_PREFIX = 48


@lru_cache(maxsize=8192)
def neighbourhood_of(address: str) -> str:
    """The /24 or /48 of an address: providers give people another address of the same neighbourhood every day.

    Coarser than what guesses are counted by (`throttle.network_of`), since nothing is blocked by it.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    return str(ip_network((parsed, _IPV4_PREFIX if parsed.version == 4 else _IPV6_PREFIX), strict=False))  # noqa: PLR2004 - IP versions


def is_within(address: str, networks: Iterable[str]) -> bool:
    """False for what is no address. A text in the list that is no network contains nobody."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(network is not None and parsed in network for network in map(_network, networks))


@lru_cache(maxsize=1024)
def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
