"""Data of a real instance without the people in it: an administrator sees no household.

Kept: numbers, truth values, times, and words that the diagram itself compares with (its own text literals) or that are plain codes.
Everything else that could be a name, an address, a number of a person or a text somebody wrote becomes ``样例1``, ``样例2`` …: the same
text always the same, so that what belonged together still does. The instance's own subject (a household's code) becomes one, too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app import personal
from app.engine.bpmn import Process
from app.engine.checks.expressions import all_written
from app.engine.models import ProcessInstance

#: A word of a vocabulary: on_site, registered, V01, G03, three_precise.identification; no digits but few.
_CODE = re.compile(r"[A-Za-z][A-Za-z_.\-]{0,60}\d{0,3}")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?|\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?|P[\dTDHMSYW.]+")
_LITERAL = re.compile(r'"([^"\\]{1,100})"')
#: what holds dates and settings of the campaign, no household
_OPEN = ("campaign", "settings")


class Mask:
    """Replaces what could tell of whom the data are. One for each instance: it remembers what it has replaced."""

    def __init__(self, instance: ProcessInstance, processes: Iterable[Process]) -> None:
        self._known: dict[str, str] = {}
        self._literals = {
            literal for process in processes for written in all_written(process) for literal in _LITERAL.findall(written.text)
        }
        campaign = instance.variables.get("campaign")
        if isinstance(campaign, dict):
            self._literals.add(str(campaign.get("id", "")))
        for own in (instance.subject.partition(":")[2], instance.business_key):
            if len(own) > 2 and own not in self._literals:
                self._replaced(own)
        #: what the instance is called instead
        self.label = self._replaced(instance.label) if instance.label else ""

    def __call__(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: inner if key in _OPEN else self(inner, f"{name}.{key}" if name else str(key)) for key, inner in value.items()}
        if isinstance(value, list):
            return [self(inner, name) for inner in value]
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and self._tells(value, name):
            return int(self._replaced(str(value)).removeprefix("样例"))
        return value

    def _tells(self, value: Any, name: str) -> bool:
        """Whether a number may be that of a person; small ones are counts."""
        return math.isfinite(value) and abs(value) >= (10**4 if personal.about_a_person(name) else 10**9)

    def _text(self, value: str, name: str) -> str:
        if value in self._known:
            return self._known[value]
        if not value or value in self._literals or _TIME.fullmatch(value):
            return value
        if ":" in value:  # a correlation key, a group with its scope: each part for itself, so that they still meet
            return ":".join(self._text(part, name) for part in value.split(":"))
        if _CODE.fullmatch(value) and not personal.names_a_person(name):
            return value
        if re.fullmatch(r"[\d:.\-]{1,8}", value) and not personal.names_a_person(name):
            return value
        return self._replaced(value)

    def _replaced(self, text: str) -> str:
        return self._known.setdefault(text, f"样例{len(self._known) + 1}")
