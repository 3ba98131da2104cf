"""An instance replayed on its own version of the diagram: where its tokens were at any moment, and the forms as they were."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from flask import abort, render_template, request, url_for
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app import clock
from app.audit import descriptions, queries, sentence_lookups
from app.audit.blueprint import blueprint
from app.audit.history import places, values, versions
from app.audit.queries import Filter
from app.audit.search.filling import LIGHT
from app.auth import access, database
from app.auth.language import locale
from app.element_names import spoken
from app.engine import definitions
from app.engine.models import Activity, Event, ProcessInstance, Task
from app.forms import browser, submissions
from app.forms.models import Submission

#: What one replay shows at most; an instance of the plan has a few dozen.
MOST_VISITS, MOST_RECORDS, MOST_CHILDREN = 3_000, 400, 50


@blueprint.get("/instances/<int:key>")
@access("auditor")
def instance(key: int) -> str:
    """The diagram with its time slider, and beside it what was done and filled in up to there."""
    with database().reading() as session:
        found = _instance(session, key)
        parent = session.get(ProcessInstance, found.parent_key, options=LIGHT) if found.parent_key else None
        children = _children(session, key, queries.cursor(request.args.get("children", "")))
        names = places.process_names(session, {each.definition_key for each in (found, *children, *([parent] if parent else []))})
        return render_template(
            "audit/instance.html",
            instance=found,
            parent=parent,
            children=children[:MOST_CHILDREN],
            more=children[MOST_CHILDREN - 1].key if len(children) > MOST_CHILDREN else 0,
            names=names,
            boot={"url": url_for("audit.replay", key=key), "form": url_for("audit.submission", key=0), "locale": locale()},
        )


@blueprint.get("/instances/<int:key>/replay")
@access("auditor")
def replay(key: int) -> dict[str, Any]:
    """Diagram, visits, tasks and sentences of an instance, for the slider. Times are ISO 8601."""
    with database().reading() as session:
        found = _instance(session, key)
        moves = versions.of(session, found)
        visits = session.scalars(select(Activity).where(Activity.instance_key == key).order_by(Activity.key).limit(MOST_VISITS + 1)).all()
        return {
            "diagrams": [_diagram(session, each) for each in moves.diagrams],
            "started": found.started_at.isoformat(),
            "ended": _iso(found.ended_at),
            "visits": [_visit(each, moves) for each in visits[:MOST_VISITS]],
            "joining": _joining(session, key),
            "cut": len(visits) > MOST_VISITS,
            "tasks": _tasks(session, key),
            "told": _told(session, key),
            "children": _called(session, key),
        }


@blueprint.get("/submissions/<int:key>")
@access("auditor")
def submission(key: int) -> dict[str, Any]:
    """A submitted form on its own version, personal values masked, for the form module."""
    with database().reading() as session:
        found = session.get(Submission, key)
        form = values.form_of(session, found) if found is not None else None
        if found is None or form is None:
            abort(404)
        data = submissions.data_of(session, found)
        payload = browser.reading(form, data, locale(), what="submission.field", key=str(key))
        name = places.people(session, {found.actor, found.on_behalf_of})
        by = {"actor": name.get(found.actor, found.actor), "absent": name.get(found.on_behalf_of, found.on_behalf_of)}
        about = {"title": form.title(locale()), "version": found.version, "revision": found.revision, "at": found.at.isoformat(), **by}
        return {**payload, "about": about}


def _instance(session: Session, key: int) -> ProcessInstance:
    found = session.get(ProcessInstance, key, options=LIGHT)
    if found is None:
        abort(404)
    return found


def _children(session: Session, key: int, after: int) -> list[ProcessInstance]:
    query = select(ProcessInstance).where(ProcessInstance.parent_key == key, ProcessInstance.key > after).options(*LIGHT)
    return list(session.scalars(query.order_by(ProcessInstance.key).limit(MOST_CHILDREN + 1)))


def _diagram(session: Session, each: versions.Diagram) -> dict[str, Any]:
    """The diagram by which the instance went from a moment on."""
    xml = definitions.file_of(session, each.definition_key).content.decode("utf-8", "replace")
    return {"from": _iso(each.since), "version": each.version, "xml": xml}


def _visit(each: Activity, moves: versions.Versions) -> dict[str, Any]:
    return {
        "key": str(each.key),
        "element": each.element_id,
        # where it stood in earlier versions, until when
        "was": [{"until": until.isoformat(), "element": element} for until, element in moves.earlier.get(each.key, [])],
        "name": spoken(each.element_name),
        "kind": each.kind,
        "from": each.entered_at.isoformat(),
        "to": _iso(each.left_at),
        "how": each.how,
        "cause": each.cause,
    }


def _joining(session: Session, key: int) -> list[dict[str, Any]]:
    """Tokens that waited at gateways for others, by the moments at which that changed: such a wait is no activity."""
    query = select(Event.at, Event.detail).where(Event.instance_key == key, Event.kind == "instance.stepped")
    found: list[dict[str, Any]] = []
    for at, detail in session.execute(query.order_by(Event.key).limit(MOST_VISITS)):
        at_gateways = dict(Counter(detail.get("joining") or ()))
        if at_gateways != (found[-1]["tokens"] if found else {}):
            found.append({"from": at.isoformat(), "tokens": at_gateways})
    return found


def _tasks(session: Session, key: int) -> list[dict[str, Any]]:
    """User tasks with the form that was submitted in each."""
    query = (
        select(Task, Submission.key)
        .outerjoin(Submission, and_(Submission.task_key == Task.key, Submission.instance_key == Task.instance_key))
        .where(Task.instance_key == key)
        .order_by(Task.key)
        .limit(MOST_RECORDS)
    )
    rows = session.execute(query).all()
    names = places.people(session, {name or "" for task, _form in rows for name in (task.completed_by, task.on_behalf_of, task.assignee)})
    return [
        {
            "key": str(task.key),
            "element": task.element_id,
            "name": spoken(task.name),
            "from": task.created_at.isoformat(),
            "to": _iso(task.completed_at),
            "state": task.state,
            "by": names.get(task.completed_by or "", task.completed_by or ""),
            "absent": names.get(task.on_behalf_of or "", task.on_behalf_of or ""),
            "submission": str(form) if form else "",
        }
        for task, form in rows
    ]


def _told(session: Session, key: int) -> list[dict[str, str]]:
    """Sentences of the instance's records, oldest first."""
    page = queries.select_records(session, Filter(instance=key), size=MOST_RECORDS, newest_first=False)
    around = sentence_lookups.load(session, page.rows)
    return [
        {
            "at": row.event.at.isoformat(),
            "day": f"{clock.local(row.event.at):%m-%d}",
            "text": descriptions.sentence(row, around, locale()),
            "element": row.event.element_id,
            "url": url_for("audit.record", key=row.event.key),
            "kind": row.event.kind,
        }
        for row in page.rows
        if row.event.kind != "instance.stepped"
    ]


def _called(session: Session, key: int) -> list[dict[str, str]]:
    """Children by the visit that called them; where there are many, the first of each."""
    query = (
        select(ProcessInstance.key, ProcessInstance.parent_activity_key, ProcessInstance.label, ProcessInstance.started_at)
        .where(ProcessInstance.parent_key == key)
        .order_by(ProcessInstance.key)
        .limit(MOST_CHILDREN)
    )
    return [
        {"visit": str(visit), "label": label, "at": started.isoformat(), "url": url_for("audit.instance", key=child)}
        for child, visit, label, started in session.execute(query)
    ]


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
