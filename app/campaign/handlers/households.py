"""Households on their way: listed for a group, collected by the instructor, approved by the office."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaign import messages, progress
from app.campaign.handlers import trainings
from app.campaign.models import Household, Village, WorkGroup
from app.engine.jobs import Context, handler


@handler("campaign.list_households")
def list_households(session: Session, job: Context) -> dict[str, Any]:
    """The group's households in walking order, as the process ``household`` takes them."""
    trained = trainings.trained_people(session, job.campaign_id)
    rows = session.scalars(
        select(Household)
        .where(Household.campaign_id == job.campaign_id, Household.work_group == job.variables["group"]["code"])
        .order_by(Household.walking_order, Household.code)
    ).all()
    names = dict(session.execute(select(Village.code, Village.name).where(Village.campaign_id == job.campaign_id)).all())
    return {"households": [_variables(row, names.get(row.village, row.village), row.investigator in trained) for row in rows]}


def label(row: Household, village_name: str) -> str:
    """As people name a household: 柏树村 3组 张三."""
    return " ".join(part for part in (village_name, f"{row.group_no}组" if row.group_no else "", row.head) if part)


def _variables(row: Household, village_name: str, trained: bool) -> dict[str, Any]:
    return {
        "code": row.code,
        "label": label(row, village_name),
        "village": row.village,
        "group": row.work_group,
        "group_no": row.group_no,
        "investigator": row.investigator,
        "kind": row.kind,
        "trained": trained,
    }


@handler("campaign.collect_form")
def collect_form(session: Session, job: Context) -> dict[str, Any]:
    """The instructor has passed and keeps the form; the group's last one opens the hand-over (R27)."""
    row = _advance(session, job, "reviewed")
    # Locks the group, so that two last forms at the same moment cannot miss each other.
    session.execute(_lock(WorkGroup).where(WorkGroup.campaign_id == job.campaign_id, WorkGroup.code == row.work_group))
    if _open(session, job.campaign_id, Household.work_group == row.work_group, ~progress.reached("reviewed")) == 0:
        messages.publish(session, job.campaign_id, "group_collected", row.work_group, once="collected")
    # Locks the household: who frees its last field meanwhile comes before this look, or after the process waits for it.
    holds = select(Household.open_holds).where(Household.key == row.key).with_for_update()
    return {"held": (session.scalar(holds) or 0) > 0}


@handler("campaign.approve_household")
def approve_household(session: Session, job: Context) -> None:
    """The office's complete re-review is passed (R09); the village's last household opens the village form (R11)."""
    row = _advance(session, job, "rereviewed")
    session.execute(_lock(Village).where(Village.campaign_id == job.campaign_id, Village.code == row.village))
    if blockers(session, job.campaign_id, row.village) == 0:
        messages.publish(session, job.campaign_id, "village_complete", row.village)


def blockers(session: Session, campaign_id: int, village: str) -> int:
    """How many households of the village the office has not approved."""
    return _open(session, campaign_id, Household.village == village, ~progress.reached("rereviewed"))


def _advance(session: Session, job: Context, stage: str) -> Household:
    """Move the household up to *stage*, unless the form hook has done it; never back."""
    row = progress.advance(session, job.campaign_id, job.variables["household"]["code"], stage, at=job.now)
    session.flush()
    return row


def _lock(table: type[WorkGroup] | type[Village]) -> Any:
    return select(table.key).with_for_update()


def _open(session: Session, campaign_id: int, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(Household).where(Household.campaign_id == campaign_id, *conditions)) or 0
