"""The components of a form as they occur in one set of data: a list's fields once per row, each with its place and scope.

Conditions and computed values see what form-js shows them in the browser: the form's values by name, and inside a row ``this`` (the row),
``parent`` (what is around it) and ``i`` (row numbers from 1, outermost first).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.engine import feel
from app.forms import paths
from app.forms.schema import Form, Node, is_expression

#: Rounds of "conditions change what is there, what is there changes conditions" before we stop.
_ROUNDS = 6


@dataclass(slots=True)
class Scope:
    """Where expressions are evaluated: the form (``row`` is None) or a row of a list."""

    prefix: str = ""
    row: dict[str, Any] | None = None
    numbers: tuple[int, ...] = ()
    outer: Scope | None = None
    #: expression → value of the last round
    results: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Instance:
    """A component at its place. ``holder`` is the dict that holds its value under ``key``."""

    node: Node
    path: str
    scope: Scope
    holder: dict[str, Any]
    parent: Instance | None
    hidden: bool = False

    @property
    def key(self) -> str:
        return self.node.key

    @property
    def value(self) -> Any:
        return self.holder.get(self.node.key)

    @property
    def gone(self) -> bool:
        """Hidden by its own condition or by that of something around it."""
        return self.hidden or (self.parent is not None and self.parent.gone)

    def evaluated(self, written: Any) -> Any:
        """A property's value: what was evaluated when it is FEEL, otherwise as written."""
        return self.scope.results.get(written) if is_expression(written) else written


def walk(form: Form, data: dict[str, Any]) -> list[Instance]:
    """All components at their places in *data* (nested dicts are made where groups need them), what is around a component before it."""
    found: list[Instance] = []
    root = Scope()
    for child in form.root.children:
        _place(found, child, "", data, root, None)
    return found


def _place(found: list[Instance], node: Node, prefix: str, holder: dict[str, Any], scope: Scope, parent: Instance | None) -> None:
    path = prefix
    for position, segment in enumerate(node.segments):
        path = f"{path}.{segment}" if path else segment
        if position < len(node.segments) - 1:
            holder = _below(holder, segment)
    instance = Instance(node, path, scope, holder, parent)
    found.append(instance)
    if node.repeats:
        rows = instance.value if isinstance(instance.value, list) else []
        for index, row in enumerate(rows):
            inner = Scope(f"{path}[{index}]", row, (*scope.numbers, index + 1), scope)
            for child in node.children:
                _place(found, child, inner.prefix, row, inner, instance)
        return
    inside = _below(holder, instance.key) if node.children and node.segments else holder
    for child in node.children:
        _place(found, child, path, inside, scope, instance)


def _below(holder: dict[str, Any], segment: str) -> dict[str, Any]:
    found = holder.get(segment)
    if not isinstance(found, dict):
        found = holder[segment] = {}
    return found


def settle(instances: list[Instance], data: dict[str, Any], context: Mapping[str, Any]) -> None:
    """Evaluate conditions and computed values until nothing changes; marks hidden instances and writes computed values.

    Rows come before what is around them, because sums look into rows. After that an expression is evaluated again only when it names
    something that changed.
    """
    wanted = _wanted(instances)
    levels = sorted({len(scope.numbers) for scope, _texts in wanted}, reverse=True)
    pending = {id(scope): list(texts) for scope, texts in wanted}
    decided = _decided(instances)
    shown = visible(instances, data)
    fresh = True
    for _round in range(_ROUNDS):
        for level in levels:
            due = [(scope, pending[id(scope)]) for scope, _texts in wanted if len(scope.numbers) == level and pending[id(scope)]]
            if not due:
                continue
            _evaluate(due, shown, context)
            for scope, _texts in due:
                pending[id(scope)] = []
            for each in decided.values() if fresh else (decided[id(scope)] for scope, _texts in due):
                for instance in each:
                    _apply(instance)
            fresh = False
            before, shown = shown, visible(instances, data)
            names: set[str] = set()
            _differ(before, shown, "", names)
            _disturb(pending, wanted, names)
        if not any(pending.values()):
            return


def _wanted(instances: list[Instance]) -> list[tuple[Scope, tuple[str, ...]]]:
    """Scopes with the expressions in them. The rows of a list have the same ones, and get the same tuple."""
    scopes: dict[int, tuple[Scope, list[Node]]] = {}
    for instance in instances:
        if instance.node.expressions:
            scopes.setdefault(id(instance.scope), (instance.scope, []))[1].append(instance.node)
    alike: dict[tuple[int, ...], tuple[str, ...]] = {}
    wanted = []
    for scope, nodes in scopes.values():
        key = tuple(map(id, nodes))
        if key not in alike:
            alike[key] = tuple(dict.fromkeys(text for node in nodes for text in node.expressions))
        wanted.append((scope, alike[key]))
    return wanted


def _decided(instances: list[Instance]) -> defaultdict[int, list[Instance]]:
    """Scope → its instances whose presence or value FEEL decides."""
    found: defaultdict[int, list[Instance]] = defaultdict(list)
    for instance in instances:
        if instance.node.hide is not None or instance.node.type == "expression":
            found[id(instance.scope)].append(instance)
    return found


