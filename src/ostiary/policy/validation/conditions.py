"""Do the conditions of a policy test what they seem to test?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_interface, ip_network

from ostiary.policy.language.conditions import Quantifier
from ostiary.policy.language.document import shown
from ostiary.policy.registry.actions import find_service
from ostiary.policy.registry.keys import ConditionKey, KeyType, find_key
from ostiary.policy.validation.outline import ConditionOutline, Outline, StatementOutline
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_TAG_KEYS = frozenset({"aws:principaltag", "aws:requesttag", "aws:resourcetag"})
_DEPRECATED = {"aws:arn": "aws:PrincipalArn"}
_FAMILIES = {
    KeyType.STRING: ("String",),
    KeyType.BOOLEAN: ("Bool",),
    KeyType.NUMERIC: ("Numeric",),
    KeyType.DATE: ("Date", "Numeric"),
    KeyType.IP_ADDRESS: ("IpAddress", "NotIpAddress"),
    KeyType.ARN: ("Arn", "String"),
    KeyType.BINARY: ("Binary",),
}
"""The operators that read a key of a type; the first is the one to advise."""
# Other findings advise to limit an Allow by them: AWS has them, and here they limit it to nothing.
_NARROWING = frozenset(
    {
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "iam:awsservicename",
        "iam:passedtoservice",
    }
)
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_EPOCH = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_ORDERED = ("NumericLess", "NumericGreater")


def condition_findings(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        for condition in statement.conditions:
            yield from _key_findings(condition, statement)
            yield from _quantifier_findings(condition, statement)
            yield from _value_findings(condition)
            yield from _list_findings(condition)


def _key_findings(condition: ConditionOutline, statement: StatementOutline) -> Iterator[Finding]:
    lowered = condition.lowered_key
    location = condition.key_location
    known = find_key(condition.key)
    if lowered in _DEPRECATED:
        details = f"`{shown(condition.key)}` is out of use; write `{_DEPRECATED[lowered]}`"
        yield finding(Code.DEPRECATED_GLOBAL_CONDITION_KEY, details, location)
    elif lowered.removesuffix("/") in _TAG_KEYS:
        details = (
            f"`{shown(condition.key)}` names no tag; write `{shown(condition.key).removesuffix('/')}/NameOfTheTag`"
        )
        yield finding(Code.MISSING_TAG_KEY_IN_CONDITION, details, location)
    elif known is None and ":" in lowered:
        details = f"`{shown(condition.key)}` is not a known condition key: no request to this server has it"
        yield finding(_unknown_code(lowered), details, location)
    elif known is not None:
        yield from _known_key_findings(condition, known, narrows=statement.allows and lowered in _NARROWING)


def _unknown_code(lowered_key: str) -> Code:
    prefix = lowered_key.partition(":")[0]
    if prefix == "aws":
        return Code.INVALID_GLOBAL_CONDITION_KEY
    known = find_service(prefix) is not None
    return Code.INVALID_SERVICE_CONDITION_KEY if known else Code.OSTIARY_UNKNOWN_CONDITION_KEY


def _known_key_findings(condition: ConditionOutline, known: ConditionKey, *, narrows: bool) -> Iterator[Finding]:
    if condition.operator == "Null":
        return
    families = _FAMILIES[known.type]
    if not condition.operator.startswith(families):
        details = (
            f"`{shown(condition.key)}` is of the type {known.type.value}, which `{condition.operator}` does not read;"
            f" use an operator of the family {families[0]}"
        )
        yield finding(Code.TYPE_MISMATCH, details, condition.key_location, condition.name)
    if not known.supplied and not condition.if_exists and not narrows:
        details = f"`{shown(condition.key)}` is {shown(known.note)}; no decision of this server ever has it"
        yield finding(Code.OSTIARY_ABSENT_CONDITION_KEY, details, condition.key_location)


def _quantifier_findings(condition: ConditionOutline, statement: StatementOutline) -> Iterator[Finding]:
    known = find_key(condition.key)
    if known is None or condition.operator == "Null":
        return
    if known.multivalued and condition.quantifier is Quantifier.ONE:
        details = (
            f"`{shown(condition.key)}` has several values; write ForAllValues: or ForAnyValue: before the operator"
        )
        yield finding(Code.MISSING_QUALIFIER, details, condition.key_location, condition.name)
    elif not known.multivalued and condition.quantifier is Quantifier.ALL:
        details = (
            f"`{shown(condition.key)}` has one value, and ForAllValues holds also without it; remove ForAllValues:"
        )
        yield finding(Code.FORALLVALUES_WITH_SINGLE_VALUED_KEY, details, condition.key_location, condition.name)
    elif condition.quantifier is Quantifier.ALL and statement.allows and not _demands(statement, condition.lowered_key):
        details = (
            f"ForAllValues holds also when the request has no `{shown(condition.key)}`;"
            f' if it must be there, add "Null": {{"{shown(condition.key)}": "false"}}'
        )
        yield finding(Code.OSTIARY_FORALLVALUES_WITHOUT_NULL_CHECK, details, condition.key_location, condition.name)


def _demands(statement: StatementOutline, lowered_key: str) -> bool:
    """Whether another condition makes sure that the key is there."""
    return any(
        one.lowered_key == lowered_key
        and not one.if_exists
        and (one.operator == "Null" or one.quantifier is Quantifier.ANY)
        for one in statement.conditions
    )


def _value_findings(condition: ConditionOutline) -> Iterator[Finding]:
    exact = condition.operator.startswith("String") and "Like" not in condition.operator
    for place in condition.values:
        if exact and not {"*", "?"}.isdisjoint(_VARIABLE.sub("", place.text)):
            details = (
                f"`{condition.operator}` takes `*` and `?` literally; if wildcards are meant, use the Like operator"
            )
            yield finding(Code.WILDCARD_WITHOUT_LIKE_OPERATOR, details, place.location)
        if condition.operator.startswith("Date") and _EPOCH.fullmatch(place.text):
            details = "epoch seconds are easily misread; write the date as YYYY-MM-DDThh:mm:ssZ"
            yield finding(Code.INVALID_DATE_VALUE, details, place.location)
        if "IpAddress" in condition.operator and (network := _network_of_host(place.text)):
            details = f"`{shown(place.text)}` has bits beyond its mask; write `{network}`"
            yield finding(Code.IMPROVE_IP_RANGE, details, place.location)


def _network_of_host(text: str) -> str | None:
    """The range that is meant by an address with a mask that is too short for it."""
    try:
        network, host = ip_network(text, strict=False), ip_interface(text).ip
    except ValueError:
        return None
    return None if host == network.network_address else str(network)


def _list_findings(condition: ConditionOutline) -> Iterator[Finding]:
    values = condition.values
    if not values[1:]:
        return
    if condition.operator in {"Bool", "Null"}:
        details = f"`{condition.operator}` takes one value; several of them say nothing"
        yield finding(Code.INVALID_CONDITION_MULTIPLE_BOOLEAN, details, condition.key_location)
    elif len({place.node.kind for place in values}) > 1:
        details = "the values are of different JSON types; write all of them as strings"
        yield finding(Code.INVALID_CONDITION_DATA_TYPE, details, condition.key_location)
    if condition.operator.startswith(_ORDERED):
        details = f"of several values of `{condition.operator}` only the widest matters; keep that one"
        yield finding(Code.REDUNDANT_CONDITION_VALUE_NUM, details, condition.key_location)
