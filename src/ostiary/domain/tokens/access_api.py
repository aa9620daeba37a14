"""Which application asks at this server's own access API, by the access token that it shows? RFC 6750, RFC 9068.

The API is a resource server of its own: its tokens name it, and it alone, as their audience. A token for another
resource server is refused here, and one of ours is of no use there.
"""

from __future__ import annotations

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.applications.model import Application
from ostiary.domain.audit.caller import Caller, CallerKind, Origin
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.tokens import access_token
from ostiary.domain.tokens.access_token import AccessToken
from ostiary.domain.tokens.errors import AccessTokenInvalid
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current

_PATH = "/access/v1"


def access_api_of(issuer: str) -> str:
    """The API's identifier: what `resource` (RFC 8707) asks for and `aud` holds."""
    return issuer + _PATH


class AccessApiTokens:
    def __init__(
        self,
        *,
        keys: OwnKeys,
        applications: Current[ApplicationIndex],
        revocations: Current[RevocationIndex],
        last_use: LastUseLog,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._keys = keys
        self._applications = applications
        self._revocations = revocations
        self._last_use = last_use
        self._clock = clock
        self._issuer = issuer
        self._audience = access_api_of(issuer)

    def client(self, token: str, origin: Origin, operation: EventName) -> Client:
        """The application that acts for itself with this token. Raises AccessTokenInvalid.

        A refusal leaves no event: anybody can send anything here, and nothing was proved or given.
        """
        now = self._clock.now()
        shown = access_token.verify(
            token, self._keys.verification(), issuer=self._issuer, now=now, revocations=self._revocations.value
        )
        self._check_use(shown)
        index = self._applications.value
        registered = index.registered(shown.client_id)
        if registered is None or registered.application.public:
            raise AccessTokenInvalid("the application of the token is disabled, gone or proves nothing")
        self._last_use.note(LastUse(Used.APPLICATION, shown.client_id, now, origin.source_ip, operation.value))
        return Client(registered.application, _caller(registered.application, shown, index.account, origin))

    def _check_use(self, shown: AccessToken) -> None:
        if shown.audience != (self._audience,):
            raise AccessTokenInvalid(
                f"the token is for {', '.join(shown.audience)[:200]}, not for the access API alone",
                client_text=f"the access token is not for this API: ask for one with `resource={self._audience}`",
            )
        # A token that stands for a person shows what she may do, and she may not ask about others.
        if shown.of_person or shown.subject != shown.client_id:
            raise AccessTokenInvalid("the token stands for a person: applications ask here for themselves")


def _caller(application: Application, shown: AccessToken, account: str, origin: Origin) -> Caller:
    return Caller(
        arn=application.arn,
        account=account,
        kind=CallerKind.WORKLOAD,
        name=application.client_id,
        origin=origin,
        user_id=application.client_id,
        issued_at=shown.issued_at,
        expires_at=shown.expires_at,
    )
