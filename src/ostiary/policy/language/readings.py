"""How is a text read as a number, a moment, an address or bytes?

Each reader returns None for a text that it cannot read; nothing is guessed.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime
from decimal import Decimal

from ostiary.kit.clock import to_micros

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_EPOCH_SECONDS = re.compile(r"[0-9]{5,12}(\.[0-9]{1,6})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_MICROSECOND_DIGITS = 7
_MAPPED_PREFIX = 96
_BOOLEANS = {"true": True, "false": False}


def read_number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def read_moment(text: str) -> int | None:
    """Microseconds since 1970, from epoch seconds or a W3C form of ISO 8601 with its zone.

    A bare year is refused: `2026` could also be epoch seconds.
    """
    if _EPOCH_SECONDS.fullmatch(text):
        return int(Decimal(text) * 1_000_000)
    try:
        return _read_iso(text)
    except (ValueError, OverflowError):
        return None


def read_boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower())


def read_bytes(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def read_address(text: str) -> Address | None:
    """IPv4-mapped IPv6 is read as the IPv4 address that it means; scoped addresses are refused."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        return None if address.scope_id else address.ipv4_mapped or address
    return address


def read_network(text: str) -> Network | None:
    """A CIDR range or one address."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network):
        mapped = network.network_address.ipv4_mapped
        if mapped is not None and network.prefixlen >= _MAPPED_PREFIX:
            return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_PREFIX))
        return None if network.network_address.scope_id else network
    return network


def _read_iso(text: str) -> int | None:
    if _DAY.fullmatch(text):
        return to_micros(datetime.fromisoformat(text).replace(tzinfo=UTC))
    if _MONTH.fullmatch(text):
        return to_micros(datetime.fromisoformat(f"{text}-01").replace(tzinfo=UTC))
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    day, minute, second, zone = found.groups()
    return to_micros(datetime.fromisoformat(f"{day}T{minute}{(second or ':00')[: _MICROSECOND_DIGITS + 3]}{zone}"))
