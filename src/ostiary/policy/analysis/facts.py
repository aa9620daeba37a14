"""What does one condition say about its key, when it holds?

A fact is a condition as it is evaluated in an Allow or in a Deny: what is in doubt (an unreadable value, a variable
without value, a set where one value is expected) counts against the caller in each, so it makes a Deny hold.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ostiary.policy.analysis.effort import Effort
from ostiary.policy.language.conditions import Condition, Quantifier
from ostiary.policy.language.operators import OPERATORS
from ostiary.policy.language.readings import read_boolean
from ostiary.policy.language.scope import Scope
from ostiary.policy.language.statement import Statement
from ostiary.policy.model import Effect, Principal, PrincipalKind, Request

NULL = "Null"
_NOBODY = Principal("", None, PrincipalKind.ANONYMOUS)


@dataclass(frozen=True)
class Fact:
    """`in_doubt` says whether the condition stands in a Deny; `variables` whether its values may have some."""

    condition: Condition
    in_doubt: bool
    variables: bool

    @property
    def key(self) -> str:
        return self.condition.key

    @property
    def quantifier(self) -> Quantifier:
        return self.condition.quantifier

    @property
    def operator(self) -> str:
        return self.condition.operator

    @property
    def values(self) -> tuple[str, ...]:
        return self.condition.values

    @cached_property
    def is_null(self) -> bool:
        return self.operator == NULL

    @cached_property
    def wants_absence(self) -> frozenset[bool]:
        """For `Null`: whether it holds of an absent key (True), of a present one (False)."""
        return frozenset(read for value in self.values if (read := read_boolean(value)) is not None)

    @cached_property
    def negated(self) -> bool:
        return not self.is_null and OPERATORS[self.operator].negated

    @cached_property
    def has_variables(self) -> bool:
        return len(self.condition.keys) > 1

    @cached_property
    def absent(self) -> bool:
        """Whether it holds when the key is absent."""
        if self.is_null:
            return True in self.wants_absence
        match self.quantifier:
            case Quantifier.ALL:
                return True
            case Quantifier.ANY:
                return self.condition.if_exists
            case Quantifier.ONE:
                return self.condition.if_exists or self.negated

    @cached_property
    def excludes_value(self) -> bool:
        """Whether it can hold only when the key is absent or has an empty value."""
        return self.is_null and False not in self.wants_absence

    @cached_property
    def excludes_presence(self) -> bool:
        """Whether it can hold only when the key is absent. In a Deny, `Null` holds of an empty value as well."""
        return self.excludes_value and not self.in_doubt

    @cached_property
    def excludes_empty(self) -> bool:
        """Whether it can hold of a present key only when that has a value that is not empty."""
        if self.is_null:
            return not self.in_doubt
        if self.quantifier is Quantifier.ANY:
            return True
        return self.quantifier is Quantifier.ONE and not self.has_variables and not self.holds_of("")

    @cached_property
    def few_values(self) -> tuple[str, ...] | None:
        """All values that it can hold of, when it lists them."""
        is_list = self.operator == "StringEquals" and not self.has_variables
        # `${*}` and its like stand for another text than they are.
        return self.values if is_list and not (self.variables and any("${" in one for one in self.values)) else None

    def holds_of(self, value: str) -> bool:
        """Evaluate it for one value of its key. Only for conditions without variables."""
        asked = Request(_NOBODY, "", "", "", Request.context_of({self.key: value}))
        return self.condition.holds(Scope(asked, has_boundary=False))

    @cached_property
    def content(self) -> Hashable:
        """Equal for conditions that say the same; values may stand in another order."""
        own = self.condition
        reads_variables = self.variables and any("${" in value for value in own.values)
        return own.quantifier, own.operator, own.if_exists, own.key, frozenset(own.values), reads_variables


def facts_of(statement: Statement, *, variables: bool) -> tuple[Fact, ...]:
    is_deny = statement.effect is Effect.DENY
    return tuple(Fact(condition, in_doubt=is_deny, variables=variables) for condition in statement.conditions)


def about(key: str, facts: Sequence[Fact], effort: Effort) -> list[Fact]:
    effort.spend(1 + len(facts) // 4)
    return [fact for fact in facts if fact.key == key]
