"""Pictures of what really ran: a small process with known times, its page, and the figures by themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.pictures import figures, plan, visits
from app.audit.pictures.visits import Ran, Visit, Work
from app.db import Database
from app.engine import runtime
from app.engine.actor import Actor
from app.engine.models import Definition, Task
from app.forms import schema, submissions
from app.forms.outcome import Outcome
from tests import web
from tests.audit.test_views import read, words
from tests.engine import drawing as d

DAY = datetime(2020, 5, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


def visit(key: int, instance: int, element: str, hours: tuple[float, float | None], how: str = "completed") -> Visit:
    begin, end = hours
    left = None if end is None else DAY + end * HOUR
    return Visit(key, instance, element, element, "userTask", DAY + begin * HOUR, left, how if left else "")


def test_quantiles_are_by_nearest_rank() -> None:
    spans = [timedelta(minutes=number) for number in range(1, 11)]
    assert figures.quantile(spans, 0.5) == timedelta(minutes=5)
    assert figures.quantile(spans, 0.9) == timedelta(minutes=9)
    assert figures.quantile(spans[:1], 0.9) == timedelta(minutes=1)
    assert figures.quantile([], 0.5) is None


def test_heat_is_a_share_of_the_highest() -> None:
    assert figures.heat({"a": 10, "b": 2, "c": 2.1, "d": 0.001, "e": 0}) == {"a": 5, "b": 1, "c": 2, "d": 1}
    assert figures.heat({}) == {}
    assert figures.heat({"a": 0.00001}) == {"a": 5}


def test_paths_are_those_of_finished_instances() -> None:
    rows = [visit(1, 1, "a", (0, 1)), visit(2, 1, "b", (1, 2)), visit(3, 2, "a", (0, 1)), visit(4, 2, "b", (1, 2))]
    rows += [visit(5, 3, "b", (0, 1)), visit(6, 4, "a", (0, None))]
    found, different = figures.paths(Ran({1: "COMPLETED", 2: "COMPLETED", 3: "COMPLETED", 4: "ACTIVE"}, 4, rows, []))
    assert [(each.elements, each.count, each.example) for each in found] == [(("a", "b"), 2, 1), (("b",), 1, 3)]
    assert abs(found[0].share - 2 / 3) < 1e-9
    assert different == 2


def test_what_stood_open_when_a_day_ended() -> None:
    """Days are the campaign's: they end at 16:00 UTC."""
    rows = [visit(1, 1, "a", (1, 15.9)), visit(2, 1, "b", (1, 17)), visit(3, 2, "b", (18, None))]
    found = figures.open_by_day(rows, date(2020, 5, 23))
    assert found.days == [date(2020, 5, 21), date(2020, 5, 22), date(2020, 5, 23)]
    assert found.rows == [("b", [1, 1, 1])]
    assert figures.open_by_day([], date(2020, 5, 23)).rows == []


def test_a_version_that_really_ran(
    db: Database, at: Callable[[str], datetime], tmp_path: Path, statements: Callable[[Database], Any]
) -> None:
    app = web.application(db, tmp_path)
    at("2020-05-21T08:00:00+08:00")
    web.person(db, "auditor", "auditor", campaign_id=0, name="审计员甲")
    due = '=date and time("2020-05-21T12:00:00+08:00")'
    d.deploy(db, d.diagram("p", d.start(), d.user("a", dueDate=due), d.user("b"), d.end(), flows="s>a>b>e"))
    play(db, at, ["2020-05-21T10:00:00+08:00", "2020-05-21T11:00:00+08:00", "2020-05-21T13:00:00+08:00"])
    with db.reading() as session:
        key = session.scalars(select(Definition.key).where(Definition.kind == "process")).one()
        ran = visits.load(session, web.CAMPAIGN, key)
        rows = {each.id: each for each in figures.elements(ran)}
        (step, _other) = plan.steps(session, web.CAMPAIGN, datetime(2020, 5, 22, tzinfo=UTC))
    assert rows["a"].visits == 3
    assert (rows["a"].median, rows["a"].ninety) == (3 * HOUR, 5 * HOUR)
    assert (rows["a"].waiting, rows["a"].working) == (HOUR, HOUR), "two of three were claimed after an hour; done one and two hours later"
    assert rows["a"].untold == 1
    assert (rows["b"].visits, rows["b"].open, rows["b"].median) == (3, 3, None)
    assert (step.element, step.total, step.done, step.done_late) == ("a", 3, 3, 1)
    the_page_shows_it(app, key)
    with statements(db) as few:
        read(app, f"/audit/pictures/{web.CAMPAIGN}/{key}")
    play(db, at, ["2020-05-21T15:00:00+08:00"])
    with statements(db) as many:
        read(app, f"/audit/pictures/{web.CAMPAIGN}/{key}")
    assert len(many) == len(few)


