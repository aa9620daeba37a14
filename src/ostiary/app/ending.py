"""What of a restored past must not come back to life?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.access.index import load_access_index
from ostiary.domain.applications.builtin import BUILT_IN
from ostiary.domain.applications.model import Application
from ostiary.domain.directory.model import Person, PersonStatus, WorkloadStatus
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.storage.transaction import Transaction

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Living:
    """What was in force in the database that is replaced: everything else was deleted or ended since the backup."""

    access_keys: frozenset[str]
    client_secrets: frozenset[str]
    workloads: frozenset[str]
    applications: frozenset[str]


@dataclass(frozen=True, slots=True)
class Carried:
    """What was taken back in the database that is replaced; without one, nothing is known about it."""

    epochs: tuple[Epoch, ...] = ()
    disabled_people: frozenset[str] = frozenset()
    living: Living | None = None


def carried_from(tx: Transaction) -> Carried:
    living = Living(
        access_keys=frozenset(key.access_key_id for key in tx.credentials.access_keys() if key.active),
        client_secrets=frozenset(secret.secret_id for secret in tx.applications.client_secrets()),
        workloads=frozenset(w.name for w in tx.directory.workloads() if w.status is WorkloadStatus.ACTIVE),
        applications=frozenset(a.client_id for a in _applications(tx) if a.enabled),
    )
    disabled = frozenset(p.user_name for p in _everybody(tx) if p.status is PersonStatus.DISABLED)
    return Carried(tuple(tx.sessions.epochs_after(0)), disabled, living)


def end_what_was_issued(tx: Transaction, carried: Carried, now: datetime) -> None:
    """Everybody signs in anew, every machine asks anew; who was shut out stays out."""
    for person in _everybody(tx):
        end_everything_of(tx, person.person_id, now)
        if person.user_name in carried.disabled_people:
            tx.directory.set_person_status(person.person_id, PersonStatus.DISABLED)
    for epoch in carried.epochs:
        tx.sessions.add_epoch(epoch)
    for kind, subject in _subjects(tx):
        tx.sessions.add_epoch(Epoch(kind, subject, now))
    if carried.living is not None:
        _disable_what_ended(tx, carried.living)


def _subjects(tx: Transaction) -> Iterator[tuple[EpochKind, str]]:
    """Everything besides people that a credential without a row can rest on."""
    yield from ((EpochKind.ROLE, role_arn) for role_arn in load_access_index(tx).roles)
    yield from ((EpochKind.WORKLOAD, workload.name) for workload in tx.directory.workloads())
    yield from ((EpochKind.APPLICATION, application.client_id) for application in _applications(tx))
    yield from ((EpochKind.ISSUER_TRUST, trust.arn) for trust in tx.federation.issuer_trusts())
    yield from ((EpochKind.ACCESS_KEY, key.access_key_id) for key in tx.credentials.access_keys())


def _disable_what_ended(tx: Transaction, living: Living) -> None:
    for key in tx.credentials.access_keys():
        if key.access_key_id not in living.access_keys:
            tx.credentials.put_access_key(replace(key, active=False))
    for secret in tx.applications.client_secrets():
        if secret.secret_id not in living.client_secrets:
            tx.applications.delete_client_secret(secret.secret_id)
    for workload in tx.directory.workloads():
        if workload.name not in living.workloads:
            tx.directory.put_workload(replace(workload, status=WorkloadStatus.DISABLED))
    for application in _applications(tx):
        if application.client_id not in living.applications:
            tx.applications.put_application(replace(application, enabled=False))


def _applications(tx: Transaction) -> list[Application]:
    """With those that are built in, which an entry could have disabled."""
    rows = {application.client_id: application for application in tx.applications.applications()}
    return list({**BUILT_IN, **rows}.values())


def _everybody(tx: Transaction) -> Iterator[Person]:
    after = ""
    while page := tx.directory.people(after_user_name=after, limit=_PAGE):
        yield from page
        after = page[-1].user_name
