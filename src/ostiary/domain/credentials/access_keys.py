"""Which long-term access keys of IAM users are in force, and how is one made?

Each has an owner, a reason and an expiry (promise 3), and is a finding all the same. The secret is sealed, because
SigV4 needs it again. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.access_key_errors import AccessKeyRefused, NoSuchIamUser
from ostiary.domain.credentials.model import AccessKey, IamUser
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.kit import arn, ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.sealing import Keyring
from ostiary.kit.current import Current
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

MAX_KEYS_PER_USER = 2
_KEY_ID_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key with its user, who exists."""

    key: AccessKey
    user: IamUser

    @property
    def expires_at(self) -> datetime:
        return min(self.key.expires_at, self.user.expires_at)

    @property
    def user_arn(self) -> str:
        return arn.iam(self.user.account, "user", self.user.name)


@dataclass(frozen=True, slots=True, eq=False)
class AccessKeyIndex:
    holders: Mapping[str, KeyHolder] = field(default_factory=lambda: MappingProxyType({}))

    def holder(self, access_key_id: str) -> KeyHolder | None:
        """Whatever its state: the caller looks at `active` and `expires_at`."""
        return self.holders.get(access_key_id)


@dataclass(frozen=True, slots=True)
class NewAccessKey:
    """The only time that the secret is seen."""

    access_key_id: str
    secret_access_key: Secret


class AccessKeySlice(CredentialSlice, AuditSlice, Protocol): ...


class AccessKeys:
    """Who may make a key was decided before: this room does not know about access."""

    def __init__(self, *, transactions: Transactions[AccessKeySlice], keys: Current[ServerKeys], clock: Clock) -> None:
        self._transactions = transactions
        self._keys = keys
        self._clock = clock

    def create(
        self, caller: Caller, *, account: str, user_name: str, reason: str, expires_at: datetime
    ) -> NewAccessKey:
        """Raises NoSuchIamUser, AccessKeyRefused."""
        now = self._clock.now()
        access_key_id = ids.aws_unique_id("AKIA")[:_KEY_ID_CHARACTERS]
        secret = base64.b64encode(ids.random_bytes(30)).decode("ascii")
        sealed = self._keys.value.keyring.seal(secret.encode(), identity=_identity(access_key_id))
        key = AccessKey(access_key_id, account, user_name, sealed, reason, True, now, expires_at)
        self._transactions.write(lambda tx: _add(tx, caller, key))
        return NewAccessKey(access_key_id, Secret(secret))


def load_access_key_index(tx: CredentialSlice) -> AccessKeyIndex:
    users = {(user.account, user.name): user for user in tx.credentials.iam_users()}
    found = {key.access_key_id: (key, users.get((key.account, key.user_name))) for key in tx.credentials.access_keys()}
    return AccessKeyIndex({key_id: KeyHolder(key, user) for key_id, (key, user) in found.items() if user is not None})


def open_secret(key: AccessKey, keyring: Keyring) -> Secret:
    """Raises SealError when the row was tampered with."""
    return Secret(keyring.open(key.sealed_secret, identity=_identity(key.access_key_id)).decode())


def _add(tx: AccessKeySlice, caller: Caller, key: AccessKey) -> None:
    user = next((u for u in tx.credentials.iam_users() if (u.account, u.name) == (key.account, key.user_name)), None)
    if user is None:
        raise NoSuchIamUser(f"the user `{key.user_name[:200]}` does not exist in account {key.account}")
    own = [k for k in tx.credentials.access_keys() if (k.account, k.user_name) == (key.account, key.user_name)]
    if len(own) >= MAX_KEYS_PER_USER:
        raise AccessKeyRefused(f"a user has at most {MAX_KEYS_PER_USER} access keys: delete one first")
    if not key.reason.strip():
        raise AccessKeyRefused("a long-term key needs a reason: say why temporary credentials do not do")
    if not key.created_at < key.expires_at <= user.expires_at:
        raise AccessKeyRefused("a long-term key needs an expiry after now and not after that of its user")
    tx.credentials.put_access_key(key)
    details = {"accessKeyId": key.access_key_id, "reason": key.reason, "expiration": key.expires_at.isoformat()}
    user_arn = arn.iam(user.account, "user", user.name)
    tx.audit.append(
        event_of(caller, EventName.CREATE_ACCESS_KEY, at=key.created_at, resources=[user_arn], details=details)
    )


def _identity(access_key_id: str) -> str:
    return f"access-key:{access_key_id}"
