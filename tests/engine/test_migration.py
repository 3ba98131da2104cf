"""Running instances go to another version: what stays, what is armed and dropped, what is refused, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db import Database
from app.engine import definition_lookup as definitions
from app.engine import handlers, jobs, rehearsal, runtime, snapshots
from app.engine.errors import Conflict
from app.engine.migration import CannotMigrate
from app.engine.migration_models import InstanceMigration
from app.engine.models import Activity, Call, ProcessInstance, SubscriptionRow, TaskCandidate
from app.engine.proof import adopt_rows, verify_records
from tests.engine import drawing as d
from tests.engine.drawing import ANN, BOB

At = Callable[[str], datetime]


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def begin(db: Database, *files: bytes, **variables: Any) -> ProcessInstance:
    """Deploy version 1 and start an instance of it."""
    d.deploy(db, *files)
    return run(db, runtime.start, "p", variables, ANN, campaign_id=9)


def newest(db: Database) -> int:
    return d.read(db, lambda s: definitions.newest(s, "process", "p").key)  # type: ignore[union-attr]


def migrate(db: Database, instance: ProcessInstance, file: bytes, mapping: dict[str, str] | None = None, **more: Any) -> InstanceMigration:
    """Deploy the next version and bring the instance there."""
    d.deploy(db, file)
    return run(db, runtime.migrate, instance.key, newest(db), mapping or {}, BOB, reason="改图", **more)


def state_of(db: Database, instance: ProcessInstance) -> Any:
    """Everything that is open, and the instance's own state."""
    (row,) = d.instances(db, key=instance.key)
    own = (row.definition_key, row.version, row.tokens, row.variables, row.state)
    return own, d.read(db, lambda s: snapshots.take(s, instance.key))


def waits(db: Database) -> list[tuple[str, str]]:
    return d.read(db, lambda s: sorted((r.element_id, r.name) for r in s.scalars(select(SubscriptionRow))))


def timers(db: Database) -> dict[str, datetime]:
    return {row.element_id: row.due_at for row in d.jobs_of(db, kind="timer")}


def linear(*middle: str, flows: str, roots: str = "") -> bytes:
    return d.diagram("p", d.start(), *middle, d.end(), flows=flows, roots=roots)


def finish(db: Database) -> None:
    """Complete every task until nothing is open; the instance must come to its end by the new version."""
    for _ in range(10):
        open_tasks = d.tasks(db)
        if not open_tasks:
            break
        run(db, runtime.complete, open_tasks[0].key, {}, ANN)
        jobs.drain(db)
    assert {row.state for row in d.instances(db)} <= {"COMPLETED", "TERMINATED"}


# --- user tasks -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def db(db: Database) -> Iterator[Database]:
    """What was migrated, and taken back, must verify at the end, row by row."""
    db.in_transaction(adopt_rows.begin)
    yield db
    assert [finding.text("en") for finding in verify_records.verify(db).findings] == []


def test_a_task_keeps_key_claim_and_due_date_and_is_described_by_the_new_version(db: Database, at: At) -> None:
    one = linear(d.user("a", "office", dueDate="2020-05-25T18:00:00+08:00"), flows="s>a>e")
    instance = begin(db, one, x=1)
    (task,) = d.tasks(db)
    run(db, runtime.claim, task.key, ANN)
    two = linear(d.user("b", "party_office", dueDate="2020-05-28T18:00:00+08:00"), d.user("c"), flows="s>b>c>e")
    entry = migrate(db, instance, two, {"a": "b"})
    (moved,) = d.tasks(db)
    assert (moved.key, moved.assignee, moved.due_at) == (task.key, "ann", d.at("2020-05-25T18:00:00+08:00"))
    assert (moved.element_id, moved.name, moved.candidate_groups, moved.definition_key) == ("b", "b", ["party_office"], newest(db))
    assert d.read(db, lambda s: s.scalars(select(TaskCandidate.value)).all()) == ["party_office"]
    (row,) = d.instances(db)
    assert (row.version, row.definition_key, row.variables) == (2, newest(db), {"x": 1})
    assert d.read(db, lambda s: [(a.key, a.element_id) for a in s.scalars(select(Activity).where(Activity.how == ""))]) == [(task.key, "b")]
    (event,) = d.history(db, "instance.migrated")
    assert (event.actor, event.detail["reason"], event.detail["mapping"]) == ("bob", "改图", {"a": "b"})
    assert (event.detail["from"]["version"], event.detail["to"]["version"]) == (1, 2)
    assert entry.instance_key == instance.key
    finish(db)
    assert [e.element_id for e in d.history(db, "task.completed")] == ["b", "c"]


