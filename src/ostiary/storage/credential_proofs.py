"""How are passkeys, recovery codes, mailed codes, one-time links and spent challenges kept?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from ostiary.domain.credentials.model import LinkPurpose, MailCode, OneTimeLink, Passkey, RecoveryCode
from ostiary.storage.facts import insert_of, many, one, put, values_of
from ostiary.storage.schema import mail_code, one_time_link, passkey, recovery_code, spent_challenge, upstream_identity

_ALL_PASSKEYS = select(passkey).order_by(passkey.c.created_at, passkey.c.factor_id)
_PASSKEYS = _ALL_PASSKEYS.where(passkey.c.person_id == bindparam("person_id"))
_PASSKEY = select(passkey).where(passkey.c.credential_id == bindparam("credential_id"))
_CODES = (
    select(recovery_code)
    .where(recovery_code.c.person_id == bindparam("person_id"))
    .order_by(recovery_code.c.created_at, recovery_code.c.code_hash)
)
_MAIL_CODE = select(mail_code).where(mail_code.c.subject == bindparam("subject"))
_LINK = select(one_time_link).where(one_time_link.c.token_hash == bindparam("token_hash"))


class ProofTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def passkeys(self, person_id: str) -> Sequence[Passkey]:
        return many(self._connection, _PASSKEYS, Passkey, person_id=person_id)

    def all_passkeys(self) -> Sequence[Passkey]:
        return many(self._connection, _ALL_PASSKEYS, Passkey)

    def passkey_by_credential_id(self, credential_id: bytes) -> Passkey | None:
        return one(self._connection, _PASSKEY, Passkey, credential_id=credential_id)

    def add_passkey(self, passkey_: Passkey) -> None:
        self._connection.execute(passkey.insert(), values_of(passkey_))

    def put_passkey(self, passkey_: Passkey) -> None:
        put(self._connection, passkey, passkey_)

    def delete_passkey(self, factor_id: str) -> None:
        self._connection.execute(delete(passkey).where(passkey.c.factor_id == factor_id))

    def spend_challenge(self, challenge_hash: bytes, *, expires_at: datetime) -> bool:
        row = {"challenge_hash": challenge_hash, "expires_at": expires_at}
        statement = insert_of(self._connection, spent_challenge).on_conflict_do_nothing()
        return self._connection.execute(statement, row).rowcount == 1

    def recovery_codes(self, person_id: str) -> Sequence[RecoveryCode]:
        return many(self._connection, _CODES, RecoveryCode, person_id=person_id)

    def add_recovery_codes(self, codes: Sequence[RecoveryCode]) -> None:
        self._connection.execute(recovery_code.insert(), [values_of(code) for code in codes])

    def use_recovery_code(self, person_id: str, code_hash: bytes, now: datetime) -> bool:
        used = self._connection.execute(
            update(recovery_code)
            .where(recovery_code.c.person_id == person_id, recovery_code.c.code_hash == code_hash)
            .where(recovery_code.c.used_at.is_(None))
            .values(used_at=now)
        )
        return used.rowcount == 1

    def delete_recovery_codes(self, person_id: str) -> None:
        self._connection.execute(delete(recovery_code).where(recovery_code.c.person_id == person_id))

    def delete_upstream_links(self, person_id: str) -> int:
        links = delete(upstream_identity).where(upstream_identity.c.person_id == person_id)
        return self._connection.execute(links).rowcount

    def mail_code(self, subject: str) -> MailCode | None:
        return one(self._connection, _MAIL_CODE, MailCode, subject=subject)

    def put_mail_code(self, code: MailCode) -> None:
        put(self._connection, mail_code, code)

    def use_mail_code(self, subject: str, code_hash: bytes, now: datetime) -> bool:
        used = self._connection.execute(
            delete(mail_code)
            .where(mail_code.c.subject == subject, mail_code.c.code_hash == code_hash)
            .where(mail_code.c.expires_at > now)
        )
        return used.rowcount == 1

    def one_time_link(self, token_hash: bytes) -> OneTimeLink | None:
        return one(self._connection, _LINK, OneTimeLink, token_hash=token_hash)

    def add_one_time_link(self, link: OneTimeLink) -> None:
        self._connection.execute(one_time_link.insert(), values_of(link))

    def use_one_time_link(self, token_hash: bytes, now: datetime) -> bool:
        used = self._connection.execute(
            update(one_time_link)
            .where(one_time_link.c.token_hash == token_hash, one_time_link.c.used_at.is_(None))
            .where(one_time_link.c.expires_at > now)
            .values(used_at=now)
        )
        return used.rowcount == 1

    def one_time_links_since(self, person_id: str, purpose: LinkPurpose, since: datetime) -> int:
        hers = (one_time_link.c.person_id == person_id, one_time_link.c.purpose == purpose)
        statement = select(func.count()).where(*hers, one_time_link.c.created_at >= since)
        return self._connection.execute(statement).scalar_one()

    def delete_one_time_links(self, person_id: str, purpose: LinkPurpose) -> None:
        mine = one_time_link.c.person_id == person_id
        self._connection.execute(delete(one_time_link).where(mine, one_time_link.c.purpose == purpose))

    def delete_expired_proofs(self, now: datetime) -> int:
        tables = (spent_challenge, mail_code, one_time_link)
        return sum(self._connection.execute(delete(t).where(t.c.expires_at <= now)).rowcount for t in tables)
