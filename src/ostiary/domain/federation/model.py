"""What is an issuer trust? https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ostiary.kit import arn


@dataclass(frozen=True, slots=True)
class IssuerTrust:
    """An outside OIDC issuer whose machines may assume roles.

    Keys come from `jwks` (the key set's JSON text, pinned) or from `jwks_uri` or, when both are empty, from the
    issuer's discovery document. `name` is the issuer URL without its scheme, as in the provider ARN.
    """

    account: str
    issuer: str
    audiences: tuple[str, ...]
    created_at: datetime
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    jwks: str = ""
    jwks_uri: str = ""
    max_token_seconds: int = 3600

    @property
    def name(self) -> str:
        return self.issuer.split("://", 1)[-1].rstrip("/")

    @property
    def arn(self) -> str:
        return arn.iam(self.account, "oidc-provider", self.name)
