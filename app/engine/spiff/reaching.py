"""Can a token that waits at a join still go on? Looks at a process and at where its tokens are. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from app.engine import bpmn
from app.engine.spiff import throwing
from app.engine.spiff.tree import Place


def stuck(process: bpmn.Process, places: Iterable[Place]) -> list[Place]:
    """The tokens that wait at a parallel join for ever: no token of their scope can come any more by the flows that are still empty.

    At a gateway that chooses, a token is taken to go every way: what is named here waits for ever whatever is chosen.
    """
    rows = [row for row in places if not row.waits]
    open_joins = {scope: _opened(process, [row for row in rows if row.scope == scope]) for scope in {row.scope for row in rows}}
    return [row for row in rows if _at_parallel(process, row) and row.element_id not in open_joins[row.scope]]


def _at_parallel(process: bpmn.Process, row: Place) -> bool:
    return row.joining and process.elements[row.element_id].kind == "parallelGateway"


def _opened(process: bpmn.Process, rows: list[Place]) -> set[str]:
    """Ids of the elements of one scope that a token stands on or can come to; of a parallel join: that all its flows can bring one."""
    flows = {str(row.notes.get("flow")) for row in rows if _at_parallel(process, row)}
    opened: set[str] = set()
    todo = [row.element_id for row in rows if not _at_parallel(process, row)]
    todo += [row.element_id for row in rows if flows.issuperset(process.elements[row.element_id].incoming)]
    while todo:
        element = process.elements[todo.pop()]
        if element.id in opened:
            continue
        opened.add(element.id)
        flows.update(element.outgoing)
        todo += [target for flow in element.outgoing if _lets_in(process, target := process.flows[flow].target, flows)]
        todo += _beside(process, element)
    return opened


def _lets_in(process: bpmn.Process, element_id: str, flows: set[str]) -> bool:
    element = process.elements[element_id]
    return element.kind != "parallelGateway" or flows.issuperset(element.incoming)


def _beside(process: bpmn.Process, element: bpmn.Element) -> list[str]:
    """Where a token gets from *element* without a flow: events on its border, the catch event of its link."""
    found = [each.id for each in process.elements.values() if each.attached_to == element.id]
    if element.kind == "intermediateThrowEvent" and element.event is not None and element.event.kind == "link":
        found.append(throwing.link_catch(process, element).id)
    return found