def _differ(before: Any, after: Any, name: str, names: set[str]) -> None:
    """Adds the names of the fields whose values differ; nothing, empty and missing are the same."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            _differ(before.get(key), after.get(key), key, names)
    elif _rows(before) and _rows(after):
        for index in range(max(len(before), len(after))):
            _differ(before[index] if index < len(before) else None, after[index] if index < len(after) else None, "", names)
    else:
        for side in (before, after):
            names.update(_names(side, name))


def _rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)


def _names(value: Any, name: str) -> set[str]:
    """The names of the fields in *value* that are not empty; its own *name*, if it is no context."""
    return {
        last
        for path, leaf in paths.leaves(value, name)
        if leaf not in (None, "", [], {}) and isinstance(last := (paths.parts(path) or ("",))[-1], str) and last
    }


_WORD = re.compile(r"\w+")


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text))


def _disturb(pending: dict[int, list[str]], wanted: list[tuple[Scope, tuple[str, ...]]], names: set[str]) -> None:
    """Mark what must be evaluated again: expressions that name a changed field, or look into a context without naming fields."""
    if not names:
        return
    again: dict[int, list[str]] = {}
    for scope, texts in wanted:
        if id(texts) not in again:
            again[id(texts)] = [text for text in texts if "get entries" in text or not names.isdisjoint(_words(text))]
        if again[id(texts)]:
            pending[id(scope)] = list(dict.fromkeys([*pending[id(scope)], *again[id(texts)]]))


def _evaluate(due: list[tuple[Scope, list[str]]], shown: dict[str, Any], context: Mapping[str, Any]) -> None:
    """One call of V8. Scopes with the same expressions (the rows of a list) share one text, with the names bound as form-js binds them."""
    alike: dict[tuple[str, ...], list[Scope]] = {}
    for scope, texts in due:
        alike.setdefault(tuple(texts), []).append(scope)
    variables: dict[str, Any] = {**context, **shown}
    batch = []
    for position, (alike_texts, scopes) in enumerate(alike.items()):
        names, text = _bound(alike_texts, position)
        variables[f"scopes{position}_"] = [{name: _special(scope, shown, name) for name in (*names, "i")} for scope in scopes]
        batch.append(text)
    for (alike_texts, scopes), rows in zip(alike.items(), feel.evaluate_many(batch, variables), strict=True):
        for scope, values in zip(scopes, rows, strict=True):
            scope.results.update(zip(alike_texts, values, strict=True))


@lru_cache(maxsize=1024)
def _bound(texts: tuple[str, ...], position: int) -> tuple[tuple[str, ...], str]:
    """form-js's names that *texts* use, and one expression that gives their values for each of ``scopes<position>_``."""
    words = frozenset().union(*map(_words, texts))
    names = tuple(name for name in ("this", "parent", "i") if name in words or f"_{name}_" in words)
    bound = "".join(f"{name}: s_.{name}, _{name}_: s_.{name}, " for name in names)
    results = ", ".join(f"({text.removeprefix('=')})" for text in texts)
    return names, f"for s_ in scopes{position}_ return {{{bound}result: [{results}]}}.result"


def _apply(instance: Instance) -> None:
    instance.hidden = instance.node.hide is not None and instance.evaluated(instance.node.hide) is True
    if instance.node.type == "expression":
        instance.holder[instance.key] = feel.to_json(instance.evaluated(instance.node.component.get("expression")))


def visible(instances: list[Instance], data: dict[str, Any]) -> dict[str, Any]:
    """A copy of *data* without what is hidden (plain values are shared)."""
    gone: set[int] = set()
    places: dict[Any, Any] = {}
    for instance in instances:
        if instance.hidden or (gone and id(instance.parent) in gone):
            gone.add(id(instance))
            if instance.node.keyed or instance.node.repeats:
                _mark(places, instance.path)
    return _without(data, places)  # type: ignore[no-any-return]


def _mark(places: dict[Any, Any], path: str) -> None:
    """Note *path* in a tree of places: part → tree below it, or True where all is gone."""
    *above, last = paths.parts(path)
    here: Any = places
    for part in above:
        here = here.setdefault(part, {})
        if here is True:
            return
    here[last] = True


def _without(value: Any, places: Any) -> Any:
    if isinstance(value, dict):
        if not places:
            return {key: _without(inner, None) if isinstance(inner, _HOLDERS) else inner for key, inner in value.items()}
        return {key: _without(inner, places.get(key)) for key, inner in value.items() if places.get(key) is not True}
    if isinstance(value, list):
        return [_without(inner, places.get(index) if places else None) for index, inner in enumerate(value)]
    return value


_HOLDERS = (dict, list)


def _special(scope: Scope, shown: dict[str, Any], name: str) -> Any:
    """form-js's ``this``, ``parent`` and ``i`` in a scope."""
    if name == "i":
        return list(scope.numbers)
    if name == "parent":
        return _at(shown, scope.outer.prefix) if scope.outer else None
    return _at(shown, scope.prefix)


def _at(data: dict[str, Any], prefix: str) -> Any:
    return paths.get(data, prefix) if prefix else data
