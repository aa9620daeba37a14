"""How does a secret come to be and get new versions?

Every change is decided twice: before it waits for the database's writer, so that a refused caller holds nobody up, and
inside its transaction, on the tags that the secret then has.
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.secrets.errors import InvalidSecretParameter, SecretExists
from ostiary.domain.secrets.gate import Asked, SecretGate
from ostiary.domain.secrets.model import AWSCURRENT, Secret, SecretVersion
from ostiary.domain.secrets.naming import version_id_from
from ostiary.domain.secrets.slices import SecretChanges
from ostiary.domain.secrets.stages import check_stages, moved, to_forget
from ostiary.domain.secrets.versions import SecretValue, holds, seal_version
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions
from ostiary.policy import ContextValue

MAX_DESCRIPTION = 2048
_CURRENT = frozenset({AWSCURRENT})


@dataclass(frozen=True, slots=True)
class Written:
    """`version_id` is None where no version was made."""

    secret: Secret
    version_id: str | None = None
    stages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is to become a version of an existing secret."""

    version_id: str
    value: SecretValue
    stages: frozenset[str] = field(default=_CURRENT)


class SecretWriting:
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

    def put_value(
        self,
        caller: Caller,
        secret_id: str,
        value: SecretValue,
        *,
        token: str | None = None,
        stages: tuple[str, ...] = (AWSCURRENT,),
    ) -> Written:
        """Raises AccessDenied, SecretNotFound, SecretExists and what the parameters refuse."""
        version = NewVersion(version_id_from(token), value, check_stages(stages))
        asked = Asked(
            "secretsmanager:PutSecretValue",
            secret_id,
            {"secretsmanager:VersionStage": tuple(sorted(version.stages))},
        )
        self._check(caller, asked)

        def work(tx: SecretChanges) -> Written:
            secret, now = self._gate.load_living(tx.secrets, caller, asked), self._clock.now()
            written = add_version(tx, self._keys.value, secret, version, now)
            append_change(tx, caller, EventName.PUT_SECRET_VALUE, written, now)
            return written

        return self._transactions.write(work)

    def update(
        self,
        caller: Caller,
        secret_id: str,
        *,
        description: str | None = None,
        value: SecretValue | None = None,
        token: str | None = None,
        conditions: Mapping[str, ContextValue] | None = None,
    ) -> Written:
        """What is None stays as it is. Raises as `put_value`."""
        version = None if value is None else NewVersion(version_id_from(token), value)
        more = dict(conditions or {})
        if description is not None:
            more["secretsmanager:Description"] = check_description(description)
        asked = Asked("secretsmanager:UpdateSecret", secret_id, more)
        self._check(caller, asked)

        def work(tx: SecretChanges) -> Written:
            secret, now = self._gate.load_living(tx.secrets, caller, asked), self._clock.now()
            if description is not None:
                secret = replace(secret, description=description, changed_at=now)
                tx.secrets.put_secret(secret)
            written = Written(secret) if version is None else add_version(tx, self._keys.value, secret, version, now)
            changed = {"descriptionChanged": description is not None}
            append_change(tx, caller, EventName.UPDATE_SECRET, written, now, changed)
            return written

        return self._transactions.write(work)

    def _check(self, caller: Caller, asked: Asked) -> None:
        with self._transactions.read() as tx:
            self._gate.load_living(tx.secrets, caller, asked)


def add_version(tx: SecretChanges, keys: ServerKeys, secret: Secret, new: NewVersion, now: datetime) -> Written:
    """The version, or the one that the same request made before. Raises SecretExists, SecretLimitExceeded."""
    known = tx.secrets.version(secret.arn, version_id=new.version_id)
    if known is not None:
        return repeated(keys, secret, known, new.value)
    facts = tx.secrets.version_facts([secret.arn])
    # The first version is the current one, whatever stages were given.
    stages = new.stages if any(AWSCURRENT in version.stages for version in facts) else new.stages | _CURRENT
    changes = moved({version.version_id: version.stages for version in facts}, stages, to=new.version_id)
    forgotten = to_forget(facts, changes)
    if forgotten is not None:
        tx.secrets.delete_version(secret.arn, forgotten)
    own = changes.pop(new.version_id)
    # ORDER: a stage is on one version at a time, so the others lose theirs first.
    tx.secrets.move_stages(secret.arn, changes)
    sealed = seal_version(keys, new.value, arn=secret.arn, version_id=new.version_id, stages=own, at=now)
    tx.secrets.put_version(sealed)
    changed = replace(secret, changed_at=now)
    tx.secrets.put_secret(changed)
    return Written(changed, new.version_id, own)


def repeated(keys: ServerKeys, secret: Secret, known: SecretVersion, value: SecretValue) -> Written:
    """The answer to a request that is sent again. Raises SecretExists when it asks for another value."""
    if not holds(keys, known, value):
        raise SecretExists(
            f"You can't use ClientRequestToken {known.version_id} because that value is already in use for a version"
            f" of secret {secret.arn}."
        )
    return Written(secret, known.version_id, known.stages)


def append_change(
    tx: SecretChanges, caller: Caller, name: EventName, written: Written, now: datetime, more: Details | None = None
) -> None:
    """The event of a change, in its transaction."""
    details: dict[str, str | int | bool | list[str]] = {"secretName": written.secret.name, **(more or {})}
    if written.version_id is not None:
        details |= {"versionId": written.version_id, "versionStages": sorted(written.stages)}
    tx.audit.append(event_of(caller, name, at=now, resources=[written.secret.arn], details=details))


def check_description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION:
        raise InvalidSecretParameter(f"A description has at most {MAX_DESCRIPTION} characters.")
    return text
