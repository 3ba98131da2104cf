"""A token that waits at a parallel join for ever is an incident at once, beside whatever goes on; over when it can go on again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.engine import bpmn, lasting, spiff
from app.engine import definition_lookup as definitions
from app.engine.models import Incident, ProcessInstance
from app.engine.step import Step

if TYPE_CHECKING:
    from app.engine.work import Work

KIND = "stuck"


def look(work: Work, instance: ProcessInstance, process: bpmn.Process, done: Step, *, has_incidents: bool) -> None:
    """Incidents for the tokens that this step has left at joins which can never be complete; an end of those that can go on."""
    joins = done.outcome == "active" and any(process.elements[each].kind == "parallelGateway" for each in done.joining)
    if not joins and not has_incidents:
        return
    waiting = {row.key: row.element_id for row in spiff.stuck(process, spiff.places(done.state))} if joins else {}
    known = lasting.found(work.session, KIND, Incident.instance_key == instance.key) if has_incidents else []
    for key, element_id in waiting.items():
        if all(each.activity_key != key for each in known):
            element = process.elements[element_id]
            message = f"汇合网关“{element.name or element.id}”等不齐：其余的分支再也到不了这里。"
            place = {"campaign_id": instance.campaign_id, "instance_key": instance.key, "activity_key": key, "element_id": element_id}
            about = Incident(kind=KIND, message=message, state="OPEN", **place)
            lasting.begin(work.session, work.actor, about, at=work.now, instance=instance)
    over = [each for each in known if each.activity_key not in waiting and each.activity_key not in done.closed]
    lasting.end(work.session, over, work.actor, at=work.now, instance=instance)


def still(session: Session, incident: Incident) -> bool:
    """Whether its token waits there for ever as before."""
    instance = session.get(ProcessInstance, incident.instance_key) if incident.instance_key else None
    if instance is None or instance.tokens is None:
        return False
    process = definitions.process_of(session, instance.definition_key)
    return any(row.key == incident.activity_key for row in spiff.stuck(process, spiff.places(instance.tokens)))
