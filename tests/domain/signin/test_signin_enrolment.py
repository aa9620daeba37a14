"""Does a link lead exactly one person to a password and an authenticator, once, and to nothing else?"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mail_room import mails_in
from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import EnrolmentLinkInvalid, PasswordUnacceptable
from ostiary.domain.directory.errors import InvalidPerson, InvalidUserName, UnknownDirectory
from ostiary.domain.directory.model import Directory, PasswordProfile, PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, PasswordsDiffer, SignInRefused
from ostiary.domain.signin.invitation import Invitee
from people_house import OPERATOR, PASSWORD, House, code_for, from_network, open_house, secret_of

_HERE = from_network()


def test_a_link_a_password_and_a_code_make_a_person_active_and_signed_in(house: House) -> None:
    ada = house.enrol()
    assert ada.opened is not None
    signed_in = house.current.signed_in(ada.opened.token.reveal(), _HERE)
    assert signed_in.person.status is PersonStatus.ACTIVE
    assert signed_in.session.methods == ("pwd", "otp", "mfa")
    assert [event.name for event in reversed(house.events())] == [
        "InvitePerson",
        "RedeemEnrolmentLink",
        "SetPassword",
        "RegisterFactor",
        "SignIn",
    ]


def test_looking_at_a_link_does_not_use_it_up(house: House) -> None:
    token = house.invite().token.reveal()
    for _ in range(3):
        assert house.enrolment.look(token).person.user_name == "ada"
    assert house.enrolment.redeem(token, _HERE).session.level is SessionLevel.ENROLMENT


def test_a_link_works_once(house: House) -> None:
    token = house.invite().token.reveal()
    house.enrolment.redeem(token, _HERE)
    with pytest.raises(EnrolmentLinkInvalid):
        house.enrolment.look(token)
    with pytest.raises(EnrolmentLinkInvalid):
        house.enrolment.redeem(token, _HERE)
    failed = house.events("RedeemEnrolmentLink")[0]
    assert failed.outcome is Outcome.FAILED
    assert token not in str(failed)


def test_a_link_expires(house: House) -> None:
    token = house.invite().token.reveal()
    house.clock.advance(timedelta(hours=72))
    with pytest.raises(EnrolmentLinkInvalid):
        house.enrolment.redeem(token, _HERE)


def test_a_new_link_voids_the_earlier_one_and_whoever_came_by_it(house: House) -> None:
    first = house.invite().token.reveal()
    taken = house.enrolment.redeem(first, _HERE)
    second = house.invite().token.reveal()
    with pytest.raises(NotSignedIn):
        house.level(taken, SessionLevel.ENROLMENT)
    third = house.invite().token.reveal()
    with pytest.raises(EnrolmentLinkInvalid):
        house.enrolment.redeem(second, _HERE)
    house.enrolment.redeem(third, _HERE)


@pytest.mark.parametrize("token", ["", "oste_", "x", "oste_" + "0" * 70, "oste_\0", "ostb_" + "0" * 70, "é" * 500])
def test_garbage_is_no_link(house: House, token: str) -> None:
    house.invite()
    with pytest.raises(EnrolmentLinkInvalid):
        house.enrolment.redeem(token, _HERE)


def test_an_enrolment_session_can_do_nothing_but_enrol(house: House) -> None:
    opened = house.enrolment.redeem(house.invite().token.reveal(), _HERE)
    for level in (SessionLevel.FULL, SessionLevel.FIRST_FACTOR):
        with pytest.raises(NotSignedIn):
            house.level(opened, level)
    with pytest.raises(NotSignedIn):
        house.enrolment.provisioning(house.level(opened, SessionLevel.ENROLMENT))
    with pytest.raises(NotSignedIn):
        house.enrolment.confirm(house.level(opened, SessionLevel.ENROLMENT), "123456", _HERE)


def test_a_password_without_a_confirmed_authenticator_opens_nothing(house: House) -> None:
    opened = house.enrolment.redeem(house.invite().token.reveal(), _HERE)
    house.enrolment.set_password(house.level(opened, SessionLevel.ENROLMENT), PASSWORD, PASSWORD, _HERE)
    with pytest.raises(SignInRefused, match="the user name or the password is wrong"):
        house.signin.start("ada", PASSWORD, _HERE)


def test_each_step_ends_the_session_of_the_step_before(house: House) -> None:
    first = house.enrolment.redeem(house.invite().token.reveal(), _HERE)
    second = house.enrolment.set_password(house.level(first, SessionLevel.ENROLMENT), PASSWORD, PASSWORD, _HERE)
    with pytest.raises(NotSignedIn):
        house.level(first, SessionLevel.ENROLMENT)
    enrolling = house.level(second, SessionLevel.ENROLMENT)
    secret = secret_of(house.enrolment.provisioning(enrolling).uri.reveal())
    third = house.enrolment.confirm(enrolling, code_for(secret, house.clock.now()), _HERE)
    assert len({opened.token.reveal() for opened in (first, second, third)}) == 3
    with pytest.raises(NotSignedIn):
        house.level(second, SessionLevel.ENROLMENT)
    with pytest.raises(NotSignedIn):
        house.enrolment.confirm(enrolling, code_for(secret, house.clock.now()), _HERE)


def test_a_wrong_code_confirms_nothing_and_is_recorded(house: House) -> None:
    first = house.enrolment.redeem(house.invite().token.reveal(), _HERE)
    second = house.enrolment.set_password(house.level(first, SessionLevel.ENROLMENT), PASSWORD, PASSWORD, _HERE)
    enrolling = house.level(second, SessionLevel.ENROLMENT)
    for code in ("", "000000x", "٠١٢٣٤٥", "12345", "1234567"):
        with pytest.raises(CodeRefused):
            house.enrolment.confirm(enrolling, code, _HERE)
        house.clock.advance(timedelta(seconds=40))
    assert all(event.outcome is Outcome.FAILED for event in house.events("RegisterFactor"))
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
    assert person is not None
    assert person.status is PersonStatus.INVITED


def test_a_secret_is_never_kept_in_clear(house: House, tmp_path: Path) -> None:
    ada = house.enrol()
    assert ada.opened is not None
    house.database.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in (PASSWORD.encode(), ada.secret, ada.opened.token.reveal().encode()):
        assert secret not in kept


def test_a_new_password_ends_all_older_sessions(house: House) -> None:
    ada = house.enrol()
    old = ada.sign_in()
    opened = house.enrolment.redeem(house.invite().token.reveal(), _HERE)
    new = "another good long passphrase"
    enrolling = house.enrolment.set_password(house.level(opened, SessionLevel.ENROLMENT), new, new, _HERE)
    house.refresh()
    with pytest.raises(NotSignedIn):
        ada.signed_in(old)
    assert house.level(enrolling, SessionLevel.ENROLMENT).person.user_name == "ada"
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, _HERE)


def test_a_disabled_person_cannot_enrol(house: House) -> None:
    invitation = house.invite()
    person_id = invitation.person.person_id
    house.database.write(lambda tx: tx.directory.set_person_status(person_id, PersonStatus.DISABLED))
    with pytest.raises(EnrolmentLinkInvalid):
        house.enrolment.redeem(invitation.token.reveal(), _HERE)
    with pytest.raises(InvalidPerson):
        house.invite()


def test_the_two_passwords_must_be_the_same(house: House) -> None:
    opened = house.enrolment.redeem(house.invite().token.reveal(), _HERE)
    with pytest.raises(PasswordsDiffer):
        house.enrolment.set_password(house.level(opened, SessionLevel.ENROLMENT), PASSWORD, PASSWORD + "x", _HERE)


def test_words_around_the_person_are_refused_in_her_password(house: House) -> None:
    opened = house.enrolment.redeem(house.invite().token.reveal(), _HERE)
    enrolling = house.level(opened, SessionLevel.ENROLMENT)
    for password in ("my name is Okonkwo now", "EXAMPLE is where I work", "xx corporation yy zz"):
        with pytest.raises(PasswordUnacceptable):
            house.enrolment.set_password(enrolling, password, password, _HERE)


def test_only_who_may_invite_invites(house: House) -> None:
    ada = house.enrol()
    with pytest.raises(AccessDenied):
        house.invitations.invite(ada.signed_in().caller, Invitee("ada"))


def test_an_invitation_needs_a_good_name_and_a_directory_that_exists(house: House) -> None:
    with pytest.raises(InvalidUserName):
        house.invitations.invite(OPERATOR, Invitee("ada okonkwo"))
    with pytest.raises(UnknownDirectory):
        house.invitations.invite(OPERATOR, Invitee("ada", directory="partners"))


def test_the_link_is_mailed(house: House) -> None:
    invitation = house.invite()
    (mail,) = mails_in(house.database, house.keys)
    assert mail.kind is MailKind.ENROLMENT
    assert mail.values["link"] == invitation.link.reveal()
    assert mail.recipient.address == "ada@example.com"


def test_the_aws_profile_refuses_earlier_passwords_and_asks_for_a_new_one_after_ninety_days(tmp_path: Path) -> None:
    strict = Directory("workforce", password_profile=PasswordProfile.AWS, session_minutes=60 * 24 * 120)
    first, second = "Blue-Kettle-4-mornings", "Green-Teapot-5-evenings"
    with open_house(tmp_path, directory=strict) as house:
        ada = house.enrol(password=first)
        house.clock.advance(timedelta(days=90))
        aged = ada.sign_in()
        assert aged.session.level is SessionLevel.ENROLMENT
        with pytest.raises(NotSignedIn):
            house.current.signed_in(aged.token.reveal(), _HERE)
        enrolling = house.level(aged, SessionLevel.ENROLMENT)
        with pytest.raises(NotSignedIn):
            house.enrolment.provisioning(enrolling)
        with pytest.raises(PasswordUnacceptable, match="cannot be used"):
            house.enrolment.set_password(enrolling, first, first, _HERE)
        opened = house.enrolment.set_password(enrolling, second, second, _HERE)
        assert house.current.signed_in(opened.token.reveal(), _HERE).caller.assurance.multi_factor
