"""R10, R38: what is keyed into the App stands in the order of the App's screens, and what the App shows then is compared on the server."""

from __future__ import annotations

from typing import Any

import pytest

from app import clock
from app.campaign.documents import app_screens
from app.db import Database
from app.engine import definitions
from app.engine.models import Task
from app.forms import hooks, schema, validation
from app.forms.outcome import Outcome
from tests.campaign import test_hooks as filled
from tests.campaign import test_papers as papers
from tests.campaign import world
from tests.web import CLI

At = filled.At
TABLE = (filled.ROOT / "processes" / "app_screens.dmn").read_bytes()
PLACE = filled.place
SECOND = {"members_count": 2, "income_per_capita": 14000, "head_id_tail": "0016"}
VILLAGE = {"households_registered": 2, "population": 100}


@pytest.fixture
def place(db: Database, at: At) -> Database:
    made: Database = PLACE.__wrapped__(db, at)  # type: ignore[attr-defined]
    deploy(made, TABLE)
    return made


def deploy(db: Database, table: bytes) -> None:
    db.in_transaction(lambda session: definitions.deploy(session, {"app_screens.dmn": table}, CLI, now=clock.now()))


def entry(db: Database) -> Task:
    """A household whose form was submitted is to be keyed in."""
    code = filled.home(db)
    filled.send(db, filled.form_task(code), filled.visited)
    return filled.task("app_entry", f"household:{code}")


def village_entry(db: Database) -> Task:
    world.household(db)
    world.household(db)
    papers.village_form(db)
    return filled.task("app_entry", papers.VILLAGE, label="柏树村")


def judged(db: Database, work: Task, second: dict[str, Any], **more: Any) -> Outcome:
    now = filled.prepared(db, work)
    form = schema.load(filled.FILES["app_entry.form"])
    data = {"receipt": "YFP-0001", "keyed_at": "2020-05-29T10:00+08:00", "checked": True, "second": second, **more}
    initial = {**now.data, "keyed_at": None}
    return validation.validate(form, data, context=now.context, locked={}, decide=filled.decide, initial=initial)


def titles(keying: hooks.Keying) -> list[str]:
    return [screen.title for screen in keying.screens]


def test_a_household_is_keyed_in_screen_by_screen(place: Database) -> None:
    keying = filled.prepared(place, entry(place)).keying
    assert "示例，请按当地 APP 核改" in keying.title
    assert titles(keying)[:4] == ["基本信息", "家庭成员（1）", "家庭成员（2）", "两不愁"]
    basic = {each.label: each for each in keying.screens[0].values}
    assert list(basic)[:3] == ["户编号", "行政村", "村民小组（组）"]
    assert (basic["联系电话"].value, basic["联系电话"].personal) == ("138****5678", True)
    member = {each.label: each for each in keying.screens[1].values}
    assert (member["身份证号码"].value, member["身份证号码"].path) == ("509999********0016", "members[0].id_number")
    income = {each.label: each for each in next(screen for screen in keying.screens if screen.title == "收入支出").values}
    assert (income["工资性收入"].value, income["工资性收入"].unit) == ("24000", "元"), "what is copied is the number alone"
    everything = {each.path for screen in keying.screens for each in screen.values}
    assert not {"visit.self_checked", "visit.identity_shown"} & everything


def test_the_order_is_data_that_an_administrator_edits(place: Database) -> None:
    work = entry(place)
    text = TABLE.decode()
    start = text.index('<rule id="app_screens_rule1">')
    end = text.index("</decisionTable>")
    rows = [("收入", "income.wage", "务工收入"), ("", "income", ""), ("人员", "members", "")]
    rules = "".join(
        f'<rule id="r{n}"><inputEntry id="r{n}i"><text>-</text></inputEntry>'
        + "".join(f'<outputEntry id="r{n}o{m}"><text>"{value}"</text></outputEntry>' for m, value in enumerate((screen, "", label, path)))
        + "</rule>"
        for n, (screen, path, label) in enumerate(rows)
    )
    deploy(place, (text[:start] + rules + text[end:]).replace("（示例，请按当地 APP 核改）", "").encode())
    keying = filled.prepared(place, work).keying
    assert keying.title == "渝扶贫APP录入界面"
    assert titles(keying)[:3] == ["收入", "人员（1）", "人员（2）"]
    assert {"住房安全", "未列入界面的指标"} <= set(titles(keying)[3:]), "what the table does not name comes last, and is not lost"
    assert [(each.label, each.value) for each in keying.screens[0].values] == [("务工收入", "24000")]
    assert not any(each.path.startswith("income.") for screen in keying.screens[1:] for each in screen.values), (
        "an empty screen: not keyed in"
    )