def test_due_dates_are_counted_anew_when_that_is_asked_for(db: Database, at: At) -> None:
    timer = d.boundary("late", "a", d.timer("timeDuration", "PT2H"), interrupting=False)
    instance = begin(db, linear(d.user("a", dueDate="2020-05-25T18:00:00+08:00"), timer, d.end("e2"), flows="s>a>e; late>e2"))
    began = d.at("2020-05-21T08:00:00+08:00")
    at("2020-05-21T09:00:00+08:00")
    timer = d.boundary("late", "a", d.timer("timeDuration", "PT5H"), interrupting=False)
    two = linear(d.user("a", dueDate="2020-05-28T18:00:00+08:00"), timer, d.end("e2"), flows="s>a>e; late>e2")
    migrate(db, instance, two, recompute=True)
    (task,) = d.tasks(db)
    assert task.due_at == d.at("2020-05-28T18:00:00+08:00")
    # From when the activity was entered, not from the migration.
    assert timers(db) == {"late": began + timedelta(hours=5)}
    (event,) = d.history(db, "instance.migrated")
    assert list(event.detail["due"]) == [str(task.key)]


def test_the_same_form_stays_at_its_version_and_another_form_is_taken_new(db: Database, at: At) -> None:
    def form(id: str) -> bytes:
        return f'{{"id": "{id}", "type": "default", "schemaVersion": 16, "components": []}}'.encode()

    instance = begin(db, form("f1"), linear(d.user("a", form="f1"), flows="s>a>e"))
    (before,) = d.tasks(db)
    d.deploy(db, form("f1").replace(b"16", b"19"))
    migrate(db, instance, linear(d.user("a", form="f1"), d.user("b"), flows="s>a>b>e"))
    (task,) = d.tasks(db)
    assert task.form_key == before.form_key
    (instance,) = d.instances(db)
    d.deploy(db, form("f2"))
    migrate(db, instance, linear(d.user("a", form="f2"), d.user("b"), flows="s>a>b>e"))
    (task,) = d.tasks(db)
    assert (task.form_id, task.form_key) == ("f2", d.read(db, lambda s: definitions.newest(s, "form", "f2").key))  # type: ignore[union-attr]


def test_a_task_nobody_may_take_is_an_incident_and_one_somebody_may_take_again_is_none(db: Database, at: At) -> None:
    instance = begin(db, linear(d.user("a", "=gone"), flows="s>a>e"), gone=None)
    assert [row.state for row in d.incidents_of(db, kind="assignment")] == ["OPEN"]
    entry = migrate(db, instance, linear(d.user("a", "office"), flows="s>a>e"))
    assert [row.state for row in d.incidents_of(db, kind="assignment")] == ["RESOLVED"]
    run(db, runtime.take_back_migration, entry.key, ANN)
    assert [row.state for row in d.incidents_of(db, kind="assignment")] == ["OPEN"]


# --- boundary events, timers, messages ------------------------------------------------------------------------------------


