"""What do wildcards and `${variables}` in a policy stand for?

The text of the policy is cut into tokens once, when the policy is compiled; at decision time a variable becomes literal
text between tokens. So a value of the request can neither be a wildcard nor open another variable.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.document import shown
from ostiary.policy.language.glob import Exact, Glob, Pieces, Token, Wild, compile_glob
from ostiary.policy.language.scope import Scope
from ostiary.policy.model import PolicyError

# Possessive: what an attacker writes costs no more than its length.
_VARIABLE = re.compile(r"(?P<key>[^,'{}$*?]*+)(?:,\s*+'(?P<default>[^'{}]*+)'\s*+)?")
_PIECE = re.compile(r"(?P<last>\*(?=:|\Z))|[*?:]|[^*?:]+")
_ESCAPES = frozenset("*?$")
_ARN_COLONS = 5


class Wildcards(Enum):
    NONE = auto()
    TEXT = auto()
    ARN = auto()
    """Each of the six parts of an ARN is matched by itself (Arn condition operators)."""
    RESOURCE = auto()
    """As ARN, but a `*` that ends a part may run on beyond the colon (Resource element)."""


@dataclass(frozen=True, slots=True)
class Variable:
    key: str
    default: str | None

    def resolve(self, scope: Scope) -> str | None:
        """The request's value; a set of values, an empty value and a missing key have none."""
        value = scope.find(self.key)
        return value if isinstance(value, str) and value else self.default


