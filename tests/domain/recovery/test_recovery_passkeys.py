"""Does a passkey prove somebody in recovery, and only her, for this recovery?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.passkey_errors import PasskeyRefused
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn, SignInRefused
from parts.software_authenticator import SoftwareAuthenticator
from people_house import ISSUER, PASSWORD, Enrolled, House, from_network
from recovery_house import NEW_PASSWORD, RecoveryHouse

HERE = "the form cookie of this browser"


@pytest.fixture
def recovery(house: House) -> RecoveryHouse:
    return RecoveryHouse(house)


def with_passkey(house: House, name: str) -> tuple[Enrolled, SoftwareAuthenticator]:
    """With password, authenticator app and passkey."""
    enrolled, authenticator = house.enrol(name), SoftwareAuthenticator(ISSUER)
    here, adding = enrolled.signed_in(enrolled.opened), house.services.passkeys.adding
    options = adding.options(here.person, here.rules, HERE)
    assert options is not None
    adding.add_to_account(here, authenticator.create(options), HERE)
    return enrolled, authenticator


def options_for(recovery: RecoveryHouse, here: SignedIn) -> str:
    options = recovery.services.self_service.passkey_options(here)
    assert options is not None
    return options


def test_a_passkey_gives_a_new_password_and_stays(house: House, recovery: RecoveryHouse) -> None:
    ada, authenticator = with_passkey(house, "ada")
    here = recovery.recovering()
    answer = authenticator.get(options_for(recovery, here))
    proved = recovery.at_recovery(recovery.services.self_service.prove_passkey(here, answer, from_network()))
    assert not recovery.services.self_service.next_step(proved).enrol
    recovery.services.self_service.set_password(proved, NEW_PASSWORD, NEW_PASSWORD, from_network())
    with house.database.read() as tx:
        assert len(tx.credentials.passkeys(recovery.person("ada").person_id)) == 1
    assert replace(ada, password=NEW_PASSWORD).sign_in().session.level is SessionLevel.FULL


def test_the_passkey_of_somebody_else_proves_nothing(house: House, recovery: RecoveryHouse) -> None:
    with_passkey(house, "ada")
    _, foreign = with_passkey(house, "eve")
    here = recovery.recovering()
    answer = foreign.get(options_for(recovery, here))
    with pytest.raises(PasskeyRefused):
        recovery.services.self_service.prove_passkey(here, answer, from_network())
    assert house.events("ProveForRecovery")[0].outcome is Outcome.FAILED


def test_an_answer_for_another_recovery_or_for_signing_in_proves_nothing(house: House, recovery: RecoveryHouse) -> None:
    _, authenticator = with_passkey(house, "ada")
    first = recovery.recovering()
    earlier = authenticator.get(options_for(recovery, first))
    here = recovery.recovering()
    signing_in = house.services.passkeys.sign_in.options(HERE)
    assert signing_in is not None
    for answer in (earlier, authenticator.get(signing_in)):
        with pytest.raises(PasskeyRefused):
            recovery.services.self_service.prove_passkey(here, answer, from_network())


def test_an_answer_is_taken_once(house: House, recovery: RecoveryHouse) -> None:
    _, authenticator = with_passkey(house, "ada")
    here = recovery.recovering()
    answer = authenticator.get(options_for(recovery, here))
    recovery.services.self_service.prove_passkey(here, answer, from_network())
    with pytest.raises((PasskeyRefused, NotSignedIn)):
        recovery.services.self_service.prove_passkey(here, answer, from_network())


def test_what_a_recovery_code_leads_to_leaves_no_old_factor(house: House, recovery: RecoveryHouse) -> None:
    _, authenticator = with_passkey(house, "ada")
    person_id = recovery.person("ada").person_id
    codes = house.database.write(lambda tx: make_codes(tx.credentials, person_id, house.clock.now()))
    here = recovery.recovering()
    recovery.services.self_service.prove_recovery_code(here, codes[0].reveal(), from_network())
    house.clock.advance(timedelta(seconds=1))
    with house.database.read() as tx:
        assert tx.credentials.passkeys(person_id) == []
        assert tx.credentials.totp_factors(person_id) == []
        assert tx.credentials.password(person_id) is None
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, from_network())
    options = house.services.passkeys.sign_in.options(HERE)
    assert options is not None
    with pytest.raises(PasskeyRefused):
        house.services.passkeys.sign_in.sign_in(authenticator.get(options), HERE, from_network())


def test_codes_that_are_left_begin_again_what_was_not_finished(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    person_id = recovery.person("ada").person_id
    codes = house.database.write(lambda tx: make_codes(tx.credentials, person_id, house.clock.now()))
    for code in codes[:2]:
        opened = recovery.services.self_service.prove_recovery_code(
            recovery.recovering(), code.reveal(), from_network()
        )
        assert opened.session.level is SessionLevel.ENROLMENT
    assert recovery.count(MailKind.RECOVERY_DONE) == 2
