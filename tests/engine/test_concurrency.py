"""Two at one moment: threads are stopped just before they write, so that each race is the same at every run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.db import Database
from app.engine import errors, handlers, jobs, leases, messages, runtime, store
from app.engine.models import MessageRow
from app.engine.work import Work
from tests.engine import drawing as d
from tests.engine.drawing import ANN, BOB

At = Callable[[str], datetime]
Act = Callable[[], Any]


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


class Racer(threading.Thread):
    """Does *act* and keeps its result or exception."""

    def __init__(self, act: Act) -> None:
        super().__init__(daemon=True)
        self.act = act
        self.result: Any = None
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.result = self.act()
        except Exception as error:  # the test looks at it
            self.error = error


@pytest.fixture
def race(db: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[Act, Act], tuple[Racer, Racer]]:
    """``race(first, second)``: *first* has computed everything and is about to write when *second* begins.

    On SQLite *second* then runs to its end before *first* goes on. On PostgreSQL *first* goes on when *second* asks for a row that *first*
    has locked.
    """
    arrived, go, asked = threading.Event(), threading.Event(), threading.Event()
    ends: list[Racer] = []
    write = store.write

    def stopping(*args: Any, **named: Any) -> None:
        if ends and threading.current_thread() is ends[0] and not arrived.is_set():
            arrived.set()
            assert go.wait(30)
        write(*args, **named)

    def ask(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if len(ends) > 1 and threading.current_thread() is ends[1] and "FOR UPDATE" in statement and "SKIP LOCKED" not in statement:
            asked.set()

    def start(first: Act, second: Act) -> tuple[Racer, Racer]:
        ends.append(Racer(first))
        ends[0].start()
        assert arrived.wait(30)
        ends.append(Racer(second))
        ends[1].start()
        if db.is_sqlite:
            ends[1].join(30)
        else:
            assert asked.wait(30)
        go.set()
        for racer in ends:
            racer.join(30)
            assert not racer.is_alive()
        return ends[0], ends[1]

    monkeypatch.setattr(store, "write", stopping)
    event.listen(db.engine, "before_cursor_execute", ask)
    return start


def fork(db: Database, branches: int) -> None:
    """Tasks t0, t1, … side by side, then after."""
    tasks = [d.user(f"t{n}") for n in range(branches)]
    flows = "s>g; " + "; ".join(f"g>t{n}>j" for n in range(branches)) + "; j>after>e"
    gateways = d.element("parallelGateway", "g") + d.element("parallelGateway", "j")
    d.deploy(db, d.diagram("p", d.start(), gateways, *tasks, d.user("after"), d.end(), flows=flows))


def test_of_two_who_complete_a_task_one_wins_and_the_other_reads_who(db: Database, at: At, race: Any) -> None:
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), d.user("b"), d.end(), flows="s>a>b>e"))
    run(db, runtime.start, "p", {}, ANN)
    key = d.task(db, "a").key
    racers = race(lambda: run(db, runtime.complete, key, {}, ANN), lambda: run(db, runtime.complete, key, {}, BOB))
    (lost,) = (racer.error for racer in racers if racer.error)
    winner = "bob" if db.is_sqlite else "ann"
    assert isinstance(lost, errors.Conflict) and (lost.code, lost.params["by"]) == ("task_done", winner)
    assert [row.completed_by for row in d.tasks(db, "COMPLETED")] == [winner]
    assert len(d.tasks(db)) == 1 and len(d.history(db, "task.completed")) == 1


def test_two_branches_completed_at_once_both_count(db: Database, at: At, race: Any) -> None:
    fork(db, 2)
    run(db, runtime.start, "p", {}, ANN)
    first, second = d.tasks(db)
    racers = race(lambda: run(db, runtime.complete, first.key, {"x": 1}, ANN), lambda: run(db, runtime.complete, second.key, {"y": 2}, BOB))
    assert [racer.error for racer in racers] == [None, None]
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    assert d.instances(db)[0].variables == {"x": 1, "y": 2}


def test_a_timer_and_a_completion_do_not_both_take_the_token(db: Database, at: At, race: Any) -> None:
    border = d.boundary("x", "a", d.timer("timeDuration", "PT1H"))
    elements = (d.start(), d.user("a"), border, d.user("late"), d.user("b"), d.end())
    d.deploy(db, d.diagram("p", *elements, flows="s>a>b>e; x>late>e"))
    run(db, runtime.start, "p", {}, ANN)
    key = d.task(db, "a").key
    at("2020-05-21T09:00:00+08:00")
    completing, firing = race(lambda: run(db, runtime.complete, key, {}, ANN), lambda: jobs.drain(db))
    assert firing.error is None
    if db.is_sqlite:
        assert isinstance(completing.error, errors.Conflict) and completing.error.code == "task_canceled"
        assert [task.element_id for task in d.tasks(db)] == ["late"]
    else:
        assert completing.error is None
        assert [task.element_id for task in d.tasks(db)] == ["b"]
        assert d.history(db, "timer.fired") == []
    assert d.jobs_of(db) == [] and d.incidents_of(db) == []


def test_a_claim_meets_a_completion(db: Database, at: At, race: Any) -> None:
    """Claims take no lock: by the task's revision only one of the two is written over what it has read."""
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), d.end(), flows="s>a>e"))
    run(db, runtime.start, "p", {}, ANN)
    key = d.task(db, "a").key
    looked: list[int] = []
    look = runtime._locked_task

    def claimed_meanwhile(*args: Any) -> Any:
        found = look(*args)
        if not looked:
            looked.append(1)
            racer = Racer(lambda: run(db, runtime.claim, key, BOB))
            racer.start()
            racer.join(30)
            assert racer.error is None
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "_locked_task", claimed_meanwhile)
        run(db, runtime.complete, key, {}, ANN)
    (done,) = d.tasks(db, "COMPLETED")
    assert (done.completed_by, done.assignee) == ("ann", "bob")


