"""What of a question looks like a slip: a name that nothing has, which no policy will answer as was meant?

The question is answered all the same: services of one's own have actions and keys that nobody registers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Final

from ostiary.policy import ContextValue
from ostiary.policy.casing import lower_ascii
from ostiary.policy.registry.actions import all_services, find_action, find_service
from ostiary.policy.registry.keys import all_keys, find_key

_LONGEST: Final = 64
_ALIKE: Final = 0.75
_MUCH_ALIKE: Final = 0.85
_SHOWN: Final = 100


def notes_on_question(action: str, context: Mapping[str, ContextValue]) -> tuple[str, ...]:
    """Such as `iam:GetUsr` is not an action of iam; did you mean `iam:GetUser`?"""
    return (*_on_action(action), *(note for key in context for note in _on_key(key)))


def _on_action(name: str) -> Iterator[str]:
    prefix, _, action = lower_ascii(name).partition(":")
    service = find_service(prefix)
    if service is None:
        known = [one.prefix for one in all_services()]
        for close in get_close_matches(prefix[:_LONGEST], known, n=1, cutoff=_MUCH_ALIKE):
            yield f"`{prefix[:_SHOWN]}` is not a known service; did you mean `{close}`?"
    elif find_action(name) is None:
        alike = get_close_matches(action[:_LONGEST], service.actions, n=1, cutoff=_ALIKE)
        hint = f"; did you mean `{service.prefix}:{service.actions[alike[0]].name}`?" if alike else ""
        yield f"`{name[:_SHOWN]}` is not an action of {service.prefix}{hint}"


def _on_key(name: str) -> Iterator[str]:
    known = find_key(name)
    if known is not None:
        if not known.supplied:
            yield f"no request has `{name[:_SHOWN]}`: {known.note}"
        return
    names = {lower_ascii(one.name): one.name for one in all_keys()}
    if not any(one.startswith(lower_ascii(name).partition(":")[0] + ":") for one in names):
        return
    alike = get_close_matches(lower_ascii(name)[:_LONGEST], names, n=1, cutoff=_ALIKE)
    hint = f"; did you mean `{names[alike[0]]}`?" if alike else ""
    yield f"`{name[:_SHOWN]}` is not a known condition key{hint}"
