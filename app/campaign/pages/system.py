"""The system administrator's and the auditor's first pages. No household data on either."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import access, actor, database
from app.campaign import listing, people
from app.campaign.blueprint import blueprint
from app.campaign.models import Campaign
from app.engine import runtime
from app.engine.models import Definition, Event, Incident, JobRow, ProcessInstance

#: events on one page
EVENTS = 60

#: kinds of events that an auditor looks at first
IRREGULAR = (
    "personal.unmasked",
    "role.assigned",
    "role.withdrawn",
    "account.locked",
    "account.closed",
    "instance.moved",
    "variables.changed",
)


@blueprint.get("/operations")
@access("admin")
def operations() -> str:
    """*What runs, what is broken?* Incidents first, then instances by process, then what is deployed."""
    with database().reading() as session:
        incidents = session.execute(
            select(Incident, ProcessInstance)
            .outerjoin(ProcessInstance, ProcessInstance.key == Incident.instance_key)
            .where(Incident.state == "OPEN")
            .order_by(Incident.key.desc())
            .limit(100)
        ).all()
        return render_template(
            "campaign/operations.html",
            incidents=incidents,
            instances=_instances(session),
            definitions=_definitions(session),
            jobs=_jobs(session),
            campaigns=session.scalars(select(Campaign).order_by(Campaign.id.desc())).all(),
        )


def _instances(session: Session) -> list[dict[str, Any]]:
    """Per process: how many are active, suspended, completed, terminated."""
    table: dict[str, dict[str, Any]] = {}
    counted = select(ProcessInstance.process_id, ProcessInstance.state, func.count()).group_by(
        ProcessInstance.process_id, ProcessInstance.state
    )
    for process_id, state, number in session.execute(counted):
        table.setdefault(process_id, {"process": process_id})[state] = number
    return [table[name] for name in sorted(table)]


def _definitions(session: Session) -> list[Definition]:
    """The newest version of each process, decision and form."""
    newest = (
        select(Definition.kind, Definition.id, func.max(Definition.version).label("version"))
        .group_by(Definition.kind, Definition.id)
        .subquery()
    )
    query = select(Definition).join(
        newest, and_(Definition.kind == newest.c.kind, Definition.id == newest.c.id, Definition.version == newest.c.version)
    )
    return list(session.scalars(query.order_by(Definition.kind.desc(), Definition.id)))


def _jobs(session: Session) -> dict[str, int]:
    """How much work is due, and how much of it failed."""
    rows = session.execute(select(JobRow.state, JobRow.timed, func.count()).group_by(JobRow.state, JobRow.timed))
    counts = {"timer": 0, "other": 0, "failed": 0}
    for state, timed, number in rows:
        counts["failed" if state == "FAILED" else "timer" if timed else "other"] += number
    return counts


@blueprint.post("/operations/incidents/<int:key>/retry")
@access("admin")
def retry(key: int) -> Response:
    """Try a failed job again."""
    by = actor()
    database().in_transaction(lambda session: runtime.retry(session, key, by))
    flash(_("已重新排队。若仍失败，异常会再次出现在这里。"), "success")
    return redirect(url_for("campaign.operations"), 303)


@blueprint.get("/records")
@access("auditor")
def records() -> str:
    """*What happened, is it true?* Search by text, person, kind and time; what is out of the ordinary first."""
    args = request.args
    with database().reading() as session:
        query = _search(select(Event), args)
        place = listing.position(args.get("after", ""), 1) if args.get("after") else None
        if place and str(place[0]).isdecimal():
            query = query.where(Event.key < int(place[0]))
        rows = list(session.scalars(query.order_by(Event.key.desc()).limit(EVENTS + 1)))
        shown = rows[:EVENTS]
        since = clock.now() - timedelta(days=1)
        irregular = session.execute(
            select(Event.kind, func.count()).where(Event.kind.in_(IRREGULAR), Event.at > since).group_by(Event.kind).order_by(Event.kind)
        )
        return render_template(
            "campaign/records.html",
            rows=shown,
            after=listing.cursor((str(shown[-1].key),)) if len(rows) > EVENTS else "",
            first=bool(place),
            irregular=list(irregular),
            names=people.names(session, [name for row in shown for name in (row.actor, row.on_behalf_of)]),
        )


def _search(query: Any, args: Any) -> Any:
    """The filters of the address: q, person, kind, from, to."""
    if text := args.get("q", "").strip()[:60]:
        escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        query = query.where(
            or_(Event.subject.like(f"%{escaped}%", escape="\\"), Event.element_id.like(f"{escaped}%", escape="\\"), Event.actor == text)
        )
    if person := args.get("person", "").strip()[:100]:
        query = query.where(or_(Event.actor == person, Event.on_behalf_of == person))
    if kind := args.get("kind", "").strip()[:60]:
        query = query.where(Event.kind.like(f"{kind}%"))
    for name, later in (("from", False), ("to", True)):
        day = _day(args.get(name, ""))
        if day is not None:
            moment = datetime.combine(day + timedelta(days=1 if later else 0), time(0), clock.CAMPAIGN_ZONE).astimezone(UTC)
            query = query.where(Event.at < moment if later else Event.at >= moment)
    return query


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
