"""Pairs of policies whose comparison is known.

`SAME` are pairs that must pass: a check that always fails is sound and of no use. `NEW` are pairs that must not.
`NAMED` are principals of an Allow, and whether those of the first one are covered by those of the second.
"""

from __future__ import annotations

from typing import Any

from ostiary.policy import PolicyKind
from policy.policy_callers import ACCOUNT

Statement = dict[str, Any]
LAKE, ALL = "arn:aws:s3:::lake/*", "*"
ALICE, READER = f"arn:aws:iam::{ACCOUNT}:user/alice", f"arn:aws:iam::{ACCOUNT}:role/ci/reader"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com"


def on(action: Any, resource: Any = ALL, /, **condition: Any) -> Statement:
    """`StringEquals__aws_x` names an operator and a key; a colon stands where `_` does."""
    statement: Statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    if condition:
        statement["Condition"] = blocks(condition)
    return statement


def blocks(condition: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, values in condition.items():
        operator, key = name.split("__")
        found.setdefault(operator.replace("_", ":"), {})[key.replace("_", ":")] = values
    return found


def deny(statement: Statement) -> Statement:
    return {**statement, "Effect": "Deny"}


def other(statement: Statement, element: str) -> Statement:
    """The same with NotAction or NotResource."""
    return {(f"Not{name}" if name == element else name): value for name, value in statement.items()}


def by(principal: Any, statement: Statement) -> Statement:
    return {"Principal": principal, **statement}


GET, ANY = on("s3:GetObject", LAKE), on("*")

SAME: list[tuple[str, list[Statement], list[Statement]]] = [
    ("the same statement", [GET], [GET]),
    ("an action of a wildcard", [GET], [on("s3:Get*", LAKE)]),
    ("a narrower wildcard", [on("s3:GetObject*")], [on("s3:Get*")]),
    ("actions in another case", [on("S3:getOBJECT", LAKE)], [GET]),
    ("a question mark under a star", [on("s3:?etObject")], [on("s3:*etObject")]),
    ("one of the actions", [GET], [on(["s3:GetObject", "s3:PutObject"], LAKE)]),
    ("two actions from two statements", [on(["s3:GetObject", "s3:PutObject"])], [on("s3:Get*"), on("s3:Put*")]),
    (
        "a grid of actions and resources in rows",
        [on(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a", "arn:aws:s3:::b"])],
        [on("s3:*", "arn:aws:s3:::a"), on(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::b")],
    ),
    ("one resource of two statements", [on("s3:*", LAKE)], [on("s3:*", "arn:aws:s3:::lake/a*"), on("s3:*", LAKE)]),
    ("everything from a half and its complement", [ANY], [on("s3:*"), other(on("s3:*"), "Action")]),
    (
        "all resources from a part and its complement",
        [on("s3:*")],
        [on("s3:*", LAKE), other(on("s3:*", LAKE), "Resource")],
    ),
    ("a part of a NotAction", [on("sqs:*")], [other(on("s3:*"), "Action")]),
    ("a NotAction with more exceptions", [other(on(["s3:*", "iam:*"]), "Action")], [other(on("iam:*"), "Action")]),
    ("a resource outside a NotResource", [on("s3:*", "arn:aws:s3:::pond/*")], [other(on("s3:*", LAKE), "Resource")]),
    ("a prefix of a resource", [on("s3:*", "arn:aws:s3:::lake/a/*")], [on("s3:*", LAKE)]),
    ("segments of an ARN", [on("s3:*", "arn:aws:s3:eu-west-1:1:lake/x")], [on("s3:*", "arn:aws:s3:*:*:lake/*")]),
    ("a star within a segment", [on("s3:*", "arn:aws:s3:a*b:1:x")], [on("s3:*", "arn:aws:s3:a*:1:x")]),
    ("a variable under a star", [on("s3:*", "arn:aws:s3:::lake/${aws:username}/*")], [on("s3:*", LAKE)]),
    (
        "the same variable",
        [on("s3:Get*", "arn:aws:s3:::l/${aws:username}/a")],
        [on("s3:*", "arn:aws:s3:::l/${aws:username}/*")],
    ),
    (
        "a variable's key in another case",
        [on("s3:*", "arn:aws:s3:::l/${AWS:UserName}")],
        [on("s3:*", "arn:aws:s3:::l/${aws:username}")],
    ),
    ("an escaped wildcard is a character", [on("s3:*", "arn:aws:s3:::lake/${*}")], [on("s3:*", "arn:aws:s3:::lake/?")]),
    ("a statement less", [GET], [GET, on("sqs:*")]),
    ("only a Deny", [deny(ANY)], [GET]),
    ("a Deny more", [GET, deny(on("s3:*", LAKE))], [GET]),
    ("what the new policy denies itself", [on("s3:*"), deny(on("s3:Put*"))], [other(on("s3:Put*"), "Action")]),
    (
        "what it denies on some resources",
        [on("s3:Get*"), deny(on("s3:*", LAKE))],
        [other(on("s3:*", LAKE), "Resource")],
    ),
    ("the same Deny", [GET, deny(on("s3:*", "arn:aws:s3:::lake/x"))], [GET, deny(on("s3:*", "arn:aws:s3:::lake/x"))]),
    ("a wider Deny", [GET, deny(ANY)], [GET, deny(on("s3:*", "arn:aws:s3:::lake/x"))]),
    ("a Deny of other actions", [GET], [GET, deny(on("s3:PutObject"))]),
    ("a Deny on other resources", [GET], [GET, deny(on("s3:*", "arn:aws:s3:::pond/*"))]),
    (
        "a Deny split in two",
        [on("s3:*"), deny(on("s3:Put*")), deny(on("s3:Delete*"))],
        [on("s3:*"), deny(on(["s3:PutObject", "s3:DeleteObject"]))],
    ),
    (
        "a Deny whose condition contradicts",
        [on("s3:*", LAKE, Bool__aws_SecureTransport="true")],
        [on("s3:*"), deny(on("s3:*", Bool__aws_SecureTransport="false"))],
    ),
    (
        "a Deny with a condition that follows from the other's",
        [on("s3:*"), deny(on("s3:*", StringLike__t_team="r*"))],
        [on("s3:*"), deny(on("s3:*", StringEquals__t_team="red"))],
    ),
    (
        "a Deny against a variable",
        [on("s3:*"), deny(on("s3:*", "arn:aws:s3:::l/${t:n}/*"))],
        [on("s3:*"), deny(on("s3:*", "arn:aws:s3:::l/${t:n}/x"))],
    ),
    ("an Allow that can never apply", [on("s3:*", StringEquals__t_team="red", StringNotLike__t_team="r*")], [GET]),
    ("a condition more", [on("s3:GetObject", LAKE, StringEquals__t_team="red")], [GET]),
    ("the same condition", [on("*", StringEquals__t_team=["a", "b"])], [on("*", StringEquals__T_TEAM=["b", "a"])]),
    ("fewer values", [on("*", StringEquals__t_team="a")], [on("*", StringEquals__t_team=["a", "b"])]),
    ("more excluded values", [on("*", StringNotEquals__t_team=["a", "b"])], [on("*", StringNotEquals__t_team="a")]),
    ("another value than the excluded", [on("*", StringEquals__t_team="b")], [on("*", StringNotEquals__t_team="a")]),
    ("a value of a pattern", [on("*", StringEquals__t_team="red")], [on("*", StringLike__t_team="r?d")]),
    ("a narrower pattern", [on("*", StringLike__t_team="re*")], [on("*", StringLike__t_team=["r*", "x"])]),
    ("a value in any case", [on("*", StringEquals__t_team="Red")], [on("*", StringEqualsIgnoreCase__t_team="rED")]),
    (
        "a condition instead of its IfExists",
        [on("*", StringEquals__t_team="a")],
        [on("*", StringEqualsIfExists__t_team="a")],
    ),
    (
        "IfExists and existence",
        [on("*", StringEqualsIfExists__t_team="a", Null__t_team="false")],
        [on("*", StringEquals__t_team="a")],
    ),
    ("a key that must exist", [on("*", StringEquals__t_team="a")], [on("*", Null__t_team="false")]),
    ("absence under an exclusion", [on("*", Null__t_team="true")], [on("*", StringNotEquals__t_team="a")]),
    (
        "a set under a larger one",
        [on("*", ForAllValues_StringEquals__t_tags="a")],
        [on("*", ForAllValues_StringEquals__t_tags=["a", "b"])],
    ),
    ("any of a set", [on("*", ForAnyValue_StringEquals__t_tags="a")], [on("*", ForAnyValue_StringLike__t_tags="*a*")]),
    (
        "one value where all of a set count",
        [on("*", StringEquals__t_tags="a")],
        [on("*", ForAllValues_StringEquals__t_tags="a")],
    ),
    (
        "a network in a network",
        [on("*", IpAddress__aws_SourceIp="10.1.0.0/16")],
        [on("*", IpAddress__aws_SourceIp=["10.0.0.0/8", "::1"])],
    ),
    (
        "two halves of a network",
        [on("*", IpAddress__aws_SourceIp="10.0.0.0/8")],
        [on("*", IpAddress__aws_SourceIp=["10.0.0.0/9", "10.128.0.0/9"])],
    ),
    (
        "a wider excluded network",
        [on("*", NotIpAddress__aws_SourceIp="10.0.0.0/8")],
        [on("*", NotIpAddress__aws_SourceIp="10.1.0.0/16")],
    ),
    (
        "a network beside the excluded",
        [on("*", IpAddress__aws_SourceIp="192.0.2.0/24")],
        [on("*", NotIpAddress__aws_SourceIp="10.0.0.0/8")],
    ),
    (
        "a mapped address",
        [on("*", IpAddress__aws_SourceIp="::ffff:10.1.2.3")],
        [on("*", IpAddress__aws_SourceIp="10.0.0.0/8")],
    ),
    ("a smaller number", [on("*", NumericLessThan__t_age="10")], [on("*", NumericLessThanEquals__t_age="10.0")]),
    (
        "a number between",
        [on("*", NumericEquals__t_age="7")],
        [on("*", NumericGreaterThan__t_age="5", NumericLessThan__t_age="9")],
    ),
    (
        "an earlier end",
        [on("*", DateLessThan__aws_CurrentTime="2026-01-01")],
        [on("*", DateLessThan__aws_CurrentTime="2026-06-01T00:00:00Z")],
    ),
    (
        "a moment in another form",
        [on("*", DateLessThan__aws_CurrentTime="1767225600")],
        [on("*", DateLessThan__aws_CurrentTime="2026-01-01T00:00:00Z")],
    ),
    (
        "an ARN of a pattern",
        [on("*", ArnEquals__t_arn="arn:aws:iam::1:role/a")],
        [on("*", ArnLike__t_arn="arn:aws:iam::*:role/*")],
    ),
    (
        "a text that is an ARN",
        [on("*", StringEquals__t_arn="arn:aws:iam::1:role/a")],
        [on("*", ArnLike__t_arn="arn:aws:iam::*:role/*")],
    ),
    ("a boolean written as text", [on("*", StringEquals__t_mfa="true")], [on("*", Bool__t_mfa="true")]),
    (
        "one variable in a condition",
        [on("*", StringEquals__t_team="${t:name}")],
        [on("*", StringLike__t_team=["${t:name}*", "x"])],
    ),
    (
        "other conditions on other keys",
        [on("*", Bool__t_mfa="true", StringEquals__t_team="a")],
        [on("*", Bool__t_mfa="true")],
    ),
]

NEW: list[tuple[str, list[Statement], list[Statement]]] = [
    ("another action", [on("s3:PutObject", LAKE)], [GET]),
    ("a wider action", [on("s3:*", LAKE)], [on("s3:Get*", LAKE)]),
    ("an action between two patterns", [on("s3:*")], [on("s3:?*"), on("sqs:*")]),
    ("another resource", [on("s3:GetObject", "arn:aws:s3:::pond/*")], [GET]),
    ("a sibling of a prefix", [on("s3:*", "arn:aws:s3:::lake*")], [on("s3:*", LAKE)]),
    (
        "a cell of the grid",
        [on(["s3:GetObject", "s3:PutObject"], ["arn:aws:s3:::a", "arn:aws:s3:::b"])],
        [on("s3:*", "arn:aws:s3:::a"), on("s3:GetObject", "arn:aws:s3:::b")],
    ),
    ("a resource's case", [on("s3:*", "arn:aws:s3:::Lake/x")], [on("s3:*", LAKE)]),
    ("a star that runs on", [on("s3:*", "arn:aws:s3:*")], [on("s3:*", "arn:aws:s3:*:*:*")]),
    (
        "a NotResource of a variable that may be missing",
        [on("s3:*", "arn:aws:s3:::pond/x")],
        [other(on("s3:*", "arn:aws:s3:::lake/${aws:username}"), "Resource")],
    ),
    ("a Deny less", [GET], [GET, deny(on("s3:*", "arn:aws:s3:::lake/x"))]),
    (
        "a narrower Deny",
        [GET, deny(on("s3:*", "arn:aws:s3:::lake/x"))],
        [GET, deny(on("s3:*", "arn:aws:s3:::lake/x*"))],
    ),
    ("a Deny with a condition more", [ANY, deny(on("s3:*", StringEquals__t_team="a"))], [ANY, deny(on("s3:*"))]),
    ("a Deny that does not cover the Allow", [on("s3:*"), deny(on("s3:Put*", LAKE))], [other(on("s3:Put*"), "Action")]),
    (
        "an own Deny under a condition",
        [on("s3:*"), deny(on("s3:Put*", Bool__t_mfa="false"))],
        [other(on("s3:Put*"), "Action")],
    ),
    ("a Deny of a variable's resource", [on("s3:*")], [on("s3:*"), deny(on("s3:*", "arn:aws:s3:::l/${t:n}/*"))]),
    ("a condition less", [GET], [on("s3:GetObject", LAKE, StringEquals__t_team="red")]),
    ("more values", [on("*", StringEquals__t_team=["a", "b"])], [on("*", StringEquals__t_team="a")]),
    ("fewer excluded values", [on("*", StringNotEquals__t_team="a")], [on("*", StringNotEquals__t_team=["a", "b"])]),
    ("IfExists", [on("*", StringEqualsIfExists__t_team="a")], [on("*", StringEquals__t_team="a")]),
    ("an exclusion holds without the key", [on("*", StringNotEquals__t_team="a")], [on("*", Null__t_team="false")]),
    (
        "ForAllValues holds of nothing",
        [on("*", ForAllValues_StringEquals__t_tags="a")],
        [on("*", ForAnyValue_StringEquals__t_tags="a")],
    ),
    (
        "any value is not all",
        [on("*", ForAnyValue_StringEquals__t_tags="a")],
        [on("*", ForAllValues_StringEquals__t_tags="a")],
    ),
    ("a set is not one value", [on("*", ForAllValues_StringEquals__t_tags="a")], [on("*", StringEquals__t_tags="a")]),
    ("an empty value is no set", [on("*", StringEquals__t_tags="")], [on("*", ForAnyValue_StringEquals__t_tags="")]),
    (
        "a wider network",
        [on("*", IpAddress__aws_SourceIp="10.0.0.0/7")],
        [on("*", IpAddress__aws_SourceIp="10.0.0.0/8")],
    ),
    (
        "an address that cannot be read",
        [on("*", StringNotEquals__t_ip="10.0.0.1")],
        [on("*", NotIpAddress__t_ip="10.0.0.1")],
    ),
    (
        "a later end",
        [on("*", DateLessThan__aws_CurrentTime="2027-01-01")],
        [on("*", DateLessThan__aws_CurrentTime="2026-01-01")],
    ),
    ("the bound itself", [on("*", NumericLessThanEquals__t_age="10")], [on("*", NumericLessThan__t_age="10")]),
    ("a pattern for a value", [on("*", StringLike__t_team="a*")], [on("*", StringEquals__t_team="a")]),
    ("any case for one", [on("*", StringEqualsIgnoreCase__t_team="a")], [on("*", StringEquals__t_team="a")]),
    (
        "a letter that unicode folds",
        [on("*", StringEquals__t_team="\u017ftar")],
        [on("*", StringNotEqualsIgnoreCase__t_team="star")],
    ),
    (
        "a text that is no ARN",
        [on("*", StringLike__t_arn="arn:aws:iam:*")],
        [on("*", ArnLike__t_arn="arn:aws:iam:*:*:*")],
    ),
    (
        "a variable that may be missing",
        [on("*", StringNotEquals__t_team="a")],
        [on("*", StringNotEquals__t_team=["a", "${t:name}"])],
    ),
    ("another key", [on("*", StringEquals__t_team="a")], [on("*", StringEquals__t_name="a")]),
    ("a condition in two halves is not seen", [ANY], [on("*", Null__t_team="true"), on("*", Null__t_team="false")]),
]

NAMED: list[tuple[str, PolicyKind, Any, Any, bool]] = [
    ("the same user", PolicyKind.RESOURCE, {"AWS": ALICE}, {"AWS": [ALICE, READER]}, True),
    ("another user", PolicyKind.RESOURCE, {"AWS": ALICE}, {"AWS": ALICE + "2"}, False),
    ("everyone", PolicyKind.RESOURCE, "*", {"AWS": ACCOUNT}, False),
    ("an account of everyone", PolicyKind.RESOURCE, {"AWS": ACCOUNT}, "*", True),
    ("a role of everyone", PolicyKind.RESOURCE, {"AWS": READER}, "*", True),
    ("a user of everyone escapes her boundary", PolicyKind.RESOURCE, {"AWS": ALICE}, "*", False),
    ("a user of her account needs no policy of her own", PolicyKind.RESOURCE, {"AWS": ALICE}, {"AWS": ACCOUNT}, False),
    (
        "the root ARN is the account",
        PolicyKind.RESOURCE,
        {"AWS": ACCOUNT},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        True,
    ),
    (
        "a service",
        PolicyKind.RESOURCE,
        {"Service": "a.amazonaws.com"},
        {"Service": ["a.amazonaws.com", "b.amazonaws.com"]},
        True,
    ),
    ("a service of everyone", PolicyKind.RESOURCE, {"Service": "a.amazonaws.com"}, "*", False),
    ("an account in trust of everyone", PolicyKind.TRUST, {"AWS": ACCOUNT}, "*", True),
    ("a role in trust of everyone needs no policy of its own", PolicyKind.TRUST, {"AWS": READER}, "*", False),
    ("the same issuer", PolicyKind.TRUST, {"Federated": PROVIDER}, {"Federated": PROVIDER, "AWS": ALICE}, True),
    ("another issuer", PolicyKind.TRUST, {"Federated": PROVIDER}, {"Federated": PROVIDER + "2"}, False),
]
