"""“提交后进入” tells the truth for every outcome. Each shipped diagram is gone through in a sandbox: at each user task every answer that
its form and the gateways after it can have is given, and held against what the page had said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import app.campaign.handlers  # noqa: F401  (registers the service tasks)
from app import clock
from app.db import Database
from app.engine import bpmn, definitions, next_activities
from app.engine.bpmn_model import Element
from app.engine.checks.graph import is_step
from app.engine.models import Activity, JobRow, ProcessInstance, SubscriptionRow, Task
from app.inbox import next_steps
from app.modeler.trial import filling, samples, sandbox, stubs
from tests import web
from tests.processes.foretold import Foretold
from tests.processes.play import ROOT, files

BEGIN = datetime(2020, 5, 21, 8, tzinfo=clock.CAMPAIGN_ZONE)
#: States of one diagram that are looked at; which elements have tokens makes a state. What people do goes first.
MOST = 60
#: Service tasks that one completion may bring about.
WORK = 30
#: What services and callers tell of which there is no sample.
TOLD: dict[str, Any] = {
    "deadline": "2020-05-30T18:00:00+08:00",
    "rung": 1,
    "breach": False,
    "untrained": 0,
    "reply_due": "2020-05-23T18:00:00+08:00",
    "notice_number": "1",
    "samples": [{"household": {"code": "V01-01-001", "label": "样例户"}, "checker": "checker"}],
}
#: Whatever else services and callers may tell, so that every user task of the diagram is met: each is a walk of its own.
OTHERWISE: dict[str, list[dict[str, Any]]] = {
    "campaign": [{"untrained": 2}],
    "household": [{"household": {"kind": "key_general"}}, {"household": {"trained": False}}, {"held": True}],
    "problem": [
        {"rung": 3, "rectification_result": "principals"},
        {"rung": 3, "rectification_result": "principals", "breach": True},
        {"rung": 1, "rectification_result": "principals"},
        {"rung": 3, "judgement": "assign"},
    ],
}


@pytest.fixture(scope="module")
def deployed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> sandbox.Deployed:
    path = tmp_path_factory.mktemp("foretold") / "all.db"
    path.write_bytes(sqlite_template.read_bytes())
    db = Database(f"sqlite:///{path}")
    db.in_transaction(lambda session: definitions.deploy(session, files(), web.CLI, now=BEGIN))
    with db.reading() as session:
        found = sandbox.deployed(session)
    db.dispose()
    return found


@dataclass
class Explorer:
    """Goes through all states of a process that its answers, its services, messages and timers lead to."""

    process: str
    #: told by services and callers in this walk
    told: dict[str, Any]
    seen: set[frozenset[tuple[str, str]]] = field(default_factory=set)
    todo: list[tuple[bytes, datetime]] = field(default_factory=list)
    #: (user task, outcome) that were held against what was said
    held: set[tuple[str, str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def state(self, box: sandbox.Sandbox) -> frozenset[tuple[str, str]]:
        """What is there. Reports at the end of a phase change nothing for anybody: they would only multiply the states."""
        with box.db.reading() as session:
            query = select(ProcessInstance.process_id, Activity.element_id).join(Activity, Activity.instance_key == ProcessInstance.key)
            found = session.execute(query.where(Activity.how == "").distinct())
            return frozenset((process, element) for process, element in found if not element.startswith("phase_"))

    def keep(self, box: sandbox.Sandbox) -> None:
        state = self.state(box)
        if state and state not in self.seen and len(self.seen) < MOST:
            self.seen.add(state)
            self.todo.append((box.kept(), clock.now()))

    def go_on(self, content: bytes, at: datetime) -> None:
        """Everything that can happen next, each from this very state."""
        with sandbox.opened(content, at) as box, box.db.reading() as session:
            tasks = [(task.key, list(outcomes(session, task))) for task in one_of_each(session)]
            waiting = sorted({called for _job, called in stand_ins(session)})
            messages = session.execute(
                select(SubscriptionRow.name, SubscriptionRow.correlation_key).where(
                    SubscriptionRow.kind == "message", SubscriptionRow.instance_key > 0
                )
            ).all()
            timer = box.next_timer()
        if timer is not None:
            with sandbox.opened(content, at) as box:
                before = self.state(box)
                for _turn in range(WORK):
                    box.advance(timer)
                    work(box, self.told)
                    timer = box.next_timer()
                    if timer is None or self.state(box) != before:
                        break
                self.keep(box)
        for name, correlation in messages:
            with sandbox.opened(content, at) as box:
                box.publish(name, correlation, {})
                work(box, self.told)
                self.keep(box)
        for called in waiting:
            with sandbox.opened(content, at) as box:
                self.end_all(box, called)
                self.keep(box)
        for key, given in tasks:
            for entered in given:
                with sandbox.opened(content, at) as box:
                    self.complete(box, key, entered)
                    self.keep(box)

    def end_all(self, box: sandbox.Sandbox, called: str) -> None:
        """All instances of a called process end, those that follow on them, too."""
        for _turn in range(WORK):
            with box.db.reading() as session:
                job = next((key for key, process in stand_ins(session) if process == called), None)
            if job is None:
                return
            answer(box, job, self.told)
            work(box, self.told)

    def complete(self, box: sandbox.Sandbox, key: int, entered: dict[str, Any]) -> None:
        with box.db.reading() as session:
            task = session.get_one(Task, key)
            levels = next_steps.levels_of(session, task)
            element = levels[0].process.elements[task.element_id]
            form = filling.form_of(session, task) if task.form_id else None
            given = {**samples.to_answer(element, levels[0].variables, form), **entered}
            said = next_activities.after(levels, task.element_id, entered)
            newest = session.scalar(select(func.max(Activity.key))) or 0
            instances = chain(session, task)
        where = f"{task.process_id}.{task.element_id} {entered}"
        if not said:
            self.wrong.append(f"{where}: nothing is said")
        box.complete(key, None, given)
        self.opened(box, Foretold(task, entered, said, instances, newest), where)
        work(box, self.told)
        self.held.add((task.process_id, task.element_id, str(sorted(entered.items(), key=str))))
        try:
            Foretold(task, entered, said, instances, newest).held(SimpleNamespace(db=box.db))
        except AssertionError as error:
            self.wrong.append(str(error).split("\n")[0])

    def opened(self, box: sandbox.Sandbox, told: Foretold, where: str) -> None:
        """Whatever waits for somebody now, and was not there before, was said."""
        with box.db.reading() as session:
            query = select(Activity.element_id, ProcessInstance.definition_key).join(
                ProcessInstance, ProcessInstance.key == Activity.instance_key
            )
            query = query.where(Activity.instance_key.in_(told.instances), Activity.key > told.newest, Activity.how == "")
            found = [definitions.process_of(session, key).elements[element] for element, key in session.execute(query)]
            passed = set(session.scalars(select(Activity.element_id).where(Activity.key > told.newest, Activity.how != "")))
        said = {each.element.id for each in told.said if each.how == "step"}
        if said & passed:
            return  # a timer that was due in the past: what was said came, and is over already
        for element in found:
            if is_step(element) and element.kind == "userTask" and element.id not in said:
                self.wrong.append(f"{where}: {element.id} was opened, said was {sorted(said)}")


def one_of_each(session: Session) -> list[Task]:
    """Of parallel instances of a task one is enough."""
    found = {(task.process_id, task.element_id): task for task in session.scalars(select(Task).where(Task.state == "OPEN"))}
    return list(found.values())


def outcomes(session: Session, task: Task) -> Iterator[dict[str, Any]]:
    process = definitions.process_of(session, task.definition_key)
    form = filling.form_of(session, task) if task.form_id else None
    choices = next_steps.deciding(process, process.elements[task.element_id], form) if form is not None else {}
    yield from next_steps.outcomes(choices)


def chain(session: Session, task: Task) -> list[int]:
    found, key = [], task.instance_key
    while key is not None:
        found.append(key)
        key = session.get_one(ProcessInstance, key).parent_key
    return found


def stand_ins(session: Session) -> list[tuple[int, str]]:
    """(job, called process) of what waits for the end of a called process."""
    query = select(JobRow.key, ProcessInstance.process_id).join(ProcessInstance, ProcessInstance.key == JobRow.instance_key)
    return [
        (key, called)
        for key, called in session.execute(query.where(JobRow.type == stubs.TASK_TYPE, JobRow.state == "READY").order_by(JobRow.key))
    ]


def services(session: Session) -> int | None:
    """The first job of a service task that waits for an answer."""
    waits = (JobRow.kind == "service", JobRow.state == "READY", JobRow.type != stubs.TASK_TYPE)
    return session.scalar(select(JobRow.key).where(*waits).order_by(JobRow.key).limit(1))


def answer(box: sandbox.Sandbox, key: int, told: dict[str, Any]) -> None:
    with box.db.reading() as session:
        job = session.get_one(JobRow, key)
        instance = session.get_one(ProcessInstance, job.instance_key)
        if job.type == stubs.TASK_TYPE:  # what the caller of the stand-in reads
            above = session.get_one(ProcessInstance, instance.parent_key)
            call = session.get_one(Activity, instance.parent_activity_key)
            element: Element = definitions.process_of(session, above.definition_key).elements[call.element_id]
            known = dict(above.variables)
        else:
            element, known = definitions.process_of(session, instance.definition_key).elements[job.element_id], dict(instance.variables)
        given = samples.to_answer(element, known)
    box.answer(key, filled(given, told))


def filled(given: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """*given* as it is told in this walk; where nothing is known, by ``TOLD``."""
    found = {name: TOLD.get(name) if value is None else value for name, value in given.items()}
    for name, value in told.items():
        if name in found:
            found[name] = {**found[name], **value} if isinstance(value, dict) else value
    return found


def work(box: sandbox.Sandbox, told: dict[str, Any]) -> None:
    """What programs do by themselves."""
    for _turn in range(WORK):
        with box.db.reading() as session:
            job = services(session)
        if job is None:
            return
        answer(box, job, told)


def explore(deployed: sandbox.Deployed, process_id: str, told: dict[str, Any]) -> Explorer:
    own = {row["id"]: row for row in deployed.rows if row["kind"] == "process"}
    found = Explorer(process_id, told)
    drawn = next(each for each in bpmn.parse(own[process_id]["content"]) if each.id == process_id)
    called = {each.called_process for each in drawn.elements.values() if each.called_process}
    content = sandbox.prepared(deployed, {}, BEGIN, sorted(called & set(own)))
    with sandbox.opened(content, BEGIN) as box:
        box.start(process_id, filled(samples.to_start(drawn, {}), told))
        work(box, told)
        found.keep(box)
    while found.todo:
        found.go_on(*found.todo.pop())
    return found


PROCESSES = sorted(path.stem for path in (ROOT / "processes").glob("*.bpmn"))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("process_id", PROCESSES)
def test_what_is_said_comes(deployed: sandbox.Deployed, process_id: str) -> None:
    walks = [explore(deployed, process_id, told) for told in ({}, *OTHERWISE.get(process_id, []))]
    wrong = list(dict.fromkeys(each for walk in walks for each in walk.wrong))
    assert wrong == [], "\n".join(wrong)
    met = {element for walk in walks for process, element, _entered in walk.held if process == process_id}
    drawn = next(row["content"] for row in deployed.rows if row["kind"] == "process" and row["id"] == process_id)
    (process,) = (each for each in bpmn.parse(drawn) if each.id == process_id)
    assert met == {each.id for each in process.elements.values() if each.kind == "userTask"}, "every user task is met"
