"""Pages of the whole town and of one village: where is it stuck, what needs my name, progress, notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, g, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import Identity, access, database, identity, open_tasks
from app.campaign import board, campaigns, gates, listing, people, progress, schedule, timeline, visibility, waiting
from app.campaign.blueprint import blueprint
from app.campaign.models import Campaign, DayProgress, Household, Problem, Report, Signature, Village
from app.db import UtcDateTime
from app.engine.models import Task

#: rows of a list on a first page
SHOWN = 12


@blueprint.get("/office")
@access("office", "commander", "party_office")
def office() -> str:
    """*Where is it stuck?* The plan with today's line, the gates with what blocks them, every village, notices to issue."""
    who = identity()
    with database().reading() as session:
        campaign = session.get(Campaign, who.campaign_id)
        plan, dates = schedule.of(session, campaign), campaigns.dates(session, who.campaign_id)
        lines = board.lines(session, who.campaign_id)
        places = {row.code: row for row in session.scalars(select(Village).where(Village.campaign_id == who.campaign_id))}
        whole = board.total(lines)
        held = gates.of(session, plan, dates, whole, who.campaign_id)
        return render_template(
            "campaign/office.html",
            campaign=campaign,
            plan=timeline.build(plan, dates, unfinished=gates.unfinished(held)),
            lines=lines,
            total=whole,
            places=places,
            gates=held,
            waiting=waiting.by_kind(session, who),
            to_notice=_to_notice(session, who),
            may_act=who.has("office"),
        )


def _to_notice(session: Session, who: Identity) -> Sequence[Problem]:
    """Overdue problems of the second rung without a supervision notice: these the office may press (R48)."""
    query = visibility.problems_open_to(who).where(
        Problem.state == "open", Problem.rung >= 2, Problem.notice == "", Problem.deadline < clock.now()
    )
    return session.scalars(query.order_by(Problem.deadline).limit(SHOWN)).all()


@blueprint.get("/progress")
@access(*visibility.HOUSEHOLD_ROLES)
def progress_board() -> str:
    """R50: progress by village or work group as it is now, and how it grew day by day."""
    who = identity()
    by = "work_group" if request.args.get("by") == "group" else "village"
    with database().reading() as session:
        town = who.has(*visibility.TOWN)
        groups = None if town else _own_groups(session, who)
        villages = None if town else _own_villages(session, who)
        lines = board.lines(session, who.campaign_id, by, groups=groups if by == "work_group" else None, villages=villages)
        return render_template(
            "campaign/progress.html",
            by=by,
            lines=lines,
            total=board.total(lines),
            days=_days(session, who.campaign_id, groups, villages),
            villages=listing.village_names(session, who),
        )


def _own_villages(session: Session, who: Identity) -> list[str]:
    """The villages of this user's households."""
    return sorted(session.scalars(visibility.households_open_to(who).with_only_columns(Household.village).distinct()))


def _own_groups(session: Session, who: Identity) -> list[str]:
    return sorted(session.scalars(visibility.households_open_to(who).with_only_columns(Household.work_group).distinct()))


def _days(
    session: Session, campaign_id: int, groups: Sequence[str] | None, villages: Sequence[str] | None
) -> list[tuple[object, dict[str, int]]]:
    """(day, sums of its figures), the newest first."""
    query = select(DayProgress.day, DayProgress.counts).where(DayProgress.campaign_id == campaign_id)
    if groups is not None:
        query = query.where(DayProgress.work_group.in_(groups))
    sums: dict[object, dict[str, int]] = {}
    for day, counts in session.execute(query.order_by(DayProgress.day.desc())):
        into = sums.setdefault(day, {})
        for name, value in counts.items():
            if isinstance(value, int):
                into[name] = into.get(name, 0) + value
    return list(sums.items())


@blueprint.get("/villages")
@access(*visibility.TOWN)
def villages() -> str:
    """Every village: its form, its report, its figures."""
    who = identity()
    with database().reading() as session:
        places = session.scalars(
            select(Village).where(Village.campaign_id == who.campaign_id).order_by(Village.position, Village.code)
        ).all()
        return render_template(
            "campaign/villages.html", places=places, lines={line.code: line for line in board.lines(session, who.campaign_id)}
        )


@blueprint.get("/village")
@access(*visibility.VILLAGE)
def own_village() -> Response:
    """The village of whoever works for one."""
    codes = visibility.scopes(identity(), visibility.VILLAGE)
    return redirect(url_for("campaign.village", code=codes[0]), 303)


