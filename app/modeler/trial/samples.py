"""Invented data to start a trial with and to answer service tasks: what a process reads, by name. No real person is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from app.engine import feel
from app.engine.bpmn import Element, Process
from app.engine.checks.expressions import all_written
from app.forms.schema import OPTIONS, Form

_FILE = Path(__file__).with_name("samples.json")


@cache
def _samples() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def read_by(process: Process) -> frozenset[str]:
    """Names of the variables that a process's expressions read."""
    texts = (written.text for written in all_written(process) if written.kind == "feel" or written.text.startswith("="))
    return _names(texts)


def _names(texts: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(feel.check(text).variables for text in texts))


def written_by(process: Process, forms: Mapping[str, Form]) -> frozenset[str]:
    """Names that the process itself writes: outputs, results, loop elements, the fields of its forms."""
    names: set[str] = {"loopCounter"}
    for element in process.elements.values():
        names.update(target for _source, target in (*element.inputs, *element.outputs))
        names.update(each for each in (element.result_variable, *(_loop(element))) if each)
        form = forms.get(element.form_id or "")
        names.update(_fields(form) if form else ())
    return frozenset(names)


def _loop(element: Element) -> tuple[str | None, ...]:
    return (element.loop.input_element, element.loop.output_collection) if element.loop else ()


def _fields(form: Form) -> set[str]:
    return {field.path.split(".")[0].split("[")[0] for field in form.fields()}


def to_start(process: Process, forms: Mapping[str, Form], recorded: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Start variables for a trial: what the process reads and does not write itself; null where nothing is known of that name."""
    wanted = read_by(process) - written_by(process, forms)
    known = {**_samples(), **(recorded or {})}
    return {name: known.get(name) for name in sorted(wanted)}


def outputs_of(element: Element) -> list[tuple[str, str]]:
    """(variable that an output reads, variable that it writes), each pair once; the result variable stands for itself."""
    pairs = [
        (name, target) for source, target in element.outputs if source.startswith("=") for name in sorted(feel.check(source).variables)
    ]
    if element.result_variable:
        pairs.append((element.result_variable, element.result_variable))
    return list(dict.fromkeys(pairs))


def to_answer(element: Element, variables: Mapping[str, Any], form: Form | None = None) -> dict[str, Any]:
    """Variables for completing an element: what its output mappings read, as the form offers it, as it is, or as a sample."""
    offered = _offered(form) if form else {}
    answer = {}
    for name, _target in outputs_of(element):
        if name in offered:
            answer[name] = offered[name]
        else:
            answer[name] = variables.get(name) if variables.get(name) is not None else _samples().get(name)
    return answer


def _offered(form: Form) -> dict[str, Any]:
    """Field → its first choice, or true for a tick."""
    offered: dict[str, Any] = {}
    for field in form.fields():
        component = field.node.component
        values = component.get("values")
        if component.get("type") == "checkbox":
            offered[field.path] = True
        elif component.get("type") in OPTIONS and values:
            first = values[0].get("value")
            offered[field.path] = [first] if component["type"] in ("checklist", "taglist") else first
    return offered
