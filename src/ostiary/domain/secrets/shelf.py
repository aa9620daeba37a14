"""Which secrets were read lately, as they are kept: sealed?

A secret that is read often is not looked up again each time. A shelf is never changed by a write: when any secret
changes, memory puts an empty shelf in its place, before the next request on this machine and within a second on
others. What decides (tags, deletion) lies on it; who may read is decided anew at every request.
"""

from __future__ import annotations

from ostiary.domain.secrets.model import Secret, SecretVersion

_ROOM = 4096
Label = tuple[str, str, str | None, str | None]  # account, name or ARN as asked for, version id, stage
Shelved = tuple[Secret, SecretVersion]


class SecretShelf:
    """Take the shelf from its `Current` before reading the database, and put on that same shelf."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[Label, Shelved] = {}

    def get(self, label: Label) -> Shelved | None:
        return self._kept.get(label)

    def put(self, label: Label, shelved: Shelved) -> None:
        if len(self._kept) >= _ROOM:
            self._kept.clear()
        self._kept[label] = shelved
