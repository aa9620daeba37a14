"""A person changes her password by the present one, gets one, or gives it up; whoever had the old one is out."""

from __future__ import annotations

import threading

import pytest

from account_room import Her
from mail_room import mails_in
from ostiary.domain.account.errors import FactorNotAllowed, LastFactor, PasswordExists, PasswordWrong, UnknownFactor
from ostiary.domain.account.own_password import password_rules
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import PasswordUnacceptable, Throttled
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin.errors import NotSignedIn, PasswordsDiffer, SignInRefused
from ostiary.domain.signin_policy.model import Factor, ScopeKind, SignInPolicy
from people_house import PASSWORD, House, from_network

_NEW = "seven purple umbrellas dancing"


def test_a_changed_password_ends_all_other_sessions_and_tokens_and_is_told(house: House, ada: Her) -> None:
    elsewhere, family, old = ada.somewhere_else(), ada.connect(), ada.token
    ada.goes_on(ada.own.password.change(ada.now, PASSWORD, _NEW, _NEW))
    assert ada.is_in(ada.token)
    assert not ada.is_in(elsewhere)
    assert not ada.is_in(old)
    assert family.family_id not in ada.families()
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, from_network())
    house.signin.start("ada", _NEW, from_network())
    assert len(mails_in(house.database, house.keys, MailKind.PASSWORD_CHANGED)) == 1
    event = house.events("SetPassword")[0]
    assert (event.outcome, event.details["changed"]) == (Outcome.SUCCESS, True)
    assert _NEW not in str(house.events())


def test_the_present_password_is_asked_and_a_wrong_one_counts_as_a_guess(house: House, ada: Her) -> None:
    for _ in range(5):
        with pytest.raises(PasswordWrong):
            ada.own.password.change(ada.now, "wrong", _NEW, _NEW)
    with pytest.raises(Throttled):
        ada.own.password.change(ada.now, PASSWORD, _NEW, _NEW)
    assert [e.outcome for e in house.events("SetPassword")][:5] == [Outcome.DENIED] * 5
    with house.database.read() as tx:
        kept = tx.credentials.password(ada.person_id)
    assert kept is not None
    house.services.hashing.check(PASSWORD, kept.encoded)


@pytest.mark.parametrize(
    ("new", "repeated", "refusal"),
    [
        (_NEW, _NEW + "x", PasswordsDiffer),
        (PASSWORD, PASSWORD, PasswordUnacceptable),
        ("password1", "password1", PasswordUnacceptable),
        ("okonkwo okonkwo 77", "okonkwo okonkwo 77", PasswordUnacceptable),
        ("\ud800" * 20, "\ud800" * 20, PasswordUnacceptable),
        ("x" * 3000, "x" * 3000, PasswordUnacceptable),
    ],
)
def test_a_new_password_must_be_a_good_and_another_one(
    ada: Her, new: str, repeated: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        ada.own.password.change(ada.now, PASSWORD, new, repeated)


def test_a_password_that_may_stand_alone_must_be_longer(house: House, ada: Her) -> None:
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", required=AssuranceLevel.SINGLE_FACTOR))
    assert "15" in password_rules(ada.now)[0]
    with pytest.raises(PasswordUnacceptable):
        ada.own.password.change(ada.now, PASSWORD, "grue zebra!", "grue zebra!")


def test_a_password_is_given_up_when_a_passkey_is_enough_and_got_again(house: House, ada: Her) -> None:
    with pytest.raises(LastFactor):
        ada.own.password.remove(ada.now)
    ada.add_passkey()
    elsewhere = ada.somewhere_else()
    ada.goes_on(ada.own.password.remove(ada.now))
    assert not ada.is_in(elsewhere)
    assert not ada.own.password.exists(ada.now)
    with pytest.raises(UnknownFactor):
        ada.own.password.remove(ada.now)
    with pytest.raises(PasswordWrong):
        ada.own.password.change(ada.now, "", _NEW, _NEW)
    ada.goes_on(ada.own.password.add(ada.now, _NEW, _NEW))
    with pytest.raises(PasswordExists):
        ada.own.password.add(ada.now, _NEW + "x", _NEW + "x")
    kinds = [m.values["factor"] for m in mails_in(house.database, house.keys, MailKind.FACTOR_REMOVED)]
    assert kinds == ["password"]


def test_rules_without_passwords_take_none(house: House, ada: Her) -> None:
    ada.add_passkey()
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", factors=(Factor.PASSKEY,)))
    with pytest.raises(FactorNotAllowed):
        ada.own.password.change(ada.now, PASSWORD, _NEW, _NEW)
    ada.goes_on(ada.own.password.remove(ada.now))
    with pytest.raises(FactorNotAllowed):
        ada.own.password.add(ada.now, _NEW, _NEW)


def test_of_two_changes_at_the_same_moment_one_counts(house_on_both: House) -> None:
    ada = Her(house_on_both, "ada")
    here = ada.now
    outcomes: list[str] = []

    def change(new: str) -> None:
        try:
            ada.own.password.change(here, PASSWORD, new, new)
            outcomes.append(new)
        except (PasswordExists, PasswordWrong, NotSignedIn):
            outcomes.append("")

    words = [f"{_NEW} {number}" for number in range(2)]
    threads = [threading.Thread(target=change, args=(word,)) for word in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [outcome for outcome in outcomes if outcome]
    house_on_both.refresh()
    house_on_both.signin.start("ada", winner, from_network())
