"""The names that ``prefill`` formulas of forms may read (``app.engine.form_prefill``); each is fetched only where one does."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app import clock
from app.auth.holding import counts_at
from app.auth.models import RoleAssignment
from app.campaign import campaigns, people, problems, progress, settings
from app.campaign.hooks import subjects
from app.campaign.models import (
    Campaign,
    CodeItem,
    Household,
    LedgerDay,
    Notice,
    Problem,
    ProblemList,
    Question,
    Report,
    Staff,
    Village,
    Visit,
    WorkGroup,
)
from app.engine.form_prefill import Fetches, Personal, provides
from app.engine.models import Task
from app.forms import submissions
from app.forms.models import Submission

#: most rows of a list that a name holds
ROWS = 300
_PROGRESS = ("target", "submitted", "submitted_today", "reviewed")
_LEDGER = ("new", "rectified", "closed", "open", "overdue")


#: name → what it is in both languages, an example of its shape, whether people choose from it
_DESCRIBED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "prefill_names.json").read_text(encoding="utf-8"))


def _provides(name: str) -> Callable[[Fetches], Fetches]:
    about = _DESCRIBED[name]
    return provides(name, about["zh"], about["en"], about["example"], choices=about["choices"])


def _place_of(session: Session, task: Task) -> Village | WorkGroup | None:
    """The village or group that the task is about; for a household its village, otherwise the village in whose scope the task lies."""
    if (group := subjects.code(task, "group")) is not None:
        return session.scalar(select(WorkGroup).where(WorkGroup.campaign_id == task.campaign_id, WorkGroup.code == group))
    code = subjects.code(task, "village") or task.scope
    return session.scalar(select(Village).where(Village.campaign_id == task.campaign_id, Village.code == code)) if code else None


@_provides("subject")
def _subject(session: Session, task: Task, _identity: Any) -> dict[str, Any]:
    kind, _colon, code = task.subject.partition(":")
    home = subjects.household(session, task)
    if home is None:
        return {"kind": kind, "code": code, "label": task.label}
    group = select(WorkGroup.name).where(WorkGroup.campaign_id == task.campaign_id, WorkGroup.code == home.work_group)
    return {
        "kind": kind,
        "code": home.code,
        "label": subjects.household_label(home, subjects.village_name(session, home)),
        "head": home.head,
        "village": home.village,
        "group": home.work_group,
        "group_name": session.scalar(group),
        "investigator": home.investigator,
        "investigator_name": people.names(session, [home.investigator]).get(home.investigator),
        "stage": home.stage,
        "mode": home.visit_mode or None,
    }


@_provides("task")
def _task(_session: Session, task: Task, _identity: Any) -> dict[str, Any]:
    return dict(task.variables or {})


@_provides("visitors")
def _visitors(session: Session, task: Task, _identity: Any) -> list[str]:
    home = subjects.household(session, task)
    if home is None:
        return []
    visits = select(Visit.investigator).where(Visit.campaign_id == home.campaign_id, Visit.household == home.code).distinct()
    return sorted({*session.scalars(visits), home.investigator} - {""})


@_provides("place")
def _place(session: Session, task: Task, _identity: Any) -> dict[str, Any] | None:
    found = _place_of(session, task)
    if found is None:
        return None
    if isinstance(found, WorkGroup):
        return {"kind": "group", "code": found.code, "name": found.name, "stage": None}
    return {"kind": "village", "code": found.code, "name": found.name, "stage": found.form_stage, "report_stage": found.report_stage}


@_provides("item")
def _item(session: Session, task: Task, _identity: Any) -> dict[str, Any] | None:
    problem = problem_of(session, task)
    if problem is None:
        return None
    dimension = select(CodeItem.label_zh).where(
        CodeItem.campaign_id == task.campaign_id, CodeItem.list == "dimensions", CodeItem.code == problem.dimension
    )
    return {
        "number": problem.number,
        "subject": " ".join(part for part in (problem.household, problem.head) if part) or problem.village,
        "text": problem.text,
        "dimension": session.scalar(dimension) or problem.dimension,
        "deadline": problem.deadline,
        "level": problem.rung,
        "state": problem.state,
        "measure": problem.measure or None,
        "rectification": problem.rectification or None,
        "rectified_by": problem.rectified_by or None,
        "rectified_by_name": people.names(session, [problem.rectified_by]).get(problem.rectified_by, problem.rectified_by) or None,
        "evidence": [each.get("text") or subjects.attachment_name(each) for each in problem.evidence],
    }


def problem_of(session: Session, task: Task) -> Problem | None:
    """The problem that the task is about."""
    number = subjects.code(task, "problem")
    return problems.get(session, task.campaign_id, number) if number else None


def notice_of(session: Session, task: Task) -> Notice | None:
    """The notice about the problem that the task is about."""
    problem = problem_of(session, task)
    if problem is None or not problem.notice:
        return None
    return session.scalar(select(Notice).where(Notice.campaign_id == task.campaign_id, Notice.number == problem.notice))


@_provides("notice")
def _notice(session: Session, task: Task, _identity: Any) -> dict[str, Any] | None:
    found = notice_of(session, task)
    return {"number": found.number, "text": found.text, "state": found.state} if found is not None else None


@_provides("list")
def _list(session: Session, task: Task, _identity: Any) -> dict[str, Any] | None:
    number = subjects.code(task, "list")
    found = session.scalar(select(ProblemList).where(ProblemList.campaign_id == task.campaign_id, ProblemList.number == number))
    return {"number": found.number, "village": found.village, "problems": list(found.problems)} if found is not None else None


def question_of(session: Session, task: Task) -> Question | None:
    """The question that the task is about."""
    number = subjects.code(task, "question")
    return session.scalar(select(Question).where(Question.campaign_id == task.campaign_id, Question.number == number)) if number else None


@_provides("question")
def _question(session: Session, task: Task, _identity: Any) -> dict[str, Any] | None:
    found = question_of(session, task)
    if found is None:
        return None
    home = session.scalar(select(Household).where(Household.campaign_id == task.campaign_id, Household.code == found.household))
    return {
        "number": found.number,
        "subject": found.household,
        "subject_label": subjects.household_label(home) if home else found.household,
        "field": found.field_label or None,
        "asked_by": people.names(session, [found.asked_by]).get(found.asked_by, found.asked_by),
        "text": found.text,
    }


@_provides("paper")
def _paper(session: Session, task: Task, _identity: Any) -> dict[str, Any]:
    place = subjects.code(task, "village")
    mine = Report.campaign_id == task.campaign_id, Report.scope == (place or "")
    rows = session.execute(select(Report.kind, Report.state, Report.day).where(*mine).order_by(Report.key))
    return {kind: {"state": state, "day": day} for kind, state, day in rows}


@_provides("last")
def _last(session: Session, task: Task, _identity: Any) -> Personal | None:
    found = submissions.latest(session, task.campaign_id, task.form_id or "", task.subject)
    return None if found is None else Personal(submissions.data_of(session, found, unmask=True), submissions.data_of(session, found))


@_provides("submitted")
def _submitted(session: Session, task: Task, _identity: Any) -> Personal:
    mine = and_(Submission.campaign_id == task.campaign_id, Submission.subject == task.subject)
    newest = select(func.max(Submission.key)).where(mine).group_by(Submission.form_id)
    rows = session.scalars(select(Submission).where(Submission.key.in_(newest))).all()
    opened = {row.form_id: submissions.data_of(session, row, unmask=True) for row in rows}
    return Personal(opened, {row.form_id: submissions.data_of(session, row) for row in rows})


@_provides("people")
def _people(session: Session, task: Task, _identity: Any) -> list[dict[str, str]]:
    return people.options(session, task.campaign_id)


@_provides("staff")
def _staff(session: Session, task: Task, _identity: Any) -> list[dict[str, Any]]:
    query = select(Staff.username, Staff.name, Staff.unit, Staff.post, Staff.trained_at).where(Staff.campaign_id == task.campaign_id)
    if (group := subjects.code(task, "group")) is not None:
        crew = select(RoleAssignment.username).where(RoleAssignment.campaign_id == task.campaign_id, RoleAssignment.scope == group)
        query = query.where(Staff.username.in_(crew.where(counts_at(clock.now())))).order_by(Staff.name)
    rows = session.execute(query.order_by(Staff.key))
    return [
        {"username": username, "name": name, "unit": unit, "post": post, "trained": trained_at is not None}
        for username, name, unit, post, trained_at in rows
    ]


@_provides("places")
def _places(session: Session, task: Task, _identity: Any) -> dict[str, Any]:
    villages = select(Village.code, Village.name, Village.report_stage).where(Village.campaign_id == task.campaign_id)
    groups = select(WorkGroup.code, WorkGroup.name).where(WorkGroup.campaign_id == task.campaign_id)
    return {
        "villages": [
            {"value": code, "label": name, "report_stage": stage}
            for code, name, stage in session.execute(villages.order_by(Village.position))
        ],
        "groups": [{"value": code, "label": name} for code, name in session.execute(groups.order_by(WorkGroup.code))],
    }


@_provides("codes")
def _codes(session: Session, task: Task, _identity: Any) -> dict[str, list[dict[str, str]]]:
    query = select(CodeItem.list, CodeItem.code, CodeItem.label_zh).where(CodeItem.campaign_id == task.campaign_id, CodeItem.active)
    found: dict[str, list[dict[str, str]]] = {}
    for name, code, label in session.execute(query.order_by(CodeItem.list, CodeItem.position)):
        found.setdefault(name, []).append({"value": code, "label": label})
    return found


@_provides("items")
def _items(session: Session, task: Task, _identity: Any) -> list[dict[str, Any]]:
    found = _place_of(session, task)

    def here(model: Any) -> Any:
        mine = model.campaign_id == task.campaign_id
        if found is None:
            return mine
        return mine & ((model.work_group if isinstance(found, WorkGroup) else model.village) == found.code)

    asked = session.scalars(select(Question).where(here(Question), Question.state == "open").limit(ROWS))
    returned = session.scalars(select(Household).where(here(Household), Household.stage == "returned").limit(ROWS))
    listed = session.scalars(select(Problem).where(here(Problem), Problem.state == "open").order_by(Problem.deadline).limit(ROWS))
    rows = [{"kind": "question", "number": row.number, "head": None, "text": row.text} for row in asked]
    rows += [{"kind": "returned", "number": row.code, "head": row.head, "text": row.code} for row in returned]
    return rows + [{"kind": "problem", "number": row.number, "head": row.head, "text": row.text} for row in listed]


@_provides("counts")
def _counts(session: Session, task: Task, _identity: Any) -> dict[str, int]:
    counted = progress.figures(clock.local(clock.now()).date())
    found = _place_of(session, task)
    query = select(*counted.values()).where(Household.campaign_id == task.campaign_id)
    if found is not None:
        query = query.where((Household.work_group if isinstance(found, WorkGroup) else Household.village) == found.code)
    staff = session.scalar(select(func.count()).select_from(Staff).where(Staff.campaign_id == task.campaign_id))
    return {"staff": staff or 0, **dict(zip(counted, map(int, session.execute(query).one()), strict=True))}


def day_of(task: Task) -> date:
    """The day the task is about: its input ``day``, or today."""
    given = task.variables.get("day")
    return date.fromisoformat(given) if isinstance(given, str) and given else clock.local(clock.now()).date()


def ledger_of(session: Session, task: Task) -> LedgerDay | None:
    """The ledger of the task's day."""
    return session.scalar(select(LedgerDay).where(LedgerDay.campaign_id == task.campaign_id, LedgerDay.day == day_of(task)))


