"""The verbs, on real diagrams."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.db import Database
from app.engine import definitions, errors, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Activity, Definition, TaskCandidate
from tests.engine import drawing as d
from tests.engine.drawing import ANN, BOB

At = Callable[[str], datetime]

FORM = b'{"id": "%s", "type": "default", "schemaVersion": 16, "components": []%s}'


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def two_steps(db: Database) -> int:
    """Start the process a, b; returns the key of task a."""
    d.deploy(db, d.diagram("p", d.start(), d.user("a", '="office"'), d.user("b"), d.end(), flows="s>a>b>e"))
    run(db, runtime.start, "p", {"x": 1}, ANN)
    return d.task(db, "a").key


def test_an_instance_is_named_by_its_process_properties(db: Database, at: At) -> None:
    names = {"label": '="户 " + code', "subject": '="household:" + code', "scope": "V01", "businessKey": "=code"}
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), d.end(), flows="s>a>e", properties=names))
    run(db, runtime.start, "p", {"code": "007"}, ANN, campaign_id=5)
    (instance,) = d.instances(db)
    task = d.task(db, "a")
    for row in (instance, task):
        assert (row.label, row.subject, row.scope, row.business_key) == ("户 007", "household:007", "V01", "007")
        assert row.campaign_id == 5
    assert (instance.started_by, instance.version, instance.root_key) == ("ann", 1, instance.key)


def test_a_business_key_given_at_the_start_wins(db: Database, at: At) -> None:
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), d.end(), flows="s>a>e", properties={"businessKey": "=code"}))
    run(db, runtime.start, "p", {"code": "007"}, ANN, business_key="mine")
    assert d.task(db, "a").business_key == "mine"


def test_a_name_that_cannot_be_evaluated_starts_nothing(db: Database, at: At) -> None:
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), d.end(), flows="s>a>e", properties={"subject": '="s" + code'}))
    with pytest.raises(errors.StepFailed, match="longer than 100"):
        run(db, runtime.start, "p", {"code": "x" * 200}, ANN)
    assert d.instances(db) == []


def test_starting_an_unknown_process_is_not_found(db: Database) -> None:
    with pytest.raises(errors.NotFound):
        run(db, runtime.start, "nothing", {}, ANN)


def test_a_given_version_can_be_started(db: Database, at: At) -> None:
    d.deploy(db, d.diagram("p", d.start(), d.user("old"), d.end(), flows="s>old>e"))
    d.deploy(db, d.diagram("p", d.start(), d.user("new"), d.end(), flows="s>new>e"))
    run(db, runtime.start, "p", {}, ANN, version=1)
    run(db, runtime.start, "p", {}, ANN)
    assert [task.element_id for task in d.tasks(db)] == ["old", "new"]


def test_a_running_instance_stays_on_its_version(db: Database, at: At) -> None:
    key = two_steps(db)
    d.deploy(db, d.diagram("p", d.start(), d.user("c"), d.end(), flows="s>c>e"))
    run(db, runtime.complete, key, {}, ANN)
    assert [task.element_id for task in d.tasks(db)] == ["b"]


def test_completing_moves_the_token_and_keeps_who_did_it(db: Database, at: At) -> None:
    key = two_steps(db)
    at("2020-05-21T09:00:00+08:00")
    run(db, runtime.complete, key, {"y": 2}, Actor("ann", on_behalf_of="eve", origin="10.0.0.1"), detail={"submission": 7})
    (done,) = d.tasks(db, "COMPLETED")
    assert (done.completed_by, done.on_behalf_of, done.completed_at) == ("ann", "eve", d.at("2020-05-21T09:00:00+08:00"))
    (instance,) = d.instances(db)
    assert instance.variables == {"x": 1, "y": 2}
    (event,) = d.history(db, "task.completed")
    assert (event.actor, event.on_behalf_of, event.origin, event.element_id) == ("ann", "eve", "10.0.0.1", "a")
    assert d.said(event) == {"name": "a", "submission": 7}
    run(db, runtime.complete, d.task(db, "b").key, {}, BOB)
    (instance,) = d.instances(db)
    assert (instance.state, instance.ended_at) == ("COMPLETED", d.at("2020-05-21T09:00:00+08:00"))
    assert [event.kind for event in d.history(db)] == [
        "deployment.made",
        "instance.started",
        "instance.stepped",
        "task.opened",
        "task.completed",
        "instance.stepped",
        "task.opened",
        "task.completed",
        "instance.stepped",
        "instance.completed",
    ]


def test_every_visit_of_a_token_is_one_row_of_history(db: Database, at: At) -> None:
    key = two_steps(db)
    at("2020-05-21T09:00:00+08:00")
    run(db, runtime.complete, key, {}, ANN)
    rows = d.read(db, lambda s: s.scalars(select(Activity).order_by(Activity.key)).all())
    seen = [(row.element_id, row.kind, row.how, row.left_at is None) for row in rows]
    assert seen == [
        ("s", "startEvent", "completed", False),
        ("a", "userTask", "completed", False),
        ("b", "userTask", "", True),
    ]
    assert rows[1].entered_at == d.at("2020-05-21T08:00:00+08:00")
    assert rows[1].left_at == d.at("2020-05-21T09:00:00+08:00")


def test_a_task_that_is_done_says_by_whom_and_when(db: Database, at: At) -> None:
    key = two_steps(db)
    run(db, runtime.complete, key, {}, ANN)
    with pytest.raises(errors.Conflict) as refused:
        run(db, runtime.complete, key, {}, BOB)
    assert refused.value.code == "task_done"
    assert refused.value.params == {"by": "ann", "at": d.at("2020-05-21T08:00:00+08:00")}
    assert refused.value.text("zh") == "ann已于 05-21 08:00 完成了这项任务。"
    assert len(d.tasks(db)) == 1


def test_an_unknown_task_is_not_found(db: Database) -> None:
    for verb in (runtime.claim, runtime.release):
        with pytest.raises(errors.NotFound):
            run(db, verb, 1, ANN)
    with pytest.raises(errors.NotFound):
        run(db, runtime.complete, 1, {}, ANN)


def test_a_step_that_fails_changes_nothing_and_becomes_an_incident(db: Database, at: At) -> None:
    gateway = d.element("exclusiveGateway", "g")
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), gateway, d.user("b"), d.end(), flows="s>a>g; g>[big]b>e; g>[default]e"))
    run(db, runtime.start, "p", {}, ANN)
    task = d.task(db, "a")
    before = d.history(db)
    (instance,) = d.instances(db)
    with pytest.raises(errors.StepFailed) as failed:
        run(db, runtime.complete, task.key, {"big": 1}, ANN)
    assert failed.value.element_id == "g"
    assert len(d.history(db)) == len(before)
    (unchanged,) = d.instances(db)
    assert (unchanged.revision, unchanged.variables) == (instance.revision, {})
    for _ in range(2):  # the same failure twice is one incident
        run(db, runtime.record_incident, failed.value, task_key=task.key)
    (incident,) = d.incidents_of(db)
    assert (incident.element_id, incident.kind, incident.state, incident.instance_key) == ("g", "gateway", "OPEN", instance.key)
    assert incident.message == str(failed.value)


def test_an_incident_of_a_task_ends_when_the_task_is_completed(db: Database, at: At) -> None:
    key = two_steps(db)
    run(db, runtime.record_incident, errors.StepFailed("no way out", element_id="g", kind="gateway"), task_key=key)
    run(db, runtime.complete, key, {}, ANN)
    (incident,) = d.incidents_of(db)
    assert incident.state == "RESOLVED"


def test_a_task_carries_what_the_inbox_shows(db: Database, at: At) -> None:
    mapped = '<zeebe:ioMapping><zeebe:input source="=x + 1" target="local"/></zeebe:ioMapping>'
    prop = '<zeebe:properties><zeebe:property name="stage" value="submitted"/></zeebe:properties>'
    task = d.user("a", '=["g:" + code, "office"]', form="f1", extensions=mapped + prop, dueDate="2020-05-26T18:00:00+08:00")
    d.deploy(db, d.diagram("p", d.start(), task, d.end(), flows="s>a>e"), FORM % (b"f1", b""))
    run(db, runtime.start, "p", {"x": 1, "code": "G03"}, ANN)
    row = d.task(db, "a")
    form = d.read(db, lambda s: s.scalar(select(Definition.key).where(Definition.kind == "form")))
    assert (row.form_id, row.form_key, row.due_at) == ("f1", form, d.at("2020-05-26T18:00:00+08:00"))
    assert (row.variables, row.properties, row.candidate_groups) == ({"local": 2}, {"stage": "submitted"}, ["g:G03", "office"])
    values = d.read(db, lambda s: set(s.scalars(select(TaskCandidate.value).where(TaskCandidate.task_key == row.key))))
    assert values == {"g:G03", "office"}


def test_a_task_opens_with_the_form_that_is_newest_then(db: Database, at: At) -> None:
    diagram = d.diagram("p", d.start(), d.user("a", form="f1"), d.user("b", form="f1"), d.end(), flows="s>a>b>e")
    d.deploy(db, diagram, FORM % (b"f1", b""))
    run(db, runtime.start, "p", {}, ANN)
    d.deploy(db, FORM % (b"f1", b', "exporter": {"name": "x", "version": "1"}'))
    run(db, runtime.complete, d.task(db, "a").key, {}, ANN)
    forms = d.read(db, lambda s: s.scalars(select(Definition.key).where(Definition.kind == "form").order_by(Definition.version)).all())
    assert [task.form_key for task in (*d.tasks(db, "COMPLETED"), *d.tasks(db))] == list(forms)


def test_a_task_that_nobody_may_take_is_an_incident(db: Database, at: At) -> None:
    d.deploy(db, d.diagram("p", d.start(), d.user("a", "=groups"), d.end(), flows="s>a>e"))
    run(db, runtime.start, "p", {"groups": []}, ANN)
    (incident,) = d.incidents_of(db)
    assert (incident.kind, incident.element_id) == ("assignment", "a")


def test_candidates_go_when_the_task_closes(db: Database, at: At) -> None:
    key = two_steps(db)
    run(db, runtime.complete, key, {}, ANN)
    assert d.read(db, lambda s: [row.task_key for row in s.scalars(select(TaskCandidate))]) == [d.task(db, "b").key]


def test_claim_release_and_hand_over_are_recorded(db: Database, at: At) -> None:
    key = two_steps(db)
    run(db, runtime.claim, key, ANN)
    run(db, runtime.claim, key, ANN)
    with pytest.raises(errors.Conflict) as held:
        run(db, runtime.claim, key, BOB)
    assert (held.value.code, held.value.params) == ("task_held", {"by": "ann"})
    run(db, runtime.hand_over, key, "bob", ANN, reason="on leave")
    assert d.task(db, "a").assignee == "bob"
    run(db, runtime.release, key, BOB)
    run(db, runtime.release, key, BOB)
    assert d.task(db, "a").assignee is None
    events = d.history(db, "task.claimed", "task.handed_over", "task.released")
    assert [event.kind for event in events] == ["task.claimed", "task.handed_over", "task.released"]
    assert d.said(events[1]) == {"name": "a", "from": "ann", "to": "bob", "reason": "on leave"}


def test_a_substitute_claims_for_the_absent_person(db: Database, at: At) -> None:
    key = two_steps(db)
    run(db, runtime.claim, key, Actor("bob", on_behalf_of="eve"))
    run(db, runtime.claim, key, Actor("eve"))
    assert d.task(db, "a").assignee == "eve"
    (event,) = d.history(db, "task.claimed")
    assert (event.actor, event.on_behalf_of) == ("bob", "eve")
    with pytest.raises(errors.Conflict):
        run(db, runtime.claim, key, BOB)


def test_variables_are_changed_with_old_and_new_value(db: Database, at: At) -> None:
    two_steps(db)
    (instance,) = d.instances(db)
    run(db, runtime.set_variables, instance.key, {"x": 5, "z": [1]}, BOB, reason="typing mistake")
    (instance,) = d.instances(db)
    assert instance.variables == {"x": 5, "z": [1]}
    (event,) = d.history(db, "variables.changed")
    assert d.said(event) == {"variables": {"x": {"old": 1, "new": 5}, "z": {"old": None, "new": [1]}}, "reason": "typing mistake"}


def test_cancelling_ends_tasks_timers_and_the_instance(db: Database, at: At) -> None:
    d.deploy(db, d.conformance("boundary-timer-interrupting"))
    run(db, runtime.start, "boundary_timer_interrupting", {}, ANN)
    (instance,) = d.instances(db)
    assert len(d.jobs_of(db)) == 1
    run(db, runtime.cancel, instance.key, BOB, reason="started twice")
    (instance,) = d.instances(db)
    assert instance.state == "TERMINATED"
    assert d.jobs_of(db) == [] and d.tasks(db) == [] and len(d.tasks(db, "CANCELED")) == 1
    kinds = [event.kind for event in d.history(db)][-2:]
    assert kinds == ["task.canceled", "instance.terminated"]
    with pytest.raises(errors.Conflict) as ended:
        run(db, runtime.cancel, instance.key, BOB)
    assert ended.value.code == "instance_ended"
    with pytest.raises(errors.Conflict) as gone:
        run(db, runtime.complete, d.tasks(db, "CANCELED")[0].key, {}, ANN)
    assert gone.value.code == "task_canceled"


def test_a_thrown_error_is_caught_at_the_border(db: Database, at: At) -> None:
    border = d.boundary("b", "a", d.on_error("BAD"))
    elements = (d.start(), d.service("a", "t"), border, d.user("c"), d.end(), d.end("e2"))
    diagram = d.diagram("p", *elements, flows="s>a>e; b>c>e2", roots=d.error("BAD"))
    d.deploy(db, diagram, task_types=("t",))
    run(db, runtime.start, "p", {}, ANN)
    (job,) = d.jobs_of(db, kind="service")
    run(db, runtime.throw_error, job.activity_key, "BAD", BOB, message="broken")
    assert [task.element_id for task in d.tasks(db)] == ["c"]
    assert d.jobs_of(db, kind="service") == []
    with pytest.raises(errors.Conflict) as gone:
        run(db, runtime.throw_error, job.activity_key, "BAD", BOB)
    assert gone.value.code == "activity_gone"


def test_a_suspended_instance_stands_still_until_it_is_resumed(db: Database, at: At) -> None:
    key = two_steps(db)
    (instance,) = d.instances(db)
    run(db, runtime.suspend, instance.key, BOB, reason="check")
    with pytest.raises(errors.Conflict) as held:
        run(db, runtime.complete, key, {}, ANN)
    assert held.value.code == "instance_suspended"
    with pytest.raises(errors.Conflict):
        run(db, runtime.suspend, instance.key, BOB)
    run(db, runtime.resume, instance.key, BOB)
    with pytest.raises(errors.Conflict) as active:
        run(db, runtime.resume, instance.key, BOB)
    assert active.value.code == "instance_active"
    run(db, runtime.complete, key, {}, ANN)
    assert [event.kind for event in d.history(db, "instance.suspended", "instance.resumed")] == ["instance.suspended", "instance.resumed"]


def test_a_process_that_calls_itself_for_ever_fails(db: Database, at: At) -> None:
    """The check warns; it is not refused, because a condition that the check cannot read may end it."""
    files = {"p.bpmn": d.diagram("p", d.start(), d.call("c", "p"), d.end(), flows="s>c>e")}
    made = db.in_transaction(lambda session: definitions.deploy(session, files, ANN, now=clock.now()))
    assert [(each.code, each.element_id) for each in made.warnings] == [("calls_itself", "c")]
    with pytest.raises(errors.StepFailed) as failed:
        run(db, runtime.start, "p", {}, ANN)
    assert failed.value.kind == "limit"
    assert d.instances(db) == []


def test_a_task_completed_in_the_same_transaction_as_other_rows_is_one_commit(db: Database, at: At) -> None:
    """What a route writes beside the completion is kept or lost together with it."""
    key = two_steps(db)

    def work(session: Any) -> None:
        runtime.complete(session, key, {}, ANN)
        raise LookupError("after the completion")

    with pytest.raises(LookupError):
        db.in_transaction(work)
    assert [task.element_id for task in d.tasks(db)] == ["a"]
    assert jobs.drain(db) == 0
