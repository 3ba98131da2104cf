"""Invented data to start a trial with and to answer service tasks: what a process reads, by name. No real person is in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from app import clock
from app.engine import feel
from app.engine.bpmn import Element, Process
from app.engine.checks.expressions import Written, all_written
from app.forms import paths
from app.forms.schema import OPTIONS, Form

_FILE = Path(__file__).with_name("samples.json")


@cache
def _samples() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def first_day() -> datetime:
    """When the campaign of the invented data begins."""
    return datetime.fromisoformat(_samples()["campaign"]["start"])


def read_by(process: Process) -> frozenset[str]:
    """Names of the variables that a process's expressions read, but for what its output mappings take from a completion."""
    return _names(
        written.text
        for written in all_written(process)
        if (written.kind == "feel" or written.text.startswith("=")) and not _is_output(written)
    )


def _is_output(written: Written) -> bool:
    return isinstance(written.at, Element) and (written.text, written.what) in written.at.outputs


def _names(texts: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*(feel.check(text).variables for text in texts))


def written_by(process: Process, forms: Mapping[str, Form]) -> frozenset[str]:
    """Names that the process itself writes: outputs, results, loop elements, the fields of forms whose task has no outputs."""
    names: set[str] = {"loopCounter"}
    for element in process.elements.values():
        names.update(target for _source, target in element.outputs)
        names.update(each for each in (element.result_variable, *(_loop(element))) if each)
        form = forms.get(element.form_id or "") if not element.outputs else None
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


def filled(form: Form) -> dict[str, Any]:
    """Invented answers to a form, as far as its schema tells what fits: the rest stays for the person who tries."""
    data: dict[str, Any] = {}
    for field in form.fields():
        value = None if "[]" in field.path or field.node.fixed else _invented(field.node.component)
        if value is not None and field.path not in form.personal:
            paths.put(data, field.path, value)
    return data


def _invented(component: Mapping[str, Any]) -> Any:
    limits, kind, values = component.get("validate") or {}, component.get("type"), component.get("values")
    if kind in OPTIONS:
        first = values[0].get("value") if values else None
        return [first] if first is not None and kind in ("checklist", "taglist") else first
    if kind == "number":
        least = limits.get("min")
        return max(1, least) if isinstance(least, int | float) else 1
    if kind == "datetime":
        return _day(str(component.get("subtype", "date")))
    if kind in ("textfield", "textarea") and not limits.get("pattern"):
        return "样例内容，供试运行使用" if limits.get("minLength") else "样例"
    return True if kind == "checkbox" else None


def _day(subtype: str) -> str:
    now = clock.local(clock.now())
    return {"date": f"{now:%Y-%m-%d}", "time": f"{now:%H:%M}"}.get(subtype, now.isoformat(timespec="minutes"))
