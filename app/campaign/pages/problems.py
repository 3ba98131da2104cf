"""The problem ledger: list, one problem, the days' frozen ledgers."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth import access, database, identity, open_tasks
from app.campaign import listing, people, visibility
from app.campaign.blueprint import blueprint
from app.campaign.models import CodeItem, Hold, Judgement, LedgerDay, LedgerEntry, Notice, Problem, Question, Village
from app.engine.models import Event, Task

#: who may look at problems; what each of them finds there is ``visibility.problems_open_to``
PROBLEM_ROLES = visibility.HOUSEHOLD_ROLES


@blueprint.get("/problems")
@access(*PROBLEM_ROLES)
def problems() -> str:
    """The ledger, the most urgent first."""
    filters = listing.ProblemFilters.of(request.args)
    with database().reading() as session:
        who = identity()
        page = listing.problems(session, who, filters)
        return render_template(
            "campaign/problems.html", page=page, filters=filters, dimensions=dimensions(session, who.campaign_id), now=clock.now()
        )


def dimensions(session: Session, campaign_id: int) -> dict[str, str]:
    """Code → label of the dimensions (R03)."""
    rows = session.execute(
        select(CodeItem.code, CodeItem.label_zh)
        .where(CodeItem.campaign_id == campaign_id, CodeItem.list == "dimensions")
        .order_by(CodeItem.position)
    )
    return dict(rows.all())


@blueprint.get("/problems/<number>")
@access(*PROBLEM_ROLES)
def problem(number: str) -> str:
    """One problem: what, whose, until when, what was done, who may close it."""
    who = identity()
    with database().reading() as session:
        found = session.scalar(visibility.problems_open_to(who).where(Problem.number == number))
        if found is None:
            abort(404)
        return render_template("campaign/problem.html", **_shown(session, found))


def _shown(session: Session, found: Problem) -> dict[str, Any]:
    campaign_id, subject = found.campaign_id, f"problem:{found.number}"
    who = identity()
    tasks = session.scalars(
        select(Task).where(Task.campaign_id == campaign_id, Task.subject == subject, Task.state == "OPEN").order_by(Task.due_at)
    ).all()
    mine = set(session.scalars(open_tasks.tasks_open_to(who).where(Task.subject == subject).with_only_columns(Task.key)))
    events = session.scalars(
        select(Event).where(Event.campaign_id == campaign_id, Event.subject == subject).order_by(Event.key.desc()).limit(60)
    ).all()
    notice = None
    if found.notice:
        notice = session.scalar(select(Notice).where(Notice.campaign_id == campaign_id, Notice.number == found.notice))
    judged = session.scalars(
        select(Judgement).where(Judgement.campaign_id == campaign_id, Judgement.subject == subject).order_by(Judgement.key)
    ).all()
    acted = [found.raised_by, found.rectified_by, found.closed_by, found.decided_by, found.responsible, *(row.actor for row in events)]
    return {
        "problem": found,
        "village": session.scalar(select(Village.name).where(Village.campaign_id == campaign_id, Village.code == found.village)),
        "dimension": dimensions(session, campaign_id).get(found.dimension, found.dimension),
        "tasks": [(task, task.key in mine) for task in tasks],
        "events": [event for event in events if event.kind.startswith(("problem.", "notice.", "document."))],
        "holds": session.scalars(select(Hold).where(Hold.campaign_id == campaign_id, Hold.cause == subject)).all(),
        "notice": notice,
        "judgements": judged,
        "names": people.names(session, acted),
    }


@blueprint.get("/questions/<number>")
@access(*PROBLEM_ROLES)
def question(number: str) -> str:
    """One question to the leader, with its answer (R24)."""
    who = identity()
    with database().reading() as session:
        found = session.scalar(visibility.questions_open_to(who).where(Question.number == number))
        if found is None:
            abort(404)
        task = session.scalar(open_tasks.tasks_open_to(who).where(Task.subject == f"question:{number}").limit(1))
        names = people.names(session, [found.asked_by, found.answered_by])
        return render_template("campaign/question.html", question=found, task=task, names=names)


@blueprint.get("/ledger")
@access(*PROBLEM_ROLES)
def ledger_days() -> str:
    """The days' ledgers (R16), the newest first."""
    with database().reading() as session:
        days = session.scalars(
            select(LedgerDay).where(LedgerDay.campaign_id == identity().campaign_id).order_by(LedgerDay.day.desc())
        ).all()
        return render_template("campaign/ledger_days.html", days=days)


@blueprint.get("/ledger/<day>")
@access(*PROBLEM_ROLES)
def ledger_day(day: str) -> str:
    """The ledger of one day as it was frozen; each sees the problems that are open to him."""
    who = identity()
    try:
        wanted = date.fromisoformat(day)
    except ValueError:
        abort(404)
    with database().reading() as session:
        found = session.scalar(select(LedgerDay).where(LedgerDay.campaign_id == who.campaign_id, LedgerDay.day == wanted))
        if found is None:
            abort(404)
        visible = visibility.problems_open_to(who).with_only_columns(Problem.number)
        query = select(LedgerEntry).where(
            LedgerEntry.campaign_id == who.campaign_id, LedgerEntry.day == wanted, LedgerEntry.problem.in_(visible)
        )
        entries = session.scalars(query.order_by(LedgerEntry.line)).all()
        names = people.names(session, [found.confirmed_by])
        return render_template(
            "campaign/ledger_day.html",
            day=found,
            entries=entries,
            names=names,
            villages=listing.village_names(session, who),
            dimensions=dimensions(session, who.campaign_id),
        )
