"""The campaign itself: dates, settings, villages, work groups, people, code lists."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Day, Json, Key, UtcDateTime, new_key


class Campaign(Base):
    """One run of the plan. Ids are small numbers (1, 2, …); in process variables they are text."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(200))
    #: who runs it, as documents sign it: 沙市镇人民政府
    organisation: Mapped[str] = mapped_column(String(200), default="")
    #: short name of the place in document numbers and addresses: 沙市镇
    place: Mapped[str] = mapped_column(String(100), default="")
    #: prefix of document numbers: 沙扶办
    document_prefix: Mapped[str] = mapped_column(String(50), default="")
    #: R01
    legal_basis: Mapped[str] = mapped_column(Text, default="")
    #: draft (being set up), running, ended
    state: Mapped[str] = mapped_column(String(10), default="draft")
    #: the demonstration: virtual clock, role switch, invented persons
    demonstration: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100), default="")
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: instance of the process ``campaign``
    instance_key: Mapped[int | None] = mapped_column(Key)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class CampaignDate(Base):
    """One date of the plan, as the diagrams read it (``campaign.<name>``)."""

    __tablename__ = "campaign_date"

    campaign_id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: e.g. visits_to, report_deadline, daily_close: see the schedule's data file
    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    #: ISO 8601 with zone: date-time, or time of day for what recurs daily
    value: Mapped[str] = mapped_column(String(40))
    #: somebody set it by hand; a new deadline does not move it
    adjusted: Mapped[bool] = mapped_column(default=False)


class Setting(Base):
    """A threshold or rule of the campaign (``settings.<name>`` in diagrams and decisions)."""

    __tablename__ = "campaign_setting"

    campaign_id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    value: Mapped[Any] = mapped_column(Json())


class Holiday(Base):
    """A day off, or a make-up working day, for campaigns that count working days."""

    __tablename__ = "campaign_holiday"

    campaign_id: Mapped[int] = mapped_column(Key, primary_key=True)
    day: Mapped[date] = mapped_column(Day, primary_key=True)
    #: holiday or make_up
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(100), default="")


class CodeItem(Base):
    """An entry of an editable list: nine_documents, key_reasons, seven_tasks, dimensions …"""

    __tablename__ = "code_item"

    campaign_id: Mapped[int] = mapped_column(Key, primary_key=True)
    list: Mapped[str] = mapped_column(String(50), primary_key=True)
    code: Mapped[str] = mapped_column(String(50), primary_key=True)
    label_zh: Mapped[str] = mapped_column(String(200))
    label_en: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Counter(Base):
    """The last number given in a numbered series; see ``numbers.next_number``."""

    __tablename__ = "campaign_counter"

    campaign_id: Mapped[int] = mapped_column(Key, primary_key=True)
    #: e.g. problem:V05, notice:2020, question:G03
    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[int] = mapped_column(Integer, default=0)


class Village(Base):
    """A village or community (村、社区)."""

    __tablename__ = "village"
    __table_args__ = (UniqueConstraint("campaign_id", "code"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    position: Mapped[int] = mapped_column(Integer, default=0)
    #: the village form: waiting (households open), open, reviewed, signed, town_approved, county_sent, county_accepted, entered
    form_stage: Mapped[str] = mapped_column(String(20), default="waiting")
    form_stage_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: the village report: waiting, drafted, signed, delivered
    report_stage: Mapped[str] = mapped_column(String(20), default="waiting")
    report_stage_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: village items known beforehand (road, power, clinic …), form key → value; the village form is prefilled from them
    facts: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)


class WorkGroup(Base):
    """A work group of the self-check (自查组), at home in one village."""

    __tablename__ = "work_group"
    __table_args__ = (UniqueConstraint("campaign_id", "code"), Index("ix_work_group_village", "campaign_id", "village"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    village: Mapped[str] = mapped_column(String(20), default="")
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Staff(Base):
    """A person seconded to the campaign (附件1: 选调统计表). The account and the roles are the accounts' tables."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("campaign_id", "username"), Index("ix_staff_group", "campaign_id", "work_group"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    username: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(100))
    unit: Mapped[str] = mapped_column(String(200), default="")
    post: Mapped[str] = mapped_column(String(100), default="")
    phone_cipher: Mapped[str] = mapped_column(Text, default="")
    work_group: Mapped[str] = mapped_column(String(20), default="")
    #: what the person does, for the table; rights come from the accounts
    role: Mapped[str] = mapped_column(String(40), default="")
    villages: Mapped[list[str]] = mapped_column(Json(list), default=list)
    #: code of the village the person comes from (avoidance: working there is a warning)
    home_village: Mapped[str] = mapped_column(String(20), default="")
    from_day: Mapped[date | None] = mapped_column(Day)
    to_day: Mapped[date | None] = mapped_column(Day)
    #: R04; who is trained may visit
    trained_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: reason given for working in the home village
    avoidance_reason: Mapped[str] = mapped_column(Text, default="")


class TrainingAttendance(Base):
    """R04: who was at which training."""

    __tablename__ = "training_attendance"
    __table_args__ = (UniqueConstraint("campaign_id", "username", "held_at"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    username: Mapped[str] = mapped_column(String(100))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime)
    present: Mapped[bool] = mapped_column(default=True)
    remark: Mapped[str] = mapped_column(String(200), default="")
    recorded_by: Mapped[str] = mapped_column(String(100), default="")


class Guide(Base):
    """R39: a guide (引导员) nominated by the village; printed on the route list."""

    __tablename__ = "guide"
    __table_args__ = (Index("ix_guide_village", "campaign_id", "village"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    village: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    phone_cipher: Mapped[str] = mapped_column(Text, default="")
    #: villagers' groups (组) this guide knows; empty: all
    group_nos: Mapped[list[str]] = mapped_column(Json(list), default=list)
    party_member: Mapped[bool] = mapped_column(default=False)
    nominated_by: Mapped[str] = mapped_column(String(100), default="")
    nominated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportRun(Base):
    """An import that runs, or ran; people may leave its page."""

    __tablename__ = "import_run"
    __table_args__ = (Index("ix_import_run_campaign", "campaign_id", "key"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    campaign_id: Mapped[int] = mapped_column(Key)
    #: households or staff
    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    #: reading, checking, writing, done, refused (see the marked workbook), failed
    state: Mapped[str] = mapped_column(String(10), default="reading")
    rows: Mapped[int] = mapped_column(Integer, default=0)
    rows_done: Mapped[int] = mapped_column(Integer, default=0)
    errors: Mapped[int] = mapped_column(Integer, default=0)
    warnings: Mapped[int] = mapped_column(Integer, default=0)
    #: name of the marked workbook under the uploads folder; "" when there is none
    result_file: Mapped[str] = mapped_column(String(200), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    started_by: Mapped[str] = mapped_column(String(100))
    #: times are the machine's
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: last sign of life; an import that stays silent was interrupted
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
