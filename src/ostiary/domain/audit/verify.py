"""Is the whole trail what was sealed, and if not, which record is the first that is not?

Needs only the rows and the verifier key, so it works offline and on a copy. Every event is hashed again, put into
the tree in its place, and every checkpoint's signature, root and frontier are compared with what the tree then is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from ostiary.domain.audit.errors import TrailDamaged
from ostiary.domain.audit.event import decode, index_of
from ostiary.domain.audit.ports import AuditRows, StoredCheckpoint, StoredEvent
from ostiary.kit.crypto.merkle import Frontier, leaf_hash
from ostiary.kit.crypto.note import NoteError, open_checkpoint

_PAGE = 1000
_LOWEST = -(2**63)
# A value of another type than the column's cannot come from us: SQLite keeps whatever a stranger writes.
_UNREADABLE = (TypeError, ValueError, ArithmeticError)
Progress = Callable[[int, int], None]
RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Verified:
    """`unsealed` events are committed but have no place yet: a running server seals them within a second."""

    events: int
    checkpoints: int
    unsealed: int
    root: bytes
    note: str


def verify_trail(
    rows: AuditRows, *, verifier_key: str, origin: str, outside_note: str = "", progress: Progress = lambda _d, _t: None
) -> Verified:
    """Raises TrailDamaged, naming the first bad record.

    `outside_note` is a checkpoint that was kept outside the database: a trail that is shorter, or another one at
    that size, was rolled back or forked.
    """
    walk = _Walk(rows, verifier_key, origin, progress)
    outside = (
        _open_note(outside_note, verifier_key, origin, "the checkpoint kept outside the database")
        if outside_note
        else None
    )
    if outside is not None:
        walk.expect(outside[0], outside[1])
    walk.run()
    if outside is not None and outside[0] > walk.tree.size:
        raise TrailDamaged(
            f"the trail was rolled back: it has {walk.tree.size} events, but a checkpoint of {outside[0]} was signed"
        )
    return Verified(
        events=walk.tree.size,
        checkpoints=walk.checkpoints,
        unsealed=len(_readable(lambda: rows.unsealed(1_000_000), "an event that waits to be sealed")),
        root=walk.tree.root(),
        note=walk.note,
    )


class _Walk:
    """One pass over events and checkpoints in the order of the tree."""

    def __init__(self, rows: AuditRows, verifier_key: str, origin: str, progress: Progress) -> None:
        self._rows = rows
        self._verifier_key = verifier_key
        self._origin = origin
        self._progress = progress
        self._expected: dict[int, bytes] = {}
        self.tree = Frontier()
        self.checkpoints = 0
        self.note = ""

    def expect(self, size: int, root: bytes) -> None:
        self._expected[size] = root

    def run(self) -> None:
        latest = _readable(self._rows.latest_checkpoint, "the last checkpoint")
        total = latest.size if latest else 0
        self._check_nothing_before()
        for checkpoint in _checkpoints(self._rows):
            size, root = _open_note(checkpoint.note, self._verifier_key, self._origin, f"checkpoint {checkpoint.size}")
            if size != checkpoint.size or root != checkpoint.root:
                raise TrailDamaged(f"checkpoint {checkpoint.size} does not say what was signed: its row was changed")
            self._grow(checkpoint)
            self.checkpoints += 1
            self.note = checkpoint.note
            self._progress(self.tree.size, total)
        self._check_nothing_behind()

    def _grow(self, checkpoint: StoredCheckpoint) -> None:
        start = self.tree.size
        for page_start in range(start, checkpoint.size, _PAGE):
            page_end = min(page_start + _PAGE, checkpoint.size)
            self._take_page(page_start, page_end)
        if self.tree.root() != checkpoint.root:
            raise TrailDamaged(
                f"records {start} to {checkpoint.size - 1} are not what checkpoint {checkpoint.size} was signed over:"
                f" the first bad record is one of them, and the stored leaf hashes were changed with it"
            )
        if self.tree.to_bytes() != checkpoint.frontier:
            raise TrailDamaged(f"the frontier of checkpoint {checkpoint.size} was changed")

    def _take_page(self, start: int, end: int) -> None:
        events = self._read_events(start, end)
        hashes = _readable(lambda: self._rows.leaf_hashes(start, end), f"a leaf hash from {start} to {end - 1}")
        for offset, index in enumerate(range(start, end)):
            event = events[offset] if offset < len(events) else None
            self.tree.append(_checked_leaf(index, event, hashes[offset] if offset < len(hashes) else None))
            self._check_expected()

    def _read_events(self, start: int, end: int) -> Sequence[StoredEvent]:
        """Where the page cannot be read, one by one, to name the record that is to blame."""
        try:
            return self._rows.sealed_events(start, end - start)
        except _UNREADABLE:
            found: list[StoredEvent] = []
            for index in range(start, end):
                found += self._read_event(index)
            return found

    def _read_event(self, index: int) -> Sequence[StoredEvent]:
        return _readable(lambda: self._rows.sealed_events(index, 1), f"record {index}")

    def _check_expected(self) -> None:
        expected = self._expected.get(self.tree.size)
        if expected is not None and expected != self.tree.root():
            raise TrailDamaged(f"the trail was forked: its first {self.tree.size} records are not those signed before")

    def _check_nothing_before(self) -> None:
        first = _readable(lambda: self._rows.sealed_events(_LOWEST, 1), "record 0")
        if first and first[0].leaf_index is not None and first[0].leaf_index < 0:
            raise TrailDamaged(f"record {first[0].leaf_index} stands before the first: it was inserted")

    def _check_nothing_behind(self) -> None:
        size = self.tree.size
        behind = self._read_event(size)
        if behind:
            raise TrailDamaged(
                f"record {behind[0].leaf_index} stands behind the last checkpoint, which was signed over {size}"
                " records: it was inserted, or checkpoints were removed"
            )


def _checked_leaf(index: int, event: StoredEvent | None, expected: bytes | None) -> bytes:
    if event is None or event.leaf_index is None or event.leaf_index > index:
        raise TrailDamaged(f"record {index} is missing")
    if event.leaf_index < index:
        raise TrailDamaged(f"record {event.leaf_index} ({_name(event)}) stands there twice: one was inserted")
    computed = leaf_hash(event.body)
    if expected is None:
        raise TrailDamaged(f"record {index} ({_name(event)}) has no leaf hash: it was inserted, or the hash removed")
    if computed != expected:
        raise TrailDamaged(f"record {index} ({_name(event)}) or its leaf hash was changed after it was sealed")
    try:
        filed = index_of(decode(event.body))
    except (msgspec.MsgspecError, *_UNREADABLE) as failure:
        raise TrailDamaged(f"record {index} is no event: it was changed together with its leaf hash") from failure
    if filed != event.index:
        raise TrailDamaged(f"record {index} ({_name(event)}) is filed under values that it does not hold")
    return computed


def _name(event: StoredEvent) -> str:
    try:
        decoded = decode(event.body)
    except (msgspec.MsgspecError, *_UNREADABLE):
        return "no longer readable"
    return f"{decoded.name} by {decoded.actor_name}, event {decoded.event_id}"


def _open_note(note: str, verifier_key: str, origin: str, what: str) -> tuple[int, bytes]:
    try:
        opened = open_checkpoint(note, verifier_key)
    except (NoteError, *_UNREADABLE) as failure:
        raise TrailDamaged(f"{what} does not carry the signature of this server") from failure
    if opened.origin != origin:
        raise TrailDamaged(f"{what} belongs to another log")
    return opened.size, opened.root


def _checkpoints(rows: AuditRows) -> Iterator[StoredCheckpoint]:
    after = _LOWEST
    while page := _checkpoint_page(rows, after):
        yield from page
        after = page[-1].size


def _checkpoint_page(rows: AuditRows, after: int) -> Sequence[StoredCheckpoint]:
    return _readable(lambda: rows.checkpoints(after_size=after, limit=_PAGE), "one of the checkpoints")


def _readable(read: Callable[[], RowT], what: str) -> RowT:
    try:
        return read()
    except _UNREADABLE as failure:
        raise TrailDamaged(f"{what} cannot be read: its row was changed") from failure
