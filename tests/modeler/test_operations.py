"""Operations: what an administrator sees and does. Nothing of a household on any page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.acts import privacy
from app.db import Database
from app.engine import causes, jobs, runtime
from app.engine.models import Event, ProcessInstance
from app.modeler.operations import batches
from app.modeler.operations.models import OperationItem
from tests import web
from tests.engine import drawing as d
from tests.engine.drawing import ANN
from tests.modeler import running

At = Callable[[str], datetime]
Statements = Callable[[Database], Any]
WHY = {"reason": "演练时走错了"}


@pytest.fixture
def app(db: Database, at: At, tmp_path: Path) -> Flask:
    web.place(db)
    web.person(db, "admin", "admin", name="袁系统")
    return web.application(db, tmp_path)


@pytest.fixture
def admin(app: Flask) -> web.Browser:
    return web.signed_in_as(app, "admin")


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status
    return str(answer.text)


# --- privacy --------------------------------------------------------------------------------------------------------------


def test_no_page_shows_who_lives_there(app: Flask, db: Database, admin: web.Browser) -> None:
    """Every page of the operators, full of a household's data: neither name nor phone nor ID number."""
    d.deploy(db, running.ONE)
    instance = running.start(db)
    running.act(db, runtime.set_variables, instance.key, {"household.label": f"{running.NAME}家"}, ANN, reason="搬家")
    failed = running.broken(db)
    d.deploy(db, running.TWO)
    source, target = instance.definition_key, running.newest(db)
    started = admin.post(f"/operations/migrations/{source}/{target}", {"act": "rehearse"})
    jobs.drain(db)
    batch = started.headers["Location"]
    pages = [
        "/operations",
        "/operations/instances",
        f"/operations/instances?q={running.HOUSEHOLD['code']}",
        f"/operations/instances/{instance.key}",
        f"/operations/instances/{instance.key}/diagram",
        f"/operations/instances/{failed.key}",
        f"/operations/definitions/{target}/diagram",
        "/operations/incidents",
        "/operations/migrations",
        f"/operations/migrations/{source}/{target}",
        "/operations/batches",
        batch,
        f"{batch}/progress",
    ]
    asked = {"path": "household.label", "value": '"x"', **WHY}
    token = d.task(db, "a", instance_key=instance.key).key
    answers = [text(admin.get(page)) for page in pages]
    answers.append(text(admin.post(f"/operations/instances/{instance.key}/variables", asked)))
    answers.append(text(admin.post(f"/operations/instances/{instance.key}/moves", {"token": str(token), "target": "b", **WHY})))
    for page in answers:
        for secret in (running.NAME, running.PHONE, running.ID):
            assert secret not in page
    assert "农户 V05-001" in answers[1]


def test_a_search_for_a_name_finds_nothing(admin: web.Browser, db: Database) -> None:
    """Otherwise it would tell which household somebody lives in."""
    d.deploy(db, running.ONE)
    running.start(db)
    assert "V05-001" in text(admin.get("/operations/instances?q=V05"))
    assert "V05-001" not in text(admin.get(f"/operations/instances?q={running.NAME}"))
    assert "V05-001" not in text(admin.get("/operations/instances?q=柏树村"))


@pytest.mark.parametrize(
    ("path", "value", "text", "hidden"),
    [
        ("household.stage", "visiting", "visiting", False),
        ("count", 12, "12", False),
        ("done", True, "true", False),
        ("due", "2020-05-25T18:00:00+08:00", "2020-05-25T18:00:00+08:00", False),
        ("village.name", "柏树村", "柏树村", False),
        ("household.name", "李春花", "", True),
        ("household.label", "V05-001", "", True),
        ("note", "he said", "", True),
        ("answer", "屋顶漏雨", "", True),
        ("code", "500235198001011234", "", True),
        ("phone", "1", "", True),
        ("number", 13800001234, "", True),
        ("codes", ["V01", "V02"], "2 项：V01, V02", False),
        ("rows", [{"label": "李春花"}], "1 项", True),
    ],
)
def test_a_variable_is_shown_only_if_it_can_hold_nobody(app: Flask, path: str, value: Any, text: str, hidden: bool) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "zh-CN"}):
        found = privacy.shown(path, value)
    assert found.hidden == hidden
    assert not text or found.text == text
    assert "李" not in found.text


