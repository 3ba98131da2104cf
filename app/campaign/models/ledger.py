"""What the campaign writes down: the day's ledger, progress, meetings, notices, signatures, reports, hand-overs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Day, Json, Key, UtcDateTime, new_key
from app.engine import contents


class LedgerDay(Base):
    """R16: the ledger and list of one day; nothing in it changes after ``frozen_at``."""

    __tablename__ = "ledger_day"
    __table_args__ = (UniqueConstraint("campaign_id", "day"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    day: Mapped[date] = mapped_column(Day)
    #: 1, 2, …
    number: Mapped[int] = mapped_column(Integer)
    frozen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: {"new", "rectified", "closed", "open", "overdue", "by_rung": {…}, "by_dimension": {…}, "by_village": {…}}
    counts: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    confirmed_by: Mapped[str] = mapped_column(String(100), default="")
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LedgerEntry(Base):
    """A line of a day's ledger: a problem as it stood then."""

    __tablename__ = "ledger_entry"
    __table_args__ = (UniqueConstraint("campaign_id", "day", "line"), Index("ix_ledger_entry_problem", "campaign_id", "problem"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    day: Mapped[date] = mapped_column(Day)
    line: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str] = mapped_column(String(30))
    village: Mapped[str] = mapped_column(String(20))
    #: the problem's columns as they stood: number, household, head, dimension, text, rung, state, deadline, responsible, measure …
    snapshot: Mapped[dict[str, Any]] = mapped_column(Json(dict))


class DayProgress(Base):
    """R50: a work group's progress at the close of one day; made, not typed."""

    __tablename__ = "day_progress"

    campaign_id: Mapped[int] = mapped_column(Key, primary_key=True)
    day: Mapped[date] = mapped_column(Day, primary_key=True)
    work_group: Mapped[str] = mapped_column(String(20), primary_key=True)
    village: Mapped[str] = mapped_column(String(20))
    #: {"target", "expected", "submitted", "submitted_today", "returned", "reviewed", "joint_reviewed", "approved", "entered",
    #: "problems_new", "problems_open", "problems_closed"}
    counts: Mapped[dict[str, Any]] = mapped_column(Json(dict))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Meeting(Base):
    """R31 研判会, R32 evening judgement, R35 joint review: agenda from live data, minutes, attendance."""

    __tablename__ = "meeting"
    __table_args__ = (Index("ix_meeting_kind", "campaign_id", "kind", "scope", "held_at"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: judgement (研判会), evening (每晚研判), joint_review (会审), training
    kind: Mapped[str] = mapped_column(String(20))
    #: work group or village code; "" for the town
    scope: Mapped[str] = mapped_column(String(20), default="")
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    chair: Mapped[str] = mapped_column(String(100), default="")
    #: [{"title", "subject", "url", "text"}]
    agenda: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list)
    minutes: Mapped[str] = mapped_column(Text, default="")
    #: [{"username", "name", "present"}]
    attendance: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list)
    submission_key: Mapped[int | None] = mapped_column(Key)
    instance_key: Mapped[int | None] = mapped_column(Key)


class Judgement(Base):
    """R32: what a meeting decided about one problem, or R35 about one household."""

    __tablename__ = "judgement"
    __table_args__ = (Index("ix_judgement_subject", "campaign_id", "subject", "key"), Index("ix_judgement_meeting", "meeting_key"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    meeting_key: Mapped[int] = mapped_column(Key)
    #: problem:<number> or household:<code>
    subject: Mapped[str] = mapped_column(String(100))
    #: e.g. continue, assign, escalate, notice, pass, return
    decision: Mapped[str] = mapped_column(String(30))
    measure: Mapped[str] = mapped_column(Text, default="")
    responsible: Mapped[str] = mapped_column(String(100), default="")
    deadline: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notice(Base):
    """R48: a supervision notice (督办通知), numbered, with receipt, reply and reminders."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        Index("ix_notice_village", "campaign_id", "village", "state"),
        Index("ix_notice_state", "campaign_id", "state", "reply_due_at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: 沙扶办督〔2020〕3号
    number: Mapped[str] = mapped_column(String(60))
    village: Mapped[str] = mapped_column(String(20), default="")
    addressee: Mapped[str] = mapped_column(String(200), default="")
    #: what kind of problems it is about (分门别类): dimension code
    category: Mapped[str] = mapped_column(String(50), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    #: problem numbers
    problems: Mapped[list[str]] = mapped_column(Json(list), default=list)
    #: issued, received, replied, closed
    state: Mapped[str] = mapped_column(String(10), default="issued")
    issued_by: Mapped[str] = mapped_column(String(100), default="")
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reply_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_by: Mapped[str] = mapped_column(String(100), default="")
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply: Mapped[str] = mapped_column(Text, default="")
    replied_by: Mapped[str] = mapped_column(String(100), default="")
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminders: Mapped[int] = mapped_column(Integer, default=0)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notification(Base):
    """R17: something delivered to one person (ledger of the day, notice, reminder, answer)."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("campaign_id", "username", "message_id"),
        Index("ix_notification_person", "campaign_id", "username", "read_at", "key"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    username: Mapped[str] = mapped_column(String(100))
    #: makes a repeated delivery harmless: "ledger:2020-05-22"
    message_id: Mapped[str] = mapped_column(String(120))
    #: ledger, notice, reminder, question, answer, escalation, report
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(100), default="")
    title: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text, default="")
    #: path in this application
    url: Mapped[str] = mapped_column(String(300), default="")
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Signature(Base):
    """R12, R45, R52: a signature or seal under what stood there at that time; a later change voids it visibly."""

    __tablename__ = "signature"
    __table_args__ = (Index("ix_signature_subject", "campaign_id", "subject", "document", "key"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: village:<code>, list:<number>, campaign:<id>
    subject: Mapped[str] = mapped_column(String(100))
    #: village_form, village_problem_list, village_report, principal_decision, spot_check_report
    document: Mapped[str] = mapped_column(String(30))
    #: role in which it was given
    role: Mapped[str] = mapped_column(String(40))
    signer: Mapped[str] = mapped_column(String(100))
    on_behalf_of: Mapped[str] = mapped_column(String(100), default="")
    #: signature (签字) or seal (盖章)
    manner: Mapped[str] = mapped_column(String(10), default="signature")
    signed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: what was signed: the submission and SHA-256 of its content
    submission_key: Mapped[int | None] = mapped_column(Key)
    content_hash: Mapped[str] = mapped_column(String(64), default="")
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by: Mapped[str] = mapped_column(String(100), default="")
    void_reason: Mapped[str] = mapped_column(Text, default="")


# Not how it was voided: that comes later, with a record of its own.
contents.cover(
    Signature,
    (
        "key",
        "campaign_id",
        "subject",
        "document",
        "role",
        "signer",
        "on_behalf_of",
        "manner",
        "signed_at",
        "submission_key",
        "content_hash",
    ),
)


class Report(Base):
    """R50, R52, R53: a report drafted from data, edited, signed, delivered."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("campaign_id", "kind", "scope", "day"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: village_report, spot_check_report, daily
    kind: Mapped[str] = mapped_column(String(20))
    #: village code; "" for the town
    scope: Mapped[str] = mapped_column(String(20), default="")
    day: Mapped[date] = mapped_column(Day)
    #: drafted, edited, signed, delivered
    state: Mapped[str] = mapped_column(String(10), default="drafted")
    #: form key → text and figures
    content: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submission_key: Mapped[int | None] = mapped_column(Key)


class HandOver(Base):
    """R27: a work group hands its finished forms to the office, against a receipt."""

    __tablename__ = "hand_over"
    __table_args__ = (UniqueConstraint("campaign_id", "receipt"), Index("ix_hand_over_group", "campaign_id", "work_group"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    work_group: Mapped[str] = mapped_column(String(20))
    receipt: Mapped[str] = mapped_column(String(60))
    households: Mapped[int] = mapped_column(Integer)
    handed_by: Mapped[str] = mapped_column(String(100))
    handed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_by: Mapped[str] = mapped_column(String(100), default="")
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
