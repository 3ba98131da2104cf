"""Forms: what ``form_files`` reads wrong in their structure, their FEEL, patterns and HTML, and the decisions they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from app.engine import feel, form_files, form_prefill, html, patterns
from app.engine.problems import Problem
from app.engine.registry import Registry


def check(resource: str, content: bytes, registry: Registry) -> list[Problem]:
    """What is wrong with the form *content* (file name *resource*)."""
    file = form_files.read(content)
    found = list(file.problems)
    if file.content:
        found += _form(resource, file.content, registry)
    return [replace(problem, resource=resource) for problem in found]


def _form(resource: str, form: dict[str, Any], registry: Registry) -> Iterator[Problem]:
    key = form.get("id")
    if isinstance(key, str) and key != PurePosixPath(resource).stem:
        yield form_files.problem("file_name", None, "warning", id=key, file=PurePosixPath(resource).name)
    for rule in form_files.rules(form.get("rules")):
        decision = rule.get("decision") if isinstance(rule, dict) else rule
        if isinstance(decision, str) and decision and not registry.has_decision(decision):
            yield form_files.problem("decision_unknown", decision=decision)
        if isinstance(rule, dict) and isinstance(rule.get("each"), str):
            yield from _feel({}, "rules.each", rule["each"])
    yield from _in_rows(form)
    for component in form_files.components(form):
        for where, written in _expressions(component):
            yield from _feel(component, where, written)
        yield from _prefill(component, registry.prefill_names(str(key)))
        yield from _pattern(component)
        yield from _shown(component)


def _prefill(component: Mapping[str, Any], known: frozenset[str] | None) -> Iterator[Problem]:
    """A formula stands where there is a value to fill, and reads names that somebody provides."""
    for what, written in form_prefill.formulas(component):
        place = component.get("key") or component.get("path")
        if str(component.get("type")) in {"expression", *form_files.SHOWN} or not place:
            yield form_files.problem("prefill_place", component, what=what)
        elif not written.startswith("="):
            yield form_files.problem("prefill_not_feel", component, what=what, value=written[:80])
        elif known is not None:
            for name in sorted(feel.check(written).variables - known):
                yield form_files.problem("prefill_name_unknown", component, what=what, name=name, known=form_prefill.alike(name, known))


def _in_rows(form: Mapping[str, Any]) -> Iterator[Problem]:
    """Rows are filled by the formula of their list."""
    for rows in form_files.components(form):
        if rows.get("type") == "dynamiclist" and isinstance(rows.get("components"), list):
            for component in form_files.components(rows):
                for what, _written in form_prefill.formulas(component):
                    yield form_files.problem("prefill_in_rows", component, what=what)


def _feel(component: Mapping[str, Any], where: str, written: str) -> Iterator[Problem]:
    expression = written.removeprefix("=").strip()
    if not expression:
        yield form_files.problem("feel_empty", component, what=where)
        return
    checked = feel.check(expression)
    if checked.error is not None:
        reason = {"reason": checked.error, "reason_en": checked.error_en}
        yield form_files.problem("feel_invalid", component, what=where, expression=expression[:200], **reason)


def _pattern(component: Mapping[str, Any]) -> Iterator[Problem]:
    validate = component.get("validate")
    pattern = validate.get("pattern") if isinstance(validate, dict) else None
    if not isinstance(pattern, str) or not pattern:
        return
    found = patterns.wrong(pattern)
    if found is not None:
        code, reason = found
        yield form_files.problem(code, component, pattern=pattern[:200], reason=reason, limit=patterns.LONGEST)


def _shown(component: Mapping[str, Any]) -> Iterator[Problem]:
    """HTML of which something is left out; images that lie elsewhere."""
    content, source = component.get("content"), component.get("source")
    if component.get("type") == "html" and isinstance(content, str) and html.removes(content):
        yield form_files.problem("form_html_cleaned", component, "warning")
    if component.get("type") == "image" and isinstance(source, str) and _lies_outside(source):
        yield form_files.problem("form_image_outside", component, source=source[:100])


def _lies_outside(source: str) -> bool:
    """A computed address is looked at in the browser."""
    return bool(source) and not source.startswith("=") and "{{" not in source and not html.own_address(source, image=True)


#: attributes that hold text for people, never FEEL to run, even with "=" in front
_PLAIN = frozenset({"components", "id", "type", "key", "path", "layout", "values", "columns"})


def _expressions(component: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text of a component behind ``=``, wherever it stands: conditions, computed values, options, custom properties."""
    todo: list[tuple[str, Any]] = [(name, value) for name, value in component.items() if name not in _PLAIN]
    while todo:
        where, value = todo.pop(0)
        if isinstance(value, str) and value.startswith("=") and where != "validate.pattern":
            yield where, value
        elif isinstance(value, dict):
            todo.extend((f"{where}.{name}", each) for name, each in value.items())
