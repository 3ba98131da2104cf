"""A diary: one small campaign, played day by day on a virtual clock with the real diagrams and forms.

Every act has a session of its own, so the state of each instance is saved after it and loaded before the next; ``reload`` also drops
the connections. What forms would write into the ledger is written here with the same verbs (``rectify``, ``close``, …).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.acts import completion
from app.auth import open_tasks
from app.auth.current import Identity
from app.auth.models import Account, RoleAssignment
from app.auth.roles import group_of
from app.campaign import campaigns, problems, questions
from app.campaign.models import Campaign, Household, Notification, Problem, Staff, Village, WorkGroup
from app.db import Database
from app.engine import definitions, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Activity, Event, Incident, ProcessInstance, Task
from tests import web
from tests.processes import foretold

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
ZONE = "+08:00"

#: user name -> (role, scope)
PEOPLE = {
    "office": ("office", ""),
    "party": ("party_office", ""),
    "commander": ("commander", ""),
    "secretary": ("principal_party", ""),
    "mayor": ("principal_gov", ""),
    "checker": ("spot_checker", ""),
    **{f"leader{n}": ("group_leader", f"G0{n}") for n in (1, 2)},
    **{f"instructor{n}": ("instructor", f"G0{n}") for n in (1, 2)},
    **{f"li{n}": ("investigator", f"G0{n}") for n in (1, 2)},
    **{f"cadre{n}": ("village_cadre", f"V0{n}") for n in (1, 2)},
    **{f"party_secretary{n}": ("village_secretary", f"V0{n}") for n in (1, 2)},
    **{f"captain{n}": ("resident_captain", f"V0{n}") for n in (1, 2)},
    **{f"resident{n}": ("resident_leader", f"V0{n}") for n in (1, 2)},
    **{f"keyer{n}": ("data_entry", f"V0{n}") for n in (1, 2)},
}
#: id of a campaign that is none of the play's business
NEIGHBOUR = 99
DEADLINE = "2020-06-01T00:00:00+08:00"
HOUSEHOLDS = [f"V0{v}-01-00{n}" for v in (1, 2) for n in (1, 2, 3)]


def files() -> dict[str, bytes]:
    """Everything that is deployed with the product."""
    return {
        path.name: path.read_bytes()
        for folder in ("processes", "forms")
        for path in sorted((ROOT / folder).iterdir())
        if path.suffix in (".bpmn", ".dmn", ".form")
    }


def prepare(db: Database) -> None:
    """Deploy the product's files and write a campaign of two villages, two groups and six households: the third of each is a key
    general one. Everybody but ``li2`` is trained. Its process is not started."""
    now = datetime.fromisoformat(f"2020-05-20T08:00:00{ZONE}")
    with clock.frozen(now):
        db.in_transaction(lambda session: definitions.deploy(session, files(), Actor("admin"), now=now))
        db.in_transaction(_write)
        db.in_transaction(_write_neighbour)


def _write_neighbour(session: Session) -> None:
    """Another campaign with the same codes, all done but for a problem that is overdue: whatever counts or lists its rows is wrong."""
    keys = count(1)  # older than all others
    now = clock.now()
    session.add(Campaign(id=NEIGHBOUR, name="上一年度自查评估", state="running", created_at=now))
    for n in (1, 2):
        session.add(Village(campaign_id=NEIGHBOUR, code=f"V0{n}", name="别处的村", position=n))
        session.add(WorkGroup(campaign_id=NEIGHBOUR, code=f"G0{n}", name="别处的组", village=f"V0{n}"))
    for code in HOUSEHOLDS:
        mine = {"village": code[:3], "work_group": f"G{code[1:3]}", "investigator": f"li{code[2]}"}
        session.add(Household(key=next(keys), campaign_id=NEIGHBOUR, code=code, head="别处", kind="registered", stage="entered", **mine))
        session.add(
            Problem(
                key=next(keys),
                campaign_id=NEIGHBOUR,
                number=f"P-{code[:3]}-00{code[-1]}",
                household=code,
                village=code[:3],
                work_group=f"G{code[1:3]}",
                text="别处的问题",
                rung=3,
                deadline=now - timedelta(days=1),
                raised_at=now,
                raised_on=clock.local(now).date(),
            )
        )


def _write(session: Session) -> None:
    campaign = campaigns.create(
        session,
        name="沙市镇脱贫攻坚自查评估",
        deadline=datetime.fromisoformat(DEADLINE),
        actor=Actor("admin"),
        document_prefix="沙扶办",
    )
    for n in (1, 2):
        session.add(Village(campaign_id=campaign.id, code=f"V0{n}", name=f"{'柏松'[n - 1]}树村", position=n))
        session.add(WorkGroup(campaign_id=campaign.id, code=f"G0{n}", name=f"第{n}组", village=f"V0{n}"))
    for name, (role, scope) in PEOPLE.items():
        session.add(Account(username=name, name=name, password_hash="", created_at=clock.real_now()))
        session.add(RoleAssignment(username=name, role=role, scope=scope, campaign_id=campaign.id, created_at=clock.real_now()))
        trained = None if name == "li2" else clock.now()
        session.add(Staff(campaign_id=campaign.id, username=name, name=name, trained_at=trained))
    for position, code in enumerate(HOUSEHOLDS):
        village = code[:3]
        session.add(
            Household(
                campaign_id=campaign.id,
                code=code,
                village=village,
                group_no="1",
                head=f"户主{position + 1}",
                kind="key_general" if code.endswith("3") else "registered",
                work_group=f"G{village[1:]}",
                investigator=f"li{village[2]}",
                walking_order=position,
            )
        )


class Play:
    """The campaign in play. Times are written ``2020-05-21 08:00``: Shashi's clock."""

    def __init__(self, db: Database, move: Callable[[datetime], None], folder: Path) -> None:
        self.db = db
        self._folder = folder
        self._move = move
        with db.reading() as session:
            self.campaign_id: int = session.scalars(select(Campaign.id).where(Campaign.id != NEIGHBOUR)).one()
            self.variables = campaigns.variables(session, campaigns.get(session, self.campaign_id))

    def do(self, work: Callable[[Session], T]) -> T:
        """One transaction, then everything that follows by itself."""
        result = self.db.in_transaction(work)
        self.settle()
        return result

    def at(self, text: str) -> None:
        """Move the clock forward; what falls due on the way happens at its own time."""
        target = datetime.fromisoformat(f"{text.replace(' ', 'T')}:00{ZONE}")
        while True:
            with self.db.reading() as session:
                due = jobs.next_due(session)
            if due is None or due > target:
                break
            self._move(max(due, clock.now()))
            if not jobs.drain(self.db, ignore_backoff=True):
                break
        self._move(target)
        self.settle()

    def settle(self) -> None:
        """Everything that follows by itself happens."""
        jobs.drain(self.db, ignore_backoff=True)
        self.no_incidents()

    def reload(self) -> None:
        """Forget every connection."""
        self.db.dispose()

    @cached_property
    def app(self) -> Flask:
        """The application, for the forms' sentences."""
        return web.application(self.db, self._folder)

    def no_incidents(self) -> None:
        with self.db.reading() as session:
            found = [(row.element_id, row.message) for row in session.scalars(select(Incident).where(Incident.state == "OPEN"))]
        assert not found

    # --- processes ------------------------------------------------------------------------------------------------------

    def start_campaign(self) -> int:
        """Start the campaign as its page does; returns the instance's key."""

        def work(session: Session) -> int:
            campaign = campaigns.get(session, self.campaign_id)
            campaigns.start(session, campaign, Actor("office"))
            return campaign.instance_key or 0

        return self.do(work)

    def start(self, process: str, **variables: Any) -> int:
        """Start one process with ``campaign`` and ``settings``; returns the instance's key."""
        given = {"campaign": self.variables["campaign"], "settings": self.variables["settings"], **variables}
        return self.do(lambda session: runtime.start(session, process, given, Actor("office"), campaign_id=self.campaign_id).key)

    def household(self, code: str, *, trained: bool = True) -> dict[str, Any]:
        """The variable ``household`` as ``campaign.list_households`` makes it."""
        row = self.row(Household, Household.code == code)
        return {
            "code": code,
            "label": f"{row.village} 1组 {row.head}",
            "village": row.village,
            "group": row.work_group,
            "group_no": "1",
            "investigator": row.investigator,
            "kind": row.kind,
            "trained": trained,
        }

    def instance(self, process: str, business_key: str | None = None) -> ProcessInstance:
        """The newest instance of a process (for one household, village, …)."""
        query = select(ProcessInstance).where(ProcessInstance.process_id == process)
        if business_key is not None:
            query = query.where(ProcessInstance.business_key == business_key)
        with self.db.reading() as session:
            found = session.scalar(query.order_by(ProcessInstance.key.desc()).limit(1))
            assert found is not None, f"no instance of {process} {business_key or ''}"
            session.expunge(found)
            return found

    def state(self, process: str, business_key: str | None = None) -> str:
        return self.instance(process, business_key).state

    def path(self, process: str, business_key: str | None = None) -> list[str]:
        """Elements that the newest instance of a process came to, in order."""
        key = self.instance(process, business_key).key
        with self.db.reading() as session:
            return list(session.scalars(select(Activity.element_id).where(Activity.instance_key == key).order_by(Activity.key)))

    def waits_at(self, process: str, business_key: str | None = None) -> set[str]:
        """Elements at which tokens of the newest instance are now."""
        key = self.instance(process, business_key).key
        with self.db.reading() as session:
            return set(session.scalars(select(Activity.element_id).where(Activity.instance_key == key, Activity.how == "")))

    def visited(self) -> set[tuple[str, str]]:
        """(process id, element id) of every user task that was completed and every other element that a token came to; a process
        itself counts when an instance of it was there."""
        query = (
            select(ProcessInstance.process_id, Activity.element_id)
            .join(Activity, Activity.instance_key == ProcessInstance.key)
            .where((Activity.kind != "userTask") | (Activity.how == "completed"))
        )
        with self.db.reading() as session:
            found = {(process, element) for process, element in session.execute(query.distinct())}
        return found | {(process, process) for process, _element in found}

    def publish(self, name: str, code: str, **variables: Any) -> None:
        """A message from outside, e.g. from the interface to the county."""
        key = f"{self.campaign_id}:{code}"
        self.do(lambda session: runtime.publish_message(session, name, key, variables, Actor("api"), campaign_id=self.campaign_id))

    # --- people ---------------------------------------------------------------------------------------------------------

    def identity(self, user: str) -> Identity:
        role, scope = PEOPLE[user]
        return Identity(user, user, "zh", self.campaign_id, (), frozenset({group_of(role, scope)}))

    def tasks(self, user: str, subject: str | None = None) -> list[str]:
        """Element ids of the tasks in a user's inbox, oldest first."""
        return [task.element_id for task in self.inbox(user, subject)]

    def inbox(self, user: str, subject: str | None = None) -> list[Task]:
        query = open_tasks.tasks_open_to(self.identity(user)).order_by(Task.key)
        if subject is not None:
            query = query.where(Task.subject == subject)
        with self.db.reading() as session:
            found = list(session.scalars(query))
            session.expunge_all()
        return found

    def task(self, user: str, element: str, subject: str | None = None) -> Task:
        """The user's first open task of this element."""
        found = [task for task in self.inbox(user, subject) if task.element_id == element]
        assert found, f"{user} has no task {element} ({subject}), only {self.tasks(user)}"
        return found[0]

    def complete(self, user: str, element: str, subject: str | None = None, **variables: Any) -> Task:
        """Complete the user's first open task of this element, as its form would."""
        task = self.task(user, element, subject)
        told = foretold.before(self, task, variables)
        done = self.do(lambda session: runtime.complete(session, task.key, variables, Actor(user, origin="test")))
        told.held(self)
        return done

    def submit(self, user: str, element: str, subject: str | None = None, **data: Any) -> Task:
        """Fill and submit the form of the user's first open task of this element: what the form starts with, and *data* over it."""
        open_task = self.task(user, element, subject)
        key, told = open_task.key, foretold.before(self, open_task, data)

        def work(session: Session) -> Task:
            identity, task = self.identity(user), session.get_one(Task, key)
            prepared = completion.prepare(session, task, identity)
            entered = {name: value for name, value in prepared.data.items() if name in completion.form_of(session, task)[1].tree}
            return completion.complete(
                session, identity, Actor(user, origin="test"), key, {**entered, **data}, show_findings=False, prepared=prepared
            )

        with self.app.test_request_context():
            task = self.db.in_transaction(work)
        self.settle()
        told.held(self)
        return task

    def got(self, user: str) -> list[str]:
        """Kinds of what was delivered to a user."""
        query = select(Notification.kind).where(Notification.username == user).order_by(Notification.key)
        with self.db.reading() as session:
            return list(session.scalars(query))

    def events(self, kind: str, subject: str | None = None) -> list[Event]:
        query = select(Event).where(Event.kind == kind).order_by(Event.key)
        if subject is not None:
            query = query.where(Event.subject == subject)
        with self.db.reading() as session:
            found = list(session.scalars(query))
            session.expunge_all()
        return found

    # --- the ledger, as forms write it ----------------------------------------------------------------------------------

    def row(self, table: type[T], *where: Any) -> T:
        """The newest row of a table, of this campaign."""
        with self.db.reading() as session:
            query = select(table).where(table.campaign_id == self.campaign_id, *where)  # type: ignore[attr-defined]
            found = session.scalars(query.order_by(table.key.desc()).limit(1)).one()  # type: ignore[attr-defined]
            session.expunge(found)
            return found

    def problem(self, household: str, *, by: str = "li1", code: str = "ledger_mismatch", **given: Any) -> str:
        """A problem in the ledger; returns its number. What follows has not happened yet."""
        raised = problems.Raised(text="身份证号与系统不一致", household=household, code=code, **{"kind": "ledgers_differ", **given})

        def work(session: Session) -> str:
            return problems.raise_problem(session, self.campaign_id, raised, Actor(by), at=clock.now()).number

        return self.db.in_transaction(work)

    def raise_problem(self, household: str, **given: Any) -> str:
        """A problem in the ledger, and its process."""
        number = self.problem(household, **given)
        self.settle()
        return number

    def rectify(self, number: str, by: str) -> None:
        evidence = [{"kind": "note", "text": "已更正,附照片"}]
        self.db.in_transaction(
            lambda session: problems.rectify(session, self.campaign_id, number, Actor(by), text="已更正", evidence=evidence, at=clock.now())
        )

    def close(self, number: str, by: str) -> None:
        self.db.in_transaction(lambda session: problems.close(session, self.campaign_id, number, Actor(by), at=clock.now()))

    def ask(self, household: str, field: str, by: str = "li1") -> str:
        """A question to the leader that holds its field; returns its number."""

        def work(session: Session) -> str:
            home = session.scalars(select(Household).where(Household.campaign_id == self.campaign_id, Household.code == household)).one()
            return questions.ask(session, home, {"text": "?", "field": field}, Actor(by), clock.now())

        return self.db.in_transaction(work)

    def ledger(self, number: str) -> Problem:
        return self.row(Problem, Problem.number == number)
