"""Random pairs of policies that are often nearly the same, and requests that could tell them apart."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

from ostiary.policy import (
    Layer,
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    decide,
    decide_trust,
)
from ostiary.policy.evaluation.decision import decide_assume
from policy.policy_callers import ACCOUNT, CALLERS, policy

Statement = dict[str, Any]

ACTIONS = ["*", "s3:*", "s3:Get*", "S3:getobject", "s3:PutObject", "sqs:*", "s3:?etObject", "s3:*Object"]
TRUST_ACTIONS = ["sts:*", "sts:AssumeRole", "sts:Assume*", "sts:TagSession"]
RESOURCES = [
    "*",
    "arn:aws:s3:::lake/*",
    "arn:aws:s3:::lake/x",
    "arn:aws:s3:::lake/?",
    "arn:aws:s3:*:*:lake/*",
    "arn:*:s3:::lake/x",
    "arn:aws:s3:::${t:name}/x",
    "arn:aws:s3:::lake/${t:name}",
    "arn:aws:s3:::lake/${t:name, 'x'}",
    "arn:aws:s3:::lake/${*}",
]
CONDITIONS: dict[str, list[tuple[str, list[str]]]] = {
    "t:team": [
        ("StringEquals", ["red"]),
        ("StringEquals", ["red", "blue"]),
        ("StringEquals", ["${t:name}"]),
        ("StringEqualsIfExists", ["red"]),
        ("StringNotEquals", ["red"]),
        ("StringNotEquals", ["red", "blue"]),
        ("StringNotEquals", ["${t:name}"]),
        ("StringLike", ["r*"]),
        ("StringLike", ["*"]),
        ("StringLike", ["r*", "${t:name}*"]),
        ("StringNotLike", ["r*"]),
        ("StringNotLike", ["${t:name}*", "r*"]),
        ("StringEqualsIgnoreCase", ["RED"]),
        ("StringNotEqualsIgnoreCase", ["Red", "\u017ftar"]),
        ("ForAllValues:StringEquals", ["red", "blue"]),
        ("ForAllValues:StringLike", ["*e*"]),
        ("ForAnyValue:StringEquals", ["red"]),
        ("ForAnyValue:StringEqualsIfExists", ["red"]),
        ("ForAnyValue:StringNotEquals", ["red"]),
        ("ForAllValues:StringNotLike", ["r*"]),
        ("Null", ["true"]),
        ("Null", ["false"]),
        ("Null", ["true", "false"]),
        ("Bool", ["true"]),
        ("ArnLike", ["arn:aws:iam::*:role/*"]),
        ("ArnNotLike", ["arn:aws:iam::*:role/a"]),
        ("StringEquals", ["arn:aws:iam::1:role/a"]),
        ("StringEquals", [""]),
    ],
    "t:age": [
        ("NumericLessThan", ["10"]),
        ("NumericLessThanEquals", ["10", "20"]),
        ("NumericGreaterThan", ["5"]),
        ("NumericEquals", ["7"]),
        ("NumericNotEquals", ["7"]),
        ("NumericLessThanIfExists", ["30"]),
        ("StringEquals", ["7", "007"]),
        ("ForAllValues:NumericLessThan", ["10"]),
    ],
    "t:ip": [
        ("IpAddress", ["203.0.113.0/24"]),
        ("IpAddress", ["203.0.113.0/25", "203.0.113.128/25"]),
        ("NotIpAddress", ["203.0.113.0/25"]),
        ("NotIpAddress", ["203.0.112.0/20", "2001:db8::/32"]),
        ("IpAddress", ["2001:db8:1::/48"]),
        ("Null", ["false"]),
    ],
}
VALUES = {
    "t:team": [
        "red",
        "blue",
        "RED",
        "rot",
        "",
        "*",
        "r",
        "x",
        "\u017ftar",
        "star",
        "arn:aws:iam::1:role/a",
        "true",
        "arn:aws:iam::1:role/a:x:role/a",
    ],
    "t:age": ["5", "7", "7.0", "007", "10", "15", "20", "old", "", "-1"],
    "t:ip": [
        "203.0.113.9",
        "203.0.113.200",
        "198.51.100.1",
        "2001:db8:1::1",
        "2001:db8:2::1",
        "::ffff:203.0.113.9",
        "?",
    ],
    "t:name": ["lake", "r", "red", "*", "x", "x/y:z", "", "arn:aws:iam::1:role/a"],
}
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": ACCOUNT},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:user/alice"},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ci/reader"},
    {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/alice"},
    {"AWS": ["999999999999", f"arn:aws:iam::{ACCOUNT}:user/alice"]},
    {"Service": "rolesanywhere.amazonaws.com"},
    {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com", "AWS": ACCOUNT},
]
ASKED_ACTIONS = ["s3:GetObject", "s3:PutObject", "S3:setobject", "sqs:SendMessage", "s3:", "x"]
ASKED_TRUST_ACTIONS = ["sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithWebIdentity", "s3:GetObject"]
ASKED_RESOURCES = [
    "arn:aws:s3:::lake/x",
    "arn:aws:s3:::lake/xy",
    "arn:aws:s3:::lake/*",
    "arn:aws:s3:::lake/",
    "arn:aws:s3:::lake/lake",
    "arn:aws:s3:eu:1:lake/x",
    "arn:cn:s3:::lake/x",
    "arn:aws:s3:::r/x",
    "arn:aws:s3:::x/y:z/x",
    "arn:aws:s3:::lake/x/y:z",
    "*",
    "",
]
ALLOW_ALL = policy([{"Effect": "Allow", "Action": "*", "Resource": "*"}])
_BESIDE: list[dict[str, Any]] = [
    {},
    {"identity": [ALLOW_ALL]},
    {"boundary": policy([{"Effect": "Allow", "Action": "none:None", "Resource": "*"}])},
    {"identity": [ALLOW_ALL], "session": []},
]
WITH_PRINCIPALS = (PolicyKind.RESOURCE, PolicyKind.TRUST)


def random_statement(rng: Random, kind: PolicyKind) -> Statement:
    trust = kind is PolicyKind.TRUST
    actions = rng.sample(TRUST_ACTIONS if trust else ACTIONS, rng.choice([1, 1, 2]))
    statement: Statement = {"Effect": rng.choice(["Allow", "Allow", "Deny"])}
    statement[rng.choice(["Action", "Action", "NotAction"])] = actions
    if not trust:
        statement[rng.choice(["Resource", "Resource", "NotResource"])] = rng.sample(RESOURCES, rng.choice([1, 1, 2]))
    if kind in WITH_PRINCIPALS:
        negated = statement["Effect"] == "Deny" and not trust and rng.random() < 0.3
        statement["NotPrincipal" if negated else "Principal"] = rng.choice(PRINCIPALS)
    if kind is PolicyKind.RESOURCE_CONTROL:
        statement["Principal"] = "*"
    for _ in range(rng.choice([0, 1, 1, 2])):
        add_condition(rng, statement)
    return statement


def add_condition(rng: Random, statement: Statement) -> None:
    key = rng.choice(list(CONDITIONS))
    operator, values = rng.choice(CONDITIONS[key])
    statement.setdefault("Condition", {}).setdefault(operator, {})[key] = values


def changed(rng: Random, statements: list[Statement], kind: PolicyKind) -> list[Statement]:
    """Another version of the statements: one or two things are different."""
    result = copy.deepcopy(statements)
    for _ in range(rng.choice([0, 1, 1, 2, 3])):
        statement = rng.choice(result)
        match rng.randrange(7):
            case 0:
                result.append(random_statement(rng, kind))
            case 1 if len(result) > 1:
                result.remove(statement)
            case 2:
                add_condition(rng, statement)
            case 3:
                statement.pop("Condition", None)
            case 4 if "Action" in statement:
                statement["Action"] = rng.choice(TRUST_ACTIONS if kind is PolicyKind.TRUST else ACTIONS)
            case 5 if "Resource" in statement:
                statement["Resource"] = rng.choice(RESOURCES)
            case 6 if "Principal" in statement and kind in WITH_PRINCIPALS:
                statement["Principal"] = rng.choice(PRINCIPALS)
    return result


def random_pair(rng: Random, kind: PolicyKind) -> tuple[Policy, Policy]:
    """The new policy and the existing one; one of them may be of the older version."""
    existing = [random_statement(rng, kind) for _ in range(rng.choice([1, 1, 2, 3]))]
    new = changed(rng, existing, kind)
    if rng.random() < 0.2:
        new = [random_statement(rng, kind) for _ in range(rng.choice([1, 2]))]
    versions = rng.choice([("2012-10-17", "2012-10-17")] * 5 + [("2008-10-17", "2012-10-17")])
    return policy(new, kind, version=versions[0]), policy(existing, kind, version=versions[1])


def random_request(rng: Random, kind: PolicyKind) -> Request:
    context: dict[str, Any] = {}
    for key, values in VALUES.items():
        if (draw := rng.random()) < 0.65:
            context[key] = rng.choice(values)
        elif draw < 0.8:
            context[key] = tuple(rng.choices(values, k=rng.randrange(4)))
    if kind is PolicyKind.TRUST:
        action, resource = rng.choice(ASKED_TRUST_ACTIONS), f"arn:aws:iam::{ACCOUNT}:role/x"
    else:
        action, resource = rng.choice(ASKED_ACTIONS), rng.choice(ASKED_RESOURCES)
    account = rng.choice([ACCOUNT, ACCOUNT, "999999999999"])
    return Request(rng.choice(_callers(kind)), action, resource, account, Request.context_of(context))


def _callers(kind: PolicyKind) -> list[Principal]:
    """Identity policies stand for no root user, who needs none."""
    return [one for one in CALLERS.values() if kind in WITH_PRINCIPALS or one.kind is not PrincipalKind.ROOT]


def allowed(request: Request, one: Policy) -> list[bool]:
    """Whether this policy grants the request, alone and beside several sets of others."""
    if one.kind is PolicyKind.TRUST:
        sets = [PolicySet(**rest) for rest in _BESIDE]
        return [
            decide_trust(request, one).allowed,
            *(decide_assume(request, one, rest).allowed for rest in sets),
        ]
    if one.kind is PolicyKind.RESOURCE:
        # Root users have neither boundary nor session policies.
        beside = _BESIDE[:2] if request.principal.kind is PrincipalKind.ROOT else _BESIDE
        answers = [decide(request, PolicySet(resource=one, **rest)) for rest in beside]
        # What identity policies allow by themselves is not granted by this one.
        return [answer.allowed and any(found.layer is Layer.RESOURCE for found in answer.matched) for answer in answers]
    return [decide(request, _alone(one)).allowed]


def _alone(one: Policy) -> PolicySet:
    match one.kind:
        case PolicyKind.SERVICE_CONTROL:
            return PolicySet(identity=[ALLOW_ALL], service_controls=[[one]])
        case PolicyKind.RESOURCE_CONTROL:
            return PolicySet(identity=[ALLOW_ALL], resource_controls=[[one]])
        case PolicyKind.BOUNDARY:
            return PolicySet(identity=[ALLOW_ALL], boundary=one)
        case PolicyKind.SESSION:
            return PolicySet(identity=[ALLOW_ALL], session=[one])
        case _:
            return PolicySet(identity=[one])


def shown(new: Policy, existing: Policy, request: Request) -> str:
    return f"{json.dumps(json.loads(new.text))}\n{json.dumps(json.loads(existing.text))}\n{request}"
