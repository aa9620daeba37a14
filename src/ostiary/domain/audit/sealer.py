"""How do committed events become leaves of the tree, and the tree a signed checkpoint?

One sealer per database holds the lease. Each round takes the events that have no place yet, in the order of their
commit, appends them to the tree (RFC 6962 section 2.1) and signs a C2SP tlog-checkpoint, all in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.ports import AuditRows, AuditSlice, StoredCheckpoint, StoredEvent
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.merkle import Frontier, leaf_hash
from ostiary.kit.crypto.note import NoteSigner, sign_checkpoint

LEASE = "sealer"
LEASE_TIME = timedelta(seconds=5)
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
    ) -> None:
        """`publish` gets every new checkpoint's note after its commit, to keep it outside the database."""
        self._transactions = transactions
        self._identity = identity
        self._clock = clock
        self._publish = publish
        self._holder = ids.uuid7()

    def seal(self) -> int:
        """Seal what waits, in rounds; the size of the tree, or 0 when there was nothing to do here."""
        size = 0
        while (checkpoint := self._transactions.write_committed(self._round)) is not None:
            self._publish(checkpoint.note)
            grown, size = checkpoint.size - size, checkpoint.size
            if grown < ROUND:
                break
        return size

    def _round(self, tx: AuditSlice) -> StoredCheckpoint | None:
        rows, now = tx.audit, self._clock.now()
        if not rows.take_lease(name=LEASE, holder=self._holder, now=now, until=now + LEASE_TIME):
            return None
        events = rows.unsealed(ROUND)
        return append_to_tree(rows, events, identity=self._identity, now=now) if events else None


def append_to_tree(
    rows: AuditRows, events: Sequence[StoredEvent], *, identity: TrailIdentity, now: datetime
) -> StoredCheckpoint:
    """Needs the sealer's lease: two writers of one tree would fork it."""
    latest = rows.latest_checkpoint()
    frontier = Frontier.from_bytes(latest.frontier) if latest else Frontier()
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
