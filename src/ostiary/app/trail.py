"""How is the trail proved: here with the data directory, or anywhere with a copy and the verifier key alone?"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ostiary.app.house import House
from ostiary.domain.audit.errors import InvalidEventQuery
from ostiary.domain.audit.ports import AuditRows, EventQuery
from ostiary.domain.audit.verify import Progress, Verified, verify_trail
from ostiary.kit.crypto.merkle import inclusion_proof, leaf_hash
from ostiary.storage.backup import opened_backup

_VERIFIER_KEY = re.compile(r"[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}=*")


class CopyUnusable(Exception):
    """The file that was given cannot be verified; the text says why."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A database file, and what is needed to verify it; `outside_note` is a checkpoint that was kept elsewhere."""

    path: Path
    verifier_key: str
    outside_note: str = ""


def verify_here(house: House, progress: Progress) -> Verified:
    """Raises TrailDamaged. Nothing is written: what is not yet sealed is only counted."""
    # ORDER: the checkpoint is read before the database, which is never behind it while a server seals.
    outside = house.directory.read_checkpoint()
    trail = house.trail
    with house.database.read() as tx:
        return verify_trail(
            tx.audit,
            verifier_key=trail.signer.verifier_key,
            origin=trail.origin,
            outside_note=outside,
            progress=progress,
        )


def verify_copy(copy: Copy, progress: Progress) -> Verified:
    """Works on a private copy, so that the file stays as it is. Raises TrailDamaged, CopyUnusable, BackupUnusable."""
    log = copy.path.with_name(copy.path.name + "-wal")
    if log.exists() and log.stat().st_size:
        raise CopyUnusable(
            f"`{log}` stands beside it, so the file alone may not be all: verify a backup, or the server's own --data"
        )
    if not _VERIFIER_KEY.fullmatch(copy.verifier_key):
        raise CopyUnusable("the verifier key does not have the form name+id+key: take it from DIR/trail.vkey")
    # What the verifier key names is trusted, not what the database says about itself.
    origin = copy.verifier_key.split("+", 1)[0]
    with opened_backup(copy.path) as database, database.read() as tx:
        return verify_trail(
            tx.audit,
            verifier_key=copy.verifier_key,
            origin=origin,
            outside_note=copy.outside_note,
            progress=progress,
        )


def prove(rows: AuditRows, event_id: str) -> dict[str, Any]:
    """What shows anybody with the verifier key that this event is in the trail (RFC 9162 section 2.1.3).

    The leaf is `leaf`'s bytes as they were sealed. Raises InvalidEventQuery.
    """
    found = rows.find(EventQuery(event_id=event_id, limit=1))
    checkpoint = rows.latest_checkpoint()
    if not found:
        raise InvalidEventQuery(f"there is no event `{event_id[:100]}`")
    index = found[0].leaf_index
    if index is None or checkpoint is None or index >= checkpoint.size:
        raise InvalidEventQuery(f"the event `{event_id[:100]}` is not sealed yet: a running server does it in a second")
    path = inclusion_proof(rows.leaf_hashes(0, checkpoint.size), index, checkpoint.size)
    return {
        "event": msgspec.json.decode(found[0].body),
        "leaf": _base64(found[0].body),
        "leaf_hash": _base64(leaf_hash(found[0].body)),
        "leaf_index": index,
        "tree_size": checkpoint.size,
        "root": _base64(checkpoint.root),
        "inclusion_proof": [_base64(value) for value in path],
        "checkpoint": checkpoint.note,
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
