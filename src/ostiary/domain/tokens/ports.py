"""What do tokens need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ostiary.domain.tokens.model import (
    AuthorizationCode,
    Consent,
    DeviceAuthorization,
    DeviceStatus,
    FamilyInUse,
    RefreshToken,
    TokenFamily,
)


class TokenRows(Protocol):
    def add_code(self, code: AuthorizationCode) -> None: ...

    def code(self, code_hash: bytes) -> AuthorizationCode | None: ...

    def use_code(self, code_hash: bytes, now: datetime) -> bool:
        """Mark it used; False when it was used already."""
        ...

    def note_code_reuse(self, code_hash: bytes, now: datetime) -> None:
        """Move `used_at`, by which the first use sees that there was another one."""
        ...

    def withdraw_unused(self, person_id: str, client_id: str) -> None:
        """Codes, and devices that were approved, of which nothing came yet: nothing comes of them any more."""
        ...

    def add_family(self, family: TokenFamily) -> None: ...

    def family(self, family_id: str) -> TokenFamily | None: ...

    def living_families(self, person_id: str, now: datetime) -> Sequence[FamilyInUse]:
        """The person's own, oldest first."""
        ...

    def add_refresh_token(self, token: RefreshToken) -> None: ...

    def refresh_token(self, token_hash: bytes) -> RefreshToken | None: ...

    def rotate(self, family_id: str, *, used_hash: bytes, new: RefreshToken, now: datetime) -> bool:
        """Use one, store the next as current; False when `used_hash` is not the current one of a living family."""
        ...

    def end_family(self, family_id: str, now: datetime) -> None: ...

    def end_families_of_person(self, person_id: str, now: datetime) -> int: ...

    def end_families_of_session(self, session_id: str, now: datetime) -> int: ...

    def add_device(self, device: DeviceAuthorization) -> None: ...

    def device(self, device_code_hash: bytes) -> DeviceAuthorization | None: ...

    def device_by_user_code(self, user_code_hash: bytes) -> DeviceAuthorization | None: ...

    def device_ends(self, client_id: str, network: str, now: datetime) -> Sequence[datetime]:
        """When each of the codes ends that this network has for the application, used or not."""
        ...

    def note_device_question(self, device_code_hash: bytes, *, at: datetime, interval_seconds: int) -> None: ...

    def decide_device(
        self,
        device_code_hash: bytes,
        status: DeviceStatus,
        *,
        person_id: str,
        session_id: str,
        methods: tuple[str, ...],
        authenticated_at: datetime | None,
        now: datetime,
    ) -> bool:
        """The person's yes or no; False when the device does not wait any more."""
        ...

    def note_device_reuse(self, device_code_hash: bytes) -> None: ...

    def use_device(self, device_code_hash: bytes, now: datetime) -> bool:
        """From approved to used; False when it is not approved or expired."""
        ...

    def consent(self, person_id: str, client_id: str) -> Consent | None: ...

    def consents(self, person_id: str) -> Sequence[Consent]:
        """By client id."""
        ...

    def put_consent(self, consent: Consent) -> None: ...

    def delete_consent(self, person_id: str, client_id: str) -> None: ...

    def delete_expired_tokens(self, now: datetime) -> int: ...


class TokenSlice(Protocol):
    @property
    def tokens(self) -> TokenRows: ...
