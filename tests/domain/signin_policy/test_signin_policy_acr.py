"""Others ask for a level by names of their own; every name is in one table, and is said only where it is true."""

from __future__ import annotations

import pytest

from ostiary.domain.audit.caller import Assurance, AssuranceLevel
from ostiary.domain.signin_policy import acr

_PASSWORD = ("pwd",)
_MAIL = ("email",)
_BOTH = ("pwd", "otp", "mfa")
_SYNCED = ("swk", "user", "mfa")
_HARDWARE = ("hwk", "user", "mfa")
_SAML = "urn:oasis:names:tc:SAML:2.0:ac:classes:"


@pytest.mark.parametrize(
    ("name", "true_for"),
    [
        ("urn:ostiary:acr:single-factor", [_PASSWORD, _MAIL, _BOTH, _SYNCED, _HARDWARE]),
        ("urn:ostiary:acr:mfa", [_BOTH, _SYNCED, _HARDWARE]),
        ("phr", [_SYNCED, _HARDWARE]),
        ("phrh", [_HARDWARE]),
        (f"{_SAML}PasswordProtectedTransport", [_PASSWORD, _BOTH]),
        (f"{_SAML}unspecified", [_PASSWORD, _MAIL, _BOTH, _SYNCED, _HARDWARE]),
        ("https://refeds.org/profile/sfa", [_PASSWORD, _MAIL, _BOTH, _SYNCED, _HARDWARE]),
        ("https://refeds.org/profile/mfa", [_BOTH, _SYNCED, _HARDWARE]),
        (f"{_SAML}Kerberos", []),
        ("", []),
    ],
)
def test_a_name_is_true_for_what_was_proved_and_nothing_else(name: str, true_for: list[tuple[str, ...]]) -> None:
    every = [_PASSWORD, _MAIL, _BOTH, _SYNCED, _HARDWARE]
    assert [methods for methods in every if acr.satisfies(Assurance(methods), name)] == true_for
    assert not acr.satisfies(Assurance(()), name)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        (f"{_SAML}PasswordProtectedTransport", AssuranceLevel.SINGLE_FACTOR),
        ("https://refeds.org/profile/mfa", AssuranceLevel.MULTI_FACTOR),
        ("phrh", AssuranceLevel.PHISHING_RESISTANT),
        ("https://refeds.org/profile/MFA", None),
    ],
)
def test_a_name_says_what_must_be_proved(name: str, level: AssuranceLevel | None) -> None:
    assert acr.level_of(name) is level


@pytest.mark.parametrize(
    ("methods", "openid", "saml"),
    [
        (_PASSWORD, "urn:ostiary:acr:single-factor", f"{_SAML}PasswordProtectedTransport"),
        (_MAIL, "urn:ostiary:acr:single-factor", f"{_SAML}unspecified"),
        (_BOTH, "urn:ostiary:acr:mfa", "https://refeds.org/profile/mfa"),
        (_SYNCED, "phr", "https://refeds.org/profile/mfa"),
        (_HARDWARE, "phr", "https://refeds.org/profile/mfa"),
        ((), "", ""),
    ],
)
def test_each_protocol_has_its_own_name_for_what_was_not_asked_for(
    methods: tuple[str, ...], openid: str, saml: str
) -> None:
    assert acr.name_of(Assurance(methods)) == openid
    assert acr.name_of(Assurance(methods), names=acr.SAML_NAMES) == saml
    assert acr.name_of(Assurance(methods), ["urn:of:nobody"]) == openid


def test_the_first_name_asked_for_that_is_true_is_said() -> None:
    asked = ["phr", "https://refeds.org/profile/mfa", "urn:ostiary:acr:mfa"]
    assert acr.name_of(Assurance(_BOTH), asked) == "https://refeds.org/profile/mfa"
    assert acr.name_of(Assurance(_PASSWORD), asked) == "urn:ostiary:acr:single-factor"
