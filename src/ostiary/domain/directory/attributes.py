"""Does an attribute have the form of its type, and which attributes carry access? (BP06-5, BP06-7)"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import assert_never

from ostiary.domain.directory.errors import InvalidAttribute
from ostiary.domain.directory.model import AttributeDefinition, AttributeType, Person

_MAX_VALUE = 256  # what AWS allows for the value of a session tag
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")


def check_attributes(attributes: Mapping[str, str], definitions: Sequence[AttributeDefinition]) -> None:
    """Raises InvalidAttribute for the first that the schema does not know or whose value is not of its type."""
    known = {definition.name: definition for definition in definitions}
    for name, value in attributes.items():
        if name not in known:
            raise InvalidAttribute(f"the attribute `{name[:100]}` is not in the schema: define it first")
        if not _has_form(value, known[name].type):
            raise InvalidAttribute(f"`{value[:100]}` is not a valid {known[name].type.value} for `{name[:100]}`")


def access_tags(person: Person, definitions: Sequence[AttributeDefinition]) -> dict[str, str]:
    """What policies see as `aws:PrincipalTag/...`: attributes that carry access and have a value of the right form.

    What has no value is absent, so that policies deny.
    """
    return {
        definition.name: person.attributes[definition.name]
        for definition in definitions
        if definition.access
        and person.attributes.get(definition.name)
        and _has_form(person.attributes[definition.name], definition.type)
    }


def _has_form(value: str, kind: AttributeType) -> bool:
    match kind:
        case AttributeType.STRING:
            return len(value) <= _MAX_VALUE and value.isprintable()
        case AttributeType.INTEGER:
            return _INTEGER.fullmatch(value) is not None
        case AttributeType.BOOLEAN:
            return value in {"true", "false"}
        case _:
            assert_never(kind)
