"""Showing an auditor a masked value: only by the recorded act, with a reason."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import personal
from app.audit.history import values
from app.auth import Identity
from app.border import number_or
from app.engine.models import Event
from app.forms import paths
from app.forms.models import Submission
from app.personal import Unmasked


def _detail(session: Session, key: str, identity: Identity) -> Unmasked | None:
    """The detail of a record as it is stored."""
    if not identity.has("auditor"):
        return None
    found = session.scalar(select(Event).where(Event.key == number_or(key)))
    return Unmasked(json.dumps(found.detail, ensure_ascii=False), found.subject) if found is not None else None


def _field(session: Session, key: str, identity: Identity) -> Unmasked | None:
    """One field of a submitted form: ``<submission>|<path>``."""
    number, _bar, path = key.partition("|")
    if not identity.has("auditor"):
        return None
    found = session.get(Submission, number_or(number))
    value = paths.get(values.opened(found), path) if found is not None else None
    if found is None or value in (None, "", []):
        return None
    return Unmasked(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), found.subject)


def register() -> None:
    """Tell ``app.personal`` who decides."""
    personal.unmaskable("record.detail", _detail)
    personal.unmaskable("submission.field", _field)
