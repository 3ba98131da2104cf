"""Inclusive joins that wait for one another.

By BPMN's rule alone two inclusive joins in one loop can hold each other up for ever: the token at the second could still come round to
the first. When nothing else can move, and nobody outside holds any of them up, the join that lies before the others goes on.
"""

from __future__ import annotations

from app.engine import bpmn
from app.engine.spiff.tree import Token


def first_of_circle(waiting: list[Token]) -> Token | None:
    """Of tokens at inclusive joins that hold up nothing but one another, the one whose join leads soonest to another of them."""
    circle = {token.id: token for token in waiting}
    while outside := [key for key, token in circle.items() if any(other.id not in circle for other in token.task_spec.blockers(token))]:
        for key in outside:
            del circle[key]
    if not circle:
        return None
    process = next(iter(circle.values())).workflow.run.process
    joins = {token.task_spec.name for token in circle.values()}
    return min(circle.values(), key=lambda token: _distance(process, token.task_spec.name, joins - {token.task_spec.name}))


def _distance(process: bpmn.Process, start: str, targets: set[str]) -> int:
    """Sequence flows from *start* to the nearest of *targets*."""
    seen = {start}
    reached = [start]
    steps = 0
    while reached and targets.isdisjoint(reached):
        steps += 1
        onward = {process.flows[flow].target for key in reached for flow in process.elements[key].outgoing} - seen
        seen |= onward
        reached = list(onward)
    return steps