def test_timers_keep_their_due_time_new_ones_are_armed_and_dropped_ones_cancelled(db: Database, at: At) -> None:
    kept = d.boundary("kept", "a", d.timer("timeDuration", "PT2H"), interrupting=False)
    gone = d.boundary("gone", "a", d.timer("timeDuration", "PT3H"))
    one = linear(d.user("a"), kept, gone, d.end("e2"), flows="s>a>e; kept>e2; gone>e2")
    instance = begin(db, one)
    began = d.at("2020-05-21T08:00:00+08:00")
    now = at("2020-05-21T09:00:00+08:00")
    kept = d.boundary("renamed", "a", d.timer("timeDuration", "PT9H"), interrupting=False)
    fresh = d.boundary("fresh", "a", d.timer("timeDuration", "PT4H"))
    migrate(
        db, instance, linear(d.user("a"), kept, fresh, d.user("f"), d.end("e2"), flows="s>a>e; renamed>e2; fresh>f>e2"), {"kept": "renamed"}
    )
    assert timers(db) == {"renamed": began + timedelta(hours=2), "fresh": now + timedelta(hours=4)}
    (event,) = d.history(db, "instance.migrated")
    assert (event.detail["armed"], event.detail["dropped"]) == (["fresh"], ["gone"])
    at("2020-05-21T14:00:00+08:00")
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["f"]
    finish(db)


def test_a_timer_that_has_fired_is_not_armed_again(db: Database, at: At) -> None:
    once = d.boundary("once", "a", d.timer("timeDuration", "PT1H"), interrupting=False)
    one = linear(d.user("a"), once, d.user("n"), d.end("e2"), flows="s>a>e; once>n>e2")
    instance = begin(db, one)
    at("2020-05-21T10:00:00+08:00")
    jobs.drain(db)
    assert len(d.tasks(db)) == 2
    migrate(db, instance, linear(d.user("a"), once, d.user("n"), d.user("z"), d.end("e2"), flows="s>a>z>e; once>n>e2"))
    assert timers(db) == {}


def test_a_cycle_goes_on_counting(db: Database, at: At) -> None:
    cycle = d.boundary("again", "a", d.timer("timeCycle", "R3/PT1H"), interrupting=False)
    instance = begin(db, linear(d.user("a"), cycle, d.end("e2"), flows="s>a>e; again>e2"))
    at("2020-05-21T09:00:00+08:00")
    jobs.drain(db)
    migrate(db, instance, linear(d.user("a"), cycle, d.user("b"), d.end("e2"), flows="s>a>b>e; again>e2"))
    at("2020-05-21T20:00:00+08:00")
    jobs.drain(db)
    assert len(d.history(db, "timer.fired")) == 3
    assert timers(db) == {}


def test_a_message_is_waited_for_by_its_new_name_and_one_that_came_before_is_found(db: Database, at: At) -> None:
    roots = d.message("old", "key") + d.message("new", "key")
    instance = begin(db, linear(d.catch("m", d.on_message("old")), d.user("a"), flows="s>m>a>e", roots=roots), key="K")
    assert waits(db) == [("m", "old")]
    run(db, runtime.publish_message, "new", "K", {"got": 1}, ANN, time_to_live=3600, campaign_id=9)
    jobs.drain(db)
    migrate(db, instance, linear(d.catch("m", d.on_message("new")), d.user("a"), flows="s>m>a>e", roots=roots))
    jobs.drain(db)
    assert waits(db) == []
    assert [task.element_id for task in d.tasks(db)] == ["a"]
    (row,) = d.instances(db)
    assert row.variables["got"] == 1


def test_a_key_without_value_says_why_it_cannot_be_and_keeps_everything(db: Database, at: At) -> None:
    instance = begin(db, linear(d.user("a"), flows="s>a>e"))
    before = state_of(db, instance)
    border = d.boundary("b", "a", d.on_message("news"))
    with pytest.raises(CannotMigrate) as refused:
        migrate(db, instance, linear(d.user("a"), border, d.end("e2"), flows="s>a>e; b>e2", roots=d.message("news", "nothing")))
    assert "试迁移时出错" in refused.value.text("zh")
    assert "nothing" in refused.value.text("en")
    assert state_of(db, instance) == before
    with db.reading() as session:
        found = rehearsal.plan(session, session.get_one(ProcessInstance, instance.key), newest(db), {})
    assert found.verdict == rehearsal.CANNOT


