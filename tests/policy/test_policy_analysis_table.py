"""Which pairs of policies does the analysis tell apart, and which does it see to be no new access?"""

from __future__ import annotations

from typing import Any

import pytest

from ostiary.policy import PolicyKind
from ostiary.policy.analysis import Access, check_access_not_granted, check_no_new_access
from policy.analysis_cases import ALICE, ANY, GET, LAKE, NAMED, NEW, READER, SAME, Statement, by, deny, on, other
from policy.policy_callers import ACCOUNT, policy


def compared(new: list[Statement], existing: list[Statement], kind: PolicyKind = PolicyKind.IDENTITY) -> bool:
    return check_no_new_access(policy(new, kind), policy(existing, kind)).passed


@pytest.mark.parametrize(("new", "existing"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_access_that_is_not_new_passes(new: list[Statement], existing: list[Statement]) -> None:
    assert compared(new, existing)


@pytest.mark.parametrize(("new", "existing"), [row[1:] for row in NEW], ids=[row[0] for row in NEW])
def test_access_that_is_new_or_may_be_fails_with_a_reason(new: list[Statement], existing: list[Statement]) -> None:
    comparison = check_no_new_access(policy(new), policy(existing))
    assert not comparison.passed
    assert comparison.reasons[0].statement_index == 0
    assert comparison.reasons[0].description.startswith("In the statement with index 0: ")


@pytest.mark.parametrize(
    ("kind", "new", "existing", "passes"), [row[1:] for row in NAMED], ids=[row[0] for row in NAMED]
)
def test_a_caller_who_is_named_more_directly_has_new_access(
    kind: PolicyKind, new: Any, existing: Any, *, passes: bool
) -> None:
    rest: Statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    if kind is PolicyKind.RESOURCE:
        rest["Resource"] = "*"
    assert compared([by(new, rest)], [by(existing, rest)], kind) is passes


@pytest.mark.parametrize("kind", [PolicyKind.SERVICE_CONTROL, PolicyKind.BOUNDARY, PolicyKind.SESSION])
def test_policies_without_principals_of_every_kind_are_compared(kind: PolicyKind) -> None:
    assert compared([GET], [on("s3:*")], kind)
    assert not compared([on("s3:*")], [GET], kind)


def test_resource_control_policies_are_compared() -> None:
    rules = [by("*", on("s3:*")), by("*", deny(on("s3:*", LAKE)))]
    assert compared(rules, rules, PolicyKind.RESOURCE_CONTROL)
    assert not compared(rules[:1], rules, PolicyKind.RESOURCE_CONTROL)


def test_a_deny_concerns_only_whom_it_names() -> None:
    for_alice = by({"AWS": ALICE}, on("s3:*"))
    for_others = by({"AWS": READER}, deny(on("s3:*")))
    assert compared([for_alice], [for_alice, for_others], PolicyKind.RESOURCE)
    assert not compared([for_alice], [for_alice, by({"AWS": ACCOUNT}, deny(on("s3:*")))], PolicyKind.RESOURCE)
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/x"
    for_reader = by({"AWS": READER}, on("s3:*"))
    assert not compared([for_reader], [for_reader, by({"AWS": session}, deny(on("s3:*")))], PolicyKind.RESOURCE)
    spared = {"NotPrincipal": {"AWS": [ACCOUNT, ALICE]}, **deny(on("s3:*"))}
    assert compared([for_alice, spared], [for_alice, spared], PolicyKind.RESOURCE)
    assert not compared([for_alice], [for_alice, spared], PolicyKind.RESOURCE)


def test_dollar_and_brace_are_no_variable_in_the_older_version() -> None:
    text = [on("s3:*", "arn:aws:s3:::lake/${aws:username}")]
    older, newer = policy(text, version="2008-10-17"), policy(text)
    assert not check_no_new_access(older, newer).passed
    assert not check_no_new_access(newer, older).passed
    assert check_no_new_access(older, policy([on("s3:*", LAKE)])).passed


def test_policies_of_different_kinds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        check_no_new_access(policy([GET]), policy([GET], PolicyKind.BOUNDARY))


GRANTED = [
    ([GET], Access(("s3:GetObject",)), False),
    ([GET], Access(("s3:get*",), (LAKE,)), False),
    ([GET], Access((), ("arn:aws:s3:::lake/x",)), False),
    ([GET], Access(("s3:*",), ("arn:aws:s3:::*",)), False),
    ([GET], Access(), False),
    ([GET], Access(("s3:GetObject",), ("arn:aws:s3:::lake/${aws:username}",)), False),
    ([on("s3:*", LAKE, StringEquals__t_team="red")], Access(("s3:GetObject",)), False),
    ([on("s3:*", "arn:aws:s3:::${t:b}/x")], Access(("s3:*",), (LAKE,)), False),
    ([GET], Access(("s3:PutObject", "s3:Delete*")), True),
    ([GET], Access((), ("arn:aws:s3:::pond/*",)), True),
    ([on("s3:*", "arn:aws:s3:::a/*")], Access(("s3:*",), ("arn:aws:s3:::b/${aws:username}",)), True),
    ([other(on(["iam:*", "sts:*"]), "Action")], Access(("iam:PassRole", "sts:AssumeRole")), True),
    ([other(on("iam:*"), "Action")], Access(("iam:PassRole", "sts:AssumeRole")), False),
    ([ANY, deny(on("iam:*"))], Access(("iam:PassRole",)), True),
    ([ANY, deny(on("iam:*", LAKE))], Access(("iam:PassRole",)), False),
    ([ANY, deny(on("iam:*", Bool__t_mfa="false"))], Access(("iam:PassRole",)), False),
    ([on("*", Bool__t_mfa="false"), deny(on("iam:*", Bool__t_mfa="false"))], Access(("iam:PassRole",)), True),
    ([on("*", StringEquals__t_a="a", StringNotEquals__t_a="a")], Access(("iam:PassRole",)), True),
    ([deny(ANY)], Access(), True),
]


@pytest.mark.parametrize(("statements", "access", "passes"), GRANTED)
def test_access_is_not_granted_only_if_no_request_can_have_it(
    statements: list[Statement], access: Access, *, passes: bool
) -> None:
    assert check_access_not_granted(policy(statements), [access]).passed is passes


def test_asking_about_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="name the access"):
        check_access_not_granted(policy([GET]), [])


def test_a_trust_policy_grants_its_actions_on_whatever_role_it_stands_on() -> None:
    trust = policy([{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ALICE}}], PolicyKind.TRUST)
    assert not check_access_not_granted(trust, [Access(("sts:AssumeRole",), ("arn:aws:iam::1:role/x",))]).passed
    assert check_access_not_granted(trust, [Access(("sts:TagSession",))]).passed


@pytest.mark.parametrize(
    ("action", "example"),
    [
        ("*", ""),
        ("s3:*", ", such as an action of `s3`"),
        ("s3:Get*", ", such as `s3:get`"),
        ("s3:PutObject", ", such as `s3:putobject`"),
    ],
)
def test_an_example_says_something_or_is_left_out(action: str, example: str) -> None:
    new = policy([{"Effect": "Allow", "Action": action, "Resource": "*"}])
    existing = policy([{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}])
    (reason,) = check_no_new_access(new, existing).reasons
    assert reason.description.endswith(f"on all of these resources{example}.")
