"""Can an operation, a tag or an attribute pass itself off as something that the server knows?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.domain.access.conditions import context_of, request_context_of, standing_context_of
from ostiary.domain.audit.caller import Caller, CallerKind, Door, Origin, anonymous
from ostiary.policy import Context, ContextValue
from ostiary.policy.casing import lower_ascii
from ostiary.policy.registry.keys import ConditionKey, all_keys, find_key
from parts.aws_world import ACCOUNT, ISSUER_NAME, role_arn

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOT_SUPPLIED = [key for key in all_keys() if not key.supplied]
OF_THE_SERVER = [key for key in all_keys() if key.source.value not in ("request", "resource") and not key.family] + [
    key for key in all_keys() if key.name in ("aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths")
]


def named(key: ConditionKey) -> str:
    return key.name


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


CALLERS = [
    session(),
    session(tags={"team": "shop"}),
    anonymous(Origin(Door.AWS)),
    Caller("arn:aws:iam::1:user/u", ACCOUNT, CallerKind.IAM_USER, "u", Origin(Door.AWS, source_ip="192.0.2.7")),
]


@pytest.mark.parametrize("key", OF_THE_SERVER + [key for key in NOT_SUPPLIED if not key.family], ids=named)
def test_no_operation_names_a_key_that_the_server_answers_for(key: ConditionKey) -> None:
    for caller in CALLERS:
        for spelling in (key.name, key.name.upper(), key.name.swapcase()):
            forged: dict[str, ContextValue] = {spelling: "true", "aws:PrincipalTag/admin": "yes"}
            assert context_of(caller, NOW, forged) == context_of(caller, NOW)
            assert request_context_of(caller.origin, NOW, forged) == request_context_of(caller.origin, NOW, {})


def test_an_operation_may_name_what_comes_with_it() -> None:
    given: dict[str, ContextValue] = {
        "sts:ExternalId": "x",
        "aws:RequestTag/aws:SourceIp": "10.0.0.1",
        "aws:ResourceTag/team": "shop",
        f"{ISSUER_NAME}:sub": "s",
    }
    context = context_of(session(), NOW, given)
    assert {lower_ascii(name): value for name, value in given.items()}.items() <= context.items()
    assert "aws:sourceip" not in context


HOSTILE_TAGS = [
    "aws:SourceIp",
    "../aws:SourceIp",
    "/aws:SourceIp",
    "x:aws:SourceIp",
    "aws:principaltag/admin",
    "${aws:SourceIp}",
    "\u212aey",
    "aws:\u017fourceip",
    "a\nb",
    "*",
    "",
    " team",
]


@pytest.mark.parametrize("name", HOSTILE_TAGS)
def test_a_tag_makes_no_key_but_its_own(name: str) -> None:
    own = context_of(session(), NOW)
    tagged = context_of(session(tags={name: "forged"}), NOW, {f"aws:RequestTag/{name}": "forged"})
    added = {f"aws:principaltag/{lower_ascii(name)}": "forged", f"aws:requesttag/{lower_ascii(name)}": "forged"}
    assert tagged == {**own, **added}
    standing = standing_context_of(session(tags={name: "forged"}))
    assert set(standing) - set(standing_context_of(session())) == {f"aws:principaltag/{lower_ascii(name)}"}


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from([key.name for key in all_keys()]).flatmap(
                lambda name: st.sampled_from([name, name.upper(), name.replace("s", "\u017f"), f" {name}", f"{name}\0"])
            ),
        ),
        st.text(max_size=5) | st.tuples(st.text(max_size=5)),
        max_size=6,
    )
)
def test_whatever_an_operation_says_leaves_what_the_server_knows(more: dict[str, ContextValue]) -> None:
    own = context_of(session(tags={"team": "shop"}), NOW)
    context = context_of(session(tags={"team": "shop"}), NOW, more)
    assert isinstance(context, Context)
    assert own.items() <= context.items()
    for name in set(context) - set(own):
        key = find_key(name)
        assert key is None or (key.supplied and (key.family or key.source.value in ("request", "resource")))
