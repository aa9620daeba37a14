"""Which code tells what is wrong with a value that the language refuses?

The language has said why in its error's text, which is the finding's; here only the name is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ostiary.policy.language.document import MAX_TEXT_CHARACTERS, shown
from ostiary.policy.language.operators import WITH_VARIABLES
from ostiary.policy.language.template import is_key
from ostiary.policy.model import PolicyError, PolicyKind
from ostiary.policy.validation.source import Kind, Location, Place, Value
from ostiary.policy.validation.vocabulary import Code, Finding, refusal

_ARN_COLONS = 5
_EMPTY_LISTS = {
    "Action": Code.EMPTY_ARRAY_ACTION,
    "Resource": Code.EMPTY_ARRAY_RESOURCE,
    "Principal": Code.EMPTY_ARRAY_PRINCIPAL,
}
_TYPES_OF_OPERATORS = (
    ("Numeric", Code.TYPE_MISMATCH_NUMBER),
    ("Date", Code.TYPE_MISMATCH_DATE),
    ("Bool", Code.TYPE_MISMATCH_BOOLEAN),
    ("Null", Code.TYPE_MISMATCH_BOOLEAN),
    ("Binary", Code.TYPE_MISMATCH_STRING),
    ("IpAddress", Code.TYPE_MISMATCH_IP_RANGE),
    ("NotIpAddress", Code.TYPE_MISMATCH_IP_RANGE),
    ("Arn", Code.TYPE_MISMATCH_ARN),
)
_PRINCIPAL_TYPES = frozenset({"AWS", "Federated", "Service", "CanonicalUser"})
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_QUOTED = re.compile(r"\s*'[^'{}]*'\s*")
_NOT_IN_KEYS = frozenset(",'{}$*?")
_CONDITION_DEPTH = 2
_VERBS = ("is ", "must ", "names ", "contains ")


@dataclass(frozen=True, slots=True)
class Culprit:
    """A value that the language refuses, and its error."""

    place: Place
    error: PolicyError


def name_culprit(culprit: Culprit, element: str, kind: PolicyKind) -> Finding:
    code, location = _code(culprit, element, kind)
    return refusal(code, _details(culprit, element), location)


def _details(culprit: Culprit, element: str) -> str:
    """The language's own words, which name their place only by a path."""
    named, message = culprit.place.named, culprit.error.message
    if named is None or named.name == element or not message.startswith(_VERBS):
        return f"{element}: {message}"
    return f"{element}: `{shown(named.name)}` {message}"


def _code(culprit: Culprit, element: str, kind: PolicyKind) -> tuple[Code, Location]:
    place, plain = culprit.place, element.removeprefix("Not")
    if place.node.is_string and (unfit := _unfit_text(place.text)):
        return unfit, place.location
    if plain == "Principal":
        return _principal_code(place, element)
    if plain == "Condition":
        return _condition_code(place)
    if not place.node.is_string:
        return _type_code(place, plain), place.location
    match plain:
        case "Action":
            code = _action_code(place.text, kind)
        case "Resource":
            code = _resource_code(place.text)
        case _:
            code = Code.UNSUPPORTED_SID if plain == "Sid" else Code.INVALID_EFFECT
    return code, place.location


def _unfit_text(text: str) -> Code | None:
    if len(text) > MAX_TEXT_CHARACTERS:
        return Code.OSTIARY_TEXT_TOO_LONG
    return Code.OSTIARY_UNSOUND_UNICODE if _SURROGATE.search(text) else None


def _type_code(place: Place, element: str) -> Code:
    if place.node.kind is Kind.ARRAY and not place.node.items:
        return _EMPTY_LISTS.get(element, Code.DATA_TYPE_MISMATCH)
    return Code.DATA_TYPE_MISMATCH


def _action_code(text: str, kind: PolicyKind) -> Code:
    prefix = text.partition(":")[0]
    if "${" in text:
        return Code.VARIABLE_UNSUPPORTED_IN_ELEMENT
    if kind is PolicyKind.TRUST and prefix.lower() != "sts":
        return Code.UNSUPPORTED_ACTION_IN_POLICY
    return Code.INVALID_ACTION


def _resource_code(text: str) -> Code:
    if not text.startswith("arn:"):
        return Code.INVALID_ARN_PREFIX
    if text.count(":") < _ARN_COLONS and not text.endswith("*"):
        return Code.MISSING_ARN_FIELD
    return _variable_code(text) or Code.VARIABLE_UNSUPPORTED_IN_ELEMENT


def _principal_code(place: Place, element: str) -> tuple[Code, Location]:
    if place.path[-1] == Value(element):
        return _whole_principal_code(place), place.location
    name = place.named.name if place.named else ""
    if name not in _PRINCIPAL_TYPES:
        return Code.INVALID_PRINCIPAL_KEY, place.name_location
    if name == "CanonicalUser":
        return Code.OSTIARY_CANONICAL_USER_UNSUPPORTED, place.location
    fits = place.node.is_string
    return (_principal_name_code(place.text, name) if fits else _type_code(place, "Principal")), place.location


