"""Whose access key is this, which secret signs for it, and is it still in force?

Temporary keys (ASIA) come with their session token and need no row; long-term keys (AKIA) of IAM users are in memory.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.access.index import AccessIndex
from ostiary.domain.audit.caller import Caller, CallerKind, Origin
from ostiary.domain.credentials.access_keys import AccessKeyIndex, open_secret
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.directory.index import WorkloadIndex
from ostiary.domain.directory.model import WorkloadStatus
from ostiary.domain.sessions.errors import SessionRevoked, UnknownCredential
from ostiary.domain.sessions.model import EpochKind
from ostiary.domain.sessions.opened_sessions import OpenedSessions
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.sessions.role_session import caller_of, check_not_expired
from ostiary.kit.crypto.sealing import SealError
from ostiary.kit.current import Current
from ostiary.kit.redaction import Secret

_INVALID = "The security token included in the request is invalid."
_WORKLOAD = EpochKind.WORKLOAD.value
_ACCESS_KEY = EpochKind.ACCESS_KEY.value


@dataclass(frozen=True, slots=True)
class SigningCredential:
    """INVARIANT: `caller` is a claim until the signature made with `secret` was verified."""

    secret: Secret
    caller: Caller


class SigningCredentials:
    def __init__(
        self,
        *,
        keys: Current[ServerKeys],
        index: Current[AccessIndex],
        access_keys: Current[AccessKeyIndex],
        workloads: Current[WorkloadIndex],
        revocations: Current[RevocationIndex],
    ) -> None:
        self._keys = keys
        self._index = index
        self._access_keys = access_keys
        self._workloads = workloads
        self._revocations = revocations
        self._opened = OpenedSessions()

    def load(
        self, access_key_id: str, session_token: str | None, *, origin: Origin, now: datetime
    ) -> SigningCredential:
        """Raises UnknownCredential, SessionExpired."""
        if session_token is not None:
            return self._load_session(access_key_id, session_token, origin, now)
        return self._load_access_key(access_key_id, origin, now)

    def check_in_force(self, caller: Caller, *, now: datetime) -> None:
        """Raises SessionRevoked when the session or anything it rests on was taken back."""
        lineage, issued_at = caller.lineage, caller.issued_at
        if lineage is None or issued_at is None:
            return
        own = (EpochKind.SESSION.value, caller.access_key_id)
        self._revocations.value.check_not_revoked((own, *lineage.subjects), issued_at=issued_at)
        for kind, subject in lineage.subjects:
            if kind == _WORKLOAD:
                self._check_workload(subject, now)
            elif kind == _ACCESS_KEY:
                self._check_access_key(subject, now)

    def _load_session(self, access_key_id: str, token: str, origin: Origin, now: datetime) -> SigningCredential:
        keys = self._keys.value.session_tokens
        session, secret = self._opened.open(keys, token, access_key_id=access_key_id)
        check_not_expired(session, now)
        entry = self._index.value.role(session.role_arn)
        # A role that was deleted and made again is another role, though it has the name (its unique id tells).
        if entry is None or entry.role.role_id != session.role_id:
            raise UnknownCredential(_INVALID, operator_text=f"the role `{session.role_arn}` of the session is gone")
        return SigningCredential(secret, caller_of(session, entry.role, access_key_id=access_key_id, origin=origin))

    def _load_access_key(self, access_key_id: str, origin: Origin, now: datetime) -> SigningCredential:
        holder = self._access_keys.value.holder(access_key_id)
        if holder is None or not holder.key.active or holder.expires_at <= now:
            state = "unknown" if holder is None else "inactive" if not holder.key.active else "expired"
            raise UnknownCredential(_INVALID, operator_text=f"the access key `{access_key_id[:40]}` is {state}")
        try:
            secret = open_secret(holder.key, self._keys.value.keyring)
        except SealError as failure:
            raise UnknownCredential(_INVALID, operator_text=f"the access key `{access_key_id}`: {failure}") from None
        caller = Caller(
            arn=holder.user_arn,
            account=holder.user.account,
            kind=CallerKind.IAM_USER,
            name=holder.user.name,
            origin=origin,
            access_key_id=access_key_id,
            user_id=holder.user.user_id,
            expires_at=holder.expires_at,
        )
        return SigningCredential(secret, caller)

    def _check_workload(self, name: str, now: datetime) -> None:
        workload = self._workloads.value.named(name)
        if workload is None or workload.status is not WorkloadStatus.ACTIVE or workload.expires_at <= now:
            raise SessionRevoked(
                "the session was revoked: the workload is not active any more",
                operator_text=f"the workload `{name}` is gone, disabled or past its expiry",
            )

    def _check_access_key(self, access_key_id: str, now: datetime) -> None:
        """Who takes a long-term key out of use wants what was made with it to end, too."""
        holder = self._access_keys.value.holder(access_key_id)
        if holder is None or not holder.key.active or holder.expires_at <= now:
            raise SessionRevoked(
                "the session was revoked: the access key that began it is not in use any more",
                operator_text=f"the access key `{access_key_id}` is gone, inactive or past its expiry",
            )
