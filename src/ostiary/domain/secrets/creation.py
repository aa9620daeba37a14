"""How is a secret made, and when is it the one that the same request made before?

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.errors import FactsConflict
from ostiary.domain.audit.event import Details
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.secrets.errors import InvalidSecretRequest, SecretExists
from ostiary.domain.secrets.gate import SecretGate
from ostiary.domain.secrets.model import Secret
from ostiary.domain.secrets.naming import (
    SecretReference,
    check_name,
    new_secret_arn,
    reference,
    region_of,
    version_id_from,
)
from ostiary.domain.secrets.slices import SecretChanges
from ostiary.domain.secrets.tags import merged
from ostiary.domain.secrets.versions import SecretValue
from ostiary.domain.secrets.writing import (
    NewVersion,
    Written,
    add_version,
    append_change,
    check_description,
    repeated,
)
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions
from ostiary.policy import ContextValue

_DELETED = "You can't create this secret because a secret with this name is already scheduled for deletion."
_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NewSecret:
    """Without a value the secret has no version yet; `tags` come from `tags_of`."""

    name: str
    value: SecretValue | None = None
    token: str | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: _NO_TAGS)
    conditions: Mapping[str, ContextValue] = field(default_factory=dict)


class SecretCreation:
    def __init__(
        self,
        *,
        transactions: Transactions[SecretChanges],
        gate: SecretGate,
        keys: Current[ServerKeys],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._gate = gate
        self._keys = keys
        self._clock = clock

    def create(self, caller: Caller, new: NewSecret) -> Written:
        """Raises AccessDenied, SecretExists, InvalidSecretRequest and what the parameters refuse."""
        named = reference(check_name(new.name), caller)
        check_description(new.description)
        merged({}, new.tags)
        version = None if new.value is None else NewVersion(version_id_from(new.token), new.value)
        self._check_allowed(caller, named, new)
        fresh = self._fresh(caller, new)
        try:
            return self._transactions.write(lambda tx: self._write(tx, caller, fresh, version))
        except FactsConflict as conflict:
            # Another node made it between the look and the insert.
            raise SecretExists(_exists(new.name), operator_text=conflict.operator_text) from None

    def _check_allowed(self, caller: Caller, named: SecretReference, new: NewSecret) -> None:
        """Tags decide access, so giving them needs the permission to tag as well, as in AWS."""
        context: dict[str, ContextValue] = {"secretsmanager:Name": new.name, **new.conditions}
        if new.description:
            context["secretsmanager:Description"] = new.description
        context.update(request_tags(new.tags))
        self._gate.check_new(caller, "secretsmanager:CreateSecret", named, context)
        if new.tags:
            self._gate.check_new(caller, "secretsmanager:TagResource", named, context)

    def _fresh(self, caller: Caller, new: NewSecret) -> Secret:
        now = self._clock.now()
        return Secret(
            arn=new_secret_arn(new.name, caller.account, region_of(caller)),
            account=caller.account,
            name=new.name,
            created_at=now,
            changed_at=now,
            description=new.description,
            tags=dict(new.tags),
        )

    def _write(self, tx: SecretChanges, caller: Caller, fresh: Secret, version: NewVersion | None) -> Written:
        existing = tx.secrets.secret(fresh.account, fresh.name)
        if existing is not None:
            written = self._existing(tx, existing, version)
        else:
            tx.secrets.put_secret(fresh)
            written = Written(fresh)
            if version is not None:
                written = add_version(tx, self._keys.value, fresh, version, fresh.created_at)
        details: Details = {"tagKeys": sorted(fresh.tags), "repeated": existing is not None}
        append_change(tx, caller, EventName.CREATE_SECRET, written, fresh.created_at, details)
        return written

    def _existing(self, tx: SecretChanges, secret: Secret, version: NewVersion | None) -> Written:
        if secret.deleted_at is not None:
            raise InvalidSecretRequest(_DELETED)
        known = tx.secrets.version(secret.arn, version_id=version.version_id) if version is not None else None
        if version is None or known is None:
            raise SecretExists(_exists(secret.name))
        return repeated(self._keys.value, secret, known, version.value)


def request_tags(tags: Mapping[str, str]) -> dict[str, ContextValue]:
    """`aws:RequestTag/...` and `aws:TagKeys` of a request that gives tags."""
    if not tags:
        return {}
    context: dict[str, ContextValue] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    context["aws:TagKeys"] = tuple(tags)
    return context


def _exists(name: str) -> str:
    return f"The operation failed because the secret {name} already exists."
