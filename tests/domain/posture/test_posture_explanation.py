"""Why may somebody do something, or not? What is told agrees with what happens when it is tried."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.domain.access.builtin import root_arn
from ostiary.domain.access.errors import InvalidSimulation, UnknownPrincipal
from ostiary.domain.access.index import reserved_name
from ostiary.domain.access.model import Assignment, ControlKind, ControlPolicy, PermissionSet
from ostiary.domain.access.standing import Standings
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.directory.model import AttributeDefinition, AttributeType, Directory, Group, Person, PersonStatus
from ostiary.domain.posture.explanation import Explanation, Explanations, Question, Reason
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.policy import ContextValue, Layer, Miss
from ostiary.policy.reach.answer import Verdict
from parts.aws_world import ACCOUNT, allow, policy, role_arn, trusts
from parts.secrets_world import SecretsWorld

READ = "secretsmanager:GetSecretValue"
TRUST = policy(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, ["sts:AssumeRole", "sts:TagSession"]))
OWN_TEAM = {"StringEquals": {"secretsmanager:ResourceTag/team": "${aws:PrincipalTag/team}"}}
NOTHING: Mapping[str, ContextValue] = {}


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretsWorld]:
    made = SecretsWorld(tmp_path_factory.mktemp("why"))
    _fill(made)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretsWorld]:
    made = SecretsWorld(tmp_path_factory.mktemp("why"))
    _fill(made)
    yield made
    made.database.close()


def _fill(world: SecretsWorld) -> None:
    world.secrets().create_secret(Name="shop/key", SecretString="s", Tags=[{"Key": "team", "Value": "shop"}])
    world.database.write(_add_people)
    world.database.write(lambda tx: tx.directory.put_person(_ana(world)))
    world.reload()


def _add_people(tx: Any) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_group(Group("developers", "platform", "a test"))
    tx.directory.put_attribute_definition(AttributeDefinition("team", AttributeType.STRING, "hr", access=True))
    tx.access.put_permission_set(PermissionSet("Team", "d", {"own": policy(allow(READ, Condition=OWN_TEAM))}))
    tx.access.put_assignment(Assignment("developers", "Team", ACCOUNT))


def _ana(world: SecretsWorld) -> Person:
    now = world.clock.now()
    facts = {"attributes": {"team": "shop"}, "groups": ("developers",)}
    return Person("018f-ana", "workforce", "ana", "Ana", "a@example.com", PersonStatus.ACTIVE, now, **facts)  # type: ignore[arg-type]


def put_role(world: SecretsWorld, *statements: dict[str, Any], **more: Any) -> str:
    world.put_role("app", trust=TRUST, policies={"own": policy(*statements)}, **more)
    world.reload()
    return role_arn("app")


def ask(
    world: SecretsWorld, name: str, action: str, resource: str, context: Mapping[str, ContextValue] = NOTHING
) -> Explanation:
    room = Explanations(
        index=world.indexes.access,
        standings=Standings(index=world.indexes.access, transactions=world.database, clock=world.clock),
        transactions=world.database,
        recorder=world.database,
        clock=world.clock,
    )
    return room.explain(operator(ACCOUNT), Question(name, action, resource, context))


def only(explanation: Explanation) -> Reason:
    (reason,) = explanation.reasons
    return reason


def test_a_secret_is_asked_about_with_its_own_tags_by_its_name_or_arn(shared: SecretsWorld) -> None:
    app = put_role(shared, allow(READ, Condition=OWN_TEAM), tags={"team": "shop"})
    arn = shared.secrets().describe_secret(SecretId="shop/key")["ARN"]
    for resource in "shop/key", arn, arn[:-7]:
        explanation = ask(shared, app, READ, resource)
        assert explanation.verdict is Verdict.YES
        assert only(explanation).request.resource == arn


def test_what_only_a_request_tells_leaves_the_answer_open_until_it_is_said(shared: SecretsWorld) -> None:
    app = put_role(shared, allow(READ, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    explanation = ask(shared, app, READ, "shop/key")
    assert explanation.verdict is Verdict.IF
    assert only(explanation).open_keys == ("aws:multifactorauthpresent",)
    assert "aws:MultiFactorAuthPresent" in str(only(explanation).answer.condition)
    for value, verdict in ("true", Verdict.YES), ("false", Verdict.NO):
        assert ask(shared, app, READ, "shop/key", {"AWS:MultiFactorAuthPresent": value}).verdict is verdict


def test_a_key_that_no_request_can_have_leaves_nothing_open(shared: SecretsWorld) -> None:
    for key in "aws:SourceVpc", "example:Unheard", "secretsmanager:ResourceTag/owner":
        app = put_role(shared, allow(READ, Condition={"StringEquals": {key: "x"}}))
        explanation = ask(shared, app, READ, "shop/key")
        assert explanation.verdict is Verdict.NO, key
        assert only(explanation).open_keys == ()


def test_a_person_is_asked_about_in_each_role_that_she_may_enter(shared: SecretsWorld) -> None:
    explanation = ask(shared, "ana", READ, "shop/key")
    herself, team = explanation.reasons
    assert (herself.verdict, team.verdict, explanation.verdict) == (Verdict.NO, Verdict.YES, Verdict.YES)
    assert team.standing.principal.role_arn == role_arn(
        f"aws-reserved/sso.amazonaws.com/{reserved_name('Team', ACCOUNT)}"
    )
    assert ask(shared, "ana", "secretsmanager:DeleteSecret", "shop/key").verdict is Verdict.NO


def test_whoever_is_out_of_force_is_denied_with_the_reason(world: SecretsWorld) -> None:
    world.database.write(lambda tx: tx.directory.set_person_status("018f-ana", PersonStatus.DISABLED))
    explanation = ask(world, "ana", READ, "shop/key")
    assert (explanation.verdict, explanation.reasons) == (Verdict.NO, ())
    assert "disabled" in explanation.refusal
    world.database.write(lambda tx: tx.directory.set_person_status("018f-ana", PersonStatus.INVITED))
    assert "`ostiary person invite`" in ask(world, "ana", READ, "shop/key").refusal
    world.put_role("broken", trust=TRUST, policies={"p": "{}"})
    world.reload()
    broken = ask(world, role_arn("broken"), READ, "shop/key")
    assert broken.verdict is Verdict.NO
    assert "broken/p" in broken.broken[0] or "Statement" in broken.broken[0]


def test_a_role_is_entered_by_its_trust_policy(shared: SecretsWorld) -> None:
    app = put_role(shared, allow("sts:AssumeRole"))
    shared.put_role("open", trust=policy(trusts({"AWS": app})), tags={"team": "shop"})
    shared.put_role("closed", trust=policy(trusts({"AWS": role_arn("other")})))
    shared.reload()
    assert ask(shared, app, "sts:AssumeRole", role_arn("open")).verdict is Verdict.YES
    closed = only(ask(shared, app, "sts:AssumeRole", role_arn("closed")))
    assert closed.verdict is Verdict.NO
    assert [one.missed for one in closed.entries if one.layer is Layer.TRUST] == [Miss.PRINCIPAL]
    missing = ask(shared, app, "sts:AssumeRole", role_arn("nobody"))
    assert missing.verdict is Verdict.NO
    assert "there is no role" in only(missing).rule
    assert ask(shared, root_arn(ACCOUNT), "sts:AssumeRole", app).verdict is Verdict.YES


def test_a_session_from_the_portal_enters_no_other_role(world: SecretsWorld) -> None:
    world.database.write(
        lambda tx: tx.access.put_permission_set(PermissionSet("Team", "d", {"own": policy(allow("sts:*"))}))
    )
    world.put_role("open", trust=policy(trusts({"AWS": ACCOUNT})))
    world.reload()
    explanation = ask(world, "ana", "sts:AssumeRole", role_arn("open"))
    assert explanation.verdict is Verdict.NO
    assert "portal" in explanation.reasons[1].rule


def test_a_guardrail_denies_and_a_broken_one_denies_everything(world: SecretsWorld) -> None:
    app = put_role(world, allow(READ))

    def put(kind: ControlKind, document: str) -> None:
        control = ControlPolicy(kind, "guard", document, ("root",))
        world.database.write(lambda tx: tx.access.put_control_policy(control))
        world.reload()

    put(ControlKind.RESOURCE, policy(allow("*", Principal="*")))
    put(ControlKind.SERVICE, policy(allow("*"), {**allow(READ), "Effect": "Deny", "Sid": "No"}))
    reason = only(ask(world, app, READ, "shop/key"))
    assert (reason.verdict, reason.decision.layer) == (Verdict.NO, Layer.SERVICE_CONTROL)
    assert any(one.sid == "No" and one.missed is None for one in reason.entries)
    put(ControlKind.SERVICE, policy(allow("*")))
    assert ask(world, app, READ, "shop/key").verdict is Verdict.YES
    put(ControlKind.RESOURCE, "{}")
    assert ask(world, app, READ, "shop/key").verdict is Verdict.NO


def test_a_secret_that_is_not_there_is_decided_about_and_noted(world: SecretsWorld) -> None:
    app = put_role(world, allow(READ))
    reason = only(ask(world, app, READ, "shop/other"))
    assert reason.verdict is Verdict.YES
    assert any("no such secret" in note for note in reason.notes)
    assert not reason.is_kept
    world.secrets().create_secret(Name="shop/empty")
    assert any("has no value yet" in note for note in only(ask(world, app, READ, "shop/empty")).notes)
    assert not any("value" in note for note in only(ask(world, app, READ, "shop/key")).notes)
    world.secrets().delete_secret(SecretId="shop/key")
    assert any("marked for deletion" in note for note in only(ask(world, app, READ, "shop/key")).notes)


def test_what_is_not_the_name_of_a_secret_is_refused_with_what_was_given(shared: SecretsWorld) -> None:
    app = put_role(shared, allow(READ))
    for resource in "arn:aws:secretsmanager:shop", f"arn:aws:iam::{ACCOUNT}:secret:shop/key", "shop key", "":
        with pytest.raises(InvalidSimulation, match="neither the name nor the ARN of a secret") as refused:
            ask(shared, app, READ, resource)
        assert f"`{resource}`" in refused.value.client_text


@pytest.mark.parametrize(
    ("action", "context", "note"),
    [
        ("secretsmanager:GetSecretVal", {}, "is not an action of secretsmanager; did you mean `secretsmanager:GetS"),
        ("secretmanager:GetSecretValue", {}, "is not a known service; did you mean `secretsmanager`?"),
        (READ, {"aws:SourceIpp": "192.0.2.7"}, "is not a known condition key; did you mean `aws:SourceIp`?"),
        (READ, {"aws:SourceVpc": "vpc-1"}, "no request has `aws:SourceVpc`: "),
    ],
)
def test_a_slip_of_the_question_is_noted(
    shared: SecretsWorld, action: str, context: dict[str, ContextValue], note: str
) -> None:
    app = put_role(shared, allow(READ))
    (told,) = ask(shared, app, action, f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:shop/key", context).notes
    assert note in told


def test_a_service_of_ones_own_has_actions_and_keys_as_it_likes(shared: SecretsWorld) -> None:
    app = put_role(shared, allow("todo:can_update-todo", Condition={"StringEquals": {"todo:Priority": "low"}}))
    stated: dict[str, ContextValue] = {"todo:Priority": "low"}
    explanation = ask(shared, app, "todo:can_update-todo", f"arn:aws:todo::{ACCOUNT}:todo/1", stated)
    assert (explanation.verdict, explanation.notes) == (Verdict.YES, ())


def test_each_question_is_an_event(shared: SecretsWorld) -> None:
    app = put_role(shared, allow(READ))
    ask(shared, app, READ, "shop/key")
    event = shared.events("ExplainAccess")[-1]
    assert (event.actor_arn, event.outcome, event.resources) == (root_arn(ACCOUNT), Outcome.SUCCESS, ["shop/key"])
    assert event.details == {"principal": app, "action": READ, "verdict": "yes"}


@pytest.mark.parametrize(
    ("name", "action", "resource", "refusal"),
    [
        ("nobody", READ, "shop/key", UnknownPrincipal),
        ("ana", "GetSecretValue", "shop/key", InvalidSimulation),
        ("ana", "secretsmanager:*", "shop/key", InvalidSimulation),
        ("ana", READ, "no secret's name", DomainError),
        ("ana", "s3:GetObject", "bucket", InvalidSimulation),
        ("ana", "sts:GetCallerIdentity", "*", InvalidSimulation),
        ("ana", "sts:AssumeRoleWithWebIdentity", role_arn("deploy"), InvalidSimulation),
    ],
)
def test_what_cannot_be_answered_is_refused(
    shared: SecretsWorld, name: str, action: str, resource: str, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        ask(shared, name, action, resource)


CONDITIONS = st.sampled_from(
    [
        None,
        OWN_TEAM,
        {"StringNotEquals": {"aws:ResourceTag/team": "shop"}},
        {"StringLike": {"aws:PrincipalTag/Team": ["s*", "b*"]}},
        {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"Null": {"aws:TokenIssueTime": "false"}},
        {"StringEquals": {"aws:userid": "x"}},
        {"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}},
        {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    ]
)
STATEMENTS = st.lists(
    st.builds(
        lambda effect, action, condition: {
            **allow(action),
            "Effect": effect,
            **({"Condition": condition} if condition else {}),
        },
        st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from(["*", READ, "iam:*"]),
        CONDITIONS,
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=40, deadline=None)
@given(STATEMENTS, st.sampled_from(["shop", "bank"]))
def test_a_sure_answer_is_what_happens(shared: SecretsWorld, statements: list[Any], team: str) -> None:
    app = put_role(shared, *statements, tags={"team": team})
    told = ask(shared, app, READ, "shop/key")
    credentials = shared.client("sts", shared.admin).assume_role(RoleArn=app, RoleSessionName="worker")["Credentials"]
    session = {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
    happened = Verdict.YES
    try:
        shared.client("secretsmanager", session).get_secret_value(SecretId="shop/key")
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        happened = Verdict.NO
    assert told.verdict in {happened, Verdict.IF}
    request = {
        "aws:SourceIp": "192.0.2.7",
        "aws:SecureTransport": "true",
        "aws:TokenIssueTime": "2026-01-01T00:00:00Z",
        "aws:userid": "AROA:worker",
    }
    assert ask(shared, app, READ, "shop/key", request).verdict is happened
