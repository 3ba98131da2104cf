"""The household forms, the verification before them, and the nine documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import clock
from app.auth.roles import ROLES
from app.campaign import prefill, progress, questions
from app.campaign.hooks import findings, subjects
from app.campaign.models import Guide, Hold, Household, Question, Visit
from app.campaign.wording import either
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks, submissions
from app.forms.hooks import Lock, Notice, Prepared
from app.forms.models import Submission

HOUSEHOLD_FORMS = ("household_registered", "household_key_general")

#: what the investigator reports once; it is not asked again when the form comes back
_ONCE = ("problems_found", "questions")


@hooks.prepares(*HOUSEHOLD_FORMS)
def household_form(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """Filled with the last submission, or with what is known; held fields locked."""
    home = subjects.household(session, task)
    if home is None:
        return None
    name = subjects.village_name(session, home)
    last = submissions.latest(session, task.campaign_id, task.form_id or "", task.subject)
    if last is not None:
        data = submissions.data_of(session, last, unmask=True)
        for field in _ONCE:
            data.pop(field, None)
        data.get("visit", {}).pop("self_checked", None)
    else:
        data = prefill.form_data(session, home, name)
    guides = _guides(session, home)
    visit = data.setdefault("visit", {})
    visit.setdefault("guide", guides[0] if guides else None)
    visit.setdefault("start", clock.local(clock.now()).isoformat(timespec="minutes"))
    context = {
        **subjects.context(home, name),
        "extract": prefill.extracts(session, home),
        "key_reasons": subjects.options(session, task.campaign_id, "key_reasons"),
        "guides": guides,
        "duplicate_ids": [],
    }
    return Prepared(data=data, context=context, locked=_locks(session, home), notices=_answers(session, home))


_GUIDES = (
    select(Guide.name, Guide.group_nos)
    .where(Guide.campaign_id == bindparam("campaign"), Guide.village == bindparam("village"))
    .order_by(Guide.key)
)


def _guides(session: Session, home: Household) -> list[str]:
    """Names of the village's guides, those of this villagers' group first."""
    rows = session.execute(_GUIDES, {"campaign": home.campaign_id, "village": home.village}).all()
    here = [name for name, group_nos in rows if home.group_no in group_nos]
    return here + [name for name, group_nos in rows if name not in here and not group_nos]


def _locks(session: Session, home: Household) -> dict[str, Lock]:
    """R23, R24: path → why it is held, who must act, where to look."""
    if not home.open_holds:
        return {}
    query = select(Hold).where(Hold.campaign_id == home.campaign_id, Hold.household == home.code, Hold.released_at.is_(None))
    locks = {}
    for hold in session.scalars(query.order_by(Hold.key)):
        kind, _colon, number = hold.cause.partition(":")
        role = ROLES.get(hold.waits_for.split(":")[0])
        reason = (
            _("先整改后填报：问题 %(number)s 销号后放行。%(text)s", number=number, text=hold.reason)
            if kind == "problem"
            else _("先确认再填报：请示 %(number)s 答复后放行。%(text)s", number=number, text=hold.reason)
        )
        url = f"/problems/{number}" if kind == "problem" else f"/questions/{number}"
        locks[hold.field] = Lock(reason, either(role.zh, role.en) if role else hold.waits_for, url)
    return locks


def _answers(session: Session, home: Household) -> list[Notice]:
    """What the leader answered about this household."""
    here = Question.campaign_id == home.campaign_id, Question.household == home.code, Question.state == "answered"
    values = select(Hold.cause, Hold.settled_value).where(Hold.campaign_id == home.campaign_id, Hold.household == home.code)
    settled: dict[str, Any] = dict(session.execute(values.where(Hold.settled_value.is_not(None))).all())
    notices = []
    for question in session.scalars(select(Question).where(*here).order_by(Question.key)):
        text, value = question.answer, settled.get(f"question:{question.number}")
        said = _("%(text)s（应填写：%(value)s）", text=text, value=value) if value else text
        notices.append(Notice(_("组长答复“%(field)s”：%(text)s", field=question.field_label or question.field, text=said)))
    return notices


@hooks.looks_up(*HOUSEHOLD_FORMS)
def duplicates(session: Session, task: Task, data: Mapping[str, Any]) -> dict[str, Any]:
    """ID numbers of the entered form that another household of the campaign already has."""
    home = subjects.household(session, task)
    rows = data.get("members")
    if home is None or not isinstance(rows, list):
        return {}
    entered = [str(row.get("id_number") or "") for row in rows if isinstance(row, dict)]
    return {"duplicate_ids": prefill.others_with(session, home, [number for number in entered if "*" not in number])}


@hooks.accepts(*HOUSEHOLD_FORMS)
def household_submitted(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> dict[str, Any]:
    """Write the visit, raise problems and questions with their holds; tells the diagram their numbers."""
    home = subjects.needed(subjects.household(session, task), task, "household")
    now = clock.now()
    home.submission_key = submission.key
    if home.stage in ("waiting", "returned"):
        progress.mark(session, home.campaign_id, home.code, "submitted", at=now)
    mode = _visit(session, home, submission, outcome.data, actor)
    home.visit_mode = mode
    raised = findings.raise_found(session, home, submission, outcome.problems, actor, now)
    raised += findings.raise_by_hand(session, home, submission, outcome.data.get("problems_found") or [], actor, now)
    asked = [questions.ask(session, home, row, actor, now) for row in outcome.data.get("questions") or [] if row.get("text")]
    return {"problems": raised, "questions": asked, "held": home.open_holds > 0, "visit_mode": mode}


def _visit(session: Session, home: Household, submission: Submission, data: Mapping[str, Any], actor: Actor) -> str:
    visit = data.get("visit") or {}
    mode = str(visit.get("mode") or "on_site")
    method = "first" if submission.revision == 1 else _rework_method(session, home)
    session.add(
        Visit(
            campaign_id=home.campaign_id,
            household=home.code,
            investigator=actor.name,
            method=method,
            mode=mode,
            guide=visit.get("guide") or "",
            started_at=_moment(visit.get("start")),
            ended_at=_moment(visit.get("end")),
            submission_key=submission.key,
        )
    )
    return mode


def _rework_method(session: Session, home: Household) -> str:
    """R29: how the instructor asked for it to be looked at again."""
    review = submissions.latest(session, home.campaign_id, "review", f"household:{home.code}")
    return str((review.data.get("method") if review else None) or "revisit")


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=clock.CAMPAIGN_ZONE)
