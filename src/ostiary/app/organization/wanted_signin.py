"""Which rows does the file want in the table of sign-in policies, and can they be met?"""

from __future__ import annotations

import ipaddress
import uuid
from typing import Any
from urllib.parse import urlsplit

from ostiary.app.organization.document import ApplicationEntry, Declared, SignInPolicyEntry
from ostiary.app.organization.references import References
from ostiary.domain.applications.builtin import BUILT_IN
from ostiary.domain.directory.model import Directory
from ostiary.domain.signin_policy.combining import combine
from ostiary.domain.signin_policy.model import Registration, ScopeKind, SignInPolicy

Scope = tuple[ScopeKind, str]
_OF_DIRECTORIES = ("registration", "terms_url", "terms_version", "recovery_approvers")
# What is decided while somebody signs in, before it is known to which application she goes.
_NOT_OF_APPLICATIONS = (
    *("idle_minutes", "step_up_minutes", "without_factor", "authenticators", "dormant_days"),
    *("risk_low", "risk_medium", "risk_high", "risk_observe_only", "risk_allow_networks"),
)
_NETWORKS = ("networks", "risk_allow_networks", "risk_deny_networks")
_TAKEN_OVER = (
    *("factors", "required", "prompt", "trust_device_days", "session_minutes", "idle_minutes", "step_up_minutes"),
    *("without_factor", "risk_low", "risk_medium", "risk_high", "risk_observe_only", "dormant_days", "posture"),
    *("registration", "terms_url", "terms_version", "recovery_approvers"),
)


def wanted_signin_policies(refs: References) -> dict[Scope, SignInPolicy]:
    wanted: dict[Scope, SignInPolicy] = {}
    seen: dict[Scope, int] = {}
    for one in refs.document.declared("sign_in_policy", SignInPolicyEntry):
        scope = _scope(refs, one)
        if scope is None:
            continue
        kind, name = scope
        refs.check_once(seen, scope, one, key=kind.value, what=f"the sign-in policy of {kind.value} `{name}`")
        _check_form(refs, one, kind)
        policy = _policy(refs, one, kind, name)
        _check_can_be_met(refs, one, policy)
        wanted[scope] = policy
    return wanted


def _policy(refs: References, one: Declared[SignInPolicyEntry], kind: ScopeKind, name: str) -> SignInPolicy:
    said: dict[str, Any] = {key: getattr(one.entry, key) for key in _TAKEN_OVER}
    said |= {key: _networks(refs, one, key) for key in _NETWORKS}
    return SignInPolicy(kind, name, authenticators=_authenticators(refs, one), **said)


def _scope(refs: References, one: Declared[SignInPolicyEntry]) -> Scope | None:
    named = [(kind, name) for kind in ScopeKind if (name := getattr(one.entry, kind.value)) is not None]
    if len(named) != 1:
        refs.refuse(one, "", "a sign-in policy is for exactly one of `directory`, `group`, `application`: name one")
        return None
    kind, name = named[0]
    match kind:
        case ScopeKind.DIRECTORY:
            if name not in refs.directories:
                refs.refuse(one, "directory", f"there is no directory `{name}`: declare it in [[directory]]")
        case ScopeKind.GROUP:
            refs.check_group(one, "group", name)
        case ScopeKind.APPLICATION:
            if name not in _applications(refs):
                refs.refuse(one, "application", f"there is no application `{name}`: declare it in [[application]]")
    return kind, name


def _applications(refs: References) -> set[str]:
    declared = {one.entry.client_id for one in refs.document.declared("application", ApplicationEntry)}
    known = set(BUILT_IN) | declared
    return known if refs.document.speaks_of("application") else known | set(refs.kept.applications)


def _check_keys(refs: References, one: Declared[SignInPolicyEntry], kind: ScopeKind) -> None:
    """A key that does nothing where it stands would be taken for a protection."""
    misplaced: dict[str, str] = {}
    if kind is not ScopeKind.DIRECTORY:
        misplaced |= dict.fromkeys(_OF_DIRECTORIES, f"belongs to a directory, not to a {kind.value}")
    if kind is ScopeKind.APPLICATION:
        text = "would do nothing here: put it into the row of a directory or a group"
        misplaced |= dict.fromkeys(_NOT_OF_APPLICATIONS, text)
    for key, text in misplaced.items():
        if getattr(one.entry, key) is not None:
            refs.refuse(one, key, f"`{key}` {text}")


def _check_form(refs: References, one: Declared[SignInPolicyEntry], kind: ScopeKind) -> None:
    _check_keys(refs, one, kind)
    for group in one.entry.recovery_approvers or ():
        refs.check_group(one, "recovery_approvers", group)
    url = urlsplit(one.entry.terms_url or "https://x")
    if url.scheme not in {"http", "https"} or not url.netloc:
        refs.refuse(one, "terms_url", "`terms_url` is not a web address")
    if (one.entry.terms_url is None) != (one.entry.terms_version is None):
        refs.refuse(one, "terms_url", "`terms_url` and `terms_version` belong together: name both")
    if one.entry.registration is Registration.OPEN and one.entry.directory == "workforce":
        refs.refuse(one, "registration", "strangers cannot register as workforce: use another directory")


def _check_can_be_met(refs: References, one: Declared[SignInPolicyEntry], policy: SignInPolicy) -> None:
    """A row that nobody can satisfy would lock everybody out."""
    rules = combine(Directory(""), [policy])
    if not rules.can_be_met:
        offered = ", ".join(sorted(rules.factors))
        text = f"nobody can prove {rules.required.value} with {offered or 'no factor'} alone: add `passkey`,"
        refuse = "factors" if one.entry.factors is not None else "required"
        refs.refuse(one, refuse, f"{text} or `password` and `totp`, or lower `required`")


def _networks(refs: References, one: Declared[SignInPolicyEntry], key: str) -> tuple[str, ...] | None:
    given: tuple[str, ...] | None = getattr(one.entry, key)
    if given is None:
        return None
    found = []
    for text in given:
        try:
            found.append(str(ipaddress.ip_network(text)))
        except ValueError:
            refs.refuse(one, key, f"`{text}` is not a network such as 10.0.0.0/8 or 2001:db8::/32")
    return tuple(found)


def _authenticators(refs: References, one: Declared[SignInPolicyEntry]) -> tuple[str, ...] | None:
    if one.entry.authenticators is None:
        return None
    found = []
    for text in one.entry.authenticators:
        try:
            found.append(str(uuid.UUID(text)))
        except ValueError:
            refs.refuse(one, "authenticators", f"`{text}` is not an AAGUID: 32 hexadecimal digits in five groups")
    return tuple(found)
