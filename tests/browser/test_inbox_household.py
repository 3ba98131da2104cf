"""A household's way in real Chromium, on the campaign's own diagrams and forms: filled on a phone with an error, a warning and a finding,
reviewed, returned with a remark on one field, corrected, approved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from app import clock
from app.acts.models import FieldComment
from app.auth.models import RoleAssignment
from app.campaign import demonstration, schedule
from app.campaign.handlers.households import label
from app.campaign.models import Household, Problem, Village
from app.db import Database
from app.deploying import shipped_files
from app.engine import definitions, jobs, runtime
from app.engine.models import ProcessInstance, Task
from app.forms.models import Submission
from tests import web
from tests.browser.serving import DESK, PHONE, aside, chromium, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]


class Town:
    """The demonstration's campaign, running, and one household of it on its way."""

    def __init__(self, db: Database) -> None:
        self.db = db
        db.in_transaction(lambda session: definitions.deploy(session, shipped_files(), web.CLI, now=clock.real_now()))
        self.campaign_id = demonstration.load(db, households=30).campaign_id
        with db.reading() as session:
            found = select(Household).where(Household.campaign_id == self.campaign_id, Household.kind == "registered")
            self.household = session.scalars(found.order_by(Household.code)).first()
            assert self.household
            session.expunge(self.household)
        self.investigator = self.household.investigator
        self.instructor = self.holder("instructor", self.household.work_group)
        self.subject = f"household:{self.household.code}"
        self.instance = db.in_transaction(self._visit)

    def holder(self, role: str, scope: str) -> str:
        query = select(RoleAssignment.username).where(
            RoleAssignment.campaign_id == self.campaign_id, RoleAssignment.role == role, RoleAssignment.scope == scope
        )
        with self.db.reading() as session:
            return session.scalars(query.order_by(RoleAssignment.key)).first() or ""

    def _visit(self, session: Any) -> int:
        """The household's process as its work group starts it, its investigator trained."""
        campaign = session.scalars(
            select(ProcessInstance).where(ProcessInstance.campaign_id == self.campaign_id, ProcessInstance.process_id == schedule.PROCESS)
        ).one()
        home = self.household
        village = session.scalars(select(Village.name).where(Village.campaign_id == self.campaign_id, Village.code == home.village)).one()
        about = {
            "code": home.code, "label": label(home, village), "village": home.village, "group": home.work_group,
            "group_no": home.group_no, "investigator": home.investigator, "kind": home.kind, "trained": True,
        }  # fmt: skip
        variables = {"campaign": campaign.variables["campaign"], "settings": campaign.variables["settings"], "household": about}
        return runtime.start(session, "household", variables, web.CLI, campaign_id=self.campaign_id).key

    def settle(self) -> None:
        """What follows from the last step has happened."""
        aside(lambda: jobs.drain(self.db))

    def task(self, form_id: str) -> Task:
        """The household's open task with this form."""
        self.settle()
        query = select(Task).where(Task.instance_key == self.instance, Task.state == "OPEN", Task.form_id == form_id)
        with self.db.reading() as session:
            found = session.scalars(query).one()
            session.expunge(found)
            return found


