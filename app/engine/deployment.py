"""Release files: check them, store new versions, and register what starts instances."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import event, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import new_key
from app.engine import bpmn, contents, events, resources, start_events
from app.engine.actor import Actor
from app.engine.errors import Conflict, Refused
from app.engine.models import Definition, Deployment
from app.engine.problems import Problem
from app.engine.registry import known
from app.engine.validation import check


@dataclass(slots=True)
class DeploymentResult:
    """What a deployment made."""

    #: None: every file was deployed before, nothing was made
    deployment_key: int | None
    created: list[Definition] = field(default_factory=list)
    #: names of the files whose content is that of the newest version already
    unchanged: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    #: the newest definition of everything that the files define, new or not
    definitions: list[Definition] = field(default_factory=list)


#: what follows a deployment, in its transaction
Listener = Callable[[Session, DeploymentResult, Actor], None]
_LISTENERS: list[Listener] = []


def listener(function: Listener) -> Listener:
    """Let *function* be called with every deployment that made something."""
    _LISTENERS.append(function)
    return function


def deploy(
    session: Session,
    files: Mapping[str, bytes],
    actor: Actor,
    comment: str = "",
    *,
    now: datetime,
    task_types: Collection[str] | None = None,
) -> DeploymentResult:
    """Release *files* (name -> content) together: all or none.

    A file whose content is that of the newest version makes no new version. Raises ``Refused`` with all problems found, and ``Conflict`` if
    somebody else released the same definition at the same moment. *now* is campaign time: timer start events count from it.
    """
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    present = _unchanged(session, set(sums.values()))
    result = DeploymentResult(None, unchanged=[name for name in files if sums[name] in present])
    result.definitions = [definition for name in result.unchanged for definition in present[sums[name]]]
    changed = {name: content for name, content in files.items() if sums[name] not in present}
    if not changed:
        return result
    problems = check(changed, known(session, files, task_types))
    if any(problem.severity == "error" for problem in problems):
        raise Refused(problems)
    result.warnings = problems
    deployment = Deployment(key=new_key(), created_at=now, actor=actor.name, comment=comment)
    session.add(deployment)
    result.deployment_key = deployment.key
    result.created = _store(session, deployment, changed, sums)
    result.definitions += result.created
    _register(session, changed, result.created, now)
    events.record(session, "deployment.made", actor, at=now, detail=_told(deployment, result.created))
    for follow in _LISTENERS:
        follow(session, result, actor)
    return result


def _told(deployment: Deployment, created: list[Definition]) -> dict[str, Any]:
    return {
        "deployment": str(deployment.key),
        "number": deployment.number,
        "comment": deployment.comment,
        "definitions": [{"kind": each.kind, "id": each.id, "version": each.version, "checksum": each.checksum} for each in created],
        "digests": contents.digests(deployment, *created),
    }


def _unchanged(session: Session, sums: set[str]) -> dict[str, list[Definition]]:
    """Checksum -> its definitions, for those contents whose every definition is still the newest of its id."""
    rows = session.scalars(select(Definition).where(Definition.checksum.in_(sums)).order_by(Definition.key)).all()
    if not rows:
        return {}
    pairs = {(row.kind, row.id) for row in rows}
    versions = (
        select(Definition.kind, Definition.id, func.max(Definition.version))
        .where(tuple_(Definition.kind, Definition.id).in_(pairs))
        .group_by(Definition.kind, Definition.id)
    )
    newest = {(kind, key): version for kind, key, version in session.execute(versions)}
    found: dict[str, dict[tuple[str, str], Definition]] = {}
    for row in rows:
        # of several versions with the same content the last one counts
        found.setdefault(row.checksum, {})[(row.kind, row.id)] = row
    return {
        checksum: list(each.values()) for checksum, each in found.items() if all(row.version == newest[pair] for pair, row in each.items())
    }


def _store(session: Session, deployment: Deployment, files: Mapping[str, bytes], sums: Mapping[str, str]) -> list[Definition]:
    created = []
    for name, content in files.items():
        for item in resources.defined(name, content):
            created.append(
                Definition(
                    key=new_key(),
                    deployment_key=deployment.key,
                    kind=item.kind,
                    id=item.id,
                    version=_next_version(session, item),
                    name=item.name,
                    resource=name,
                    checksum=sums[name],
                    content=content,
                    created_at=deployment.created_at,
                )
            )
    try:
        session.flush()
        session.add_all(created)
        session.flush()
    except IntegrityError as error:
        raise Conflict("somebody else has just deployed the same definition; look at it and deploy again") from error
    return created


def _next_version(session: Session, item: resources.Defined) -> int:
    last = session.scalar(select(func.max(Definition.version)).where(Definition.kind == item.kind, Definition.id == item.id))
    return (last or 0) + 1


def _register(session: Session, files: Mapping[str, bytes], created: list[Definition], now: datetime) -> None:
    parsed: dict[tuple[str, str], bpmn.Process] = {
        (name, process.id): process
        for name, content in files.items()
        if resources.kind_of(name) == "process"
        for process in bpmn.parse(content)
    }
    for definition in created:
        if definition.kind == "process":
            start_events.register(session, definition, parsed[(definition.resource, definition.id)], now)
    session.flush()


@event.listens_for(Deployment, "before_update")
@event.listens_for(Deployment, "before_delete")
@event.listens_for(Definition, "before_update")
@event.listens_for(Definition, "before_delete")
def _refuse(_mapper: object, _connection: object, row: Deployment | Definition) -> None:
    raise TypeError(f"{type(row).__name__.lower()} {row.key} was deployed: it never changes")
