"""Tables of the engine. Every table that grows has ``campaign_id`` (0: no campaign) and list indexes begin with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import Base, Json, Key, UtcDateTime, new_key


def _key() -> Mapped[int]:
    return mapped_column(Key, primary_key=True, default=new_key)


class Deployment(Base):
    """Files released together."""

    __tablename__ = "deployment"
    __table_args__ = (Index("ix_deployment_number", "number", unique=True),)

    key: Mapped[int] = _key()
    #: 1, 2, 3, …: what people call it
    number: Mapped[int] = mapped_column(Integer, default=text("(SELECT coalesce(max(number), 0) + 1 FROM deployment)"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(100))
    comment: Mapped[str] = mapped_column(Text, default="")


class Definition(Base):
    """One version of a process, a decision file's decision, or a form. Never changes."""

    __tablename__ = "definition"
    __table_args__ = (
        UniqueConstraint("kind", "id", "version"),
        Index("ix_definition_resource", "kind", "resource", "checksum"),
    )

    key: Mapped[int] = _key()
    deployment_key: Mapped[int] = mapped_column(ForeignKey("deployment.key"))
    #: ``process``, ``decision`` or ``form``
    kind: Mapped[str] = mapped_column(String(10))
    #: process, decision or form id
    id: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(200), default="")
    #: file name
    resource: Mapped[str] = mapped_column(String(200))
    #: SHA-256 of the content, hexadecimal
    checksum: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProcessInstance(Base):
    """A process instance: its tokens (``state``), variables and place in the tree of instances."""

    __tablename__ = "process_instance"
    __table_args__ = (
        Index("ix_instance_campaign", "campaign_id", "process_id", "state", "key"),
        Index("ix_instance_parent", "parent_key", "parent_activity_key", "state"),
        Index("ix_instance_subject", "campaign_id", "subject"),
        Index("ix_instance_root", "root_key"),
        # a chunk of children that is started twice (crash, two workers) meets this
        UniqueConstraint("parent_activity_key", "parent_index"),
        UniqueConstraint("campaign_id", "process_id", "start_key"),
    )

    key: Mapped[int] = _key()
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    definition_key: Mapped[int] = mapped_column(ForeignKey("definition.key"))
    process_id: Mapped[str] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(Integer)
    #: ACTIVE, SUSPENDED, COMPLETED, TERMINATED
    state: Mapped[str] = mapped_column(String(12), default="ACTIVE")
    business_key: Mapped[str] = mapped_column(String(200), default="")
    #: what it is about, as people read it: "柏树村 3组 张三"
    label: Mapped[str] = mapped_column(String(300), default="")
    #: what it is about, as programs read it: "household:123"
    subject: Mapped[str] = mapped_column(String(100), default="")
    #: where it belongs: a village's code
    scope: Mapped[str] = mapped_column(String(50), default="")
    parent_key: Mapped[int | None] = mapped_column(Key)
    parent_activity_key: Mapped[int | None] = mapped_column(Key)
    #: correlation key of the message that started it, while it runs: at most one running instance per process and key
    start_key: Mapped[str | None] = mapped_column(String(200))
    #: index of the item of a multi-instance call activity; None: a single call
    parent_index: Mapped[int | None] = mapped_column(Integer)
    root_key: Mapped[int] = mapped_column(Key)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_by: Mapped[str] = mapped_column(String(100), default="")
    variables: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: spiff.py's own codec
    tokens: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    #: {"value": …} of the parent's output element, once it has been evaluated after this child ended
    result: Mapped[Any] = mapped_column(Json(), nullable=True)
    #: how many records its chain has, and the hash of the newest
    chain_length: Mapped[int] = mapped_column(Integer, default=0)
    chain_head: Mapped[str] = mapped_column(String(64), default="")
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class Call(Base):
    """What an open multi-instance call activity must remember. Its children are the instances with this ``parent_activity_key``."""

    __tablename__ = "call"
    __table_args__ = (Index("ix_call_instance", "instance_key"),)

    #: the activity key
    key: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    instance_key: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(200))
    process_id: Mapped[str] = mapped_column(String(200))
    #: start variables that all children share, and what differs from child to child
    common: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict, deferred=True)
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json(list), default=list, deferred=True)
    sequential: Mapped[bool] = mapped_column(default=False)
    output_collection: Mapped[str | None] = mapped_column(String(200))
    output_element: Mapped[str | None] = mapped_column(Text)
    has_completion_condition: Mapped[bool] = mapped_column(default=False)
    total: Mapped[int] = mapped_column(Integer)
    #: how many of them have been started
    started: Mapped[int] = mapped_column(Integer, default=0)
    revision: Mapped[int] = mapped_column(Integer, default=1)

    __mapper_args__ = {"version_id_col": revision}


