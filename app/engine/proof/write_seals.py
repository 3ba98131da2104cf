"""Sealing: the heads of all chains that grew, under one signed root. Writers are not held up: heads are only read."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app import clock
from app.config import Config
from app.db import Database, key_at
from app.engine import chains
from app.engine.chain_models import Chain, Seal, SealedHead
from app.engine.models import Event, ProcessInstance
from app.engine.proof import anchors, check_times, merkle

_log = logging.getLogger(__name__)

_MANY = 500
#: Seconds between two looks whether a seal is due.
_LOOK_EVERY = 30.0

Head = tuple[int, int, str]


class NotInstalled(Exception):
    """There is no key to seal with: this process has not called ``write_seals.install``."""


@dataclass(slots=True)
class _Installed:
    key: Ed25519PrivateKey
    folder: Path
    every: timedelta
    looked: float = 0.0


_installed: _Installed | None = None


def install(seed: str, folder: Path, *, minutes: float = 10) -> None:
    """Seal with the Ed25519 key of *seed* (64 hexadecimal characters), every so many minutes, and append to the anchor file in *folder*."""
    global _installed
    _installed = _Installed(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed)), folder, timedelta(minutes=minutes))


def install_from(config: Config) -> None:
    """As the settings say; without a key nothing is sealed."""
    if config.seal_key:
        install(config.seal_key, config.anchors or config.home / "anchors", minutes=config.seal_minutes)


def _in_use() -> _Installed:
    if _installed is None:
        raise NotInstalled(NotInstalled.__doc__)
    return _installed


def public_key() -> str | None:
    """The key of this installation's seals, hexadecimal; None when it has none."""
    return _installed.key.public_key().public_bytes_raw().hex() if _installed else None


def sign(text: bytes) -> str | None:
    """This installation's signature of *text*, hexadecimal; None when it has no key."""
    return _installed.key.sign(text).hex() if _installed else None


def anchor_file() -> Path:
    """Where seals are appended."""
    return _in_use().folder / anchors.NAME


def signed_well(text: bytes, signature: str, key: str) -> bool:
    """Whether *signature* is that of *text* by *key*."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), text)
    except (ValueError, InvalidSignature):
        return False
    return True


def newest(session: Session) -> Seal | None:
    """The last seal."""
    return session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))


def first_after(session: Session, moment: datetime) -> Seal | None:
    """The first seal that was made after a moment of the machine's time."""
    return session.scalar(select(Seal).where(Seal.at > moment).order_by(Seal.number).limit(1))


def run(db: Database, *, everything: bool = False) -> Seal | None:
    """Seal what grew, and append it to the anchor file; None when nothing grew.

    *everything*: look at every chain, not only at those with records since the seal before.
    """
    made = db.in_transaction(lambda session: seal(session, everything=everything))
    with db.reading() as session:
        path = anchor_file()
        last = max(anchors.read(path), default=0) if path.exists() else 0
        # Also what a crash kept from the file.
        anchors.append(path, session.scalars(select(Seal).where(Seal.number > last).order_by(Seal.number)).all())
    return made


def keep_up(db: Database) -> None:
    """Seal when the last seal is old enough; called by workers again and again."""
    use = _installed
    if use is None or time.monotonic() - use.looked < _LOOK_EVERY:
        return
    use.looked = time.monotonic()
    with db.reading() as session:
        last = session.scalar(select(func.max(Seal.at)))
    if last is None or last.astimezone(clock.CAMPAIGN_ZONE) + use.every <= clock.real_now():
        try:
            # Once a day every chain is looked at.
            run(db, everything=last is None or last.date() != clock.real_now().date())
        except (anchors.AnchorError, OSError):  # the seal stands in the database; other work must not wait for a disk
            _log.error("the anchor file cannot be written", exc_info=True)


def seal(session: Session, *, everything: bool = False) -> Seal | None:
    """Write a seal over the heads that grew. Of two at one moment the second runs again and finds little left."""
    use, last, now = _in_use(), newest(session), clock.real_now()
    heads = sorted(_grown(session, last, everything))
    if not heads:
        return None
    sealed = _sealed(session, [chain for chain, _length, _head in heads])
    made = {
        "number": last.number + 1 if last else 1,
        "previous": last.hash if last else "",
        "root": merkle.root([merkle.leaf(*head) for head in heads]).hex(),
        "leaves": len(heads),
        "chains": (last.chains if last else 0) + sum(chain not in sealed for chain, _length, _head in heads),
        "records": (last.records if last else 0) + sum(length - sealed.get(chain, 0) for chain, length, _head in heads),
        "at": chains.stamp(now),
        "public_key": use.key.public_key().public_bytes_raw().hex(),
    }
    text = anchors.text(made)
    row = Seal(**{**made, "at": now}, hash=chains.digest(text), signature=use.key.sign(text).hex())
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise StaleDataError("somebody else has just made this seal") from error
    leaves = [{"seal": row.number, "chain": chain, "length": length, "head": head} for chain, length, head in heads]
    session.execute(insert(SealedHead), leaves)
    return row


_OWNERS = (
    (ProcessInstance.key, ProcessInstance.chain_length, ProcessInstance.chain_head),
    (Chain.key, Chain.length, Chain.head),
)


def _grown(session: Session, last: Seal | None, everything: bool) -> Iterator[Head]:
    """Chains that are longer than when they were last sealed."""
    if last is None or everything:
        found: list[Head] = [_head(row) for columns in _OWNERS for row in session.execute(select(*columns).where(columns[1] > 0))]
    else:
        # Older ones have been seen by the seal before.
        recent = select(Event.chain).where(Event.key >= key_at(last.at - check_times.SLOWEST)).distinct()
        keys = session.scalars(recent).all()
        found = [
            _head(row)
            for some in _chunks(keys)
            for columns in _OWNERS
            for row in session.execute(select(*columns).where(columns[0].in_(some), columns[1] > 0))
        ]
    sealed = _sealed(session, [row[0] for row in found])
    yield from (row for row in found if row[1] > sealed.get(row[0], 0))


def _head(row: Any) -> Head:
    return row[0], row[1], row[2]


_LENGTHS = (
    select(SealedHead.chain, func.max(SealedHead.length))
    .where(SealedHead.chain.in_(bindparam("some", expanding=True)))
    .group_by(SealedHead.chain)
)


def _sealed(session: Session, keys: Sequence[int]) -> dict[int, int]:
    """Chain → how long it was when it was last sealed."""
    found: dict[int, int] = {}
    for some in _chunks(keys):
        found.update((row[0], row[1]) for row in session.execute(_LENGTHS, {"some": some}))
    return found


def _chunks(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    return (keys[start : start + _MANY] for start in range(0, len(keys), _MANY))


def sealed_until(session: Session) -> datetime | None:
    """When the last seal was made."""
    return session.scalar(select(func.max(Seal.at)))
