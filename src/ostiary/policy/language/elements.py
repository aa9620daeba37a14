"""Which actions and resources does a statement speak of?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.document import shown, texts_of
from ostiary.policy.language.glob import Glob, Matches
from ostiary.policy.language.scope import Scope
from ostiary.policy.language.template import Template, Wildcards, compile_template
from ostiary.policy.model import Effect, PolicyError

_ACTION = re.compile(r"[A-Za-z0-9*?-]+:[A-Za-z0-9_*?-]+", re.ASCII)
_TRUST_SERVICE = "sts:"
_ARN_COLONS = 5


@dataclass(frozen=True, slots=True)
class Actions:
    """Action or NotAction; `texts` as they are written. Patterns are in lower case, for case does not matter."""

    texts: tuple[str, ...]
    exact: frozenset[str]
    patterns: tuple[Glob, ...]
    negated: bool

    def match(self, lowered_action: str) -> bool:
        named = lowered_action in self.exact or any(pattern.matches(lowered_action) for pattern in self.patterns)
        return named != self.negated


@dataclass(frozen=True, slots=True)
class Resources:
    """Resource or NotResource: literals and prefixes apart, for they need one look each; templates have variables.

    `texts` are the elements as they are written.
    """

    texts: tuple[str, ...]
    exact: frozenset[str]
    prefixes: tuple[str, ...]
    globs: tuple[Callable[[str], bool], ...]
    templates: tuple[Template, ...]
    negated: bool
    effect: Effect
    plain: Matches | None = None
    """The whole test, when there is one pattern and it has no variables: what most statements have."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The lower-cased condition keys that its variables read."""
        return tuple(key for template in self.templates for key in template.keys)

    def match(self, scope: Scope) -> bool:
        resource = scope.resource
        if resource in self.exact or resource.startswith(self.prefixes):
            return not self.negated
        for matches in self.globs:
            if matches(resource):
                return not self.negated
        if self.templates:
            return self._match_templates(scope)
        return self.negated

    def _match_templates(self, scope: Scope) -> bool:
        resource, unresolved = scope.resource, False
        scope.note_missing(self.keys)
        for template in self.templates:
            matched = template.matches(resource, scope)
            if matched:
                return not self.negated
            unresolved = unresolved or matched is None
        # "Everything but the resource of a variable that has no value" is in doubt: no Allow rests on it, a Deny does.
        return self.negated and not (unresolved and self.effect is Effect.ALLOW)


def parse_actions(element: object, path: str, *, negated: bool, trust: bool) -> Actions:
    """Raises PolicyError."""
    exact: set[str] = set()
    patterns: list[Glob] = []
    written = tuple(texts_of(element, path))
    for text, text_path in written:
        _check_action(text, text_path, trust=trust)
        compiled = compile_template(lower_ascii(text), text_path, variables=False, wildcards=Wildcards.TEXT)
        if compiled.literal is not None:
            exact.add(compiled.literal)
        elif compiled.fixed is not None:
            patterns.append(compiled.fixed)
    return Actions(tuple(text for text, _path in written), frozenset(exact), tuple(patterns), negated)


def _check_action(text: str, path: str, *, trust: bool) -> None:
    if trust and not text.lower().startswith(_TRUST_SERVICE):
        raise PolicyError(path, f"`{shown(text)}` is not an action of sts; a trust policy speaks of no others")
    if text != "*" and not _ACTION.fullmatch(text):
        raise PolicyError(path, f"`{shown(text)}` is not an action, which has the form service:Name")


def parse_resources(element: object, path: str, *, negated: bool, variables: bool, effect: Effect) -> Resources:
    """Raises PolicyError."""
    compiled, texts = [], []
    for text, text_path in texts_of(element, path):
        texts.append(text)
        _check_resource(text, text_path)
        compiled.append(compile_template(text, text_path, variables=variables, wildcards=Wildcards.RESOURCE))
    return Resources(
        texts=tuple(texts),
        exact=frozenset(one.literal for one in compiled if one.literal is not None),
        prefixes=tuple(one.prefix for one in compiled if one.prefix is not None),
        globs=tuple(
            one.fixed.matches
            for one in compiled
            if one.fixed is not None and one.literal is None and one.prefix is None
        ),
        templates=tuple(one for one in compiled if one.fixed is None),
        negated=negated,
        effect=effect,
        plain=_plain(compiled, negated=negated),
    )


def _plain(compiled: Sequence[Template], *, negated: bool) -> Matches | None:
    if negated or len(compiled) != 1 or compiled[0].fixed is None:
        return None
    return compiled[0].fixed.matches


def _check_resource(text: str, path: str) -> None:
    has_parts = text.count(":") >= _ARN_COLONS or text.endswith("*")
    if text != "*" and not (text.startswith("arn:") and has_parts):
        raise PolicyError(path, f"`{shown(text)}` is neither an ARN nor `*`")