def test_a_message_says_what_happened_without_the_value() -> None:
    assert privacy.message("the priority “=p” is not a number but '李春花'") == "the priority “=p” is not a number but '…'"
    assert running.PHONE not in privacy.message(f"no such key {running.PHONE}")


# --- acts -----------------------------------------------------------------------------------------------------------------


def act(admin: web.Browser, instance: Any, what: str, data: dict[str, str]) -> str:
    answer = admin.post(f"/operations/instances/{instance.key}/{what}", data)
    assert answer.status_code == 303
    return text(admin.get(answer.headers["Location"]))


def test_suspend_resume_and_end_want_a_reason_and_stand_in_the_history(admin: web.Browser, db: Database) -> None:
    d.deploy(db, running.ONE)
    instance = running.start(db)
    assert "请写明理由" in act(admin, instance, "acts", {"act": "suspend", "reason": " "})
    assert [row.state for row in d.instances(db)] == ["ACTIVE"]
    for name, state in (("suspend", "SUSPENDED"), ("resume", "ACTIVE"), ("cancel", "TERMINATED")):
        page = act(admin, instance, "acts", {"act": name, **WHY})
        assert [row.state for row in d.instances(db)] == [state]
        assert WHY["reason"] in page
    assert "流程已经结束" in act(admin, instance, "acts", {"act": "cancel", **WHY})
    assert admin.post(f"/operations/instances/{instance.key}/acts", {"act": "explode", **WHY}).status_code == 400


def test_a_variable_is_corrected_after_old_and_new_were_seen(admin: web.Browser, db: Database) -> None:
    d.deploy(db, running.ONE)
    instance = running.start(db)
    asked = {"path": "household.stage", "value": '"moved"', **WHY}
    page = text(admin.post(f"/operations/instances/{instance.key}/variables", asked))
    assert "visiting" in page
    assert "moved" in page
    assert d.instances(db)[0].variables["household"]["stage"] == "visiting"
    page = act(admin, instance, "variables", {**asked, "confirmed": "1"})
    assert d.instances(db)[0].variables["household"] == {**running.HOUSEHOLD, "stage": "moved"}
    assert "household.stage: visiting → moved" in page
    (event,) = d.history(db, "variables.changed")
    assert event.detail.pop("definition")
    assert d.said(event) == {"variables": {"household.stage": {"old": "visiting", "new": "moved"}}, **WHY}
    assert "JSON" in act(admin, instance, "variables", {**asked, "value": "moved"})


def test_a_token_is_moved_after_before_and_after_were_seen(admin: web.Browser, db: Database) -> None:
    d.deploy(db, running.ONE)
    instance = running.start(db)
    (task,) = d.tasks(db)
    asked = {"token": str(task.key), "target": "b", **WHY}
    page = text(admin.post(f"/operations/instances/{instance.key}/moves", asked))
    assert re.findall(r"data-marks='(.*?)'", page) == ['["a"]', '["b"]']
    assert [row.element_id for row in d.tasks(db)] == ["a"]
    page = act(admin, instance, "moves", {**asked, "confirmed": "1"})
    assert [row.element_id for row in d.tasks(db)] == ["b"]
    assert "移动令牌" in page
    assert "a → b" in page
    assert "没有令牌了" in act(admin, instance, "moves", asked)


def test_a_timer_of_another_instance_is_not_this_ones(admin: web.Browser, db: Database) -> None:
    border = d.boundary("late", "a", d.timer("timeDuration", "PT9H"), interrupting=False)
    d.deploy(db, running.visit(d.user("a"), border, d.user("n"), d.end("e2"), flows="s>a>e; late>n>e2"))
    first, second = running.many(db, 2)
    (job,) = d.jobs_of(db, kind="timer", instance_key=first.key)
    assert admin.post(f"/operations/instances/{second.key}/timers/{job.key}", WHY).status_code == 404
    assert "只能提前" in act(admin, first, f"timers/{job.key}", {"at": "2020-06-01T08:00", **WHY})
    assert "已提前" in act(admin, first, f"timers/{job.key}", WHY)
    jobs.drain(db)
    assert len(d.tasks(db, instance_key=first.key)) == 2