@dataclass(frozen=True, slots=True)
class Template:
    """A policy's text, compiled: `fixed` when it has no variables, else tokens to fill in.

    `bounded` are the places of variables within one of the first five parts of an ARN that is matched part by part.
    """

    fixed: Glob | None
    tokens: tuple[Token | Variable, ...]
    wild: bool
    bounded: tuple[int, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The lower-cased condition keys that its variables read."""
        return tuple(token.key for token in self.tokens if isinstance(token, Variable))

    @property
    def variable(self) -> Variable | None:
        """The variable that is all of the text, as in `"${aws:PrincipalTag/team}"`."""
        only = self.tokens[0] if len(self.tokens) == 1 else None
        return only if isinstance(only, Variable) else None

    @property
    def literal(self) -> str | None:
        """The only text that can match, when the policy's text alone decides that."""
        return self.fixed.text if isinstance(self.fixed, Exact) else None

    @property
    def prefix(self) -> str | None:
        return self.fixed.prefix if isinstance(self.fixed, Pieces) else None

    def matches(self, text: str, scope: Scope) -> bool | None:
        """None when a variable has no value: then there is nothing to be equal to."""
        if self.fixed is not None:
            return self.fixed.matches(text)
        filled = self._filled(scope)
        if filled is None:
            return None
        # INVARIANT: no value moves the parts of an ARN; a part has no colon, so one that has is equal to none.
        if self.bounded and any(":" in str(filled[place]) for place in self.bounded):
            return False
        # ORDER: before anything is put together, or a long value named often would make a pattern of any size.
        length = sum(len(token) for token in filled if isinstance(token, str))
        if self.wild:
            return length <= len(text) and compile_glob(filled).matches(text)
        return length == len(text) and _joined(filled) == text

    def text(self, scope: Scope) -> str | None:
        """The text that a template without wildcards stands for."""
        filled = self._filled(scope)
        return None if filled is None else _joined(filled)

    def _filled(self, scope: Scope) -> list[Token] | None:
        filled: list[Token] = []
        for token in self.tokens:
            value = token.resolve(scope) if isinstance(token, Variable) else token
            if value is None:
                return None
            filled.append(value)
        return filled


def compile_template(text: str, path: str, *, variables: bool, wildcards: Wildcards) -> Template:
    """Raises PolicyError when a variable is not well formed."""
    parts = tuple(_parts(text, path)) if variables else (_Raw(text),)
    if wildcards is Wildcards.RESOURCE:
        _check_variables_stand_in_the_resource(parts, path)
    if wildcards is not Wildcards.NONE:
        _check_defaults_are_plain(parts, path)
    tokens = tuple(token for token in _tokens(parts, wildcards) if token)
    static = [token for token in tokens if not isinstance(token, Variable)]
    fixed = compile_glob(static) if len(static) == len(tokens) else None
    bounded = tuple(_bounded(tokens)) if wildcards is Wildcards.ARN and fixed is None else ()
    return Template(fixed, tokens, wild=any(isinstance(token, Wild) for token in static), bounded=bounded)


def _bounded(tokens: Sequence[Token | Variable]) -> Iterator[int]:
    """The places of variables before the fifth colon; a text without five is a variable that is a whole ARN."""
    colons = 0
    ahead: list[int] = []
    for place, part in enumerate(tokens):
        if isinstance(part, Variable):
            ahead.append(place)
        elif part == ":":
            colons += 1
            if colons == _ARN_COLONS:
                yield from ahead
                return


def variable_keys(text: str, path: str) -> tuple[str, ...]:
    """The lower-cased condition keys of the variables in a text. Raises PolicyError."""
    return tuple(part.key for part in _parts(text, path) if isinstance(part, Variable))


def _joined(tokens: Sequence[Token]) -> str:
    return "".join(token for token in tokens if isinstance(token, str))


class _Raw(str):
    """Text in which wildcards are wildcards; plain strings came from `${*}`, `${?}`, `${$}` and are literal."""

    __slots__ = ()


def _parts(text: str, path: str) -> Iterator[_Raw | str | Variable]:
    at = 0
    while (start := text.find("${", at)) >= 0:
        end = text.find("}", start)
        if end < 0:
            raise PolicyError(path, f"`{shown(text[start:])}` opens a variable and does not close it")
        yield _Raw(text[at:start])
        yield _variable(text[start + 2 : end], path)
        at = end + 1
    yield _Raw(text[at:])


def _variable(inner: str, path: str) -> str | Variable:
    if inner in _ESCAPES:
        return inner
    found = _VARIABLE.fullmatch(inner)
    key = "" if found is None else found["key"].strip()
    if found is None or not is_key(key):
        raise PolicyError(
            path, f"`${{{shown(inner)}}}` is not a variable; write `${{key}}`, `${{key, 'default'}}` or `${{*}}`"
        )
    return Variable(lower_ascii(key), found["default"])


def is_key(text: str) -> bool:
    """Whether a text without the signs of a variable has the form `prefix:name`."""
    return ":" in text[1:-1]


def _check_defaults_are_plain(parts: Sequence[_Raw | str | Variable], path: str) -> None:
    """Whether a wildcard in a default is one is not documented, and an Allow and a Deny would want other answers."""
    for part in parts:
        if isinstance(part, Variable) and part.default is not None and ("*" in part.default or "?" in part.default):
            raise PolicyError(path, f"the default `{shown(part.default)}` has a wildcard; write a plain text")


def _check_variables_stand_in_the_resource(parts: Sequence[_Raw | str | Variable], path: str) -> None:
    colons = 0
    for part in parts:
        if isinstance(part, _Raw):
            colons += part.count(":")
        elif colons < _ARN_COLONS:
            raise PolicyError(path, "a variable may stand only in the last part of an ARN, after the fifth colon")


def _tokens(parts: Sequence[_Raw | str | Variable], wildcards: Wildcards) -> Iterator[Token | Variable]:
    colons = 0
    for part in parts:
        if not isinstance(part, _Raw) or wildcards is Wildcards.NONE:
            yield str(part) if isinstance(part, _Raw) else part
            continue
        for piece in _PIECE.finditer(part):
            bounded = wildcards is not Wildcards.TEXT and colons < _ARN_COLONS
            runs_on = wildcards is Wildcards.RESOURCE and piece.lastgroup == "last"
            yield _token(piece[0], bounded=bounded and not runs_on)
            colons += piece[0] == ":"


def _token(piece: str, *, bounded: bool) -> Token:
    if piece == "*":
        return Wild.MANY_IN_SEGMENT if bounded else Wild.MANY
    if piece == "?":
        return Wild.ONE_IN_SEGMENT if bounded else Wild.ONE
    return piece
