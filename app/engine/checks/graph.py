"""Where tokens can get to: unreachable elements, loops that nobody holds up, what comes after a task."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from app.engine.bpmn_model import Element, Process
from app.engine.checks.findings import Findings

#: A token stops here until somebody or something outside moves it.
WAITS = frozenset({"userTask", "receiveTask", "callActivity", "eventBasedGateway", "serviceTask", "sendTask", "intermediateCatchEvent"})
#: What people see as a next step.
_STEPS = frozenset({"userTask", "receiveTask", "callActivity", "intermediateCatchEvent"})


def check(process: Process, found: Findings) -> None:
    reached = reachable(process)
    for element in process.elements.values():
        if element.id not in reached and not _inside_unreached(element, process, reached):
            found.warning("unreachable", element)
    for members in loops(process):
        first = process.elements[members[0]]
        found.warning("loop_without_wait", first, elements=", ".join(members[:5]))


def _inside_unreached(element: Element, process: Process, reached: set[str]) -> bool:
    """Its subprocess is reported already."""
    return bool(element.scope) and element.scope in process.elements and element.scope not in reached


class Ways:
    """Where a token can go from each element: by flow, by link, into a subprocess, over its border."""

    def __init__(self, process: Process) -> None:
        self.flows: dict[str, list[str]] = {}
        self.links: dict[str, list[str]] = {}
        self.inner: dict[str, list[str]] = defaultdict(list)
        self.borders: dict[str, list[str]] = defaultdict(list)
        catches: dict[str, list[str]] = defaultdict(list)
        for element in process.elements.values():
            targets = (process.flows[flow].target for flow in element.outgoing)
            self.flows[element.id] = [target for target in targets if target in process.elements]
            if element.attached_to:
                self.borders[element.attached_to].append(element.id)
            if element.kind == "startEvent" or element.triggered_by_event:
                self.inner[element.scope].append(element.id)
            if _is_link(element, "intermediateCatchEvent"):
                catches[_name(element)].append(element.id)
        for element in process.elements.values():
            if _is_link(element, "intermediateThrowEvent"):
                self.links[element.id] = catches[_name(element)]

    def onward(self, key: str) -> list[str]:
        """By flow or link."""
        return self.flows.get(key, []) + self.links.get(key, [])

    def all(self, key: str) -> list[str]:
        return self.onward(key) + self.inner.get(key, []) + self.borders.get(key, [])


def _is_link(element: Element, kind: str) -> bool:
    return element.kind == kind and element.event is not None and element.event.kind == "link"


def _name(element: Element) -> str:
    return element.event.name if element.event else ""


def reachable(process: Process) -> set[str]:
    """Ids of the elements that a token can come to."""
    ways = Ways(process)
    return _closure(ways.all, ways.inner.get("", []))


def loops(process: Process) -> list[list[str]]:
    """Sets of elements that go round without ever waiting, each in document order."""
    ways = Ways(process)
    waiting = {element.id for element in process.elements.values() if _waits(element, process)}
    after = {key: [other for other in ways.onward(key) if other not in waiting] for key in process.elements if key not in waiting}
    found: list[list[str]] = []
    for ring in _rings(after):
        found.append([key for key in process.elements if key in ring])
    return found


def called_at_once(process: Process) -> list[Element]:
    """The call activities that every start comes to before anything waits or is chosen."""
    ways = Ways(process)
    starts = [
        element.id for element in process.elements.values() if element.kind == "startEvent" and not element.scope and not element.event
    ]

    def onward(key: str) -> list[str]:
        element = process.elements[key]
        if element.kind in WAITS or (element.kind in ("exclusiveGateway", "inclusiveGateway") and len(element.outgoing) > 1):
            return []
        inner = [each for each in ways.inner.get(key, []) if process.elements[each].kind == "startEvent"]
        return inner or ways.onward(key)

    found = (process.elements[key] for key in _closure(onward, starts))
    return [each for each in found if each.kind == "callActivity" and each.loop is None and each.called_process]


def _rings(after: dict[str, list[str]]) -> list[set[str]]:
    """Strongly connected sets with at least one way inside them (Kosaraju's algorithm, without recursion)."""
    before: dict[str, list[str]] = defaultdict(list)
    for key, others in after.items():
        for other in others:
            before[other].append(key)
    placed: set[str] = set()
    rings = []
    for start in reversed(_by_finish(after)):
        if start in placed:
            continue
        ring = _closure(before.__getitem__, [start], stop=placed)
        placed |= ring
        if len(ring) > 1 or start in after[start]:
            rings.append(ring)
    return rings


def _by_finish(after: dict[str, list[str]]) -> list[str]:
    """All keys in the order in which a depth-first walk leaves them."""
    order: list[str] = []
    seen: set[str] = set()
    for start in after:
        stack = [(start, iter(after[start]))] if start not in seen else []
        seen.add(start)
        while stack:
            key, others = stack[-1]
            following = next((other for other in others if other not in seen), None)
            if following is None:
                order.append(key)
                stack.pop()
            else:
                seen.add(following)
                stack.append((following, iter(after[following])))
    return order


def _waits(element: Element, process: Process) -> bool:
    if _is_link(element, "intermediateCatchEvent"):
        return False
    if element.kind == "subProcess":
        # one that can be passed without waiting is rare and cannot be told for sure
        return any(each.scope == element.id and _waits(each, process) for each in process.elements.values())
    return element.kind in WAITS


def _closure(ways: Callable[[str], Iterable[str]], starts: Iterable[str], stop: Collection[str] = ()) -> set[str]:
    """*starts* and all that can be reached from them without touching *stop*."""
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        key = todo.pop()
        if key not in seen and key not in stop:
            seen.add(key)
            todo.extend(ways(key))
    return seen


def reaching(process: Process, element_id: str) -> frozenset[str]:
    """The elements from which a token can come to this one."""
    ways = Ways(process)
    before: dict[str, list[str]] = defaultdict(list)
    for key in process.elements:
        for other in ways.all(key):
            before[other].append(key)
    return frozenset(_closure(lambda key: before.get(key, []), before.get(element_id, [])))


def next_elements(process: Process, element_id: str) -> list[Element]:
    """What may come after an element, as people see it: the next user tasks, calls, awaited events and ends, in document order.

    Gateways and what runs by itself is passed through; the end of an embedded subprocess leads to what follows the subprocess.
    """
    ways = Ways(process)

    def onward(key: str) -> list[str]:
        element = process.elements[key]
        if element.kind == "subProcess" and ways.inner.get(key):
            return [inner for inner in ways.inner[key] if process.elements[inner].kind == "startEvent"]
        if element.kind == "endEvent" and element.scope in process.elements:
            return ways.onward(element.scope)
        return ways.onward(key)

    seen = _closure(lambda key: [] if is_step(process.elements[key]) else onward(key), onward(element_id))
    return [each for each in process.elements.values() if each.id in seen and is_step(each)]


def is_step(element: Element) -> bool:
    """Whether people see the element as the next step."""
    if _is_link(element, element.kind):
        return False
    return element.kind in _STEPS or (element.kind == "endEvent" and (not element.scope or _final(element)))


def _final(element: Element) -> bool:
    return element.event is not None and element.event.kind in {"error", "terminate"}
