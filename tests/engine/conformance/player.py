"""Plays a diagram through the execution core: after each command the state goes to bytes and back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from app.engine import bpmn, spiff
from app.engine import step as steps

DIAGRAMS = Path(__file__).parent / "diagrams"
START = datetime.fromisoformat("2020-05-21T08:00:00+08:00")


class Player:
    """One instance of a diagram: its open user tasks, jobs, timers, subscriptions and calls, as a shell would keep them."""

    def __init__(self, diagram: str | bytes, *, has_parent: bool = False) -> None:
        """*diagram*: the name of one of the suite, or a file's content."""
        (self.process,) = bpmn.parse(diagram if isinstance(diagram, bytes) else (DIAGRAMS / f"{diagram}.bpmn").read_bytes())
        self.has_parent = has_parent
        self.now = START
        self.state: bytes | None = None
        self.variables: dict[str, Any] = {}
        self.open: dict[int, Any] = {}
        self.entered: list[str] = []
        self.left: list[tuple[str, str]] = []
        self.messages: list[steps.Message] = []
        self.signals: list[steps.Signal] = []
        self.outcome = "not started"
        self.last: steps.Step | None = None

    def command(self, command: steps.Command) -> Player:
        step = spiff.advance(
            self.process,
            self.state,
            orjson.loads(orjson.dumps(self.variables)),
            command,
            now=self.now,
            decide=lambda decision, variables: {"grade": "high" if variables["p"] > 50 else "low", "decision": decision},
            has_parent=self.has_parent,
        )
        self.state, self.variables, self.outcome, self.last = step.state, step.variables, step.outcome, step
        for key in step.closed:
            self.open.pop(key, None)
        for row in (*step.user_tasks, *step.jobs, *step.timers, *step.subscriptions, *step.children):
            if row.key not in step.closed or isinstance(row, steps.Timer):
                self.open[row.key] = row
        self.entered += [row.element_id for row in step.entered]
        self.left += [(row.element_id, row.how) for row in step.left]
        self.messages += step.messages
        self.signals += step.signals
        return self

    def start(self, element_id: str | None = None, /, **variables: Any) -> Player:
        return self.command(steps.Start(variables, element_id))

    # --- what is open -------------------------------------------------------------------------------------------------

    def _open(self, kind: type, element_id: str | None = None) -> list[Any]:
        return [row for row in self.open.values() if isinstance(row, kind) and element_id in (None, row.element_id)]

    @property
    def tasks(self) -> list[str]:
        """Element ids of the open user tasks, sorted."""
        return sorted(row.element_id for row in self._open(steps.UserTask))

    @property
    def timers(self) -> list[tuple[str, datetime]]:
        return sorted((row.element_id, row.due_at) for row in self._open(steps.Timer))

    @property
    def waits(self) -> list[tuple[str, str, str]]:
        """Open subscriptions: (element, name, correlation key)."""
        return sorted((row.element_id, row.name, row.correlation_key) for row in self._open(steps.Subscription))

    def row(self, kind: type, element_id: str | None = None) -> Any:
        (row,) = self._open(kind, element_id)
        return row

    # --- commands -----------------------------------------------------------------------------------------------------

    def _activity(self, element_id: str) -> Any:
        (row,) = (row for row in self._open(object, element_id) if isinstance(row, steps.UserTask | steps.Job | steps.Children))
        return row

    def complete(self, element_id: str, /, **variables: Any) -> Player:
        row = self._activity(element_id)
        return self.command(steps.Complete(row.key, variables))

    def error(self, element_id: str, code: str, **variables: Any) -> Player:
        row = self._activity(element_id)
        return self.command(steps.ThrowError(row.key, code, "", variables))

    def message(self, name: str, key: str = "", /, **variables: Any) -> Player:
        (row,) = (r for r in self._open(steps.Subscription) if (r.kind, r.name, r.correlation_key) == ("message", name, key))
        return self.command(steps.Trigger(row.key, variables))

    def signal(self, name: str, /, **variables: Any) -> Player:
        for row in [r for r in self._open(steps.Subscription) if (r.kind, r.name) == ("signal", name)]:
            self.command(steps.Trigger(row.key, variables))
        return self

    def wait(self, **delta: float) -> Player:
        """Move the clock; fire due timers in order, each at its due time."""
        end = self.now + timedelta(**delta)
        while due := sorted((r for r in self._open(steps.Timer) if r.due_at <= end), key=lambda r: (r.due_at, r.key)):
            timer = due[0]
            self.now = max(self.now, timer.due_at)
            self.open.pop(timer.key)
            self.command(steps.Trigger(timer.key))
        self.now = end
        return self

    @property
    def size(self) -> int:
        return len(self.state or b"")


__all__ = ["DIAGRAMS", "START", "Player"]
