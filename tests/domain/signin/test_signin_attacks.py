"""Can somebody get in without both factors, learn who exists, or guess faster than he is allowed to?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from ostiary.domain.audit.caller import Origin
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.sessions.model import Epoch, EpochKind, SessionLevel
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, SignInRefused, UnknownSession
from ostiary.domain.signin.leaving import end_everything_of
from people_house import PASSWORD, House, code_for, from_network

_HERE = from_network()
_ELSEWHERE = from_network("198.51.100.9")


def test_password_and_code_together_open_a_full_session(house: House) -> None:
    signed_in = house.enrol().signed_in()
    assert signed_in.caller.assurance.multi_factor
    assert signed_in.caller.arn == signed_in.person.arn


def test_the_password_alone_opens_nothing_but_the_second_factor(house: House) -> None:
    house.enrol()
    half = house.signin.start("ada", PASSWORD, _HERE)
    for level in (SessionLevel.FULL, SessionLevel.ENROLMENT):
        with pytest.raises(NotSignedIn):
            house.level(half, level)
    house.clock.advance(timedelta(minutes=10))
    with pytest.raises(NotSignedIn):
        house.level(half, SessionLevel.FIRST_FACTOR)


def test_a_name_is_found_however_it_is_typed(house: House) -> None:
    house.enrol()
    for typed in ("ADA", " ada ", "\uff41da"):
        assert house.signin.start(typed, PASSWORD, _HERE).session.level is SessionLevel.FIRST_FACTOR


def test_a_code_is_accepted_once(house: House) -> None:
    ada = house.enrol()
    code = ada.next_code()
    half = house.signin.start("ada", PASSWORD, _HERE)
    house.signin.finish(half.token.reveal(), code, _HERE)
    again = house.signin.start("ada", PASSWORD, _HERE)
    for variant in (code, f"{code[:3]} {code[3:]}", f" {code}", code + " "):
        with pytest.raises(CodeRefused):
            house.signin.finish(again.token.reveal(), variant, _HERE)


def test_the_code_that_registered_the_authenticator_does_not_sign_in(house: House) -> None:
    ada = house.enrol()
    half = house.signin.start("ada", PASSWORD, _HERE)
    with pytest.raises(CodeRefused):
        house.signin.finish(half.token.reveal(), ada.code(), _HERE)


def test_an_older_code_is_refused_after_a_newer_one(house: House) -> None:
    ada = house.enrol()
    older = code_for(ada.secret, house.clock.now() + timedelta(seconds=30))
    house.clock.advance(timedelta(seconds=60))
    half = house.signin.start("ada", PASSWORD, _HERE)
    house.signin.finish(half.token.reveal(), ada.code(), _HERE)
    half = house.signin.start("ada", PASSWORD, _HERE)
    with pytest.raises(CodeRefused):
        house.signin.finish(half.token.reveal(), older, _HERE)


def test_a_first_factor_session_is_used_once(house: House) -> None:
    ada = house.enrol()
    half = house.signin.start("ada", PASSWORD, _HERE)
    house.signin.finish(half.token.reveal(), ada.next_code(), _HERE)
    with pytest.raises(NotSignedIn):
        house.signin.finish(half.token.reveal(), ada.next_code(), _HERE)


def test_a_new_session_has_a_new_token_at_every_step(house: House) -> None:
    ada = house.enrol()
    half = house.signin.start("ada", PASSWORD, _HERE)
    full = house.signin.finish(half.token.reveal(), ada.next_code(), _HERE)
    assert full.token.reveal() != half.token.reveal()
    assert full.session.session_id != half.session.session_id
    assert full.session.csrf_key != half.session.csrf_key


def test_whoever_is_not_there_gets_the_same_answer_as_a_wrong_password(house: House) -> None:
    house.enrol()
    house.invite("grace")
    house.enrol("linus")
    with house.database.read() as tx:
        linus = tx.directory.person_by_user_name("linus")
    assert linus is not None
    house.database.write(lambda tx: tx.directory.set_person_status(linus.person_id, PersonStatus.DISABLED))
    answers = set()
    for name, password in (("ada", "wrong"), ("nobody", "wrong"), ("grace", "wrong"), ("linus", PASSWORD), ("é\0", "")):
        with pytest.raises(SignInRefused) as refused:
            house.signin.start(name, password, _HERE)
        answers.add(refused.value.client_text)
    assert answers == {"the user name or the password is wrong"}


def test_what_a_stranger_typed_as_a_name_is_not_kept(house: House) -> None:
    with pytest.raises(SignInRefused):
        house.signin.start("hunter2-oops", "x", _HERE)
    (event,) = house.events("CheckPassword")
    assert event.outcome is Outcome.FAILED
    assert "hunter2" not in str(event)
    with house.database.read() as tx:
        assert tx.credentials.guess_count("name:hunter2-oops") is None


def test_a_failed_sign_in_is_found_under_the_name_of_the_person(house: House) -> None:
    house.enrol()
    with pytest.raises(SignInRefused):
        house.signin.start("ada", "wrong", _HERE)
    event = house.events("CheckPassword")[0]
    assert (event.actor_name, event.actor_kind, event.error_message) == ("ada", "anonymous", "wrong password")


def _guess_until_throttled(house: House, origin: Origin, *, name: str = "ada", most: int = 60) -> int:
    for attempt in range(most):
        try:
            house.signin.start(name, "wrong", origin)
        except SignInRefused:
            continue
        except Throttled:
            return attempt
    return most


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_a_name_can_be_guessed_at_five_times_from_one_network(house: House, name: str) -> None:
    house.enrol()
    assert _guess_until_throttled(house, _HERE, name=name) == 5
    assert house.events("ThrottleGuessing")[0].outcome is Outcome.DENIED


def test_delays_grow_and_the_right_password_waits_too(house: House) -> None:
    house.enrol()
    _guess_until_throttled(house, _HERE)
    waits = []
    for _ in range(6):
        with pytest.raises(Throttled) as throttled:
            house.signin.start("ada", PASSWORD, _HERE)
        waits.append(throttled.value.retry_after)
        house.clock.advance(timedelta(seconds=throttled.value.retry_after))
        with pytest.raises(SignInRefused):
            house.signin.start("ada", "wrong", _HERE)
    assert waits == [1, 2, 4, 8, 16, 32]


def test_success_forgets_the_failures(house: House) -> None:
    house.enrol()
    for _ in range(4):
        with pytest.raises(SignInRefused):
            house.signin.start("ada", "wrong", _HERE)
    house.signin.start("ada", PASSWORD, _HERE)
    assert _guess_until_throttled(house, _HERE) == 5


def test_a_flood_from_one_network_does_not_lock_the_person_out_elsewhere(house: House) -> None:
    house.enrol()
    _guess_until_throttled(house, _HERE)
    assert house.signin.start("ada", PASSWORD, _ELSEWHERE).session.level is SessionLevel.FIRST_FACTOR


def test_after_a_hundred_failures_only_networks_where_she_succeeded_are_free(house: House) -> None:
    house.enrol()
    house.signin.start("ada", PASSWORD, _HERE)
    for number in range(100):
        with pytest.raises(SignInRefused):
            house.signin.start("ada", "", from_network(f"198.51.100.{number}"))
    with pytest.raises(Throttled) as throttled:
        house.signin.start("ada", PASSWORD, from_network("203.0.113.1"))
    assert throttled.value.retry_after == 30
    assert house.signin.start("ada", PASSWORD, _HERE).session.level is SessionLevel.FIRST_FACTOR


def test_one_network_cannot_spray_many_names(house: House) -> None:
    refused = 0
    for number in range(60):
        try:
            house.signin.start(f"person{number}", "", from_network(f"2001:db8:1:2::{number:x}"))
        except SignInRefused:
            refused += 1
        except Throttled:
            break
    assert refused == 50


def test_codes_are_throttled_across_sessions(house: House) -> None:
    house.enrol()
    for _ in range(5):
        half = house.signin.start("ada", PASSWORD, _HERE)
        with pytest.raises(CodeRefused):
            house.signin.finish(half.token.reveal(), "no code", _HERE)
    half = house.signin.start("ada", PASSWORD, _HERE)
    with pytest.raises(Throttled):
        house.signin.finish(half.token.reveal(), "no code", _HERE)


def test_disabling_a_person_acts_at_her_next_request(house: House) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    person_id = ada.signed_in(opened).person.person_id
    house.database.write(lambda tx: tx.directory.set_person_status(person_id, PersonStatus.DISABLED))
    with pytest.raises(NotSignedIn):
        ada.signed_in(opened)


def test_ending_everything_of_a_person_leaves_nothing(house: House) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    person_id = ada.signed_in(opened).person.person_id
    house.database.write(lambda tx: end_everything_of(tx, person_id, house.clock.now()))
    with pytest.raises(NotSignedIn):
        ada.signed_in(opened)
    with house.database.read() as tx:
        assert not tx.sessions.browser_sessions(person_id)
        assert tx.sessions.epochs_after(0)[-1].subject == person_id


@pytest.mark.parametrize("kind", [EpochKind.PERSON, EpochKind.SESSION])
def test_a_revoked_session_is_over_as_soon_as_the_worker_knows(house: House, kind: EpochKind) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    subject = opened.session.person_id if kind is EpochKind.PERSON else opened.session.session_id
    house.database.write(lambda tx: tx.sessions.add_epoch(Epoch(kind, subject, house.clock.now())))
    house.refresh()
    with pytest.raises(NotSignedIn):
        ada.signed_in(opened)


def test_a_session_ends_after_its_idle_time_and_use_keeps_it(house: House) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    for _ in range(3):
        house.clock.advance(timedelta(minutes=50))
        ada.signed_in(opened)
    house.clock.advance(timedelta(minutes=60))
    with pytest.raises(NotSignedIn):
        ada.signed_in(opened)


def test_a_session_ends_absolutely_however_much_it_is_used(house: House) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    for _ in range(14):
        house.clock.advance(timedelta(minutes=50))
        ada.signed_in(opened)
    house.clock.advance(timedelta(minutes=50))
    with pytest.raises(NotSignedIn):
        ada.signed_in(opened)


def test_being_here_is_noted_at_most_once_a_minute(house: House) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    started = house.clock.now()
    house.clock.advance(timedelta(seconds=59))
    ada.signed_in(opened)
    assert ada.signed_in(opened).session.last_seen_at == started
    house.clock.advance(timedelta(seconds=1))
    ada.signed_in(opened)
    assert ada.signed_in(opened).session.last_seen_at == started + timedelta(minutes=1)


def test_a_person_ends_her_own_sessions_and_no_others(house: House) -> None:
    ada, grace = house.enrol("ada"), house.enrol("grace")
    first, second = ada.sign_in(), ada.sign_in()
    graces = grace.sign_in()
    here = ada.signed_in(first)
    with pytest.raises(UnknownSession) as foreign:
        house.sessions.end(here, graces.session.session_id)
    with pytest.raises(UnknownSession) as absent:
        house.sessions.end(here, "no-such-session")
    assert foreign.value.client_text == absent.value.client_text
    house.sessions.end(here, second.session.session_id)
    with pytest.raises(NotSignedIn):
        ada.signed_in(second)
    assert grace.signed_in(graces).person.user_name == "grace"
    assert ada.signed_in(first).session.session_id == first.session.session_id


def test_signing_out_everywhere_else_keeps_only_this_session(house: House) -> None:
    ada = house.enrol()
    sessions = [ada.sign_in() for _ in range(3)]
    here = ada.signed_in(sessions[0])
    assert house.sessions.end_others(here) == 3  # also the one that enrolment opened
    assert [one.session_id for one in house.sessions.living(here)] == [sessions[0].session.session_id]


def test_signing_out_ends_the_session_and_what_came_from_it(house: House) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    house.sessions.sign_out(ada.signed_in(opened))
    with pytest.raises(NotSignedIn):
        ada.signed_in(opened)
    with house.database.read() as tx:
        assert (EpochKind.SESSION, opened.session.session_id) in {
            (e.kind, e.subject) for e in tx.sessions.epochs_after(0)
        }


def test_moving_between_groups_acts_at_the_next_request(house: House) -> None:
    ada = house.enrol()
    opened = ada.sign_in()
    assert ada.signed_in(opened).person.groups == ("platform",)
    house.invite("ada", groups=("support",))
    assert ada.signed_in(opened).person.groups == ("support",)


@pytest.mark.parametrize("token", [None, "", "ostb_", "x" * 5000, "ostb_" + "0" * 70, "ostb_\udc80"])
def test_garbage_is_no_session(house: House, token: str | None) -> None:
    with pytest.raises(NotSignedIn):
        house.current.signed_in(token, _HERE)
