"""Call activities after the step that entered them: many children started in chunks, children that ended, children to cancel."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, undefer

from app.engine import child_instances, definition_lookup, spiff
from app.engine import step as steps
from app.engine.child_instances import RUNNING
from app.engine.leases import Leased
from app.engine.models import Call, ProcessInstance
from app.engine.work import ANY, Work

#: Children started in one transaction.
CHUNK = 50


def start_more(work: Work, job: Leased) -> dict[str, Any] | None:
    """Start the next chunk of children; what is returned is the job's progress, None when all have been started."""
    parent = work.load(job.instance_key)
    call = _locked(work, job.activity_key)
    if call is None:
        return None
    until = min(call.started + CHUNK, call.total)
    for index in range(call.started, until):
        child_instances.start_item(work, parent, call, index, {**call.common, **call.items[index]})
    call.started = until
    if until < call.total:
        return {"started": until, "total": call.total}
    call.items, call.common = [], call.common if call.has_completion_condition else {}
    work.record("children.started", parent, key=call.key, element_id=call.element_id, detail={"started": until, "total": call.total})
    return None


def cancel_more(work: Work, job: Leased) -> None:
    """Cancel the next of the many children of closed call activities."""
    parent = work.load(job.instance_key, states=ANY)
    child_instances.cancel_children(work, parent, job.payload["activities"], [])


def child_escalated(work: Work, job: Leased) -> None:
    """A child threw an escalation that it did not catch."""
    parent = work.load(job.instance_key)
    work.step(parent, steps.ThrowEscalation(job.activity_key, job.payload["code"], job.payload["variables"]))


def child_ended(work: Work, job: Leased) -> None:
    """A child has ended: the parent goes on if it waited for this one only, or if this was the last."""
    error = job.payload["error"]
    if error is not None:
        parent = work.load(job.instance_key)
        work.step(parent, steps.ThrowError(job.activity_key, error["code"], error["message"], error["variables"]))
        return
    if job.payload["index"] is None:
        child = work.session.get_one(ProcessInstance, job.payload["child"])
        parent = work.load(job.instance_key)
        work.step(parent, steps.Complete(job.activity_key, child.variables if child.state == "COMPLETED" else {}))
        return
    call = work.session.get(Call, job.activity_key)
    if call is None:
        return
    if call.output_element and call.output_collection:
        _keep_results(work, call, [job.payload["child"]])
    if not call.sequential and not call.has_completion_condition and (call.started < call.total or _running(work, call)):
        # Not the last: the parent is not even loaded.
        return
    parent = work.load(call.instance_key)
    fresh = _locked(work, call.key)
    if fresh is not None:
        _go_on(work, parent, fresh, job.payload["child"])


def _locked(work: Work, key: int) -> Call | None:
    wanted = select(Call).where(Call.key == key).options(undefer(Call.items), undefer(Call.common)).with_for_update()
    return work.session.scalar(wanted.execution_options(populate_existing=True))


def _running(work: Work, call: Call) -> bool:
    still = select(ProcessInstance.key).where(*_children(call), ProcessInstance.state.in_(RUNNING)).limit(1)
    return work.session.scalar(still) is not None


def _children(call: Call) -> tuple[Any, ...]:
    return ProcessInstance.parent_key == call.instance_key, ProcessInstance.parent_activity_key == call.key


def _go_on(work: Work, parent: ProcessInstance, call: Call, child: int) -> None:
    if call.has_completion_condition and _enough(work, parent, call, child):
        return
    if _running(work, call):
        return
    if call.started == call.total:
        work.step(parent, steps.Complete(call.key, _collection(work, call)))
        work.session.delete(call)
    elif call.sequential:
        index = call.started
        call.started += 1
        child_instances.start_item(work, parent, call, index, {**call.common, **call.items[index]})


def _enough(work: Work, parent: ProcessInstance, call: Call, child: int) -> bool:
    """Ask the completion condition after *child* has ended; if it holds, the activity has ended and the other children are cancelled."""
    count = select(ProcessInstance.state, func.count()).where(*_children(call), ProcessInstance.state.not_in(RUNNING))
    ended = {row[0]: row[1] for row in work.session.execute(count.group_by(ProcessInstance.state))}
    asked = steps.Evaluate(
        call.key,
        call.total,
        call.started - sum(ended.values()),
        ended.get("COMPLETED", 0),
        _collection(work, call),
        ended.get("TERMINATED", 0),
        _ended(work, parent, call, child),
    )
    done = work.step(parent, asked)
    if call.key not in done.closed:
        return False
    work.session.delete(call)
    return True


def _ended(work: Work, parent: ProcessInstance, call: Call, child: int) -> dict[str, Any]:
    """What the completion condition sees of the child that ended: its input element and loopCounter and, if it was completed, what it has
    found. What it only took over from its parent is seen as it is there now."""
    process = definition_lookup.process_of(work.session, parent.definition_key)
    loop = process.elements[call.element_id].loop
    row = work.session.get_one(ProcessInstance, child)
    own = {"loopCounter", loop.input_element if loop else None}
    if row.state != "COMPLETED":
        return {name: value for name, value in row.variables.items() if name in own}
    seen = spiff.scope_of_child(process, call.element_id, row.variables)
    return {name: value for name, value in seen.items() if name in own or name not in call.common or call.common[name] != value}


def _collection(work: Work, call: Call) -> dict[str, Any]:
    """The output collection, in the order of the input collection; None where a child has not ended or was cancelled."""
    if not call.output_collection:
        return {}
    values: list[Any] = [None] * call.total
    if call.output_element:
        ended = (*_children(call), ProcessInstance.state == "COMPLETED")
        rows = work.session.execute(select(ProcessInstance.key, ProcessInstance.parent_index, ProcessInstance.result).where(*ended)).all()
        # A child whose own job has not been run yet.
        late = _keep_results(work, call, [row.key for row in rows if row.result is None])
        for key, index, result in rows:
            values[index] = late[key] if result is None else result["value"]
    return {call.output_collection: values}


def _keep_results(work: Work, call: Call, ended: list[int]) -> dict[int, Any]:
    """Evaluate the output element of ended children and keep it with them."""
    if not ended:
        return {}
    definition_key = work.session.scalar(select(ProcessInstance.definition_key).where(ProcessInstance.key == call.instance_key))
    process = definition_lookup.process_of(work.session, definition_key or 0)
    found = select(ProcessInstance.key, ProcessInstance.variables).where(
        ProcessInstance.key.in_(ended), ProcessInstance.state == "COMPLETED"
    )
    results: dict[int, Any] = {}
    for key, variables in work.session.execute(found).all():
        results[key] = spiff.output_of_child(process, call.element_id, variables)
        work.later(partial(_keep, work.session, key, results[key]))
    return results


def _keep(session: Session, key: int, value: Any) -> None:
    # Not through the object: nobody else writes an ended child, so its revision need not be read.
    kept = update(ProcessInstance).where(ProcessInstance.key == key).values(result={"value": value})
    session.execute(kept.execution_options(synchronize_session=False))
