"""What are the subject, the action, the resource and the context of a question? Authorization API 1.0 section 5.

What the specification does not name is ignored, as it demands; what it names must have its type. Values are strings,
numbers, booleans and lists of them: a condition of a policy can compare nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ostiary.policy import ContextValue
from ostiary.protocols.authzen.strict_json import Json, MalformedQuestion

_MAX_TYPE = 64
_MAX_ID = 1024
_MAX_MEMBERS = 50
_MAX_NAME = 128
_MAX_VALUE = 2048
_MAX_LIST = 100
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
# The grammar of policies, without its wildcards.
_ACTION = re.compile(r"(?:([A-Za-z0-9-]{1,64}):)?([A-Za-z0-9_-]{1,128})", re.ASCII)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_WILDCARDS = ("*", "?", "${")
_SHOWN = 100

Properties = Mapping[str, ContextValue]
PropertiesReader = Callable[[Json, str, str], Properties]
_NOTHING: Properties = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Entity:
    """A subject or a resource; without `id` where one is searched for."""

    type: str
    id: str
    properties: Properties = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Action:
    """`service` is empty when the name has none: then it is the asking application's own."""

    service: str
    verb: str
    properties: Properties = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Question:
    subject: Entity
    action: Action
    resource: Entity
    context: Properties


def read_question(body: Json, *, read: PropertiesReader | None = None) -> Question:
    """`read` is for questions that share what they say. Raises MalformedQuestion."""
    read = read or read_properties
    return Question(
        read_entity(body, "subject", read=read),
        read_action(body, read=read),
        read_entity(body, "resource", read=read),
        read(body, "context", ""),
    )


def read_entity(body: Json, name: str, *, searched: bool = False, read: PropertiesReader | None = None) -> Entity:
    """Raises MalformedQuestion; an `id` of what is searched for is ignored (sections 8.4 and 8.5)."""
    given = required_object(body, name)
    kind = _text(given, "type", name, _MAX_TYPE)
    if _TYPE.fullmatch(kind) is None:
        raise MalformedQuestion(f"`{name}.type` has other characters than A-Z a-z 0-9 _ . -")
    identifier = "" if searched else _text(given, "id", name, _MAX_ID)
    if any(sign in identifier for sign in _WILDCARDS):
        # A question is about one thing, and what looks like a pattern must never be read as one.
        raise MalformedQuestion(f"`{name}.id` has a wildcard: name one thing")
    return Entity(kind, identifier, (read or read_properties)(given, "properties", f"{name}."))


def read_action(body: Json, *, read: PropertiesReader | None = None) -> Action:
    """Raises MalformedQuestion."""
    given = required_object(body, "action")
    name = _text(given, "name", "action", _MAX_NAME)
    found = _ACTION.fullmatch(name)
    if found is None:
        raise MalformedQuestion("`action.name` must be `verb` or `service:verb` of A-Z a-z 0-9 _ -, without wildcards")
    return Action((found[1] or "").lower(), found[2], (read or read_properties)(given, "properties", "action."))


def read_properties(body: Json, name: str, where: str = "") -> Properties:
    """The members of an optional object as condition values. Raises MalformedQuestion."""
    if name not in body:
        return _NOTHING
    path = f"{where}{name}"
    given = required_object(body, name, where)
    if len(given) > _MAX_MEMBERS:
        raise MalformedQuestion(f"`{path}` has more than {_MAX_MEMBERS} members")
    return {_checked_name(key, path): _value(value, f"{path}.{key[:_SHOWN]}") for key, value in given.items()}


class ReadOnce:
    """A PropertiesReader for one body, which reads each object once, however many questions share it."""

    def __init__(self) -> None:
        self._known: dict[int, Properties | MalformedQuestion] = {}

    def __call__(self, body: Json, name: str, where: str) -> Properties:
        given = body.get(name)
        if not isinstance(given, dict):
            return read_properties(body, name, where)
        # INVARIANT: the body lives as long as this, so no two of its objects have one identity.
        place = id(given)
        if place not in self._known:
            self._known[place] = _tried(body, name, where)
        found = self._known[place]
        if isinstance(found, MalformedQuestion):
            raise found.with_traceback(None)
        return found


def _tried(body: Json, name: str, where: str) -> Properties | MalformedQuestion:
    try:
        return read_properties(body, name, where)
    except MalformedQuestion as malformed:
        return malformed


def required_object(body: Json, name: str, where: str = "") -> Json:
    """Raises MalformedQuestion."""
    value = body.get(name)
    if not isinstance(value, dict):
        raise MalformedQuestion(f"`{where}{name}` is missing" if value is None else f"`{where}{name}` is not an object")
    return value


def _text(body: Json, name: str, where: str, longest: int) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise MalformedQuestion(f"`{where}.{name}` is missing or not a string")
    if not value or len(value) > longest or not value.isprintable():
        raise MalformedQuestion(f"`{where}.{name}` must be 1 to {longest} visible characters")
    return value


def _checked_name(name: str, path: str) -> str:
    if not name or len(name) > _MAX_NAME or not name.isprintable():
        raise MalformedQuestion(f"the names in `{path}` must be 1 to {_MAX_NAME} visible characters")
    return name


def _value(value: object, path: str) -> ContextValue:
    if isinstance(value, list):
        if len(value) > _MAX_LIST:
            raise MalformedQuestion(f"`{path}` has more than {_MAX_LIST} values")
        return tuple(_scalar(one, path) for one in value)
    return _scalar(value, path)


def _scalar(value: object, path: str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            if len(value) > _MAX_VALUE or not _is_storable(value):
                raise MalformedQuestion(f"`{path}` is longer than {_MAX_VALUE} characters, or not Unicode text")
            return value
        case int() if abs(value) < 10**18:
            return str(value)
        case float() if math.isfinite(value):
            return repr(value)
    raise MalformedQuestion(f"`{path}` must be a string, a number, a boolean, or a list of them")


def _is_storable(text: str) -> bool:
    return _UNSTORABLE.search(text) is None
