"""Starting by hand: who may (``startableBy``), with which form."""

from __future__ import annotations

from app.engine import people, starters
from app.engine.bpmn_model import Element, Process
from app.engine.checks import constants
from app.engine.checks.findings import Findings
from app.engine.registry import Registry


def check(process: Process, registry: Registry, found: Findings) -> None:
    start = starters.entry(process)
    for element in process.elements.values():
        if element.kind == "startEvent" and element.form_id is not None:
            _form(element, element is start, registry, found)
    if starters.PROPERTY not in process.properties:
        return
    if start is None:
        found.error("starters_without_start", process)
    names = starters.named(process)
    if not names:
        found.error("starters_missing", process)
    for group, whole in names:
        _starter(process, group, whole, registry, found)


def _form(element: Element, hand: bool, registry: Registry, found: Findings) -> None:
    if not hand:
        found.error("start_form_misplaced", element)
        return
    form = constants.said(element.form_id) if element.form_id is not None else None
    if form is None:
        found.error("start_form_expression", element)
    elif not registry.has_form(form):
        found.error("form_unknown", element, form=form[:200])
    elif uploads := sorted(registry.form_uploads(form)):
        found.error("start_form_uploads", element, fields="、".join(uploads)[:200])


def _starter(process: Process, group: str, whole: bool, registry: Registry, found: Findings) -> None:
    roles = registry.roles
    if roles is None:
        return
    role = group.partition(":")[0]
    wrong = roles.wrong(group if whole else f"{role}:…")
    if wrong is not None:
        found.error(wrong[0], process, **wrong[1])
    elif registry.held is not None and not people.is_held(group, whole, registry.held):
        found.warning("starter_unheld", process, role=group if whole else role)
