"""What is wrong with a diagram, decision or form: where, why, and a sentence about it in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.engine.problem_texts import TEXTS
from app.engine.problem_words import WORDS


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of deployment's check. ``error`` refuses the deployment, ``warning`` does not."""

    #: file name
    resource: str
    #: id of the BPMN, DMN or form element; "" for the file as a whole
    element_id: str
    element_name: str
    #: key of ``problem_texts.TEXTS``
    code: str
    #: what the sentence mentions
    params: Mapping[str, Any] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"
    #: line in the file; 0 when not known
    line: int = 0

    def text(self, locale: str) -> str:
        """The sentence in ``zh`` or ``en``."""
        index = 1 if locale.startswith("en") else 0
        words = {name: WORDS[value][index] for name, value in self.params.items() if name in {"kind", "event"} and value in WORDS}
        return TEXTS[self.code][index].format(**{**self.params, **words})

    def __str__(self) -> str:
        """``file:line: element “its name”: sentence`` in Chinese, for a terminal."""
        place = f"{self.resource}:{self.line}" if self.line else self.resource
        name = " ".join(self.element_name.split())
        element = f"{self.element_id} “{name}”" if name and name != self.element_id else self.element_id
        return ": ".join(part for part in (place, element, self.text("zh")) if part)

    def bilingual(self) -> str:
        """The same with the English sentence behind it."""
        return f"{self} ({self.text('en')})"
