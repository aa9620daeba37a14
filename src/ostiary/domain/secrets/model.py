"""What is a secret, a version, a stage? https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

AWSCURRENT = "AWSCURRENT"
AWSPREVIOUS = "AWSPREVIOUS"
AWSPENDING = "AWSPENDING"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Secret:
    """`arn` ends in `:secret:<name>-<six random characters>`; `deletion_at` is when a deleted one is destroyed."""

    arn: str
    account: str
    name: str
    created_at: datetime
    changed_at: datetime
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    deleted_at: datetime | None = None
    deletion_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """What may be listed of a version; one without stages is deprecated and will be forgotten."""

    arn: str
    version_id: str
    created_at: datetime
    stages: frozenset[str]


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """`sealed` opens with identity `secret:<arn>:<version_id>`; `digest` is a keyed hash for idempotent requests."""

    arn: str
    version_id: str
    sealed: bytes
    binary: bool
    created_at: datetime
    stages: frozenset[str]
    digest: bytes