# --- incidents ------------------------------------------------------------------------------------------------------------


def test_incidents_of_one_cause_are_one_line_and_are_retried_together(admin: web.Browser, db: Database) -> None:
    running.broken(db)
    for number in range(2, 5):
        running.start(db, household={**running.HOUSEHOLD, "code": f"V05-{number:03d}"}, process="bad")
    jobs.drain(db)
    page = text(admin.get("/operations/incidents"))
    assert page.count('class="block cause"') == 1
    assert "没有程序承办这类任务" in page
    (mark,) = re.findall(r'name="cause" value="(\w+)"', page)
    answer = admin.post("/operations/incidents/retry", {"cause": mark})
    jobs.drain(db)
    assert "成功 4 · 失败 0 · 等待 0" in text(admin.get(answer.headers["Location"]))
    assert len(d.incidents_of(db, state="RESOLVED")) == 4
    (one, *_rest) = d.incidents_of(db, state="OPEN")
    assert admin.post(f"/operations/incidents/{one.key}/retry").status_code == 303
    assert admin.post("/operations/incidents/retry", {"cause": "nothing"}).status_code == 409


def test_causes_are_the_same_whatever_the_values() -> None:
    one = causes.fingerprint("expression", "p", "a", "“=x” is not a number but 'V05-001'")
    assert one == causes.fingerprint("expression", "p", "a", "“=x” is not a number but 'V05-002'")
    assert one != causes.fingerprint("expression", "p", "b", "“=x” is not a number but 'V05-001'")


# --- migrations and batches -----------------------------------------------------------------------------------------------


def begin(admin: web.Browser, source: int, target: int, **data: Any) -> str:
    answer = admin.post(f"/operations/migrations/{source}/{target}", data)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_a_migration_by_mapping_in_a_batch_and_back(admin: web.Browser, db: Database) -> None:
    """One that has ended meanwhile does not stop the others and is listed with its cause."""
    d.deploy(db, running.ONE)
    rows = running.many(db, 6)
    d.deploy(db, running.TWO)
    source, target = rows[0].definition_key, running.newest(db)
    address = f"/operations/migrations/{source}/{target}"
    assert f"{address}" in text(admin.get("/operations/migrations"))
    page = text(admin.get(f"{address}?map=1"))
    assert "在新版本里没有，请指定由哪个环节接替" in page
    assert '可迁移 <span class="count">6' in text(admin.get(f"{address}?map=1&map.a=call"))
    assert "没有选中任何实例" in text(admin.get(begin(admin, source, target, act="migrate", reason="改图")))
    page = text(admin.get(begin(admin, source, target, act="migrate", **{"map.a": "call"})))
    assert "请写明理由" in page
    where = begin(admin, source, target, act="rehearse", **{"map.a": "call"})
    jobs.drain(db)
    assert "可以迁移，接着走：B → E" in text(admin.get(where)).replace("b → e", "B → E")
    assert {row.version for row in d.instances(db)} == {1}
    where = begin(admin, source, target, act="migrate", reason="改图", **{"map.a": "call"})
    running.act(db, runtime.cancel, rows[3].key, ANN)
    jobs.drain(db)
    page = text(admin.get(where))
    assert "成功 5 · 失败 1 · 等待 0" in page
    assert "流程已经结束" in text(admin.get(f"{where}?state=FAILED"))
    assert sorted(row.version for row in d.instances(db)) == [1, 2, 2, 2, 2, 2]
    assert {row.element_id for row in d.tasks(db)} == {"call"}
    running.act(db, runtime.complete, d.tasks(db)[0].key, {}, ANN)
    back = admin.post(f"{where}/taken-back", {"reason": "看错了"}).headers["Location"]
    jobs.drain(db)
    assert "成功 4 · 失败 1 · 等待 0" in text(admin.get(back))
    assert "已经往前走了" in text(admin.get(f"{back}?state=FAILED"))
    assert [event.actor for event in d.history(db, "instance.migrated")] == ["admin"] * 5


