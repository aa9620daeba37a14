"""Which rows does judging a sign-in use?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ostiary.domain.risk.model import KnownDevice, KnownNetwork, MachineNetwork, SignInPlace


class RiskRows(Protocol):
    def known_device(self, person_id: str, device: str) -> KnownDevice | None: ...

    def known_devices(self, person_id: str) -> Sequence[KnownDevice]:
        """The one seen last first."""
        ...

    def put_known_device(self, device: KnownDevice) -> None: ...

    def delete_known_device(self, person_id: str, device: str) -> None: ...

    def distrust_devices(self, person_id: str, *, but_device: str = "") -> None:
        """They stay known, but on none of them do her factors count as proved any more."""
        ...

    def known_networks(self, person_id: str) -> Sequence[KnownNetwork]:
        """The one seen last first."""
        ...

    def put_known_network(self, network: KnownNetwork) -> None: ...

    def delete_known_network(self, person_id: str, network: str) -> None: ...

    def sign_in_place(self, person_id: str) -> SignInPlace | None: ...

    def put_sign_in_place(self, place: SignInPlace) -> None: ...

    def forget_person(self, person_id: str) -> None:
        """All her devices and networks; the last place stays, so that each is new when it comes again."""
        ...

    def delete_unseen(self, *, last_before: datetime) -> int:
        """Forget devices and networks that were not seen since then; how many."""
        ...

    def add_machine_networks(self, seen: Sequence[MachineNetwork]) -> Sequence[MachineNetwork]:
        """Keep what is not known yet; returns it. Two writers never both get the same one."""
        ...

    def count_machine_networks(self, kind: str, subject: str) -> int: ...


class RiskSlice(Protocol):
    @property
    def risk(self) -> RiskRows: ...
