"""Which element of another version a token may go to, and why not. Pure: looks at two processes and at where the tokens are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.engine import bpmn
from app.engine.spiff import reaching
from app.engine.spiff.tree import ROOT, Place

#: Old element id -> new element id. What is not named maps to the element of the same id.
Mapped = Mapping[str, str]

FINE, NEEDS, CANNOT = "fine", "needs", "cannot"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an instance cannot go to another version as it stands."""

    code: str
    element_id: str = ""
    #: another mapping would do
    mappable: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)

    def text(self, locale: str = "zh") -> str:
        """The sentence in ``zh`` or ``en``."""
        chinese, english = OBSTACLES[self.code]
        return (english if locale.startswith("en") else chinese).format(**self.params)


#: Sentences by code: Chinese, English.
OBSTACLES: dict[str, tuple[str, str]] = {
    "missing": (
        "“{name}”在新版本里没有，请指定由哪个环节接替。",
        "“{name}” is not in the new version: say which activity takes its place.",
    ),
    "nowhere": (
        "“{name}”在新版本里没有，也没有同类环节可以接替。",
        "“{name}” is not in the new version, and nothing of its kind could take its place.",
    ),
    "unknown": ("新版本里没有“{target}”。", "The new version has no “{target}”."),
    "kind": ("“{name}”与“{target}”种类不同，不能对应。", "“{name}” and “{target}” are of different kinds."),
    "job": (
        "“{name}”与“{target}”一个由系统办理，一个不是，不能对应。",
        "Of “{name}” and “{target}” only one is done by a handler.",
    ),
    "loop": (
        "“{name}”与“{target}”的多实例方式不同，不能对应。",
        "“{name}” and “{target}” differ in how many instances they run, or in which order.",
    ),
    "event": ("“{name}”与“{target}”等待的事件种类不同。", "“{name}” and “{target}” wait for different kinds of events."),
    "scope": (
        "“{target}”在另一个子流程里，令牌不能跨子流程移动。",
        "“{target}” stands in another subprocess; a token cannot cross its border.",
    ),
    "flow": (
        "有令牌在汇合点“{name}”等待，它来的那条线在新版本里没有。",
        "A token waits at the join “{name}” on a flow that the new version does not have.",
    ),
    "stuck": (
        "令牌会在汇合点“{name}”永远等下去：新版本里再没有令牌能到它还在等的那条线上。",
        "A token would wait at the join “{name}” for ever: in the new version no token can come any more on the flow it waits for.",
    ),
    "border": ("“{target}”不在接替“{host}”的环节上。", "“{target}” is not on the border of what takes the place of “{host}”."),
    "failed": ("试迁移时出错：{reason}", "Trying it failed: {reason}"),
    "process": ("目标属于另一个流程。", "The target belongs to another process."),
    "same": ("已经是这个版本。", "It is on this version already."),
    "ended": ("流程已经结束。", "The process has ended."),
}


def verdict(obstacles: Iterable[Obstacle]) -> str:
    """``fine``, ``needs`` (a mapping) or ``cannot``."""
    found = list(obstacles)
    if not found:
        return FINE
    return NEEDS if all(each.mappable for each in found) else CANNOT


def misfit(old: bpmn.Element, new: bpmn.Element) -> str | None:
    """Why a token at *old* cannot stand at *new*, whatever is around them; None if it can."""
    if old.kind != new.kind or old.triggered_by_event != new.triggered_by_event:
        return "kind"
    if (old.event.kind if old.event else None) != (new.event.kind if new.event else None):
        return "event"
    if (old.task_type is None) != (new.task_type is None):
        return "job"
    if (old.loop is None) != (new.loop is None) or (old.loop and new.loop and old.loop.sequential != new.loop.sequential):
        return "loop"
    return None


def candidates(old: bpmn.Process, new: bpmn.Process, element_id: str, mapping: Mapped) -> list[bpmn.Element]:
    """The elements of *new* that a token at *element_id* may go to."""
    element = old.elements[element_id]
    scope = mapping.get(element.scope, element.scope)
    found = [other for other in new.elements.values() if other.scope == scope and misfit(element, other) is None]
    if element.attached_to:
        host = mapping.get(element.attached_to, element.attached_to)
        found = [other for other in found if other.attached_to == host]
    return found


def suggest(old: bpmn.Process, new: bpmn.Process, element_id: str, mapping: Mapped) -> str | None:
    """The one that most likely takes its place: the same id, otherwise the only one of the same name; None: a person must say."""
    found = candidates(old, new, element_id, mapping)
    if any(other.id == element_id for other in found):
        return element_id
    name = old.elements[element_id].name
    named = [other.id for other in found if name and other.name == name]
    return named[0] if len(named) == 1 else None


def obstacles(old: bpmn.Process, new: bpmn.Process, places: Iterable[Place], mapping: Mapped) -> list[Obstacle]:
    """What keeps the tokens at *places* from going to *new*; each element once."""
    rows = {row.key: row for row in places}
    found: dict[str, Obstacle] = {}
    for row in rows.values():
        wrong = _wait(old, new, row, rows, mapping) if row.waits else _here(old, new, row, rows, mapping)
        if wrong is not None:
            found.setdefault(row.element_id, wrong)
    if not found:
        for row in reaching.stuck(new, carried(old, new, rows, mapping)):
            join = new.elements[row.element_id]
            before = rows[row.key].element_id
            found.setdefault(before, Obstacle("stuck", before, False, {"name": join.name or join.id}))
    return list(found.values())


