"""Does every committed event get its place, once, in one tree that only grows?"""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from ostiary.domain.audit import sealer as sealing
from ostiary.domain.audit.errors import TrailDamaged
from ostiary.domain.audit.event import decode
from ostiary.domain.audit.sealer import trail_identity
from ostiary.kit.crypto.merkle import (
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from ostiary.kit.crypto.note import NoteError, open_checkpoint, sign_checkpoint
from parts.trail import ACCOUNT, Trail


def test_sealing_gives_every_committed_event_its_place_and_signs_the_root(trail: Trail) -> None:
    trail.grow(3, 1, 300)
    verified = trail.verify(outside_note=trail.outside[0])
    assert (verified.events, verified.checkpoints, verified.unsealed) == (304, 3, 0)
    assert verified.note == trail.outside[0]


def test_a_checkpoint_verifies_with_the_verifier_key_alone(trail: Trail) -> None:
    trail.grow(5)
    opened = open_checkpoint(trail.outside[0], trail.identity.signer.verifier_key)
    assert (opened.origin, opened.size) == (f"ostiary.trail/{ACCOUNT}", 5)
    assert opened.root == trail.verify().root
    with pytest.raises(NoteError):
        open_checkpoint(trail.outside[0], trail_identity(ACCOUNT, bytes(32)).signer.verifier_key)


def test_without_new_events_nothing_is_signed(trail: Trail) -> None:
    trail.grow(2)
    before = trail.outside[0]
    assert trail.sealer().seal() == 0
    assert (trail.outside[0], trail.verify().checkpoints) == (before, 1)


def test_a_long_backlog_is_sealed_in_rounds(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "ROUND", 10)
    trail.write(35)
    assert trail.sealer().seal() == 35
    verified = trail.verify()
    assert (verified.events, verified.checkpoints) == (35, 4)


def test_a_restarted_sealer_continues_the_tree(trail: Trail) -> None:
    trail.grow(3)
    trail.grow(4)
    assert trail.verify().events == 7


def test_another_sealer_waits_for_the_lease_to_end(trail: Trail) -> None:
    first, second = trail.sealer(), trail.sealer()
    trail.write(1)
    assert first.seal() == 1
    trail.write(1)
    assert second.seal() == 0
    trail.clock.advance(sealing.LEASE_TIME + timedelta(milliseconds=1))
    assert second.seal() == 2
    trail.write(1)
    assert first.seal() == 0


def test_a_sealer_that_ends_leaves_the_lease_to_the_next(trail: Trail) -> None:
    first, second = trail.sealer(), trail.sealer()
    trail.write(1)
    assert first.seal_last()
    trail.write(1)
    assert second.seal() == 2


def test_a_stop_waits_for_the_lease_of_a_sealer_that_was_killed(trail: Trail) -> None:
    killed = trail.sealer()
    trail.write(1)
    killed.seal()
    trail.write(1)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        trail.clock.advance(timedelta(seconds=seconds))

    trail.sealer(pause=pause).seal_at_stop()
    assert trail.verify().unsealed == 0
    assert 2 <= sum(pauses) < 2.3


def test_a_stop_does_not_wait_for_a_sealer_that_goes_on(trail: Trail) -> None:
    other, pauses = trail.sealer(), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        trail.write(1)
        trail.clock.advance(timedelta(seconds=seconds))
        other.seal()
        trail.write(1)

    trail.write(1)
    other.seal()
    trail.write(1)
    trail.sealer(pause=pause).seal_at_stop()
    assert sum(pauses) < 2.5


def test_sealers_at_once_never_fork_the_tree(trail: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with no lease to keep them apart: each round is one transaction that holds the lease's row."""
    monkeypatch.setattr(sealing, "LEASE_TIME", timedelta(seconds=-1))
    sealers = [trail.sealer() for _ in range(3)]
    writing = threading.Event()

    def seal(number: int) -> None:
        while not writing.is_set():
            sealers[number].seal()

    threads = [threading.Thread(target=seal, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        trail.write(3)
    writing.set()
    for thread in threads:
        thread.join()
    sealers[0].seal()
    verified = trail.verify()
    assert (verified.events, verified.unsealed) == (60, 0)


def test_every_record_is_proved_offline_from_a_checkpoint(trail: Trail) -> None:
    trail.grow(5, 8)
    checkpoint = open_checkpoint(trail.outside[0], trail.identity.signer.verifier_key)
    hashes = trail.leaf_hashes()
    with trail.database.read() as tx:
        bodies = [event.body for event in tx.audit.sealed_events(0, 100)]
    for index, body in enumerate(bodies):
        proof = inclusion_proof(hashes, index, checkpoint.size)
        leaf = leaf_hash(body)
        verify_inclusion(leaf, index=index, size=checkpoint.size, proof=proof, root=checkpoint.root)
        other = leaf_hash(body + b" ")
        with pytest.raises(ProofError):
            verify_inclusion(other, index=index, size=checkpoint.size, proof=proof, root=checkpoint.root)


def test_growth_is_proved_offline_between_two_checkpoints(trail: Trail) -> None:
    trail.grow(5)
    first = open_checkpoint(trail.outside[0], trail.identity.signer.verifier_key)
    trail.grow(8)
    second = open_checkpoint(trail.outside[0], trail.identity.signer.verifier_key)
    proof = consistency_proof(trail.leaf_hashes(), first.size, second.size)
    sizes = {"first": first.size, "second": second.size}
    verify_consistency(**sizes, first_root=first.root, second_root=second.root, proof=proof)
    with pytest.raises(ProofError):
        verify_consistency(**sizes, first_root=second.root, second_root=second.root, proof=proof)


def test_events_keep_the_order_of_their_commit(trail: Trail) -> None:
    trail.grow(4, 4)
    with trail.database.read() as tx:
        names = [decode(event.body).event_id for event in tx.audit.sealed_events(0, 100)]
    assert names == [f"e{number}" for number in range(8)]


# --- what a sealer refuses to sign -----------------------------------------------------------------------------------


def test_nothing_is_signed_on_a_trail_that_was_rolled_back(trail: Trail) -> None:
    trail.grow(3, 3)
    trail.tamper(
        "DELETE FROM event WHERE leaf_index >= 3",
        "DELETE FROM checkpoint WHERE size > 3",
        ("UPDATE leaf_tile SET hashes = ? WHERE number = 0", (b"".join(trail.leaf_hashes()[:3]),)),
    )
    kept = trail.outside[0]
    trail.write(5)
    with pytest.raises(TrailDamaged, match=r"rolled back: it has 3 sealed events, .* signed over 6"):
        trail.sealer().seal()
    assert trail.outside[0] == kept


def test_nothing_is_signed_on_a_trail_whose_checkpoints_are_gone(trail: Trail) -> None:
    trail.grow(3)
    trail.tamper("DELETE FROM checkpoint")
    trail.write(1)
    with pytest.raises(TrailDamaged, match="record 0 has a place behind the last checkpoint"):
        trail.sealer().seal()


def test_nothing_is_signed_on_an_emptied_trail(trail: Trail) -> None:
    trail.grow(3)
    trail.tamper("DELETE FROM checkpoint", "DELETE FROM event", "DELETE FROM leaf_tile")
    trail.write(1)
    with pytest.raises(TrailDamaged, match="rolled back: it has 0 sealed events"):
        trail.sealer().seal()


def test_nothing_is_signed_on_a_frontier_that_was_changed(trail: Trail) -> None:
    trail.grow(3)
    other = b"\x01" + (3).to_bytes(8, "big") + bytes(64)
    trail.tamper(("UPDATE checkpoint SET frontier = ?", (other,)))
    trail.write(1)
    with pytest.raises(TrailDamaged, match="checkpoint 3 does not say what was signed"):
        trail.sealer().seal()


def test_nothing_is_signed_on_a_checkpoint_of_another_key(trail: Trail) -> None:
    trail.grow(3)
    forged = forged_note(trail, 3)
    trail.tamper(("UPDATE checkpoint SET note = ?", (forged,)))
    trail.write(1)
    with pytest.raises(TrailDamaged, match="checkpoint 3 does not carry the signature"):
        trail.sealer().seal()


def test_nothing_is_signed_on_another_trail_of_the_same_length(trail: Trail) -> None:
    """A database from before, that went another way since: the same server's signatures, another past."""
    trail.grow(3)
    trail.outside[0] = sign_checkpoint(trail.identity.signer, trail.identity.origin, 3, bytes(32))
    trail.write(1)
    with pytest.raises(TrailDamaged, match="forked: its first 3 events"):
        trail.sealer().seal()
    trail.outside[0] = ""
    trail.sealer().seal()
    trail.outside[0] = sign_checkpoint(trail.identity.signer, trail.identity.origin, 3, bytes(32))
    trail.write(1)
    trail.clock.advance(timedelta(seconds=10))
    with pytest.raises(TrailDamaged, match="forked: its first 3 events"):
        trail.sealer().seal()


def test_a_refused_round_leaves_the_events_waiting(trail: Trail) -> None:
    trail.grow(3)
    trail.write(2)
    kept, trail.outside[0] = trail.outside[0], "rubbish"
    with pytest.raises(TrailDamaged, match="kept outside the database does not carry the signature"):
        trail.sealer().seal()
    assert trail.verify().unsealed == 2
    trail.outside[0] = kept
    assert trail.sealer().seal() == 5


def forged_note(trail: Trail, size: int) -> str:
    thief = trail_identity(ACCOUNT, bytes(32))
    with trail.database.read() as tx:
        latest = tx.audit.latest_checkpoint()
    assert latest is not None
    return sign_checkpoint(thief.signer, thief.origin, size, latest.root)
