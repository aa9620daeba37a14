"""How does each operator compare one value of the policy with one value of the request?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

Each comparison answers None when a variable in the policy's value has no value. A value of the request that the
operator cannot read is in doubt (decision record 0004).
"""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from policy.reference.patterns import (
    LAST_PART,
    Values,
    Variable,
    like_pattern,
    lowered,
    matches,
    plain_text,
    split_variables,
)
from policy.reference.truth import Truth, truth_of

Comparison = Callable[[str, str, str, Values], Truth | None]


def _string_equals(wanted: str, value: str, version: str, values: Values) -> Truth | None:
    """ "Exact matching, case sensitive": wildcards are plain characters."""
    text = plain_text(wanted, version, values)
    return None if text is None else truth_of(holds=text == value)


def _string_equals_ignore_case(wanted: str, value: str, version: str, values: Values) -> Truth | None:
    """ "Exact matching, ignoring case"; record 0004: letters that only Unicode folds are in doubt."""
    text = plain_text(wanted, version, values)
    if text is None:
        return None
    if lowered(text) == lowered(value):
        return Truth.YES
    return Truth.DOUBT if text.casefold() == value.casefold() else Truth.NO


def _string_like(wanted: str, value: str, version: str, values: Values) -> Truth | None:
    pattern = like_pattern(split_variables(wanted, version), values)
    return None if pattern is None else truth_of(holds=matches(pattern, value))


def _number(text: str) -> Decimal | None:
    """ "Comparing a key to an integer or decimal value"."""
    return Decimal(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else None


def _instant(text: str) -> int | None:
    """Microseconds since 1970: W3C's profile of ISO 8601, or epoch seconds ("Date condition operators").

    Record 0004: four digits may be a year or seconds, and a time without a zone may be any time: neither is read. Nor
    are seconds of fewer digits, which would be a moment of 1970.
    """
    if re.fullmatch(r"[0-9]{5,12}", text):
        return int(text) * 1_000_000
    form = re.fullmatch(
        r"(\d{4})-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d))?)?", text, re.ASCII
    )
    if form is None:
        return None
    numbers = [int(part or default) for part, default in zip(form.groups()[:6], (0, 1, 1, 0, 0, 0), strict=True)]
    micros = int((form.group(7) or "0").ljust(6, "0")[:6])
    try:
        year, month, day, hour, minute, second = numbers
        local = datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)
        since = local - datetime(1970, 1, 1, tzinfo=UTC) - _ahead(form.group(8) or "Z")
    except ValueError:
        return None
    return since // timedelta(microseconds=1)


def _ahead(zone: str) -> timedelta:
    """Of UTC. Raises ValueError for an hour or a minute that no clock shows."""
    if zone == "Z":
        return timedelta()
    shown = time(int(zone[1:3]), int(zone[4:6]))
    ahead = timedelta(hours=shown.hour, minutes=shown.minute)
    return ahead if zone[0] == "+" else -ahead


def _ordered(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Comparison:
    """Numbers and dates take no variables ("You can not use a policy variable with the ... operator")."""

    def comparison(wanted: str, value: str, _version: str, _values: Values) -> Truth:
        asked = read(value)
        return Truth.DOUBT if asked is None else truth_of(holds=compare(asked, read(wanted)))

    return comparison


def _bool(wanted: str, value: str, _version: str, _values: Values) -> Truth:
    if value.lower() not in {"true", "false"}:
        return Truth.DOUBT
    return truth_of(holds=wanted.lower() == value.lower())


def _binary_equals(wanted: str, value: str, _version: str, _values: Values) -> Truth:
    """Byte for byte, both written in base64."""
    try:
        asked = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return Truth.DOUBT
    return truth_of(holds=asked == base64.b64decode(wanted, validate=True))


def _network(text: str) -> IPv4Network | IPv6Network:
    """An IPv4-mapped IPv6 network is the IPv4 network (decision record 0004)."""
    network = ip_network(text, strict=False)
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is None or network.prefixlen < 96:
        return network
    return IPv4Network((mapped, network.prefixlen - 96))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else address.ipv4_mapped or address
    return address


def _ip_address(wanted: str, value: str, _version: str, _values: Values) -> Truth:
    address, network = _address(value), _network(wanted)
    if address is None:
        return Truth.DOUBT
    return truth_of(holds=address.version == network.version and address in network)


def _arn_like(wanted: str, value: str, version: str, values: Values) -> Truth | None:
    """ "Each of the six colon-delimited components of the ARN is checked separately"; `*` alone is any ARN."""
    asked = value.split(":", LAST_PART)
    if len(asked) <= LAST_PART or asked[0] != "arn":
        return Truth.DOUBT
    if wanted == "*":
        return Truth.YES
    components = _components(split_variables(wanted, version))
    if len(components) == 1:
        # The whole value is a variable: an ARN without wildcards, for a value of a request has none.
        text = plain_text(wanted, version, values)
        return None if text is None else truth_of(holds=text == value)
    patterns = [like_pattern(component, values) for component in components]
    if None in patterns:
        return None
    pairs = zip(patterns, asked, strict=True)
    return truth_of(holds=all(pattern is not None and matches(pattern, part) for pattern, part in pairs))


def _components(parts: Sequence[str | Variable]) -> list[list[str | Variable]]:
    components: list[list[str | Variable]] = [[]]
    for part in parts:
        if part == ":" and len(components) <= LAST_PART:
            components.append([])
        else:
            components[-1].append(part)
    return components


COMPARISONS: dict[str, Comparison] = {
    "StringEquals": _string_equals,
    "StringEqualsIgnoreCase": _string_equals_ignore_case,
    "StringLike": _string_like,
    "NumericEquals": _ordered(_number, operator.eq),
    "NumericLessThan": _ordered(_number, operator.lt),
    "NumericLessThanEquals": _ordered(_number, operator.le),
    "NumericGreaterThan": _ordered(_number, operator.gt),
    "NumericGreaterThanEquals": _ordered(_number, operator.ge),
    "DateEquals": _ordered(_instant, operator.eq),
    "DateLessThan": _ordered(_instant, operator.lt),
    "DateLessThanEquals": _ordered(_instant, operator.le),
    "DateGreaterThan": _ordered(_instant, operator.gt),
    "DateGreaterThanEquals": _ordered(_instant, operator.ge),
    "Bool": _bool,
    "BinaryEquals": _binary_equals,
    "IpAddress": _ip_address,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
}
