"""Does the Condition element of a statement hold?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policy.reference.comparisons import COMPARISONS
from policy.reference.patterns import Values, lowered
from policy.reference.truth import Truth, agreed, all_of, any_of, negated, truth_of

_POSITIVE_OF = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def condition_holds(condition: Mapping[str, Mapping[str, Any]], version: str, values: Values) -> Truth:
    """All operators and all keys must hold: logical AND ("Evaluation logic for multiple context keys or values")."""
    return all_of(
        _key_holds(operator, lowered(key), _texts(wanted), version, values)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _texts(wanted: Any) -> list[str]:
    """One value stands for a list of one; JSON booleans and numbers are written without quotes (grammar page)."""
    listed = wanted if isinstance(wanted, list) else [wanted]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in listed]


def _key_holds(written: str, key: str, wanted: Sequence[str], version: str, values: Values) -> Truth:
    quantifier, _, name = written.rpartition(":")
    operator = name.removesuffix("IfExists")
    if operator == "Null":
        return _null_holds(key, wanted, values)
    # A key without any values is not in the request: there is nothing that could be in it.
    asked = values.get(key, ())
    if asked == ():
        return _missing_key_holds(quantifier, operator, if_exists=name != operator)
    given = (asked,) if isinstance(asked, str) else asked
    answers = [_value_holds(operator, value, wanted, version, values) for value in given]
    # Record 0004: several values without set operator must agree.
    return _set_holds(quantifier, given, answers) if quantifier else agreed(answers)


def _value_holds(operator: str, value: str, wanted: Sequence[str], version: str, values: Values) -> Truth:
    """One value of the request against the policy's values: OR, and NOR for negated operators ("Evaluation logic for
    negated matching condition operators")."""
    compare = COMPARISONS[_POSITIVE_OF.get(operator, operator)]
    if operator not in _POSITIVE_OF:
        # A variable without a value is equal to nothing (Variables and tags, "Policy variables with no value").
        return any_of(compare(one, value, version, values) or Truth.NO for one in wanted)
    # Decision record 0004: a negated comparison with a variable without a value is in doubt.
    answers = [compare(one, value, version, values) for one in wanted]
    return negated(any_of(Truth.DOUBT if answer is None else answer for answer in answers))


def _missing_key_holds(quantifier: str, operator: str, *, if_exists: bool) -> Truth:
    """`...IfExists` and ForAllValues hold, ForAnyValue does not, a negated operator holds ("Important" at the top)."""
    if if_exists or quantifier == "ForAllValues":
        return Truth.YES
    return truth_of(holds=not quantifier and operator in _POSITIVE_OF)


def _set_holds(quantifier: str, given: Sequence[str], answers: Sequence[Truth]) -> Truth:
    """ForAllValues of nothing holds, ForAnyValue of nothing does not; an empty text is nothing ("Set operators")."""
    if not any(given):
        return truth_of(holds=quantifier == "ForAllValues")
    return all_of(answers) if quantifier == "ForAllValues" else any_of(answers)


def _null_holds(key: str, wanted: Sequence[str], values: Values) -> Truth:
    """The key "doesn't exist", or it "exists and its value is not null"; record 0004: an empty value is in doubt."""
    empty = Truth.YES if values.get(key, ()) == () else Truth.DOUBT
    is_null = Truth.NO if any(values.get(key, ())) else empty
    return any_of(is_null if one.lower() == "true" else negated(is_null) for one in wanted)
