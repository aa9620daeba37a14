"""Which words does the blocklist hold, and what does it cost?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from ostiary.domain.credentials.common_passwords import CommonPasswords


def test_the_bundled_words_are_all_held() -> None:
    assert len(CommonPasswords()) == 93_855


def test_the_operators_words_are_added_in_any_case_and_disguise() -> None:
    common = CommonPasswords(lambda: ["Kettlewick", "stra\u00dfe-nord", "half \ud83d pair"])
    assert len(common) == 93_858
    for password in ("kettlewick", "KETTLEWICK99", "!k3ttlewick", "kettlewickkettlewick", "STRASSE-NORD"):
        assert common.contains(password), password
    assert not CommonPasswords().contains("kettlewick")


def test_words_are_read_when_they_are_first_needed_and_only_once() -> None:
    reads: list[int] = []

    def own() -> Iterator[str]:
        reads.append(1)
        yield "kettlewick"

    common = CommonPasswords(own)
    assert not reads
    assert common.contains("kettlewick")
    assert common.contains("kettlewick1")
    assert len(reads) == 1


def test_the_lists_cost_nothing_before_and_little_after_they_are_needed() -> None:
    code = """
import sys
from ostiary.domain.credentials.common_passwords import CommonPasswords
def pages(): return int(open("/proc/self/statm").read().split()[1])
assert "zxcvbn" not in sys.modules
before, common = pages(), CommonPasswords()
assert common.contains("password1")
assert not any(name.partition(".")[0] == "zxcvbn" for name in sys.modules)
print((pages() - before) * 4096)
"""
    grown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert int(grown) < 16 * 2**20
