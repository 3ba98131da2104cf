"""Problems, what they hold, and questions to the leader."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Day, Json, Key, UtcDateTime, new_key


class Problem(Base):
    """A problem in the ledger (R15, R33): raised by a rule or by hand, closed only with evidence and by a second person."""

    __tablename__ = "problem"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        Index("ix_problem_state", "campaign_id", "state", "deadline", "key"),
        Index("ix_problem_village", "campaign_id", "village", "state", "deadline", "key"),
        Index("ix_problem_household", "campaign_id", "household", "state"),
        Index("ix_problem_group", "campaign_id", "work_group", "state"),
        Index("ix_problem_raised", "campaign_id", "raised_on", "village"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: P-V05-012: village and running number, see ``numbers.next_number``
    number: Mapped[str] = mapped_column(String(30))
    village: Mapped[str] = mapped_column(String(20))
    #: "" for a problem of the whole village
    household: Mapped[str] = mapped_column(String(40), default="")
    #: the household's head when it was raised
    head: Mapped[str] = mapped_column(String(100), default="")
    work_group: Mapped[str] = mapped_column(String(20), default="")
    #: path in the household form: "housing_grade", "members[2].insurance"; "" when none
    field: Mapped[str] = mapped_column(String(120), default="")
    field_label: Mapped[str] = mapped_column(String(200), default="")
    #: R03 dimension code: three_precise.*, three_guarantees.*, three_implementations.*
    dimension: Mapped[str] = mapped_column(String(50), default="")
    #: code of the rule that found it, or "by_hand"
    code: Mapped[str] = mapped_column(String(60), default="by_hand")
    #: 账账不相符 ledgers_differ, 账实不相符 ledger_differs_from_fact, 漏评风险 missed_risk, shortfall (policy not met), other
    kind: Mapped[str] = mapped_column(String(30), default="shortfall")
    #: at_once (立行立改), timed (限时), long (无法当场整改): from the classification decision
    category: Mapped[str] = mapped_column(String(30), default="")
    text: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text, default="")
    #: R51: codes of list seven_tasks
    tags: Mapped[list[str]] = mapped_column(Json(list), default=list)
    #: R54: a breach of law or discipline, handled apart
    breach: Mapped[bool] = mapped_column(default=False)
    #: 1 village (R44), 2 office (R46), 3 principals (R47)
    rung: Mapped[int] = mapped_column(Integer, default=1)
    #: open (being rectified), rectified (waits for the second person), closed, decided (rung 3: principals decided, stays on the list)
    state: Mapped[str] = mapped_column(String(12), default="open")
    deadline: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: user name of who must rectify (R46 落实专人); "" while it is the village's cadres
    responsible: Mapped[str] = mapped_column(String(100), default="")
    measure: Mapped[str] = mapped_column(Text, default="")
    raised_by: Mapped[str] = mapped_column(String(100), default="")
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: campaign day (local date) it was raised
    raised_on: Mapped[date] = mapped_column(Day)
    rectified_by: Mapped[str] = mapped_column(String(100), default="")
    rectified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: what was done
    rectification: Mapped[str] = mapped_column(Text, default="")
    #: attachments' keys and words: [{"kind", "key", "name"}]
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list)
    closed_by: Mapped[str] = mapped_column(String(100), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closure_note: Mapped[str] = mapped_column(Text, default="")
    #: rung 3
    decision: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(100), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: number of the supervision notice (R48), of the signed village list (R45)
    notice: Mapped[str] = mapped_column(String(60), default="")
    list_number: Mapped[str] = mapped_column(String(60), default="")
    #: R55: number of the earlier problem or household form this later finding is about
    linked_to: Mapped[str] = mapped_column(String(100), default="")
    #: submission that raised it
    submission_key: Mapped[int | None] = mapped_column(Key)
    #: instance of the process ``problem``
    instance_key: Mapped[int | None] = mapped_column(Key)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class Hold(Base):
    """R23, R24: a field of a household form that waits for a problem or a question. Open while ``released_at`` is empty."""

    __tablename__ = "hold"
    __table_args__ = (
        Index("ix_hold_household", "campaign_id", "household", "released_at"),
        Index("ix_hold_cause", "campaign_id", "cause"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    household: Mapped[str] = mapped_column(String(40))
    #: path in the household form
    field: Mapped[str] = mapped_column(String(120))
    field_label: Mapped[str] = mapped_column(String(200), default="")
    #: problem:<number> or question:<number>
    cause: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text, default="")
    #: candidate group that must act: "village_cadre:V05"
    waits_for: Mapped[str] = mapped_column(String(60), default="")
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: the field's new value, when the cause settled it (answer to a question)
    settled_value: Mapped[Any] = mapped_column(Json(), nullable=True)


class Question(Base):
    """R24: an indicator that the investigator cannot decide, put to the group's leader."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        Index("ix_question_group", "campaign_id", "work_group", "state", "due_at"),
        Index("ix_question_household", "campaign_id", "household"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: Q-G03-004
    number: Mapped[str] = mapped_column(String(30))
    household: Mapped[str] = mapped_column(String(40))
    work_group: Mapped[str] = mapped_column(String(20))
    village: Mapped[str] = mapped_column(String(20), default="")
    field: Mapped[str] = mapped_column(String(120))
    field_label: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: open, answered
    state: Mapped[str] = mapped_column(String(10), default="open")
    escalated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(100), default="")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    instance_key: Mapped[int | None] = mapped_column(Key)


class ProblemList(Base):
    """R45: what a village cannot rectify, signed by its secretary and captain, as one document."""

    __tablename__ = "problem_list"
    __table_args__ = (UniqueConstraint("campaign_id", "number"), Index("ix_problem_list_village", "campaign_id", "village", "key"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    number: Mapped[str] = mapped_column(String(60))
    village: Mapped[str] = mapped_column(String(20))
    #: problem numbers
    problems: Mapped[list[str]] = mapped_column(Json(list), default=list)
    drawn_up_by: Mapped[str] = mapped_column(String(100), default="")
    drawn_up_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: both signatures are there (``Signature`` with subject list:<number>) and it went to the office
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
