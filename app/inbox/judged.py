"""What a reviewer must have seen before a form passes: what the rules found, warnings with the reasons given, what is still pending, and
what was changed since the last round."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace

from flask import current_app
from sqlalchemy.orm import Session

from app import exact_json
from app.acts import comments, completion
from app.auth import Identity
from app.auth.language import locale
from app.engine.models import Task
from app.forms import submissions
from app.forms.hooks import Pending
from app.forms.models import Submission
from app.forms.outcome import language
from app.inbox import voices

#: (session, identity, subjects) → subject → problems and holds that are open about it, as far as this user may see them
Provider = Callable[[Session, Identity, Iterable[str]], Mapping[str, list[Pending]]]


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of the rules: where, what, and for a warning the reason that was given."""

    place: str
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """What stands against one task's subject."""

    #: whether a submitted form is looked at; otherwise only what is pending is told
    form: bool
    problems: tuple[Found, ...]
    warnings: tuple[Found, ...]
    pending: tuple[Pending, ...]
    changes: tuple[voices.Change, ...]
    #: of a paper that is to be signed: figures that changed since it was drawn up or signed last
    figures: tuple[voices.Change, ...] = ()
    #: of a paper that is to be signed: the checksum of what it states now
    stamp: str = ""

    @property
    def holds(self) -> tuple[Pending, ...]:
        return tuple(each for each in self.pending if each.kind == "hold")

    @property
    def open_problems(self) -> tuple[Pending, ...]:
        return tuple(each for each in self.pending if each.kind == "problem")

    @property
    def flagged(self) -> bool:
        """Whether anything would be waved through unseen."""
        return bool(self.problems or self.warnings or self.pending or self.figures)

    @property
    def digest(self) -> str:
        """Tells whether what is listed is still what a reader has seen; 32 hexadecimal digits."""
        return hashlib.sha256(exact_json.dumps(asdict(self), sort_keys=True)).hexdigest()[:32]


def of_tasks(session: Session, identity: Identity, tasks: Iterable[Task]) -> dict[int, Judged]:
    """Task key → what stands against it."""
    tasks = list(tasks)
    provider: Provider | None = current_app.extensions.get("daopai.pending")
    pending = provider(session, identity, sorted({task.subject for task in tasks if task.subject})) if provider else {}
    found = {task.key: _judged(session, comments.reviewed(session, task), pending.get(task.subject, [])) for task in tasks}
    return {task.key: _stated(session, identity, task, found[task.key]) for task in tasks}


def _stated(session: Session, identity: Identity, task: Task, found: Judged) -> Judged:
    """With what the paper states that *task* signs: the form of such a task has the keys ``changes`` and ``stamp``."""
    if task.state != "OPEN" or not task.form_id or completion.form_of(session, task)[1].field("stamp") is None:
        return found
    data = completion.prepare(session, task, identity).data
    changed = tuple(voices.Change(row["figure"], row["before"], row["now"]) for row in data.get("changes") or ())
    return replace(found, figures=changed, stamp=str(data.get("stamp") or ""))


def _judged(session: Session, submission: Submission | None, pending: list[Pending]) -> Judged:
    if submission is None:
        return Judged(False, (), (), tuple(pending), ())
    changes = tuple(voices.changes(session, submission, locale()))
    return Judged(True, _found(session, submission, "problems"), _found(session, submission, "warnings"), tuple(pending), changes)


def _found(session: Session, submission: Submission, kind: str) -> tuple[Found, ...]:
    rows = getattr(submission, kind)
    if not rows:
        return ()
    form, english = submissions.form_of(session, submission), language() == "en"
    found = []
    for row in rows:
        field = form.field(row.get("path") or "")
        place = voices.place(field, row["path"], locale()) if field is not None else ""
        zh, en = row.get("text_zh", ""), row.get("text_en", "")
        found.append(Found(place, (en or zh) if english else (zh or en), row.get("reason", "")))
    return tuple(found)
