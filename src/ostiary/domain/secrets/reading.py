"""What does a caller get of a secret: its value, its description, its versions?

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.secrets.accessing import note_access, secret_accessed_on, version_accessed_on
from ostiary.domain.secrets.errors import InvalidSecretRequest, SecretNotFound
from ostiary.domain.secrets.gate import Asked, SecretGate
from ostiary.domain.secrets.model import AWSCURRENT, Secret, SecretVersion, VersionFacts
from ostiary.domain.secrets.ports import SecretRows
from ostiary.domain.secrets.shelf import SecretShelf
from ostiary.domain.secrets.slices import SecretReads
from ostiary.domain.secrets.versions import SecretValue, open_version
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions
from ostiary.policy import ContextValue


@dataclass(frozen=True, slots=True)
class ReadValue:
    secret: Secret
    version: SecretVersion
    value: SecretValue


@dataclass(frozen=True, slots=True)
class Description:
    """`versions` are those that carry a stage, newest first; `accessed_on` is a day."""

    secret: Secret
    versions: Sequence[VersionFacts]
    accessed_on: datetime | None


@dataclass(frozen=True, slots=True)
class VersionEntry:
    facts: VersionFacts
    accessed_on: datetime | None


@dataclass(frozen=True, slots=True)
class VersionPage:
    """`more` is the last version id of this page when others follow."""

    secret: Secret
    entries: Sequence[VersionEntry]
    more: str | None


class SecretReading:
    def __init__(
        self,
        *,
        transactions: Transactions[SecretReads],
        gate: SecretGate,
        keys: Current[ServerKeys],
        recorder: EventRecorder,
        last_use: LastUseLog,
        clock: Clock,
        shelf: Current[SecretShelf],
    ) -> None:
        self._transactions = transactions
        self._gate = gate
        self._shelf = shelf
        self._keys = keys
        self._recorder = recorder
        self._last_use = last_use
        self._clock = clock

    def value(
        self, caller: Caller, secret_id: str, *, version_id: str | None = None, stage: str | None = None
    ) -> ReadValue:
        """Raises AccessDenied, SecretNotFound, InvalidSecretRequest, SecretUnopenable."""
        asked = Asked("secretsmanager:GetSecretValue", secret_id, _version_conditions(version_id, stage))
        secret, version = self._load_value(caller, asked, version_id, stage)
        value = open_version(self._keys.value, version)
        now = self._clock.now()
        # ORDER: the event is durable before the value leaves.
        self._recorder.record(
            event_of(
                caller,
                EventName.GET_SECRET_VALUE,
                at=now,
                resources=[secret.arn],
                details={
                    "secretName": secret.name,
                    "versionId": version.version_id,
                    "versionStages": sorted(version.stages),
                },
            )
        )
        note_access(self._last_use, caller, version, now)
        return ReadValue(secret, version, value)

    def _load_value(
        self, caller: Caller, asked: Asked, version_id: str | None, stage: str | None
    ) -> tuple[Secret, SecretVersion]:
        # ORDER: the shelf is taken before the rows are read, so that what is put there can only be too new.
        shelf, label = self._shelf.value, (caller.account, asked.secret_id, version_id, stage)
        shelved = shelf.get(label)
        if shelved is not None:
            self._gate.check_known(caller, asked, shelved[0])
            return shelved
        with self._transactions.read() as tx:
            secret = self._gate.load_living(tx.secrets, caller, asked)
            version = _load_version(tx.secrets, secret.arn, version_id, stage)
        shelf.put(label, (secret, version))
        return secret, version

    def description(self, caller: Caller, secret_id: str) -> Description:
        """Also of a secret that was marked for deletion. Raises AccessDenied, SecretNotFound."""
        with self._transactions.read() as tx:
            secret = self._gate.load(tx.secrets, caller, Asked("secretsmanager:DescribeSecret", secret_id))
            staged = [version for version in tx.secrets.version_facts([secret.arn]) if version.stages]
            accessed_on = secret_accessed_on(tx.last_uses, self._last_use, secret.arn)
        self._record(caller, EventName.DESCRIBE_SECRET, secret)
        return Description(secret, staged, accessed_on)

    def versions(
        self, caller: Caller, secret_id: str, *, deprecated: bool, after: str | None, limit: int
    ) -> VersionPage:
        """Newest first, behind the version `after`. Raises AccessDenied, SecretNotFound."""
        asked = Asked("secretsmanager:ListSecretVersionIds", secret_id)
        with self._transactions.read() as tx:
            secret = self._gate.load(tx.secrets, caller, asked)
            found = [v for v in tx.secrets.version_facts([secret.arn]) if deprecated or v.stages]
            page = _behind(found, after)[: limit + 1]
            entries = [
                VersionEntry(v, version_accessed_on(tx.last_uses, self._last_use, v.arn, v.version_id))
                for v in page[:limit]
            ]
        self._record(caller, EventName.LIST_SECRET_VERSION_IDS, secret)
        return VersionPage(secret, entries, entries[-1].facts.version_id if len(page) > limit else None)

    def resource_policy(self, caller: Caller, secret_id: str) -> Secret:
        """The secret, which has no resource policy. Raises AccessDenied, SecretNotFound."""
        with self._transactions.read() as tx:
            secret = self._gate.load_living(tx.secrets, caller, Asked("secretsmanager:GetResourcePolicy", secret_id))
        self._record(caller, EventName.GET_RESOURCE_POLICY, secret)
        return secret

    def _record(self, caller: Caller, name: EventName, secret: Secret) -> None:
        details = {"secretName": secret.name}
        self._recorder.record(event_of(caller, name, at=self._clock.now(), resources=[secret.arn], details=details))


def _version_conditions(version_id: str | None, stage: str | None) -> dict[str, ContextValue]:
    """A request that names neither asks for AWSCURRENT, and policies see that."""
    conditions: dict[str, ContextValue] = {}
    if version_id is not None:
        conditions["secretsmanager:VersionId"] = version_id
    if stage is not None or version_id is None:
        conditions["secretsmanager:VersionStage"] = stage or AWSCURRENT
    return conditions


def _load_version(rows: SecretRows, arn: str, version_id: str | None, stage: str | None) -> SecretVersion:
    version = rows.version(arn, version_id=version_id, stage=None if version_id is not None else stage)
    if version is None:
        wanted = f"VersionId: {version_id}" if version_id is not None else f"staging label: {stage or AWSCURRENT}"
        raise SecretNotFound(f"Secrets Manager can't find the specified secret value for {wanted}")
    if stage is not None and stage not in version.stages:
        raise InvalidSecretRequest("You provided a VersionStage that is not associated to the provided VersionId.")
    return version


def _behind(versions: Sequence[VersionFacts], after: str | None) -> Sequence[VersionFacts]:
    """What follows the version `after`; nothing when that one was forgotten meanwhile: only older ones are."""
    if after is None:
        return versions
    at = next((i for i, version in enumerate(versions) if version.version_id == after), len(versions))
    return versions[at + 1 :]
