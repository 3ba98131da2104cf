"""What the server says about a form that somebody sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from flask_babel import get_locale

#: E: cannot be submitted; W: can be submitted with a reason; P: is submitted and raises a problem
Severity = Literal["E", "W", "P"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's result. ``path`` names the field (``members[2].insurance``) or is empty; ``params`` is what else the decision returned,
    e.g. ``kind`` and ``holds`` of a problem."""

    severity: Severity
    path: str
    code: str
    text_zh: str
    text_en: str
    dimension: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    #: a warning's reason, given by the person
    reason: str = ""

    @property
    def id(self) -> str:
        """Names this finding in ``_reasons`` and ``_seen``: ``code@path``, or the code when it is about no field."""
        return f"{self.code}@{self.path}" if self.path else self.code

    def text(self, locale: str | None = None) -> str:
        """The sentence in *locale* (default: the reader's)."""
        return (self.text_en or self.text_zh) if (locale or language()) == "en" else (self.text_zh or self.text_en)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "severity": self.severity,
            "path": self.path,
            "code": self.code,
            "text": self.text(),
            "text_zh": self.text_zh,
            "text_en": self.text_en,
            "dimension": self.dimension,
            "reason": self.reason,
        }


@dataclass(slots=True)
class Outcome:
    """The cleaned data and what is wrong or remarkable about it."""

    data: dict[str, Any]
    #: path → sentences in the reader's language
    errors: dict[str, list[str]] = field(default_factory=dict)
    warnings: list[Finding] = field(default_factory=list)
    problems: list[Finding] = field(default_factory=list)
    #: path → value that the server computed
    computed: dict[str, Any] = field(default_factory=dict)
    #: path → value as it is now, of what the page showed otherwise; masked for the screen
    fresh: dict[str, Any] = field(default_factory=dict)
    #: ids of the problems that the person has been shown (``_seen``)
    seen: frozenset[str] = frozenset()

    @property
    def unexplained(self) -> list[Finding]:
        """Warnings that still need a reason."""
        return [finding for finding in self.warnings if not finding.reason]

    @property
    def unseen(self) -> list[Finding]:
        """Problems that the person has not been shown yet: show them once before the form goes on its way."""
        return [finding for finding in self.problems if finding.id not in self.seen]

    @property
    def ok(self) -> bool:
        """No errors, and every warning has its reason. (``unseen`` is a courtesy to people, not a rule.)"""
        return not self.errors and not self.unexplained

    def as_json(self) -> dict[str, Any]:
        """For the browser's ``show()``."""
        return {
            "errors": self.errors,
            "warnings": [finding.as_json() for finding in self.warnings],
            "problems": [finding.as_json() for finding in self.problems],
            "unseen": [finding.id for finding in self.unseen],
            "computed": self.computed,
            "fresh": self.fresh,
        }


def language() -> str:
    """``en`` or ``zh``: the reader's language; Chinese outside a request."""
    return "en" if str(get_locale() or "").startswith("en") else "zh"
