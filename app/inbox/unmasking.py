"""Showing a masked value of a task's forms to whoever may open the task: only by the recorded act, with a reason.

Keys are ``<task>|<path>``. ``task.reviewed``: the submission that the task looks at; ``task.submitted``: what was handed in with the task;
``task.form``: what the form to be filled starts with.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import personal
from app.acts import comments, completion
from app.auth import Identity, open_tasks
from app.auth.language import locale
from app.engine.models import Task
from app.forms import paths, schema, submissions
from app.forms.models import Submission
from app.inbox import voices
from app.personal import Unmasked

#: (session, task, identity) → the form and its data in the clear
Source = Callable[[Session, Task, Identity], tuple[schema.Form, dict[str, Any]] | None]


def _submission(session: Session, found: Submission | None) -> tuple[schema.Form, dict[str, Any]] | None:
    return (submissions.form_of(session, found), submissions.data_of(session, found, unmask=True)) if found is not None else None


def _reviewed(session: Session, task: Task, _identity: Identity) -> tuple[schema.Form, dict[str, Any]] | None:
    return _submission(session, comments.reviewed(session, task))


def _submitted(session: Session, task: Task, _identity: Identity) -> tuple[schema.Form, dict[str, Any]] | None:
    return _submission(
        session, session.scalar(select(Submission).where(Submission.task_key == task.key).order_by(Submission.key.desc()).limit(1))
    )


def _form(session: Session, task: Task, identity: Identity) -> tuple[schema.Form, dict[str, Any]] | None:
    if task.state != "OPEN" or not task.form_id:
        return None
    return completion.form_of(session, task)[1], completion.prepare(session, task, identity).data


def _resolver(source: Source) -> personal.Resolver:
    def resolve(session: Session, key: str, identity: Identity) -> Unmasked | None:
        number, _bar, path = key.partition("|")
        if not (number.isascii() and number.isdecimal() and len(number) < 20):
            return None
        task = open_tasks.open_task(session, identity, int(number))
        if task is None and source is not _form:
            task = open_tasks.known_task(session, identity, int(number))
        found = source(session, task, identity) if task is not None else None
        if task is None or found is None:
            return None
        form, data = found
        field, value = form.field(path), paths.get(data, path)
        if field is None or not field.personal or value in (None, "", []):
            return None
        many = isinstance(value, dict | list)
        text = json.dumps(value, ensure_ascii=False) if many else voices.in_words(field.node.component, value, locale())
        return Unmasked(text, task.subject)

    return resolve


def register() -> None:
    """Tell ``app.personal`` who decides."""
    personal.unmaskable("task.reviewed", _resolver(_reviewed))
    personal.unmaskable("task.submitted", _resolver(_submitted))
    personal.unmaskable("task.form", _resolver(_form))
