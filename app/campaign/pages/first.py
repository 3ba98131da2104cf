"""The first page of each role: each answers one question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from app import clock, personal
from app.auth import Identity, access, database, identity, open_tasks
from app.campaign import board, campaigns, people, progress, providers, schedule, visibility
from app.campaign import waiting as works
from app.campaign.blueprint import blueprint
from app.campaign.models import Guide, Household, Question, SpotSample, Staff
from app.engine.models import Task

#: rows of a first page's list; the whole list is behind its number
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Today:
    """What an investigator's page shows."""

    rows: Sequence[Household]
    #: household code → key of the task to open
    tasks: dict[str, int]
    today: int
    returned: int
    unsent: int
    done_today: int
    total: int
    done: int
    villages: dict[str, str]
    guides: Sequence[Guide] = ()
    trained: bool = True
    next_key: int | None = None
    next_home: Household | None = None


@blueprint.get("/today")
@access("investigator")
def today() -> str:
    """*Which household next?* Today's households in walking order, three counts, one big button."""
    who = identity()
    with database().reading() as session:
        return render_template("campaign/today.html", page=_today(session, who))


def _mine(who: Identity) -> Any:
    return visibility.households_open_to(who).where(Household.investigator == who.assignee)


def _today(session: Session, who: Identity) -> Today:
    day = clock.local(clock.now()).date()
    due = (Household.stage == "waiting") & (Household.planned_on <= day)
    order = case((Household.stage == "returned", 0), (Household.verified_at.is_not(None), 1), else_=2)
    rows = session.scalars(
        _mine(who)
        .where((Household.stage == "returned") | due)
        .order_by(order, Household.planned_on, Household.walking_order, Household.code)
        .limit(SHOWN)
    ).all()
    counts = _counts(session, who, day)
    tasks = _tasks_about(session, who, [home.code for home in rows])
    codes = sorted({home.village for home in rows})
    next_home = next((home for home in rows if home.code in tasks), None)
    trained = session.scalar(select(Staff.trained_at).where(Staff.campaign_id == who.campaign_id, Staff.username == who.assignee))
    guides = session.scalars(select(Guide).where(Guide.campaign_id == who.campaign_id, Guide.village.in_(codes))).all()
    return Today(
        rows=rows,
        tasks=tasks,
        **counts,
        villages=providers.scope_names(session, who.campaign_id),
        guides=guides,
        trained=trained is not None,
        next_key=tasks[next_home.code] if next_home else None,
        next_home=next_home,
    )


def _counts(session: Session, who: Identity, day: date) -> dict[str, int]:
    counted = progress.figures(day)
    names = {
        "today": "today",
        "returned": "returned",
        "unsent": "unsent",
        "done_today": "submitted_today",
        "total": "target",
        "done": "submitted",
    }
    query = _mine(who).with_only_columns(*(counted[figure].label(name) for name, figure in names.items()))
    return {name: int(value) for name, value in session.execute(query).one()._mapping.items()}


def _tasks_about(session: Session, who: Identity, codes: Sequence[str]) -> dict[str, int]:
    """Household code → the task open to this user that should be done first."""
    subjects = [f"household:{code}" for code in codes]
    query = open_tasks.tasks_open_to(who).where(Task.subject.in_(subjects)).with_only_columns(Task.subject, Task.key, Task.due_at)
    found: dict[str, int] = {}
    for subject, key, _due in session.execute(query.order_by(Task.due_at, Task.key)):
        found.setdefault(subject.partition(":")[2], key)
    return found


@blueprint.get("/today/route")
@access("investigator")
def route_list() -> str:
    """The walk of the coming days, to print and take along, with the village's guides (R39)."""
    who = identity()
    with database().reading() as session:
        rows = session.scalars(
            _mine(who)
            .where(Household.stage.in_(("waiting", "returned")))
            .order_by(Household.planned_on, Household.walking_order)
            .limit(300)
        ).all()
        guides = session.scalars(
            select(Guide).where(Guide.campaign_id == who.campaign_id, Guide.village.in_(sorted({home.village for home in rows})))
        ).all()
        shown = [(guide, personal.decrypt("guide", guide.key, "phone", guide.phone_cipher)) for guide in guides]
        villages = providers.scope_names(session, who.campaign_id)
        return render_template("campaign/route_list.html", rows=rows, guides=shown, villages=villages, who=who)


@dataclass(slots=True)
class Investigators:
    """One investigator's day, as the instructor sees it."""

    username: str
    name: str = ""
    target: int = 0
    submitted: int = 0
    today: int = 0
    returned: int = 0
    behind: int = 0


