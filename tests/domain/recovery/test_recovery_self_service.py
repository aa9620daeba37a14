"""Does a mailed link alone open nothing, and does it tell nobody who exists?"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import LinkInvalid, PasswordUnacceptable, Throttled
from ostiary.domain.credentials.model import LinkPurpose
from ostiary.domain.credentials.one_time_links import issue_one_time_link
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.directory.model import Person, PersonKind, PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, PasswordsDiffer, SignInRefused
from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy
from people_house import PASSWORD, House, from_network
from recovery_house import NEW_PASSWORD, RecoveryHouse


def put_person(house: House, person: Person) -> None:
    house.database.write(lambda tx: tx.directory.put_person(person))


@pytest.fixture
def recovery(house: House) -> RecoveryHouse:
    return RecoveryHouse(house)


def test_a_link_and_a_code_give_a_new_password_and_end_everything_old(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    here = recovery.recovering()
    house.clock.advance(timedelta(seconds=30))
    proved = recovery.at_recovery(recovery.services.self_service.prove_code(here, ada.code(), from_network()))
    recovery.services.self_service.set_password(proved, NEW_PASSWORD, NEW_PASSWORD, from_network())
    house.refresh()
    assert ada.opened is not None
    with pytest.raises(NotSignedIn):
        ada.signed_in(ada.opened)
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, from_network())
    ada.password = NEW_PASSWORD
    assert ada.signed_in().session.level is SessionLevel.FULL
    for kind in (MailKind.RECOVERY, MailKind.RECOVERY_STARTED, MailKind.RECOVERY_DONE):
        assert recovery.count(kind) == 1
    for name in ("StartRecovery", "RedeemRecoveryLink", "ProveForRecovery", "FinishRecovery", "SetPassword"):
        assert house.events(name)[0].outcome is Outcome.SUCCESS


def test_a_link_alone_gives_no_password_where_two_factors_are_asked_for(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    here = recovery.recovering()
    assert recovery.services.self_service.next_step(here).must_prove
    with pytest.raises(NotSignedIn):
        recovery.services.self_service.set_password(here, NEW_PASSWORD, NEW_PASSWORD, from_network())
    with pytest.raises(NotSignedIn):
        recovery.services.self_service.enrol(here, from_network())


@pytest.mark.parametrize("level", [SessionLevel.FULL, SessionLevel.ENROLMENT, SessionLevel.FIRST_FACTOR])
def test_a_recovery_session_is_of_no_use_elsewhere(house: House, recovery: RecoveryHouse, level: SessionLevel) -> None:
    house.enrol()
    recovery.services.links.ask("ada", from_network())
    opened = recovery.services.self_service.redeem(recovery.link(MailKind.RECOVERY), from_network())
    with pytest.raises(NotSignedIn):
        house.level(opened, level)


def test_a_recovery_code_leads_to_enrolment_and_nowhere_else(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    person = recovery.person("ada")
    codes = house.database.write(lambda tx: make_codes(tx.credentials, person.person_id, house.clock.now()))
    here = recovery.recovering()
    opened = recovery.services.self_service.prove_recovery_code(here, codes[0].reveal(), from_network())
    assert opened.session.level is SessionLevel.ENROLMENT
    assert opened.session.methods == ()
    with pytest.raises(NotSignedIn):
        recovery.services.self_service.prove_recovery_code(here, codes[1].reveal(), from_network())
    again = recovery.recovering()
    with pytest.raises(CodeRefused):
        recovery.services.self_service.prove_recovery_code(again, codes[0].reveal(), from_network())


def test_a_code_of_an_authenticator_does_not_do_where_phishing_must_be_resisted(
    house: House, recovery: RecoveryHouse
) -> None:
    ada = house.enrol()
    required = AssuranceLevel.PHISHING_RESISTANT
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", required=required))
    here = recovery.recovering()
    step = recovery.services.self_service.next_step(here)
    assert not step.by_code
    assert step.needs_help
    house.clock.advance(timedelta(seconds=30))
    with pytest.raises(CodeRefused):
        recovery.services.self_service.prove_code(here, ada.code(), from_network())


def test_a_wrong_code_and_a_code_that_was_used_are_refused_and_recorded(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    here = recovery.recovering()
    for code in ("000000", ada.code()):  # the second one confirmed her enrolment
        with pytest.raises(CodeRefused):
            recovery.services.self_service.prove_code(here, code, from_network())
    assert [e.outcome for e in house.events("ProveForRecovery")] == [Outcome.FAILED, Outcome.FAILED]


def test_codes_guessed_in_recovery_count_with_those_at_sign_in(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    here = recovery.recovering()
    with pytest.raises(Throttled):  # noqa: PT012 - the attempts before it are part of the story
        for _ in range(20):
            with pytest.raises(CodeRefused):
                recovery.services.self_service.prove_code(here, "000000", from_network())


def test_passwords_are_held_to_the_rules(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    here = recovery.recovering()
    house.clock.advance(timedelta(seconds=30))
    proved = recovery.at_recovery(recovery.services.self_service.prove_code(here, ada.code(), from_network()))
    with pytest.raises(PasswordUnacceptable):
        recovery.services.self_service.set_password(proved, "password", "password", from_network())
    with pytest.raises(PasswordsDiffer):
        recovery.services.self_service.set_password(proved, NEW_PASSWORD, PASSWORD, from_network())


def test_looking_at_a_link_does_not_use_it_up_and_using_it_does(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    recovery.services.links.ask("ada", from_network())
    token = recovery.link(MailKind.RECOVERY)
    for _ in range(3):
        assert recovery.services.self_service.look(token).user_name == "ada"
    recovery.services.self_service.redeem(token, from_network())
    for attempt in (
        recovery.services.self_service.look,
        lambda t: recovery.services.self_service.redeem(t, from_network()),
    ):
        with pytest.raises(LinkInvalid):
            attempt(token)
    assert house.events("RedeemRecoveryLink")[0].outcome is Outcome.FAILED


def test_a_link_is_over_after_half_an_hour(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    recovery.services.links.ask("ada", from_network())
    house.clock.advance(timedelta(minutes=30))
    with pytest.raises(LinkInvalid):
        recovery.services.self_service.redeem(recovery.link(MailKind.RECOVERY), from_network())


@pytest.mark.parametrize("purpose", [LinkPurpose.REGISTRATION, LinkPurpose.NOT_ME])
def test_a_link_of_another_purpose_recovers_nobody(house: House, recovery: RecoveryHouse, purpose: LinkPurpose) -> None:
    house.enrol()
    person = recovery.person("ada")
    issued = house.database.write(
        lambda tx: issue_one_time_link(tx.credentials, purpose, house.clock.now(), person_id=person.person_id)
    )
    with pytest.raises(LinkInvalid):
        recovery.services.self_service.redeem(issued.token.reveal(), from_network())


def test_of_two_uses_of_a_link_at_one_moment_one_is_refused(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    recovery.services.links.ask("ada", from_network())
    token, outcomes = recovery.link(MailKind.RECOVERY), []

    def use() -> None:
        try:
            recovery.services.self_service.redeem(token, from_network())
            outcomes.append("in")
        except LinkInvalid:
            outcomes.append("refused")

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "refused", "refused", "refused"]


def test_the_later_of_two_recoveries_ends_the_earlier_one(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    first = recovery.recovering()
    recovery.recovering()
    house.clock.advance(timedelta(seconds=30))
    with pytest.raises(NotSignedIn):
        recovery.services.self_service.prove_code(first, ada.code(), from_network())


@pytest.mark.parametrize("typed", ["ada", " ADA ", "ada@example.com", "ADA@Example.com"])
def test_people_are_found_by_name_and_by_address(house: House, recovery: RecoveryHouse, typed: str) -> None:
    house.enrol()
    recovery.services.links.ask(typed, from_network())
    assert recovery.count(MailKind.RECOVERY) == 1


def test_an_address_that_two_have_finds_neither(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    house.enrol("eve")
    shared = replace(recovery.person("eve"), email="Ada@example.com")
    house.database.write(lambda tx: tx.directory.put_person(shared))
    recovery.services.links.ask("ada@example.com", from_network())
    assert recovery.count(MailKind.RECOVERY) == 0
    recovery.services.links.ask("ada", from_network())
    assert recovery.count(MailKind.RECOVERY) == 1


def test_nobody_unknown_unfinished_disabled_or_guarded_gets_a_mail(house: House, recovery: RecoveryHouse) -> None:
    house.invite("new")
    for name in ("off", "first"):
        house.enrol(name)
    off = replace(recovery.person("off"), status=PersonStatus.DISABLED)
    first = replace(recovery.person("first"), kind=PersonKind.FIRST_ADMINISTRATOR)
    for person in (off, first):
        put_person(house, person)
    for typed in ("nobody", "new", "off", "first", "", "\x00", "x" * 5000, "ada@exämple.com"):
        recovery.services.links.ask(typed, from_network())
    assert mails_in(house.database, house.keys, MailKind.RECOVERY) == []
    assert {e.outcome for e in house.events("StartRecovery")} == {Outcome.DENIED}


def test_three_mails_an_hour_are_sent_and_more_questions_break_no_link(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    for number in range(8):
        recovery.services.links.ask("ada", from_network(f"192.0.2.{number + 30}"))
    assert recovery.count(MailKind.RECOVERY) == 3
    recovery.services.self_service.redeem(recovery.link(MailKind.RECOVERY), from_network())


def test_a_network_is_slowed_down_for_names_that_nobody_has_as_for_others(
    house: House, recovery: RecoveryHouse
) -> None:
    house.enrol()
    refused_at = {}
    for name, network in (("ada", "198.51.100.1"), ("nobody", "198.51.100.2")):
        for attempt in range(20):
            try:
                recovery.services.links.ask(name, from_network(network))
            except Throttled as throttled:
                refused_at[name] = (attempt, throttled.retry_after)
                break
    assert refused_at["ada"] == refused_at["nobody"]


def test_asking_writes_the_same_rows_whether_somebody_exists_or_not(house: House, recovery: RecoveryHouse) -> None:
    """The measured times of both ways are compared in the enumeration tests; here, that the ways do not part."""
    house.enrol()

    def written(name: str) -> tuple[int, int]:
        before = len(house.events())
        recovery.services.links.ask(name, from_network())
        with house.database.read() as tx:
            links = tx.credentials.one_time_links_since("", LinkPurpose.RECOVERY, house.clock.now())
        return len(house.events()) - before, links

    assert written("ada") == (1, 0)
    assert written("nobody") == (1, 2)  # two that open nothing: one for the link, one for the message


def test_a_link_that_is_nobodys_opens_nothing(house: House, recovery: RecoveryHouse) -> None:
    issued = house.database.write(
        lambda tx: issue_one_time_link(tx.credentials, LinkPurpose.RECOVERY, house.clock.now())
    )
    with pytest.raises(LinkInvalid):
        recovery.services.self_service.redeem(issued.token.reveal(), from_network())


def test_somebody_disabled_in_between_gets_no_further(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    here = recovery.recovering()
    person_id = recovery.person("ada").person_id
    house.database.write(lambda tx: tx.directory.set_person_status(person_id, PersonStatus.DISABLED))
    house.clock.advance(timedelta(seconds=30))
    with pytest.raises(NotSignedIn):
        recovery.services.self_service.prove_code(here, ada.code(), from_network())


def test_each_name_is_answered_as_late_as_is_its_own(
    house: House, recovery: RecoveryHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[str] = []
    monkeypatch.setattr(house.services.hashing, "be_late", late.append)
    house.enrol()
    for typed in (" Ada", "nobody"):
        recovery.services.links.ask(typed, from_network())
    assert late == ["ada", "nobody"]
