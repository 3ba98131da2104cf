"""What the player shows: where tokens are, what waits and for whom, what happened, the variables. Values only, gathered in the sandbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.acts import privacy
from app.auth import roles
from app.engine import assignment, causes, definitions
from app.engine.instance_progress import standing
from app.engine.models import Activity, Incident, JobRow, ProcessInstance, SubscriptionRow, Task
from app.modeler.trial import filling, observing, samples, sentences, steps
from app.modeler.trial.playing import Played


@dataclass(slots=True)
class Wait:
    """Something that waits for the player. ``kind``: task, service, message or signal."""

    kind: str
    process: str
    at: str
    nth: int
    name: str
    #: whose task, which task type, which message
    about: str = ""
    due: datetime | None = None
    form: bool = False
    #: suggested variables, as JSON text
    suggested: str = "{}"
    #: a message's correlation key
    key: str = ""
    #: what failed here
    failed: str = ""
    #: process and label of a child
    where: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An open incident: where, what happened and what to do in plain words, and the engine's own sentence."""

    process: str
    at: str
    name: str
    happened: str
    advice: str
    message: str
    kind: str

    @property
    def lasting(self) -> bool:
        """Trying again changes nothing."""
        return self.kind in causes.LASTING


@dataclass(slots=True)
class View:
    """Everything on the player's page, as of ``now`` (the trial's time)."""

    now: datetime
    ended: bool = False
    #: that and where the process hangs for ever; "" otherwise
    stuck: str = ""
    waits: list[Wait] = field(default_factory=list)
    #: (name, due, process) of timers, the next first
    timers: list[tuple[str, datetime, str]] = field(default_factory=list)
    incidents: list[Failure] = field(default_factory=list)
    #: (number, what, when, names of what was entered)
    done: list[tuple[int, str, datetime, list[str]]] = field(default_factory=list)
    #: (process name, label, state) of each instance
    instances: list[tuple[str, str, str]] = field(default_factory=list)
    #: index of the instance on the diagram
    shown: int = 0
    diagram: dict[str, Any] = field(default_factory=dict)
    #: (name, JSON text) of the shown instance
    variables: list[tuple[str, str]] = field(default_factory=list)


#: Instances that can be chosen; a trial with a thousand children shows the first of them.
MOST = 60


def gather(session: Session, went: Played, locale: str, shown: int = 0) -> View:
    """Look at everything; *shown* is the instance that the diagram shows."""
    view = View(clock.now(), went.seen.ended)
    if went.seen.stuck:
        spoken = observing.spoken(session)
        view.stuck = sentences.stuck("、".join(spoken.get(element, element) for element in went.seen.stuck))
    found = list(session.scalars(select(ProcessInstance).order_by(ProcessInstance.key)))
    processes = {row.definition_key: definitions.process_of(session, row.definition_key) for row in found}
    names = names_of(processes)
    about = {row.key: row for row in found}
    if found:
        view.shown = shown if 0 <= shown < min(len(found), MOST) else 0
        chosen = found[view.shown]
        view.diagram = standing(session, chosen.key, now=clock.now())
        view.variables = [(name, pretty(chosen.variables[name])) for name in sorted(chosen.variables)]
        view.instances = [(processes[row.definition_key].name or row.process_id, row.label, row.state) for row in found[:MOST]]
    _waits(session, view, about, processes, locale)
    _timers(session, view, about, names)
    for row in session.scalars(select(Incident).where(Incident.state == "OPEN").order_by(Incident.key)):
        process = about[row.instance_key].process_id if row.instance_key in about else ""
        name = names.get((process, row.element_id), row.element_id)
        view.incidents.append(
            Failure(
                process,
                row.element_id,
                name,
                *causes.plain(row.kind, locale),
                assignment.in_language(row.kind, privacy.message(row.message), locale),
                row.kind,
            )
        )
    own = found[0].process_id if found else ""
    for number, done in enumerate(went.done, start=1):
        entered = [_spoken(element, own, names) for element in done.seen.path]
        view.done.append((number, sentences.step(done.step, names), done.at, [name for name in entered if name]))
    return view


def names_of(processes: Mapping[int, Any]) -> dict[tuple[str, str], str]:
    """(process, element) → its name."""
    return {
        (process.id, element.id): " ".join(element.name.split())
        for process in processes.values()
        for element in process.elements.values()
        if element.name
    }


def _spoken(element: str, own: str, names: Mapping[tuple[str, str], str]) -> str:
    process, _slash, name = element.rpartition("/")
    return names.get((process or own, name), "")


def pretty(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=1)


def _waits(session: Session, view: View, about: Mapping[int, ProcessInstance], processes: Mapping[int, Any], locale: str) -> None:
    tasks = {row.key: row for row in session.scalars(select(Task).where(Task.state == "OPEN"))}
    services = {row.activity_key: row for row in session.scalars(select(JobRow).where(JobRow.kind == "service"))}
    count: Counter[tuple[str, str]] = Counter()
    own = next(iter(about.values()), None)
    visits = select(Activity.key, Activity.instance_key, Activity.element_id, Activity.how).order_by(Activity.key)
    for key, instance_key, element_id, how in session.execute(visits):
        instance = about[instance_key]
        count[instance.process_id, element_id] += 1
        if how or (key not in tasks and key not in services):
            continue
        process = processes[instance.definition_key]
        element = process.elements[element_id]
        wait = Wait("task", instance.process_id, element_id, count[instance.process_id, element_id], _name(element))
        wait.where = "" if instance is own else f"{process.name or process.id} {instance.label}".strip()
        if key in tasks:
            task = tasks[key]
            form = filling.form_of(session, task)
            wait.about, wait.due, wait.form = _whom(task, locale), task.due_at, form is not None
            wait.suggested = pretty(samples.to_answer(element, instance.variables, form))
        else:
            job = services[key]
            wait.kind, wait.about = "service", job.type
            wait.failed = privacy.message(job.error) if job.state == "FAILED" else ""
            wait.suggested = pretty(samples.to_answer(element, job.payload["variables"]))
        view.waits.append(wait)
    opened = select(SubscriptionRow).where(SubscriptionRow.instance_key != 0).order_by(SubscriptionRow.key)
    for row in session.scalars(opened):
        process = processes[about[row.instance_key].definition_key]
        name = _name(process.elements[row.element_id])
        view.waits.append(Wait(row.kind, process.id, row.element_id, 1, name, about=row.name, key=row.correlation_key))


def _name(element: Any) -> str:
    return " ".join(element.name.split()) or element.id


def _whom(task: Task, locale: str) -> str:
    """Whose task it would be: the roles with their scope, or the user."""
    if task.assignee:
        return str(_("指定 %(name)s", name=task.assignee))
    said = []
    for group in task.candidate_groups:
        code, _colon, scope = group.partition(":")
        said.append(f"{roles.label(code, locale)} {scope}".strip())
    return "、".join([*said, *task.candidate_users]) or str(_("没有人能办：没有指派"))


def _timers(session: Session, view: View, about: Mapping[int, ProcessInstance], names: Mapping[tuple[str, str], str]) -> None:
    query = (
        select(JobRow).where(JobRow.timed.is_(True), JobRow.state == "READY", JobRow.kind == "timer").order_by(JobRow.due_at, JobRow.key)
    )
    for row in session.scalars(query):
        process = about[row.instance_key].process_id
        view.timers.append((names.get((process, row.element_id), row.element_id), row.due_at, process))


def task_at(session: Session, process: str, element: str, nth: int) -> Task | None:
    """The open task that a step would complete."""
    return session.get(Task, steps.visited(session, process, element, nth).key)