class Task(Base):
    """A user task, denormalised for the inbox."""

    __tablename__ = "user_task"
    __table_args__ = (
        Index("ix_task_assignee", "campaign_id", "assignee", "state", "due_at", "key"),
        Index("ix_task_state", "campaign_id", "state", "due_at", "key"),
        Index("ix_task_subject", "campaign_id", "subject", "state"),
        Index("ix_task_instance", "instance_key", "state"),
        Index("ix_task_completed", "campaign_id", "completed_by", "completed_at"),
    )

    #: the activity key
    key: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    instance_key: Mapped[int] = mapped_column(ForeignKey("process_instance.key"))
    process_id: Mapped[str] = mapped_column(String(200))
    definition_key: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(300))
    form_id: Mapped[str | None] = mapped_column(String(200))
    #: the form version in force when the task opened
    form_key: Mapped[int | None] = mapped_column(Key)
    #: OPEN, COMPLETED, CANCELED
    state: Mapped[str] = mapped_column(String(10), default="OPEN")
    #: user name of who holds it
    assignee: Mapped[str | None] = mapped_column(String(100))
    #: as evaluated, for display: ["investigator:G03"]; who may see it is in ``task_candidate``
    candidate_groups: Mapped[list[str]] = mapped_column(Json(list), default=list)
    candidate_users: Mapped[list[str]] = mapped_column(Json(list), default=list)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    follow_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    priority: Mapped[int] = mapped_column(Integer, default=50)
    #: copied from the instance
    business_key: Mapped[str] = mapped_column(String(200), default="")
    label: Mapped[str] = mapped_column(String(300), default="")
    subject: Mapped[str] = mapped_column(String(100), default="")
    scope: Mapped[str] = mapped_column(String(50), default="")
    #: the task's local variables (input mappings)
    variables: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: zeebe:properties of the user task
    properties: Mapped[dict[str, str]] = mapped_column(Json(dict), default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_by: Mapped[str | None] = mapped_column(String(100))
    #: the absent person whom ``completed_by`` stood in for
    on_behalf_of: Mapped[str | None] = mapped_column(String(100))
    revision: Mapped[int] = mapped_column(Integer, default=1)

    instance: Mapped[ProcessInstance] = relationship(lazy="raise", viewonly=True)
    candidates: Mapped[list[TaskCandidate]] = relationship(lazy="raise", viewonly=True)

    __mapper_args__ = {"version_id_col": revision}


class TaskCandidate(Base):
    """Who may take an open user task; removed when the task closes."""

    __tablename__ = "task_candidate"
    __table_args__ = (Index("ix_candidate_value", "value", "task_key"),)

    task_key: Mapped[int] = mapped_column(ForeignKey("user_task.key"), primary_key=True)
    #: group as evaluated ("office", "investigator:G03"), or "user:NAME" for a candidate user
    value: Mapped[str] = mapped_column(String(120), primary_key=True)


class Activity(Base):
    """One visit of a token to an element, for the diagram and for history. ``how`` is empty while it is there."""

    __tablename__ = "activity"
    __table_args__ = (Index("ix_activity_instance", "instance_key", "key"),)

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    instance_key: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(200))
    element_name: Mapped[str] = mapped_column(String(300), default="")
    #: BPMN tag
    kind: Mapped[str] = mapped_column(String(40))
    scope_key: Mapped[int | None] = mapped_column(Key)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: "", completed, canceled
    how: Mapped[str] = mapped_column(String(10), default="")
    cause: Mapped[str] = mapped_column(String(200), default="")


