"""First pages: gates that do not claim more than is true, and work whose number leads to its list."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from app.db import Database
from tests import web
from tests.campaign import world
from tests.inbox import rows

At = Callable[[str], datetime]


@pytest.fixture
def office(db: Database, tmp_path: Path, at: At) -> web.Browser:
    at("2020-05-23T12:00:00+08:00")
    app: Flask = web.application(db, tmp_path)
    web.place(db)
    web.everybody(db)
    world.write(db, world.new("V05-101"))
    return web.signed_in_as(app, "office")


def page(office: web.Browser) -> str:
    return office.get("/office", headers={"Accept-Language": "zh-CN"}).text


def gate(text: str, name: str) -> tuple[str, bool]:
    """The gate's state, and whether it says that it is passed."""
    found = re.search(rf'gate-(\w+)"><a[^>]*><span class="gate-name">{name}</span>(.*?)</a>', text)
    assert found
    return found.group(1), "gate-open" in found.group(2)


def test_closure_is_not_passed_while_forms_still_come_in(office: web.Browser) -> None:
    """No open problem on the third day means that none was found yet."""
    assert gate(page(office), "整改销号") == ("wait", False)
    assert gate(page(office), "动员培训") == ("done", True)


def test_a_phase_whose_days_are_over_is_done_only_when_nothing_holds_it(office: web.Browser, at: At) -> None:
    assert "timeline-bar is-late" not in page(office)
    at("2020-05-27T12:00:00+08:00")
    late = re.findall(r"timeline-bar is-late\"><title>(\S+)", page(office))
    assert late == ["入户核查"]
    assert gate(page(office), "入户核查") == ("late", False)


def test_the_number_of_waiting_work_leads_to_just_this_work(office: web.Browser, db: Database) -> None:
    def work(session: rows.Session) -> int:
        here = rows.instance(session, campaign_id=web.CAMPAIGN)
        for _ in range(3):
            rows.task(session, here, campaign_id=web.CAMPAIGN, name="核定台账、 整改清单")
        rows.task(session, here, campaign_id=web.CAMPAIGN, name="别的事", element_id="other")
        return here

    db.in_transaction(work)
    found = re.search(r'<a href="([^"]*)">核定台账、整改清单 <span class="muted">待签收</span></a><span><span class="num">3<', page(office))
    assert found
    listed = office.get(found.group(1).replace("&amp;", "&"), headers={"Accept-Language": "zh-CN"}).text
    assert len(re.findall(r'id="task-\d+"', listed)) == 3
