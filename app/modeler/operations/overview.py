"""*What runs, what is broken?* The administrator's first page."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.auth import access, database
from app.engine.models import Definition, JobRow
from app.modeler.drafts import people
from app.modeler.drafts.models import ModelDraft
from app.modeler.operations import batches, incidents, listing
from app.modeler.operations.blueprint import operations
from app.modeler.operations.models import OperationBatch

#: drafts, incidents and batches shown here; the rest stands on their own pages
FEW = 5


@operations.get("")
@access("admin")
def overview() -> str:
    """Incidents by cause first, then what runs, who draws, what is deployed. A constant number of statements."""
    with database().reading() as session:
        groups = incidents.groups(session)
        drafts = list(
            session.scalars(select(ModelDraft).where(ModelDraft.state == "OPEN").order_by(ModelDraft.updated_at.desc()).limit(FEW))
        )
        recent = list(session.scalars(select(OperationBatch).order_by(OperationBatch.key.desc()).limit(FEW)))
        return render_template(
            "modeler/operations/overview.html",
            groups=groups[:FEW],
            incidents=sum(group.count for group in groups),
            causes=len(groups),
            instances=listing.by_state(session),
            definitions=_definitions(session),
            jobs=_jobs(session),
            drafts=drafts,
            batches=recent,
            counts=batches.counts(session, [batch.key for batch in recent]),
            people=people.names(session, {draft.updated_by for draft in drafts} | {batch.actor for batch in recent}),
            names=listing.processes(session),
        )


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


def _jobs(session: Session) -> dict[str, Any]:
    """How much work is due, and how much of it failed."""
    rows = session.execute(select(JobRow.state, JobRow.timed, func.count()).group_by(JobRow.state, JobRow.timed))
    counts = {"timer": 0, "other": 0, "failed": 0}
    for state, timed, number in rows:
        counts["failed" if state == "FAILED" else "timer" if timed else "other"] += number
    return counts
