"""What does a document say, as far as it can be understood?

Checks read this rather than the compiled policy, so that one broken statement does not hide what is wrong elsewhere.
Nothing here refuses: what has the wrong type or is too long is left out, `grammar` tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.conditions import Quantifier
from ostiary.policy.language.document import MAX_TEXT_CHARACTERS
from ostiary.policy.language.operators import OPERATORS
from ostiary.policy.model import Effect, PolicyKind
from ostiary.policy.validation.source import Kind, Location, Node, Place, statements_of

WITH_VARIABLES = "2012-10-17"
_IF_EXISTS = "IfExists"
_SCALARS = frozenset({Kind.STRING, Kind.NUMBER, Kind.BOOLEAN})


@dataclass(frozen=True, slots=True)
class ConditionOutline:
    """One operator, one key and its values. `name` and `key_location` are where operator and key are written."""

    quantifier: Quantifier
    operator: str
    if_exists: bool
    name: Location
    key: str
    key_location: Location
    values: tuple[Place, ...]

    @property
    def lowered_key(self) -> str:
        return lower_ascii(self.key)


@dataclass(frozen=True)
class StatementOutline:
    """A statement; every element is read when it is asked for, and once."""

    index: int
    place: Place

    @cached_property
    def effect(self) -> Effect | None:
        found = self.place.child("Effect")
        return Effect(found.text) if found and found.node.is_string and found.text in set(Effect) else None

    @property
    def allows(self) -> bool:
        return self.effect is Effect.ALLOW

    @cached_property
    def actions(self) -> tuple[Place, ...]:
        return tuple(self._texts("Action")) or tuple(self._texts("NotAction"))

    @cached_property
    def resources(self) -> tuple[Place, ...]:
        return tuple(self._texts("Resource")) or tuple(self._texts("NotResource"))

    @cached_property
    def principals(self) -> tuple[tuple[str, Place], ...]:
        """Type and name; a mere `*` has the type AWS."""
        return tuple(self._principals())

    @cached_property
    def conditions(self) -> tuple[ConditionOutline, ...]:
        return tuple(self._conditions())

    def has(self, name: str) -> bool:
        return self.place.node.child(name) is not None

    @cached_property
    def condition_keys(self) -> frozenset[str]:
        return frozenset(condition.lowered_key for condition in self.conditions)

    def _texts(self, name: str) -> Iterator[Place]:
        found = self.place.child(name)
        if found is not None:
            yield from filter(_is_text, found.values())

    def _principals(self) -> Iterator[tuple[str, Place]]:
        found = self.place.child("Principal") or self.place.child("NotPrincipal")
        if found is None:
            return
        if _is_text(found):
            yield "AWS", found
        for member in found.node.members:
            for place in found.member(member).values():
                if _is_text(place):
                    yield member.name, place

    def _conditions(self) -> Iterator[ConditionOutline]:
        found = self.place.child("Condition")
        if found is None:
            return
        for block in found.node.members:
            quantifier, operator, if_exists = _split(block.name)
            if operator not in OPERATORS and operator != "Null":
                continue
            keys = found.member(block)
            for member in keys.node.members:
                yield ConditionOutline(
                    quantifier=quantifier,
                    operator=operator,
                    if_exists=if_exists,
                    name=found.key(block),
                    key=member.name,
                    key_location=keys.key(member),
                    values=tuple(filter(_is_scalar, keys.member(member).values())),
                )


@dataclass(frozen=True, slots=True)
class Outline:
    kind: PolicyKind
    root: Node
    variables: bool
    """Whether `${...}` are variables."""
    statements: tuple[StatementOutline, ...]

    @property
    def place(self) -> Place:
        return Place(self.root)


def outline_of(root: Node, kind: PolicyKind) -> Outline:
    version = root.child("Version")
    statements = tuple(
        StatementOutline(index, place)
        for index, place in enumerate(statements_of(root))
        if place.node.kind is Kind.OBJECT
    )
    return Outline(kind, root, version is not None and version.text == WITH_VARIABLES, statements)


def _is_text(place: Place) -> bool:
    return place.node.is_string and len(place.text) <= MAX_TEXT_CHARACTERS


def _is_scalar(place: Place) -> bool:
    return place.node.kind in _SCALARS and len(place.text) <= MAX_TEXT_CHARACTERS


def _split(name: str) -> tuple[Quantifier, str, bool]:
    prefix, _, rest = name.rpartition(":")
    operator = rest.removesuffix(_IF_EXISTS)
    return Quantifier(prefix) if prefix in set(Quantifier) else Quantifier.ONE, operator, operator != rest
