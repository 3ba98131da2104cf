"""Times as people write them into forms, and which forms state a visit."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app import clock
from app.forms.models import Submission

#: When a visit began, as a form says it.
VISIT_START = Submission.data[("visit", "start")].as_string()


def visit_forms(session: Session, *where: ColumnElement[bool]) -> list[str]:
    """Forms that state a visit, by the newest submission of each among *where*: so that the others' data need not be read."""
    newest = select(func.max(Submission.key)).where(*where).group_by(Submission.form_id).scalar_subquery()
    return list(session.scalars(select(Submission.form_id).where(Submission.key.in_(newest), VISIT_START.is_not(None))))


def moment(text: str | None) -> datetime | None:
    """A moment in UTC; without a zone it is the campaign's. None for what is no moment."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=clock.CAMPAIGN_ZONE)).astimezone(UTC)
