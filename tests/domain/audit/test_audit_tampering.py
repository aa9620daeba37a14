"""Is every way of changing a sealed trail found, and the first bad record named?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ostiary.domain.audit.errors import TrailDamaged
from ostiary.domain.audit.event import encode
from ostiary.domain.audit.sealer import trail_identity
from ostiary.kit.crypto.merkle import Frontier, leaf_hash, tree_root
from ostiary.kit.crypto.note import sign_checkpoint
from parts.trail import ACCOUNT, Statement, Trail, an_event

Tampering = Callable[[Trail], list[Statement]]
OTHER_BODY = encode(an_event(99))
PLACES = "name, source, account, user_name, access_key_id, read_only"
COPY = (
    f"INSERT INTO event (leaf_index, event_id, at, {PLACES}, body)"  # noqa: S608 - names from the line above
    f" SELECT {{index}}, event_id, at, {PLACES}, body FROM event WHERE leaf_index = 2"
)


def tile(trail: Trail, *changes: tuple[int, bytes]) -> Statement:
    hashes = trail.leaf_hashes()
    for index, value in changes:
        hashes[index] = value
    return ("UPDATE leaf_tile SET hashes = ? WHERE number = 0", (b"".join(hashes),))


def new_body(index: int, body: bytes = OTHER_BODY) -> Statement:
    return ("UPDATE event SET body = ? WHERE leaf_index = ?", (body, index))


def cut_off(trail: Trail, size: int) -> list[Statement]:
    return [
        ("DELETE FROM event WHERE leaf_index >= ?", (size,)),
        ("DELETE FROM checkpoint WHERE size > ?", (size,)),
        ("UPDATE leaf_tile SET hashes = ? WHERE number = 0", (b"".join(trail.leaf_hashes()[:size]),)),
    ]


def resigned(trail: Trail, *, seed: bytes, origin: str = "", size: int = 7) -> Statement:
    thief = trail_identity(ACCOUNT, seed)
    root = tree_root(trail.leaf_hashes())
    note = sign_checkpoint(thief.signer, origin or thief.origin, size, root)
    return ("UPDATE checkpoint SET note = ? WHERE size = 7", (note,))


def forged_last_record(trail: Trail) -> list[Statement]:
    """Everything changed consistently; only the signature cannot be made."""
    hashes = [*trail.leaf_hashes()[:6], leaf_hash(OTHER_BODY)]
    frontier = Frontier()
    for value in hashes:
        frontier.append(value)
    return [
        new_body(6),
        "UPDATE event SET event_id = 'e99', at = 1700000000000099 WHERE leaf_index = 6",
        tile(trail, (6, hashes[6])),
        ("UPDATE checkpoint SET root = ?, frontier = ? WHERE size = 7", (frontier.root(), frontier.to_bytes())),
    ]


# Seven records under two checkpoints, signed over 4 and over 7.
TAMPERINGS: dict[str, tuple[Tampering, str]] = {
    "a body": (lambda _t: [new_body(2)], r"record 2 \(GetCallerIdentity by ana, event e99\) or its leaf hash"),
    "a body made unreadable": (lambda _t: [new_body(2, b"{")], r"record 2 \(no longer readable\)"),
    "one byte of a body": (
        lambda _t: [new_body(0, encode(an_event(0)).replace(b"ana", b"bob"))],
        r"record 0 \(GetCallerIdentity by bob, event e0\)",
    ),
    "the time in a body": (
        lambda _t: [new_body(3, encode(an_event(3)).replace(b"1700000000000003", b"1700000000000004"))],
        "record 3 .* was changed",
    ),
    "the first record removed": (lambda _t: ["DELETE FROM event WHERE leaf_index = 0"], "record 0 is missing"),
    "a record removed": (lambda _t: ["DELETE FROM event WHERE leaf_index = 3"], "record 3 is missing"),
    "the last record removed": (lambda _t: ["DELETE FROM event WHERE leaf_index = 6"], "record 6 is missing"),
    "a record taken back out of the tree": (
        lambda _t: ["UPDATE event SET leaf_index = NULL WHERE leaf_index = 5"],
        "record 5 is missing",
    ),
    "a record inserted behind the last": (lambda _t: [COPY.format(index=7)], "record 7 stands behind the last"),
    "a record inserted far behind": (lambda _t: [COPY.format(index=1000)], "record 1000 stands behind the last"),
    "a record inserted before the first": (lambda _t: [COPY.format(index=-1)], "record -1 stands before the first"),
    "a record inserted between two": (
        lambda _t: ["UPDATE event SET leaf_index = leaf_index + 100 WHERE leaf_index >= 3", COPY.format(index=3)],
        r"record 3 \(GetCallerIdentity by ana, event e2\) or its leaf hash was changed",
    ),
    "two records swapped": (
        lambda _t: [
            "UPDATE event SET leaf_index = 100 WHERE leaf_index = 1",
            "UPDATE event SET leaf_index = 1 WHERE leaf_index = 5",
            "UPDATE event SET leaf_index = 5 WHERE leaf_index = 100",
        ],
        "record 1 .* event e5. or its leaf hash was changed",
    ),
    "two records swapped with their leaf hashes": (
        lambda t: [
            "UPDATE event SET leaf_index = 100 WHERE leaf_index = 1",
            "UPDATE event SET leaf_index = 1 WHERE leaf_index = 2",
            "UPDATE event SET leaf_index = 2 WHERE leaf_index = 100",
            tile(t, (1, t.leaf_hashes()[2]), (2, t.leaf_hashes()[1])),
        ],
        "records 0 to 3 are not what checkpoint 4 was signed over",
    ),
    "a leaf hash": (lambda t: [tile(t, (4, bytes(32)))], "record 4 .* or its leaf hash was changed"),
    "a tile cut off": (
        lambda t: [("UPDATE leaf_tile SET hashes = ?", (b"".join(t.leaf_hashes()[:5]),))],
        "record 5 .* has no leaf hash",
    ),
    "the tile removed": (lambda _t: ["DELETE FROM leaf_tile"], "record 0 .* has no leaf hash"),
    "a body with its leaf hash and its index": (
        lambda t: [
            new_body(5),
            "UPDATE event SET event_id = 'e99', at = 1700000000000099 WHERE leaf_index = 5",
            tile(t, (5, leaf_hash(OTHER_BODY))),
        ],
        "records 4 to 6 are not what checkpoint 7 was signed over",
    ),
    "a body that is no event with its leaf hash": (
        lambda t: [new_body(5, b"{}"), tile(t, (5, leaf_hash(b"{}")))],
        "record 5 is no event",
    ),
    "a record forged with tile, root and frontier": (forged_last_record, "checkpoint 7 does not say what was signed"),
    "the root of a checkpoint": (
        lambda _t: [("UPDATE checkpoint SET root = ? WHERE size = 4", (bytes(32),))],
        "checkpoint 4 does not say what was signed",
    ),
    "the size of a checkpoint": (
        lambda _t: ["UPDATE checkpoint SET size = 3 WHERE size = 4"],
        "checkpoint 3 does not say what was signed",
    ),
    "the note of a checkpoint": (
        lambda _t: ["UPDATE checkpoint SET note = replace(note, '\n4\n', '\n5\n') WHERE size = 4"],
        "checkpoint 4 does not carry the signature",
    ),
    "a note taken from another checkpoint": (
        lambda _t: ["UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 4) WHERE size = 7"],
        "checkpoint 7 does not say what was signed",
    ),
    "a checkpoint signed with another key": (
        lambda t: [resigned(t, seed=bytes(32))],
        "checkpoint 7 does not carry the signature",
    ),
    "a checkpoint of another log": (
        lambda t: [resigned(t, seed=bytes(range(32)), origin="ostiary.trail/444455556666")],
        "checkpoint 7 belongs to another log",
    ),
    "the frontier of the last checkpoint": (
        lambda _t: [("UPDATE checkpoint SET frontier = ? WHERE size = 7", (b"\x01" + bytes(104),))],
        "the frontier of checkpoint 7 was changed",
    ),
    "the last checkpoint removed": (
        lambda _t: ["DELETE FROM checkpoint WHERE size = 7"],
        "record 4 stands behind the last checkpoint, .* or checkpoints were removed",
    ),
    "all checkpoints removed": (lambda _t: ["DELETE FROM checkpoint"], "record 0 stands behind the last"),
    "a checkpoint added": (
        lambda _t: ["INSERT INTO checkpoint SELECT 2, root, note, frontier, signed_at FROM checkpoint WHERE size = 4"],
        "checkpoint 2 does not say what was signed",
    ),
}


@pytest.fixture
def sealed(trail: Trail) -> Trail:
    trail.grow(4, 3)
    assert trail.verify(outside_note=trail.outside[0]).events == 7
    return trail


@pytest.mark.parametrize("what", TAMPERINGS)
def test_the_first_bad_record_is_named_after_changing(sealed: Trail, what: str) -> None:
    tampering, named = TAMPERINGS[what]
    sealed.tamper(*tampering(sealed))
    with pytest.raises(TrailDamaged, match=named):
        sealed.verify()


INDEXED = {
    "event_id": "'e99'",
    "at": "at + 1",
    "name": "'AssumeRole'",
    "source": "'iam.amazonaws.com'",
    "account": "'444455556666'",
    "user_name": "'bob'",
    "access_key_id": "'AKIAEXAMPLE'",
    "read_only": "(1 = 0)",
}


@pytest.mark.parametrize("column", INDEXED)
def test_an_event_filed_under_another_value_is_named(sealed: Trail, column: str) -> None:
    """Otherwise an event could be hidden from look-ups without a change to what was sealed."""
    sealed.tamper(f"UPDATE event SET {column} = {INDEXED[column]} WHERE leaf_index = 3")  # noqa: S608 - from the table above
    with pytest.raises(TrailDamaged, match=r"record 3 \(.*event e3\) is filed under values that it does not hold"):
        sealed.verify()


def test_a_trail_cut_off_with_its_checkpoints_is_seen_by_the_checkpoint_kept_outside(sealed: Trail) -> None:
    sealed.tamper(*cut_off(sealed, 4))
    assert sealed.verify().events == 4
    with pytest.raises(TrailDamaged, match="rolled back: it has 4 events, but a checkpoint of 7 was signed"):
        sealed.verify(outside_note=sealed.outside[0])


def test_an_emptied_trail_is_seen_by_the_checkpoint_kept_outside(sealed: Trail) -> None:
    sealed.tamper("DELETE FROM event", "DELETE FROM checkpoint", "DELETE FROM leaf_tile")
    with pytest.raises(TrailDamaged, match="rolled back: it has 0 events"):
        sealed.verify(outside_note=sealed.outside[0])


def test_a_fork_is_seen_by_the_checkpoint_kept_outside(sealed: Trail) -> None:
    """The database is put back to before and goes another way, sealed by the real key."""
    kept = sealed.outside[0]
    sealed.tamper(*cut_off(sealed, 4))
    sealed.outside[0] = ""
    sealed.written = 20
    sealed.grow(8)
    assert sealed.verify().events == 12
    with pytest.raises(TrailDamaged, match="forked: its first 7 records"):
        sealed.verify(outside_note=kept)


def test_a_checkpoint_kept_outside_that_somebody_wrote_is_not_believed(sealed: Trail) -> None:
    thief = trail_identity(ACCOUNT, bytes(32))
    note = sign_checkpoint(thief.signer, thief.origin, 7, sealed.verify().root)
    with pytest.raises(TrailDamaged, match="kept outside the database does not carry the signature"):
        sealed.verify(outside_note=note)


def test_an_older_checkpoint_kept_outside_still_verifies_what_grew_from_it(trail: Trail) -> None:
    trail.grow(4)
    older = trail.outside[0]
    trail.grow(3)
    assert trail.verify(outside_note=older).events == 7


def test_without_one_checkpoint_in_the_middle_every_record_is_still_proved(sealed: Trail) -> None:
    """The next checkpoint vouches for all before it: nothing can be changed under cover of the missing one."""
    sealed.tamper("DELETE FROM checkpoint WHERE size = 4")
    assert sealed.verify().events == 7
    sealed.tamper(new_body(1))
    with pytest.raises(TrailDamaged, match="record 1 "):
        sealed.verify()


def test_the_first_of_many_bad_records_is_named(trail: Trail) -> None:
    """Across pages and tiles."""
    trail.grow(1100, 200)
    trail.tamper("DELETE FROM event WHERE leaf_index > 1234", new_body(1233), new_body(1190))
    with pytest.raises(TrailDamaged, match="record 1190 "):
        trail.verify()


def test_a_verifier_with_another_key_believes_nothing(sealed: Trail) -> None:
    sealed.identity = trail_identity(ACCOUNT, bytes(32))
    with pytest.raises(TrailDamaged, match="checkpoint 4 does not carry the signature"):
        sealed.verify()


UNREADABLE = {
    "a body as text": ("UPDATE event SET body = 'text' WHERE leaf_index = 3", "record 3 "),
    "a body as a number": ("UPDATE event SET body = 12 WHERE leaf_index = 3", "record 3 "),
    "a time as text": ("UPDATE event SET at = 'now' WHERE leaf_index = 3", "record 3 "),
    "an index as text": ("UPDATE event SET leaf_index = 'x' WHERE leaf_index = 3", "record 3 is missing"),
    "an index between two": ("UPDATE event SET leaf_index = 3.5 WHERE leaf_index = 3", "record 3 is missing"),
    "a name as bytes": ("UPDATE event SET user_name = x'ff00' WHERE leaf_index = 3", "record 3 "),
    "a tile as text": ("UPDATE leaf_tile SET hashes = 'text'", "leaf hash"),
    "a note as bytes": ("UPDATE checkpoint SET note = x'ff00' WHERE size = 4", "checkpoint 4 "),
    "a root as text": ("UPDATE checkpoint SET root = 'text' WHERE size = 4", "checkpoint"),
    "a time of signing as text": ("UPDATE checkpoint SET signed_at = 'now' WHERE size = 7", "checkpoint"),
    "a time of signing beyond time": ("UPDATE checkpoint SET signed_at = 9e18 WHERE size = 4", "checkpoint"),
    "a frontier as text": ("UPDATE checkpoint SET frontier = 'text' WHERE size = 4", "checkpoint"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_values_that_the_database_should_not_hold_are_damage_and_not_a_crash(sqlite_trail: Trail, what: str) -> None:
    """SQLite keeps whatever it is given, whatever the column's type."""
    sqlite_trail.grow(4, 3)
    statement, named = UNREADABLE[what]
    sqlite_trail.tamper(statement)
    with pytest.raises(TrailDamaged, match=named):
        sqlite_trail.verify()


def test_a_record_that_stands_twice_is_named(sqlite_trail: Trail) -> None:
    """The index that forbids it is gone as soon as somebody drops it."""
    sqlite_trail.grow(4, 3)
    sqlite_trail.tamper("DROP INDEX ix_event_leaf_index", COPY.format(index=2))
    with pytest.raises(TrailDamaged, match=r"record 2 .* stands there twice"):
        sqlite_trail.verify()
