"""What is kept of how somebody came in, and for how long? Each person has a bounded number of rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.caller import Origin
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.credentials.tallies import first_in
from ostiary.domain.credentials.throttle import Throttle
from ostiary.domain.directory.model import Person
from ostiary.domain.risk.model import KnownDevice, KnownNetwork, SignInPlace
from ostiary.domain.risk.networks import neighbourhood_of
from ostiary.domain.risk.places import Place
from ostiary.domain.risk.ports import RiskSlice

MOST_DEVICES, MOST_NETWORKS = 20, 50
_UNSEEN_KEPT = timedelta(days=365)
_LOOKED_AGAIN = timedelta(days=1)
_MAX_USER_AGENT = 256


class RememberingSlice(CredentialSlice, RiskSlice, Protocol): ...


def remember_arrival(
    tx: RememberingSlice,
    throttle: Throttle,
    person: Person,
    origin: Origin,
    place: Place | None,
    now: datetime,
    *,
    trusted: bool,
) -> None:
    """`trusted`: she proved all her factors just now."""
    throttle.know(tx.credentials, name=person.user_name, origin=origin, now=now)
    if origin.device:
        _remember_device(tx, throttle, person, origin, now, trusted=trusted)
    _remember_network(tx, person, neighbourhood_of(origin.source_ip), now)
    here = place or Place()
    tx.risk.put_sign_in_place(
        SignInPlace(person.person_id, now, origin.source_ip, here.country, here.city, here.latitude, here.longitude)
    )


def forget_arrivals(tx: RememberingSlice, throttle: Throttle, person: Person) -> None:
    for known in tx.risk.known_devices(person.person_id):
        throttle.forget_device(tx.credentials, name=person.user_name, device=known.device)
    tx.risk.forget_person(person.person_id)


def forget_unseen(tx: RememberingSlice, now: datetime) -> int:
    """Called by a job; how many rows. It looks at everybody, so it does so once a day, whoever calls how often."""
    if not first_in(tx.credentials, "forgetting-unseen", _LOOKED_AGAIN, now):
        return 0
    return tx.risk.delete_unseen(last_before=now - _UNSEEN_KEPT)


def _remember_device(
    tx: RememberingSlice, throttle: Throttle, person: Person, origin: Origin, now: datetime, *, trusted: bool
) -> None:
    found = tx.risk.known_device(person.person_id, origin.device)
    known = found or KnownDevice(person.person_id, origin.device, now, now, None, "", "")
    tx.risk.put_known_device(
        replace(
            known,
            last_seen_at=now,
            trusted_at=now if trusted else known.trusted_at,
            network=neighbourhood_of(origin.source_ip),
            user_agent=origin.user_agent[:_MAX_USER_AGENT],
        )
    )
    surplus = tx.risk.known_devices(person.person_id)[MOST_DEVICES:] if found is None else ()
    for old in surplus:
        throttle.forget_device(tx.credentials, name=person.user_name, device=old.device)
        tx.risk.delete_known_device(person.person_id, old.device)


def _remember_network(tx: RiskSlice, person: Person, network: str, now: datetime) -> None:
    networks = tx.risk.known_networks(person.person_id)
    known = next((one for one in networks if one.network == network), None)
    tx.risk.put_known_network(
        replace(known, last_seen_at=now) if known is not None else KnownNetwork(person.person_id, network, now, now)
    )
    if known is None:
        for old in networks[MOST_NETWORKS - 1 :]:
            tx.risk.delete_known_network(person.person_id, old.network)
