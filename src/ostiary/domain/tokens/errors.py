"""What can be refused about codes, tokens and the requests for them?

The names follow the error codes of RFC 6749 sections 4.1.2.1 and 5.2 and OpenID Connect Core 1.0 section 3.1.2.6.
"""

from __future__ import annotations

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.audit.errors import DomainError


class TokenRefused(DomainError):
    """A request at the token, revocation or introspection endpoint."""


class InvalidTokenRequest(TokenRefused):
    """A parameter is missing or has no possible value."""


class InvalidGrant(TokenRefused):
    """The code or refresh token is unknown, used, expired, somebody else's, or its person may not any more.

    The client learns none of which.
    """

    def __init__(self, operator_text: str) -> None:
        super().__init__(
            "the code or refresh token cannot be used: send the person here again", operator_text=operator_text
        )


class InvalidScope(TokenRefused):
    """Unknown, malformed, or more than the application or the grant has."""


class InvalidTarget(TokenRefused):
    """RFC 8707: a resource that the application's tokens are not for."""


class UnauthorizedClient(TokenRefused):
    """A grant or an endpoint that is not for this kind of application."""


class UnsupportedGrantType(TokenRefused):
    """Not one of ours; password and implicit never will be."""


class DeviceCodeExpired(TokenRefused):
    """RFC 8628 section 3.5 `expired_token`."""


class DeviceDenied(TokenRefused):
    """RFC 8628 section 3.5 `access_denied`: the person said no."""


class AuthorizationPending(DomainError):
    """RFC 8628 section 3.5: not refused, only not yet; no event, for a device asks every few seconds."""


class SlowDown(DomainError):
    """RFC 8628 section 3.5: as `AuthorizationPending`, and the device asks too often."""


class DeviceCodeUnknown(DomainError):
    """A person typed a code that no waiting device shows."""


class AuthorizationRefused(DomainError):
    """An authorization request of a verified client: the answer goes to its redirect URI."""


class ProofNeeded(AuthorizationRefused):
    """The person must prove more, or anew, before she may go on; `level` is what would be enough.

    `voluntary`: the application would like it, and takes less when it cannot be had.
    """

    def __init__(
        self, level: AssuranceLevel, operator_text: str, *, fresh: bool = False, voluntary: bool = False
    ) -> None:
        super().__init__("the person could not prove what the sign-in needs", operator_text=operator_text)
        self.level = level
        self.fresh = fresh
        self.voluntary = voluntary


class ConsentNeeded(AuthorizationRefused):
    """OpenID Connect Core 1.0 section 3.1.2.6 `consent_required`."""


class ConsentRefused(AuthorizationRefused):
    """The person said no."""


class InvalidAuthorizationRequest(AuthorizationRefused):
    """A parameter is missing or has no possible value."""


class UnsupportedResponseType(AuthorizationRefused):
    """Anything but `code`."""


class InvalidAuthorizationScope(AuthorizationRefused):
    """Unknown, malformed, or more than the application has."""


class InvalidAuthorizationTarget(AuthorizationRefused):
    """RFC 8707: a resource that the application's tokens are not for."""


class RequestNotSupported(AuthorizationRefused):
    """Request objects by value (OpenID Connect Core 1.0 section 6)."""


class RequestUriNotSupported(AuthorizationRefused):
    """Request objects by reference."""


class RegistrationNotSupported(AuthorizationRefused):
    """Registration inside the request."""


class LoginRequired(AuthorizationRefused):
    """The person must prove herself, and `prompt=none` forbids to ask her."""


class ApplicationForbidden(AuthorizationRefused):
    """The person is in none of the groups that may use the application."""


class ClientUnverified(DomainError):
    """No such client, or a redirect URI that is not its own: nobody is sent anywhere, the person gets a page."""


class AccessTokenInvalid(DomainError):
    """RFC 6750 section 3.1 `invalid_token`: forged, expired, revoked, for others, or its person may not any more."""

    def __init__(
        self, operator_text: str, *, client_text: str = "the access token is missing, expired, revoked or malformed"
    ) -> None:
        super().__init__(client_text, operator_text=operator_text)


class ScopeInsufficient(DomainError):
    """RFC 6750 section 3.1 `insufficient_scope`."""


class SignOutUnverified(DomainError):
    """A request to sign out whose hint, client or target is not ours: nobody is sent anywhere."""
