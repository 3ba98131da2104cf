"""Service tasks, timers, retries, incidents, children and the worker, on real diagrams."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app import clock
from app.db import Database
from app.engine import definitions, errors, events, feel_sandbox, handlers, jobs, leases, runtime
from app.engine.models import Idempotency, JobRow
from tests.engine import drawing as d
from tests.engine.drawing import ANN

At = Callable[[str], datetime]


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A registry of handlers of this test's own."""
    own: dict[str, Any] = {}
    monkeypatch.setattr(handlers, "HANDLERS", own)
    yield own


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def start(db: Database, process: str = "p", **variables: Any) -> Any:
    return run(db, runtime.start, process, variables, ANN)


def with_service(db: Database, *more: str, flows: str = "s>a>b>e", retries: str = "3", roots: str = "") -> None:
    extensions = '<zeebe:taskHeaders><zeebe:header key="mode" value="full"/></zeebe:taskHeaders>'
    service = d.service("a", "t", retries=retries, extensions=extensions)
    d.deploy(db, d.diagram("p", d.start(), service, d.user("b"), d.end(), *more, flows=flows, roots=roots), task_types=("t",))


# --- service tasks --------------------------------------------------------------------------------------------------------


def test_a_handler_gets_its_job_and_its_result_goes_to_the_instance(db: Database, at: At) -> None:
    with_service(db)
    seen: list[jobs.Context] = []

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> dict[str, Any]:
        seen.append(job)
        return {"sum": job.variables["x"] + 1}

    instance = start(db, x=41)
    assert d.tasks(db) == []
    assert jobs.drain(db) == 1
    assert [task.element_id for task in d.tasks(db)] == ["b"]
    (done,) = d.instances(db)
    assert done.variables == {"x": 41, "sum": 42}
    (job,) = seen
    assert (job.instance_key, job.element_id, job.type, job.headers, job.now) == (instance.key, "a", "t", {"mode": "full"}, clock.now())
    assert d.jobs_of(db) == []
    assert jobs.known_types() == {"t"}


def test_what_a_handler_writes_is_kept_with_the_completion_or_not_at_all(db: Database, at: At) -> None:
    with_service(db)
    attempts: list[int] = []

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> None:
        events.record(session, "test.effect", ANN)
        session.flush()
        attempts.append(job.key)
        if len(attempts) == 1:
            raise OSError("the disk is full")

    start(db)
    assert jobs.drain(db) == 1
    assert d.history(db, "test.effect") == []
    (job,) = d.jobs_of(db)
    assert (job.retries, job.failures, job.state) == (2, 1, "READY")
    assert "the disk is full" in job.error
    assert jobs.drain(db, ignore_backoff=True) == 1
    assert len(d.history(db, "test.effect")) == 1
    assert attempts[0] == attempts[1]
    assert len(d.tasks(db)) == 1


def test_a_failed_job_is_tried_again_later_and_later(db: Database, at: At) -> None:
    with_service(db, retries="4")

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> None:
        raise OSError("no")

    start(db)
    delays = []
    for _ in range(3):
        before = clock.real_now()
        assert jobs.run_due(db, ignore_backoff=True, limit=1) == 1
        (job,) = d.jobs_of(db)
        assert job.retry_at is not None
        delays.append(round((job.retry_at - before).total_seconds()))
    assert delays == [10, 20, 40]
    assert jobs.run_due(db) == 0


def test_a_database_that_is_away_is_no_failure_of_the_job(db: Database, at: At) -> None:
    """However often: no attempt is used up, no incident is written, and it goes on when the database is back."""
    with_service(db, retries="1")
    away = [True]

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> None:
        if away:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorname = "SQLITE_FULL"
            raise OperationalError("insert", {}, error)

    start(db)
    for _attempt in range(5):
        jobs.run_due(db, ignore_backoff=True)
    (job,) = d.jobs_of(db)
    assert (job.state, job.retries, job.failures, d.incidents_of(db)) == ("READY", 1, 0, [])
    away.clear()
    jobs.drain(db, ignore_backoff=True)
    assert [task.element_id for task in d.tasks(db)] == ["b"]


