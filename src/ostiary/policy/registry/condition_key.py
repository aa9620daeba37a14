"""What is known of a condition key?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

FAMILY_SIGN = "${"


class KeyType(StrEnum):
    """Which family of operators reads the key."""

    STRING = "String"
    BOOLEAN = "Boolean"
    NUMERIC = "Numeric"
    DATE = "Date"
    IP_ADDRESS = "IPAddress"
    ARN = "ARN"
    BINARY = "Binary"


class KeySource(StrEnum):
    """Who says what the value is. Only `REQUEST` and `RESOURCE` values come with an operation."""

    PRINCIPAL = "principal"
    SESSION = "session"
    NETWORK = "network"
    RESOURCE = "resource"
    REQUEST = "request"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """`name` in its canonical spelling; a family such as `aws:PrincipalTag/${TagKey}` stands for all its keys.

    `supplied` tells whether a request to Ostiary can ever have the key. One that is not supplied is known because AWS
    has it, and absent in every decision; `note` says why.
    """

    name: str
    type: KeyType
    source: KeySource
    note: str
    multivalued: bool = field(default=False, kw_only=True)
    supplied: bool = field(default=True, kw_only=True)

    @property
    def family(self) -> bool:
        return FAMILY_SIGN in self.name

    @property
    def prefix(self) -> str:
        """What stands before the variable part of a family's name: `aws:PrincipalTag/`."""
        return self.name.partition(FAMILY_SIGN)[0]


def absent(
    name: str, key_type: KeyType, source: KeySource, note: str = "no such thing here", *, multivalued: bool = False
) -> ConditionKey:
    """A key that AWS has and Ostiary never supplies."""
    return ConditionKey(name, key_type, source, f"always absent: {note}", multivalued=multivalued, supplied=False)
