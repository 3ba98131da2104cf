"""Drafts of diagrams, decisions and forms: what administrators draw before anything is released."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Key, UtcDateTime, new_key


class ModelDraft(Base):
    """One file that somebody works on. Its content is that of its newest version."""

    __tablename__ = "model_draft"
    __table_args__ = (Index("ix_model_draft_state", "state", "updated_at"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    #: ``process``, ``decision`` or ``form``
    kind: Mapped[str] = mapped_column(String(10))
    #: file name: ``household.bpmn``
    resource: Mapped[str] = mapped_column(String(200))
    #: process, decision or form id, as read from the newest version ("" while it cannot be read)
    definition_id: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    #: the deployed definition that it began from; None: drawn new or imported
    base_key: Mapped[int | None] = mapped_column(Key)
    owner: Mapped[str] = mapped_column(String(100))
    #: OPEN, RELEASED, DISCARDED
    state: Mapped[str] = mapped_column(String(10), default="OPEN")
    #: number of the version that counts; whoever saves says from which one he came
    number: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by: Mapped[str] = mapped_column(String(100))
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class ModelDraftVersion(Base):
    """What a draft was after one save, or what somebody wanted to save over a version that he had not seen (``adopted`` false)."""

    __tablename__ = "model_draft_version"
    __table_args__ = (UniqueConstraint("draft_key", "number"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    draft_key: Mapped[int] = mapped_column(ForeignKey("model_draft.key"))
    number: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    #: SHA-256 of the content, hexadecimal
    checksum: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    adopted: Mapped[bool] = mapped_column(default=True)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by: Mapped[str] = mapped_column(String(100))


class ModelDraftPresence(Base):
    """Who has a draft open in an editor, and when the page last said so."""

    __tablename__ = "model_draft_presence"

    draft_key: Mapped[int] = mapped_column(ForeignKey("model_draft.key"), primary_key=True)
    person: Mapped[str] = mapped_column(String(100), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
