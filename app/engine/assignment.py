"""A task that opens for nobody is an incident at once, and over as soon as somebody can take the task."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, load_only

from app import clock, personal
from app.engine import lasting, people
from app.engine.actor import SYSTEM, Actor
from app.engine.models import Incident, ProcessInstance, Task
from app.engine.people import PERSON

if TYPE_CHECKING:
    from app.db import Database
    from app.engine.work import Work

KIND = "assignment"
#: Does the task of a query have such an incident?
FOR_NOBODY = exists().where(Incident.activity_key == Task.key, Incident.kind == KIND, Incident.state == "OPEN")
#: what is asked of thousands of tasks
_ASKED = (
    Task.campaign_id,
    Task.instance_key,
    Task.definition_key,
    Task.element_id,
    Task.name,
    Task.assignee,
    Task.candidate_groups,
    Task.candidate_users,
)
#: between the sentence in Chinese and the same in English, as an incident keeps them (``in_language``)
BOTH = " / "
#: Candidates of which the incident says why they cannot.
_SAID = 5


def in_language(kind: str, message: str, locale: str) -> str:
    """The sentence of an incident in ``zh`` or ``en``. Those of tasks for nobody are said in both; others are the engine's own text."""
    chinese, both, english = message.partition(BOTH) if kind == KIND else (message, "", "")
    return english if both and locale.startswith("en") else chinese


@dataclass(frozen=True, slots=True)
class Offered:
    """An open task and who may take it."""

    key: int
    campaign_id: int
    element_id: str
    name: str
    instance_key: int
    #: groups, ``user:NAME``; of a task that is held its holder alone
    candidates: tuple[str, ...]
    #: loaded by the transaction that offers it
    instance: ProcessInstance | None = None
    #: the task was open before
    carried: bool = False


def offered(task: Task, instance: ProcessInstance | None = None, *, carried: bool = False) -> Offered:
    """What the row of an open task says."""
    who = candidates(task.assignee, task.candidate_groups, task.candidate_users)
    return Offered(task.key, task.campaign_id, task.element_id, task.name, task.instance_key, who, instance, carried)


def candidates(assignee: str | None, groups: Iterable[str], users: Iterable[str]) -> tuple[str, ...]:
    """Who may take a task."""
    if assignee is not None:
        return (f"{PERSON}{assignee}",)
    return tuple(dict.fromkeys([*groups, *(f"{PERSON}{name}" for name in users)]))


def for_nobody(session: Session, tasks: Sequence[Offered], now: datetime) -> dict[int, str]:
    """Key of each task that nobody with an open account can take now → why, in both languages. One statement at most."""
    directory = people.known_to(session)
    if directory is None:  # who there is, is not known: only what names nobody is certain
        return {task.key: _why(task, None) for task in tasks if not task.candidates}
    wanted = {(task.campaign_id, each) for task in tasks for each in task.candidates if directory.roles.may_be_held(each)}
    takers = directory.takers(session, wanted, now) if wanted else frozenset()
    return {task.key: _why(task, directory) for task in tasks if not any((task.campaign_id, each) in takers for each in task.candidates)}


def _why(task: Offered, directory: people.People | None) -> str:
    reasons = [directory.why_nobody(personal.without_values(each)) for each in task.candidates[:_SAID]] if directory is not None else []
    chinese, english = zip(*(reasons or [("办理人和候选人均为空", "it has neither an assignee nor candidates")]), strict=True)
    count = len(task.candidates)
    more = (f"等 {count} 项", f" ({count} in all)") if count > _SAID else ("", "")
    return BOTH.join(
        (
            f"任务“{task.name}”无人可以办理：{'；'.join(chinese)}{more[0]}。",
            f"Nobody can take the task: {'; '.join(english)}{more[1]}.",
        )
    )


