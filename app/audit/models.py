"""Tables of the auditors' room."""

from __future__ import annotations

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Key


class RecordIndex(Base):
    """How far the term index has come: one row. Whoever fills it moves this row in the same transaction, so nobody fills twice."""

    __tablename__ = "record_index"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, default=1)
    #: every record up to this key is in the index
    upto: Mapped[int] = mapped_column(Key, default=0)
