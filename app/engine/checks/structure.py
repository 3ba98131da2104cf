"""The drawing itself: flows, starts and ends, names and ids."""

from __future__ import annotations

import re
from collections import Counter

from app.engine.bpmn_model import Element, Process
from app.engine.checks.findings import Findings

#: flow nodes of one process
MAX_ELEMENTS = 1_000
#: characters, as the tables hold them
MAX_ID = 200
MAX_NAME = 300
MAX_PROCESS_NAME = 200

_ID = re.compile(r"[^\W\d][\w.\-]*")


def check(process: Process, found: Findings) -> None:
    if len(process.elements) > MAX_ELEMENTS:
        found.error("too_many_elements", process, count=len(process.elements), limit=MAX_ELEMENTS)
    _names(process, found)
    _flows(process, found)
    _starts(process, found)
    for element in process.elements.values():
        _way_in_and_out(element, process, found)


def _names(process: Process, found: Findings) -> None:
    for item in process.items():
        if len(item.id) > MAX_ID or not _ID.fullmatch(item.id):
            found.error("id_invalid", item, id=item.id[:MAX_ID], limit=MAX_ID)
        limit = MAX_PROCESS_NAME if item is process else MAX_NAME
        if len(item.name) > limit:
            found.error("name_too_long", item, limit=limit)


def _flows(process: Process, found: Findings) -> None:
    for flow in process.flows.values():
        source, target = process.elements.get(flow.source), process.elements.get(flow.target)
        if source is None or target is None:
            found.error("flow_ends_nowhere", flow, missing=flow.target if target is None else flow.source)
            continue
        if source.scope != target.scope:
            found.error("flow_crosses_scope", flow, source=source.name or source.id, target=target.name or target.id)
        if target.kind == "startEvent":
            found.error("flow_into_start", flow)
        if target.kind == "boundaryEvent":
            found.error("flow_into_boundary", flow)
        if source.kind == "endEvent":
            found.error("flow_out_of_end", flow)
        if source.triggered_by_event or target.triggered_by_event:
            found.error("flow_at_event_subprocess", flow)


def _starts(process: Process, found: Findings) -> None:
    inside: dict[str, list[Element]] = {"": []}
    for element in process.elements.values():
        if element.kind in {"subProcess", "transaction"}:
            inside.setdefault(element.id, [])
        if element.kind == "startEvent":
            inside.setdefault(element.scope, []).append(element)
    _process_starts(process, inside.pop(""), found)
    for scope, starts in inside.items():
        container = process.elements[scope]
        if container.kind not in {"subProcess", "transaction"}:
            continue
        if container.triggered_by_event:
            if len(starts) != 1:
                found.error("event_subprocess_starts", container, count=len(starts))
        elif len(starts) != 1 or starts[0].event is not None:
            found.error("subprocess_start", container, count=len(starts))


def _process_starts(process: Process, starts: list[Element], found: Findings) -> None:
    if not starts:
        found.error("no_start", process)
    none_starts = [start for start in starts if start.event is None and not start.markers]
    for extra in none_starts[1:]:
        found.error("several_none_starts", extra, first=none_starts[0].id)
    names = Counter((start.event.kind, start.event.name) for start in starts if start.event and start.event.kind in {"message", "signal"})
    for start in starts:
        if start.event and start.event.name and names[(start.event.kind, start.event.name)] > 1:
            found.error("duplicate_start_name", start, name=start.event.name)


def _way_in_and_out(element: Element, process: Process, found: Findings) -> None:
    link = element.event is not None and element.event.kind == "link"
    throws_link = link and element.kind == "intermediateThrowEvent"
    if throws_link and element.outgoing:
        found.error("link_throw_outgoing", element)
    if link and element.kind == "intermediateCatchEvent" and element.incoming:
        found.error("link_catch_incoming", element)
    ends = element.kind == "endEvent" or element.triggered_by_event or throws_link or _for_compensation(element)
    if not ends and not element.outgoing:
        _without_way_out(element, process, found)
    if element.default is not None and (element.default not in element.outgoing or element.default not in process.flows):
        found.error("default_unknown", element, flow=element.default)


#: What may end a path by itself, as BPMN allows (13.2.1): the token ends there.
_MAY_END = frozenset(
    """task userTask manualTask scriptTask serviceTask sendTask receiveTask businessRuleTask callActivity subProcess intermediateThrowEvent
    intermediateCatchEvent""".split()  # noqa: SIM905  (a list of names)
)


def _without_way_out(element: Element, process: Process, found: Findings) -> None:
    """An implicit end; beside end events that are drawn it looks like a flow that was forgotten."""
    if element.kind not in _MAY_END:
        found.error("ends_nowhere", element)
    elif any(other.kind == "endEvent" and other.scope == element.scope for other in process.elements.values()):
        found.warning("implicit_end", element)


def _for_compensation(element: Element) -> bool:
    """Refused anyway: nothing more needs to be said about it."""
    return "compensation" in element.markers or (element.event is not None and element.event.kind == "compensate")
