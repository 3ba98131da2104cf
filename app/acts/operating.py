"""What an administrator does to process instances: never without a reason, always in their history. Pages, batches and ``/v2`` alike.

Who may is declared where an act is asked for (``@access``): a batch goes on when whoever began it has left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import runtime
from app.engine.actor import Actor
from app.engine.errors import Conflict, NotFound
from app.engine.migration_models import InstanceMigration
from app.engine.models import JobRow

#: Longest name of a variable, with its path.
LONGEST_NAME = 200


class Incomplete(Conflict):
    """What was asked for lacks something that its sender must say."""

    status = 400


def stated(reason: str) -> str:
    """*reason* as it is recorded; ``Incomplete`` when there is none."""
    if not reason.strip():
        raise Incomplete("reason_needed")
    return reason.strip()


def cancel(session: Session, key: int, by: Actor, reason: str) -> None:
    """End an instance and its children."""
    runtime.cancel(session, key, by, reason=stated(reason))


def suspend(session: Session, key: int, by: Actor, reason: str) -> None:
    """Hold an instance and its children until ``resume``."""
    runtime.suspend(session, key, by, reason=stated(reason))


def resume(session: Session, key: int, by: Actor, reason: str) -> None:
    """Let a suspended instance go on."""
    runtime.resume(session, key, by, reason=stated(reason))


def set_variables(session: Session, key: int, values: Mapping[str, Any], by: Actor, reason: str) -> None:
    """Correct variables, by name or path."""
    if not values or not all(named(path) for path in values):
        raise Incomplete(_("变量没有改：请填写变量名，用点分开的每一段都不能空，总长不超过 200 个字符。"))
    runtime.set_variables(session, key, dict(values), by, reason=stated(reason))


def named(path: str) -> bool:
    """Whether *path* can be the name of a variable or of a part of one."""
    return 0 < len(path) <= LONGEST_NAME and all(part.strip() for part in path.split("."))


def reschedule(session: Session, key: int, values: Mapping[str, Any], by: Actor, reason: str) -> dict[str, Any]:
    """Give an instance other dates: due dates and timers are counted anew. Returns what moved."""
    return runtime.reschedule(session, key, dict(values), by, reason=stated(reason))


def move_token(session: Session, key: int, token: int, target: str, by: Actor, reason: str) -> None:
    """Put a token elsewhere."""
    runtime.move_token(session, key, token, target, by, reason=stated(reason))


def pull_timer(session: Session, key: int, job: int, at: datetime, by: Actor, reason: str) -> None:
    """Let a timer of this instance fire earlier. ``NotFound`` for a timer of another instance."""
    if session.scalar(select(JobRow.key).where(JobRow.key == job, JobRow.instance_key == key)) is None:
        raise NotFound("job", job)
    runtime.pull_timer(session, job, at, by, reason=stated(reason))


def migrate(
    session: Session, key: int, to: int, mapping: Mapping[str, str], by: Actor, reason: str, *, recompute: bool = False
) -> InstanceMigration:
    """Move an instance to another version of its diagram."""
    return runtime.migrate(session, key, to, mapping, by, reason=stated(reason), recompute=recompute)


def take_back_migration(session: Session, key: int, by: Actor, reason: str) -> None:
    """Undo a migration, while nothing has moved."""
    runtime.take_back_migration(session, key, by, reason=stated(reason))


def retry(session: Session, incident: int, by: Actor) -> None:
    """Try again what failed."""
    runtime.retry(session, incident, by)
