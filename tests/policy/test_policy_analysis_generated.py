"""Is a comparison of policies that passes right for every generated request?"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from ostiary.policy import Policy, PolicyKind, PolicySet, PrincipalKind, Request, decide, decide_trust
from ostiary.policy.analysis.comparison import check_no_new_access
from policy.reference.comparing import compiled
from policy.reference.evaluation import Document, World
from policy.reference.generation import generated

_SEEDS = range(400)


def _policies(world: World) -> list[tuple[PolicyKind, Document]]:
    trust = [] if world.trust is None else [(PolicyKind.TRUST, world.trust)]
    return [*trust, *((PolicyKind.IDENTITY, one) for one in world.identity)]


def _changed(rng: Random, document: Document, kind: PolicyKind) -> Document:
    """The policy with one of its statements a little wider, narrower, or gone."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    listed = changed["Statement"]
    changed["Statement"] = statements = [listed] if isinstance(listed, dict) else listed
    statement = rng.choice(statements)
    match rng.randrange(5):
        case 0 if len(statements) > 1:
            statements.remove(statement)
        case 1:
            statement["Effect"] = "Deny" if statement["Effect"] == "Allow" else "Allow"
        case 2 if "Resource" in statement:
            statement["Resource"] = "*"
        case 3 if "Action" in statement:
            statement["Action"] = "sts:AssumeRole" if kind is PolicyKind.TRUST else "s3:GetObject"
        case _:
            statement.pop("Condition", None)
    return changed


def _allows(policy: Policy, request: Request) -> bool:
    if policy.kind is PolicyKind.TRUST:
        return decide_trust(request, policy).allowed
    return decide(request, PolicySet(identity=[policy])).allowed


def test_no_request_has_new_access_where_none_was_found() -> None:
    passed = refused = 0
    for seed in _SEEDS:
        rng = Random(seed)
        world, requests = generated(seed)
        for other in range(3):
            requests += generated(rng.randrange(10_000) + other)[1]
        # The root user has full access without any policy.
        asked = [one for one in requests if one.principal.kind is not PrincipalKind.ROOT]
        for kind, document in _policies(world):
            pair = compiled(document, kind), compiled(_changed(rng, document, kind), kind)
            for new, existing in (pair, pair[::-1]):
                gained = [one for one in asked if _allows(new, one) and not _allows(existing, one)]
                if check_no_new_access(new, existing).passed:
                    passed += 1
                    assert gained == []
                refused += bool(gained)
    assert passed > 200
    assert refused > 50
