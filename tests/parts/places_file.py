"""Writes a small database in MaxMind's format (MaxMind DB File Format Specification 2.0), for tests of places."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from struct import pack
from typing import Any

_RECORD_BITS = 24
_SEPARATOR = bytes(16)
_MARKER = b"\xab\xcd\xefMaxMind.com"


def write_places(path: Path, networks: Mapping[str, Mapping[str, Any]]) -> Path:
    """A tree of IPv6 in which IPv4 lies under ::/96; each network leads to its own record."""
    nodes: list[list[int | None]] = [[None, None]]
    data, pointers = b"", {}
    for number, (network, record) in enumerate(networks.items()):
        pointers[number] = len(data)
        data += _encoded(record)
        _put(nodes, network, -1 - number)
    path.write_bytes(_tree(nodes, pointers) + _SEPARATOR + data + _MARKER + _encoded(_metadata(len(nodes))))
    return path


def place(country: str, city: str = "", at: tuple[float, float] | None = None, **traits: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"country": {"iso_code": country}}
    if city:
        found["city"] = {"names": {"en": city}}
    if at is not None:
        found["location"] = {"latitude": at[0], "longitude": at[1]}
    return {**found, "traits": traits} if traits else found


def _put(nodes: list[list[int | None]], network: str, leaf: int) -> None:
    parsed = ip_network(network)
    width, depth = (32, 96 + parsed.prefixlen) if parsed.version == 4 else (128, parsed.prefixlen)
    bits = format(int(parsed.network_address), f"0{width}b").rjust(128, "0")[:depth]
    node = 0
    for bit in map(int, bits[:-1]):
        following = nodes[node][bit]
        if following is None:
            nodes.append([None, None])
            following = nodes[node][bit] = len(nodes) - 1
        node = following
    nodes[node][int(bits[-1])] = leaf


def _tree(nodes: list[list[int | None]], pointers: Mapping[int, int]) -> bytes:
    def record(value: int | None) -> bytes:
        if value is None:
            number = len(nodes)
        elif value < 0:
            number = len(nodes) + len(_SEPARATOR) + pointers[-1 - value]
        else:
            number = value
        return number.to_bytes(_RECORD_BITS // 8, "big")

    return b"".join(record(left) + record(right) for left, right in nodes)


def _metadata(nodes: int) -> dict[str, Any]:
    return {
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1_700_000_000,
        "database_type": "Test-City",
        "description": {"en": "places of a test"},
        "ip_version": 6,
        "languages": ["en"],
        "node_count": nodes,
        "record_size": _RECORD_BITS,
    }


def _encoded(value: Any) -> bytes:
    match value:
        case bool():
            return bytes([int(value), 7])
        case str():
            return _head(2, len(value.encode())) + value.encode()
        case float():
            return _head(3, 8) + pack(">d", value)
        case int():
            return _head(6, 4) + pack(">I", value)
        case Mapping():
            return _head(7, len(value)) + b"".join(_encoded(k) + _encoded(v) for k, v in value.items())
        case list():
            return bytes([len(value), 4]) + b"".join(map(_encoded, value))
        case _:
            raise TypeError(type(value))


def _head(kind: int, size: int) -> bytes:
    return bytes([kind << 5 | size]) if size < 29 else bytes([kind << 5 | 29, size - 29])
