"""What differs between two versions of a DMN file: decisions, their properties, and tables rule by rule and cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.engine.errors import Refused
from app.engine.safe_xml import Node, elements, local, read, text
from app.modeler.release.changes import Change, Line, lines, out_of_order

_LAYOUT = frozenset({"DMNDI", "extensionElements"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell before and after; None: the rule or the column was not there."""

    old: str | None
    new: str | None

    @property
    def differs(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Rule:
    #: added, removed, changed, moved
    what: str
    #: its number from 1; 0: it is not there
    old_number: int
    new_number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    #: input, output or annotation
    kind: str
    #: added, removed or ""
    what: str


@dataclass(slots=True)
class Decision:
    """One decision (or another element of the file) that differs."""

    change: Change
    columns: list[Column] = field(default_factory=list)
    #: only rules that differ
    rules: list[Rule] = field(default_factory=list)
    unchanged: int = 0


def decision_changes(old: bytes, new: bytes) -> list[Decision]:
    """Every element of the file that differs, in the order of the new version; those that are gone come last."""
    before, after = _read(old), _read(new)
    found = [decision for key, node in after.items() if (decision := _compare(key, before.get(key), node)) is not None]
    gone = [_whole("removed", key, node) for key, node in before.items() if key not in after]
    return found + gone


def _read(content: bytes) -> dict[str, Node]:
    try:
        root = read(content)
    except Refused:
        return {}
    return {node.get("id") or node.get("name"): node for node in elements(root) if node.get("id") and local(node) not in _LAYOUT}


def _whole(what: str, key: str, node: Node) -> Decision:
    table = _table(node)
    properties = dict(_flat(node))
    kept = lines({}, properties) if what == "added" else lines(properties, {})
    decision = Decision(Change(what, key, local(node), node.get("name", ""), kept))
    if table is not None:
        _rules(decision, _Table(table) if what == "removed" else _Table(None), _Table(None) if what == "removed" else _Table(table))
    return decision


def _compare(key: str, old: Node | None, new: Node) -> Decision | None:
    if old is None:
        return _whole("added", key, new)
    decision = Decision(Change("changed", key, local(new), new.get("name", ""), lines(dict(_flat(old)), dict(_flat(new)))))
    before, after = _Table(_table(old)), _Table(_table(new))
    _rules(decision, before, after)
    return decision if decision.change.lines or decision.rules or any(column.what for column in decision.columns) else None


# --- tables -----------------------------------------------------------------------------------------------------------


class _Table:
    """Columns and rules of a decision table, by id where there is one."""

    def __init__(self, node: Node | None) -> None:
        parts = [] if node is None else list(elements(node))
        self.columns: dict[tuple[str, str], str] = {}
        for kind in ("input", "output", "annotation"):
            for number, column in enumerate(part for part in parts if local(part) == kind):
                self.columns[kind, column.get("id") or str(number)] = _title(column)
        self.rules = {rule.get("id") or str(number): rule for number, rule in enumerate(part for part in parts if local(part) == "rule")}
        self.numbers = {key: number for number, key in enumerate(self.rules, start=1)}

    def cells(self, key: str) -> dict[tuple[str, str], str]:
        """(kind, id of the column) → the cell's text."""
        rule = self.rules.get(key)
        if rule is None:
            return {}
        found = {("description", ""): _inner(rule, "description")}
        for kind in ("input", "output", "annotation"):
            names = [column for column in self.columns if column[0] == kind]
            entries = [_inner(part, "text") for part in elements(rule) if local(part) == f"{kind}Entry"]
            found.update(zip(names, entries, strict=False))
        return found


def _rules(decision: Decision, old: _Table, new: _Table) -> None:
    names = [*new.columns, *(name for name in old.columns if name not in new.columns)]
    described = ("description", "")
    for name in names:
        what = "added" if name not in old.columns else "removed" if name not in new.columns else ""
        decision.columns.append(
            Column(new.columns.get(name) or old.columns.get(name, ""), name[0], what if old.rules and new.rules else "")
        )
    decision.columns.append(Column("", "description", ""))
    moved = out_of_order(list(old.rules), list(new.rules))
    for key in [*new.rules, *(key for key in old.rules if key not in new.rules)]:
        before, after = old.cells(key), new.cells(key)
        cells = tuple(Cell(before.get(name), after.get(name)) for name in [*names, described])
        what = "added" if key not in old.rules else "removed" if key not in new.rules else ""
        what = what or ("changed" if any(cell.differs for cell in cells) else "moved" if key in moved else "")
        if what:
            decision.rules.append(Rule(what, old.numbers.get(key, 0), new.numbers.get(key, 0), cells))
        else:
            decision.unchanged += 1
    decision.rules.sort(key=lambda rule: rule.new_number or rule.old_number)


def _table(node: Node) -> Node | None:
    return next((part for part in elements(node) if local(part) == "decisionTable"), None)


def _title(column: Node) -> str:
    said = column.get("label") or column.get("name")
    expression = next((_inner(part, "text") for part in elements(column) if local(part) == "inputExpression"), "")
    return " ".join((said or expression).split())


def _inner(node: Node, name: str) -> str:
    return next((text(part) for part in elements(node) if local(part) == name), "")


# --- everything else --------------------------------------------------------------------------------------------------


def _flat(node: Node, path: str = "") -> Iterator[tuple[str, str]]:
    """Attributes and texts below *node* by path; of a table everything but its rules."""
    for name, value in node.attrib.items():
        if name != "id":
            yield f"{path}{name}", value
    counts: dict[str, int] = {}
    for part in elements(node):
        tag = local(part)
        if tag in _LAYOUT or tag == "rule":
            continue
        label = part.get("label") or part.get("name") or part.get("href") or ""
        counts[tag] = counts.get(tag, 0) + 1
        here = f"{path}{tag}[{label or counts[tag]}]" if label or counts[tag] > 1 else f"{path}{tag}"
        if not len(part):
            said = text(part)
            if said or not part.attrib:
                yield here, said
        yield from _flat(part, f"{here}.")


__all__ = ["Cell", "Column", "Decision", "Line", "Rule", "decision_changes"]
