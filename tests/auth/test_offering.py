"""Whoever goes and leaves an open task to nobody: an incident at once, over by itself as soon as somebody can take the task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.auth import accounts
from app.auth.directory import Directory
from app.campaign import places
from app.db import Database
from app.engine import assignment, runtime
from tests import web
from tests.engine import drawing as d

Act = Callable[[Session], Any]
SECURITY = d.Actor("security")
HERE: dict[str, Any] = {"campaign_id": web.CAMPAIGN, "actor": SECURITY}


@pytest.fixture
def known(db: Database, at: Any) -> Database:
    """One open task each of the office, of the cadre of V05, of li by name, and one that li has taken from the office."""
    db.knows(Directory(places.codes))
    web.place(db)
    for name, *roles in (("wang", "office"), ("li", "village_cadre:V05", "office"), ("security", "security_admin"), ("root", "admin")):
        web.person(db, name, *roles)
    by_name = d.element("userTask", "f", extensions='<zeebe:userTask/><zeebe:assignmentDefinition candidateUsers="li"/>')
    elements = (d.start(), d.user("a"), d.user("b", "village_cadre:V05"), d.user("c"), by_name)
    d.deploy(db, d.diagram("p", *elements, flows="s>a; s>b; s>c; s>f"))
    db.in_transaction(lambda session: runtime.start(session, "p", {}, d.ANN, campaign_id=web.CAMPAIGN))
    db.in_transaction(lambda session: runtime.claim(session, d.task(db, "c").key, d.Actor("li")))
    assert d.incidents_of(db) == []
    return db


def withdraw(name: str, role: str, scope: str = "") -> Act:
    return lambda session: accounts.withdraw_role(session, name, role, scope=scope, **HERE)


def give(name: str, role: str, scope: str = "", **times: Any) -> Act:
    return lambda session: accounts.assign_role(session, name, role, scope=scope, **HERE, **times)


def active(name: str, open_: bool) -> Act:
    return lambda session: accounts.set_active(session, accounts.find(session, name), open_, SECURITY)


def open_at(db: Database) -> list[str]:
    return sorted(row.element_id for row in d.incidents_of(db, kind=assignment.KIND, state="OPEN"))


#: what goes, the tasks that nobody can take then, and what brings them back
GONE: dict[str, tuple[list[Act], list[str], list[Act]]] = {
    "the only holder's role is withdrawn": ([withdraw("li", "village_cadre", "V05")], ["b"], [give("wang", "village_cadre", "V05")]),
    "one of two holders goes": ([withdraw("wang", "office")], [], []),
    "both holders go": ([withdraw("wang", "office"), withdraw("li", "office")], ["a"], [give("wang", "office")]),
    "the account is closed": ([active("li", False)], ["b", "c", "f"], [active("li", True)]),
    "the role is held from next week on": (
        [give("li", "village_cadre", "V05", valid_from=clock.now() + timedelta(days=100_000))],
        ["b"],
        [give("li", "village_cadre", "V05")],
    ),
    "the role is held up to yesterday": (
        [give("li", "village_cadre", "V05", valid_until=clock.now() - timedelta(days=9_000))],
        ["b"],
        [give("li", "village_cadre", "V05")],
    ),
}


@pytest.mark.parametrize("case", GONE)
def test_what_nobody_can_take_any_more_is_an_incident_until_somebody_can(known: Database, case: str) -> None:
    gone, left, back = GONE[case]
    for act in gone:
        known.in_transaction(act)
    assert open_at(known) == left
    assert len(d.history(known, "incident.created")) == len(left)
    for act in back:
        known.in_transaction(act)
    assert open_at(known) == []
    assert len(d.history(known, "incident.resolved")) == len(left)
    assert {event.actor for event in d.history(known, "incident.created", "incident.resolved")} <= {"security"}


def test_a_role_that_ends_by_time_is_seen_by_the_next_look_of_a_worker(known: Database, at: Callable[[str], Any]) -> None:
    known.in_transaction(give("li", "village_cadre", "V05", valid_until=clock.now() + timedelta(days=1)))
    known.in_transaction(give("root", "admin", valid_until=None))
    assignment.watch(known)
    assert open_at(known) == []
    at("2020-05-22T08:00:01+08:00")
    assignment.watch(known)
    assert open_at(known) == ["b"]
    assignment.watch(known)
    assert len(d.incidents_of(known)) == 1
    known.in_transaction(give("wang", "village_cadre", "V05", valid_from=clock.now() + timedelta(days=1)))
    assert open_at(known) == ["b"]
    at("2020-05-24T08:00:00+08:00")
    assignment.watch(known)
    assert open_at(known) == []
    assert {event.actor for event in d.history(known, "incident.created", "incident.resolved")} == {"system"}


def test_a_look_at_what_is_as_it_was_writes_nothing(known: Database, statements: Callable[[Database], Any]) -> None:
    with statements(known) as seen:
        assignment.watch(known)
    assert [each for each in seen if not each.lstrip().upper().startswith("SELECT")] == []
    assert len(seen) == 2


def test_two_that_look_at_once_open_one_incident(known: Database, at: Callable[[str], Any]) -> None:
    known.in_transaction(give("li", "village_cadre", "V05", valid_until=clock.now() + timedelta(days=1)))
    at("2020-05-23T08:00:00+08:00")
    known.in_transaction(lambda session: assignment.look_again(session, d.ANN))
    known.in_transaction(lambda session: assignment.look_again(session, d.BOB))
    assert open_at(known) == ["b"]


def test_the_page_of_incidents_names_the_task_and_offers_no_retry(known: Database, tmp_path: Path) -> None:
    """It is over by itself: to try again would change nothing."""
    app = web.application(known, tmp_path)
    known.in_transaction(withdraw("li", "village_cadre", "V05"))
    browser = web.signed_in_as(app, "root")
    page = browser.get("/operations/incidents").text
    assert "任务无人可以办理" in page and "自动关闭" in page
    assert "重试" not in page.partition("涉及的实例")[2].partition("</section>")[0]
    (incident,) = d.incidents_of(known, state="OPEN")
    assert "/retry" not in browser.get(f"/operations/instances/{incident.instance_key}").text
