"""What a file defines: ids of its processes, decisions or form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.engine import bpmn, dmn_xml, form_files, safe_xml
from app.engine.errors import Refused

#: suffix -> kind of ``models.Definition``
KINDS = {".bpmn": "process", ".dmn": "decision", ".form": "form"}


@dataclass(frozen=True, slots=True)
class Defined:
    """Something that a file defines."""

    #: process, decision or form
    kind: str
    id: str
    name: str


def kind_of(name: str) -> str | None:
    """``process``, ``decision`` or ``form`` by the file's suffix; None for other files."""
    return KINDS.get(PurePosixPath(name).suffix.lower())


def defined(name: str, content: bytes) -> list[Defined]:
    """What the file *name* defines; nothing if it cannot be read (``definitions.check`` says why)."""
    kind = kind_of(name)
    try:
        if kind == "process":
            return [Defined(kind, process.id, process.name) for process in bpmn.parse(content)]
        if kind == "decision":
            decisions = (node for node in safe_xml.elements(safe_xml.read(content)) if safe_xml.local(node) == "decision")
            return [Defined(kind, node.get("id"), node.get("name", "")) for node in decisions if node.get("id") and _has_a_use(node)]
        if kind == "form":
            return _form(content)
    except Refused:
        pass
    return []


def _has_a_use(decision: safe_xml.Node) -> bool:
    """One without logic, which nothing needs, is left out."""
    return dmn_xml.has_logic(decision) or dmn_xml.needed(decision, decision.get("id"))


def _form(content: bytes) -> list[Defined]:
    form = form_files.parsed(content) or {}
    key, own = form.get("id"), form.get("properties")
    if not isinstance(key, str) or not key:
        return []
    # form-js has no title: ours stands in the form's properties, other tools write one at the top.
    titles = (own.get("title") if isinstance(own, Mapping) else None, form.get("title"))
    return [Defined("form", key, next((title for title in titles if isinstance(title, str)), ""))]
