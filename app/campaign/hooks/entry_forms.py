"""R10, R37, R38: who keys an approved form into 渝扶贫APP, what is keyed in, and the second look at what the App holds then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.campaign import campaigns, schedule
from app.campaign.documents import app_screens, disclosure, frozen
from app.campaign.errors import Conflict
from app.campaign.hooks import subjects
from app.campaign.hooks.household_forms import HOUSEHOLD_FORMS
from app.campaign.models import AppEntry, FormCode
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks, masking, schema, submissions
from app.forms.hooks import Prepared
from app.forms.models import Submission


@dataclass(frozen=True, slots=True)
class _Approved:
    """The form that is keyed in, as it was approved."""

    form: schema.Form
    #: personal values plain
    data: Mapping[str, Any]
    #: what the approved paper states otherwise than its form did when it was filled in
    stated: Mapping[str, Any]


def _approved(session: Session, task: Task) -> _Approved | None:
    forms = HOUSEHOLD_FORMS if subjects.code(task, "household") else ("village",) if subjects.code(task, "village") else ()
    last = submissions.latest(session, task.campaign_id, forms, task.subject) if forms else None
    if last is None:
        return None
    data, stated = submissions.data_of(session, last, unmask=True), dict[str, Any]()
    kept = frozen.newest(session, task.campaign_id, "village_form", task.subject, form=last.key)
    if kept is not None:
        stated = {"totals": kept.data.get("totals") or {}}
    return _Approved(submissions.form_of(session, last), {**data, **stated}, stated)


@hooks.prepares("app_entry")
def app_entry(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """R10: what is keyed in, screen by screen, under which code, and when."""
    home, place = subjects.household(session, task), subjects.village(session, task)
    if home is None and place is None:
        return None
    code = place.code if place is not None else ""
    if home is not None:
        query = select(FormCode.code).where(FormCode.campaign_id == home.campaign_id, FormCode.household == home.code)
        code = session.scalar(query) or home.code
    now = clock.local(clock.now()).isoformat(timespec="minutes")
    made = Prepared(data={"code": code, "label": task.label, "keyed_at": now})
    found = _approved(session, task)
    if found is not None:
        masked = masking.masked(found.form, dict(found.data))
        made.keying = app_screens.of_form(session, found.form, masked, disclosure.code_lists(session, task.campaign_id))
        made.context = {"entered_form": found.form.id, "approved": _decisive(found)}
        made.reviewed = dict(found.stated)
    return made


def _decisive(found: _Approved) -> dict[str, Any]:
    """What the rules compare what the App shows with: the approved form by its keys, and what must be counted or cut out of it."""
    members = [row for row in found.data.get("members") or [] if isinstance(row, dict)]
    head = next((row for row in members if row.get("relation") == "head"), members[0] if members else {})
    number = str(head.get("id_number") or "")
    return {**found.data, "members_count": len(members) or None, "head_id_tail": number[-4:].upper() or None}


@hooks.accepts("app_entry")
def entered(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """The receipt number is kept, once; a number that another form already has is refused."""
    now = clock.now()
    dates = campaigns.dates(session, task.campaign_id)
    entry = AppEntry(
        campaign_id=task.campaign_id,
        subject=task.subject,
        receipt=outcome.data["receipt"],
        keyed_by=actor.name,
        keyed_at=now,
        late="entry_to" in dates and now > schedule.moment(dates["entry_to"]),
    )
    try:
        with session.begin_nested():
            session.add(entry)
            session.flush()
    except IntegrityError as error:
        raise Conflict("receipt_used", receipt=outcome.data["receipt"]) from error
    place = subjects.village(session, task)
    if place is not None:
        place.form_stage, place.form_stage_at = "entered", now
