"""Codes of all villages and work groups, for the check of diagrams."""

from __future__ import annotations

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from app.campaign.models import Village, WorkGroup


def codes(session: Session) -> dict[str, frozenset[str]]:
    """Kind of place (``village``, ``group``) → codes in any campaign. One statement."""
    kinds = (("village", Village), ("group", WorkGroup))
    found = session.execute(union_all(*(select(literal(kind), model.code).distinct() for kind, model in kinds))).all()
    return {kind: frozenset(code for each, code in found if each == kind) for kind, _model in kinds}
