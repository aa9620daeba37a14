"""Of many tries at the same moment, does one win, and is each one counted? On both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ostiary.domain.credentials.errors import EnrolmentLinkInvalid, Throttled
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, SignInRefused
from people_house import PASSWORD, House, from_network, open_house

_HERE = from_network()


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = None
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("fresh_postgresql_database")
        url = make()
    with open_house(tmp_path, database_url=url) as opened:
        yield opened


def _wins(tries: int, attempt: Callable[[int], object], refusals: tuple[type[Exception], ...]) -> int:
    def won(number: int) -> bool:
        try:
            attempt(number)
        except refusals:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        return sum(threads.map(won, range(tries)))


def test_an_enrolment_link_is_used_once(house: House) -> None:
    token = house.invite().token.reveal()
    assert _wins(8, lambda _: house.enrolment.redeem(token, _HERE), (EnrolmentLinkInvalid,)) == 1


def test_a_code_is_used_once(house: House) -> None:
    ada = house.enrol()
    code = ada.next_code()
    halves = [house.signin.start("ada", PASSWORD, _HERE).token.reveal() for _ in range(4)]
    assert _wins(4, lambda n: house.signin.finish(halves[n], code, _HERE), (CodeRefused, Throttled)) == 1


def test_a_half_session_leads_on_once(house: House) -> None:
    ada = house.enrol()
    half = house.signin.start("ada", PASSWORD, _HERE).token.reveal()
    codes = [*_recovery_codes(house)[:3], ada.next_code()]

    def finish(number: int) -> None:
        code = codes[number]
        if len(code) == len("123456"):
            house.signin.finish(half, code, _HERE)
        else:
            house.signin.finish_with_recovery_code(half, code, _HERE)

    assert _wins(4, finish, (CodeRefused, SignInRefused, NotSignedIn)) == 1


def test_a_recovery_code_is_used_once(house: House) -> None:
    house.enrol()
    code = _recovery_codes(house)[0]
    halves = [house.signin.start("ada", PASSWORD, _HERE).token.reveal() for _ in range(4)]
    refusals = (CodeRefused, Throttled)
    assert _wins(4, lambda n: house.signin.finish_with_recovery_code(halves[n], code, _HERE), refusals) == 1


def test_guesses_at_the_same_moment_are_counted_each(house: House) -> None:
    house.enrol()

    def guess(_: int) -> None:
        with pytest.raises(SignInRefused):
            house.signin.start("ada", "wrong", _HERE)

    assert _wins(20, guess, (Throttled,)) == 5


def _recovery_codes(house: House) -> list[str]:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
    assert person is not None
    person_id, now = person.person_id, house.clock.now()
    return [code.reveal() for code in house.database.write(lambda tx: make_codes(tx.credentials, person_id, now))]
