"""Two versions of one file, ready to be shown beside each other."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.modeler.release.changes import Change
from app.modeler.release.decision_changes import Decision, decision_changes
from app.modeler.release.form_changes import form_changes


@dataclass(frozen=True, slots=True)
class Side:
    """One version: what it is called, where its file is, and its content (None: there is none)."""

    title: str
    url: str = ""
    content: bytes | None = None


@dataclass(slots=True)
class Comparison:
    """What a page shows of two versions. Diagrams are compared in the browser, forms and decisions here."""

    kind: str
    resource: str
    name: str
    left: Side
    right: Side
    fields: list[Change] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    #: what is said above the difference
    note: str = ""

    @property
    def is_new(self) -> bool:
        return self.left.content is None

    @property
    def same(self) -> bool:
        return self.left.content == self.right.content


def compare(kind: str, resource: str, name: str, left: Side, right: Side) -> Comparison:
    """Compare two versions; a form or decision without an earlier one is new in all its parts."""
    found = Comparison(kind, resource, name, left, right)
    if kind == "form":
        found.fields = form_changes(left.content or b"{}", right.content or b"{}")
    elif kind == "decision":
        found.decisions = decision_changes(left.content or b"<none/>", right.content or b"<none/>")
    return found
