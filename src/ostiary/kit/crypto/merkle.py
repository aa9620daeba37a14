"""How does one hash vouch for every record, and how is one record, or growth, proved against it?

RFC 9162 section 2.1 (the tree of RFC 6962): leaves and nodes are hashed with different first bytes, so that a node
can never be shown as a leaf. Indexes count from 0; sizes are numbers of leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Self

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
_SIZE_BYTES = 8
_FORMAT = 1


class ProofError(Exception):
    """A proof, or a persisted frontier, does not show what it should."""


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(slots=True)
class Frontier:
    """The roots of the complete subtrees, largest first: all that appending needs, at most 64 hashes."""

    size: int = 0
    _hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash (`leaf_hash(data)`, not the data)."""
        carry, size = leaf, self.size
        while size & 1:
            carry = node_hash(self._hashes.pop(), carry)
            size >>= 1
        self._hashes.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """RFC 9162 section 2.1.1; the root of nothing is the hash of nothing."""
        if not self._hashes:
            return EMPTY_ROOT
        root = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> Self:
        """A frontier that can be appended to, and thrown away when the commit fails."""
        return type(self)(self.size, list(self._hashes))

    def to_bytes(self) -> bytes:
        return bytes((_FORMAT,)) + self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self._hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Raises ProofError when the form is wrong; compare `root()` with a signed checkpoint for the content."""
        body = data[1 + _SIZE_BYTES :]
        size = int.from_bytes(data[1 : 1 + _SIZE_BYTES], "big")
        if len(data) < 1 + _SIZE_BYTES or data[0] != _FORMAT or len(body) != size.bit_count() * HASH_BYTES:
            raise ProofError("the stored frontier of the tree is damaged; rebuild it from the events")
        return cls(size, [body[i : i + HASH_BYTES] for i in range(0, len(body), HASH_BYTES)])


def tree_root(leaf_hashes: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int, size: int) -> list[bytes]:
    """The path of leaf `index` in the tree of the first `size` leaves (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size <= len(leaf_hashes):
        raise ProofError(f"there is no leaf {index} in a tree of {size} leaves")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split_point(end - start)
        if index < middle:
            path.append(tree_root(leaf_hashes[middle:end]))
            end = middle
        else:
            path.append(tree_root(leaf_hashes[start:middle]))
            start = middle
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise ProofError unless `leaf` (its hash) is number `index` of the tree with `root` (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size} leaves")
    _check_hashes(leaf, root, *proof)
    node, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            node, last = _up_to_left_child(node, last)
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the inclusion proof is too short")
    _check_equal(computed, root, "the inclusion proof does not lead to the root")


def consistency_proof(leaf_hashes: Sequence[bytes], first: int, second: int) -> list[bytes]:
    """That the tree of `second` leaves begins with the tree of `first` leaves (RFC 9162 section 2.1.4.1)."""
    if not 0 <= first <= second <= len(leaf_hashes):
        raise ProofError(f"a tree of {second} leaves cannot continue one of {first}")
    if first in {0, second}:
        return []
    path: list[bytes] = []
    start, end, whole = 0, second, True
    while first != end:
        middle = start + _split_point(end - start)
        if first <= middle:
            path.append(tree_root(leaf_hashes[middle:end]))
            end = middle
        else:
            path.append(tree_root(leaf_hashes[start:middle]))
            start, whole = middle, False
    if not whole:
        path.append(tree_root(leaf_hashes[start:end]))
    path.reverse()
    return path


def verify_consistency(
    *, first: int, first_root: bytes, second: int, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise ProofError unless the second tree only appended to the first (RFC 9162 section 2.1.4.2)."""
    if not 0 <= first <= second:
        raise ProofError(f"a tree of {second} leaves cannot continue one of {first}")
    _check_hashes(first_root, second_root, *proof)
    if first == 0:
        _check_equal(first_root, EMPTY_ROOT, "the root of an empty tree is wrong")
    if first == second:
        _check_equal(first_root, second_root, "two trees of one size have different roots")
    if first in {0, second}:
        if proof:
            raise ProofError("the consistency proof is too long")
        return
    # A first tree that is one complete subtree is its own starting point, and the proof leaves it out.
    complete = first.bit_count() == 1
    old, new = _grow(first, second, [first_root, *proof] if complete else proof)
    _check_equal(old, first_root, "the consistency proof does not lead to the first root")
    _check_equal(new, second_root, "the consistency proof does not lead to the second root")


def _grow(first: int, second: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots of both trees as the proof would have them, for 0 < first < second."""
    if not proof:
        raise ProofError("the consistency proof is too short")
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if node & 1 or node == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            node, last = _up_to_left_child(node, last)
        else:
            new = node_hash(new, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofError("the consistency proof is too short")
    return old, new


def _up_to_left_child(node: int, last: int) -> tuple[int, int]:
    """Levels on which a rightmost node has no sibling are skipped: it goes up unchanged."""
    while not node & 1 and node:
        node, last = node >> 1, last >> 1
    return node, last


def _split_point(leaves: int) -> int:
    """The largest power of two smaller than the number of leaves (RFC 9162 section 2.1.1)."""
    return 1 << (leaves - 1).bit_length() - 1


def _check_hashes(*hashes: bytes) -> None:
    if any(len(item) != HASH_BYTES for item in hashes):
        raise ProofError(f"a hash in the proof does not have {HASH_BYTES} bytes")


def _check_equal(computed: bytes, expected: bytes, text: str) -> None:
    if not compare_digest(computed, expected):
        raise ProofError(text)
