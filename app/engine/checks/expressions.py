"""FEEL anywhere in a diagram parses; timers and dates are ISO 8601 or FEEL, and have a zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from app.engine import feel, timers
from app.engine.bpmn_model import Element, Flow, Process
from app.engine.checks.findings import Findings
from app.engine.errors import ExpressionError

Kind = Literal["value", "feel", "date", "duration", "cycle"]


@dataclass(frozen=True, slots=True)
class Written:
    """An expression where it stands. ``kind``: ``value`` (FEEL behind ``=``, or a literal), ``feel`` (always FEEL), or a time."""

    at: Element | Flow | Process
    #: the attribute
    what: str
    text: str
    kind: Kind


def check(process: Process, found: Findings) -> None:
    for written in all_written(process):
        if written.kind == "feel" or written.text.startswith("="):
            _feel(written, found)
        elif written.kind != "value":
            _literal_time(written, found)


def all_written(process: Process) -> Iterator[Written]:
    """Every attribute of *process* that may hold an expression."""
    for name, text in process.properties.items():
        yield Written(process, name, text, "value")
    for flow in process.flows.values():
        if flow.condition is not None:
            yield Written(flow, "conditionExpression", flow.condition, "feel")
    for element in process.elements.values():
        for what, each, kind in _attributes(element):
            if each is not None:
                yield Written(element, what, each, kind)


def _attributes(element: Element) -> Iterator[tuple[str, str | None, Kind]]:
    for source, target in (*element.inputs, *element.outputs):
        yield target, source, "value"
    yield from (
        ("assignee", element.assignee, "value"),
        ("candidateGroups", element.candidate_groups, "value"),
        ("candidateUsers", element.candidate_users, "value"),
        ("dueDate", element.due, "date"),
        ("followUpDate", element.follow_up, "date"),
        ("priority", element.priority, "value"),
        ("formId", element.form_id, "value"),
        ("taskDefinition type", element.task_type, "value"),
        ("retries", element.retries, "value"),
        ("script", element.script, "feel"),
        ("decisionId", element.decision_id, "value"),
        ("processId", element.called_process, "value"),
    )
    for name, text in (*element.properties.items(), *element.headers.items()):
        yield name, text, "value"
    event = element.event
    if event is not None:
        yield "name", event.name, "value"
        yield "code", event.code, "value"
        yield "correlationKey", event.correlation_key, "value"
        kind: dict[str | None, Kind] = {"date": "date", "duration": "duration", "cycle": "cycle"}
        yield "timer", event.expression, kind.get(event.timer, "value")
    if element.loop is not None:
        yield "inputCollection", element.loop.input_collection, "value"
        yield "outputElement", element.loop.output_element, "value"
        yield "completionCondition", element.loop.completion_condition, "value"


def _feel(written: Written, found: Findings) -> None:
    expression = written.text.removeprefix("=").strip()
    if not expression:
        found.error("feel_empty", written.at, what=written.what)
        return
    checked = feel.check(expression)
    if checked.error is not None:
        found.error(
            "feel_invalid", written.at, what=written.what, expression=expression[:200], reason=checked.error, reason_en=checked.error_en
        )
        return
    timed = written.kind in {"date", "duration", "cycle"}
    naive = naive_time(expression)
    if naive is not None and timed:
        found.error("time_without_zone", written.at, what=written.what, value=naive)
    elif naive is not None:
        found.warning("time_without_zone", written.at, what=written.what, value=naive)
    elif timed and not checked.variables:
        _constant_time(written, expression, found)


def _constant_time(written: Written, expression: str, found: Findings) -> None:
    """An expression without variables is as good as a literal: see now what it would be later."""
    try:
        value: Any = feel.evaluate(expression, {})
        _due(written.kind, value)
    except timers.TimerError as error:
        found.error(error.code, written.at, what=written.what, value=expression[:200])
    except ExpressionError as error:
        found.error("feel_fails", written.at, what=written.what, expression=expression[:200], reason=str(error))


def _literal_time(written: Written, found: Findings) -> None:
    try:
        if written.kind == "date" and "T" not in written.text:
            raise timers.TimerError("timer_not_a_date", "is no point in time", written.text)
        if written.kind == "cycle" and not written.text.startswith("R"):
            # raises with a code that knows cron
            timers.cycle(written.text)
            raise timers.TimerError("timer_not_a_cycle", "is no cycle", written.text)
        if written.text.startswith("-"):
            raise timers.TimerError("timer_not_a_duration", "lies in the past", written.text)
        _due(written.kind, written.text)
    except timers.TimerError as error:
        found.error(error.code, written.at, what=written.what, value=written.text[:200])


def _due(kind: Kind, value: Any) -> None:
    if kind == "date":
        timers.instant(value)
    elif kind == "duration":
        timers.duration(value)
    else:
        timers.cycle(value)


#: A date-time without zone inside FEEL text, a time of day without zone, and time(h, m, s) without its fourth argument.
_NAIVE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?![\d:.]*(?:Z|[+-]\d|@|\[))(?=[\"/])"
    r"|\btime\(\s*\"\d\d:\d\d(?::\d\d(?:\.\d+)?)?\"\s*\)"
    r"|@\"\d\d:\d\d(?::\d\d(?:\.\d+)?)?\""
    r"|\btime\(\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\)"
)


def naive_time(expression: str) -> str | None:
    """The first time in FEEL text that has no zone; None if all have one."""
    found = _NAIVE.search(expression)
    return found.group() if found else None
