"""The completion hop: one transaction, one winner, one answer to a repeated request, nothing kept of what failed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from app import clock
from app.db import Database
from app.engine.models import Event, Incident, ProcessInstance, Task
from app.forms import hooks
from app.forms.models import Submission
from tests.inbox.conftest import CAMPAIGN, Person, next_task
from tests.inbox.rows import ten_thousand
from tests.inbox.test_drafts import boot

NOTE = {"head": "张三", "income": 12000}
Login = Callable[[str], Person]


def count(db: Database, table: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_completing_keeps_the_form_moves_the_token_and_leads_to_the_next_task(db: Database, person: Login, household: Any) -> None:
    first, second = household("H0001"), household("H0002")
    li = person("li")
    answer = li.complete(first, NOTE, query="?list=group&village=V01")
    assert answer.status_code == 200, answer.text
    assert answer.json["redirect"] == f"/tasks/{second}?list=group&village=V01"
    with db.reading() as session:
        submission = session.scalars(select(Submission)).one()
        assert (submission.subject, submission.form_id, submission.actor, submission.data["income"]) == (
            "household:H0001",
            "note",
            "li",
            12000,
        )
        done = session.get_one(Task, first)
        assert (done.state, done.completed_by) == ("COMPLETED", "li")
    assert next_task(db, first) != first
    last = li.complete(second, NOTE, request_id="request-0002", query="?list=group&village=V01")
    assert last.json["redirect"] == "/tasks?list=group&village=V01"


def test_without_a_next_task_it_leads_back_to_the_list_with_its_filter(person: Login, household: Any) -> None:
    key = household()
    answer = person("li").complete(key, NOTE, query="?list=group&village=V01")
    assert answer.json["redirect"] == "/tasks?list=group&village=V01"


def test_errors_come_back_at_their_fields_and_nothing_is_kept(db: Database, person: Login, household: Any) -> None:
    key = household()
    answer = person("li").complete(key, {"head": "", "income": -5, "unknown": 1})
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"head", "income", "unknown"}
    assert count(db, Submission) == 0
    with db.reading() as session:
        assert session.get_one(Task, key).state == "OPEN"


def test_the_second_of_two_reads_who_did_it_and_when(person: Login, household: Any) -> None:
    key = household()
    assert person("li").complete(key, NOTE).status_code == 200
    answer = person("sun").complete(key, {**NOTE, "income": 1})
    assert answer.status_code == 409
    assert answer.json["by"] == "李调查"
    assert "5月22日 10:00" in answer.json["title"]
    page = person("sun").page(f"/tasks/{key}")
    assert "已由 李调查 于 5月22日 10:00 办结" in page


def test_of_two_at_the_same_moment_one_wins_and_the_other_reads_who(db: Database, person: Login, household: Any) -> None:
    key = household()
    people = {name: person(name) for name in ("li", "sun")}
    for each in people.values():
        each.send("GET", "/tasks")
    gate = Barrier(2)

    def complete(name: str) -> Any:
        gate.wait()
        return people[name].complete(key, {**NOTE, "head": name}, request_id=f"request-{name}")

    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(people, pool.map(complete, people), strict=True))
    winner, loser = sorted(answers, key=lambda name: answers[name].status_code)
    assert (answers[winner].status_code, answers[loser].status_code) == (200, 409), [each.text for each in answers.values()]
    assert answers[loser].json["by"] == {"li": "李调查", "sun": "孙调查"}[winner]
    with db.reading() as session:
        assert session.scalars(select(Submission)).one().data["head"] == winner


def test_a_form_is_in_the_readers_language(db: Database, person: Login, household: Any) -> None:
    key = household()
    english = person("li").get(f"/tasks/{key}", headers={"Accept-Language": "en"}).text
    assert [each["label"] for each in boot(english)["form"]["schema"]["components"]][:2] == ["Head", "ID number"]
    chinese = person("li").get(f"/tasks/{key}", headers={"Accept-Language": "zh-CN"}).text
    assert boot(chinese)["form"]["schema"]["components"][0]["label"] == "户主"


def test_a_stranger_finds_nothing_and_can_do_nothing(person: Login, household: Any) -> None:
    key = household()
    wang = person("wang")
    assert wang.get(f"/tasks/{key}").status_code == 404
    assert wang.get(f"/tasks/{key}/diagram").status_code == 404
    assert wang.complete(key, NOTE).status_code == 404
    for method, path, sent in (
        ("POST", f"/tasks/{key}/claim", None),
        ("DELETE", f"/tasks/{key}/claim", None),
        ("POST", f"/tasks/{key}/handover", {"to": "sun", "reason": "x"}),
        ("PUT", f"/tasks/{key}/draft", {"data": {}, "revision": 0}),
        ("POST", f"/tasks/{key}/comments", {"path": "head", "text": "?"}),
    ):
        assert wang.send(method, path, sent).status_code == 404, path


def test_the_same_request_again_gets_the_first_answer_and_counts_once(db: Database, person: Login, household: Any) -> None:
    key = household()
    li = person("li")
    first = li.complete(key, NOTE)
    again = li.complete(key, NOTE)
    assert (again.status_code, again.json) == (200, first.json)
    assert count(db, Submission) == 1
    other = li.complete(key, {**NOTE, "income": 1})
    assert other.status_code == 409
    assert "编号" in other.json["detail"]


def test_a_failing_step_keeps_nothing_but_an_incident_and_says_so_plainly(db: Database, person: Login, household: Any) -> None:
    key = household()
    person("li").complete(key, NOTE)
    review = next_task(db, key)
    submissions, events = count(db, Submission), count(db, Event)
    answer = person("wang").complete(review, {"decision": "shelve"})
    assert answer.status_code == 422
    assert "没有提交成功" in answer.json["title"]
    with db.reading() as session:
        assert session.get_one(Task, review).state == "OPEN"
        incident = session.scalars(select(Incident)).one()
        assert (incident.state, incident.activity_key) == ("OPEN", review)
        assert str(incident.key) in answer.json["title"]
    assert count(db, Submission) == submissions
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Event.kind == "task.completed")) == 1
    assert count(db, Event) >= events
    # The process can be mended by hand and the same form sent again.
    assert person("wang").complete(review, {"decision": "approve"}, request_id="request-0009").status_code == 200


def test_a_task_without_a_form_is_completed_and_takes_no_variables_in_a_campaign(db: Database, person: Login, household: Any) -> None:
    key = household()
    person("li").complete(key, NOTE)
    wang = person("wang")
    review = next_task(db, key)
    wang.complete(review, {"decision": "approve"}, request_id="request-0003")
    file = next_task(db, review)
    page = wang.page(f"/tasks/{file}?list=group")
    assert "收集、保存《户表》。" in page
    assert "签收并办理" in page
    assert wang.complete(file, {"household": "overwritten"}, request_id="request-0004").status_code == 200
    with db.reading() as session:
        instance = session.scalars(select(ProcessInstance)).one()
        assert instance.state == "COMPLETED"
        assert instance.variables["household"]["code"] == "H0001"


@pytest.fixture
def registered() -> Any:
    """Hooks that a test registers are taken off again."""
    before = {name: {form: list(found) for form, found in table.items()} for name, table in (("p", hooks._prepares), ("a", hooks._accepts))}
    yield hooks
    for table, kept in ((hooks._prepares, before["p"]), (hooks._accepts, before["a"])):
        table.clear()
        table.update(kept)


def test_what_a_feature_returns_when_it_accepts_a_form_goes_to_the_process(
    db: Database, person: Login, household: Any, registered: Any
) -> None:
    seen = []

    @registered.accepts("note")
    def take(session: Any, task: Task, submission: Submission, outcome: Any, actor: Any) -> dict[str, Any]:
        seen.append((task.subject, submission.key, actor.name))
        return {"problems": ["P1"]}

    key = household()
    person("li").complete(key, NOTE)
    assert [(subject, name) for subject, _key, name in seen] == [("household:H0001", "li")]
    with db.reading() as session:
        variables = session.scalars(select(ProcessInstance)).one().variables
        assert (variables["problems"], variables["income"]) == (["P1"], 12000)


def test_a_held_field_says_why_and_who_and_cannot_be_changed(person: Login, household: Any, registered: Any) -> None:
    @registered.prepares("note")
    def hold(session: Any, task: Task, identity: Any) -> hooks.Prepared:
        lock = hooks.Lock("账账不相符，整改后放开", "柏树村干部", "/problems/1")
        notice = hooks.Notice("还差 2 户", "blocked", "/households?state=open")
        return hooks.Prepared(data={"head": "张三", "income": 5}, locked={"income": lock}, notices=[notice])

    key = household()
    li = person("li")
    page = li.page(f"/tasks/{key}")
    for words in ("1 项暂缓填报", "账账不相符，整改后放开", "柏树村干部", "/problems/1", "还差 2 户", "/households?state=open"):
        assert words in page
    refused = li.complete(key, {"head": "张三", "income": 6})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["income"])
    assert li.complete(key, {"head": "张三", "income": 5}, request_id="request-0005").status_code == 200


def test_a_page_says_what_why_until_when_and_what_comes_next(db: Database, person: Login, household: Any) -> None:
    key = household(label="柏树村 3组 张三")
    li = person("li")
    unclaimed = li.page(f"/tasks/{key}?list=group")
    assert unclaimed.index("柏树村 3组 张三") < unclaimed.index("先核查再填报。") < unclaimed.index("指导员审核")
    assert "R21" not in unclaimed, "the number of the clause is for tracing, not for people"
    assert "签收并办理" in unclaimed
    assert li.send("POST", f"/tasks/{key}/claim?list=group").json == {"redirect": f"/tasks/{key}?list=group"}
    claimed = li.page(f"/tasks/{key}?list=group")
    assert "data-submit" in claimed
    assert "退回待签收" in claimed
    assert "提交后进入：" in claimed


def test_pages_cost_a_constant_number_of_statements(db: Database, person: Login, household: Any, statements: Any) -> None:
    li = person("li")
    li.page("/tasks")
    counts = []
    for n in range(1, 4):
        household(f"H{n:04}")
        with statements(db) as seen:
            li.page("/tasks?list=group")
        counts.append(len([each for each in seen if not each.startswith("SAVEPOINT")]))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 6


def test_a_page_over_ten_thousand_waiting_tasks_is_quick(db: Database, person: Login, statements: Any, capsys: Any) -> None:
    ten_thousand(db, clock.now(), "investigator:G03")
    li = person("li")
    li.page("/tasks")
    for path in ("/tasks", "/tasks?list=group", "/tasks?list=group&q=户主77&village=V03"):
        with statements(db) as seen:
            started = time.perf_counter()
            li.page(path)
            spent = time.perf_counter() - started
        with capsys.disabled():
            print(f"\n{db.engine.dialect.name}: GET {path}: {spent * 1000:.0f} ms, {len(seen)} statements", end="")
        assert len(seen) <= 6
        assert spent < 2.0


def test_what_is_late_is_counted_on_every_page_and_leads_to_where_it_lies(person: Login, household: Any) -> None:
    key = household(due="2020-05-22T09:00:00+08:00")
    household("H0002")
    li = person("li")
    link = re.compile(r'<a class="top-late" href="([^"]+)">逾期 <span class="num">(\d+)</span>')
    for page in ("/tasks", f"/tasks/{key}"):
        found = link.search(li.page(page))
        assert found and (found[1].replace("&amp;", "&"), found[2]) == ("/tasks?list=group&due=overdue", "1")
    li.send("POST", f"/tasks/{key}/claim")
    for page in ("/tasks", f"/tasks/{key}"):
        found = link.search(li.page(page))
        assert found and (found[1], found[2]) == ("/tasks?due=overdue", "1")


def test_other_campaigns_are_closed(db: Database, person: Login, household: Any) -> None:
    key = household()
    with db.reading() as session:
        assert session.get_one(Task, key).campaign_id == CAMPAIGN

    def move(session: Any) -> None:
        session.get_one(Task, key).campaign_id = 99

    db.in_transaction(move)
    assert person("li").get(f"/tasks/{key}").status_code == 404
