"""Was what this credential stands for revoked after it was issued?

Revocation is by epoch: nothing issued for a subject at or before a moment is accepted. Every worker holds all epochs in
memory and reads only the new ones, so a check costs a look into a dictionary and no credential needs a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, assert_never

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.sessions.errors import SessionRevoked, UnknownRevocationSubject
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.sessions.ports import SessionSlice
from ostiary.kit import arn
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions

REVOKE_ACTION = "ostiary:RevokeSessions"
Subjects = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class RevocationIndex:
    """All epochs; `sequence` is the last one read."""

    not_before: Mapping[tuple[str, str], datetime] = field(default_factory=lambda: MappingProxyType({}))
    sequence: int = 0

    def check_not_revoked(self, subjects: Subjects, *, issued_at: datetime) -> None:
        """Raises SessionRevoked when one of the subjects has an epoch at or after `issued_at`."""
        epochs = self.not_before
        if not epochs:
            return
        for subject in subjects:
            not_before = epochs.get(subject)
            if not_before is not None and issued_at <= not_before:
                raise SessionRevoked(
                    "the session was revoked: sign in or ask for new credentials",
                    operator_text=f"issued at or before the epoch of {subject[0]} `{subject[1]}`",
                )

    def with_epochs(self, epochs: Iterable[Epoch]) -> RevocationIndex:
        """An index that knows these too; an epoch only ever moves forward."""
        merged, last = dict(self.not_before), self.sequence
        for epoch in epochs:
            key = (epoch.kind.value, epoch.subject)
            known = merged.get(key)
            merged[key] = epoch.not_before if known is None else max(known, epoch.not_before)
            last = max(last, epoch.sequence)
        return RevocationIndex(merged, last)


def load_revocations(tx: SessionSlice, *, previous: RevocationIndex) -> RevocationIndex:
    """Only what is new since `previous`."""
    fresh = tx.sessions.epochs_after(previous.sequence)
    return previous.with_epochs(fresh) if fresh else previous


class RevocationSlice(DirectorySlice, CredentialSlice, SessionSlice, AuditSlice, Protocol): ...


class Revocation:
    """Workers learn of an epoch at their next look into the database, this one too: at most a second later."""

    def __init__(self, *, transactions: Transactions[RevocationSlice], authorizer: Authorizer, clock: Clock) -> None:
        self._transactions = transactions
        self._authorizer = authorizer
        self._clock = clock

    def revoke(self, caller: Caller, kind: EpochKind, subject: str) -> Epoch:
        """End everything that was issued for the subject until now. Raises AccessDenied, UnknownRevocationSubject."""
        with self._transactions.read() as tx:
            resource, account = _resource(tx, kind, subject)
        self._authorizer.authorize(caller, REVOKE_ACTION, resource, resource_account=account)
        epoch = Epoch(kind, subject, self._clock.now())
        self._transactions.write(lambda tx: _write(tx, caller, epoch, resource))
        return epoch


def _write(tx: RevocationSlice, caller: Caller, epoch: Epoch, resource: str) -> None:
    tx.sessions.add_epoch(epoch)
    details = {"kind": epoch.kind.value, "subject": epoch.subject}
    tx.audit.append(
        event_of(caller, EventName.REVOKE_SESSIONS, at=epoch.not_before, resources=[resource], details=details)
    )


def _resource(tx: RevocationSlice, kind: EpochKind, subject: str) -> tuple[str, str]:
    """The ARN that policies name, and the account that owns it; what no account owns is the organization's."""
    organization = tx.directory.organization()
    owner = organization.account if organization is not None else ""
    match kind:
        case EpochKind.PERSON:
            return f"arn:aws:identitystore:::user/{subject}", owner
        case EpochKind.ROLE | EpochKind.ISSUER_TRUST:
            return subject, _account_in(subject)
        case EpochKind.WORKLOAD:
            workload = tx.directory.workload(subject)
            owner = workload.account if workload is not None else _unknown(kind, subject)
        case EpochKind.ACCESS_KEY:
            key = tx.credentials.access_key(subject)
            owner = key.account if key is not None else _unknown(kind, subject)
        case EpochKind.APPLICATION | EpochKind.SESSION | EpochKind.TOKEN:
            pass
        case _:
            assert_never(kind)
    return f"arn:aws:ostiary::{owner}:{kind.value}/{subject}", owner


def _unknown(kind: EpochKind, subject: str) -> str:
    raise UnknownRevocationSubject(f"there is no {kind.value} `{subject[:200]}`: check its name")


def _account_in(subject: str) -> str:
    try:
        return arn.parse(subject).account
    except ValueError as error:
        raise UnknownRevocationSubject(str(error)) from None
