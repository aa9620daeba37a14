"""What does a decision tell besides yes and no, and does listening to it change anything?"""

from __future__ import annotations

from typing import Any

import pytest

from ostiary.policy import (
    Effect,
    Layer,
    Miss,
    PolicyError,
    PolicyGroup,
    PolicyKind,
    PolicySet,
    Trace,
    decide,
    decide_assume,
    decide_many,
    decide_trust,
)
from policy.policy_callers import policy, request

ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
EVERYONE = ALLOW | {"Principal": "*"}


def test_a_trace_says_by_which_element_a_statement_missed() -> None:
    policies = PolicySet(
        identity=[
            policy(
                [
                    ALLOW | {"Sid": "Other", "Action": "sqs:*"},
                    ALLOW | {"Resource": "arn:aws:s3:::red/*"},
                    ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": "true"}, "Null": {"t:Key": "true"}}},
                    ALLOW,
                ]
            )
        ],
        resource=policy([EVERYONE | {"Principal": {"AWS": "999999999999"}}], PolicyKind.RESOURCE),
    )
    trace = Trace()
    decision = decide(request(context={"t:key": "x", "aws:SecureTransport": "true"}), policies, trace=trace)
    told = [(entry.layer, entry.index, entry.missed) for entry in trace.entries]
    assert told == [
        (Layer.RESOURCE, 0, Miss.PRINCIPAL),
        (Layer.IDENTITY, 1, Miss.RESOURCE),
        (Layer.IDENTITY, 2, Miss.CONDITION),
        (Layer.IDENTITY, 3, None),
        (Layer.IDENTITY, 0, Miss.ACTION),
    ]
    assert trace.entries[-1].sid == "Other"
    failed = trace.entries[2].condition
    assert failed is not None
    assert (failed.name, failed.written_key, failed.values) == ("Null", "t:Key", ("true",))
    assert decision == decide(request(context={"t:key": "x", "aws:SecureTransport": "true"}), policies)


def test_a_trace_listens_to_trust_decisions_too() -> None:
    trust = policy([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}], PolicyKind.TRUST)
    asked = request(action="sts:AssumeRole")
    alone, together = Trace(), Trace()
    decide_trust(asked, trust, trace=alone)
    decide_assume(asked, trust, PolicySet(), trace=together)
    for trace in (alone, together):
        assert [(entry.layer, entry.missed) for entry in trace.entries] == [(Layer.TRUST, None)]


@pytest.mark.parametrize(
    ("policies", "caller", "silent"),
    [
        (PolicySet(identity=[policy(ALLOW)]), "user", ()),
        (PolicySet(), "user", (Layer.IDENTITY,)),
        (PolicySet(), "root", ()),
        (PolicySet(), "anonymous", (Layer.RESOURCE,)),
        (PolicySet(identity=[policy(ALLOW)]), "stranger", (Layer.RESOURCE,)),
        (
            PolicySet(boundary=policy(ALLOW | {"Action": "sqs:*"}, PolicyKind.BOUNDARY), session=()),
            "user",
            (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION),
        ),
        (
            PolicySet(identity=[policy(ALLOW)], service_controls=[[]], resource_controls=[[]]),
            "user",
            (Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL),
        ),
        # Named by the resource, the user needs nothing else: the layer that is silent did not have to speak.
        (
            PolicySet(
                resource=policy(
                    EVERYONE | {"Principal": {"AWS": "arn:aws:iam::123456789012:user/alice"}}, PolicyKind.RESOURCE
                )
            ),
            "user",
            (Layer.IDENTITY,),
        ),
    ],
)
def test_a_decision_names_the_layers_that_were_silent(
    policies: PolicySet, caller: str, silent: tuple[Layer, ...]
) -> None:
    assert decide(request(caller), policies).silent == silent


def test_a_decision_names_every_key_that_was_missing_where_action_and_resource_matched() -> None:
    conditions = {
        "StringEquals": {"t:Absent": "x", "t:there": "${aws:PrincipalTag/Team}"},
        "Bool": {"t:AlsoAbsent": "true"},
    }
    policies = PolicySet(
        identity=[
            policy(
                [
                    ALLOW | {"Condition": conditions},
                    ALLOW | {"Resource": "arn:aws:s3:::lake/${aws:username}"},
                    ALLOW | {"Action": "sqs:*", "Condition": {"Null": {"t:other-action": "true"}}},
                    ALLOW | {"Resource": "arn:aws:s3:::red", "Condition": {"Null": {"t:other-resource": "true"}}},
                ]
            )
        ]
    )
    decision = decide(request(context={"t:there": "x"}), policies)
    assert sorted(decision.missing_keys) == ["aws:principaltag/team", "aws:username", "t:absent", "t:alsoabsent"]
    assert decision.effect is Effect.DENY
    assert not decision.explicit


def test_an_explicit_deny_is_told_from_a_missing_allow() -> None:
    denied = decide(request(), PolicySet(identity=[policy([ALLOW, ALLOW | {"Effect": "Deny"}])]))
    assert (denied.effect, denied.explicit) == (Effect.DENY, True)
    allowed = decide(request(), PolicySet(identity=[policy(ALLOW)]))
    assert (allowed.effect, allowed.explicit) == (Effect.ALLOW, False)


def test_many_questions_are_answered_in_their_order() -> None:
    policies = PolicySet(identity=[policy(ALLOW)])
    answers = decide_many([request(), request(action="sqs:SendMessage"), request()], policies)
    assert [one.allowed for one in answers] == [True, False, True]


def test_a_group_answers_like_its_policies_one_after_the_other() -> None:
    group = PolicyGroup([policy(ALLOW, policy_id="a"), policy(ALLOW | {"Action": "s3:GetObject"}, policy_id="b")])
    assert PolicyGroup.of(group) is group
    assert [one.policy_id for one in group] == ["a", "b"]
    assert [one.policy_id for one in group[:1]] == ["a"]
    matched = decide(request(), PolicySet(identity=group)).matched
    assert [one.policy_id for one in matched] == ["a", "b"]


def test_the_other_sides_policies_replace_those_of_the_set_alone() -> None:
    own = PolicySet(identity=[policy(ALLOW)])
    deny = policy(EVERYONE | {"Effect": "Deny"}, PolicyKind.RESOURCE)
    assert not decide(request(), own.with_resource(deny)).allowed
    assert not decide(request(), own.with_resource(None, [[]])).allowed
    assert not decide(request(), own.with_session([])).allowed
    assert decide(request(), own).allowed


@pytest.mark.parametrize("place", ["identity", "resource", "boundary", "session", "service_controls"])
def test_a_policy_of_another_kind_is_refused_in_each_place(place: str) -> None:
    wrong = policy([{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}], PolicyKind.TRUST)
    given: Any = {"identity": [wrong], "session": [wrong], "service_controls": [[wrong]]}.get(place, wrong)
    with pytest.raises(ValueError, match="the trust policy `p` stands where"):
        PolicySet(**{place: given})


@pytest.mark.parametrize("principal", [None, {"AWS": "*"}, {"AWS": "123456789012"}])
def test_a_resource_control_policy_speaks_of_everyone(principal: object) -> None:
    statement = ALLOW | {"Effect": "Deny"} | ({} if principal is None else {"Principal": principal})
    with pytest.raises(PolicyError, match="must be `\\*` in a resource control policy"):
        policy(statement, PolicyKind.RESOURCE_CONTROL)
