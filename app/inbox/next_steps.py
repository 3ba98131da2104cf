"""提交后进入: what comes after a task, for each outcome that its form can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import element_names
from app.engine import definitions, feel, next_activities
from app.engine.bpmn_model import Element, Process
from app.engine.errors import Unreadable
from app.engine.models import Activity, ProcessInstance, Task
from app.forms import schema

#: More combinations of answers than this are not told apart: only the first field is.
MOST = 32


@dataclass(frozen=True, slots=True)
class Case:
    """Answers of the deciding fields, and where the task then goes."""

    when: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Steps:
    """The deciding fields by key, each combination of their answers, and for reading: (label of the first field's answer, where to)."""

    fields: tuple[str, ...]
    cases: tuple[Case, ...]
    lines: tuple[tuple[str, str], ...]

    def as_json(self) -> dict[str, Any]:
        return {"fields": self.fields, "cases": [{"when": case.when, "text": case.text} for case in self.cases]}


def of_task(session: Session, task: Task, form: schema.Form | None, locale: str) -> Steps:
    """Where *task* goes on to, as far as its diagram and what is known now tell."""
    try:
        levels = levels_of(session, task)
    except Unreadable:  # the page opens without it
        return Steps((), (), ())
    element = levels[0].process.elements.get(task.element_id)
    return of_element(levels, element, form, locale) if element is not None else Steps((), (), ())


def of_start(process: Process, start: Element, form: schema.Form | None, locale: str) -> Steps:
    """Where an instance goes that somebody starts by hand, as far as the start form decides it."""
    return of_element([next_activities.Level(process, {})], start, form, locale)


def of_element(levels: Sequence[next_activities.Level], element: Element, form: schema.Form | None, locale: str) -> Steps:
    """Where *element* of ``levels[0]`` goes on to, for each outcome of its form."""
    choices = deciding(levels[0].process, element, form) if form is not None else {}
    cases = [Case(answers, said(next_activities.after(levels, element.id, answers))) for answers in outcomes(choices)]
    if len({case.text for case in cases}) == 1:
        return Steps((), (Case({}, cases[0].text),), (("", cases[0].text),) if cases[0].text else ())
    first = next(iter(choices))
    return Steps(tuple(choices), tuple(cases), tuple(_lines(form, first, cases, locale)))


def levels_of(session: Session, task: Task) -> list[next_activities.Level]:
    """The task's instance and those that wait for it, with where their other tokens stand."""
    levels: list[next_activities.Level] = []
    key: int | None = task.instance_key
    here = task.key
    while key is not None:
        instance = session.get_one(ProcessInstance, key)
        open_ = select(Activity.element_id).where(Activity.instance_key == key, Activity.how == "", Activity.key != here)
        call = session.get(Activity, instance.parent_activity_key) if instance.parent_activity_key else None
        process = definitions.process_of(session, instance.definition_key)
        standing = frozenset(session.scalars(open_))
        levels.append(next_activities.Level(process, instance.variables, standing, call.element_id if call else ""))
        key, here = instance.parent_key, call.key if call else 0
    return levels


def deciding(process: Process, element: Element, form: schema.Form) -> dict[str, list[Any]]:
    """Field → its possible answers, for the fields that the diagram reads: those of the outputs, else those of its conditions."""
    written = [source for source, _target in element.outputs if source.startswith("=")]
    if not element.outputs:
        written = [flow.condition for flow in process.flows.values() if flow.condition]
    read = {name for expression in written for name in feel.check(expression).variables}
    found: dict[str, list[Any]] = {}
    for field in form.fields():
        if field.path in read and (answers := _answers(field)):
            found[field.path] = [*answers, *([None] if found or not field.node.validate.get("required") else [])]
    return found


def _answers(field: schema.Field) -> list[Any]:
    if field.type == "checkbox":
        return [True, False]
    if field.type in ("radio", "select"):
        return [option["value"] for option in field.node.component.get("values") or () if isinstance(option, dict)]
    return []


def outcomes(choices: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of answers; where that is too many, those of the first field alone."""
    count = 1
    for answers in choices.values():
        count *= len(answers)
    names = list(choices) if count <= MOST else list(choices)[:1]
    for answers in product(*(choices[name] for name in names)):
        yield dict(zip(names, answers, strict=True))


def said(found: Sequence[next_activities.Next]) -> str:
    """``复核销号``; ``填写《户表》或汇总办结`` where something that is not known yet decides."""
    names = list(dict.fromkeys(filter(None, map(_name, found))))
    return str((_("或") if any(each.maybe for each in found) else _("、")).join(names))


def _name(found: next_activities.Next) -> str:
    name = element_names.spoken(found.element.name) if found.element.name else ""
    if found.how == "waits":
        return _("等待“%(name)s”", name=name) if name else ""
    return name or (_("流程办结") if found.how == "end" else "")


def _lines(form: schema.Form | None, first: str, cases: Sequence[Case], locale: str) -> Iterator[tuple[str, str]]:
    """One line for each answer of the first deciding field."""
    field = form.field(first) if form is not None else None
    texts: dict[Any, list[str]] = {}
    for case in cases:
        texts.setdefault(case.when[first], []).append(case.text)
    for answer, told in texts.items():
        if answer is None or field is None:
            continue
        unique = list(dict.fromkeys(filter(None, told)))
        yield _label(field, answer, locale), _("或").join(unique)


def _label(field: schema.Field, answer: Any, locale: str) -> str:
    if isinstance(answer, bool):
        label = str(field.node.label(locale))
        return label if answer else str(_("未勾选“%(label)s”", label=label))
    for option in field.node.component.get("values") or ():
        if option.get("value") == answer:
            return str((locale == "en" and option.get("labelEn")) or option.get("label", answer))
    return str(answer)
