"""A form as form-js writes it, read once into a tree that the server can walk.

A ``.form`` file is form-js JSON (``schemaVersion`` 19). What form-js has no place for stands in components' custom ``properties``
(``labelEn``, ``descriptionEn``, ``unit``, ``personal``, ``requirement``, ``sources``, ``keepPlace``) and in the top-level key ``rules``:
the decision, or the list of ``{"decision": id, "each": path of a dynamic list, "as": name of the row}``, that finds errors, warnings and
problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from app.engine import form_files
from app.engine.errors import Refused
from app.engine.form_files import KEYED
from app.engine.problems import Problem

#: Most rows of a dynamic list whose ``properties.maxRows`` says nothing else.
ROW_LIMIT = 300

OPTIONS = frozenset({"radio", "select", "checklist", "taglist"})
MANY = frozenset({"checklist", "taglist", "filepicker"})


def is_expression(written: Any) -> bool:
    """Is a property FEEL (``=`` in front), not a plain value?"""
    return isinstance(written, str) and written.startswith("=")


class SchemaError(Refused):
    """A form file cannot be used; its problems name the components and what to change."""

    problems: list[Problem]

    def text(self, locale: str = "zh") -> str:
        """The sentences in ``zh`` or ``en``."""
        return "；".join(problem.text(locale) for problem in self.problems[:3])


@dataclass(frozen=True)
class Node:
    """One component. ``segments`` is where its value lies below its parent's. What is asked of it again and again is worked out once."""

    component: Mapping[str, Any]
    segments: tuple[str, ...]
    children: tuple[Node, ...] = ()

    @cached_property
    def id(self) -> str:
        return str(self.component.get("id", ""))

    @cached_property
    def type(self) -> str:
        return str(self.component["type"])

    @cached_property
    def keyed(self) -> bool:
        return self.type in KEYED

    @cached_property
    def key(self) -> str:
        """Under which name its value is held, ``""`` when it has no place of its own."""
        return self.segments[-1] if self.segments else ""

    @cached_property
    def repeats(self) -> bool:
        return self.type == "dynamiclist"

    @cached_property
    def properties(self) -> Mapping[str, Any]:
        found = self.component.get("properties")
        return found if isinstance(found, dict) else {}

    @cached_property
    def validate(self) -> Mapping[str, Any]:
        found = self.component.get("validate")
        return found if isinstance(found, dict) else {}

    @cached_property
    def hide(self) -> str | None:
        """The FEEL condition under which the component is hidden, or None."""
        conditional = self.component.get("conditional")
        return conditional.get("hide") if isinstance(conditional, dict) else None

    @cached_property
    def fixed(self) -> bool | None:
        """Is it a field that keeps its initial value: True, False, or None when FEEL says so."""
        if not self.keyed or self.type == "expression":
            return False
        written = [self.component.get("readonly"), self.component.get("disabled")]
        return True if any(each is True for each in written) else None if any(map(is_expression, written)) else False

    @cached_property
    def expressions(self) -> tuple[str, ...]:
        """The FEEL that decides on the component's value: condition, computation, limits, read-only, options."""
        written: list[Any] = [self.hide, *(self.component.get(name) for name in ("readonly", "disabled", "valuesExpression"))]
        written += [self.validate.get(name) for name in ("min", "max", "minLength", "maxLength")]
        if self.type == "expression":
            written.append(self.component.get("expression"))
        return tuple(text for text in written if is_expression(text))

    def label(self, locale: str = "zh") -> str:
        """What people read beside the field."""
        if locale == "en" and self.properties.get("labelEn"):
            return str(self.properties["labelEn"])
        for key in ("label", "dateLabel", "timeLabel"):
            if self.component.get(key):
                return str(self.component[key])
        return ".".join(self.segments)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: its path (rows of a list as ``members[].name``), type and node."""

    path: str
    type: str
    node: Node

    @property
    def personal(self) -> str:
        """``id_number``, ``phone``, ``bank``, ``health``, ``name`` or empty."""
        return str(self.node.properties.get("personal", ""))


@dataclass(frozen=True, slots=True)
class Rules:
    """A decision that checks the form, or each row of the list ``each`` (seen by the decision as ``name``)."""

    decision: str
    each: str = ""
    name: str = "row"


class Rows:
    """A dynamic list among the known keys: those of a row, and how many rows there may be."""

    def __init__(self, node: Node) -> None:
        self.tree = _tree(node)
        self.most = int(node.properties.get("maxRows") or ROW_LIMIT)


def _tree(node: Node) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for child in node.children:
        here = tree
        for segment in child.segments[:-1]:
            here = here.setdefault(segment, {})
        if child.keyed:
            here[child.key] = True
        elif child.repeats:
            here[child.key] = Rows(child)
        else:
            below = here.setdefault(child.key, {}) if child.segments else here
            _merge(below, _tree(child))
    return tree


def _merge(tree: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            _merge(tree[key], value)
        else:
            tree[key] = value


@dataclass(frozen=True)
class Form:
    """A form, read."""

    id: str
    content: Mapping[str, Any]
    root: Node
    rules: tuple[Rules, ...] = ()
    _fields: tuple[Field, ...] = field(default=(), repr=False)

    def fields(self) -> Iterator[Field]:
        """All fields, in the order in which people see them."""
        return iter(self._fields)

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The known keys: key → True (a value), a dict (a group) or ``Rows``. Not to be changed."""
        return _tree(self.root)

    @cached_property
    def by_path(self) -> Mapping[str, Field]:
        return {found.path: found for found in self._fields}

    @cached_property
    def personal(self) -> Mapping[str, str]:
        """Path → kind of the personal fields."""
        return {found.path: found.personal for found in self._fields if found.personal}

    def field(self, path: str) -> Field | None:
        """The field at a path, with or without row numbers (``members[2].name``)."""
        return self.by_path.get(unindexed(path))

    @property
    def blind(self) -> bool:
        """Filled without seeing what others said or filed about the same subject (R53); property ``blind`` of the file."""
        return self.root.properties.get("blind") == "true"

    def title(self, locale: str = "zh") -> str:
        properties = self.root.properties
        return str((locale == "en" and properties.get("titleEn")) or properties.get("title") or self.id)


