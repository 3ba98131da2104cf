"""What a diary left behind is told: the history alone says again what every instance, task and problem of the play went through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.history import waiting
from app.campaign.models import Problem
from app.engine import spiff
from app.engine.models import Activity, Event, ProcessInstance, Task

_LEDGER = {
    "problem.raised": "open",
    "problem.rectified": "rectified",
    "problem.reopened": "open",
    "problem.closed": "closed",
    "problem.decided": "decided",
}
_ENDED = {"COMPLETED": "instance.completed", "TERMINATED": "instance.terminated"}


def gaps(session: Session) -> list[str]:
    """What the history does not say, or says otherwise than it was."""
    events = list(session.scalars(select(Event).order_by(Event.key)))
    by_instance: dict[int, list[Event]] = {}
    for event in events:
        by_instance.setdefault(event.instance_key or 0, []).append(event)
    found: list[str] = []
    for instance in session.scalars(select(ProcessInstance)):
        found += _instance(session, instance, by_instance.get(instance.key, []))
    return [*found, *_tasks(session, events), *_problems(session, events)]


def _instance(session: Session, instance: ProcessInstance, events: list[Event]) -> Iterable[str]:
    """Started, ended, every activity entered and left with its cause, in the chain of the instance and by its version."""
    name = f"{instance.process_id} {instance.label}"
    kinds = [event.kind for event in events]
    if not kinds or kinds[0] != "instance.started" or kinds.count("instance.started") != 1:
        yield f"{name}: its start is not told first"
    if (wanted := _ENDED.get(instance.state)) and kinds.count(wanted) != 1:
        yield f"{name}: {wanted} is told {kinds.count(wanted)} times"
    entered: dict[int, str] = {}
    left: dict[int, tuple[str, str]] = {}
    joining: list[str] = []
    moves = [event.detail["from"]["definition"] for event in events if event.kind == "instance.migrated"]
    version = moves[0] if moves else str(instance.definition_key)
    for event in events:
        if event.kind == "instance.stepped":
            entered |= {int(key): element for key, element, *_rest in event.detail["entered"]}
            left |= {int(key): (how, cause) for key, _element, how, cause in event.detail["left"]}
            joining = event.detail.get("joining", [])
        if event.kind == "instance.migrated":
            version = event.detail["to"]["definition"]
        if event.kind.startswith(("instance.", "task.")) and event.detail.get("definition") != version:
            yield f"{name}: {event.kind} does not say by which version"
    rows = {row.key: row for row in session.scalars(select(Activity).where(Activity.instance_key == instance.key))}
    if {key: row.element_id for key, row in rows.items()} != entered:
        yield f"{name}: not every activity is told as entered"
    if {key: (row.how, row.cause) for key, row in rows.items() if row.how} != left:
        yield f"{name}: not every activity is told as left, with its cause"
    if instance.state == "ACTIVE":
        stands = Counter(entered[key] for key in entered.keys() - left.keys()) + Counter(joining)
        live = Counter(place.element_id for place in spiff.places(instance.tokens) if not place.waits)
        if stands != live:
            yield f"{name}: tokens stand at {live}, the history says {stands}"


def _tasks(session: Session, events: list[Event]) -> Iterable[str]:
    """Open or closed as told; who completed it, for whom, by which form."""
    stood = waiting.standing(events)
    done = {event.activity_key: event for event in events if event.kind == "task.completed"}
    for task in session.scalars(select(Task)):
        if (task.state == "OPEN") != (task.key in stood.tasks):
            yield f"{task.name}: {task.state}, the history says otherwise"
        holder = stood.tasks[task.key].holder if task.key in stood.tasks else ""
        if task.state == "OPEN" and holder != (task.assignee or ""):
            yield f"{task.name}: held by {task.assignee}, the history says {holder}"
        event = done.get(task.key)
        if task.state == "COMPLETED" and (
            event is None or (event.actor, event.on_behalf_of or None) != (task.completed_by, task.on_behalf_of)
        ):
            yield f"{task.name}: who completed it is not told"


def _problems(session: Session, events: list[Event]) -> Iterable[str]:
    states: dict[str, str] = {}
    for event in events:
        if event.kind in _LEDGER:
            states[event.subject] = _LEDGER[event.kind]
    for problem in session.scalars(select(Problem).where(Problem.campaign_id.in_(select(ProcessInstance.campaign_id)))):
        if states.get(f"problem:{problem.number}") != problem.state:
            yield f"{problem.number}: {problem.state}, the history says {states.get(f'problem:{problem.number}')}"
