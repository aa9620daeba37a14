"""May this caller do this? Each kind of caller by its own policies, and by what the server knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ostiary.domain.access.conditions import context_of
from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Door, Origin, anonymous, server
from ostiary.domain.sessions.operator_credentials import operator
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, World, allow, policy, role_arn

PERSON_ID = "018f-person"
HERSELF = f"arn:aws:identitystore:::user/{PERSON_ID}"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.database.close()


def person(**more: object) -> Caller:
    base = Caller(HERSELF, ACCOUNT, CallerKind.PERSON, "ana", Origin(Door.WEB), user_id=PERSON_ID)
    return replace(base, **more)  # type: ignore[arg-type]


def session(name: str = "reader", **more: object) -> Caller:
    base = Caller(
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/s1",
        account=ACCOUNT,
        kind=CallerKind.ROLE_SESSION,
        name="s1",
        origin=Origin(Door.AWS, source_ip="192.0.2.7"),
        role_arn=role_arn(name),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def allowed(world: World, caller: Caller, action: str, resource: str = "*", account: str = ACCOUNT) -> bool:
    return world.authorizer.decide(caller, action, resource, resource_account=account).allowed


def put_reader(world: World, *statements: dict[str, object], **more: str) -> None:
    trust = policy({"Effect": "Deny", "Principal": "*", "Action": "sts:*"})
    world.put_role("reader", trust=trust, policies={"p": policy(*statements)}, **more)
    world.reload()


def test_a_persons_rights_end_at_herself(world: World) -> None:
    assert allowed(world, person(), "ostiary:UpdateProfile", HERSELF)
    assert allowed(world, person(), "ostiary:EndBrowserSession", f"{HERSELF}/session/1")
    assert not allowed(world, person(), "ostiary:UpdateProfile", HERSELF + "x")
    assert not allowed(world, person(), "ostiary:UpdateProfile", "arn:aws:identitystore:::user/other")
    assert not allowed(world, person(), "secretsmanager:GetSecretValue", HERSELF)


@pytest.mark.parametrize("user_id", ["*", "", "018f-*", "?" * len(PERSON_ID), "${aws:userid}"])
def test_a_person_whose_id_looks_like_a_pattern_gets_nothing_by_it(world: World, user_id: str) -> None:
    assert not allowed(world, person(user_id=user_id), "ostiary:UpdateProfile", HERSELF)


def test_the_operator_may_do_all_in_the_account_and_nothing_in_another(world: World) -> None:
    assert allowed(world, operator(ACCOUNT), "secretsmanager:DeleteSecret")
    assert not allowed(world, operator(ACCOUNT), "secretsmanager:DeleteSecret", account=OTHER_ACCOUNT)


@pytest.mark.parametrize(
    "caller",
    [
        anonymous(Origin(Door.AWS)),
        server(ACCOUNT),
        Caller("arn:aws:ostiary::1:workload/w", ACCOUNT, CallerKind.WORKLOAD, "w", Origin(Door.AWS)),
        Caller(f"arn:aws:iam::{ACCOUNT}:user/u", ACCOUNT, CallerKind.IAM_USER, "u", Origin(Door.AWS)),
    ],
)
def test_who_has_no_policies_may_do_nothing(world: World, caller: Caller) -> None:
    assert not allowed(world, caller, "sts:GetAccessKeyInfo")


def test_an_application_may_do_what_its_policies_say_unless_it_is_disabled_or_one_of_them_is_broken(
    world: World,
) -> None:
    arn = "arn:aws:sso:::application/desk"
    caller = Caller(arn, ACCOUNT, CallerKind.WORKLOAD, "desk", Origin(Door.OIDC), user_id="desk")

    def may(*documents: str, enabled: bool = True) -> bool:
        application = Application(
            client_id="desk",
            name="Desk",
            kind=ApplicationKind.MACHINE,
            authentication=ClientAuthentication.SECRET_BASIC,
            owner="platform",
            created_at=world.clock.now(),
            enabled=enabled,
            policies={f"p{number}": text for number, text in enumerate(documents)},
        )
        world.database.write(lambda tx: tx.applications.put_application(application))
        world.reload()
        return allowed(world, caller, "ostiary:Evaluate")

    assert may(policy(allow("ostiary:Evaluate")))
    assert not allowed(world, replace(caller, arn=arn + "2"), "ostiary:Evaluate")
    assert not allowed(world, caller, "ostiary:Evaluate", account=OTHER_ACCOUNT)
    assert not may()
    assert not may(policy(allow("ostiary:Evaluate")), enabled=False)
    assert not may(policy(allow("ostiary:Evaluate")), "{")
    assert any("the application `desk` is out of force" in told for told in world.indexes.access.value.findings)


def test_a_role_session_is_limited_by_boundary_and_session_policies(world: World) -> None:
    put_reader(world, allow("secretsmanager:*"), permissions_boundary=policy(allow("secretsmanager:Get*")))
    assert allowed(world, session(), "secretsmanager:GetSecretValue")
    assert not allowed(world, session(), "secretsmanager:DeleteSecret")
    only_describe = policy(allow("secretsmanager:DescribeSecret"))
    assert not allowed(world, session(session_policies=(only_describe,)), "secretsmanager:GetSecretValue")
    assert not allowed(world, session(session_policies=("{",)), "secretsmanager:GetSecretValue")


def test_a_denial_carries_its_reason_in_awss_words(world: World) -> None:
    put_reader(world, allow("secretsmanager:*"), {"Effect": "Deny", "Action": "*", "Resource": "*"})
    with pytest.raises(AccessDenied, match="with an explicit deny in an identity-based policy") as caught:
        world.authorizer.authorize(session(), "secretsmanager:GetSecretValue", "*", resource_account=ACCOUNT)
    assert caught.value.decision.layer is not None


def test_a_session_of_a_role_that_is_gone_may_do_nothing(world: World) -> None:
    assert not allowed(world, session("gone"), "secretsmanager:GetSecretValue")


def test_tags_decide_and_a_missing_tag_denies(world: World) -> None:
    same = {"StringEquals": {"secretsmanager:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    put_reader(world, allow("secretsmanager:GetSecretValue", Condition=same))

    def may(tags: dict[str, str], resource_tags: dict[str, str]) -> bool:
        context = {f"secretsmanager:ResourceTag/{key}": value for key, value in resource_tags.items()}
        return world.authorizer.decide(
            session(tags=tags), "secretsmanager:GetSecretValue", "*", resource_account=ACCOUNT, context=context
        ).allowed

    assert may({"team": "shop"}, {"team": "shop"})
    assert not may({"team": "shop"}, {"team": "bank"})
    assert not may({"team": "*"}, {"team": "bank"})
    assert not may({}, {"team": "bank"})
    assert not may({}, {})
    # Two spellings of one tag do not let the caller choose.
    assert not may({"team": "shop", "Team": "bank"}, {"team": "shop"})


def test_no_key_of_an_operation_stands_for_what_the_server_knows(world: World) -> None:
    forged = {"aws:PrincipalArn": role_arn("admin"), "AWS:SourceIp": "10.0.0.1", "aws:PrincipalAccount": "1"}
    context = context_of(session(), world.clock.now(), forged)
    assert context["aws:principalarn"] == role_arn("reader")
    assert context["aws:sourceip"] == "192.0.2.7"
    assert context["aws:principalaccount"] == ACCOUNT


def test_the_second_factor_is_told_only_when_it_was_proved(world: World) -> None:
    now = world.clock.now()
    proved = Assurance(("pwd", "otp", "mfa"), now - timedelta(seconds=90))
    with_factor = context_of(session(assurance=proved), now)
    assert (with_factor["aws:multifactorauthpresent"], with_factor["aws:multifactorauthage"]) == ("true", "90")
    without = context_of(session(assurance=Assurance(("pwd",), now)), now)
    assert without["aws:multifactorauthpresent"] == "false"
    assert "aws:multifactorauthage" not in without
