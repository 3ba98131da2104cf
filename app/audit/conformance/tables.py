"""A decision table as something to read: its conditions, and line by line what it says."""

from __future__ import annotations

from dataclasses import dataclass

from app.element_names import spoken
from app.engine import safe_xml
from app.engine.safe_xml import Node


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    cells: list[str]
    says: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """``inputs`` and ``outputs``: (label, expression or name)."""

    about: str
    inputs: list[tuple[str, str]]
    outputs: list[tuple[str, str]]
    lines: list[Line]


def read(content: bytes, decision: str, locale: str) -> Table | None:
    """The decision table of *decision*, its words in the reader's language where the catalogue has them. Of its outputs those that people
    read: neither codes nor the sentences in the other language.

    None when it is drawn in another way (an administrator may have changed it).
    """
    found = next((node for node in safe_xml.elements(safe_xml.read(content)) if node.get("id") == decision), None)
    table = next(iter(_children(found, "decisionTable")), None) if found is not None else None
    if found is None or table is None:
        return None
    inputs = [
        (spoken(node.get("label") or ""), _text(next(iter(_children(node, "inputExpression")), node))) for node in _children(table, "input")
    ]
    unread = {"code", "text_zh" if locale == "en" else "text_en"}
    shown = [place for place, node in enumerate(_children(table, "output")) if node.get("name") not in unread]
    columns = list(_children(table, "output"))
    outputs = [(spoken(columns[at].get("label") or columns[at].get("name") or ""), columns[at].get("name") or "") for at in shown]
    return Table(spoken(_words(found, "description")), inputs, outputs, [_line(node, shown) for node in _children(table, "rule")])


def _line(node: Node, shown: list[int]) -> Line:
    cells = [_text(each) for each in _children(node, "inputEntry")]
    says = [_text(each).strip('"') for each in _children(node, "outputEntry")]
    return Line(spoken(_words(node, "description")), cells, [says[at] for at in shown if at < len(says)])


def _children(node: Node, name: str) -> list[Node]:
    return [each for each in safe_xml.elements(node) if safe_xml.local(each) == name]


def _words(node: Node, name: str) -> str:
    return " ".join(" ".join("".join(each.itertext()).split()) for each in _children(node, name))


def _text(node: Node) -> str:
    return _words(node, "text")
