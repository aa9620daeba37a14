"""How strong a sign-in does the application ask for, and whose? `acr_values` and `claims`.

OpenID Connect Core 1.0 sections 3.1.2.1 (`acr_values`, voluntary), 5.5 and 5.5.1.1 (`claims`, where `acr` may be
essential). What else a `claims` request names is voluntary and decided by the registration, so it is read and left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from ostiary.domain.tokens.admission import Demand
from ostiary.domain.tokens.errors import InvalidAuthorizationRequest

_MAX_CLAIMS = 4096
_MAX_VALUES = 20


class _AcrRequest(msgspec.Struct, frozen=True):
    essential: bool = False
    value: str | None = None
    values: tuple[str, ...] = ()


class _SubjectRequest(msgspec.Struct, frozen=True):
    value: str | None = None


class _IdTokenRequest(msgspec.Struct, frozen=True):
    acr: _AcrRequest | None = None
    sub: _SubjectRequest | None = None


class _ClaimsRequest(msgspec.Struct, frozen=True):
    id_token: _IdTokenRequest | None = None
    userinfo: dict[str, msgspec.Raw] | None = None


_decoder = msgspec.json.Decoder(_ClaimsRequest)


@dataclass(frozen=True, slots=True)
class AskedAssurance:
    """`subject` is the only person whom the application wants, empty for anybody."""

    demand: Demand
    subject: str = ""


def load_assurance(fields: Mapping[str, str]) -> AskedAssurance:
    """Raises InvalidAuthorizationRequest."""
    voluntary = tuple(dict.fromkeys(fields.get("acr_values", "").split()))[:_MAX_VALUES]
    id_token = _load_claims(fields.get("claims", ""))
    if id_token is None:
        return AskedAssurance(Demand(voluntary))
    subject = (id_token.sub.value or "") if id_token.sub is not None else ""
    asked = _names(id_token.acr) if id_token.acr is not None else ()
    if id_token.acr is None or not asked:
        return AskedAssurance(Demand(voluntary), subject)
    return AskedAssurance(Demand(asked, essential=id_token.acr.essential), subject)


def _load_claims(text: str) -> _IdTokenRequest | None:
    if not text:
        return None
    if len(text) > _MAX_CLAIMS:
        raise InvalidAuthorizationRequest(f"`claims` has more than {_MAX_CLAIMS} characters")
    try:
        return _decoder.decode(text).id_token
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise InvalidAuthorizationRequest("`claims` is not a JSON object of claims requests") from None


def _names(asked: _AcrRequest) -> tuple[str, ...]:
    """`value` and `values` mean the same for one name (section 5.5.1)."""
    names = ((asked.value,) if asked.value is not None else ()) + asked.values
    return tuple(dict.fromkeys(names))[:_MAX_VALUES]
