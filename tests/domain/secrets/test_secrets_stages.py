"""Does every change leave each stage on one version, whatever was there before?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.domain.secrets.errors import InvalidSecretParameter, SecretLimitExceeded
from ostiary.domain.secrets.listing import FilterKey, SecretFilter, _fits
from ostiary.domain.secrets.model import AWSCURRENT, AWSPREVIOUS, Secret, VersionFacts
from ostiary.domain.secrets.random_password import PasswordWish, random_password
from ostiary.domain.secrets.stages import MAX_VERSIONS, check_stages, holder, moved, to_forget
from ostiary.domain.secrets.tags import merged, tags_of

NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)
VERSIONS = st.sampled_from(["v1", "v2", "v3", "v4"])
STAGES = st.frozensets(st.sampled_from([AWSCURRENT, "AWSPENDING", "mine", "yours"]), min_size=1)


@given(st.lists(st.tuples(VERSIONS, STAGES), min_size=1, max_size=12))
def test_a_stage_is_on_one_version_and_previous_is_what_was_current(changes: list[tuple[str, frozenset[str]]]) -> None:
    state: dict[str, frozenset[str]] = {}
    for version, stages in changes:
        was_current = holder(state, AWSCURRENT)
        state |= moved(state, stages, to=version)
        carried = [stage for own in state.values() for stage in own]
        assert len(carried) == len(set(carried))
        assert stages <= state[version]
        if AWSCURRENT in stages and was_current not in (None, version):
            assert holder(state, AWSPREVIOUS) == was_current


def test_what_does_not_change_is_not_written() -> None:
    before = {"v1": frozenset({AWSCURRENT}), "v2": frozenset({"mine"})}
    assert moved(before, frozenset({AWSCURRENT}), to="v1") == {}
    assert moved(before, frozenset({"yours"}), to="v1") == {"v1": frozenset({AWSCURRENT, "yours"})}


@pytest.mark.parametrize("stages", [(), ("",), ("x" * 257,), ("a\n",), (AWSPREVIOUS,), tuple(map(str, range(21)))])
def test_stages_that_nobody_may_give_are_refused(stages: tuple[str, ...]) -> None:
    with pytest.raises(InvalidSecretParameter):
        check_stages(stages)


def test_a_full_secret_forgets_its_oldest_version_without_stages() -> None:
    facts = [
        VersionFacts("arn", f"v{n}", NOW - timedelta(seconds=n), frozenset() if n > 50 else frozenset({str(n)}))
        for n in range(MAX_VERSIONS)
    ]
    assert to_forget(facts[:-1], ()) is None
    assert to_forget(facts, ()) == "v99"
    assert to_forget(facts, ("v99",)) == "v98"
    with pytest.raises(SecretLimitExceeded):
        to_forget([VersionFacts("arn", f.version_id, NOW, frozenset({f.version_id})) for f in facts], ())


@given(st.text(max_size=30), st.text(max_size=30))
def test_tags_are_kept_as_given_or_refused(key: str, value: str) -> None:
    try:
        tags = merged({"team": "shop"}, tags_of([(key, value)]))
    except InvalidSecretParameter:
        return
    assert tags[key] == value
    assert not set(key + value) & set("*?${}\\\0\n")
    assert len({name.lower() for name in tags}) == len(tags)


@given(st.text(max_size=20), st.sampled_from(list(FilterKey)))
def test_a_filter_and_its_negation_split_the_secrets(value: str, key: FilterKey) -> None:
    secret = Secret("arn:aws:secretsmanager:eu-west-1:1:secret:a-b", "1", "shop/db", NOW, NOW, "the db", {"team": "x"})
    wanted = value.lstrip("!")
    assert _fits(secret, SecretFilter(key, (wanted,))) is not _fits(secret, SecretFilter(key, (f"!{wanted}",)))


@given(st.integers(4, 64), st.text(max_size=12))
def test_a_random_password_is_as_wished(length: int, exclude: str) -> None:
    password = random_password(PasswordWish(length=length, exclude=exclude)).reveal()
    assert len(password) == length
    assert not set(password) & set(exclude)
