"""Is every text of some pattern sets also in one of others, whatever values the variables have?

A variable can have any value, or none. So a question is asked in two ways, and a yes to either is one: with variables
as symbols that only the same variable matches, and with each variable read as widely, or as narrowly, as it may be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ostiary.policy.analysis.automaton import PartVariable, Pattern, PatternSet, Search
from ostiary.policy.analysis.effort import Effort
from ostiary.policy.language.glob import Wild
from ostiary.policy.language.template import Template, Variable, Wildcards, compile_template


@dataclass(frozen=True, slots=True)
class Language:
    """The texts that patterns match, or (`negated`) do not match.

    `in_doubt` tells whether a text counts as unmatched when a variable has no value: for a Deny it does.
    """

    patterns: tuple[Pattern, ...]
    negated: bool = False
    in_doubt: bool = False

    @property
    def plain(self) -> PatternSet:
        return PatternSet(self.patterns, self.negated)

    @property
    def has_variables(self) -> bool:
        return any(_has_variables(pattern) for pattern in self.patterns)

    @property
    def needed_variables(self) -> frozenset[str]:
        """The keys without which a pattern has no meaning."""
        tokens = (token for pattern in self.patterns for token in pattern)
        return frozenset(token.key for token in tokens if isinstance(token, Variable) and token.default is None)

    @property
    def is_everything(self) -> bool:
        return not self.patterns if self.negated else (Wild.MANY,) in self.patterns


EVERYTHING = Language((), negated=True)
_NOTHING = PatternSet(())


def patterns_of(texts: Iterable[str], wildcards: Wildcards, *, variables: bool) -> tuple[Pattern, ...]:
    """Raises PolicyError when a variable is not well formed."""
    compiled = (compile_template(text, "", variables=variables, wildcards=wildcards) for text in texts)
    return tuple(dict.fromkeys(map(_pattern_of, compiled)))


def _pattern_of(template: Template) -> Pattern:
    """A variable that must not hold a colon is another one than the same variable that may."""
    return tuple(
        PartVariable(token.key, token.default) if place in template.bounded and isinstance(token, Variable) else token
        for place, token in enumerate(template.tokens)
    )


def uncovered(required: Sequence[Language], covers: Sequence[Language], effort: Effort) -> str | None:
    """A text that may be in all `required` and in none of `covers`; None when there is certainly none.

    Raises TooHardError.
    """
    effort.spend(len(required) * (1 + len(covers)))
    if any(not one.patterns and not one.negated for one in required) or _is_plainly_covered(required, covers):
        return None
    found = Search([_widest(one) for one in required], [_narrowest(one) for one in covers], effort).uncovered()
    if found is None or any(_is_covered_symbolically(one, covers, effort) for one in required):
        return None
    return found


def profiles(required: Sequence[Language], others: Sequence[Language], effort: Effort) -> Iterator[tuple[int, str]]:
    """For languages without variables: each combination of `others` (as bits) that a required text is in."""
    return Search([one.plain for one in required], [one.plain for one in others], effort).profiles()


def _is_plainly_covered(required: Sequence[Language], covers: Sequence[Language]) -> bool:
    for cover in covers:
        if cover.is_everything:
            return True
        for one in required:
            if one.negated != cover.negated:
                continue
            less, more = (cover, one) if one.negated else (one, cover)
            if set(less.patterns) <= set(more.patterns):
                return True
    return False


def _is_covered_symbolically(one: Language, covers: Sequence[Language], effort: Effort) -> bool:
    if one.negated:
        return any(_complement_covers(one, cover, effort) for cover in covers)
    if not one.has_variables:
        return False
    # What is excepted from a negated language may be what the variable stands for: such a cover helps only without.
    positive = [_NOTHING if cover.negated else cover.plain for cover in covers]
    return Search([one.plain], positive, effort).uncovered() is None


def _complement_covers(one: Language, cover: Language, effort: Effort) -> bool:
    """Everything but more is in everything but less, provided that the variables of the cover have values."""
    if not cover.negated or not (one.has_variables or cover.has_variables):
        return False
    if not cover.in_doubt and not cover.needed_variables <= one.needed_variables:
        return False
    return Search([PatternSet(cover.patterns)], [PatternSet(one.patterns)], effort).uncovered() is None


def _widest(language: Language) -> PatternSet:
    if language.negated:
        return PatternSet(_without_variables(language), negated=True)
    return PatternSet(_with_any_value(language))


def _narrowest(language: Language) -> PatternSet:
    if not language.negated:
        return PatternSet(_without_variables(language))
    if language.needed_variables and not language.in_doubt:
        return _NOTHING
    return PatternSet(_with_any_value(language), negated=True)


def _without_variables(language: Language) -> tuple[Pattern, ...]:
    return tuple(pattern for pattern in language.patterns if not _has_variables(pattern))


def _with_any_value(language: Language) -> tuple[Pattern, ...]:
    return tuple(
        tuple(Wild.MANY if isinstance(token, Variable) else token for token in pattern) for pattern in language.patterns
    )


def _has_variables(pattern: Pattern) -> bool:
    return any(isinstance(token, Variable) for token in pattern)