def test_an_event_based_gateway_keeps_its_arms(db: Database, at: At) -> None:
    gateway = d.element("eventBasedGateway", "g")
    roots = d.message("news", "key")
    arms = (d.catch("m", d.on_message("news")), d.catch("t", d.timer("timeDuration", "PT2H")))
    instance = begin(db, linear(gateway, *arms, d.end("e2"), flows="s>g>m>e; g>t>e2", roots=roots), key="K")
    more = d.catch("t2", d.timer("timeDuration", "PT1H"))
    migrate(db, instance, linear(gateway, arms[1], more, d.user("a"), d.end("e2"), flows="s>g>t>e; g>t2>a>e2"))
    assert waits(db) == []
    assert set(timers(db)) == {"t", "t2"}
    at("2020-05-21T09:30:00+08:00")
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["a"]
    assert timers(db) == {}


# --- subprocesses, joins, calls -------------------------------------------------------------------------------------------


def inner(id: str, *tasks: str) -> str:
    names = [f"{id}_s", *tasks, f"{id}_e"]
    lines = "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in zip(names, names[1:], strict=False))
    return d.element("subProcess", id, d.start(f"{id}_s") + "".join(d.user(task) for task in tasks) + d.end(f"{id}_e") + lines)


def test_tokens_in_a_subprocess_go_with_it(db: Database, at: At) -> None:
    instance = begin(db, linear(inner("u", "a"), flows="s>u>e"))
    migrate(db, instance, linear(inner("w", "b", "c"), flows="s>w>e"), {"u": "w", "a": "b"})
    assert [task.element_id for task in d.tasks(db)] == ["b"]
    finish(db)


def test_a_token_does_not_cross_the_border_of_a_subprocess(db: Database, at: At) -> None:
    instance = begin(db, linear(d.user("a"), flows="s>a>e"))
    with pytest.raises(CannotMigrate) as refused:
        migrate(db, instance, linear(inner("u", "a"), flows="s>u>e"))
    assert [each.code for each in refused.value.obstacles] == ["scope"]


def test_a_join_that_wants_fewer_tokens_goes_on(db: Database, at: At) -> None:
    fork, join = d.element("parallelGateway", "f"), d.element("parallelGateway", "j")
    three = linear(fork, d.user("a"), d.user("b"), d.user("c"), join, d.user("z"), flows="s>f>a>j; f>b>j; f>c>j>z>e")
    instance = begin(db, three)
    for name in ("a", "b"):
        run(db, runtime.complete, d.task(db, name).key, {}, ANN)
    two = linear(fork, d.user("a"), d.user("b"), join, d.user("c"), d.user("z"), d.end("e2"), flows="s>f>a>j; f>b>j; j>z>e; f>c>e2")
    entry = migrate(db, instance, two)
    assert [task.element_id for task in d.tasks(db)] == ["c", "z"]
    with pytest.raises(Conflict) as refused:
        run(db, runtime.take_back_migration, entry.key, ANN)
    assert refused.value.code == "migration_moved"
    finish(db)


def test_a_token_at_a_join_whose_flow_is_gone_cannot_go(db: Database, at: At) -> None:
    fork, join = d.element("parallelGateway", "f"), d.element("parallelGateway", "j")
    instance = begin(db, linear(fork, d.user("a"), d.user("b"), join, flows="s>f>a>j; f>b>j>e"))
    run(db, runtime.complete, d.task(db, "a").key, {}, ANN)
    with pytest.raises(CannotMigrate) as refused:
        migrate(db, instance, linear(fork, d.user("x"), d.user("y"), d.user("b"), join, flows="s>f>x>j; f>y>j; f>b>j>e"))
    assert [each.code for each in refused.value.obstacles] == ["flow"]


CHILD = d.diagram("child", d.start(), d.user("visit"), d.end(), flows="s>visit>e")


