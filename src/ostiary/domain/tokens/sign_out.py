"""Where may a browser go after signing out? OpenID Connect RP-Initiated Logout 1.0: only where a client registered."""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.applications.model import Application
from ostiary.domain.tokens.errors import SignOutUnverified
from ostiary.domain.tokens.grant import Fields
from ostiary.domain.tokens.id_token import Hint, read_hint
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.kit.crypto.jose import JoseError
from ostiary.kit.current import Current


@dataclass(frozen=True, slots=True)
class SignOutRequest:
    """Verified. `target` is empty or registered; `hint` is the sign-in that the application says it is about."""

    application: Application | None = None
    hint: Hint | None = None
    target: str = ""
    state: str = ""

    def is_about(self, *, person_id: str, session_id: str) -> bool:
        """Whether the hint is of this very session; only then need nobody be asked (section 2)."""
        return self.hint is not None and (self.hint.person_id, self.hint.session_id) == (person_id, session_id)


class SignOutRequests:
    def __init__(self, *, keys: OwnKeys, applications: Current[ApplicationIndex], issuer: str) -> None:
        self._keys = keys
        self._applications = applications
        self._issuer = issuer

    def check(self, fields: Fields) -> SignOutRequest:
        """Raises SignOutUnverified for anything that was sent and does not hold."""
        hint = self._hint(fields.get("id_token_hint", ""))
        client_id = fields.get("client_id", "") or (hint.client_id if hint is not None else "")
        if hint is not None and client_id != hint.client_id:
            raise SignOutUnverified("`client_id` is not the client of `id_token_hint`")
        target = fields.get("post_logout_redirect_uri", "")
        if not client_id:
            if target:
                raise SignOutUnverified("`post_logout_redirect_uri` needs `id_token_hint` or `client_id`")
            return SignOutRequest()
        registered = self._applications.value.registered(client_id)
        if registered is None:
            raise SignOutUnverified(f"there is no application `{client_id[:100]}`")
        application = registered.application
        # INVARIANT: compared as text with what is registered; anything looser is an open redirect.
        if target and target not in application.post_logout_redirect_uris:
            raise SignOutUnverified("`post_logout_redirect_uri` is not registered for this application")
        return SignOutRequest(application, hint, target, fields.get("state", ""))

    def _hint(self, token: str) -> Hint | None:
        if not token:
            return None
        try:
            return read_hint(token, self._keys.verification(), issuer=self._issuer)
        except JoseError as refused:
            raise SignOutUnverified(
                "`id_token_hint` is not one of our ID tokens", operator_text=refused.operator
            ) from None