def test_every_row_of_the_table_names_something_of_its_form(place: Database) -> None:
    with place.reading() as session:
        for form_id in ("household_registered", "household_key_general", "village"):
            form = schema.load(filled.FILES[f"{form_id}.form"])
            _title, lines = app_screens._table(session, form_id)
            known = [field.path for field in form.fields()]
            idle = [line.path for line in lines if not any(line.covers(path) for path in known)]
            both = {"year_registered", "year_out", "poverty_status", "poverty_cause", "key_reason", "income", "income_band", "risk"}
            assert set(idle) <= both | {"medical_spending", "education_spending", "help", "rectified"}, form_id
            assert len(lines) - len(idle) > 10


def test_the_second_look_compares_what_the_app_shows(place: Database) -> None:
    work = entry(place)
    assert judged(place, work, SECOND).ok
    assert judged(place, work, {**SECOND, "income_per_capita": 14000.0}).ok
    for name, wrong, words in (
        ("members_count", 3, "家庭人数"),
        ("income_per_capita", 1400, "人均纯收入"),
        ("head_id_tail", "0026", "身份证号码后4位"),
    ):
        outcome = judged(place, work, {**SECOND, name: wrong}, note="已录入")
        assert list(outcome.errors) == [f"second.{name}"]
        (text,) = outcome.errors[f"second.{name}"]
        assert words in text and "改正后再提交" in text
        assert outcome.data["second"][name] == wrong and outcome.data["note"] == "已录入", "nothing is lost"
        assert "14000" not in text and "0016" not in text, "the right answer is not given away"
    both = judged(place, work, {**SECOND, "members_count": 3, "head_id_tail": "1111"})
    assert list(both.errors) == ["second.members_count", "second.head_id_tail"]
    assert "second.members_count" in judged(place, work, {}).errors, "it cannot be left out"


def test_a_village_is_keyed_in_and_compared_too(place: Database, at: At) -> None:
    work = village_entry(place)
    found = filled.prepared(place, work)
    assert titles(found.keying) == ["村基本情况", "分户汇总", "基础设施", "公共服务", "集体经济", "驻村帮扶", *titles(found.keying)[6:]]
    totals = {each.label: each.value for each in found.keying.screens[1].values}
    assert totals["建档立卡户数"] == "2"
    persons = int(totals["建档立卡人数"])
    assert judged(place, work, {**VILLAGE, "persons_registered": persons}).ok
    assert list(judged(place, work, {**VILLAGE, "persons_registered": persons + 1}).errors) == ["second.persons_registered"]
    papers.sign(place, "village", papers.PARTY, "principal_party")
    world.household(place)
    signed = filled.prepared(place, work)
    assert {each.label: each.value for each in signed.keying.screens[1].values}["建档立卡户数"] == "2", "the paper as it was signed"
    assert signed.reviewed["totals"]["households_registered"] == 2


def test_without_an_approved_form_or_table_the_entry_still_opens(db: Database, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(filled.FILES, "app_screens.dmn")
    made: Database = PLACE.__wrapped__(db, at)  # type: ignore[attr-defined]
    code = filled.home(made)
    work = filled.task("app_entry", f"household:{code}")
    assert filled.prepared(made, work).keying.screens == ()
    assert judged(made, work, {}).ok
    filled.send(made, filled.form_task(code), filled.visited)
    assert titles(filled.prepared(made, work).keying)[0] == "入户情况", "no table: everything, in the form's order"
