"""Error end events that nothing catches: what was done just before would fail, again and again."""

from __future__ import annotations

from app.engine.bpmn_model import Element, Process
from app.engine.checks.findings import Findings
from app.engine.registry import Registry


def check(process: Process, registry: Registry, found: Findings) -> None:
    for element in process.elements.values():
        event = element.event
        if element.kind != "endEvent" or event is None or event.kind != "error" or not event.code or event.code.startswith("="):
            continue
        if not _caught(element, event.code, process) and not registry.is_called(process.id):
            found.warning("error_uncaught", element, error=event.code)


def _caught(thrower: Element, code: str, process: Process) -> bool:
    """By an event subprocess of a scope around it, or on the border of one. What stands in an event subprocess is not caught by it."""
    scope, inside = thrower.scope, ""
    while True:
        for each in process.elements.values():
            if each.event is None or each.event.kind != "error" or each.event.code not in (None, code):
                continue
            holder = process.elements.get(each.scope)
            beside = each.kind == "startEvent" and holder is not None and holder.triggered_by_event and holder.scope == scope
            if (beside and each.scope != inside) or (each.kind == "boundaryEvent" and each.attached_to == scope and scope):
                return True
        around = process.elements.get(scope)
        if around is None:
            return False
        scope, inside = around.scope, around.id
