"""What a release does to what runs: instances on older versions and where they stand, whose deadline keeps and whose would differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.engine import definitions, resources
from app.engine.bpmn import Element, Process, parse
from app.engine.errors import Refused
from app.engine.models import Activity, Definition, ProcessInstance, Task
from app.modeler.release import deadlines, queries
from app.modeler.release.deadlines import Deadline

RUNNING = ("ACTIVE", "SUSPENDED")
#: kinds of activities that hold others: their contents are counted, not they
_HOLDERS = frozenset({"subProcess", "process"})


@dataclass(frozen=True, slots=True)
class Standing:
    """So many instances of one version stand at one activity."""

    version: int
    element_id: str
    name: str
    kind: str
    count: int
    #: same, changed (its properties differ in the new version), gone (the new version has no such activity)
    fate: str


@dataclass(slots=True)
class ProcessEffect:
    """What the new version of one process means for its running instances: they stay on theirs."""

    process_id: str
    name: str
    #: newest deployed version and the key of its definition, 0: none yet
    version: int
    newest_key: int = 0
    #: (version, key of its definition, running instances), the newest first
    versions: list[tuple[int, int, int]] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    deadlines: list[Deadline] = field(default_factory=list)
    #: it is also started by a message, a signal or a timer: from the release on in the new version
    starts_by_event: bool = False

    @property
    def running(self) -> int:
        return sum(count for _version, _key, count in self.versions)


@dataclass(frozen=True, slots=True)
class FormEffect:
    """Open tasks keep the form version in force when they opened."""

    form_id: str
    name: str
    open_tasks: int


@dataclass(frozen=True, slots=True)
class DecisionEffect:
    """Running instances use the new version from their next evaluation on."""

    decision_id: str
    name: str
    #: (process, number of running instances whose version calls it)
    used_by: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Effects:
    processes: list[ProcessEffect] = field(default_factory=list)
    forms: list[FormEffect] = field(default_factory=list)
    decisions: list[DecisionEffect] = field(default_factory=list)


def effects_of(session: Session, files: Mapping[str, bytes], *, newer_than: Mapping[str, int] | None = None) -> Effects:
    """What releasing *files* (name → content, those that make new versions) means now.

    Once they are released, ``newer_than`` gives process id → the version made: then only instances on older ones count.
    """
    found = Effects()
    running = _running(session)
    for name, content in files.items():
        kind = resources.kind_of(name)
        for process in _processes(content) if kind == "process" else ():
            below = (newer_than or {}).get(process.id)
            rows = [row for row in running.get(process.id, []) if below is None or row[0] < below]
            found.processes.append(_process(session, process, rows))
        for item in resources.defined(name, content) if kind in ("form", "decision") else ():
            if kind == "form":
                found.forms.append(_form(session, item.id, item.name))
            else:
                found.decisions.append(DecisionEffect(item.id, item.name, _users(session, item.id, running)))
    return found


def _processes(content: bytes) -> list[Process]:
    try:
        return parse(content)
    except Refused:
        return []


def _running(session: Session) -> dict[str, list[tuple[int, int, int]]]:
    """Process id → (version, definition, running instances), the newest version first. One statement."""
    columns = (ProcessInstance.process_id, ProcessInstance.version, ProcessInstance.definition_key)
    query = select(*columns, func.count()).where(ProcessInstance.state.in_(RUNNING)).group_by(*columns)
    found: dict[str, list[tuple[int, int, int]]] = {}
    for process_id, version, key, count in session.execute(query.order_by(ProcessInstance.version.desc())):
        found.setdefault(process_id, []).append((version, key, count))
    return found


def _process(session: Session, new: Process, rows: list[tuple[int, int, int]]) -> ProcessEffect:
    newest = queries.newest_versions(session, [("process", new.id)]).get(("process", new.id))
    effect = ProcessEffect(new.id, new.name, newest.version if newest else 0, newest.key if newest else 0, rows)
    effect.starts_by_event = any(each.kind == "startEvent" and not each.scope and each.event for each in new.elements.values())
    olds = {key: definitions.drawn(session, key) for _version, key, _count in rows}
    effect.standing = _standing(session, new, olds, {key: version for version, key, _count in rows})
    effect.deadlines = deadlines.changed(session, new, olds)
    return effect


def _standing(session: Session, new: Process, olds: Mapping[int, Process], versions: Mapping[int, int]) -> list[Standing]:
    if not olds:
        return []
    key, element = ProcessInstance.definition_key, Activity.element_id
    query = (
        select(key, element, Activity.kind, func.count())
        .join(ProcessInstance, ProcessInstance.key == Activity.instance_key)
        .where(key.in_(olds), ProcessInstance.state.in_(RUNNING), Activity.how == "")
        .group_by(key, element, Activity.kind)
        .order_by(key.desc(), func.count().desc())
    )
    return [
        Standing(versions[definition], id_, _name(olds[definition], id_), kind, count, _fate(olds[definition], new, id_))
        for definition, id_, kind, count in session.execute(query)
        if kind not in _HOLDERS
    ]


def _name(process: Process, element_id: str) -> str:
    element = process.elements.get(element_id)
    return " ".join(element.name.split()) if element and element.name else element_id


def _fate(old: Process, new: Process, element_id: str) -> str:
    before, after = old.elements.get(element_id), new.elements.get(element_id)
    if after is None or (before is not None and before.kind != after.kind):
        return "gone"
    return "same" if before is not None and _plain(before) == _plain(after) else "changed"


def _plain(element: Element) -> Element:
    """Without what says nothing about the activity itself."""
    return replace(element, line=0, incoming=(), outgoing=(), lane="", default=None)


def _form(session: Session, form_id: str, name: str) -> FormEffect:
    count = session.scalar(select(func.count()).select_from(Task).where(Task.form_id == form_id, Task.state == "OPEN"))
    return FormEffect(form_id, name, count or 0)


def _users(session: Session, decision_id: str, running: Mapping[str, Iterable[tuple[int, int, int]]]) -> tuple[tuple[str, int], ...]:
    """Processes whose running versions call the decision."""
    found: dict[str, int] = {}
    names: dict[str, str] = {}
    for process_id, rows in running.items():
        for _version, key, count in rows:
            process = definitions.drawn(session, key)
            if any(element.decision_id == decision_id for element in process.elements.values()):
                found[process_id] = found.get(process_id, 0) + count
                names.setdefault(process_id, process.name or process_id)
    return tuple((names[process_id], count) for process_id, count in found.items())


def made_by(session: Session, deployment_key: int) -> dict[str, int]:
    """Process id → version, of a deployment."""
    query = select(Definition.id, Definition.version).where(Definition.deployment_key == deployment_key, Definition.kind == "process")
    return dict(session.execute(query).all())
