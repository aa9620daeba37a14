"""Is what matters kept from a session that was proved too long ago, or not by all that the rules ask for?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import ConfirmationRefused, NotSignedIn
from ostiary.domain.signin.step_up import Confirming
from ostiary.domain.signin_policy.model import Prompt, ScopeKind, SignInPolicy
from people_house import PASSWORD, Enrolled, House, from_network

_DESK = replace(from_network(), device="d" * 64)


def _signed_in(house: House, ada: Enrolled) -> SignedIn:
    return house.current.signed_in(ada.sign_in(_DESK).token.reveal(), _DESK)


def _policy(house: House, **rules: object) -> None:
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", **rules))  # type: ignore[arg-type]


def test_a_session_is_fresh_for_as_long_as_the_rules_say(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    here = _signed_in(house, ada)
    step_up = house.services.step_up
    house.clock.advance(timedelta(minutes=4, seconds=59))
    assert step_up.is_fresh(here)
    house.clock.advance(timedelta(seconds=1))
    assert not step_up.is_fresh(here)
    _policy(house, step_up_minutes=1)
    again = house.services.step_up.confirm(here, PASSWORD, ada.next_code(), _DESK)
    here = house.current.signed_in(again.token.reveal(), _DESK)
    assert step_up.is_fresh(here)
    house.clock.advance(timedelta(minutes=1))
    assert not step_up.is_fresh(here)


def test_a_session_that_a_trusted_browser_spared_the_factor_is_not_fresh(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    _policy(house, prompt=Prompt.CONTEXT)
    opened = house.signin.start("ada", PASSWORD, _DESK)
    here = house.current.signed_in(opened.token.reveal(), _DESK)
    assert not house.services.step_up.is_fresh(here)
    with pytest.raises(ConfirmationRefused):
        house.services.step_up.confirm(here, PASSWORD, "", _DESK)
    strong = house.services.step_up.confirm(here, PASSWORD, ada.next_code(), _DESK)
    assert strong.session.methods == ("pwd", "otp", "mfa")
    assert house.services.step_up.is_fresh(house.current.signed_in(strong.token.reveal(), _DESK))


def test_a_strengthened_session_is_the_same_with_a_new_token_and_no_more_time(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    here = _signed_in(house, ada)
    house.clock.advance(timedelta(minutes=30))
    opened = house.services.step_up.confirm(here, PASSWORD, ada.next_code(), _DESK)
    before, after = here.session, opened.session
    assert (after.session_id, after.created_at, after.expires_at) == (
        before.session_id,
        before.created_at,
        before.expires_at,
    )
    assert after.authenticated_at == house.clock.now()
    assert after.token_hash != before.token_hash
    assert after.csrf_key != before.csrf_key
    assert len(house.events("StrengthenSession")) == 1


@pytest.mark.parametrize("given", ["password", "code", "both"])
def test_what_is_wrong_strengthens_nothing(house: House, given: str) -> None:
    ada = house.enrol(origin=_DESK)
    here = _signed_in(house, ada)
    password = PASSWORD if given == "code" else "wrong"
    code = ada.next_code() if given == "password" else "000000"
    with pytest.raises(ConfirmationRefused):
        house.services.step_up.confirm(here, password, code, _DESK)
    with house.database.read() as tx:
        assert tx.sessions.browser_session(here.session.session_id) == here.session
    assert [event.error_code for event in house.events("StrengthenSession")] == ["ConfirmationRefused"]


def test_a_code_confirms_once(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    here, other = _signed_in(house, ada), _signed_in(house, ada)
    code = ada.next_code()
    house.services.step_up.confirm(here, PASSWORD, code, _DESK)
    with pytest.raises(ConfirmationRefused):
        house.services.step_up.confirm(other, PASSWORD, code, _DESK)


def test_the_session_as_it_was_before_confirms_nothing_more(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    here = _signed_in(house, ada)
    house.services.step_up.confirm(here, PASSWORD, ada.next_code(), _DESK)
    with pytest.raises(NotSignedIn):
        house.services.step_up.confirm(here, PASSWORD, ada.next_code(), _DESK)


def test_a_recovery_code_confirms_when_the_phone_is_at_home(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    here = _signed_in(house, ada)
    now = house.clock.now()
    codes = house.database.write(lambda tx: make_codes(tx.credentials, here.person.person_id, now))
    opened = house.services.step_up.confirm(here, PASSWORD, codes[0].reveal(), _DESK)
    assert "rc" in opened.session.methods
    assert len(house.events("UseRecoveryCode")) == 1


def test_guessing_at_the_confirmation_is_slowed_down(house: House) -> None:
    here = _signed_in(house, house.enrol(origin=_DESK))
    refusals = [_refusal(house, here) for _ in range(8)]
    assert refusals[0] is ConfirmationRefused
    assert refusals[-1] is Throttled


def test_where_phishing_resistance_is_required_no_password_confirms(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    here = _signed_in(house, ada)
    _policy(house, required=AssuranceLevel.PHISHING_RESISTANT)
    assert not house.services.step_up.is_fresh(here)
    with pytest.raises(ConfirmationRefused):
        house.services.step_up.confirm(here, PASSWORD, ada.next_code(), _DESK)


def test_the_page_asks_for_what_she_has(house: House) -> None:
    here = _signed_in(house, house.enrol(origin=_DESK))
    assert house.services.step_up.asks_for(here) == Confirming(passkey=False, password=True, code=True)


def _refusal(house: House, here: SignedIn) -> type[Exception]:
    with pytest.raises((ConfirmationRefused, Throttled)) as refused:
        house.services.step_up.confirm(here, "wrong", "", _DESK)
    return refused.type
