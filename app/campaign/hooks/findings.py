"""Findings of a form become problems in the ledger, questions become holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import numbers, problems
from app.campaign.models import Hold, Household, Problem, Question
from app.engine import events
from app.engine.actor import Actor
from app.forms import submissions
from app.forms.models import Submission

_FIELDS = Path(__file__).parent.parent / "data" / "fields.json"


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
            field_label=field_labels().get(field) or (found.node.label("zh") if found else ""),
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


def ask(session: Session, home: Household, row: Mapping[str, Any], actor: Actor, now: datetime) -> str:
    """R24: a question to the leader; its field is held until it is answered."""
    series = numbers.next_number(session, home.campaign_id, f"question:{home.work_group}")
    number = f"Q-{home.work_group}-{series:03d}"
    field = str(row.get("field") or "")
    session.add(
        Question(
            campaign_id=home.campaign_id,
            number=number,
            household=home.code,
            work_group=home.work_group,
            village=home.village,
            field=field,
            field_label=str(row.get("field_label") or field_labels().get(field, field)),
            text=str(row["text"]),
            asked_by=actor.name,
            asked_at=now,
            state="open",
        )
    )
    if field:
        session.add(
            Hold(
                campaign_id=home.campaign_id,
                household=home.code,
                field=field,
                cause=f"question:{number}",
                reason=str(row["text"]),
                waits_for=f"group_leader:{home.work_group}",
                held_at=now,
            )
        )
        home.open_holds += 1
    detail = {"household": home.code, "field": field, "label": field_labels().get(field, field), "text": str(row["text"])}
    events.record(session, "question.asked", actor, at=now, campaign_id=home.campaign_id, subject=f"question:{number}", detail=detail)
    return number


@cache
def field_labels() -> Mapping[str, str]:
    """Path in the household form → what people call the field (``data/fields.json``)."""
    found: dict[str, str] = json.loads(_FIELDS.read_text(encoding="utf-8"))
    return found
