"""Where checks put what they find."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from app.engine.bpmn_model import Element, Flow, Process
from app.engine.problems import Problem


@dataclass(slots=True)
class Findings:
    """The problems of one file."""

    resource: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, code: str, at: Element | Flow | Process, **params: Any) -> None:
        """This refuses the deployment."""
        self._add(code, at, "error", params)

    def warning(self, code: str, at: Element | Flow | Process, **params: Any) -> None:
        """This is only unwise."""
        self._add(code, at, "warning", params)

    def _add(self, code: str, at: Element | Flow | Process, severity: Literal["error", "warning"], params: dict[str, Any]) -> None:
        self.problems.append(Problem(self.resource, at.id, at.name, code, params, severity, at.line))
