"""What would be hard to decide?

One seed makes one world of policies and a few requests that differ in little, so that most of them nearly match.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

from ostiary.policy import Principal, PrincipalKind, Request
from policy.reference import material
from policy.reference.conditions_made import ConditionMaker
from policy.reference.evaluation import Document, Level, World

REQUESTS = 4
T = TypeVar("T")
Context = dict[str, str | tuple[str, ...]]


def generated(seed: int) -> tuple[World, list[Request]]:
    rng = Random(seed)
    maker = _Maker(rng, trust=rng.random() < 0.25)
    return maker.world(), maker.requests()


class _Maker:
    def __init__(self, rng: Random, *, trust: bool) -> None:
        self._rng, self._trust, self._documents = rng, trust, 0
        self._first = self._request()
        self._conditions = ConditionMaker(rng, self._first)

    def world(self) -> World:
        # Outside identities and services have nothing but the resource's policy.
        outside = self._first.principal.account is None
        resource = self._document(self._owned) if not self._trust and self._likely(0.9 if outside else 0.55) else None
        return World(
            identity=self._level(self._own, 0, 1, 1, 2, 3),
            resource=resource,
            boundary=self._document(self._limit) if self._likely(0.3) else None,
            session=self._level(self._limit, *(0, 1, 1, 1, 2) * 2) if self._likely(0.25) else None,
            service_controls=self._controls(self._limit),
            resource_controls=self._controls(self._resource_control),
            trust=self._document(self._trusting) if self._trust else None,
        )

    def requests(self) -> list[Request]:
        return [self._first, *(self._varied(self._first) for _ in range(REQUESTS - 1))]

    # Requests

    def _request(self) -> Request:
        caller = self._caller()
        context = {key: self._value(kind) for key, kind in material.KEYS.items() if self._likely(0.75)}
        context["aws:PrincipalArn"] = caller.role_arn or caller.arn
        if self._likely(0.05):
            # Two keys that differ in case only: one key with both values.
            context["AWS:requesttag/ENV"] = self._value(material.STRING)
        own = caller.account or material.ACCOUNT
        if self._likely(0.1):
            # A value that could move the parts of an ARN.
            context["aws:SourceArn"] = f"arn:aws:sns:{self._pick(('a:b', 'eu-west-1', '*'))}:{material.ACCOUNT}:topic"
            context["aws:RequestTag/Env"] = self._pick(("a:b", "eu-west-1", "*"))
        account = own if self._likely(0.75) else self._pick((material.ACCOUNT, material.OTHER))
        if self._trust:
            resource = material.ROLE if account == material.ACCOUNT else material.ROLE_ELSEWHERE
            return Request(caller, self._pick(material.TRUST_ACTIONS), resource, account, context)
        return Request(caller, self._pick(material.ACTIONS), self._pick(material.RESOURCES), account, context)

    def _caller(self) -> Principal:
        # Users and sessions of the account are more than half of all.
        return self._pick(material.CALLERS[:6]) if self._likely(0.4) else self._pick(material.CALLERS)

    def _value(self, kind: str) -> str | tuple[str, ...]:
        values = material.VALUES[kind]
        # The first ones can be read.
        one: Callable[[], str] = lambda: self._pick(values[:3] if self._likely(0.5) else values)  # noqa: E731 - used below only
        shape = self._rng.random()
        if shape < 0.8:
            return one()
        if shape < 0.85:
            return ""
        return tuple("" if self._likely(0.1) else one() for _ in range(self._some(3)))

    def _varied(self, request: Request) -> Request:
        match self._rng.randrange(5):
            case 0:
                return replace(request, principal=self._caller())
            case 1:
                actions = material.TRUST_ACTIONS if self._trust else material.ACTIONS
                return request.with_action(self._pick(actions))
            case 2 if not self._trust:
                return replace(request, resource=self._pick(material.RESOURCES))
            case 3:
                account = material.OTHER if request.resource_account == material.ACCOUNT else material.ACCOUNT
                return replace(request, resource_account=account)
            case _:
                return replace(request, context=self._varied_context(request))

    def _varied_context(self, request: Request) -> Context:
        context = dict(request.context)
        for key in self._rng.sample(sorted(material.KEYS), 3):
            context.pop(key.lower(), None)
            if self._likely(0.7):
                context[key] = self._value(material.KEYS[key])
        return context

    # Policies

    def _controls(self, statement: Callable[[], dict[str, Any]]) -> Sequence[Level]:
        levels = self._pick((0, 0, 0, 0, 0, 0, 0, 1, 1, 2))
        return [self._level(statement, *(1,) * 8, 2, 2, 0) for _ in range(levels)]

    def _level(self, statement: Callable[[], dict[str, Any]], *sizes: int) -> Level:
        return [self._document(statement) for _ in range(self._pick(sizes))]

    def _document(self, statement: Callable[[], dict[str, Any]]) -> Document:
        self._documents += 1
        old = self._likely(0.1)
        statements = [statement() for _ in range(self._rng.choice((1, 2, 2, 3)))]
        for number, one in enumerate(statements):
            if self._likely(0.3):
                one["Sid"] = f"S{number}"
        document: dict[str, Any] = {"Id": f"p{self._documents}"}
        if old:
            # A variable is plain text here, and no ARN.
            statements = json.loads(
                json.dumps(statements).replace('"${aws:PrincipalArn}"', '"*"').replace('"${aws:SourceArn}"', '"*"')
            )
        if not (old and self._likely(0.5)):
            document["Version"] = "2008-10-17" if old else "2012-10-17"
        document["Statement"] = statements[0] if len(statements) == 1 and self._likely(0.3) else statements
        return document

    def _own(self) -> dict[str, Any]:
        return self._limit(everything=0.35)

    def _limit(self, everything: float = 0.6) -> dict[str, Any]:
        if self._likely(everything):
            return {"Effect": "Allow", "Action": "sts:*" if self._trust else "*", "Resource": "*"}
        return self._statement(deny=0.15) | self._resource()

    def _resource_control(self) -> dict[str, Any]:
        return self._limit() | {"Principal": "*"}

    def _owned(self) -> dict[str, Any]:
        statement = self._statement(deny=0.25) | self._resource()
        if statement["Effect"] == "Deny" and self._likely(0.5):
            return statement | {"NotPrincipal": self._spared()}
        return statement | {"Principal": self._principal()}

    def _trusting(self) -> dict[str, Any]:
        return self._statement(deny=0.15) | {"Principal": self._principal()}

    def _statement(self, *, deny: float) -> dict[str, Any]:
        denies = self._likely(deny)
        statement: dict[str, Any] = {"Effect": "Deny" if denies else "Allow"}
        name = "NotAction" if self._likely(0.12) else "Action"
        statement[name] = self._one_or_more(self._action)
        count = self._pick((1, 1, 2) if denies else (0, 0, 0, 0, 1, 1, 1, 2))
        if count:
            statement["Condition"] = self._conditions.block(count)
        return statement

    def _action(self) -> str:
        asked = in_ascii(self._first.action)
        service, _, name = asked.partition(":")
        near = (
            asked,
            f"{service}:*",
            asked.swapcase(),
            f"{service}:{name[:3]}*",
            f"{service}:*{name[-3:]}",
            f"{service}:?{name[1:]}",
            f"{service}:{name}?",
            f"{service}:{name[:4]}*{name[5:]}",
            f"{service}:{name[:2]}*{name[1]}*{name[-1]}",
            f"{service}:{name[:5]}*{name[3:]}",
            f"{service}:{name}X",
        )
        if self._trust:
            return self._pick(near) if self._likely(0.85) else self._pick(material.TRUST_ACTIONS)
        others = (*map(in_ascii, material.ACTIONS), "iam:*", "*:*", f"{service[:2]}*:{name}")
        return self._pick((*near, "*", "*", "*")) if self._likely(0.85) else self._pick(others)

    def _resource(self) -> dict[str, Any]:
        if self._likely(0.3):
            return {"Resource": "*"}
        name = "NotResource" if self._likely(0.15) else "Resource"
        return {name: self._one_or_more(self._resource_text)}

    def _resource_text(self) -> str:
        asked = self._first.resource
        if asked == "*" or self._likely(0.1):
            return self._pick(
                ("*", "arn:aws:s3:::*", "arn:aws:sqs:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*", "arn:*")
            )
        head, tail = asked[:4], asked[4:]
        if "$" in tail and self._likely(0.5):
            return head + tail.replace("$", "${$}")
        for _ in range(self._rng.choice((1, 1, 2))):
            # Nothing is cut out of a variable.
            tail = tail if "$" in tail else self._loosened(tail)
        service = tail.split(":")[1:2]
        # A resource names its service without wildcards, and has at least six parts.
        sound = tail.count(":") >= 4 and not any("*" in part or "?" in part for part in service)
        return head + tail if sound else asked

    def _loosened(self, text: str) -> str:
        """A pattern that is close to the text: most often it matches."""
        start = self._rng.randrange(len(text) + 1)
        end = min(len(text), start + self._rng.randrange(8))
        match self._rng.randrange(7):
            case 0 | 1:
                return f"{text[:start]}*{text[end:]}"
            case 6:
                # A piece twice: what matches it twice over is not in the text.
                return (
                    f"{text[:end]}*{text[start:]}"
                    if self._likely(0.5)
                    else f"{text[:start]}*{text[start:end]}*{text[start:]}"
                )
            case 2:
                return f"{text[:start]}?{text[start + 1 :]}"
            case 3:
                return text[:start] + "**?"[: self._some(4)] + text[start + 1 :]
            case 4:
                return self._with_variable(text)
            case _:
                return text if self._likely(0.8) else text + "x"

    def _with_variable(self, text: str) -> str:
        """The last part with a value of the request replaced by its variable."""
        front, last = text[: text.rfind(":") + 1], text[text.rfind(":") + 1 :]
        if text.count(":") < 4:
            return text
        for key in self._rng.sample(material.VARIABLES, len(material.VARIABLES)):
            value = self._first.context.get(key.lower())
            if isinstance(value, str) and value and "$" not in value and value in last:
                return front + last.replace(value, f"${{{key}}}", 1)
        variable = self._pick(("${t:absent, 'lake'}", "${aws:username, 'red'}", "${t:absent}", "${*}", "${?}"))
        return front + variable + last[self._some(4) :]

    def _principal(self) -> Any:
        asked = self._first.principal
        if self._likely(0.15):
            return "*"
        names: dict[str, list[str]] = {}
        for _ in range(self._rng.choice((1, 1, 2))):
            caller = asked if self._likely(0.9) else self._pick(material.CALLERS)
            kind, name = self._name(caller)
            if name not in names.setdefault(kind, []):
                names[kind].append(name)
        return {kind: found[0] if len(found) == 1 and self._likely(0.5) else found for kind, found in names.items()}

    def _name(self, caller: Principal) -> tuple[str, str]:
        if caller.kind is PrincipalKind.FEDERATED:
            return "Federated", caller.arn
        if caller.kind is PrincipalKind.SERVICE:
            return "Service", caller.arn
        if caller.account is None:
            return "AWS", "*"
        account = self._pick((caller.account, f"arn:aws:iam::{caller.account}:root"))
        return "AWS", self._pick((caller.arn, caller.role_arn or caller.arn, caller.arn, account, account, "*"))

    def _spared(self) -> Any:
        caller = self._first.principal
        if caller.account is None or self._likely(0.15):
            return self._principal()
        needed = [caller.arn, self._pick((caller.account, f"arn:aws:iam::{caller.account}:root"))]
        if caller.role_arn:
            needed.append(caller.role_arn)
        if self._likely(0.3):
            needed.pop(self._rng.randrange(len(needed)))
        return {"AWS": needed} | ({"Service": "rolesanywhere.amazonaws.com"} if self._likely(0.2) else {})

    # Chance

    def _likely(self, share: float) -> bool:
        return self._rng.random() < share

    def _pick(self, choices: Sequence[T]) -> T:
        return choices[self._rng.randrange(len(choices))]

    def _some(self, most: int) -> int:
        """Zero more often than not."""
        return max(0, self._rng.randrange(-most, most + 1))

    def _one_or_more(self, make: Callable[[], str]) -> str | list[str]:
        if self._likely(0.6):
            return make()
        return [make() for _ in range(self._rng.choice((1, 2, 2, 3)))]


def in_ascii(action: str) -> str:
    """The sign of Kelvin is in no action of a policy: what is near is the k that it looks like."""
    return action.replace("\u212a", "k")
