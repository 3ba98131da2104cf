"""What has been typed and not yet submitted: kept on the server while typing, back on any device, gone on completion."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, exact_json, personal, unreadable
from app.acts.models import Draft
from app.engine.models import Task
from app.forms import masking
from app.forms.schema import Form

#: Longest draft, in bytes of JSON. A household form with ten members has about 20 kB.
LARGEST = 1_000_000


class Newer(Exception):
    """Another device of the same user has saved this draft meanwhile. ``draft`` is what it saved."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(draft.revision)
        self.draft = draft


def find(session: Session, task: Task, username: str) -> Draft | None:
    """The user's draft of a task."""
    return session.scalar(_MINE, {"task": task.key, "person": username})


_MINE = select(Draft).where(Draft.task_key == bindparam("task"), Draft.username == bindparam("person"))


def content(draft: Draft) -> dict[str, Any]:
    """The form data of a draft."""
    text = personal.decrypt("draft", _row(draft.task_key), "content", draft.content)
    data: dict[str, Any] = unreadable.Dict() if isinstance(text, unreadable.Unreadable) else exact_json.loads(text)
    return data


def save(session: Session, task: Task, form: Form, username: str, data: dict[str, Any], *, seen: int) -> Draft:
    """Keep *data*. ``seen`` is the revision the device started from (0: none); ``Newer`` when another device has saved since.

    ``seen`` -1 overwrites whatever is there: the user has seen the other version and chose his own. The screen shows personal values of
    an earlier draft masked; masks that come back unchanged are turned into those values again.
    """
    draft = find(session, task, username)
    if draft is not None:
        masking.restore(form, data, content(draft))
    text = personal.encrypt("draft", _row(task.key), "content", exact_json.dumps(data).decode())
    if draft is None:
        draft = Draft(task_key=task.key, username=username, campaign_id=task.campaign_id, content=text, saved_at=clock.real_now())
        try:
            with session.begin_nested():
                session.add(draft)
                session.flush()
        except IntegrityError as error:
            raise Newer(session.get_one(Draft, (task.key, username))) from error
        return draft
    if seen not in (-1, draft.revision):
        raise Newer(draft)
    draft.content, draft.saved_at = text, clock.real_now()
    session.flush()
    return draft


_REMOVE = delete(Draft).where(Draft.task_key == bindparam("task"))


def remove(session: Session, task: Task) -> None:
    """Forget every draft of a task that is done."""
    session.execute(_REMOVE, {"task": task.key}, execution_options={"synchronize_session": False})


def hand_on(session: Session, task: Task, giver: str, taker: str) -> None:
    """Let the new holder of a task go on where the old one stopped; what he has typed himself stays."""
    if find(session, task, taker) is not None:
        return
    if (given := find(session, task, giver)) is not None:
        session.add(Draft(task_key=task.key, username=taker, campaign_id=task.campaign_id, content=given.content, saved_at=given.saved_at))


def _row(task_key: int) -> str:
    return str(task_key)
