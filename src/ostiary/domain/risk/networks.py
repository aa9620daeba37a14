"""Which addresses are one place for people?"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

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
