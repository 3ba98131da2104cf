"""Trials of drafts, the scenarios that are kept from them, and how those went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Json, Key, UtcDateTime, new_key
from app.engine.change_journal.followed_rows import follow


class Trial(Base):
    """One person's trial of one draft: what he did, step by step. Its state is what comes of doing it all again."""

    __tablename__ = "trial"
    __table_args__ = (UniqueConstraint("person", "draft_key"), Index("ix_trial_touched", "touched_at"))

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    person: Mapped[str] = mapped_column(String(100))
    draft_key: Mapped[int] = mapped_column(ForeignKey("model_draft.key"))
    #: other drafts that are tried together with it
    beside: Mapped[list[int]] = mapped_column(Json(list), default=list)
    #: what a scenario is made of: process, begin, stubs, steps (``steps.Play``)
    play: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: the machine's time; nobody touched it for two weeks: it is cleared away
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class Scenario(Base):
    """A kept way through a process, run again before each deployment."""

    __tablename__ = "scenario"
    __table_args__ = (Index("ix_scenario_process", "process_id", "state"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    name: Mapped[str] = mapped_column(String(200))
    process_id: Mapped[str] = mapped_column(String(200))
    #: begin, stubs, steps with what is expected after each
    play: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: ACTIVE, DISABLED, DELETED
    state: Mapped[str] = mapped_column(String(10), default="ACTIVE")
    #: why it is disabled or deleted
    reason: Mapped[str] = mapped_column(Text, default="")
    #: the file under ``processes/scenarios`` that it came from, and that file's SHA-256
    resource: Mapped[str] = mapped_column(String(200), default="")
    checksum: Mapped[str] = mapped_column(String(64), default="")
    #: the real instance that it was made from
    instance_key: Mapped[int | None] = mapped_column(Key)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(100))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(100))
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}

    @property
    def step_count(self) -> int | None:
        """How many steps it has; None: it cannot be read."""
        steps = self.play.get("steps") if isinstance(self.play, dict) else None
        return len(steps) if isinstance(steps, list) else None


class ScenarioRun(Base):
    """How a scenario went, once."""

    __tablename__ = "scenario_run"
    __table_args__ = (Index("ix_scenario_run", "scenario_key", "key"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True, default=new_key)
    scenario_key: Mapped[int] = mapped_column(ForeignKey("scenario.key"))
    #: the machine's time
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(100))
    #: what it ran on: "" is what is deployed, otherwise the drafts' file names
    files: Mapped[str] = mapped_column(Text, default="")
    ok: Mapped[bool] = mapped_column()
    #: ``ScenarioResult`` as JSON
    result: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    milliseconds: Mapped[int] = mapped_column(Integer)


follow(Scenario, campaign="")