def test_the_last_two_children_end_at_once_and_the_parent_goes_on_once(db: Database, at: At, race: Any) -> None:
    child = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")
    called = d.call("c", "child", items="[1, 2]", output=("results", "found"))
    d.deploy(db, d.diagram("p", d.start(), called, d.user("after"), d.end(), flows="s>c>after>e"), child)
    run(db, runtime.start, "p", {}, ANN)
    for number, task in enumerate(d.tasks(db)):
        run(db, runtime.complete, task.key, {"found": number}, ANN)
    keys = [job.key for job in d.jobs_of(db, kind="child_ended")]
    one, two = db.in_transaction(lambda session: leases.take(session, keys))
    race(lambda: jobs._run(db, one), lambda: jobs._run(db, two))
    assert [task.element_id for task in d.tasks(db)] == ["after"]
    assert d.instances(db, process_id="p")[0].variables["results"] == [0, 1]
    assert d.jobs_of(db) == [] and d.incidents_of(db) == []


# --- messages -------------------------------------------------------------------------------------------------------------


def catching(db: Database, count: int) -> None:
    elements = (d.start(), d.catch("c", d.on_message("go")), d.user("after"), d.end())
    d.deploy(db, d.diagram("p", *elements, flows="s>c>after>e", roots=d.message("go", '"k"')))
    for _ in range(count):
        run(db, runtime.start, "p", {}, ANN)
    jobs.drain(db)


def published(db: Database, count: int) -> list[leases.Leased]:
    for number in range(count):
        run(db, runtime.publish_message, "go", "k", {"n": number}, ANN, time_to_live=3600)
    keys = [job.key for job in d.jobs_of(db, kind="message")]
    return db.in_transaction(lambda session: leases.take(session, keys))


def states(db: Database) -> list[str]:
    return d.read(db, lambda s: list(s.scalars(select(MessageRow.state).order_by(MessageRow.key))))


def test_one_message_has_one_receiver_though_two_workers_deliver_it(db: Database, at: At, race: Any) -> None:
    catching(db, 2)
    (slow,) = published(db, 1)
    jobs.release_leases(db)
    race(lambda: jobs._run(db, slow), lambda: jobs.drain(db))
    assert len(d.tasks(db)) == 1
    assert states(db) == ["CORRELATED"]
    assert len(d.history(db, "message.correlated")) == 1


def test_two_messages_at_once_reach_two_receivers_or_one_waits(db: Database, at: At, race: Any) -> None:
    catching(db, 1)
    one, two = published(db, 2)
    race(lambda: jobs._run(db, one), lambda: jobs._run(db, two))
    jobs.drain(db, ignore_backoff=True)
    assert len(d.tasks(db)) == 1
    assert sorted(states(db)) == ["CORRELATED", "WAITING"]
    run(db, runtime.start, "p", {}, ANN)
    jobs.drain(db)
    assert len(d.tasks(db)) == 2 and states(db) == ["CORRELATED"] * 2


def test_two_who_begin_to_wait_at_once_do_not_both_take_the_waiting_message(db: Database, at: At, race: Any) -> None:
    catching(db, 0)
    run(db, runtime.publish_message, "go", "k", {}, ANN, time_to_live=3600)
    jobs.drain(db)
    for _ in range(2):
        run(db, runtime.start, "p", {}, ANN)
    keys = [job.key for job in d.jobs_of(db, kind="subscription")]
    one, two = db.in_transaction(lambda session: leases.take(session, keys))
    race(lambda: jobs._run(db, one), lambda: jobs._run(db, two))
    jobs.drain(db, ignore_backoff=True)
    assert len(d.tasks(db)) == 1
    assert states(db) == ["CORRELATED"]


