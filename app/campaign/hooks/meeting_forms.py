"""R31 研判会: agenda from live data, minutes."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.campaign.hooks import subjects
from app.campaign.hooks.problem_forms import moment
from app.campaign.models import Meeting
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.models import Submission


@hooks.accepts("meeting_minutes")
def held(session: Session, task: Task, submission: Submission, outcome: Any, _actor: Actor) -> None:
    """The meeting as it was minuted."""
    data = outcome.data
    session.add(
        Meeting(
            campaign_id=task.campaign_id,
            kind="judgement",
            scope=subjects.code(task, "group") or "",
            held_at=moment(data.get("held_at")) or clock.now(),
            chair=data.get("chair") or "",
            agenda=data.get("agenda") or [],
            minutes=data.get("minutes") or "",
            attendance=data.get("attendance") or [],
            submission_key=submission.key,
            instance_key=task.instance_key,
        )
    )
