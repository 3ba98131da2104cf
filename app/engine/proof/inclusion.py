"""That one record is under a signed seal, as a JSON object which a script of 60 lines checks without this system."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from app.engine import chains
from app.engine.chain_models import Seal, SealedHead
from app.engine.models import Event
from app.engine.proof import anchors, check_chain, merkle, reading

FORMAT = "daopai-proof-1"


def proof(connection: Connection, key: int) -> dict[str, Any] | None:
    """The proof for the record *key*; None when there is no such record, or no seal holds it yet."""
    place = connection.execute(select(Event.chain, Event.seq).where(Event.key == key)).one_or_none()
    if place is None:
        return None
    sealed = select(SealedHead.seal, SealedHead.length).where(SealedHead.chain == place.chain, SealedHead.length >= place.seq)
    found = connection.execute(sealed.order_by(SealedHead.length).limit(1)).one_or_none()
    if found is None:
        return None
    (whole,) = reading.one_chain_after_another(connection, place.chain - 1, place.chain, found.seal)
    rows = whole.rows[place.seq - 1 : found.length]
    texts = [check_chain.read(row)[0] or b"" for row in rows]
    seal = connection.execute(select(*Seal.__table__.c).where(Seal.number == found.seal)).mappings().one()
    record = rows[0]
    return {
        "format": FORMAT,
        "record": texts[0].decode(),
        **_free_texts(record),
        "previous": whole.rows[place.seq - 2][check_chain.HASH] if place.seq > 1 else "",
        "following": [chains.digest(text) for text in texts[1:]],
        "chain": place.chain,
        "length": found.length,
        "path": _path(connection, found.seal, place.chain),
        "signed": list(anchors.SIGNED),
        "seal": {**{name: seal[name] for name in (*anchors.SIGNED, "hash", "signature")}, "at": chains.stamp(seal["at"])},
    }


def _free_texts(record: check_chain.Row) -> dict[str, Any]:
    """The free texts with their salt, so that whoever holds the proof can read and check them."""
    detail = check_chain.detail_of(record)
    return {
        "salt": record[check_chain.SALT],
        "texts": {name: detail[name] for name in chains.free_of(detail) if isinstance(detail[name], str)},
    }


def _path(connection: Connection, seal: int, chain: int) -> list[tuple[str, str]]:
    columns = (SealedHead.chain, SealedHead.length, SealedHead.head)
    heads = connection.execute(select(*columns).where(SealedHead.seal == seal).order_by(SealedHead.chain)).all()
    index = next(number for number, head in enumerate(heads) if head.chain == chain)
    return merkle.path([merkle.leaf(*head) for head in heads], index)
