"""Is this fit to be deployed? The same check at deployment, on the command line and in the editor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from app.engine import bpmn, decisions, needed_decisions, resources
from app.engine.checks import (
    constants,
    errors_thrown,
    event_rules,
    expressions,
    forms,
    gateways,
    graph,
    joins,
    people,
    schedule,
    starts,
    structure,
    support,
    tasks,
    variables,
)
from app.engine.checks.findings import Findings
from app.engine.errors import Refused
from app.engine.problems import Problem
from app.engine.registry import Registry


def check(files: Mapping[str, bytes], registry: Registry) -> list[Problem]:
    """Everything wrong with *files* (name -> content), by file, line and severity. Errors refuse a deployment, warnings do not.

    *registry* says which forms, decisions, processes and task types exist, those of *files* included (``registry.known``).
    """
    problems: list[Problem] = []
    parsed: dict[str, list[bpmn.Process]] = {}
    for name, content in files.items():
        kind = resources.kind_of(name)
        if kind == "process":
            problems += _diagram(name, content, registry, parsed)
        elif kind == "decision":
            problems += _decisions(name, content)
        elif kind == "form":
            problems += forms.check(name, content, registry)
        else:
            problems.append(Problem(name, "", "", "file_kind", {"suffixes": ", ".join(resources.KINDS)}))
    problems += _defined_twice(files, parsed)
    problems += _calls_without_start(parsed)
    problems += _calls_itself(parsed)
    order = {name: index for index, name in enumerate(files)}
    return sorted(problems, key=lambda problem: (order.get(problem.resource, 0), problem.severity, problem.line))


def _decisions(name: str, content: bytes) -> list[Problem]:
    try:
        found = [*decisions.check(content), *needed_decisions.check(name, content)]
    except Refused as refused:
        found = refused.problems
    return [replace(problem, resource=name) for problem in found]


def _diagram(name: str, content: bytes, registry: Registry, parsed: dict[str, list[bpmn.Process]]) -> list[Problem]:
    try:
        file = bpmn.read(content)
    except Refused as refused:
        return [replace(problem, resource=name) for problem in refused.problems]
    found = Findings(name, [replace(problem, resource=name) for problem in file.problems])
    parsed[name] = file.processes
    for process in file.processes:
        found.problems += [replace(problem, resource=name) for problem in process.problems]
        structure.check(process, found)
        support.check(process, found)
        gateways.check(process, found)
        event_rules.check(process, found)
        tasks.check(process, registry, found)
        expressions.check(process, found)
        constants.check(process, found)
        errors_thrown.check(process, registry, found)
        schedule.check(process, registry, found)
        variables.check(process, registry, found)
        graph.check(process, found)
        joins.check(process, found)
        people.check(process, registry, found)
        starts.check(process, registry, found)
    ids = [process.id for process in file.processes]
    stem = PurePosixPath(name).stem
    if ids and stem not in ids:
        found.warning("file_name", file.processes[0], id=ids[0], file=PurePosixPath(name).name)
    return found.problems


def _defined_twice(files: Mapping[str, bytes], parsed: Mapping[str, list[bpmn.Process]]) -> list[Problem]:
    first: dict[tuple[str, str], str] = {}
    problems = []
    for name, content in files.items():
        if name in parsed:
            items = [resources.Defined("process", process.id, process.name) for process in parsed[name]]
        else:
            items = resources.defined(name, content)
        for item in items:
            other = first.setdefault((item.kind, item.id), name)
            if other != name:
                problems.append(Problem(name, item.id, item.name, "defined_twice", {"kind": item.kind, "id": item.id, "other": other}))
    return problems


def _calls_without_start(parsed: Mapping[str, list[bpmn.Process]]) -> list[Problem]:
    """A call activity starts its process at the none start event: there must be one."""
    startable = {
        process.id: any(each.kind == "startEvent" and not each.scope and each.event is None for each in process.elements.values())
        for processes in parsed.values()
        for process in processes
    }
    return [
        Problem(name, element.id, element.name, "called_without_none_start", {"process": element.called_process}, "error", element.line)
        for name, processes in parsed.items()
        for process in processes
        for element in process.elements.values()
        if element.called_process and not startable.get(element.called_process, True)
    ]


def _calls_itself(parsed: Mapping[str, list[bpmn.Process]]) -> list[Problem]:
    """Processes that call each other in a circle before anything waits: the first start never comes to an end."""
    calls = {process.id: graph.called_at_once(process) for processes in parsed.values() for process in processes}
    problems = []
    for name, processes in parsed.items():
        for process in processes:
            for element in calls[process.id]:
                if process.id in _called_from(element.called_process or "", calls):
                    params = {"process": element.called_process}
                    problems.append(Problem(name, element.id, element.name, "calls_itself", params, "warning", element.line))
    return problems


def _called_from(first: str, calls: Mapping[str, list[bpmn.Element]]) -> set[str]:
    """*first* and every process that starting it starts at once."""
    seen: set[str] = set()
    todo = [first]
    while todo:
        process = todo.pop()
        if process not in seen:
            seen.add(process)
            todo += [element.called_process or "" for element in calls.get(process, ())]
    return seen
