"""Tables of submitted forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Key, UtcDateTime, new_key
from app.engine import contents


class Submission(Base):
    """A form as somebody submitted it. Never changed: a correction is a new row with the next revision."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("campaign_id", "subject", "form_id", "revision", name="uq_submission_revision"),
        Index("ix_submission_scope", "campaign_id", "form_id", "scope", "subject"),
        Index("ix_submission_task", "task_key"),
        Index("ix_submission_actor", "campaign_id", "actor", "at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    #: the form definition's key and version that was filled
    form_key: Mapped[int | None] = mapped_column(Key)
    form_id: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer, default=1)
    #: "household:<code>", "village:<code>" …
    subject: Mapped[str] = mapped_column(String(100), default="")
    #: the village's code
    scope: Mapped[str] = mapped_column(String(50), default="")
    task_key: Mapped[int | None] = mapped_column(Key)
    instance_key: Mapped[int | None] = mapped_column(Key)
    #: the cleaned values; personal fields as ``{"enc": …}``
    data: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: [{code, path, text_zh, text_en, dimension, reason}]
    warnings: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list)
    #: [{code, path, text_zh, text_en, dimension}] found by the rules
    problems: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list)
    actor: Mapped[str] = mapped_column(String(100))
    on_behalf_of: Mapped[str] = mapped_column(String(100), default="")
    #: campaign time
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: 1, 2, … within (campaign, subject, form)
    revision: Mapped[int] = mapped_column(Integer, default=1)


contents.cover(
    Submission,
    (
        "key",
        "campaign_id",
        "form_key",
        "form_id",
        "version",
        "subject",
        "scope",
        "task_key",
        "instance_key",
        "data",
        "warnings",
        "problems",
        "actor",
        "on_behalf_of",
        "at",
        "revision",
    ),
)
