"""Events: names, codes, keys, links, and what boundary events stand on."""

from __future__ import annotations

from collections import defaultdict

from app.engine import feel, supported, timers
from app.engine.bpmn_model import Element, EventDefinition, Process
from app.engine.checks.findings import Findings

_THROWS = {"intermediateThrowEvent", "endEvent", "sendTask"}
_ACTIVITIES = {
    "task",
    "userTask",
    "manualTask",
    "scriptTask",
    "serviceTask",
    "sendTask",
    "receiveTask",
    "businessRuleTask",
    "callActivity",
    "subProcess",
}


def check(process: Process, found: Findings) -> None:
    for element in process.elements.values():
        _catch_up(element, found)
        if element.event is not None and {"multiple", "parallelMultiple"}.isdisjoint(element.markers):
            _definition(element, element.event, process, found)
        if element.kind == "boundaryEvent":
            _boundary(element, process, found)
    _links(process, found)
    _same_catch_twice(process, found)


def _definition(element: Element, event: EventDefinition, process: Process, found: Findings) -> None:
    if element.kind == "sendTask" and element.task_type:
        return
    job = element.task_type is not None and element.kind in _THROWS
    if event.kind == "message" and not event.name and not job:
        found.error("message_without_name", element)
    if event.kind == "message" and not event.correlation_key and _needs_key(element, process):
        found.error("correlation_key_missing", element, name=event.name)
    if event.kind == "signal" and not event.name:
        found.error("signal_without_name", element)
    if event.kind == "timer" and (event.timer is None or not event.expression):
        found.error("timer_missing", element)
    if event.kind in {"error", "escalation"} and not event.code and element.kind in _THROWS:
        found.error("code_missing", element, event=event.kind)
    if event.kind in {"message", "signal"} and element.kind == "startEvent" and not element.scope and event.name.startswith("="):
        checked = feel.check(event.name)
        if checked.error is None and checked.variables:
            found.error("start_name_not_constant", element, name=event.name)


def _catch_up(element: Element, found: Findings) -> None:
    value = element.properties.get(timers.CATCH_UP)
    if value is None:
        return
    if element.event is None or element.event.timer != "cycle":
        found.warning("catch_up_unused", element)
    elif value not in (timers.EVERY, timers.ONCE):
        found.error("catch_up", element, value=value)


def _needs_key(element: Element, process: Process) -> bool:
    if element.kind == "startEvent":
        return supported.in_event_subprocess(element, process)
    return element.kind not in _THROWS


def _boundary(element: Element, process: Process, found: Findings) -> None:
    host = process.elements.get(element.attached_to or "")
    if element.event is None:
        found.error("boundary_without_event", element)
    if host is None or host.scope != element.scope:
        found.error("boundary_without_host", element)
    elif host.kind not in _ACTIVITIES or host.triggered_by_event:
        found.error("boundary_host", element, host=host.name or host.id)
    elif element.event is not None and element.event.kind == "escalation" and host.kind not in {"subProcess", "callActivity"}:
        found.warning("boundary_never_fires", element, host=host.name or host.id)


def _links(process: Process, found: Findings) -> None:
    catches: dict[tuple[str, str], list[Element]] = defaultdict(list)
    throws: set[tuple[str, str]] = set()
    linked = [element for element in process.elements.values() if element.event is not None and element.event.kind == "link"]
    for element in linked:
        name = element.event.name if element.event else ""
        if not name:
            found.error("link_without_name", element)
        elif element.kind == "intermediateCatchEvent":
            catches[(element.scope, name)].append(element)
        else:
            throws.add((element.scope, name))
    for element in linked:
        name = element.event.name if element.event else ""
        place = (element.scope, name)
        if name and element.kind == "intermediateThrowEvent" and place not in catches:
            found.error("link_without_target", element, name=name)
    for place, targets in catches.items():
        for extra in targets[1:]:
            found.error("link_several_targets", extra, name=place[1])


def _same_catch_twice(process: Process, found: Findings) -> None:
    """Two events on one activity (or in one scope) that wait for the same thing: which one catches it would be chance."""
    seen: dict[tuple[str, str, str], Element] = {}
    for element in process.elements.values():
        event = element.event
        if event is None or event.kind not in {"message", "error", "escalation"}:
            continue
        if element.kind == "boundaryEvent":
            place = f"boundary of {element.attached_to}"
        elif supported.in_event_subprocess(element, process):
            place = f"scope {process.elements[element.scope].scope}"
        else:
            continue
        what = event.name if event.kind == "message" else (event.code or "")
        other = seen.setdefault((place, event.kind, what), element)
        if other is not element:
            found.error("same_catch_twice", element, event=event.kind, other=other.name or other.id)