class Event(Base):
    """The record of what happened: appended in the same transaction as what it tells, never changed."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_campaign", "campaign_id", "key"),
        Index("ix_event_instance", "instance_key", "key"),
        Index("ix_event_subject", "campaign_id", "subject", "key"),
        Index("ix_event_actor", "campaign_id", "actor", "key"),
        Index("ix_event_chain", "chain", "seq", unique=True),
    )

    key: Mapped[int] = _key()
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    #: campaign time
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: the machine's time
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: e.g. instance.started, task.completed, task.claimed, timer.fired, message.correlated, deployment.made, account.locked
    kind: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(100), default="")
    on_behalf_of: Mapped[str] = mapped_column(String(100), default="")
    #: where the act came from: an IP address, "worker", "cli", "simulation"
    origin: Mapped[str] = mapped_column(String(60), default="")
    instance_key: Mapped[int | None] = mapped_column(Key)
    activity_key: Mapped[int | None] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(200), default="")
    subject: Mapped[str] = mapped_column(String(100), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: its place: the instance's key or a key of ``chain``, and 1, 2, … within it (``chains``)
    chain: Mapped[int] = mapped_column(Key)
    seq: Mapped[int] = mapped_column(Integer)
    #: salt of its free texts' digests; "" when it has none or they were erased
    salt: Mapped[str] = mapped_column(String(32), default="")
    #: SHA-256 over the hash before it and its content, hexadecimal
    hash: Mapped[str] = mapped_column(String(64))


#: Kinds of jobs that are due by campaign time.
TIMED = frozenset({"timer", "timer_start", "message_expiry"})


class JobRow(Base):
    """Due work: a row in the transaction of the token that made it."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("instance_key", "activity_key", "kind", "occurrence"),
        Index("ix_job_due", "state", "timed", "due_at", "key"),
        Index("ix_job_instance", "instance_key"),
    )

    key: Mapped[int] = _key()
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    #: timer, timer_start, message_expiry, service, children, child_ended, child_escalated, cancel_children,
    #: message (was published), subscription (was opened), restart (an instance that a message had started ended), signal, signal_delivery,
    #: batch (``batches``), outside (``outside``)
    kind: Mapped[str] = mapped_column(String(20))
    #: service: the task type
    type: Mapped[str] = mapped_column(String(200), default="")
    #: for work without an instance: 0, or the definition's key (timer_start)
    instance_key: Mapped[int] = mapped_column(Key)
    activity_key: Mapped[int] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(200), default="")
    occurrence: Mapped[int] = mapped_column(Integer, default=0)
    #: campaign time if ``timed``, otherwise real time
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    timed: Mapped[bool] = mapped_column(default=lambda context: context.get_current_parameters()["kind"] in TIMED)
    #: real time before which a failed job is not tried again
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: READY, FAILED (an incident waits), SUSPENDED (with its instance)
    state: Mapped[str] = mapped_column(String(10), default="READY")
    #: attempts that are left, and attempts that failed
    retries: Mapped[int] = mapped_column(Integer, default=3)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(Integer, default=0)
    payload: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    error: Mapped[str] = mapped_column(Text, default="")
    #: campaign time of the step that made it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Incident(Base):
    """Something failed and waits for a person."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_state", "campaign_id", "state", "key"), Index("ix_incident_instance", "instance_key"))

    key: Mapped[int] = _key()
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    instance_key: Mapped[int | None] = mapped_column(Key)
    activity_key: Mapped[int | None] = mapped_column(Key)
    job_key: Mapped[int | None] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(30))
    message: Mapped[str] = mapped_column(Text)
    #: OPEN, RESOLVED
    state: Mapped[str] = mapped_column(String(10), default="OPEN")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[str] = mapped_column(String(100), default="")


class SubscriptionRow(Base):
    """An open wait for a message or signal; with ``instance_key`` 0: a start event of the newest version of a process."""

    __tablename__ = "subscription"
    __table_args__ = (
        Index("ix_subscription_name", "kind", "name", "correlation_key", "key"),
        Index("ix_subscription_instance", "instance_key"),
    )

    key: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    #: ``message`` or ``signal``
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(200))
    correlation_key: Mapped[str] = mapped_column(String(200), default="")
    instance_key: Mapped[int] = mapped_column(Key, default=0)
    definition_key: Mapped[int | None] = mapped_column(Key)
    element_id: Mapped[str] = mapped_column(String(200))
    interrupting: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MessageRow(Base):
    """A published message that waits for its receiver until ``expires_at``."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("campaign_id", "name", "correlation_key", "message_id"),
        Index("ix_message_waiting", "name", "correlation_key", "state", "key"),
        Index("ix_message_expiry", "state", "expires_at"),
    )

    key: Mapped[int] = _key()
    campaign_id: Mapped[int] = mapped_column(Key, default=0)
    name: Mapped[str] = mapped_column(String(200))
    correlation_key: Mapped[str] = mapped_column(String(200), default="")
    #: given by the sender to make publishing repeatable; otherwise the key
    message_id: Mapped[str] = mapped_column(String(100))
    variables: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    #: WAITING, CORRELATED, EXPIRED
    state: Mapped[str] = mapped_column(String(12), default="WAITING")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Idempotency(Base):
    """The first answer to a request id, given again to whoever repeats it."""

    __tablename__ = "idempotency"

    actor: Mapped[str] = mapped_column(String(100), primary_key=True)
    request_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    #: SHA-256 of what was asked
    request_hash: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any]] = mapped_column(Json(dict), default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class VirtualClock(Base):
    """The demonstration's clock: one row; campaign time = ``anchor`` + (real time − ``set_at``) × ``running``."""

    __tablename__ = "virtual_clock"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, default=1)
    anchor: Mapped[datetime] = mapped_column(UtcDateTime)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    running: Mapped[bool] = mapped_column(default=False)


class Installation(Base):
    """What this database belongs to: one row, written at the first start."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, default=1)
    #: real work: no demonstration is ever written here, and no virtual clock followed
    production: Mapped[bool]
    #: which data key encrypts here (``personal.key_id``); the key itself is never stored
    data_key_id: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
