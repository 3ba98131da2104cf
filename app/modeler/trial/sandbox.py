"""A throw-away database in memory with everything that is deployed and some files more, where our own engine runs on a clock of its own.

Nothing of a trial reaches the real database, the real clock or a handler: the sandbox has another ``Database``, ``clock.override``
moves the time of this thread alone, and ``handlers.answered_by`` stands before every handler.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import StaticPool, and_, func, select
from sqlalchemy.orm import Session, undefer

from app import clock
from app.acts import completion, operating
from app.db import Base, Database
from app.engine import definitions, handlers, jobs, runtime, start_events
from app.engine.actor import Actor
from app.engine.errors import BpmnError, EngineError
from app.engine.models import Definition, Deployment, Task
from app.engine.people import Snapshot
from app.modeler.trial import filling
from app.modeler.trial import stubs as standing_in

TRIAL = Actor("trial", origin="trial")
#: Jobs that run by themselves: all but service tasks, which the player answers.
_BY_ITSELF = jobs.KINDS - {"service"}
#: Timers that one move of the clock may fire: a cycle of seconds must not keep a request for ever.
TIMERS_AT_ONCE = 200
#: Prepared databases that this process remembers, 1 to 3 MB each.
_REMEMBERED = 8


#: Jobs that one step may bring about: what never comes to rest must not keep a request for ever either.
JOBS_AT_ONCE = 3_000


class TooMuchWork(Exception):
    """A step brought about so many jobs that the trial stopped."""


class TooManyTimers(Exception):
    """The clock met so many timers on its way that it stopped."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What is deployed, as values: the newest version of everything; and who there is."""

    rows: tuple[dict[str, Any], ...]
    people: Snapshot | None = None


_COLUMNS = ("key", "kind", "id", "version", "name", "resource", "checksum", "content", "created_at")


def deployed(session: Session) -> Deployed:
    """Read the newest version of every definition, and who there is."""
    newest = (
        select(Definition.kind, Definition.id, func.max(Definition.version).label("version"))
        .group_by(Definition.kind, Definition.id)
        .subquery()
    )
    same = and_(Definition.kind == newest.c.kind, Definition.id == newest.c.id, Definition.version == newest.c.version)
    found = session.scalars(select(Definition).join(newest, same).options(undefer(Definition.content)).order_by(Definition.key))
    return Deployed(tuple({name: getattr(row, name) for name in _COLUMNS} for row in found), Snapshot.of(session))


class Sandbox:
    """The throw-away database, its clock, and what answers service tasks. Made by ``opened``."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._answer: handlers.Handler = _unanswered

    # --- verbs: each is the engine's own, then everything that follows by itself ----------------------------------------

    def settle(self) -> int:
        """Run what is due, except service tasks; returns how many jobs that were."""
        ran = jobs.run_due(self.db, limit=JOBS_AT_ONCE, ignore_backoff=True, kinds=_BY_ITSELF)
        if ran >= JOBS_AT_ONCE:
            raise TooMuchWork(TooMuchWork.__doc__)
        return ran

    def start(self, process_id: str, variables: dict[str, Any], business_key: str = "", element_id: str | None = None) -> int:
        def work(session: Session) -> int:
            return runtime.start(session, process_id, variables, TRIAL, business_key=business_key, element_id=element_id).key

        key = self.db.in_transaction(work)
        self.settle()
        return key

    def complete(self, task_key: int, form: Mapping[str, Any] | None, variables: dict[str, Any]) -> None:
        """Complete a task with its *form* as entered, *variables* being what features would add; None: by what comes of it."""

        def work(session: Session) -> None:
            task = session.get_one(Task, task_key)
            if form is None:
                completion.stated(session, task, variables, TRIAL)
            else:
                completion.submit(session, task, form, None, TRIAL, show_findings=False, features=filling.Apart(variables))

        self.db.in_transaction(work)
        self.settle()

    def answer(self, job_key: int, variables: dict[str, Any], *, error: str = "", failure: str = "") -> None:
        """Run a service task's job; instead of its handler these *variables* answer, a BPMN *error*, or a *failure* (an incident)."""

        def reply(_session: Session, _context: handlers.Context) -> dict[str, Any]:
            if failure:
                raise EngineError(failure)
            if error:
                raise BpmnError(error, variables=variables)
            return variables

        self._answer = reply
        try:
            while jobs.run_one(self.db, job_key) and failure:
                pass  # until its last attempt has failed
        finally:
            self._answer = _unanswered
        self.settle()

    def publish(self, name: str, correlation_key: str, variables: dict[str, Any]) -> None:
        self.db.in_transaction(lambda session: runtime.publish_message(session, name, correlation_key, variables, TRIAL))
        self.settle()

    def broadcast(self, name: str, variables: dict[str, Any]) -> None:
        self.db.in_transaction(lambda session: runtime.broadcast_signal(session, name, variables, TRIAL))
        self.settle()

    def retry(self, incident_key: int) -> None:
        self.db.in_transaction(lambda session: operating.retry(session, incident_key, TRIAL))
        self.settle()

    def next_timer(self) -> datetime | None:
        with self.db.reading() as session:
            return jobs.next_due(session)

    def advance(self, to: datetime) -> None:
        """Move the clock forward; each timer on the way runs at its own time."""
        for _turn in range(TIMERS_AT_ONCE):
            due = self.next_timer()
            if due is None or due > to:
                break
            self._move(max(due, clock.now()))
            if not self.settle():
                break  # what is due failed, or waits with its instance
        else:
            raise TooManyTimers(TooManyTimers.__doc__)
        self._move(max(to, clock.now()))
        self.settle()

    def _move(self, to: datetime) -> None:
        self._mover(to)

    @contextmanager
    def _running(self, at: datetime) -> Iterator[None]:
        with clock.override(at) as self._mover, handlers.answered_by(lambda session, context: self._answer(session, context)):
            yield

    def kept(self) -> bytes:
        """Everything in the database, to go on from later."""
        return _serialized(self.db)


