"""The village form with its reviews and county feedback; the village report; the guides."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import clock, personal
from app.campaign import totals
from app.campaign.documents import village_figures
from app.campaign.documents.report_documents import live_village_report
from app.campaign.hooks import subjects
from app.campaign.models import Guide, Report, Village
from app.db import new_key
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks, submissions
from app.forms.hooks import Prepared
from app.forms.models import Submission


@hooks.prepares("village")
def village_form(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """R11: village items as known, totals from the household forms."""
    place = subjects.village(session, task)
    if place is None:
        return None
    last = submissions.latest(session, task.campaign_id, "village", task.subject)
    data = submissions.data_of(session, last, unmask=True) if last else dict(place.facts)
    data |= {"code": place.code, "name": place.name, "totals": totals.village(session, task.campaign_id, place.code)}
    return Prepared(data=data)


@hooks.accepts("village")
def village_filled(session: Session, task: Task, _submission: Submission, _outcome: Any, _actor: Actor) -> None:
    """What the village said stands in the submission, with its personal fields encrypted, and nowhere else."""
    place = subjects.needed(subjects.village(session, task), task, "village")
    if place.form_stage in ("waiting", "open", "returned"):
        place.form_stage, place.form_stage_at = "filled", clock.now()


@hooks.accepts("county_feedback")
def county_answered(session: Session, task: Task, _submission: Submission, outcome: Any, _actor: Actor) -> None:
    """R13: accepted, or back to the village."""
    place = subjects.needed(subjects.village(session, task), task, "village")
    place.form_stage = "county_accepted" if outcome.data.get("decision") == "approve" else "open"
    place.form_stage_at = clock.now()


@hooks.prepares("village_report")
def report(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """R52: what is counted now, beside what the village wrote before; the seven tasks (R51)."""
    place = subjects.village(session, task)
    live = live_village_report(session, task.campaign_id, place.code) if place else None
    today = clock.local(clock.now()).date().isoformat()
    data = {name: value for name, value in live.data.items() if name not in ("figures", "drawn")} if live else {}
    return Prepared(data={**data, "date": data.get("date") or today})


def _report(session: Session, campaign_id: int, place: Village) -> Report | None:
    query = select(Report).where(Report.campaign_id == campaign_id, Report.kind == "village_report", Report.scope == place.code)
    return session.scalar(query.order_by(Report.key.desc()).limit(1))


@hooks.accepts("village_report")
def report_edited(session: Session, task: Task, submission: Submission, outcome: Any, _actor: Actor) -> None:
    """The report as the village finished it."""
    place = subjects.needed(subjects.village(session, task), task, "village")
    now = clock.now()
    draft = _report(session, task.campaign_id, place)
    if draft is None:
        day = clock.local(now).date()
        draft = Report(campaign_id=task.campaign_id, kind="village_report", scope=place.code, day=day, made_at=now)
        session.add(draft)
    figures = village_figures.figures(session, task.campaign_id, place.code)
    draft.content, draft.state, draft.submission_key = {**outcome.data, "figures": figures}, "edited", submission.key
    place.report_stage, place.report_stage_at = "drafted", now


@hooks.accepts("guide_nomination")
def guides_nominated(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """R39: the village's guides; the route lists print them."""
    place = subjects.needed(subjects.village(session, task), task, "village")
    session.execute(delete(Guide).where(Guide.campaign_id == task.campaign_id, Guide.village == place.code))
    for row in outcome.data.get("guides") or []:
        key = new_key()
        session.add(
            Guide(
                key=key,
                campaign_id=task.campaign_id,
                village=place.code,
                name=row.get("name") or "",
                phone_cipher=personal.encrypt("guide", key, "phone", row.get("phone") or ""),
                group_nos=re.findall(r"\d+", row.get("groups") or ""),
                party_member=row.get("party_member") == "yes",
                nominated_by=actor.name,
                nominated_at=clock.now(),
            )
        )
