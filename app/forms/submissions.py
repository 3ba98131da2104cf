"""Submitted forms: kept with their personal fields encrypted, read masked, compared field by field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app import clock, unreadable
from app.db import new_key
from app.engine import contents, events
from app.engine.actor import Actor
from app.engine.errors import NotFound
from app.engine.models import Definition
from app.forms import masking, paths, schema
from app.forms.models import Submission
from app.forms.outcome import Finding, Outcome

_TABLE = "submission"
# Statements that every form needs are made once: that takes longer than to run them.
_LATEST = (
    select(Submission)
    .where(
        Submission.campaign_id == bindparam("campaign"), Submission.subject == bindparam("about"), Submission.form_id == bindparam("form")
    )
    .order_by(Submission.revision.desc())
    .limit(1)
)


def save(
    session: Session,
    form: schema.Form,
    outcome: Outcome,
    actor: Actor,
    *,
    task: Any = None,
    campaign_id: int = 0,
    subject: str = "",
    scope: str = "",
    form_key: int | None = None,
    version: int = 1,
    at: datetime | None = None,
) -> Submission:
    """Keep an accepted form as the next revision of its subject.

    With *task* (``engine.models.Task``) campaign, subject, scope, instance and form come from it. Two at the same moment: one of the
    transactions is run again (``db.in_transaction``).
    """
    if task is not None:
        campaign_id, subject, scope, form_key = task.campaign_id, task.subject, task.scope, task.form_key
    previous = session.scalar(_LATEST, {"campaign": campaign_id, "about": subject, "form": form.id})
    key = new_key()
    submission = Submission(
        key=key,
        campaign_id=campaign_id,
        form_key=form_key,
        form_id=form.id,
        version=version,
        subject=subject,
        scope=scope,
        task_key=task.key if task is not None else None,
        instance_key=task.instance_key if task is not None else None,
        data=masking.sealed(form, outcome.data, _TABLE, str(key)),
        warnings=[_kept(finding) for finding in outcome.warnings],
        problems=[_kept(finding) for finding in outcome.problems],
        actor=actor.name,
        on_behalf_of=actor.on_behalf_of,
        at=at or clock.now(),
        revision=previous.revision + 1 if previous else 1,
    )
    session.add(submission)
    _flush(session)
    _record(session, submission, previous, actor, outcome.data, task)
    return submission


def _record(session: Session, submission: Submission, previous: Submission | None, actor: Actor, data: dict[str, Any], task: Any) -> None:
    """What was handed in, field by field where it differs from before; personal values as they are kept, encrypted for their place."""
    differences = changes(masking.opened(previous.data, _TABLE, str(previous.key)), data) if previous else []
    detail = {
        "form": submission.form_id,
        "version": submission.version,
        "submission": str(submission.key),
        "revision": submission.revision,
        "previous": str(previous.key) if previous else None,
        "changes": [
            {"path": path, "old": paths.get(previous.data, path), "new": paths.get(submission.data, path)}
            for path, _old, _new in differences
            if previous
        ],
        "digests": contents.digests(submission),
        **(events.went_by(task.definition_key) if task is not None else {}),
    }
    events.record(
        session,
        "form.submitted",
        actor,
        at=submission.at,
        campaign_id=submission.campaign_id,
        instance_key=submission.instance_key,
        activity_key=submission.task_key,
        element_id=task.element_id if task is not None else "",
        subject=submission.subject,
        detail=detail,
    )


def _flush(session: Session) -> None:
    """Write; the same revision by somebody else at this moment counts as a revision conflict."""
    try:
        session.flush()
    except IntegrityError as error:
        if "uq_submission_revision" in str(error.orig) or "submission.revision" in str(error.orig):
            raise StaleDataError("another revision of this form was saved at the same moment") from error
        raise


def _kept(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in asdict(finding).items() if name != "severity" and value not in ("", {})}


def data_of(session: Session, submission: Submission, *, unmask: bool = False) -> dict[str, Any]:
    """A submission's data, personal values masked unless *unmask* (the caller has checked the right to and recorded the act).

    In the clear nothing is marked as unreadable: a form is built on it, or a person decides by it, so that it is refused."""
    if unmask:
        with unreadable.refused():
            clear: dict[str, Any] = masking.opened(submission.data, _TABLE, str(submission.key))
        return clear
    return masking.masked(form_of(session, submission), masking.opened(submission.data, _TABLE, str(submission.key)))


def read(session: Session, key: int, unmask: bool = False) -> dict[str, Any]:
    """The data of one submission; see ``data_of``. ``NotFound`` when there is none."""
    submission = session.get(Submission, key)
    if submission is None:
        raise NotFound(f"submission {key}")
    return data_of(session, submission, unmask=unmask)


def form_of(session: Session, submission: Submission) -> schema.Form:
    """The form as it was when it was filled."""
    content = session.scalar(select(Definition.content).where(Definition.key == submission.form_key))
    if content is None:
        raise NotFound(f"form {submission.form_id} version {submission.version}")
    return schema.load(content)


def latest(session: Session, campaign_id: int, form_id: str | Iterable[str], subject: str) -> Submission | None:
    """The newest submission of a subject with this form (or one of these forms)."""
    ids = [form_id] if isinstance(form_id, str) else list(form_id)
    if len(ids) == 1:
        return session.scalar(_LATEST, {"campaign": campaign_id, "about": subject, "form": ids[0]})
    return session.scalar(
        select(Submission)
        .where(Submission.campaign_id == campaign_id, Submission.subject == subject, Submission.form_id.in_(ids))
        .order_by(Submission.key.desc())
        .limit(1)
    )


def latest_of_scope(session: Session, campaign_id: int, form_id: str, scope: str) -> list[Submission]:
    """The newest submission of every subject of a village, in one statement: what its totals are made from."""
    newest = (
        select(Submission.subject, func.max(Submission.revision).label("revision"))
        .where(Submission.campaign_id == campaign_id, Submission.form_id == form_id, Submission.scope == scope)
        .group_by(Submission.subject)
        .subquery()
    )
    return list(
        session.scalars(
            select(Submission)
            .join(newest, and_(Submission.subject == newest.c.subject, Submission.revision == newest.c.revision))
            .where(Submission.campaign_id == campaign_id, Submission.form_id == form_id)
            .order_by(Submission.subject)
        )
    )


def history(session: Session, campaign_id: int, form_id: str, subject: str) -> list[Submission]:
    """All revisions, oldest first."""
    return list(
        session.scalars(
            select(Submission)
            .where(Submission.campaign_id == campaign_id, Submission.subject == subject, Submission.form_id == form_id)
            .order_by(Submission.revision)
        )
    )


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(path, old value, new value) of everything that differs, in the order of the new data (R09).

    Nothing, empty and missing are the same.
    """
    before, after = dict(paths.leaves(old)), dict(paths.leaves(new))
    found = []
    for path in [*after, *(path for path in before if path not in after)]:
        one, other = before.get(path), after.get(path)
        if one != other and not (one in (None, "", []) and other in (None, "", [])):
            found.append((path, one, other))
    return found
