"""What is answered when not all of the request is known?"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.policy import PolicyKind, PolicySet, Request, decide, decide_assume
from ostiary.policy.reach.answer import Verdict, may, may_assume, what_may, who_may
from policy.policy_callers import policy, request

ALLOW = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
ONLY_HOME = ALLOW | {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
NOT_WITHOUT_MFA = ALLOW | {"Effect": "Deny", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}
OWN_FOLDER = ALLOW | {"Resource": "arn:aws:s3:::lake/${aws:username}/*"}


def _asked(**known: str) -> Request:
    return request(resource="arn:aws:s3:::lake/ana/x", context={f"aws:{key}": value for key, value in known.items()})


def _identity(*statements: Any) -> PolicySet:
    return PolicySet(identity=[policy(list(statements))] if statements else [])


def test_yes_and_no_are_told_when_nothing_unknown_matters() -> None:
    assert may(_asked(), _identity(ALLOW)).verdict is Verdict.YES
    assert may(_asked(), _identity()).verdict is Verdict.NO
    assert may(_asked(), _identity(ONLY_HOME | {"Action": "sqs:*"})).verdict is Verdict.NO


def test_an_unknown_key_leaves_its_condition() -> None:
    answer = may(_asked(), _identity(ONLY_HOME))
    assert answer.verdict is Verdict.IF
    assert str(answer.condition) == "IpAddress aws:SourceIp '10.0.0.0/8'"
    assert answer.holds(_asked(SourceIp="10.1.1.1"))
    assert not answer.holds(_asked(SourceIp="11.1.1.1"))


def test_a_key_that_is_known_or_known_to_be_absent_leaves_nothing() -> None:
    assert may(_asked(SourceIp="10.1.1.1"), _identity(ONLY_HOME)).verdict is Verdict.YES
    assert may(_asked(), _identity(ONLY_HOME), absent=["AWS:SourceIP"]).verdict is Verdict.NO


def test_a_possible_deny_remains_as_its_negation() -> None:
    answer = may(_asked(), _identity(ALLOW, NOT_WITHOUT_MFA))
    assert str(answer.condition) == "not (BoolIfExists aws:MultiFactorAuthPresent 'false')"
    assert may(_asked(MultiFactorAuthPresent="false"), _identity(ALLOW, NOT_WITHOUT_MFA)).verdict is Verdict.NO


def test_a_variable_of_a_resource_is_a_condition_too() -> None:
    answer = may(_asked(), _identity(OWN_FOLDER))
    assert str(answer.condition) == "the resource is one of arn:aws:s3:::lake/${aws:username}/*"
    assert answer.holds(_asked(username="ana"))
    assert not answer.holds(_asked(username="bob"))


def test_several_ways_are_told_as_a_choice() -> None:
    boundary = policy(NOT_WITHOUT_MFA | {"Effect": "Allow"}, PolicyKind.BOUNDARY)
    answer = may(_asked(), PolicySet(identity=[policy([ONLY_HOME, OWN_FOLDER])], boundary=boundary))
    assert str(answer.condition) == (
        "(IpAddress aws:SourceIp '10.0.0.0/8' or the resource is one of arn:aws:s3:::lake/${aws:username}/*)"
        " and BoolIfExists aws:MultiFactorAuthPresent 'false'"
    )


def test_who_and_what_are_answered_one_by_one() -> None:
    two = [(_asked(), _identity(ALLOW)), (_asked(), _identity())]
    assert [answer.verdict for answer in who_may(two)] == [Verdict.YES, Verdict.NO]
    found = what_may(_asked(), ["s3:GetObject", "sqs:SendMessage", "s3:List"], _identity(ALLOW))
    assert {action: answer.verdict for action, answer in found.items()} == {
        "s3:GetObject": Verdict.YES,
        "s3:List": Verdict.YES,
    }


_KEYS = ["t:a", "t:b", "aws:username"]
_CONDITIONS = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotEquals", "StringEqualsIfExists", "ForAllValues:StringLike", "Null"]),
    st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(["true", "false"]), min_size=1, max_size=2),
    max_size=2,
)
_STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Allow", "Deny"]),
        "Action": st.sampled_from(["s3:*", "sts:*", "*"]),
        "Resource": st.sampled_from(["*", "arn:aws:s3:::${aws:username}", "arn:aws:s3:::true"]),
        "Condition": _CONDITIONS,
    }
)
_POLICIES = st.lists(_STATEMENTS, min_size=1, max_size=3)
_PRINCIPALS = st.sampled_from(
    [
        "*",
        {"AWS": "123456789012"},
        {"AWS": "arn:aws:iam::123456789012:user/alice"},
        {"AWS": "arn:aws:iam::123456789012:role/ci/reader"},
        {"AWS": "arn:aws:sts::123456789012:assumed-role/reader/alice"},
    ]
)


def _sets(draw: st.DrawFn) -> dict[str, Any]:
    identity, boundary, session = draw(_POLICIES), draw(st.none() | _POLICIES), draw(st.none() | _POLICIES)
    controls = draw(st.lists(_POLICIES, max_size=2))
    return {
        "identity": [policy(identity)],
        "boundary": None if boundary is None else policy(boundary, PolicyKind.BOUNDARY),
        "session": None if session is None else [policy(session, PolicyKind.SESSION)],
        "service_controls": [[policy(one, PolicyKind.SERVICE_CONTROL)] for one in controls],
    }


@st.composite
def _questions(draw: st.DrawFn) -> tuple[str, dict[str, Any], list[dict[str, Any]], dict[str, str], set[str]]:
    caller = draw(st.sampled_from(["user", "session", "root", "stranger", "federated", "anonymous"]))
    owner = [one | {"Principal": draw(_PRINCIPALS)} for one in draw(_POLICIES)]
    full = draw(st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(["true", "false"])))
    return caller, _sets(draw), owner, full, set(draw(st.lists(st.sampled_from(_KEYS), max_size=3)))


def _agrees(verdict: Verdict, *, allowed: bool) -> bool:
    return verdict is Verdict.IF or (verdict is Verdict.YES) is allowed


@settings(deadline=None, max_examples=300)
@given(question=_questions())
def test_what_remains_holds_exactly_where_the_decision_allows(question: Any) -> None:
    caller, sets, owner, full, unknown = question
    policies = PolicySet(**sets, resource=policy(owner, PolicyKind.RESOURCE))
    known = {key: value for key, value in full.items() if key not in unknown}
    absent = [key for key in _KEYS if key not in full and key not in unknown]
    resource = "arn:aws:s3:::true"
    answer = may(request(caller, resource=resource, context=known), policies, absent=absent)
    whole = request(caller, resource=resource, context=full)
    allowed = decide(whole, policies).allowed
    assert answer.holds(whole) is allowed
    assert _agrees(answer.verdict, allowed=allowed)


@settings(deadline=None, max_examples=200)
@given(question=_questions())
def test_the_same_holds_for_assuming_a_role(question: Any) -> None:
    caller, sets, owner, full, unknown = question
    statements = [{key: value for key, value in one.items() if key != "Resource"} for one in owner]
    trust = policy([one | {"Action": "sts:*"} for one in statements], PolicyKind.TRUST)
    known = {key: value for key, value in full.items() if key not in unknown}
    absent = [key for key in _KEYS if key not in full and key not in unknown]
    asked = {"action": "sts:AssumeRole", "resource": "arn:aws:iam::123456789012:role/target"}
    answer = may_assume(request(caller, **asked, context=known), trust, PolicySet(**sets), absent=absent)
    whole = request(caller, **asked, context=full)
    allowed = decide_assume(whole, trust, PolicySet(**sets)).allowed
    assert answer.holds(whole) is allowed
    assert _agrees(answer.verdict, allowed=allowed)
