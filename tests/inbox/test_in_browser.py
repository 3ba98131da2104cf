"""The inbox in real Chromium: typing, losing the signal, two people at once, remarks at fields, keys, many at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from app.acts.models import Draft
from app.auth import accounts, sessions
from app.db import Database
from app.engine.models import Task
from app.forms.models import Submission
from tests import web
from tests.browser.serving import DESK, PHONE, Visit, chromium, serving
from tests.inbox.conftest import next_task

pytestmark = pytest.mark.browser
Window = Callable[..., Visit]
SAVED = re.compile(r"已保存 \d\d:\d\d")
#: What Chromium says when a test takes the signal away or the server refuses; not the page's fault.
EXPECTED = re.compile(r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|status of (401|409|415|422)")


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[str]:
    """One kind of database is enough for what happens in the browser."""
    path = tmp_path / "daopai.db"
    path.write_bytes(sqlite_template.read_bytes())
    yield f"sqlite:///{path}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def window(app: Flask, db: Database, browser: Browser) -> Iterator[Window]:
    """``window("li")`` is li's phone, ``window("li", DESK)`` his desk. Fails on what a page complains about."""
    with serving(app) as base:
        visits: list[Visit] = []

        def open_(username: str, size: dict[str, int] = PHONE) -> Visit:
            token = db.in_transaction(lambda session: sessions.open_session(session, username, how="password", ip="", agent=""))
            serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
            visit = Visit(browser, base, cookie=serializer.dumps({"_user_id": token}), size=size)
            visits.append(visit)
            return visit

        yield open_
        for visit in visits:
            visit.close()
        complaints = [text for visit in visits for text in visit.complaints if not EXPECTED.search(text)]
        assert complaints == []


def saved(page: Page) -> Any:
    return page.locator("[data-saved]")


def submit(page: Page) -> None:
    page.locator("[data-submit]").click()


def submissions(db: Database) -> list[Submission]:
    with db.reading() as session:
        return list(session.scalars(select(Submission).order_by(Submission.key)))


def test_claim_type_see_it_saved_go_on_elsewhere_and_submit(db: Database, window: Window, household: Any) -> None:
    first, second = household("H0001"), household("H0002")
    phone = window("li")
    page = phone.open("/tasks?list=group&village=V01")
    page.get_by_role("link", name="户主H0001").click()
    expect(page.locator("[data-form] input")).to_have_count(0)
    page.get_by_role("button", name="签收并办理").click()
    expect(saved(page)).to_have_text("还没有改动")
    page.get_by_label("户主").fill("张三")
    expect(saved(page)).to_have_text(SAVED)

    desk = window("li", DESK).open(f"/tasks/{first}")
    expect(desk.get_by_label("户主")).to_have_value("张三")
    desk.get_by_label("年收入").fill("12000")
    desk.locator("[data-submit]").click()
    desk.wait_for_url("**/tasks")
    expect(desk.locator("#messages")).to_contain_text("已办结")
    assert [row.data["income"] for row in submissions(db)] == [12000]
    page.goto(f"{phone.base}/tasks/{second}?list=group&village=V01")
    expect(page.get_by_role("button", name="签收并办理")).to_be_visible()


def test_errors_stand_at_their_fields_before_anything_is_sent(db: Database, window: Window, household: Any, person: Any) -> None:
    key = household()
    person("li").send("POST", f"/tasks/{key}/claim")
    page = window("li").open(f"/tasks/{key}")
    page.get_by_label("户主").fill("张三")
    submit(page)
    expect(page.locator("[data-wrong]")).to_have_text("1 处要改正")
    expect(page.get_by_label("年收入")).to_be_focused()
    page.get_by_label("年收入").fill("5")
    submit(page)
    page.wait_for_url("**/tasks")
    assert len(submissions(db)) == 1


def test_without_signal_nothing_is_lost_and_it_is_sent_once_when_the_signal_is_back(
    db: Database, window: Window, household: Any, person: Any
) -> None:
    key = household()
    person("li").send("POST", f"/tasks/{key}/claim")
    phone = window("li")
    page = phone.open(f"/tasks/{key}")
    expect(page.get_by_label("户主")).to_be_editable()
    phone.context.set_offline(True)
    page.get_by_label("户主").fill("张三")
    page.get_by_label("年收入").fill("7000")
    expect(saved(page)).to_contain_text("没有信号")
    submit(page)
    expect(saved(page)).to_contain_text("信号恢复后自动提交")
    expect(page.locator("[data-submit]")).to_be_disabled()
    assert submissions(db) == []
    phone.context.set_offline(False)
    page.wait_for_url("**/tasks")
    assert [row.data["income"] for row in submissions(db)] == [7000]
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('daopai'))") == []


