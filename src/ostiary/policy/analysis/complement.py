"""What is certain of a request that a Deny leaves alone?

A Deny whose conditions do not hold says something of the request: one of them fails. Where only one can, its opposite
is a fact about whatever the policy allows. In an Allow every doubt makes a condition fail and in a Deny hold, so that
the opposite of a Deny's condition is a condition of an Allow.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostiary.policy.analysis.effort import Effort
from ostiary.policy.analysis.facts import Fact
from ostiary.policy.analysis.implication import all_follow
from ostiary.policy.language.conditions import Quantifier, compile_conditions
from ostiary.policy.language.document import Members
from ostiary.policy.language.readings import read_boolean
from ostiary.policy.model import Effect

_PAIRS = (
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("DateEquals", "DateNotEquals"),
    ("ArnEquals", "ArnNotEquals"),
    ("ArnLike", "ArnNotLike"),
    ("IpAddress", "NotIpAddress"),
)
_OPPOSITE: Mapping[str, str] = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_BOUNDS = (("LessThan", "GreaterThanEquals"), ("LessThanEquals", "GreaterThan"))
# Of several bounds one suffices: the opposite is one condition only for a single bound.
_OPPOSITE_OF_ONE: Mapping[str, str] = {
    f"{family}{one}": f"{family}{other}"
    for family in ("Numeric", "Date")
    for pair in _BOUNDS
    for one, other in (pair, pair[::-1])
}
_BOOLEANS = ("Bool", "Null")
_COMPILING = 4  # units of effort for each value
_OPPOSITE_QUANTIFIER = {
    Quantifier.ONE: "",
    Quantifier.ALL: f"{Quantifier.ANY}:",
    Quantifier.ANY: f"{Quantifier.ALL}:",
}


def left_alone(deny: Sequence[Fact], known: Sequence[Fact], effort: Effort) -> Fact | None:
    """What a request of which all of `known` is true satisfies, if the Deny with these conditions does not apply."""
    effort.spend(len(deny))
    open_ones = [fact for fact in deny if not all_follow((fact,), known, effort)]
    if len(open_ones) != 1:
        return None
    effort.spend(_COMPILING * len(open_ones[0].values))
    return _opposite(open_ones[0])


def _opposite(fact: Fact) -> Fact | None:
    # A variable without value makes both sides fail.
    written = None if fact.has_variables else _opposite_operator(fact)
    if written is None:
        return None
    operator, values = written
    name = f"{_OPPOSITE_QUANTIFIER[fact.quantifier]}{operator}{_suffix(fact, operator)}"
    element = Members([(name, Members([(fact.key, list(values))]))])
    (condition,) = compile_conditions(element, "", effect=Effect.ALLOW, variables=fact.variables)
    return Fact(condition, in_doubt=False, variables=fact.variables)


def _opposite_operator(fact: Fact) -> tuple[str, Sequence[str]] | None:
    if fact.operator in _OPPOSITE:
        return _OPPOSITE[fact.operator], fact.values
    if len(fact.values) != 1:
        return None
    if fact.operator in _OPPOSITE_OF_ONE:
        return _OPPOSITE_OF_ONE[fact.operator], fact.values
    if fact.operator in _BOOLEANS:
        return fact.operator, ["false" if read_boolean(fact.values[0]) else "true"]
    return None


def _suffix(fact: Fact, operator: str) -> str:
    """A Deny that does not hold of an absent key leaves requests without it alone, so its opposite holds of them."""
    if fact.is_null or fact.absent or fact.quantifier is not Quantifier.ONE or operator in _OPPOSITE:
        return ""
    return "IfExists"
