"""Do a person's rules, her browser, her network and the risk decide what a proof opens, on a real database?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel, Origin
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.directory.model import PersonKind
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.deciding import Option
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, SignInRefused
from ostiary.domain.signin_policy.model import Factor, Prompt, ScopeKind, SignInPolicy, WithoutFactor
from ostiary.storage.transaction import Transaction
from people_house import MORNING, PASSWORD, House, from_network

_DESK = replace(from_network("192.0.2.17"), device="d" * 64)


def _policy(house: House, **rules: object) -> None:
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", **rules))  # type: ignore[arg-type]


def _person_id(house: House, name: str = "ada") -> str:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name(name)
    assert person is not None
    return person.person_id


def _change(house: House, work: Callable[[Transaction], object]) -> None:
    house.database.write(work)


def _arrive(house: House, proved: tuple[str, ...], half: Opened | None = None) -> Opened:
    def work(tx: Transaction) -> Opened:
        person = tx.directory.person_by_user_name("ada")
        assert person is not None
        session = half.session if half is not None else None
        return house.services.arrivals.arrive(
            tx, person, proved=proved, half=session, origin=_DESK, now=house.clock.now()
        )

    return house.database.write(work)


def _give_passkey(house: House) -> None:
    passkey = Passkey(
        "f1", _person_id(house), "Key", b"c1", b"key", 0, "", (), "none", True, False, False, created_at=MORNING
    )
    _change(house, lambda tx: tx.credentials.add_passkey(passkey))


def _refusal(house: House) -> str:
    failed = [event for event in house.events() if event.outcome is not Outcome.SUCCESS]
    return failed[0].error_code


def _options(house: House, half: Opened, origin: Origin = _DESK) -> frozenset[Option]:
    return house.signin.options(house.level(half, SessionLevel.FIRST_FACTOR, origin))


def test_the_same_browser_is_not_asked_again_and_any_other_is(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    _policy(house, prompt=Prompt.CONTEXT)
    trusted = house.signin.start("ada", PASSWORD, _DESK)
    assert (trusted.session.level, trusted.session.methods) == (SessionLevel.FULL, ("pwd",))
    for other in (
        replace(_DESK, device="e" * 64),
        replace(_DESK, device=""),
        replace(_DESK, source_ip="198.51.100.9"),
    ):
        assert house.signin.start("ada", PASSWORD, other).session.level is SessionLevel.FIRST_FACTOR
    other = replace(_DESK, device="e" * 64)
    ada.sign_in(other)
    assert house.signin.start("ada", PASSWORD, other).session.level is SessionLevel.FULL


def test_trust_in_a_browser_ends_and_a_spared_factor_does_not_renew_it(house: House) -> None:
    house.enrol(origin=_DESK)
    _policy(house, prompt=Prompt.CONTEXT, trust_device_days=2)
    house.clock.advance(timedelta(days=1))
    assert house.signin.start("ada", PASSWORD, _DESK).session.level is SessionLevel.FULL
    house.clock.advance(timedelta(days=1))
    assert house.signin.start("ada", PASSWORD, _DESK).session.level is SessionLevel.FIRST_FACTOR


def test_a_browser_where_she_came_in_before_she_had_a_factor_asks_for_it(house: House) -> None:
    house.enrol(origin=replace(_DESK, device="e" * 64))
    _lose_factor(house)
    _policy(house, prompt=Prompt.CONTEXT, required=AssuranceLevel.SINGLE_FACTOR)
    assert house.signin.start("ada", PASSWORD, _DESK).session.level is SessionLevel.FULL
    _give_passkey(house)
    assert house.signin.start("ada", PASSWORD, _DESK).session.level is SessionLevel.FIRST_FACTOR


def test_a_browser_that_another_person_trusts_is_a_new_one_for_her(house: House) -> None:
    house.enrol("linus", origin=_DESK)
    house.enrol(origin=from_network("198.51.100.9"))
    _policy(house, prompt=Prompt.CONTEXT)
    assert house.signin.start("ada", PASSWORD, _DESK).session.level is SessionLevel.FIRST_FACTOR


def test_by_default_every_sign_in_asks_for_both_factors(house: House) -> None:
    house.enrol(origin=_DESK)
    assert house.signin.start("ada", PASSWORD, _DESK).session.level is SessionLevel.FIRST_FACTOR


def test_a_factor_that_the_rules_do_not_take_is_a_wrong_password(house: House) -> None:
    house.enrol(origin=_DESK)
    _policy(house, factors=(Factor.PASSKEY,))
    with pytest.raises(SignInRefused, match="the user name or the password is wrong"):
        house.signin.start("ada", PASSWORD, _DESK)
    assert _refusal(house) == "FactorNotAllowed"


def test_a_code_is_refused_from_the_moment_that_the_rules_do_not_take_it(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    half = house.signin.start("ada", PASSWORD, _DESK)
    _policy(house, factors=(Factor.PASSKEY, Factor.PASSWORD))
    with pytest.raises(SignInRefused):
        house.signin.finish(half.token.reveal(), ada.next_code(), _DESK)


def test_only_from_networks_that_every_policy_has(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    _policy(house, networks=("192.0.2.0/24", "2001:db8::/32"))
    house.put_policy(SignInPolicy(ScopeKind.GROUP, "platform", networks=("192.0.2.16/28",)))
    assert ada.sign_in(_DESK).session.level is SessionLevel.FULL
    for address in ("192.0.2.99", "198.51.100.9", "2001:db8::1", ""):
        with pytest.raises(SignInRefused):
            house.signin.start("ada", PASSWORD, replace(_DESK, source_ip=address))
        assert _refusal(house) == "NetworkNotAllowed"


def test_a_half_session_does_not_carry_somebody_into_a_network_that_is_not_hers(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    _policy(house, networks=("192.0.2.0/24",))
    half = house.signin.start("ada", PASSWORD, _DESK)
    code = ada.next_code()
    with pytest.raises(SignInRefused):
        house.signin.finish(half.token.reveal(), code, replace(_DESK, source_ip="198.51.100.9"))
    assert house.signin.finish(half.token.reveal(), code, _DESK).session.level is SessionLevel.FULL


def test_the_device_must_be_what_every_policy_asks(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    _policy(house, posture=("managed", "encrypted"))
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, replace(_DESK, posture=("managed",)))
    assert _refusal(house) == "PostureMissing"
    assert ada.sign_in(replace(_DESK, posture=("encrypted", "managed", "patched"))).session.level is SessionLevel.FULL


def test_where_phishing_resistance_is_required_a_code_never_finishes(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    _give_passkey(house)
    _policy(house, required=AssuranceLevel.PHISHING_RESISTANT, prompt=Prompt.CONTEXT)
    half = house.signin.start("ada", PASSWORD, _DESK)
    assert _options(house, half) == {Option.PASSKEY}
    with pytest.raises(CodeRefused):
        house.signin.finish(half.token.reveal(), ada.next_code(), _DESK)
    full = _arrive(house, ("swk", "user"), half)
    assert (full.session.level, full.session.methods) == (SessionLevel.FULL, ("pwd", "swk", "user", "mfa"))


def test_a_passkey_alone_is_phishing_resistant(house: House) -> None:
    house.enrol(origin=_DESK)
    _give_passkey(house)
    _policy(house, required=AssuranceLevel.PHISHING_RESISTANT)
    opened = _arrive(house, ("hwk", "user"))
    assert house.current.signed_in(opened.token.reveal(), _DESK).caller.assurance.level is (
        AssuranceLevel.PHISHING_RESISTANT
    )


def test_who_has_no_factor_enrols_and_does_nothing_else(house: House) -> None:
    house.enrol(origin=_DESK)
    _lose_factor(house)
    opened = house.signin.start("ada", PASSWORD, _DESK)
    assert opened.session.level is SessionLevel.ENROLMENT
    for level in (SessionLevel.FULL, SessionLevel.FIRST_FACTOR, SessionLevel.RECOVERY):
        with pytest.raises(NotSignedIn):
            house.level(opened, level, _DESK)


def test_who_has_no_factor_may_be_blocked(house: House) -> None:
    house.enrol(origin=_DESK)
    _lose_factor(house)
    _policy(house, without_factor=WithoutFactor.BLOCK)
    with pytest.raises(SignInRefused):
        house.signin.start("ada", PASSWORD, _DESK)
    assert _refusal(house) == "NoFactor"


def test_a_mailed_code_stands_in_for_a_factor_and_the_session_says_what_it_was(house: House) -> None:
    house.enrol(origin=_DESK)
    _lose_factor(house)
    _policy(house, without_factor=WithoutFactor.EMAIL_CODE)
    half = house.signin.start("ada", PASSWORD, _DESK)
    assert _options(house, half) == {Option.EMAIL_CODE}
    house.services.mail_codes.ask_second(house.level(half, SessionLevel.FIRST_FACTOR, _DESK), _DESK)
    code = mails_in(house.database, house.keys, MailKind.EMAIL_CODE)[-1].values["code"]
    full = house.services.mail_codes.finish(half.token.reveal(), code, _DESK)
    assert (full.session.level, full.session.methods) == (SessionLevel.FULL, ("pwd", "email"))
    assert house.current.signed_in(full.token.reveal(), _DESK).caller.assurance.level is AssuranceLevel.SINGLE_FACTOR


def test_a_recovery_code_stands_for_the_factor_that_was_left_at_home_once(house: House) -> None:
    house.enrol(origin=_DESK)
    codes = _give_codes(house)
    half = house.signin.start("ada", PASSWORD, _DESK)
    full, left = house.signin.finish_with_recovery_code(half.token.reveal(), codes[0].lower(), _DESK)
    assert (full.session.level, full.session.methods, left) == (SessionLevel.FULL, ("pwd", "rc", "mfa"), 9)
    assert [event.details["left"] for event in house.events("UseRecoveryCode")] == [9]
    (mail,) = mails_in(house.database, house.keys, MailKind.RECOVERY_CODE_USED)
    assert (mail.values["left"], mail.values["place"]) == ("9", _DESK.source_ip)
    assert "/not-me/" in mail.values["not_me"]
    again = house.signin.start("ada", PASSWORD, _DESK)
    with pytest.raises(CodeRefused):
        house.signin.finish_with_recovery_code(again.token.reveal(), codes[0], _DESK)


def test_a_recovery_code_of_who_lost_everything_opens_nothing_but_enrolment(house: House) -> None:
    house.enrol(origin=_DESK)
    codes = _give_codes(house)
    _lose_factor(house)
    half = house.signin.start("ada", PASSWORD, _DESK)
    assert _options(house, half) == {Option.RECOVERY_CODE}
    opened, _ = house.signin.finish_with_recovery_code(half.token.reveal(), codes[0], _DESK)
    assert (opened.session.level, opened.session.methods) == (SessionLevel.ENROLMENT, ("pwd", "rc"))


def test_a_password_marked_as_compromised_opens_the_way_to_a_new_one(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    with house.database.read() as tx:
        password = tx.credentials.password(_person_id(house))
    assert password is not None
    _change(house, lambda tx: tx.credentials.put_password(replace(password, compromised_at=MORNING)))
    enrolling = ada.sign_in(_DESK)
    assert enrolling.session.level is SessionLevel.ENROLMENT
    new = "another battery staple altogether"
    full = house.enrolment.set_password(house.level(enrolling, SessionLevel.ENROLMENT, _DESK), new, new, _DESK)
    assert (full.session.level, full.session.methods) == (SessionLevel.FULL, ("pwd", "otp", "mfa"))


def test_a_password_that_leaked_is_marked_when_it_is_used(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = house.enrol(origin=_DESK)
    monkeypatch.setattr(house.services.choice, "has_leaked", lambda typed: typed == PASSWORD)
    assert ada.sign_in(_DESK).session.level is SessionLevel.ENROLMENT


@pytest.mark.parametrize("kind", [PersonKind.FIRST_ADMINISTRATOR, PersonKind.BREAK_GLASS])
def test_each_use_of_a_guarded_account_is_an_event_and_needs_two_factors(house: House, kind: PersonKind) -> None:
    ada = house.enrol(origin=_DESK)
    with house.database.read() as tx:
        person = tx.directory.person(_person_id(house))
    assert person is not None
    _change(house, lambda tx: tx.directory.put_person(replace(person, kind=kind)))
    _policy(house, required=AssuranceLevel.SINGLE_FACTOR, prompt=Prompt.CONTEXT)
    assert house.signin.start("ada", PASSWORD, _DESK).session.level is SessionLevel.FIRST_FACTOR
    ada.sign_in(_DESK)
    assert [event.details["kind"] for event in house.events("UseGuardedAccount")] == [kind.value]


def test_a_half_session_answers_only_to_the_browser_in_which_it_began(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    half = house.signin.start("ada", PASSWORD, _DESK)
    for thief in (replace(_DESK, device="e" * 64), replace(_DESK, device=""), replace(_DESK, user_agent="curl/8")):
        with pytest.raises(NotSignedIn):
            house.signin.finish(half.token.reveal(), ada.next_code(), thief)
    assert house.signin.finish(half.token.reveal(), ada.next_code(), _DESK).session.level is SessionLevel.FULL


def test_a_half_session_takes_no_code_of_another_person(house: House) -> None:
    house.enrol(origin=_DESK)
    linus = house.enrol("linus", origin=_DESK)
    half = house.signin.start("ada", PASSWORD, _DESK)
    with pytest.raises(CodeRefused):
        house.signin.finish(half.token.reveal(), linus.next_code(), _DESK)


@pytest.mark.parametrize(
    "spell", [lambda code: code.translate({ord("0") + n: 0x660 + n for n in range(10)}), "{0}\u200b".format]
)
def test_a_code_in_other_digits_or_with_what_nobody_sees_is_refused(house: House, spell: Callable[[str], str]) -> None:
    ada = house.enrol(origin=_DESK)
    half = house.signin.start("ada", PASSWORD, _DESK)
    with pytest.raises(CodeRefused):
        house.signin.finish(half.token.reveal(), spell(ada.next_code()), _DESK)


def test_nothing_becomes_a_session_from_a_full_one(house: House) -> None:
    ada = house.enrol(origin=_DESK)
    full = ada.sign_in(_DESK)
    with pytest.raises(SignInRefused):
        _arrive(house, ("otp",), full)


def _lose_factor(house: House) -> None:
    person_id = _person_id(house)

    def work(tx: Transaction) -> None:
        for factor in tx.credentials.totp_factors(person_id):
            tx.credentials.delete_totp_factor(factor.factor_id)

    _change(house, work)


def _give_codes(house: House) -> list[str]:
    person_id, now = _person_id(house), house.clock.now()
    return [code.reveal() for code in house.database.write(lambda tx: make_codes(tx.credentials, person_id, now))]
