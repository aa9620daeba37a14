"""Do service and resource controls limit whom they must, at every level, and is a broken one never less than it was?

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.access.model import ControlKind, ControlPolicy, OrganizationalUnit
from ostiary.domain.audit.caller import Caller, CallerKind, Door, Origin
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.policy import Layer, Policy, PolicyKind, parse_policy
from parts.aws_world import ACCOUNT, ISSUER_NAME, OTHER_ACCOUNT, World, allow, policy, role_arn, trusts

READ, DELETE = "secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"
ALL = allow("*")
SECRET = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:s"


def deny(action: str, **more: object) -> dict[str, object]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def deny_everyone(action: str, **more: object) -> dict[str, object]:
    return deny(action, Principal="*", **more)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    trust = policy(trusts({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}, ["sts:AssumeRole", "sts:TagSession"]))
    for account in (ACCOUNT, OTHER_ACCOUNT):
        made.put_role(f"reader-{account}", account=account, trust=trust, policies={"p": policy(ALL)})
    # ACCOUNT is in `prod`, which is in `business`; OTHER_ACCOUNT is directly below the root.
    put_units(made, OrganizationalUnit("business"), OrganizationalUnit("prod", "business", (ACCOUNT,)))
    yield made
    made.database.close()


def put_units(world: World, *units: OrganizationalUnit) -> None:
    for unit in units:
        world.database.write(lambda tx, u=unit: tx.access.put_organizational_unit(u))  # type: ignore[misc]
    world.reload()


def put_control(world: World, *targets: str, document: str, name: str = "c", kind: str = "service") -> None:
    control = ControlPolicy(ControlKind(kind), name, document, targets)
    world.database.write(lambda tx: tx.access.put_control_policy(control))
    world.reload()


def session(account: str = ACCOUNT, **more: object) -> Caller:
    name = f"reader-{account}"
    base = Caller(
        arn=f"arn:aws:sts::{account}:assumed-role/{name}/s1",
        account=account,
        kind=CallerKind.ROLE_SESSION,
        name="s1",
        origin=Origin(Door.AWS),
        role_arn=role_arn(name, account),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def may(world: World, caller: Caller, action: str = READ, *, on: str = "", by: Policy | None = None) -> bool:
    account = on or caller.account
    return world.authorizer.decide(caller, action, SECRET, resource_account=account, resource_policy=by).allowed


def open_to(*accounts: str) -> Policy:
    """A resource policy that trusts these accounts."""
    principals = {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]}
    document = policy({"Effect": "Allow", "Principal": principals, "Action": "*", "Resource": "*"})
    return parse_policy(document, policy_id="resource", kind=PolicyKind.RESOURCE)


@pytest.mark.parametrize("target", ["root", "unit:business", "unit:prod", f"account:{ACCOUNT}"])
def test_a_deny_at_any_level_above_an_account_holds_for_its_principals_and_for_no_others(
    world: World, target: str
) -> None:
    put_control(world, target, document=policy(ALL, deny(DELETE)))
    assert may(world, session(), READ)
    assert not may(world, session(), DELETE)
    assert may(world, session(OTHER_ACCOUNT), DELETE) == (target != "root")
    world.database.write(lambda tx: tx.access.delete_control_policy(ControlKind.SERVICE, "c"))
    world.reload()
    assert may(world, session(), DELETE)


def test_a_service_control_gives_nothing_and_every_level_must_allow(world: World) -> None:
    put_control(world, "root", document=policy(allow("secretsmanager:*")), name="root")
    assert may(world, session(), DELETE)
    assert not may(world, session(), "iam:GetUser")
    put_control(world, "unit:prod", document=policy(allow("iam:*")), name="prod")
    assert not may(world, session(), READ)
    assert not may(world, session(), "iam:GetUser")
    put_control(world, "unit:prod", document=policy(allow(READ)), name="prod-2")
    assert may(world, session(), READ)
    assert not may(world, session(), DELETE)
    nobody = Caller("arn:aws:iam::1:user/u", ACCOUNT, CallerKind.IAM_USER, "u", Origin(Door.AWS))
    assert not may(world, nobody, READ)


def test_the_denial_is_told_in_awss_words(world: World) -> None:
    put_control(world, "unit:prod", document=policy(ALL, deny(DELETE)))
    with pytest.raises(AccessDenied, match="with an explicit deny in a service control policy") as caught:
        world.authorizer.authorize(session(), DELETE, SECRET, resource_account=ACCOUNT)
    assert caught.value.decision.layer is Layer.SERVICE_CONTROL
    put_control(world, "root", document=policy(deny_everyone(READ)), kind="resource")
    with pytest.raises(AccessDenied, match="with an explicit deny in a resource control policy"):
        world.authorizer.authorize(session(), READ, SECRET, resource_account=ACCOUNT)


def test_a_service_control_limits_a_user_whom_only_a_resource_policy_allows(world: World) -> None:
    user = Caller(f"arn:aws:iam::{ACCOUNT}:user/u", ACCOUNT, CallerKind.IAM_USER, "u", Origin(Door.AWS))
    document = policy({"Effect": "Allow", "Principal": {"AWS": user.arn}, "Action": "*", "Resource": "*"})
    by = parse_policy(document, policy_id="resource", kind=PolicyKind.RESOURCE)
    assert may(world, user, by=by)
    put_control(world, "unit:prod", document=policy(ALL, deny(READ)))
    assert not may(world, user, by=by)


def test_a_resource_control_limits_whoever_asks_and_only_about_its_accounts(world: World) -> None:
    by, outside = open_to(ACCOUNT, OTHER_ACCOUNT), session(OTHER_ACCOUNT)
    assert may(world, outside, on=ACCOUNT, by=by)
    strangers = {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}
    put_control(world, "unit:prod", document=policy(deny_everyone("*", Condition=strangers)), kind="resource")
    assert not may(world, outside, on=ACCOUNT, by=by)
    assert may(world, session(), on=ACCOUNT, by=by)
    assert may(world, outside, on=OTHER_ACCOUNT)
    assert may(world, session(), on=OTHER_ACCOUNT, by=by)


def test_a_service_control_does_not_limit_principals_of_other_accounts(world: World) -> None:
    put_control(world, "unit:prod", document=policy(ALL, deny(READ)))
    assert may(world, session(OTHER_ACCOUNT), on=ACCOUNT, by=open_to(OTHER_ACCOUNT))


def test_assuming_a_role_is_limited_by_the_callers_account_and_by_the_roles(world: World) -> None:
    entry = world.indexes.access.value.role(role_arn(f"reader-{ACCOUNT}"))
    assert entry is not None
    actions, outside = ["sts:AssumeRole", "sts:TagSession"], session(OTHER_ACCOUNT)

    def assumes() -> bool:
        try:
            return world.authorizer.authorize_assume(outside, actions, entry, context={}).allowed
        except AccessDenied:
            return False

    assert assumes()
    put_control(world, "unit:prod", document=policy(ALL, deny("sts:*")))
    assert assumes()
    put_control(world, f"account:{OTHER_ACCOUNT}", document=policy(ALL, deny("sts:TagSession")))
    assert not assumes()
    put_control(world, document=policy(ALL), name="c")
    assert assumes()
    put_control(world, "unit:business", document=policy(deny_everyone("sts:TagSession")), kind="resource")
    assert not assumes()


def test_an_outside_identity_is_limited_by_the_resource_controls_of_the_roles_account(world: World) -> None:
    assert world.web_identity_session()
    put_control(world, "root", document=policy(ALL, deny("*")))
    assert world.web_identity_session()
    put_control(world, "root", document=policy(deny_everyone("secretsmanager:*")), kind="resource", name="other")
    assert world.web_identity_session()
    provider = {"StringEquals": {f"{ISSUER_NAME}:aud": "sts.amazonaws.com"}}
    rule = deny_everyone("sts:AssumeRoleWithWebIdentity", Condition=provider)
    put_control(world, "unit:prod", document=policy(rule), kind="resource")
    with pytest.raises(ClientError, match="AccessDenied"):
        world.web_identity_session()


def test_the_operator_and_people_on_themselves_are_outside_of_every_guardrail(world: World) -> None:
    """As AWS exempts the management account; nobody could take a guardrail back otherwise that denies all."""
    put_control(world, "root", document=policy(deny("*")))
    put_control(world, "root", document=policy(deny_everyone("*")), kind="resource")
    assert may(world, operator(ACCOUNT), DELETE)
    assert world.operator_credentials.issue(None, world.clock.now()).session_token
    herself = "arn:aws:identitystore:::user/p1"
    person = Caller(herself, ACCOUNT, CallerKind.PERSON, "ana", Origin(Door.WEB), user_id="p1")
    assert world.authorizer.decide(person, "ostiary:UpdateProfile", herself, resource_account=ACCOUNT).allowed
    assert not may(world, session())
    assert not may(world, session(OTHER_ACCOUNT))


BROKEN = ["", "{", '{"Version": "2012-10-17", "Statement": []}', policy(trusts({"AWS": "*"}))]


@pytest.mark.parametrize("document", BROKEN)
def test_a_service_control_that_cannot_be_read_stops_the_principals_in_its_scope(world: World, document: str) -> None:
    put_control(world, "unit:prod", document=document)
    with pytest.raises(AccessDenied, match="cannot be read") as caught:
        world.authorizer.authorize(session(), READ, SECRET, resource_account=ACCOUNT)
    assert "the service control policy `c`" in caught.value.operator_text
    assert any("the service control policy `c`" in told for told in world.indexes.access.value.findings)
    assert may(world, session(OTHER_ACCOUNT), on=ACCOUNT, by=open_to(OTHER_ACCOUNT))
    assert may(world, operator(ACCOUNT))


@pytest.mark.parametrize("document", [*BROKEN, policy(ALL), policy(deny("*"))])
def test_a_resource_control_that_cannot_be_read_stops_everybody_in_its_scope(world: World, document: str) -> None:
    put_control(world, "unit:prod", document=document, kind="resource")
    assert not may(world, session())
    assert not may(world, session(OTHER_ACCOUNT), on=ACCOUNT, by=open_to(OTHER_ACCOUNT))
    assert may(world, session(OTHER_ACCOUNT))
    with pytest.raises(ClientError, match="AccessDenied"):
        world.web_identity_session()


@pytest.mark.parametrize("target", ["unit:gone", "unit:", "everything", "ROOT", ""])
def test_a_control_at_a_target_that_does_not_exist_stops_everybody(world: World, target: str) -> None:
    put_control(world, target, document=policy(ALL))
    assert not may(world, session())
    assert not may(world, session(OTHER_ACCOUNT))


@pytest.mark.parametrize(
    "units",
    [
        [OrganizationalUnit("business", "prod")],
        [OrganizationalUnit("business", "business")],
        [OrganizationalUnit("business", "gone")],
        [OrganizationalUnit("lab", "", (ACCOUNT,))],
        [OrganizationalUnit("business", "u5"), *(OrganizationalUnit(f"u{n}", f"u{n - 1}") for n in range(2, 6))],
    ],
    ids=["above each other", "above itself", "unknown parent", "in two units", "too deep"],
)
def test_an_account_whose_place_is_not_known_is_stopped_as_soon_as_there_are_controls(
    world: World, units: list[OrganizationalUnit]
) -> None:
    put_units(world, *units, OrganizationalUnit("u1"))
    assert may(world, session())
    put_control(world, f"account:{OTHER_ACCOUNT}", document=policy(ALL))
    assert not may(world, session())
    assert may(world, session(OTHER_ACCOUNT))
    index = world.indexes.access.value
    assert any(f"the account {ACCOUNT} stands nowhere" in told for told in index.findings)
    assert (index.organization_path(ACCOUNT), bool(index.organization_path(OTHER_ACCOUNT))) == ("", True)


def test_five_levels_of_units_are_allowed_and_each_counts(world: World) -> None:
    units = [OrganizationalUnit(f"u{n}", f"u{n - 1}" if n > 1 else "") for n in range(1, 5)]
    put_units(world, *units, OrganizationalUnit("prod", "u4", (ACCOUNT,)))
    for target in ("unit:u1", "unit:u2", "unit:u3", "unit:u4", "unit:prod"):
        put_control(world, target, document=policy(ALL, deny(READ)))
        assert not may(world, session())
        put_control(world, target, document=policy(ALL, deny(DELETE)))
        assert may(world, session())


def test_an_account_that_nobody_declared_has_the_guardrails_of_the_root(world: World) -> None:
    put_control(world, "root", document=policy(ALL, deny(READ)))
    world.put_role("reader-999999999999", account="999999999999", trust=policy(trusts({"AWS": "*"})))
    world.reload()
    assert world.indexes.access.value.guardrails("999999999999").service_controls
    assert world.indexes.access.value.organization_path("999999999999") == ""


def test_accounts_in_the_same_place_share_what_is_compiled(world: World) -> None:
    put_units(world, OrganizationalUnit("prod", "business", (ACCOUNT, OTHER_ACCOUNT)))
    put_control(world, "unit:prod", document=policy(ALL))
    index = world.indexes.access.value
    assert index.guardrails(ACCOUNT).service_controls is index.guardrails(OTHER_ACCOUNT).service_controls


def test_paths_are_those_of_aws(world: World) -> None:
    index = world.indexes.access.value
    organization, root, business, prod, end = index.organization_path(ACCOUNT).split("/")
    assert organization == index.organization_id
    assert (organization[:2], len(organization), root[:2], len(root), end) == ("o-", 12, "r-", 6, "")
    assert business.startswith(f"ou-{root[2:]}-")
    assert business != prod
    assert index.organization_path(OTHER_ACCOUNT) == f"{organization}/{root}/"
