"""What the shipped root diagram says, for tests that deploy nothing else."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from app import clock
from app.campaign.schedule import PROCESS
from app.config import ROOT
from app.db import new_key
from app.engine import bpmn, contents, definitions, events, schedule
from app.engine.actor import Actor
from app.engine.models import Definition, Deployment

_FILE = ROOT / "processes" / "campaign.bpmn"
_ROOT = bpmn.parse(_FILE.read_bytes())[0]
#: the schedule of Shashi's plan
PLAN = schedule.read(_ROOT)
#: the properties that state its dates
PROPERTIES = {name: value for name, value in _ROOT.properties.items() if name.startswith(("date.", "after.", "time."))}


def deploy_root(session: Session) -> None:
    """The root diagram alone, unchecked: nothing starts it, pages read its dates. Nothing where it is deployed already."""
    if definitions.newest(session, "process", PROCESS) is not None:
        return
    deployment = Deployment(key=new_key(), created_at=clock.now(), actor="admin", comment="")
    session.add(deployment)
    session.flush()
    content = _FILE.read_bytes()
    definition = Definition(
        key=new_key(),
        deployment_key=deployment.key,
        kind="process",
        id=PROCESS,
        version=1,
        name="",
        resource=_FILE.name,
        checksum=hashlib.sha256(content).hexdigest(),
        content=content,
        created_at=deployment.created_at,
    )
    session.add(definition)
    session.flush()
    detail = {"deployment": str(deployment.key), "definitions": [], "digests": contents.digests(deployment, definition)}
    events.record(session, "deployment.made", Actor("admin"), detail=detail)
