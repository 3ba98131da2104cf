"""Timers that repeat: armed, fired, and taken over by another version of the process.

What a waiting token remembers of its cycle: ``cycle`` as it was evaluated, ``from`` when it was armed, ``due`` when it fires next,
``left`` how often after that (None: for ever), ``occurrence`` how many of its times have passed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.engine import bpmn, feel, timers
from app.engine import step as steps
from app.engine.errors import StepFailed

if TYPE_CHECKING:
    from app.engine.spiff.run import Run
    from app.engine.spiff.tree import Token

_NOTES = ("cycle", "from", "due", "left", "occurrence")


def arm(run: Run, token: Token, element: bpmn.Element, sees: int) -> steps.Timer:
    """When the timer of *element* fires first, counted from now."""
    value, due, repetitions = _evaluate(run, element, sees)
    for name in _NOTES:
        token.notes.pop(name, None)
    if _repeats(element):
        left = None if repetitions is None else repetitions - 1
        token.notes |= {"cycle": feel.to_json(value), "left": left, "due": due.isoformat(), "occurrence": 0, "from": run.now.isoformat()}
    return steps.Timer(token.id, element.id, due)


def count_anew(run: Run, token: Token, element: bpmn.Element, sees: int, begun: datetime) -> steps.Timer:
    """When it fires, counted from when what it hangs on began."""
    now, run.now = run.now, begun
    try:
        return arm(run, token, element, sees)
    finally:
        run.now = now


def fired(run: Run, token: Token, element: bpmn.Element) -> steps.Timer | None:
    """The timer has fired and its token waits on: its next turn. None: that was the last."""
    notes, left = token.notes, token.notes.get("left")
    if "cycle" not in notes or left == 0:
        return None
    cycle, previous = notes["cycle"], datetime.fromisoformat(notes["due"])
    anchor = datetime.fromisoformat(notes["from"]) if "from" in notes else None
    after = None if timers.catches_up(element.properties, left) else run.now
    due = timers.next_occurrence(cycle, previous, anchor=anchor, after=after)
    missed = timers.left_out(cycle, previous, due, anchor=anchor)
    if left is not None and left <= missed:
        return None  # all its moments have passed
    occurrence = notes["occurrence"] + 1 + missed
    token.notes |= {"left": None if left is None else left - 1 - missed, "due": due.isoformat(), "occurrence": occurrence}
    return steps.Timer(token.id, element.id, due, occurrence)


def go_on(run: Run, token: Token, element: bpmn.Element, sees: int, due: datetime) -> bool:
    """Another version says when the timer fires: it keeps its *due* time and repeats from there as that says. False: it has fired as often
    already."""
    passed = token.notes.get("occurrence", 0)
    value, _first, repetitions = _evaluate(run, element, sees)
    if not _repeats(element):
        repetitions = 1
    if repetitions is not None and passed >= repetitions:
        return False
    for name in _NOTES:
        token.notes.pop(name, None)
    if _repeats(element):
        left = None if repetitions is None else repetitions - passed - 1
        moment = due.isoformat()
        token.notes |= {"cycle": feel.to_json(value), "left": left, "due": moment, "occurrence": passed, "from": moment}
    return True


def _repeats(element: bpmn.Element) -> bool:
    return element.event is not None and element.event.timer == "cycle"


def _evaluate(run: Run, element: bpmn.Element, sees: int) -> tuple[Any, datetime, int | None]:
    event = element.event
    if event is None:
        raise StepFailed("an event without a definition cannot be waited for", element_id=element.id, kind="unsupported")
    (value,) = run.evaluate([event.expression], sees, element.id)
    try:
        return (value, *timers.due(event.timer or "duration", value, run.now))
    except ValueError as error:
        raise StepFailed(f"the timer “{event.expression}”: {error}", element_id=element.id, kind="timer") from error
