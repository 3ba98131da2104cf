"""The village form with its reviews, signatures and county feedback; the village report; the guides."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import clock, personal
from app.campaign import totals
from app.campaign.hooks import signing, subjects
from app.campaign.models import Guide, Report, Signature, Village
from app.db import new_key
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks, submissions
from app.forms.hooks import Notice, Prepared
from app.forms.models import Submission

#: form id → what a signature stands under
DOCUMENTS = {"village": "village_form", "village_report": "village_report", "spot_check_report": "spot_check_report"}

#: roles whose signatures make the village form valid (R12: both)
_PRINCIPALS = frozenset({"principal_party", "principal_gov"})


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
def village_filled(session: Session, task: Task, _submission: Submission, outcome: Any, _actor: Actor) -> None:
    """What the village said about itself is known from now on."""
    place = subjects.village(session, task)
    if place is not None:
        place.facts = {name: value for name, value in outcome.data.items() if name not in ("totals", "code", "name")}
        if place.form_stage in ("waiting", "open", "returned"):
            place.form_stage, place.form_stage_at = "filled", clock.now()


@hooks.prepares("village_review", "county_feedback", "signature", "village_report", "guide_nomination")
def about_village(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """Which village it is, and when."""
    place = subjects.village(session, task)
    if place is None:
        return None
    now = clock.local(clock.now())
    return Prepared(data={"village": place.name, "received_at": now.isoformat(timespec="minutes")})


@hooks.prepares("signature")
def signature(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """What is to be signed and what changed since it was signed last: one page (R12)."""
    reviewed = str(task.properties.get("reviews") or "").split(",")[0]
    last = submissions.latest(session, task.campaign_id, reviewed, task.subject) if reviewed else None
    if last is None:
        return Prepared(data={"document": task.name, "about": task.label})
    form = submissions.form_of(session, last)
    data = submissions.data_of(session, last)
    earlier = _signed_before(session, task, DOCUMENTS.get(reviewed, reviewed))
    if earlier is not None and earlier.submission_key not in (None, last.key):
        changed = submissions.changes(submissions.read(session, earlier.submission_key or 0), data)
        lines = [f"{_label(form, path)}:{_word(old)} → {_word(new)}" for path, old, new in changed]
        digest = "\n".join([_("上次签字后修改 %(count)s 处：", count=len(changed)), *lines[:40]])
    else:
        digest = "\n".join(_digest(form, data))
    notices = [Notice(_("上次签字已作废：%(reason)s", reason=earlier.void_reason), "warning")] if earlier and earlier.voided_at else []
    return Prepared(data={"document": form.title(), "about": task.label, "digest": digest, "manner": "signature"}, notices=notices)


def _signed_before(session: Session, task: Task, document: str) -> Signature | None:
    query = select(Signature).where(
        Signature.campaign_id == task.campaign_id, Signature.subject == task.subject, Signature.document == document
    )
    return session.scalar(query.order_by(Signature.key.desc()).limit(1))


def _digest(form: Any, data: dict[str, Any]) -> list[str]:
    """The figures of a village form, or the first words of a report's sections."""
    figures = data.get("totals")
    if isinstance(figures, dict):
        return [f"{_label(form, f'totals.{name}')}:{_word(value)}" for name, value in figures.items() if value is not None]
    return [f"{_label(form, name)}:{value[:80]}" for name, value in data.items() if isinstance(value, str) and len(value) > 10]


def _label(form: Any, path: str) -> str:
    found = form.field(path)
    return found.node.label() if found else path


def _word(value: Any) -> str:
    return {"yes": _("是"), "no": _("否"), None: "—"}.get(value, str(value)) if not isinstance(value, list | dict) else str(value)


@hooks.accepts("signature")
def signed(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """Signature or seal over exactly what stood there; both principals make the village form signed."""
    if outcome.data.get("decision") != "sign":
        return
    reviewed = str(task.properties.get("reviews") or "").split(",")[0]
    last = submissions.latest(session, task.campaign_id, reviewed, task.subject) if reviewed else None
    document = DOCUMENTS.get(reviewed, reviewed or task.element_id)
    content = last.data if last else outcome.data
    mine = signing.sign(
        session,
        task,
        actor,
        document=document,
        manner=outcome.data.get("manner"),
        content=content,
        submission_key=last.key if last else None,
    )
    place = subjects.village(session, task)
    if place is None:
        return
    if document == "village_report":
        place.report_stage, place.report_stage_at = "signed", clock.now()
    elif document == "village_form":
        query = select(Signature.role).where(
            Signature.campaign_id == task.campaign_id,
            Signature.subject == task.subject,
            Signature.document == document,
            Signature.voided_at.is_(None),
        )
        if {*session.scalars(query), mine.role} >= _PRINCIPALS:
            place.form_stage, place.form_stage_at = "signed", clock.now()


@hooks.accepts("county_feedback")
def county_answered(session: Session, task: Task, _submission: Submission, outcome: Any, _actor: Actor) -> None:
    """R13: accepted, or back to the village."""
    place = subjects.village(session, task)
    if place is not None:
        place.form_stage = "county_accepted" if outcome.data.get("decision") == "approve" else "open"
        place.form_stage_at = clock.now()


@hooks.prepares("village_report")
def report(session: Session, task: Task, _identity: Any) -> Prepared:
    """R52: the draft made from data, or what was written before; the seven tasks (R51)."""
    place = subjects.village(session, task)
    draft = _report(session, task.campaign_id, place) if place else None
    today = clock.local(clock.now()).date().isoformat()
    data: dict[str, Any] = {"date": today, **(draft.content if draft else {})}
    last = submissions.latest(session, task.campaign_id, "village_report", task.subject)
    if last is not None:
        data |= submissions.data_of(session, last)
    data.setdefault("tasks", [{"name": item["label"]} for item in subjects.options(session, task.campaign_id, "seven_tasks")])
    return Prepared(data=data)


def _report(session: Session, campaign_id: int, place: Village) -> Report | None:
    query = select(Report).where(Report.campaign_id == campaign_id, Report.kind == "village_report", Report.scope == place.code)
    return session.scalar(query.order_by(Report.key.desc()).limit(1))


@hooks.accepts("village_report")
def report_edited(session: Session, task: Task, submission: Submission, outcome: Any, _actor: Actor) -> None:
    """The report as the village finished it."""
    place = subjects.village(session, task)
    if place is None:
        return
    now = clock.now()
    draft = _report(session, task.campaign_id, place)
    if draft is None:
        day = clock.local(now).date()
        draft = Report(campaign_id=task.campaign_id, kind="village_report", scope=place.code, day=day, made_at=now)
        session.add(draft)
    draft.content, draft.state, draft.submission_key = dict(outcome.data), "edited", submission.key
    place.report_stage, place.report_stage_at = "drafted", now


@hooks.prepares("guide_nomination")
def guides(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """Who was nominated before."""
    place = subjects.village(session, task)
    if place is None:
        return None
    last = submissions.latest(session, task.campaign_id, "guide_nomination", task.subject)
    return Prepared(data={"guides": submissions.data_of(session, last, unmask=True).get("guides", [])}) if last else None


@hooks.accepts("guide_nomination")
def guides_nominated(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """R39: the village's guides; the route lists print them."""
    place = subjects.village(session, task)
    if place is None:
        return
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
