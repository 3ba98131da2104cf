"""Rows for tests of the campaign: households, problems and questions in campaign 7, village V05 or V06."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import select

from app import clock
from app.campaign import problems, registering
from app.campaign.models import Campaign, Household, Problem
from app.campaign.registering import NewHousehold, NewMember
from app.db import Database
from app.engine.actor import Actor
from tests.web import CAMPAIGN, place

#: who raises what needs raising
RAISER = Actor("investigator.here")

ID_NUMBER = "509999197001010016"

_numbers = count(1)


def new(code: str = "", **more: Any) -> NewHousehold:
    """A registered household of two in V05, G03, that ``investigator.here`` investigates."""
    code = code or f"V05-{next(_numbers):03d}"
    values: dict[str, Any] = {
        "village": "V05",
        "group_no": "3",
        "work_group": "G03",
        "kind": "registered",
        "head": "张三",
        "phone": "10012345678",
        "investigator": "investigator.here",
        "walking_order": 1,
        "planned_on": date(2020, 5, 21),
        "year_registered": 2014,
        "year_out": 2018,
        "poverty_status": "out_enjoying_policy",
        "poverty_cause": "illness",
        "facts": {"housing": {"grade": "B"}, "income": {"wage": 20000}},
        "extracts": {
            "system": {"head": "张三", "phone": "10012345678", "members_count": 2},
            "archive": {"head": "张三", "members_count": 2},
        },
        "members": (
            NewMember("张三", "male", date(1970, 1, 1), ID_NUMBER, "head", "healthy", {"insurance": "resident"}),
            NewMember("李四", "female", date(1972, 2, 2), "509999197202020026", "spouse", "chronic", {"insurance": "resident"}),
        ),
    }
    return NewHousehold(code=code, **{**values, **more})


def write(db: Database, *homes: NewHousehold, campaign_id: int = CAMPAIGN) -> None:
    """Insert households."""
    db.in_transaction(lambda session: registering.write(session, campaign_id, homes))


def household(db: Database, **more: Any) -> str:
    """A fresh household; returns its code."""
    home = new(**more)
    write(db, home)
    return home.code


def problem(db: Database, **more: Any) -> str:
    """A fresh problem of a fresh household; returns its number."""
    code = more.pop("household", None) or household(db)
    raised = problems.Raised(text="住房不安全：C级危房未完成维修或搬迁。", household=code, field="housing.grade", **more)

    def work(session: Any) -> str:
        return problems.raise_problem(session, CAMPAIGN, raised, RAISER, at=clock.now()).number

    return db.in_transaction(work)


def campaign(db: Database, state: str = "draft") -> None:
    """Campaign 7 has this state; it is made when it is not there."""
    with db.reading() as session:
        missing = session.get(Campaign, CAMPAIGN) is None
    if missing:
        place(db)

    def work(session: Any) -> None:
        session.get_one(Campaign, CAMPAIGN).state = state

    db.in_transaction(work)


def read(db: Database, model: type[Household] | type[Problem], code: str) -> Any:
    """The row of a household or problem as it is stored now."""
    column = Household.code if model is Household else Problem.number
    with db.reading() as session:
        row = session.scalars(select(model).where(model.campaign_id == CAMPAIGN, column == code)).one()
        session.expunge(row)
        return row
