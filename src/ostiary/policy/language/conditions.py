"""Does a Condition element hold?

All keys of all operators must hold. What the documents leave open counts against the caller: an Allow does not hold
and a Deny does. That is the case for a value that the operator cannot read, for a set of values without ForAllValues or
ForAnyValue, and for "is not equal to a variable that has no value".
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.document import condition_values_of, members_of, shown
from ostiary.policy.language.operators import OPERATORS, WITH_VARIABLES, Mode, Operator, Values, ValueTest
from ostiary.policy.language.readings import read_boolean
from ostiary.policy.language.scope import Scope
from ostiary.policy.language.template import variable_keys
from ostiary.policy.model import ContextValue, Effect, PolicyError

Holds = Callable[[Scope], bool]
_NULL = "Null"
_IF_EXISTS = "IfExists"


class Quantifier(StrEnum):
    ONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator, one key, the values as they are written; `holds` is the compiled test.

    `keys` are all that it reads, in lower case: its own, and those of variables in its values.
    """

    quantifier: Quantifier
    operator: str
    if_exists: bool
    key: str
    written_key: str
    values: tuple[str, ...]
    keys: tuple[str, ...]
    holds: Holds

    @property
    def name(self) -> str:
        """The operator with its quantifier and IfExists, as a policy writes it."""
        prefix = f"{self.quantifier}:" if self.quantifier else ""
        return f"{prefix}{self.operator}{_IF_EXISTS if self.if_exists else ''}"


@dataclass(frozen=True, slots=True)
class _Name:
    quantifier: Quantifier
    operator: str
    if_exists: bool


def compile_conditions(element: object, path: str, *, effect: Effect, variables: bool) -> tuple[Condition, ...]:
    """Raises PolicyError with the path of the operator, key or value that is wrong."""
    blocks = members_of(element, path)
    return tuple(
        condition
        for name, keys in blocks.items()
        for condition in _compile_block(_parse_name(name, path), keys, f"{path}.{shown(name)}", effect, variables)
    )


def _parse_name(name: str, path: str) -> _Name:
    prefix, colon, rest = name.rpartition(":")
    operator = rest.removesuffix(_IF_EXISTS)
    parsed = _Name(Quantifier(prefix) if prefix in set(Quantifier) else Quantifier.ONE, operator, operator != rest)
    if operator == _NULL and (colon or parsed.if_exists):
        raise PolicyError(f"{path}.{shown(name)}", "`Null` takes neither IfExists nor a set operator")
    if (operator not in OPERATORS and operator != _NULL) or colon != (":" if parsed.quantifier else ""):
        raise PolicyError(f"{path}.{shown(name)}", "is not a condition operator")
    return parsed


def _compile_block(
    name: _Name,
    keys: object,
    path: str,
    effect: Effect,
    variables: bool,  # noqa: FBT001 - private, one caller, which names it
) -> Iterator[Condition]:
    members = members_of(keys, path)
    if not members:
        raise PolicyError(path, "names no condition key; remove the operator or add a key")
    seen: set[str] = set()
    for written, value in members.items():
        key, key_path = lower_ascii(written), f"{path}.{shown(written)}"
        _check_key(key, key_path, seen)
        values = tuple(condition_values_of(value, key_path))
        holds = _null(key, values, effect) if name.operator == _NULL else _compile(name, key, values, effect, variables)
        yield Condition(
            quantifier=name.quantifier,
            operator=name.operator,
            if_exists=name.if_exists,
            key=key,
            written_key=written,
            values=tuple(text for text, _ in values),
            keys=(key, *_keys_of_variables(name, values, variables)),
            holds=holds,
        )


def _keys_of_variables(name: _Name, values: Values, variables: bool) -> Iterator[str]:  # noqa: FBT001 - as above
    if variables and name.operator in WITH_VARIABLES:
        for text, path in values:
            yield from variable_keys(text, path)


def _check_key(key: str, path: str, seen: set[str]) -> None:
    if ":" not in key:
        raise PolicyError(path, "is not a condition key, which has the form prefix:name")
    if key in seen:
        raise PolicyError(path, "stands twice; condition keys do not differ by case")
    seen.add(key)


def _compile(
    name: _Name,
    key: str,
    values: Values,
    effect: Effect,
    variables: bool,  # noqa: FBT001 - private, one caller
) -> Holds:
    operator = OPERATORS[name.operator]
    test = operator.compile(values, Mode(variables=variables, negated=operator.negated))
    return _holds(key, _Verdict(test, operator, in_doubt=effect is Effect.DENY), name)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Whether one value satisfies the operator, its negation and doubt included."""

    test: ValueTest
    operator: Operator
    in_doubt: bool

    def __call__(self, value: str, scope: Scope) -> bool:
        matched = self.test(value, scope)
        return self.in_doubt if matched is None else matched != self.operator.negated


def _holds(key: str, verdict: _Verdict, name: _Name) -> Holds:
    match name.quantifier:
        case Quantifier.ONE:
            return _single(key, verdict, absent=name.if_exists or verdict.operator.negated)
        case Quantifier.ALL:
            return _set(key, verdict, all, absent=True)
        case Quantifier.ANY:
            return _set(key, verdict, any, absent=name.if_exists)
        case _:
            assert_never(name.quantifier)


def _single(key: str, verdict: _Verdict, *, absent: bool) -> Holds:
    test, negated, in_doubt = verdict.test, verdict.operator.negated, verdict.in_doubt
    quantify = any if in_doubt else all

    def holds(scope: Scope) -> bool:
        value = scope.find(key)
        if value is None:
            return absent
        if isinstance(value, str):
            matched = test(value, scope)
            return in_doubt if matched is None else matched != negated
        return quantify(verdict(one, scope) for one in value)

    return holds


def _set(key: str, verdict: _Verdict, quantify: Callable[[Iterable[bool]], bool], *, absent: bool) -> Holds:
    def holds(scope: Scope) -> bool:
        value = scope.find(key)
        if value is None:
            return absent
        # A null data set, such as an empty string, is the empty set: all of it match, and none does.
        values = () if _is_null_data(value) else _as_set(value)
        return quantify(verdict(one, scope) for one in values)

    return holds


def _null(key: str, values: Values, effect: Effect) -> Holds:
    wanted = set()
    for text, path in values:
        boolean = read_boolean(text)
        if boolean is None:
            raise PolicyError(path, f"`{shown(text)}` is not `true` or `false`")
        wanted.add(boolean)

    def holds(scope: Scope) -> bool:
        value = scope.find(key)
        if value is not None and _is_null_data(value):
            # Whether a key with an empty value exists is left open.
            return effect is Effect.DENY
        return (value is None) in wanted

    return holds


def _is_null_data(value: ContextValue) -> bool:
    return not any(_as_set(value))


def _as_set(value: ContextValue) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
