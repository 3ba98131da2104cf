"""A village: how its instances stand, its households, and what happened there."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app import clock
from app.audit import queries
from app.audit.blueprint import blueprint
from app.audit.history import entries, places
from app.audit.queries import Filter
from app.auth import access, database
from app.auth.language import locale
from app.engine.models import ProcessInstance, Task

#: Households on one page.
HOMES = 50
#: Records below them.
RECORDS = 20


@blueprint.get("/villages/<int:campaign>/<code>")
@access("auditor")
def village(campaign: int, code: str) -> str:
    """Counts by process, households a page at a time, the newest records."""
    with database().reading() as session:
        names = places.village_names(session, campaign)
        counts = _counts(session, campaign, code)
        if not counts and code not in names:
            abort(404)
        homes = _homes(session, campaign, code, request.args.get("after", "")[:100])
        page = queries.select_records(session, Filter(campaign=campaign, village=code, plain=True), size=RECORDS)
        return render_template(
            "audit/village.html",
            campaign=campaign,
            code=code,
            name=names.get(code, code),
            counts=counts,
            tasks=_tasks(session, campaign, code),
            homes=homes[:HOMES],
            after=homes[HOMES - 1]["code"] if len(homes) > HOMES else "",
            first=bool(request.args.get("after")),
            days=entries.by_day(entries.build(session, page.rows, locale())),
            page=page,
        )


def _counts(session: Session, campaign: int, code: str) -> list[dict[str, Any]]:
    """Per process: how many run, are done, were terminated."""
    query = (
        select(ProcessInstance.process_id, ProcessInstance.state, func.count(), func.max(ProcessInstance.definition_key))
        .where(ProcessInstance.campaign_id == campaign, ProcessInstance.scope == code)
        .group_by(ProcessInstance.process_id, ProcessInstance.state)
    )
    rows = session.execute(query).all()
    names = places.process_names(session, {row[3] for row in rows})
    table: dict[str, dict[str, Any]] = {}
    for process_id, state, number, definition in rows:
        table.setdefault(process_id, {"process": process_id, "name": names.get(definition, process_id)})[state] = number
    return [table[name] for name in sorted(table)]


def _tasks(session: Session, campaign: int, code: str) -> dict[str, int]:
    late = func.coalesce(func.sum(case((Task.due_at < clock.now(), 1), else_=0)), 0)
    where = (Task.campaign_id == campaign, Task.state == "OPEN", Task.scope == code)
    total, overdue = session.execute(select(func.count(), late).where(*where)).one()
    return {"open": total, "late": overdue}


def _homes(session: Session, campaign: int, code: str, after: str) -> list[dict[str, Any]]:
    """Households of which there are instances, by their codes."""
    running = func.sum(case((ProcessInstance.state.in_(("ACTIVE", "SUSPENDED")), 1), else_=0))
    query = (
        select(ProcessInstance.subject, func.min(ProcessInstance.label), func.count(), running, func.max(ProcessInstance.ended_at))
        .where(ProcessInstance.campaign_id == campaign, ProcessInstance.scope == code)
        .where(ProcessInstance.subject.startswith("household:"), ProcessInstance.subject > f"household:{after}")
        .group_by(ProcessInstance.subject)
        .order_by(ProcessInstance.subject)
        .limit(HOMES + 1)
    )
    return [
        {"code": subject.partition(":")[2], "label": label, "instances": number, "running": active or 0, "ended": ended}
        for subject, label, number, active, ended in session.execute(query)
    ]
