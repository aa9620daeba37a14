"""Which AWS error does each domain error become? The one table of this protocol.

Codes are the query protocol's or the service model's names; the wire spells them as each service does.
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Mapping

from ostiary.domain.access.errors import (
    AccessDenied,
    InvalidPolicyDocument,
    InvalidSimulation,
    NoStanding,
    PrincipalBroken,
    PrincipalOutOfForce,
    UnknownPrincipal,
)
from ostiary.domain.audit.errors import DomainError, FactsConflict, InvalidEventQuery, UnstorableText
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.access_key_errors import AccessKeyRefused, NoSuchIamUser
from ostiary.domain.federation.errors import (
    ExpiredIdentityToken,
    IdentityRejected,
    InvalidIdentityToken,
    IssuerUnreachable,
)
from ostiary.domain.posture.errors import ReportExpired, ReportNotPresent
from ostiary.domain.secrets.errors import (
    InvalidSecretName,
    InvalidSecretParameter,
    InvalidSecretRequest,
    SecretExists,
    SecretLimitExceeded,
    SecretNotFound,
    SecretUnopenable,
)
from ostiary.domain.sessions.errors import (
    InvalidSessionRequest,
    SessionExpired,
    SessionRevoked,
    SessionTooLarge,
    UnknownCredential,
    UnknownRevocationSubject,
)
from ostiary.protocols.aws.wire.errors import WireError

ERRORS: Mapping[type[DomainError], str] = {
    AccessDenied: "AccessDenied",
    InvalidPolicyDocument: "MalformedPolicyDocument",
    InvalidSimulation: "InvalidInput",
    NoStanding: "NoSuchEntity",
    UnknownPrincipal: "NoSuchEntity",
    PrincipalOutOfForce: "InvalidInput",
    PrincipalBroken: "PolicyEvaluation",
    NoSuchIamUser: "NoSuchEntity",
    AccessKeyRefused: "InvalidInput",
    InvalidSessionRequest: "ValidationError",
    SessionTooLarge: "PackedPolicyTooLarge",
    UnknownCredential: "InvalidClientTokenId",
    SessionExpired: "ExpiredToken",
    SessionRevoked: "ExpiredToken",
    UnknownRevocationSubject: "ValidationError",
    InvalidIdentityToken: "InvalidIdentityToken",
    ExpiredIdentityToken: "ExpiredTokenException",
    IdentityRejected: "IDPRejectedClaim",
    IssuerUnreachable: "IDPCommunicationError",
    SecretNotFound: "ResourceNotFoundException",
    SecretExists: "ResourceExistsException",
    InvalidSecretRequest: "InvalidRequestException",
    InvalidSecretParameter: "InvalidParameterException",
    InvalidSecretName: "ValidationError",
    SecretLimitExceeded: "LimitExceededException",
    SecretUnopenable: "DecryptionFailure",
    InvalidEventQuery: "InvalidTimeRangeException",
    ReportNotPresent: "ReportNotPresent",
    ReportExpired: "ReportExpired",
    UnstorableText: "ValidationError",
    FactsConflict: "ValidationError",
}
# What was authenticated, or known, but is not allowed; all else that is refused failed.
_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "IDPRejectedClaim"})


def wire_error_of(failure: DomainError) -> WireError:
    """The row of the error's class or of the nearest class above it; without a row, a refusal that tells nothing."""
    for kind in type(failure).__mro__:
        code = ERRORS.get(kind)
        if code is not None:
            return WireError(code, str(failure.client_text), operator_text=failure.operator_text)
    return WireError("AccessDenied", "Access denied.", operator_text=f"no row for {type(failure).__name__}: {failure}")


def outcome_of(error: WireError) -> Outcome:
    return Outcome.DENIED if error.code in _DENIALS else Outcome.FAILED
