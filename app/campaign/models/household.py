"""Households, their members, what each source says about them, and what becomes of their forms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Day, Json, Key, UtcDateTime, new_key

#: Where a household form stands, in the order of the plan. The diagrams move it (``progress.mark``).
STAGES = (
    "waiting",  # 待入户: nobody has submitted a form yet
    "submitted",  # 已报送: waits for the instructor's review
    "returned",  # 已退回: waits for the investigator
    "reviewed",  # 审核通过: by the instructor
    "joint_reviewed",  # 会审通过
    "rereviewed",  # 复审通过: approved by the office; counts for the village form
    "entered",  # 已录入: keyed into 渝扶贫APP
)

#: Sources of a key field. R19 三统一 compares system, archive, actual; R20 四相符 compares county, town, village, household.
SOURCES = ("system", "archive", "actual", "county", "town", "village", "household")


class Household(Base):
    """A household to be checked."""

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("campaign_id", "code"),
        Index("ix_household_village", "campaign_id", "village", "code"),
        Index("ix_household_group", "campaign_id", "work_group", "walking_order", "code"),
        Index("ix_household_investigator", "campaign_id", "investigator", "walking_order", "code"),
        Index("ix_household_stage", "campaign_id", "stage", "village"),
        Index("ix_household_head", "campaign_id", "head"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: 户编号, unique in the campaign: V05-03-012
    code: Mapped[str] = mapped_column(String(40))
    village: Mapped[str] = mapped_column(String(20))
    #: villagers' group (组): "3"
    group_no: Mapped[str] = mapped_column(String(20), default="")
    head: Mapped[str] = mapped_column(String(100))
    #: registered (建档立卡) or key_general (一般农户中的重点户)
    kind: Mapped[str] = mapped_column(String(20))
    work_group: Mapped[str] = mapped_column(String(20), default="")
    #: user name
    investigator: Mapped[str] = mapped_column(String(100), default="")
    #: place in the investigator's walk, from 1
    walking_order: Mapped[int] = mapped_column(Integer, default=0)
    #: day of the planned visit
    planned_on: Mapped[date | None] = mapped_column(Day)
    address: Mapped[str] = mapped_column(String(200), default="")
    phone_cipher: Mapped[str] = mapped_column(Text, default="")
    bank_cipher: Mapped[str] = mapped_column(Text, default="")
    year_registered: Mapped[int | None] = mapped_column(Integer)
    year_out: Mapped[int | None] = mapped_column(Integer)
    #: in_poverty, out_of_poverty, out_enjoying_policy, returned; "" for key general households
    poverty_status: Mapped[str] = mapped_column(String(30), default="")
    poverty_cause: Mapped[str] = mapped_column(String(50), default="")
    low_income_allowance: Mapped[bool] = mapped_column(default=False)
    #: key general: code of list key_reasons
    key_reason: Mapped[str] = mapped_column(String(50), default="")
    #: see STAGES
    stage: Mapped[str] = mapped_column(String(20), default="waiting")
    stage_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: R21: the verification was submitted
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: first submission of the household form; later ones only move ``stage_at``
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    joint_reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: complete re-review passed (R09)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: R40–R42: on_site, remote, proxy, lost_contact; "" before the verification or the visit
    visit_mode: Mapped[str] = mapped_column(String(20), default="")
    #: newest submission of the household form (``forms.models.Submission.key``)
    submission_key: Mapped[int | None] = mapped_column(Key)
    #: counts kept beside the rows they count, so that lists need no join
    open_problems: Mapped[int] = mapped_column(Integer, default=0)
    open_holds: Mapped[int] = mapped_column(Integer, default=0)
    #: known answers that are not personal, form key → value: prefill before the first form, figures for totals after it
    facts: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: instance of the process ``household``
    instance_key: Mapped[int | None] = mapped_column(Key)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class Member(Base):
    """A member of a household."""

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("campaign_id", "household", "position"),
        Index("ix_member_id_number", "campaign_id", "id_number_index"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    household: Mapped[str] = mapped_column(String(40))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(100))
    id_number_cipher: Mapped[str] = mapped_column(Text, default="")
    #: blind index: finds the same number twice without reading it
    id_number_index: Mapped[str] = mapped_column(String(64), default="")
    #: head, spouse, child …: options of the household form
    relation: Mapped[str] = mapped_column(String(30), default="")
    #: male or female
    sex: Mapped[str] = mapped_column(String(10), default="")
    birth_date: Mapped[date | None] = mapped_column(Day)
    health_cipher: Mapped[str] = mapped_column(Text, default="")
    #: education, school_status, labour, work_place, work_months, insurance, pension: form key → value
    facts: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)


class Extract(Base):
    """What one source says about a household's key fields. Personal values are encrypted (table ``extract``, column = the field)."""

    __tablename__ = "extract"
    __table_args__ = (UniqueConstraint("campaign_id", "household", "source"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    household: Mapped[str] = mapped_column(String(40))
    #: see SOURCES
    source: Mapped[str] = mapped_column(String(20))
    #: key field → value
    values: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)


class Visit(Base):
    """One visit as its form tells it; who ever investigated a household may not spot-check it."""

    __tablename__ = "visit"
    __table_args__ = (
        Index("ix_visit_household", "campaign_id", "household", "key"),
        Index("ix_visit_investigator", "campaign_id", "investigator", "started_at"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    household: Mapped[str] = mapped_column(String(40))
    investigator: Mapped[str] = mapped_column(String(100))
    #: first, revisit, phone (R29)
    method: Mapped[str] = mapped_column(String(20), default="first")
    #: R40–R42: on_site, remote, proxy, lost_contact
    mode: Mapped[str] = mapped_column(String(20), default="on_site")
    guide: Mapped[str] = mapped_column(String(100), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    submission_key: Mapped[int | None] = mapped_column(Key)


class FormCode(Base):
    """R36: the code of a household form; once confirmed it never changes."""

    __tablename__ = "form_code"
    __table_args__ = (UniqueConstraint("campaign_id", "household"), UniqueConstraint("campaign_id", "code"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    household: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(60))
    confirmed_by: Mapped[str] = mapped_column(String(100))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AppEntry(Base):
    """R10, R38: a form keyed into 渝扶贫APP, with the receipt number it gave."""

    __tablename__ = "app_entry"
    __table_args__ = (UniqueConstraint("campaign_id", "subject"), UniqueConstraint("campaign_id", "receipt"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: household:<code> or village:<code>
    subject: Mapped[str] = mapped_column(String(100))
    receipt: Mapped[str] = mapped_column(String(60))
    keyed_by: Mapped[str] = mapped_column(String(100))
    keyed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: after the end of the entry window (R08)
    late: Mapped[bool] = mapped_column(default=False)


class SpotSample(Base):
    """R53: a household drawn for the spot check. Same campaign, rate and seed: same sample."""

    __tablename__ = "spot_sample"
    __table_args__ = (UniqueConstraint("campaign_id", "household"), Index("ix_spot_sample_checker", "campaign_id", "checker", "state"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    household: Mapped[str] = mapped_column(String(40))
    village: Mapped[str] = mapped_column(String(20))
    #: place in the draw, from 1
    position: Mapped[int] = mapped_column(Integer)
    seed: Mapped[int] = mapped_column(Integer)
    checker: Mapped[str] = mapped_column(String(100), default="")
    #: drawn, checked
    state: Mapped[str] = mapped_column(String(10), default="drawn")
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fields_checked: Mapped[int] = mapped_column(Integer, default=0)
    fields_wrong: Mapped[int] = mapped_column(Integer, default=0)
    #: [{"field", "label", "form", "found"}], personal values masked
    differences: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list)
    submission_key: Mapped[int | None] = mapped_column(Key)