@_provides("ledger")
def _ledger(session: Session, task: Task, _identity: Any) -> dict[str, Any]:
    found = ledger_of(session, task)
    daily = Report.campaign_id == task.campaign_id, Report.kind == "daily", Report.scope == "", Report.day == day_of(task)
    sums = session.scalar(select(Report.content).where(*daily)) or {}
    counts = dict(found.counts) if found else {}
    return {
        "day": day_of(task),
        "number": found.number if found else None,
        "counts": {name: counts.get(name, 0) for name in _LEDGER},
        "progress": {name: sums.get(name, 0) for name in _PROGRESS},
    }


@_provides("settings")
def _settings(session: Session, task: Task, _identity: Any) -> dict[str, Any]:
    return settings.read(session, task.campaign_id)


@_provides("campaign")
def _campaign(session: Session, task: Task, _identity: Any) -> dict[str, Any]:
    name, place = session.execute(select(Campaign.name, Campaign.place).where(Campaign.id == task.campaign_id)).one_or_none() or ("", "")
    return {"name": name, "place": place, **campaigns.dates(session, task.campaign_id)}


@_provides("identity")
def _identity(session: Session, task: Task, identity: Any) -> dict[str, Any] | None:
    if identity is not None:
        return {"username": identity.username, "name": identity.name}
    held = task.assignee
    return {"username": held, "name": people.names(session, [held]).get(held, held)} if held else None
