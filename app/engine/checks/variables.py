"""Names that FEEL reads and nothing sets: a slip of the pen, as a rule. Only where it is known with what the process is started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import orjson

from app import exact_json
from app.engine import feel
from app.engine.bpmn_model import Element, Process
from app.engine.checks.expressions import Written, all_written
from app.engine.checks.findings import Findings

#: what the engine itself sets in multi-instance activities
BUILT_IN = frozenset(
    {
        "loopCounter",
        "numberOfInstances",
        "numberOfActiveInstances",
        "numberOfCompletedInstances",
        "numberOfTerminatedInstances",
        "item",
        "partial",
    }
)
#: Camunda Modeler's own property for example data of an element: on a start event, what an instance is started with
EXAMPLE = "camundaModeler:exampleOutputJson"


class Names(Protocol):
    """What is known about names from outside of the diagram (a part of ``registry.Registry``)."""

    def started_with(self, process_id: str) -> frozenset[str] | None: ...
    def form_names(self, form_id: str) -> frozenset[str] | None: ...


def check(process: Process, names: Names, found: Findings) -> None:
    """Warn of every name that neither an element sets nor the start, where it is known what the start brings."""
    started_with, example = names.started_with(process.id), _example(process)
    if started_with is None and example is None:
        return
    known = BUILT_IN | set(set_by(process)) | (started_with or frozenset()) | (example or frozenset())
    for written in all_written(process):
        if not _is_feel(written):
            continue
        brought = _brought(written, names)
        if brought is None:
            continue
        for name in sorted(feel.check(written.text).variables - known - brought):
            found.warning("variable_unknown", written.at, name=name, what=written.what)


def set_by(process: Process) -> Iterator[str]:
    """Names that elements set by their mappings, loops and results."""
    for element in process.elements.values():
        for _source, target in (*element.inputs, *element.outputs):
            yield target.split(".")[0]
        if element.loop is not None:
            yield from filter(None, (element.loop.input_element, element.loop.output_collection))
        if element.result_variable:
            yield element.result_variable.split(".")[0]


def handed_over(callers: Iterable[Process]) -> Mapping[str, frozenset[str] | None]:
    """Process id → names that the call activities of *callers* hand over; None where one hands over all that it has."""
    found: dict[str, frozenset[str] | None] = {}
    for element in (element for process in callers for element in process.elements.values()):
        called = element.called_process
        if called is None or called.startswith("="):
            continue
        before = found.get(called, frozenset())
        found[called] = None if element.propagate_all_parent or before is None else before | _given(element)
    return found


def starts_otherwise(process: Process) -> bool:
    """Whether a message or a signal can start it, too, with whatever the sender gives."""
    starts = (element for element in process.elements.values() if element.kind == "startEvent" and not element.scope)
    return any(element.event is not None and element.event.kind in {"message", "signal"} and not element.outputs for element in starts)


def _given(element: Element) -> frozenset[str]:
    names = {target.split(".")[0] for _source, target in element.inputs}
    if element.loop is not None and element.loop.input_element:
        names.add(element.loop.input_element)
    return frozenset(names)


def _example(process: Process) -> frozenset[str] | None:
    """Names in the example data of the elements; None where there are none."""
    found: frozenset[str] | None = None
    for element in process.elements.values():
        written = element.properties.get(EXAMPLE)
        if written and not written.startswith("="):
            try:
                example = exact_json.loads(written)
            except orjson.JSONDecodeError:
                continue
            if isinstance(example, dict):
                found = (found or frozenset()) | frozenset(example)
    return found


def _is_feel(written: Written) -> bool:
    return written.what != EXAMPLE and (written.kind == "feel" or written.text.startswith("="))


def _brought(written: Written, names: Names) -> frozenset[str] | None:
    """What an output mapping reads besides variables: the fields of the task's form; None for what a handler, a message, a child or an
    unknown form brings."""
    at = written.at
    if not isinstance(at, Element) or all((source, target) != (written.text, written.what) for source, target in at.outputs):
        return frozenset()
    if at.kind == "userTask" and at.form_id and not at.form_id.startswith("="):
        return names.form_names(at.form_id)
    return None