def test_after_the_last_attempt_a_person_can_try_again(db: Database, at: At) -> None:
    with_service(db)
    broken = [True]

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> None:
        if broken[0]:
            raise OSError("the disk is full")

    instance = start(db)
    assert jobs.drain(db, ignore_backoff=True) == 3
    (job,) = d.jobs_of(db)
    assert (job.state, job.retries) == ("FAILED", 0)
    (incident,) = d.incidents_of(db)
    assert (incident.job_key, incident.instance_key, incident.element_id) == (job.key, instance.key, "a")
    assert incident.message == "OSError: the disk is full"
    run(db, runtime.retry, incident.key, ANN)
    broken[0] = False
    assert jobs.drain(db) == 1
    assert [task.element_id for task in d.tasks(db)] == ["b"]
    assert [i.state for i in d.incidents_of(db)] == ["RESOLVED"]
    assert [(e.kind, e.actor) for e in d.history(db, "incident.created", "incident.resolved")] == [
        ("incident.created", "system"),
        ("incident.resolved", "ann"),
    ]
    with pytest.raises(errors.Conflict) as resolved:
        run(db, runtime.retry, incident.key, ANN)
    assert resolved.value.code == "incident_resolved"


def test_a_broken_job_holds_up_nobody(db: Database, at: At) -> None:
    with_service(db)

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> None:
        if job.variables["n"] == 2:
            raise RuntimeError("broken")

    for n in range(5):
        start(db, n=n)
    jobs.drain(db, ignore_backoff=True)
    assert len(d.tasks(db)) == 4
    assert len(d.incidents_of(db)) == 1


def test_a_type_without_a_handler_is_an_incident_at_once(db: Database, at: At) -> None:
    with_service(db)
    start(db)
    assert jobs.drain(db) == 1
    (incident,) = d.incidents_of(db)
    assert incident.kind == "handler" and "“t”" in incident.message


def test_a_bpmn_error_of_a_handler_takes_the_way_of_the_boundary_event(db: Database, at: At) -> None:
    border = d.boundary("x", "a", d.on_error("BAD"))
    with_service(db, border, d.user("c"), d.end("e2"), flows="s>a>b>e; x>c>e2", roots=d.error("BAD"))

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> None:
        events.record(session, "test.effect", ANN)
        session.flush()
        raise jobs.BpmnError("BAD", "not today")

    start(db)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["c"]
    assert d.history(db, "test.effect") == []
    assert d.jobs_of(db) == []
    (thrown,) = d.history(db, "error.thrown")
    assert d.said(thrown) == {"code": "BAD", "message": "not today"}


def test_an_uncaught_bpmn_error_is_an_incident(db: Database, at: At) -> None:
    with_service(db)

    @jobs.handler("t")
    def handle(session: Any, job: jobs.Context) -> None:
        raise jobs.BpmnError("BAD")

    start(db)
    jobs.drain(db)
    (incident,) = d.incidents_of(db)
    assert (incident.kind, incident.element_id) == ("error", "a")


def test_an_incident_ends_with_its_activity(db: Database, at: At) -> None:
    with_service(db)
    instance = start(db)
    jobs.drain(db)
    run(db, runtime.cancel, instance.key, ANN)
    assert [incident.state for incident in d.incidents_of(db)] == ["RESOLVED"]
    assert d.jobs_of(db) == []


def test_a_conflict_inside_a_handler_is_a_failure_of_its_job(db: Database, at: At, registry: Any) -> None:
    """It is about another instance, so it neither ends the job nor puts it on hold."""
    with_service(db)

    def handle(session: Any, job: jobs.Context) -> None:
        raise errors.Conflict("instance_suspended")

    registry["t"] = handle
    start(db)
    assert jobs.drain(db, ignore_backoff=True) == 3
    (incident,) = d.incidents_of(db)
    assert "suspended" in incident.message


