"""What a form's fields start with: the property ``prefill`` of a component, FEEL over names that features provide.

``prefillEn`` is the formula for readers of English, where the value is a sentence. Formulas stand on fields, groups with a path and dynamic
lists (which then get all their rows), outside of the rows of a list.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: property → the reader's language
PROPERTIES: Mapping[str, str] = {"prefill": "zh", "prefillEn": "en"}


@dataclass(frozen=True, slots=True)
class Name:
    """A name that formulas may read."""

    name: str
    zh: str
    en: str
    #: its shape, and what stands in for it where there is no campaign (trials, scenarios, the editor)
    example: Any
    #: (session, task, identity or None in trials) → its value for the task; called only where a formula reads the name
    fetch: Callable[[Any, Any, Any], Any]
    #: people choose from it (``valuesKey``, ``valuesExpression``): it may go to the browser as it is
    choices: bool = False


@dataclass(frozen=True, slots=True)
class Personal:
    """A fetched value that holds personal ones: fields that are marked ``personal`` get them ``opened``, all others ``masked``."""

    opened: Any
    masked: Any


#: by name, in the order of the documentation
NAMES: dict[str, Name] = {}


Fetches = Callable[[Any, Any, Any], Any]


def provides(name: str, zh: str, en: str, example: Any, *, choices: bool = False) -> Callable[[Fetches], Fetches]:
    """Register the function that fetches *name*; *zh* and *en* say what it is."""

    def register(fetch: Fetches) -> Fetches:
        NAMES[name] = Name(name, zh, en, example, fetch, choices)
        return fetch

    return register


def formulas(component: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(property, formula as written) of a component."""
    properties = component.get("properties")
    if not isinstance(properties, dict):
        return
    for name in PROPERTIES:
        if (written := properties.get(name)) not in (None, ""):
            yield name, str(written)


def alike(name: str, known: frozenset[str]) -> str:
    """The known names that are most like *name*."""
    return ", ".join(difflib.get_close_matches(name, sorted(known), cutoff=0.5)) or "—"
