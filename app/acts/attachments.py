"""Photos and documents of a task: kept with it, shown to whoever may see a task of the same subject."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.acts import uploads
from app.acts.models import Attachment
from app.acts.refusals import Refusal
from app.auth import open_tasks
from app.auth.current import Identity
from app.engine import contents, events
from app.engine.actor import Actor
from app.engine.models import Task

#: Most files of one task.
MOST = 60

#: Further readers, put on ``app.extensions["daopai.attachment_readers"]`` by features that show a subject's papers elsewhere.
Reader = Callable[[Session, Identity, Attachment], bool]


_OF_TASK = select(Attachment).where(Attachment.task_key == bindparam("task")).order_by(Attachment.key)


def of_task(session: Session, task: Task) -> list[Attachment]:
    """What was attached to a task, oldest first."""
    return list(session.scalars(_OF_TASK, {"task": task.key}))


def of_subject(session: Session, task: Task) -> list[Attachment]:
    """What was attached in earlier tasks of the same subject, newest first."""
    if not task.subject:
        return []
    query = select(Attachment).where(
        Attachment.campaign_id == task.campaign_id, Attachment.subject == task.subject, Attachment.task_key != task.key
    )
    return list(session.scalars(query.order_by(Attachment.key.desc()).limit(MOST)))


def add(session: Session, task: Task, actor: Actor, stored: uploads.Stored, *, name: str, path: str) -> Attachment:
    """The row of a stored file. ``Refusal`` when the task has too many already."""
    if len(of_task(session, task)) >= MOST:
        raise Refusal(_("一件事最多附 %(most)s 个文件，请先删去不要的。", most=MOST))
    attachment = Attachment(
        campaign_id=task.campaign_id,
        task_key=task.key,
        subject=task.subject,
        path=path[:200],
        name=uploads.shown_name(name, stored.media_type, otherwise=_("附件")),
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        stored=stored.name,
        uploaded_by=actor.name,
        on_behalf_of=actor.on_behalf_of,
        at=clock.now(),
    )
    session.add(attachment)
    session.flush()
    events.record_at(session, "attachment.added", actor, task, {**_told(attachment), "digests": contents.digests(attachment)})
    return attachment


def open_to(session: Session, identity: Identity, key: int) -> Attachment | None:
    """An attachment that this user may see: of a task he has or had a part in, or of another task about the same subject; else None."""
    found = session.get(Attachment, key)
    if found is None or found.campaign_id not in (0, identity.campaign_id):
        return None
    if found.uploaded_by == identity.username or open_tasks.known_task(session, identity, found.task_key) is not None:
        return found
    about = Task.key == found.task_key
    if found.subject:
        about = or_(about, and_(Task.campaign_id == found.campaign_id, Task.subject == found.subject))
    for tasks in (open_tasks.tasks_open_to(identity), open_tasks.tasks_done_by(identity)):
        if session.scalar(tasks.with_only_columns(Task.key).where(about).limit(1)) is not None:
            return found
    readers: list[Reader] = current_app.extensions.get("daopai.attachment_readers", [])
    return found if any(reader(session, identity, found) for reader in readers) else None


def remove(session: Session, identity: Identity, actor: Actor, key: int) -> Attachment | None:
    """Take back one's own file while its task is open; the row goes, the history keeps that it was there. None: not his to remove."""
    found = session.get(Attachment, key)
    if found is None or found.uploaded_by != identity.username:
        return None
    task = open_tasks.open_task(session, identity, found.task_key)
    if task is None:
        return None
    events.record_at(session, "attachment.removed", actor, task, {**_told(found), "removed": [contents.name_of(found)]})
    session.delete(found)
    return found


def taken(session: Session, attachment: Attachment, actor: Actor) -> None:
    """Record that a copy of a document leaves the system."""
    events.record(
        session,
        "attachment.taken",
        actor,
        campaign_id=attachment.campaign_id,
        activity_key=attachment.task_key,
        subject=attachment.subject,
        detail={"attachment": str(attachment.key), **_told(attachment)},
    )


def _told(attachment: Attachment) -> dict[str, Any]:
    """What records say of a file."""
    return {"name": attachment.name, "type": attachment.media_type, "size": attachment.size, "sha256": attachment.sha256}


def file_of(folder: Path, attachment: Attachment) -> Path:
    """Where its bytes lie."""
    return uploads.path(folder, attachment.stored)