# --- limits: a busy machine is no fault of the diagram -------------------------------------------------------------------


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """While it holds a reason, V8 stops every call with it."""
    reasons: list[str] = []
    real = feel_sandbox.run

    def run(code: str) -> str:
        if reasons:
            raise feel_sandbox.Stopped(reasons[0])
        return real(code)

    monkeypatch.setattr(feel_sandbox, "run", run)
    return reasons


_CONDITION = "s>t>g; g>[x = 1]a>e; g>[default]e2"
_TABLE = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="t"><decision id="x" name="x">'
    '<variable name="x"/><literalExpression><text>k + 1</text></literalExpression></decision></definitions>'
)


@pytest.mark.parametrize("reason", ["time", "memory", "busy"])
def test_what_a_limit_cut_off_is_tried_again_after_a_pause_and_only_then_an_incident(
    db: Database, at: At, busy: list[str], reason: str
) -> None:
    wait = d.catch("t", d.timer("timeDuration", "PT1H"))
    gateway = d.element("exclusiveGateway", "g")
    d.deploy(db, d.diagram("p", d.start(), wait, gateway, d.user("a"), d.end(), d.end("e2"), flows=_CONDITION))
    start(db, x=1)
    at("2020-05-21T09:00:00+08:00")
    busy.append(reason)
    assert jobs.drain(db) == 1  # not at once again
    (job,) = d.jobs_of(db)
    assert (job.state, job.retries, job.failures) == ("READY", 3, 1)
    assert job.retry_at is not None and job.retry_at > clock.real_now()
    assert d.incidents_of(db) == []
    busy.clear()
    assert jobs.drain(db, ignore_backoff=True) == 1
    assert [task.element_id for task in d.tasks(db)] == ["a"]


def test_a_limit_that_lasts_becomes_an_incident_that_can_be_retried(db: Database, at: At, busy: list[str]) -> None:
    table = _TABLE.encode()
    rule = d.element("businessRuleTask", "r", extensions='<zeebe:calledDecision decisionId="x" resultVariable="x"/>')
    wait = d.catch("t", d.timer("timeDuration", "PT1H"))
    files = {"p.bpmn": d.diagram("p", d.start(), wait, rule, d.user("a"), d.end(), flows="s>t>r>a>e"), "x.dmn": table}
    db.in_transaction(lambda session: definitions.deploy(session, files, ANN, now=clock.now()))
    start(db, k=1)
    at("2020-05-21T09:00:00+08:00")
    busy.append("time")
    assert jobs.drain(db, ignore_backoff=True) == leases.LIMIT_ATTEMPTS
    (incident,) = d.incidents_of(db)
    assert (incident.kind, incident.element_id) == ("limit", "r")
    assert [job.state for job in d.jobs_of(db)] == ["FAILED"]
    busy.clear()
    run(db, runtime.retry, incident.key, ANN)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["a"]


def test_a_child_that_cannot_be_started_in_a_busy_minute_is_not_stranded(db: Database, at: At, busy: list[str]) -> None:
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e", properties={"label": '="户 " + string(item)'})
    parent = d.diagram("p", d.start(), d.call("c", "child", items="for i in 1..12 return i"), d.end(), flows="s>c>e")
    d.deploy(db, child, parent)
    start(db)
    busy.append("time")
    jobs.drain(db)
    assert (d.instances(db, process_id="child"), d.incidents_of(db)) == ([], [])
    busy.clear()
    jobs.drain(db, ignore_backoff=True)
    assert len(d.tasks(db, element_id="visit")) == 12


# --- timers ---------------------------------------------------------------------------------------------------------------