def test_a_message_and_its_receiver_that_come_at_one_moment_find_each_other(db: Database, at: At) -> None:
    """Neither of two open transactions sees the other's row; the look after each commit does."""
    catching(db, 0)

    def both(session: Session) -> None:
        # The message is published and committed while the start is still open.
        runtime.start(session, "p", {}, ANN)
        if not db.is_sqlite and not published_already:
            published_already.append(1)
            run(db, runtime.publish_message, "go", "k", {}, ANN, time_to_live=3600)
            assert jobs.drain(db) == 1
            assert states(db) == ["WAITING"]

    published_already: list[int] = []
    if db.is_sqlite:
        # One writer at a time: the publication comes between what the start has computed and what it writes.
        write = Work.write

        def late(work: Work) -> None:
            if not published_already:
                published_already.append(1)
                racer = Racer(lambda: run(db, runtime.publish_message, "go", "k", {}, ANN, time_to_live=3600) and jobs.drain(db))
                racer.start()
                racer.join(30)
                assert racer.error is None and states(db) == ["WAITING"]
            write(work)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Work, "write", late)
            db.in_transaction(both)
    else:
        db.in_transaction(both)
    jobs.drain(db)
    assert len(d.tasks(db)) == 1 and states(db) == ["CORRELATED"]


def test_two_messages_at_once_start_one_instance_per_key(db: Database, at: At, race: Any) -> None:
    d.deploy(db, d.diagram("p", d.start("s", d.on_message("go")), d.user("a"), d.end(), flows="s>a>e", roots=d.message("go")))
    one, two = published(db, 2)
    if db.is_sqlite:
        race(lambda: jobs._run(db, one), lambda: jobs._run(db, two))
    else:
        # Nothing that both lock exists yet: they meet at the unique key of the instance.
        correlate = messages._start
        meeting = threading.Barrier(2, timeout=30)
        met: set[int] = set()

        def together(work: Work, message: MessageRow) -> bool:
            started = correlate(work, message)
            if threading.get_ident() not in met:
                met.add(threading.get_ident())
                meeting.wait()
            return started

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(messages, "_start", together)
            racers = [Racer(lambda job=job: jobs._run(db, job)) for job in (one, two)]  # type: ignore[misc]
            for racer in racers:
                racer.start()
            for racer in racers:
                racer.join(30)
                assert racer.error is None
    assert len(d.instances(db)) == 1
    assert sorted(states(db)) == ["CORRELATED", "WAITING"]


# --- workers --------------------------------------------------------------------------------------------------------------


def test_two_workers_do_every_job_once(db: Database, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    own = {"t": lambda session, job: done.append(job.instance_key)}
    monkeypatch.setattr(handlers, "HANDLERS", own)
    d.deploy(db, d.diagram("p", d.start(), d.service("a", "t"), d.user("b"), d.end(), flows="s>a>b>e"), task_types=("t",))
    for _ in range(40):
        run(db, runtime.start, "p", {}, ANN)
    began = threading.Barrier(2, timeout=30)

    def work() -> int:
        began.wait()
        return jobs.drain(db)

    racers = [Racer(work) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
        assert racer.error is None
    assert len(d.tasks(db)) == 40
    assert sorted(done) == sorted(row.key for row in d.instances(db))
    assert sum(racer.result for racer in racers) == 40


def test_three_people_at_once_in_one_instance_all_come_through(db: Database, at: At) -> None:
    fork(db, 3)
    run(db, runtime.start, "p", {}, ANN)
    began = threading.Barrier(3, timeout=30)

    def complete(key: int) -> None:
        began.wait()
        run(db, runtime.complete, key, {}, ANN)

    racers = [Racer(lambda key=task.key: complete(key)) for task in d.tasks(db)]  # type: ignore[misc]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(60)
        assert racer.error is None
    assert [task.element_id for task in d.tasks(db)] == ["after"]


def test_a_suspension_stops_a_job_that_is_being_run(db: Database, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler has begun when the instance is suspended: its effects are not kept, and it runs after the resumption."""
    began: list[int] = []

    def handle(session: Session, job: jobs.Context) -> None:
        began.append(job.key)
        if len(began) == 1:
            racer = Racer(lambda: run(db, runtime.suspend, job.instance_key, BOB))
            racer.start()
            racer.join(30)
            assert racer.error is None

    own = {"t": handle}
    monkeypatch.setattr(handlers, "HANDLERS", own)
    d.deploy(db, d.diagram("p", d.start(), d.service("a", "t"), d.user("b"), d.end(), flows="s>a>b>e"), task_types=("t",))
    instance = run(db, runtime.start, "p", {}, ANN)
    jobs.drain(db)
    assert d.tasks(db) == []
    assert [job.state for job in d.jobs_of(db)] == ["SUSPENDED"]
    run(db, runtime.resume, instance.key, BOB)
    jobs.drain(db)
    assert len(d.tasks(db)) == 1 and len(began) == 2 and d.incidents_of(db) == []
