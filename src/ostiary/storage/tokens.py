"""How are codes and refresh tokens kept? A use is one conditional statement, judged by its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, Update, bindparam, delete, select, update

from ostiary.domain.tokens.model import (
    AuthorizationCode,
    Consent,
    DeviceAuthorization,
    DeviceStatus,
    FamilyInUse,
    RefreshToken,
    TokenFamily,
)
from ostiary.storage.facts import many, one, put, values_of
from ostiary.storage.schema import (
    authorization_code,
    consent,
    device_authorization,
    refresh_token,
    token_family,
    used_assertion,
)

_CODE = select(authorization_code).where(authorization_code.c.code_hash == bindparam("code_hash"))
_FAMILY = select(token_family).where(token_family.c.family_id == bindparam("family_id"))
_LIVING_FAMILIES = (
    select(token_family, refresh_token.c.created_at.label("last_used_at"))
    .join(refresh_token, refresh_token.c.token_hash == token_family.c.current_hash)
    .where(token_family.c.person_id == bindparam("person_id"), token_family.c.ended_at.is_(None))
    .where(token_family.c.expires_at > bindparam("now"))
    .order_by(token_family.c.created_at, token_family.c.family_id)
)
_REFRESH_TOKEN = select(refresh_token).where(refresh_token.c.token_hash == bindparam("token_hash"))
_DEVICE = select(device_authorization).where(device_authorization.c.device_code_hash == bindparam("device_code_hash"))
_DEVICE_BY_USER_CODE = select(device_authorization).where(
    device_authorization.c.user_code_hash == bindparam("user_code_hash")
)
_CONSENT = select(consent).where(
    consent.c.person_id == bindparam("person_id"), consent.c.client_id == bindparam("client_id")
)
_LIVING = update(token_family).where(token_family.c.ended_at.is_(None))


class TokenTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_code(self, code: AuthorizationCode) -> None:
        self._connection.execute(authorization_code.insert(), values_of(code))

    def code(self, code_hash: bytes) -> AuthorizationCode | None:
        return one(self._connection, _CODE, AuthorizationCode, code_hash=code_hash)

    def use_code(self, code_hash: bytes, now: datetime) -> bool:
        return self._changed(
            update(authorization_code)
            .where(authorization_code.c.code_hash == code_hash, authorization_code.c.used_at.is_(None))
            .values(used_at=now)
        )

    def note_code_reuse(self, code_hash: bytes, now: datetime) -> None:
        table = authorization_code
        self._connection.execute(update(table).where(table.c.code_hash == code_hash).values(used_at=now))

    def withdraw_unused(self, person_id: str, client_id: str) -> None:
        code, device = authorization_code.c, device_authorization.c
        unused = (code.person_id == person_id) & (code.client_id == client_id) & code.used_at.is_(None)
        self._connection.execute(delete(authorization_code).where(unused))
        approved = (device.client_id == client_id) & (device.status == DeviceStatus.APPROVED)
        self._connection.execute(
            update(device_authorization)
            .where(device.person_id == person_id, approved)
            .values(status=DeviceStatus.DENIED)
        )

    def add_family(self, family: TokenFamily) -> None:
        self._connection.execute(token_family.insert(), values_of(family))

    def family(self, family_id: str) -> TokenFamily | None:
        return one(self._connection, _FAMILY, TokenFamily, family_id=family_id)

    def living_families(self, person_id: str, now: datetime) -> Sequence[FamilyInUse]:
        rows = self._connection.execute(_LIVING_FAMILIES, {"person_id": person_id, "now": now}).mappings()
        return [FamilyInUse(_family(row), row["last_used_at"]) for row in rows]

    def add_refresh_token(self, token: RefreshToken) -> None:
        self._connection.execute(refresh_token.insert(), values_of(token))

    def refresh_token(self, token_hash: bytes) -> RefreshToken | None:
        return one(self._connection, _REFRESH_TOKEN, RefreshToken, token_hash=token_hash)

    def rotate(self, family_id: str, *, used_hash: bytes, new: RefreshToken, now: datetime) -> bool:
        current = (token_family.c.family_id == family_id) & (token_family.c.current_hash == used_hash)
        living = _LIVING.where(current, token_family.c.expires_at > now)
        if new.family_id != family_id or not self._changed(living.values(current_hash=new.token_hash)):
            return False
        self._connection.execute(
            update(refresh_token).where(refresh_token.c.token_hash == used_hash).values(used_at=now)
        )
        self.add_refresh_token(new)
        return True

    def end_family(self, family_id: str, now: datetime) -> None:
        self._connection.execute(_LIVING.where(token_family.c.family_id == family_id).values(ended_at=now))

    def end_families_of_person(self, person_id: str, now: datetime) -> int:
        return self._connection.execute(
            _LIVING.where(token_family.c.person_id == person_id).values(ended_at=now)
        ).rowcount

    def end_families_of_session(self, session_id: str, now: datetime) -> int:
        return self._connection.execute(
            _LIVING.where(token_family.c.session_id == session_id).values(ended_at=now)
        ).rowcount

    def add_device(self, device: DeviceAuthorization) -> None:
        self._connection.execute(device_authorization.insert(), values_of(device))

    def device(self, device_code_hash: bytes) -> DeviceAuthorization | None:
        return one(self._connection, _DEVICE, DeviceAuthorization, device_code_hash=device_code_hash)

    def device_by_user_code(self, user_code_hash: bytes) -> DeviceAuthorization | None:
        return one(self._connection, _DEVICE_BY_USER_CODE, DeviceAuthorization, user_code_hash=user_code_hash)

    def device_ends(self, client_id: str, network: str, now: datetime) -> Sequence[datetime]:
        table = device_authorization.c
        statement = select(table.expires_at).where(
            table.network == network, table.client_id == client_id, table.expires_at > now
        )
        return self._connection.execute(statement).scalars().all()

    def note_device_question(self, device_code_hash: bytes, *, at: datetime, interval_seconds: int) -> None:
        self._connection.execute(
            update(device_authorization)
            .where(device_authorization.c.device_code_hash == device_code_hash)
            .values(last_polled_at=at, interval_seconds=interval_seconds)
        )

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
        return self._changed(
            _device_that_is(DeviceStatus.PENDING, device_code_hash, now).values(
                status=status,
                person_id=person_id,
                session_id=session_id,
                methods=methods,
                authenticated_at=authenticated_at,
            )
        )

    def note_device_reuse(self, device_code_hash: bytes) -> None:
        self._connection.execute(
            update(device_authorization)
            .where(device_authorization.c.device_code_hash == device_code_hash)
            .values(status=DeviceStatus.REUSED)
        )

    def use_device(self, device_code_hash: bytes, now: datetime) -> bool:
        return self._changed(
            _device_that_is(DeviceStatus.APPROVED, device_code_hash, now).values(status=DeviceStatus.USED)
        )

    def consent(self, person_id: str, client_id: str) -> Consent | None:
        return one(self._connection, _CONSENT, Consent, person_id=person_id, client_id=client_id)

    def consents(self, person_id: str) -> Sequence[Consent]:
        statement = select(consent).where(consent.c.person_id == person_id).order_by(consent.c.client_id)
        return many(self._connection, statement, Consent)

    def put_consent(self, consent_: Consent) -> None:
        put(self._connection, consent, consent_)

    def delete_consent(self, person_id: str, client_id: str) -> None:
        mine = (consent.c.person_id == person_id) & (consent.c.client_id == client_id)
        self._connection.execute(delete(consent).where(mine))

    def delete_expired_tokens(self, now: datetime) -> int:
        """Codes, families with their refresh tokens, and client assertions, which nothing would accept any more."""
        expiring = (authorization_code, device_authorization, token_family, used_assertion)
        return sum(
            self._connection.execute(delete(table).where(table.c.expires_at <= now)).rowcount for table in expiring
        )

    def _changed(self, statement: Update) -> bool:
        return self._connection.execute(statement).rowcount == 1


def _device_that_is(status: DeviceStatus, device_code_hash: bytes, now: datetime) -> Update:
    table = device_authorization.c
    return update(device_authorization).where(
        table.device_code_hash == device_code_hash, table.status == status, table.expires_at > now
    )


def _family(row: RowMapping) -> TokenFamily:
    return TokenFamily(**{name: value for name, value in row.items() if name != "last_used_at"})
