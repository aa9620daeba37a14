"""What does a compiled policy look like as a document?

Texts stand as they were written; single values are lists, and condition values are strings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from ostiary.policy.language.conditions import Condition
from ostiary.policy.language.principals import Principals
from ostiary.policy.language.statement import Policy, Statement
from ostiary.policy.model import PolicyKind

_Json = dict[str, object]


def print_policy(policy: Policy) -> str:
    """A JSON document that parses to the same policy."""
    document: _Json = {"Version": policy.version}
    if policy.document_id is not None:
        document["Id"] = policy.document_id
    document["Statement"] = [_statement(one, policy.kind) for one in policy.statements]
    return json.dumps(document, indent=2, ensure_ascii=False)


def _statement(statement: Statement, kind: PolicyKind) -> _Json:
    printed: _Json = {}
    if statement.sid is not None:
        printed["Sid"] = statement.sid
    printed["Effect"] = statement.effect.value
    if statement.principals is not None:
        principals = statement.principals
        printed[_named("Principal", negated=principals.negated)] = _principals(principals)
    elif kind is PolicyKind.RESOURCE_CONTROL:
        printed["Principal"] = "*"
    actions, resources = statement.actions, statement.resources
    printed[_named("Action", negated=actions.negated)] = list(actions.texts)
    if resources is not None:
        printed[_named("Resource", negated=resources.negated)] = list(resources.texts)
    if statement.conditions:
        printed["Condition"] = _conditions(statement.conditions)
    return printed


def _principals(principals: Principals) -> object:
    if not principals.texts:
        return "*"
    return {kind: list(names) for kind, names in principals.texts}


def _conditions(conditions: Sequence[Condition]) -> dict[str, dict[str, list[str]]]:
    blocks: dict[str, dict[str, list[str]]] = {}
    for condition in conditions:
        blocks.setdefault(condition.name, {})[condition.written_key] = list(condition.values)
    return blocks


def _named(element: str, *, negated: bool) -> str:
    return f"Not{element}" if negated else element
