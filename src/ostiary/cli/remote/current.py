"""Is somebody signed in here, still? The token of this moment, renewed when its time is over. RFC 6749 section 6."""

from __future__ import annotations

from datetime import timedelta

from ostiary.cli.remote.errors import NotSignedInHere, RemoteFailure, ServerRefused, SignInFailed
from ostiary.cli.remote.id_token import Proved, check_id_token
from ostiary.cli.remote.kept import CredentialStore, Found, SignIn, Tokens
from ostiary.cli.remote.server import RemoteServer, TokenAnswer
from ostiary.kit.clock import Clock
from ostiary.kit.redaction import Secret

_SOON = timedelta(seconds=30)
_OVER = frozenset({"invalid_grant", "unauthorized_client", "invalid_client"})


class CurrentSignIn:
    """What is kept for one server, and the server."""

    def __init__(self, store: CredentialStore, server: RemoteServer, clock: Clock) -> None:
        self._store = store
        self._server = server
        self._clock = clock

    def keep(self, answer: TokenAnswer, proved: Proved) -> SignIn:
        """In place of an older sign-in there, which is ended."""
        sign_in = SignIn(
            server=self._server.address,
            subject=proved.subject,
            user_name=proved.user_name,
            name=proved.name,
            methods=proved.methods,
            authenticated_at=proved.authenticated_at,
        )
        with self._store.locked():
            before = self._kept()
            self._store.put(sign_in, self._tokens(answer))
        if before is not None:
            self._revoke(before)
        return sign_in

    def renewed(self, *, at_once: bool = False) -> Found:
        """With an access token that is good for a moment longer. Raises NotSignedInHere when the sign-in is over."""
        with self._store.locked():
            found = self._store.found(self._server.address)
            left = found.tokens.access_expires_at - self._clock.now().timestamp()
            if left > _SOON.total_seconds() and not at_once:
                return found
            return self._renew(found)

    def end(self) -> bool:
        """Remove what is kept, whatever the server says; whether the server ended it, too. Raises NotSignedInHere."""
        with self._store.locked():
            found = self._store.found(self._server.address)
            self._store.remove(self._server.address)
        return self._revoke(found)

    def _renew(self, found: Found) -> Found:
        if not found.tokens.refresh_token:
            raise self._over()
        try:
            answer = self._server.refreshed(Secret(found.tokens.refresh_token))
        except ServerRefused as refused:
            if refused.code in _OVER:
                self._store.remove(self._server.address)
                raise self._over() from None
            raise
        tokens = self._tokens(answer)
        # ORDER: the old refresh token is used up by now, so the new one is kept before anything else can fail.
        self._store.put(found.sign_in, tokens)
        return Found(self._checked(found.sign_in, answer), tokens)

    def _checked(self, before: SignIn, answer: TokenAnswer) -> SignIn:
        if not answer.id_token:
            return before
        proved = check_id_token(
            answer.id_token,
            self._server.keys(),
            issuer=self._server.metadata.issuer,
            nonce=None,
            now=self._clock.now(),
        )
        if proved.subject != before.subject:
            self._store.remove(self._server.address)
            raise SignInFailed("the server renewed the sign-in for somebody else: sign in anew")
        return before

    def _tokens(self, answer: TokenAnswer) -> Tokens:
        expires_at = int(self._clock.now().timestamp()) + answer.expires_in
        return Tokens(answer.access_token, expires_at, answer.refresh_token)

    def _kept(self) -> Found | None:
        try:
            return self._store.found(self._server.address)
        except NotSignedInHere:
            return None

    def _revoke(self, found: Found) -> bool:
        try:
            self._server.revoke(Secret(found.tokens.refresh_token or found.tokens.access_token))
        except RemoteFailure:
            return False
        return True

    def _over(self) -> NotSignedInHere:
        address = self._server.address
        return NotSignedInHere(f"your sign-in at {address} has ended: run `ostiary login --server {address}`")
