"""Does the tree equal the recursive definition of RFC 9162 section 2.1, and do its proofs hold only for the truth?"""

from __future__ import annotations

import time
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.kit.crypto.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofError,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves that implementations of certificate transparency share, and their published roots by size.
DATA = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
LEAVES = [leaf_hash(bytes((i, i))) for i in range(70)]


def mth(hashes: list[bytes]) -> bytes:
    """MTH of RFC 9162 2.1.1 word for word, on leaf hashes."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = max(2**i for i in range(10) if 2**i < len(hashes))
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def path(m: int, hashes: list[bytes]) -> list[bytes]:
    """PATH of RFC 9162 2.1.3.1 word for word."""
    if len(hashes) == 1:
        return []
    k = max(2**i for i in range(10) if 2**i < len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), mth(hashes[k:])]
    return [*path(m - k, hashes[k:]), mth(hashes[:k])]


def subproof(m: int, hashes: list[bytes], *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 9162 2.1.4.1 word for word."""
    n = len(hashes)
    if m == n:
        return [] if whole else [mth(hashes)]
    k = max(2**i for i in range(10) if 2**i < n)
    if m <= k:
        return [*subproof(m, hashes[:k], whole=whole), mth(hashes[k:])]
    return [*subproof(m - k, hashes[k:], whole=False), mth(hashes[:k])]


@pytest.mark.parametrize(("size", "root"), ROOTS.items())
def test_the_roots_of_the_published_vectors_come_out(size: int, root: str) -> None:
    assert tree_root([leaf_hash(data) for data in DATA[:size]]).hex() == root


def test_leaves_and_nodes_are_hashed_apart() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_every_size_has_the_root_of_the_recursive_definition() -> None:
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES):
        assert (frontier.size, frontier.root()) == (size, mth(LEAVES[:size]))
        frontier.append(leaf)


def test_a_frontier_continues_from_its_bytes_and_its_copy_is_its_own() -> None:
    frontier = Frontier()
    for size, leaf in enumerate(LEAVES):
        frontier = Frontier.from_bytes(frontier.to_bytes())
        other = frontier.copy()
        frontier.append(leaf)
        assert other.root() == mth(LEAVES[:size])
    assert frontier.root() == mth(LEAVES)


def test_damaged_bytes_of_a_frontier_are_refused() -> None:
    good = Frontier.from_bytes(bytes((1,)) + (5).to_bytes(8, "big") + b"h" * 64).to_bytes()
    for bad in (b"", good[:-1], good + b"x", b"\x02" + good[1:], good[:8], good[:8] + b"\x07" + good[9:]):
        with pytest.raises(ProofError):
            Frontier.from_bytes(bad)


def test_five_thousand_appends_are_quick() -> None:
    times = []
    for _ in range(5):
        frontier = Frontier()
        began = time.perf_counter()
        for _ in range(5000):
            frontier.append(LEAVES[0])
        times.append(time.perf_counter() - began)
    assert min(times) < 0.04


@given(st.integers(1, 40).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
def test_an_inclusion_proof_is_that_of_the_standard_and_verifies(case: tuple[int, int]) -> None:
    index, size = case
    proof = inclusion_proof(LEAVES, index, size)
    assert proof == path(index, LEAVES[:size])
    verify_inclusion(LEAVES[index], index=index, size=size, proof=proof, root=mth(LEAVES[:size]))


def test_every_consistency_proof_is_that_of_the_standard_and_verifies() -> None:
    roots = [mth(LEAVES[:size]) for size in range(34)]
    for second in range(34):
        for first in range(second + 1):
            proof = consistency_proof(LEAVES, first, second)
            if first:
                assert proof == subproof(first, LEAVES[:second], whole=True)
            verify_consistency(
                first=first, first_root=roots[first], second=second, second_root=roots[second], proof=proof
            )


@given(st.integers(2, 40), st.data())
def test_a_false_inclusion_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(LEAVES, index, size), mth(LEAVES[:size])
    at = data.draw(st.integers(0, len(proof) - 1))
    wrong_index = data.draw(st.integers(-1, size).filter(lambda i: i != index))
    changed = [*proof[:at], sha256(proof[at]).digest(), *proof[at + 1 :]]
    for leaf, place, bad in (
        (LEAVES[index], index, changed),
        (LEAVES[index], index, proof[:-1]),
        (LEAVES[index], index, [*proof, LEAVES[0]]),
        (LEAVES[index], index, [*proof[:-1], proof[-1][:-1]]),
        (LEAVES[index], wrong_index, proof),
        (LEAVES[-1], index, proof),
    ):
        with pytest.raises(ProofError):
            verify_inclusion(leaf, index=place, size=size, proof=bad, root=root)


@given(st.integers(2, 40), st.data())
def test_a_rewritten_history_is_refused(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second - 1))
    at = data.draw(st.integers(0, first - 1))
    forged = [*LEAVES[:at], leaf_hash(b"forged"), *LEAVES[at + 1 : second]]
    for proof in (consistency_proof(forged, first, second), consistency_proof(LEAVES, first, second), []):
        with pytest.raises(ProofError):
            verify_consistency(
                first=first, first_root=mth(LEAVES[:first]), second=second, second_root=mth(forged), proof=proof
            )


@given(st.integers(2, 40), st.data())
def test_a_consistency_proof_of_wrong_length_is_refused(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second - 1))
    proof = consistency_proof(LEAVES, first, second)
    roots = mth(LEAVES[:first]), mth(LEAVES[:second])
    for bad in (proof[:-1], [*proof, LEAVES[0]], [LEAVES[0], *proof], [b"short", *proof[1:]]):
        with pytest.raises(ProofError):
            verify_consistency(first=first, first_root=roots[0], second=second, second_root=roots[1], proof=bad)


def test_sizes_that_cannot_be_are_refused() -> None:
    for first, second in ((3, 2), (-1, 2), (1, 71)):
        with pytest.raises(ProofError):
            consistency_proof(LEAVES, first, second)
    for index, size in ((2, 2), (-1, 2), (0, 71), (0, 0)):
        with pytest.raises(ProofError):
            inclusion_proof(LEAVES, index, size)
    for first, second, old in ((3, 2, LEAVES[0]), (2, 2, LEAVES[1]), (0, 2, LEAVES[0])):
        with pytest.raises(ProofError):
            verify_consistency(first=first, first_root=old, second=second, second_root=LEAVES[0], proof=[])
    with pytest.raises(ProofError):
        verify_consistency(first=0, first_root=EMPTY_ROOT, second=2, second_root=LEAVES[0], proof=[LEAVES[1]])