def ended(db: Database) -> None:
    """Every session of li is over; his password is known."""

    def work(session: Any) -> None:
        accounts.find(session, "li").password_hash = web.password_hash()
        sessions.revoke_all(session, "li", web.CLI)

    db.in_transaction(work)


def test_a_session_that_ended_is_renewed_over_the_form_and_what_was_typed_is_submitted(
    db: Database, window: Window, household: Any, person: Any
) -> None:
    """Saving by itself asks nothing; handing in asks for the password, and goes through once."""
    key = household()
    person("li").send("POST", f"/tasks/{key}/claim")
    page = window("li").open(f"/tasks/{key}")
    expect(page.get_by_label("户主")).to_be_editable()
    ended(db)
    page.get_by_label("户主").fill("张三")
    page.get_by_label("年收入").fill("7000")
    expect(saved(page)).to_contain_text("登录已过期")
    box = page.locator("dialog[data-sign-in]")
    expect(box).to_have_count(0)
    submit(page)
    box.get_by_label("密码").fill(web.PASSWORD)
    box.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/tasks")
    assert [row.data["income"] for row in submissions(db)] == [7000]


def test_an_upload_in_a_field_renews_a_session_that_ended(db: Database, window: Window, household: Any, person: Any) -> None:
    key = household()
    person("li").send("POST", f"/tasks/{key}/claim")
    page = window("li").open(f"/tasks/{key}")
    expect(page.get_by_label("户主")).to_be_editable()
    ended(db)
    pdf = {"name": "证明.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    page.locator("[data-path=photos] input[type=file]").set_input_files([pdf])
    box = page.locator("dialog[data-sign-in]")
    box.get_by_label("密码").fill(web.PASSWORD)
    box.get_by_role("button", name="登录", exact=True).click()
    expect(page.locator("[data-path=photos]")).to_contain_text("证明.pdf")


def test_what_waited_for_the_signal_and_is_refused_says_so_in_its_own_form(window: Window, household: Any, person: Any) -> None:
    key = household()
    person("li").send("POST", f"/tasks/{key}/claim")
    phone = window("li")
    page = phone.open(f"/tasks/{key}")
    page.get_by_label("户主").fill("张三")
    page.get_by_label("年收入").fill("7000")
    phone.context.set_offline(True)
    submit(page)
    expect(page.locator("[data-submit]")).to_be_disabled()
    # Typing on takes it back: what is sent is what stands there when the button is pressed.
    page.get_by_label("年收入").fill("8000")
    expect(page.locator("[data-submit]")).to_be_enabled()
    submit(page)
    expect(page.locator("[data-submit]")).to_be_disabled()
    assert person("li").complete(key, {"head": "张三", "income": 9000}).status_code == 200
    phone.context.set_offline(False)
    expect(page.locator("[data-problem]")).to_contain_text("李调查")
    expect(page.locator("[data-submit]")).to_be_enabled()
    expect(page.locator("[data-unqueue]")).to_have_count(0)
    expect(page.get_by_label("年收入")).to_have_value("8000")


def test_what_the_server_never_got_is_back_after_a_crash(db: Database, window: Window, household: Any, person: Any) -> None:
    key = household()
    person("li").send("POST", f"/tasks/{key}/claim")
    phone = window("li")
    page = phone.open(f"/tasks/{key}")
    phone.context.route("**/draft", lambda route: route.abort())
    page.get_by_label("户主").fill("张三")
    expect(saved(page)).to_contain_text("没有信号")
    page.close()  # the browser is gone
    phone.context.unroute("**/draft")
    again = phone.context.new_page()
    again.goto(f"{phone.base}/tasks/{key}")
    expect(again.get_by_label("户主")).to_have_value("张三")
    expect(saved(again)).to_have_text(SAVED)


def test_the_loser_of_two_reads_who_did_it_and_keeps_what_he_typed(window: Window, household: Any, person: Any) -> None:
    key = household()
    li, sun = person("li"), person("sun")
    li.send("POST", f"/tasks/{key}/claim")
    page = window("li").open(f"/tasks/{key}")
    page.get_by_label("户主").fill("张三")
    page.get_by_label("年收入").fill("1")
    expect(saved(page)).to_have_text(SAVED)
    li.send("POST", f"/tasks/{key}/handover", {"to": "sun", "reason": "换人"})
    assert sun.complete(key, {"head": "李四", "income": 2}).status_code == 200
    submit(page)
    problem = page.locator("[data-problem]")
    expect(problem).to_contain_text("已由 孙调查 于 5月22日 10:00 办结")
    expect(problem).to_contain_text("您填写的内容都还在这一页")
    expect(page.get_by_label("户主")).to_have_value("张三")


def test_a_reviewer_remarks_on_a_field_and_the_investigator_finds_it_there(
    db: Database, window: Window, household: Any, person: Any
) -> None:
    fill = household()
    person("li").complete(fill, {"head": "张三", "income": 12000})
    review = next_task(db, fill)
    person("wang").send("POST", f"/tasks/{review}/claim")
    desk = window("wang", DESK).open(f"/tasks/{review}")
    field = desk.locator('[data-reviewed] [data-path="income"]')
    field.get_by_role("button", name="批注").click()
    desk.locator("dialog[open] textarea").fill("请再核实收入")
    desk.locator("dialog[open]").get_by_role("button", name="保存").click()
    expect(field).to_contain_text("请再核实收入")
    desk.get_by_label("退回").check()
    desk.locator("[data-submit]").click()
    desk.wait_for_url("**/tasks")

    again = next_task(db, review)
    person("li").send("POST", f"/tasks/{again}/claim")
    page = window("li").open("/tasks")
    expect(page.locator(f"#task-{again}")).to_contain_text("1 条批注")
    page.locator(f"#task-{again} a").click()
    expect(page.locator('[data-form] [data-path="income"]')).to_contain_text("请再核实收入")
    page.locator(".remarks a").click()
    expect(page.get_by_label("年收入")).to_be_focused()


def test_keys_move_open_tick_and_explain_themselves(db: Database, window: Window, household: Any, person: Any) -> None:
    keys = []
    for n in range(3):
        fill = household(f"H000{n}")
        person("li").complete(fill, {"head": "张三", "income": 1}, request_id=f"request-{n:04}")
        keys.append(next_task(db, fill))
    page = window("wang", DESK).open("/tasks?list=group")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(f"#task-{keys[1]} .row-link")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("1")
    page.keyboard.press("k")
    expect(page.locator(f"#task-{keys[0]} .row-link")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="键盘快捷键")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("查找任务")).to_be_focused()
    page.keyboard.type("jk?")
    expect(page.get_by_label("查找任务")).to_have_value("jk?")
    page.locator(f"#task-{keys[0]} .row-link").focus()
    page.keyboard.press("c")
    page.wait_for_url(f"**/tasks/{keys[0]}?list=group")
    expect(page.locator("[data-submit]")).to_be_visible()
    page.keyboard.press("u")
    page.wait_for_url("**/tasks?list=group*")