def test_children_stay_attached_and_bring_their_results_to_the_new_version(db: Database, at: At) -> None:
    one = linear(d.call("c", "child", items="list", output=("results", "found")), d.user("after"), flows="s>c>after>e")
    instance = begin(db, CHILD, one, list=[1, 2, 3])
    (first, *_rest) = d.tasks(db, element_id="visit")
    run(db, runtime.complete, first.key, {"found": 10}, ANN)
    jobs.drain(db)
    two = linear(d.call("cc", "child", items="list", output=("all", "found + 1")), d.user("after"), flows="s>cc>after>e")
    migrate(db, instance, two, {"c": "cc"})
    (call,) = d.read(db, lambda s: s.scalars(select(Call)).all())
    assert (call.element_id, call.output_collection) == ("cc", "all")
    for task in d.tasks(db, element_id="visit"):
        run(db, runtime.complete, task.key, {"found": 20}, ANN)
    jobs.drain(db)
    (top,) = d.instances(db, process_id="p")
    assert top.variables["all"] == [10, 21, 21]
    assert [task.element_id for task in d.tasks(db)] == ["after"]


def test_chunks_of_children_that_are_still_to_start_go_on_in_the_new_version(db: Database, at: At) -> None:
    one = linear(d.call("c", "child", items="for i in 1..60 return i"), flows="s>c>e")
    instance = begin(db, CHILD, one)
    jobs.run_due(db, limit=1)
    migrate(db, instance, linear(d.call("c2", "child", items="for i in 1..60 return i"), d.user("x"), flows="s>c2>x>e"), {"c": "c2"})
    jobs.drain(db)
    assert len(d.instances(db, process_id="child")) == 60


def test_a_single_child_and_a_failed_job_go_along(db: Database, at: At) -> None:
    one = linear(d.call("c", "child"), d.user("after"), flows="s>c>after>e")
    instance = begin(db, CHILD, one)
    (child,) = d.instances(db, process_id="child")
    migrate(db, instance, linear(d.call("k", "child"), d.user("next"), flows="s>k>next>e"), {"c": "k"})
    run(db, runtime.complete, d.task(db, "visit").key, {}, ANN)
    jobs.drain(db)
    assert child.parent_key == instance.key
    assert [task.element_id for task in d.tasks(db)] == ["next"]


def test_a_job_that_failed_for_its_type_runs_by_the_new_one(db: Database, at: At) -> None:
    done: list[str] = []
    jobs.handler("test.good")(lambda _session, context: done.append(context.type))
    try:
        d.deploy(db, linear(d.service("w", "test.bad"), flows="s>w>e"), task_types=("test.bad", "test.good"))
        instance = run(db, runtime.start, "p", {}, ANN)
        jobs.drain(db)
        (incident,) = d.incidents_of(db, state="OPEN")
        d.deploy(db, linear(d.service("w", "test.good"), flows="s>w>e"), task_types=("test.bad", "test.good"))
        run(db, runtime.migrate, instance.key, newest(db), {}, BOB, reason="改图")
        run(db, runtime.retry, incident.key, ANN)
        jobs.drain(db)
    finally:
        handlers.HANDLERS.pop("test.good", None)
    assert done == ["test.good"]
    assert [row.state for row in d.instances(db)] == ["COMPLETED"]


# --- verdicts, revisions, the way back ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("middle", "flows", "mapping", "verdict", "code"),
    [
        ((d.user("a"), d.user("b")), "s>a>b>e", {}, "fine", None),
        ((d.user("b"),), "s>b>e", {}, "needs", "missing"),
        ((d.user("b"),), "s>b>e", {"a": "b"}, "fine", None),
        ((d.user("b"),), "s>b>e", {"a": "nothing"}, "needs", "unknown"),
        ((d.script("a", "1", "x"), d.user("b")), "s>a>b>e", {}, "needs", "kind"),
        ((d.script("b", "1", "x"),), "s>b>e", {}, "cannot", "nowhere"),
    ],
)
def test_the_verdict_says_what_is_wanted(
    sqlite_db: Database, at: At, middle: tuple[str, ...], flows: str, mapping: dict[str, str], verdict: str, code: str | None
) -> None:
    instance = begin(sqlite_db, linear(d.user("a"), flows="s>a>e"))
    d.deploy(sqlite_db, linear(*middle, flows=flows))
    with sqlite_db.reading() as session:
        row = session.get_one(ProcessInstance, instance.key)
        found = rehearsal.plan(session, row, newest(sqlite_db), mapping)
        quick, obstacles = rehearsal.verdict_of(session, row, definitions.get(session, newest(sqlite_db)), mapping)
    assert (found.verdict, quick) == (verdict, verdict)
    assert [each.code for each in obstacles] == ([code] if code else [])
    assert all(each.text(locale) for each in obstacles for locale in ("zh", "en"))
    if verdict == "fine":
        assert found.path[-1] == "e"


