"""Do two helpers together, and no one alone, let somebody in again?"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.directory.model import PersonKind, PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.recovery.assisted import Collected
from ostiary.domain.recovery.errors import HelpInvalid, HelpRefused, RequestNotOpen
from ostiary.domain.recovery.helping import Helper
from ostiary.domain.recovery.model import RecoveryRequest
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import NotSignedIn, SignInRefused
from people_house import OPERATOR, PASSWORD, House, from_network
from recovery_house import RecoveryHouse

WHY = "lost her phone, called back on her desk number"


@pytest.fixture
def recovery(house: House) -> RecoveryHouse:
    made = RecoveryHouse(house)
    made.name_helpers("support")
    return made


def test_two_helpers_void_everything_and_she_begins_anew(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    bea, cleo = recovery.helper("bea"), recovery.helper("cleo")
    service = recovery.services.assisted
    request = service.start(bea, "ada", WHY)
    assert [one.may_approve for one in service.requests(bea)] == [False]
    assert [one.may_approve for one in service.requests(cleo)] == [True]
    approved = service.approve(cleo, request.request_id)
    assert approved.mailed
    house.refresh()
    assert recovery.person("ada").status is PersonStatus.INVITED
    assert ada.opened is not None
    with pytest.raises(NotSignedIn):
        ada.signed_in(ada.opened)
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, from_network())
    opened = house.enrolment.redeem(recovery.link(MailKind.ENROLMENT, to="ada@example.com"), from_network())
    assert opened.session.level is SessionLevel.ENROLMENT
    asked, decided = house.events("RequestAssistedRecovery")[0], house.events("DecideAssistedRecovery")[0]
    assert (asked.actor_name, decided.actor_name) == ("bea", "cleo")
    assert asked.details["reason"] == WHY
    assert [e.name for e in house.events("FinishRecovery")] == ["FinishRecovery"]


def test_approvers_are_told_by_mail_and_she_is(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    bea = recovery.helper("bea")
    recovery.helper("cleo")
    recovery.services.assisted.start(bea, "ada", WHY)
    assert recovery.count(MailKind.RECOVERY_APPROVAL) == 1
    assert recovery.count(MailKind.RECOVERY_STARTED) == 1


def test_nobody_approves_her_own_request_or_helps_herself(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    bea, cleo = recovery.helper("bea"), recovery.helper("cleo")
    service = recovery.services.assisted
    request = service.start(bea, "ada", WHY)
    with pytest.raises(HelpRefused):
        service.approve(bea, request.request_id)
    with pytest.raises(HelpRefused):
        service.start(bea, "bea", WHY)
    hers = service.start(bea, "cleo", WHY)
    with pytest.raises(HelpRefused):
        service.approve(cleo, hers.request_id)
    assert recovery.person("ada").status is PersonStatus.ACTIVE
    assert {e.outcome for e in house.events("DecideAssistedRecovery")} == {Outcome.DENIED}


@pytest.mark.parametrize("groups", [(), ("platform",)])
def test_only_members_of_the_named_groups_help(house: House, recovery: RecoveryHouse, groups: tuple[str, ...]) -> None:
    house.enrol()
    eve = recovery.helper("eve", groups=groups)
    service = recovery.services.assisted
    request = service.start(recovery.helper("bea"), "ada", WHY)
    assert not service.may_help(eve)
    assert service.requests(eve) == []
    for attempt in (
        lambda: service.start(eve, "ada", WHY),
        lambda: service.approve(eve, request.request_id),
        lambda: service.refuse(eve, request.request_id),
    ):
        with pytest.raises(HelpRefused):
            attempt()


def test_where_no_group_is_named_nobody_helps(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    bea = recovery.helper("bea")
    recovery.name_helpers()
    assert not recovery.services.assisted.may_help(bea)
    with pytest.raises(HelpRefused):
        recovery.services.assisted.start(bea, "ada", WHY)


def test_unknown_disabled_and_foreign_people_are_refused_in_the_same_words(
    house: House, recovery: RecoveryHouse
) -> None:
    house.enrol("off")
    off = recovery.person("off")
    house.database.write(lambda tx: tx.directory.set_person_status(off.person_id, PersonStatus.DISABLED))
    house.enrol("sealed")
    sealed = replace(recovery.person("sealed"), kind=PersonKind.BREAK_GLASS)
    house.database.write(lambda tx: tx.directory.put_person(sealed))
    bea = recovery.helper("bea")
    texts = set()
    for name in ("nobody", "off", "sealed", "bea", "", "\u0000"):
        with pytest.raises(HelpRefused) as refused:
            recovery.services.assisted.start(bea, name, WHY)
        texts.add(refused.value.client_text)
    assert len(texts) == 1


def test_a_helper_who_was_removed_helps_nobody_any_more(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    bea, cleo = recovery.helper("bea"), recovery.helper("cleo")
    request = recovery.services.assisted.start(bea, "ada", WHY)
    recovery.move("bea", ())
    with pytest.raises(HelpRefused):
        recovery.services.assisted.approve(cleo, request.request_id)
    recovery.move("bea", ("support",))
    bea_id = recovery.person("bea").person_id
    house.database.write(lambda tx: tx.directory.set_person_status(bea_id, PersonStatus.DISABLED))
    with pytest.raises(HelpRefused):
        recovery.services.assisted.approve(cleo, request.request_id)
    assert recovery.person("ada").status is PersonStatus.ACTIVE


def test_a_request_is_decided_once_also_at_one_moment(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    request = recovery.services.assisted.start(recovery.helper("bea"), "ada", WHY)
    helpers, outcomes = [recovery.helper("cleo"), recovery.helper("dora")], []

    def decide(helper: Helper) -> None:
        try:
            recovery.services.assisted.approve(helper, request.request_id)
            outcomes.append("approved")
        except RequestNotOpen:
            outcomes.append("refused")

    threads = [threading.Thread(target=decide, args=(helper,)) for helper in helpers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "refused"]
    with pytest.raises(RequestNotOpen):
        recovery.services.assisted.refuse(helpers[0], request.request_id)


def test_a_request_is_over_after_a_day_and_there_is_one_at_a_time(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    bea, cleo = recovery.helper("bea"), recovery.helper("cleo")
    request = recovery.services.assisted.start(bea, "ada", WHY)
    with pytest.raises(HelpInvalid):
        recovery.services.assisted.start(cleo, "ada", WHY)
    house.clock.advance(timedelta(hours=24))
    with pytest.raises(RequestNotOpen):
        recovery.services.assisted.approve(cleo, request.request_id)
    recovery.services.assisted.start(cleo, "ada", WHY)


def test_a_refused_request_changes_nothing(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    bea, cleo = recovery.helper("bea"), recovery.helper("cleo")
    request = recovery.services.assisted.start(bea, "ada", WHY)
    recovery.services.assisted.refuse(cleo, request.request_id)
    with pytest.raises(RequestNotOpen):
        recovery.services.assisted.approve(cleo, request.request_id)
    assert ada.signed_in().person.user_name == "ada"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301, "two\nlines", "a\u202eb"])
def test_a_reason_is_one_line_that_can_be_read(house: House, recovery: RecoveryHouse, reason: str) -> None:
    house.enrol()
    with pytest.raises(HelpInvalid):
        recovery.services.assisted.start(recovery.helper("bea"), "ada", reason)


def test_the_link_of_somebody_without_an_address_is_collected_once_by_who_asked(
    house: House, recovery: RecoveryHouse
) -> None:
    house.enrol()
    _take_address(house, recovery)
    bea, cleo = recovery.helper("bea"), recovery.helper("cleo")
    service = recovery.services.assisted
    request = service.start(bea, "ada", WHY)
    with pytest.raises(RequestNotOpen):
        service.collect(bea, request.request_id)
    assert not service.approve(cleo, request.request_id).mailed
    with pytest.raises(HelpRefused):
        service.collect(cleo, request.request_id)
    collected = service.collect(bea, request.request_id)
    house.enrolment.redeem(collected.link.reveal().rpartition("/")[2], from_network())
    with pytest.raises(RequestNotOpen):
        service.collect(bea, request.request_id)


def test_the_operator_needs_a_helper_where_the_directory_names_some(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    operator, service = Helper(OPERATOR), recovery.services.assisted
    request = service.recover_alone(operator, "ada", WHY)
    assert isinstance(request, RecoveryRequest)
    with pytest.raises(HelpRefused):
        service.approve(operator, request.request_id)
    assert recovery.person("ada").status is PersonStatus.ACTIVE
    service.approve(recovery.helper("bea"), request.request_id)
    assert recovery.person("ada").status is PersonStatus.INVITED


def test_the_operator_acts_alone_where_there_is_no_helper(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    recovery.name_helpers()
    done = recovery.services.assisted.recover_alone(Helper(OPERATOR), "ada", WHY)
    assert isinstance(done, Collected)
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, from_network())
    house.enrolment.redeem(done.link.reveal().rpartition("/")[2], from_network())


def _take_address(house: House, recovery: RecoveryHouse) -> None:
    person = replace(recovery.person("ada"), email="")
    house.database.write(lambda tx: tx.directory.put_person(person))
