"""The replay is true: at every step its tokens stand where the live instance had them, whatever the diagram does, migrated or not.

The slider's own code (``app/frontend/replay/frames.js``) runs here in V8, over what the server gives it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from py_mini_racer import MiniRacer
from sqlalchemy import select

from app import clock
from app.db import Database
from app.engine import jobs, runtime, spiff
from app.engine.models import Activity, ProcessInstance, SubscriptionRow
from tests import web
from tests.engine import drawing as d
from tests.engine.drawing import ANN
from tests.engine.test_migration import linear, newest, run

At = Callable[[str], datetime]
FRAMES = Path(__file__).resolve().parents[2] / "app" / "frontend" / "replay" / "frames.js"
#: Diagrams of the conformance suite: what cancels, repeats, multiplies, nests, waits and calls.
DIAGRAMS = (
    "boundary-timer-interrupting",
    "boundary-timer-noninterrupting",
    "boundary-timer-cycle",
    "boundary-message-interrupting",
    "boundary-message-noninterrupting",
    "boundary-signal-interrupting",
    "call-activity",
    "call-activity-multi-parallel",
    "call-activity-multi-sequential",
    "event-based-gateway",
    "event-subprocess-message-interrupting",
    "event-subprocess-message-noninterrupting",
    "event-subprocess-timer-interrupting",
    "event-subprocess-signal",
    "inclusive-gateway",
    "parallel-gateway",
    "parallel-gateway-in-loop",
    "subprocess",
    "subprocess-nested-parallel",
    "user-task-loop",
    "end-terminate-in-subprocess",
    "catch-timer-duration",
)
#: Variables with which all of them run.
GIVEN: dict[str, Any] = {
    "due": "2020-05-22T08:00:00+08:00",
    "items": [{"code": "A"}, {"code": "B"}, {"code": "C"}],
    "y": True,
    "h": 2,
    "again": True,
    "why": "",
    "text": "",
}
#: Steps of the play.
STEPS = 14
Tokens = dict[str, int]


@pytest.fixture(scope="module")
def slider() -> MiniRacer:
    """The slider's code: where tokens are at a moment, by which diagram."""
    machine = MiniRacer()
    machine.eval(re.sub(r"^export ", "", FRAMES.read_text(encoding="utf-8"), flags=re.MULTILINE))
    machine.eval(
        "function tokensAt(data, at) { return [...statesAt(data.visits, at, data.joining)].filter(([, each]) => each.state === 'here')"
        ".map(([id, each]) => [id, each.tokens]); }"
        "function momentsOf(data) { return framesOf(data).map(each => each.at); }"
    )
    return machine


