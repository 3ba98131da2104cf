"""A task that opens for nobody is an incident at once, and the check warns of roles that nobody holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from app.auth import accounts
from app.auth.directory import Directory
from app.auth.models import Account
from app.campaign import places
from app.db import Database
from app.engine import definitions, jobs, runtime
from app.engine.errors import Conflict
from tests import web
from tests.engine import drawing as d

Statements = Callable[[Database], Any]


@pytest.fixture
def known(db: Database, at: Any) -> Database:
    """A database that knows its people: the office, and the cadre of V05."""
    db.knows(Directory(places.codes))
    web.place(db)
    web.person(db, "wang", "office")
    web.person(db, "li", "village_cadre:V05")
    web.person(db, "root", "admin")
    return db


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def assigned(**written: str) -> bytes:
    """A process whose one task has these assignment attributes (candidateGroups, assignee, candidateUsers)."""
    who = "".join(f' {name}="{value}"' for name, value in written.items())
    task = d.element("userTask", "a", extensions=f"<zeebe:userTask/><zeebe:assignmentDefinition{who}/>")
    return d.diagram("p", d.start(), task, d.end(), flows="s>a>e")


def said(db: Database, campaign: int = web.CAMPAIGN, **variables: Any) -> list[str]:
    run(db, runtime.start, "p", variables, d.ANN, campaign_id=campaign)
    assert [task.element_id for task in d.tasks(db)] == ["a"]
    return [row.message for row in d.incidents_of(db, kind="assignment")]


@pytest.mark.parametrize(
    ("groups", "why"),
    [
        ("office", None),
        ("commander", "角色“指挥长”无人担任"),
        ("village_cadre:V05", None),
        ("village_cadre:V06", "角色“村（社区）干部 V06”无人担任"),
        ("village_cadre:V99", "角色“村（社区）干部 V99”无人担任"),
        ("offce", "没有角色“offce”，是不是“office”"),
        ("admin", "“admin”是管理系统的角色"),
        ("commander,office", None),
        ("commander,offce", "指挥长"),
        ("", "候选人均为空"),
    ],
)
def test_candidates_out_of_an_expression_that_nobody_is_are_an_incident_at_once(known: Database, groups: str, why: str | None) -> None:
    d.deploy(known, assigned(candidateGroups="=split(groups, &quot;,&quot;)"))
    found = said(known, groups=groups)
    assert len(found) == (why is not None)
    assert why is None or (why in found[0] and "任务“a”无人可以办理" in found[0])
    assert len(d.history(known, "incident.created")) == len(found)


@pytest.mark.parametrize(("name", "open_"), [("li", True), ("lei", False), ("closed", False)])
@pytest.mark.parametrize("attribute", ["assignee", "candidateUsers"])
def test_a_person_without_an_open_account_takes_no_task(known: Database, attribute: str, name: str, open_: bool) -> None:
    web.person(known, "closed", "office")
    known.in_transaction(lambda session: session.execute(update(Account).where(Account.username == "closed").values(active=False)))
    value = {"assignee": "=who", "candidateUsers": "=[who]"}[attribute]
    d.deploy(known, assigned(**{attribute: value}))
    assert [name in text for text in said(known, who=name)] == ([] if open_ else [True])


def test_a_role_counts_in_its_campaign_and_for_tasks_of_no_campaign_in_any(known: Database) -> None:
    d.deploy(known, assigned(candidateGroups="office"))
    assert said(known, campaign=0) == []
    run(known, runtime.start, "p", {}, d.ANN, campaign_id=8)
    assert len(d.incidents_of(known, kind="assignment")) == 1
    web.person(known, "zhao", "office", campaign_id=0)
    run(known, runtime.start, "p", {}, d.ANN, campaign_id=9)
    assert len(d.incidents_of(known, kind="assignment")) == 1


def test_the_incident_stays_until_somebody_holds_the_role_and_is_over_then_by_itself(known: Database) -> None:
    d.deploy(known, assigned(candidateGroups="commander"))
    said(known)
    (incident,) = d.incidents_of(known)
    with pytest.raises(Conflict) as refused:
        run(known, runtime.retry, incident.key, d.BOB)
    assert refused.value.code == "task_for_nobody"
    web.person(known, "chen", "commander")
    assert [row.state for row in d.incidents_of(known)] == ["RESOLVED"]
    assert [task.state for task in d.tasks(known)] == ["OPEN"]


def test_who_takes_the_task_ends_the_incident_and_giving_it_back_brings_it_again(known: Database) -> None:
    d.deploy(known, assigned(candidateGroups="commander"))
    said(known)
    task = d.task(known, "a")
    run(known, runtime.hand_over, task.key, "wang", d.BOB, reason="nobody is there")
    assert [row.state for row in d.incidents_of(known)] == ["RESOLVED"]
    run(known, runtime.release, task.key, d.Actor("wang"))
    assert [row.state for row in d.incidents_of(known)] == ["RESOLVED", "OPEN"]
    run(known, runtime.claim, task.key, d.Actor("wang"))
    run(known, runtime.complete, task.key, {}, d.Actor("wang"))
    assert [row.state for row in d.incidents_of(known)] == ["RESOLVED", "RESOLVED"]
    assert len(d.history(known, "incident.resolved")) == 2


def test_a_migration_asks_anew(known: Database) -> None:
    d.deploy(known, assigned(candidateGroups="commander"))
    said(known)
    d.deploy(known, assigned(candidateGroups="office"))
    (instance,) = d.instances(known)
    newest = d.read(known, lambda session: definitions.newest(session, "process", "p"))
    run(known, runtime.migrate, instance.key, newest.key, {}, d.BOB, reason="who does it")
    assert [row.state for row in d.incidents_of(known)] == ["RESOLVED"]


def test_many_tasks_cost_one_question(known: Database, statements: Statements) -> None:
    """However many open in one transaction, and whoever may take them."""
    child = d.diagram("child", d.start(), d.user("visit", '=["village_cadre:V" + string(item), "commander"]'), d.end(), flows="s>visit>e")

    def cost(count: int) -> int:
        top = d.diagram("p", d.start(), d.call("c", "child", items=f"for i in 1..{count} return i"), d.end(), flows="s>c>e")
        d.deploy(known, top, child)
        with statements(known) as seen:
            run(known, runtime.start, "p", {}, d.ANN, campaign_id=web.CAMPAIGN)
            jobs.run_due(known, limit=1)
        return len([each for each in seen if "role_assignment" in each])

    assert [cost(2), cost(50)] == [1, 1]
    assert len(d.incidents_of(known)) == 52


# --- the check ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "code", "near"),
    [
        ("office", None, ""),
        ("commander", "role_unheld", ""),
        ("village_cadre:V05", None, ""),
        ("village_cadre:V06", "role_unheld", ""),
        ("village_cadre:V055", "scope_unknown_near", "V05"),
        ("village_cadre:99", "scope_unknown", ""),
        ("group_leader:V05", "scope_unknown", ""),
        ("=[&quot;village_cadre:&quot; + village]", None, ""),
        ("=[&quot;group_leader:&quot; + group]", "role_unheld", ""),
    ],
)
def test_the_check_warns_of_what_nobody_holds(known: Database, groups: str, code: str | None, near: str) -> None:
    files = {"p.bpmn": assigned(candidateGroups=groups)}
    with known.reading() as session:
        problems = definitions.check(files, definitions.known(session, files))
    found = [each for each in problems if each.code != "task_without_due_date" and not each.code.startswith("variable")]
    assert [(each.code, each.element_id, each.severity) for each in found] == ([(code, "a", "warning")] if code else [])
    assert all(near in each.text("zh") and near in each.text("en") for each in found)


def test_without_a_database_nothing_is_said_of_who_holds_a_role() -> None:
    files = {"p.bpmn": assigned(candidateGroups="commander")}
    problems = definitions.check(files, definitions.known_files(files, roles=Directory.roles))
    assert [each.code for each in problems] == ["task_without_due_date"]


def test_a_role_that_is_over_is_held_by_nobody(known: Database, at: Any) -> None:
    run(known, accounts.withdraw_role, "wang", "office", campaign_id=web.CAMPAIGN, actor=web.CLI)
    d.deploy(known, assigned(candidateGroups="office"))
    assert len(said(known)) == 1
