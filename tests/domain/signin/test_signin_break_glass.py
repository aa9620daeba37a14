"""The sealed account opens when nobody else gets in, each use is told, and its envelopes can be tried."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.model import Password
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.directory.errors import InvalidPerson
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.break_glass import BreakGlass, Sealed
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin_policy.model import Factor, Prompt, RiskAnswer, ScopeKind, SignInPolicy
from people_house import OPERATOR, House, code_for, from_network, secret_of

NAME = "break-glass-k3x9"


def glass(house: House) -> BreakGlass:
    return BreakGlass(
        transactions=house.database,
        hashing=house.services.hashing,
        authenticators=Authenticators(keys=house.keys),
        last_use=house.last_use,
        clock=house.clock,
    )


def seal(house: House, *, two_people: bool = False) -> Sealed:
    return glass(house).seal(OPERATOR, NAME, groups=("platform",), two_people=two_people)


def password_of(sealed: Sealed) -> str:
    return "-".join(envelope.password.reveal() for envelope in sealed.envelopes)


def code_of(house: House, sealed: Sealed) -> str:
    authenticator = sealed.envelopes[-1].authenticator
    assert authenticator is not None
    house.clock.advance(timedelta(seconds=30))
    return code_for(secret_of(authenticator.uri.reveal()), house.clock.now())


def sign_in(house: House, sealed: Sealed) -> SessionLevel:
    half = house.signin.start(NAME, password_of(sealed), from_network())
    full = house.signin.finish(half.token.reveal(), code_of(house, sealed), from_network())
    return full.session.level


def test_the_envelopes_open_the_account_and_each_use_is_told(house: House) -> None:
    assert sign_in(house, seal(house)) is SessionLevel.FULL
    [used] = house.events("UseGuardedAccount")
    assert used.details["kind"] == "break-glass"
    [made] = house.events("MakeBreakGlass")
    assert made.details == {"envelopes": 1, "again": False}


def test_no_row_of_the_table_keeps_it_out_or_lets_it_in_with_less(house: House) -> None:
    house.put_policy(
        SignInPolicy(
            ScopeKind.DIRECTORY,
            "workforce",
            factors=(Factor.PASSKEY,),
            required=AssuranceLevel.SINGLE_FACTOR,
            prompt=Prompt.CONTEXT,
            networks=("10.0.0.0/8",),
            risk_low=RiskAnswer.BLOCK,
        )
    )
    sealed = seal(house)
    for _ in range(2):
        half = house.signin.start(NAME, password_of(sealed), from_network())
        assert half.session.level is SessionLevel.FIRST_FACTOR
        house.signin.finish(half.token.reveal(), code_of(house, sealed), from_network())


def test_of_two_envelopes_neither_opens_it_alone(house: House) -> None:
    sealed = seal(house, two_people=True)
    first, second = sealed.envelopes
    assert first.authenticator is None
    assert second.authenticator is not None
    for half in (first, second):
        with pytest.raises(SignInRefused):
            house.signin.start(NAME, half.password.reveal(), from_network())
    assert sign_in(house, sealed) is SessionLevel.FULL


def test_sealing_it_again_voids_the_old_envelopes_and_ends_its_sessions(house: House) -> None:
    old = seal(house)
    sign_in(house, old)
    new = seal(house)
    house.clock.advance(timedelta(seconds=5))
    with pytest.raises(SignInRefused):
        house.signin.start(NAME, password_of(old), from_network())
    assert sign_in(house, new) is SessionLevel.FULL
    assert [event.details["again"] for event in house.events("MakeBreakGlass")] == [True, False]


def test_somebody_elses_account_is_never_sealed(house: House) -> None:
    ada = house.enrol()
    with pytest.raises(InvalidPerson):
        glass(house).seal(OPERATOR, "ada", groups=(), two_people=False)
    assert house.signin.start("ada", ada.password, from_network()).session.level is SessionLevel.FIRST_FACTOR


def test_a_rehearsal_says_whether_the_envelopes_are_right_and_opens_nothing(house: House) -> None:
    sealed = seal(house)
    glass(house).rehearse(OPERATOR, NAME, password=password_of(sealed), code=code_of(house, sealed))
    with pytest.raises(SignInRefused):
        glass(house).rehearse(OPERATOR, NAME, password="another", code=code_of(house, sealed))
    with pytest.raises(SignInRefused):
        glass(house).rehearse(OPERATOR, NAME, password=password_of(sealed), code="000000")
    outcomes = [event.outcome for event in house.events("TestBreakGlass")]
    assert outcomes == [Outcome.FAILED, Outcome.FAILED, Outcome.SUCCESS]
    assert house.events("UseGuardedAccount") == []
    [state] = glass(house).seals()
    assert state.problems == ()


def test_a_code_of_a_rehearsal_is_used_up(house: House) -> None:
    sealed = seal(house)
    code = code_of(house, sealed)
    glass(house).rehearse(OPERATOR, NAME, password=password_of(sealed), code=code)
    half = house.signin.start(NAME, password_of(sealed), from_network())
    with pytest.raises(Exception, match="code"):
        house.signin.finish(half.token.reveal(), code, from_network())


def test_a_use_breaks_the_seal(house: House) -> None:
    sealed = seal(house)
    house.clock.advance(timedelta(minutes=1))
    sign_in(house, sealed)
    [state] = glass(house).seals()
    assert any("the seal is broken" in problem for problem in state.problems)
    house.clock.advance(timedelta(minutes=1))
    seal(house)
    [state] = glass(house).seals()
    assert state.problems == ()


def test_whoever_was_in_and_changed_what_opens_it_did_not_seal_it_again(house: House) -> None:
    """A new password is younger than the last use, and yet the envelopes do not open the account any more."""
    sealed = seal(house)
    sign_in(house, sealed)
    house.clock.advance(timedelta(minutes=1))
    password = Password(sealed.person.person_id, house.services.hashing.hash("his own words"), house.clock.now())
    house.database.write(lambda tx: tx.credentials.put_password(password))
    [state] = glass(house).seals()
    assert any("not what was sealed" in problem for problem in state.problems)


def test_another_way_in_beside_the_envelopes_breaks_the_seal(house: House) -> None:
    sealed = seal(house)
    house.database.write(lambda tx: make_codes(tx.credentials, sealed.person.person_id, house.clock.now()))
    [state] = glass(house).seals()
    assert any("not what was sealed" in problem for problem in state.problems)


def test_nobody_is_invited_to_enrol_on_it(house: House) -> None:
    seal(house)
    with pytest.raises(InvalidPerson, match="seal it again"):
        house.invite(NAME)


def test_nothing_of_the_envelopes_is_in_the_trail(house: House) -> None:
    sealed = seal(house, two_people=True)
    sign_in(house, sealed)
    trail = str(house.events())
    authenticator = sealed.envelopes[-1].authenticator
    assert authenticator is not None
    for secret in (*(one.password.reveal() for one in sealed.envelopes), authenticator.key.reveal()):
        assert secret not in trail
        assert secret not in repr(sealed)
