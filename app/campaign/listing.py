"""Household and problem lists: filters from the address, keyset pages, a constant number of statements."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import orjson
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.auth import Identity
from app.border import number_or
from app.campaign import progress, visibility
from app.campaign.models import Household, Problem, Village
from app.db import UtcDateTime

Row = TypeVar("Row")

#: rows on one page
SIZE = 40


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list. Cursors are "" where there is no such page."""

    rows: Sequence[Row]
    total: int
    after: str = ""
    first: bool = False
    villages: Mapping[str, str] = field(default_factory=dict)
    #: filter → value → count, over everything this user may see
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def cursor(values: Sequence[Any]) -> str:
    """Where a page ended, as text for the address."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def position(text: str, columns: int) -> list[Any] | None:
    """The reverse of ``cursor``; None for what is none."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return None
    return values if isinstance(values, list) and len(values) == columns else None


def beyond(columns: Sequence[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Rows that come after *values* in ascending order of *columns*: a row comparison that every index can use."""
    steps = []
    for number, column in enumerate(columns):
        same = [other == value for other, value in zip(columns[:number], values[:number], strict=True)]
        steps.append(and_(*same, column > values[number]))
    return or_(*steps)


@dataclass(frozen=True, slots=True)
class HouseholdFilters:
    """What the address says about a household list."""

    village: str = ""
    stage: str = ""
    kind: str = ""
    group: str = ""
    #: problems, held, late, today, due, verified, submitted_today; a name of ``progress.COUNTED``, also with ``not_`` before it
    mark: str = ""
    text: str = ""
    after: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> HouseholdFilters:
        names = ("village", "stage", "kind", "group", "mark", "after")
        return cls(**{name: args.get(name, "")[:200] for name in names}, text=args.get("q", "").strip()[:60])

    def apply(self, query: Select[Any]) -> Select[Any]:
        today = clock.local(clock.now()).date()
        for column, value in (
            (Household.village, self.village),
            (Household.stage, self.stage),
            (Household.kind, self.kind),
            (Household.work_group, self.group),
        ):
            if value:
                query = query.where(column == value)
        marks = {
            "problems": Household.open_problems > 0,
            "held": Household.open_holds > 0,
            "late": and_(Household.stage == "waiting", Household.planned_on < today),
            "today": and_(Household.stage == "waiting", Household.planned_on == today),
            "due": and_(Household.stage == "waiting", Household.planned_on <= today),
            "verified": and_(Household.stage == "waiting", Household.verified_at.is_not(None)),
            "submitted_today": progress.submitted_on(today),
            **{name: progress.reached(stage) for name, stage in progress.COUNTED.items()},
            **{f"not_{name}": ~progress.reached(stage) for name, stage in progress.COUNTED.items()},
        }
        if self.mark in marks:
            query = query.where(marks[self.mark])
        if self.text:
            escaped = self.text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            query = query.where(
                or_(Household.head.like(f"%{escaped}%", escape="\\"), Household.code.like(f"{escaped.upper()}%", escape="\\"))
            )
        return query


def households(session: Session, identity: Identity, filters: HouseholdFilters) -> Page[Household]:
    """One page of households in walking order within their village. Four statements."""
    visible = visibility.households_open_to(identity)
    wanted = filters.apply(visible)
    total = session.scalar(select(func.count()).select_from(wanted.with_only_columns(Household.key).subquery())) or 0
    columns = (Household.village, Household.code)
    place = position(filters.after, len(columns)) if filters.after else None
    query = wanted.where(beyond(columns, place)) if place else wanted
    rows = list(session.scalars(query.order_by(*columns).limit(SIZE + 1)))
    more = rows[SIZE:]
    last = rows[SIZE - 1] if more else None
    counted: dict[str, dict[str, int]] = {"village": {}, "stage": {}, "kind": {}}
    grouped = visible.with_only_columns(Household.village, Household.stage, Household.kind, func.count()).group_by(
        Household.village, Household.stage, Household.kind
    )
    for village, stage, kind, number in session.execute(grouped):
        for name, value in (("village", village), ("stage", stage), ("kind", kind)):
            counted[name][value] = counted[name].get(value, 0) + number
    after = cursor((last.village, last.code)) if last else ""
    return Page(rows[:SIZE], total, after, bool(place), village_names(session, identity), counted)


def village_names(session: Session, identity: Identity) -> dict[str, str]:
    """Village code → name."""
    query = select(Village.code, Village.name).where(Village.campaign_id == identity.campaign_id).order_by(Village.position, Village.code)
    return dict(session.execute(query).all())


@dataclass(frozen=True, slots=True)
class ProblemFilters:
    """What the address says about a problem list."""

    village: str = ""
    #: open (not settled), overdue, rectified, closed, decided; "" for all
    state: str = "open"
    rung: str = ""
    dimension: str = ""
    group: str = ""
    text: str = ""
    after: str = ""

    @classmethod
    def of(cls, args: Mapping[str, str]) -> ProblemFilters:
        given = {name: args[name][:200] for name in ("village", "state", "rung", "dimension", "group", "after") if name in args}
        return cls(**given, text=args.get("q", "").strip()[:60])

    def apply(self, query: Select[Any]) -> Select[Any]:
        states = {
            "open": Problem.state.in_(("open", "rectified")),
            "overdue": and_(Problem.state.in_(("open", "rectified")), Problem.deadline < clock.now()),
            "rectified": Problem.state == "rectified",
            "closed": Problem.state == "closed",
            "decided": Problem.state == "decided",
        }
        if self.state in states:
            query = query.where(states[self.state])
        if rung := number_or(self.rung):
            query = query.where(Problem.rung == rung)
        for column, value in ((Problem.village, self.village), (Problem.dimension, self.dimension), (Problem.work_group, self.group)):
            if value:
                query = query.where(column == value)
        if self.text:
            escaped = self.text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            like = f"%{escaped}%"
            query = query.where(
                or_(Problem.head.like(like, escape="\\"), Problem.number.like(like, escape="\\"), Problem.text.like(like, escape="\\"))
            )
        return query


def problems(session: Session, identity: Identity, filters: ProblemFilters) -> Page[Problem]:
    """One page of problems, the most urgent first. Four statements."""
    visible = visibility.problems_open_to(identity)
    wanted = filters.apply(visible)
    total = session.scalar(select(func.count()).select_from(wanted.with_only_columns(Problem.key).subquery())) or 0
    due = func.coalesce(Problem.deadline, Problem.raised_at, type_=UtcDateTime)
    place = _moment_and_key(filters.after)
    query = wanted.where(beyond((due, Problem.key), place)) if place else wanted
    rows = list(session.scalars(query.order_by(due, Problem.key).limit(SIZE + 1)))
    last = rows[SIZE - 1] if len(rows) > SIZE else None
    after = cursor(((last.deadline or last.raised_at).isoformat(), str(last.key))) if last else ""
    return Page(rows[:SIZE], total, after, bool(place), village_names(session, identity), _problem_counts(session, visible))


def _moment_and_key(after: str) -> tuple[datetime, int] | None:
    """A problem list's cursor; None for none or for one that somebody made up."""
    place = position(after, 2) if after else None
    try:
        return (datetime.fromisoformat(str(place[0])).astimezone(UTC), int(place[1])) if place else None
    except ValueError:
        return None


def _problem_counts(session: Session, visible: Select[Any]) -> dict[str, dict[str, int]]:
    late = (Problem.deadline < clock.now()).label("late")
    grouped = visible.with_only_columns(Problem.state, Problem.village, Problem.rung, late, func.count()).group_by(
        Problem.state, Problem.village, Problem.rung, late
    )
    counts: dict[str, dict[str, int]] = {"state": {}, "village": {}, "rung": {}}
    for state, village, rung, overdue, number in session.execute(grouped):
        unsettled = state in ("open", "rectified")
        names = [state] if state != "open" else []
        if unsettled:
            names += ["open", *(["overdue"] if overdue else [])]
            counts["village"][village] = counts["village"].get(village, 0) + number
            counts["rung"][str(rung)] = counts["rung"].get(str(rung), 0) + number
        for name in names:
            counts["state"][name] = counts["state"].get(name, 0) + number
    return counts
