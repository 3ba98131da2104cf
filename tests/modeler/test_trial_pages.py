"""The player's pages: begin, step, go back, keep as a scenario; each administrator has his own trial, which any worker goes on with."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.db import Database
from app.modeler.drafts import store as drafts
from app.modeler.trial import playing, store
from app.modeler.trial.models import Scenario, Trial
from tests import web
from tests.modeler.trying import PROCESS, START, deploy, draft, errand


class Desk:
    """An administrator at the player of the errand's draft."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db = db
        self.key = draft(db)
        for name in ("zhang", "li"):
            web.person(db, name, "admin")
        self.app = web.application(db, home)
        self.browser = web.signed_in_as(self.app, "zhang")
        self.url = f"/modeler/drafts/{self.key}/trial"

    def begin(self, **more: Any) -> Any:
        given = {"process": PROCESS, "begin": "2020-05-21T08:00", "variables": json.dumps(START["variables"]), **more}
        return self.browser.post(self.url, given)

    def step(self, count: int, **given: Any) -> Any:
        return self.browser.post(f"{self.url}/steps", {"count": count, "process": PROCESS, **given})

    def send(self, count: int, **given: Any) -> Any:
        return self.browser.post(f"{self.url}/steps", json={"count": count, "process": PROCESS, **given})

    def page(self) -> str:
        return self.browser.get(self.url).get_data(as_text=True)

    def steps(self) -> list[dict[str, Any]]:
        with self.db.reading() as session:
            found = session.scalars(select(Trial).where(Trial.person == "zhang")).one_or_none()
            return found.play["steps"] if found else []


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    return Desk(db, tmp_path)


def test_from_the_beginning_to_a_scenario(desk: Desk) -> None:
    assert "启动变量" in desk.page()
    assert desk.begin().status_code == 303
    page = desk.page()
    assert "2020-05-21 08:00" in page and "填写表单" in page and "镇扶贫办" in page and "2020-05-31 00:00" in page
    form = desk.browser.get(f"{desk.url}/form?process={PROCESS}&at=fill").get_json()
    assert [each["key"] for each in form["schema"]["components"]] == ["amount", "remark"]
    sample = desk.browser.get(f"{desk.url}/form?process={PROCESS}&at=fill&sample=1").get_json()
    assert sample["data"] == {"amount": 1, "remark": "样例"}
    wrong = desk.send(1, do="complete", at="fill", form={"amount": 0})
    assert wrong.status_code == 422 and "amount" in wrong.get_json()["errors"]
    assert desk.send(1, do="complete", at="fill", form={"amount": 20}).status_code == 200
    desk.step(2, do="answer", at="look", variables='{"checked": true}')
    desk.step(3, do="complete", process="deeper", at="dig", variables="{}")
    assert "流程已结束" in desk.page()
    kept = desk.browser.post(f"{desk.url}/scenario", {"name": "二十件要深挖"})
    shown = desk.browser.get(kept.location).get_data(as_text=True)
    assert "二十件要深挖" in shown
    with desk.db.reading() as session:
        made = session.scalars(select(Scenario)).one()
        assert [step["expect"]["ended"] for step in made.play["steps"]] == [False, False, False, True]
        assert made.play["steps"][0]["expect"]["due"] == {"fill": '=date and time(campaign.report_deadline) - duration("P1D")'}


def test_going_back_and_moving_the_clock(desk: Desk) -> None:
    desk.begin()
    desk.step(1, do="clock", to="next")
    assert "2020-06-01 00:00" in desk.page() and "campaign.notify" in desk.page()
    desk.step(2, do="clock", moment="2020-06-02T09:30")
    assert "2020-06-02 09:30" in desk.page()
    desk.browser.post(f"{desk.url}/back", {"to": "2"})
    assert [step["do"] for step in desk.steps()] == ["start"]
    assert "2020-05-21 08:00" in desk.page()


def test_what_cannot_be_done_is_said_and_not_kept(desk: Desk) -> None:
    desk.begin()
    desk.step(1, do="answer", at="look", variables="{}")
    assert "流程没有走到“look”" in desk.page()
    desk.step(1, do="complete", at="fill", variables="{oops")
    assert "变量不是正确的 JSON" in desk.page()
    desk.step(1, do="explode")
    desk.step(7, do="clock", to="next")
    assert "已经走到第 1 步" in desk.page(), "another window went on meanwhile"
    assert len(desk.steps()) == 1


def test_a_trial_is_ones_own(desk: Desk) -> None:
    desk.begin()
    other = web.signed_in_as(desk.app, "li")
    assert "启动变量" in other.get(desk.url).get_data(as_text=True)
    assert other.post(f"{desk.url}/steps", {"do": "clock", "to": "next", "count": 1}).status_code == 404
    assert other.post(f"{desk.url}/back").status_code == 404


