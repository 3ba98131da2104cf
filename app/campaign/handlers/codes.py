"""R36: the code of a household form, immutable and unique."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaign.models import FormCode
from app.engine.errors import BpmnError
from app.engine.jobs import Context, handler
from app.engine.models import Task


@handler("campaign.fix_code")
def fix_code(session: Session, job: Context) -> dict[str, Any]:
    """Write the confirmed code. A household that has one keeps it; a code that another has throws ``CODE_TAKEN``."""
    household, code = job.variables["household"]["code"], str(job.variables["form_code"]).strip()
    fixed = session.scalar(select(FormCode).where(FormCode.campaign_id == job.campaign_id, FormCode.household == household))
    if fixed is None:
        fixed = _write(session, job, household, code)
    return {"code": fixed.code}


def _write(session: Session, job: Context, household: str, code: str) -> FormCode:
    entry = FormCode(
        campaign_id=job.campaign_id,
        household=household,
        code=code,
        confirmed_by=_confirmed_by(session, job.instance_key),
        confirmed_at=job.now,
    )
    try:
        with session.begin_nested():
            session.add(entry)
            session.flush()
    except IntegrityError as error:
        raise BpmnError("CODE_TAKEN", f"编码 {code} 已经用于别户") from error
    return entry


def _confirmed_by(session: Session, instance_key: int) -> str:
    """Who completed the instance's last user task."""
    newest = (
        select(Task.completed_by)
        .where(Task.instance_key == instance_key, Task.state == "COMPLETED")
        .order_by(Task.completed_at.desc(), Task.key.desc())
        .limit(1)
    )
    return session.scalar(newest) or ""