def unindexed(path: str) -> str:
    """``members[2].name`` → ``members[].name``."""
    if "[" not in path:
        return path
    parts = path.split("[")
    return parts[0] + "".join("[" + part[part.index("]") :] for part in parts[1:] if "]" in part)


@lru_cache(maxsize=256)
def load(content: bytes) -> Form:
    """Read a ``.form`` file. Raises ``SchemaError``. The same bytes give the same (immutable) form."""
    file = form_files.read(content)
    if file.problems:
        raise SchemaError(file.problems)
    raw = file.content
    root = _node(raw)
    fields: list[Field] = []
    _collect(root, "", fields)
    return Form(raw["id"], raw, root, tuple(map(_rule, form_files.rules(raw.get("rules")))), tuple(fields))


def _node(component: Mapping[str, Any]) -> Node:
    kind = component["type"]
    place = component.get("key") if kind in KEYED else component.get("path")
    segments = tuple(place.split(".")) if place and kind not in form_files.SHOWN | {"default"} else ()
    return Node(component, segments, tuple(map(_node, component.get("components") or ())))


def _collect(node: Node, prefix: str, fields: list[Field]) -> None:
    path = ".".join(part for part in (prefix, *node.segments) if part)
    if node.keyed:
        fields.append(Field(path, node.type, node))
    for child in node.children:
        _collect(child, f"{path}[]" if node.repeats else path, fields)


def _rule(written: Any) -> Rules:
    if isinstance(written, str):
        return Rules(written)
    return Rules(written["decision"], written.get("each") or "", written.get("as") or "row")
