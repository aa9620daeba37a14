"""Is a JSON document a policy of its kind?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ostiary.policy.language.conditions import compile_conditions
from ostiary.policy.language.document import Members, members_of, read_json, shown, text_of
from ostiary.policy.language.elements import Actions, Resources, parse_actions, parse_resources
from ostiary.policy.language.principals import Principals, parse_principals
from ostiary.policy.language.statement import Policy, Statement
from ostiary.policy.model import Effect, PolicyError, PolicyKind

_WITH_VARIABLES, _WITHOUT_VARIABLES = "2012-10-17", "2008-10-17"
_POLICY_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_IAM_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_WITH_PRINCIPALS = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST})


@dataclass(frozen=True, slots=True)
class _Reader:
    policy_id: str
    kind: PolicyKind
    variables: bool

    def statement(self, index: int, value: object, path: str) -> Statement:
        elements = members_of(value, path)
        _check_known(elements, _STATEMENT_ELEMENTS, path)
        effect = _effect(elements, path)
        return Statement(
            policy_id=self.policy_id,
            index=index,
            sid=self._sid(elements, path),
            effect=effect,
            principals=self._principals(elements, effect, path),
            actions=self._actions(elements, path),
            resources=None if self._has_no_resource(elements, path) else self._resources(elements, effect, path),
            conditions=compile_conditions(
                elements.get("Condition", Members()), f"{path}.Condition", effect=effect, variables=self.variables
            ),
        )

    def _sid(self, elements: dict[str, object], path: str) -> str | None:
        if "Sid" not in elements:
            return None
        sid = text_of(elements["Sid"], f"{path}.Sid")
        if self.kind is not PolicyKind.RESOURCE and not _IAM_SID.fullmatch(sid):
            raise PolicyError(f"{path}.Sid", f"`{shown(sid)}` may have only letters and digits")
        return sid

    def _principals(self, elements: dict[str, object], effect: Effect, path: str) -> Principals | None:
        if self.kind in _WITH_PRINCIPALS:
            element, element_path, negated = _one_of(elements, "Principal", path)
            if negated and (effect is Effect.ALLOW or self.kind is PolicyKind.TRUST):
                raise PolicyError(element_path, "is supported only with Deny, and not in a role trust policy")
            return parse_principals(element, element_path, negated=negated)
        if self.kind is PolicyKind.RESOURCE_CONTROL:
            if elements.get("Principal") != "*" or "NotPrincipal" in elements:
                raise PolicyError(f"{path}.Principal", "must be `*` in a resource control policy")
            return None
        for name in ("Principal", "NotPrincipal"):
            if name in elements:
                raise PolicyError(f"{path}.{name}", f"cannot stand in a policy of the kind {self.kind}; remove it")
        return None

    def _actions(self, elements: dict[str, object], path: str) -> Actions:
        element, element_path, negated = _one_of(elements, "Action", path)
        return parse_actions(element, element_path, negated=negated, trust=self.kind is PolicyKind.TRUST)

    def _has_no_resource(self, elements: dict[str, object], path: str) -> bool:
        if self.kind is not PolicyKind.TRUST:
            return False
        for name in ("Resource", "NotResource"):
            if name in elements:
                raise PolicyError(f"{path}.{name}", "cannot stand in a trust policy, which speaks of its own role")
        return True

    def _resources(self, elements: dict[str, object], effect: Effect, path: str) -> Resources:
        element, element_path, negated = _one_of(elements, "Resource", path)
        return parse_resources(element, element_path, negated=negated, variables=self.variables, effect=effect)


def parse_policy(document: str | bytes, *, policy_id: str, kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    """Compile a document; what it returns is immutable and worth keeping. Raises PolicyError."""
    elements = members_of(read_json(document), "")
    _check_known(elements, _POLICY_ELEMENTS, "")
    version = _version(elements)
    document_id = text_of(elements["Id"], "Id") if "Id" in elements else None
    reader = _Reader(policy_id, kind, variables=version == _WITH_VARIABLES)
    statements = tuple(
        reader.statement(index, value, f"Statement[{index}]") for index, value in enumerate(_statements(elements))
    )
    _check_sids_differ(statements)
    return Policy(policy_id, kind, version, statements, document_id, _text_of_document(document))


def _text_of_document(document: str | bytes) -> str:
    return document.decode("utf-8") if isinstance(document, bytes) else document


def _version(elements: dict[str, object]) -> str:
    version = text_of(elements.get("Version", _WITHOUT_VARIABLES), "Version")
    if version not in {_WITH_VARIABLES, _WITHOUT_VARIABLES}:
        raise PolicyError("Version", f"`{shown(version)}` is not a version of the language; use `{_WITH_VARIABLES}`")
    return version


def _statements(elements: dict[str, object]) -> list[object]:
    if "Statement" not in elements:
        raise PolicyError("Statement", "is missing")
    value = elements["Statement"]
    if isinstance(value, Members):
        return [value]
    if not isinstance(value, list) or not value:
        raise PolicyError("Statement", "must be a statement or a list of them that is not empty")
    return value


def _effect(elements: dict[str, object], path: str) -> Effect:
    value = elements.get("Effect")
    if not isinstance(value, str) or value not in set(Effect):
        raise PolicyError(f"{path}.Effect", "must be `Allow` or `Deny`")
    return Effect(value)


def _one_of(elements: dict[str, object], name: str, path: str) -> tuple[object, str, bool]:
    """The element or its `Not...` form, its path, and whether it is that form."""
    negative = f"Not{name}"
    if (name in elements) == (negative in elements):
        both = name in elements
        raise PolicyError(
            f"{path}.{name}", f"stands beside {negative}; keep one" if both else f"or {negative} is missing"
        )
    found = name if name in elements else negative
    return elements[found], f"{path}.{found}", found == negative


def _check_known(elements: dict[str, object], known: frozenset[str], path: str) -> None:
    for name in elements:
        if name not in known:
            raise PolicyError(f"{path}.{shown(name)}" if path else shown(name), "is not an element of a policy")


def _check_sids_differ(statements: tuple[Statement, ...]) -> None:
    seen: set[str] = set()
    for statement in statements:
        if statement.sid and statement.sid in seen:
            raise PolicyError(f"{statement.path}.Sid", f"`{shown(statement.sid)}` stands twice")
        seen.add(statement.sid or "")
