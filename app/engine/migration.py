"""Running instances go to another version of their process, and back while nothing has moved. A verb of ``runtime``.

Tokens keep their keys, so user tasks keep claim, draft, comments and due date, jobs their retries, timers their due time and call
activities their children. What the new version adds at an open activity is armed, what it drops is cancelled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import exact_json
from app.engine import definition_lookup as definitions
from app.engine import migration_rows, snapshots, spiff
from app.engine.actor import Actor
from app.engine.child_instances import RUNNING
from app.engine.errors import CONFLICTS, Conflict, NotFound, StepFailed
from app.engine.migration_models import InstanceMigration
from app.engine.models import Activity, Definition, JobRow, ProcessInstance
from app.engine.spiff.mapping import Obstacle
from app.engine.work import Work

CONFLICTS.update(
    {
        "instance_moved": ("这个实例刚刚又有变化，请刷新后再看。", "This instance has changed meanwhile; reload the page and look again."),
        "migration_moved": (
            "迁移之后流程已经往前走了，不能再撤回；可以再迁移一次。",
            "The process has moved on since the migration, so it cannot be taken back; migrate it again instead.",
        ),
        "migration_taken_back": ("这次迁移已经撤回。", "This migration has been taken back already."),
        "reason_needed": ("请写明理由。", "Give a reason."),
    }
)


class CannotMigrate(Conflict):
    """This instance cannot go to that version with that mapping; ``obstacles`` says why."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__("cannot_migrate")
        self.obstacles = obstacles

    def text(self, locale: str = "zh") -> str:
        return "".join(each.text(locale) for each in self.obstacles)


def migrate(
    session: Session,
    instance_key: int,
    to_definition_key: int,
    mapping: Mapping[str, str],
    actor: Actor,
    *,
    reason: str,
    recompute: bool = False,
    revision: int | None = None,
) -> InstanceMigration:
    """Move an instance to another version. *mapping*: old element id -> new one; what it does not name goes to the same id.

    *recompute*: due dates of tasks and timers are counted anew by the new version. Raises ``CannotMigrate``, and Conflict if the instance
    is not at *revision* any more.
    """
    if not reason.strip():
        raise Conflict("reason_needed")
    work = Work(session, actor)
    instance = work.load(instance_key, states=RUNNING)
    if revision is not None and instance.revision != revision:
        raise Conflict("instance_moved")
    target = definitions.get(session, to_definition_key)
    done = carry_over(work, instance, target, mapping, recompute=recompute)
    before = snapshots.take(session, instance.key)
    entry = _entry(work, instance, target, mapping, reason)
    entry.moved = bool(done.step.entered or done.step.left)
    _move_over(work, instance, target, done, reason, mapping, recompute)
    entry.changes = snapshots.difference(before, snapshots.take(session, instance.key))
    entry.fingerprint = _fingerprint(session, instance)
    session.add(entry)
    session.flush()
    return entry


def _entry(work: Work, instance: ProcessInstance, target: Definition, mapping: Mapping[str, str], reason: str) -> InstanceMigration:
    return InstanceMigration(
        campaign_id=instance.campaign_id,
        instance_key=instance.key,
        from_key=instance.definition_key,
        to_key=target.key,
        from_version=instance.version,
        mapping=dict(mapping),
        reason=reason,
        actor=work.actor.name,
        at=work.now,
        tokens=instance.tokens,
        variables=instance.variables,
    )


def carry_over(work: Work, instance: ProcessInstance, target: Definition, mapping: Mapping[str, str], *, recompute: bool) -> spiff.Migrated:
    """The migration as values, nothing written. Raises ``CannotMigrate``."""
    wrong = obstacles(work.session, instance, target, mapping)
    if wrong:
        raise CannotMigrate(wrong)
    old = definitions.process_of(work.session, instance.definition_key)
    new = definitions.process_of(work.session, target.key)
    anew = begun(work.session, instance) if recompute else None
    try:
        return spiff.migrate(
            old,
            new,
            instance.tokens,
            instance.variables,
            mapping,
            now=work.now,
            decide=work.decide,
            has_parent=instance.parent_key is not None,
            due=_due(work.session, instance),
            anew=anew,
        )
    except StepFailed as error:
        raise CannotMigrate([Obstacle("failed", error.element_id, False, {"reason": str(error)})]) from error


