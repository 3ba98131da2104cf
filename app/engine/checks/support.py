"""Only what has an executed conformance test may be deployed."""

from __future__ import annotations

from app.engine import supported
from app.engine.bpmn_model import Process
from app.engine.checks.findings import Findings


def check(process: Process, found: Findings) -> None:
    """Refuse every element, event and marker that is not in ``supported.TABLE``."""
    for element in process.elements.values():
        for marker in element.markers:
            if marker != "adHoc":
                found.error(f"marker_{marker}", element)
        if {"multiple", "parallelMultiple"}.isdisjoint(element.markers):
            refusal = supported.refusal(element, process)
            if refusal is not None:
                code, params = refusal
                found.error(code, element, **params)
