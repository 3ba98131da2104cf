"""What stands on a task page, gathered in the order in which it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import element_names, unreadable
from app.acts import attachments, comments, completion, drafts, people, wording
from app.acts.models import Attachment, Draft
from app.auth.current import Identity
from app.auth.language import locale
from app.engine import definitions
from app.engine.models import Task
from app.forms import browser, hooks, masking, schema, submissions
from app.forms.models import Submission
from app.inbox import judged, next_steps, voices


@dataclass(slots=True)
class Page:
    """Everything a task page shows."""

    task: Task
    process_name: str
    why: str
    holder: str = ""
    said: list[voices.Voice] = field(default_factory=list)
    #: for the form bundle's mount(); None: the task has no form
    form: dict[str, Any] | None = None
    form_title: str = ""
    locked: list[tuple[str, hooks.Lock]] = field(default_factory=list)
    #: what is reviewed, for mount() read-only with remarks
    reviewed: dict[str, Any] | None = None
    #: why a form of this page cannot be opened; nobody can complete the task until that is mended
    unreadable: str = ""
    reviewed_title: str = ""
    #: what it states now, where that has changed since (``Prepared.reviewed``)
    stated: dict[str, Any] = field(default_factory=dict)
    #: what of it is keyed into another system
    keying: hooks.Keying = hooks.Keying()
    #: formulas of the form that gave nothing, for the administrators
    failed: dict[str, Exception] = field(default_factory=dict)
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    judged: judged.Judged | None = None
    draft: Draft | None = None
    comments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    steps: next_steps.Steps | None = None
    files: list[Attachment] = field(default_factory=list)
    earlier_files: list[Attachment] = field(default_factory=list)


def build(session: Session, identity: Identity, task: Task, *, open_: bool) -> Page:
    """Gather a page. ``open_``: the user may work on the task; otherwise it shows what was submitted."""
    process = definitions.drawn(session, task.definition_key)
    element = process.elements.get(task.element_id)
    why = wording.without_requirements(element.documentation if element else "")
    page = Page(task, element_names.spoken(process.name or process.id), why)
    names = people.Names(session)
    page.holder = names.one(task.completed_by or task.assignee)
    page.files = attachments.of_task(session, task)
    try:
        _read_forms(session, identity, task, page, names, open_=open_)
        if open_ and task.form_id and (places := unreadable.seen()):
            raise unreadable.UnreadableData(", ".join(places))  # no form is built on what nobody can read
    except schema.SchemaError as error:
        # an older version of this program took it: the page opens, and says what to do
        page.form, page.reviewed, page.unreadable = None, None, error.text(locale())
    return page


def _read_forms(session: Session, identity: Identity, task: Task, page: Page, names: people.Names, *, open_: bool) -> None:
    looked_at = comments.reviewed(session, task)
    if not (task.form_id and completion.form_of(session, task)[1].blind):
        page.earlier_files = attachments.of_subject(session, task)
        page.said = voices.voices(session, task, names, locale(), but=looked_at.key if looked_at else 0)
    if open_:
        form = completion.form_of(session, task)[1] if task.form_id else None
        page.steps = next_steps.of_task(session, task, form, locale())
    if open_ and task.properties.get("reviews"):
        page.judged = judged.of_tasks(session, identity, [task])[task.key]
    if open_ and task.form_id:
        _fill(session, identity, task, page, names)
    elif task.form_id:
        _show_submitted(session, task, page)
    if looked_at is not None:
        page.reviewed = shown(session, looked_at, now=page.stated, what="task.reviewed", key=str(task.key))
        page.reviewed_title = str(page.reviewed.pop("title"))
        page.reviewed_by, page.reviewed_at = names.one(looked_at.actor), looked_at.at
        page.reviewed["comments"] = _remarks(comments.on_form(session, task, looked_at.form_id), names)


def _fill(session: Session, identity: Identity, task: Task, page: Page, names: people.Names) -> None:
    """The form to fill: what is known, the draft over it, remarks at their fields, locks with their reasons."""
    _definition, form = completion.form_of(session, task)
    prepared = completion.prepare(session, task, identity)
    page.stated, page.keying, page.failed = prepared.reviewed, prepared.keying, prepared.failed
    page.draft = drafts.find(session, task, identity.username)
    typed = drafts.content(page.draft) if page.draft else None
    page.form = {**browser.payload(form, prepared, locale(), draft=typed), "unmask": {"what": "task.form", "key": str(task.key)}}
    page.form_title = form.title(locale())
    page.comments = _remarks(comments.on_form(session, task, task.form_id), names)
    page.locked = [(_label(form, path), lock) for path, lock in prepared.locked.items()]


def _label(form: schema.Form, path: str) -> str:
    found = form.field(path)
    return found.node.label(locale()) if found else path


def _show_submitted(session: Session, task: Task, page: Page) -> None:
    submission = session.scalar(select(Submission).where(Submission.task_key == task.key).order_by(Submission.key.desc()).limit(1))
    if submission is not None:
        page.form = shown(session, submission, what="task.submitted", key=str(task.key))
        page.form_title = str(page.form.pop("title"))


def shown(session: Session, submission: Submission, *, what: str, key: str, now: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A submission for reading: its own form version, personal values masked; over them what is stated *now*."""
    form = submissions.form_of(session, submission)
    data = {**submissions.data_of(session, submission), **masking.masked(form, dict(now or {}))}
    return {**browser.reading(form, data, locale(), what=what, key=key), "title": form.title(locale())}


def _remarks(found: list[Any], names: people.Names) -> dict[str, list[dict[str, Any]]]:
    return comments.as_json(found, names.load([name for each in found for name in (each.author, each.replied_by)]))
