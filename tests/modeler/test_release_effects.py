"""Before a release: how many instances run on which version, where they stand, which deadlines they keep and what they would get."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from app.db import Database
from app.engine import runtime
from app.engine.actor import Actor
from app.engine.models import Task
from app.modeler.release.effects import effects_of, made_by
from tests.engine.diagrams import ROLE, chain, event, node, wrap
from tests.modeler.releasing import LI, ask, deploy, draft, release
from tests.web import CAMPAIGN

OFFICE = Actor("office")
At = Callable[[str], datetime]


def process(due: str = "=date and time(deadline)", wait: str = "PT12H", name: str = "核对", gone: bool = False) -> bytes:
    """Process ``p``: task ``x`` with a due date and a boundary timer, then task ``y``."""
    first = (
        f'<bpmn:userTask id="x" name="{name}"><bpmn:extensionElements>{ROLE}<zeebe:taskSchedule dueDate="{due}"/><zeebe:userTask/>'
        "</bpmn:extensionElements></bpmn:userTask>"
    )
    timer = event(
        "boundaryEvent", "late", "timer", f"<bpmn:timeDuration>{wait}</bpmn:timeDuration>", attachedToRef="x", cancelActivity="false"
    )
    second = "" if gone else node("userTask", "y", "", f"{ROLE}<zeebe:userTask/>")
    path = chain("s", "x", "e") if gone else chain("s", "x", "y", "e")
    return wrap(
        node("startEvent", "s") + first + timer + second + node("endEvent", "e") + node("endEvent", "f") + path + chain("late", "f")
    )


def start(db: Database, deadline: object, *, done: bool = False) -> int:
    def work(session):  # type: ignore[no-untyped-def]
        key = runtime.start(session, "p", {"deadline": deadline}, OFFICE, campaign_id=CAMPAIGN).key
        session.flush()
        if done:
            task = session.scalars(select(Task).where(Task.instance_key == key)).one()
            runtime.complete(session, task.key, {}, OFFICE)
        return key

    return int(db.in_transaction(work))


def test_figures_by_version_and_activity(db: Database, at: At) -> None:
    deploy(db, process())
    for _ in range(2):
        start(db, "2020-05-25T18:00:00+08:00")
    start(db, "2020-05-26T18:00:00+08:00", done=True)
    deploy(db, process(name="再核对"))
    start(db, "2020-05-25T18:00:00+08:00")
    with db.reading() as session:
        (effect,) = effects_of(session, {"p.bpmn": process(name="再核对", gone=True)}).processes
    assert [(version, count) for version, _key, count in effect.versions] == [(2, 1), (1, 3)]
    assert (effect.running, effect.version) == (4, 2)
    seen = {(row.version, row.element_id): (row.count, row.fate) for row in effect.standing}
    assert seen == {
        (2, "x"): (1, "same"),
        (1, "x"): (2, "changed"),
        (1, "y"): (1, "gone"),
    }
    assert effect.deadlines == []


def test_a_deadline_that_changes_is_computed_from_each_instance(db: Database, at: At) -> None:
    deploy(db, process())
    first = start(db, "2020-05-25T18:00:00+08:00")
    second = start(db, "2020-05-28T18:00:00+08:00")
    due = "=date and time(deadline) - duration(&quot;P1D&quot;)"
    with db.reading() as session:
        (effect,) = effects_of(session, {"p.bpmn": process(due, wait="PT6H")}).processes
    by_what = {deadline.what: deadline for deadline in effect.deadlines}
    tasks, timers = by_what["due"], by_what["timer"]
    assert (tasks.element_id, tasks.old, tasks.total) == ("x", "=date and time(deadline)", 2)
    assert [(row.instance_key, row.kept, row.new) for row in tasks.rows] == [
        (first, at("2020-05-25T18:00:00+08:00"), at("2020-05-24T18:00:00+08:00")),
        (second, at("2020-05-28T18:00:00+08:00"), at("2020-05-27T18:00:00+08:00")),
    ]
    # a timer counts from when it was armed
    assert (timers.element_id, timers.old, timers.new, timers.total) == ("late", "PT12H", "PT6H", 2)
    assert {(row.kept, row.new) for row in timers.rows} == {(at("2020-05-21T20:00:00+08:00"), at("2020-05-21T14:00:00+08:00"))}


def test_a_deadline_from_now_counts_from_when_the_task_opened(sqlite_db: Database, at: At) -> None:
    """Not from when somebody looks: otherwise every deadline would seem to get longer."""
    deploy(sqlite_db, process("=now() + duration(&quot;P1D&quot;)"))
    start(sqlite_db, "")
    at("2020-05-23T08:00:00+08:00")
    with sqlite_db.reading() as session:
        (effect,) = effects_of(session, {"p.bpmn": process("=now() + duration(&quot;PT6H&quot;)")}).processes
    (row,) = effect.deadlines[0].rows
    assert (row.kept, row.new) == (
        datetime.fromisoformat("2020-05-22T08:00:00+08:00"),
        datetime.fromisoformat("2020-05-21T14:00:00+08:00"),
    )


def test_a_timer_that_the_new_version_has_not_is_kept_by_what_runs(sqlite_db: Database, at: At) -> None:
    deploy(sqlite_db, process())
    start(sqlite_db, "2020-05-25T18:00:00+08:00")
    without = re.sub(rb"<bpmn:boundaryEvent.*?</bpmn:boundaryEvent>", b"", process()).replace(b'sourceRef="late"', b'sourceRef="x"')
    with sqlite_db.reading() as session:
        (effect,) = effects_of(session, {"p.bpmn": without}).processes
    (timer,) = effect.deadlines
    assert (timer.element_id, timer.old, timer.new, timer.total) == ("late", "PT12H", None, 1)
    assert [(row.kept, row.new) for row in timer.rows] == [(at("2020-05-21T20:00:00+08:00"), None)]


def test_what_cannot_be_computed_says_why(sqlite_db: Database, at: At) -> None:
    deploy(sqlite_db, process())
    start(sqlite_db, "2020-05-25T18:00:00+08:00")
    with sqlite_db.reading() as session:
        (effect,) = effects_of(session, {"p.bpmn": process("=&quot;tomorrow&quot;")}).processes
        (nothing,) = effects_of(session, {"p.bpmn": process("=unknown")}).processes
    (row,) = effect.deadlines[0].rows
    assert row.error is not None and "tomorrow" in row.error[0]
    (row,) = nothing.deadlines[0].rows
    assert (row.new, row.error, row.differs) == (None, None, True)


def test_after_the_release_the_old_ones_still_count(sqlite_db: Database, at: At) -> None:
    """They stay on their version, and the page goes on saying so."""
    deploy(sqlite_db, process())
    start(sqlite_db, "2020-05-25T18:00:00+08:00")
    new = process(name="再核对")
    made = release(sqlite_db, ask(sqlite_db, draft(sqlite_db, new)), LI)
    start(sqlite_db, "2020-05-25T18:00:00+08:00")
    with sqlite_db.reading() as session:
        assert made.deployment_key is not None
        (effect,) = effects_of(session, {"p.bpmn": new}, newer_than=made_by(session, made.deployment_key)).processes
    assert [(version, count) for version, _key, count in effect.versions] == [(1, 1)]


FORM = b'{"type": "default", "id": "paper", "components": []}'
DECISION = (
    b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><decision id="grade" name="G">'
    b'<literalExpression id="l"><text>%d</text></literalExpression></decision></definitions>'
)


def test_forms_keep_and_decisions_change_at_once(sqlite_db: Database, at: At) -> None:
    task = f'{ROLE}<zeebe:formDefinition formId="paper"/><zeebe:userTask/>'
    rule = node("businessRuleTask", "r", "", '<zeebe:calledDecision decisionId="grade" resultVariable="g"/>')
    body = node("startEvent", "s") + node("userTask", "x", "", task) + rule + node("endEvent", "e") + chain("s", "x", "r", "e")
    deploy(sqlite_db, wrap(body), **{"paper.form": FORM, "grade.dmn": DECISION % 1})
    start(sqlite_db, "")
    with sqlite_db.reading() as session:
        found = effects_of(session, {"paper.form": FORM, "grade.dmn": DECISION % 2})
    assert [(form.form_id, form.open_tasks) for form in found.forms] == [("paper", 1)]
    assert [(decision.decision_id, decision.used_by) for decision in found.decisions] == [("grade", (("P", 1),))]
