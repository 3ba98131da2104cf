"""The auditors' cells: an auditor belongs to no campaign and reads every one; nobody else gets in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app import clock
from app.db import Database, new_key
from app.engine import events
from app.engine.actor import Actor
from app.engine.models import Definition, Deployment, Event, ProcessInstance
from app.forms.models import Submission
from tests.audit import proof_cells
from tests.idor import Cell, held
from tests.web import CAMPAIGN

AUDITOR = held("auditor")


def _instance(db: Database) -> int:
    """An instance about a household of V05, of a process of one element."""
    xml = (
        b'<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'
        b'<process id="p" isExecutable="true"><startEvent id="s"/></process></definitions>'
    )

    def work(session: Any) -> int:
        key, deployment, definition = new_key(), new_key(), new_key()
        session.add(Deployment(key=deployment, created_at=clock.now(), actor="cli"))
        session.flush()
        about = {"kind": "process", "id": f"p{key}", "version": 1, "resource": "p.bpmn", "checksum": "", "content": xml}
        session.add(Definition(key=definition, deployment_key=deployment, created_at=clock.now(), **about))
        session.flush()
        where = {"campaign_id": CAMPAIGN, "subject": f"household:V05-{key}", "scope": "V05", "label": "柏树村 3组 张三"}
        session.add(
            ProcessInstance(
                key=key, definition_key=definition, process_id=f"p{key}", version=1, root_key=key, started_at=clock.now(), **where
            )
        )
        return key

    return db.in_transaction(work)


def instance(db: Database) -> dict[str, Any]:
    return {"key": _instance(db)}


def household(db: Database) -> dict[str, Any]:
    return {"campaign": CAMPAIGN, "code": f"V05-{_instance(db)}"}


def village(db: Database) -> dict[str, Any]:
    _instance(db)
    return {"campaign": CAMPAIGN, "code": "V05"}


def record(db: Database) -> dict[str, Any]:
    db.in_transaction(lambda session: events.record(session, "campaign.started", Actor("office"), campaign_id=CAMPAIGN))
    with db.reading() as session:
        return {"key": session.scalars(select(Event.key).order_by(Event.key.desc()).limit(1)).one()}


def submission(db: Database) -> dict[str, Any]:
    form = '{"type":"default","id":"f","schemaVersion":19,"components":[{"type":"textfield","key":"a","id":"a","label":"甲"}]}'.encode()

    def work(session: Any) -> int:
        key, deployment, definition = new_key(), new_key(), new_key()
        session.add(Deployment(key=deployment, created_at=clock.now(), actor="cli"))
        session.flush()
        about = {"kind": "form", "id": f"f{key}", "version": 1, "resource": "f.form", "checksum": "", "content": form}
        session.add(Definition(key=definition, deployment_key=deployment, created_at=clock.now(), **about))
        where = {"campaign_id": CAMPAIGN, "subject": "household:V05-001", "scope": "V05"}
        session.add(Submission(key=key, form_key=definition, form_id=f"f{key}", data={"a": "x"}, actor="li", at=clock.now(), **where))
        return key

    return {"key": db.in_transaction(work)}


def person(_db: Database) -> dict[str, Any]:
    return {"username": "office.here"}


def picture(db: Database) -> dict[str, Any]:
    key = _instance(db)
    with db.reading() as session:
        definition = session.get_one(ProcessInstance, key).definition_key
    return {"campaign": CAMPAIGN, "key": definition}


def rule(_db: Database) -> dict[str, Any]:
    return {"campaign": CAMPAIGN, "name": "late"}


CELLS = [
    Cell("audit.conformance_rule", rule, AUDITOR),
    Cell("audit.conformance_count", rule, AUDITOR),
    Cell("audit.picture", picture, AUDITOR),
    Cell("audit.record", record, AUDITOR),
    Cell("audit.household", household, AUDITOR),
    Cell("audit.known", household, AUDITOR),
    Cell("audit.village", village, AUDITOR),
    Cell("audit.person", person, AUDITOR),
    Cell("audit.instance", instance, AUDITOR),
    Cell("audit.replay", instance, AUDITOR),
    Cell("audit.submission", submission, AUDITOR),
    *proof_cells.CELLS,
]
