"""R11 in real Chromium: a village form opens only when the village's last household is approved. Its totals come from the household
forms and cannot be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.acts import completion
from app.auth.current import Identity
from app.auth.holding import Held
from app.auth.roles import group_of
from app.campaign import campaigns, registering
from app.campaign.demonstration import households as generator
from app.campaign.demonstration.town import GroupRecord, Town, VillageRecord
from app.campaign.handlers.households import label
from app.campaign.models import Household, Member, Village, WorkGroup
from app.db import Database
from app.deploying import shipped_files
from app.engine import definitions, jobs, runtime
from app.engine.models import Task
from app.forms.models import Submission
from tests import web
from tests.browser.serving import DESK, PHONE, Visit, aside, chromium, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VILLAGE, GROUP = "V01", "G01"
DEADLINE = datetime.fromisoformat("2020-06-01T00:00:00+08:00")

#: user name → (name, role, scope)
PEOPLE = {
    "he": ("何调查", "investigator", GROUP),
    "zhi": ("支指导", "instructor", GROUP),
    "zu": ("祖组长", "group_leader", GROUP),
    "ban": ("班主任", "office", ""),
    "cun": ("村干部", "village_cadre", VILLAGE),
    "jia": ("贾领导", "resident_leader", VILLAGE),
}

VISITED = {
    "identity_shown": True,
    "purpose_explained": True,
    "privacy_explained": True,
    "mode": "on_site",
    "respondent_relation": "head",
    "start": "2020-05-21T13:20+08:00",
    "end": "2020-05-21T13:50+08:00",
    "signature": "signed",
    "self_checked": True,
}
CHECKED = ["identity", "education", "medical", "housing", "water", "income", "sources", "problems", "signed"]
PASSED = {"decision": "approve"}
#: form → what its person enters beside what is known already
ENTERED: dict[str, dict[str, Any]] = {
    "verification": {"introduction": {name: VISITED[name] for name in list(VISITED)[:3]}, "verified": True},
    "household_registered": {"visit": VISITED, "satisfaction": {"score": 5}, "rectified": {"earlier": "none"}},
    "household_key_general": {
        "visit": VISITED,
        "satisfaction": {"score": 5},
        "income_band": "above_2",
        "medical_spending": 0,
        "education_spending": 0,
        "risk": {"level": "none", "basis": "收入稳定，三保障已落实", "confirmation": "confirmed"},
    },
    "review": PASSED,
    "self_check": {"items": CHECKED, "confirmed": True},
    "joint_review": PASSED,
    "rereview": PASSED,
}

#: the village form's own figures, without its population
NUMBERS = {
    "households_all": 300,
    "villager_groups": 6,
    "infrastructure.road_groups": 6,
    "infrastructure.water_coverage": 280,
    "services.doctors": 1,
    "economy.collective_income": 52000,
    "economy.cooperatives": 2,
    "economy.workshops": 1,
    "team.members": 3,
    "team.days": 90,
}


class Place:
    """A running campaign of one village with one work group and two households: a registered and a key general one."""

    def __init__(self, db: Database) -> None:
        self.db = db
        db.in_transaction(lambda session: definitions.deploy(session, shipped_files(), web.CLI, now=clock.real_now()))
        self.campaign_id: int = db.in_transaction(self._write)
        for username, (name, role, scope) in PEOPLE.items():
            web.person(db, username, f"{role}:{scope}".rstrip(":"), campaign_id=self.campaign_id, name=name)
        with db.reading() as session:
            self.variables = campaigns.variables(session, campaigns.get(session, self.campaign_id))
            self.homes = list(session.scalars(select(Household).order_by(Household.kind.desc())))
            session.expunge_all()

    def _write(self, session: Session) -> int:
        campaign = campaigns.create(session, name="自查评估", deadline=DEADLINE, actor=web.CLI)
        campaign.state, campaign.started_at = "running", clock.now()
        session.add(Village(campaign_id=campaign.id, code=VILLAGE, name="柏树村"))
        session.add(WorkGroup(campaign_id=campaign.id, code=GROUP, name="柏树村第1自查组", village=VILLAGE))
        town = Town((VillageRecord(VILLAGE, "柏树村"),), (GroupRecord(GROUP, "柏树村第1自查组", VILLAGE),), ())
        made = [replace(home, investigator="he") for home in generator.build(town, 2, seed=1)]
        registering.write(session, campaign.id, made)
        return campaign.id

    def start(self, process: str, **about: Any) -> int:
        given = {"campaign": self.variables["campaign"], "settings": self.variables["settings"], **about}
        return self.db.in_transaction(lambda session: runtime.start(session, process, given, web.CLI, campaign_id=self.campaign_id).key)

    def begin(self) -> None:
        """The village's process and its households' as the campaign starts them."""
        self.start("village", village={"code": VILLAGE, "name": "柏树村"}, groups=self.variables["groups"])
        for home in self.homes:
            names = ("code", "group_no", "investigator", "kind", "village")
            about = {name: getattr(home, name) for name in names}
            self.start("household", household={**about, "group": home.work_group, "label": label(home, "柏树村"), "trained": True})

    def task(self, form_id: str) -> Task:
        """The open task with this form, after everything that follows from the last step has happened."""
        aside(lambda: jobs.drain(self.db))
        with self.db.reading() as session:
            found = session.scalars(select(Task).where(Task.state == "OPEN", Task.form_id == form_id)).one()
            session.expunge(found)
            return found

    def drive(self, home: Household, until: str | None = None) -> None:
        """Do what lies in people's inboxes about a household, by the inbox's own verb, until a task with form *until* is open (None:
        until there is nothing to do)."""
        while True:
            jobs.drain(self.db)
            with self.db.reading() as session:
                query = select(Task).where(Task.subject == f"household:{home.code}", Task.state == "OPEN")
                task = session.scalars(query).one_or_none()
            if task is None or task.form_id == until:
                assert (task is None) == (until is None), f"{home.code} never came to {until}"
                return
            self.db.in_transaction(partial(self._complete, task.key))

    def _complete(self, key: int, session: Session) -> None:
        task = session.get_one(Task, key)
        username = next(name for name, (_, role, scope) in PEOPLE.items() if group_of(role, scope) in task.candidate_groups)
        name, role, scope = PEOPLE[username]
        who = Identity(username, name, "zh", self.campaign_id, (Held(role, scope, self.campaign_id),), frozenset({group_of(role, scope)}))
        prepared = completion.prepare(session, task, who)
        _file, form = completion.form_of(session, task)
        # As a browser does: what is known but not asked for is not sent.
        data = {top: value for top, value in _over(prepared.data, ENTERED.get(form.id, {})).items() if top in form.tree}
        for row in data.get("documents", ()):
            row["status"] = "not_applicable"
        if "proposed" in data:
            data["code"] = data["proposed"]
        actor = replace(web.CLI, name=username)
        completion.complete(session, who, actor, key, data, show_findings=False, prepared=prepared)


def _over(known: Mapping[str, Any], entered: Mapping[str, Any]) -> dict[str, Any]:
    """*known* with *entered* written over it, group by group."""
    both = dict(known)
    for name, value in entered.items():
        both[name] = _over(both.get(name) or {}, value) if isinstance(value, dict) else value
    return both


@pytest.fixture
def place(sqlite_db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Iterator[tuple[Place, Flask]]:
    """One household is approved; the other one lies with the office."""
    app = web.application(sqlite_db, tmp_path)

    def make() -> Place:
        at("2020-05-21T14:00:00+08:00")
        with app.test_request_context():
            made = Place(sqlite_db)
            made.begin()
            for home in made.homes:
                made.drive(home)
            at(made.variables["campaign"]["joint_review_from"])
            made.drive(made.homes[0], "entry_assignment")
            made.drive(made.homes[1], "rereview")
            return made

    yield aside(make), app


class Person(Visit):
    """Somebody at a screen, signed in."""

    def __init__(self, browser: Browser, base: str, app: Flask, username: str, size: dict[str, int]) -> None:
        cookie = web.signed_in_as(app, username).client.get_cookie("daopai")
        assert cookie is not None
        super().__init__(browser, base, cookie=cookie.value, size=size)

    def field(self, path: str) -> Locator:
        return self.page.locator(f'[data-form] [data-path="{path}"]')

    def number(self, path: str, value: int) -> None:
        self.field(path).locator("input").fill(str(value))

    def submit(self) -> None:
        self.page.locator("[data-submit]").click()

    def done(self, key: int) -> None:
        """The page has gone on from task *key*."""
        self.page.wait_for_url(lambda url: f"/tasks/{key}" not in url)
        expect(self.page.locator("#messages")).to_contain_text("已办结")

    def group_tasks(self) -> Locator:
        """The rows of what may be claimed."""
        self.open("/tasks?list=group")
        return self.page.locator(".row-link")

    def take(self, name: str) -> None:
        self.group_tasks().filter(has_text=name).click()
        self.page.get_by_role("button", name="签收并办理").click()
        expect(self.page.locator("[data-submit]")).to_be_visible()


def test_a_village_form_opens_only_when_its_last_household_is_approved(place: tuple[Place, Flask]) -> None:
    made, app = place
    approved, last = made.homes
    with serving(app) as base, chromium() as browser:
        cadre = Person(browser, base, app, "cun", PHONE)
        is_blocked_by(cadre, last, approved)
        office = Person(browser, base, app, "ban", DESK)
        rereview(made, office)
        fill(made, cadre)
        check = made.task("village_review").key
        leader = Person(browser, base, app, "zu", DESK)
        leader.group_tasks()
        expect(leader.page.locator(f"#task-{check}")).to_contain_text("自查组复核")
        leader.page.locator(f"#task-{check} .row-link").click()
        expect(leader.page.locator('[data-reviewed] [data-path="population"]')).to_contain_text("1200")
        complaints = [text for person in (cadre, office, leader) for text in person.complaints if "422" not in text]
        assert complaints == []


def is_blocked_by(cadre: Person, last: Household, approved: Household) -> None:
    """The village's page names the household that holds the form, with a way to it; there is no task yet."""
    tasks = cadre.group_tasks()
    expect(tasks.filter(has_text="引导员")).to_have_count(1)
    expect(tasks.filter(has_text="《村表》")).to_have_count(0)
    page = cadre.open("/village")
    block = page.locator("section.block").filter(has=page.get_by_role("heading", name="村表", exact=True))
    expect(block).to_contain_text("等待分户数据")
    expect(block).to_contain_text("还差 1 户")
    expect(block).not_to_contain_text(approved.code)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    block.get_by_role("link", name=re.compile(last.head)).click()
    page.wait_for_url(f"**/households/{last.code}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(last.head)


def rereview(made: Place, office: Person) -> None:
    key = made.task("rereview").key
    office.take("“全覆盖”复审")
    office.page.get_by_label("复审通过").check()
    office.submit()
    office.done(key)


def fill(made: Place, cadre: Person) -> None:
    """The form is open now: totals stand there and cannot be written; an impossible number is refused, then mended."""
    key = made.task("village").key
    page = cadre.open("/village")
    expect(page.locator("main")).to_contain_text("户表已全部复审通过")
    cadre.take("《村表》")
    shown = totals(made)
    for name, figure in shown.items():
        expect(cadre.field(f"totals.{name}").locator("output")).to_have_text(re.compile(rf"^{re.escape(str(figure))}\s"))
    expect(page.locator('[data-form] [data-path^="totals."]').locator("input, textarea, select")).to_have_count(0)
    answer(cadre)
    persons = int(shown["persons_registered"])
    cadre.number("population", persons - 1)
    cadre.submit()
    expect(page.locator("[data-wrong]")).to_contain_text("要改正")
    expect(cadre.field("population")).to_contain_text("户籍人口少于建档立卡人数")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert made.task("village").key == key
    cadre.number("population", 1200)
    cadre.submit()
    cadre.done(key)
    with made.db.reading() as session:
        kept = session.scalars(select(Submission).where(Submission.task_key == key)).one().data
        assert kept["population"] == 1200
        assert {name: kept["totals"][name] for name in shown} == shown
        assert session.scalars(select(Village)).one().form_stage == "filled"


def totals(made: Place) -> dict[str, float]:
    """What must be added up, taken from the two households as they were registered."""
    home = next(home for home in made.homes if home.kind == "registered")
    with made.db.reading() as session:
        persons = session.scalars(select(func.count()).where(Member.household == home.code)).one()
    return {
        "households_registered": 1,
        "persons_registered": persons,
        "households_key": 1,
        "income_per_capita": generator.per_capita(home.facts, persons),
        "satisfied": 2,
        "problems_open": 0,
    }


def answer(cadre: Person) -> None:
    """What only the village knows, typed without a pause: nothing of it may be lost."""
    cadre.field("kind").get_by_label("非贫困村").check()
    for path in ("road", "power", "network", "broadband", "broadcast"):
        cadre.field(f"infrastructure.{path}").get_by_label("是", exact=True).check()
    for path in ("service_hall", "ecommerce", "clinic", "waste", "culture", "kindergarten"):
        cadre.field(f"services.{path}").get_by_label("是", exact=True).check()
    cadre.field("services.disaster").get_by_label("否", exact=True).check()
    cadre.field("infrastructure.water_supply").get_by_label("集中供水").check()
    cadre.field("team.helped_all").get_by_label("是", exact=True).check()
    for path, value in NUMBERS.items():
        cadre.number(path, value)
    for path in ("economy.leading_industry", "team.first_secretary", "team.captain"):
        cadre.field(path).locator("input").fill("柑橘" if "industry" in path else "冉书记")
