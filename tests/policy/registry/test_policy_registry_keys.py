"""Is every condition key found by any spelling, with its type, and nothing that only looks like one?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.policy.casing import lower_ascii
from ostiary.policy.registry.keys import ConditionKey, KeySource, KeyType, all_keys, find_key

PLAIN = [key for key in all_keys() if not key.family]
FAMILIES = [key for key in all_keys() if key.family]


def named(key: ConditionKey) -> str:
    return key.name


def test_no_name_stands_twice() -> None:
    names = [lower_ascii(key.name) for key in all_keys()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("key", PLAIN, ids=named)
def test_a_key_is_found_in_any_case(key: ConditionKey) -> None:
    assert find_key(key.name) is key
    assert find_key(key.name.upper()) is key
    assert find_key(key.name.swapcase()) is key


@pytest.mark.parametrize("key", FAMILIES, ids=named)
def test_a_family_is_found_by_its_members_and_not_by_its_bare_prefix(key: ConditionKey) -> None:
    member = key.name.replace("${Issuer}", "token.example.com/tenant").partition("${")[0]
    assert find_key(member + "Team" if member.endswith("/") else member) is key
    assert find_key(key.prefix) is None
    assert find_key(key.prefix.rstrip("/")) is None


@pytest.mark.parametrize("key", [key for key in all_keys() if not key.supplied], ids=named)
def test_a_key_that_is_never_there_says_why(key: ConditionKey) -> None:
    assert key.note.startswith("always absent: ")


def test_every_key_says_what_it_is() -> None:
    assert all(key.note and key.note == key.note.strip() for key in all_keys())
    assert {key.type for key in all_keys()} == set(KeyType) - {KeyType.BINARY}
    assert {key.source for key in all_keys()} == set(KeySource)


@pytest.mark.parametrize(
    ("name", "key_type", "multivalued"),
    [
        ("aws:SourceIp", KeyType.IP_ADDRESS, False),
        ("aws:PrincipalOrgPaths", KeyType.STRING, True),
        ("aws:TagKeys", KeyType.STRING, True),
        ("aws:CurrentTime", KeyType.DATE, False),
        ("aws:TokenIssueTime", KeyType.DATE, False),
        ("aws:MultiFactorAuthAge", KeyType.NUMERIC, False),
        ("aws:MultiFactorAuthPresent", KeyType.BOOLEAN, False),
        ("aws:PrincipalArn", KeyType.ARN, False),
        ("aws:PrincipalTag/cost centre", KeyType.STRING, False),
        ("sts:TransitiveTagKeys", KeyType.STRING, True),
        ("ostiary:AuthenticationMethods", KeyType.STRING, True),
        ("ostiary:AuthenticationAge", KeyType.NUMERIC, False),
        ("token.actions.githubusercontent.com:amr", KeyType.STRING, True),
    ],
)
def test_a_key_has_the_type_that_the_documents_say(name: str, key_type: KeyType, multivalued: bool) -> None:  # noqa: FBT001 - a row of the table
    key = find_key(name)
    assert key is not None
    assert (key.type, key.multivalued) == (key_type, multivalued)


@pytest.mark.parametrize(
    "issuer",
    [
        "token.actions.githubusercontent.com",
        "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E",
        "sso.example.com/auth/realms/Main",
        "127.0.0.1:8080",
        "localhost:8443/realm",
        "ACCOUNTS.GOOGLE.COM",
    ],
)
def test_claims_of_an_outside_issuer_are_keys(issuer: str) -> None:
    for claim in ("sub", "aud", "amr"):
        key = find_key(f"{issuer}:{claim}")
        assert key is not None
        assert key.name == f"${{Issuer}}:{claim}"
    assert find_key(f"{issuer}:groups") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        ":",
        "aws:",
        "aws",
        "aws:SourceIP ",
        " aws:SourceIp",
        "aws:SourceIps",
        "aws:\u017fourceIp",
        "aws:PrincipalTag/",
        "aws:PrincipalTag",
        "aws:PrincipalTag/*",
        "aws:PrincipalTag/${TagKey}",
        "aws:PrincipalTag/a\nb",
        "aws:PrincipalTag/" + "a" * 129,
        "aws:UnknownTag/team",
        "aws:To\u212aenIssueTime",
        "s3:sub",
        "aws:sub",
        "example.com\n:sub",
        "example..com:sub",
        "exa mple.com:sub",
        "example.com/*:sub",
        "example.com:99999999:sub",
        "example.com:",
        "a" * 1_000_000,
    ],
)
def test_what_is_no_key_is_not_found(name: str) -> None:
    assert find_key(name) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=600))
def test_any_text_may_be_asked_for(text: str) -> None:
    found = find_key(text)
    assert found is None or ":" in text


def test_a_hostile_name_costs_no_more_than_its_length() -> None:
    for text in ("-" * 380, "a." * 190, "a-." * 120 + "!", "::" * 190, "/" * 380):
        assert find_key(f"{text[:379]}:sub") is None or text.startswith("a.")
