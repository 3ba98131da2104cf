"""Requests to release: what is to be deployed, who asked, who decided. Not part of any campaign."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Json, Key, UtcDateTime, new_key
from app.engine.change_journal.followed_rows import follow


class ReleaseRequest(Base):
    """Files that somebody wants to see deployed together. Another person decides."""

    __tablename__ = "release_request"
    __table_args__ = (Index("ix_release_request_state", "state", "key"), Index("ix_release_request_deployment", "deployment_key"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    #: WAITING, RELEASED, REJECTED, WITHDRAWN
    state: Mapped[str] = mapped_column(String(10), default="WAITING")
    #: becomes the deployment's comment
    comment: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requested_by: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str] = mapped_column(String(100), default="")
    #: why it was decided so; required for a rejection and a withdrawal
    reason: Mapped[str] = mapped_column(Text, default="")
    #: the deployment that it became
    deployment_key: Mapped[int | None] = mapped_column(Key)
    #: the earlier deployment whose files it holds; None: files of drafts
    again_key: Mapped[int | None] = mapped_column(Key)
    #: {"at", "by", "results"} of the scenarios, as run last; null before that
    trial: Mapped[dict[str, Any] | None] = mapped_column(Json(dict), nullable=True)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    files: Mapped[list[ReleaseFile]] = relationship(lazy="raise", order_by="ReleaseFile.position")

    __mapper_args__ = {"version_id_col": revision}


class ReleaseFile(Base):
    """One file of a request, as it was when it was asked for. Its content never changes."""

    __tablename__ = "release_file"
    __table_args__ = (UniqueConstraint("request_key", "resource"), Index("ix_release_file_draft", "draft_key"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    request_key: Mapped[int] = mapped_column(ForeignKey("release_request.key"))
    position: Mapped[int] = mapped_column(Integer)
    #: the draft, and which of its versions; None: a file of an earlier deployment
    draft_key: Mapped[int | None] = mapped_column(Key)
    draft_number: Mapped[int | None] = mapped_column(Integer)
    #: ``process``, ``decision`` or ``form``
    kind: Mapped[str] = mapped_column(String(10))
    resource: Mapped[str] = mapped_column(String(200))
    #: what the file defines first, for display
    definition_id: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200), default="")
    #: SHA-256 of the content, hexadecimal
    checksum: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    #: user names of everybody who drew at it; none of them releases it
    drawn_by: Mapped[list[str]] = mapped_column(Json(list), default=list)


follow(ReleaseRequest, campaign="")
follow(ReleaseFile, campaign="")
