"""What does a temporary credential stand for, and how is it carried without a row?

The session token is a sealed blob that holds the session; access key id and secret access key are derived from it. Any
node that has the key opens it. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from ostiary.domain.access.model import Role
from ostiary.domain.access.role_session_identity import merged_tags, session_arn
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Lineage, Origin
from ostiary.domain.sessions.errors import SessionExpired, SessionTooLarge, UnknownCredential
from ostiary.kit import arn
from ostiary.kit.clock import from_micros, to_micros
from ostiary.kit.crypto.session_token import (
    PayloadTooLargeError,
    SessionTokenKeys,
    TokenError,
    check_access_key_id,
    derive_access_key_id,
    derive_secret_access_key,
    open_token,
    seal_token,
)
from ostiary.kit.redaction import Secret

_VERSION = 1
MAX_PACKED_BYTES = 4096


class SessionOrigin(StrEnum):
    """How the first session of a chain came to be."""

    WEB_IDENTITY = "web-identity"
    ASSUME_ROLE = "assume-role"
    PORTAL = "portal"
    OPERATOR = "operator"


class RoleSession(msgspec.Struct, frozen=True, array_like=True):
    """The sealed facts; times in microseconds. `subjects` are (epoch kind, subject) pairs that can end the session.

    `tags` are session tags only: those of the role are added when the session is used, so that a change is seen.
    """

    version: int
    role_arn: str
    role_id: str
    session_name: str
    origin: SessionOrigin
    issued_at: int
    expires_at: int
    subjects: tuple[tuple[str, str], ...]
    tags: dict[str, str] = {}
    transitive_tags: tuple[str, ...] = ()
    source_identity: str = ""
    policies: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    authenticated_at: int | None = None
    depth: int = 0
    provider: str = ""

    @property
    def account(self) -> str:
        return arn.parse(self.role_arn).account

    @property
    def assumed_role_id(self) -> str:
        return f"{self.role_id}:{self.session_name}"


@dataclass(frozen=True, slots=True)
class TemporaryCredentials:
    """`packed_percent` says how much of the room for tags and session policies is used."""

    access_key_id: str
    secret_access_key: Secret
    session_token: str = field(repr=False)
    expiration: datetime
    assumed_role_arn: str
    assumed_role_id: str
    source_identity: str
    packed_percent: int


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(RoleSession)


def issue(keys: SessionTokenKeys, session: RoleSession) -> TemporaryCredentials:
    """Seal the session. Whoever calls this has decided that it may exist. Raises SessionTooLarge."""
    percent = _packed_percent(session)
    try:
        token = seal_token(keys, _encoder.encode(session))
    except PayloadTooLargeError as failure:
        raise SessionTooLarge(str(failure)) from None
    return TemporaryCredentials(
        access_key_id=derive_access_key_id(token),
        secret_access_key=Secret(derive_secret_access_key(keys, token)),
        session_token=token,
        expiration=from_micros(session.expires_at),
        assumed_role_arn=session_arn(session.role_arn, session.session_name),
        assumed_role_id=session.assumed_role_id,
        source_identity=session.source_identity,
        packed_percent=percent,
    )


def open_session(
    keys: SessionTokenKeys, token: str, *, access_key_id: str, now: datetime
) -> tuple[RoleSession, Secret]:
    """The session and the secret that signs for it. Raises UnknownCredential, SessionExpired."""
    session, secret = unseal(keys, token, access_key_id=access_key_id)
    check_not_expired(session, now)
    return session, secret


def unseal(keys: SessionTokenKeys, token: str, *, access_key_id: str) -> tuple[RoleSession, Secret]:
    """As `open_session`, whatever the time is: `check_not_expired` must follow. Raises UnknownCredential."""
    try:
        session = _decoder.decode(open_token(keys, token))
        check_access_key_id(token, access_key_id)
    except TokenError:
        raise _not_ours("it does not open, or is another key's") from None
    except msgspec.MsgspecError as failure:
        raise _not_ours(f"its content cannot be read: {failure}") from None
    if session.version != _VERSION:
        raise _not_ours(f"it has version {session.version}")
    return session, Secret(derive_secret_access_key(keys, token))


def check_not_expired(session: RoleSession, now: datetime) -> None:
    """Raises SessionExpired from the last moment on."""
    if to_micros(now) >= session.expires_at:
        raise SessionExpired(
            "The security token included in the request is expired",
            operator_text=f"session of `{session.role_arn}` ended {from_micros(session.expires_at)}",
        )


def new_session(
    role: Role,
    *,
    session_name: str,
    origin: SessionOrigin,
    issued_at: datetime,
    expires_at: datetime,
    subjects: Iterable[tuple[str, str]],
) -> RoleSession:
    """A session without tags, policies or history; `msgspec.structs.replace` adds them."""
    return RoleSession(
        version=_VERSION,
        role_arn=role.arn,
        role_id=role.role_id,
        session_name=session_name,
        origin=origin,
        issued_at=to_micros(issued_at),
        expires_at=to_micros(expires_at),
        subjects=tuple(subjects),
    )


def caller_of(session: RoleSession, role: Role, *, access_key_id: str, origin: Origin) -> Caller:
    """Who asks with this session; `role` is the role as it is now."""
    proved = session.authenticated_at
    return Caller(
        arn=session_arn(session.role_arn, session.session_name),
        account=role.account,
        kind=CallerKind.ROLE_SESSION,
        name=session.session_name,
        origin=origin,
        tags=merged_tags(role.tags, session.tags),
        source_identity=session.source_identity,
        assurance=Assurance(session.methods, None if proved is None else from_micros(proved)),
        session_id=access_key_id,
        access_key_id=access_key_id,
        role_arn=session.role_arn,
        session_policies=session.policies,
        issued_at=from_micros(session.issued_at),
        expires_at=from_micros(session.expires_at),
        user_id=session.assumed_role_id,
        lineage=Lineage(
            origin=session.origin.value,
            depth=session.depth,
            subjects=session.subjects,
            session_tags=session.tags,
            transitive_tags=session.transitive_tags,
            provider=session.provider,
        ),
    )


def _packed_percent(session: RoleSession) -> int:
    if not (session.tags or session.policies):
        return 0
    packed = len(_encoder.encode((session.tags, session.policies)))
    if packed > MAX_PACKED_BYTES:
        percent = packed * 100 // MAX_PACKED_BYTES
        raise SessionTooLarge(f"Packed size of session policies and tags consumes {percent}% of the allotted space.")
    return -(-packed * 100 // MAX_PACKED_BYTES)


def _not_ours(why: str) -> UnknownCredential:
    return UnknownCredential(
        "The security token included in the request is invalid.", operator_text=f"session token refused: {why}"
    )
