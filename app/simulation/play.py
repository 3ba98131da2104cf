"""Plays a campaign: the clock goes forward, timers fire, simulated people do what lies in their inboxes.

Everything goes through the verbs of the inbox (``acts.completion``) and of the clock. What a person does, and when, depends on the seed
and on the task alone (``chance``), and the clock is kept in the database: a play that was killed goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.acts import assignment, completion
from app.acts.refusals import Refusal
from app.auth.current import Identity
from app.clock import CAMPAIGN_ZONE
from app.db import Database
from app.engine import definitions, runtime, virtual_clock
from app.engine.actor import Actor
from app.engine.errors import Conflict, EngineError, NotFound
from app.engine.models import Task
from app.simulation import forms
from app.simulation.chance import Chance
from app.simulation.people import People

#: Working hours, local time: at each of them everybody looks into the inbox.
HOURS = range(8, 24)
#: A person who has no due date acts within this time.
PATIENCE = timedelta(hours=4)
#: How often a person mends a form before giving up.
MENDINGS = 6
#: Hours after which a task that could not be done is tried again.
AGAIN = 6
#: People who try a task whose form is refused.
COLLEAGUES = 3
#: Tasks read together.
MANY = 500
#: Share of tasks that people do after their due date.
LATE = 0.03


@dataclass(frozen=True, slots=True)
class Plan:
    """When a task's person takes it (if it lies with a group), when he gets it done, and what orders it among others."""

    takes: datetime
    ready: datetime
    order: tuple[Any, ...]
    #: whoever takes it may give it back; False: the diagram names somebody
    shared: bool


@dataclass(slots=True)
class Totals:
    """What one stretch of the play did."""

    completions: int = 0
    refused: int = 0
    failed: int = 0


