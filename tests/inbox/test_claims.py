"""Claim, release, hand over, act for an absent person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app import clock
from app.auth import accounts
from app.db import Database
from app.engine.models import Event, Task
from tests.inbox.conftest import ADMIN, Person
from tests.inbox.test_drafts import boot, save

Login = Callable[[str], Person]


def test_a_claimed_task_leaves_the_group_list_and_the_colleague_reads_who_has_it(person: Login, household: Any) -> None:
    key = household()
    li, sun = person("li"), person("sun")
    assert li.send("POST", f"/tasks/{key}/claim").status_code == 200
    assert f"task-{key}" in li.page("/tasks")
    assert f"task-{key}" not in sun.page("/tasks?list=group")
    beaten = sun.send("POST", f"/tasks/{key}/claim")
    assert beaten.status_code == 409
    assert "李调查" in beaten.json["detail"]
    assert "李调查 正在办理" in sun.page(f"/tasks/{key}")
    assert li.send("POST", f"/tasks/{key}/claim").status_code == 200


def test_a_released_task_is_open_to_the_group_again(person: Login, household: Any) -> None:
    key = household()
    li = person("li")
    assert li.send("DELETE", f"/tasks/{key}/claim").status_code == 409
    li.send("POST", f"/tasks/{key}/claim")
    assert li.send("DELETE", f"/tasks/{key}/claim?list=mine&village=V01").json == {"redirect": "/tasks?village=V01"}
    assert f"task-{key}" in person("sun").page("/tasks?list=group")


def test_a_hand_over_needs_a_reason_and_a_matching_role_and_takes_the_draft_along(db: Database, person: Login, household: Any) -> None:
    key = household()
    li = person("li")
    li.send("POST", f"/tasks/{key}/claim")
    save(li, key, {"head": "张三"})
    page = li.page(f"/tasks/{key}")
    assert '<option value="sun"' in page
    assert '<option value="wang"' not in page
    assert '<option value="li"' not in page
    assert li.send("POST", f"/tasks/{key}/handover", {"to": "sun", "reason": " "}).status_code == 409
    assert li.send("POST", f"/tasks/{key}/handover", {"to": "wang", "reason": "我请假"}).status_code == 409
    assert li.send("POST", f"/tasks/{key}/handover", {"to": "sun", "reason": "我请假"}).status_code == 200
    sun = person("sun")
    received = sun.page(f"/tasks/{key}")
    assert "我请假" in received
    assert "李调查" in received
    assert boot(received)["form"]["data"]["head"] == "张三"
    with db.reading() as session:
        assert session.scalars(select(Event).where(Event.kind == "task.handed_over")).one().detail["reason"] == "我请假"
    assert li.complete(key, {"head": "张三", "income": 1}).status_code == 409


def test_a_substitute_works_in_the_absent_persons_name_and_both_names_are_recorded(
    db: Database, person: Login, household: Any, at: Any
) -> None:
    mine, groups = household("H0001"), household("H0002")
    person("li").send("POST", f"/tasks/{mine}/claim")
    now = clock.now()

    def away(session: Any) -> None:
        accounts.substitute(session, "li", "wang", now - timedelta(hours=1), now + timedelta(days=1), "病假", ADMIN)

    db.in_transaction(away)
    wang = person("wang")
    assert wang.get(f"/tasks/{mine}").status_code == 404
    with wang.client.session_transaction() as session:
        session["acting_for"] = "li"
    page = wang.page(f"/tasks/{mine}")
    assert "代 李调查 办理" in page
    assert wang.complete(mine, {"head": "张三", "income": 1}).status_code == 200
    assert wang.send("POST", f"/tasks/{groups}/claim").status_code == 200
    assert wang.complete(groups, {"head": "李四", "income": 1}, request_id="request-0002").status_code == 200
    with db.reading() as session:
        for task in session.scalars(select(Task).where(Task.key.in_([mine, groups]))):
            assert (task.completed_by, task.on_behalf_of) == ("wang", "li")
    at(datetime.fromisoformat("2020-05-24T10:00:00+08:00").isoformat())
    later = household("H0003", due="2020-05-30T18:00:00+08:00")
    assert wang.get(f"/tasks/{later}").status_code == 404
