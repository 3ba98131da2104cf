"""The job for the handler that an activity or a throw event names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine import bpmn
from app.engine import step as steps
from app.engine.errors import StepFailed
from app.engine.feel_string import string
from app.engine.spiff.bounded import bounded

if TYPE_CHECKING:
    from app.engine.spiff.run import Run
    from app.engine.spiff.tree import Token


def service_job(run: Run, token: Token, element: bpmn.Element) -> steps.Job:
    """The job as the task definition of *element* says now."""
    scope = run.sees(token)
    kind, retries, *headers = run.evaluate([element.task_type, element.retries, *element.headers.values()], scope, element.id)
    return steps.Job(
        key=token.id,
        element_id=element.id,
        type=bounded(kind, "task type", element),
        retries=_retries(retries, element),
        headers={name: string(value) for name, value in zip(element.headers, headers, strict=True)},
        variables=run.scopes.visible(scope),
    )


def _retries(value: Any, element: bpmn.Element) -> int:
    try:
        return int(value) if value else 3
    except (TypeError, ValueError) as error:
        raise StepFailed(f"the number of retries “{value}” is no whole number", element_id=element.id) from error