def test_work_begins_with_what_is_known(db: Database, at: Callable[[str], datetime]) -> None:
    """The first of: taken, the visit that the form states; never outside of the task's own time; nothing where nothing tells."""
    form = (
        b'{"id": "home", "type": "default", "schemaVersion": 16, "components": ['
        b'{"type": "datetime", "subtype": "datetime", "dateTimeLabel": "start", "key": "visit.start"}]}'
    )
    d.deploy(db, d.diagram("p", d.start(), d.user("a", form="home"), d.end(), flows="s>a>e"), form)
    told = [
        ("2020-05-21T10:00:00+08:00", "2020-05-21T09:30+08:00", HOUR * 1.5, HOUR * 2.5),
        ("2020-05-21T10:00:00+08:00", "2020-05-21T10:45+08:00", HOUR * 2, HOUR * 2),
        ("", "2020-05-21T10:45+08:00", HOUR * 2.75, HOUR * 1.25),
        ("", "2020-05-21T07:00+08:00", None, None),
        ("", "2020-05-21T12:30+08:00", None, None),
        ("", "early", None, None),
        ("", None, None, None),
    ]
    works = [_worked(db, at, claimed, stated, form) for claimed, stated, _waiting, _working in told]
    found = [(each.begun and each.begun - each.created, each.begun and each.completed - each.begun) for each in works]
    assert found == [(waiting, working) for _claimed, _stated, waiting, working in told]
    rows = [Visit(1, 1, "a", "a", "userTask", DAY, DAY + HOUR, "completed")]
    (row,) = figures.elements(Ran({1: "COMPLETED"}, 1, rows, works))
    assert (row.waiting, row.working, row.untold) == (HOUR * 2, HOUR * 2, 4), "only what is known counts; of four nothing is said"


def _worked(db: Database, at: Callable[[str], datetime], claimed: str, stated: str | None, form: bytes) -> Work:
    """One instance from eight o'clock until noon."""
    at("2020-05-21T08:00:00+08:00")
    key = db.in_transaction(lambda session: runtime.start(session, "p", {}, Actor("ann"), campaign_id=web.CAMPAIGN).key)
    (task,) = d.tasks(db, instance_key=key)
    if claimed:
        at(claimed)
        db.in_transaction(lambda session: runtime.claim(session, task.key, Actor("ann")))
    noon = at("2020-05-21T12:00:00+08:00")
    data = {"visit": {"start": stated} if stated else {}}

    def complete(session: Session) -> None:
        submissions.save(session, schema.load(form), Outcome(data), Actor("ann"), task=session.get_one(Task, task.key), at=noon)
        runtime.complete(session, task.key, {}, Actor("ann"))

    db.in_transaction(complete)
    with db.reading() as session:
        definition = session.scalars(select(Definition.key).where(Definition.kind == "process")).one()
        return visits.load(session, web.CAMPAIGN, definition).works[-1]


def play(db: Database, at: Callable[[str], datetime], done: list[str]) -> None:
    """One instance each, from eight o'clock; claimed at nine, but for the one that is done at one."""
    for moment in done:
        at("2020-05-21T08:00:00+08:00")
        key = db.in_transaction(lambda session: runtime.start(session, "p", {}, Actor("ann"), campaign_id=web.CAMPAIGN).key)
        with db.reading() as session:
            task = session.scalars(select(Task.key).where(Task.instance_key == key, Task.state == "OPEN")).one()
        if moment != "2020-05-21T13:00:00+08:00":
            at("2020-05-21T09:00:00+08:00")
            db.in_transaction(lambda session, task=task: runtime.claim(session, task, Actor("ann")))
        at(moment)
        db.in_transaction(lambda session, task=task: runtime.complete(session, task, {}, Actor("ann")))


def the_page_shows_it(app: Any, key: int) -> None:
    overview = words(read(app, f"/audit/pictures?campaign={web.CAMPAIGN}"))
    assert "3 个实例" in overview
    assert "a p 05-21 12:00 05-21 10:00 3／3 1" in overview
    page = read(app, f"/audit/pictures/{web.CAMPAIGN}/{key}")
    assert "3.0 小时" in words(page)
    assert "还没有走完的实例" in page
    boot = json.loads(re.findall(r'<script type="application/json" id="picture-data">(.*?)</script>', page, re.DOTALL)[0])
    assert boot["measures"]["visits"]["a"] == [5, "3"]
    assert boot["measures"]["median"]["a"] == [5, "3.0 小时"]
    assert "b" not in boot["measures"]["median"]
    assert "<bpmn:userTask" in boot["xml"]
    client = web.signed_in_as(app, "auditor")
    assert client.get(f"/audit/pictures/{web.CAMPAIGN}/1").status_code == 404
    assert "没有走过" in read(app, f"/audit/pictures/{web.CAMPAIGN + 1}/{key}")
