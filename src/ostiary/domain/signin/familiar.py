"""May the browser stand in for the second factor on the way to an application? (BP01-2)

That she is signed in does not say it: her directory may have asked for a password alone, or she may have come in before
she had a second factor.
"""

from __future__ import annotations

from ostiary.domain.audit.caller import Caller
from ostiary.domain.directory.model import Person
from ostiary.domain.risk.assessment import RiskAssessor
from ostiary.domain.signin.arrival import held_by
from ostiary.domain.signin.deciding import Facts, context_suffices
from ostiary.domain.signin.guarded import is_guarded
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.model import SignInRules
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions


class FamiliarBrowsers:
    def __init__(self, *, transactions: Transactions[SigninSlice], risk: RiskAssessor, clock: Clock) -> None:
        self._transactions = transactions
        self._risk = risk
        self._clock = clock

    def stands_in(self, caller: Caller, person: Person, rules: SignInRules) -> bool:
        """By the rules of the application, where they go by context: she has a factor, and proved it here lately."""
        now = self._clock.now()
        with self._transactions.read() as tx:
            facts = Facts(
                rules=rules,
                methods=caller.assurance.methods,
                held=held_by(tx, person),
                now=now,
                guarded=is_guarded(person),
                familiar=self._risk.is_trusted_context(tx, person, rules, caller.origin, now),
            )
        return context_suffices(facts)