def test_a_timer_fires_when_campaign_time_has_come(db: Database, at: At) -> None:
    d.deploy(db, d.conformance("boundary-timer-interrupting"))
    start(db, "boundary_timer_interrupting")
    (task,) = d.tasks(db)
    (job,) = d.jobs_of(db)
    at((job.due_at - timedelta(seconds=1)).isoformat())
    assert jobs.drain(db) == 0
    at(job.due_at.isoformat())
    assert jobs.drain(db) == 1
    assert [row.key for row in d.tasks(db, "CANCELED")] == [task.key]
    (fired,) = d.history(db, "timer.fired")
    assert (fired.actor, fired.element_id, fired.at) == ("system", job.element_id, job.due_at)
    assert d.jobs_of(db) == []


def daily(db: Database, text: str = "R/2020-05-21T20:00:00+08:00/P1D", *, catch_up: str = "") -> None:
    asked = f'<zeebe:properties><zeebe:property name="catchUp" value="{catch_up}"/></zeebe:properties>' if catch_up else ""
    border = d.element("boundaryEvent", "x", d.timer("timeCycle", text), asked, attachedToRef="a", cancelActivity="false")
    day = d.user("day", dueDate="=now() + duration(&quot;PT2H&quot;)".replace("&quot;", '"'))
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), border, day, d.end(), d.end("e2"), flows="s>a>e; x>day>e2"))


def test_a_daily_timer_that_was_down_fires_once_and_keeps_its_hour(db: Database, at: At) -> None:
    daily(db)
    start(db)
    at("2020-05-24T08:00:00+08:00")
    assert jobs.drain(db) == 1
    (fired,) = d.history(db, "timer.fired")
    assert fired.at == d.at("2020-05-24T08:00:00+08:00")
    assert (d.at(fired.detail["due_at"]), fired.detail["occurrence"], fired.detail["missed"]) == (d.at("2020-05-21T20:00:00+08:00"), 0, 2)
    (following,) = d.jobs_of(db)
    assert (following.due_at, following.occurrence) == (d.at("2020-05-24T20:00:00+08:00"), 3)
    assert jobs.drain(db) == 0


def test_it_fires_for_each_day_where_the_diagram_says_so(db: Database, at: At) -> None:
    daily(db, catch_up="all")
    start(db)
    at("2020-05-24T08:00:00+08:00")
    assert jobs.drain(db) == 3
    fired = d.history(db, "timer.fired")
    assert {event.at for event in fired} == {d.at("2020-05-24T08:00:00+08:00")}
    assert [d.at(event.detail["due_at"]) for event in fired] == [d.at(f"2020-05-{day}T20:00:00+08:00") for day in (21, 22, 23)]
    assert [event.detail["occurrence"] for event in fired] == [0, 1, 2]
    days = d.tasks(db, element_id="day")
    assert [task.created_at for task in days] == [event.at for event in fired]
    (following,) = d.jobs_of(db)
    assert (following.due_at, following.occurrence) == (d.at("2020-05-24T20:00:00+08:00"), 3)
    assert jobs.drain(db) == 0


def test_late_timers_fire_in_the_order_of_their_due_times(db: Database, at: At) -> None:
    """A cycle's second turn comes before another instance's timer that is due later, although the cycle was re-armed last."""
    daily(db, catch_up="all")
    d.deploy(db, d.diagram("q", d.start(), d.catch("t", d.timer("timeDate", "=when")), d.end(), flows="s>t>e"))
    start(db)
    start(db, "q", when="2020-05-22T21:00:00+08:00")
    at("2020-05-23T08:00:00+08:00")
    jobs.drain(db)
    assert [event.element_id for event in d.history(db, "timer.fired")] == ["x", "x", "t"]


def test_what_follows_a_late_timer_happens_now_and_the_record_says_for_when_it_was_due(db: Database, at: At, registry: Any) -> None:
    wait = d.catch("w", d.timer("timeDate", "2020-05-21T20:00:00+08:00"))
    with_service(db, wait, flows="s>w>a>b>e")
    seen: list[datetime] = []
    registry["t"] = lambda session, job: seen.append(job.now)
    start(db)
    now = "2020-05-24T08:00:00+08:00"
    at(now)
    jobs.drain(db)
    assert seen == [d.at(now)]
    assert d.task(db, "b").created_at == d.at(now)
    (fired,) = d.history(db, "timer.fired")
    assert (fired.at, d.at(fired.detail["due_at"])) == (d.at(now), d.at("2020-05-21T20:00:00+08:00"))


