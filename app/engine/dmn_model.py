"""A DMN file while it is read: what V8 gets, the expressions to check, the problems found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.engine.problems import Problem
from app.engine.safe_xml import Node, elements, local, text

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """FEEL text somewhere in the model, to be checked."""

    text: str
    unary: bool
    node: Node
    #: the decision or knowledge model it stands in
    owner: Node


@dataclass(slots=True)
class Model:
    """A DMN file."""

    #: what V8 gets: decisions, knowledge, services, inputs (by id), types (by name), names
    json: Json = field(default_factory=lambda: {"decisions": {}, "knowledge": {}, "services": {}, "inputs": {}, "types": {}, "names": {}})
    expressions: list[Expression] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: what only does not do what was meant: deployed all the same
    warnings: list[Problem] = field(default_factory=list)
    #: (id, name) of the decisions in the file's order
    decisions: list[tuple[str, str]] = field(default_factory=list)
    #: those that have no logic and that nothing requires: they are left out
    unused: list[tuple[str, str]] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    #: every text in which a variable can be named
    words: list[str] = field(default_factory=list)

    def problem(self, node: Node, code: str, owner: Node | None = None, **params: Any) -> None:
        """Note an error at *node*; elements without an id are named by the decision around them."""
        self.problems.append(self._noted(node, code, owner, params, "error"))

    def warning(self, node: Node, code: str, owner: Node | None = None, **params: Any) -> None:
        """Note what is only unwise."""
        self.warnings.append(self._noted(node, code, owner, params, "warning"))

    @staticmethod
    def _noted(node: Node, code: str, owner: Node | None, params: dict[str, Any], severity: Any) -> Problem:
        named = node if node.get("id") or owner is None else owner
        name = (owner if owner is not None else node).get("name", "")
        return Problem("", named.get("id", ""), name, code, params, severity, node.sourceline or 0)


def identity_of(model: Model, node: Node) -> str | None:
    """The element's id; without one, its name, as DMN allows."""
    identity = node.get("id") or node.get("name")
    if not identity:
        model.problem(node, "element_without_id", tag=local(node))
        return None
    if identity in model.lines:
        model.problem(node, "duplicate_id", id=identity)
        return None
    model.lines[identity] = node.sourceline or 0
    return str(identity)


def child_of(node: Node, name: str) -> Node | None:
    return next((child for child in elements(node) if local(child) == name), None)


def expression_at(model: Model, node: Node, owner: Node, *, unary: bool = False) -> str:
    """The FEEL text of *node*, noted for checking."""
    inner = child_of(node, "text")
    written = "" if inner is None else text(inner)
    if written and not (written == "-" and (unary or local(node) == "outputEntry")):
        model.expressions.append(Expression(written, unary, node if node.get("id") else node.getparent(), owner))
    return written


def check_language(model: Model, node: Node, owner: Node) -> None:
    language = node.get("expressionLanguage") or ""
    if language and "feel" not in language.lower():
        model.problem(node, "dmn_language", owner, language=language)


def references(node: Node, requirement: str, kind: str) -> list[str]:
    return [href for child in elements(node) if local(child) == requirement for href in hrefs(child, kind)]


def hrefs(node: Node, name: str) -> list[str]:
    return [child.get("href", "").rpartition("#")[2] for child in elements(node) if local(child) == name]


def type_of(variable: Node | None) -> str | None:
    return None if variable is None else plain_type(variable.get("typeRef"))


def plain_type(reference: str | None) -> str | None:
    """A type's name without a prefix (``feel:string``, ``ns1:tPerson``)."""
    return reference.rpartition(":")[2].strip() if reference else None


def clean_name(written: str) -> str:
    """A name without the line breaks that modelers put in."""
    return " ".join(written.split())
