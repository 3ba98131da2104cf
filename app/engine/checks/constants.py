"""FEEL without variables is as good as a literal: what it would be at run time is known now."""

from __future__ import annotations

import re
from typing import Any

from app.engine import feel
from app.engine.bpmn_model import Element, Flow, Process
from app.engine.checks.findings import Findings
from app.engine.errors import ExpressionError

#: what only the variables know, and what another check speaks of
UNKNOWN: Any = object()


_BY_THE_CLOCK = re.compile(r"\b(now|today)\s*\(")


def value(written: str | None) -> Any:
    """What an attribute surely is at run time; ``UNKNOWN`` where variables decide."""
    if written is None or not written.startswith("="):
        return written
    checked = feel.check(written)
    if checked.error is not None or checked.variables or _BY_THE_CLOCK.search(written):
        return UNKNOWN
    try:
        return feel.evaluate(written, {})
    except ExpressionError:
        return UNKNOWN


def said(written: str) -> str | None:
    """The text that an attribute surely is; None where variables decide."""
    found = value(written)
    return None if found is UNKNOWN else "" if found is None else str(found)


def check(process: Process, found: Findings) -> None:
    """Kinds of values that the engine would refuse each time."""
    for flow in process.flows.values():
        if flow.condition is not None:
            _truth(f"={flow.condition}", flow, "conditionExpression", found)
    for element in process.elements.values():
        loop, event = element.loop, element.event
        if loop is not None:
            if loop.input_collection.startswith("="):
                _kind(loop.input_collection, element, "inputCollection", list, found)
            if loop.completion_condition:
                _truth(f"={loop.completion_condition.removeprefix('=')}", element, "completionCondition", found)
        if event is not None and (event.correlation_key or "").startswith("="):
            _kind(event.correlation_key or "", element, "correlationKey", (str, bool, int, float), found)


def _truth(written: str, at: Element | Flow, what: str, found: Findings) -> None:
    _kind(written, at, what, bool, found)


def _kind(written: str, at: Element | Flow, what: str, wanted: type | tuple[type, ...], found: Findings) -> None:
    result = value(written)
    if result is not UNKNOWN and not isinstance(result, wanted):
        kind = "truth" if wanted is bool else "list" if wanted is list else "key"
        found.error(f"constant_not_{kind}", at, what=what, expression=written[:200])
