"""Is a hash found in a sorted file exactly when it is there, and is another file refused?"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha1
from pathlib import Path

import pytest

from ostiary.kit.sorted_hashes import SortedHashes, SortedHashesRefused, SortedHashesUnreadable

_COUNT = 20_000


def digest_of(number: int) -> bytes:
    return sha1(b"%d" % number, usedforsecurity=False).digest()


DIGESTS = sorted(digest_of(number) for number in range(_COUNT))
ABSENT = [digest_of(number) for number in range(_COUNT, 2 * _COUNT)]


def lines_of(digests: Iterable[bytes], *, end: str = "\r\n", lower: bool = False) -> list[str]:
    hashes = (digest.hex() if lower else digest.hex().upper() for digest in digests)
    return [f"{text}:{10 ** (place % 7)}{end}" for place, text in enumerate(hashes)]


def file_of(folder: Path, content: str | bytes) -> Path:
    path = folder / "hashes.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal_of(path: Path) -> str:
    with pytest.raises(SortedHashesRefused) as refused:
        SortedHashes.open(path).check()
    return str(refused.value)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last_end", [True, False])
def test_every_hash_of_the_file_is_found_and_no_other(tmp_path: Path, *, lower: bool, end: str, last_end: bool) -> None:
    text = "".join(lines_of(DIGESTS, end=end, lower=lower))
    hashes = SortedHashes.open(file_of(tmp_path, text if last_end else text.rstrip()))
    hashes.check()
    assert all(hashes.contains(digest) for digest in (*DIGESTS[::97], *DIGESTS[:90], *DIGESTS[-90:]))
    assert not any(hashes.contains(digest) for digest in (*ABSENT[::97], b"\x00" * 20, b"\xff" * 20))


@pytest.mark.parametrize("count", [1, 2, 60, 90, 200])
def test_a_small_file_is_searched_like_a_large_one(tmp_path: Path, count: int) -> None:
    few = sorted(DIGESTS[:: _COUNT // count][:count])
    hashes = SortedHashes.open(file_of(tmp_path, "".join(lines_of(few))))
    hashes.check()
    assert all(hashes.contains(digest) for digest in few)
    assert not any(hashes.contains(digest) for digest in ABSENT[:200])


def test_unevenly_spread_hashes_are_found_all_the_same(tmp_path: Path) -> None:
    crowd = sorted(b"\xab\xcd\xef" + digest[3:] for digest in DIGESTS)
    hashes = SortedHashes.open(file_of(tmp_path, "".join(lines_of(crowd))))
    assert all(hashes.contains(digest) for digest in crowd[::97])
    assert not any(hashes.contains(digest) for digest in DIGESTS[::97])


def test_a_look_reads_little_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = SortedHashes.open(file_of(tmp_path, "".join(lines_of(DIGESTS))))
    reads: list[int] = []
    real = os.pread

    def counted(handle: int, size: int, place: int) -> bytes:
        reads.append(size)
        return real(handle, size, place)

    monkeypatch.setattr(os, "pread", counted)
    for digest in DIGESTS[::100]:
        hashes.contains(digest)
    assert len(reads) / len(DIGESTS[::100]) < 12
    assert max(reads) <= 4096


def test_hashes_of_windows_are_refused_by_name(tmp_path: Path) -> None:
    assert "NTLM" in refusal_of(file_of(tmp_path, "0000000A1D4B746FAA3FD526FF6D5BC8:5\r\n" * 3))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\x1f\x8b\x08\x00 some archive", "does not begin"),
        (b"\xef\xbb\xbf" + DIGESTS[0].hex().encode() + b":1\n", "does not begin"),
        (DIGESTS[0].hex().encode() + b"\n", "does not begin"),
        (b"password\nletmein\n", "does not begin"),
        (b"A" * 100_000, "does not begin"),
    ],
)
def test_what_is_no_list_of_hashes_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refusal_of(file_of(tmp_path, content))


def test_a_folder_a_pipe_and_nothing_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        assert "is not a file" in refusal_of(path)
    assert "no such file" in refusal_of(tmp_path / "absent")


def test_a_list_that_is_ordered_by_count_is_refused(tmp_path: Path) -> None:
    unsorted = sorted(DIGESTS, key=lambda digest: digest[::-1])
    assert "is not sorted" in refusal_of(file_of(tmp_path, "".join(lines_of(unsorted))))


@pytest.mark.parametrize("cut", [1, 10, 45, 60_000, 600_000])
def test_a_download_that_broke_off_is_refused(tmp_path: Path, cut: int) -> None:
    text = "".join(lines_of(DIGESTS, end="\n")).rstrip()
    # Of a line that lacks the end of its count nobody can tell; whatever else is missing is seen.
    whole = text[: -cut - 5]
    assert refusal_of(file_of(tmp_path, whole))


def test_a_file_that_lost_its_tail_at_a_line_end_is_refused(tmp_path: Path) -> None:
    assert "cut off" in refusal_of(file_of(tmp_path, "".join(lines_of(DIGESTS[:-200]))))


def test_a_file_without_its_beginning_or_with_a_hole_is_refused(tmp_path: Path) -> None:
    assert "does not begin with the lowest" in refusal_of(file_of(tmp_path, "".join(lines_of(DIGESTS[200:]))))
    hole = [*DIGESTS[: _COUNT // 4], *DIGESTS[_COUNT // 2 :]]
    assert "a piece is missing" in refusal_of(file_of(tmp_path, "".join(lines_of(hole))))


def test_a_file_that_shrinks_or_is_overwritten_in_use_is_an_error_and_not_an_answer(tmp_path: Path) -> None:
    path = file_of(tmp_path, "".join(lines_of(DIGESTS)))
    hashes = SortedHashes.open(path)
    with path.open("r+b") as file:
        file.write(b"x" * 100_000)
    with pytest.raises(SortedHashesUnreadable, match="at byte"):
        hashes.contains(DIGESTS[0])
    with path.open("r+b") as file:
        file.truncate(10)
    with pytest.raises(SortedHashesUnreadable, match="shorter"):
        hashes.contains(DIGESTS[-1])


def test_a_file_that_is_replaced_is_searched_as_it_was(tmp_path: Path) -> None:
    hashes = SortedHashes.open(file_of(tmp_path, "".join(lines_of(DIGESTS))))
    other = tmp_path / "new"
    other.write_text("".join(lines_of(ABSENT[:1])))
    other.replace(tmp_path / "hashes.txt")
    assert hashes.contains(DIGESTS[5])
