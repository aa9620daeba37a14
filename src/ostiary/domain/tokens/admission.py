"""May this person go on to that application now, or must she prove more first, or agree?

One walk for every way to an application: a browser that it sends, a device that shows a code. What it asks comes from
the table of sign-in policies (her directory, her groups, the application) and from the application's own request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ostiary.domain.applications.model import Application
from ostiary.domain.audit.caller import Assurance, AssuranceLevel, Caller
from ostiary.domain.directory.model import Person
from ostiary.domain.signin_policy.acr import level_of, reaches, satisfies
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import Factor, Prompt, SignInRules
from ostiary.domain.tokens.errors import ApplicationForbidden, ConsentNeeded, InvalidGrant, ProofNeeded
from ostiary.domain.tokens.model import Consent
from ostiary.domain.tokens.permissions import Operation, check_member
from ostiary.kit.current import Current
from ostiary.kit.networks import is_within
from ostiary.kit.texts import Text

_FACTOR_OF = {"pwd": Factor.PASSWORD, "otp": Factor.TOTP, "email": Factor.EMAIL_CODE, "fed": Factor.UPSTREAM}
_PASSKEY = frozenset({"hwk", "swk"})


@dataclass(frozen=True, slots=True)
class Demand:
    """What the request asks of the sign-in: `acr` names in order of preference; `essential`: one of them or nothing."""

    acr: tuple[str, ...] = ()
    essential: bool = False


NOTHING = Demand()


class Familiar(Protocol):
    def stands_in(self, caller: Caller, person: Person, rules: SignInRules) -> bool:
        """Whether her browser counts for the second factor under these rules."""
        ...


class Admission:
    def __init__(self, *, policies: Current[SignInPolicyIndex], familiar: Familiar) -> None:
        self._policies = policies
        self._familiar = familiar

    def check(
        self, caller: Caller, person: Person, application: Application, *, now: datetime, demand: Demand = NOTHING
    ) -> None:
        """Nothing when she may go on. Raises ApplicationForbidden, or ProofNeeded with what would be enough."""
        check_member(Operation.AUTHORIZE, caller, person.groups, application)
        rules = self._policies.value.rules_for(person, application=application.client_id)
        _check_place(caller, rules, application)
        needed, proved = rules.required, caller.assurance
        enough = reaches(proved.level, needed) or self._is_spared(caller, person, rules)
        if not enough or not _only_allowed(proved.methods, rules):
            raise ProofNeeded(needed, "the application's sign-in policy asks for more than was proved")
        if proved.authenticated_at is None or now - proved.authenticated_at >= rules.session:
            raise ProofNeeded(needed, "the sign-in is older than the application's policy takes", fresh=True)
        _check_demand(caller, demand)

    def check_still(self, person: Person, application: Application, methods: Sequence[str]) -> None:
        """Whether tokens may still be made of what she proved once, by the rules of now. Raises InvalidGrant."""
        rules = self._policies.value.rules_for(person, application=application.client_id)
        if not reaches(Assurance(tuple(methods)).level, _least(rules)) or not _only_allowed(methods, rules):
            raise InvalidGrant(f"`{person.user_name}` proved {', '.join(methods)}, and her rules ask for more by now")

    def _is_spared(self, caller: Caller, person: Person, rules: SignInRules) -> bool:
        return _may_be_spared(rules) and self._familiar.stands_in(caller, person, rules)


def check_consent(consent: Consent | None, application: Application, scopes: Sequence[str]) -> None:
    """Raises ConsentNeeded when the application needs her agreement and has it not for all of the scopes."""
    if not application.consent:
        return
    if consent is None or not set(scopes) <= set(consent.scopes):
        raise ConsentNeeded("the person must agree to what the application asks for")


def _may_be_spared(rules: SignInRules) -> bool:
    """With prompts by context, a familiar browser counts for the second factor; never for phishing resistance."""
    return rules.prompt is Prompt.CONTEXT and rules.required is AssuranceLevel.MULTI_FACTOR


def _least(rules: SignInRules) -> AssuranceLevel:
    """What tokens say at least; whether the browser was familiar was asked when she was sent on."""
    return AssuranceLevel.SINGLE_FACTOR if _may_be_spared(rules) else rules.required


def _only_allowed(methods: Sequence[str], rules: SignInRules) -> bool:
    """Whether she came in by factors that the rules take; a passkey alone is enough whatever else was proved."""
    if Factor.PASSKEY in rules.factors and not _PASSKEY.isdisjoint(methods):
        return True
    if not _PASSKEY.isdisjoint(methods):
        return False
    return all(_FACTOR_OF[method] in rules.factors for method in methods if method in _FACTOR_OF)


def _check_place(caller: Caller, rules: SignInRules, application: Application) -> None:
    address = caller.origin.source_ip
    denied = is_within(address, rules.risk.deny_networks)
    if denied or not all(is_within(address, networks) for networks in rules.networks):
        raise ApplicationForbidden(
            Text("this application cannot be used from where you are: ask your administrator"),
            operator_text=f"`{address}` is in a denied or in no allowed network of `{application.client_id}`",
        )
    if not rules.posture <= set(caller.origin.posture):
        raise ApplicationForbidden(
            Text("this application cannot be used with this device: ask your administrator"),
            operator_text=f"the device's posture lacks {', '.join(sorted(rules.posture - set(caller.origin.posture)))}",
        )


def _check_demand(caller: Caller, demand: Demand) -> None:
    if not demand.acr or any(satisfies(caller.assurance, name) for name in demand.acr):
        return
    known = [level for name in demand.acr if (level := level_of(name)) is not None]
    wanted = known[0] if known else AssuranceLevel.PHISHING_RESISTANT
    if known or demand.essential:
        raise ProofNeeded(wanted, "the application asks for a stronger sign-in", voluntary=not demand.essential)
