"""Which keys does the server itself hold, and how do they come and go?

Root key (outside the database) -> key-encryption keys -> every other server key and one data key per sealed item. New
keys are published before they are used, and kept after for as long as what they made lives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ostiary.domain.credentials.model import KeyPurpose, ServerKey
from ostiary.domain.credentials.ports import ServerKeyRows
from ostiary.kit import ids
from ostiary.kit.crypto.jose import SigningKey
from ostiary.kit.crypto.password_cost import FLOOR, PasswordCost
from ostiary.kit.crypto.sealing import Kek, Keyring, RootKey, SealError
from ostiary.kit.crypto.session_token import SessionTokenKeys

SIGNING_ALGORITHMS: Mapping[KeyPurpose, Literal["ES256", "RS256"]] = {
    KeyPurpose.SIGNING_ES256: "ES256",
    KeyPurpose.SIGNING_RS256: "RS256",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A key of this purpose is replaced after `age`, published `ahead` of its use, and kept `behind` afterwards."""

    age: timedelta
    ahead: timedelta
    behind: timedelta


SCHEDULES: Mapping[KeyPurpose, Schedule] = {
    KeyPurpose.SESSION_TOKEN: Schedule(timedelta(days=1), timedelta(minutes=1), timedelta(hours=13)),
    KeyPurpose.SIGNING_ES256: Schedule(timedelta(days=60), timedelta(days=1), timedelta(days=2)),
    KeyPurpose.SIGNING_RS256: Schedule(timedelta(days=60), timedelta(days=1), timedelta(days=2)),
    KeyPurpose.COOKIE: Schedule(timedelta(days=30), timedelta(minutes=1), timedelta(days=1)),
}


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The opened keys at one moment; made anew when their generation changes."""

    keyring: Keyring
    session_tokens: SessionTokenKeys
    signing: Mapping[str, SigningKey]
    published: Sequence[SigningKey]
    password_pepper: bytes
    checkpoint_seed: bytes
    cookie_key: bytes
    password_cost: PasswordCost = FLOOR

    def public_jwks(self) -> dict[str, list[dict[str, str]]]:
        """RFC 7517 section 5: every key that a verifier may still or soon meet."""
        return {"keys": [key.public_jwk() for key in self.published]}


class ServerKeysUnusable(Exception):
    """The root key does not open what is stored, or a purpose has no key; the text is for the operator."""


def load_server_keys(rows: ServerKeyRows, root: RootKey, *, now: datetime) -> ServerKeys:
    """Raises ServerKeysUnusable when the root key is not the one that sealed these keys."""
    stored = rows.server_keys()
    try:
        keyring = _keyring(stored, root, now=now)
        opened = _Opened(stored, keyring, now)
        return ServerKeys(
            keyring=keyring,
            session_tokens=SessionTokenKeys(
                keys={key.key_id: opened.material(key) for key in opened.living(KeyPurpose.SESSION_TOKEN)},
                current=opened.active(KeyPurpose.SESSION_TOKEN).key_id,
            ),
            signing={alg: opened.signing_key(opened.active(purpose)) for purpose, alg in SIGNING_ALGORITHMS.items()},
            published=[opened.signing_key(key) for p in SIGNING_ALGORITHMS for key in opened.living(p)],
            password_pepper=opened.material(opened.active(KeyPurpose.PASSWORD_PEPPER)),
            checkpoint_seed=opened.material(opened.active(KeyPurpose.CHECKPOINT)),
            cookie_key=opened.material(opened.active(KeyPurpose.COOKIE)),
            password_cost=opened.password_cost() or FLOOR,
        )
    except SealError as failure:
        raise ServerKeysUnusable(
            "the root key does not open the keys in this database: is it the right one?"
        ) from failure


def make_first_keys(rows: ServerKeyRows, root: RootKey, *, now: datetime) -> None:
    """One key of every purpose, usable at once; for a new organization, whose passwords cost the least."""
    kek = Kek.generate(ids.uuid7())
    rows.put_server_key(ServerKey(kek.key_id, KeyPurpose.KEK, root.wrap(kek), now, now))
    keyring = Keyring(keks={kek.key_id: kek}, current=kek)
    for purpose in KeyPurpose:
        if purpose not in {KeyPurpose.KEK, KeyPurpose.PASSWORD_COST}:
            rows.put_server_key(_new_key(purpose, keyring, created_at=now, active_from=now))


def rotate_due_keys(rows: ServerKeyRows, root: RootKey, *, now: datetime) -> list[ServerKey]:
    """Make successors for keys past their age and forget keys past their time; the new keys."""
    stored = rows.server_keys()
    keyring = _keyring(stored, root, now=now)
    made: list[ServerKey] = []
    for purpose, schedule in SCHEDULES.items():
        newest = max((k for k in stored if k.purpose is purpose), key=lambda key: key.active_from)
        if now >= newest.active_from + schedule.age:
            successor = _new_key(purpose, keyring, created_at=now, active_from=now + schedule.ahead)
            retired_at = successor.active_from + schedule.behind
            rows.put_server_key(_retired(newest, retired_at))
            rows.put_server_key(successor)
            made.append(successor)
    for key in stored:
        if key.retired_at is not None and key.retired_at < now:
            rows.delete_server_key(key.key_id)
    return made


def kept_password_cost(rows: ServerKeyRows, root: RootKey, *, now: datetime) -> PasswordCost | None:
    """None until it was measured."""
    stored = rows.server_keys()
    return _Opened(stored, _keyring(stored, root, now=now), now).password_cost()


def raise_password_cost(rows: ServerKeyRows, root: RootKey, cost: PasswordCost, *, now: datetime) -> ServerKey | None:
    """Keep what was measured; None when no less is kept already: a busy moment must not make passwords cheaper."""
    kept = kept_password_cost(rows, root, now=now)
    if kept is not None and kept.work >= cost.work:
        return None
    stored = rows.server_keys()
    keyring = _keyring(stored, root, now=now)
    unsealed = ServerKey(ids.uuid7(), KeyPurpose.PASSWORD_COST, b"", now, now)
    made = _sealed(unsealed, str(cost).encode(), keyring)
    for key in stored:
        if key.purpose is KeyPurpose.PASSWORD_COST:
            rows.delete_server_key(key.key_id)
    rows.put_server_key(made)
    return made


def sealing_identity(key: ServerKey) -> str:
    return f"server-key:{key.purpose.value}:{key.key_id}"


class _Opened:
    """The stored keys, opened one by one under one keyring."""

    def __init__(self, stored: Sequence[ServerKey], keyring: Keyring, now: datetime) -> None:
        self._stored = stored
        self._keyring = keyring
        self._now = now

    def living(self, purpose: KeyPurpose) -> list[ServerKey]:
        return [k for k in self._stored if k.purpose is purpose and (k.retired_at is None or k.retired_at > self._now)]

    def active(self, purpose: KeyPurpose) -> ServerKey:
        return _newest_active(self.living(purpose), purpose, now=self._now)

    def material(self, key: ServerKey) -> bytes:
        return self._keyring.open(key.sealed, identity=sealing_identity(key))

    def password_cost(self) -> PasswordCost | None:
        kept = self.living(KeyPurpose.PASSWORD_COST)
        return PasswordCost.from_text(self.material(kept[-1]).decode()) if kept else None

    def signing_key(self, key: ServerKey) -> SigningKey:
        return SigningKey.from_private_bytes(SIGNING_ALGORITHMS[key.purpose], self.material(key))


def _keyring(stored: Iterable[ServerKey], root: RootKey, *, now: datetime) -> Keyring:
    rows = [key for key in stored if key.purpose is KeyPurpose.KEK]
    keks = {key.key_id: root.unwrap(key.key_id, key.sealed) for key in rows}
    return Keyring(keks=keks, current=keks[_newest_active(rows, KeyPurpose.KEK, now=now).key_id])


def _newest_active(keys: Sequence[ServerKey], purpose: KeyPurpose, *, now: datetime) -> ServerKey:
    active = [key for key in keys if key.active_from <= now]
    if not active:
        raise ServerKeysUnusable(
            f"the database has no usable {purpose.value} key: was it initialised with `ostiary init`?"
        )
    return max(active, key=lambda key: key.active_from)


def _new_key(purpose: KeyPurpose, keyring: Keyring, *, created_at: datetime, active_from: datetime) -> ServerKey:
    algorithm = SIGNING_ALGORITHMS.get(purpose)
    material = SigningKey.generate(algorithm).to_private_bytes() if algorithm else ids.random_bytes(32)
    return _sealed(ServerKey(ids.uuid7(), purpose, b"", created_at, active_from), material, keyring)


def _sealed(key: ServerKey, material: bytes, keyring: Keyring) -> ServerKey:
    sealed = keyring.seal(material, identity=sealing_identity(key))
    return ServerKey(key.key_id, key.purpose, sealed, key.created_at, key.active_from, key.retired_at)


def _retired(key: ServerKey, retired_at: datetime) -> ServerKey:
    return ServerKey(key.key_id, key.purpose, key.sealed, key.created_at, key.active_from, retired_at)
