"""The table of migrations: what each one changed, so that it can be taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Key, UtcDateTime, new_key


class InstanceMigration(Base):
    """One instance was moved to another version of its process."""

    __tablename__ = "instance_migration"
    __table_args__ = (
        Index("ix_instance_migration_instance", "instance_key", "key"),
        Index("ix_instance_migration_campaign", "campaign_id", "key"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    instance_key: Mapped[int] = mapped_column(ForeignKey("process_instance.key"))
    from_key: Mapped[int] = mapped_column(ForeignKey("definition.key"))
    to_key: Mapped[int] = mapped_column(ForeignKey("definition.key"))
    from_version: Mapped[int] = mapped_column(Integer)
    mapping: Mapped[dict[str, str]] = mapped_column(Json(dict), default=dict)
    reason: Mapped[str] = mapped_column(Text, default="")
    actor: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: tokens and variables before it
    tokens: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    variables: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict, deferred=True)
    #: rows that it removed, added and changed (``snapshots``)
    changes: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict, deferred=True)
    #: what the instance was right after it: as long as it is that, nothing has moved
    fingerprint: Mapped[str] = mapped_column(String(64))
    #: its own steps began something (a join was complete): it cannot be taken back
    moved: Mapped[bool] = mapped_column(default=False)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    taken_back_by: Mapped[str] = mapped_column(String(100), default="")
