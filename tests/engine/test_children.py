"""Call activities: child instances, many of them, errors and escalations that cross to the parent, cancellation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.db import Database
from app.engine import call_activities, errors, jobs, leases, runtime, work
from app.engine.models import Call, JobRow, ProcessInstance
from tests.engine import drawing as d
from tests.engine.drawing import ANN

At = Callable[[str], datetime]

CHILD = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e", properties={"label": '="户 " + string(item)'})


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def start(db: Database, process: str = "p", **variables: Any) -> ProcessInstance:
    return run(db, runtime.start, process, variables, ANN, campaign_id=9)


def parent(db: Database, called: str, *more: str, flows: str = "s>c>after>e", roots: str = "", child: bytes = CHILD, **names: str) -> None:
    d.deploy(db, d.diagram("p", d.start(), called, d.user("after"), d.end(), *more, flows=flows, roots=roots, properties=names), child)


def visit(db: Database, count: int | None = None, **variables: Any) -> None:
    """Complete the oldest (or *count*) open visits."""
    for task in d.tasks(db, element_id="visit")[:count]:
        run(db, runtime.complete, task.key, variables, ANN)


def running(db: Database, **where: Any) -> list[ProcessInstance]:
    return d.instances(db, state="ACTIVE", **where)


def test_a_single_child_starts_at_once_and_brings_its_variables_home(db: Database, at: At) -> None:
    parent(db, d.call("c", "child"), subject="group:G1", scope="V01")
    top = start(db, item=3)
    (child,) = d.instances(db, process_id="child")
    assert (child.parent_key, child.root_key, child.campaign_id) == (top.key, top.key, 9)
    assert (child.label, child.subject, child.scope) == ("户 3", "group:G1", "V01")
    visit(db, found="nothing")
    assert d.tasks(db) == []
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    (top,) = running(db)
    assert top.variables == {"item": 3, "found": "nothing"}


def test_five_children_start_at_once_and_the_last_one_lets_the_parent_go_on(db: Database, at: At, monkeypatch: Any) -> None:
    parent(db, d.call("c", "child", items="list", output=("results", "found")))
    top = start(db, list=["a", "b", "c", "d", "e"])
    assert [(row.parent_index, row.label) for row in d.instances(db, process_id="child")] == list(
        enumerate(["户 a", "户 b", "户 c", "户 d", "户 e"])
    )
    loaded: list[int] = []
    load = work.Work.load
    monkeypatch.setattr(work.Work, "load", lambda self, key, **named: loaded.append(key) or load(self, key, **named))
    for number, task in reversed(list(enumerate(d.tasks(db)))):
        run(db, runtime.complete, task.key, {"found": number * 10}, ANN)
        jobs.drain(db)
    # Only when the last child had ended.
    assert loaded == [top.key]
    (top,) = running(db)
    assert top.variables["results"] == [0, 10, 20, 30, 40]
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    assert d.read(db, lambda s: s.scalars(select(Call)).all()) == []
    assert d.jobs_of(db) == []


def test_many_children_start_in_chunks_with_progress(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="for i in 1..120 return i"))
    start(db)
    assert d.instances(db, process_id="child") == []
    (job,) = d.jobs_of(db)
    assert (job.kind, job.payload) == ("children", {"started": 0, "total": 120})
    jobs.run_due(db, limit=1)
    assert len(d.instances(db, process_id="child")) == call_activities.CHUNK == 50
    (job,) = d.jobs_of(db)
    assert job.payload == {"started": 50, "total": 120}
    assert d.history(db, "children.started") == []
    jobs.drain(db)
    indexes = [row.parent_index for row in d.instances(db, process_id="child")]
    assert sorted(indexes) == list(range(120))
    (event,) = d.history(db, "children.started")
    assert d.said(event) == {"started": 120, "total": 120}
    visit(db)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]


def test_children_that_end_while_others_are_still_being_started_do_not_end_the_call(db: Database, at: At) -> None:
    child = d.diagram("child", d.start(), d.end(), flows="s>e")
    parent(db, d.call("c", "child", items="for i in 1..60 return i"), child=child)
    start(db)
    jobs.run_due(db, limit=1)
    while d.jobs_of(db, kind="child_ended"):
        assert jobs.run_due(db, kinds={"child_ended"}) == 50
    assert d.tasks(db) == []
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    assert len(d.instances(db, process_id="child", state="COMPLETED")) == 60


def test_an_empty_collection_goes_on_at_once(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="[]", output=("results", "found")))
    start(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    assert running(db)[0].variables == {"results": []}


def test_a_sequence_starts_the_next_when_one_has_ended(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="list", sequential=True, output=("results", "found + loopCounter")))
    start(db, list=["a", "b", "c"])
    for number, label in enumerate(["户 a", "户 b", "户 c"]):
        (task,) = d.tasks(db)
        assert task.label == label
        run(db, runtime.complete, task.key, {"found": number * 10}, ANN)
        jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    assert running(db)[0].variables["results"] == [1, 12, 23]


@pytest.mark.parametrize("sequential", [True, False])
def test_a_completion_condition_ends_the_call_and_cancels_the_others(db: Database, at: At, sequential: bool) -> None:
    called = d.call(
        "c", "child", items="list", sequential=sequential, output=("results", "found"), enough="=numberOfCompletedInstances >= 2"
    )
    parent(db, called)
    start(db, list=["a", "b", "c", "d"])
    for number in range(2):
        assert d.tasks(db, element_id="after") == []
        run(db, runtime.complete, d.tasks(db)[0].key, {"found": number}, ANN)
        jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    (top,) = running(db)
    assert top.variables["results"] == [0, 1, None, None]
    states = [row.state for row in d.instances(db, process_id="child")]
    assert states == (["COMPLETED"] * 2 if sequential else ["COMPLETED", "COMPLETED", "TERMINATED", "TERMINATED"])
    assert d.read(db, lambda s: s.scalars(select(Call)).all()) == [] and d.jobs_of(db) == []


def test_children_run_the_newest_version_at_their_start(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="list", sequential=True))
    start(db, list=[1, 2])
    d.deploy(db, d.diagram("child", d.start(), d.user("newer"), d.end(), flows="s>newer>e"))
    visit(db)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["newer"]


def test_an_error_of_a_child_is_caught_at_the_call_activity_and_ends_its_sisters(db: Database, at: At) -> None:
    child = d.diagram("child", d.start(), d.user("visit"), d.end("e", d.on_error("BAD")), flows="s>visit>e", roots=d.error("BAD"))
    border = d.boundary("x", "c", d.on_error("BAD"))
    flows = "s>c>after>e; x>caught>e2"
    called = d.call("c", "child", items="[1, 2, 3]")
    parent(db, called, border, d.user("caught"), d.end("e2"), flows=flows, roots=d.error("BAD"), child=child)
    start(db)
    visit(db, 1)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["caught"]
    assert [row.state for row in d.instances(db, process_id="child")] == ["TERMINATED"] * 3
    assert d.jobs_of(db) == [] and d.incidents_of(db) == []


def test_an_error_that_nobody_catches_is_an_incident_of_the_parent_and_can_be_retried(db: Database, at: At) -> None:
    child = d.diagram("child", d.start(), d.user("visit"), d.end("e", d.on_error("BAD")), flows="s>visit>e", roots=d.error("BAD"))
    parent(db, d.call("c", "child"), child=child)
    top = start(db)
    visit(db)
    jobs.drain(db)
    (incident,) = d.incidents_of(db)
    assert (incident.instance_key, incident.kind) == (top.key, "error")
    run(db, runtime.retry, incident.key, ANN)
    jobs.drain(db)
    assert [row.state for row in d.incidents_of(db)] == ["RESOLVED", "OPEN"]


def test_an_escalation_reaches_the_parent_and_the_child_goes_on(db: Database, at: At) -> None:
    throw = d.element("intermediateThrowEvent", "t", d.on_escalation("LATE"))
    child = d.diagram("child", d.start(), throw, d.user("visit"), d.end(), flows="s>t>visit>e", roots=d.escalation("LATE"))
    border = d.boundary("x", "c", d.on_escalation("LATE"), interrupting=False)
    flows = "s>c>after>e; x>look>e2"
    parent(db, d.call("c", "child"), border, d.user("look"), d.end("e2"), flows=flows, roots=d.escalation("LATE"), child=child)
    start(db)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["visit", "look"]
    visit(db)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["look", "after"]
    assert [event.detail["code"] for event in d.history(db, "escalation.thrown")] == ["LATE"]


def test_a_cancelled_call_activity_cancels_its_children_and_theirs(db: Database, at: At) -> None:
    middle = d.diagram("middle", d.start(), d.call("c", "child", items="[1, 2]"), d.end(), flows="s>c>e")
    border = d.boundary("x", "c", d.timer("timeDuration", "PT1H"))
    called = d.call("c", "middle", items="[1, 2, 3]")
    top = d.diagram("p", d.start(), called, border, d.user("late"), d.end(), d.end("e2"), flows="s>c>e; x>late>e2")
    d.deploy(db, top, middle, CHILD)
    start(db)
    assert len(d.tasks(db)) == 6
    at("2020-05-21T09:30:00+08:00")
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["late"]
    assert {row.process_id for row in running(db)} == {"p"}
    assert len(d.tasks(db, "CANCELED")) == 6
    assert d.read(db, lambda s: s.scalars(select(Call)).all()) == [] and d.jobs_of(db) == []


def test_hundreds_of_children_are_cancelled_in_parts(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="for i in 1..70 return i"))
    top = start(db)
    jobs.drain(db)
    assert len(d.tasks(db)) == 70
    run(db, runtime.cancel, top.key, ANN)
    assert len(d.tasks(db)) == 70 - work.CANCEL_AT_ONCE
    jobs.drain(db)
    assert d.tasks(db) == [] and running(db) == [] and d.jobs_of(db) == []


def test_a_call_that_is_cancelled_while_its_children_start_starts_no_more(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="for i in 1..120 return i"))
    top = start(db)
    jobs.run_due(db, limit=1)
    run(db, runtime.cancel, top.key, ANN)
    jobs.drain(db)
    assert running(db) == [] and d.jobs_of(db) == []
    assert len(d.instances(db, process_id="child")) == 50


def test_a_child_cancelled_by_a_person_counts_as_ended(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="[1, 2]", output=("results", "found")))
    start(db)
    first = d.instances(db, process_id="child")[0]
    run(db, runtime.cancel, first.key, ANN)
    visit(db, found=7)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    assert running(db)[0].variables["results"] == [None, 7]


def test_suspending_the_parent_suspends_the_children(db: Database, at: At) -> None:
    parent(db, d.call("c", "child", items="for i in 1..8 return i"))
    top = start(db)
    run(db, runtime.suspend, top.key, ANN)
    jobs.drain(db)
    assert d.instances(db, process_id="child") == []
    run(db, runtime.resume, top.key, ANN)
    jobs.drain(db)
    run(db, runtime.suspend, top.key, ANN)
    assert {row.state for row in d.instances(db)} == {"SUSPENDED"}
    run(db, runtime.resume, top.key, ANN)
    assert {row.state for row in d.instances(db)} == {"ACTIVE"}
    assert len(d.history(db, "instance.suspended")) == 1 + 9


def test_a_child_that_ends_below_a_suspended_parent_is_heard_after_its_resumption(db: Database, at: At) -> None:
    parent(db, d.call("c", "child"))
    top = start(db, item=1)
    run(db, runtime.suspend, top.key, ANN)
    (child,) = d.instances(db, process_id="child")
    run(db, runtime.resume, child.key, ANN)
    visit(db)
    jobs.drain(db)
    assert [(job.kind, job.state) for job in d.jobs_of(db)] == [("child_ended", "SUSPENDED")]
    run(db, runtime.resume, top.key, ANN)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["after"]


def test_a_chunk_that_is_run_twice_starts_nobody_twice(db: Database, at: At) -> None:
    """Two workers hold the same job, the first one's lease having ended."""
    parent(db, d.call("c", "child", items="for i in 1..60 return i"))
    start(db)
    (key,) = (job.key for job in d.jobs_of(db))
    (slow,) = db.in_transaction(lambda session: leases.take(session, [key]))
    jobs.release_leases(db)
    jobs.run_due(db, limit=1)
    jobs._run(db, slow)
    assert d.read(db, lambda s: s.scalar(select(func.count()).where(ProcessInstance.process_id == "child"))) == 50
    jobs.drain(db)
    assert d.read(db, lambda s: s.scalar(select(func.count()).where(ProcessInstance.process_id == "child"))) == 60


def test_an_unknown_called_process_is_an_incident_of_the_call(db: Database, at: At) -> None:
    called = d.element("callActivity", "c", extensions='<zeebe:calledElement processId="=which"/>')
    parent(db, called)
    with pytest.raises(errors.StepFailed) as failed:
        start(db, which="nobody")
    assert (failed.value.element_id, failed.value.kind) == ("c", "process")


def test_a_job_that_was_left_leased_is_taken_up_again(db: Database, at: At) -> None:
    """A worker died between two chunks."""
    parent(db, d.call("c", "child", items="for i in 1..120 return i"))
    start(db)
    jobs.run_due(db, limit=1)
    db.in_transaction(lambda s: leases.take(s, list(s.scalars(select(JobRow.key)))))
    db.in_transaction(lambda s: s.execute(update(JobRow).values(lease_until=d.at("2020-01-01T00:00:00Z"))))
    jobs.drain(db)
    assert len(d.tasks(db)) == 120
