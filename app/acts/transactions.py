"""An act on a user task in a transaction of its own, and what is said and kept when it cannot be. Pages and ``/v2`` alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import element_names
from app.acts import completion
from app.auth import database, identity
from app.db import RevisionConflict
from app.engine import definitions, runtime
from app.engine.errors import Conflict, PrefillFailed, StepFailed
from app.engine.models import Task

Result = TypeVar("Result")


def on_task(key: int, work: Callable[[Session], Result]) -> Result:
    """Run *work* on task *key*; when somebody else was quicker, ``Closed`` says who and when."""
    try:
        return database().in_transaction(work)
    except (Conflict, RevisionConflict) as conflict:
        with database().reading() as session:
            raise completion.overtaken(session, identity(), key, conflict) from conflict


def failed_step(failed: StepFailed, key: int) -> str:
    """Keep the incident in a transaction of its own; returns the sentence for the person."""
    incident = database().in_transaction(lambda session: runtime.record_incident(session, failed, task_key=key))
    text: str = _(
        "流程走到“%(element)s”时出错，没有提交成功；您填写的内容都还在。管理员已收到通知（编号 %(number)s），修好后请再提交一次。",
        element=_element_name(key, failed.element_id),
        number=incident.key,
    )
    return text


def unfilled(failed: Mapping[str, Exception], key: int) -> None:
    """Keep an incident for each formula that failed when the form of task *key* was opened: once, however often it is opened."""

    def work(session: Session) -> None:
        for path, error in failed.items():
            runtime.record_incident(session, PrefillFailed(path, error), task_key=key)

    database().in_transaction(work)


def _element_name(key: int, element_id: str) -> str:
    """What the diagram of this task calls an element; its id when it stands in another diagram."""
    with database().reading() as session:
        definition_key = session.scalar(select(Task.definition_key).where(Task.key == key))
        process = definitions.drawn(session, definition_key) if definition_key else None
    element = process.elements.get(element_id) if process else None
    return element_names.spoken(element.name) if element and element.name else element_id
