"""What comes after a user task is completed with certain values, as far as its diagram and what is known now decide it.

Nothing is run. Gateways are decided where their conditions read only what is known; where they do not, every way that is left is told as
one that may be taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.engine import feel
from app.engine.bpmn_model import Element, Process
from app.engine.checks.graph import Ways, is_step, reaching
from app.engine.errors import ExpressionError


class _Unknown:
    """The value of what nobody knows yet."""


UNKNOWN = _Unknown()


@dataclass(frozen=True, slots=True)
class Level:
    """An instance on the way up from the task: its diagram, its variables, the elements at which other tokens of it stand, and the call
    activity of the instance above that started it ("": none)."""

    process: Process
    variables: Mapping[str, Any]
    standing: frozenset[str] = frozenset()
    call: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """Where the token comes to. ``how``: step (something waits there), waits (a join waits for this element) or end. ``maybe``: whether
    something unknown decides about it."""

    how: str
    element: Element
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Variables as far as they are known. ``open``: a name that is not among the values may have any value; otherwise it has none."""

    values: Mapping[str, Any] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    open: bool = False

    def of(self, written: str) -> Any:
        """The value of an expression, or UNKNOWN."""
        names = feel.check(written).variables
        if any(name in self.unknown or (self.open and name not in self.values) for name in names):
            return UNKNOWN
        try:
            return feel.evaluate(written, self.values)
        except ExpressionError:
            return UNKNOWN

    def with_value(self, target: str, value: Any) -> Knowledge:
        """After writing *target*; a part of a context is not followed."""
        name, _dot, rest = target.partition(".")
        if value is UNKNOWN or rest:
            return replace(self, unknown=self.unknown | {name})
        return replace(self, values={**self.values, name: value}, unknown=self.unknown - {name})


def after(levels: Sequence[Level], element_id: str, entered: Mapping[str, Any]) -> list[Next]:
    """What follows when the task on *element_id* of ``levels[0]`` is completed; of what is entered only *entered* is known."""
    element = levels[0].process.elements[element_id]
    known = _left(element, Knowledge(levels[0].variables), Knowledge(entered, open=True))
    found: dict[tuple[str, str], Next] = {}
    for each in _Walk(levels).leave(0, element, known, maybe=False):
        key = (each.how, each.element.id)
        if key not in found or found[key].maybe:
            found[key] = each
    return list(found.values())


def _left(element: Element, scope: Knowledge, local: Knowledge) -> Knowledge:
    """What is known in *scope* once an element has ended that knew *local*: only its outputs, or all of it where it has none."""
    if not element.outputs:
        kept = {} if local.open else scope.values
        unknown = local.unknown if local.open else scope.unknown | local.unknown
        return Knowledge({**kept, **local.values}, unknown, local.open or scope.open)
    for source, target in element.outputs:
        scope = scope.with_value(target, local.of(source) if source.startswith("=") else source)
    return scope


@dataclass(slots=True)
class _Walk:
    levels: Sequence[Level]
    seen: set[tuple[int, str, bool]] = field(default_factory=set)

    def leave(self, level: int, element: Element, known: Knowledge, *, maybe: bool) -> Iterator[Next]:
        process = self.levels[level].process
        for target, uncertain in _ways(process, element, known):
            yield from self._arrive(level, process.elements[target], known, maybe or uncertain)

    def _arrive(self, level: int, element: Element, known: Knowledge, maybe: bool) -> Iterator[Next]:
        process = self.levels[level].process
        if (level, element.id, maybe) in self.seen:
            return
        self.seen.add((level, element.id, maybe))
        if element.kind == "endEvent":
            yield from self._end(level, element, known, maybe)
        elif is_step(element):
            yield Next("step", element, maybe)
        elif element.kind == "subProcess":
            for start in Ways(process).inner.get(element.id, ()):
                if process.elements[start].kind == "startEvent":
                    yield from self.leave(level, process.elements[start], known, maybe=maybe)
        elif waiting := self._waiting(level, element):
            yield from (Next("waits", process.elements[other], maybe) for other in waiting)
        else:
            worked, borders = _worked(element, known), _errors_caught(process, element)
            for way in (element, *borders):
                yield from self.leave(level, way, worked, maybe=maybe or bool(borders))

    def _waiting(self, level: int, element: Element) -> list[str]:
        """Elements with tokens for which a parallel join waits."""
        if element.kind != "parallelGateway" or len(element.incoming) < 2:
            return []
        before = reaching(self.levels[level].process, element.id)
        return sorted(self.levels[level].standing & before)

    def _end(self, level: int, element: Element, known: Knowledge, maybe: bool) -> Iterator[Next]:
        here = self.levels[level]
        if element.scope in here.process.elements:
            around = here.process.elements[element.scope]
            yield from self.leave(level, around, _left(around, known, known) if around.outputs else known, maybe=maybe)
            return
        above = self.levels[level + 1] if level + 1 < len(self.levels) else None
        call = above.process.elements.get(here.call) if above is not None else None
        if above is None or call is None or call.loop is not None:
            yield Next("end", element, maybe)
            return
        brought = known if call.outputs or call.propagate_all_child else Knowledge()
        found = list(self.leave(level + 1, call, _left(call, Knowledge(above.variables), brought), maybe=maybe))
        # What others still have to do further up says less about this task than how its own process ends.
        yield from found if any(each.how != "waits" for each in found) else (Next("end", element, maybe),)


def _errors_caught(process: Process, element: Element) -> list[Element]:
    """Boundary events for errors of what runs by itself: one of them may be taken instead."""
    borders = (process.elements[key] for key in Ways(process).borders.get(element.id, ()))
    return [border for border in borders if border.event is not None and border.event.kind == "error"]


def _worked(element: Element, known: Knowledge) -> Knowledge:
    """What is still known after something that runs by itself: it may bring anything that its outputs do not keep out."""
    if "Gateway" in element.kind or "Event" in element.kind:
        return known
    if element.outputs or element.result_variable:
        for target in (*(target for _source, target in element.outputs), *((element.result_variable,) if element.result_variable else ())):
            known = known.with_value(target, UNKNOWN)
        return known
    return Knowledge({}, frozenset(), open=True)


def _ways(process: Process, element: Element, known: Knowledge) -> Iterator[tuple[str, bool]]:
    """(target, whether something unknown decides) of the ways that may be taken."""
    flows = [process.flows[key] for key in element.outgoing]
    if element.kind not in ("exclusiveGateway", "inclusiveGateway") and not any(flow.condition for flow in flows):
        yield from ((target, False) for target in Ways(process).onward(element.id) if target in process.elements)
        return
    taken = uncertain = False
    for flow in flows:
        if flow.id == element.default:
            continue
        answer = known.of(flow.condition) if flow.condition else True
        if answer is UNKNOWN:
            uncertain = True
            yield flow.target, True
        elif answer is True:
            taken = True
            yield flow.target, uncertain and element.kind == "exclusiveGateway"
            if element.kind == "exclusiveGateway":
                return
    if not taken:
        yield from ((flow.target, uncertain) for flow in flows if flow.id == element.default)
