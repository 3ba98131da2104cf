"""The tokens of an instance, carried over to another version of its process. No I/O.

Keys stay: user tasks, jobs, timers, subscriptions and children hang on them. SpiffWorkflow's own helper (``bpmn/util/diff.py``) loses what
was entered and leaves tokens at specs that are gone; here the saved tokens are written anew and read by the other version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.engine import bpmn
from app.engine import step as steps
from app.engine.spiff import mapping, repeating
from app.engine.spiff.activities import user_task
from app.engine.spiff.run import Decide, Run
from app.engine.spiff.service_jobs import service_job
from app.engine.spiff.specs import Join
from app.engine.spiff.tree import ROOT, Place, Token, moved, places
from app.engine.step import Variables

_MESSAGES = {"message", "signal"}


@dataclass(slots=True)
class Migrated:
    """What a migration changes. ``step`` holds what is armed and dropped, and what moves because a join is complete now."""

    step: steps.Step
    #: key of each token that stays -> (old element id, new element id)
    carried: dict[int, tuple[str, str]] = field(default_factory=dict)
    #: open user tasks as the new version describes them
    tasks: dict[int, steps.UserTask] = field(default_factory=dict)
    #: jobs whose task definition or inputs are written otherwise
    jobs: dict[int, steps.Job] = field(default_factory=dict)
    #: waits that stay and ask for something else
    subscriptions: dict[int, steps.Subscription] = field(default_factory=dict)
    #: timers that stay and were counted anew
    timers: dict[int, steps.Timer] = field(default_factory=dict)
    #: timers that keep their due time and repeat otherwise than before -> (element id, due, cycle; "" once)
    repeats: dict[int, tuple[str, datetime | None, str]] = field(default_factory=dict)


def migrate(
    old: bpmn.Process,
    new: bpmn.Process,
    state: bytes,
    variables: Variables,
    mapped: mapping.Mapped,
    *,
    now: datetime,
    decide: Decide,
    has_parent: bool,
    due: Mapping[int, datetime],
    anew: Mapping[int, datetime] | None = None,
) -> Migrated:
    """Carry the tokens over. ``mapping.obstacles`` has found none. *due*: key of each armed timer -> when it fires. *anew*: activity key
    (ROOT: the instance) -> when it began: due times of timers are counted again from there; None: they stay."""
    rows = {row.key: row for row in places(state)}
    kept = mapping.carried(old, new, rows, mapped)
    run = Run(new, moved(state, kept), variables, now=now, decide=decide, has_parent=has_parent)
    done = Migrated(run.step, {row.key: (rows[row.key].element_id, row.element_id) for row in kept})
    run.step.closed.update(rows.keys() - done.carried.keys())
    for token in run.tree.tokens():
        _renew(run, token, old.elements[rows[token.id].element_id], done, due, anew)
    _arm_new(run, old, rows, mapped)
    for token in run.tree.tokens():
        if isinstance(token.task_spec, Join) and rows[token.id].joining and token.id in run.tree.tasks:
            token.task_spec._update(token)
    run.settle()
    done.step = run.result()
    return done


# --- what stays -----------------------------------------------------------------------------------------------------------


def _renew(
    run: Run, token: Token, before: bpmn.Element, done: Migrated, due: Mapping[int, datetime], anew: Mapping[int, datetime] | None
) -> None:
    """Look at a token's element again: what waits there is described by the new version from now on."""
    element = token.task_spec.element
    if element.kind == "userTask":
        if element.inputs != before.inputs:
            _map_anew(run, token, element)
        done.tasks[token.id] = user_task(run, token, element)
    elif element.task_type is not None:
        if _work(element) != _work(before):
            if element.inputs != before.inputs:
                _map_anew(run, token, element)
            done.jobs[token.id] = service_job(run, token, element)
    elif element.event is not None and (token.notes.keys() & {"host", "gateway", "starts"} or element.kind in _CATCH):
        _renew_wait(run, token, element, before, done, due, anew)


def _map_anew(run: Run, token: Token, element: bpmn.Element) -> None:
    run.scopes.pop(token.id, None)  # what only the old mappings made is gone
    run.map_inputs(token, element)


_CATCH = {"intermediateCatchEvent", "receiveTask"}


def _work(element: bpmn.Element) -> tuple[Any, ...]:
    return element.task_type, element.retries, dict(element.headers), element.inputs


