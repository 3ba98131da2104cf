"""Names of villages and processes for the auditors' pages."""

from __future__ import annotations

from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import sentence_lookups
from app.element_names import spoken
from app.engine.models import Definition


def village_names(session: Session, campaign: int) -> dict[str, str]:
    """Village code → name, as the feature that knows villages tells; {} where nobody does."""
    provider: Any = current_app.extensions.get("daopai.scope_names")
    return provider(session, campaign) if provider else {}


def process_names(session: Session, keys: set[int]) -> dict[int, str]:
    """Definition key → name of the process, in the reader's language."""
    if not keys:
        return {}
    rows = session.execute(select(Definition.key, Definition.name, Definition.id).where(Definition.key.in_(keys)))
    return {key: spoken(name or process_id) for key, name, process_id in rows}


def people(session: Session, usernames: set[str]) -> dict[str, str]:
    """User name → name."""
    return sentence_lookups.names(session, {name for name in usernames if name})
