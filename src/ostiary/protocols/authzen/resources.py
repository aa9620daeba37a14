"""Which resource is meant, and what does the house itself know of it?

An id that is an ARN is that ARN. Secrets and roles of this server may be named, too; every other type and id become
`arn:aws:<service>::<account>:<type>/<id>`, where the service is the action's. Of what belongs to this server only the
tags that are stored count, never those that the application claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Protocol

from ostiary.domain.access.index import AccessIndex, RoleEntry
from ostiary.domain.audit.caller import Caller
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.secrets.errors import InvalidSecretName
from ostiary.domain.secrets.model import Secret
from ostiary.domain.secrets.naming import DEFAULT_REGION, reference, region_in
from ostiary.domain.secrets.ports import SecretSlice
from ostiary.kit import arn
from ostiary.policy import ContextValue
from ostiary.protocols.authzen.entities import Entity
from ostiary.protocols.authzen.stated import claimed_tags
from ostiary.protocols.authzen.strict_json import MalformedQuestion

SECRETS: Final = "secretsmanager"
ROLES: Final = frozenset({"iam", "sts"})
SECRET_TYPE, ROLE_TYPE = "secret", "role"
# Whose resources this server keeps: a claim about one of them is never believed.
_OURS: Final = frozenset({SECRETS, *ROLES, "ostiary", "identitystore", "sso", "cloudtrail"})
_ARN: Final = re.compile(r"arn:aws:[a-z0-9-]{1,64}:[a-z0-9-]{0,64}:(?:[0-9]{12})?:\S(?:.*\S)?", re.ASCII)
_NOTHING: Mapping[str, ContextValue] = MappingProxyType({})
_BATCH = 500


class ResourceSlice(SecretSlice, DirectorySlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class Known:
    """`keys` are what the server knows, `claims` what the application says of a resource that is not ours.

    `role` is the role that the ARN names, which only its trust policy opens; `named` is what the application called the
    resource, for texts that must not tell more than it knew.
    """

    arn: str
    account: str
    keys: Mapping[str, ContextValue] = field(default_factory=lambda: _NOTHING)
    claims: Mapping[str, ContextValue] = field(default_factory=lambda: _NOTHING)
    role: RoleEntry | None = None
    named: str = ""


class Resources:
    """One view of what is kept, for one application; `asker` gives names their account."""

    def __init__(self, tx: ResourceSlice, index: AccessIndex, asker: Caller) -> None:
        self._tx, self._index, self._asker = tx, index, asker

    def find(self, resource: Entity, service: str) -> Known:
        """Raises MalformedQuestion for an id that names nothing that could be."""
        if resource.id.startswith("arn:"):
            return self._named_by_arn(resource)
        if service == SECRETS and resource.type == SECRET_TYPE:
            return self._secret(resource.id)
        if service in ROLES and resource.type == ROLE_TYPE:
            return self._role(self._role_arn(resource.id))
        account = self._asker.account
        made = f"arn:aws:{service}::{account}:{resource.type}/{resource.id}"
        return Known(made, account, claims=_NOTHING if service in _OURS else claimed_tags(resource.properties))

    def whole_type(self, kind: str, service: str) -> Known:
        """What permission to search all resources of a type is about."""
        account = self._asker.account
        if service == SECRETS and kind == SECRET_TYPE:
            return Known(f"arn:aws:{SECRETS}:{DEFAULT_REGION}:{account}:secret:*", account)
        if service in ROLES and kind == ROLE_TYPE:
            return Known(arn.iam(account, "role", "*"), account)
        return Known(f"arn:aws:{service}::{account}:{kind}/*", account)

    def known_of(self, kind: str, service: str, *, after: str) -> Iterator[tuple[str, Known]]:
        """What this server keeps of the type in the application's account, each with its cursor, behind `after`."""
        if service == SECRETS and kind == SECRET_TYPE:
            return self._secrets(after)
        if service in ROLES and kind == ROLE_TYPE:
            return self._roles(after)
        return iter(())

    def _named_by_arn(self, resource: Entity) -> Known:
        given = resource.id
        if _ARN.fullmatch(given) is None:
            raise MalformedQuestion("`resource.id` begins like an ARN and is none")
        parsed = arn.parse(given)
        if parsed.service == SECRETS and parsed.resource.startswith("secret:"):
            return self._secret(given)
        if parsed.service == "iam" and parsed.resource.startswith("role/"):
            return self._role(given)
        claims = _NOTHING if parsed.service in _OURS else claimed_tags(resource.properties)
        # What has no account of its own is the organization's, in whose account the application acts.
        return Known(given, parsed.account or self._asker.account, claims=claims)

    def _secret(self, name_or_arn: str) -> Known:
        try:
            named = reference(name_or_arn, self._asker)
        except InvalidSecretName:
            raise MalformedQuestion("`resource.id` is neither a secret's name nor its ARN") from None
        secret = self._tx.secrets.secret(named.account, named.given)
        if secret is None:
            keys: dict[str, ContextValue] = {f"{SECRETS}:SecretId": named.given}
            return Known(named.arn_if_absent, named.account, keys, named=named.given)
        return _known_secret(secret, named.given)

    def _secrets(self, after: str) -> Iterator[tuple[str, Known]]:
        name = after
        while batch := self._tx.secrets.secrets(self._asker.account, after_name=name, limit=_BATCH):
            yield from ((one.name, _known_secret(one, one.arn)) for one in batch if one.deleted_at is None)
            name = batch[-1].name

    def _roles(self, after: str) -> Iterator[tuple[str, Known]]:
        for role_arn in sorted(self._index.roles):
            if role_arn > after and self._index.roles[role_arn].role.account == self._asker.account:
                yield role_arn, self._role(role_arn)

    def _role_arn(self, name: str) -> str:
        account = self._asker.account
        entry = self._index.role_named(account, name)
        return arn.iam(account, "role", name) if entry is None else entry.role.arn

    def _role(self, role_arn: str) -> Known:
        entry = self._index.role(role_arn)
        account = arn.parse(role_arn).account
        tags = entry.role.tags if entry is not None else {}
        keys: dict[str, ContextValue] = {}
        for name, value in tags.items():
            keys[f"aws:ResourceTag/{name}"] = keys[f"iam:ResourceTag/{name}"] = value
        return Known(role_arn, account, keys, role=entry)


def service_in(resource: Entity, otherwise: str) -> str:
    """The service of a resource that no action is named for."""
    if _ARN.fullmatch(resource.id) is None:
        return otherwise
    return arn.parse(resource.id).service


def _known_secret(secret: Secret, given: str) -> Known:
    keys: dict[str, ContextValue] = {
        f"{SECRETS}:SecretId": given,
        f"{SECRETS}:SecretPrimaryRegion": region_in(secret),
    }
    for name, value in secret.tags.items():
        keys[f"aws:ResourceTag/{name}"] = keys[f"{SECRETS}:ResourceTag/{name}"] = value
    return Known(secret.arn, secret.account, keys, named=given)
