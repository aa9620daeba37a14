"""Which conditions nearly hold for a request?"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from ostiary.policy import Request
from policy.reference import material

T = TypeVar("T")


class ConditionMaker:
    def __init__(self, rng: Random, request: Request) -> None:
        self._rng, self._request = rng, request

    def block(self, count: int) -> dict[str, dict[str, Any]]:
        block: dict[str, dict[str, Any]] = {}
        for _ in range(count):
            key, kind = self._pick(tuple(material.KEYS.items()))
            if self._likely(0.1):
                self._add(block.setdefault("Null", {}), key, self._pick(("true", "false", True, False)))
                continue
            if self._likely(0.05):
                kind = self._pick(tuple(material.OPERATORS))
            keys = block.setdefault(self._operator(key, kind), {})
            self._add(keys, key, self._wanted(key, kind))
        return block

    def _add(self, keys: dict[str, Any], key: str, wanted: Any) -> None:
        if not any(known.lower() == key.lower() for known in keys):
            keys[self._cased(key)] = wanted

    def _operator(self, key: str, kind: str) -> str:
        value = self._request.context.get(key.lower())
        quantified = 0.6 if isinstance(value, tuple) else 0.15
        quantifier = self._pick(("ForAllValues:", "ForAnyValue:")) if self._likely(quantified) else ""
        suffix = "IfExists" if self._likely(0.25) else ""
        return quantifier + self._pick(material.OPERATORS[kind]) + suffix

    def _wanted(self, key: str, kind: str) -> Any:
        values = [self._near(key, kind) for _ in range(self._rng.choice((1, 1, 2, 3)))]
        return values[0] if len(values) == 1 and self._likely(0.7) else values

    def _near(self, key: str, kind: str) -> Any:
        if kind == material.ARN and self._likely(0.3):
            return self._pick([one for one in material.WANTED[kind] if "${aws" in str(one)])
        if kind != material.STRING or self._likely(0.3):
            return self._pick(material.WANTED[kind])
        value = self._request.context.get(key.lower(), "red")
        text = self._pick(value or ("red",)) if isinstance(value, tuple) else value
        near = (
            self._variable(),
            f"{escaped(text[:1])}{self._variable()}",
            escaped(text.swapcase()),
            f"{escaped(text[:1])}*",
            f"*{escaped(text[1:])}",
            f"{escaped(text[:2])}*{escaped(text[1:])}",
            f"*{escaped(text[:2])}*{escaped(text[1:3])}*",
        )
        return self._pick(near) if self._likely(0.6) else escaped(text)

    def _variable(self) -> str:
        key = self._pick(material.VARIABLES)
        default = self._pick(("", "", ", 'red'", ", 'red-1'", ",'alice'"))
        return f"${{{key}{default}}}"

    def _cased(self, key: str) -> str:
        if self._likely(0.03):
            # The sign of Kelvin is another letter, though its lower case is a k.
            return key.replace("K", "\u212a").replace("k", "\u212a")
        return self._pick((key, key, key.lower(), key.upper()))

    def _likely(self, share: float) -> bool:
        return self._rng.random() < share

    def _pick(self, choices: Sequence[T]) -> T:
        return choices[self._rng.randrange(len(choices))]


def escaped(text: str) -> str:
    """A text that stands for itself in a policy with variables; its `*` and `?` stay wildcards, where there are any."""
    return text.replace("$", "${$}")