def carried(old: bpmn.Process, new: bpmn.Process, rows: Mapping[int, Place], mapping: Mapped) -> list[Place]:
    """The tokens at their new places, when nothing keeps them; without waits that the new version does not have.

    Of several waits of one activity that go to the same event one stays: that which is named so already, otherwise the oldest.
    """
    kept: list[Place] = []
    held: set[tuple[Any, ...]] = set()
    for row in sorted(rows.values(), key=lambda row: row.waits and row.element_id in mapping):
        place = _carry(old, new, row, rows, mapping)
        if place is None:
            continue
        holder = (row.notes.get("host"), row.notes.get("gateway"), row.scope, place.element_id)
        if row.waits and holder in held:
            continue
        held.add(holder)
        kept.append(place)
    order = {key: number for number, key in enumerate(rows)}
    return sorted(kept, key=lambda place: order[place.key])


def _carry(old: bpmn.Process, new: bpmn.Process, row: Place, rows: Mapping[int, Place], mapping: Mapped) -> Place | None:
    """The token at its new place; None: a wait that the new version does not have."""
    if row.waits:
        target = wait_target(old, new, row, rows, mapping)
        if target is None:
            return None
        notes = {**row.notes, "starts": target.scope} if "starts" in row.notes else row.notes
        return row._replace(element_id=target.id, notes=notes)
    target = new.elements[mapping.get(row.element_id, row.element_id)]
    if not row.joining:
        return row._replace(element_id=target.id)
    return row._replace(element_id=target.id, notes={**row.notes, "flow": flow_of(old, new, row, target, mapping)})


def _here(old: bpmn.Process, new: bpmn.Process, row: Place, rows: Mapping[int, Place], mapping: Mapped) -> Obstacle | None:
    element = old.elements[row.element_id]
    target = new.elements.get(mapping.get(row.element_id, row.element_id))
    name = element.name or element.id
    if target is None:
        return _open(old, new, element, mapping, "unknown" if row.element_id in mapping else "missing", name=name)
    code = misfit(element, target)
    if code is None and target.scope != scope_of(row.scope, rows, mapping):
        code = "scope"
    if code is None and row.joining and flow_of(old, new, row, target, mapping) is None:
        return Obstacle("flow", row.element_id, False, {"name": name})
    if code is None:
        return None
    return _open(old, new, element, mapping, code, name=name, target=target.name or target.id)


def _open(old: bpmn.Process, new: bpmn.Process, element: bpmn.Element, mapping: Mapped, code: str, **params: str) -> Obstacle:
    """An obstacle that another mapping clears if there is anything that the token could go to."""
    mappable = bool(candidates(old, new, element.id, mapping))
    if code == "missing" and not mappable:
        code = "nowhere"
    if code == "unknown":
        params["target"] = mapping[element.id]
    return Obstacle(code, element.id, mappable, params)


def _wait(old: bpmn.Process, new: bpmn.Process, row: Place, rows: Mapping[int, Place], mapping: Mapped) -> Obstacle | None:
    """A wait that has no counterpart is dropped; one that was mapped by hand must fit."""
    if row.element_id not in mapping or wait_target(old, new, row, rows, mapping) is not None:
        return None
    element, target = old.elements[row.element_id], new.elements.get(mapping[row.element_id])
    if target is None:
        return Obstacle("unknown", row.element_id, True, {"target": mapping[row.element_id]})
    code = misfit(element, target) or "border"
    host = old.elements.get(element.attached_to or element.scope)
    params = {"name": element.name or element.id, "target": target.name or target.id, "host": (host.name or host.id) if host else ""}
    return Obstacle(code, row.element_id, True, params)


def scope_of(scope: int, rows: Mapping[int, Place], mapping: Mapped) -> str:
    """The id, in the new version, of the subprocess whose activity key is *scope*."""
    if scope == ROOT:
        return ""
    element_id = rows[scope].element_id
    return mapping.get(element_id, element_id)


def wait_target(old: bpmn.Process, new: bpmn.Process, row: Place, rows: Mapping[int, Place], mapping: Mapped) -> bpmn.Element | None:
    """The element at which a wait goes on in the new version; None: it has none there and is dropped."""
    target = new.elements.get(mapping.get(row.element_id, row.element_id))
    if target is None or misfit(old.elements[row.element_id], target) is not None:
        return None
    if "host" in row.notes:
        host = rows[row.notes["host"]].element_id
        return target if target.attached_to == mapping.get(host, host) else None
    if "gateway" in row.notes:
        gateway = rows[row.notes["gateway"]].element_id
        gateway = mapping.get(gateway, gateway)
        return target if any(new.flows[flow].source == gateway for flow in target.incoming) else None
    around = new.elements.get(target.scope)
    fits = around is not None and around.triggered_by_event and around.scope == scope_of(row.scope, rows, mapping)
    return target if fits else None


def flow_of(old: bpmn.Process, new: bpmn.Process, row: Place, target: bpmn.Element, mapping: Mapped) -> str | None:
    """The flow into *target* on which a token that waits at a join has come; None: there is none. "" where nothing is joined any more."""
    if len(target.incoming) < 2:
        return ""
    came = row.notes.get("flow")
    if came in target.incoming:
        return str(came)
    source = old.flows[str(came)].source if came in old.flows else ""
    source = mapping.get(source, source)
    same = [flow for flow in target.incoming if new.flows[flow].source == source]
    return same[0] if len(same) == 1 else None
