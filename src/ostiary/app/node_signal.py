"""How does every process on this machine see at once that something remembered was changed?

Eight bytes in a file that all of them map: whoever commits such a change writes other bytes, and a request whose worker
has seen only the earlier ones looks into the database first. So what one worker answered, the next one knows. Other
machines learn it by looking a few times a second.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from ostiary.kit import ids

_BYTES = 8


class NodeSignal:
    """`path` is made when it is missing; its content means nothing but "changed since"."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_size < _BYTES:
                os.ftruncate(handle, _BYTES)
            self._shared = mmap.mmap(handle, _BYTES)
        finally:
            os.close(handle)

    def raise_(self) -> None:
        """Called after the commit and before its answer: chance, because a count would need a lock among processes."""
        self._shared[:_BYTES] = ids.random_bytes(_BYTES)

    def state(self) -> bytes:
        return self._shared[:_BYTES]
