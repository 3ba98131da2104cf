"""What an instance is called and where it belongs."""

from __future__ import annotations

from typing import Any

from app.engine import bpmn, feel
from app.engine.errors import ExpressionError, StepFailed
from app.engine.feel_string import string
from app.engine.models import ProcessInstance
from app.engine.step import Variables

#: Column, process property and length of what names an instance.
_NAMES = (("label", "label", 300), ("subject", "subject", 100), ("scope", "scope", 50), ("business_key", "businessKey", 200))


def names_of(process: bpmn.Process, variables: Variables, business_key: str, parent: ProcessInstance | None) -> dict[str, str]:
    """What names an instance: properties of its process (FEEL over the start variables), otherwise what its parent has."""
    written = {column: process.properties[name] for column, name, _ in _NAMES if name in process.properties}
    if business_key:
        written.pop("business_key", None)
    expressions = {column: text[1:] for column, text in written.items() if text.startswith("=")}
    values: dict[str, Any] = dict(written)
    if expressions:
        try:
            results = feel.evaluate_many(list(expressions.values()), variables)
        except ExpressionError as error:
            raise StepFailed.of(error, element_id=process.id) from error
        values.update(zip(expressions, results, strict=True))
    names: dict[str, str] = {}
    for column, _, length in _NAMES:
        if column == "business_key" and business_key:
            names[column] = business_key  # the caller's: what is too long for its column is refused there
            continue
        inherited = getattr(parent, column) if parent else ""
        text = string(values[column]) if column in values else inherited
        if len(text) > length and column != "label":
            raise StepFailed(f"the {column} “{text}” is longer than {length} characters", element_id=process.id)
        names[column] = text[:length]
    return names
