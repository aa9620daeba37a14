"""Why does the language refuse a document? Every reason, not only the first.

The language itself is asked, piece by piece: each statement, element and value is put into a document that is sound
otherwise. So nothing is called an error here that the language accepts, and the rules stand in one place.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.document import shown
from ostiary.policy.language.parsing import parse_policy
from ostiary.policy.model import PolicyError, PolicyKind
from ostiary.policy.validation.grammar_codes import Culprit, name_culprit
from ostiary.policy.validation.outline import WITH_VARIABLES
from ostiary.policy.validation.source import Kind, Location, Node, Place, locate, statements_of
from ostiary.policy.validation.vocabulary import Code, Finding, refusal

_POLICY_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_PAIRED = ("Principal", "Action", "Resource")
_STATEMENT_ELEMENTS = frozenset({"Sid", "Effect", "Condition", *_PAIRED, *(f"Not{name}" for name in _PAIRED)})
_WITH_PRINCIPAL = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST, PolicyKind.RESOURCE_CONTROL})
_MISSING = {"Principal": Code.MISSING_PRINCIPAL, "Action": Code.MISSING_ACTION, "Resource": Code.MISSING_RESOURCE}
_MAX_CULPRITS = 100

Ask = Callable[[str], PolicyError | None]
"""Whether the language refuses a JSON text in a certain place."""


def grammar_findings(root: Node, kind: PolicyKind) -> Iterator[Finding]:
    """To be asked about documents that `parse_policy` refuses."""
    top = Place(root)
    if root.kind is not Kind.OBJECT:
        yield refusal(Code.DATA_TYPE_MISMATCH, "a policy must be a JSON object", top.location)
        return
    yield from _doubles(top, _POLICY_ELEMENTS)
    yield from _head_findings(top)
    version = root.child("Version")
    older = version is not None and version.is_string and version.text == "2008-10-17"
    questions = _Questions(kind, "2008-10-17" if older or version is None else WITH_VARIABLES)
    for index, place in enumerate(statements_of(root)):
        error = questions.statement(place.node.raw)
        if error is None:
            continue
        reasons = list(_reasons(place, questions))
        yield from reasons or [unnamed_finding(root, error, index)]
    yield from _sid_findings(root)


@dataclass(frozen=True, slots=True)
class _Questions:
    kind: PolicyKind
    version: str

    def statement(self, raw: str) -> PolicyError | None:
        try:
            parse_policy(f'{{"Version":"{self.version}","Statement":[{raw}]}}', policy_id="", kind=self.kind)
        except PolicyError as error:
            return error
        return None

    def element(self, name: str, effect: str) -> Ask:
        """Ask about an element's value in a statement that is sound without it."""
        others = {"Effect": f'"{effect}"', "Action": '"sts:AssumeRole"', "Resource": '"*"', "Principal": '"*"'}
        if self.kind is PolicyKind.TRUST:
            del others["Resource"]
        if self.kind not in _WITH_PRINCIPAL:
            del others["Principal"]
        others.pop(name.removeprefix("Not"), None)
        frame = ",".join(f'"{other}":{raw}' for other, raw in others.items() if other != name)
        return lambda raw: self.statement(f'{{"{name}":{raw},{frame}}}')


def _head_findings(top: Place) -> Iterator[Finding]:
    for name in ("Version", "Id"):
        found = top.child(name)
        if found is not None and not found.node.is_string:
            yield refusal(Code.DATA_TYPE_MISMATCH, f"{name} must be a string", found.location)
    version = top.child("Version")
    if version is not None and version.node.is_string and version.text not in {WITH_VARIABLES, "2008-10-17"}:
        details = f"`{shown(version.text)}` is not a version of the language; use `{WITH_VARIABLES}`"
        yield refusal(Code.INVALID_VERSION, details, version.location)
    statement = top.child("Statement")
    if statement is None:
        yield refusal(Code.MISSING_STATEMENT, "Statement is missing", top.location)
    elif statement.node.kind is Kind.ARRAY and not statement.node.items:
        yield refusal(Code.MISSING_STATEMENT, "Statement is an empty list; add a statement", statement.location)
    elif statement.node.kind not in {Kind.ARRAY, Kind.OBJECT}:
        details = "Statement must be a statement or a list of them"
        yield refusal(Code.DATA_TYPE_MISMATCH, details, statement.location)


def _doubles(place: Place, known: frozenset[str]) -> Iterator[Finding]:
    """Names that stand twice in one object or are no element at all."""
    seen: set[str] = set()
    for member in place.node.members:
        if member.name in seen:
            details = f"`{shown(member.name)}` stands twice; keep one"
            yield refusal(Code.OSTIARY_DUPLICATE_ELEMENT, details, place.key(member))
        elif known and member.name not in known:
            details = f"`{shown(member.name)}` is not an element of a policy; remove it"
            yield refusal(Code.INVALID_POLICY_ELEMENT, details, place.key(member))
        seen.add(member.name)


def unnamed_finding(root: Node, error: PolicyError, index: int = 0) -> Finding:
    """What the language says, where no finding of its own has a name for it."""
    span, path = locate(root, error.path.replace("Statement[0]", f"Statement[{index}]", 1) if index else error.path)
    return refusal(Code.OSTIARY_INVALID_POLICY, error.message, Location(path, span))


