"""The history is complete: whatever changes the state writes a record that says who, when, for whom, from where, by which version.

What there is to do is taken from the product itself: its addresses, the runtime's verbs, the kinds of jobs, the commands. Whoever adds one
says here (or in ``tests/told.py``) what it tells, or why nothing. That requests keep their word is held by ``told.watch`` in every test.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import cli, clock
from app.audit.sentence_templates import TEXTS
from app.campaign.models import Village
from app.db import Base, Database
from app.engine import events, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Event, Task
from tests import told, web
from tests.engine import drawing as d
from tests.engine.test_migration import linear, newest, run

At = Callable[[str], datetime]
FOR_EVE = Actor("ann", "eve", "10.0.0.1")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

#: verb of ``runtime`` → the kind of record it writes, or why none
VERBS: dict[str, str] = {
    "start": "instance.started",
    "claim": "task.claimed",
    "release": "task.released",
    "hand_over": "task.handed_over",
    "complete": "task.completed",
    "cancel": "instance.terminated",
    "suspend": "instance.suspended",
    "resume": "instance.resumed",
    "set_variables": "variables.changed",
    "move_token": "instance.moved",
    "pull_timer": "timer.pulled",
    "reschedule": "instance.rescheduled",
    "migrate": "instance.migrated",
    "take_back_migration": "instance.migration_taken_back",
    "publish_message": "message.published",
    "correlate_message": "message.published",
    "broadcast_signal": "signal.sent",
    "throw_error": "error.thrown",
    "record_incident": "incident.created",
    "retry": "incident.resolved",
}
#: of ``runtime``, but no verb
NO_VERBS = {"Actor", "answered", "awaited_messages", "value_at"}

#: kind of job → kinds of records that tell what it did, or why nothing is told
JOBS: dict[str, set[str] | str] = {
    "timer": {"timer.fired"},
    "timer_start": {"timer.fired", "instance.started"},
    "service": {"instance.stepped", "error.thrown"},
    "children": {"children.started"},
    "child_ended": {"instance.stepped"},
    "child_escalated": {"instance.stepped"},
    "cancel_children": {"instance.terminated"},
    "message": {"message.correlated"},
    "message_expiry": {"message.expired"},
    "subscription": {"message.correlated"},
    "restart": {"instance.started", "message.correlated"},
    "signal": "makes one job for each who waits; the signal's sending and each receipt are told",
    "signal_delivery": {"signal.received"},
    "batch": "each act of a batch tells of itself, by whom and from where the batch was begun",
    "outside": {"incident.created", "incident.resolved"},
}

#: command of ``run.py`` → kinds of records, or why nothing is told
COMMANDS: dict[str, set[str] | str] = {
    "serve": "what is done in the pages is told by what does it",
    "worker": "what jobs do is told by them",
    "check": "only reads",
    "simulate": "plays in a database of its own, with everything that people's acts tell",
    "verify": "only reads",
    "deploy": {"deployment.made"},
    "seal": {"records.sealed"},
    "token": {"account.token_made"},
    "account": {"account.created", "role.assigned"},
}


@pytest.fixture
def app(sqlite_db: Database, tmp_path: Path) -> Flask:
    return web.application(sqlite_db, tmp_path)


def test_every_address_that_changes_something_says_what_it_tells(app: Flask) -> None:
    changing = {rule.endpoint for rule in app.url_map.iter_rules() if UNSAFE & set(rule.methods or ())}
    assert len(changing) > 90
    assert changing - set(told.ROUTES) == set(), "say in tests/told.py which record it writes, or why none"
    assert set(told.ROUTES) - changing == set()


def test_what_is_promised_exists() -> None:
    promised = [told.ROUTES, JOBS, COMMANDS, VERBS]
    kinds = {kind for table in promised for said in table.values() if isinstance(said, set) for kind in said} | set(VERBS.values())
    assert kinds - set(TEXTS) == set()
    assert set(told.QUIET) - set(Base.metadata.tables) - {"record_words"} == set()
    reasons = [said for table in (told.ROUTES, JOBS, COMMANDS) for said in table.values() if isinstance(said, str)]
    assert all(reasons)


def test_a_request_that_tells_nobody_is_found(sqlite_db: Database, app: Flask) -> None:
    """The watch can fail."""

    def secretly() -> str:
        sqlite_db.in_transaction(lambda session: session.add(Village(campaign_id=9, code="V01", name="柏树村")))
        return "done"

    app.add_url_rule("/secretly", view_func=secretly, endpoint="secretly", methods=["POST"])
    with app.test_request_context("/secretly", method="POST"), pytest.raises(AssertionError, match="village"):
        secretly()


def test_every_verb_has_its_record() -> None:
    assert set(runtime.__all__) - NO_VERBS == set(VERBS)


def test_every_kind_of_job_says_what_it_tells() -> None:
    assert set(jobs.KINDS) <= set(JOBS)


def test_every_command_says_what_it_tells(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    listed = capsys.readouterr().out.partition("COMMAND")[2]
    assert {word for word in COMMANDS if f"    {word} " in listed} == set(COMMANDS)
    commands = getattr(cli, "_COMMANDS")  # noqa: B009
    assert set(commands) == set(COMMANDS)


def test_a_record_says_who_for_whom_from_where_and_by_which_version(db: Database, at: At) -> None:
    """Each verb, done by somebody who stands in for another; every transaction of it is watched."""
    with told.watched(db):
        written = {verb: _last(db, kind) for verb, kind in VERBS.items() if _act(db, verb)}
    assert set(written) == set(VERBS)
    for verb, entry in written.items():
        assert entry is not None, f"{verb} wrote no {VERBS[verb]}"
        assert entry.at == clock.now(), verb
        assert (entry.actor, entry.on_behalf_of, entry.origin) == ("ann", "eve", "10.0.0.1"), verb
        if entry.instance_key is not None:
            assert entry.detail.get("definition"), f"{verb} does not say by which version"


def _last(db: Database, kind: str) -> Event | None:
    found = d.history(db, kind)
    return found[-1] if found else None


ARMED = d.boundary("late", "a", d.timer("timeDuration", "PT9H"), interrupting=False)
CAUGHT = d.boundary("bad", "b", d.on_error("BAD"))
DIAGRAM = linear(d.user("a"), ARMED, d.user("b"), CAUGHT, d.end("e2"), d.end("e3"), flows="s>a>b>e; late>e2; bad>e3", roots=d.error("BAD"))
NEXT = linear(
    d.user("a"), ARMED, d.user("c"), d.user("b"), CAUGHT, d.end("e2"), d.end("e3"), flows="s>a>c>b>e; late>e2; bad>e3", roots=d.error("BAD")
)


def _act(db: Database, verb: str) -> bool:
    """Do *verb* on a fresh instance."""
    d.deploy(db, DIAGRAM)
    instance = run(db, runtime.start, "p", {"x": 1}, FOR_EVE, campaign_id=9)
    (task,) = d.tasks(db, instance_key=instance.key)
    _on_a_task(db, verb, task)
    _on_an_instance(db, verb, instance.key, task)
    return True


def _on_a_task(db: Database, verb: str, task: Task) -> None:
    if verb in ("release", "hand_over"):
        run(db, runtime.claim, task.key, FOR_EVE)
    acts: dict[str, Callable[[], Any]] = {
        "claim": lambda: run(db, runtime.claim, task.key, FOR_EVE),
        "release": lambda: run(db, runtime.release, task.key, FOR_EVE),
        "hand_over": lambda: run(db, runtime.hand_over, task.key, "bob", FOR_EVE, reason="病了"),
        "complete": lambda: run(db, runtime.complete, task.key, {}, FOR_EVE),
        "move_token": lambda: run(db, runtime.move_token, task.instance_key, task.key, "b", FOR_EVE, reason="走错了"),
    }
    if verb in acts:
        acts[verb]()


def _on_an_instance(db: Database, verb: str, key: int, task: Task) -> None:
    if verb == "resume":
        run(db, runtime.suspend, key, FOR_EVE)
    if verb in ("migrate", "take_back_migration"):
        d.deploy(db, NEXT)
        moved = run(db, runtime.migrate, key, newest(db), {}, FOR_EVE, reason="改图")
        if verb == "take_back_migration":
            run(db, runtime.take_back_migration, moved.key, FOR_EVE)
    if verb == "correlate_message":
        elements = (d.start(), d.catch("c", d.on_message("go")), d.end())
        d.deploy(db, d.diagram("w", *elements, flows="s>c>e", roots=d.message("go", "key")))
        run(db, runtime.start, "w", {"key": "k"}, FOR_EVE)
        run(db, runtime.correlate_message, "go", "k", {}, FOR_EVE)
    if verb == "throw_error":
        run(db, runtime.complete, task.key, {}, FOR_EVE)
        run(db, runtime.throw_error, d.task(db, "b", instance_key=key).key, "BAD", FOR_EVE)
    if verb in ("record_incident", "retry"):
        incident = run(db, runtime.record_incident, RuntimeError("broken"), task_key=task.key, actor=FOR_EVE)
        if verb == "retry":
            run(db, runtime.retry, incident.key, FOR_EVE)
    acts: dict[str, Callable[[], Any]] = {
        "cancel": lambda: run(db, runtime.cancel, key, FOR_EVE, reason="重复"),
        "suspend": lambda: run(db, runtime.suspend, key, FOR_EVE, reason="等通知"),
        "resume": lambda: run(db, runtime.resume, key, FOR_EVE),
        "set_variables": lambda: run(db, runtime.set_variables, key, {"x": 2}, FOR_EVE),
        "pull_timer": lambda: run(
            db, runtime.pull_timer, d.jobs_of(db, kind="timer", instance_key=key)[0].key, clock.now(), FOR_EVE, reason="急"
        ),
        "reschedule": lambda: run(db, runtime.reschedule, key, {"x": 3}, FOR_EVE, reason="延期"),
        "publish_message": lambda: run(db, runtime.publish_message, "m", "k", {}, FOR_EVE),
        "broadcast_signal": lambda: run(db, runtime.broadcast_signal, "s", {}, FOR_EVE),
    }
    if verb in acts:
        acts[verb]()


def test_a_record_keeps_the_version_by_which_it_was_made(db: Database, at: At) -> None:
    """After a migration what was recorded before still says the old version."""
    d.deploy(db, DIAGRAM)
    old = newest(db)
    instance = run(db, runtime.start, "p", {}, FOR_EVE, campaign_id=9)
    (task,) = d.tasks(db)
    run(db, runtime.claim, task.key, FOR_EVE)
    d.deploy(db, NEXT)
    run(db, runtime.migrate, instance.key, newest(db), {}, FOR_EVE, reason="改图")
    run(db, runtime.release, task.key, FOR_EVE)
    versions = {event.kind: int(event.detail["definition"]) for event in d.history(db) if event.instance_key == instance.key}
    assert versions["task.claimed"] == versions["instance.started"] == old
    assert versions["instance.migrated"] == versions["task.released"] == newest(db)


def test_what_waits_for_its_transaction_is_not_told_without_it(db: Database) -> None:
    """Written in the same transaction as what it tells: an act that fails leaves no record."""

    def fails(session: Any) -> None:
        events.record(session, "campaign.started", FOR_EVE, campaign_id=9)
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        db.in_transaction(fails)
    assert d.history(db, "campaign.started") == []
