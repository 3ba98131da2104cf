"""Parallel joins that wait for ever: found by moving tokens through the drawing, every choice tried.

Each level (process, embedded subprocess) is looked at by itself. Where more can happen than is tried, nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from app.engine.bpmn_model import Element, Process
from app.engine.checks.findings import Findings

#: markings tried for one level, tokens on one flow, flows out of an inclusive gateway of which every choice is tried
MOST_MARKINGS, MOST_TOKENS, MOST_CHOICES = 3_000, 2, 6

#: end events that end their whole level
_END_ALL = frozenset({"error", "terminate"})

#: flow id (or ``@element`` for a token that is put there) -> tokens on it; as a sorted tuple
Marking = tuple[tuple[str, int], ...]


def check(process: Process, found: Findings) -> None:
    scopes: dict[str, list[Element]] = {}
    for element in process.elements.values():
        scopes.setdefault(element.scope, []).append(element)
    for scope, members in scopes.items():
        joins = [element for element in members if element.kind == "parallelGateway" and len(element.incoming) > 1]
        if joins and _told_apart(process, scope, members):
            _look(_Level(process, members), joins, found)


def _told_apart(process: Process, scope: str, members: list[Element]) -> bool:
    """Nothing ends the level from the side, so that a join that waits does so for ever."""
    around = process.elements.get(scope)
    inside = any(element.triggered_by_event for element in members)
    outside = around is not None and any(other.attached_to == scope and other.interrupting for other in process.elements.values())
    return not (inside or outside)


def _look(level: _Level, joins: list[Element], found: Findings) -> None:
    markings = level.reachable()
    if markings is None:
        return
    fired = {join.id for join in joins for marking in markings if level.complete(join, dict(marking))}
    for join in joins:
        waits = any(
            any(flow in dict(marking) for flow in join.incoming) for marking in markings if next(level.moves(marking), None) is None
        )
        if waits:
            found.warning("join_may_wait" if join.id in fired else "join_never_complete", join)


class _Level:
    """The flows of one level and how tokens move over them."""

    def __init__(self, process: Process, members: list[Element]) -> None:
        self.members = {element.id: element for element in members}
        self.borders: dict[str, list[Element]] = {}
        self.catches: dict[str, str] = {}
        for element in members:
            if element.attached_to:
                self.borders.setdefault(element.attached_to, []).append(element)
            if element.kind == "intermediateCatchEvent" and element.event is not None and element.event.kind == "link":
                self.catches[element.event.name] = element.id

    def reachable(self) -> set[Marking] | None:
        """All markings that can come of one start; None when they are too many to try."""
        starts = [element for element in self.members.values() if element.kind == "startEvent"]
        todo = [_added({}, start.outgoing) for start in starts]
        seen: set[Marking] = set(todo)
        while todo:
            for after in self.moves(todo.pop()):
                if after in seen:
                    continue
                seen.add(after)
                todo.append(after)
                if len(seen) > MOST_MARKINGS or any(count > MOST_TOKENS for _flow, count in after):
                    return None
        return seen

    def complete(self, join: Element, marking: dict[str, int]) -> bool:
        return all(marking.get(flow) for flow in join.incoming)

    def moves(self, marking: Marking) -> Iterator[Marking]:
        """What may come next."""
        here = dict(marking)
        for element in self.members.values():
            if element.kind == "parallelGateway" and len(element.incoming) > 1:
                if self.complete(element, here):
                    yield _added(_without(here, element.incoming), element.outgoing)
                continue
            for place in (*element.incoming, f"@{element.id}"):
                if here.get(place):
                    if element.kind == "endEvent" and element.event is not None and element.event.kind in _END_ALL:
                        yield ()
                        continue
                    rest = _without(here, [place])
                    yield from (_added(rest, out) for out in self._out(element))

    def _out(self, element: Element) -> Iterator[Sequence[str]]:
        """The flows that a token at *element* may be sent along, one choice after the other."""
        if element.kind in ("exclusiveGateway", "eventBasedGateway"):
            yield from ([flow] for flow in element.outgoing) if element.outgoing else ((),)
        elif element.kind == "inclusiveGateway":
            flows = element.outgoing
            sizes = range(1, len(flows) + 1) if len(flows) <= MOST_CHOICES else (1, len(flows))
            yield from chain.from_iterable(combinations(flows, size) for size in sizes)
        elif element.event is not None and element.event.kind == "link" and element.kind == "intermediateThrowEvent":
            target = self.catches.get(element.event.name)
            yield [f"@{target}"] if target else []
        else:
            yield element.outgoing
        for border in self.borders.get(element.id, ()):
            yield border.outgoing if border.interrupting else (*element.outgoing, *border.outgoing)


def _added(marking: dict[str, int], flows: Sequence[str]) -> Marking:
    more = dict(marking)
    for flow in flows:
        more[flow] = more.get(flow, 0) + 1
    return tuple(sorted(more.items()))


def _without(marking: dict[str, int], flows: Sequence[str]) -> dict[str, int]:
    less = dict(marking)
    for flow in flows:
        less[flow] -= 1
        if not less[flow]:
            del less[flow]
    return less
