"""Does unmodified boto3 get, use and lose temporary credentials as with AWS?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.audit.last_use import Used
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.directory.model import WorkloadStatus
from ostiary.domain.sessions.model import Epoch, EpochKind
from parts.aws_world import (
    ACCOUNT,
    OTHER_ACCOUNT,
    SUBJECT,
    World,
    allow,
    keywords,
    policy,
    role_arn,
    trusts,
    web_identity_trust,
)

# The model of STS has an error of this name, and the wire prefers a modelled one.
EXPIRED = "ExpiredTokenException"


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def web_identity(world: World, **more: Any) -> dict[str, Any]:
    return {"RoleArn": role_arn("deploy"), "RoleSessionName": "ci", "WebIdentityToken": world.token(), **more}


def test_a_workload_exchanges_its_token_for_credentials_that_work(world: World) -> None:
    answer = world.client("sts").assume_role_with_web_identity(**web_identity(world))
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["SourceIdentity"] == "shop-deploy"
    assert answer["Credentials"]["Expiration"] == world.clock.now() + timedelta(hours=1)
    who = world.client("sts", keywords(answer)).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"
    assert who["Account"] == ACCOUNT
    assert who["UserId"].endswith(":ci")


def test_the_issue_is_recorded_with_the_workload_as_actor_and_without_the_secret(world: World) -> None:
    answer = world.client("sts").assume_role_with_web_identity(**web_identity(world))
    (event,) = world.events("AssumeRoleWithWebIdentity")
    assert event.outcome is Outcome.SUCCESS
    assert event.actor_arn == f"arn:aws:ostiary::{ACCOUNT}:workload/shop-deploy"
    assert event.resources == [role_arn("deploy")]
    assert event.details["issuedAccessKeyId"] == answer["Credentials"]["AccessKeyId"]
    assert event.details["subject"] == SUBJECT
    assert answer["Credentials"]["SecretAccessKey"] not in str(event)
    assert answer["Credentials"]["SessionToken"] not in str(event)


def test_last_use_of_role_trust_and_workload_is_noted(world: World) -> None:
    world.web_identity_session()
    used = {(use.kind, use.subject) for use in world.last_use.drain()}
    assert (Used.ROLE, role_arn("deploy")) in used
    assert (Used.WORKLOAD, "shop-deploy") in used
    assert any(kind is Used.ISSUER_TRUST for kind, _ in used)


def test_credentials_expire(world: World) -> None:
    sts = world.client("sts", world.web_identity_session(DurationSeconds=900))
    assert sts.get_caller_identity()
    world.clock.advance(timedelta(seconds=899))
    assert sts.get_caller_identity()
    world.clock.advance(timedelta(seconds=1))
    code, message = refusal(sts.get_caller_identity)
    assert (code, message) == (EXPIRED, "The security token included in the request is expired")
    assert world.events("AuthenticateRequest")[-1].error_code == "ExpiredToken"


def test_a_session_does_not_outlive_its_workload(world: World) -> None:
    ends = world.clock.now() + timedelta(minutes=5)
    world.put_workload(world.workload(expires_at=ends))
    world.reload()
    answer = world.client("sts").assume_role_with_web_identity(**web_identity(world))
    assert answer["Credentials"]["Expiration"] == ends


@pytest.mark.parametrize(
    "change", [{"status": WorkloadStatus.DISABLED}, {"subject": "another"}, {"issuer": "https://other.example"}]
)
def test_a_token_of_no_active_workload_is_refused(world: World, change: dict[str, Any]) -> None:
    world.put_workload(world.workload(**change))
    world.reload()
    code, _ = refusal(world.client("sts").assume_role_with_web_identity, **web_identity(world))
    assert code == "IDPRejectedClaim"
    assert world.events("AssumeRoleWithWebIdentity")[-1].outcome is Outcome.DENIED


def test_disabling_the_workload_ends_its_sessions(world: World) -> None:
    sts = world.client("sts", world.web_identity_session())
    world.put_workload(world.workload(status=WorkloadStatus.DISABLED))
    world.reload()
    code, _ = refusal(sts.get_caller_identity)
    assert code == EXPIRED


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (EpochKind.ROLE, role_arn("deploy")),
        (EpochKind.WORKLOAD, "shop-deploy"),
        (EpochKind.ISSUER_TRUST, f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"),
    ],
)
def test_an_epoch_of_anything_a_session_rests_on_ends_it(world: World, kind: EpochKind, subject: str) -> None:
    sts = world.client("sts", world.web_identity_session())
    epoch = Epoch(kind, subject, world.clock.now())
    world.database.write(lambda tx: tx.sessions.add_epoch(epoch))
    world.reload()
    code, _ = refusal(sts.get_caller_identity)
    assert code == EXPIRED
    world.clock.advance(timedelta(seconds=1))
    assert world.client("sts", world.web_identity_session()).get_caller_identity()


def test_a_role_made_again_under_the_same_name_does_not_honour_old_sessions(world: World) -> None:
    sts = world.client("sts", world.web_identity_session())
    world.database.write(lambda tx: tx.access.delete_role(ACCOUNT, "deploy"))
    world.reload()
    assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"
    role = world.put_role("deploy", trust=web_identity_trust())
    object.__setattr__(role, "role_id", "AROAOTHEROTHEROTHEROT")
    world.database.write(lambda tx: tx.access.put_role(role))
    world.reload()
    assert refusal(sts.get_caller_identity)[0] == "InvalidClientTokenId"


# --- trust policies -------------------------------------------------------------------------------------------------


def test_a_role_that_does_not_trust_the_subject_refuses_in_awss_words_and_names_the_workload_in_the_trail(
    world: World,
) -> None:
    world.put_role("deploy", trust=web_identity_trust(subject="repo:example/other:ref:refs/heads/main"))
    world.reload()
    code, message = refusal(world.client("sts").assume_role_with_web_identity, **web_identity(world))
    assert (code, message) == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    event = world.events("AssumeRoleWithWebIdentity")[-1]
    assert event.outcome is Outcome.DENIED
    assert event.actor_name == "shop-deploy"
    assert "role trust policy" in event.error_message


def test_a_role_that_does_not_exist_refuses_alike(world: World) -> None:
    given = web_identity(world, RoleArn=role_arn("nothing"))
    code, message = refusal(world.client("sts").assume_role_with_web_identity, **given)
    assert (code, message) == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


@pytest.mark.parametrize("subject", ["*", "repo:example/*", "repo:example/shop:ref:refs/heads/mai?"])
def test_a_trust_with_a_wildcard_subject_lets_nobody_in(world: World, subject: str) -> None:
    world.put_role("deploy", trust=web_identity_trust(subject=subject, operator="StringLike"))
    world.reload()
    assert refusal(world.client("sts").assume_role_with_web_identity, **web_identity(world))[0] == "AccessDenied"
    assert world.indexes.access.value.findings


def test_a_role_whose_policy_cannot_be_read_is_out_of_force_and_the_others_are_not(world: World) -> None:
    world.put_role("broken", trust=web_identity_trust(), policies={"bad": '{"Statement": [{"Effect": "Maybe"}]}'})
    world.reload()
    given = web_identity(world, RoleArn=role_arn("broken"))
    assert refusal(world.client("sts").assume_role_with_web_identity, **given)[0] == "AccessDenied"
    assert "broken" in world.indexes.access.value.findings[0]
    assert world.web_identity_session()


# --- AssumeRole ------------------------------------------------------------------------------------------------------


def chain(world: World, name: str = "next", **more: Any) -> dict[str, Any]:
    return {"RoleArn": role_arn(name), "RoleSessionName": "second", **more}


def test_a_role_session_assumes_a_role_that_trusts_it_and_keeps_its_source_identity(world: World) -> None:
    world.put_role("next", trust=policy(trusts({"AWS": role_arn("deploy")})))
    world.reload()
    sts = world.client("sts", world.web_identity_session())
    answer = sts.assume_role(**chain(world))
    assert answer["SourceIdentity"] == "shop-deploy"
    who = world.client("sts", keywords(answer)).get_caller_identity()
    assert who["Arn"].endswith(":assumed-role/next/second")
    event = world.events("AssumeRole")[-1]
    assert event.actor_arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"
    assert event.source_identity == "shop-deploy"


def test_a_role_that_trusts_nobody_answers_with_awss_sentence(world: World) -> None:
    world.put_role("next", trust=policy(trusts({"AWS": role_arn("somebody")})))
    world.reload()
    sts = world.client("sts", world.web_identity_session())
    code, message = refusal(sts.assume_role, **chain(world))
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"
    assert code == "AccessDenied"
    assert message.startswith(
        f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn('next')}"
    )
    event = world.events("AssumeRole")[-1]
    assert (event.outcome, event.error_code, event.resources) == (Outcome.DENIED, "AccessDenied", [role_arn("next")])


def test_an_external_id_that_the_trust_policy_wants_must_be_given(world: World) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "customer-7"}}
    world.put_role("next", trust=policy(trusts({"AWS": role_arn("deploy")}, Condition=condition)))
    world.reload()
    sts = world.client("sts", world.web_identity_session())
    assert refusal(sts.assume_role, **chain(world))[0] == "AccessDenied"
    assert refusal(sts.assume_role, **chain(world, ExternalId="customer-8"))[0] == "AccessDenied"
    assert sts.assume_role(**chain(world, ExternalId="customer-7"))


def test_session_tags_need_a_trust_that_accepts_them_and_are_passed_on_when_transitive(world: World) -> None:
    both = ["sts:AssumeRole", "sts:TagSession"]
    world.put_role("plain", trust=policy(trusts({"AWS": role_arn("deploy")})))
    world.put_role("next", trust=policy(trusts({"AWS": role_arn("deploy")}, both)), policies={"p": policy(allow(both))})
    world.put_role("last", trust=policy(trusts({"AWS": role_arn("next")}, both)))
    world.put_role("deaf", trust=policy(trusts({"AWS": role_arn("next")})))
    world.reload()
    sts = world.client("sts", world.web_identity_session())
    tags: dict[str, Any] = {"Tags": [{"Key": "project", "Value": "blue"}], "TransitiveTagKeys": ["project"]}
    code, message = refusal(sts.assume_role, **chain(world, "plain", **tags))
    assert code == "AccessDenied"
    assert "sts:TagSession" in message
    tagged = world.client("sts", keywords(sts.assume_role(**chain(world, **tags))))
    assert tagged.assume_role(**chain(world, "last"))
    assert world.events("AssumeRole")[-1].details["tagKeys"] == ["project"]
    # A role that does not accept session tags does not get them from further up the chain either.
    assert refusal(tagged.assume_role, **chain(world, "deaf"))[0] == "AccessDenied"
    again: dict[str, Any] = {"Tags": [{"Key": "Project", "Value": "red"}]}
    assert refusal(tagged.assume_role, **chain(world, "last", **again))[0] == "ValidationError"


def test_a_workloads_tags_end_with_the_first_link_of_a_chain(world: World) -> None:
    world.put_role("next", trust=policy(trusts({"AWS": role_arn("deploy")})))
    world.reload()
    sts = world.client("sts", world.web_identity_session())
    sts.assume_role(**chain(world))
    first = world.events("AssumeRoleWithWebIdentity")[-1].details["tagKeys"]
    assert first == ["owner", "team", "workload"]
    assert world.events("AssumeRole")[-1].details["tagKeys"] == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "ValidationError"),
        ({"Tags": [{"Key": "aws:x", "Value": "1"}]}, "ValidationError"),
        ({"TransitiveTagKeys": ["absent"]}, "ValidationError"),
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": policy(allow("sts:*")) + " " * 2048}, "PackedPolicyTooLarge"),
        ({"DurationSeconds": 899}, "ValidationError"),
        ({"DurationSeconds": 3601}, "ValidationError"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}]}, "ValidationError"),
        ({"RoleSessionName": "a/b"}, "ValidationError"),
        ({"SourceIdentity": "somebody-else"}, "AccessDenied"),
    ],
)
def test_what_no_session_may_have_is_refused(world: World, more: dict[str, Any], code: str) -> None:
    everything = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    world.put_role("next", trust=policy(trusts({"AWS": role_arn("deploy")}, everything)), max_session_seconds=43200)
    world.reload()
    sts = world.client("sts", world.web_identity_session())
    found, message = refusal(sts.assume_role, **chain(world, **more))
    assert found == code, message
    assert world.events("AssumeRole")[-1].outcome is not Outcome.SUCCESS


def test_tags_that_do_not_fit_are_too_large(world: World) -> None:
    both = ["sts:AssumeRole", "sts:TagSession"]
    world.put_role("next", trust=policy(trusts({"AWS": role_arn("deploy")}, both)))
    world.reload()
    tags = [{"Key": f"key-{n}", "Value": "v" * 200} for n in range(30)]
    sts = world.client("sts", world.web_identity_session())
    assert refusal(sts.assume_role, **chain(world, Tags=tags))[0] == "PackedPolicyTooLarge"


def test_a_session_policy_limits_and_never_grants(world: World) -> None:
    world.put_role("next", trust=policy(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})))
    world.reload()
    nothing = policy(allow("secretsmanager:GetSecretValue"))
    limited = world.client("sts", world.web_identity_session(Policy=nothing))
    code, message = refusal(limited.assume_role, **chain(world))
    assert code == "AccessDenied"
    assert "session policy" in message
    assert world.client("sts", world.web_identity_session()).assume_role(**chain(world))


def test_a_chain_of_roles_ends(world: World) -> None:
    world.put_role("deploy", trust=web_identity_trust(), policies={"p": policy(allow("sts:AssumeRole"))})
    world.put_role(
        "loop",
        trust=policy(trusts({"AWS": [role_arn("deploy"), role_arn("loop")]})),
    )
    world.reload()
    credentials = world.web_identity_session()
    for _ in range(3):
        credentials = keywords(world.client("sts", credentials).assume_role(**chain(world, "loop")))
    code, message = refusal(world.client("sts", credentials).assume_role, **chain(world, "loop"))
    assert code == "AccessDenied"
    assert "chain" in message


def test_another_account_needs_both_sides_and_learns_nothing_from_a_refusal(world: World) -> None:
    world.put_role("theirs", account=OTHER_ACCOUNT, trust=policy(trusts({"AWS": role_arn("deploy")})))
    world.put_role("closed", account=OTHER_ACCOUNT, trust=policy(trusts({"AWS": role_arn("nobody")})))
    world.reload()
    sts = world.client("sts", world.web_identity_session())
    assert sts.assume_role(RoleArn=role_arn("theirs", OTHER_ACCOUNT), RoleSessionName="x1")
    closed = refusal(sts.assume_role, RoleArn=role_arn("closed", OTHER_ACCOUNT), RoleSessionName="x1")
    absent = refusal(sts.assume_role, RoleArn=role_arn("absent", OTHER_ACCOUNT), RoleSessionName="x1")
    assert closed[1].replace("closed", "absent") == absent[1]


def test_operations_without_a_row_are_not_implemented(world: World) -> None:
    sts = world.client("sts", world.web_identity_session())
    assert refusal(sts.get_session_token)[0] == "InvalidAction"
    secrets = world.client("secretsmanager", world.web_identity_session())
    assert refusal(secrets.list_secrets)[0] == "UnknownOperationException"


def test_get_access_key_info_asks_policies(world: World) -> None:
    sts = world.client("sts", world.web_identity_session())
    code, message = refusal(sts.get_access_key_info, AccessKeyId="AKIAIOSFODNN7EXAMPLE")
    assert code == "AccessDenied"
    assert "no identity-based policy allows the sts:GetAccessKeyInfo action" in message
