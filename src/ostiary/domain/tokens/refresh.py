"""How does an application stay with a person for longer than an access token? RFC 6749 section 6, RFC 9700 4.14.2.

Each refresh token is good once and answers with its successor. One that was used before means that two have it: the
family ends. A family ends with its time, the browser session that it came from being ended, sign-out everywhere, and
the person being disabled; it survives the mere running out of the browser session, which is what `offline_access` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.sessions.errors import SessionRevoked
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.tokens.access_token import LIFE, MintedToken, OnBehalfOf
from ostiary.domain.tokens.admission import Admission
from ostiary.domain.tokens.errors import InvalidGrant, InvalidScope
from ostiary.domain.tokens.grant import (
    REFRESH_PREFIX,
    Fields,
    GrantSlice,
    Holder,
    Minting,
    TokenAnswer,
    check_resource,
    details_of,
    issued_event,
    load_holder,
    required,
)
from ostiary.domain.tokens.model import RefreshToken, TokenFamily
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.domain.tokens.requested_scopes import ScopesRefused, check_subset, parse_scopes
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

GRANT_TYPE = "refresh_token"


@dataclass(frozen=True, slots=True)
class _Refused:
    """A use that ended its family: the refusal must not undo that, so it is returned and not raised."""

    why: str


@dataclass(frozen=True, slots=True)
class _Rotated:
    holder: Holder


class RefreshGrant:
    def __init__(
        self,
        *,
        transactions: Transactions[GrantSlice],
        admission: Admission,
        minting: Minting,
        revocations: Current[RevocationIndex],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._admission = admission
        self._minting = minting
        self._revocations = revocations
        self._clock = clock

    def issue(self, client: Client, fields: Fields) -> TokenAnswer:
        """Raises InvalidTokenRequest, InvalidTarget, UnauthorizedClient, InvalidScope, InvalidGrant."""
        check_client(Operation.REFRESH, client.caller, client.application)
        check_resource(fields, client.application)
        shown = required(fields, "refresh_token")
        if not ids.has_token_form(shown, REFRESH_PREFIX):
            raise InvalidGrant("what was shown is not a refresh token of ours")
        used_hash = hash_secret(shown)
        family = self._family(used_hash)
        scopes = _narrowed(fields.get("scope", ""), family.scopes, client)
        return self._rotate(client, family, used_hash, scopes)

    def _family(self, used_hash: bytes) -> TokenFamily:
        """What to prepare the answer from; everything is checked again when the token is used up."""
        with self._transactions.read() as tx:
            token = tx.tokens.refresh_token(used_hash)
            family = tx.tokens.family(token.family_id) if token is not None else None
        if family is None:
            raise InvalidGrant("there is no such refresh token, or its family is forgotten")
        return family

    def _rotate(self, client: Client, family: TokenFamily, used_hash: bytes, scopes: tuple[str, ...]) -> TokenAnswer:
        now = self._clock.now()
        self._check_not_revoked(family)
        proved = OnBehalfOf(
            family.person_id, family.session_id, family.family_id, family.methods, family.authenticated_at, family.acr
        )
        access = self._minting.access_token(client.application, scopes, now, proved)
        successor = ids.opaque_token(REFRESH_PREFIX)
        fresh = RefreshToken(hash_secret(successor), family.family_id, now)
        outcome = self._transactions.write(
            lambda tx: _use_up(tx, self._admission, client, family, used_hash, fresh, access, scopes, now)
        )
        if isinstance(outcome, _Refused):
            raise InvalidGrant(outcome.why)
        id_token = self._minting.id_token(
            # OpenID Connect Core 1.0 section 12.2: a refreshed ID token should have no nonce.
            client.application,
            scopes,
            now,
            proved=proved,
            holder=outcome.holder,
            access=access,
            nonce="",
        )
        return TokenAnswer(access.text, int(LIFE.total_seconds()), scopes, successor, id_token)

    def _check_not_revoked(self, family: TokenFamily) -> None:
        subjects = (
            (EpochKind.PERSON.value, family.person_id),
            (EpochKind.APPLICATION.value, family.client_id),
            (EpochKind.SESSION.value, family.session_id),
            (EpochKind.TOKEN.value, family.family_id),
        )
        try:
            self._revocations.value.check_not_revoked(subjects, issued_at=family.created_at)
        except SessionRevoked as revoked:
            raise InvalidGrant(revoked.operator_text) from None


def _use_up(
    tx: GrantSlice,
    admission: Admission,
    client: Client,
    seen: TokenFamily,
    used_hash: bytes,
    fresh: RefreshToken,
    access: MintedToken,
    scopes: Sequence[str],
    now: datetime,
) -> _Rotated | _Refused:
    family = tx.tokens.family(seen.family_id)
    if family is None or family.ended_at is not None or now >= family.expires_at:
        return _Refused("the family of the refresh token has ended")
    if family.client_id != client.application.client_id:
        _end(tx, client, family, now)
        return _Refused(f"the refresh token is of the application `{family.client_id}`: its family is ended")
    holder = load_holder(tx, family.person_id, client.application)
    admission.check_still(holder.person, client.application, family.methods)
    # ORDER: the old token is used up before the new ones leave; two uses of one token cannot both get here.
    if not tx.tokens.rotate(family.family_id, used_hash=used_hash, new=fresh, now=now):
        _end(tx, client, family, now)
        return _Refused("the refresh token was used before: its family is ended")
    details = details_of(holder, family.family_id, access.expires_at)
    tx.audit.append(issued_event(client, GRANT_TYPE, scopes, at=now, jti=access.jti, details=details))
    return _Rotated(holder)


def _end(tx: GrantSlice, client: Client, family: TokenFamily, now: datetime) -> None:
    tx.tokens.end_family(family.family_id, now)
    tx.sessions.add_epoch(Epoch(EpochKind.TOKEN, family.family_id, now))
    details = {"familyId": family.family_id, "personId": family.person_id, "tokenOf": family.client_id}
    tx.audit.append(
        event_of(
            client.caller,
            EventName.REUSE_REFRESH_TOKEN,
            at=now,
            outcome=Outcome.DENIED,
            resources=[client.application.arn],
            error_code="invalid_grant",
            details=details,
        )
    )


def _narrowed(asked: str, granted: tuple[str, ...], client: Client) -> tuple[str, ...]:
    """RFC 6749 section 6: not more than was granted; what the application lost since is gone here, too."""
    still = tuple(scope for scope in granted if scope in client.application.scopes)
    if not asked:
        return still
    try:
        scopes = parse_scopes(asked)
        check_subset(scopes, still)
    except ScopesRefused as refused:
        raise InvalidScope(str(refused)) from None
    return scopes
