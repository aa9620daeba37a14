"""Recovery codes: typed as people type, used once, void when there are new ones."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.domain.credentials.recovery_codes import CODES, RecoveryCodeWrong, codes_left, make_codes, use_code
from people_house import MORNING, House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


@pytest.fixture
def ada(house: House) -> str:
    return house.invite("ada").person.person_id


def _make(house: House, person_id: str) -> list[str]:
    made = house.database.write(lambda tx: make_codes(tx.credentials, person_id, MORNING))
    return [code.reveal() for code in made]


def _use(house: House, person_id: str, typed: str) -> int:
    return house.database.write(lambda tx: use_code(tx.credentials, person_id, typed, MORNING))


def test_ten_different_codes_of_100_bits_without_letters_that_look_alike(house: House, ada: str) -> None:
    codes = _make(house, ada)
    assert len(set(codes)) == CODES
    assert all(re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", code) for code in codes)


def test_a_recovery_code_works_once_and_the_rest_are_counted(house: House, ada: str) -> None:
    codes = _make(house, ada)
    assert _use(house, ada, codes[3]) == CODES - 1
    with pytest.raises(RecoveryCodeWrong):
        _use(house, ada, codes[3])
    with house.database.read() as tx:
        assert codes_left(tx.credentials, ada) == CODES - 1


def test_a_recovery_code_is_understood_as_people_type_it(house: House, ada: str) -> None:
    codes = _make(house, ada)
    assert _use(house, ada, codes[0].lower().replace("-", " ")) == CODES - 1
    assert _use(house, ada, f"  {codes[1].replace('-', '')}\n") == CODES - 2
    assert _use(house, ada, codes[2].replace("1", "l").replace("0", "o")) == CODES - 3


@pytest.mark.parametrize(
    "typed", ["", "-", "AAAAA-AAAAA-AAAAA", "U" * 20, "\u017f" * 20, "\ud800" * 20, "0" * 5000, "' OR 1=1"]
)
def test_what_is_no_recovery_code_is_refused(house: House, ada: str, typed: str) -> None:
    _make(house, ada)
    with pytest.raises(RecoveryCodeWrong):
        _use(house, ada, typed)


def test_a_recovery_code_opens_nothing_for_somebody_else(house: House, ada: str) -> None:
    codes = _make(house, ada)
    eve = house.invite("eve").person.person_id
    _make(house, eve)
    with pytest.raises(RecoveryCodeWrong):
        _use(house, eve, codes[0])
    assert _use(house, ada, codes[0]) == CODES - 1


def test_new_recovery_codes_void_the_earlier_ones(house: House, ada: str) -> None:
    earlier = _make(house, ada)
    later = _make(house, ada)
    with pytest.raises(RecoveryCodeWrong):
        _use(house, ada, earlier[0])
    assert _use(house, ada, later[0]) == CODES - 1


def test_nothing_of_a_recovery_code_is_kept_but_its_hash(house: House, ada: str) -> None:
    codes = _make(house, ada)
    with house.database.read() as tx:
        kept = b"".join(code.code_hash for code in tx.credentials.recovery_codes(ada))
    assert len(kept) == CODES * 32
    assert not any(code.replace("-", "").encode() in kept for code in codes)


def test_of_two_uses_at_the_same_moment_one_counts(house: House, ada: str) -> None:
    code = _make(house, ada)[0]
    outcomes: list[str] = []

    def use() -> None:
        try:
            outcomes.append(str(_use(house, ada, code)))
        except RecoveryCodeWrong:
            outcomes.append("wrong")

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [str(CODES - 1), *["wrong"] * 7]
