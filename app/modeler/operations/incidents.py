"""Open incidents, grouped by cause: a hundred failures of one element are one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import element_names
from app.engine import causes, definitions
from app.engine.models import Incident, ProcessInstance

#: Incidents that are grouped at once. More than these of one night are one or two causes.
LIMIT = 5_000
#: Incidents of a group that are listed.
SHOWN = 20


@dataclass(slots=True)
class Group:
    """Incidents of one cause."""

    fingerprint: str
    kind: str
    message: str
    process_id: str
    element_id: str
    first: datetime
    last: datetime
    count: int
    #: (key of the incident, its instance) of the newest
    rows: list[tuple[int, ProcessInstance | None]]
    keys: list[tuple[int, int | None]]
    #: what people call the element
    element_name: str = ""

    @property
    def lasting(self) -> bool:
        """Trying again changes nothing."""
        return self.kind in causes.LASTING


def groups(session: Session, fingerprint: str = "") -> list[Group]:
    """The largest group first. Two statements."""
    query = (
        select(Incident.key, Incident.instance_key, Incident.kind, Incident.message, Incident.element_id, Incident.created_at)
        .add_columns(ProcessInstance.process_id)
        .outerjoin(ProcessInstance, ProcessInstance.key == Incident.instance_key)
        .where(Incident.state == "OPEN")
        .order_by(Incident.key.desc())
        .limit(LIMIT)
    )
    found: dict[str, Group] = {}
    for key, instance_key, kind, message, element_id, at, process_id in session.execute(query):
        mark = causes.fingerprint(kind, process_id or "", element_id, message)
        group = found.get(mark)
        if group is None:
            group = found[mark] = Group(mark, kind, message, process_id or "", element_id, at, at, 0, [], [])
        group.count += 1
        group.first = at
        group.keys.append((key, instance_key))
    wanted = [group for group in found.values() if not fingerprint or group.fingerprint == fingerprint]
    _with_instances(session, wanted)
    return sorted(wanted, key=lambda group: (-group.count, -group.keys[0][0]))


def _with_instances(session: Session, wanted: list[Group]) -> None:
    keys = {instance for group in wanted for _key, instance in group.keys[:SHOWN] if instance}
    rows = {row.key: row for row in session.scalars(select(ProcessInstance).where(ProcessInstance.key.in_(keys)))} if keys else {}
    for group in wanted:
        group.rows = [(key, rows.get(instance or 0)) for key, instance in group.keys[:SHOWN]]
        instance = next((row for _key, row in group.rows if row is not None), None)
        if instance is not None:
            element = definitions.drawn(session, instance.definition_key).elements.get(group.element_id)
            group.element_name = element_names.spoken(element.name) if element else ""
