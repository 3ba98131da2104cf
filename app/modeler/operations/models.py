"""Acts on many instances at once: one row for the act, one for each instance (or incident) it is done to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Key, UtcDateTime, new_key
from app.engine.change_journal.followed_rows import follow


class OperationBatch(Base):
    """One act on many: who, what, why, and how far it has come."""

    __tablename__ = "operation_batch"
    __table_args__ = (Index("ix_operation_batch_campaign", "campaign_id", "key"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    #: migrate, rehearse (a dry run), take_back, cancel, suspend, resume, retry, variable, move, timer
    kind: Mapped[str] = mapped_column(String(12))
    #: migrate, rehearse: from which definition to which
    from_key: Mapped[int | None] = mapped_column(Key)
    to_key: Mapped[int | None] = mapped_column(Key)
    #: or path → JSON of a variable, or element → where its tokens go, or the element whose timers fire
    mapping: Mapped[dict[str, str]] = mapped_column(Json(dict), default=dict)
    recompute: Mapped[bool] = mapped_column(default=False)
    #: take_back: the batch that is undone
    of_key: Mapped[int | None] = mapped_column(Key)
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(100))
    #: where the actor sat
    origin: Mapped[str] = mapped_column(String(60), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    total: Mapped[int] = mapped_column(Integer)


class OperationItem(Base):
    """One instance (or incident) of a batch, and what became of it."""

    __tablename__ = "operation_item"
    __table_args__ = (UniqueConstraint("batch_key", "target_key"), Index("ix_operation_item_state", "batch_key", "state", "key"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    batch_key: Mapped[int] = mapped_column(ForeignKey("operation_batch.key"))
    #: key of the instance, the incident, or the migration that is taken back
    target_key: Mapped[int] = mapped_column(Key)
    instance_key: Mapped[int | None] = mapped_column(Key)
    #: WAITING, DONE, FAILED
    state: Mapped[str] = mapped_column(String(8), default="WAITING")
    #: why it failed: Chinese and English
    cause: Mapped[str] = mapped_column(Text, default="")
    cause_en: Mapped[str] = mapped_column(Text, default="")
    #: key of the migration that was made
    result_key: Mapped[int | None] = mapped_column(Key)


follow(OperationBatch)
