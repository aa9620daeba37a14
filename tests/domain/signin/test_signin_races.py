"""Of many tries at the same moment, does one win, and is each one counted? On both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ostiary.domain.credentials.errors import EnrolmentLinkInvalid, Throttled
from ostiary.domain.signin.errors import CodeRefused, SignInRefused
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


def test_guesses_at_the_same_moment_are_counted_each(house: House) -> None:
    house.enrol()

    def guess(_: int) -> None:
        with pytest.raises(SignInRefused):
            house.signin.start("ada", "wrong", _HERE)

    assert _wins(20, guess, (Throttled,)) == 5
