"""Does this token prove one of our workloads?

The issuer must be trusted by the account, the algorithm allowed, the key the issuer's, the audience ours, the time now,
and the subject bound to exactly one workload that is active (BP01-8). OpenID Connect Core section 3.1.3.7; RFC 8725.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ostiary.domain.directory.index import WorkloadIndex
from ostiary.domain.directory.model import Workload, WorkloadStatus
from ostiary.domain.federation.errors import ExpiredIdentityToken, IdentityRejected, InvalidIdentityToken
from ostiary.domain.federation.index import IssuerTrustIndex, TrustEntry
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.model import IssuerTrust
from ostiary.kit.crypto.jose import (
    JoseError,
    UnknownKeyError,
    Verified,
    check_audience,
    check_issuer,
    check_times,
    unverified_issuer,
    verify_jwt,
)
from ostiary.kit.current import Current

LEEWAY = timedelta(seconds=60)
_MAX_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """What a verified token proved."""

    trust: IssuerTrust
    issuer: str
    subject: str
    audience: tuple[str, ...]
    claims: Mapping[str, Any]
    workload: Workload


class WebIdentityVerifier:
    def __init__(
        self, *, trusts: Current[IssuerTrustIndex], workloads: Current[WorkloadIndex], keys: IssuerKeys
    ) -> None:
        self._trusts = trusts
        self._workloads = workloads
        self._keys = keys

    def verify(self, token: str, now: datetime, *, account: str) -> WebIdentity:
        """Raises InvalidIdentityToken, ExpiredIdentityToken, IdentityRejected, IssuerUnreachable."""
        try:
            entry = self._load_trust(account, unverified_issuer(token))
            verified = self._check_signature(token, entry, now)
            check_type(verified.header)
            _check_claims(verified.claims, entry.trust, now)
        except JoseError as failure:
            raise InvalidIdentityToken(f"The token is not valid: {failure}", operator_text=failure.operator) from None
        subject = subject_of(verified.claims)
        workload = self._load_workload(entry.trust, subject, now)
        return WebIdentity(
            trust=entry.trust,
            issuer=entry.trust.issuer,
            subject=subject,
            audience=_audience(verified.claims),
            claims=verified.claims,
            workload=workload,
        )

    def _load_trust(self, account: str, issuer: str) -> TrustEntry:
        entry = self._trusts.value.trust(account, issuer)
        if entry is None:
            raise InvalidIdentityToken(f"No OpenIDConnect provider found in your account for {issuer[:200]}")
        return entry

    def _check_signature(self, token: str, entry: TrustEntry, now: datetime) -> Verified:
        algorithms = frozenset(entry.trust.algorithms)
        try:
            return verify_jwt(token, self._keys.keys(entry, now=now), algorithms=algorithms)
        except UnknownKeyError:
            return verify_jwt(token, self._keys.keys_after_miss(entry, now=now), algorithms=algorithms)

    def _load_workload(self, trust: IssuerTrust, subject: str, now: datetime) -> Workload:
        workload = self._workloads.value.bound_to(issuer=trust.issuer, subject=subject)
        if workload is None or workload.account != trust.account:
            raise _rejected(f"no workload of {trust.account} is bound to `{subject}` of `{trust.issuer}`")
        if workload.status is not WorkloadStatus.ACTIVE:
            raise _rejected(f"the workload `{workload.name}` is {workload.status.value}")
        if workload.expires_at <= now:
            raise _rejected(f"the workload `{workload.name}` expired at {workload.expires_at}")
        return workload


def check_type(header: Mapping[str, Any]) -> None:
    """RFC 8725 section 3.11: an access token, logout token or security event of the same issuer is no identity."""
    typ = header.get("typ", "JWT")
    if not isinstance(typ, str) or typ.lower() != "jwt":
        raise JoseError("the token is of another type", f"`typ` is {typ!r:.60}")


def _check_claims(claims: Mapping[str, Any], trust: IssuerTrust, now: datetime) -> None:
    check_issuer(claims, trust.issuer)
    check_audience(claims, trust.audiences, exclusive=False)
    # A token that is good elsewhere too could be replayed here by whoever received it there.
    if not set(_audience(claims)) <= set(trust.audiences):
        raise JoseError("the token is also for an audience that is not trusted")
    if _is_past(claims, now):
        raise ExpiredIdentityToken("Token expired: current date/time must be before the expiration date/time")
    check_times(claims, now=now, leeway=LEEWAY, max_life=timedelta(seconds=trust.max_token_seconds))


def _is_past(claims: Mapping[str, Any], now: datetime) -> bool:
    """Whether the token was good once; what is no time at all is for `check_times` to refuse."""
    match claims.get("exp"):
        case bool():
            return False
        case int() | float() as exp:
            return now.timestamp() >= exp + LEEWAY.total_seconds()
        case _:
            return False


def subject_of(claims: Mapping[str, Any]) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or not subject.isprintable():
        raise InvalidIdentityToken(f"The token's `sub` is not a printable text of 1 to {_MAX_SUBJECT} characters")
    return subject


def _audience(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """After `check_audience` it is a text or a list of texts."""
    audience = claims["aud"]
    return (audience,) if isinstance(audience, str) else tuple(audience)


def _rejected(why: str) -> IdentityRejected:
    # INVARIANT: one text, so that a stranger's token does not tell which workloads exist.
    return IdentityRejected("The token's subject is not a workload that may come in", operator_text=why)