class Live:
    """Instances that go on, and where their tokens really stood after each act."""

    def __init__(self, db: Database, at: At) -> None:
        self.db, self.now = db, clock.now()
        self.move = at
        #: (instance, moment) -> element -> tokens
        self.stood: dict[tuple[int, datetime], Tokens] = {}

    def act(self, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """One act, with everything that follows from it at the same moment; then look."""
        self.now += timedelta(minutes=1)
        self.move(self.now.isoformat())
        found = run(self.db, verb, *args, **named)
        self.settle()
        return found

    def settle(self) -> None:
        jobs.drain(self.db, ignore_backoff=True)
        for instance in d.instances(self.db):
            waiting = [place.element_id for place in spiff.places(instance.tokens) if not place.waits] if running(instance) else []
            self.stood[instance.key, self.now] = dict(Counter(waiting))

    def wait(self, until: datetime) -> None:
        self.now = max(until, self.now + timedelta(seconds=1))
        self.move(self.now.isoformat())
        self.settle()


def running(instance: ProcessInstance) -> bool:
    return instance.state in ("ACTIVE", "SUSPENDED")


def replayed(app: Flask, slider: MiniRacer, live: Live, *, least: int = 60) -> None:
    """Every moment of every instance is the same in the replay."""
    auditor = web.signed_in_as(app, "auditor")
    compared = moved = 0
    for key in {instance for instance, _at in live.stood}:
        data = json.loads(auditor.get(f"/audit/instances/{key}/replay").get_data(as_text=True))
        before: Tokens = {}
        for (instance, at), stood in sorted(live.stood.items(), key=lambda each: each[0][1]):
            if instance != key:
                continue
            shown = dict(slider.call("tokensAt", data, at.isoformat()))
            assert shown == stood, f"instance {key} at {at}: {shown} is shown, {stood} was so"
            compared, moved, before = compared + 1, moved + (stood != before), stood
    assert compared > len(live.stood) // 2
    assert moved >= least, "too little moved for the comparison to mean anything"


@pytest.fixture
def live(db: Database, at: At, tmp_path: Path) -> Iterator[tuple[Live, Flask]]:
    app = web.application(db, tmp_path)
    web.person(db, "auditor", "auditor", campaign_id=0)
    web.person(db, "worker", "office", "investigator:G03")  # those for whom the diagrams' tasks are
    yield Live(db, at), app


def test_every_step_of_a_replay_is_what_the_live_instance_had(live: tuple[Live, Flask], slider: MiniRacer) -> None:
    made, app = live
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    d.deploy(made.db, *(d.conformance(name) for name in DIAGRAMS), child)
    for name in DIAGRAMS:
        process = name.replace("-", "_")
        made.act(runtime.start, process, {**GIVEN, "id": process, "x": process == "inclusive_gateway" or 5}, ANN)
    for step in range(STEPS):
        go_on(made, step)
    assert not d.incidents_of(made.db)
    assert canceled(made.db) > 5
    replayed(app, slider, made)


def canceled(db: Database) -> int:
    return len(d.read(db, lambda s: list(s.scalars(select(Activity.key).where(Activity.how == "canceled")))))


def go_on(made: Live, step: int) -> None:
    """What waits for a message, a signal or the clock comes, then what is open is completed, in turns."""
    open_tasks = d.tasks(made.db)
    if step % 3 and open_tasks:
        seen = set()
        for task in open_tasks:
            if task.instance_key not in seen:
                seen.add(task.instance_key)
                made.act(runtime.complete, task.key, {"again": step < 4}, ANN)
        return
    for waits in d.read(made.db, lambda s: list(s.scalars(select(SubscriptionRow)))):
        if waits.kind == "message":
            made.act(runtime.publish_message, waits.name, waits.correlation_key, {}, ANN)
        else:
            made.act(runtime.broadcast_signal, waits.name, {}, ANN)
    timers = d.jobs_of(made.db, kind="timer")
    if timers:
        made.wait(timers[0].due_at)


def test_a_migrated_instance_is_replayed_on_the_diagrams_it_went_by(live: tuple[Live, Flask], slider: MiniRacer) -> None:
    """Before the migration its token stands on the old element of the old version, then on the new one; also when it is taken back."""
    made, app = live
    d.deploy(made.db, linear(d.user("a"), d.user("old"), flows="s>a>old>e"))
    first = newest(made.db)
    instances = [made.act(runtime.start, "p", {}, ANN) for _ in range(2)]
    for instance in instances:
        made.act(runtime.complete, d.task(made.db, "a", instance_key=instance.key).key, {}, ANN)
    d.deploy(made.db, linear(d.user("a"), d.user("new"), d.user("after"), flows="s>a>new>after>e"))
    moves = [made.act(runtime.migrate, each.key, newest(made.db), {"old": "new"}, ANN, reason="改图") for each in instances]
    there = made.now
    made.act(runtime.take_back_migration, moves[1].key, ANN, reason="不对")
    for element, instance in (("new", instances[0]), ("after", instances[0]), ("old", instances[1])):
        made.act(runtime.complete, d.task(made.db, element, instance_key=instance.key).key, {}, ANN)
    auditor = web.signed_in_as(app, "auditor")
    for instance, versions, standing in ((instances[0], [1, 2], "new"), (instances[1], [1, 2, 1], "new")):
        data = json.loads(auditor.get(f"/audit/instances/{instance.key}/replay").get_data(as_text=True))
        assert [each["version"] for each in data["diagrams"]] == versions
        assert 'id="old"' in data["diagrams"][0]["xml"]
        assert 'id="new"' in data["diagrams"][1]["xml"]
        assert slider.call("diagramAt", data["diagrams"], there.isoformat()) == 1
        assert dict(slider.call("tokensAt", data, there.isoformat())) == {standing: 1}
        assert slider.call("diagramAt", data["diagrams"], data["started"]) == 0
        assert set(slider.call("momentsOf", data)) >= {each["from"] for each in data["diagrams"] if each["from"]}
    assert first != newest(made.db)
    replayed(app, slider, made, least=4)
