"""Acts on many: how far they have come, what failed and why, and taking a migration back."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.auth import access, actor, database
from app.border import number_or
from app.engine.models import Definition, ProcessInstance
from app.modeler.drafts import people
from app.modeler.operations import batches, listing
from app.modeler.operations.attempts import attempt
from app.modeler.operations.blueprint import operations
from app.modeler.operations.models import OperationBatch, OperationItem

#: batches, items on one page
SIZE, ITEMS = 30, 50


@operations.get("/batches")
@access("admin")
def batch_list() -> str:
    """Every act on many, the newest first."""
    before = request.args.get("after", "")
    with database().reading() as session:
        query = select(OperationBatch).order_by(OperationBatch.key.desc()).limit(SIZE + 1)
        rows = list(session.scalars(query.where(OperationBatch.key < end) if (end := number_or(before)) else query))
        shown = rows[:SIZE]
        return render_template(
            "modeler/operations/batches.html",
            rows=shown,
            counts=batches.counts(session, [row.key for row in shown]),
            people=people.names(session, {row.actor for row in shown}),
            after=str(shown[-1].key) if len(rows) > SIZE else "",
            first=bool(before),
        )


@operations.get("/batches/<int:key>")
@access("admin")
def batch(key: int) -> str:
    """One act: its progress, its items; what failed first."""
    state, after = request.args.get("state", ""), request.args.get("after", "")
    with database().reading() as session:
        found = batches.find(session, key)
        return render_template("modeler/operations/batch.html", **_progress(session, found), **_items(session, found, state, after))


@operations.get("/batches/<int:key>/progress")
@access("admin")
def batch_progress(key: int) -> str:
    """The bar alone, asked for while the act goes on."""
    with database().reading() as session:
        return render_template("modeler/operations/batch_progress.html", **_progress(session, batches.find(session, key)))


def _progress(session: Session, found: OperationBatch) -> dict[str, Any]:
    keys = [key for key in (found.from_key, found.to_key) if key]
    versions = {row.key: row for row in session.scalars(select(Definition).where(Definition.key.in_(keys)))} if keys else {}
    counts = batches.counts(session, [found.key]).get(found.key, {"WAITING": found.total, "DONE": 0, "FAILED": 0})
    return {
        "batch": found,
        "counts": counts,
        "old": versions.get(found.from_key or 0),
        "new": versions.get(found.to_key or 0),
        "people": people.names(session, {found.actor}),
        "may_take_back": found.kind == "migrate" and bool(found.finished_at) and counts["DONE"] > 0 and not _taken_back(session, found),
    }


def _taken_back(session: Session, found: OperationBatch) -> bool:
    return bool(session.scalar(select(exists().where(OperationBatch.of_key == found.key))))


def _items(session: Session, found: OperationBatch, state: str, after: str) -> dict[str, Any]:
    query = select(OperationItem, ProcessInstance).outerjoin(ProcessInstance, ProcessInstance.key == OperationItem.instance_key)
    query = query.where(OperationItem.batch_key == found.key)
    if state in ("WAITING", "DONE", "FAILED"):
        query = query.where(OperationItem.state == state)
    query = query.where(OperationItem.key > number_or(after))
    rows = session.execute(query.order_by(OperationItem.key).limit(ITEMS + 1)).all()
    shown = rows[:ITEMS]
    return {
        "rows": shown,
        "after": str(shown[-1][0].key) if len(rows) > ITEMS else "",
        "first": bool(after),
        "state": state,
        "names": listing.processes(session),
    }


@operations.post("/batches/<int:key>/taken-back")
@access("admin")
def batch_take_back(key: int) -> Response:
    """Undo the migrations of a batch: those instances that have not moved since."""
    by, reason = actor(), request.form.get("reason", "")
    made: list[OperationBatch] = []

    def work(session: Session) -> None:
        found = batches.find(session, key)
        query = select(OperationItem.result_key, OperationItem.instance_key).where(
            OperationItem.batch_key == found.key, OperationItem.state == "DONE", OperationItem.result_key.is_not(None)
        )
        targets = [(result, instance) for result, instance in session.execute(query.order_by(OperationItem.key)) if result]
        more = {"from_key": found.to_key, "to_key": found.from_key, "of_key": found.key}
        made[:] = [batches.begin(session, "take_back", targets, by, reason=reason, **more)]

    answer = attempt(work, back=url_for("operations.batch", key=key), done=_("已开始撤回。"))
    return redirect(url_for("operations.batch", key=made[0].key), 303) if made else answer
