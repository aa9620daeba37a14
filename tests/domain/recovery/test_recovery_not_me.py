"""Does "this was not me" lock everybody out, and give nobody anything but that?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.errors import LinkInvalid
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.credentials.recovery_codes import CODES, make_codes
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.recovery.errors import RequestNotOpen
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import NotSignedIn
from people_house import House, from_network
from recovery_house import RecoveryHouse


@pytest.fixture
def recovery(house: House) -> RecoveryHouse:
    return RecoveryHouse(house)


def token_for(house: House, recovery: RecoveryHouse, name: str = "ada") -> str:
    """Of a notice a moment later than what she did herself."""
    house.clock.advance(timedelta(seconds=1))
    person = recovery.person(name)
    links = house.services.not_me_links
    link = house.database.write(lambda tx: links.link_for(tx, person, house.clock.now(), "SignIn"))
    return link.rpartition("/")[2]


def test_everything_ends_and_she_is_mailed_the_way_back(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    token = token_for(house, recovery)
    assert recovery.services.not_me.look(token) == "SignIn"
    assert ada.opened is not None
    assert recovery.services.not_me.disown(token, from_network("203.0.113.9"))
    house.refresh()
    with pytest.raises(NotSignedIn):
        ada.signed_in(ada.opened)
    assert recovery.count(MailKind.RECOVERY) == 1
    assert recovery.count(MailKind.SESSIONS_ENDED) == 1
    person = recovery.person("ada")
    with house.database.read() as tx:
        password = tx.credentials.password(person.person_id)
        assert password is not None
        assert password.compromised_at == house.clock.now()
        assert tx.risk.known_devices(person.person_id) == []
    event = house.events("DisownSignIn")[0]
    assert (event.actor_kind, event.details["disowned"]) == ("anonymous", "SignIn")


def test_the_password_opens_nothing_but_the_way_to_a_new_one(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    recovery.services.not_me.disown(token_for(house, recovery), from_network())
    house.clock.advance(timedelta(seconds=1))
    assert ada.sign_in().session.level is SessionLevel.ENROLMENT


def test_a_link_works_once_and_no_other_one_of_hers_after_it(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    tokens = [token_for(house, recovery) for _ in range(2)]
    recovery.services.not_me.disown(tokens[0], from_network())
    for token in tokens:
        with pytest.raises(LinkInvalid):
            recovery.services.not_me.disown(token, from_network())


def test_a_link_is_over_after_two_weeks_and_of_no_use_elsewhere(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    token = token_for(house, recovery)
    with pytest.raises(LinkInvalid):
        recovery.services.self_service.redeem(token, from_network())
    with pytest.raises(LinkInvalid):
        recovery.services.registrations.redeem(token, from_network())
    house.clock.advance(timedelta(days=14))
    with pytest.raises(LinkInvalid):
        recovery.services.not_me.disown(token, from_network())


def test_links_that_were_out_are_void(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    recovery.services.links.ask("ada", from_network())
    earlier, invited = recovery.link(MailKind.RECOVERY), house.invite("ada").token.reveal()
    recovery.services.not_me.disown(token_for(house, recovery), from_network())
    with pytest.raises(LinkInvalid):
        recovery.services.self_service.redeem(earlier, from_network())
    with pytest.raises(Exception, match="this link was used"):
        house.enrolment.redeem(invited, from_network())
    recovery.services.self_service.redeem(recovery.link(MailKind.RECOVERY), from_network())


def test_a_request_in_her_name_is_refused_by_it(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    recovery.name_helpers("support")
    bea, cleo = recovery.helper("bea"), recovery.helper("cleo")
    request = recovery.services.assisted.start(bea, "ada", "somebody who sounded like her called")
    recovery.services.not_me.disown(recovery.link(MailKind.RECOVERY_STARTED, "not_me"), from_network())
    with pytest.raises(RequestNotOpen):
        recovery.services.assisted.approve(cleo, request.request_id)
    assert recovery.person("ada").status is PersonStatus.ACTIVE


def test_the_link_of_somebody_disabled_does_nothing(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    token, person_id = token_for(house, recovery), recovery.person("ada").person_id
    house.database.write(lambda tx: tx.directory.set_person_status(person_id, PersonStatus.DISABLED))
    with pytest.raises(LinkInvalid):
        recovery.services.not_me.disown(token, from_network())


def test_what_was_added_since_the_notice_is_void_and_what_she_had_before_is_not(
    house: House, recovery: RecoveryHouse
) -> None:
    """Whoever came in added an authenticator and made recovery codes: what the notice tells of must not stay a door."""
    house.enrol()
    person_id = recovery.person("ada").person_id
    house.clock.advance(timedelta(minutes=5))
    token = token_for(house, recovery)
    intruder = replace(
        Authenticators(keys=house.keys).new_factor(person_id, name="His", now=house.clock.now()),
        confirmed_at=house.clock.now(),
    )
    house.database.write(lambda tx: tx.credentials.put_totp_factor(intruder))
    house.database.write(lambda tx: make_codes(tx.credentials, person_id, house.clock.now()))
    house.clock.advance(timedelta(minutes=5))
    recovery.services.not_me.disown(token, from_network())
    with house.database.read() as tx:
        kept = tx.credentials.totp_factors(person_id)
        assert [factor.name for factor in kept] != []
        assert intruder.factor_id not in {factor.factor_id for factor in kept}
        assert tx.credentials.recovery_codes(person_id) == []
    assert house.events("DisownSignIn")[0].details["voidedFactors"] == 1 + CODES


def test_a_passkey_added_since_the_notice_signs_nobody_in(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    person_id = recovery.person("ada").person_id
    house.clock.advance(timedelta(minutes=5))
    mine = passkey_of(person_id, b"1", house.clock.now())
    house.database.write(lambda tx: tx.credentials.add_passkey(mine))
    house.clock.advance(timedelta(minutes=5))
    token = token_for(house, recovery)
    his = passkey_of(person_id, b"2", house.clock.now())
    house.database.write(lambda tx: tx.credentials.add_passkey(his))
    recovery.services.not_me.disown(token, from_network())
    with house.database.read() as tx:
        assert [passkey.factor_id for passkey in tx.credentials.passkeys(person_id)] == [mine.factor_id]


def passkey_of(person_id: str, credential_id: bytes, now: datetime) -> Passkey:
    return Passkey(
        factor_id=f"passkey-{credential_id.decode()}",
        person_id=person_id,
        name="A key",
        credential_id=credential_id,
        public_key=b"",
        sign_count=0,
        aaguid="",
        transports=(),
        attestation="none",
        discoverable=True,
        backup_eligible=False,
        backed_up=False,
        created_at=now,
    )
