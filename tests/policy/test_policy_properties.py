"""What holds for every set of policies and every request?"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.policy import Effect, PolicyKind, PolicySet, decide
from ostiary.policy.language.glob import Automaton, Pieces, Wild, compile_glob
from policy.policy_callers import policy, request

_ACTIONS = st.sampled_from(["*", "s3:*", "s3:Get*", "S3:getobject", "s3:PutObject", "sqs:*", "s3:?etObject"])
_RESOURCES = st.sampled_from(
    ["*", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/x", "arn:aws:s3:::${t:team, 'lake'}/*", "arn:aws:s3:::${t:name}/x"]
)
_CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {"t:team": "red"}},
        {"StringNotEquals": {"t:team": ["red", "${t:name}"]}},
        {"StringLike": {"t:team": "${t:name}*"}},
        {"ForAllValues:StringLike": {"t:tags": ["a*", "b"]}},
        {"ForAnyValue:StringNotEquals": {"t:tags": "a"}},
        {"Null": {"t:team": "true"}},
        {"NumericLessThanIfExists": {"t:age": "10"}},
        {"IpAddress": {"t:ip": "203.0.113.0/24"}, "Bool": {"t:mfa": "true"}},
    ]
)
_STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Allow", "Deny"]), "Condition": _CONDITIONS},
).flatmap(
    lambda fixed: st.tuples(
        st.sampled_from(["Action", "NotAction"]), _ACTIONS, st.sampled_from(["Resource", "NotResource"]), _RESOURCES
    ).map(lambda rest: fixed | {rest[0]: rest[1], rest[2]: rest[3]})
)
_POLICY = st.lists(_STATEMENTS, min_size=1, max_size=4)
_CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "t:team": st.sampled_from(["red", "blue", "", "*"]),
        "t:name": st.sampled_from(["lake", "r", "*", "${t:team}"]),
        "t:tags": st.lists(st.sampled_from(["a", "ab", "b", "c", ""]), max_size=3),
        "t:age": st.sampled_from(["5", "50", "old"]),
        "t:ip": st.sampled_from(["203.0.113.9", "198.51.100.1"]),
        "t:mfa": st.sampled_from(["true", "false"]),
    },
)


def _owned(statements: list[dict[str, Any]], principal: Any) -> list[dict[str, Any]]:
    return [statement | {"Principal": principal} for statement in statements]


@st.composite
def _layers(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "identity": draw(st.lists(_POLICY, max_size=2)),
        "resource": draw(st.none() | _POLICY),
        "boundary": draw(st.none() | _POLICY),
        "session": draw(st.none() | st.lists(_POLICY, max_size=2)),
        "service_controls": draw(st.lists(_POLICY, max_size=2)),
        "principal": draw(
            st.sampled_from(
                [
                    "*",
                    {"AWS": "123456789012"},
                    {"AWS": "arn:aws:iam::123456789012:user/alice"},
                    {"AWS": "arn:aws:iam::123456789012:role/ci/reader"},
                ]
            )
        ),
    }


def _policies(layers: dict[str, Any]) -> PolicySet:
    resource, boundary, session = layers["resource"], layers["boundary"], layers["session"]
    return PolicySet(
        identity=[policy(one) for one in layers["identity"]],
        resource=policy(_owned(resource, layers["principal"]), PolicyKind.RESOURCE) if resource else None,
        boundary=policy(boundary, PolicyKind.BOUNDARY) if boundary else None,
        session=None if session is None else [policy(one, PolicyKind.SESSION) for one in session],
        service_controls=[[policy(one, PolicyKind.SERVICE_CONTROL)] for one in layers["service_controls"]],
    )


_REQUESTS = st.builds(
    request,
    st.sampled_from(["user", "session", "root", "stranger", "federated", "service", "anonymous"]),
    action=st.sampled_from(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]),
    resource=st.sampled_from(["arn:aws:s3:::lake/x", "arn:aws:s3:::red/x", "arn:aws:s3:::*/x"]),
    context=_CONTEXTS,
)
_PLACES = ("identity", "resource", "boundary", "session", "service_controls")


def _lists_of(layers: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Every list of statements in the layers."""
    single = [layers[name] for name in ("resource", "boundary") if layers[name]]
    return single + [one for name in ("identity", "session", "service_controls") for one in layers[name] or ()]


