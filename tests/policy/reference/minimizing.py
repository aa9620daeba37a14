"""What is the least of a world that still makes the evaluators differ?"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from ostiary.policy import PolicyError, Request
from policy.reference.comparing import Compiled, difference
from policy.reference.evaluation import World

# What a policy cannot do without.
_KEPT = ("Version", "Statement", "Effect", "Action", "Resource", "Principal", "NotAction", "NotResource", "Id")


def minimized(world: World, request: Request) -> World:
    """Take away policies, statements, conditions and values, one after the other, as long as the answers differ."""
    smaller = next((one for one in _smaller(world) if _differs(one, request)), None)
    return world if smaller is None else minimized(smaller, request)


def _differs(world: World, request: Request) -> bool:
    try:
        return bool(difference(world, Compiled.of(world), request))
    except (PolicyError, ValueError):
        return False


def _smaller(world: World) -> Iterator[World]:
    """The world without one of its parts, for each part."""
    whole = vars(world)
    for removed in _removals(whole):
        shrunk = copy.deepcopy(whole)
        removed(shrunk)
        if shrunk != whole:
            yield World(**shrunk)


def _removals(value: Any, path: tuple[Any, ...] = ()) -> Iterator[Callable[[Any], None]]:
    """From the greatest part to the least."""
    places = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for place in places:
        if place not in _KEPT and not (place == "trust" and not path):
            yield _removal(path, place)
    for place in places:
        yield from _removals(value[place], (*path, place))


def _removal(path: tuple[Any, ...], place: Any) -> Callable[[Any], None]:
    def remove(whole: Any) -> None:
        holder = whole
        for step in path:
            holder = holder[step]
        if path:
            del holder[place]
        else:
            holder[place] = World.__dataclass_fields__[place].default

    return remove
