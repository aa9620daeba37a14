"""Which actions on which resources does a statement speak of, and do others speak of all of them together?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ostiary.policy.analysis.effort import Effort
from ostiary.policy.analysis.languages import EVERYTHING, Language, patterns_of, profiles, uncovered
from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.statement import Statement
from ostiary.policy.language.template import Wildcards
from ostiary.policy.model import Effect


@dataclass(frozen=True, slots=True)
class Region:
    """All pairs of an action (in lower case) and a resource."""

    actions: Language
    resources: Language


@dataclass(frozen=True, slots=True)
class Pair:
    """An example that is not covered."""

    action: str
    resource: str


def region_of(statement: Statement, *, variables: bool) -> Region:
    resources = statement.resources
    return Region(
        actions_of(statement.actions.texts, negated=statement.actions.negated),
        EVERYTHING
        if resources is None
        else resources_of(
            resources.texts,
            variables=variables,
            negated=resources.negated,
            in_doubt=statement.effect is Effect.DENY,
        ),
    )


def actions_of(texts: Sequence[str], *, negated: bool = False) -> Language:
    return Language(patterns_of(map(lower_ascii, texts), Wildcards.TEXT, variables=False), negated)


def resources_of(texts: Sequence[str], *, variables: bool, negated: bool = False, in_doubt: bool = False) -> Language:
    """Raises PolicyError when a variable is not well formed, or stands where none may."""
    return Language(patterns_of(texts, Wildcards.RESOURCE, variables=variables), negated, in_doubt)


def uncovered_pair(required: Sequence[Region], covers: Sequence[Region], effort: Effort) -> Pair | None:
    """A pair that may be in all `required` regions and in none of `covers`; None when there is certainly none.

    Several covers may share the work: the actions are split by which covers speak of them, and for each part those
    must together speak of all resources. Raises TooHardError.
    """
    if any(_is_covered_by_one(required, cover) for cover in covers):
        return None
    resources = [region.resources for region in required]
    if uncovered(resources, (), effort) is None:
        return None
    answers: dict[int, str | None] = {}
    for profile, action in profiles([one.actions for one in required], [one.actions for one in covers], effort):
        if any(known & profile == known for known, answer in answers.items() if answer is None):
            continue
        speaking = [cover.resources for index, cover in enumerate(covers) if profile >> index & 1]
        answers[profile] = uncovered(resources, speaking, effort)
        if (resource := answers[profile]) is not None:
            return Pair(action, resource)
    return None


def _is_covered_by_one(required: Sequence[Region], cover: Region) -> bool:
    """A look without a search: most statements of two versions of one policy are the same."""
    return any(
        _is_part(region.actions, cover.actions) and _is_part(region.resources, cover.resources) for region in required
    )


def _is_part(one: Language, cover: Language) -> bool:
    if cover.is_everything or one.negated != cover.negated:
        return cover.is_everything
    less, more = (cover, one) if one.negated else (one, cover)
    return set(less.patterns) <= set(more.patterns)
