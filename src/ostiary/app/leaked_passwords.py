"""Which passwords are known to have leaked? The operator's file in the format of Have I Been Pwned."""

from __future__ import annotations

import logging
from hashlib import sha1
from pathlib import Path

from ostiary.domain.credentials.errors import PasswordUncheckable
from ostiary.kit.sorted_hashes import SortedHashes, SortedHashesUnreadable
from ostiary.kit.texts import Text

log = logging.getLogger(__name__)


class LeakedPasswordFile:
    """One per worker process. Raises SortedHashesRefused when the file cannot be opened."""

    def __init__(self, path: Path) -> None:
        self._hashes = SortedHashes.open(path)

    def contains(self, password: str) -> bool:
        digest = sha1(password.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
        try:
            return self._hashes.contains(digest)
        except SortedHashesUnreadable as failure:
            log.error("%s", failure)  # noqa: TRY400 - the text says all of it
            raise PasswordUncheckable(
                Text("the password cannot be checked at this moment: try again later"), operator_text=str(failure)
            ) from failure


def check_leaked_passwords(path: Path) -> None:
    """Raises SortedHashesRefused when it is no such file, or not the whole of it."""
    hashes = SortedHashes.open(path)
    try:
        hashes.check()
    finally:
        hashes.close()
