"""Does a policy see every key that the registry promises, nothing else, and nothing that somebody made up?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.access import authorizer as authorizer_module
from ostiary.domain.access.conditions import context_of, request_context_of
from ostiary.domain.access.model import Assignment, PermissionSet
from ostiary.domain.audit.caller import Assurance, AssuranceLevel, Caller, CallerKind, Door, Origin
from ostiary.domain.directory.model import Directory, Group, Person, PersonStatus
from ostiary.policy import ContextValue, Decision
from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.readings import read_address, read_boolean, read_moment, read_number
from ostiary.policy.registry.keys import ConditionKey, KeyType, all_keys, find_key
from ostiary.protocols.aws.wire import WireRequest, WireResponse
from parts.aws_world import ACCOUNT, ISSUER_NAME, ORIGIN, OTHER_ACCOUNT, allow, issued, keywords, policy, role_arn
from parts.aws_world import trusts as trusted
from parts.secrets_world import SecretsWorld

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PERSON_ID = "018f-ana"
# The access API alone supplies these, from what an application says of a question.
BY_APPLICATIONS = "authzen:"
# The pages of helpers alone supply this one; tests/domain/recovery has what it is good for.
BY_PAGES = {"ostiary:HelperGroups"}
SUPPLIED = [
    key for key in all_keys() if key.supplied and not key.name.startswith(BY_APPLICATIONS) and key.name not in BY_PAGES
]
NOT_SUPPLIED = [key for key in all_keys() if not key.supplied]
# One value in AWS's reference, several where the operation takes several.
SOMETIMES_SEVERAL = {"secretsmanager:VersionStage", "${Issuer}:aud"}


def named(key: ConditionKey) -> str:
    return key.name


class BrowsedWorld(SecretsWorld):
    """Its clients say which page they come from, and a proxy says what it knows of them."""

    def send(self, request: WireRequest) -> WireResponse:
        return self.gateway.answer(
            request, replace(ORIGIN, referer="https://console.example.com/", posture=("managed",))
        )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[BrowsedWorld]:
    made = BrowsedWorld(tmp_path)
    yield made
    made.database.close()


def session(**more: object) -> Caller:
    base = Caller(
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s1",
        account=ACCOUNT,
        kind=CallerKind.ROLE_SESSION,
        name="s1",
        origin=Origin(Door.AWS),
        role_arn=role_arn("reader"),
    )
    return replace(base, **more)  # type: ignore[arg-type]


# --- every key, from real requests -----------------------------------------------------------------------------------


class Seen:
    """The contexts of all decisions, on their way to the evaluator."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.contexts: list[Mapping[str, ContextValue]] = []
        for name in ("decide", "decide_assume"):
            monkeypatch.setattr(authorizer_module, name, self._watching(getattr(authorizer_module, name)))

    def _watching(self, real: Any) -> Any:
        def watch(request: Any, *rest: Any, **more: Any) -> Decision:
            self.contexts.append(request.context)
            decision: Decision = real(request, *rest, **more)
            return decision

        return watch

    def keys(self) -> set[str]:
        return {key for context in self.contexts for key in context}


def has(keys: set[str], key: ConditionKey) -> bool:
    if not key.family:
        return lower_ascii(key.name) in keys
    if key.prefix:
        return any(seen.startswith(lower_ascii(key.prefix)) for seen in keys)
    return f"{ISSUER_NAME}{key.name.partition('}')[2]}" in keys


