"""The numbers on a list page: one statement, however many tasks wait."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, select
from sqlalchemy.orm import Session

from app import clock
from app.auth.current import Identity
from app.engine.models import Task
from app.inbox import filters
from app.inbox.address import DONE, GROUP, MINE, View


@dataclass(frozen=True, slots=True)
class Option:
    """A chip: a value to filter by, and how many tasks it would leave."""

    value: str
    label: str
    count: int


@dataclass(slots=True)
class Numbers:
    """All numbers on a list page."""

    #: list name -> tasks in it, without filters
    lists: Counter[str] = field(default_factory=Counter)
    #: list name -> overdue ones, without filters
    overdue: Counter[str] = field(default_factory=Counter)
    #: tasks in this list with the filters
    shown: int = 0
    villages: list[Option] = field(default_factory=list)
    kinds: list[Option] = field(default_factory=list)
    dues: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)


def numbers(session: Session, identity: Identity, view: View) -> Numbers:
    """Count the user's lists in one statement, by everything one can filter by. A chip's number respects the other chips."""
    statement = _counted(identity, view, MINE).union_all(_counted(identity, view, GROUP), _counted(identity, view, DONE))
    result = Numbers()
    facets: dict[str, Counter[str]] = {name: Counter() for name in ("village", "kind", "due", "state")}
    names: dict[str, str] = {}
    chosen = {"village": view.village, "kind": view.kind, "due": view.due, "state": view.state}
    for row in session.execute(statement):
        result.lists[row.list_name] += row.total
        result.overdue[row.list_name] += row.late or 0
        if row.list_name != view.list or not row.found:
            continue
        names[row.kind] = row.name
        values = {"village": row.scope, "kind": row.kind, "due": row.due_in, "state": row.state_is}
        missed = [name for name, wanted in chosen.items() if wanted and wanted != values[name]]
        result.shown += 0 if missed else row.found
        for name, counter in facets.items():
            if not missed or missed == [name]:
                counter[values[name]] += row.found
    result.villages = _options(facets["village"], {})
    result.kinds = _options(facets["kind"], names)
    result.dues, result.states = dict(facets["due"]), dict(facets["state"])
    return result


def _options(counter: Counter[str], names: dict[str, str]) -> list[Option]:
    return sorted((Option(value, names.get(value, value), count) for value, count in counter.items() if value), key=_by_label)


def _by_label(option: Option) -> tuple[str, str]:
    return option.label, option.value


def _counted(identity: Identity, view: View, name: str) -> Select[*tuple[Any, ...]]:
    """Tasks of one list; the list on screen by filter values, the others in one row (they need their total only)."""
    found = filters.found(view.q)
    late = func.sum(case((Task.due_at <= clock.now(), 1), else_=0)) if name != DONE else literal(0)
    if name != view.list:
        blank = literal("")
        columns = (blank.label(column) for column in ("scope", "kind", "name", "due_in", "state_is"))
        counts = func.count().label("total"), literal(0).label("found"), late.label("late")
        return select(literal(name).label("list_name"), *columns, *counts).where(filters.in_list(identity, name))
    is_open = name != DONE
    matching = func.sum(case((and_(*found), 1), else_=0)) if view.q else func.count()
    due = filters.due_bucket() if is_open else literal("")
    state = filters.state(identity) if is_open else literal("")
    return (
        select(
            literal(name).label("list_name"),
            Task.scope,
            filters.KIND.label("kind"),
            func.max(Task.name).label("name"),
            due.label("due_in"),
            state.label("state_is"),
            func.count().label("total"),
            matching.label("found"),
            late.label("late"),
        )
        .where(filters.in_list(identity, name))
        .group_by(Task.scope, Task.process_id, Task.element_id, "due_in", "state_is")
    )
