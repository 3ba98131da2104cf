"""What auditors see of a campaign that was really played: a household's life, a moment, a day, a village, an instance, one record."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Flask
from sqlalchemy import select

from app.audit.history import moment
from app.audit.search import filling
from app.db import Database
from app.engine import events
from app.engine.actor import Actor
from app.engine.models import Activity, Event, ProcessInstance
from app.forms.models import Submission
from tests import web
from tests.audit.history import History

Statements = Callable[[Database], Any]


def read(app: Flask, path: str) -> str:
    answer = web.signed_in_as(app, "auditor").get(path)
    assert answer.status_code == 200, f"{path}: {answer.status}"
    return answer.get_data(as_text=True)


def words(page: str) -> str:
    """A page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_views_of_a_played_campaign(history: tuple[History, Flask], statements: Statements) -> None:
    """One play for all of them: it takes most of the time."""
    made, app = history
    the_moments_are_exact(made)
    for upto in (False, True):
        if upto:
            filling.fill_all(made.place.db)
        the_household_tells_its_life(made, app)
        the_page_of_a_moment_shows_what_was_known_then(made, app)
        the_person_has_a_day(made, app)
        the_village_is_there(made, app)
        the_search_finds_the_problem(made, app)
    the_moments_are_exact(made)
    an_instance_is_replayed_from_its_records(made, app)
    a_record_stands_alone_and_its_masked_values_are_shown_by_a_recorded_act(made, app)
    pages_need_a_fixed_number_of_statements(made, app, statements)
    conditions_that_make_no_sense_are_said(app)
    nothing_is_there_for_what_never_was(made, app)


def the_moments_are_exact(made: History) -> None:
    """The state as of a moment is the state that was there at that moment."""
    assert len({json.dumps([forms, problems], sort_keys=True) for _at, forms, problems, _tasks in made.snapshots}) > 3, (
        "too little happened"
    )
    with made.place.db.reading() as session:
        for at, forms, problems, tasks in made.snapshots:
            state = moment.household(session, made.campaign, made.home.code, at)
            assert {row.form_id: row.revision for row in state.forms} == forms, at
            assert {each.number: each.state for each in state.problems} == problems, at
            assert {task.key for task in state.tasks if task.subject == made.subject} == tasks, at


def the_household_tells_its_life(made: History, app: Flask) -> None:
    page = read(app, f"/audit/households/{made.campaign}/{made.home.code}")
    said = words(page)
    assert made.home.head in said
    assert "登记问题" in said
    assert "销号" in said
    assert "何调查" in said
    assert "首次填报" in said
    assert said.index("登记问题") < said.index("销号：票据已看")
    assert "代支指导" in said  # 村干部 acted for somebody
    newest = words(read(app, f"/audit/households/{made.campaign}/{made.home.code}?order=new&kind=problem"))
    assert newest.index("销号：票据已看") < newest.index("登记问题")
    assert "办结" not in newest


def the_page_of_a_moment_shows_what_was_known_then(made: History, app: Flask) -> None:
    base = f"/audit/households/{made.campaign}/{made.home.code}/known"
    before, between, after = (words(read(app, f"{base}?at={at}")) for at in ("2020-05-22T10:14", "2020-05-23T11:10", "2020-05-24T12:00"))
    assert "当时没有登记问题" in before
    assert "待复核销号" in between
    assert "已销号" in after
    assert "医疗保险未缴纳" in between
    assert "医疗保险未缴纳" not in before
    pointed = read(app, f"{base}?at=2020-05-24T12:00&field=housing.grade")
    assert re.search(r'class="is-pointed"><th scope="row">[^<]*等级', pointed)
    assert words(read(app, f"{base}?at=nonsense"))
    assert words(read(app, f"{base}?at=9999-99-99T00:00&field={quote('<b>')}"))


def the_person_has_a_day(made: History, app: Flask) -> None:
    day = words(read(app, "/audit/people/he?day=2020-05-22"))
    assert "何调查" in day
    assert "登记问题" in day
    assert "这一天没有记录" in words(read(app, "/audit/people/he?day=2020-05-20"))
    absent = words(read(app, "/audit/people/zhi?day=2020-05-23"))  # cun acted for zhi
    assert "代支指导" in absent


def the_village_is_there(made: History, app: Flask) -> None:
    page = words(read(app, f"/audit/villages/{made.campaign}/V01"))
    assert "柏树村" in page
    assert made.home.head in page
    assert "农户核查" in page


def the_search_finds_the_problem(made: History, app: Flask) -> None:
    found = words(read(app, f"/audit/?q={quote('医疗保险')}&kind=problem.raised"))
    assert "登记问题" in found
    assert "没有符合条件的记录" in words(read(app, f"/audit/?q={quote('医疗保险')}&kind=timer"))
    assert "销号" in words(read(app, f"/audit/?q={quote('祖组长')}&from=2020-05-23&to=2020-05-23"))
    first = words(read(app, "/audit/"))
    assert "封印" in first


