"""Three engines decide the same questions in one process: Ostiary's policy room, cedarpy, pycasbin. Prints JSON.

An account has SIZE policies of 5 statements, 10 of them attached to each role. One role asks. Every engine gets its
rules parsed beforehand and its questions prepared; all must give the same answers, or nothing is printed.
Arguments: rounds. Runs in the peers' interpreter with `src` on its path: the policy room needs nothing else.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from statistics import median

import casbin
import cedarpy

from ostiary.policy import Policy, PolicySet, Principal, PrincipalKind, Request, decide, parse_policy
from ostiary.policy.language.elements import parse_resources
from ostiary.policy.language.scope import Scope
from ostiary.policy.model import Effect

ACCOUNT = "123456789012"
ATTACHED, STATEMENTS = 10, 5
SIZES = (10, 100, 1_000, 10_000)
_CASBIN_UP_TO = 1_000
_BUDGET_SECONDS = 0.4
_AT_LEAST = 10
_GROWTH_ROUNDS = 3
_MODEL = """
[request_definition]
r = role, team, act, name, tag, sealed
[policy_definition]
p = role, act, name, tagged, sealed, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = r.role == p.role && r.act == p.act && keyMatch(r.name, p.name) && \
(p.tagged == "no" || r.team == r.tag) && (p.sealed == "any" || r.sealed == p.sealed)
"""


@dataclass(frozen=True, slots=True)
class Rule:
    role: str
    action: str
    prefix: str
    same_team: bool
    deny: bool


@dataclass(frozen=True, slots=True)
class Question:
    action: str
    resource: str
    tag: str
    sealed: str


@dataclass(frozen=True, slots=True)
class Engine:
    """`ask` answers one question; `questions` are prepared in the engine's own form."""

    ask: Callable[[object], bool]
    questions: Sequence[object]

    def micros(self) -> float:
        """Mean CPU time of a decision over the questions in turn, within a budget."""
        gc.collect()
        for question in self.questions[:_AT_LEAST]:
            self.ask(question)
        count, began = 0, time.process_time()
        for question in cycle(self.questions):
            self.ask(question)
            count += 1
            if count % _AT_LEAST == 0 and time.process_time() - began > _BUDGET_SECONDS:
                break
        return (time.process_time() - began) / count * 1e6


def rules_of(role: int) -> list[list[Rule]]:
    """10 policies of 5 statements; the last statement of all is a Deny."""
    return [
        [
            Rule(
                role=f"role{role}",
                action="app:Read0" if statement == 0 else f"app:Read{policy}-{statement}",
                prefix=f"arn:aws:app:eu:{ACCOUNT}:thing/{role}/{policy}/",
                same_team=statement % 2 == 0,
                deny=(policy, statement) == (ATTACHED - 1, STATEMENTS - 1),
            )
            for statement in range(STATEMENTS)
        ]
        for policy in range(ATTACHED)
    ]


def questions() -> list[Question]:
    found = []
    for policy in range(ATTACHED):
        for statement in range(STATEMENTS):
            action = "app:Read0" if statement == 0 else f"app:Read{policy}-{statement}"
            for tag, sealed in (("blue", "no"), ("red", "no"), ("blue", "yes")):
                found.append(Question(action, f"arn:aws:app:eu:{ACCOUNT}:thing/0/{policy}/x", tag, sealed))
    return found


def ostiary_engine(roles: int) -> Engine:
    account = {f"role{role}": PolicySet(identity=[_iam_policy(one) for one in rules_of(role)]) for role in range(roles)}
    caller = Principal(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/role0/s",
        ACCOUNT,
        PrincipalKind.ROLE_SESSION,
        f"arn:aws:iam::{ACCOUNT}:role/role0",
    )
    asked = [
        Request(
            caller,
            one.action,
            one.resource,
            ACCOUNT,
            {"aws:PrincipalTag/team": "blue", "aws:ResourceTag/team": one.tag, "aws:ResourceTag/sealed": one.sealed},
        )
        for one in questions()
    ]

    def ask(request: object) -> bool:
        assert isinstance(request, Request)
        return decide(request, account["role0"]).allowed

    return Engine(ask, asked)


def _iam_policy(rules: Sequence[Rule]) -> Policy:
    statements = []
    for rule in rules:
        condition = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}} if rule.same_team else {}
        if rule.deny:
            condition = {"StringEquals": {"aws:ResourceTag/sealed": "yes"}}
        statements.append(
            {
                "Effect": "Deny" if rule.deny else "Allow",
                "Action": rule.action,
                "Resource": f"{rule.prefix}*",
                "Condition": condition,
            }
        )
    return parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}), policy_id=rules[0].prefix)


