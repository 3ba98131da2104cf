"""What was known at a moment is what was there then: random acts, the truth noted after each, asked for when everything is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app import clock, personal
from app.audit.history import moment
from app.audit.search import filling
from app.campaign import problems
from app.campaign.models import Problem
from app.db import Database
from app.engine import definition_lookup, jobs, runtime
from app.engine.actor import Actor
from app.engine.errors import EngineError
from app.engine.models import Event, ProcessInstance, Task
from app.forms import schema, submissions
from app.forms.models import Submission
from app.forms.outcome import Outcome
from tests import web
from tests.campaign import world
from tests.engine import drawing as d
from tests.engine.test_migration import run
from tests.engine.time_order import backward
from tests.web import CAMPAIGN

At = Callable[[str], datetime]
ANN, FOR_EVE, BOB, CHECKER = Actor("ann"), Actor("ann", "eve", "10.0.0.1"), Actor("bob"), Actor("checker")
FORM = b'{"id": "visit", "type": "default", "schemaVersion": 16, "components": [{"type": "number", "key": "income", "label": "income"}]}'
ABOUT = {"subject": '="household:" + household', "label": "=household"}
NOTE = [{"kind": "note", "text": "照片"}]


def care(*more: str, flows: str) -> bytes:
    """A visit with a deadline that brings a second task, then a check."""
    late = d.boundary("late", "visit", d.timer("timeDuration", "PT5M"), interrupting=False)
    elements = (d.start(), d.user("visit", dueDate='=now() + duration("P1D")'), late, d.user("remind"), *more)
    return d.diagram("care", *elements, d.end(), d.end("e2"), flows=f"{flows}; late>remind>e2", properties=ABOUT)


FIRST = care(d.user("check"), flows="s>visit>check>e")
SECOND = care(d.user("check"), d.user("sign"), flows="s>visit>check>sign>e")
#: what is there: forms, problems, tasks with their holders and due dates, instances
Truth = tuple[dict[str, int], dict[str, str], dict[int, tuple[str, str, datetime | None]], dict[int, str]]


class Household:
    """One household to which things happen, and what was there after each of them."""

    def __init__(self, db: Database, move: At, start: datetime) -> None:
        self.db, self.move, self.now = db, move, start
        self.move(start.isoformat())
        self.code = world.household(db)
        self.truth: list[tuple[datetime, Truth]] = []
        self.behind = False

    @property
    def subject(self) -> str:
        return f"household:{self.code}"

    def do(self, name: str, number: int) -> None:
        """One act two minutes and a half later, by whoever may; what is not possible now does not happen."""
        self.now += timedelta(seconds=150)
        self.move(self.now.isoformat())
        before = self.events()
        try:
            getattr(self, name)(number)
        except (EngineError, LookupError):
            return
        if not self.behind:
            jobs.drain(self.db, ignore_backoff=True)
        if self.events() > before:
            self.truth.append((self.now, self.look()))

    def events(self) -> int:
        return d.read(self.db, lambda s: s.scalar(select(func.count()).select_from(Event)))  # type: ignore[no-any-return]

    # --- acts ---------------------------------------------------------------------------------------------------------

    def begin(self, _number: int) -> None:
        run(self.db, runtime.start, "care", {"household": self.code}, ANN, campaign_id=CAMPAIGN)

    def claim(self, number: int) -> None:
        run(self.db, runtime.claim, self.task(number).key, FOR_EVE if number % 2 else ANN)

    def release(self, number: int) -> None:
        run(self.db, runtime.release, self.task(number).key, ANN)

    def hand_over(self, number: int) -> None:
        run(self.db, runtime.hand_over, self.task(number).key, "bob", ANN, reason="病了")

    def complete(self, number: int) -> None:
        run(self.db, runtime.complete, self.task(number).key, {}, FOR_EVE)

    def hand_in(self, number: int) -> None:
        task, form = self.task(number), schema.load(FORM)
        run(self.db, lambda s: submissions.save(s, form, Outcome({"income": number}), ANN, task=s.get(Task, task.key)))

    def find(self, _number: int) -> None:
        world.problem(self.db, household=self.code)

    def mend(self, number: int) -> None:
        self.ledger(problems.rectify, number, BOB, text="已改", evidence=NOTE)

    def close(self, number: int) -> None:
        self.ledger(problems.close, number, CHECKER)

    def reopen(self, number: int) -> None:
        self.ledger(problems.reopen, number, CHECKER, note="没改好")

    def migrate(self, number: int) -> None:
        instance = self.instance(number)
        run(self.db, runtime.migrate, instance.key, newest_care(self.db), {}, BOB, reason="改图", recompute=bool(number % 2))

    def move_by_hand(self, number: int) -> None:
        task = self.task(number)
        run(self.db, runtime.move_token, task.instance_key, task.key, "check", BOB, reason="走错了")

    def cancel(self, number: int) -> None:
        run(self.db, runtime.cancel, self.instance(number).key, BOB, reason="重复")

    def suspend(self, number: int) -> None:
        run(self.db, runtime.suspend, self.instance(number).key, BOB, reason="等")

    def resume(self, number: int) -> None:
        run(self.db, runtime.resume, self.instance(number).key, BOB)

    def stop_worker(self, _number: int) -> None:
        """From now on due timers wait: they act when the worker is there again."""
        self.behind = True

    def start_worker(self, _number: int) -> None:
        self.behind = False

    # --- looking ------------------------------------------------------------------------------------------------------

    def task(self, number: int) -> Task:
        found = d.tasks(self.db, subject=self.subject)
        return found[number % len(found)] if found else self._nothing()

    def instance(self, number: int) -> ProcessInstance:
        found = d.instances(self.db, subject=self.subject)
        return found[number % len(found)] if found else self._nothing()

    def _nothing(self) -> Any:
        raise LookupError

    def ledger(self, verb: Callable[..., Any], number: int, actor: Actor, **more: Any) -> None:
        with self.db.reading() as session:
            numbers = session.scalars(select(Problem.number).where(Problem.household == self.code).order_by(Problem.number)).all()
        if not numbers:
            self._nothing()
        run(self.db, verb, CAMPAIGN, numbers[number % len(numbers)], actor=actor, at=clock.now(), **more)

    def look(self) -> Truth:
        with self.db.reading() as session:
            forms: dict[str, int] = {}
            for row in session.scalars(select(Submission).where(Submission.subject == self.subject)):
                forms[row.form_id] = max(row.revision, forms.get(row.form_id, 0))
            ledger = {row.number: row.state for row in session.scalars(select(Problem).where(Problem.household == self.code))}
        tasks = {row.key: (row.name, row.assignee or "", row.due_at) for row in d.tasks(self.db, subject=self.subject)}
        return forms, ledger, tasks, {row.key: row.state for row in d.instances(self.db, subject=self.subject)}

    def known(self, at: datetime) -> Truth:
        with self.db.reading() as session:
            state = moment.household(session, CAMPAIGN, self.code, at)
            return (
                {row.form_id: row.revision for row in state.forms},
                {each.number: each.state for each in state.problems},
                {task.key: (task.name, task.holder, task.due_at) for task in state.tasks},
                {each.key: each.state for each in state.instances},
            )


def newest_care(db: Database) -> int:
    return int(d.read(db, lambda s: definition_lookup.newest(s, "process", "care").key))  # type: ignore[union-attr]


ACTS = [name for name in vars(Household) if callable(getattr(Household, name)) and not name.startswith("_")]
ACTS = [name for name in ACTS if name not in ("do", "events", "task", "instance", "ledger", "look", "known")]
_days = count()


@pytest.fixture
def place(db: Database, at: At) -> Database:
    personal.install("5a" * 32)
    web.place(db)
    at("2020-05-21T08:00:00+08:00")
    d.deploy(db, FIRST, FORM)
    d.deploy(db, SECOND)
    return db


@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # making a failing play shorter takes longer than reading it
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5)), min_size=14, max_size=22))
def test_what_was_known_is_what_was_there(place: Database, at: At, acts: list[tuple[str, int]]) -> None:
    home = Household(place, at, max(clock.now(), datetime.fromisoformat("2020-05-21T08:00:00+08:00")) + timedelta(hours=1))
    for name, number in [("begin", 0), ("find", 0), *acts]:
        home.do(name, number)
    for indexed in (False, True):
        if indexed:
            filling.fill_all(place)
        for when, truth in home.truth:
            # That minute to its end, as the page asks: what follows from an act is written a moment after it.
            assert home.known(when + timedelta(seconds=59)) == truth, when
    assert backward(place) == []


def test_a_timer_that_could_not_fire_in_time_was_not_known_before_it_fired(place: Database, at: At) -> None:
    """A worker stood still: the reminder that was due at 9:05 was made at 9:30, and happened then."""
    home = Household(place, at, datetime.fromisoformat("2020-05-21T09:00:00+08:00"))
    home.do("begin", 0)
    home.do("stop_worker", 0)
    for _ in range(4):
        home.do("find", 0)
    asked = home.now
    home.move((asked + timedelta(minutes=10)).isoformat())
    jobs.drain(place, ignore_backoff=True)
    with place.reading() as session:
        then = moment.household(session, CAMPAIGN, home.code, asked)
        assert ([task.name for task in then.tasks], then.late) == (["visit"], [])
        afterwards = moment.household(session, CAMPAIGN, home.code, asked + timedelta(minutes=10))
        assert [task.name for task in afterwards.tasks] == ["visit", "remind"]
        assert not afterwards.late


def test_what_was_recorded_later_than_it_happened_was_not_known(place: Database, at: At) -> None:
    """What a phone sent in later, and timers in records of earlier versions, which acted as if in time."""
    home = Household(place, at, datetime.fromisoformat("2020-05-21T09:00:00+08:00"))
    home.do("find", 0)
    asked = home.now
    with place.reading() as session:
        number = session.scalars(select(Problem.number).where(Problem.household == home.code)).one()
    home.do("find", 0)
    run(place, problems.rectify, CAMPAIGN, number, actor=BOB, at=asked, text="已改", evidence=NOTE)
    with place.reading() as session:
        then = moment.household(session, CAMPAIGN, home.code, asked)
        assert {each.number: each.state for each in then.problems} == {number: "open"}
        assert {row.event.kind for row in then.late} == {"problem.rectified"}
        whole = moment.household(session, CAMPAIGN, home.code, asked, with_late=True)
        assert {each.number: each.state for each in whole.problems} == {number: "rectified"}
