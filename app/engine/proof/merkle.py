"""A Merkle tree over the heads of chains. Leaves and nodes are hashed with different first bytes; an odd node goes up as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def leaf(chain: int, length: int, head: str) -> bytes:
    """A chain of *length* records with the hash *head* of its last."""
    return hashlib.sha256(b"\0" + f"{chain}:{length}:{head}".encode()).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Two nodes joined."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root; that of no leaves is the hash of nothing."""
    level = list(leaves) or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        level = _up(level)
    return level[0]


def _up(level: list[bytes]) -> list[bytes]:
    return [node(*level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)]


def path(leaves: Sequence[bytes], index: int) -> list[tuple[str, str]]:
    """What leads from a leaf to the root: ("left" or "right", hash in hexadecimal) of each neighbour."""
    level, steps = list(leaves), []
    while len(level) > 1:
        other = index ^ 1
        if other < len(level):
            steps.append(("left" if other < index else "right", level[other].hex()))
        level, index = _up(level), index // 2
    return steps