def test_a_rehearsal_writes_nothing(db: Database, at: At) -> None:
    border = d.boundary("t", "a", d.timer("timeDuration", "PT1H"))
    instance = begin(db, linear(d.user("a"), flows="s>a>e"))
    d.deploy(db, linear(d.user("a"), border, d.end("e2"), flows="s>a>e; t>e2"))
    before = state_of(db, instance)
    with db.reading() as session:
        found = rehearsal.plan(session, session.get_one(ProcessInstance, instance.key), newest(db), {})
    assert (found.armed, found.stopped) == (["t"], "")
    assert state_of(db, instance) == before


def test_an_instance_that_has_changed_meanwhile_is_not_migrated(db: Database, at: At) -> None:
    instance = begin(db, linear(d.user("a"), flows="s>a>e"))
    run(db, runtime.set_variables, instance.key, {"x": 1}, ANN)
    with pytest.raises(Conflict) as refused:
        migrate(db, instance, linear(d.user("a"), d.user("b"), flows="s>a>b>e"), revision=instance.revision)
    assert refused.value.code == "instance_moved"
    with pytest.raises(Conflict):
        run(db, runtime.migrate, instance.key, newest(db), {}, BOB, reason=" ")


def test_taken_back_it_is_exactly_what_it_was(db: Database, at: At) -> None:
    roots = d.message("news", "key")
    stays = d.boundary("stays", "a", d.timer("timeDuration", "PT2H"), interrupting=False)
    goes = d.boundary("goes", "a", d.on_message("news"))
    one = linear(
        d.user("a", "office", dueDate="2020-05-25T18:00:00+08:00"), stays, goes, d.end("e2"), flows="s>a>e; stays>e2; goes>e2", roots=roots
    )
    instance = begin(db, one, key="K")
    jobs.drain(db)
    before = state_of(db, instance)
    other = d.boundary("other", "b", d.timer("timeDuration", "PT3H"))
    two = linear(d.user("b", "party_office", dueDate="2020-05-29T18:00:00+08:00"), other, d.end("e2"), flows="s>b>e; other>e2")
    entry = migrate(db, instance, two, {"a": "b"}, recompute=True)
    assert state_of(db, instance) != before
    run(db, runtime.take_back_migration, entry.key, BOB, reason="看错了")
    assert state_of(db, instance) == before
    assert [event.detail["reason"] for event in d.history(db, "instance.migration_taken_back")] == ["看错了"]
    with pytest.raises(Conflict) as refused:
        run(db, runtime.take_back_migration, entry.key, BOB)
    assert refused.value.code == "migration_taken_back"
    finish(db)


def test_a_claim_made_since_survives_the_way_back_and_a_step_ends_it(db: Database, at: At) -> None:
    one = linear(d.user("a"), d.user("z"), flows="s>a>z>e")
    instance = begin(db, one)
    entry = migrate(db, instance, linear(d.user("b"), d.user("z"), flows="s>b>z>e"), {"a": "b"})
    (task,) = d.tasks(db)
    run(db, runtime.claim, task.key, ANN)
    run(db, runtime.take_back_migration, entry.key, BOB)
    (task,) = d.tasks(db)
    assert (task.element_id, task.assignee) == ("a", "ann")
    entry = run(db, runtime.migrate, instance.key, newest(db), {"a": "b"}, BOB, reason="再来")
    run(db, runtime.complete, task.key, {}, ANN)
    with pytest.raises(Conflict) as refused:
        run(db, runtime.take_back_migration, entry.key, BOB)
    assert refused.value.code == "migration_moved"


