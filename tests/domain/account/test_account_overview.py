"""Recovery codes, sessions, applications, events and the copy of one's data: only one's own, nothing secret."""

from __future__ import annotations

import json
from dataclasses import replace
from time import perf_counter
from typing import Any

import pytest

from account_room import Her
from mail_room import mails_in
from ostiary.domain.account.errors import UnknownApplication
from ostiary.domain.account.own_events import PAGE
from ostiary.domain.audit.caller import Caller, CallerKind, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.recovery_codes import use_code
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin.errors import SignInRefused, UnknownSession
from ostiary.domain.tokens.model import Consent
from ostiary.storage.transaction import Transaction
from people_house import House, from_network


def _events_named(house: House, caller: Caller, count: int) -> None:
    event = event_of(caller, EventName.GET_SECRET_VALUE, at=house.clock.now())
    events = [replace_id(event, number) for number in range(count)]

    def work(tx: Transaction) -> None:
        for one in events:
            tx.audit.append(one)

    house.database.write(work)


def replace_id(event: Any, number: int) -> Any:
    return type(event)(**{name: getattr(event, name) for name in event.__struct_fields__} | {"event_id": f"e{number}"})


def test_recovery_codes_are_shown_once_told_and_void_the_earlier_ones(house: House, ada: Her) -> None:
    assert ada.own.recovery_codes.left(ada.now).count == 0
    first = [code.reveal() for code in ada.own.recovery_codes.make(ada.now)]
    house.database.write(lambda tx: use_code(tx.credentials, ada.person_id, first[0], house.clock.now()))
    assert ada.own.recovery_codes.left(ada.now).count == 9
    ada.own.recovery_codes.make(ada.now)
    assert ada.own.recovery_codes.left(ada.now).count == 10
    assert len(mails_in(house.database, house.keys, MailKind.RECOVERY_CODES_SEEN)) == 2
    assert not any(code in str(house.events()) for code in first)


def test_signing_out_everywhere_else_takes_applications_along(ada: Her) -> None:
    elsewhere, here = ada.somewhere_else(), ada.connect()
    gone = ada.connect(session_id="a-session-that-is-long-over")
    ada.house.sessions.end_others(ada.now)
    assert ada.is_in(ada.token)
    assert not ada.is_in(elsewhere)
    assert ada.families() == [here.family_id]
    assert gone.family_id not in ada.families()


def test_signing_out_everywhere_ends_this_one_too(ada: Her) -> None:
    elsewhere, person_id = ada.somewhere_else(), ada.person_id
    ada.connect()
    ada.house.sessions.end_all(ada.now)
    assert not ada.is_in(ada.token)
    assert not ada.is_in(elsewhere)
    with ada.house.database.read() as tx:
        assert list(tx.tokens.living_families(person_id, ada.house.clock.now())) == []
    assert ada.house.events("SignOut")[0].details["everywhere"] is True


def test_another_persons_session_is_as_unknown_as_none(house: House, ada: Her) -> None:
    eve = Her(house, "eve")
    for session_id in (ada.now.session.session_id, "", "x"):
        with pytest.raises(UnknownSession):
            house.sessions.end(eve.now, session_id)
    assert ada.is_in(ada.token)


def test_an_applications_access_is_seen_and_taken_back(house_on_both: House) -> None:
    house = house_on_both
    ada, eve = Her(house, "ada"), Her(house, "eve")
    hers, foreign = ada.connect("wiki"), eve.connect("wiki")
    ada.connect("wiki")
    ada.connect("mail")
    consent = Consent(ada.person_id, "forms", ("openid", "email"), house.clock.now())
    house.database.write(lambda tx: tx.tokens.put_consent(consent))
    shown = {one.client_id: one for one in ada.own.applications.connected(ada.now)}
    assert {name: one.places for name, one in shown.items()} == {"wiki": 2, "mail": 1, "forms": 0}
    assert shown["forms"].agreed_at == house.clock.now()
    ada.own.applications.revoke(ada.now, "wiki")
    ada.own.applications.revoke(ada.now, "forms")
    assert [one.client_id for one in ada.own.applications.connected(ada.now)] == ["mail"]
    assert hers.family_id not in ada.families()
    assert eve.families() == [foreign.family_id]
    event = house.events("WithdrawConsent")[1]
    assert (event.details["clientId"], event.details["endedFamilies"]) == ("wiki", 2)
    for unknown in ("wiki", "", "nobody"):
        with pytest.raises(UnknownApplication):
            ada.own.applications.revoke(ada.now, unknown)


