"""Child instances of call activities, in the step that enters or cancels the activity. What comes later is in ``call_activities``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.db import new_key
from app.engine import bpmn
from app.engine import step as steps
from app.engine.errors import StepFailed
from app.engine.instance_columns import HAS_INCIDENTS, LAST_AT
from app.engine.models import Call, ProcessInstance
from app.engine.step import Step, Variables

if TYPE_CHECKING:
    from app.engine.work import Work

#: States of an instance that has not ended.
RUNNING = ("ACTIVE", "SUSPENDED")
#: Children that start in the transaction of the step; more become a job.
START_AT_ONCE = 5
#: The cause of a child's cancellation when its call activity was cancelled.
PARENT = "the call activity ended"


def call(work: Work, parent: ProcessInstance, children: steps.Children) -> None:
    """A call activity was entered: start its child, or the first of them, or leave them all to a job."""
    if not children.multi:
        work.then(lambda: start_child(work, parent, children.key, children.element_id, children.process_id, children.common))
        return
    items = list(children.variables)
    now = 1 if children.sequential else len(items) if len(items) <= START_AT_ONCE else 0
    call = Call(
        key=children.key,
        campaign_id=parent.campaign_id,
        instance_key=parent.key,
        element_id=children.element_id,
        process_id=children.process_id,
        common=children.common if now < len(items) or children.has_completion_condition else {},
        items=items if now < len(items) else [],
        sequential=children.sequential,
        output_collection=children.output_collection,
        output_element=children.output_element,
        has_completion_condition=children.has_completion_condition,
        total=len(items),
        started=now,
    )
    work.session.add(call)
    for index, item in enumerate(items[:now]):
        work.then(lambda i=index, v=item: start_item(work, parent, call, i, {**children.common, **v}))  # type: ignore[misc]
    if now == 0:
        work.job("children", parent, call.key, element_id=call.element_id, payload={"started": 0, "total": call.total})
    else:
        work.record("children.started", parent, key=call.key, element_id=call.element_id, detail={"started": now, "total": call.total})


def start_item(work: Work, parent: ProcessInstance, call: Call, index: int, variables: Variables) -> None:
    """Start the child of item *index* of a multi-instance call activity."""
    start_child(work, parent, call.key, call.element_id, call.process_id, variables, index)


def start_child(
    work: Work, parent: ProcessInstance, activity_key: int, element_id: str, process_id: str, variables: Variables, index: int | None = None
) -> None:
    """Start a child with the newest version of its process at this moment."""
    definition = work.newest("process", process_id)
    if definition is None:
        raise StepFailed(f"there is no process “{process_id}”", element_id=element_id, kind="process")
    try:
        work.start(definition, variables, parent=parent, activity_key=activity_key, index=index)
    except StepFailed as error:
        message = f"process “{process_id}”, element “{error.element_id}”: {error}"
        raise StepFailed(message, element_id=element_id, kind=error.kind) from error


def cancel_calls(work: Work, instance: ProcessInstance, process: bpmn.Process, done: Step, command: steps.Command | None) -> None:
    """Cancel what still runs below the call activities that *done* has cancelled, or that its completion condition has ended."""
    fresh = {row.key for row in done.entered}
    ended = command.key if isinstance(command, steps.Complete | steps.Evaluate) else None
    overtaken = command.key if isinstance(command, steps.Evaluate) else None
    calls: list[int] = []
    loops: list[int] = []
    for left in done.left:
        element = process.elements[left.element_id]
        if element.kind != "callActivity" or left.key in fresh:
            continue
        if left.how == "canceled" or left.key == overtaken:
            calls.append(left.key)
        if element.loop is not None and left.key != ended:
            loops.append(left.key)
    if calls:
        work.then(lambda: cancel_children(work, instance, calls, loops))


def cancel_children(work: Work, parent: ProcessInstance, activity_keys: list[int], loops: list[int]) -> None:
    """Cancel the children that still run at closed call activities; *loops* are those with a ``Call`` row, which goes."""
    if loops:
        # Its revision stands between this and a worker that is starting more of these children.
        for call in work.session.scalars(select(Call).where(Call.key.in_(loops)).with_for_update()):
            work.session.delete(call)
    running = (
        select(ProcessInstance, HAS_INCIDENTS, LAST_AT)
        .where(
            ProcessInstance.parent_key == parent.key,
            ProcessInstance.parent_activity_key.in_(activity_keys),
            ProcessInstance.state.in_(RUNNING),
        )
        .order_by(ProcessInstance.key)
        .limit(work.may_cancel + 1)
        .with_for_update(of=ProcessInstance)
        .execution_options(populate_existing=True)
    )
    found = work.session.execute(running).all()
    more = len(found) > work.may_cancel
    for child, has_incidents, last in found[: work.may_cancel]:
        work.may_cancel -= 1
        work.note(child, has_incidents=has_incidents, last=last)
        work.step(child, steps.Cancel(PARENT))
    if more:
        work.job("cancel_children", parent, new_key(), payload={"activities": activity_keys})
