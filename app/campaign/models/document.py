"""Word templates that an office has changed, and papers as they were signed or issued."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Key, UtcDateTime, new_key


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


class Paper(Base):
    """What a document stated when it was drawn up, signed or issued: every later print is made from this. Never changed."""

    __tablename__ = "paper"
    __table_args__ = (Index("ix_paper_subject", "campaign_id", "kind", "subject", "key"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: code of ``documents.kinds``
    kind: Mapped[str] = mapped_column(String(30))
    #: village:<code>, list:<number>, notice:<number>, campaign:<id>, day:<date>
    subject: Mapped[str] = mapped_column(String(100))
    #: drafted, signed, issued
    stage: Mapped[str] = mapped_column(String(10))
    #: the form behind it
    submission_key: Mapped[int | None] = mapped_column(Key)
    #: the Word template that it is printed with (``DocumentTemplate``); None: it has none
    template_key: Mapped[int | None] = mapped_column(Key)
    #: everything that it prints: {"document", "data", "by"} as ``documents.frozen`` writes it
    content: Mapped[dict[str, Any]] = mapped_column(Json(dict))
    #: SHA-256 of what it states, the lines of its signatures apart; hexadecimal
    content_hash: Mapped[str] = mapped_column(String(64))
    #: campaign time
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: the machine's time: the first seal after it is printed below
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)
