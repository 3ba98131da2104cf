"""Reviews of household forms on their way: instructor, joint review, re-review, code, hand-over."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import numbers, prefill, progress
from app.campaign.documents import household_documents
from app.campaign.hooks import subjects
from app.campaign.hooks.household_forms import HOUSEHOLD_FORMS
from app.campaign.models import HandOver, Household, WorkGroup
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks, submissions
from app.forms.hooks import Notice, Prepared
from app.forms.models import Submission
from app.forms.outcome import language

#: changed fields named in the notice above a review; the household's page shows all
_NAMED = 5


@hooks.prepares("review", "joint_review", "rereview")
def changes_since(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """R09: a form that came back is shown with what was changed in it."""
    code = subjects.code(task, "household")
    last = submissions.latest(session, task.campaign_id, HOUSEHOLD_FORMS, task.subject) if code else None
    if last is None or last.revision < 2:
        return None
    earlier = submissions.history(session, task.campaign_id, last.form_id, task.subject)[-2]
    changed = submissions.changes(submissions.data_of(session, earlier), submissions.data_of(session, last))
    if not changed:
        return None
    form = submissions.form_of(session, last)
    labels = [found.node.label(language()) for path, _old, _new in changed if (found := form.field(path))]
    listed = (", " if language() == "en" else "、").join(labels[:_NAMED])
    text = _("第 %(revision)s 次报送，与上次相比修改 %(count)s 处：%(fields)s", revision=last.revision, count=len(changed), fields=listed)
    return Prepared(notices=[Notice(text, "info", f"/households/{code}/forms/{last.form_id}/{last.revision}")])


@hooks.accepts("rereview")
def rereviewed(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> None:
    """The approved form is what is known about the household from now on."""
    if outcome.data.get("decision") != "approve":
        return
    home = subjects.needed(subjects.household(session, task), task, "household")
    last = subjects.needed(submissions.latest(session, task.campaign_id, HOUSEHOLD_FORMS, task.subject), task, "form")
    prefill.adopt(session, home, submissions.data_of(session, last, unmask=True))
    household_documents.keep_approved(session, home, last, actor, at=clock.now())


def _handed(session: Session, task: Task) -> tuple[WorkGroup | None, int, int]:
    """The group, its households, and how many of them the instructor has passed."""
    group = session.scalar(
        select(WorkGroup).where(WorkGroup.campaign_id == task.campaign_id, WorkGroup.code == (subjects.code(task, "group") or ""))
    )
    if group is None:
        return None, 0, 0
    counted = progress.figures(clock.local(clock.now()).date())
    found = session.execute(
        select(counted["target"], counted["reviewed"]).where(Household.campaign_id == task.campaign_id, Household.work_group == group.code)
    ).one()
    return group, int(found[0]), int(found[1])


@hooks.accepts("handover")
def handed_over(session: Session, task: Task, _submission: Submission, outcome: Any, actor: Actor) -> dict[str, Any]:
    """The hand-over with its receipt number."""
    group = subjects.needed(_handed(session, task)[0], task, "group")
    now = clock.now()
    group.handed_over_at = now
    receipt = numbers.give(session, task.campaign_id, "handover", group=group.code)
    session.add(
        HandOver(
            campaign_id=task.campaign_id,
            work_group=group.code,
            receipt=receipt,
            households=outcome.data.get("forms") or 0,
            handed_by=actor.name,
            handed_at=now,
        )
    )
    return {"receipt": receipt}


def _last_handover(session: Session, task: Task) -> HandOver | None:
    query = select(HandOver).where(HandOver.campaign_id == task.campaign_id, HandOver.work_group == (subjects.code(task, "group") or ""))
    return session.scalar(query.order_by(HandOver.key.desc()).limit(1))


@hooks.accepts("handover_receipt")
def received(session: Session, task: Task, _submission: Submission, _outcome: Any, actor: Actor) -> None:
    """The office has them."""
    last = subjects.needed(_last_handover(session, task), task, "handover")
    last.received_by, last.received_at = actor.name, clock.now()
