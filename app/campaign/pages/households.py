"""Households: list, one household with everything about it, and what changed from one submission to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import personal
from app.auth import Identity, access, database, identity, open_tasks
from app.auth.language import locale
from app.campaign import listing, people, providers, revisions, visibility
from app.campaign.blueprint import blueprint
from app.campaign.models import FormCode, Hold, Household, Member, Problem, Question, Village, Visit
from app.engine.models import Activity, ProcessInstance, Task
from app.forms import submissions
from app.forms.models import Submission


@blueprint.get("/households")
@access(*visibility.HOUSEHOLD_ROLES)
def households() -> str:
    """The households this user may see."""
    filters = listing.HouseholdFilters.of(request.args)
    with database().reading() as session:
        page = listing.households(session, identity(), filters)
        return render_template("campaign/households.html", page=page, filters=filters)


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything on a household's page."""

    home: Household
    village: str
    code: str
    phone: str
    bank: str
    members: Sequence[tuple[Member, str, bool]]
    submissions: Sequence[Submission]
    problems: Sequence[Problem]
    holds: Sequence[Hold]
    questions: Sequence[Question]
    visits: Sequence[Visit]
    tasks: Sequence[tuple[Task, bool]]
    here: Sequence[tuple[ProcessInstance, Activity]]
    names: dict[str, str]


@blueprint.get("/households/<code>")
@access(*visibility.HOUSEHOLD_ROLES)
def household(code: str) -> str:
    """One household: known data masked, forms with their revisions, problems, holds, tasks, and where its instances stand."""
    who = identity()
    with database().reading() as session:
        return render_template("campaign/household.html", page=_shown(session, who, _found(session, who, code)))


def _found(session: Session, who: Identity, code: str) -> Household:
    """The household among those open to *who*; otherwise it does not exist."""
    home = session.scalar(visibility.households_open_to(who).where(Household.code == code))
    if home is None:
        abort(404)
    return home


def _shown(session: Session, who: Identity, home: Household) -> Shown:
    here = (home.campaign_id, home.code)
    subject = f"household:{home.code}"
    members = session.scalars(select(Member).where(Member.campaign_id == here[0], Member.household == here[1]).order_by(Member.position))
    sent = session.scalars(
        select(Submission).where(Submission.campaign_id == here[0], Submission.subject == subject).order_by(Submission.key.desc())
    ).all()
    tasks = session.scalars(
        select(Task).where(Task.campaign_id == here[0], Task.subject == subject, Task.state == "OPEN").order_by(Task.due_at)
    ).all()
    mine = set(session.scalars(open_tasks.tasks_open_to(who).where(Task.subject == subject).with_only_columns(Task.key)))
    visits = session.scalars(select(Visit).where(Visit.campaign_id == here[0], Visit.household == here[1]).order_by(Visit.key)).all()
    return Shown(
        home=home,
        village=session.scalar(select(Village.name).where(Village.campaign_id == here[0], Village.code == home.village)) or home.village,
        code=session.scalar(select(FormCode.code).where(FormCode.campaign_id == here[0], FormCode.household == here[1])) or "",
        phone=personal.mask("phone", personal.decrypt("household", home.key, "phone", home.phone_cipher)),
        bank=personal.mask("bank", personal.decrypt("household", home.key, "bank", home.bank_cipher)),
        members=[(row, _masked(row), bool(row.health_cipher)) for row in members],
        submissions=sent,
        problems=session.scalars(
            visibility.problems_open_to(who).where(Problem.household == here[1]).order_by(Problem.state, Problem.number)
        ).all(),
        holds=session.scalars(
            select(Hold).where(Hold.campaign_id == here[0], Hold.household == here[1], Hold.released_at.is_(None)).order_by(Hold.key)
        ).all(),
        questions=session.scalars(
            select(Question).where(Question.campaign_id == here[0], Question.household == here[1]).order_by(Question.key)
        ).all(),
        visits=visits,
        tasks=[(task, task.key in mine) for task in tasks],
        here=_standing(session, here[0], subject),
        names=people.names(session, [home.investigator, *(row.actor for row in sent), *(row.investigator for row in visits)]),
    )


def _masked(row: Member) -> str:
    return personal.mask("id_number", personal.decrypt("member", row.key, "id_number", row.id_number_cipher))


def _standing(session: Session, campaign_id: int, subject: str) -> list[tuple[ProcessInstance, Activity]]:
    """Instances about the household that run, with the steps on which their tokens stand."""
    query = (
        select(ProcessInstance, Activity)
        .join(Activity, Activity.instance_key == ProcessInstance.key)
        .where(
            ProcessInstance.campaign_id == campaign_id,
            ProcessInstance.subject == subject,
            ProcessInstance.state.in_(("ACTIVE", "SUSPENDED")),
            Activity.how == "",
            Activity.kind.not_in(("subProcess", "boundaryEvent")),
        )
    )
    return list(session.execute(query.order_by(ProcessInstance.key, Activity.key)))


@blueprint.get("/households/<code>/forms/<form_id>/<int(max=2147483647):revision>")
@access(*visibility.HOUSEHOLD_ROLES)
def revision(code: str, form_id: str, revision: int) -> str:
    """What changed from the submission before to this one, field by field (R09); personal values masked."""
    who = identity()
    with database().reading() as session:
        home = _found(session, who, code)
        history = submissions.history(session, home.campaign_id, form_id, f"household:{home.code}")
        chosen = next((row for row in history if row.revision == revision), None)
        if chosen is None:
            abort(404)
        before = next((row for row in history if row.revision == revision - 1), None)
        form = submissions.form_of(session, chosen)
        new = submissions.data_of(session, chosen)
        old: dict[str, Any] = submissions.data_of(session, before) if before else {}
        changes = revisions.changes(form, old, new, locale(), providers.choices(session, home.campaign_id))
        return render_template(
            "campaign/revision.html",
            home=home,
            form=form,
            chosen=chosen,
            before=before,
            history=history,
            changes=changes,
            names=people.names(session, [row.actor for row in history]),
        )
