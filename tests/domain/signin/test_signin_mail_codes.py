"""Does a mailed code bring in only her whose address it went to, once, in the browser that asked, whoever exists?"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import CodeRefused
from ostiary.domain.signin_policy.model import Factor, ScopeKind, SignInPolicy
from ostiary.kit.crypto.secret_hash import hash_secret
from people_house import House, from_network

_DESK = replace(from_network(), device="d" * 64)
_BROWSER = "form-token-of-this-browser"


_SHOP = SignInPolicy(
    ScopeKind.DIRECTORY,
    "workforce",
    factors=(Factor.PASSWORD, Factor.EMAIL_CODE),
    required=AssuranceLevel.SINGLE_FACTOR,
)


@pytest.fixture
def shop(house: House) -> House:
    """People come in by password or by mail."""
    house.enrol(origin=_DESK)
    house.put_policy(_SHOP)
    return house


@pytest.fixture
def shop_of_two(house: House) -> House:
    house.enrol("linus", origin=_DESK)
    house.enrol(origin=_DESK)
    house.put_policy(_SHOP)
    return house


def _ask(house: House, name: str = "ada") -> str:
    house.services.mail_codes.ask(name, _BROWSER, _DESK)
    return mails_in(house.database, house.keys, MailKind.EMAIL_CODE)[-1].values["code"]


def _enter(house: House, code: str, name: str = "ada", binding: str = _BROWSER) -> Opened:
    return house.services.mail_codes.enter(name, code, binding, _DESK)


@pytest.mark.parametrize("name", ["ada", " ADA ", "ada@example.com"])
def test_a_code_brings_her_in_and_amr_says_mail(shop: House, name: str) -> None:
    opened = _enter(shop, _ask(shop, name), name)
    assert (opened.session.level, opened.session.methods) == (SessionLevel.FULL, ("email",))
    assert not shop.current.signed_in(opened.token.reveal(), _DESK).caller.assurance.multi_factor


def test_a_code_works_once_also_at_the_same_moment(shop: House) -> None:
    code = _ask(shop)

    def enter(_: int) -> bool:
        try:
            _enter(shop, code)
        except (CodeRefused, Throttled):
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(enter, range(4))) == 1


def test_a_code_is_of_no_use_in_another_browser(shop: House) -> None:
    code = _ask(shop)
    with pytest.raises(CodeRefused):
        _enter(shop, code, binding="another browser")
    assert _enter(shop, code).session.level is SessionLevel.FULL


def test_a_stranger_who_asks_in_her_name_does_not_void_her_code(shop: House) -> None:
    code = _ask(shop)
    shop.services.mail_codes.ask("ada", "the browser of a stranger", from_network("203.0.113.7"))
    assert _enter(shop, code).session.level is SessionLevel.FULL


def test_asking_for_nobody_counts_as_often(shop: House) -> None:
    counts = []
    for name in ("ada", "nobody"):
        with _statements(shop) as made:
            shop.services.mail_codes.ask(name, _BROWSER, _DESK)
        counts.append(sum("guess_count" in one for one in made))
    assert counts[0] == counts[1] > 0


def test_a_newer_code_voids_the_older_and_ten_minutes_void_each(shop: House) -> None:
    older, newer = _ask(shop), _ask(shop)
    with pytest.raises(CodeRefused):
        _enter(shop, older)
    shop.clock.advance(timedelta(minutes=10))
    with pytest.raises(CodeRefused):
        _enter(shop, newer)


def test_a_code_of_one_person_is_none_of_another(shop_of_two: House) -> None:
    code = _ask(shop_of_two)
    with pytest.raises(CodeRefused):
        _enter(shop_of_two, code, "linus")


def test_whoever_is_not_there_is_answered_alike_and_gets_no_mail(shop_of_two: House) -> None:
    shop = shop_of_two
    with shop.database.read() as tx:
        linus = tx.directory.person_by_user_name("linus")
    assert linus is not None
    shop.database.write(lambda tx: tx.directory.set_person_status(linus.person_id, PersonStatus.DISABLED))
    shop.invite("grace")
    for name in ("nobody", "linus", "grace", "nobody@example.com", "é\0", ""):
        shop.services.mail_codes.ask(name, _BROWSER, _DESK)
        with pytest.raises(CodeRefused, match="the code is wrong or was used already"):
            _enter(shop, "12345678", name)
    assert mails_in(shop.database, shop.keys, MailKind.EMAIL_CODE) == []


def test_a_directory_that_does_not_take_mailed_codes_sends_none(house: House) -> None:
    house.enrol(origin=_DESK)
    house.services.mail_codes.ask("ada", _BROWSER, _DESK)
    assert not house.services.mail_codes.anywhere
    assert mails_in(house.database, house.keys, MailKind.EMAIL_CODE) == []


def test_asking_and_guessing_are_slowed_down_alike_for_all_names(shop: House) -> None:
    for name in ("ada", "nobody"):
        wrong = 0
        while wrong < 30 and not _is_throttled(shop, name):
            wrong += 1
        assert 0 < wrong < 30
        with pytest.raises(Throttled):
            shop.services.mail_codes.ask(name, _BROWSER, _DESK)


def test_what_is_kept_of_a_code_says_nothing_of_it(shop: House) -> None:
    code = _ask(shop)
    with shop.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
        assert person is not None
        kept = tx.credentials.mail_code(f"signin:{person.person_id}:{hash_secret(_BROWSER).hex()}")
    assert kept is not None
    assert code.replace(" ", "").encode() not in kept.code_hash
    assert len(kept.code_hash) == 32


def _is_throttled(house: House, name: str) -> bool:
    try:
        _enter(house, "12345678", name)
    except CodeRefused:
        return False
    except Throttled:
        return True
    raise AssertionError("a code that nobody was sent brought somebody in")


def test_spellings_of_one_address_are_one_name_to_guess_at(shop: House) -> None:
    spellings = [" " * blanks + "\tAda@Example.com" + "\u2028" * blanks for blanks in range(12)]
    refusals = [_refusal(shop, spelling) for spelling in spellings]
    assert refusals[0] is CodeRefused
    assert refusals[-1] is Throttled


@contextmanager
def _statements(house: House) -> Iterator[list[str]]:
    made: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        made.append(statement)

    event.listen(house.database.engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(house.database.engine, "before_cursor_execute", note)


def _refusal(house: House, typed: str) -> type[Exception]:
    with pytest.raises((CodeRefused, Throttled)) as refused:
        house.services.mail_codes.enter(typed, "00000000", _BROWSER, from_network())
    return refused.type