def test_one_migration_is_taken_back_on_the_instance_itself(admin: web.Browser, db: Database) -> None:
    d.deploy(db, running.ONE)
    instance = running.start(db)
    d.deploy(db, running.TWO)
    running.act(db, runtime.migrate, instance.key, running.newest(db), {"a": "call"}, ANN, reason="改图")
    assert "撤回迁移" in text(admin.get(f"/operations/instances/{instance.key}"))
    page = act(admin, instance, "migration/taken-back", WHY)
    assert d.instances(db)[0].version == 1
    assert "v2 → v1" in page
    assert "已经往前走了" in act(admin, instance, "migration/taken-back", WHY)


def test_ticked_instances_are_suspended_together(admin: web.Browser, db: Database) -> None:
    d.deploy(db, running.ONE)
    rows = running.many(db, 3)
    answer = admin.post("/operations/instances/acts", {"act": "suspend", "key": [str(row.key) for row in rows[:2]], **WHY})
    jobs.drain(db)
    assert "成功 2 · 失败 0 · 等待 0" in text(admin.get(answer.headers["Location"]))
    assert [row.state for row in d.instances(db)] == ["SUSPENDED", "SUSPENDED", "ACTIVE"]
    answer = admin.post("/operations/instances/acts", {"act": "suspend", **WHY})
    assert "没有选中任何实例" in text(admin.get(answer.headers["Location"]))


# --- lists ----------------------------------------------------------------------------------------------------------------


def test_the_list_is_filtered_and_paged(admin: web.Browser, db: Database) -> None:
    web.person(db, "wang", "office")
    d.deploy(db, running.ONE)
    rows = running.many(db, 45)
    running.act(db, runtime.suspend, rows[0].key, ANN)
    running.broken(db)
    page = text(admin.get("/operations/instances"))
    assert page.count('class="row-item') == 40
    (after,) = re.findall(r"after=(\d+)", page)
    assert text(admin.get(f"/operations/instances?after={after}")).count('class="row-item') == 6
    for query, count in (
        ("state=SUSPENDED", 1),
        ("incident=1", 1),
        ("process=bad", 1),
        ("process=p&version=2", 0),
        ("q=V05-00", 10),
        (f"q={rows[7].key}", 1),
        ("until=2020-05-20", 0),
        ("since=2020-05-21&until=2020-05-21&process=bad", 1),
    ):
        assert text(admin.get(f"/operations/instances?{query}")).count('class="row-item') == count, query


PAGES = ["/operations", "/operations/instances", "/operations/incidents", "/operations/migrations", "/operations/batches"]


@pytest.mark.parametrize("path", PAGES)
def test_statements_do_not_grow_with_the_rows(
    app: Flask, sqlite_db: Database, at: At, tmp_path: Path, statements: Statements, path: str
) -> None:
    web.person(sqlite_db, "admin", "admin")
    browser = web.signed_in_as(web.application(sqlite_db, tmp_path), "admin")
    running.broken(sqlite_db)
    d.deploy(sqlite_db, running.ONE)
    running.many(sqlite_db, 1)
    d.deploy(sqlite_db, running.TWO)
    counted = []
    for more in (0, 12):
        running.many(sqlite_db, more)
        for number in range(more):
            running.start(sqlite_db, household={**running.HOUSEHOLD, "code": f"V05-9{number}"}, process="bad")
        jobs.drain(sqlite_db)
        browser.get(path)
        with statements(sqlite_db) as seen:
            assert browser.get(path).status_code == 200
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 24


def test_the_first_page_of_an_administrator_says_what_is_broken(admin: web.Browser, db: Database) -> None:
    running.broken(db)
    assert admin.get("/").headers["Location"].endswith("/operations")
    page = text(admin.get("/operations"))
    assert "运行概况与异常" in page
    assert "没有程序承办这类任务" in page


def bulk(admin: web.Browser, rows: list[Any], **form: str) -> str:
    answer = admin.post("/operations/instances/acts", {"key": [str(row.key) for row in rows], **WHY, **form})
    return text(admin.get(answer.headers["Location"]))


