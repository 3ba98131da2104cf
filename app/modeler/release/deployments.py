"""Deployments and definitions for looking at: a constant number of statements, contents are not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine.models import Definition, Deployment
from app.modeler.release.models import ReleaseFile, ReleaseRequest


@dataclass(slots=True)
class Row:
    """One deployment in the list."""

    key: int
    number: int
    at: datetime
    #: who released it: a user name, or "cli"
    by: str
    comment: str
    drawn_by: list[str] = field(default_factory=list)
    #: by four eyes; otherwise by installation or API
    by_request: bool = False
    files: list[str] = field(default_factory=list)


def page(session: Session, before: int | None, limit: int) -> list[Row]:
    """The newest first, from below *before*."""
    query = select(Deployment).order_by(Deployment.number.desc()).limit(limit)
    if before is not None:
        query = query.where(Deployment.number < before)
    rows = {row.key: Row(row.key, row.number, row.created_at, row.actor, row.comment) for row in session.scalars(query)}
    named = select(Definition.deployment_key, Definition.resource).where(Definition.deployment_key.in_(rows)).distinct()
    for key, resource in session.execute(named.order_by(Definition.resource)):
        rows[key].files.append(resource)
    drew = (
        select(ReleaseRequest.deployment_key, ReleaseFile.drawn_by)
        .join(ReleaseFile, ReleaseFile.request_key == ReleaseRequest.key)
        .where(ReleaseRequest.deployment_key.in_(rows))
    )
    for made, names in session.execute(drew):
        row = rows[made or 0]
        row.by_request = True
        row.drawn_by = sorted({*row.drawn_by, *names})
    return list(rows.values())


def files(session: Session, deployment_key: int) -> list[tuple[Definition, list[Definition]]]:
    """What a deployment made, file by file: what the file is called after, and what else it defines."""
    query = select(Definition).where(Definition.deployment_key == deployment_key)
    by_name: dict[str, list[Definition]] = {}
    for row in session.scalars(query.order_by(Definition.kind.desc(), Definition.resource, Definition.key)):
        by_name.setdefault(row.resource, []).append(row)
    found = []
    for resource, rows in by_name.items():
        first = next((row for row in rows if row.id == resource.rpartition(".")[0]), rows[0])
        found.append((first, [row for row in rows if row is not first]))
    return found


def request_of(session: Session, deployment_key: int) -> int | None:
    """The request that it came from."""
    return session.scalar(select(ReleaseRequest.key).where(ReleaseRequest.deployment_key == deployment_key))


def by_kind(session: Session) -> dict[str, list[list[tuple[Definition, int]]]]:
    """Kind → per definition its versions with the number of their deployment, the newest first."""
    query = select(Definition, Deployment.number).join(Deployment, Deployment.key == Definition.deployment_key)
    found: dict[str, list[list[tuple[Definition, int]]]] = {"process": [], "decision": [], "form": []}
    for row, number in session.execute(query.order_by(Definition.kind, Definition.id, Definition.version.desc())):
        groups = found.setdefault(row.kind, [])
        if groups and groups[-1][0][0].id == row.id:
            groups[-1].append((row, number))
        else:
            groups.append([(row, number)])
    return found


def versions(session: Session, definition: Definition) -> Sequence[tuple[Definition, int]]:
    """All versions of a definition with the number of their deployment, the newest first."""
    query = (
        select(Definition, Deployment.number)
        .join(Deployment, Deployment.key == Definition.deployment_key)
        .where(Definition.kind == definition.kind, Definition.id == definition.id)
        .order_by(Definition.version.desc())
    )
    return [(row, number) for row, number in session.execute(query)]