def cedar_engine(roles: int) -> Engine:
    rules = [rule for role in range(roles) for policy in rules_of(role) for rule in policy]
    policies = cedarpy.PolicySet.from_str("\n".join(map(_cedar_policy, rules)))
    entities = [{"uid": {"type": "Role", "id": "role0"}, "attrs": {"team": "blue"}, "parents": []}]
    asked = []
    for number, one in enumerate(questions()):
        attributes = {"name": one.resource, "team": one.tag, "sealed": one.sealed}
        entities.append({"uid": {"type": "Thing", "id": str(number)}, "attrs": attributes, "parents": []})
        asked.append(
            {
                "principal": 'Role::"role0"',
                "action": f'Action::"{one.action}"',
                "resource": f'Thing::"{number}"',
                "context": {},
            }
        )
    known = cedarpy.Entities.from_json_str(json.dumps(entities))
    return Engine(lambda request: cedarpy.is_authorized(request, policies, known).allowed, asked)


def _cedar_policy(rule: Rule) -> str:
    test = f'resource.name like "{rule.prefix}*"'
    if rule.deny:
        test += ' && resource.sealed == "yes"'
    elif rule.same_team:
        test += " && resource.team == principal.team"
    effect = "forbid" if rule.deny else "permit"
    return f'{effect}(principal == Role::"{rule.role}", action == Action::"{rule.action}", resource) when {{ {test} }};'


def casbin_engine(roles: int) -> Engine:
    model = casbin.Model()
    model.load_model_from_text(_MODEL)
    enforcer = casbin.Enforcer(model)
    for role in range(roles):
        for policy in rules_of(role):
            for rule in policy:
                enforcer.add_policy(
                    rule.role,
                    rule.action,
                    f"{rule.prefix}*",
                    "yes" if rule.same_team and not rule.deny else "no",
                    "yes" if rule.deny else "any",
                    "deny" if rule.deny else "allow",
                )
    asked = [("role0", "blue", one.action, one.resource, one.tag, one.sealed) for one in questions()]

    def ask(request: object) -> bool:
        assert isinstance(request, tuple)
        return bool(enforcer.enforce(*request))

    return Engine(ask, asked)


ENGINES = {"Ostiary": ostiary_engine, "cedarpy": cedar_engine, "pycasbin": casbin_engine}


def check_agreement() -> int:
    """The number of questions; ends the program when two engines disagree."""
    made = {name: make(roles=1) for name, make in ENGINES.items()}
    answers = {name: [engine.ask(one) for one in engine.questions] for name, engine in made.items()}
    ours = answers["Ostiary"]
    if any(theirs != ours for theirs in answers.values()) or len(set(ours)) == 1:
        raise SystemExit("the engines do not agree about the questions")
    return len(ours)


def speed(rounds: int) -> dict[str, list[float]]:
    """Microseconds of a decision with 10 policies, in turn."""
    made = {name: make(roles=1) for name, make in ENGINES.items()}
    found: dict[str, list[float]] = {name: [] for name in made}
    for _round in range(rounds):
        for name, engine in made.items():
            found[name].append(engine.micros())
    return found


def growth() -> dict[str, dict[int, float]]:
    """Microseconds of a decision by the number of policies in the account."""
    found: dict[str, dict[int, float]] = {name: {} for name in ENGINES}
    for size in SIZES:
        for name, make in ENGINES.items():
            if name != "pycasbin" or size <= _CASBIN_UP_TO:
                engine = make(size // ATTACHED)
                found[name][size] = median(engine.micros() for _round in range(_GROWTH_ROUNDS))
    return found


def hostile() -> list[tuple[str, int, int, float]]:
    """Microseconds to try a pattern that makes backtracking matchers explode, by its length and the text's."""
    found = []
    for title, repeated in (("`*a` again and again, then `b*`", "*a"), ("`*?a` again and again, then `b*`", "*?a")):
        for times, length in ((20, 1_000), (40, 1_000), (40, 2_000), (400, 2_000)):
            pattern = f"arn:aws:s3:::{repeated * times}b*"
            text = f"arn:aws:s3:::{'a' * length}"
            found.append((title, len(pattern), len(text), _match_micros(pattern, text)))
    return found


def _match_micros(pattern: str, text: str) -> float:
    resources = parse_resources(pattern, "Resource", negated=False, variables=True, effect=Effect.ALLOW)
    caller = Principal(f"arn:aws:iam::{ACCOUNT}:user/u", ACCOUNT, PrincipalKind.USER)
    scope = Scope(Request(caller, "s3:GetObject", text, ACCOUNT, {}), has_boundary=False)
    return Engine(lambda _question: resources.match(scope), [None] * 20).micros()


if __name__ == "__main__":
    agreed = check_agreement()
    print(json.dumps({"questions": agreed, "speed": speed(int(sys.argv[1])), "growth": growth(), "hostile": hostile()}))
