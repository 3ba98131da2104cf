"""The registered service-task handlers, by task type. ``jobs.handler`` fills this; deployment asks it what exists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.engine import needed_decisions
from app.engine.needed_decisions import Needed


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler is told about its job."""

    #: the job's key: the same at each attempt, so it identifies an effect on the outside
    key: int
    instance_key: int
    activity_key: int
    element_id: str
    type: str
    headers: dict[str, str]
    #: the instance's variables overlaid by the task's inputs, as they were when the task was entered
    variables: dict[str, Any]
    campaign_id: int
    #: the instance's: "household:V01-003", and its village
    subject: str
    scope: str
    #: campaign time
    now: datetime


#: Takes the session of the completing transaction; returns the completion's variables. Raises ``BpmnError`` to throw a BPMN error.
Handler = Callable[[Session, Context], dict[str, Any] | None]

HANDLERS: dict[str, Handler] = {}

_H = TypeVar("_H", bound=Handler)


def handler(task_type: str, *, asks: Iterable[Needed] = ()) -> Callable[[_H], _H]:
    """Register the decorated function for service tasks of *task_type*; *asks*: the decisions that it asks for.

    It runs in the transaction that completes the task: what it writes, the completion and the job's end happen together or not at all. It
    may run more than once before that happens.
    """

    def register(function: _H) -> _H:
        if HANDLERS.get(task_type, function) is not function:
            raise ValueError(f"two handlers for the task type “{task_type}”")
        HANDLERS[task_type] = function
        needed_decisions.BY_TASK_TYPE[task_type] = tuple(asks)
        return function

    return register


#: what answers every service task of this context (thread, request) instead of the registered handlers
_instead: ContextVar[Handler | None] = ContextVar("daopai_instead_of_handlers", default=None)


@contextmanager
def answered_by(function: Handler) -> Iterator[None]:
    """In this thread *function* does the work of every handler: a trial of a draft touches nothing. Other threads keep the handlers."""
    before = _instead.set(function)
    try:
        yield
    finally:
        _instead.reset(before)


def find(task_type: str) -> Handler | None:
    """What does the work of *task_type* here; None: nobody."""
    return _instead.get() or HANDLERS.get(task_type)


def known_types() -> frozenset[str]:
    """The task types that have a handler."""
    return frozenset(HANDLERS)
