"""How do several policies become the rules for one person? The strictest of what is said wins; silence adds nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import Directory
from ostiary.domain.signin_policy.model import (
    Prompt,
    RiskAnswer,
    RiskRules,
    ScopeKind,
    SignInPolicy,
    SignInRules,
    WithoutFactor,
)

ValueT = TypeVar("ValueT")

_MAKE: Mapping[str, Callable[[Sequence[Any]], object]] = {
    "factors": lambda given: frozenset(given[0]).intersection(*given),
    "required": lambda given: strictest(given, list(AssuranceLevel)),
    "prompt": lambda given: strictest(given, list(Prompt)),
    "without_factor": lambda given: strictest(given, list(WithoutFactor)),
    "authenticators": lambda given: frozenset(given[0]).intersection(*given),
    "posture": lambda given: frozenset().union(*given),
    "networks": tuple,
    "registration": lambda given: given[-1],
    "terms_url": lambda given: given[-1],
    "terms_version": lambda given: given[-1],
    "recovery_approvers": lambda given: given[-1],
}
_SPANS: Mapping[str, tuple[str, str]] = {
    "session_minutes": ("session", "minutes"),
    "idle_minutes": ("idle", "minutes"),
    "step_up_minutes": ("step_up", "minutes"),
    "trust_device_days": ("trust_device", "days"),
    "dormant_days": ("dormant", "days"),
}


def _in_all(lists: Sequence[Sequence[str]]) -> tuple[str, ...]:
    return tuple(sorted(set(lists[0]).intersection(*lists)))


_RISK: Mapping[str, tuple[str, Callable[[Sequence[Any]], object]]] = {
    "risk_low": ("low", lambda given: strictest(given, list(RiskAnswer))),
    "risk_medium": ("medium", lambda given: strictest(given, list(RiskAnswer))),
    "risk_high": ("high", lambda given: strictest(given, list(RiskAnswer))),
    "risk_observe_only": ("observe_only", all),
    "risk_allow_networks": ("allow_networks", _in_all),
    "risk_deny_networks": ("deny_networks", lambda given: tuple(sorted({n for one in given for n in one}))),
}


def combine(directory: Directory, policies: Iterable[SignInPolicy]) -> SignInRules:
    """The rules of a person of `directory`, whose own limits are one of the things said."""
    said = list(policies)
    own = SignInPolicy(
        ScopeKind.DIRECTORY,
        directory.name,
        session_minutes=directory.session_minutes,
        idle_minutes=directory.idle_minutes,
    )
    everything = [own, *said]
    rules: dict[str, Any] = {name: make(given) for name, make in _MAKE.items() if (given := _given(everything, name))}
    for name, (field, unit) in _SPANS.items():
        if given := _given(everything, name):
            rules[field] = timedelta(**{unit: min(given)})
    risk: dict[str, Any] = {
        field: make(given) for name, (field, make) in _RISK.items() if (given := _given(everything, name))
    }
    return SignInRules(password_profile=directory.password_profile, risk=RiskRules(**risk), **rules)


def strictest(given: Sequence[ValueT], rising: Sequence[ValueT]) -> ValueT:
    """The one that stands last in an order from lax to strict."""
    return max(given, key=rising.index)


def _given(policies: Sequence[SignInPolicy], name: str) -> list[Any]:
    return [value for policy in policies if (value := getattr(policy, name)) is not None]
