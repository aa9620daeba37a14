"""How does a secret end? It is marked, can be restored for some days, and is then destroyed by the server.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ostiary.domain.audit.caller import Caller, server
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.secrets.errors import InvalidSecretParameter, SecretNotFound
from ostiary.domain.secrets.gate import Asked, SecretGate
from ostiary.domain.secrets.model import Secret
from ostiary.domain.secrets.slices import SecretChanges
from ostiary.kit.clock import Clock, iso
from ostiary.kit.transactions import Transactions
from ostiary.policy import ContextValue

MIN_DAYS, MAX_DAYS, DEFAULT_DAYS = 7, 30, 30


@dataclass(frozen=True, slots=True)
class Deletion:
    """`secret` is None when there was nothing to delete by force; `at` is when it is, or was, destroyed."""

    secret: Secret | None
    at: datetime


class SecretDeletion:
    def __init__(self, *, transactions: Transactions[SecretChanges], gate: SecretGate, clock: Clock) -> None:
        self._transactions = transactions
        self._gate = gate
        self._clock = clock

    def delete(self, caller: Caller, secret_id: str, *, days: int | None = None, force: bool = False) -> Deletion:
        """Raises AccessDenied, SecretNotFound unless by force, InvalidSecretParameter, InvalidSecretRequest."""
        _check_window(days, force=force)
        asked = Asked("secretsmanager:DeleteSecret", secret_id, _conditions(days, force=force))
        with self._transactions.read() as tx:
            self._find(tx, caller, asked, force=force)
        if force:
            return self._transactions.write(lambda tx: self._destroy(tx, caller, asked))
        return self._transactions.write(lambda tx: self._mark(tx, caller, asked, days or DEFAULT_DAYS))

    def restore(self, caller: Caller, secret_id: str) -> Secret:
        """Also of a secret that was not deleted, which changes nothing. Raises AccessDenied, SecretNotFound."""
        asked = Asked("secretsmanager:RestoreSecret", secret_id)
        with self._transactions.read() as tx:
            self._gate.load(tx.secrets, caller, asked)

        def work(tx: SecretChanges) -> Secret:
            secret, now = self._gate.load(tx.secrets, caller, asked), self._clock.now()
            if secret.deletion_at is not None and secret.deletion_at <= now:
                raise SecretNotFound("Secrets Manager can't find the specified secret.")
            restored = replace(secret, deleted_at=None, deletion_at=None, changed_at=now)
            if secret.deleted_at is not None:
                tx.secrets.put_secret(restored)
            _append(tx, caller, EventName.RESTORE_SECRET, secret, now, {"changed": secret.deleted_at is not None})
            return restored

        return self._transactions.write(work)

    def _mark(self, tx: SecretChanges, caller: Caller, asked: Asked, days: int) -> Deletion:
        secret, now = self._gate.load_living(tx.secrets, caller, asked), self._clock.now()
        at = now + timedelta(days=days)
        tx.secrets.put_secret(replace(secret, deleted_at=now, deletion_at=at, changed_at=now))
        _append(tx, caller, EventName.DELETE_SECRET, secret, now, {"destroyed": False, "deletionDate": iso(at)})
        return Deletion(secret, at)

    def _destroy(self, tx: SecretChanges, caller: Caller, asked: Asked) -> Deletion:
        """As in AWS, what is not there, or marked already, is no error when it is to go by force."""
        secret, now = self._find(tx, caller, asked, force=True), self._clock.now()
        if secret is None:
            details = {"destroyed": False, "nothingToDelete": True}
            tx.audit.append(
                event_of(caller, EventName.DELETE_SECRET, at=now, resources=[asked.secret_id], details=details)
            )
            return Deletion(None, now)
        tx.secrets.destroy_secret(secret.arn)
        _append(tx, caller, EventName.DELETE_SECRET, secret, now, {"destroyed": True, "byForce": True})
        return Deletion(secret, now)

    def _find(self, tx: SecretChanges, caller: Caller, asked: Asked, *, force: bool) -> Secret | None:
        if force:
            return self._gate.find(tx.secrets, caller, asked)
        return self._gate.load_living(tx.secrets, caller, asked)


class SecretPurge:
    """Destroys what was marked and is past its time; any worker may run it at any time."""

    def __init__(self, *, transactions: Transactions[SecretChanges], clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    def run(self) -> int:
        """How many secrets were destroyed."""
        now = self._clock.now()
        with self._transactions.read() as tx:
            due = tx.secrets.due_for_destruction(now)
        return sum(self._destroy(secret, now) for secret in due)

    def _destroy(self, secret: Secret, now: datetime) -> bool:
        def work(tx: SecretChanges) -> bool:
            # Somebody may have restored it, or another worker destroyed it, since it was looked for.
            found = tx.secrets.secret(secret.account, secret.arn)
            if found is None or found.deletion_at is None or found.deletion_at > now:
                return False
            tx.secrets.destroy_secret(found.arn)
            _append(tx, server(found.account), EventName.DELETE_SECRET, found, now, {"destroyed": True})
            return True

        return self._transactions.write(work)


def _check_window(days: int | None, *, force: bool) -> None:
    if force and days is not None:
        raise InvalidSecretParameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and not MIN_DAYS <= days <= MAX_DAYS:
        raise InvalidSecretParameter(
            f"The RecoveryWindowInDays value must be between {MIN_DAYS} and {MAX_DAYS} days (inclusive)."
        )


def _conditions(days: int | None, *, force: bool) -> dict[str, ContextValue]:
    if force:
        return {"secretsmanager:ForceDeleteWithoutRecovery": "true"}
    window = str(DEFAULT_DAYS if days is None else days)
    return {
        "secretsmanager:ForceDeleteWithoutRecovery": "false",
        "secretsmanager:RecoveryWindowInDays": window,
    }


def _append(
    tx: SecretChanges, caller: Caller, name: EventName, secret: Secret, now: datetime, details: Details
) -> None:
    told = {"secretName": secret.name, **details}
    tx.audit.append(event_of(caller, name, at=now, resources=[secret.arn], details=told))