def _whole_principal_code(place: Place) -> Code:
    if place.node.kind is Kind.OBJECT and not place.node.members:
        return Code.EMPTY_OBJECT_PRINCIPAL
    fits = place.node.is_string or place.node.kind is Kind.OBJECT
    return Code.INVALID_PRINCIPAL_FORMAT if fits else Code.DATA_TYPE_MISMATCH


def _principal_name_code(text: str, type_name: str) -> Code:
    if "*" in text or "?" in text:
        return Code.UNSUPPORTED_WILDCARD_IN_PRINCIPAL
    if type_name == "Service":
        return Code.INVALID_SERVICE_PRINCIPAL_FORMAT
    if _UNIQUE_ID.fullmatch(text):
        return Code.INVALID_ROLE_REFERENCE if text.startswith("AROA") else Code.INVALID_USER_REFERENCE
    return Code.INVALID_PRINCIPAL_FORMAT


def _condition_code(place: Place) -> tuple[Code, Location]:
    """A condition is operator, key, values: how deep the culprit stands tells which of them it is."""
    names = [one for one in place.path if isinstance(one, Value)]
    inside = names[next(index for index, one in enumerate(names) if one.name == "Condition") + 1 :]
    if not inside:
        return Code.DATA_TYPE_MISMATCH, place.location
    if len(inside) < _CONDITION_DEPTH:
        return _operator_code(place, inside[0].name)
    operator, key = inside[0].name, inside[1].name
    if ":" not in key and isinstance(place.path[-1], Value):
        return Code.INVALID_CONDITION_KEY_FORMAT, place.name_location
    if place.node.kind is Kind.ARRAY and not place.node.items:
        return _empty_list_code(operator), place.location
    if place.node.kind in {Kind.OBJECT, Kind.ARRAY, Kind.NULL}:
        return Code.DATA_TYPE_MISMATCH, place.location
    return _value_code(place.text, operator), place.location


def _operator_code(place: Place, name: str) -> tuple[Code, Location]:
    bare = name.rpartition(":")[2]
    if bare == "NullIfExists":
        return Code.NULL_WITH_IF_EXISTS, place.name_location
    if bare == "Null" and bare != name:
        return Code.NULL_WITH_QUALIFIER, place.name_location
    if place.node.kind is Kind.OBJECT and place.node.members:
        return Code.INVALID_CONDITION_OPERATOR, place.name_location
    if place.node.kind is Kind.OBJECT:
        return Code.EMPTY_OBJECT_CONDITION, place.location
    return Code.DATA_TYPE_MISMATCH, place.location


def _empty_list_code(operator: str) -> Code:
    if operator.startswith("ForAllValues:"):
        return Code.EMPTY_ARRAY_CONDITION_FORALLVALUES
    if operator.startswith("ForAnyValue:"):
        return Code.EMPTY_ARRAY_CONDITION_FORANYVALUE
    return Code.EMPTY_ARRAY_CONDITION_IFEXISTS if operator.endswith("IfExists") else Code.EMPTY_ARRAY_CONDITION


def _value_code(text: str, operator: str) -> Code:
    bare = operator.rpartition(":")[2]
    if bare.removesuffix("IfExists") in WITH_VARIABLES:
        return _variable_code(text) or Code.TYPE_MISMATCH_ARN
    if "${" in text:
        return Code.INVALID_VARIABLE_FOR_OPERATOR
    return next((code for start, code in _TYPES_OF_OPERATORS if bare.startswith(start)), Code.TYPE_MISMATCH_STRING)


def _variable_code(text: str) -> Code | None:
    """What is wrong with the first variable that is not well formed."""
    codes = (_broken_variable(inner, closed=closed) for inner, closed in _variables(text))
    return next((code for code in codes if code is not None), None)


def _broken_variable(inner: str, *, closed: bool) -> Code | None:
    key, comma, default = inner.partition(",")
    if not closed:
        return Code.MISSING_BRACE_IN_VARIABLE
    if not inner.strip():
        return Code.EMPTY_VARIABLE
    if comma and not _QUOTED.fullmatch(default):
        return Code.MISSING_QUOTE_IN_VARIABLE
    is_variable = is_key(key.strip()) and _NOT_IN_KEYS.isdisjoint(key)
    if inner in {"*", "?", "$"} or (is_variable and {"*", "?"}.isdisjoint(default)):
        return None
    return Code.UNSUPPORTED_SPACE_IN_VARIABLE if " " in key.strip() else Code.UNSUPPORTED_SYMBOL_IN_VARIABLE


def _variables(text: str) -> Iterator[tuple[str, bool]]:
    for opened in text.split("${")[1:]:
        inner, brace, _ = opened.partition("}")
        yield inner, bool(brace)
