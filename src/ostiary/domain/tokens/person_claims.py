"""What may an application learn about a person? OpenID Connect Core 1.0 sections 5.1 and 5.4.

The scopes `profile` and `email` release the standard claims; attributes and `groups` only when the administrator listed
them at the application. They are read anew for every token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from ostiary.domain.applications.model import Application
from ostiary.domain.applications.scopes import EMAIL, PROFILE
from ostiary.domain.directory.attributes import check_attributes
from ostiary.domain.directory.errors import InvalidAttribute
from ostiary.domain.directory.model import AttributeDefinition, AttributeType, Person

GROUPS = "groups"
ClaimValue = str | int | bool | list[str]
# Claims that say who issued a token, to whom, and what was proved: no attribute may stand in for them.
PROTOCOL_CLAIMS = frozenset(
    {"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "auth_time", "acr", "amr", "azp", "sid", "cnf", "act"}
    | {"at_hash", "c_hash", "s_hash", "may_act", "client_id", "scope", "events", "typ", "email", "email_verified"}
    | {"name", "preferred_username", "groups"}
)


def released_claims(
    person: Person, application: Application, scopes: Sequence[str], definitions: Sequence[AttributeDefinition]
) -> dict[str, ClaimValue]:
    claims: dict[str, ClaimValue] = {}
    if PROFILE in scopes:
        claims |= {"name": person.display_name, "preferred_username": person.user_name}
    if EMAIL in scopes and person.email:
        claims["email"] = person.email
    if GROUPS in application.claims:
        claims["groups"] = sorted(person.groups)
    return claims | _attribute_claims(person.attributes, application.claims, definitions)


def _attribute_claims(
    attributes: Mapping[str, str], wanted: Sequence[str], definitions: Sequence[AttributeDefinition]
) -> dict[str, ClaimValue]:
    return {
        definition.name: _typed(attributes[definition.name], definition.type)
        for definition in definitions
        if definition.name in wanted
        and definition.name in attributes
        and definition.name not in PROTOCOL_CLAIMS
        and _has_form(attributes[definition.name], definition)
    }


def _has_form(value: str, definition: AttributeDefinition) -> bool:
    try:
        check_attributes({definition.name: value}, [definition])
    except InvalidAttribute:
        return False
    return True


def _typed(value: str, kind: AttributeType) -> ClaimValue:
    match kind:
        case AttributeType.STRING:
            return value
        case AttributeType.INTEGER:
            return int(value)
        case AttributeType.BOOLEAN:
            return value == "true"
        case _:
            assert_never(kind)