def chain_of_roles(world: BrowsedWorld) -> dict[str, str]:
    """A machine from outside, then a role with everything that AssumeRole takes."""
    provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER_NAME}"}
    exact = {f"{ISSUER_NAME}:sub": "repo:example/shop:ref:refs/heads/main", f"{ISSUER_NAME}:aud": "sts.amazonaws.com"}
    first = trusted(provider, "sts:AssumeRoleWithWebIdentity", Condition={"StringEquals": exact})
    world.put_role("first", trust=policy(first), policies={"p": policy(allow("sts:*"))}, tags={"env": "test"})
    second = trusted({"AWS": role_arn("first")}, ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"])
    every = allow(["sts:*", "secretsmanager:*"])
    world.put_role("second", trust=policy(second), policies={"p": policy(every)}, tags={"env": "test"})
    world.reload()
    outside = world.client("sts").assume_role_with_web_identity(
        RoleArn=role_arn("first"), RoleSessionName="ci", WebIdentityToken=world.token(amr=["mfa", "hwk"])
    )
    inside = world.client("sts", keywords(outside)).assume_role(
        RoleArn=role_arn("second"),
        RoleSessionName="deploy",
        ExternalId="customer-7",
        Tags=[{"Key": "stage", "Value": "blue"}],
        TransitiveTagKeys=["stage"],
        DurationSeconds=900,
    )
    return keywords(inside)


def portal_session(world: BrowsedWorld) -> dict[str, str]:
    """A person with two factors, in a role of her group."""

    def fill(tx: Any) -> None:
        tx.directory.put_directory(Directory("workforce"))
        tx.directory.put_group(Group("developers", "platform", "write the shop"))
        tx.access.put_permission_set(PermissionSet("Developer", "d", {"p": policy(allow("secretsmanager:*"))}))
        tx.access.put_assignment(Assignment("developers", "Developer", ACCOUNT))
        tx.directory.put_person(person)

    person = Person(
        person_id=PERSON_ID,
        directory="workforce",
        user_name="ana@example.com",
        display_name="Ana",
        email="ana@example.com",
        status=PersonStatus.ACTIVE,
        created_at=world.clock.now(),
        groups=("developers",),
    )
    world.database.write(fill)
    world.reload()
    caller = Caller(
        arn=person.arn,
        account=ACCOUNT,
        kind=CallerKind.PERSON,
        name=person.user_name,
        origin=Origin(Door.WEB, source_ip="192.0.2.9"),
        assurance=Assurance(("pwd", "otp", "mfa"), world.clock.now() - timedelta(seconds=30)),
        session_id="browser-session-1",
        user_id=PERSON_ID,
    )
    (assigned,) = world.person_credentials.roles(person, world.clock.now())
    return issued(world.person_credentials.issue(caller, person, assigned.role.arn, world.clock.now()))


def work_with_secrets(world: BrowsedWorld, *credentials: dict[str, str]) -> None:
    admin = world.secrets()
    made = admin.create_secret(
        Name="shop/db",
        SecretString="x",
        Description="the shop's database",
        KmsKeyId="alias/aws/secretsmanager",
        Tags=[{"Key": "team", "Value": "shop"}],
    )
    for each in credentials:
        world.secrets(each).get_secret_value(SecretId="shop/db", VersionId=made["VersionId"])
    admin.put_secret_value(SecretId="shop/db", SecretString="y", VersionStages=["AWSCURRENT", "BLUE"])
    admin.get_secret_value(SecretId=made["ARN"])
    admin.untag_resource(SecretId="shop/db", TagKeys=["team", "other"])
    admin.delete_secret(SecretId="shop/db", RecoveryWindowInDays=7)


@pytest.fixture
def seen(world: BrowsedWorld, monkeypatch: pytest.MonkeyPatch) -> Seen:
    watched = Seen(monkeypatch)
    work_with_secrets(world, chain_of_roles(world), portal_session(world))
    return watched


def test_real_requests_have_every_key_that_is_supplied_and_none_that_is_not(seen: Seen) -> None:
    keys = seen.keys()
    assert [key.name for key in SUPPLIED if not has(keys, key)] == []
    assert [key.name for key in NOT_SUPPLIED if has(keys, key)] == []


def test_every_key_of_a_real_request_is_in_the_registry_and_of_its_type(seen: Seen) -> None:
    readers: dict[KeyType, Any] = {
        KeyType.BOOLEAN: read_boolean,
        KeyType.NUMERIC: read_number,
        KeyType.DATE: read_moment,
        KeyType.IP_ADDRESS: read_address,
    }
    for context in seen.contexts:
        for name, value in context.items():
            key = find_key(name)
            assert key is not None, name
            assert isinstance(value, str) or key.multivalued or key.name in SOMETIMES_SEVERAL, name
            assert value, name
            if isinstance(value, str):
                assert readers.get(key.type, lambda text: text)(value) is not None, (name, value)


def test_what_a_session_of_a_chain_is_seen_with(world: BrowsedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Seen(monkeypatch)
    chain_of_roles(world)
    outside, inside = watched.contexts[0], watched.contexts[-1]
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER_NAME}"
    assert outside["aws:federatedprovider"] == inside["aws:federatedprovider"] == provider
    assert outside[f"{ISSUER_NAME}:amr"] == ("mfa", "hwk")
    # What an outside issuer says of factors is not what this server proved.
    assert "ostiary:assurancelevel" not in inside
    assert inside["aws:multifactorauthpresent"] == "false"
    assert (outside["sts:durationseconds"], inside["sts:durationseconds"]) == ("3600", "900")
    assert (inside["aws:resourcetag/env"], inside["iam:resourcetag/env"]) == ("test", "test")
    assert inside["aws:requesttag/stage"] == "blue"
    assert inside["sts:transitivetagkeys"] == ("stage",)
    assert inside["sts:externalid"] == "customer-7"


def test_the_registry_names_every_door_and_level() -> None:
    door, level = find_key("ostiary:Door"), find_key("ostiary:AssuranceLevel")
    assert door is not None
    assert level is not None
    assert all(each.value in door.note for each in Door)
    assert all(each.value in level.note for each in AssuranceLevel)


# --- what the keys are good for --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "fine"), [(None, False), (3600, False), (1800, True)])
def test_a_limit_of_life_holds_for_who_asks_for_none(world: BrowsedWorld, asked: int | None, fine: bool) -> None:  # noqa: FBT001 - a row of the table
    too_long = {"NumericGreaterThan": {"sts:DurationSeconds": "1800"}}
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": too_long}
    world.put_role("brief", trust=policy(trusted(root), deny))
    world.reload()
    assert allowed(world, "brief", **({} if asked is None else {"DurationSeconds": asked})) is fine


@pytest.mark.parametrize("key", ["aws:ResourceTag/env", "iam:ResourceTag/env"])
def test_the_tags_of_a_role_decide_who_assumes_it(world: BrowsedWorld, key: str) -> None:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    only_test = policy(trusted(root, Condition={"StringEquals": {key: "test"}}))
    for name, tags in ("a", {"env": "test"}), ("b", {"env": "live"}), ("c", {}):
        world.put_role(name, trust=only_test, tags=tags)
    world.reload()
    may = [allowed(world, name) for name in "abc"]
    assert may == [True, False, False]


def allowed(world: BrowsedWorld, name: str, **more: int) -> bool:
    try:
        world.client("sts", world.admin).assume_role(RoleArn=role_arn(name), RoleSessionName="s1", **more)
    except ClientError as refusal:
        return bool(refusal.response["Error"]["Code"] != "AccessDenied")
    return True


def test_the_organization_is_seen_of_its_own_accounts_alone(world: BrowsedWorld) -> None:
    places = world.indexes.access.value
    context = context_of(session(), NOW, resource_account=OTHER_ACCOUNT, places=places)
    assert context["aws:resourceaccount"] == OTHER_ACCOUNT
    assert context["aws:principalorgid"] == context["aws:resourceorgid"] == places.organization_id
    assert context["aws:principalorgpaths"] == (places.organization_path(ACCOUNT),)
    assert context["aws:principalorgpaths"][0].startswith(f"{places.organization_id}/r-")
    stranger = context_of(session(account="999999999999"), NOW, resource_account="888888888888", places=places)
    assert not {key for key in stranger if "org" in key}
    outside = request_context_of(Origin(Door.AWS), NOW, {}, resource_account=ACCOUNT, places=places)
    assert outside["aws:resourceorgid"] == places.organization_id
    assert "aws:principalorgid" not in outside


@pytest.mark.parametrize(
    ("methods", "level"),
    [
        ((), None),
        (("pwd",), AssuranceLevel.SINGLE_FACTOR),
        (("otp",), AssuranceLevel.SINGLE_FACTOR),
        (("hwk",), AssuranceLevel.SINGLE_FACTOR),
        (("pwd", "otp", "mfa"), AssuranceLevel.MULTI_FACTOR),
        (("hwk", "user", "mfa"), AssuranceLevel.PHISHING_RESISTANT),
        (("swk", "mfa"), AssuranceLevel.PHISHING_RESISTANT),
    ],
)
def test_the_level_of_assurance_follows_from_what_was_proved(
    methods: tuple[str, ...], level: AssuranceLevel | None
) -> None:
    proved = Assurance(methods, NOW - timedelta(minutes=5))
    context = context_of(session(assurance=proved), NOW)
    assert context.get("ostiary:assurancelevel") == level
    assert context.get("ostiary:authenticationage") == ("300" if level else None)
    assert context.get("ostiary:authenticationmethods") == (methods or None)


def test_a_sign_in_that_another_nodes_clock_puts_into_the_future_is_of_now() -> None:
    ahead = Assurance(("pwd",), NOW + timedelta(seconds=2))
    assert context_of(session(assurance=ahead), NOW)["ostiary:authenticationage"] == "0"


def test_a_secret_cannot_be_tagged_into_another_key(world: BrowsedWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Seen(monkeypatch)
    hostile = [{"Key": key, "Value": "forged"} for key in ("x:aws:SourceIp", "sts:ExternalId", "iam:ResourceTag/env")]
    world.secrets().create_secret(Name="s", SecretString="x", Tags=hostile)
    world.secrets().describe_secret(SecretId="s")
    forged = {key for context in watched.contexts for key, value in context.items() if "forged" in json.dumps(value)}
    assert forged
    assert {key.partition("/")[0] for key in forged} == {
        "aws:requesttag",
        "aws:resourcetag",
        "secretsmanager:resourcetag",
    }
