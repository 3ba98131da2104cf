"""Reviewers' remarks on single fields: written beside a submission, shown at the field to who corrects it, resolved by the correction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import clock
from app.acts.models import FieldComment
from app.acts.refusals import Refusal
from app.auth import open_tasks
from app.auth.current import Identity
from app.engine import events
from app.engine.actor import Actor
from app.engine.errors import NotFound
from app.engine.models import Task
from app.forms import paths, submissions
from app.forms.models import Submission

LONGEST = 1000


def reviewed(session: Session, task: Task) -> Submission | None:
    """The submission that *task* looks at: the newest of its subject with one of the forms its property ``reviews`` names."""
    forms = [name.strip() for name in (task.properties or {}).get("reviews", "").split(",") if name.strip()]
    if not forms or not task.subject:
        return None
    return submissions.latest(session, task.campaign_id, forms, task.subject)


_UNRESOLVED = (
    select(FieldComment)
    .where(
        FieldComment.campaign_id == bindparam("campaign"),
        FieldComment.subject == bindparam("about"),
        FieldComment.form_id == bindparam("form"),
        FieldComment.resolved_at.is_(None),
    )
    .order_by(FieldComment.key)
)


def on_form(session: Session, task: Task, form_id: str | None) -> list[FieldComment]:
    """Unresolved remarks on this form of the task's subject, oldest first."""
    if not form_id or not task.subject:
        return []
    return list(session.scalars(_UNRESOLVED, {"campaign": task.campaign_id, "about": task.subject, "form": form_id}))


def add(session: Session, task: Task, actor: Actor, *, path: str, text: str) -> FieldComment:
    """Write a remark on a field of what *task* reviews. ``NotFound`` when it reviews nothing or there is no such field."""
    submission = reviewed(session, task)
    field = submissions.form_of(session, submission).field(path) if submission else None
    if submission is None or field is None:
        raise NotFound(_("这张表没有这一项，请刷新页面后再批注。"))
    comment = FieldComment(
        campaign_id=task.campaign_id,
        subject=task.subject,
        form_id=submission.form_id,
        submission_key=submission.key,
        task_key=task.key,
        path=path,
        label=field.node.label(),
        text=text.strip()[:LONGEST],
        author=actor.name,
        on_behalf_of=actor.on_behalf_of,
        at=clock.now(),
    )
    session.add(comment)
    session.flush()
    _record(session, "comment.made", comment, task, actor, text=comment.text)
    return comment


def withdraw(session: Session, identity: Identity, actor: Actor, key: int) -> None:
    """Take back one's own remark, while the review in which it was written is still open."""
    comment = session.get(FieldComment, key)
    if comment is None or comment.author != identity.username:
        raise NotFound(_("没有这条批注，或者它不是您写的。"))
    task = open_tasks.open_task(session, identity, comment.task_key)
    if task is None:
        raise Refusal(_("这次审核已经办结，批注已送达填表人，不能再撤回。"))
    _record(session, "comment.withdrawn", comment, task, actor, text=comment.text)
    session.delete(comment)


def reply(session: Session, task: Task, actor: Actor, key: int, text: str) -> FieldComment:
    """Answer a remark on the form that *task* fills. An empty text takes the answer back."""
    comment = session.get(FieldComment, key)
    if comment is None or (comment.campaign_id, comment.subject, comment.form_id) != (task.campaign_id, task.subject, task.form_id):
        raise NotFound(_("没有这条批注。"))
    before = comment.reply
    comment.reply = text.strip()[:LONGEST]
    comment.replied_by = actor.name if comment.reply else ""
    comment.replied_at = clock.now() if comment.reply else None
    _record(session, "comment.answered", comment, task, actor, reply=comment.reply, **({"note": before} if before else {}))
    return comment


def settle(session: Session, task: Task, data: Mapping[str, Any], actor: Actor) -> None:
    """Resolve the remarks that a submission answers: the field has changed since it was looked at, or there is a reply."""
    before: dict[int, dict[str, Any]] = {}
    for comment in on_form(session, task, task.form_id):
        if comment.submission_key not in before:
            before[comment.submission_key] = submissions.read(session, comment.submission_key, unmask=True)
        changed = paths.get(before[comment.submission_key], comment.path) != paths.get(data, comment.path)
        if changed or comment.reply:
            comment.resolved_at, comment.resolved_by = clock.now(), actor.name
            _record(session, "comment.resolved", comment, task, actor, how="corrected" if changed else "answered")


def as_json(comments: list[FieldComment], names: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Path → remarks, for the form bundle. Times are ISO 8601."""
    found: dict[str, list[dict[str, Any]]] = {}
    for comment in comments:
        found.setdefault(comment.path, []).append(one_as_json(comment, names))
    return found


def one_as_json(comment: FieldComment, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "key": str(comment.key),
        "path": comment.path,
        "label": comment.label,
        "text": comment.text,
        "author": names.get(comment.author, comment.author),
        "at": comment.at.isoformat(),
        "resolved": comment.resolved_at is not None,
        "reply": comment.reply,
        "replier": names.get(comment.replied_by, comment.replied_by),
    }


def _record(session: Session, kind: str, comment: FieldComment, task: Task, actor: Actor, **detail: str) -> None:
    about = {"form": comment.form_id, "path": comment.path, "label": comment.label, "comment": str(comment.key)}
    events.record_at(session, kind, actor, task, {**about, **detail})
