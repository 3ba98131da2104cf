"""One command and everything that follows from it in the same transaction: compute first, ``write`` last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import clock
from app.db import new_key
from app.engine import (
    assignment,
    bpmn,
    child_instances,
    decisions,
    events,
    newest_definitions,
    root_completed,
    rows,
    spiff,
    store,
    stuck_joins,
)
from app.engine import definition_lookup as definitions
from app.engine import step as steps
from app.engine.actor import Actor
from app.engine.child_instances import RUNNING
from app.engine.errors import Conflict, NotFound, StepFailed
from app.engine.instance_columns import HAS_INCIDENTS, LAST_AT
from app.engine.instance_names import names_of
from app.engine.models import Definition, Event, Incident, MessageRow, ProcessInstance
from app.engine.newest_definitions import Found
from app.engine.step import Step, Variables

_LOCKED = (
    select(ProcessInstance, HAS_INCIDENTS, newest_definitions.stamp(), LAST_AT)
    .where(ProcessInstance.key == bindparam("wanted"))
    .with_for_update(of=ProcessInstance)
)
ANY = (*RUNNING, "COMPLETED", "TERMINATED")
#: Descendants that are cancelled in the transaction of the step; more become a job.
CANCEL_AT_ONCE = 20
#: Instances that one command may start, so that a process that calls itself for ever fails.
START_LIMIT = 2_000
DEPTH_LIMIT = 30


class Work:
    """The steps of one transaction, by one actor, at one moment of campaign time."""

    def __init__(self, session: Session, actor: Actor, *, now: datetime | None = None, running_job: int | None = None) -> None:
        self.session = session
        self.actor = actor
        self.now = now or clock.now()
        #: the job that this work is; ends by ``leases.finish``, not with its activity
        self.running_job = running_job
        self.batch = rows.Batch()
        self._next: deque[Callable[[], Any]] = deque()
        self._later: list[Callable[[], Any]] = []
        self._started = 0
        #: instance key -> how many instances above it were started in this transaction
        self._depth: dict[int, int] = {}
        self.may_cancel = CANCEL_AT_ONCE
        self._newest: dict[tuple[str, str], Found | None] = {}
        self._deployments: int | None = None
        self._with_incidents: set[int] = set()

    # --- instances ----------------------------------------------------------------------------------------------------

    def load(self, key: int, *, states: Iterable[str] = ("ACTIVE",)) -> ProcessInstance:
        """The instance, locked (PostgreSQL) until the transaction ends. Conflict if it has ended or is suspended."""
        found = self.session.execute(_LOCKED, {"wanted": key}, execution_options={"populate_existing": True}).one_or_none()
        if found is None:
            raise NotFound("instance", key)
        self.note(found[0], has_incidents=found[1], deployments=found[2], last=found[3])
        require(found[0], states)
        return found[0]

    def note(self, instance: ProcessInstance, *, has_incidents: bool, deployments: int | None = None, last: datetime | None = None) -> None:
        """Remember whether *instance* has open incidents, which end with their activities, and how many deployments there have been.

        *last*: of its newest record. Machines' clocks differ, a virtual one is followed late: nothing happens before what it follows from.
        """
        self.now = max(self.now, last or self.now)
        if has_incidents:
            self._with_incidents.add(instance.key)
        self._deployments = deployments if deployments is not None else self._deployments

    def newest(self, kind: str, definition_id: str) -> Found | None:
        """The newest definition at this moment."""
        if (kind, definition_id) not in self._newest:
            self._newest[kind, definition_id] = newest_definitions.newest(self.session, kind, definition_id, self._deployments)
        return self._newest[kind, definition_id]

    def start(
        self,
        definition: Definition | Found,
        variables: Variables,
        *,
        element_id: str | None = None,
        business_key: str = "",
        campaign_id: int = 0,
        start_key: str | None = None,
        parent: ProcessInstance | None = None,
        activity_key: int | None = None,
        index: int | None = None,
        reason: str = "",
    ) -> ProcessInstance:
        """Start an instance of *definition*, as a child of *parent* at its call activity *activity_key* if there is one."""
        key = new_key()
        self._count(key, parent)
        process = definitions.process_of(self.session, definition.key)
        if element_id is not None and element_id not in process.elements:
            raise NotFound("element", element_id)
        instance = ProcessInstance(
            key=key,
            definition_key=definition.key,
            process_id=definition.id,
            version=definition.version,
            state="ACTIVE",
            campaign_id=parent.campaign_id if parent else campaign_id,
            parent_key=parent.key if parent else None,
            parent_activity_key=activity_key,
            parent_index=index,
            root_key=parent.root_key if parent else key,
            start_key=start_key,
            started_at=self.now,
            started_by=self.actor.name,
            **names_of(process, variables, business_key, parent),
        )
        self.session.add(instance)
        self._record_start(instance, reason)
        self._advance(instance, process, None, {}, steps.Start(variables, element_id))
        return instance

    def _record_start(self, instance: ProcessInstance, reason: str) -> None:
        origin = {"process": instance.process_id, "version": instance.version, "parent": instance.parent_key}
        why = {"reason": reason} if reason else {}
        self.record("instance.started", instance, detail={**origin, "business_key": instance.business_key, **why})

    def _count(self, key: int, parent: ProcessInstance | None) -> None:
        self._started += 1
        self._depth[key] = self._depth.get(parent.key, 0) + 1 if parent else 0
        if self._depth[key] > DEPTH_LIMIT or self._started > START_LIMIT:
            raise StepFailed("one step starts too many instances: a process calls itself without end", element_id="", kind="limit")

    def step(self, instance: ProcessInstance, command: steps.Command) -> Step:
        """Carry out *command* on a loaded instance. Conflict ``activity_gone`` if its activity is no longer open."""
        process = definitions.process_of(self.session, instance.definition_key)
        return self._advance(instance, process, instance.tokens, instance.variables, command)

    def write(self) -> None:
        """Do what is left (children to start, children to cancel), then write everything in one flush."""
        while self._next:
            self._next.popleft()()
        for task in self.batch.tasks:
            form = self.newest("form", task["form_id"]) if task["form_id"] else None
            task["form_key"] = form.key if form else None
        assignment.look(self)
        store.write(self.session, self.batch, running_job=self.running_job)
        for write in self._later:
            write()

    def then(self, follow: Callable[[], Any]) -> None:
        """Do *follow* after the steps so far, before anything is written."""
        self._next.append(follow)

    def later(self, write: Callable[[], Any]) -> None:
        """Write something after everything else has been computed and written."""
        self._later.append(write)

    def record(self, kind: str, instance: ProcessInstance, *, key: int | None = None, element_id: str = "", detail: Variables) -> Event:
        """Append an event about *instance* to the history; its ``detail`` may be completed until it is written."""
        return events.record(
            self.session,
            kind,
            self.actor,
            at=self.now,
            campaign_id=instance.campaign_id,
            instance=instance,
            activity_key=key,
            element_id=element_id,
            subject=instance.subject,
            detail=detail,
        )

    def job(self, kind: str, instance: ProcessInstance, activity_key: int, **values: Any) -> None:
        """Leave a job for after the commit."""
        row = rows.job(kind, instance_key=instance.key, activity_key=activity_key, campaign_id=instance.campaign_id, now=self.now, **values)
        self.batch.jobs.append(row)

    # --- a step and what follows --------------------------------------------------------------------------------------

    def _advance(
        self, instance: ProcessInstance, process: bpmn.Process, state: bytes | None, variables: Variables, command: steps.Command
    ) -> Step:
        has_parent = instance.parent_key is not None
        try:
            done = spiff.advance(process, state, variables, command, now=self.now, decide=self.decide, has_parent=has_parent)
        except StepFailed as error:
            if error.kind == "gone":
                raise Conflict("activity_gone") from error
            raise
        return self.adopt(instance, process, done, command)

    def adopt(self, instance: ProcessInstance, process: bpmn.Process, done: Step, command: steps.Command | None) -> Step:
        """Make the Step *done* the state of *instance*, with all that follows from it. *command*: what it came of; None: a migration."""
        instance.variables = done.variables
        instance.tokens = done.state
        completed = command.key if isinstance(command, steps.Complete) else None
        if done.entered or done.left:
            self.record("instance.stepped", instance, detail={**rows.moves(done), "version": instance.version})
        rows.collect(self.batch, self.session, instance, process, done, self.actor, self.now, completed=completed)
        self._settle(instance, done)
        stuck_joins.look(self, instance, process, done, has_incidents=instance.key in self._with_incidents and done.outcome == "active")
        self._throw(instance, done)
        for called in done.children:
            if called.key not in done.closed:
                child_instances.call(self, instance, called)
        child_instances.cancel_calls(self, instance, process, done, command)
        if done.outcome != "active":
            self._end(instance, done, command)
        return done

    def decide(self, decision: str, variables: Variables) -> Any:
        """What a decision says, by its newest version."""
        definition = self.newest("decision", decision)
        if definition is None:
            raise StepFailed(f"there is no decision “{decision}”", element_id="", kind="decision")
        return decisions.evaluate(definitions.file_of(self.session, definition.key).content, decision, variables)

    def _settle(self, instance: ProcessInstance, done: Step) -> None:
        if instance.key not in self._with_incidents:
            return
        over = self.batch.settled[instance.key] = None if done.outcome != "active" else set(done.closed)
        still = select(Incident.key, Incident.activity_key, Incident.element_id, Incident.kind)
        for row in self.session.execute(still.where(Incident.instance_key == instance.key, Incident.state == "OPEN")).all():
            if over is None or row.activity_key in over:
                detail = {"incident": row.key, "kind": row.kind, "retry": False, "settled": True}
                self.record("incident.resolved", instance, key=row.activity_key, element_id=row.element_id, detail=detail)

    def _throw(self, instance: ProcessInstance, done: Step) -> None:
        for message in done.messages:
            self.publish(message, instance)
        for signal in done.signals:
            self.record("signal.sent", instance, detail={"name": signal.name})
            self.job("signal", instance, new_key(), payload={"name": signal.name, "variables": signal.variables})
        for code, variables in done.escalations:
            self.record("escalation.thrown", instance, detail={"code": code})
            if instance.parent_key is not None and instance.parent_activity_key is not None:
                self._to_parent(instance, "child_escalated", {"code": code, "variables": variables})

    def publish(self, message: steps.Message, instance: ProcessInstance) -> None:
        """Publish a message that *instance* throws."""
        key = new_key()
        row = MessageRow(
            key=key,
            campaign_id=instance.campaign_id,
            name=message.name,
            correlation_key=message.correlation_key,
            message_id=str(key),
            variables=message.variables,
            expires_at=self.now + THROWN_MESSAGE_LIVES,
            created_at=self.now,
        )
        self.session.add(row)
        self.record("message.published", instance, detail={"name": row.name, "correlation_key": row.correlation_key, "message": key})
        self.batch.jobs.append(rows.job("message", instance_key=0, activity_key=key, campaign_id=instance.campaign_id, now=self.now))

    def _to_parent(self, child: ProcessInstance, kind: str, payload: Variables) -> None:
        self.batch.jobs.append(
            rows.job(
                kind,
                instance_key=child.parent_key or 0,
                activity_key=child.parent_activity_key or 0,
                campaign_id=child.campaign_id,
                occurrence=(child.parent_index or 0) if kind == "child_ended" else new_key() & 0x7FFFFFFF,
                now=self.now,
                payload={"child": child.key, "index": child.parent_index, **payload},
            )
        )

    def _end(self, instance: ProcessInstance, done: Step, command: steps.Command | None) -> None:
        instance.state = "COMPLETED" if done.outcome == "completed" else "TERMINATED"
        instance.ended_at = self.now
        if done.error is not None:
            self.record("error.thrown", instance, detail={"code": done.error[0], "message": done.error[1]})
        detail = {"cause": command.cause} if isinstance(command, steps.Cancel) else {}
        self.record(f"instance.{instance.state.lower()}", instance, detail=detail)
        if instance.start_key is not None:
            # Another message with this key may start the next one.
            payload = {"process_id": instance.process_id, "correlation_key": instance.start_key}
            self.job("restart", instance, instance.key, payload=payload)
            instance.start_key = None
        if instance.parent_key is None and instance.campaign_id:
            root_completed.look(self.session, self.batch, instance, self.now)
        if instance.parent_key is None or (isinstance(command, steps.Cancel) and command.cause == child_instances.PARENT):
            return
        error = {"code": done.error[0], "message": done.error[1], "variables": done.error[2]} if done.error else None
        self._to_parent(instance, "child_ended", {"error": error})


#: How long a message that an instance throws waits for its receiver, in campaign time.
THROWN_MESSAGE_LIVES = timedelta(hours=1)


def require(instance: ProcessInstance, states: Iterable[str]) -> None:
    """Conflict unless *instance* is in one of *states*."""
    if instance.state in states:
        return
    if instance.state == "SUSPENDED":
        raise Conflict("instance_suspended")
    raise Conflict("instance_active" if instance.state == "ACTIVE" else "instance_ended")