@blueprint.get("/incoming")
@access("instructor")
def incoming() -> str:
    """*What came in, what is wrong?* Submitted forms, findings first; approve or return in the task."""
    who = identity()
    groups = sorted(who.scopes("instructor"))
    with database().reading() as session:
        rows = session.scalars(
            select(Household)
            .where(Household.campaign_id == who.campaign_id, Household.work_group.in_(groups), Household.stage == "submitted")
            .order_by(Household.open_problems.desc(), Household.stage_at, Household.code)
            .limit(SHOWN)
        ).all()
        crew = _crew(session, who.campaign_id, groups)
        return render_template(
            "campaign/incoming.html",
            rows=rows,
            tasks=_tasks_about(session, who, [home.code for home in rows]),
            total=board.total(board.lines(session, who.campaign_id, "work_group", groups=groups)),
            crew=crew,
            names=people.names(session, [each.username for each in crew]),
            villages=providers.scope_names(session, who.campaign_id),
        )


def _crew(session: Session, campaign_id: int, groups: Sequence[str]) -> list[Investigators]:
    """Each investigator's figures in these groups. One statement."""
    counted = progress.figures(clock.local(clock.now()).date())
    shown = [counted[name] for name in ("target", "submitted", "submitted_today", "returned", "behind")]
    query = (
        select(Household.investigator, *shown)
        .where(Household.campaign_id == campaign_id, Household.work_group.in_(groups))
        .group_by(Household.investigator)
        .order_by(Household.investigator)
    )
    return [Investigators(username, "", *(int(value) for value in found)) for username, *found in session.execute(query)]


@blueprint.get("/group")
@access("group_leader")
def group() -> str:
    """*Will my group finish?* Target, done, expected by today; questions waiting for me; tonight's meeting."""
    who = identity()
    groups = sorted(who.scopes("group_leader"))
    with database().reading() as session:
        lines = board.lines(session, who.campaign_id, "work_group", groups=groups)
        questions = _questions(session, who, groups)
        meetings = session.scalars(
            open_tasks.tasks_open_to(who).where(Task.subject.in_([f"group:{code}" for code in groups])).order_by(Task.due_at).limit(10)
        ).all()
        returned = session.scalars(
            select(Household)
            .where(Household.campaign_id == who.campaign_id, Household.work_group.in_(groups), Household.stage == "returned")
            .order_by(Household.stage_at)
            .limit(20)
        ).all()
        dates = campaigns.dates(session, who.campaign_id)
        return render_template(
            "campaign/group.html",
            lines=lines,
            total=board.total(lines),
            questions=questions,
            names=people.names(session, [row.asked_by for row, _key in questions]),
            meetings=meetings,
            returned=returned,
            evening=dates.get("evening", "")[:5],
            visits_to=schedule.moment(dates["visits_to"]) if "visits_to" in dates else None,
            waiting=works.by_kind(session, who),
            villages=providers.scope_names(session, who.campaign_id),
        )


def _questions(session: Session, who: Identity, groups: Sequence[str]) -> list[tuple[Question, int | None]]:
    """Open questions of these groups with the task in which this user answers, the oldest first."""
    rows = session.scalars(
        select(Question)
        .where(Question.campaign_id == who.campaign_id, Question.work_group.in_(groups), Question.state == "open")
        .order_by(Question.asked_at)
        .limit(SHOWN)
    ).all()
    about = open_tasks.tasks_open_to(who).where(Task.subject.in_([f"question:{row.number}" for row in rows]))
    keys = dict(session.execute(about.with_only_columns(Task.subject, Task.key)).all())
    return [(row, keys.get(f"question:{row.number}")) for row in rows]


@blueprint.get("/spot-check")
@access("spot_checker")
def spot_check() -> str:
    """*Which household do I check?* The drawn households, without anything that was found there (R53)."""
    who = identity()
    with database().reading() as session:
        rows = session.execute(
            select(SpotSample, Household)
            .join(Household, (Household.campaign_id == SpotSample.campaign_id) & (Household.code == SpotSample.household))
            .where(SpotSample.campaign_id == who.campaign_id, SpotSample.checker.in_((who.assignee, "")))
            .order_by(SpotSample.state.desc(), SpotSample.village, SpotSample.position)
        ).all()
        tasks = _tasks_about(session, who, [sample.household for sample, _home in rows])
        return render_template("campaign/spot_check.html", rows=rows, tasks=tasks, villages=providers.scope_names(session, who.campaign_id))
