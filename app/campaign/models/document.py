"""Word templates that an office has changed (documents that come out)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Key, UtcDateTime, new_key


class DocumentTemplate(Base):
    """One version of a campaign's own template of a kind of document; the newest that is not withdrawn counts."""

    __tablename__ = "document_template"
    __table_args__ = (UniqueConstraint("campaign_id", "kind", "revision"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: code of ``documents.kinds``: notice, village_report …
    kind: Mapped[str] = mapped_column(String(30))
    #: 1, 2, …
    revision: Mapped[int] = mapped_column(Integer)
    #: the .docx file as it was uploaded and checked
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    #: SHA-256, hexadecimal
    checksum: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(200), default="")
    uploaded_by: Mapped[str] = mapped_column(String(100))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: back to the template that came with the system (or to an earlier one)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
