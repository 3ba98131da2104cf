"""Findings of a form become problems in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import field_labels, problems
from app.campaign.models import Household, Problem
from app.engine.actor import Actor
from app.forms import submissions
from app.forms.models import Submission


def raise_found(session: Session, home: Household, submission: Submission, findings: list[Any], actor: Actor, now: datetime) -> list[str]:
    """Problems that the rules found; what stands in the ledger already and is not closed is not raised twice."""
    if not findings:
        return []
    form = submissions.form_of(session, submission)
    standing = session.execute(
        select(Problem.code, Problem.field).where(
            Problem.campaign_id == home.campaign_id, Problem.household == home.code, Problem.state != "closed"
        )
    )
    there: set[tuple[str, str]] = set(standing.all())
    numbers_made = []
    for finding in findings:
        field = str(finding.params.get("held_field") or finding.path)
        if (finding.code, field) in there:
            continue
        there.add((str(finding.code), field))
        found = form.field(finding.path)
        raised = problems.Raised(
            text=finding.text_zh,
            text_en=finding.text_en,
            household=home.code,
            field=field,
            field_label=field_labels.labels().get(field) or (found.node.label("zh") if found else ""),
            dimension=finding.dimension,
            code=finding.code,
            kind=str(finding.params.get("kind") or "shortfall"),
            holds=bool(finding.params.get("holds")),
            submission_key=submission.key,
        )
        numbers_made.append(problems.raise_problem(session, home.campaign_id, raised, actor, at=now).number)
    return numbers_made


def raise_by_hand(
    session: Session, home: Household, submission: Submission, rows: list[Mapping[str, Any]], actor: Actor, now: datetime
) -> list[str]:
    """What the investigator wrote down himself (R15)."""
    made = []
    for row in rows:
        if not row.get("text"):
            continue
        raised = problems.Raised(
            text=row["text"],
            household=home.code,
            field=row.get("field") or "",
            dimension=row.get("dimension") or "",
            kind="other",
            breach=bool(row.get("breach")),
            submission_key=submission.key,
        )
        made.append(problems.raise_problem(session, home.campaign_id, raised, actor, at=now).number)
    return made
