"""What follows from an unusual sign-in: an answer, an event, a notice, and what is remembered (BP01-2, 11, 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from mail_room import mails_in
from ostiary.domain.audit.caller import Origin
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.directory.model import Person
from ostiary.domain.mail.model import MailKind, Message
from ostiary.domain.risk.assessment import MOST_PROMPTS
from ostiary.domain.risk.model import Assessment
from ostiary.domain.risk.remembering import MOST_DEVICES, MOST_NETWORKS, forget_unseen
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin_policy.model import Prompt, RiskAnswer, ScopeKind, SignInPolicy
from ostiary.storage.transaction import Transaction
from people_house import Enrolled, House, from_network

HOME = replace(from_network(), device="laptop")
PHONE = replace(HOME, device="phone")
SINGAPORE = replace(from_network("198.51.100.9"), device="stranger")
WORKFORCE = SignInPolicy(ScopeKind.DIRECTORY, "workforce")


def enrolled_at_home(house: House) -> Enrolled:
    """Enrolled on the laptop."""
    return house.enrol(origin=HOME)


def mails(house: House, kind: MailKind) -> list[Message]:
    return mails_in(house.database, house.keys, kind)


def person(house: House) -> Person:
    with house.database.read() as tx:
        found = tx.directory.person_by_user_name("ada")
    assert found is not None
    return found


def signals(house: House) -> list[object]:
    return [event.details["signals"] for event in house.events("AssessRisk")]


def test_the_first_sign_ins_where_she_enrolled_are_not_news(house: House) -> None:
    enrolled_at_home(house).sign_in(HOME)
    assert house.events("AssessRisk") == []
    assert mails(house, MailKind.NEW_SIGN_IN) == []


def test_a_new_device_is_an_event_and_a_notice_once(house: House) -> None:
    ada = enrolled_at_home(house)
    ada.sign_in(PHONE)
    ada.sign_in(PHONE)
    events = house.events("AssessRisk")
    assert [event.details["completed"] for event in events] == [True, False]
    assert events[0].details | {} == {
        "score": 20,
        "level": "low",
        "signals": ["new-device"],
        "answer": "allow",
        "intended": "allow",
        "completed": True,
    }
    (notice,) = mails(house, MailKind.NEW_SIGN_IN)
    assert notice.values["place"] == "192.0.2.17 (Bern, CH)"
    assert notice.values["device"] == "Firefox" or notice.values["device"] == "A browser"
    assert "/not-me/" in notice.values["not_me"]
    assert notice.recipient.address == "ada@example.com"


def test_a_few_notices_a_day_are_enough(house: House) -> None:
    ada = enrolled_at_home(house)
    for number in range(8):
        ada.sign_in(replace(HOME, device=f"phone-{number}"))
    assert len(mails(house, MailKind.NEW_SIGN_IN)) == 5
    assert len(house.events("AssessRisk")) == 16


def test_impossible_travel_is_blocked_where_rules_say_so(house: House) -> None:
    ada = enrolled_at_home(house)
    house.put_policy(replace(WORKFORCE, risk_high=RiskAnswer.BLOCK))
    with pytest.raises(SignInRefused) as refused:
        ada.sign_in(SINGAPORE)
    assert refused.value.client_text == "the user name or the password is wrong"
    (event,) = house.events("AssessRisk")
    assert (event.outcome, event.actor_name, event.resources) == (Outcome.DENIED, "ada", [person(house).arn])
    assert event.details["signals"] == ["new-device", "new-network", "new-country", "impossible-travel"]
    assert (event.details["score"], event.details["answer"]) == (100, "block")
    (notice,) = mails(house, MailKind.SIGN_IN_BLOCKED)
    assert "Singapore, SG" in notice.values["place"]
    with house.database.read() as tx:
        assert "stranger" not in {session.device for session in tx.sessions.browser_sessions(person(house).person_id)}
        assert tx.risk.known_device(person(house).person_id, "stranger") is None
    ada.sign_in(HOME)


def test_who_only_observes_lets_in_and_says_what_would_have_been(house: House) -> None:
    ada = enrolled_at_home(house)
    house.put_policy(replace(WORKFORCE, risk_high=RiskAnswer.BLOCK, risk_observe_only=True))
    assert ada.sign_in(SINGAPORE).session.level is SessionLevel.FULL
    event = house.events("AssessRisk")[0]
    assert (event.details["answer"], event.details["intended"]) == ("allow", "block")


def test_a_stranger_who_guesses_keeps_nobody_out_of_a_browser_that_is_known(house: House) -> None:
    ada = enrolled_at_home(house)
    house.put_policy(replace(WORKFORCE, risk_medium=RiskAnswer.BLOCK, risk_high=RiskAnswer.BLOCK))
    for number in range(12):
        with pytest.raises(SignInRefused):
            house.signin.start("ada", "wrong", from_network(f"203.0.113.{number}"))
    opened = ada.sign_in(HOME)
    assert (opened.session.level, opened.session.methods) == (SessionLevel.FULL, ("pwd", "otp", "mfa"))
    assert signals(house)[0] == ["many-failures-before"]
    with pytest.raises(SignInRefused):
        ada.sign_in(PHONE)


def test_where_a_network_is_always_allowed_nothing_is_scored(house: House) -> None:
    ada = enrolled_at_home(house)
    allowed = replace(WORKFORCE, risk_high=RiskAnswer.BLOCK, risk_allow_networks=("198.51.100.0/24",))
    house.put_policy(allowed)
    assert ada.sign_in(SINGAPORE).session.place == "Singapore, SG"
    assert house.events("AssessRisk") == []


def test_from_a_denied_network_nobody_comes_in_also_when_it_is_allowed_or_only_observed(house: House) -> None:
    ada = enrolled_at_home(house)
    denied = ("198.51.100.0/24",)
    house.put_policy(replace(WORKFORCE, risk_deny_networks=denied, risk_allow_networks=denied, risk_observe_only=True))
    with pytest.raises(SignInRefused) as refused:
        ada.sign_in(SINGAPORE)
    assert refused.value.client_text == "the user name or the password is wrong"
    event = house.events("CheckPassword")[0]
    assert (event.outcome, event.error_code) == (Outcome.DENIED, "NetworkNotAllowed")


def test_a_dormant_account_that_wakes_is_seen(house: House) -> None:
    ada = enrolled_at_home(house)
    house.clock.advance(timedelta(days=91))
    ada.sign_in(HOME)
    assert signals(house)[0] == ["dormant"]
    house.put_policy(replace(WORKFORCE, dormant_days=10))
    house.clock.advance(timedelta(days=11))
    ada.sign_in(HOME)
    assert [each for each in signals(house) if each == ["dormant"]] == [["dormant"]] * 4


def test_failures_before_a_success_are_seen(house: House) -> None:
    ada = enrolled_at_home(house)
    for number in range(11):
        with pytest.raises(SignInRefused):
            house.signin.start("ada", "wrong", replace(SINGAPORE, source_ip=f"203.0.113.{number + 100}"))
    ada.sign_in(HOME)
    assert signals(house)[-1] == ["many-failures-before"]


def test_an_anonymising_network_is_seen(house: House) -> None:
    ada = enrolled_at_home(house)
    ada.sign_in(replace(HOME, source_ip="203.0.113.5"))
    assert signals(house)[0] == ["new-network", "anonymous-network"]


def test_the_same_browser_and_network_are_not_prompted_again_and_others_are(house: House) -> None:
    ada = enrolled_at_home(house)
    house.put_policy(replace(WORKFORCE, prompt=Prompt.CONTEXT, risk_medium=RiskAnswer.ALLOW, trust_device_days=10))

    def level(origin: Origin) -> SessionLevel:
        return house.signin.start("ada", ada.password, origin).session.level

    assert level(HOME) is SessionLevel.FULL
    assert level(PHONE) is SessionLevel.FIRST_FACTOR
    assert level(replace(HOME, device="")) is SessionLevel.FIRST_FACTOR
    assert level(replace(HOME, source_ip="198.51.100.77")) is SessionLevel.FIRST_FACTOR
    house.clock.advance(timedelta(days=10))
    assert level(HOME) is SessionLevel.FIRST_FACTOR


def test_a_spared_factor_does_not_make_the_trust_longer(house: House) -> None:
    ada = enrolled_at_home(house)
    house.put_policy(replace(WORKFORCE, prompt=Prompt.CONTEXT, trust_device_days=10))
    for _ in range(9):
        house.clock.advance(timedelta(days=1))
        assert house.signin.start("ada", ada.password, HOME).session.level is SessionLevel.FULL
    house.clock.advance(timedelta(days=1))
    assert house.signin.start("ada", ada.password, HOME).session.level is SessionLevel.FIRST_FACTOR


def test_what_is_forgotten_is_new_when_it_comes_again(house: House) -> None:
    ada = enrolled_at_home(house)
    house.database.write(lambda tx: house.services.risk.forget(tx, person(house)))
    ada.sign_in(HOME)
    assert signals(house)[0] == ["new-device", "new-network"]


def test_each_person_has_a_bounded_number_of_devices_and_networks(house: House) -> None:
    enrolled_at_home(house)
    ada, risk = person(house), house.services.risk

    def note(tx: Transaction, *, origin: Origin, now: datetime, assessment: Assessment) -> None:
        risk.note_arrival(tx, ada, origin, now, full=True, assessment=assessment)

    for number in range(MOST_NETWORKS + 5):
        origin = replace(HOME, source_ip=f"10.0.{number}.1", device=f"d{number}")
        with house.database.read() as tx:
            rules = house.policies.value.rules_for(ada)
            assessment = risk.assess(tx, ada, rules, origin, house.clock.now())
        house.clock.advance(timedelta(minutes=1))
        now = house.clock.now()
        house.database.write(partial(note, origin=origin, now=now, assessment=assessment))
    with house.database.read() as tx:
        devices, networks = tx.risk.known_devices(ada.person_id), tx.risk.known_networks(ada.person_id)
    assert (len(devices), len(networks)) == (MOST_DEVICES, MOST_NETWORKS)
    assert (devices[0].device, networks[-1].network) == ("d54", "10.0.5.0/24")
    later = house.clock.now() + timedelta(days=366)
    assert house.database.write(lambda tx: forget_unseen(tx, later)) == MOST_DEVICES + MOST_NETWORKS


def test_many_prompts_are_an_attack_are_told_and_end(house: House) -> None:
    ada = enrolled_at_home(house)
    for _ in range(6):
        house.signin.start("ada", ada.password, HOME)
    (event,) = house.events("DetectAttack")
    assert event.details == {"attack": "prompt-bombing", "prompts": 6, "minutes": 15}
    assert len(mails(house, MailKind.THROTTLED)) == 1
    someone, risk = person(house), house.services.risk

    def ask() -> None:
        house.database.write(lambda tx: risk.note_prompt(tx, someone, HOME, house.clock.now()))

    for _ in range(MOST_PROMPTS - 6):
        ask()
    house.clock.advance(timedelta(minutes=5))
    with pytest.raises(Throttled) as throttled:
        ask()
    assert throttled.value.retry_after == 600
    ada.sign_in(HOME)
    assert signals(house)[0] == ["prompt-bombing"]
    ask()


def test_two_sign_ins_at_the_same_moment_are_remembered_both(house: House) -> None:
    ada = enrolled_at_home(house)
    first = house.signin.start("ada", ada.password, HOME)
    second = house.signin.start("ada", ada.password, PHONE)
    house.signin.finish(first.token.reveal(), ada.next_code(), HOME)
    house.signin.finish(second.token.reveal(), ada.next_code(), PHONE)
    with house.database.read() as tx:
        assert {one.device for one in tx.risk.known_devices(person(house).person_id)} == {"laptop", "phone"}
