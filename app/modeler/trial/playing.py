"""Carry out the steps of a play in a sandbox: for the player's page, for a scenario. Only the steps are kept; everything else follows."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app import clock, exact_json
from app.modeler.trial import observing, sandbox
from app.modeler.trial.observing import Seen
from app.modeler.trial.sandbox import Deployed, Sandbox
from app.modeler.trial.steps import Play, StepRefused, carry_out

#: States that this process remembers, so that the next step need not begin at the beginning; 3 MB each. Another process plays again.
_REMEMBERED = 6


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was carried out, when (campaign time) it was over, and what could be seen then."""

    step: dict[str, Any]
    at: datetime
    seen: Seen


@dataclass(slots=True)
class Played:
    """How far a play came: ``refused`` is what stopped it before the step ``len(done)``."""

    sandbox: Sandbox
    done: list[Done] = field(default_factory=list)
    refused: StepRefused | None = None

    @property
    def seen(self) -> Seen:
        return self.done[-1].seen if self.done else Seen()


@contextmanager
def played(base: Deployed, files: Mapping[str, bytes], play: Play) -> Iterator[Played]:
    """The sandbox after the steps of *play*, as far as they can be carried out. Raises ``Refused`` when *files* may not be deployed.

    While the block runs, ``clock.now()`` of this thread is the trial's.
    """
    content = sandbox.prepared(base, files, play.begin, play.stubs)
    names = _names(content + (base.people.digest if base.people else b""), play)
    start = _State(content, play.begin, ())
    with _lock:
        for count in range(len(play.steps), 0, -1):
            if names[count] in _states:
                _states.move_to_end(names[count])
                start = _states[names[count]]
                break
    with sandbox.opened(start.content, start.at, base.people) as box:
        # What is remembered is what came of the steps; what is expected of them may be another now.
        result = Played(box, [Done(step, done.at, done.seen) for step, done in zip(play.steps, start.done, strict=False)])
        for step in play.steps[len(start.done) :]:
            try:
                carry_out(box, step)
            except StepRefused as refused:
                result.refused = refused
                break
            with box.db.reading() as session:
                result.done.append(Done(step, clock.now(), observing.see(session, result.seen.last)))
        if len(result.done) > len(start.done) and result.refused is None:
            _remember(names[len(result.done)], _State(box.kept(), clock.now(), tuple(result.done)))
        yield result


@dataclass(frozen=True, slots=True)
class _State:
    content: bytes
    at: datetime
    done: tuple[Done, ...]


_states: OrderedDict[bytes, _State] = OrderedDict()
_lock = threading.Lock()


def _remember(name: bytes, state: _State) -> None:
    with _lock:
        _states[name] = state
        while len(_states) > _REMEMBERED:
            _states.popitem(last=False)


def _names(content: bytes, play: Play) -> list[bytes]:
    """For each number of steps: what the state after them is remembered by."""
    digest = hashlib.sha256(content + play.begin.isoformat().encode())
    names = [digest.digest()]
    for step in play.steps:
        said = {name: value for name, value in step.items() if name != "expect"}
        digest.update(exact_json.dumps(said, sort_keys=True))
        names.append(digest.digest())
    return names