def obstacles(session: Session, instance: Any, target: Any, mapping: Mapping[str, str]) -> list[Obstacle]:
    """What keeps an instance (a row with ``definition_key``, ``process_id``, ``state``, ``tokens``) from going to *target*."""
    if instance.state not in RUNNING:
        return [Obstacle("ended")]
    if target.id != instance.process_id:
        return [Obstacle("process")]
    if target.key == instance.definition_key:
        return [Obstacle("same")]
    old = definitions.process_of(session, instance.definition_key)
    new = definitions.process_of(session, target.key)
    return spiff.mapping.obstacles(old, new, spiff.places(instance.tokens), mapping)


def _due(session: Session, instance: ProcessInstance) -> dict[int, Any]:
    """Key of each armed timer -> when it fires."""
    query = select(JobRow.activity_key, JobRow.due_at).where(JobRow.instance_key == instance.key, JobRow.kind == "timer")
    return {row.activity_key: row.due_at for row in session.execute(query)}


def begun(session: Session, instance: ProcessInstance) -> dict[int, datetime]:
    """Open activity -> when it was entered; ROOT: when the instance began."""
    query = select(Activity.key, Activity.entered_at).where(Activity.instance_key == instance.key, Activity.how == "")
    return {spiff.ROOT: instance.started_at} | {row.key: row.entered_at for row in session.execute(query)}


def _move_over(
    work: Work,
    instance: ProcessInstance,
    target: Definition,
    done: spiff.Migrated,
    reason: str,
    mapping: Mapping[str, str],
    recompute: bool,
) -> None:
    before = (instance.definition_key, instance.version)
    old = definitions.process_of(work.session, before[0])
    new = definitions.process_of(work.session, target.key)
    instance.definition_key, instance.version = target.key, target.version
    tasks = migration_rows.rewrite(work, instance, old, new, done, recompute=recompute)
    detail = {
        "from": {"definition": str(before[0]), "version": before[1]},
        "to": {"definition": str(target.key), "version": target.version},
        "mapping": dict(mapping),
        "carried": [[str(key), *ids] for key, ids in done.carried.items() if ids[0] != ids[1]],
        # what the activities are called from now on: the proof holds the table against it
        "activities": [[str(key), ids[1], (new.elements[ids[1]].name or "")[:300]] for key, ids in done.carried.items()],
        "armed": migration_rows.armed(done),
        "dropped": migration_rows.dropped(instance.tokens, done),
        "repeats": migration_rows.repeats(done),
        **tasks,
        "reason": reason,
    }
    work.record("instance.migrated", instance, detail=detail)
    work.adopt(instance, new, done.step, None)
    if instance.state == "SUSPENDED":
        for job in work.batch.jobs:
            if job["instance_key"] == instance.key:
                job["state"] = "SUSPENDED"
    work.write()


def take_back(session: Session, migration_key: int, actor: Actor, *, reason: str = "") -> ProcessInstance:
    """Undo a migration exactly, while nothing has moved since. Claims, drafts and comments made meanwhile stay."""
    entry = session.get(InstanceMigration, migration_key, with_for_update=True, populate_existing=True)
    if entry is None:
        raise NotFound("migration", migration_key)
    if entry.taken_back_at is not None:
        raise Conflict("migration_taken_back")
    work = Work(session, actor)
    instance = work.load(entry.instance_key, states=RUNNING)
    if not still(session, entry, instance):
        raise Conflict("migration_moved")
    after = {"definition": str(instance.definition_key), "version": instance.version}
    instance.definition_key, instance.version = entry.from_key, entry.from_version
    instance.tokens, instance.variables = entry.tokens, entry.variables
    back = {"definition": str(entry.from_key), "version": entry.from_version}
    renamed = entry.changes.get("activity", {}).get("changed", {})
    restored = {key: {column: values[0] for column, values in columns.items()} for key, columns in renamed.items()}
    detail = {"from": after, "to": back, "reason": reason, "restored": restored}
    work.record("instance.migration_taken_back", instance, detail=detail)
    entry.taken_back_at, entry.taken_back_by = work.now, actor.name
    work.write()
    snapshots.undo(session, entry.changes)
    return instance


def still(session: Session, entry: InstanceMigration, instance: ProcessInstance) -> bool:
    """Whether the instance is what it was right after the migration *entry*, so that this can be taken back."""
    return not entry.moved and entry.to_key == instance.definition_key and _fingerprint(session, instance) == entry.fingerprint


def _fingerprint(session: Session, instance: ProcessInstance) -> str:
    newest = session.scalar(select(func.max(Activity.key)).where(Activity.instance_key == instance.key))
    variables = exact_json.dumps(instance.variables, sort_keys=True)
    text = b"|".join((str(instance.definition_key).encode(), str(newest).encode(), instance.tokens, variables))
    return hashlib.sha256(text).hexdigest()