@pytest.fixture
def town(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Iterator[tuple[Town, Flask]]:
    app = web.application(sqlite_db, tmp_path)
    at("2020-05-21T14:00:00+08:00")

    def make() -> Town:
        with app.app_context():
            return Town(sqlite_db)

    yield aside(make), app


class Person:
    """Somebody at a screen, who signs in by the login page."""

    def __init__(self, browser: Browser, base: str, username: str, size: dict[str, int]) -> None:
        self.context = browser.new_context(viewport=size, locale="zh-CN", base_url=base)  # type: ignore[arg-type]
        self.context.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        self.page.goto("/login")
        self.page.get_by_label("用户名").fill(username)
        self.page.get_by_label("密码").fill(demonstration.PASSWORD)
        self.page.get_by_role("button", name="登录", exact=True).click()
        self.page.wait_for_url(lambda url: "/login" not in url)

    def field(self, path: str) -> Locator:
        return self.page.locator(f'[data-form] [data-path="{path}"]')

    def submit(self) -> None:
        self.page.locator("[data-submit]").click()

    def done(self, key: int) -> None:
        """The page has gone on from task *key*."""
        self.page.wait_for_url(lambda url: f"/tasks/{key}" not in url)
        expect(self.page.locator("#messages")).to_contain_text("已办结")


def fill_visit(person: Person) -> None:
    """What an investigator ticks and asks on the spot; the rest is known."""
    for tick in ("identity_shown", "purpose_explained", "privacy_explained"):
        person.field(f"visit.{tick}").locator("input").check()
    person.field("phone").locator("input").fill("13812345678")
    person.field("rectified.earlier").locator("input").first.check()
    person.field("visit.end").locator("input").fill("2020-05-21T14:40")
    person.field("visit.signature").locator("input").first.check()
    person.field("visit.self_checked").locator("input").check()


def test_filled_on_a_phone_reviewed_returned_with_a_remark_corrected_and_approved(town: tuple[Town, Flask]) -> None:
    place, app = town
    with serving(app) as base, chromium() as browser:
        li = Person(browser, base, place.investigator, PHONE)
        verify_and_check_documents(place, li)
        fill_with_error_warning_and_finding(place, li)
        wang = Person(browser, base, place.instructor, DESK)
        return_with_a_remark(place, wang)
        correct(place, li)
        approve(place, wang)
        complaints = [text for person in (li, wang) for text in person.complaints if "422" not in text]
        assert complaints == []


def verify_and_check_documents(place: Town, li: Person) -> None:
    """First verify, then fill: 三统一、四相符, then the nine documents."""
    verify = place.task("verification").key
    li.page.goto("/tasks")
    li.page.get_by_role("link", name=re.compile("三统一、四相符")).click()
    # He gives it back and claims it again, as one does with a task of the group.
    li.page.get_by_role("button", name="退回待签收").click()
    li.page.wait_for_url("**/tasks")
    li.page.goto("/tasks?list=group")
    li.page.get_by_role("link", name=re.compile("三统一、四相符")).click()
    li.page.get_by_role("button", name="签收并办理").click()
    li.page.locator('[data-path="introduction.mode"] input').first.check()
    for tick in li.page.locator('[data-path^="introduction"] input[type="checkbox"]').all():
        tick.check()
    li.field("verified").locator("input").check()
    li.submit()
    li.done(verify)
    documents = place.task("nine_documents").key
    li.page.goto(f"/tasks/{documents}")
    for choice in li.page.locator('[data-path$=".status"]').all():
        choice.get_by_label("不适用").check()
    li.submit()
    li.done(documents)


def fill_with_error_warning_and_finding(place: Town, li: Person) -> None:
    key = place.task("household_registered").key
    li.page.goto("/tasks")
    li.page.get_by_role("link", name=re.compile("填写《户表》")).click()
    expect(li.page.locator(".task-why")).to_contain_text("期限")
    expect(li.page.locator(".next")).to_contain_text("审核《户表》")
    fill_visit(li)
    wage = li.field("income.wage").locator("input")
    known_wage = wage.input_value()
    wage.fill("-5")
    li.field("satisfaction.score").get_by_label("2 不满意").check()
    li.field("satisfaction.reason").locator("textarea").fill("路还没修通")
    li.field("water.quality").locator("input").nth(1).check()
    expect(li.page.locator("[data-saved]")).to_contain_text("已保存")
    li.submit()
    expect(li.page.locator("[data-wrong]")).to_contain_text("要改正")
    expect(wage).to_be_focused()
    expect(li.field("income.wage")).to_contain_text("不能小于 0")
    wage.fill(known_wage)
    li.submit()
    reason = li.page.locator(".dp-reason textarea").first
    expect(reason).to_be_visible()
    expect(li.page.locator("[data-wrong]")).to_contain_text("请写明原因")
    expect(li.page.locator(".dp-panel")).to_contain_text("水质")
    for each in li.page.locator(".dp-reason textarea").all():
        each.fill("已当面核实\uff0c情况属实")
    li.submit()
    li.done(key)
    with place.db.reading() as session:
        submission = session.scalars(select(Submission).where(Submission.task_key == key)).one()
        assert [each["reason"] for each in submission.warnings] and all(each["reason"] for each in submission.warnings)
        problems = session.scalars(select(Problem).where(Problem.household == place.household.code)).all()
        assert "unsafe_water" in {each.code for each in problems}


def return_with_a_remark(place: Town, wang: Person) -> None:
    review = place.task("review").key
    wang.page.goto("/tasks?list=group")
    wang.page.locator(f"#task-{review} .row-link").click()
    wang.page.get_by_role("button", name="签收并办理").click()
    seen = wang.page.locator('[data-reviewed] [data-path="income.wage"]')
    expect(seen).to_be_visible()
    seen.get_by_role("button", name="批注").click()
    wang.page.locator("dialog[open] textarea").fill("工资与务工月数对不上\uff0c请再核实")
    wang.page.locator("dialog[open]").get_by_role("button", name="保存").click()
    expect(seen).to_contain_text("请再核实")
    wang.page.get_by_label("退回调查员").check()
    wang.page.get_by_label("电话核实").check()
    wang.field("comment").locator("textarea").fill("请核实工资性收入")
    wang.submit()
    wang.done(review)


def correct(place: Town, li: Person) -> None:
    again = place.task("household_registered").key
    li.page.goto("/tasks?state=commented")
    row = li.page.locator(f"#task-{again}")
    expect(row).to_contain_text("1 条批注")
    row.locator(".row-link").click()
    expect(li.page.locator(".voices")).to_contain_text("请核实工资性收入")
    field = li.field("income.wage")
    expect(field).to_contain_text("请再核实")
    field.locator("input").fill("16000")
    li.field("visit.self_checked").locator("input").check()
    li.submit()
    expect(li.page.locator(".dp-reason textarea").first).to_be_visible()
    for each in li.page.locator(".dp-reason textarea").all():
        each.fill("已电话核实")
    li.submit()
    li.done(again)
    with place.db.reading() as session:
        remark = session.scalars(select(FieldComment)).one()
        assert (remark.path, remark.resolved_by) == ("income.wage", place.investigator)


def approve(place: Town, wang: Person) -> None:
    review = place.task("review").key
    wang.page.goto(f"/tasks/{review}?list=group")
    wang.page.get_by_role("button", name="签收并办理").click()
    expect(wang.page.locator('[data-reviewed] [data-path="income.wage"]')).to_contain_text("16")
    wang.page.get_by_label("审核通过").check()
    wang.submit()
    wang.done(review)
    place.settle()
    with place.db.reading() as session:
        home = session.scalars(
            select(Household).where(Household.campaign_id == place.campaign_id, Household.code == place.household.code)
        ).one()
        assert home.reviewed_at is not None
