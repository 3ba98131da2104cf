"""A user task's form in the sandbox: the real renderer's data and the real completion, without what features would add from the ledger: a
trial knows no household."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from app.acts import completion
from app.engine import form_prefill
from app.engine.models import ProcessInstance, Task
from app.forms import browser
from app.forms.hooks import Prepared
from app.forms.schema import Form
from app.modeler.trial import samples


@dataclass(frozen=True, slots=True)
class Apart:
    """What stands in for the features (``hooks.Features``): a form starts with the instance's variables, and ``answers`` are what the
    features would hand to the diagram."""

    answers: Mapping[str, Any] = field(default_factory=dict)

    def prepare(self, session: Session, task: Any, identity: Any) -> Prepared:
        """The form starts with the task's variables of the same names; its expressions see those of the instance, too."""
        form = form_of(session, task)
        instance = session.get_one(ProcessInstance, task.instance_key)
        seen = {**instance.variables, **task.variables}
        names = {each.path.split(".")[0].split("[")[0] for each in form.fields()} if form else set()
        # a variable that is an object only shares the field's name: no field holds one
        data = {name: value for name, value in seen.items() if name in names and not isinstance(value, dict)}
        return Prepared(data=data, context={name: value for name, value in seen.items() if name not in names})

    def fetch(self, session: Session, task: Any, identity: Any, name: str) -> Any:
        """The instance's variable of that name, or the example that the name is documented with."""
        if name == "task":
            return dict(task.variables or {})
        seen = session.get_one(ProcessInstance, task.instance_key).variables
        return seen.get(name, form_prefill.NAMES[name].example)

    def look_up(self, session: Session, task: Any, form: Form, data: Mapping[str, Any], prepared: Prepared) -> dict[str, Any]:
        return dict(prepared.context)

    def accept(self, session: Session, task: Any, submission: Any, outcome: Any, actor: Any) -> dict[str, Any]:
        return dict(self.answers)


def form_of(session: Session, task: Task) -> Form | None:
    """The form in force when the task opened; None: it has none."""
    return completion.form_of(session, task)[1] if task.form_id else None


def payload(session: Session, task: Task, locale: str, *, sample: bool = False) -> dict[str, Any] | None:
    """What ``DaopaiForm.mount`` needs, with invented answers if *sample*; None: the task has no form."""
    form = form_of(session, task)
    if form is None:
        return None
    prepared = completion.prepare(session, task, None, Apart())
    return browser.payload(form, prepared, locale, draft=samples.filled(form) if sample else None)
