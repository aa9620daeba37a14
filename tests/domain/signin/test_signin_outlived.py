"""Is what a stranger got hold of before worth nothing after she added, removed or changed what she signs in with?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ostiary.domain.audit.caller import AssuranceLevel, Origin
from ostiary.domain.credentials.model import TotpFactor
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn
from ostiary.domain.signin_policy.model import Prompt, ScopeKind, SignInPolicy
from ostiary.storage.transaction import Transaction
from people_house import PASSWORD, Enrolled, House, code_for, from_network, secret_of

_HERS = replace(from_network(), device="a" * 64)
_STRANGERS = replace(from_network(), device="b" * 64)
_ANOTHER = "marmalade waltzes over quiet granite"


def _policy(house: House, **rules: object) -> None:
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", **rules))  # type: ignore[arg-type]


def _here(house: House, opened: Opened, origin: Origin = _HERS) -> SignedIn:
    return house.current.signed_in(opened.token.reveal(), origin)


def _with_password_alone(house: House) -> Opened:
    """A person of a directory in which a password suffices, signed in at her own desk."""
    _policy(house, required=AssuranceLevel.SINGLE_FACTOR, prompt=Prompt.CONTEXT)
    choosing = house.level(house.enrolment.redeem(house.invite().token.reveal(), _HERS), SessionLevel.ENROLMENT, _HERS)
    return house.enrolment.set_password(choosing, PASSWORD, PASSWORD, _HERS)


def _add_authenticator(house: House, here: SignedIn) -> Enrolled:
    factors = house.services.own.factors
    factor_id = factors.start_authenticator(here, "Phone")
    added = Enrolled(house, "ada", PASSWORD, secret_of(factors.provisioning(here, factor_id).uri.reveal()))
    factors.confirm_authenticator(here, factor_id, added.code())
    return added


def test_a_browser_where_a_password_was_all_is_asked_for_the_factor_that_came_later(house: House) -> None:
    hers = _with_password_alone(house)
    assert house.signin.start("ada", PASSWORD, _STRANGERS).session.level is SessionLevel.FULL
    _add_authenticator(house, _here(house, hers))
    assert house.signin.start("ada", PASSWORD, _STRANGERS).session.level is SessionLevel.FIRST_FACTOR


def _authenticators(house: House) -> list[TotpFactor]:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
        assert person is not None
        return [one for one in tx.credentials.totp_factors(person.person_id) if one.confirmed_at is not None]


def _fresh(house: House, ada: Enrolled) -> SignedIn:
    spared = _here(house, house.signin.start("ada", PASSWORD, _HERS))
    return _here(house, house.services.step_up.confirm(spared, PASSWORD, ada.next_code(), _HERS))


def _trusted(house: House, origin: Origin, password: str = PASSWORD) -> bool:
    return house.signin.start("ada", password, origin).session.level is SessionLevel.FULL


@pytest.fixture
def ada(house: House) -> Enrolled:
    """At her desk; and somebody who had her phone for a moment proved all of it in his browser."""
    ada = house.enrol(origin=_HERS)
    _policy(house, prompt=Prompt.CONTEXT)
    ada.sign_in(_STRANGERS)
    assert _trusted(house, _STRANGERS)
    return ada


def test_removing_a_factor_ends_the_trust_in_every_other_browser(house: House, ada: Enrolled) -> None:
    here = _fresh(house, ada)
    old = _authenticators(house)[0]
    _add_authenticator(house, here)
    house.services.own.factors.remove(here, old.factor_id)
    assert not _trusted(house, _STRANGERS)
    assert _trusted(house, _HERS)


def test_a_new_password_ends_the_trust_in_every_other_browser(house: House, ada: Enrolled) -> None:
    house.services.own.password.change(_fresh(house, ada), PASSWORD, _ANOTHER, _ANOTHER)
    assert not _trusted(house, _STRANGERS, _ANOTHER)
    assert _trusted(house, _HERS, _ANOTHER)


def test_signing_out_everywhere_ends_the_trust_in_every_browser(house: House, ada: Enrolled) -> None:
    house.sessions.end_all(_fresh(house, ada))
    assert not _trusted(house, _STRANGERS)
    assert not _trusted(house, _HERS)


def test_signing_out_one_browser_from_afar_ends_the_trust_in_it(house: House, ada: Enrolled) -> None:
    here = _fresh(house, ada)
    (theirs, *_) = [one for one in house.sessions.living(here) if one.device == _STRANGERS.device]
    house.sessions.end(here, theirs.session_id)
    assert not _trusted(house, _STRANGERS)
    assert _trusted(house, _HERS)


def test_signing_out_everywhere_else_ends_the_trust_everywhere_else(house: House, ada: Enrolled) -> None:
    house.sessions.end_others(_fresh(house, ada))
    assert not _trusted(house, _STRANGERS)
    assert _trusted(house, _HERS)


def test_an_enrolment_begun_by_a_stranger_ends_when_she_has_enrolled(house: House) -> None:
    _policy(house, required=AssuranceLevel.SINGLE_FACTOR)
    choosing = house.level(house.enrolment.redeem(house.invite().token.reveal(), _HERS), SessionLevel.ENROLMENT, _HERS)
    house.enrolment.set_password(choosing, PASSWORD, PASSWORD, _HERS)
    _policy(house)
    strangers = house.level(house.signin.start("ada", PASSWORD, _STRANGERS), SessionLevel.ENROLMENT, _STRANGERS)
    hers = house.level(house.signin.start("ada", PASSWORD, _HERS), SessionLevel.ENROLMENT, _HERS)
    house.enrolment.begin_authenticator(hers)
    secret = secret_of(house.enrolment.provisioning(hers).uri.reveal())
    house.enrolment.confirm(hers, code_for(secret, house.clock.now()), _HERS)
    kept = _authenticators(house)
    with pytest.raises(NotSignedIn):
        house.enrolment.begin_authenticator(strangers)
    assert _authenticators(house) == kept


def test_an_enrolment_begun_by_a_stranger_ends_when_she_adds_a_factor(house: House) -> None:
    hers = _with_password_alone(house)
    _policy(house)
    strangers = house.level(house.signin.start("ada", PASSWORD, _STRANGERS), SessionLevel.ENROLMENT, _STRANGERS)
    _add_authenticator(house, _here(house, hers))
    with pytest.raises(NotSignedIn):
        house.enrolment.begin_authenticator(strangers)


def test_confirming_by_less_does_not_renew_what_was_proved_long_ago(house: House) -> None:
    ada = house.enrol(origin=_HERS)
    opened = ada.sign_in(_HERS)
    by_passkey = replace(opened.session, methods=("hwk", "user", "mfa"))

    def prove(tx: Transaction) -> None:
        tx.sessions.delete_browser_session(by_passkey.session_id)
        tx.sessions.add_browser_session(by_passkey)

    house.database.write(prove)
    house.clock.advance(timedelta(minutes=40))
    confirmed = house.services.step_up.confirm(_here(house, opened), PASSWORD, ada.next_code(), _HERS)
    assert _here(house, confirmed).caller.assurance.level is AssuranceLevel.MULTI_FACTOR
