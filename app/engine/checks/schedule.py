"""The schedule of a root diagram can be computed, is in order, and is read; and what diagrams read of it is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from app.clock import CAMPAIGN_ZONE
from app.engine.bpmn_model import Element, Process
from app.engine.checks.expressions import all_written
from app.engine.checks.findings import Findings
from app.engine.schedule import COUNTED, DEADLINE, RESERVED, Entry, FormulaError, Schedule, is_time, moment, read, read_names

#: any deadline shows whether the formulas give moments in order
_SAMPLE = datetime(2020, 6, 1, tzinfo=CAMPAIGN_ZONE)


class Dates(Protocol):
    """What is known about dates outside of the diagram (a part of ``registry.Registry``)."""

    @property
    def dates(self) -> frozenset[str] | None:
        """Names of the variable ``campaign`` that root diagrams state; None: there is no root diagram."""

    @property
    def dates_read(self) -> frozenset[str]:
        """Names of ``campaign`` that any diagram, decision or form reads."""


def check(process: Process, dates: Dates, found: Findings) -> None:
    """Errors of the schedule that *process* states; names of ``campaign`` that it reads and nothing states."""
    plan = read(process)
    if plan.entries or plan.times or plan.phases:
        _names(process, plan, found)
        _times(process, plan, found)
        _bounds(process, plan, found)
        _counted(process, plan, found)
        _order(process, plan, found)
        _unused(process, plan, dates, found)
    if dates.dates is not None:
        _unknown(process, dates.dates, found)


def _names(process: Process, plan: Schedule, found: Findings) -> None:
    seen: set[str] = set(RESERVED)
    for name in (*(entry.name for entry in plan.entries), *(daily.name for daily in plan.times)):
        if name in seen:
            found.error("schedule_name", process, name=name)
        seen.add(name)
    anchors = [entry.label for entry in plan.entries if entry.formula == DEADLINE]
    if len(anchors) != 1:
        found.error("schedule_deadline", process, dates="、".join(anchors) or "—")


def _times(process: Process, plan: Schedule, found: Findings) -> None:
    for daily in plan.times:
        if not is_time(daily.time):
            found.error("schedule_time", process, name=daily.label, value=daily.time)


def _bounds(process: Process, plan: Schedule, found: Findings) -> None:
    """Every date that something else names is there."""
    known = {entry.name for entry in plan.entries}
    for entry in plan.entries:
        for name in {entry.after} - {""} - known | entry.uses - known - RESERVED:
            found.error("schedule_unknown", process, name=name, known=_alike(name, known))
    for at, name in _named(process):
        if name not in known:
            found.error("schedule_unknown", at, name=name, known=_alike(name, known))


def _counted(process: Process, plan: Schedule, found: Findings) -> None:
    for gate in plan.gates:
        if COUNTED and gate.count not in COUNTED:
            found.error("gate_count", process.elements[gate.element], name=gate.count, known=_alike(gate.count, COUNTED))


def _named(process: Process) -> Iterator[tuple[Element, str]]:
    for element in process.elements.values():
        for what in ("phase.from", "phase.to", "gate.to"):
            if what in element.properties:
                yield element, element.properties[what]


def _order(process: Process, plan: Schedule, found: Findings) -> None:
    if any(problem.code.startswith("schedule_") and problem.severity == "error" for problem in found.problems):
        return
    labels = {entry.name: entry.label for entry in plan.entries}
    try:
        dates = plan.compute(_SAMPLE)
    except FormulaError as error:
        found.error("schedule_formula", process, reason=str(error), reason_en=error.english)
        return
    except ValueError as circle:
        found.error("schedule_circle", process, dates=" → ".join(labels[name] for name in (*circle.args[0], circle.args[0][0])))
        return
    for name, other in plan.errors(dates):
        code = "schedule_late" if other == plan.anchor else "schedule_order"
        found.error(code, process, name=labels[name], other=labels[other])
    for phase in plan.phases:
        if moment(dates[phase.end]) < moment(dates[phase.start]):
            found.error("schedule_order", process, name=labels[phase.end], other=labels[phase.start])


def _unused(process: Process, plan: Schedule, dates: Dates, found: Findings) -> None:
    read_here = {name for entry in plan.entries for name in (*entry.uses, entry.after)} | {name for _at, name in _named(process)}
    used = read_here | dates.dates_read | {plan.anchor}
    stated: list[Entry] = [entry for entry in plan.entries if entry.name not in used]
    if stated:
        found.warning("schedule_unused", process, dates="、".join(entry.label for entry in stated))


def _unknown(process: Process, known: frozenset[str], found: Findings) -> None:
    for written in all_written(process):
        if isinstance(written.at, Process) or not (written.kind == "feel" or written.text.startswith("=")):
            continue
        for name in dict.fromkeys(read_names(written.text)):
            if name not in known:
                found.warning("schedule_unknown", written.at, name=name, known=_alike(name, known))


def _alike(name: str, known: frozenset[str] | set[str]) -> str:
    return "、".join(difflib.get_close_matches(name, known, 3)) or "—"