def test_a_code_that_is_out_gives_nothing_after_access_was_taken_back(house_on_both: House) -> None:
    ada, eve = Her(house_on_both, "ada"), Her(house_on_both, "eve")
    ada.connect("wiki")
    hers, foreign = ada.authorization_code("wiki"), eve.authorization_code("wiki")
    ada.own.applications.revoke(ada.now, "wiki")
    with house_on_both.database.read() as tx:
        assert tx.tokens.code(hers) is None
        assert tx.tokens.code(foreign) is not None


def test_she_sees_her_own_events_and_guesses_at_her_password_and_nobody_elses(house: House, ada: Her) -> None:
    eve = Her(house, "eve")
    with pytest.raises(SignInRefused):
        house.signin.start("ada", "guess", from_network("203.0.113.66"))
    # A session that somebody named after her, a workload of her name, a predecessor with her user name.
    for kind in (CallerKind.ROLE_SESSION, CallerKind.WORKLOAD, CallerKind.PERSON):
        _events_named(house, Caller("arn:aws:x:::ada", "1", kind, "ada", from_network()), 1)
    _events_named(house, replace(anonymous(from_network()), name="ada"), 1)
    page = ada.own.events.page(ada.now)
    assert {event.name for event in page.events}.isdisjoint({EventName.GET_SECRET_VALUE})
    guess = page.events[0]
    assert (guess.outcome, guess.source_ip) == (Outcome.FAILED, "203.0.113.66")
    arn = ada.now.person.arn
    assert all(e.actor_arn == arn or arn in e.resources for e in page.events)
    assert all(e.actor_name == "eve" for e in eve.own.events.page(eve.now).events)


def test_ten_thousand_events_are_paged_quickly_and_foreign_ones_cost_no_more(house: House, ada: Her) -> None:
    _events_named(house, ada.now.caller, 6000)
    _events_named(house, Caller("arn:x", "1", CallerKind.WORKLOAD, "ada", from_network()), 4000)
    here, started = ada.now, perf_counter()
    page = ada.own.events.page(here)
    assert (list(page.events), page.older is not None) == ([], True)
    while not page.events:
        page = ada.own.events.page(here, before=page.older)
    assert len(page.events) == PAGE
    older = ada.own.events.page(here, before=page.older)
    assert {e.event_id for e in older.events}.isdisjoint(e.event_id for e in page.events)
    assert perf_counter() - started < 2  # 22 pages
    text = b"".join(ada.own.data.download(here))
    assert len(json.loads(text)["events"]) >= 6000


def test_the_pages_of_events_end(ada: Her) -> None:
    seen, before = 0, None
    while True:
        page = ada.own.events.page(ada.now, before=before)
        seen += len(page.events)
        if page.older is None:
            break
        before = page.older
    assert seen > 0
    assert ada.own.events.page(ada.now, before=0).events == []


def test_the_copy_of_her_data_is_whole_and_holds_no_secret(house: House, ada: Her) -> None:
    Her(house, "eve")
    key = ada.add_passkey(synced=True)
    codes = [code.reveal() for code in ada.own.recovery_codes.make(ada.now)]
    ada.connect()
    text = b"".join(ada.own.data.download(ada.now)).decode()
    data = json.loads(text)
    assert data["profile"]["userName"] == "ada"
    assert data["groups"] == ["platform"]
    assert data["waysToSignIn"]["passkeys"][0]["backedUp"] is True
    assert data["waysToSignIn"]["recoveryCodesLeft"] == 10
    assert data["applications"][0]["clientId"] == "wiki"
    assert data["events"][0]["name"] == "DownloadOwnData"
    with house.database.read() as tx:
        password = tx.credentials.password(ada.person_id)
    assert password is not None
    for secret in (*codes, password.encoded, ada.token, "argon2", "eve@", key.credential_id.hex(), "token_hash"):
        assert secret not in text


def test_a_copy_of_little_is_whole_too(house: House, ada: Her) -> None:
    def forget(tx: Transaction) -> None:
        tx.directory.put_person(replace(ada.now.person, email="", groups=()))

    house.database.write(forget)
    data = json.loads(b"".join(ada.own.data.download(ada.now)))
    assert (data["groups"], data["applications"], data["acceptedTerms"]) == ([], [], [])
