"""How does a code become tokens, once? RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9700 section 2.1.1.

A code is used up by whoever shows it, right or wrong. A second use means that two have it: everything that came from
the first use dies.
"""

from __future__ import annotations

from datetime import datetime

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.scopes import OFFLINE_ACCESS
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.tokens.access_token import LIFE, MintedToken, OnBehalfOf
from ostiary.domain.tokens.authorization import CODE_PREFIX
from ostiary.domain.tokens.errors import InvalidGrant
from ostiary.domain.tokens.grant import (
    FAMILY_LIFE,
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
from ostiary.domain.tokens.model import AuthorizationCode, RefreshToken, TokenFamily
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.domain.tokens.pkce import is_answered
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.transactions import Transactions

GRANT_TYPE = "authorization_code"


class CodeExchangeGrant:
    def __init__(self, *, transactions: Transactions[GrantSlice], minting: Minting, clock: Clock) -> None:
        self._transactions = transactions
        self._minting = minting
        self._clock = clock

    def issue(self, client: Client, fields: Fields) -> TokenAnswer:
        """Raises InvalidTokenRequest, InvalidTarget, UnauthorizedClient, InvalidGrant."""
        check_client(Operation.EXCHANGE_CODE, client.caller, client.application)
        check_resource(fields, client.application)
        shown, redirect_uri = required(fields, "code"), required(fields, "redirect_uri")
        verifier = required(fields, "code_verifier")
        if not ids.has_token_form(shown, CODE_PREFIX):
            raise InvalidGrant("what was shown is not a code of ours")
        # ORDER: the code is used up, in a transaction of its own, before anything is decided or minted.
        code = self._use_up(client, hash_secret(shown))
        _check_bound(code, client, redirect_uri=redirect_uri, verifier=verifier, now=self._clock.now())
        return self._mint(client, code)

    def _use_up(self, client: Client, code_hash: bytes) -> AuthorizationCode:
        now = self._clock.now()

        def work(tx: GrantSlice) -> tuple[AuthorizationCode | None, bool]:
            code = tx.tokens.code(code_hash)
            if code is None:
                return None, False
            first = tx.tokens.use_code(code_hash, now)
            if not first:
                _end_what_came_of(tx, client, code, now)
            return code, first

        code, first = self._transactions.write(work)
        if code is None:
            raise InvalidGrant("there is no such code, or it expired long ago")
        if not first:
            raise InvalidGrant("the code was used before: all tokens that came of it are ended")
        return code

    def _mint(self, client: Client, code: AuthorizationCode) -> TokenAnswer:
        now = self._clock.now()
        proved = OnBehalfOf(code.person_id, code.session_id, code.family_id, code.methods, code.authenticated_at)
        access = self._minting.access_token(client.application, code.scopes, now, proved)
        refresh = ids.opaque_token(REFRESH_PREFIX) if OFFLINE_ACCESS in code.scopes else ""

        def work(tx: GrantSlice) -> Holder:
            holder = _load_present(tx, client, code, now)
            if refresh:
                _add_family(tx, client, code, hash_secret(refresh), now)
            details = details_of(holder, code.family_id, access.expires_at)
            tx.audit.append(issued_event(client, GRANT_TYPE, code.scopes, at=now, jti=access.jti, details=details))
            return holder

        holder = self._transactions.write(work)
        return self._answer(client, code, access, refresh, holder, proved, now)

    def _answer(
        self,
        client: Client,
        code: AuthorizationCode,
        access: MintedToken,
        refresh: str,
        holder: Holder,
        proved: OnBehalfOf,
        now: datetime,
    ) -> TokenAnswer:
        id_token = self._minting.id_token(
            client.application, code.scopes, now, proved=proved, holder=holder, access=access, nonce=code.nonce
        )
        return TokenAnswer(access.text, int(LIFE.total_seconds()), code.scopes, refresh, id_token)


def _check_bound(code: AuthorizationCode, client: Client, *, redirect_uri: str, verifier: str, now: datetime) -> None:
    """Raises InvalidGrant unless the code is this client's, in time, and shown with what it began with."""
    if code.client_id != client.application.client_id:
        raise InvalidGrant(f"the code is of the application `{code.client_id}`")
    if now >= code.expires_at:
        raise InvalidGrant("the code has expired")
    if code.redirect_uri != redirect_uri:
        raise InvalidGrant("the redirect URI is another one than in the authorization request")
    if not is_answered(code.code_challenge, verifier):
        raise InvalidGrant("the code verifier does not answer the code challenge")


def _load_present(tx: GrantSlice, client: Client, code: AuthorizationCode, now: datetime) -> Holder:
    """The person must still be signed in: a code outlives neither her session nor her access."""
    session = tx.sessions.browser_session(code.session_id)
    if session is None or session.person_id != code.person_id or now >= session.expires_at:
        raise InvalidGrant("the browser session that the code came from has ended")
    return load_holder(tx, code.person_id, client.application)


def _add_family(tx: GrantSlice, client: Client, code: AuthorizationCode, token_hash: bytes, now: datetime) -> None:
    family = TokenFamily(
        family_id=code.family_id,
        client_id=code.client_id,
        person_id=code.person_id,
        session_id=code.session_id,
        scopes=code.scopes,
        methods=code.methods,
        authenticated_at=code.authenticated_at,
        created_at=now,
        expires_at=now + FAMILY_LIFE[client.application.kind],
        current_hash=token_hash,
        nonce=code.nonce,
    )
    tx.tokens.add_family(family)
    tx.tokens.add_refresh_token(RefreshToken(token_hash, code.family_id, now))


def _end_what_came_of(tx: GrantSlice, client: Client, code: AuthorizationCode, now: datetime) -> None:
    tx.tokens.end_family(code.family_id, now)
    tx.sessions.add_epoch(Epoch(EpochKind.TOKEN, code.family_id, now))
    details = {"familyId": code.family_id, "personId": code.person_id, "codeOf": code.client_id}
    tx.audit.append(
        event_of(
            client.caller,
            EventName.REUSE_AUTHORIZATION_CODE,
            at=now,
            outcome=Outcome.DENIED,
            resources=[client.application.arn],
            error_code="invalid_grant",
            details=details,
        )
    )