def _reasons(place: Place, questions: _Questions) -> Iterator[Finding]:
    if place.node.kind is not Kind.OBJECT:
        yield refusal(Code.DATA_TYPE_MISMATCH, "a statement must be a JSON object", place.location)
        return
    yield from _doubles(place, _STATEMENT_ELEMENTS)
    yield from _presence_findings(place, questions.kind)
    written = place.node.child("Effect")
    effect = "Deny" if written is not None and written.is_string and written.text == "Deny" else "Allow"
    for member in place.node.members:
        if member.name not in _STATEMENT_ELEMENTS:
            continue
        element = place.member(member)
        out_of_place = _out_of_place(element, questions.kind, allows=effect != "Deny")
        if out_of_place:
            yield out_of_place
        else:
            yield from _element_findings(element, member.name, questions.element(member.name, effect), questions.kind)


def _presence_findings(place: Place, kind: PolicyKind) -> Iterator[Finding]:
    if place.node.child("Effect") is None:
        yield refusal(Code.MISSING_EFFECT, "Effect is missing; write `Allow` or `Deny`", place.location)
    for name in _PAIRED:
        plain, negative = place.child(name), place.child(f"Not{name}")
        if plain is not None and negative is not None:
            details = f"{name} and Not{name} stand together; keep one"
            yield refusal(Code.UNSUPPORTED_ELEMENT_COMBINATION, details, plain.name_location, negative.name_location)
        elif plain is None and negative is None and name in _needed(kind):
            alternative = f" or Not{name}" if name != "Principal" else ""
            yield refusal(_MISSING[name], f"{name}{alternative} is missing", place.location)


def _needed(kind: PolicyKind) -> frozenset[str]:
    if kind is PolicyKind.TRUST:
        return frozenset({"Principal", "Action"})
    return frozenset(_PAIRED) if kind in _WITH_PRINCIPAL else frozenset({"Action", "Resource"})


def _out_of_place(place: Place, kind: PolicyKind, *, allows: bool) -> Finding | None:
    """Of an element that cannot stand in this statement, whatever its value."""
    name = place.named.name if place.named else ""
    location = place.name_location
    if name in {"Resource", "NotResource"} and kind is PolicyKind.TRUST:
        return refusal(Code.INVALID_POLICY_ELEMENT, "a trust policy has no Resource; remove it", location)
    if not name.endswith("Principal") or (name == "Principal" and kind in _WITH_PRINCIPAL):
        return None
    if kind is PolicyKind.SERVICE_CONTROL:
        return refusal(Code.SCP_SYNTAX_ERROR_PRINCIPAL, f"a service control policy has no {name}; remove it", location)
    if kind is not PolicyKind.RESOURCE:
        return refusal(Code.UNSUPPORTED_PRINCIPAL, f"a policy of the kind {kind} has no {name}; remove it", location)
    details = "NotPrincipal is supported only with Deny; use Principal"
    return refusal(Code.ALLOW_WITH_NOT_PRINCIPAL, details, location) if allows else None


def _element_findings(place: Place, name: str, ask: Ask, kind: PolicyKind) -> Iterator[Finding]:
    if name == "Condition":
        yield from _doubled_condition_names(place)
    elif name.endswith("Principal"):
        yield from _doubles(place, frozenset())
    for culprit in islice(_culprits(place, f"Statement[0].{name}", ask), _MAX_CULPRITS):
        yield name_culprit(culprit, name, kind)


def _doubled_condition_names(place: Place) -> Iterator[Finding]:
    yield from _doubles(place, frozenset())
    for block in place.node.members:
        keys = place.member(block)
        yield from _doubles(keys, frozenset())
        for earlier, later in _differing_in_case(keys):
            details = "the condition key stands twice with different capitals; keep one"
            yield refusal(Code.DUPLICATE_KEYS_WITH_DIFFERENT_CASE, details, later, earlier)


def _differing_in_case(keys: Place) -> Iterator[tuple[Location, Location]]:
    seen: dict[str, tuple[str, Location]] = {}
    for member in keys.node.members:
        lowered, location = lower_ascii(member.name), keys.key(member)
        earlier = seen.setdefault(lowered, (member.name, location))
        if earlier[0] != member.name:
            yield earlier[1], location


def _culprits(place: Place, path: str, ask: Ask) -> Iterator[Culprit]:
    """The smallest parts of a value because of which the language refuses it."""
    error = ask(place.node.raw)
    if error is None:
        return
    found = False
    if error.path != path:
        for child, child_path, child_ask in _children(place, path, ask):
            for culprit in _culprits(child, child_path, child_ask):
                found = True
                yield culprit
    if not found and not _has_doubles(place.node):
        yield Culprit(place, error)


def _children(place: Place, path: str, ask: Ask) -> Iterator[tuple[Place, str, Ask]]:
    for member in place.node.members:
        opening = f"{{{json.dumps(member.name)}:"
        yield (
            place.member(member),
            f"{path}.{shown(member.name)}",
            lambda raw, opening=opening: ask(f"{opening}{raw}}}"),  # type: ignore[misc]
        )
    for item in place.items():
        yield item, f"{path}[0]", lambda raw: ask(f"[{raw}]")


def _has_doubles(node: Node) -> bool:
    """Whether a name stands twice in an object, letters of either case being equal: told of elsewhere."""
    names = [lower_ascii(member.name) for member in node.members]
    return len(set(names)) < len(names) or any(_has_doubles(member.value) for member in node.members)


def _sid_findings(root: Node) -> Iterator[Finding]:
    seen: dict[str, Place] = {}
    for statement in statements_of(root):
        sid = statement.child("Sid")
        if sid is None or not sid.node.is_string or not sid.text:
            continue
        earlier = seen.setdefault(sid.text, sid)
        if earlier is not sid:
            details = f"`{shown(sid.text)}` is the Sid of an earlier statement, too"
            yield refusal(Code.UNIQUE_SIDS_REQUIRED, details, sid.location, earlier.location)
