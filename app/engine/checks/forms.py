"""Forms (form-js JSON): their structure, keys, FEEL and the decisions they name. ``app.forms`` reads them; here is only what can be
seen without running them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import orjson

from app.engine import feel
from app.engine.problems import Problem
from app.engine.registry import Registry

#: bytes
MAX_SIZE = 1024 * 1024
#: components of one form
MAX_COMPONENTS = 2_000
#: groups inside each other
MAX_DEPTH = 10

#: form-js component types -> whether they hold a value under ``key`` (or ``path`` for the two containers)
COMPONENTS: Mapping[str, bool] = {
    "textfield": True,
    "textarea": True,
    "number": True,
    "datetime": True,
    "checkbox": True,
    "checklist": True,
    "radio": True,
    "select": True,
    "taglist": True,
    "filepicker": True,
    "expression": True,
    "group": False,
    "dynamiclist": False,
    "table": False,
    "text": False,
    "html": False,
    "image": False,
    "iframe": False,
    "documentPreview": False,
    "button": False,
    "separator": False,
    "spacer": False,
}
_CONTAINERS = {"group", "dynamiclist"}
_KEY = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


class _FormCheck:
    def __init__(self, resource: str, registry: Registry) -> None:
        self.resource = resource
        self.registry = registry
        self.problems: list[Problem] = []
        self.count = 0
        self.ids: set[str] = set()

    def error(self, code: str, component: Mapping[str, Any] | None = None, **params: Any) -> None:
        self._add("error", code, component, params)

    def warning(self, code: str, component: Mapping[str, Any] | None = None, **params: Any) -> None:
        self._add("warning", code, component, params)

    def _add(self, severity: Any, code: str, component: Mapping[str, Any] | None, params: dict[str, Any]) -> None:
        element = str((component or {}).get("id") or (component or {}).get("key") or (component or {}).get("path") or "")
        name = str((component or {}).get("label") or "")
        self.problems.append(Problem(self.resource, element, name, code, params, severity))

    # --- the form -----------------------------------------------------------------------------------------------------

    def form(self, content: bytes) -> None:
        if len(content) > MAX_SIZE:
            self.error("file_too_large", size=len(content) // 1024, limit=MAX_SIZE // 1024)
            return
        try:
            form = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            self.error("form_not_json", reason=str(error))
            return
        if not isinstance(form, dict) or not isinstance(form.get("components"), list):
            self.error("form_without_components")
            return
        stem = PurePosixPath(self.resource).stem
        key = form.get("id")
        if key is not None and (not isinstance(key, str) or not key or len(key) > 200):
            self.error("form_id_invalid")
        elif key not in (None, stem):
            self.warning("file_name", id=key, file=PurePosixPath(self.resource).name)
        self._rules(form.get("rules"))
        self._components(form["components"], set(), 1)

    def _rules(self, rules: Any) -> None:
        for rule in rules if isinstance(rules, list) else [] if rules is None else [rules]:
            decision = rule.get("decision") if isinstance(rule, dict) else rule
            if not isinstance(decision, str) or not decision:
                self.error("form_rules_invalid")
            elif not self.registry.has_decision(decision):
                self.error("decision_unknown", decision=decision)
            if isinstance(rule, dict) and rule.get("each") is not None:
                self._feel({}, "rules.each", rule["each"], always=True)

    def _components(self, components: list[Any], keys: set[str], depth: int) -> None:
        if depth > MAX_DEPTH:
            self.error("form_too_deep", limit=MAX_DEPTH)
            return
        for component in components:
            self.count += 1
            if self.count > MAX_COMPONENTS:
                if self.count == MAX_COMPONENTS + 1:
                    self.error("form_too_large", limit=MAX_COMPONENTS)
                return
            if not isinstance(component, dict):
                self.error("form_component_invalid")
                continue
            self._component(component, keys)
            inner = component.get("components")
            if isinstance(inner, list):
                self._components(inner, self._keys_inside(component, keys), depth + 1)

    def _keys_inside(self, component: Mapping[str, Any], keys: set[str]) -> set[str]:
        """A list's rows, and a group with a path, have names of their own; a plain group shares those around it."""
        return set() if component.get("path") or component.get("type") == "dynamiclist" else keys

    # --- one component ------------------------------------------------------------------------------------------------

    def _component(self, component: Mapping[str, Any], keys: set[str]) -> None:
        kind = component.get("type")
        identity = component.get("id")
        if identity is not None and identity in self.ids:
            self.error("form_duplicate_id", component, id=identity)
        self.ids.add(str(identity))
        if kind == "default":
            return
        if not isinstance(kind, str) or kind not in COMPONENTS:
            self.error("form_component_unknown", component, type=str(kind))
            return
        if isinstance(component.get("components"), list) and kind not in _CONTAINERS:
            self.error("form_component_invalid", component)
        self._key(component, kind, keys)
        for where, written in _expressions(component):
            self._feel(component, where, written)

    def _key(self, component: Mapping[str, Any], kind: str, keys: set[str]) -> None:
        key = component.get("key") if COMPONENTS[kind] else component.get("path")
        if not key:
            if COMPONENTS[kind] or kind == "dynamiclist":
                self.error("form_key_missing", component, type=kind)
            return
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            self.error("form_key_invalid", component, key=str(key)[:100])
        elif key in keys and kind not in _CONTAINERS:
            # two fields of which only one shows may share a key
            if not _conditional(component):
                self.error("form_duplicate_key", component, key=key)
        else:
            keys.add(key)

    def _feel(self, component: Mapping[str, Any], where: str, written: Any, *, always: bool = False) -> None:
        if not isinstance(written, str) or not (always or written.startswith("=")):
            return
        expression = written.removeprefix("=").strip()
        if not expression:
            self.error("feel_empty", component, what=where)
            return
        checked = feel.check(expression)
        if checked.error is not None:
            self.error("feel_invalid", component, what=where, expression=expression[:200], reason=checked.error, reason_en=checked.error_en)


def _conditional(component: Mapping[str, Any]) -> bool:
    condition = component.get("conditional")
    return isinstance(condition, dict) and bool(condition.get("hide"))


#: attributes that hold text for people, never FEEL to run, even with "=" in front
_PLAIN = frozenset({"components", "id", "type", "key", "path", "layout", "values", "columns"})


def _expressions(component: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text of a component behind ``=``, wherever it stands: conditions, computed values, options, custom properties."""
    todo: list[tuple[str, Any]] = [(name, value) for name, value in component.items() if name not in _PLAIN]
    while todo:
        where, value = todo.pop(0)
        if isinstance(value, str) and value.startswith("="):
            yield where, value
        elif isinstance(value, dict):
            todo.extend((f"{where}.{name}", each) for name, each in value.items())


def check(resource: str, content: bytes, registry: Registry) -> list[Problem]:
    """What is wrong with the form *content* (file name *resource*)."""
    checking = _FormCheck(resource, registry)
    checking.form(content)
    return checking.problems
