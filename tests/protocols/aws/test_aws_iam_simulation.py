"""What would be decided? IAM's simulator on the wire, asked with boto3, and held against what really happens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.domain.access.model import ControlKind, ControlPolicy, UserPolicy
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.model import IamUser
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, allow, policy, role_arn, trusts
from parts.secrets_world import SecretsWorld
from parts.simulator import READ, deny, only, refusal

SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/key-AbCdEf"
TRUST = policy(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ["sts:AssumeRole", "sts:TagSession"]))
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretsWorld]:
    """One for all: the questions change nothing, and each test puts the role that it asks about."""
    made = SecretsWorld(tmp_path_factory.mktemp("simulation"))
    now = made.clock.now()
    expires = now + timedelta(days=30)
    made.database.write(
        lambda tx: tx.credentials.put_iam_user(IamUser("bob", ACCOUNT, "o", "r", expires, now, "AIDABOB"))
    )
    made.database.write(
        lambda tx: tx.access.put_user_policy(UserPolicy(ACCOUNT, "bob", "reads", policy(allow(READ, SECRET))))
    )
    made.reload()
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def iam(world: SecretsWorld) -> Any:
    return world.client("iam", world.admin)


def put_role(world: SecretsWorld, *statements: dict[str, Any], **more: Any) -> str:
    world.put_role("app", trust=TRUST, policies={"own": policy(*statements)}, **more)
    world.reload()
    return role_arn("app")


# --- a principal ------------------------------------------------------------------------------------------------------


def test_a_role_is_simulated_with_the_policies_that_it_has(world: SecretsWorld, iam: Any) -> None:
    source = put_role(world, allow(READ, SECRET))
    result = only(iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=[READ], ResourceArns=[SECRET]))
    assert result["EvalDecision"] == "allowed"
    assert result["EvalActionName"] == READ
    (matched,) = result["MatchedStatements"]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("own", "role")
    text = policy(allow(READ, SECRET))
    start, end = matched["StartPosition"], matched["EndPosition"]
    assert (start["Line"], end["Line"]) == (1, 1)
    assert json.loads(text[start["Column"] - 1 : end["Column"] - 1]) == allow(READ, SECRET)
    (specific,) = result["ResourceSpecificResults"]
    assert (specific["EvalResourceName"], specific["EvalResourceDecision"]) == (SECRET, "allowed")
    assert result["EvalDecisionDetails"] == {}


def test_without_resources_everything_is_asked_about(world: SecretsWorld, iam: Any) -> None:
    source = put_role(world, allow(READ, SECRET), allow("iam:ListRoles"))
    answer = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=["iam:ListRoles", READ])
    listed, read = answer["EvaluationResults"]
    assert (listed["EvalDecision"], listed["EvalResourceName"]) == ("allowed", "*")
    assert read["EvalDecision"] == "implicitDeny"
    assert "ResourceSpecificResults" not in listed
    assert "EvalDecisionDetails" not in listed


def test_a_user_is_simulated_too(iam: Any) -> None:
    result = only(iam.simulate_principal_policy(PolicySourceArn=BOB, ActionNames=[READ], ResourceArns=[SECRET]))
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "user"


def test_one_action_is_as_restricted_as_its_most_restricted_resource(world: SecretsWorld, iam: Any) -> None:
    other = SECRET.replace("shop", "bank")
    source = put_role(world, allow(READ, SECRET), deny(READ, other))
    result = only(
        iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=[READ], ResourceArns=[SECRET, other])
    )
    assert result["EvalDecision"] == "explicitDeny"
    assert len(result["MatchedStatements"]) == 1
    assert [one["EvalResourceDecision"] for one in result["ResourceSpecificResults"]] == ["allowed", "explicitDeny"]


def test_given_policies_are_added_to_those_of_the_principal(world: SecretsWorld, iam: Any) -> None:
    source = put_role(world, allow("iam:ListRoles"))
    question = {"PolicySourceArn": source, "ActionNames": [READ], "ResourceArns": [SECRET]}
    assert only(iam.simulate_principal_policy(**question))["EvalDecision"] == "implicitDeny"
    result = only(iam.simulate_principal_policy(**question, PolicyInputList=[policy(allow(READ))]))
    assert result["EvalDecision"] == "allowed"
    matched = result["MatchedStatements"][0]
    assert (matched["SourcePolicyId"], matched["SourcePolicyType"]) == ("PolicyInputList.1", "none")


def test_a_given_boundary_takes_the_place_of_the_one_that_is_attached(world: SecretsWorld, iam: Any) -> None:
    source = put_role(world, allow(READ), permissions_boundary=policy(allow("iam:*")))
    question = {"PolicySourceArn": source, "ActionNames": [READ], "ResourceArns": [SECRET]}
    result = only(iam.simulate_principal_policy(**question))
    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    wider = [policy(allow("secretsmanager:*"))]
    result = only(iam.simulate_principal_policy(**question, PermissionsBoundaryPolicyInputList=wider))
    assert result["EvalDecision"] == "allowed"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
    removed = [{"PolicyType": "permission-boundary"}]
    result = only(iam.simulate_principal_policy(**question, PolicyExclusionList=removed))
    assert result["EvalDecision"] == "allowed"
    assert "PermissionsBoundaryDecisionDetail" not in result
    with pytest.raises(ClientError) as error:
        iam.simulate_principal_policy(**question, PermissionsBoundaryPolicyInputList=wider * 2)
    assert refusal(error)[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("exclusion", "decision"),
    [
        ({"PolicyType": "inline"}, "implicitDeny"),
        ({"PolicyType": "scp"}, "allowed"),
        ({"PolicyType": "rcp"}, "allowed"),
        ({"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/own"}, "allowed"),
        (
            {"InlinePolicyIdentifier": {"PolicyName": "own", "AttachmentType": "role", "AttachmentName": "app"}},
            "implicitDeny",
        ),
        (
            {"InlinePolicyIdentifier": {"PolicyName": "own", "AttachmentType": "role", "AttachmentName": "apps"}},
            "allowed",
        ),
        (
            {"InlinePolicyIdentifier": {"PolicyName": "own", "AttachmentType": "user", "AttachmentName": "app"}},
            "allowed",
        ),
        (
            {"InlinePolicyIdentifier": {"PolicyName": "other", "AttachmentType": "role", "AttachmentName": "app"}},
            "allowed",
        ),
    ],
)
def test_policies_can_be_left_out(world: SecretsWorld, iam: Any, exclusion: Any, decision: str) -> None:
    source = put_role(world, allow(READ))
    result = only(
        iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=[READ], PolicyExclusionList=[exclusion])
    )
    assert result["EvalDecision"] == decision


def test_what_the_server_knows_of_the_principal_is_filled_in(world: SecretsWorld, iam: Any) -> None:
    own = "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*"
    source = put_role(world, allow(READ, own), tags={"Team": "shop"})
    question = {"PolicySourceArn": source, "ActionNames": [READ], "ResourceArns": [SECRET]}
    assert only(iam.simulate_principal_policy(**question))["EvalDecision"] == "allowed"
    made_up = [{"ContextKeyName": "aws:PrincipalTag/TEAM", "ContextKeyValues": ["bank"], "ContextKeyType": "string"}]
    assert only(iam.simulate_principal_policy(**question, ContextEntries=made_up))["EvalDecision"] == "implicitDeny"


def test_what_only_a_request_has_is_missing_until_it_is_given(world: SecretsWorld, iam: Any) -> None:
    office = {"IpAddress": {"aws:sourceip": "192.0.2.0/24"}, "Bool": {"aws:MultiFactorAuthPresent": "true"}}
    source = put_role(world, allow(READ, Condition=office))
    question = {"PolicySourceArn": source, "ActionNames": [READ], "ResourceArns": [SECRET]}
    result = only(iam.simulate_principal_policy(**question))
    assert result["EvalDecision"] == "implicitDeny"
    assert sorted(result["MissingContextValues"]) == ["aws:MultiFactorAuthPresent", "aws:SourceIp"]
    assert result["ResourceSpecificResults"][0]["MissingContextValues"] == result["MissingContextValues"]
    entries = [
        {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["192.0.2.9"], "ContextKeyType": "ip"},
        {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
    ]
    result = only(iam.simulate_principal_policy(**question, ContextEntries=entries))
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", [])


def test_another_caller_may_be_simulated_as_if_she_had_the_policies(world: SecretsWorld, iam: Any) -> None:
    source = put_role(world, allow(READ, Condition={"StringEquals": {"aws:username": "ana"}}))
    question = {"PolicySourceArn": source, "ActionNames": [READ], "ResourceArns": [SECRET]}
    ana = f"arn:aws:iam::{ACCOUNT}:user/people/ana"
    assert only(iam.simulate_principal_policy(**question, CallerArn=ana))["EvalDecision"] == "allowed"
    assert only(iam.simulate_principal_policy(**question, CallerArn=BOB))["EvalDecision"] == "implicitDeny"


def test_a_resource_of_another_account_needs_both_sides(iam: Any) -> None:
    theirs = SECRET.replace(ACCOUNT, OTHER_ACCOUNT)
    question = {"PolicySourceArn": BOB, "ActionNames": [READ], "PolicyInputList": [policy(allow(READ))]}
    result = only(iam.simulate_principal_policy(**question, ResourceArns=[theirs]))
    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "implicitDeny"}
    shared = policy(allow(READ, Principal={"AWS": BOB}))
    result = only(iam.simulate_principal_policy(**question, ResourceArns=[theirs], ResourcePolicy=shared))
    assert result["EvalDecision"] == "allowed"
    assert {one["SourcePolicyType"] for one in result["MatchedStatements"]} == {"none", "resource"}
    owned = only(
        iam.simulate_principal_policy(
            **question,
            ResourceArns=["arn:aws:s3:::bucket"],
            ResourceOwner=OTHER_ACCOUNT,
            ResourcePolicy=policy(deny("*", Principal="*")),
        )
    )
    assert owned["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "explicitDeny"}
    assert owned["EvalDecision"] == "explicitDeny"


def test_guardrails_that_are_in_force_are_simulated(tmp_path: Path) -> None:
    world = SecretsWorld(tmp_path)
    source = put_role(world, allow(READ))
    question = {"PolicySourceArn": source, "ActionNames": [READ], "ResourceArns": [SECRET]}

    def simulated(kind: ControlKind, document: str, **more: Any) -> Any:
        control = ControlPolicy(kind, "guard", document, ("root",))
        world.database.write(lambda tx: tx.access.put_control_policy(control))
        world.reload()
        return only(world.client("iam", world.admin).simulate_principal_policy(**question, **more))

    try:
        limited = simulated(ControlKind.SERVICE, policy(allow("iam:*")))
        assert limited["EvalDecision"] == "implicitDeny"
        assert limited["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
        assert "EvalDecisionDetails" not in limited
        without = simulated(ControlKind.SERVICE, policy(allow("iam:*")), PolicyExclusionList=[{"PolicyType": "scp"}])
        assert without["EvalDecision"] == "allowed"
        assert "OrganizationsDecisionDetail" not in without
        simulated(ControlKind.SERVICE, policy(allow("*")))
        denied = simulated(ControlKind.RESOURCE, policy(allow("*", Principal="*"), deny(READ, Principal="*")))
        assert denied["EvalDecision"] == "explicitDeny"
        assert denied["MatchedStatements"] == []
        assert denied["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    finally:
        world.database.close()


def test_whoever_may_not_ask_about_a_principal_learns_nothing(world: SecretsWorld) -> None:
    asker = world.client("iam", world.session(allow("iam:Simulate*", BOB), allow("iam:GetContextKeys*", BOB)))
    asker.simulate_principal_policy(PolicySourceArn=BOB, ActionNames=[READ])
    asker.get_context_keys_for_principal_policy(PolicySourceArn=BOB)
    for name in role_arn("deploy"), role_arn("nobody"), f"arn:aws:iam::{OTHER_ACCOUNT}:user/bob":
        for ask in asker.get_context_keys_for_principal_policy, asker.simulate_principal_policy:
            more = {} if ask == asker.get_context_keys_for_principal_policy else {"ActionNames": [READ]}
            with pytest.raises(ClientError) as error:
                ask(PolicySourceArn=name, **more)
            assert refusal(error)[0] == "AccessDenied"
    granted, *denied = world.events("SimulatePrincipalPolicy")[-4:]
    assert (granted.resources, granted.outcome) == ([BOB], Outcome.SUCCESS)
    assert {one.outcome for one in denied} == {Outcome.DENIED}


def test_a_principal_of_another_account_is_not_simulated_for_anybody(iam: Any) -> None:
    with pytest.raises(ClientError) as error:
        iam.simulate_principal_policy(PolicySourceArn=role_arn("deploy", OTHER_ACCOUNT), ActionNames=[READ])
    assert refusal(error)[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (role_arn("nobody"), "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:user/nobody", "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:group/developers", "InvalidInput"),
        (f"arn:aws:iam::{ACCOUNT}:root", "InvalidInput"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci", "InvalidInput"),
        ("arn:aws:identitystore:::user/018f-ana", "InvalidInput"),
        ("nonsense-of-twenty-characters", "InvalidInput"),
    ],
)
def test_a_source_that_is_no_user_or_role_is_refused(iam: Any, source: str, code: str) -> None:
    with pytest.raises(ClientError) as error:
        iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=[READ])
    assert refusal(error)[0] == code


def test_a_role_with_a_broken_policy_cannot_be_evaluated(world: SecretsWorld, iam: Any) -> None:
    world.put_role("broken", trust=TRUST, policies={"p": "{}"})
    world.reload()
    with pytest.raises(ClientError) as error:
        iam.simulate_principal_policy(PolicySourceArn=role_arn("broken"), ActionNames=[READ])
    assert refusal(error)[0] == "PolicyEvaluation"


# --- and what really happens ------------------------------------------------------------------------------------------

STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, resource, condition: {
            "Effect": effect,
            "Action": action,
            "Resource": resource,
            **({"Condition": condition} if condition else {}),
        },
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["*", READ, "secretsmanager:Get*", "iam:*"]),
        st.sampled_from(["*", "arn:aws:secretsmanager:*:*:secret:shop/*", "arn:aws:secretsmanager:*:*:secret:bank/*"]),
        st.sampled_from(
            [
                None,
                {"StringEquals": {"aws:PrincipalTag/team": "shop"}},
                {"StringNotEquals": {"aws:PrincipalTag/team": "shop"}},
                {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
                {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
                {"Null": {"aws:SourceIp": "true"}},
                {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/a*"}},
            ]
        ),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=30, deadline=None)
@given(STATEMENTS, st.sampled_from(["shop", "bank"]), STATEMENTS | st.none())
def test_a_simulation_says_what_happens_when_it_is_done(
    world: SecretsWorld, iam: Any, statements: list[Any], team: str, boundary: list[Any] | None
) -> None:
    try:
        secret = world.secrets().describe_secret(SecretId="shop/key")["ARN"]
    except ClientError:
        tags = [{"Key": "team", "Value": "shop"}]
        secret = world.secrets().create_secret(Name="shop/key", SecretString="s", Tags=tags)["ARN"]
    source = put_role(
        world, *statements, tags={"team": team}, permissions_boundary=policy(*boundary) if boundary else ""
    )
    entries = [
        {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["192.0.2.7"], "ContextKeyType": "ip"},
        {"ContextKeyName": "aws:ResourceTag/team", "ContextKeyValues": ["shop"], "ContextKeyType": "string"},
    ]
    result = only(
        iam.simulate_principal_policy(
            PolicySourceArn=source, ActionNames=[READ], ResourceArns=[secret], ContextEntries=entries
        )
    )
    assert result["MissingContextValues"] == []
    answer = world.client("sts", world.admin).assume_role(RoleArn=source, RoleSessionName="worker")["Credentials"]
    client = world.client(
        "secretsmanager",
        {
            "aws_access_key_id": answer["AccessKeyId"],
            "aws_secret_access_key": answer["SecretAccessKey"],
            "aws_session_token": answer["SessionToken"],
        },
    )
    try:
        client.get_secret_value(SecretId=secret)
        happened = "allowed"
    except ClientError as error:
        message = error.response["Error"]["Message"]
        happened = "explicitDeny" if "explicit deny" in message else "implicitDeny"
    assert result["EvalDecision"] == happened
