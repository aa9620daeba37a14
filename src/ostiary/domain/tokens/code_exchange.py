"""How does a code become tokens, once? RFC 6749 section 4.1.3, RFC 7636 section 4.6, RFC 9700 section 2.1.1.

A code is used up by whoever shows it, right or wrong. A second use means that two have it: everything that came from
the first use dies.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.scopes import OFFLINE_ACCESS
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.tokens.access_token import LIFE, MintedToken, OnBehalfOf
from ostiary.domain.tokens.admission import Admission
from ostiary.domain.tokens.authorization import CODE_PREFIX
from ostiary.domain.tokens.errors import InvalidGrant
from ostiary.domain.tokens.families import add_family, end_what_came_of, load_present
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
    required,
)
from ostiary.domain.tokens.model import AuthorizationCode
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.domain.tokens.pkce import is_answered
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.transactions import Transactions

GRANT_TYPE = "authorization_code"
_INSTANT = timedelta(microseconds=1)


class CodeExchangeGrant:
    def __init__(
        self, *, transactions: Transactions[GrantSlice], admission: Admission, minting: Minting, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._admission = admission
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
                tx.tokens.note_code_reuse(code_hash, max(now, (code.used_at or now) + _INSTANT))
                end_what_came_of(
                    tx,
                    client,
                    EventName.REUSE_AUTHORIZATION_CODE,
                    family_id=code.family_id,
                    person_id=code.person_id,
                    code_of=code.client_id,
                    now=now,
                )
            return replace(code, used_at=now), first

        code, first = self._transactions.write(work)
        if code is None:
            raise InvalidGrant("there is no such code, or it expired long ago")
        if not first:
            raise InvalidGrant("the code was used before: all tokens that came of it are ended")
        return code

    def _mint(self, client: Client, code: AuthorizationCode) -> TokenAnswer:
        now = self._clock.now()
        proved = OnBehalfOf(
            code.person_id, code.session_id, code.family_id, code.methods, code.authenticated_at, code.acr
        )
        access = self._minting.access_token(client.application, code.scopes, now, proved)
        refresh = ids.opaque_token(REFRESH_PREFIX) if OFFLINE_ACCESS in code.scopes else ""

        def work(tx: GrantSlice) -> Holder:
            _check_shown_once(tx, code)
            present = load_present(tx, client.application, proved, now)
            self._admission.check_still(present.holder.person, client.application, proved.methods)
            if refresh:
                add_family(
                    tx,
                    client.application,
                    proved,
                    scopes=code.scopes,
                    nonce=code.nonce,
                    token_hash=hash_secret(refresh),
                    present=present,
                    now=now,
                )
            details = details_of(present.holder, code.family_id, access.expires_at)
            tx.audit.append(issued_event(client, GRANT_TYPE, code.scopes, at=now, jti=access.jti, details=details))
            return present.holder

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


def _check_shown_once(tx: GrantSlice, code: AuthorizationCode) -> None:
    """A second use may come between using the code up and minting: then there is no family yet that it could end."""
    found = tx.tokens.code(code.code_hash)
    if found is None or found.used_at != code.used_at:
        raise InvalidGrant("the code was shown again before it became tokens")


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
