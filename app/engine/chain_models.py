"""Tables of the proof: chains of records outside instances, seals over all chains, verifications, and what is erased without a break."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Key, UtcDateTime, new_key


class Chain(Base):
    """The head of a chain that belongs to no process instance: a person's acts, a lane of the system's, failed sign-ins.

    An instance's chain has its head on ``process_instance`` and the instance's key as its number.
    """

    __tablename__ = "chain"

    #: what ``event.chain`` says
    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    #: "person:zhang", "system:3", "sign-in:5"
    name: Mapped[str] = mapped_column(String(120), unique=True)
    length: Mapped[int] = mapped_column(Integer, default=0)
    #: hash of the newest record, hexadecimal
    head: Mapped[str] = mapped_column(String(64), default="")
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class Seal(Base):
    """A signed Merkle root over the heads of the chains that grew since the seal before. Never changed."""

    __tablename__ = "seal"

    #: 1, 2, … without a gap
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    #: hash of the seal before, "" for the first
    previous: Mapped[str] = mapped_column(String(64), default="")
    root: Mapped[str] = mapped_column(String(64))
    #: chains in this seal
    leaves: Mapped[int] = mapped_column(Integer)
    #: chains, and records in them, that this and all seals before hold
    chains: Mapped[int] = mapped_column(Integer)
    records: Mapped[int] = mapped_column(Integer)
    #: the machine's time
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: Ed25519, hexadecimal
    public_key: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    #: SHA-256 of the signed text, hexadecimal
    hash: Mapped[str] = mapped_column(String(64))


class SealedHead(Base):
    """A leaf of a seal: how long a chain was, and its head."""

    __tablename__ = "sealed_head"
    __table_args__ = (Index("ix_sealed_chain", "chain", "length"),)

    seal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    chain: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    length: Mapped[int] = mapped_column(Integer)
    head: Mapped[str] = mapped_column(String(64))


class Verification(Base):
    """One check of everything, chunk by chunk: how far it is, and what it found."""

    __tablename__ = "verification"

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(100))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: RUNNING, SOUND, BROKEN, FAILED
    state: Mapped[str] = mapped_column(String(10), default="RUNNING")
    records: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    #: number of the last chain that was checked
    position: Mapped[int] = mapped_column(Key, default=-(2**63))
    #: files come first, the newest at the beginning: the key of the last one that was looked at; None: none was, 0: all were
    files_from: Mapped[int | None] = mapped_column(Key)
    #: the newest seal when it began
    seal: Mapped[int] = mapped_column(Integer, default=0)
    #: [{code, chain, seq, key, at, …}], the first ones found; those of ``verdict`` (``limit_…``) say on what the verdict rests
    findings: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list)


class Retention(Base):
    """How long personal contents of a kind are kept after a campaign's last record."""

    __tablename__ = "retention"

    #: persons, texts, files, staff (``erasing.KINDS``)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    days: Mapped[int] = mapped_column(Integer)
    set_by: Mapped[str] = mapped_column(String(100))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Erasure(Base):
    """Personal contents of a campaign to be erased: asked for by one person, confirmed by another, done chunk by chunk."""

    __tablename__ = "erasure"

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    kinds: Mapped[list[str]] = mapped_column(Json(list), default=list)
    reason: Mapped[str] = mapped_column(String(500))
    requested_by: Mapped[str] = mapped_column(String(100))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str] = mapped_column(String(100), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: WAITING, REJECTED, RUNNING, DONE
    state: Mapped[str] = mapped_column(String(10), default="WAITING")
    #: which step it is at, and the last key that the step has dealt with
    step: Mapped[int] = mapped_column(Integer, default=0)
    position: Mapped[int] = mapped_column(Key, default=0)
    #: rows that were changed
    changed: Mapped[int] = mapped_column(Integer, default=0)