def test_variables_tokens_and_timers_of_many_at_once(admin: web.Browser, db: Database) -> None:
    border = d.boundary("late", "a", d.timer("timeDuration", "PT9H"), interrupting=False)
    middle = (d.user("a"), border, d.user("n"), d.user("b"), d.end("e2"))
    d.deploy(db, running.visit(*middle, flows="s>a>b>e; late>n>e2"))
    rows = running.many(db, 3)
    running.act(db, runtime.complete, d.tasks(db)[2].key, {}, ANN)
    bulk(admin, rows, act="variable", path="household.stage", value='"checked"')
    bulk(admin, rows, act="timer", timer="late")
    jobs.drain(db)
    assert [row.variables["household"]["stage"] for row in d.instances(db)] == ["checked"] * 3
    assert [task.element_id for task in d.tasks(db)] == ["a", "a", "b", "n", "n"]
    asked = {"act": "move", "source": "a", "target": "b", **WHY}
    answer = admin.post("/operations/instances/acts", {"key": [str(row.key) for row in rows], **asked})
    jobs.drain(db)
    page = text(admin.get(answer.headers["Location"]))
    assert "成功 2 · 失败 1 · 等待 0" in page
    assert "没有令牌了" in page
    assert [task.element_id for task in d.tasks(db)].count("b") == 3
    assert len(d.history(db, "instance.moved")) == 2
    for form in ({"act": "variable", "path": "x", "value": "no json"}, {"act": "move", "source": "a"}, {"act": "explode"}):
        assert "请把这项操作要的内容填全" in bulk(admin, rows, **form)


def test_one_that_fails_half_way_leaves_nothing_and_does_not_stop_the_others(db: Database, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    d.deploy(db, running.ONE)
    rows = running.many(db, 3)
    suspend = batches._ACTS["suspend"]

    def stumble(session: Any, batch: Any, target: int, by: Any) -> Any:
        suspend(session, batch, target, by)
        if target == rows[1].key:
            raise RuntimeError(f"no more: '{running.NAME}'")

    monkeypatch.setitem(batches._ACTS, "suspend", stumble)
    keys = [(row.key, row.key) for row in rows]
    batch = running.act(db, batches.begin, "suspend", keys, ANN, reason="演练")
    jobs.drain(db)
    assert [row.state for row in d.instances(db)] == ["SUSPENDED", "ACTIVE", "SUSPENDED"]
    items = d.read(db, lambda s: s.scalars(select(OperationItem).order_by(OperationItem.key)).all())
    assert [(item.state, item.cause) for item in items] == [("DONE", ""), ("FAILED", "RuntimeError: no more: '…'"), ("DONE", "")]
    assert len(d.history(db, "instance.suspended")) == 2
    found = d.read(db, lambda s: batches.find(s, batch.key))
    assert found.finished_at is not None
    assert found.campaign_id == web.CAMPAIGN
    assert d.jobs_of(db, kind="batch") == []


# --- starting -------------------------------------------------------------------------------------------------------------


def test_any_process_is_started_with_variables_and_a_reason(app: Flask, db: Database, admin: web.Browser) -> None:
    d.deploy(db, running.ONE)
    assert "启动流程" in text(admin.get("/operations/instances"))
    page = text(admin.get("/operations/instances/start"))
    request_id = re.search(r'name="request_id" value="(\w+)"', page)
    assert request_id
    asked = {"process": "p", "campaign": str(web.CAMPAIGN), "request_id": request_id.group(1)}
    given = '{"household": {"code": "V05-001", "label": "柏树村"}, "n": 3}'
    for wrong in ({"variables": "[1]", **WHY}, {"variables": "{", **WHY}, {"variables": given}):
        back = text(admin.post("/operations/instances/start", {**asked, **wrong}))
        assert 'value="p" selected' in back
        assert wrong["variables"].replace('"', "&#34;") in back, "what was typed is kept"
    assert d.read(db, lambda s: s.scalars(select(ProcessInstance)).all()) == []
    for _ in range(2):
        assert admin.post("/operations/instances/start", {**asked, "variables": given, **WHY}).status_code == 303
    (made,) = d.read(db, lambda s: s.scalars(select(ProcessInstance)).all())
    assert (made.campaign_id, made.business_key, made.variables["n"]) == (web.CAMPAIGN, "V05-001", 3)
    assert made.variables["campaign"]["name"] == "自查评估"
    detail = d.read(db, lambda s: s.scalars(select(Event.detail).where(Event.kind == "instance.started")).one())
    assert detail["reason"] == WHY["reason"]
