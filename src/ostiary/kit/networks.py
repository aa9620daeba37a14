"""Is an address within a list of networks?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


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
