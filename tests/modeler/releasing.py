"""Drafts, deployments and requests for the tests of releases."""

from __future__ import annotations

from sqlalchemy import select

from app import clock
from app.db import Database
from app.engine import definitions
from app.engine.actor import Actor
from app.engine.models import Definition
from app.modeler.drafts import store
from app.modeler.release import queries, requests
from app.modeler.release.models import ReleaseRequest
from tests import web
from tests.engine.diagrams import ROLE, line, user_task

ZHANG, LI, WANG = Actor("zhang"), Actor("li"), Actor("wang")


def diagram(name: str = "核对", due: str = "", extensions: str = "") -> bytes:
    """Process ``p``: start, one user task ``x``, end."""
    schedule = f'<zeebe:taskSchedule dueDate="{due}"/>' if due else ""
    return line(user_task("x", ROLE + schedule + extensions).replace('name="X"', f'name="{name}"'))


def deploy(db: Database, content: bytes, resource: str = "p.bpmn", **more: bytes) -> int:
    """As the command line does; returns the deployment's key."""
    files = {resource: content, **more}
    result = db.in_transaction(lambda session: definitions.deploy(session, files, web.CLI, "安装", now=clock.now()))
    assert result.deployment_key
    return result.deployment_key


def draft(db: Database, content: bytes, by: Actor = ZHANG, resource: str = "p.bpmn", kind: str = "process") -> int:
    def work(session):  # type: ignore[no-untyped-def]
        base = definitions.newest(session, kind, resource.partition(".")[0])
        return store.create(session, by, kind=kind, resource=resource, content=content, base_key=base.key if base else None).key

    return int(db.in_transaction(work))


def save(db: Database, key: int, content: bytes, by: Actor) -> None:
    db.in_transaction(lambda session: store.save(session, key, store.find(session, key).number, content, by))


def ask(db: Database, *keys: int, by: Actor = ZHANG, comment: str = "改到期时间") -> int:
    return db.in_transaction(lambda session: requests.ask_for_drafts(session, keys, comment, by, replaced="由新的申请取代")).key


def standing(db: Database, key: int) -> str:
    with db.reading() as session:
        return queries.standing_of(session, queries.find(session, key))


def release(db: Database, key: int, by: Actor, seen: str | None = None) -> ReleaseRequest:
    mark = standing(db, key) if seen is None else seen
    return db.in_transaction(lambda session: requests.release(session, key, by, mark))


def versions(db: Database, kind: str = "process", key: str = "p") -> list[tuple[int, bytes]]:
    with db.reading() as session:
        query = select(Definition.version, Definition.content).where(Definition.kind == kind, Definition.id == key)
        return [tuple(row) for row in session.execute(query.order_by(Definition.version))]
