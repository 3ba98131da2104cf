"""Tables of the auditors' room."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Key, UtcDateTime


class RecordIndex(Base):
    """How far the term index has come: one row. Whoever fills it moves this row in the same transaction, so nobody fills twice."""

    __tablename__ = "record_index"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, default=1)
    #: every record up to this key is in the index
    upto: Mapped[int] = mapped_column(Key, default=0)


class RecordSpan(Base):
    """Which campaign times a stretch of indexed records has: a search in a time span goes straight to its place.

    Campaign time follows the machine's only roughly: clocks may be virtual, and a timer acts at the time it was due.
    """

    __tablename__ = "record_span"

    #: the newest record of the stretch
    last_key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    first_key: Mapped[int] = mapped_column(Key)
    records: Mapped[int] = mapped_column(Integer)
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime] = mapped_column(UtcDateTime)
