"""May this caller do this with that secret? Nothing about a secret is told before the answer is yes.

The secret's tags decide, so the row is read first; a name that does not exist is decided about like one that does, and
a refusal names what the caller named and nothing that was found.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.audit.caller import Caller
from ostiary.domain.secrets.errors import InvalidSecretRequest, SecretNotFound
from ostiary.domain.secrets.model import Secret
from ostiary.domain.secrets.naming import SecretReference, reference, region_in
from ostiary.domain.secrets.ports import SecretRows
from ostiary.policy import ContextValue

_NOTHING: Mapping[str, ContextValue] = MappingProxyType({})
_ABSENT = "Secrets Manager can't find the specified secret."
_DELETED = "You can't perform this operation on the secret because it was marked for deletion."


@dataclass(frozen=True, slots=True)
class Asked:
    """`conditions` are the keys of this operation; those of the secret and its tags are added by the gate."""

    action: str
    secret_id: str
    conditions: Mapping[str, ContextValue] = field(default_factory=lambda: _NOTHING)


def secret_keys(named: SecretReference, secret: Secret | None) -> dict[str, ContextValue]:
    """What policies see of a secret, and of how the caller named it."""
    context: dict[str, ContextValue] = {"secretsmanager:SecretId": named.given}
    if secret is not None:
        context["secretsmanager:SecretPrimaryRegion"] = region_in(secret)
        for key, value in secret.tags.items():
            context[f"aws:ResourceTag/{key}"] = context[f"secretsmanager:ResourceTag/{key}"] = value
    return context


class SecretGate:
    def __init__(self, *, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    def load(self, rows: SecretRows, caller: Caller, asked: Asked) -> Secret:
        """The secret, deleted or not. Raises AccessDenied, then SecretNotFound; InvalidSecretName."""
        secret = self.find(rows, caller, asked)
        if secret is None:
            raise SecretNotFound(_ABSENT)
        return secret

    def load_living(self, rows: SecretRows, caller: Caller, asked: Asked) -> Secret:
        """As `load`; raises InvalidSecretRequest for a secret that was marked for deletion."""
        secret = self.load(rows, caller, asked)
        if secret.deleted_at is not None:
            raise InvalidSecretRequest(_DELETED)
        return secret

    def find(self, rows: SecretRows, caller: Caller, asked: Asked) -> Secret | None:
        """None for a secret that is not there, when the caller might act on it. Raises AccessDenied."""
        named = reference(asked.secret_id, caller)
        # Nobody acts on another account's secret: that would need a resource policy, which no secret has yet.
        secret = rows.secret(named.account, named.given) if named.account == caller.account else None
        self._check(caller, asked, named, secret)
        return secret

    def check_known(self, caller: Caller, asked: Asked, secret: Secret) -> None:
        """For a living secret of the caller's account that was found before. Raises AccessDenied."""
        self._check(caller, asked, reference(asked.secret_id, caller), secret)

    def check_new(self, caller: Caller, action: str, named: SecretReference, context: dict[str, ContextValue]) -> None:
        """For a secret that is to be made. Raises AccessDenied."""
        self._check(caller, Asked(action, named.given, context), named, None)

    def _check(self, caller: Caller, asked: Asked, named: SecretReference, secret: Secret | None) -> None:
        resource = named.arn_if_absent if secret is None else secret.arn
        context = secret_keys(named, secret) | dict(asked.conditions)
        decision = self._authorizer.decide(
            caller, asked.action, resource, resource_account=named.account, context=context
        )
        if not decision.allowed:
            # INVARIANT: the six random characters would tell that the secret exists.
            sentence = decision.reason.replace(f"on resource: {resource}", f"on resource: {named.given}")
            raise AccessDenied(replace(decision, reason=sentence), operator_text=decision.reason)
