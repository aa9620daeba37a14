"""How do committed events become leaves of the tree, and the tree a signed checkpoint?

One sealer per database holds the lease. Each round takes the events that have no place yet, in the order of their
commit, appends them to the tree (RFC 6962 section 2.1) and signs a C2SP tlog-checkpoint, all in one transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.errors import TrailDamaged
from ostiary.domain.audit.ports import AuditRows, AuditSlice, StoredCheckpoint, StoredEvent
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.merkle import Frontier, ProofError, leaf_hash
from ostiary.kit.crypto.note import Checkpoint, NoteError, NoteSigner, open_checkpoint, sign_checkpoint

LEASE = "sealer"
LEASE_TIME = timedelta(seconds=2)  # what a killed sealer delays the next checkpoint by
_PAUSE_SECONDS = 0.1
_TRIES_AT_STOP = int(LEASE_TIME.total_seconds() / _PAUSE_SECONDS) + 3
ROUND = 20_000  # events per transaction, so that a long backlog does not hold the writer for seconds


class SealingTransactions(Protocol):
    def write_committed(self, work: Callable[[AuditSlice], StoredCheckpoint | None]) -> StoredCheckpoint | None: ...


@dataclass(frozen=True, slots=True)
class TrailIdentity:
    """`origin` is the first line of each checkpoint: which log this is."""

    origin: str
    signer: NoteSigner


def trail_identity(account: str, seed: bytes) -> TrailIdentity:
    origin = f"ostiary.trail/{account}"
    return TrailIdentity(origin=origin, signer=NoteSigner(origin, seed))


class Sealer:
    """Several workers may hold one; only the holder of the lease seals."""

    def __init__(
        self,
        *,
        transactions: SealingTransactions,
        identity: TrailIdentity,
        clock: Clock,
        publish: Callable[[str], None] = lambda _note: None,
        published: Callable[[], str] = lambda: "",
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`publish` gets every new checkpoint's note after its commit, to keep it outside the database.

        `published` gives back the newest one that was kept: a database that is behind it was rolled back.
        """
        self._transactions = transactions
        self._identity = identity
        self._clock = clock
        self._publish = publish
        self._published = published
        self._pause = pause
        self._holder = ids.uuid7()

    def seal(self) -> int:
        """Seal what waits, in rounds; the size of the tree, or 0 when there was nothing to do here.

        Raises TrailDamaged when the stored tree is not the one that was signed: nothing more is signed on top of it.
        """
        size = 0
        while (checkpoint := self._transactions.write_committed(self._round)) is not None:
            self._publish(checkpoint.note)
            grown, size = checkpoint.size - size, checkpoint.size
            if grown < ROUND:
                break
        return size

    def seal_last(self) -> bool:
        """Seal what waits and let the lease go, so that the next sealer need not wait for its end.

        Whether all is sealed: not when another holds the lease.
        """
        self.seal()
        left: list[StoredEvent] = []

        def release(tx: AuditSlice) -> None:
            now = self._clock.now()
            tx.audit.take_lease(name=LEASE, holder=self._holder, now=now, until=now - timedelta(microseconds=1))
            left[:] = tx.audit.unsealed(1)

        self._transactions.write_committed(release)
        return not left

    def seal_at_stop(self) -> None:
        """As `seal_last`; a sealer that was killed a moment ago may hold the lease still: its end is waited for."""
        for _ in range(_TRIES_AT_STOP):
            if self.seal_last():
                return
            self._pause(_PAUSE_SECONDS)

    def _round(self, tx: AuditSlice) -> StoredCheckpoint | None:
        rows, now = tx.audit, self._clock.now()
        if not rows.take_lease(name=LEASE, holder=self._holder, now=now, until=now + LEASE_TIME):
            return None
        events = rows.unsealed(ROUND)
        if not events:
            return None
        # ORDER: what was kept outside is read under the lease, when no other sealer can be ahead of this transaction.
        return append_to_tree(rows, events, identity=self._identity, now=now, outside_note=self._published())


def append_to_tree(
    rows: AuditRows, events: Sequence[StoredEvent], *, identity: TrailIdentity, now: datetime, outside_note: str = ""
) -> StoredCheckpoint:
    """Needs the sealer's lease: two writers of one tree would fork it. Raises TrailDamaged."""
    frontier = _continued(rows, identity, outside_note)
    first, hashes = frontier.size, [leaf_hash(event.body) for event in events]
    for value in hashes:
        frontier.append(value)
    rows.place([event.sequence for event in events], first_index=first)
    rows.put_leaf_hashes(first, hashes)
    root = frontier.root()
    checkpoint = StoredCheckpoint(
        size=frontier.size,
        root=root,
        note=sign_checkpoint(identity.signer, identity.origin, frontier.size, root),
        frontier=frontier.to_bytes(),
        signed_at=now,
    )
    rows.add_checkpoint(checkpoint)
    return checkpoint


def _continued(rows: AuditRows, identity: TrailIdentity, outside_note: str) -> Frontier:
    """The tree to append to.

    INVARIANT: a signature never covers a tree that does not continue the last one that was signed. Otherwise whoever
    can write to the database would only have to wait for the next round to have a forged past signed.
    """
    latest = rows.latest_checkpoint()
    frontier = _signed_frontier(latest, identity) if latest is not None else Frontier()
    if rows.sealed_events(frontier.size, 1):
        raise TrailDamaged(f"record {frontier.size} has a place behind the last checkpoint: it was not put there by us")
    if outside_note:
        outside = _opened(outside_note, identity, "the checkpoint kept outside the database")
        _check_continues(rows, frontier, outside)
    return frontier


def _signed_frontier(latest: StoredCheckpoint, identity: TrailIdentity) -> Frontier:
    signed = _opened(latest.note, identity, f"checkpoint {latest.size}")
    try:
        frontier = Frontier.from_bytes(latest.frontier)
    except ProofError as failure:
        raise TrailDamaged(f"the frontier of checkpoint {latest.size} cannot be read") from failure
    if (signed.size, signed.root) != (latest.size, latest.root) or (frontier.size, frontier.root()) != (
        signed.size,
        signed.root,
    ):
        raise TrailDamaged(f"checkpoint {latest.size} does not say what was signed: its row was changed")
    return frontier


def _check_continues(rows: AuditRows, frontier: Frontier, outside: Checkpoint) -> None:
    if outside.size > frontier.size:
        raise TrailDamaged(
            f"the trail was rolled back: it has {frontier.size} sealed events, but the checkpoint kept outside the"
            f" database was signed over {outside.size}; after a restore on purpose, remove that checkpoint"
        )
    if outside.size == frontier.size:
        root: bytes | None = frontier.root()
    else:
        then = [row for row in rows.checkpoints(after_size=outside.size - 1, limit=1) if row.size == outside.size]
        root = then[0].root if then else None  # the row may be lost; `verify_trail` computes what it said
    if root is not None and root != outside.root:
        raise TrailDamaged(
            f"the trail was forked: its first {outside.size} events are not those of the checkpoint kept outside the"
            " database; after a restore on purpose, remove that checkpoint"
        )


def _opened(note: str, identity: TrailIdentity, what: str) -> Checkpoint:
    try:
        opened = open_checkpoint(note, identity.signer.verifier_key)
    except NoteError as failure:
        raise TrailDamaged(f"{what} does not carry the signature of this server") from failure
    if opened.origin != identity.origin:
        raise TrailDamaged(f"{what} belongs to another log")
    return opened