def _renew_wait(
    run: Run,
    token: Token,
    element: bpmn.Element,
    before: bpmn.Element,
    done: Migrated,
    due: Mapping[int, datetime],
    anew: Mapping[int, datetime] | None,
) -> None:
    event, earlier = element.event, before.event
    if event is None or earlier is None:
        return
    if event.kind == "timer":
        same = (event.timer, event.expression) == (earlier.timer, earlier.expression)
        if anew is not None and not (same and event.timer == "cycle"):
            begun = token.notes.get("host") or token.notes.get("gateway") or (token.scope if "starts" in token.notes else token.id)
            done.timers[token.id] = repeating.count_anew(run, token, element, _looks_from(run, token, element), anew.get(begun, run.now))
        elif not same:
            _go_on_otherwise(run, token, element, done, due.get(token.id))
    asks = (event.name, event.correlation_key, element.interrupting)
    if event.kind in _MESSAGES and asks != (earlier.name, earlier.correlation_key, before.interrupting):
        run.events.subscribe(token, element, _looks_from(run, token, element))
        done.subscriptions[token.id] = run.step.subscriptions.pop()


def _go_on_otherwise(run: Run, token: Token, element: bpmn.Element, done: Migrated, due: datetime | None) -> None:
    """An armed timer keeps its due time and repeats as the new version says; one that has fired as often as that wants is over."""
    before = dict(token.notes)
    if repeating.go_on(run, token, element, _looks_from(run, token, element), due or run.now):
        if before.get("cycle") != token.notes.get("cycle"):
            done.repeats[token.id] = (element.id, due, str(token.notes.get("cycle", "")))
    else:
        del done.carried[token.id]
        run.events.disarm(token)


def _looks_from(run: Run, token: Token, element: bpmn.Element) -> int:
    """The scope that the expressions of a wait see."""
    if "host" in token.notes:
        return run.sees(run.token(token.notes["host"]))
    return run.sees(token) if element.kind == "receiveTask" else token.scope


# --- what is new ----------------------------------------------------------------------------------------------------------


def _arm_new(run: Run, old: bpmn.Process, rows: Mapping[int, Place], mapped: mapping.Mapped) -> None:
    """Wait for the events that the new version adds at what is open. What the old version had has been waited for: it may have fired."""
    held: set[tuple[int, str]] = {
        (token.notes.get("host") or token.notes.get("gateway") or token.scope, token.task_spec.name) for token in _waits(run)
    }
    had = {mapped.get(element.id, element.id): element for element in old.elements.values()}
    for token in run.tree.tokens():
        if token.id not in rows or rows[token.id].waits or rows[token.id].joining:
            continue
        before = rows[token.id].element_id
        for element in _border(run.process, token.task_spec.name):
            if (token.id, element.id) not in held and not _was(had, element, attached_to=before):
                run.events.arm(element, token.scope, sees=run.sees(token), notes={"host": token.id})
        if token.task_spec.element.kind == "eventBasedGateway":
            for element in _behind(run.process, token.task_spec.element):
                if (token.id, element.id) not in held:
                    run.events.arm(element, token.scope, sees=token.scope, notes={"gateway": token.id})
        if token.task_spec.element.kind == "subProcess":
            _arm_starts(run, token.task_spec.name, token.id, before, old, held, had)
    _arm_starts(run, "", ROOT, "", old, held, had)


def _arm_starts(
    run: Run, scope_element: str, scope: int, before: str, old: bpmn.Process, held: set[tuple[int, str]], had: dict[str, bpmn.Element]
) -> None:
    if run.events.interrupted(scope):
        return
    for start in run.events.event_starts(scope_element):
        if start.event is None or start.event.kind not in {"timer", *_MESSAGES} or (scope, start.id) in held:
            continue
        earlier = had.get(start.id)
        around = old.elements.get(earlier.scope) if earlier else None
        if earlier and around and around.triggered_by_event and around.scope == before and mapping.misfit(earlier, start) is None:
            continue
        run.events.arm(start, scope, sees=scope, notes={"starts": start.scope})


def _was(had: Mapping[str, bpmn.Element], element: bpmn.Element, *, attached_to: str) -> bool:
    earlier = had.get(element.id)
    return earlier is not None and earlier.attached_to == attached_to and mapping.misfit(earlier, element) is None


def _waits(run: Run) -> Iterator[Token]:
    return (token for token in run.tree.tokens() if token.notes.keys() & {"host", "gateway", "starts"})


def _border(process: bpmn.Process, host: str) -> list[bpmn.Element]:
    return [
        each for each in process.elements.values() if each.attached_to == host and each.event and each.event.kind in {"timer", *_MESSAGES}
    ]


def _behind(process: bpmn.Process, gateway: bpmn.Element) -> list[bpmn.Element]:
    return [process.elements[process.flows[flow].target] for flow in gateway.outgoing]
