"""What of a restored past must not come back to life?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from ostiary.domain.access.index import load_access_index
from ostiary.domain.applications.builtin import BUILT_IN
from ostiary.domain.applications.model import Application
from ostiary.domain.credentials.model import LinkPurpose
from ostiary.domain.directory.model import Person, PersonStatus, WorkloadStatus
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.storage.transaction import Transaction

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Proofs:
    """What people could sign in and recover with: when a good password was chosen, ids of factors, unused codes."""

    people: frozenset[str] = frozenset()
    passwords: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    factors: frozenset[str] = frozenset()
    recovery_codes: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Living:
    """What was in force in the database that is replaced: everything else was deleted or ended since the backup."""

    access_keys: frozenset[str]
    client_secrets: frozenset[str]
    workloads: frozenset[str]
    applications: frozenset[str]
    proofs: Proofs


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
        proofs=_proofs(tx),
    )
    disabled = frozenset(p.user_name for p in _everybody(tx) if p.status is PersonStatus.DISABLED)
    return Carried(tuple(tx.sessions.epochs_after(0)), disabled, living)


def end_what_was_issued(tx: Transaction, carried: Carried, now: datetime) -> None:
    """Everybody signs in anew, every machine asks anew; who was shut out stays out."""
    for person in _everybody(tx):
        end_everything_of(tx, person.person_id, now)
        tx.credentials.delete_one_time_links(person.person_id, LinkPurpose.RECOVERY)
        if person.user_name in carried.disabled_people:
            tx.directory.set_person_status(person.person_id, PersonStatus.DISABLED)
    for epoch in carried.epochs:
        tx.sessions.add_epoch(epoch)
    for kind, subject in _subjects(tx):
        tx.sessions.add_epoch(Epoch(kind, subject, now))
    if carried.living is not None:
        _disable_what_ended(tx, carried.living)
        _void_what_ended(tx, carried.living.proofs, now)


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


def _proofs(tx: Transaction) -> Proofs:
    rows, people = tx.credentials, frozenset(person.person_id for person in _everybody(tx))
    codes = (code for person_id in people for code in rows.recovery_codes(person_id))
    authenticators = (factor.factor_id for factor in rows.all_totp_factors())
    passkeys = (passkey.factor_id for passkey in rows.all_passkeys())
    return Proofs(
        people=people,
        passwords={one.person_id: one.changed_at for one in rows.passwords() if one.compromised_at is None},
        factors=frozenset((*authenticators, *passkeys)),
        recovery_codes=frozenset(code.code_hash for code in codes if code.used_at is None),
    )


def _void_what_ended(tx: Transaction, proofs: Proofs, now: datetime) -> None:
    """What people removed, changed or used up since the backup may be somebody else's by now: a stolen key above all.

    An older password leads to nothing but a new one. Of people whom the replaced database does not have, nothing is
    known: they come back as they were.
    """
    rows, people = tx.credentials, proofs.people
    for password in [one for one in rows.passwords() if one.person_id in people and one.compromised_at is None]:
        if proofs.passwords.get(password.person_id) != password.changed_at:
            rows.put_password(replace(password, compromised_at=now))
    for factor in [one for one in rows.all_totp_factors() if one.person_id in people]:
        if factor.factor_id not in proofs.factors:
            rows.delete_totp_factor(factor.factor_id)
    for passkey in [one for one in rows.all_passkeys() if one.person_id in people]:
        if passkey.factor_id not in proofs.factors:
            rows.delete_passkey(passkey.factor_id)
    for code in [code for person_id in people for code in rows.recovery_codes(person_id)]:
        if code.code_hash not in proofs.recovery_codes:
            rows.use_recovery_code(code.person_id, code.code_hash, now)


def _applications(tx: Transaction) -> list[Application]:
    """With those that are built in, which an entry could have disabled."""
    rows = {application.client_id: application for application in tx.applications.applications()}
    return list({**BUILT_IN, **rows}.values())


def _everybody(tx: Transaction) -> Iterator[Person]:
    after = ""
    while page := tx.directory.people(after_user_name=after, limit=_PAGE):
        yield from page
        after = page[-1].user_name