def test_what_is_armed_in_a_suspended_instance_waits_for_its_resumption(db: Database, at: At) -> None:
    instance = begin(db, linear(d.user("a"), flows="s>a>e"))
    run(db, runtime.suspend, instance.key, ANN)
    border = d.boundary("t", "a", d.timer("timeDuration", "PT1H"))
    migrate(db, instance, linear(d.user("a"), border, d.user("x"), d.end("e2"), flows="s>a>e; t>x>e2"))
    assert [job.state for job in d.jobs_of(db, kind="timer")] == ["SUSPENDED"]
    at("2020-05-21T10:00:00+08:00")
    jobs.drain(db)
    run(db, runtime.resume, instance.key, ANN)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["x"]


def test_an_older_version_can_be_the_target(db: Database, at: At) -> None:
    instance = begin(db, linear(d.user("a"), flows="s>a>e"))
    first = newest(db)
    migrate(db, instance, linear(d.user("a"), d.user("b"), flows="s>a>b>e"))
    run(db, runtime.migrate, instance.key, first, {}, BOB, reason="退回")
    (row,) = d.instances(db)
    assert row.version == 1
    finish(db)


# --- event subprocesses, signals, inclusive joins, sequential loops, errors -----------------------------------------------


def on_event(id: str, definition: str, task: str, *, interrupting: bool = False) -> str:
    """An event subprocess: its start event (``ID_s``), one task, an end."""
    start = d.element("startEvent", f"{id}_s", definition, isInterrupting=str(interrupting).lower())
    flows = "".join(f'<bpmn:sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in ((f"{id}_s", task), (task, f"{id}_e")))
    return d.element("subProcess", id, start + d.user(task) + d.end(f"{id}_e") + flows, triggeredByEvent="true")


def test_event_subprocesses_are_armed_dropped_and_kept(db: Database, at: At) -> None:
    roots = d.message("news", "key") + d.message("other", "key")
    kept, gone = on_event("kept", d.on_message("news"), "n"), on_event("gone", d.timer("timeDuration", "PT9H"), "g")
    instance = begin(db, linear(d.user("a"), kept, gone, flows="s>a>e", roots=roots), key="K")
    (wait,) = d.read(db, lambda s: s.scalars(select(SubscriptionRow)).all())
    fresh = on_event("fresh", d.on_message("other"), "f")
    migrate(db, instance, linear(d.user("a"), kept, fresh, flows="s>a>e", roots=roots))
    assert waits(db) == [("fresh_s", "other"), ("kept_s", "news")]
    assert timers(db) == {}
    assert d.read(db, lambda s: s.get(SubscriptionRow, wait.key)).name == "news"
    for name in ("news", "other"):
        run(db, runtime.publish_message, name, "K", {}, ANN, campaign_id=9)
    jobs.drain(db)
    assert sorted(task.element_id for task in d.tasks(db)) == ["a", "f", "n"]


def test_a_running_event_subprocess_goes_along_and_does_not_start_again(db: Database, at: At) -> None:
    roots = d.message("news", "key")
    one = linear(d.user("a"), on_event("x", d.on_message("news"), "n", interrupting=True), flows="s>a>e", roots=roots)
    instance = begin(db, one, key="K")
    run(db, runtime.publish_message, "news", "K", {}, ANN, campaign_id=9)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["n"]
    two = linear(d.user("b"), on_event("y", d.on_message("news"), "m", interrupting=True), flows="s>b>e", roots=roots)
    migrate(db, instance, two, {"x": "y", "x_s": "y_s", "n": "m"})
    assert [task.element_id for task in d.tasks(db)] == ["m"]
    assert waits(db) == []
    finish(db)


def test_a_signal_on_the_border_is_armed_and_a_message_becomes_a_signal(db: Database, at: At) -> None:
    roots = d.message("news", "key") + d.signal("alarm")
    border = d.boundary("b", "a", d.on_message("news"))
    instance = begin(db, linear(d.user("a"), border, d.end("e2"), flows="s>a>e; b>e2", roots=roots), key="K")
    border = d.boundary("b", "a", d.on_signal("alarm"))
    migrate(db, instance, linear(d.user("a"), border, d.user("f"), d.end("e2"), flows="s>a>e; b>f>e2", roots=roots))
    assert waits(db) == [("b", "alarm")]
    run(db, runtime.broadcast_signal, "alarm", {}, ANN)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["f"]


def test_an_inclusive_join_goes_on_when_nothing_can_come_any_more(db: Database, at: At) -> None:
    fork, join = d.element("inclusiveGateway", "f"), d.element("inclusiveGateway", "j")
    one = linear(fork, d.user("a"), d.user("b"), join, d.user("z"), flows="s>f; f>[x]a>j; f>[y]b>j; f>[default]j; j>z>e")
    instance = begin(db, one, x=True, y=True)
    run(db, runtime.complete, d.task(db, "a").key, {}, ANN)
    assert [task.element_id for task in d.tasks(db)] == ["b"]
    two = linear(fork, d.user("a"), d.user("b"), join, d.user("z"), d.end("e2"), flows="s>f; f>[x]a>j; f>[y]b>e2; f>[default]j; j>z>e")
    migrate(db, instance, two)
    assert [task.element_id for task in d.tasks(db)] == ["b", "z"]
    finish(db)


def test_a_sequential_loop_goes_on_with_its_next_item_and_an_error_is_caught_by_the_new_border(db: Database, at: At) -> None:
    failing = d.diagram("child", d.start(), d.user("visit"), d.end("bad", d.on_error("E1")), flows="s>visit>bad", roots=d.error("E1"))
    one = linear(d.call("c", "child", items="list", sequential=True), flows="s>c>e")
    instance = begin(db, CHILD, one, list=[1, 2, 3])
    caught = d.boundary("caught", "k", d.on_error("E1"))
    parts = (d.call("k", "child", items="list", sequential=True), caught, d.user("help"), d.end("e2"))
    migrate(db, instance, linear(*parts, flows="s>k>e; caught>help>e2", roots=d.error("E1")), {"c": "k"})
    run(db, runtime.complete, d.task(db, "visit").key, {}, ANN)
    d.deploy(db, failing)
    jobs.drain(db)
    assert [row.parent_index for row in d.instances(db, process_id="child")] == [0, 1]
    run(db, runtime.complete, d.task(db, "visit").key, {}, ANN)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["help"]


def test_a_parallel_loop_does_not_become_a_sequential_one(db: Database, at: At) -> None:
    instance = begin(db, CHILD, linear(d.call("c", "child", items="list"), flows="s>c>e"), list=[1, 2])
    with pytest.raises(CannotMigrate) as refused:
        migrate(db, instance, linear(d.call("c", "child", items="list", sequential=True), flows="s>c>e"))
    assert [each.code for each in refused.value.obstacles] == ["loop"]


def test_a_step_that_comes_between_wins_and_the_migration_runs_again(sqlite_db: Database, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody completes the task while the migration is being computed: it starts anew from what is there then."""
    db = sqlite_db
    instance = begin(db, linear(d.user("a"), d.user("b"), flows="s>a>b>e"))
    (task,) = d.tasks(db)
    take, tried = snapshots.take, []

    def first_complete(session: Any, key: int) -> Any:
        tried.append(key)
        if len(tried) == 1:
            run(db, runtime.complete, task.key, {}, ANN)
        return take(session, key)

    monkeypatch.setattr(snapshots, "take", first_complete)
    migrate(db, instance, linear(d.user("a"), d.user("b"), d.user("c"), flows="s>a>b>c>e"))
    assert len(tried) > 2
    assert [(row.element_id, row.key != task.key) for row in d.tasks(db)] == [("b", True)]
    assert [row.version for row in d.instances(db)] == [2]
