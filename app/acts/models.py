"""What hangs on a user task without moving a token."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Key, UtcDateTime, new_key
from app.engine import contents
from app.engine.change_journal.followed_rows import follow


class Draft(Base):
    """What a user has typed into a task's form and not yet submitted. Gone when the task is completed."""

    __tablename__ = "draft"

    task_key: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=False)
    username: Mapped[str] = mapped_column(String(100), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    #: the form data as JSON, encrypted: a household form holds ID numbers
    content: Mapped[str] = mapped_column(Text)
    #: real time: it answers "is my work safe?"
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: counts the saves; a device that saves over a newer draft is told so
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class FieldComment(Base):
    """A reviewer's remark on one field of a submitted form, shown at that field until it is resolved."""

    __tablename__ = "field_comment"
    __table_args__ = (
        Index("ix_comment_subject", "campaign_id", "subject", "form_id", "resolved_at"),
        Index("ix_comment_task", "task_key"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    #: "household:123"
    subject: Mapped[str] = mapped_column(String(100))
    form_id: Mapped[str] = mapped_column(String(200))
    #: the submission that was looked at: its value says later whether the field was corrected
    submission_key: Mapped[int] = mapped_column(Key)
    #: the reviewing task in which it was written
    task_key: Mapped[int] = mapped_column(Key)
    #: field as in form data: "income.wage", "members[2].id_number"
    path: Mapped[str] = mapped_column(String(200))
    #: the field's label when it was written
    label: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(String(100))
    on_behalf_of: Mapped[str] = mapped_column(String(100), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: what the person who filled the form answers ("已电话核实，无误")
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_by: Mapped[str] = mapped_column(String(100), default="")
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[str] = mapped_column(String(100), default="")


class Attachment(Base):
    """A photo or document. The file lies under ``config.uploads`` with a random name; this row says whose it is."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_task", "task_key"),
        Index("ix_attachment_subject", "campaign_id", "subject"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    task_key: Mapped[int] = mapped_column(Key)
    subject: Mapped[str] = mapped_column(String(100), default="")
    #: the form field it belongs to; "": the task as a whole
    path: Mapped[str] = mapped_column(String(200), default="")
    #: as the user's device called it: shown, never used as a path
    name: Mapped[str] = mapped_column(String(200))
    #: found from the content, not from the name
    media_type: Mapped[str] = mapped_column(String(100))
    #: bytes
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    #: file name under ``config.uploads``
    stored: Mapped[str] = mapped_column(String(64))
    uploaded_by: Mapped[str] = mapped_column(String(100))
    on_behalf_of: Mapped[str] = mapped_column(String(100), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)


# Not its name: people put names of persons there, and it is erased with them. What is followed can be told anew without it.
contents.cover(
    Attachment,
    (
        "key",
        "campaign_id",
        "task_key",
        "subject",
        "path",
        "media_type",
        "size",
        "sha256",
        "stored",
        "uploaded_by",
        "on_behalf_of",
        "at",
    ),
    file=("sha256", "stored", "media_type"),
)
follow(Attachment)
follow(FieldComment)
