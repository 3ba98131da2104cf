"""Texts that a diagram works out and that go into a column: what is too long is the diagram's fault, and is said so."""

from __future__ import annotations

from typing import Any

from app.engine import bpmn
from app.engine.errors import StepFailed
from app.engine.feel_string import string

#: characters of a message's or signal's name, a correlation key and a task type; of an account; of a role with its scope
NAME, PERSON, CANDIDATE = 200, 100, 120


def bounded(value: Any, what: str, element: bpmn.Element, limit: int = NAME) -> str:
    """The text of the FEEL *value*; ``StepFailed`` where it has more than *limit* characters. *what* names it."""
    text = string(value)
    if len(text) > limit:
        raise StepFailed(f"the {what} has {len(text)} characters; at most {limit} are possible", element_id=element.id)
    return text
