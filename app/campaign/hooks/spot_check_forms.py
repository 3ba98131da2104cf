"""R53: the blind re-check of a drawn household, and its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign.documents import frozen, report_documents
from app.campaign.hooks import subjects
from app.campaign.hooks.household_forms import HOUSEHOLD_FORMS
from app.campaign.models import Household, Report, SpotSample
from app.engine.actor import Actor
from app.engine.models import Task
from app.engine.needed_decisions import need
from app.forms import hooks, submissions
from app.forms.hooks import Prepared
from app.forms.models import Submission

#: by how much an answer may differ before it counts as wrong
TOLERANCES = need("spot_check_tolerances", {"tolerance": float}, forms=("spot_check",))


@hooks.accepts("spot_check")
def checked(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> None:
    """Compared with the approved form, field by field."""
    home = subjects.needed(subjects.household(session, task), task, "household")
    query = select(SpotSample).where(SpotSample.campaign_id == task.campaign_id, SpotSample.household == home.code)
    sample = subjects.needed(session.scalar(query), task, "sample")
    form = submissions.latest(session, task.campaign_id, HOUSEHOLD_FORMS, task.subject)
    there = recorded(home, form.data if form else {})
    compared = [
        (name, there[name], outcome.data.get(name)) for name in there if there[name] is not None and outcome.data.get(name) is not None
    ]
    allowed = [answer[0]["tolerance"] for answer in TOLERANCES.ask_each(session, [{"field": name} for name, _one, _other in compared])]
    wrong = [
        {"field": name, "form": one, "found": other}
        for (name, one, other), tolerance in zip(compared, allowed, strict=True)
        if not _agree(one, other, tolerance)
    ]
    sample.state, sample.checker, sample.checked_at = "checked", actor.name, clock.now()
    sample.fields_checked, sample.fields_wrong, sample.differences = len(compared), len(wrong), wrong
    sample.submission_key = submission.key


def recorded(home: Household, data: Mapping[str, Any]) -> dict[str, Any]:
    """The household form's answers to what the spot check asks."""
    members = data.get("members") or []
    living, water = data.get("living") or {}, data.get("water") or {}
    school = [row.get("schooling") for row in members if row.get("schooling")]
    return {
        "head": data.get("head") or home.head,
        "members_count": len(members) or None,
        "income_per_capita": (data.get("income") or {}).get("per_capita"),
        "insured_count": sum(1 for row in members if row.get("insurance") not in (None, "none")) if members else None,
        "food_clothing": ("no" if "no" in living.values() else "yes") if living else None,
        "education": ("no" if "dropped_out" in school else "yes") if school else ("none" if members else None),
        "housing_grade": (data.get("housing") or {}).get("grade"),
        "water_safe": ("no" if "no" in (water.get("quantity"), water.get("quality")) else "yes") if water else None,
    }


def _agree(one: Any, other: Any, tolerance: float) -> bool:
    return abs(float(one) - float(other)) <= tolerance if tolerance else bool(one == other)


@hooks.prepares("spot_check_report")
def report(session: Session, task: Task, _identity: Any) -> Prepared:
    """The sample's figures, and the draft made from them."""
    counted = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(SpotSample.fields_checked), 0),
            func.coalesce(func.sum(SpotSample.fields_wrong), 0),
            func.max(SpotSample.seed),
            func.count(SpotSample.checked_at),
        ).where(SpotSample.campaign_id == task.campaign_id)
    ).one()
    draft = _draft(session, task.campaign_id)
    sample = {
        "drawn": counted[0],
        "checked": counted[4],
        "fields_checked": int(counted[1]),
        "fields_wrong": int(counted[2]),
        "seed": counted[3],
    }
    return Prepared(data={"date": clock.local(clock.now()).date().isoformat(), **(draft.content if draft else {}), "sample": sample})


def _draft(session: Session, campaign_id: int) -> Report | None:
    query = select(Report).where(Report.campaign_id == campaign_id, Report.kind == "spot_check_report")
    return session.scalar(query.order_by(Report.key.desc()).limit(1))


@hooks.accepts("spot_check_report")
def report_written(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> None:
    """The report as it will be delivered."""
    draft = _draft(session, task.campaign_id)
    now = clock.now()
    if draft is None:
        draft = Report(campaign_id=task.campaign_id, kind="spot_check_report", scope="", day=clock.local(now).date(), made_at=now)
        session.add(draft)
    draft.content, draft.state, draft.submission_key = dict(outcome.data), "edited", submission.key
    session.flush()
    live = report_documents.live_spot_check_report(session, task.campaign_id)
    if live is not None:
        given: dict[str, Any] = {"stage": "issued", "at": now, "data": live.data, "submission_key": submission.key}
        frozen.keep(session, task.campaign_id, "spot_check_report", live.document.subject, live.document, actor, **given)
