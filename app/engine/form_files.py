"""The one reading of form files (form-js JSON): what the check refuses is what nothing else opens, and the other way round.

``read`` says what a file holds and everything in its structure that keeps it from being shown, filled or submitted. Deployment's check adds
what needs FEEL and other files (``checks.forms``); ``app.forms.schema`` opens only what ``read`` finds no error in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from app import exact_json
from app.engine import form_attributes
from app.engine.form_paths import Kind, Paths
from app.engine.problems import Problem

#: form-js 1.23 and form-js-viewer 2.0
SCHEMA_VERSION = 19
#: bytes
MAX_SIZE = 1024 * 1024
#: components of one form
MAX_COMPONENTS = 2_000
#: groups inside each other
MAX_DEPTH = 10

#: Components that hold a value under ``key``.
KEYED = frozenset(
    {"textfield", "textarea", "number", "datetime", "checkbox", "checklist", "radio", "select", "taglist", "expression", "filepicker"}
)
#: Components that hold other components, perhaps under ``path``.
CONTAINERS = frozenset({"group", "dynamiclist"})
#: Components that only show something.
SHOWN = frozenset({"text", "html", "image", "separator", "spacer", "table", "button"})
#: form-js knows them, and we do not show them: they bring in what lies outside.
NOT_SHOWN = frozenset({"iframe", "documentPreview"})

Component = Mapping[str, Any]


@dataclass(slots=True)
class FormFile:
    """What a file holds: ``content`` is {} where it is no form."""

    content: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


def parsed(content: bytes) -> dict[str, Any] | None:
    """The JSON object in a file; None where there is none. For those who only want its id or names."""
    try:
        found = exact_json.loads(content)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


@lru_cache(maxsize=256)
def read(content: bytes) -> FormFile:
    """Read a ``.form`` file. Not to be changed: the same bytes give the same object."""
    if len(content) > MAX_SIZE:
        return FormFile({}, [problem("file_too_large", size=len(content) // 1024, limit=MAX_SIZE // 1024)])
    try:
        found = exact_json.loads(content)
    except orjson.JSONDecodeError as error:
        return FormFile({}, [problem("form_not_json", reason=str(error))])
    if not isinstance(found, dict) or not isinstance(found.get("components"), list):
        return FormFile({}, [problem("form_without_components")])
    reader = _Reader()
    reader.form(found)
    return FormFile(found, reader.problems)


def problem(code: str, component: Component | None = None, severity: Any = "error", **params: Any) -> Problem:
    """A problem at a component (by its id, key or path), or of the form as a whole. The file's name is added later."""
    at = component or {}
    identity = str(at.get("id") or at.get("key") or at.get("path") or "")
    return Problem("", identity, str(at.get("label") or ""), code, params, severity)


def components(content: Component) -> Iterator[dict[str, Any]]:
    """Every component of a form, what is around one before it."""
    todo = list(content.get("components") or ())
    while todo:
        component = todo.pop(0)
        if isinstance(component, dict):
            yield component
            inner = component.get("components")
            todo[:0] = inner if isinstance(inner, list) else []


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.count = 0
        self.ids: set[str] = set()
        self.paths = Paths()

    def error(self, code: str, component: Component | None = None, **params: Any) -> None:
        self.problems.append(problem(code, component, **params))

    def form(self, form: dict[str, Any]) -> None:
        key = form.get("id")
        if not isinstance(key, str) or not key or len(key) > 200:
            self.error("form_id_invalid")
        if form.get("type") != "default":
            self.error("form_type", type=str(form.get("type"))[:50])
        for wrong in form_attributes.wrong(form):
            self.error("form_attribute", None, **wrong)
        for rule in rules(form.get("rules")):
            if not form_attributes.is_rule(rule):
                self.error("form_rules_invalid")
        self._components(form["components"], (), 1)

    def _components(self, found: list[Any], prefix: tuple[str, ...], depth: int) -> None:
        if depth > MAX_DEPTH:
            self.error("form_too_deep", limit=MAX_DEPTH)
            return
        for component in found:
            self.count += 1
            if self.count > MAX_COMPONENTS:
                if self.count == MAX_COMPONENTS + 1:
                    self.error("form_too_large", limit=MAX_COMPONENTS)
                return
            if not isinstance(component, dict):
                self.error("form_component_invalid")
                continue
            self._component(component, prefix, depth)

    def _component(self, component: dict[str, Any], prefix: tuple[str, ...], depth: int) -> None:
        kind, identity = component.get("type"), component.get("id")
        if identity is not None and str(identity) in self.ids:
            self.error("form_duplicate_id", component, id=str(identity)[:100])
        self.ids.add(str(identity))
        if not isinstance(kind, str) or kind not in KEYED | CONTAINERS | SHOWN:
            code = "form_component_unsupported" if str(kind) in NOT_SHOWN else "form_component_unknown"
            self.error(code, component, type=str(kind)[:50])
            return
        for wrong in form_attributes.wrong(component):
            self.error("form_attribute", component, **wrong)
        inner = component.get("components")
        if inner is not None and (kind not in CONTAINERS or not isinstance(inner, list)):
            self.error("form_component_invalid", component)
            return
        place = self._place(component, kind, prefix)
        if isinstance(inner, list):
            self._components(inner, place, depth + 1)

    def _place(self, component: dict[str, Any], kind: str, prefix: tuple[str, ...]) -> tuple[str, ...]:
        """Where its value lies; a problem if it has no place or another one's."""
        key = component.get("key" if kind in KEYED else "path")
        if kind in SHOWN or (not key and kind == "group"):
            return prefix
        if not key:
            self.error("form_key_missing", component, type=kind)
            return prefix
        if not isinstance(key, str) or not form_attributes.is_path(key):
            self.error("form_key_invalid", component, key=str(key)[:100])
            return prefix
        place = (*prefix, *key.split("."))
        claimed: Kind = "field" if kind in KEYED else "rows" if kind == "dynamiclist" else "group"
        if not self.paths.claim(place, claimed):
            self.error("form_duplicate_key", component, key=key)
        return (*place, "[]") if kind == "dynamiclist" else place


def rules(written: Any) -> list[Any]:
    """The form's rules as a list, as written."""
    return written if isinstance(written, list) else [] if written is None else [written]
