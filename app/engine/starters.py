"""Who may start a process by hand, and with which form, as its diagram says.

Process property ``startableBy``: candidate groups, written as ``candidateGroups`` (text, or FEEL over the start variables, such as
``="village_cadre:" + village``). The none start event names the start form (``zeebe:formDefinition``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.engine import feel, people
from app.engine.bpmn_model import Element, Process

PROPERTY = "startableBy"
#: Variable that holds the user name of who started the instance.
INITIATOR = "initiator"
#: What every instance that is started by hand is given besides its form.
GIVEN = frozenset({INITIATOR, "campaign", "settings"})


def entry(process: Process) -> Element | None:
    """The none start event of the process itself."""
    starts = (element for element in process.elements.values() if element.kind == "startEvent" and not element.scope)
    return next((element for element in starts if element.event is None and not element.markers), None)


def form_id(process: Process) -> str | None:
    """The start form; None without one."""
    start = entry(process)
    return start.form_id if start is not None else None


def named(process: Process) -> list[tuple[str, bool]]:
    """(group, whole): what ``startableBy`` names by itself; of ``="village_cadre:" + village`` only the beginning."""
    return list(people.names(process.properties.get(PROPERTY, "").strip()))


def may_fill(process: Process, groups: frozenset[str]) -> bool:
    """Whether somebody in *groups* may open the start form: what is entered there may still decide (``may_start``)."""
    return any(group in groups if whole else any(each.startswith(group) for each in groups) for group, whole in named(process))


def may_start(process: Process, groups: frozenset[str], variables: Mapping[str, Any]) -> bool:
    """Whether somebody in *groups* may start the process with *variables*. ``ExpressionError`` where they do not fit the expression."""
    written = process.properties.get(PROPERTY, "").strip()
    value = feel.evaluate(written, variables) if written.startswith("=") else written
    found = value if isinstance(value, list) else str(value or "").split(",")
    return any(str(each).strip() in groups for each in found if each is not None)
