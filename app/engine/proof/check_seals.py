"""Seals held against their own text, their signatures, their leaves, each other, and an anchor file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from app.engine import chains
from app.engine.chain_models import Seal, SealedHead
from app.engine.proof import anchors, merkle, write_seals
from app.engine.proof.findings import Finding

#: Missing seals that are named one by one: a number that somebody wrote may be of any size.
_NAMED = 20


def check(connection: Connection, anchor: Mapping[int, Mapping[str, Any]]) -> Iterator[Finding]:
    """Everything that is wrong with the seals. *anchor*: number → seal, from a file kept elsewhere; may be empty."""
    columns = (SealedHead.seal, SealedHead.chain, SealedHead.length, SealedHead.head)
    leaves = connection.execute(select(*columns).order_by(SealedHead.seal, SealedHead.chain, SealedHead.length, SealedHead.head))
    seals = [_as_json(row) for row in connection.execute(select(*Seal.__table__.c).order_by(Seal.number)).mappings()]
    yield from held(seals, leaves, anchor)


def held(seals: Sequence[dict[str, Any]], leaves: Iterable[Any], anchor: Mapping[int, Mapping[str, Any]]) -> Iterator[Finding]:
    """As ``check``, with the seals and their leaves (number, chain, length, head) at hand, both in order."""
    roots = _roots(leaves)
    totals, previous, expected = (0, 0), "", 1
    seen: set[int] = set()
    for seal in seals:
        number = seal["number"]
        if number != expected:
            yield from (Finding("seal_missing", detail={"number": lost}) for lost in range(expected, min(number, expected + _NAMED)))
            previous = seal["previous"]
        expected = number + 1
        root, many, records, chains_of_it = roots.pop(number, ("", 0, 0, set()))
        fresh = chains_of_it - seen
        seen |= chains_of_it
        here = (totals[0] + len(fresh), totals[1] + records)
        yield from _one(seal, previous, anchor.get(number))
        if (root, many) != (seal["root"], seal["leaves"]) or here != (seal["chains"], seal["records"]):
            yield _about("seal_leaves", seal)
        totals, previous = (seal["chains"], seal["records"]), seal["hash"]
    yield from (Finding("seal_missing", detail={"number": number}) for number in roots)
    for number in sorted(set(anchor) - {seal["number"] for seal in seals}):
        if number >= expected:
            yield Finding("seals_truncated", at=str(anchor[number]["at"]), detail={"number": number})


def _as_json(row: Any) -> dict[str, Any]:
    return {**row, "at": chains.stamp(row["at"])}


def _one(seal: dict[str, Any], previous: str, anchored: Mapping[str, Any] | None) -> Iterator[Finding]:
    text = anchors.text(seal)
    if chains.digest(text) != seal["hash"] or seal["previous"] != previous:
        yield _about("seal_altered", seal)
    known = {str(anchored["public_key"])} if anchored else set()
    own = write_seals.public_key()
    trusted = known | ({own} if own else set()) or {seal["public_key"]}
    if seal["public_key"] not in trusted or not write_seals.signed_well(text, seal["signature"], seal["public_key"]):
        yield _about("seal_signature", seal)
    if anchored is not None and any(anchored.get(name) != seal[name] for name in (*anchors.SIGNED, "hash", "signature")):
        yield _about("anchor_differs", seal)


def _about(code: str, seal: Mapping[str, Any]) -> Finding:
    return Finding(code, at=str(seal["at"]), detail={"number": seal["number"]})


def _roots(rows: Iterable[Any]) -> dict[int, tuple[str, int, int, set[int]]]:
    """Number of a seal → root over its leaves, how many, records they add, their chains."""
    lengths: dict[int, int] = {}
    found = {}
    for number, group in groupby(rows, key=lambda row: row[0]):
        heads = [(chain, length, head) for _number, chain, length, head in group]
        added = sum(length - lengths.get(chain, 0) for chain, length, _head in heads if isinstance(length, int))
        lengths.update((chain, length) for chain, length, _head in heads if isinstance(length, int))
        root = merkle.root([merkle.leaf(*head) for head in heads]).hex()
        found[number] = (root, len(heads), added, {chain for chain, _length, _head in heads})
    return found
