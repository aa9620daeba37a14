"""Does one value of the request match the values that a policy lists for an operator?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.document import shown
from ostiary.policy.language.readings import (
    Network,
    read_address,
    read_boolean,
    read_bytes,
    read_moment,
    read_network,
    read_number,
)
from ostiary.policy.language.scope import Scope
from ostiary.policy.language.template import Template, Variable, Wildcards, compile_template
from ostiary.policy.model import PolicyError

Values = Sequence[tuple[str, str]]
"""The policy's values, each with its path."""

ValueTest = Callable[[str, Scope], bool | None]
"""Whether a value matches any of the policy's; None when it cannot be read, or nothing is there to compare with."""

ReadT = TypeVar("ReadT")
_ARN_COLONS = 5


@dataclass(frozen=True, slots=True)
class Mode:
    variables: bool
    """Whether `${...}` are variables: only since version 2012-10-17."""
    negated: bool


@dataclass(frozen=True, slots=True)
class Operator:
    compile: Callable[[Values, Mode], ValueTest]
    """Raises PolicyError for a value that the operator cannot use."""
    negated: bool = False


def _templates(values: Values, wildcards: Wildcards, mode: Mode) -> tuple[frozenset[str], tuple[Template, ...]]:
    """Literal texts apart from the patterns: the common case is one look into a set."""
    compiled = [compile_template(text, path, variables=mode.variables, wildcards=wildcards) for text, path in values]
    literals = frozenset(template.literal for template in compiled if template.literal is not None)
    return literals, tuple(template for template in compiled if template.literal is None)


def _any_template(templates: Sequence[Template], value: str, scope: Scope, mode: Mode) -> bool | None:
    """A variable without a value is equal to nothing; whether everything is therefore *unequal* to it is in doubt."""
    unresolved = False
    for template in templates:
        matched = template.matches(value, scope)
        if matched:
            return True
        unresolved = unresolved or matched is None
    return None if unresolved and mode.negated else False


def _string_operator(wildcards: Wildcards) -> Callable[[Values, Mode], ValueTest]:
    def compile_values(values: Values, mode: Mode) -> ValueTest:
        literals, patterns = _templates(values, wildcards, mode)
        if not patterns:
            return lambda value, _scope: value in literals
        variable = patterns[0].variable if len(patterns) == 1 and not literals else None
        if variable is not None:
            return _equals_variable(variable, mode)
        return lambda value, scope: value in literals or _any_template(patterns, value, scope, mode)

    return compile_values


def _equals_variable(variable: Variable, mode: Mode) -> ValueTest:
    """One tag against another: the commonest condition of all, and the same answer as `_any_template`."""
    unresolved = None if mode.negated else False

    def test(value: str, scope: Scope) -> bool | None:
        wanted = variable.resolve(scope)
        return unresolved if wanted is None else wanted == value

    return test


def _ignoring_case(values: Values, mode: Mode) -> ValueTest:
    """ASCII letters are equal in either case; letters that only unicode folds together are in doubt."""
    literals, patterns = _templates(values, Wildcards.NONE, mode)
    lowered = frozenset(map(lower_ascii, literals))
    folded = frozenset(literal.casefold() for literal in literals)

    def test(value: str, scope: Scope) -> bool | None:
        if lower_ascii(value) in lowered:
            return True
        doubtful = value.casefold() in folded
        for pattern in patterns:
            text = pattern.text(scope)
            if text is not None and lower_ascii(text) == lower_ascii(value):
                return True
            doubtful = doubtful or (mode.negated if text is None else text.casefold() == value.casefold())
        return None if doubtful else False

    return test


def _arn(values: Values, mode: Mode) -> ValueTest:
    everything = any(text == "*" for text, _path in values)
    named = [(text, path) for text, path in values if text != "*"]
    for text, path in named:
        _check_arn(text, path, mode)
    literals, patterns = _templates(named, Wildcards.ARN, mode)

    def test(value: str, scope: Scope) -> bool | None:
        if value.count(":") < _ARN_COLONS or not value.startswith("arn:"):
            return None
        return everything or value in literals or _any_template(patterns, value, scope, mode)

    return test


def _check_arn(text: str, path: str, mode: Mode) -> None:
    """Six parts, or a variable that is a whole ARN: the colons within `${...}` make no parts."""
    template = compile_template(text, path, variables=mode.variables, wildcards=Wildcards.ARN)
    if template.variable is None and sum(part == ":" for part in template.tokens) < _ARN_COLONS:
        raise PolicyError(path, f"`{shown(text)}` is not an ARN of six parts")


def _read_all(values: Values, read: Callable[[str], ReadT | None], what: str) -> tuple[ReadT, ...]:
    result = []
    for text, path in values:
        known = read(text)
        if known is None:
            raise PolicyError(path, f"`{shown(text)}` is not {what}")
        result.append(known)
    return tuple(result)


def _comparison(
    read: Callable[[str], Any], compare: Callable[[Any, Any], bool], what: str
) -> Callable[[Values, Mode], ValueTest]:
    def compile_values(values: Values, _mode: Mode) -> ValueTest:
        wanted = _read_all(values, read, what)

        def test(value: str, _scope: Scope) -> bool | None:
            known = read(value)
            return None if known is None else any(compare(known, one) for one in wanted)

        return test

    return compile_values


def _in_networks(values: Values, _mode: Mode) -> ValueTest:
    networks: tuple[Network, ...] = _read_all(values, read_network, "an IP address or a CIDR range")

    def test(value: str, _scope: Scope) -> bool | None:
        address = read_address(value)
        return None if address is None else any(address in network for network in networks)

    return test


def _ordered(prefix: str, read: Callable[[str], Any], what: str) -> dict[str, Operator]:
    equal = _comparison(read, operator.eq, what)
    return {
        f"{prefix}Equals": Operator(equal),
        f"{prefix}NotEquals": Operator(equal, negated=True),
        f"{prefix}LessThan": Operator(_comparison(read, operator.lt, what)),
        f"{prefix}LessThanEquals": Operator(_comparison(read, operator.le, what)),
        f"{prefix}GreaterThan": Operator(_comparison(read, operator.gt, what)),
        f"{prefix}GreaterThanEquals": Operator(_comparison(read, operator.ge, what)),
    }


_exactly, _like = _string_operator(Wildcards.NONE), _string_operator(Wildcards.TEXT)

OPERATORS: dict[str, Operator] = {
    "StringEquals": Operator(_exactly),
    "StringNotEquals": Operator(_exactly, negated=True),
    "StringEqualsIgnoreCase": Operator(_ignoring_case),
    "StringNotEqualsIgnoreCase": Operator(_ignoring_case, negated=True),
    "StringLike": Operator(_like),
    "StringNotLike": Operator(_like, negated=True),
    **_ordered("Numeric", read_number, "a number"),
    **_ordered("Date", read_moment, "a date of ISO 8601 with its zone, or epoch seconds"),
    "Bool": Operator(_comparison(read_boolean, operator.eq, "`true` or `false`")),
    "BinaryEquals": Operator(_comparison(read_bytes, operator.eq, "base64")),
    "IpAddress": Operator(_in_networks),
    "NotIpAddress": Operator(_in_networks, negated=True),
    "ArnEquals": Operator(_arn),
    "ArnNotEquals": Operator(_arn, negated=True),
    "ArnLike": Operator(_arn),
    "ArnNotLike": Operator(_arn, negated=True),
}

# Operators whose values may hold variables and wildcards of their own; all others are read once, when compiled.
WITH_VARIABLES = frozenset(name for name in OPERATORS if name.startswith(("String", "Arn")))
