"""A household's life on one page: everything that happened about it, on one line of time."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import queries
from app.audit.blueprint import blueprint
from app.audit.history import entries, places
from app.audit.queries import Filter
from app.audit.search.filling import LIGHT
from app.auth import access, database
from app.auth.language import locale
from app.engine.models import Event, ProcessInstance
from app.forms.models import Submission

#: Instances about one thing that are listed.
MOST = 60


@blueprint.get("/households/<int:campaign>/<code>")
@access("auditor")
def household(campaign: int, code: str) -> str:
    """Instances, tasks, forms with what they changed, findings, problems, remarks, files and documents, oldest first."""
    steps, newest = bool(request.args.get("steps")), request.args.get("order") == "new"
    kind = request.args.get("kind", "")[:60]
    wanted = Filter(campaign=campaign, household=code, kind=kind, plain=not steps)
    with database().reading() as session:
        instances = about(session, campaign, f"household:{code}")
        after = queries.cursor(request.args.get("after", ""))
        page = queries.select_records(session, wanted, after=after, newest_first=newest)
        if not instances and not page.rows and not known(session, campaign, f"household:{code}"):
            abort(404)
        return render_template(
            "audit/household.html",
            campaign=campaign,
            code=code,
            label=next((each.label for each in instances if each.label), code),
            village=next((each.scope for each in instances if each.scope), ""),
            villages=places.village_names(session, campaign),
            instances=instances,
            processes=places.process_names(session, {each.definition_key for each in instances}),
            days=entries.by_day(entries.build(session, page.rows, locale())),
            page=page,
            first=bool(after),
            steps=steps,
            newest=newest,
            kind=kind,
        )


def about(session: Session, campaign: int, subject: str) -> list[ProcessInstance]:
    """Instances about a thing, oldest first."""
    where = (ProcessInstance.campaign_id == campaign, ProcessInstance.subject == subject)
    return list(session.scalars(select(ProcessInstance).where(*where).options(*LIGHT).order_by(ProcessInstance.key).limit(MOST)))


def known(session: Session, campaign: int, subject: str) -> bool:
    """Did anything ever happen about a thing?"""
    for table in (Event, Submission):
        model: Any = table
        if session.scalar(select(model.key).where(model.campaign_id == campaign, model.subject == subject).limit(1)) is not None:
            return True
    return False
