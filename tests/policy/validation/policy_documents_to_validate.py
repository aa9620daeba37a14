"""How do the tests of validation write a document and read what was found?"""

from __future__ import annotations

import json
from typing import Any

from ostiary.policy import PolicyKind
from ostiary.policy.validation.findings import Finding, validate

IDENTITY, TRUST, RESOURCE = PolicyKind.IDENTITY, PolicyKind.TRUST, PolicyKind.RESOURCE
SOUND: dict[str, dict[str, Any]] = {
    "trust": {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
    "resource": {
        "Effect": "Allow",
        "Principal": {"AWS": "123456789012"},
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    },
    "resource-control": {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    },
}
SOUND_ANYWHERE: dict[str, Any] = {
    "Effect": "Allow",
    "Action": "crm:ReadCustomer",
    "Resource": "arn:aws:crm:eu-west-1:123456789012:customer/*",
}


def sound(kind: PolicyKind = IDENTITY) -> dict[str, Any]:
    """A statement without any finding."""
    return dict(SOUND.get(kind.value, SOUND_ANYWHERE))


def document(*statements: object, version: str | None = "2012-10-17") -> str:
    head = {} if version is None else {"Version": version}
    return json.dumps(head | {"Statement": list(statements)}, indent=1)


def changed(kind: PolicyKind, changes: dict[str, Any]) -> str:
    """A document of one statement: the sound one with changes; a value of None removes an element."""
    statement = {name: value for name, value in (sound(kind) | changes).items() if value is not None}
    return document(statement)


def found(text: str, kind: PolicyKind = IDENTITY) -> list[tuple[str, str]]:
    """Type and code of each finding."""
    return [(one.type.value, one.code) for one in validate(text, kind=kind)]


def refusing(text: str, kind: PolicyKind = IDENTITY) -> list[str]:
    return [one.code for one in validate(text, kind=kind) if one.refuses]


def written(one: Finding, text: str, place: int = 0) -> str:
    """The text that a finding points at."""
    span = one.locations[place].span
    return text[span.start.offset : span.end.offset]
