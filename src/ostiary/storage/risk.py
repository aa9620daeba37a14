"""How is kept from which browsers, networks and places people and machines come?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from ostiary.domain.risk.model import KnownDevice, KnownNetwork, MachineNetwork, SignInPlace
from ostiary.storage.facts import insert_of, many, one, put, values_of
from ostiary.storage.schema import known_device, known_network, machine_network, sign_in_place

_DEVICES = (
    select(known_device)
    .where(known_device.c.person_id == bindparam("person_id"))
    .order_by(known_device.c.last_seen_at.desc(), known_device.c.device)
)
_DEVICE = _DEVICES.where(known_device.c.device == bindparam("device"))
_NETWORKS = (
    select(known_network)
    .where(known_network.c.person_id == bindparam("person_id"))
    .order_by(known_network.c.last_seen_at.desc(), known_network.c.network)
)
_PLACE = select(sign_in_place).where(sign_in_place.c.person_id == bindparam("person_id"))
_OF_MACHINE = (
    select(func.count())
    .select_from(machine_network)
    .where(machine_network.c.kind == bindparam("kind"), machine_network.c.subject == bindparam("subject"))
)


class RiskTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known_device(self, person_id: str, device: str) -> KnownDevice | None:
        return one(self._connection, _DEVICE, KnownDevice, person_id=person_id, device=device)

    def known_devices(self, person_id: str) -> Sequence[KnownDevice]:
        return many(self._connection, _DEVICES, KnownDevice, person_id=person_id)

    def put_known_device(self, device: KnownDevice) -> None:
        put(self._connection, known_device, device)

    def delete_known_device(self, person_id: str, device: str) -> None:
        mine = (known_device.c.person_id == person_id) & (known_device.c.device == device)
        self._connection.execute(delete(known_device).where(mine))

    def distrust_devices(self, person_id: str, *, but_device: str = "") -> None:
        hers = (known_device.c.person_id == person_id) & (known_device.c.device != but_device)
        self._connection.execute(update(known_device).where(hers).values(trusted_at=None))

    def known_networks(self, person_id: str) -> Sequence[KnownNetwork]:
        return many(self._connection, _NETWORKS, KnownNetwork, person_id=person_id)

    def put_known_network(self, network: KnownNetwork) -> None:
        put(self._connection, known_network, network)

    def delete_known_network(self, person_id: str, network: str) -> None:
        mine = (known_network.c.person_id == person_id) & (known_network.c.network == network)
        self._connection.execute(delete(known_network).where(mine))

    def sign_in_place(self, person_id: str) -> SignInPlace | None:
        return one(self._connection, _PLACE, SignInPlace, person_id=person_id)

    def put_sign_in_place(self, place: SignInPlace) -> None:
        put(self._connection, sign_in_place, place)

    def forget_person(self, person_id: str) -> None:
        for table in (known_device, known_network):
            self._connection.execute(delete(table).where(table.c.person_id == person_id))

    def delete_unseen(self, *, last_before: datetime) -> int:
        columns = (known_device.c.last_seen_at, known_network.c.last_seen_at)
        return sum(self._connection.execute(delete(c.table).where(c < last_before)).rowcount for c in columns)

    def add_machine_networks(self, seen: Sequence[MachineNetwork]) -> Sequence[MachineNetwork]:
        if not seen:
            return []
        # ORDER: every writer takes the rows in the same order, so that two nodes cannot wait for each other.
        rows = [values_of(one_) for one_ in sorted(seen, key=lambda one_: (one_.kind, one_.subject, one_.network))]
        adding = insert_of(self._connection, machine_network).on_conflict_do_nothing().returning(machine_network)
        return [MachineNetwork(**row) for row in self._connection.execute(adding, rows).mappings()]

    def count_machine_networks(self, kind: str, subject: str) -> int:
        return self._connection.execute(_OF_MACHINE, {"kind": kind, "subject": subject}).scalar_one()
