"""What a submitted form says, in the words of its own version, and what it changed. Personal values are masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.engine import definitions
from app.engine.errors import NotFound
from app.forms import masking, paths, schema, spoken, submissions
from app.forms.models import Submission

_TABLE = Submission.__tablename__


@dataclass(frozen=True, slots=True)
class Value:
    """A field: what it said before and says now, in words; "" for nothing."""

    label: str
    path: str
    old: str
    new: str
    #: it can be shown in the clear, by a recorded act
    personal: bool = False


def form_of(session: Session, submission: Submission) -> schema.Form | None:
    """The form as it was when it was filled; None when its definition is gone or cannot be opened."""
    if submission.form_key is None:
        return None
    try:
        return schema.load(definitions.file_of(session, submission.form_key).content)
    except (NotFound, schema.SchemaError):
        return None


def opened(submission: Submission) -> dict[str, Any]:
    """The values in the clear: to compare, not to show."""
    found: dict[str, Any] = masking.opened(submission.data, _TABLE, str(submission.key))
    return found


def all_values(form: schema.Form, submission: Submission, locale: str, choices: spoken.Choices) -> list[Value]:
    """Everything that was filled in."""
    return changes(form, {}, opened(submission), locale, choices)


def choices(session: Session, campaign_id: int) -> spoken.Choices:
    """What the lists that a campaign gives to its forms call their values."""
    provider: Any = current_app.extensions.get("daopai.choices")
    found: spoken.Choices = provider(session, campaign_id) if provider else {}
    return found


def changes(form: schema.Form, old: Mapping[str, Any], new: Mapping[str, Any], locale: str, choices: spoken.Choices) -> list[Value]:
    """Every field that differs. Compared in the clear, shown masked: a corrected figure inside a mask is a change, too."""
    before, after = masking.masked(form, dict(old)), masking.masked(form, dict(new))
    found = []
    for path, _before, _after in submissions.changes(dict(old), dict(new)):
        field = form.field(path)
        label = (field.node.label(locale) if field else path) + spoken.row(path)
        shown = [spoken.said(field, paths.get(data, path), locale, choices) for data in (before, after)]
        found.append(Value(label, path, shown[0], shown[1], bool(field and field.personal)))
    return found


def previous(session: Session, found: Sequence[Submission]) -> dict[int, Submission]:
    """Key of a submission → the revision before it. One statement."""
    later = [each for each in found if each.revision > 1]
    if not later:
        return {}
    before = or_(
        *(
            and_(
                Submission.campaign_id == each.campaign_id,
                Submission.subject == each.subject,
                Submission.form_id == each.form_id,
                Submission.revision == each.revision - 1,
            )
            for each in later
        )
    )
    rows = {(row.campaign_id, row.subject, row.form_id, row.revision): row for row in session.scalars(select(Submission).where(before))}
    places = {each.key: (each.campaign_id, each.subject, each.form_id, each.revision - 1) for each in later}
    return {key: rows[place] for key, place in places.items() if place in rows}