def test_the_output_mappings_of_a_timer_may_say_for_when_it_was_due(db: Database, at: At) -> None:
    mapped = '<zeebe:ioMapping><zeebe:output source="=date(date and time(dueAt))" target="day"/></zeebe:ioMapping>'
    wait = d.element("intermediateCatchEvent", "w", d.timer("timeDate", "2020-05-21T20:00:00+08:00"), mapped)
    plain = d.catch("v", d.timer("timeDuration", "PT1H"))
    d.deploy(db, d.diagram("p", d.start(), wait, plain, d.user("a"), d.end(), flows="s>w>v>a>e"))
    start(db)
    at("2020-05-24T08:00:00+08:00")
    jobs.drain(db)
    at("2020-05-24T09:00:00+08:00")
    jobs.drain(db)
    assert d.task(db, "a")
    (instance,) = d.instances(db)
    assert instance.variables == {"day": "2020-05-21"}


def test_a_timer_job_of_a_suspended_instance_runs_after_the_resumption(db: Database, at: At) -> None:
    daily(db)
    instance = start(db)
    run(db, runtime.suspend, instance.key, ANN)
    at("2020-05-22T08:00:00+08:00")
    assert jobs.drain(db) == 0
    assert [job.state for job in d.jobs_of(db)] == ["SUSPENDED"]
    run(db, runtime.resume, instance.key, ANN)
    assert jobs.drain(db) == 1
    assert len(d.tasks(db, element_id="day")) == 1


def test_a_timer_start_event_starts_instances_by_campaign_time(db: Database, at: At) -> None:
    begin = d.start("s", d.timer("timeCycle", "R/2020-05-21T09:00:00+08:00/P1D"))
    d.deploy(db, d.diagram("p", begin, d.user("a"), d.end(), flows="s>a>e"))
    at("2020-05-21T09:00:00+08:00")
    assert jobs.drain(db) == 1
    at("2020-05-23T08:00:00+08:00")
    assert jobs.drain(db) == 1
    assert [row.started_at for row in d.instances(db)] == [d.at("2020-05-21T09:00:00+08:00"), d.at("2020-05-23T08:00:00+08:00")]
    assert d.read(db, jobs.next_due) == d.at("2020-05-23T09:00:00+08:00")


# --- leases ---------------------------------------------------------------------------------------------------------------


def leased(db: Database) -> leases.Leased:
    with db.reading() as session:
        keys = leases.due(session, 10, kinds=None, ignore_backoff=False)
    (job,) = db.in_transaction(lambda session: leases.take(session, keys))
    return job


def test_a_leased_job_is_nobody_elses_until_its_lease_ends(db: Database, at: At, registry: Any) -> None:
    with_service(db)
    registry["t"] = lambda session, job: None
    start(db)
    job = leased(db)
    assert jobs.drain(db) == 0
    past = clock.real_now() - timedelta(seconds=1)
    db.in_transaction(lambda s: s.execute(update(JobRow).values(lease_until=past)))
    assert jobs.drain(db) == 1
    with pytest.raises(leases.LeaseLost):
        db.in_transaction(lambda session: leases.finish(session, job))