class Play:
    """One campaign being played."""

    def __init__(self, db: Database, campaign_id: int, people: People, seed: int) -> None:
        self.db = db
        self.campaign_id = campaign_id
        self.people = people
        self.chance = Chance(seed)
        self.totals = Totals()
        self.problems: list[str] = []
        #: open task → what its person will do about it
        self._plans: dict[int, Plan] = {}
        #: open tasks that nobody holds yet
        self._waiting: set[int] = set()

    def days(self, until: datetime) -> Iterator[datetime]:
        """Play on to *until*; yields the end of each day."""
        while (now := clock.now()) < until:
            evening = datetime.combine(clock.local(now).date() + timedelta(days=1), time(), CAMPAIGN_ZONE)
            for moment in self._hours(now, evening):
                virtual_clock.advance(self.db, moment)
                self._work(moment)
            virtual_clock.advance(self.db, evening)
            yield evening

    def _hours(self, now: datetime, until: datetime) -> list[datetime]:
        day = clock.local(now).date()
        hours = [datetime.combine(day, time(hour), CAMPAIGN_ZONE) for hour in HOURS]
        return [hour for hour in hours if now <= hour < until]

    def _work(self, moment: datetime) -> None:
        """Everybody does what is ready for him now; what that opens waits for the next hour, unless it is ready at once."""
        tried: set[int] = set()
        while True:
            self._look()
            self._take(moment)
            ready = self._ready(moment, tried)
            if not ready:
                return
            for task in ready:
                tried.add(task.key)
                self._do(task)
            virtual_clock.advance(self.db, moment)

    def _look(self) -> None:
        """Plan what is new, forget what is closed. A task is looked at once: of those that are known only the keys are read."""
        with self.db.reading() as session:
            opened = select(Task.key).where(Task.campaign_id == self.campaign_id, Task.state == "OPEN")
            keys = session.scalars(opened).all()
            for task in _read(session, [key for key in keys if key not in self._plans]):
                self._plans[task.key] = self._plan(session, task)
                if task.assignee is None:
                    self._waiting.add(task.key)
        self._plans = {key: self._plans[key] for key in keys if key in self._plans}
        self._waiting &= self._plans.keys()

    def _take(self, moment: datetime) -> None:
        """Whoever gets to work on a group's task by *moment* claims it: its form cannot be filled before."""
        due = sorted((key for key in self._waiting if self._plans[key].takes <= moment), key=lambda key: self._plans[key].order)
        with self.db.reading() as session:
            tasks = {task.key: task for task in _read(session, due)}
        for task in (tasks[key] for key in due if key in tasks):
            self._waiting.discard(task.key)
            identity = self.people.for_task(task, self._chance(task))
            if identity is not None and task.assignee is None:
                self._claim(task, identity)

    def _claim(self, task: Task, identity: Identity) -> Task | None:
        try:
            return self.db.in_transaction(partial(assignment.claim, identity=identity, actor=_by(identity), key=task.key))
        except (Conflict, NotFound, Refusal):
            # Somebody or something else has taken or closed it meanwhile: as in real life.
            return None

    def _give_back(self, task: Task, identity: Identity) -> Task:
        return self.db.in_transaction(partial(assignment.release, identity=identity, actor=_by(identity), key=task.key))

    def _ready(self, moment: datetime, tried: set[int]) -> list[Task]:
        """Open tasks whose person gets them done by *moment*, in a stable order, without those that were *tried*."""
        plans = {key: plan for key, plan in self._plans.items() if key not in tried and _gets_to_it(plan.ready, moment)}
        with self.db.reading() as session:
            tasks = {task.key: task for task in _read(session, list(plans))}
        return [tasks[key] for key in sorted(plans, key=lambda key: (plans[key].ready, *plans[key].order)) if key in tasks]

    def _plan(self, session: Session, task: Task) -> Plan:
        """People take a task some time before they have it done."""
        ready = self._when(task)
        # Not told by whether somebody holds it: he may have taken it before the play was killed.
        drawn = definitions.process_of(session, task.definition_key).elements[task.element_id]
        takes = task.created_at + (ready - task.created_at) * self._chance(task).number("takes")
        order = (task.process_id, task.element_id, task.business_key, task.key)
        return Plan(takes, ready, order, shared=drawn.assignee is None or task.assignee is None)

    def _when(self, task: Task) -> datetime:
        """When the task's person gets to it: somewhere before its due date, seldom after it."""
        chance = self._chance(task)
        share = chance.number("when")
        if task.due_at is None or task.due_at <= task.created_at:
            return task.created_at + PATIENCE * share
        span = task.due_at - task.created_at
        if chance.happens(LATE, "late"):
            return task.due_at + span * 0.3 * share
        return task.created_at + span * (0.05 + 0.85 * share)

    def _chance(self, task: Task) -> Chance:
        return self.chance.of(task.process_id, task.element_id, task.business_key or task.subject, task.created_at.isoformat())

    def _do(self, task: Task) -> None:
        chance = self._chance(task)
        asked: set[str] = set()
        # Some forms may not be sent by this very person (who rectified does not close): then a colleague does it.
        for _ in range(COLLEAGUES):
            identity = self.people.for_task(task, chance, busy=frozenset(asked))
            if identity is None:
                self.problems.append(f"{task.name}: nobody holds {task.candidate_groups}")
                return
            if task.assignee is None:
                task = self._claim(task, identity) or task
            asked.add(identity.username)
            if self._try(task, identity, chance):
                return
            if self._plans[task.key].shared:
                task = self._give_back(task, identity)

    def _try(self, task: Task, identity: Identity, chance: Chance) -> bool:
        """Whether that settled it; False: the form was refused for good."""
        data: dict[str, Any] = {}
        complaint: completion.Invalid | None = None
        for _ in range(MENDINGS):
            try:
                self.db.in_transaction(partial(self._complete, task.key, identity, chance, data, complaint))
            except completion.Invalid as error:
                self.totals.refused += 1
                if complaint is not None and complaint.outcome.errors == error.outcome.errors:
                    break
                complaint = error
            except (Conflict, NotFound):
                # Somebody or something else has closed it meanwhile: as in real life.
                return True
            except EngineError as error:
                self.totals.failed += 1
                self.problems.append(f"{task.name}: {error}")
                self.db.in_transaction(partial(runtime.record_incident, error=error, task_key=task.key))
                return True
            else:
                self.totals.completions += 1
                return True
        if complaint is not None:
            self.problems.append(f"{task.name} ({task.form_id}): {complaint.outcome.errors or complaint.outcome.warnings}")
        return False

    def _complete(
        self, key: int, identity: Identity, chance: Chance, data: dict[str, Any], complaint: completion.Invalid | None, session: Session
    ) -> None:
        task = session.get(Task, key)
        if task is None or task.state != "OPEN":
            raise NotFound(NotFound.__doc__)
        # As a person does: the page is opened, and what it was filled with is what the server compares with.
        prepared = completion.prepare(session, task, identity) if task.form_id is not None else None
        if complaint is not None and prepared is not None:
            forms.mend(session, task, prepared, chance, data, complaint.outcome)
        else:
            data.clear()
            data.update(forms.fill(session, task, prepared, chance) if prepared is not None else {})
        request = f"simulation:{key}"
        completion.complete(session, identity, _by(identity), key, data, request_id=request, show_findings=False, prepared=prepared)


def _by(identity: Identity) -> Actor:
    return Actor(identity.username, origin="simulation")


def _read(session: Session, keys: Sequence[int]) -> list[Task]:
    """Tasks by key, ``MANY`` at a time."""
    parts = [keys[start : start + MANY] for start in range(0, len(keys), MANY)]
    return [task for part in parts for task in session.scalars(select(Task).where(Task.key.in_(part)))]


def _gets_to_it(ready: datetime, moment: datetime) -> bool:
    """Whether a person who first gets to a task at *ready* looks at it at *moment*: at once, and, if that fails, a few times a day."""
    if ready > moment:
        return False
    # Counted from the hour in which it was ready, not remembered: a play that was killed goes on as it would have.
    return int((moment - ready).total_seconds() // 3600) % AGAIN == 0


def open_tasks(session: Session, campaign_id: int) -> int:
    """How many user tasks are open."""
    return session.scalar(select(func.count()).where(Task.campaign_id == campaign_id, Task.state == "OPEN")) or 0
