"""A running instance gets other dates: variables are set, and what is counted from them is counted anew. A verb of ``runtime``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import definition_lookup as definitions
from app.engine import migration, migration_rows, spiff
from app.engine import step as steps
from app.engine.actor import Actor
from app.engine.child_instances import RUNNING
from app.engine.errors import StepFailed
from app.engine.models import JobRow, ProcessInstance
from app.engine.spiff.mapping import Obstacle
from app.engine.work import Work


def reschedule(session: Session, instance_key: int, variables: dict[str, Any], actor: Actor, *, reason: str) -> dict[str, Any]:
    """Set *variables*, then count due dates of open tasks and the moments of armed timers again (a cycle keeps its turn).

    Returns what moved: ``due`` task key → [old, new], ``timers`` element id → [old, new]. A moment that has passed fires now.
    """
    work = Work(session, actor)
    instance = work.load(instance_key, states=RUNNING)
    process = definitions.process_of(session, instance.definition_key)
    work.step(instance, steps.SetVariables(variables))
    before = _timers(session, instance)
    try:
        done = spiff.migrate(
            process,
            process,
            instance.tokens,
            instance.variables,
            {},
            now=work.now,
            decide=work.decide,
            has_parent=instance.parent_key is not None,
            due={key: due for key, (_element, due) in before.items()},
            anew=migration.begun(session, instance),
        )
    except StepFailed as error:
        raise migration.CannotMigrate([Obstacle("failed", error.element_id, False, {"reason": str(error)})]) from error
    moved = migration_rows.rewrite(work, instance, process, process, done, recompute=True)
    timers = {
        element: [due.isoformat(), done.timers[key].due_at.isoformat()]
        for key, (element, due) in before.items()
        if key in done.timers and done.timers[key].due_at != due
    }
    told = {"due": moved["due"], "timers": timers}
    work.record("instance.rescheduled", instance, detail={**told, "names": sorted(variables), "reason": reason})
    work.adopt(instance, process, done.step, None)
    work.write()
    return told


def _timers(session: Session, instance: ProcessInstance) -> dict[int, tuple[str, datetime]]:
    """Key of each armed timer → its element and when it fires."""
    query = select(JobRow.activity_key, JobRow.element_id, JobRow.due_at).where(JobRow.instance_key == instance.key, JobRow.kind == "timer")
    return {key: (element, due) for key, element, due in session.execute(query)}
