"""Variables, by Camunda 8's rules: the instance's own and local scopes below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.engine.spiff.tree import ROOT
from app.engine.step import Variables


@dataclass(slots=True)
class Scope:
    """Variables of the instance (key ROOT), of an embedded subprocess or of one activity."""

    key: int
    #: key of the enclosing scope; None for ROOT
    parent: int | None
    variables: Variables = field(default_factory=dict)

    def row(self) -> list[Any]:
        return [self.key, self.parent, self.variables]


class Scopes(dict[int, Scope]):
    """All scopes of an instance by key."""

    def __init__(self, variables: Variables, rows: list[Any]) -> None:
        super().__init__()
        self[ROOT] = Scope(ROOT, None, dict(variables))
        for key, parent, local in rows:
            self[key] = Scope(key, parent, local)
        #: names of instance variables written in this step
        self.changed: set[str] = set()

    def open(self, key: int, parent: int) -> Scope:
        """The scope *key*, made below *parent* if there is none yet."""
        if key not in self:
            self[key] = Scope(key, parent)
        return self[key]

    def nearest(self, key: int, fallback: int) -> int:
        """*key* if it has a scope of its own, otherwise *fallback*."""
        return key if key in self else fallback

    def visible(self, key: int) -> Variables:
        """What an expression in scope *key* sees: inner names hide outer ones."""
        return {**self[ROOT].variables, **self.local(key)}

    def local(self, key: int) -> Variables:
        """What scope *key* sees beside the instance's own variables."""
        chain: list[Variables] = []
        current: int | None = key
        while current is not None and current != ROOT:
            chain.append(self[current].variables)
            current = self[current].parent
        seen: Variables = {}
        for variables in reversed(chain):
            seen.update(variables)
        return seen

    def write(self, key: int, target: str, value: Any) -> None:
        """Write *target* (``name`` or ``name.path``) where its name is defined, looking outward from *key*; otherwise in the instance."""
        name = target.partition(".")[0]
        current: int | None = key
        while current is not None and current != ROOT and name not in self[current].variables:
            current = self[current].parent
        self.write_local(current or ROOT, target, value)

    def write_local(self, key: int, target: str, value: Any) -> None:
        """Write *target* in scope *key* itself. Nested values are copied on the way: others may share them."""
        put(self[key].variables, target, value)
        if key == ROOT:
            self.changed.add(target.partition(".")[0])


def put(variables: Variables, target: str, value: Any, *, over: Variables | None = None) -> None:
    """Set *target* (``name`` or ``name.path``) in *variables*. A path goes into the context of that name there, otherwise into a copy of
    that in *over*, otherwise into a new one."""
    name, _, path = target.partition(".")
    held = variables[name] if name in variables else (over or {}).get(name)
    variables[name] = _with(held, path, value) if path else value


def _with(holder: Any, path: str, value: Any) -> Variables:
    """A copy of the context *holder* in which *path* is *value*."""
    name, _, rest = path.partition(".")
    copy: Variables = dict(holder) if isinstance(holder, dict) else {}
    copy[name] = _with(copy.get(name), rest, value) if rest else value
    return copy
