"""Activities: who does it, with which form, handler, decision or process, and how data go in and out."""

from __future__ import annotations

import re

from app.engine.bpmn_model import Element, Loop, Process
from app.engine.checks import constants
from app.engine.checks.findings import Findings
from app.engine.needed_decisions import BY_FORM, BY_TASK_TYPE, Needed
from app.engine.registry import Registry

#: a FEEL name without spaces, and a path of such names
NAME = re.compile(r"[^\W\d]\w*")
PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
#: Words that FEEL reads otherwise.
_KEYWORDS = frozenset({"null", "true", "false", "and", "or", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies"})
_WITH_JOB = {"serviceTask", "sendTask", "intermediateThrowEvent", "endEvent"}


def check(process: Process, registry: Registry, found: Findings) -> None:
    for element in process.elements.values():
        if element.kind == "userTask":
            _user_task(element, registry, found)
        elif element.kind == "businessRuleTask":
            _decision(element, registry, found)
        elif element.kind == "callActivity":
            _called_process(element, registry, found)
        elif element.kind == "scriptTask" and element.script is not None:
            _result_variable(element, found)
        _job(element, registry, found)
        _mappings(element, found)
        if element.loop is not None:
            _loop(element, element.loop, found)


def is_feel(written: str | None) -> bool:
    """Whether an attribute holds an expression rather than a literal."""
    return written is not None and written.startswith("=")


def _user_task(element: Element, registry: Registry, found: Findings) -> None:
    if not any(map(_names_somebody, (element.assignee, element.candidate_groups, element.candidate_users))):
        found.error("user_task_without_role", element)
    form = constants.said(element.form_id) if element.form_id is not None else None
    if form is not None and not registry.has_form(form):
        found.error("form_unknown", element, form=form[:200])
    _needed(element, BY_FORM.get(form or "", ()), registry, found)
    if element.due is None:
        found.warning("task_without_due_date", element)
    if element.form_id is not None and not element.outputs:
        found.warning("form_without_output", element)
    priority = constants.said(element.priority) if element.priority is not None else None
    if priority is not None and not _is_number(priority, 0, 100):
        found.error("priority_invalid", element, priority=priority[:50])


def _needed(element: Element, asked: tuple[Needed, ...], registry: Registry, found: Findings) -> None:
    """What handler or form ask for by themselves must be there, as if the diagram named it."""
    for needed in asked:
        if not registry.has_decision(needed.id):
            found.error("needed_decision", element, decision=needed.id)


def _names_somebody(written: str | None) -> bool:
    """Whether an attribute names people, or may name some."""
    if not written:
        return False
    found = constants.value(written)
    return found is constants.UNKNOWN or any(
        str(each).strip(" ,") for each in (found if isinstance(found, list) else [found]) if each is not None
    )


def _decision(element: Element, registry: Registry, found: Findings) -> None:
    if element.decision_id is None:
        found.error("decision_missing", element)
    elif (decision := constants.said(element.decision_id)) is not None and not registry.has_decision(decision):
        found.error("decision_unknown", element, decision=decision[:200])
    _result_variable(element, found)


def _called_process(element: Element, registry: Registry, found: Findings) -> None:
    if element.called_process is None:
        found.error("process_missing", element)
    elif (called := constants.said(element.called_process)) is not None and not registry.has_process(called):
        found.error("process_unknown", element, process=called[:200])


def _result_variable(element: Element, found: Findings) -> None:
    if element.result_variable is None:
        found.error("result_variable_missing", element)
    elif not _is_path(element.result_variable):
        found.error("name_invalid", element, name=element.result_variable[:100], what="resultVariable")


def _job(element: Element, registry: Registry, found: Findings) -> None:
    if element.task_type is None:
        if element.kind == "serviceTask" or (element.kind == "sendTask" and element.event is None):
            found.error("task_type_missing", element)
        return
    if element.kind not in _WITH_JOB:
        found.error("task_type_unexpected", element, kind=element.kind)
        return
    kind = constants.said(element.task_type)
    if kind is not None and not registry.has_task_type(kind):
        found.error("task_type_unknown", element, type=kind[:200])
    _needed(element, BY_TASK_TYPE.get(kind or "", ()), registry, found)
    retries = constants.said(element.retries) if element.retries is not None else None
    if retries is not None and not _is_number(retries, 1, 100):
        found.error("retries_invalid", element, retries=retries[:50])


def _mappings(element: Element, found: Findings) -> None:
    for source, target in (*element.inputs, *element.outputs):
        if not _is_path(target):
            found.error("mapping_target", element, target=target[:100], source=source[:100])
        if not source:
            found.error("mapping_source_missing", element, target=target[:100])


def _loop(element: Element, loop: Loop, found: Findings) -> None:
    if not loop.input_collection:
        found.error("loop_without_collection", element)
    for what, written in (
        ("inputCollection", loop.input_collection),
        ("outputElement", loop.output_element),
        ("completionCondition", loop.completion_condition),
    ):
        if written and not is_feel(written):
            found.error("loop_not_feel", element, what=what, expression=written[:200])
    for what, name in (("inputElement", loop.input_element), ("outputCollection", loop.output_collection)):
        if name is not None and not _is_name(name):
            found.error("name_invalid", element, name=name[:100], what=what)
    if (loop.output_collection is None) != (loop.output_element is None):
        found.error("loop_output_incomplete", element)


def _is_name(text: str) -> bool:
    return NAME.fullmatch(text) is not None and text not in _KEYWORDS


def _is_path(text: str) -> bool:
    return PATH.fullmatch(text) is not None and _KEYWORDS.isdisjoint(text.split("."))


def _is_number(text: str, lowest: int, highest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and lowest <= int(text) <= highest
