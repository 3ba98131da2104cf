"""A user task's form in the sandbox: the real renderer's data and the real server's check, without what features would add from the
ledger: a trial knows no household."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.engine import decisions, definitions
from app.engine.errors import NotFound
from app.engine.models import ProcessInstance, Task
from app.forms import browser, hooks, paths, schema, validation
from app.forms.outcome import Outcome
from app.modeler.trial import samples


def form_of(session: Session, task: Task) -> schema.Form | None:
    """The form in force when the task opened; None: it has none."""
    if not task.form_id:
        return None
    file = definitions.file_of(session, task.form_key) if task.form_key else definitions.newest_file(session, "form", task.form_id)
    if file is None:
        raise NotFound("form", task.form_id)
    return schema.load(file.content)


def _prepared(session: Session, task: Task, form: schema.Form) -> hooks.Prepared:
    """The form starts with the task's variables of the same names; its expressions see those of the instance, too."""
    instance = session.get_one(ProcessInstance, task.instance_key)
    seen = {**instance.variables, **task.variables}
    names = {field.path.split(".")[0].split("[")[0] for field in form.fields()}
    # a variable that is an object only shares the field's name: no field holds one
    data = {name: value for name, value in seen.items() if name in names and not isinstance(value, dict)}
    return hooks.Prepared(data=data, context={name: value for name, value in seen.items() if name not in names})


def payload(session: Session, task: Task, locale: str, *, sample: bool = False) -> dict[str, Any] | None:
    """What ``DaopaiForm.mount`` needs, with invented answers if *sample*; None: the task has no form."""
    form = form_of(session, task)
    if form is None:
        return None
    return browser.payload(form, _prepared(session, task, form), locale, draft=samples.filled(form) if sample else None)


def judge(session: Session, task: Task, data: Mapping[str, Any]) -> Outcome:
    """The server's check of what was entered; the decisions are those of the sandbox."""
    form = form_of(session, task)
    if form is None:
        return Outcome(dict(data))
    prepared = _prepared(session, task, form)
    entered = paths.copied(dict(data))

    def decide(decision_id: str, variables: dict[str, Any]) -> Any:
        file = definitions.newest_file(session, "decision", decision_id)
        if file is None:
            raise NotFound("decision", decision_id)
        return decisions.evaluate(file.content, decision_id, variables)

    return validation.validate(form, entered, context=prepared.context, locked={}, decide=decide, initial=prepared.data)
