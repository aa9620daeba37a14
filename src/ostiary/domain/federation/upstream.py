"""Which OpenID Connect provider vouches for the people of a directory, and what of its word counts as proof? (BP01-15)

An upstream provider is for exactly one directory. That it says who somebody is, is one factor. It is two only when
`acr` or `amr` of its token has a value that the operator listed for this provider: no value counts by itself, because
every provider means something else by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

VOUCHED, TWO_FACTORS, RESISTANT = "fed", "mfa", "phr"  # in `amr`; the last is also OpenID's name of an `acr`


@dataclass(frozen=True, slots=True)
class UpstreamProvider:
    """`label` is what people call it. The three addresses are all fixed, or all discovered from `issuer`.

    `max_age_minutes`: how long ago she may have proved herself there; None: the provider decides.
    """

    name: str
    directory: str
    issuer: str
    client_id: str
    label: str
    scopes: tuple[str, ...] = ("openid", "email")
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    jwks_uri: str = ""
    mfa_acr: tuple[str, ...] = ()
    mfa_amr: tuple[str, ...] = ()
    phishing_resistant_acr: tuple[str, ...] = ()
    phishing_resistant_amr: tuple[str, ...] = ()
    max_age_minutes: int | None = None
    enabled: bool = True
    sealed_secret: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class UpstreamIdentity:
    """Who one of our people is at a provider: for ever the same, whatever mail address either side gives her."""

    provider: str
    subject: str
    person_id: str
    linked_at: datetime


def secret_identity(name: str) -> str:
    """What the provider's client secret is sealed for."""
    return f"upstream:{name}"


def methods_of(provider: UpstreamProvider, claims: Mapping[str, Any]) -> tuple[str, ...]:
    """What a verified token proves, as `amr` of a session; what is not plainly a listed text proves nothing."""
    acr, amr = claims.get("acr"), claims.get("amr")
    context = {acr} if isinstance(acr, str) else set()
    used = set(amr) if isinstance(amr, list) and all(isinstance(one, str) for one in amr) else set()
    if context & set(provider.phishing_resistant_acr) or used & set(provider.phishing_resistant_amr):
        return (VOUCHED, TWO_FACTORS, RESISTANT)
    if context & set(provider.mfa_acr) or used & set(provider.mfa_amr):
        return (VOUCHED, TWO_FACTORS)
    return (VOUCHED,)