@blueprint.get("/villages/<code>")
@access(*visibility.TOWN, *visibility.VILLAGE)
def village(code: str) -> str:
    """*What must we mend, what do we owe?* Problems by deadline, what holds the village form, the report."""
    who = identity()
    if not visibility.sees_village(who, code):
        abort(404)
    g.nav_entry = "campaign.own_village" if code in visibility.scopes(who, visibility.VILLAGE) else "campaign.villages"
    with database().reading() as session:
        place = session.scalar(select(Village).where(Village.campaign_id == who.campaign_id, Village.code == code))
        if place is None:
            abort(404)
        here = Household.campaign_id == who.campaign_id, Household.village == code
        blockers = session.scalars(
            select(Household).where(*here, ~progress.reached("rereviewed")).order_by(Household.stage, Household.code).limit(SHOWN)
        ).all()
        due = func.coalesce(Problem.deadline, Problem.raised_at, type_=UtcDateTime)
        troubles = session.scalars(
            visibility.problems_open_to(who)
            .where(Problem.village == code, Problem.state.in_(("open", "rectified")))
            .order_by(due, Problem.key)
            .limit(SHOWN)
        ).all()
        return render_template(
            "campaign/village.html",
            place=place,
            line=board.total(board.lines(session, who.campaign_id, villages=[code])),
            blockers=blockers,
            problems=troubles,
            problem_tasks=_problem_tasks(session, who, troubles),
            **_papers(session, who, code),
            tasks=session.scalars(
                open_tasks.tasks_open_to(who).where(Task.subject == f"village:{code}").order_by(Task.due_at).limit(SHOWN)
            ).all(),
            waiting=waiting.by_kind(session, who) if who.has(*visibility.VILLAGE) else [],
            own=visibility.scopes(who, visibility.VILLAGE),
            villages=listing.village_names(session, who),
        )


def _papers(session: Session, who: Identity, code: str) -> dict[str, Any]:
    """The village's report and the signatures under its form and report, void ones too."""
    reports = select(Report).where(Report.campaign_id == who.campaign_id, Report.kind == "village_report", Report.scope == code)
    under = select(Signature).where(Signature.campaign_id == who.campaign_id, Signature.subject == f"village:{code}")
    signatures = session.scalars(under.order_by(Signature.key)).all()
    return {
        "report": session.scalar(reports.order_by(Report.key.desc())),
        "signatures": signatures,
        "names": people.names(session, [row.signer for row in signatures]),
    }


def _problem_tasks(session: Session, who: Identity, troubles: Sequence[Problem]) -> dict[str, int]:
    """Problem number → the task about it that is open to this user."""
    subjects = [f"problem:{problem.number}" for problem in troubles]
    query = open_tasks.tasks_open_to(who).where(Task.subject.in_(subjects)).with_only_columns(Task.subject, Task.key)
    return {subject.partition(":")[2]: key for subject, key in session.execute(query)}


@blueprint.get("/digest")
@access("principal_party", "principal_gov")
def digest() -> str:
    """*What needs my name?* What waits to be signed or decided, and what changed since the last signature; one page."""
    who = identity()
    with database().reading() as session:
        tasks = session.scalars(open_tasks.tasks_open_to(who).order_by(Task.due_at, Task.key).limit(200)).all()
        last = session.scalar(
            select(Signature)
            .where(Signature.campaign_id == who.campaign_id, Signature.signer == who.username)
            .order_by(Signature.key.desc())
            .limit(1)
        )
        since = last.signed_at if last else None
        lines = board.lines(session, who.campaign_id)
        counted = _since(session, who, since)
        kinds: dict[str, list[Task]] = {}
        for task in tasks:
            kinds.setdefault(task.name, []).append(task)
        return render_template("campaign/digest.html", kinds=kinds, since=since, total=board.total(lines), changed=counted)


def _since(session: Session, who: Identity, since: object) -> dict[str, int]:
    """How many problems were raised, closed and brought up to the principals since then."""
    rules = {"raised": Problem.raised_at, "closed": Problem.closed_at, "decided": Problem.decided_at}
    counted = {}
    for name, column in rules.items():
        query = visibility.problems_open_to(who).where(column.is_not(None))
        if since is not None:
            query = query.where(column > since)
        counted[name] = session.scalar(select(func.count()).select_from(query.with_only_columns(Problem.key).subquery())) or 0
    return counted