def test_a_worker_that_lost_its_lease_changes_nothing(db: Database, at: At, registry: Any) -> None:
    """The slow worker's handler ran, but its effects, the completion and the job's end are one transaction, and that is refused."""
    with_service(db)
    effects: list[str] = []

    def handle(session: Any, job: jobs.Context) -> None:
        events.record(session, "test.effect", ANN)
        effects.append("ran")
        if len(effects) == 1 and not db.is_sqlite:
            jobs.release_leases(db)
            assert jobs.drain(db) == 1

    registry["t"] = handle
    start(db)
    if db.is_sqlite:
        job = leased(db)
        jobs.release_leases(db)
        assert jobs.drain(db) == 1
        jobs._run(db, job)
    else:
        assert jobs.run_due(db) == 1
    assert len(effects) == 2
    assert len(d.history(db, "test.effect")) == 1
    assert len(d.tasks(db)) == 1


def test_an_older_lease_cannot_end_change_or_fail_the_job_of_a_newer_one(db: Database, at: At) -> None:
    with_service(db)
    start(db)
    slow = leased(db)
    jobs.release_leases(db)
    quick = leased(db)
    for late in (
        lambda session: leases.finish(session, slow),
        lambda session: leases.again(session, slow, {"started": 0}),
        lambda session: leases.fail(session, slow, "too late", final=True),
    ):
        with pytest.raises(leases.LeaseLost):
            db.in_transaction(late)
    (job,) = d.jobs_of(db)
    assert (job.fence, job.state, job.error) == (quick.fence, "READY", "")
    db.in_transaction(lambda session: leases.finish(session, quick))


def test_after_a_crash_all_leases_can_be_ended(db: Database, at: At, registry: Any) -> None:
    with_service(db)
    registry["t"] = lambda session, job: None
    start(db)
    leased(db)
    jobs.release_leases(db)
    assert jobs.drain(db) == 1


def test_only_some_kinds_can_be_run(db: Database, at: At, registry: Any) -> None:
    with_service(db)
    registry["t"] = lambda session, job: None
    start(db)
    assert jobs.run_due(db, kinds={"timer"}) == 0
    assert jobs.run_due(db, kinds={"service"}) == 1


# --- the worker -----------------------------------------------------------------------------------------------------------


def test_the_worker_runs_a_job_after_the_commit_that_made_it(db: Database, registry: Any) -> None:
    with_service(db)
    ran = threading.Event()
    registry["t"] = lambda session, job: ran.set()
    # It would look every hour: only the commit wakes it.
    worker = jobs.Worker(db, poll=3600)
    worker.start()
    try:
        start(db)
        assert ran.wait(20)
    finally:
        worker.stop()
    assert not any(thread.name == "daopai-worker" for thread in threading.enumerate())
    with pytest.raises(RuntimeError):
        worker.start()


def test_the_worker_outlives_a_database_that_is_away(db: Database, registry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with_service(db)
    ran = threading.Event()
    registry["t"] = lambda session, job: ran.set()
    real = leases.due
    calls: list[int] = []

    def due(*args: Any, **named: Any) -> list[int]:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("the database is away")
        return real(*args, **named)

    monkeypatch.setattr(leases, "due", due)
    worker = jobs.Worker(db, poll=0.01)
    worker.start()
    try:
        start(db)
        assert ran.wait(20)
    finally:
        worker.stop()
    assert len(calls) > 1


def test_housekeeping_forgets_old_answers(db: Database, registry: Any) -> None:
    with_service(db)
    run(db, runtime.start, "p", {}, ANN, request_id="r")
    long_ago = clock.real_now() - timedelta(days=100)
    db.in_transaction(lambda s: s.execute(update(Idempotency).values(created_at=long_ago)))
    db.in_transaction(jobs._sweep)
    assert d.read(db, lambda s: s.scalars(select(Idempotency)).all()) == []


def test_the_worker_rests_when_nothing_was_due_and_only_then(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    worker, found, rested = jobs.Worker(db, poll=60), [2, 1, 0], []

    def rest(seconds: float) -> bool:
        rested.append((seconds, list(found)))
        worker._stop.set()
        return True

    monkeypatch.setattr(worker, "_look", lambda: found.pop(0))
    monkeypatch.setattr(worker._wake, "wait", rest)
    worker._work()
    assert rested == [(60, [])], "after the look that found nothing, for the poll's time"