def look(work: Work) -> None:
    """Incidents for what this work has offered to nobody; those of carried tasks that somebody can take now are over."""
    closed = set(work.batch.closed_tasks)
    tasks = [task for task in work.batch.offered if task.key not in closed]
    if not tasks:
        return
    why = for_nobody(work.session, tasks, work.now)
    carried = [task.key for task in tasks if task.carried]
    known = {row.activity_key for row in _of(work.session, carried)} if carried else set()
    for task in tasks:
        if task.key in why and task.key not in known:
            _open(work.session, task, why[task.key], work.actor, at=work.now, instance=task.instance)
        elif task.key not in why and task.key in known:
            over(work.session, task.key, work.actor, at=work.now, instance=task.instance)


def assigned(session: Session, task: Task, actor: Actor, *, was_for_nobody: bool) -> None:
    """*task* was claimed, handed over or released: whether somebody can take it now."""
    if task.assignee is not None:
        if was_for_nobody:
            over(session, task.key, actor, definition_key=task.definition_key)
        return
    given = offered(task)
    why = for_nobody(session, [given], clock.now())
    if why and not was_for_nobody:
        _open(session, given, why[task.key], actor, definition_key=task.definition_key)


def changed(session: Session, now: datetime, *where: ColumnElement[bool]) -> tuple[dict[Task, str], list[Task]]:
    """Of the open tasks (those that *where* names): for nobody now, without an incident, and why; those with one that somebody can take."""
    query = select(Task, FOR_NOBODY).where(Task.state == "OPEN", *where).order_by(Task.key).options(load_only(*_ASKED))
    found = session.execute(query, execution_options={"populate_existing": True})
    tasks: dict[Task, bool] = {row[0]: row[1] for row in found}
    why = for_nobody(session, [offered(task) for task in tasks], now) if tasks else {}
    opened = {task: why[task.key] for task, known in tasks.items() if task.key in why and not known}
    return opened, [task for task, known in tasks.items() if known and task.key not in why]


def look_again(session: Session, actor: Actor, *where: ColumnElement[bool]) -> None:
    """Who there is has changed, by an act or by time: incidents for the open tasks that nobody can take any more, and an end of those that
    somebody can take again. Two that look at once see each other: the tasks are locked first."""
    session.flush()
    now = clock.now()
    opened, free = changed(session, now, *where)
    if not opened and not free:
        return
    keys = [task.key for task in (*opened, *free)]
    session.execute(select(Task.key).where(Task.key.in_(keys)).order_by(Task.key).with_for_update())
    opened, free = changed(session, now, Task.key.in_(keys))
    for task, why in opened.items():
        _open(session, offered(task), why, actor, definition_key=task.definition_key)
    for task in free:
        over(session, task.key, actor, definition_key=task.definition_key)
    session.flush()


#: Seconds between two looks at all open tasks of a process's database.
_LOOK_EVERY = 60.0
_looked: dict[str, float] = {}


def keep_up(db: Database) -> None:
    """Roles begin and end by time, too: workers look at all open tasks again and again. Writes only where something has changed."""
    if time.monotonic() - _looked.get(db.url, float("-inf")) < _LOOK_EVERY:
        return
    _looked[db.url] = time.monotonic()
    watch(db)


def watch(db: Database) -> None:
    """Look at all open tasks now."""
    with db.reading() as session:
        opened, free = changed(session, clock.now())
    if opened or free:
        db.in_transaction(lambda session: look_again(session, SYSTEM))


def _of(session: Session, keys: Iterable[int]) -> list[Incident]:
    return lasting.found(session, KIND, Incident.activity_key.in_(keys))


def _open(session: Session, task: Offered, why: str, actor: Actor, **where: Any) -> None:
    place = {"campaign_id": task.campaign_id, "instance_key": task.instance_key, "activity_key": task.key, "element_id": task.element_id}
    lasting.begin(session, actor, Incident(kind=KIND, message=why, state="OPEN", **place), **where)


def over(session: Session, task_key: int, actor: Actor, **where: Any) -> None:
    """Somebody can take the task now."""
    lasting.end(session, _of(session, [task_key]), actor, **where)
