"""What others said before: small forms filled for the same subject, reasons of a hand-over, and what a new revision changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import personal
from app.acts.people import Names
from app.engine.models import Definition, Event, Task
from app.forms import paths, schema, spoken, submissions
from app.forms.models import Submission

#: How many earlier answers of others are shown.
VOICES = 5
#: A form with more fields than this is not quoted in full: it has a page of its own.
QUOTED_FIELDS = 12
#: How many changed fields are listed.
MOST_CHANGES = 40


@dataclass(frozen=True, slots=True)
class Voice:
    """What somebody said before: a small form he filled for the same subject, or the reason with which he handed the task over."""

    who: str
    on_behalf_of: str
    at: datetime
    title: str
    #: (label, answer)
    answers: tuple[tuple[str, str], ...] = ()


def voices(session: Session, task: Task, names: Names, locale: str, *, but: int) -> list[Voice]:
    """The newest small forms others filled for this subject (not *but*, which is shown in full), and why this task was handed over."""
    found: list[Voice] = []
    for row in _handovers(session, task):
        found.append(Voice(row.actor, row.on_behalf_of, row.at, "", (("", str(row.detail.get("reason", ""))),)))
    for submission, content in _small_submissions(session, task):
        if submission.key == but:
            continue
        try:
            form = schema.load(content)
        except schema.SchemaError:
            continue  # a form that cannot be opened any more quotes nothing; its own page says why
        answers = tuple(_answers(form, submission, locale)) if len(form.by_path) <= QUOTED_FIELDS else ()
        if answers:
            found.append(Voice(submission.actor, submission.on_behalf_of, submission.at, form.title(locale), answers))
    names.load([name for voice in found for name in (voice.who, voice.on_behalf_of)])
    return [
        Voice(names.one(voice.who), names.one(voice.on_behalf_of), voice.at, voice.title, voice.answers)
        for voice in sorted(found, key=lambda each: each.at, reverse=True)[:VOICES]
    ]


def _handovers(session: Session, task: Task) -> list[Event]:
    query = select(Event).where(Event.instance_key == task.instance_key, Event.activity_key == task.key, Event.kind == "task.handed_over")
    return list(session.scalars(query.order_by(Event.key.desc()).limit(VOICES)))


def _small_submissions(session: Session, task: Task) -> list[tuple[Submission, bytes]]:
    if not task.subject:
        return []
    about = [Submission.campaign_id == task.campaign_id, Submission.subject == task.subject, Submission.task_key != task.key]
    if task.subject.startswith("campaign:"):  # the whole campaign: only what belongs to this piece of work
        about.append(Submission.instance_key == task.instance_key)
    query = (
        select(Submission, Definition.content)
        .join(Definition, Definition.key == Submission.form_key)
        .where(*about)
        .order_by(Submission.key.desc())
        .limit(VOICES * 2)
    )
    return [(submission, content) for submission, content in session.execute(query)]


def _answers(form: schema.Form, submission: Submission, locale: str) -> Iterable[tuple[str, str]]:
    """(label, answer) of a small form's plain fields; personal values stay out of it."""
    for each in form.fields():
        value = submission.data.get(each.path) if "." not in each.path and "[" not in each.path else None
        known = each.node.component.get("readonly") or each.node.component.get("disabled")
        if known or each.personal or value in (None, "", False) or isinstance(value, dict | list):
            continue
        yield each.node.label(locale), in_words(each.node.component, value, locale)


def in_words(component: Mapping[str, Any], value: Any, locale: str) -> str:
    for option in component.get("values") or ():
        if isinstance(option, dict) and option.get("value") == value:
            return str((locale == "en" and option.get("labelEn")) or option.get("label", value))
    return "✓" if value is True else spoken.plain(value)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that the newest revision of a form has changed, in words."""

    label: str
    before: str
    after: str


def changes(session: Session, submission: Submission, locale: str) -> list[Change]:
    """What *submission* changed against the revision before it (R09); personal values masked. Empty for a first revision."""
    if submission.revision < 2:
        return []
    before = session.scalar(
        select(Submission).where(
            Submission.campaign_id == submission.campaign_id,
            Submission.subject == submission.subject,
            Submission.form_id == submission.form_id,
            Submission.revision == submission.revision - 1,
        )
    )
    if before is None:
        return []
    form = submissions.form_of(session, submission)
    old, new = (submissions.data_of(session, each, unmask=True) for each in (before, submission))
    found = []
    for path, one, other in submissions.changes(old, new)[:MOST_CHANGES]:
        field = form.field(path)
        if field is not None and field.type not in ("filepicker", "expression"):
            found.append(Change(place(field, path, locale), _shown(field, one, locale), _shown(field, other, locale)))
    return found


def place(field: schema.Field, path: str, locale: str) -> str:
    """The label, with the row's number: "2 · 姓名"."""
    rows = [str(part + 1) for part in paths.parts(path) if isinstance(part, int)]
    return " · ".join([*rows, field.node.label(locale)])


def _shown(field: schema.Field, value: Any, locale: str) -> str:
    if value in (None, "", []):
        return "—"
    if field.personal and isinstance(value, str):
        return personal.mask(field.personal, value)  # type: ignore[arg-type]  # kinds are checked when the form is deployed
    if isinstance(value, list):
        return "、".join(in_words(field.node.component, each, locale) for each in value)
    return in_words(field.node.component, value, locale)
