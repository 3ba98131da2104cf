"""What differs between two versions of a file, for people: added, removed, changed, moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from app import exact_json


@dataclass(frozen=True, slots=True)
class Line:
    """One property, before and after; None: was not there."""

    property: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One element that differs."""

    #: added, removed, changed, moved
    what: str
    id: str
    #: a form component's type, a DMN element's tag
    kind: str
    name: str
    lines: tuple[Line, ...] = ()


def lines(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Line, ...]:
    """Properties that differ, in the order of the new version, then those that are gone."""
    names = [*new, *(name for name in old if name not in new)]
    return tuple(Line(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def shown(value: Any) -> str:
    """A JSON value as people read it."""
    return value if isinstance(value, str) else exact_json.dumps(value).decode()


def out_of_order(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Those that stand in both, but not in the same order: the fewest that explain it."""
    common = set(old) & set(new)
    before, after = [key for key in old if key in common], [key for key in new if key in common]
    kept: set[str] = set()
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        kept.update(before[block.a : block.a + block.size])
    return common - kept