def an_instance_is_replayed_from_its_records(made: History, app: Flask) -> None:
    with made.place.db.reading() as session:
        query = select(ProcessInstance).where(ProcessInstance.subject == made.subject, ProcessInstance.process_id == "household")
        key = session.scalars(query).one().key
        visits = session.scalars(select(Activity.element_id).where(Activity.instance_key == key).order_by(Activity.key)).all()
    data = json.loads(read(app, f"/audit/instances/{key}/replay"))
    assert [each["element"] for each in data["visits"]] == list(visits)
    assert 'id="household"' in data["diagrams"][0]["xml"]
    handed_in = [task for task in data["tasks"] if task["submission"]]
    assert handed_in
    form = json.loads(read(app, f"/audit/submissions/{handed_in[-1]['submission']}"))
    assert form["readonly"]
    assert form["about"]["version"] == 1
    assert read(app, f"/audit/instances/{key}")
    with made.place.db.reading() as session:
        secrets = [member.id_number for member in _members(session, made.home.code)]
    assert secrets
    whole = json.dumps([json.loads(read(app, f"/audit/submissions/{task['submission']}")) for task in handed_in], ensure_ascii=False)
    assert not any(secret in whole for secret in secrets)


def _members(session: Any, code: str) -> list[Any]:
    from types import SimpleNamespace

    from app import personal
    from app.campaign.models import Member

    rows = session.scalars(select(Member).where(Member.household == code)).all()
    return [SimpleNamespace(id_number=personal.decrypt("member", row.key, "id_number", row.id_number_cipher)) for row in rows]


def a_record_stands_alone_and_its_masked_values_are_shown_by_a_recorded_act(made: History, app: Flask) -> None:
    browser = web.signed_in_as(app, "auditor")
    with made.place.db.reading() as session:
        key = session.scalars(select(Event.key).where(Event.kind == "problem.closed")).first()
        row = session.scalars(
            select(Submission).where(Submission.subject == made.subject, Submission.form_id == "household_registered")
        ).first()
        assert row is not None
        phone = next((path for path in ("phone", "contact.phone", "basic.phone") if _has(row.data, path)), "members[0].id_number")
    page = words(read(app, f"/audit/records/{key}"))
    assert "销号" in page
    assert "&#34;kind&#34;: &#34;problem.closed&#34;" in page
    asked = {"what": "submission.field", "key": f"{row.key}|{phone}", "reason": "核对投诉"}
    shown = browser.post("/personal/unmask", asked)
    assert shown.status_code == 200, phone
    assert "*" not in shown.get_json()["value"]
    assert browser.post("/personal/unmask", {**asked, "reason": ""}).status_code == 422
    assert web.signed_in_as(app, "ban").post("/personal/unmask", asked).status_code == 404
    detail = browser.post("/personal/unmask", {"what": "record.detail", "key": str(key), "reason": "核对"})
    assert detail.status_code == 200
    for bad in ("x|y", "1", "", "9" * 30, f"{row.key}|nothing"):
        assert browser.post("/personal/unmask", {"what": "submission.field", "key": bad, "reason": "核对"}).status_code == 404
    with made.place.db.reading() as session:
        acts = session.scalars(select(Event).where(Event.kind == "personal.unmasked", Event.actor == "auditor").order_by(Event.key)).all()
        assert [act.detail["what"] for act in acts] == ["submission.field", "record.detail"]
    assert "查看个人信息" in words(read(app, "/audit/"))


def _has(data: Any, path: str) -> bool:
    for part in path.split("."):
        data = data.get(part) if isinstance(data, dict) else None
    return data is not None


def pages_need_a_fixed_number_of_statements(made: History, app: Flask, statements: Statements) -> None:
    browser = web.signed_in_as(app, "auditor")
    db = made.place.db
    paths = ("/audit/?kind=campaign", f"/audit/households/{made.campaign}/{made.home.code}", f"/audit/villages/{made.campaign}/V01")
    counted: list[list[int]] = []
    for _ in range(2):
        filling.fill_all(db)
        counted.append([])
        for path in paths:
            browser.get(path)
            with statements(db) as seen:
                assert browser.get(path).status_code == 200
            counted[-1].append(len(seen))
        db.in_transaction(lambda session: _more(session, made))
    # A page that is not filled by what the index gives looks once more in the next stretch: no more than that, however much there is.
    assert all(later <= earlier + 8 for earlier, later in zip(*counted, strict=True)), counted
    assert max(max(counts) for counts in counted) <= 34, counted


def _more(session: Any, made: History) -> None:
    for number in range(40):
        about = {"campaign_id": made.campaign, "subject": made.subject, "detail": {"name": f"村 {number}", "village": "V01"}}
        events.record(session, "campaign.village", Actor(f"person{number}"), **about)


def conditions_that_make_no_sense_are_said(app: Flask) -> None:
    browser = web.signed_in_as(app, "auditor")
    page = browser.get("/audit/?from=2020-13-45&instance=abc&kind=problem").text
    assert "没有按它查找：从 2020-13-45，流程实例 abc" in page and 'value="abc"' in page
    assert "起止日期前后颠倒" in browser.get("/audit/?from=2020-05-28&to=2020-05-27").text
    assert "没有按它查找" not in browser.get("/audit/?from=2020-05-21&to=2020-05-27&instance=5").text


def nothing_is_there_for_what_never_was(made: History, app: Flask) -> None:
    browser = web.signed_in_as(app, "auditor")
    for path in (
        "households/1/V99",
        "households/1/V99/known",
        "villages/1/V99",
        "people/nobody",
        "records/5",
        "instances/5",
        "submissions/5",
    ):
        assert browser.get(f"/audit/{path}").status_code == 404, path
