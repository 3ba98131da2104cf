"""Villages and work groups: a table, one line to add, a button to remove what nobody uses yet."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.auth import access, actor, database, identity
from app.campaign.blueprint import blueprint
from app.campaign.models import Household, Village, WorkGroup
from app.campaign.setup import lookup
from app.campaign.setup.campaign_pages import SETUP
from app.engine import events

#: Characters of the code of a village or group.
_LONGEST_CODE = 20


@blueprint.get("/campaigns/<int:campaign_id>/places")
@access(*SETUP)
def places(campaign_id: int) -> str:
    """Villages with their work groups."""
    with database().reading() as read:
        found = lookup.campaign(read, identity(), campaign_id)
        villages = read.scalars(select(Village).where(Village.campaign_id == found.id).order_by(Village.position, Village.code)).all()
        groups = read.scalars(select(WorkGroup).where(WorkGroup.campaign_id == found.id).order_by(WorkGroup.code)).all()
        counted = select(Household.village, func.count()).where(Household.campaign_id == found.id).group_by(Household.village)
        by_group = select(Household.work_group, func.count()).where(Household.campaign_id == found.id).group_by(Household.work_group)
        return render_template(
            "campaign/setup/places.html",
            campaign=found,
            villages=villages,
            groups=groups,
            households=dict(read.execute(counted).all()),
            group_households=dict(read.execute(by_group).all()),
        )


def _code(written: str) -> str:
    """The code of a village or group; "" when it is longer than a code may be: cut off it would be another's."""
    code = written.strip()
    return code if len(code) <= _LONGEST_CODE else ""


@blueprint.post("/campaigns/<int:campaign_id>/villages")
@access(*SETUP)
def village_save(campaign_id: int) -> Response:
    """Add a village or give it another name."""
    code, name = _code(request.form.get("code", "")), request.form.get("name", "").strip()[:100]
    who, by = identity(), actor()

    def work(write: Session) -> None:
        found = lookup.campaign(write, who, campaign_id)
        row = write.scalar(select(Village).where(Village.campaign_id == found.id, Village.code == code))
        if row is None:
            last = write.scalar(select(func.max(Village.position)).where(Village.campaign_id == found.id)) or 0
            row = Village(campaign_id=found.id, code=code, position=last + 1)
            write.add(row)
        before, row.name = row.name or "", name
        detail = {"name": name, "old": before}
        events.record(write, "campaign.village", by, campaign_id=found.id, subject=f"village:{code}", detail=detail)

    if code and name:
        database().in_transaction(work)
    else:
        flash(_("请填写编码（不超过 %(most)s 个字符）和名称。", most=_LONGEST_CODE), "error")
    return redirect(url_for("campaign.places", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<int:campaign_id>/groups")
@access(*SETUP)
def group_save(campaign_id: int) -> Response:
    """Add a work group, rename it, or let it work in another village."""
    form = request.form
    code, name, village = _code(form.get("code", "")), form.get("name", "").strip()[:100], form.get("village", "")
    who, by = identity(), actor()

    def work(write: Session) -> bool:
        found = lookup.campaign(write, who, campaign_id)
        if write.scalar(select(Village.key).where(Village.campaign_id == found.id, Village.code == village)) is None:
            return False
        row = write.scalar(select(WorkGroup).where(WorkGroup.campaign_id == found.id, WorkGroup.code == code))
        if row is None:
            row = WorkGroup(campaign_id=found.id, code=code)
            write.add(row)
        before = {"name": row.name, "village": row.village} if row.name else None
        row.name, row.village = name, village
        detail = {"name": name, "village": village, "old": before}
        events.record(write, "campaign.group", by, campaign_id=found.id, subject=f"group:{code}", detail=detail)
        return True

    if not (code and name and database().in_transaction(work)):
        flash(_("请填写编码（不超过 %(most)s 个字符）和名称，并选择所在村。", most=_LONGEST_CODE), "error")
    return redirect(url_for("campaign.places", campaign_id=campaign_id), 303)


@blueprint.post("/campaigns/<int:campaign_id>/places/remove")
@access(*SETUP)
def place_remove(campaign_id: int) -> Response:
    """Remove a village or work group that no household and no group belongs to."""
    kind, code = request.form.get("kind", ""), request.form.get("code", "")
    who, by = identity(), actor()

    def work(write: Session) -> bool:
        found = lookup.campaign(write, who, campaign_id)
        if found.state != "draft":
            return False
        model: Any = Village if kind == "village" else WorkGroup
        column = Household.village if kind == "village" else Household.work_group
        used = write.scalar(select(func.count()).where(Household.campaign_id == found.id, column == code)) or 0
        if kind == "village":
            used += write.scalar(select(func.count()).where(WorkGroup.campaign_id == found.id, WorkGroup.village == code)) or 0
        row = write.scalar(select(model).where(model.campaign_id == found.id, model.code == code))
        if used or row is None:
            return False
        write.delete(row)
        detail = {"kind": kind, "code": code, "name": row.name}
        events.record(write, "campaign.place_removed", by, campaign_id=found.id, detail=detail)
        return True

    if not database().in_transaction(work):
        flash(_("还有农户或工作组属于它，不能删除。"), "error")
    return redirect(url_for("campaign.places", campaign_id=campaign_id), 303)