def test_many_at_once_show_each_its_own_outcome(db: Database, window: Window, household: Any, person: Any) -> None:
    keys = []
    for n in range(7):
        fill = household(f"H000{n}")
        person("li").complete(fill, {"head": "张三", "income": 1}, request_id=f"request-{n:04}")
        keys.append(next_task(db, fill))
    page = window("wang").open("/tasks?list=group")
    page.locator(f"#task-{keys[0]} input").check()
    page.get_by_role("button", name="本页同类全选").click()
    expect(page.locator("[data-bulk-count]")).to_have_text("7")
    page.get_by_role("button", name="批量办理").click()
    expect(page.get_by_role("heading", name="批量办理 7 件")).to_be_visible()
    assert person("zhao").complete(keys[3], {"decision": "approve"}, request_id="request-9999").status_code == 200
    page.get_by_label("通过").check()
    page.get_by_role("button", name="提交这 7 件").click()
    expect(page.locator('[data-outcome="done"]')).to_have_count(6)
    expect(page.locator(f'[data-bulk-row="{keys[3]}"]')).to_contain_text("已由 赵指导")
    expect(page.get_by_role("link", name="回到列表")).to_be_visible()
    with db.reading() as session:
        assert session.scalar(select(func.count()).where(Task.key.in_(keys), Task.state == "COMPLETED")) == 7


def test_a_photo_is_attached_and_the_diagram_shows_where_it_stands(window: Window, household: Any, person: Any, tmp_path: Path) -> None:
    key = household(due="2020-05-22T09:00:00+08:00")
    person("li").send("POST", f"/tasks/{key}/claim")
    page = window("li").open(f"/tasks/{key}")
    wrong = tmp_path / "x.jpg"
    wrong.write_bytes(b"<html>")
    page.locator("[data-upload]").set_input_files(wrong)
    expect(page.locator("[data-upload-error]")).to_contain_text("只能上传")
    photo = tmp_path / "house.png"
    Image.new("RGB", (8, 8)).save(photo)
    page.locator("[data-upload]").set_input_files(photo)
    expect(page.locator("[data-file-list]")).to_contain_text("house.png")
    page.locator(".where").scroll_into_view_if_needed()
    expect(page.locator('[data-element-id="fill"][data-state="late"]')).to_be_attached()
    expect(page.locator('[data-element-id="begin"][data-state="done"]')).to_be_attached()
