"""Bulk completion: one answer for many reviewing tasks, each with its own transaction and outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from app.db import Database
from app.engine.models import Incident, Task
from app.forms.models import Submission
from tests.inbox.conftest import Person, next_task

Login = Callable[[str], Person]
NOTE = {"head": "张三", "income": 12000}


def reviews(db: Database, person: Login, household: Any, count: int) -> list[int]:
    keys = []
    for n in range(count):
        fill = household(f"H{n:04}")
        person("li").complete(fill, NOTE, request_id=f"request-{n:04}")
        keys.append(next_task(db, fill))
    return keys


def send(person: Person, keys: list[int], data: dict[str, Any], request_id: str = "bulk-0001") -> dict[str, tuple[str, str]]:
    answer = person.send("POST", "/tasks/bulk-completion", {"keys": [str(key) for key in keys], "data": data, "request_id": request_id})
    assert answer.status_code == 200, answer.text
    return {result["key"]: (result["outcome"], result["text"]) for result in answer.json["results"]}


def test_each_ticked_task_has_its_own_outcome(db: Database, person: Login, household: Any) -> None:
    first, second, third = reviews(db, person, household, 3)
    fill = household("H9999")
    person("zhao").complete(second, {"decision": "approve"})
    outcomes = send(person("wang"), [first, second, third, fill], {"decision": "approve"})
    assert outcomes[str(first)][0] == outcomes[str(third)][0] == "done"
    assert outcomes[str(second)][0] == "already"
    assert "赵指导" in outcomes[str(second)][1]
    assert outcomes[str(fill)][0] == "failed"
    with db.reading() as session:
        states = dict(session.execute(select(Task.key, Task.completed_by).where(Task.key.in_([first, second, third, fill]))).all())
    assert states == {first: "wang", second: "zhao", third: "wang", fill: None}


def test_a_task_that_is_not_for_many_stays_open_for_who_may_do_it_one_by_one(db: Database, person: Login, household: Any) -> None:
    fill = household("H9999")
    li = person("li")
    outcome, text = send(li, [fill], NOTE)[str(fill)]
    assert (outcome, text) == ("failed", "该任务须逐件办理，不支持批量。")
    nothing = li.get(f"/tasks/bulk-completion?key={fill}")
    assert (nothing.status_code, nothing.headers["Location"]) == (303, "/tasks")
    with db.reading() as session:
        assert session.scalars(select(Task.state).where(Task.key == fill)).one() == "OPEN"
        assert session.scalar(select(func.count()).select_from(Submission)) == 0
    li.complete(fill, NOTE)
    with db.reading() as session:
        assert session.scalars(select(Task.state).where(Task.key == fill)).one() == "COMPLETED", "the same form, by itself, is taken"


def test_the_same_lot_again_counts_once(db: Database, person: Login, household: Any) -> None:
    keys = reviews(db, person, household, 2)
    wang = person("wang")
    assert send(wang, keys, {"decision": "approve"}) == send(wang, keys, {"decision": "approve"})
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Submission.form_id == "verdict")) == 2


def test_a_failing_step_fails_alone_and_is_an_incident(db: Database, person: Login, household: Any) -> None:
    keys = reviews(db, person, household, 2)
    outcomes = send(person("wang"), keys, {"decision": "shelve"})
    assert {outcome for outcome, _text in outcomes.values()} == {"failed"}
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Incident)) == 2
        assert session.scalar(select(func.count()).where(Task.key.in_(keys), Task.state == "OPEN")) == 2


def test_an_incomplete_form_fails_with_its_reason_and_completes_nothing(db: Database, person: Login, household: Any) -> None:
    keys = reviews(db, person, household, 1)
    outcome, text = send(person("wang"), keys, {})[str(keys[0])]
    assert (outcome, text) == ("failed", "请选择此项")


def test_the_list_offers_ticks_for_reviewing_tasks_and_the_bulk_page_shows_them_with_one_form(
    db: Database, person: Login, household: Any
) -> None:
    keys = reviews(db, person, household, 2)
    wang = person("wang")
    assert wang.page("/tasks?list=group").count("data-bulk data-kind") == 2
    page = wang.page(f"/tasks/bulk-completion?list=group&key={keys[0]}&key={keys[1]}")
    assert "批量办理 2 件" in page
    assert page.count("data-bulk-row") == 2
    fill = household("H9999")
    assert "data-bulk data-kind" not in person("li").page("/tasks?list=group")
    nothing = wang.get(f"/tasks/bulk-completion?key={fill}")
    assert (nothing.status_code, nothing.headers["Location"]) == (303, "/tasks")