def test_a_changed_draft_is_played_anew(desk: Desk) -> None:
    """Save, look again: the steps so far are carried out on the new version; where they no longer can be, the page says so."""
    desk.begin()
    desk.send(1, do="complete", at="fill", form={"amount": 20})
    desk.step(2, do="answer", at="look", variables="{}")

    def save(number: int, content: bytes) -> None:
        desk.db.in_transaction(lambda session: drafts.save(session, desk.key, number, content, web.CLI))

    save(1, errand(limit=50))
    assert "流程已结束" in desk.page()
    save(2, errand().replace(b'"look"', b'"inspect"'))
    assert "第 3 步在这一版草稿里走不下去" in desk.page()
    save(3, errand().replace(b"campaign.notify", b"nobody.knows"))
    assert "这一版草稿不能部署" in desk.page()
    save(4, errand())
    assert "deeper" in desk.page() and len(desk.steps()) == 3


def test_another_worker_goes_on(desk: Desk) -> None:
    desk.begin()
    desk.send(1, do="complete", at="fill", form={"amount": 20})
    playing._states.clear()
    assert "campaign.collect_form" in desk.page()


def test_old_trials_are_cleared_away(desk: Desk) -> None:
    desk.begin()

    def age(session: Any) -> None:
        session.scalars(select(Trial)).one().touched_at = clock.real_now() - store.TRIAL_LIVES - timedelta(minutes=1)

    desk.db.in_transaction(age)
    assert "启动变量" in desk.page()
    assert desk.step(1, do="clock", to="next").status_code == 404
    desk.begin()
    assert len(desk.steps()) == 1


def test_a_form_draft_is_tried_in_a_process_that_shows_it(db: Database, tmp_path: Path) -> None:
    deploy(db)
    field = {"type": "number", "id": "n", "key": "amount", "label": "新"}
    content = json.dumps({"type": "default", "id": "answer_sheet", "components": [field]}).encode()
    key = db.in_transaction(lambda s: drafts.create(s, web.CLI, kind="form", resource="answer_sheet.form", content=content)).key
    web.person(db, "zhang", "admin")
    browser = web.signed_in_as(web.application(db, tmp_path), "zhang")
    url = f"/modeler/drafts/{key}/trial"
    assert '<option value="errand" selected' in browser.get(url).get_data(as_text=True)
    browser.post(url, {"process": PROCESS, "begin": "2020-05-21T08:00", "variables": json.dumps(START["variables"])})
    form = browser.get(f"{url}/form?process={PROCESS}&at=fill").get_json()
    assert form["schema"]["components"][0]["label"] == "新"


def test_a_scenario_is_changed_disabled_and_deleted_with_reasons(desk: Desk) -> None:
    desk.begin()
    desk.browser.post(f"{desk.url}/scenario", {"name": "只开始"})
    with desk.db.reading() as session:
        key = session.scalars(select(Scenario.key)).one()
    url = f"/modeler/scenarios/{key}"

    def page(path: str = url) -> str:
        return desk.browser.get(path).get_data(as_text=True)

    deploy(desk.db)
    desk.browser.post("/modeler/scenarios/run")
    assert "全部符合预期" in page("/modeler/scenarios")
    deploy(desk.db, **{"errand.bpmn": errand(due='date and time(campaign.report_deadline) - duration("P3D")')})
    desk.browser.post(f"{url}/run")
    assert "“fill”的期限应为 2020-05-31 00:00，实际为 2020-05-29 00:00。" in page()
    desk.browser.post(f"{url}/expectations")
    desk.browser.post(f"{url}/run")
    assert "符合预期" in page()
    desk.browser.post(url, {"ticked": "1", "expect": ["1.open"]})
    desk.browser.post(url, {"name": "改过名"})
    desk.browser.post(url, {"source": "{oops"})
    assert "不是正确的 JSON" in page()
    with desk.db.reading() as session:
        found = store.scenario(session, key)
        assert (found.name, found.play["steps"][0]["expect"]) == ("改过名", {"open": ["fill"]})
    desk.browser.post(f"{url}/state", {"state": "DISABLED"})
    assert "请写明原因" in page()
    desk.browser.post(f"{url}/state", {"state": "DISABLED", "reason": "等新规定"})
    assert "等新规定" in page()
    desk.browser.post(f"{url}/state", {"state": "DELETED", "reason": "不用了"})
    assert desk.browser.get(url).status_code == 404


def test_hostile_text_is_inert(desk: Desk) -> None:
    desk.begin(variables=json.dumps({**START["variables"], "<script>alert(1)</script>": "<img src=x onerror=alert(1)>"}))
    page = desk.page()
    assert "<script>alert" not in page and "<img src=x" not in page