@settings(deadline=None)
@given(layers=_layers(), asked=_REQUESTS, deny=_STATEMENTS, where=st.integers(0, 20))
def test_adding_a_deny_never_grants(layers: dict[str, Any], asked: Any, deny: dict[str, Any], where: int) -> None:
    before = decide(asked, _policies(layers))
    if lists := _lists_of(layers):
        lists[where % len(lists)].append(deny | {"Effect": "Deny"})
    after = decide(asked, _policies(layers))
    assert before.allowed or not after.allowed


@settings(deadline=None)
@given(layers=_layers(), asked=_REQUESTS, where=st.integers(0, 20))
def test_removing_an_allow_never_grants(layers: dict[str, Any], asked: Any, where: int) -> None:
    before = decide(asked, _policies(layers))
    lists = [one for one in _lists_of(layers) if len(one) > 1 and any(s["Effect"] == "Allow" for s in one)]
    if lists:
        chosen = lists[where % len(lists)]
        chosen.remove(next(statement for statement in chosen if statement["Effect"] == "Allow"))
    after = decide(asked, _policies(layers))
    assert before.allowed or not after.allowed


@settings(deadline=None)
@given(layers=_layers(), asked=_REQUESTS, seed=st.integers())
def test_the_order_of_statements_and_elements_does_not_matter(layers: dict[str, Any], asked: Any, seed: int) -> None:
    before = decide(asked, _policies(layers))
    shuffler = random.Random(seed)
    for statements in _lists_of(layers):
        shuffler.shuffle(statements)
        for number, statement in enumerate(statements):
            statements[number] = dict(shuffler.sample(list(statement.items()), len(statement)))
    shuffler.shuffle(layers["identity"])
    after = decide(asked, _policies(layers))
    assert (after.allowed, after.layer, after.reason) == (before.allowed, before.layer, before.reason)
    assert len(after.matched) == len(before.matched)


@settings(deadline=None)
@given(layers=_layers(), asked=_REQUESTS)
def test_an_answer_rests_on_statements_that_say_it(layers: dict[str, Any], asked: Any) -> None:
    decision = decide(asked, _policies(layers))
    effects = {statement.effect for statement in decision.matched}
    assert len(effects) <= 1
    if Effect.DENY in effects:
        assert not decision.allowed
    assert decision.allowed == (" is authorized " in decision.reason)


_TEXT = st.text(alphabet="ab:/*?$", max_size=12)


@settings(deadline=None)
@given(
    value=st.text(alphabet="ab*?${}:/,' ", min_size=1, max_size=10), text=_TEXT, tail=st.sampled_from(["", "*", "?"])
)
def test_the_value_of_a_variable_never_changes_what_is_a_wildcard(value: str, text: str, tail: str) -> None:
    pattern = policy([{"Effect": "Allow", "Action": "*", "Resource": f"arn:aws:s3:::${{t:v}}/{tail}"}])
    decision = decide(
        request(resource=f"arn:aws:s3:::{text}", context={"t:v": value, "t:x": "ab"}), PolicySet(identity=[pattern])
    )
    rest = text.removeprefix(value + "/")
    expected = text.startswith(value + "/") and (tail == "*" or len(rest) == len(tail))
    assert decision.allowed is expected


def _slow(tokens: list[Any], text: str) -> bool:
    """The meaning of a pattern, written without any cleverness."""
    if not tokens:
        return not text
    head, *rest = tokens
    if isinstance(head, str):
        return text.startswith(head) and _slow(rest, text[len(head) :])
    if head in {Wild.ONE, Wild.ONE_IN_SEGMENT}:
        return bool(text) and (head is Wild.ONE or text[0] != ":") and _slow(rest, text[1:])
    reach = text if head is Wild.MANY else text.split(":", 1)[0]
    return any(_slow(rest, text[size:]) for size in range(len(reach) + 1))


_TOKENS = st.lists(st.sampled_from(["a", "b", ":", "ab", *Wild]), max_size=7)


@settings(deadline=None)
@given(tokens=_TOKENS, text=st.text(alphabet="ab:", max_size=9))
def test_each_matcher_agrees_with_the_meaning_of_the_pattern(tokens: list[Any], text: str) -> None:
    expected = _slow(tokens, text)
    assert compile_glob(tokens).matches(text) is expected
    assert Automaton(tokens).matches(text) is expected


@settings(deadline=None)
@given(
    pieces=st.lists(st.text(alphabet="ab", max_size=3), min_size=2, max_size=5), text=st.text(alphabet="ab", max_size=9)
)
def test_pieces_agree_with_the_automaton(pieces: list[str], text: str) -> None:
    tokens = [token for piece in pieces for token in (piece, Wild.MANY)][:-1]
    assert Pieces(pieces).matches(text) is Automaton(tokens).matches(text)
