"""Do strangers become consumers by a verified address only, and does registering tell nobody who is there?"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.errors import LinkInvalid, Throttled
from ostiary.domain.directory.model import PersonKind, PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.recovery.errors import (
    AlreadyRegistered,
    DeletionRefused,
    RegistrationInvalid,
    RegistrationUnavailable,
    TermsChanged,
)
from ostiary.domain.recovery.registration import Application
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn, TermsOutstanding
from ostiary.domain.signin_policy.model import Registration
from people_house import House, from_network
from recovery_house import CONSUMERS, NEW_PASSWORD, RecoveryHouse

MIA = Application("mia@example.net", "Mia Sato", accepted_terms="2026-01", language="de")


@pytest.fixture
def recovery(house: House) -> RecoveryHouse:
    made = RecoveryHouse(house)
    made.add_consumers()
    return made


def register(house: House, recovery: RecoveryHouse, application: Application = MIA) -> SignedIn:
    """Through the mailed link and a password to a full session."""
    recovery.services.registrations.ask("consumers", application, from_network())
    opened = recovery.services.registrations.redeem(recovery.link(MailKind.VERIFY_EMAIL), from_network())
    enrolling = house.level(opened, SessionLevel.ENROLMENT)
    opened = house.enrolment.set_password(enrolling, NEW_PASSWORD, NEW_PASSWORD, from_network())
    return house.current.signed_in(opened.token.reveal(), from_network())


def test_a_verified_address_and_a_password_make_a_consumer(house: House, recovery: RecoveryHouse) -> None:
    mia = register(house, recovery).person
    assert (mia.user_name, mia.email, mia.directory) == ("mia@example.net", "mia@example.net", "consumers")
    assert (mia.status, mia.groups, mia.attributes, mia.kind) == (PersonStatus.ACTIVE, (), {}, PersonKind.ORDINARY)
    assert mia.email_verified_at == house.clock.now()
    assert mia.language == "de"
    with house.database.read() as tx:
        assert [one.version for one in tx.directory.terms_acceptances(mia.person_id)] == ["2026-01"]
    assert house.events("RegisterPerson")[0].details["directory"] == "consumers"


def test_nobody_is_kept_before_the_address_is_verified(house: House, recovery: RecoveryHouse) -> None:
    recovery.services.registrations.ask("consumers", MIA, from_network())
    assert recovery.services.registrations.look(recovery.link(MailKind.VERIFY_EMAIL)) == "mia@example.net"
    with house.database.read() as tx:
        assert tx.directory.people() == []


@pytest.mark.parametrize("name", ["workforce", "partners", "", "consumers/../workforce"])
def test_a_directory_that_is_not_open_takes_nobody(house: House, recovery: RecoveryHouse, name: str) -> None:
    with pytest.raises(RegistrationUnavailable):
        recovery.services.registrations.ask(name, MIA, from_network())
    assert mails_in(house.database, house.keys) == []


def test_by_invitation_means_that_nobody_asks_and_no_old_link_counts(house: House, recovery: RecoveryHouse) -> None:
    recovery.services.registrations.ask("consumers", MIA, from_network())
    house.put_policy(replace(CONSUMERS, registration=Registration.INVITATION))
    with pytest.raises(RegistrationUnavailable):
        recovery.services.registrations.ask("consumers", MIA, from_network())
    with pytest.raises(RegistrationUnavailable):
        recovery.services.registrations.redeem(recovery.link(MailKind.VERIFY_EMAIL), from_network())


@pytest.mark.parametrize("typed", ["ada@example.com", " ADA@example.com", "Ada@Example.COM "])
def test_a_taken_address_is_told_to_its_reader_alone(house: House, recovery: RecoveryHouse, typed: str) -> None:
    house.enrol()
    application = replace(MIA, email=typed, display_name="<b>Eve</b>")
    recovery.services.registrations.ask("consumers", application, from_network())
    assert recovery.count(MailKind.VERIFY_EMAIL) == 0
    told = mails_in(house.database, house.keys, MailKind.ALREADY_REGISTERED)
    assert [(mail.recipient.address, mail.recipient.name) for mail in told] == [("ada@example.com", "")]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "mia",
        "mia@localhost",
        "mia@example..net",
        "mia..sato@example.net",
        "@example.net",
        "mia@example.net, eve@example.net",
        "mia@example.net\r\nBcc: eve@example.net",
        "mia@example.net\x00",
        "mìa@example.net",
        "mia@exämple.net",
        "\uff4dia@example.net",  # a full-width m: NFKC would make it another mailbox's name
        "m\u0456a@example.net",  # a Cyrillic i
        "mia@example.net\u200b",
        '"mia sato"@example.net',
        "mia@[192.0.2.1]",
        f"{'m' * 65}@example.net",
        f"mia@{'e' * 190}.net",
    ],
)
def test_addresses_that_can_be_read_in_two_ways_are_refused(house: House, recovery: RecoveryHouse, email: str) -> None:
    with pytest.raises(RegistrationInvalid):
        recovery.services.registrations.ask("consumers", replace(MIA, email=email), from_network())
    assert mails_in(house.database, house.keys) == []


@pytest.mark.parametrize("name", ["", "   ", "a\u202eb", "a\nb", "\u200b", "x" * 129])
def test_names_that_cannot_be_seen_are_refused(house: House, recovery: RecoveryHouse, name: str) -> None:
    with pytest.raises(RegistrationInvalid):
        recovery.services.registrations.ask("consumers", replace(MIA, display_name=name), from_network())


def test_terms_are_accepted_in_the_version_that_is_in_force(house: House, recovery: RecoveryHouse) -> None:
    with pytest.raises(RegistrationInvalid):
        recovery.services.registrations.ask("consumers", replace(MIA, accepted_terms=""), from_network())
    with pytest.raises(TermsChanged):
        recovery.services.registrations.ask("consumers", replace(MIA, accepted_terms="2025-01"), from_network())


def test_a_link_for_an_address_that_has_an_account_meanwhile_makes_none(house: House, recovery: RecoveryHouse) -> None:
    recovery.services.registrations.ask("consumers", MIA, from_network())
    first = recovery.link(MailKind.VERIFY_EMAIL)
    recovery.services.registrations.ask("consumers", MIA, from_network())
    second = recovery.link(MailKind.VERIFY_EMAIL)
    recovery.services.registrations.redeem(first, from_network())
    with pytest.raises(AlreadyRegistered):
        recovery.services.registrations.look(second)
    with pytest.raises(AlreadyRegistered):
        recovery.services.registrations.redeem(second, from_network())
    with house.database.read() as tx:
        assert len(tx.directory.people()) == 1


def test_a_link_works_once_for_a_day_and_for_nothing_else(house: House, recovery: RecoveryHouse) -> None:
    recovery.services.registrations.ask("consumers", MIA, from_network())
    token = recovery.link(MailKind.VERIFY_EMAIL)
    with pytest.raises(LinkInvalid):
        recovery.services.self_service.redeem(token, from_network())
    with pytest.raises(LinkInvalid):
        recovery.services.not_me.disown(token, from_network())
    recovery.services.registrations.redeem(token, from_network())
    with pytest.raises(LinkInvalid):
        recovery.services.registrations.redeem(token, from_network())
    recovery.services.registrations.ask("consumers", replace(MIA, email="leo@example.net"), from_network())
    house.clock.advance(timedelta(hours=24))
    with pytest.raises(LinkInvalid):
        recovery.services.registrations.redeem(recovery.link(MailKind.VERIFY_EMAIL), from_network())


def test_a_machine_that_registers_many_addresses_is_slowed_down(house: House, recovery: RecoveryHouse) -> None:
    with pytest.raises(Throttled):  # noqa: PT012 - the attempts before it are part of the story
        for number in range(200):
            email = f"bot{number}@example.net"
            recovery.services.registrations.ask("consumers", replace(MIA, email=email), from_network())


def test_where_two_factors_are_asked_for_a_password_does_not_finish(house: House, recovery: RecoveryHouse) -> None:
    house.put_policy(replace(CONSUMERS, required=AssuranceLevel.MULTI_FACTOR))
    recovery.services.registrations.ask("consumers", MIA, from_network())
    opened = recovery.services.registrations.redeem(recovery.link(MailKind.VERIFY_EMAIL), from_network())
    enrolling = house.level(opened, SessionLevel.ENROLMENT)
    opened = house.enrolment.set_password(enrolling, NEW_PASSWORD, NEW_PASSWORD, from_network())
    assert opened.session.level is SessionLevel.ENROLMENT


def test_new_terms_stand_before_everything_else(house: House, recovery: RecoveryHouse) -> None:
    mia = register(house, recovery)
    house.put_policy(replace(CONSUMERS, terms_version="2026-02"))
    opened = house.signin.start("mia@example.net", NEW_PASSWORD, from_network())
    token = opened.token.reveal()
    with pytest.raises(TermsOutstanding):
        house.current.signed_in(token, from_network())
    here = house.current.at_level(token, from_network(), SessionLevel.FULL)
    for version in ("", "2026-01", "2027-01"):
        with pytest.raises(TermsChanged):
            recovery.services.terms.accept(here, version)
    recovery.services.terms.accept(here, "2026-02")
    assert house.current.signed_in(token, from_network()).person.person_id == mia.person.person_id
    assert house.events("AcceptTerms")[0].details["termsVersion"] == "2026-02"


def test_with_one_factor_the_mailed_link_gives_a_new_password(house: House, recovery: RecoveryHouse) -> None:
    register(house, recovery)
    here = recovery.recovering("mia@example.net")
    recovery.services.self_service.set_password(here, "nine pale foxes argue", "nine pale foxes argue", from_network())
    opened = house.signin.start("mia@example.net", "nine pale foxes argue", from_network())
    assert opened.session.level is SessionLevel.FULL


def test_she_deletes_her_account_and_the_trail_remembers(house: House, recovery: RecoveryHouse) -> None:
    mia = register(house, recovery)
    assert recovery.services.deletion.is_open_to(mia)
    with pytest.raises(DeletionRefused):
        recovery.services.deletion.delete(mia, "mia")
    recovery.services.deletion.delete(mia, " Mia@example.net")
    with house.database.read() as tx:
        assert tx.directory.people() == []
        assert tx.credentials.password(mia.person.person_id) is None
        assert tx.directory.terms_acceptances(mia.person.person_id) == []
    assert recovery.count(MailKind.ACCOUNT_DELETED) == 1
    assert house.events("DeleteOwnAccount")[0].actor_name == "mia@example.net"
    with pytest.raises(NotSignedIn):
        recovery.services.deletion.delete(mia, "mia@example.net")
    recovery.services.registrations.ask("consumers", MIA, from_network())
    recovery.services.registrations.redeem(recovery.link(MailKind.VERIFY_EMAIL), from_network())


def test_the_organizations_own_and_guarded_people_do_not_delete_themselves(
    house: House, recovery: RecoveryHouse
) -> None:
    ada = house.enrol()
    mia = register(house, recovery)
    guarded = replace(mia.person, kind=PersonKind.FIRST_ADMINISTRATOR)
    assert ada.opened is not None
    for here in (ada.signed_in(ada.opened), replace(mia, person=guarded)):
        assert not recovery.services.deletion.is_open_to(here)
        with pytest.raises(DeletionRefused):
            recovery.services.deletion.delete(here, here.person.user_name)
