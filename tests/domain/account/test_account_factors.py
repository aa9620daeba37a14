"""A person adds, names and removes what she signs in with; she cannot lock herself out, nor touch another's."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from account_room import Her
from mail_room import mails_in
from ostiary.domain.account.errors import (
    FactorNotAllowed,
    LastFactor,
    PendingFactorGone,
    TooManyFactors,
    UnknownFactor,
)
from ostiary.domain.account.own_factors import MAX_AUTHENTICATORS
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import InvalidFactorName
from ostiary.domain.directory.model import PersonKind
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn
from ostiary.domain.signin_policy.model import Factor, ScopeKind, SignInPolicy
from people_house import House, code_for, from_network, secret_of


def _policy(house: House, **said: object) -> None:
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", **said))  # type: ignore[arg-type] # named by the test


def test_a_second_authenticator_is_added_by_a_code_of_it_and_then_signs_in(house: House, ada: Her) -> None:
    factor_id, secret = ada.add_authenticator()
    assert [way.name for way in ada.own.ways.view(ada.now).authenticators][-1] == "My phone"
    (event,) = [e for e in house.events("RegisterFactor") if e.details.get("factorId") == factor_id]
    assert (event.outcome, event.source_ip) == (Outcome.SUCCESS, "192.0.2.17")
    (mail,) = mails_in(house.database, house.keys, MailKind.FACTOR_ADDED)
    assert mail.recipient.address == "ada@example.com"
    assert mail.values["factor_name"] == "My phone"
    assert "192.0.2.17" in mail.values["place"]
    assert mail.values["not_me"].startswith("http://localhost:8000/not-me/")
    ada.wait_a_step()
    half = house.signin.start("ada", ada.enrolled.password, from_network())
    house.signin.finish(half.token.reveal(), code_for(secret, house.clock.now()), from_network())


def test_an_authenticator_proves_nothing_before_it_was_confirmed(house: House, ada: Her) -> None:
    factor_id = ada.own.factors.start_authenticator(ada.now, "My phone")
    secret = secret_of(ada.own.factors.provisioning(ada.now, factor_id).uri.reveal())
    assert len(ada.own.ways.view(ada.now).authenticators) == 1
    half = house.signin.start("ada", ada.enrolled.password, from_network())
    with pytest.raises(CodeRefused):
        house.signin.finish(half.token.reveal(), code_for(secret, house.clock.now()), from_network())


def test_the_code_that_confirmed_an_authenticator_does_not_sign_in(house: House, ada: Her) -> None:
    _, secret = ada.add_authenticator()
    half = house.signin.start("ada", ada.enrolled.password, from_network())
    with pytest.raises(CodeRefused):
        house.signin.finish(half.token.reveal(), code_for(secret, house.clock.now()), from_network())


def test_a_wrong_code_confirms_nothing_and_is_an_event(house: House, ada: Her) -> None:
    factor_id = ada.own.factors.start_authenticator(ada.now, "My phone")
    for code in ("000000", "", "12345", "\uff11" * 6, "0" * 5000):
        with pytest.raises(CodeRefused):
            ada.own.factors.confirm_authenticator(ada.now, factor_id, code)
    assert len(ada.own.ways.view(ada.now).authenticators) == 1
    assert [e.outcome for e in house.events("RegisterFactor")][:5] == [Outcome.DENIED] * 5


def test_an_authenticator_that_waited_too_long_or_was_replaced_cannot_be_confirmed(house: House, ada: Her) -> None:
    first = ada.own.factors.start_authenticator(ada.now, "First")
    second = ada.own.factors.start_authenticator(ada.now, "Second")
    with pytest.raises(PendingFactorGone):
        ada.own.factors.provisioning(ada.now, first)
    house.clock.advance(timedelta(minutes=31))
    with pytest.raises(PendingFactorGone):
        ada.own.factors.confirm_authenticator(ada.now, second, "000000")


def test_the_key_of_a_confirmed_authenticator_is_never_shown_again(ada: Her) -> None:
    factor_id, _ = ada.add_authenticator()
    for known in (factor_id, ada.authenticator_id()):
        with pytest.raises(PendingFactorGone):
            ada.own.factors.provisioning(ada.now, known)


def test_there_are_five_authenticators_at_most(ada: Her) -> None:
    for number in range(MAX_AUTHENTICATORS - 1):
        ada.add_authenticator(f"Phone {number}")
    with pytest.raises(TooManyFactors):
        ada.own.factors.start_authenticator(ada.now, "One more")


def test_what_the_rules_do_not_know_cannot_be_added(house: House, ada: Her) -> None:
    ada.add_passkey()
    _policy(house, factors=(Factor.PASSKEY,))
    with pytest.raises(FactorNotAllowed):
        ada.own.factors.start_authenticator(ada.now, "My phone")


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\nb", "a\u202eb", "a\u200bb", "\ud800", "x" * 100_000])
def test_a_name_that_nobody_can_read_is_refused(ada: Her, name: str) -> None:
    with pytest.raises(InvalidFactorName):
        ada.own.factors.rename(ada.now, ada.authenticator_id(), name)


def test_a_factor_gets_another_name(house: House, ada: Her) -> None:
    key = ada.add_passkey()
    ada.own.factors.rename(ada.now, key.factor_id, "  <b>Grüner</b> Schlüssel ")
    assert ada.own.factors.name_of(ada.now, key.factor_id) == "<b>Grüner</b> Schlüssel"
    assert house.events("RenameFactor")[0].details["newName"] == "<b>Grüner</b> Schlüssel"


def test_removing_a_factor_tells_her_and_signs_out_everywhere_else(house: House, ada: Her) -> None:
    factor_id, _ = ada.add_authenticator()
    elsewhere, old, family = ada.somewhere_else(), ada.token, ada.connect()
    removed = ada.own.factors.remove(ada.now, factor_id)
    assert (removed.factor, removed.name) == (Factor.TOTP, "My phone")
    assert not ada.is_in(elsewhere)
    assert not ada.is_in(old)
    ada.goes_on(removed.opened)
    assert ada.is_in(ada.token)
    assert family.family_id not in ada.families()
    (mail,) = mails_in(house.database, house.keys, MailKind.FACTOR_REMOVED)
    assert mail.values["factor_name"] == "My phone"
    assert house.events("RemoveFactor")[0].details["factorId"] == factor_id


def test_the_session_that_goes_on_got_no_more_time(house: House, ada: Her) -> None:
    ends, proved = ada.now.session.expires_at, ada.now.session.authenticated_at
    house.clock.advance(timedelta(minutes=4))
    ada.goes_on(ada.own.factors.remove(ada.now, ada.add_authenticator()[0]).opened)
    assert (ada.now.session.expires_at, ada.now.session.authenticated_at) == (ends, proved)


def test_the_last_way_to_sign_in_stays(house: House, ada: Her) -> None:
    with pytest.raises(LastFactor):
        ada.own.factors.remove(ada.now, ada.authenticator_id())
    assert not ada.own.ways.view(ada.now).authenticators[0].removable
    assert house.events("RemoveFactor")[0].outcome == Outcome.DENIED
    assert mails_in(house.database, house.keys, MailKind.FACTOR_REMOVED) == []


def test_what_the_rules_ask_for_decides_what_is_the_last_way(house: House, ada: Her) -> None:
    key = ada.add_passkey()
    _policy(house, required=AssuranceLevel.PHISHING_RESISTANT)
    with pytest.raises(LastFactor):
        ada.own.factors.remove(ada.now, key.factor_id)
    another = ada.add_passkey("Other key")
    ada.goes_on(ada.own.factors.remove(ada.now, key.factor_id).opened)
    ada.goes_on(ada.own.factors.remove(ada.now, ada.authenticator_id()).opened)
    assert [way.factor_id for way in ada.own.ways.view(ada.now).passkeys] == [another.factor_id]


def test_a_guarded_account_keeps_two_factors_whatever_the_table_says(house: House, ada: Her) -> None:
    _policy(house, required=AssuranceLevel.SINGLE_FACTOR)
    assert ada.own.ways.view(ada.now).authenticators[0].removable
    guarded = replace(ada.now.person, kind=PersonKind.FIRST_ADMINISTRATOR)
    house.database.write(lambda tx: tx.directory.put_person(guarded))
    assert not ada.own.ways.view(ada.now).authenticators[0].removable
    with pytest.raises(LastFactor):
        ada.own.factors.remove(ada.now, ada.authenticator_id())


def test_another_persons_factors_are_as_unknown_as_none(house: House, ada: Her) -> None:
    eve = Her(house, "eve")
    eve.add_passkey()
    for foreign in (ada.authenticator_id(), ada.add_passkey().factor_id, "", "' OR 1=1 --"):
        with pytest.raises(UnknownFactor):
            eve.own.factors.remove(eve.now, foreign)
        with pytest.raises(UnknownFactor):
            eve.own.factors.rename(eve.now, foreign, "mine")
        with pytest.raises(UnknownFactor):
            eve.own.factors.name_of(eve.now, foreign)
    pending = ada.own.factors.start_authenticator(ada.now, "Hers")
    with pytest.raises(PendingFactorGone):
        eve.own.factors.provisioning(eve.now, pending)
    with pytest.raises(PendingFactorGone):
        eve.own.factors.confirm_authenticator(eve.now, pending, "000000")
    assert len(ada.own.ways.view(ada.now).passkeys) == 1
    assert house.events("RemoveFactor")[0].actor_name == "eve"


def test_a_session_that_ended_meanwhile_changes_nothing(house: House, ada: Her) -> None:
    ada.add_passkey()
    held = ada.now
    house.sessions.sign_out(held)
    with pytest.raises(NotSignedIn):
        ada.own.factors.remove(held, "anything")
    with pytest.raises(NotSignedIn):
        ada.own.recovery_codes.make(held)


def test_of_two_removals_at_the_same_moment_one_way_to_sign_in_is_left(house_on_both: House) -> None:
    ada = Her(house_on_both, "ada")
    first, second = ada.authenticator_id(), ada.add_authenticator()[0]
    other = ada.house.current.signed_in(ada.somewhere_else(), from_network())
    here = ada.now
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def remove(signed_in: object, factor_id: str) -> None:
        together.wait()
        try:
            ada.own.factors.remove(signed_in, factor_id)  # type: ignore[arg-type] # a SignedIn
            outcomes.append("removed")
        except (LastFactor, NotSignedIn) as refused:
            outcomes.append(type(refused).__name__)

    threads = [threading.Thread(target=remove, args=each) for each in ((here, first), (other, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("removed") == 1
    assert len(outcomes) == 2
    with ada.house.database.read() as tx:
        assert len(tx.credentials.totp_factors(here.person.person_id)) == 1
