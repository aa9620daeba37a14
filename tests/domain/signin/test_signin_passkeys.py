"""Coming in with a passkey: what one is worth, and everything that is tried with one."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.audit.last_use import Used
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.credentials.passkey_errors import PasskeyRefused, PasskeyUnacceptable
from ostiary.domain.credentials.passkeys import MOST_PASSKEYS
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.enrolment import Way
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin.passkey_services import PasskeyServices
from ostiary.domain.signin_policy.model import Factor, ScopeKind, SignInPolicy
from ostiary.storage.transaction import Transaction
from parts.software_authenticator import (
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    SOFTWARE_MODEL,
    VERIFIED,
    SoftwareAuthenticator,
    example_maker,
)
from people_house import ISSUER, House, from_network

HERE = "the form cookie of this browser"


def passkeys(house: House) -> PasskeyServices:
    return house.services.passkeys


def key() -> SoftwareAuthenticator:
    return SoftwareAuthenticator(ISSUER)


def enrol(house: House, authenticator: SoftwareAuthenticator, name: str = "ada") -> Opened:
    """By a link, with nothing but a passkey."""
    opened = house.enrolment.redeem(house.invite(name).token.reveal(), from_network())
    enrolling = house.level(opened, SessionLevel.ENROLMENT)
    options = house.enrolment.passkey_options(enrolling, HERE)
    assert options is not None
    return house.enrolment.add_passkey(enrolling, authenticator.create(options), HERE, from_network())


def sign_in(house: House, authenticator: SoftwareAuthenticator, **origin: str) -> Opened:
    return passkeys(house).sign_in.sign_in(answer(house, authenticator), HERE, from_network(**origin))


def answer(house: House, authenticator: SoftwareAuthenticator) -> str:
    options = passkeys(house).sign_in.options(HERE)
    assert options is not None
    return authenticator.get(options)


def signed_in(house: House, opened: Opened) -> SignedIn:
    return house.current.signed_in(opened.token.reveal(), from_network())


def add(house: House, here: SignedIn, authenticator: SoftwareAuthenticator) -> Passkey:
    options = passkeys(house).adding.options(here.person, here.rules, HERE)
    assert options is not None
    return passkeys(house).adding.add_to_account(here, authenticator.create(options), HERE)


def of_person(house: House, opened: Opened) -> list[Passkey]:
    with house.database.read() as tx:
        return list(tx.credentials.passkeys(opened.session.person_id))


def refused(house: House) -> list[tuple[str, str]]:
    return [(event.error_code, event.error_message) for event in house.events() if event.outcome is Outcome.FAILED]


def test_a_passkey_alone_enrols_completely(house: House) -> None:
    opened = enrol(house, key())
    assert opened.session.level is SessionLevel.FULL
    assert opened.session.methods == ("hwk", "user", "mfa")
    here = signed_in(house, opened)
    assert here.caller.assurance.level is AssuranceLevel.PHISHING_RESISTANT
    assert here.person.status is PersonStatus.ACTIVE
    made = of_person(house, opened)[0]
    assert made.name == "Passkey"
    assert (made.aaguid, made.attestation, made.discoverable) == (SOFTWARE_MODEL, "none", True)
    assert mails_in(house.database, house.keys, MailKind.FACTOR_ADDED) == []


def test_she_comes_back_with_it_and_without_a_name(house: House) -> None:
    authenticator = key()
    made = of_person(house, enrol(house, authenticator))[0]
    opened = sign_in(house, authenticator)
    assert opened.session.level is SessionLevel.FULL
    assert opened.session.person_id == made.person_id
    assert of_person(house, opened)[0].sign_count == 1
    assert house.last_use.pending(Used.FACTOR, made.factor_id) is not None


def test_a_synced_passkey_is_told_apart_and_its_state_is_kept(house: House) -> None:
    authenticator = SoftwareAuthenticator(ISSUER, flags=PRESENT | VERIFIED | ELIGIBLE, counts=False)
    enrol(house, authenticator)
    authenticator.flags |= BACKED_UP
    sign_in(house, authenticator)
    opened = sign_in(house, authenticator)
    assert opened.session.methods == ("swk", "user", "mfa")
    assert of_person(house, opened)[0].backed_up


def test_the_options_are_the_same_whoever_asks(house: House) -> None:
    enrol(house, key())
    first, second = (json.loads(passkeys(house).sign_in.options(HERE) or "") for _ in range(2))
    assert first.pop("challenge") != second.pop("challenge")
    assert first == second
    assert first["allowCredentials"] == []
    assert first["userVerification"] == "required"


def test_what_is_asked_of_a_new_passkey(house: House) -> None:
    here = signed_in(house, enrol(house, key()))
    options = json.loads(passkeys(house).adding.options(here.person, here.rules, HERE) or "")
    assert options["rp"]["id"] == "localhost"
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert len(options["excludeCredentials"]) == 1
    assert here.person.user_name not in options["user"]["id"]
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [-8, -7, -257]


def test_a_challenge_is_answered_once(house: House) -> None:
    authenticator = key()
    enrol(house, authenticator)
    given = answer(house, authenticator)
    passkeys(house).sign_in.sign_in(given, HERE, from_network())
    with pytest.raises(PasskeyRefused, match="could not be used") as again:
        passkeys(house).sign_in.sign_in(given, HERE, from_network())
    assert again.value.operator_text == "the challenge was answered already"


def test_a_challenge_is_answered_once_also_in_a_race(house: House) -> None:
    authenticator = SoftwareAuthenticator(ISSUER, counts=False)
    enrol(house, authenticator)
    given = answer(house, authenticator)

    def attempt(_: int) -> bool:
        try:
            passkeys(house).sign_in.sign_in(given, HERE, from_network())
        except PasskeyRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]


def late(house: House, _: SoftwareAuthenticator, given: str) -> Callable[[], object]:
    house.clock.advance(timedelta(minutes=5))
    return lambda: passkeys(house).sign_in.sign_in(given, HERE, from_network())


def elsewhere(house: House, _: SoftwareAuthenticator, given: str) -> Callable[[], object]:
    return lambda: passkeys(house).sign_in.sign_in(given, "another browser", from_network())


def for_another_purpose(house: House, authenticator: SoftwareAuthenticator, _: str) -> Callable[[], object]:
    here = signed_in(house, sign_in(house, authenticator))
    options = passkeys(house).sign_in.step_up_options(here, HERE)
    assert options is not None
    given = authenticator.get(options)
    return lambda: passkeys(house).sign_in.sign_in(given, HERE, from_network())


def forged(house: House, authenticator: SoftwareAuthenticator, _: str) -> Callable[[], object]:
    given = authenticator.get({"rpId": "localhost", "challenge": "A" * 75})
    return lambda: passkeys(house).sign_in.sign_in(given, HERE, from_network())


@pytest.mark.parametrize("how", [late, elsewhere, for_another_purpose, forged])
def test_a_challenge_counts_for_five_minutes_here_and_for_this(house: House, how: Callable[..., Any]) -> None:
    authenticator = key()
    enrol(house, authenticator)
    attempt = how(house, authenticator, answer(house, authenticator))
    with pytest.raises(PasskeyRefused):
        attempt()
    assert refused(house)[0][0] == "PasskeyRefused"


def test_looking_at_the_page_writes_nothing(house: House) -> None:
    for _ in range(3):
        passkeys(house).sign_in.options(HERE)
    with house.database.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from spent_challenge").scalar() == 0


def test_a_counter_that_goes_back_is_a_copy(house: House) -> None:
    authenticator = key()
    enrol(house, authenticator)
    sign_in(house, authenticator)
    authenticator.credentials[0].count = 0
    with pytest.raises(PasskeyRefused):
        sign_in(house, authenticator)
    assert refused(house)[0][0] == "PasskeyCopied"


@pytest.mark.parametrize("flags", [PRESENT, VERIFIED, PRESENT | VERIFIED | ELIGIBLE])
def test_who_was_not_verified_or_changed_her_mind_is_refused(house: House, flags: int) -> None:
    authenticator = key()
    enrol(house, authenticator)
    authenticator.flags = flags
    with pytest.raises(PasskeyRefused):
        sign_in(house, authenticator)


def test_a_credential_does_not_open_the_account_of_another_person(house: House) -> None:
    ada, bob = key(), key()
    enrol(house, ada)
    enrol(house, bob, "bob")
    ada.credentials[0].user_handle = bob.credentials[0].user_handle
    with pytest.raises(PasskeyRefused):
        sign_in(house, ada)


def test_unknown_removed_and_disabled_get_one_answer(house: House) -> None:
    authenticator, stranger = key(), key()
    opened = enrol(house, authenticator)
    enrol(house, stranger, "bob")
    texts = set()
    house.database.write(lambda tx: tx.directory.set_person_status(opened.session.person_id, PersonStatus.DISABLED))
    with pytest.raises(PasskeyRefused) as disabled:
        sign_in(house, authenticator)
    texts.add(disabled.value.client_text)
    factor = of_person(house, opened)[0]
    house.database.write(lambda tx: tx.credentials.delete_passkey(factor.factor_id))
    with pytest.raises(PasskeyRefused) as removed:
        sign_in(house, authenticator)
    texts.add(removed.value.client_text)
    assert len(texts) == 1
    assert removed.value.unknown == factor.credential_id
    assert not disabled.value.unknown


def test_a_passkey_belongs_to_one_person_alone(house: House) -> None:
    authenticator, bob = key(), key()
    enrol(house, authenticator)
    here = signed_in(house, enrol(house, bob, "bob"))
    options = json.loads(passkeys(house).adding.options(here.person, here.rules, HERE) or "")
    forced = SoftwareAuthenticator(ISSUER)
    theirs = authenticator.credentials[0]
    forced.make_key = lambda: theirs.key
    given = forced.create(options, credential_id=theirs.credential_id)
    with pytest.raises(PasskeyUnacceptable, match="registered already"):
        passkeys(house).adding.add_to_account(here, given, HERE)
    assert len(of_person(house, sign_in(house, bob))) == 1


def test_a_second_passkey_is_added_told_of_and_used(house: House) -> None:
    first, second = key(), SoftwareAuthenticator(ISSUER, aaguid="d548826e-79b4-db40-a3d8-11116f7e8349")
    here = signed_in(house, enrol(house, first))
    assert add(house, here, second).name == "Bitwarden"
    notice = mails_in(house.database, house.keys, MailKind.FACTOR_ADDED)[0]
    assert notice.values["factor_name"] == "Bitwarden"
    assert "/not-me/" in notice.values["not_me"]
    for authenticator in (first, second):
        assert sign_in(house, authenticator).session.level is SessionLevel.FULL


def put(passkey: Passkey, tx: Transaction) -> None:
    tx.credentials.add_passkey(passkey)


def test_nobody_has_more_than_twenty(house: House) -> None:
    authenticator = key()
    here = signed_in(house, enrol(house, authenticator))
    made = of_person(house, sign_in(house, authenticator))[0]
    for number in range(1, MOST_PASSKEYS):
        another = replace(made, factor_id=f"f{number}", credential_id=bytes([number]) * 16)
        house.database.write(partial(put, another))
    with pytest.raises(PasskeyUnacceptable, match="20"):
        add(house, here, key())


def test_a_passkey_is_a_second_step(house: House) -> None:
    ada = house.enrol()
    authenticator = key()
    add(house, ada.signed_in(), authenticator)
    opened = house.signin.start("ada", ada.password, from_network())
    half = house.level(opened, SessionLevel.FIRST_FACTOR)
    options = passkeys(house).sign_in.second_step_options(half, HERE)
    assert options is not None
    assert len(json.loads(options)["allowCredentials"]) == 1
    full = passkeys(house).sign_in.finish(half, authenticator.get(options), HERE, from_network())
    assert full.session.level is SessionLevel.FULL
    assert full.session.methods == ("pwd", "hwk", "user", "mfa")


def test_the_passkey_of_another_person_is_no_second_step(house: House) -> None:
    ada, bob = house.enrol(), key()
    add(house, ada.signed_in(), key())
    enrol(house, bob, "bob")
    opened = house.signin.start("ada", ada.password, from_network())
    half = house.level(opened, SessionLevel.FIRST_FACTOR)
    options = passkeys(house).sign_in.second_step_options(half, HERE)
    assert options is not None
    for handle in (bob.credentials[0].user_handle, half.person.person_id.encode()):
        bob.credentials[0].user_handle = handle
        with pytest.raises(PasskeyRefused):
            passkeys(house).sign_in.finish(half, bob.get(options), HERE, from_network())


def test_a_session_is_strengthened_by_a_passkey(house: House) -> None:
    authenticator = key()
    here = signed_in(house, enrol(house, authenticator))
    house.clock.advance(timedelta(minutes=10))
    options = passkeys(house).sign_in.step_up_options(here, HERE)
    assert options is not None
    opened = passkeys(house).sign_in.confirm(here, authenticator.get(options), HERE, from_network())
    assert opened.session.session_id == here.session.session_id
    assert opened.session.authenticated_at == house.clock.now()


def test_guessing_is_held_back_per_passkey_and_network(house: House) -> None:
    authenticator = key()
    enrol(house, authenticator)
    other = SoftwareAuthenticator(ISSUER, credentials=[replace(authenticator.credentials[0])])
    other.credentials[0].key = key().make_key()
    for _ in range(6):
        with pytest.raises((PasskeyRefused, Throttled)):
            sign_in(house, other, address="203.0.113.9")
    with pytest.raises(Throttled):
        sign_in(house, other, address="203.0.113.9")
    assert sign_in(house, authenticator).session.level is SessionLevel.FULL


def test_a_flood_of_answers_to_nothing_does_not_fill_the_trail(house: House) -> None:
    authenticator = key()
    enrol(house, authenticator)
    before = len(house.events())
    for _ in range(30):
        with pytest.raises((PasskeyRefused, Throttled)):
            passkeys(house).sign_in.sign_in("{}", HERE, from_network("203.0.113.9"))
    assert len(house.events()) - before < 10
    assert sign_in(house, authenticator, address="203.0.113.9").session.level is SessionLevel.FULL


def policy(**said: Any) -> SignInPolicy:
    return SignInPolicy(ScopeKind.DIRECTORY, "workforce", **said)


def test_where_passkeys_are_not_allowed_none_is_taken(house: House) -> None:
    authenticator = key()
    here = signed_in(house, enrol(house, authenticator))
    given = answer(house, authenticator)
    house.put_policy(policy(factors=(Factor.PASSWORD, Factor.TOTP)))
    with pytest.raises(PasskeyRefused):
        passkeys(house).sign_in.sign_in(given, HERE, from_network())
    rules = house.policies.value.rules_for(here.person)
    assert passkeys(house).adding.options(here.person, rules, HERE) is None
    with pytest.raises(PasskeyUnacceptable):
        passkeys(house).adding.verify(here.caller, rules, "{}", HERE)


def test_an_authenticator_must_be_one_of_those_allowed_and_prove_it(house: House) -> None:
    house.put_policy(policy(authenticators=(SOFTWARE_MODEL,)))
    house = House(
        house.clock, type(house.services)(replace(house.parts, authenticator_roots=(example_maker().root_pem,)))
    )
    for authenticator in (key(), SoftwareAuthenticator(ISSUER, attest="self")):
        with pytest.raises(PasskeyUnacceptable, match="certain authenticators"):
            enrol(house, authenticator)
    proved = SoftwareAuthenticator(ISSUER, attest="maker")
    opened = enrol(house, proved)
    assert of_person(house, opened)[0].attestation == "packed"
    assert sign_in(house, proved).session.level is SessionLevel.FULL


def test_who_came_with_less_than_her_group_now_demands_adds_a_passkey(house: House) -> None:
    ada, authenticator = house.enrol(), key()
    house.put_policy(SignInPolicy(ScopeKind.GROUP, "platform", required=AssuranceLevel.PHISHING_RESISTANT))
    opened = ada.sign_in()
    assert opened.session.level is SessionLevel.ENROLMENT
    enrolling = house.level(opened, SessionLevel.ENROLMENT)
    assert house.enrolment.ways(enrolling) == (Way.PASSKEY,)
    options = house.enrolment.passkey_options(enrolling, HERE)
    assert options is not None
    full = house.enrolment.add_passkey(enrolling, authenticator.create(options), HERE, from_network())
    assert full.session.level is SessionLevel.FULL
    assert len(mails_in(house.database, house.keys, MailKind.FACTOR_ADDED)) == 1
    with house.database.read() as tx:
        assert tx.credentials.password(full.session.person_id) is not None


def test_a_link_for_somebody_who_was_enrolled_voids_what_she_had(house: House) -> None:
    old, new = key(), key()
    ada = house.enrol()
    add(house, ada.signed_in(), old)
    opened = house.enrolment.redeem(house.invite("ada").token.reveal(), from_network())
    with pytest.raises(PasskeyRefused):
        sign_in(house, old)
    with pytest.raises(SignInRefused):
        house.signin.start("ada", ada.password, from_network())
    enrolling = house.level(opened, SessionLevel.ENROLMENT)
    options = house.enrolment.passkey_options(enrolling, HERE)
    assert options is not None
    house.enrolment.add_passkey(enrolling, new.create(options), HERE, from_network())
    assert sign_in(house, new).session.level is SessionLevel.FULL