def _unanswered(_session: Session, context: handlers.Context) -> dict[str, Any]:
    raise EngineError(f"nobody has answered the service task {context.element_id}")


@contextmanager
def opened(content: bytes, at: datetime, people: Snapshot | None = None) -> Iterator[Sandbox]:
    """A sandbox over a copy of *content* (``prepared`` or ``Sandbox.kept``), at campaign time *at*, in this thread."""
    db = _in_memory(people)
    sandbox = Sandbox(db)
    try:
        _connection(db).deserialize(content)
        with sandbox._running(at):
            yield sandbox
    finally:
        db.dispose()


# --- a database that is ready ---------------------------------------------------------------------------------------------


def prepared(base: Deployed, files: Mapping[str, bytes], at: datetime, stubs: Collection[str] = ()) -> bytes:
    """A database with *base*, and *files* deployed over it by the ordinary deployment; the processes in *stubs* are stand-ins that wait
    for an answer. Raises ``Refused`` when the files may not be deployed."""
    always, then = _names(base, files, at, stubs)
    with _lock:
        for name in (always, then):
            if name in _ready:
                _ready.move_to_end(name)
                return _ready[name]
    content, timed = _prepare(base, files, at, stubs)
    with _lock:
        _ready[then if timed else always] = content
        while len(_ready) > _REMEMBERED:
            _ready.popitem(last=False)
    return content


_ready: OrderedDict[str, bytes] = OrderedDict()
_lock = threading.Lock()


def _names(base: Deployed, files: Mapping[str, bytes], at: datetime, stubs: Collection[str]) -> tuple[str, str]:
    """What a prepared database is remembered by: whenever it begins, and only if it begins at this moment."""
    digest = hashlib.sha256(repr((sorted(stubs), [row["key"] for row in base.rows])).encode())
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + hashlib.sha256(files[name]).digest())
    return digest.hexdigest(), f"{digest.hexdigest()} {at.timestamp()}"


def _prepare(base: Deployed, files: Mapping[str, bytes], at: datetime, stubs: Collection[str]) -> tuple[bytes, bool]:
    """The database, and whether it holds start timers, which count from its beginning."""
    db = _in_memory(base.people)
    try:
        _connection(db).deserialize(_empty())
        with clock.override(at):
            db.in_transaction(lambda session: _copy(session, base, at))
            if files:
                db.in_transaction(lambda session: definitions.deploy(session, files, TRIAL, now=at))
            if stubs:
                replaced = standing_in.files(stubs)
                types = {*handlers.known_types(), standing_in.TASK_TYPE}
                db.in_transaction(lambda session: definitions.deploy(session, replaced, TRIAL, now=at, task_types=types))
        with db.reading() as session:
            timed = jobs.next_due(session) is not None
        return _serialized(db), timed
    finally:
        db.dispose()


def _copy(session: Session, base: Deployed, at: datetime) -> None:
    """The definitions keep their keys: what this process has parsed of them serves here, too."""
    deployment = Deployment(created_at=at, actor=TRIAL.name)
    session.add(deployment)
    session.flush()
    rows = [Definition(deployment_key=deployment.key, **row) for row in base.rows]
    session.add_all(rows)
    session.flush()
    for row in rows:
        if row.kind == "process":
            start_events.register(session, row, definitions.drawn(session, row.key), at)
    session.flush()


def _in_memory(people: Snapshot | None = None) -> Database:
    db = Database("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    return db.knows(people) if people is not None else db


@cache
def _empty() -> bytes:
    """The schema of this very program, made once per process: what the migrations sum up to (a test holds that)."""
    db = _in_memory()
    try:
        Base.metadata.create_all(db.engine)
        return _serialized(db)
    finally:
        db.dispose()


def _connection(db: Database) -> Any:
    raw = db.engine.raw_connection()
    try:
        return raw.driver_connection
    finally:
        raw.close()


def _serialized(db: Database) -> bytes:
    return bytes(_connection(db).serialize())
