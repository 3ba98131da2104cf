"""What forms start with by the formulas of their fields, the names that these may read, and what becomes of a formula that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

import app.campaign.hooks  # noqa: F401  (provides the names)
from app import personal
from app.acts import completion, transactions
from app.config import ROOT
from app.db import Database, new_key
from app.engine import definitions, form_prefill, incidents
from app.engine.errors import PrefillFailed
from app.engine.models import Incident, Task
from app.engine.problems import Problem
from app.forms import browser, hooks, masking, prefill, schema
from app.forms.hooks import Prepared
from tests import web
from tests.campaign import world
from tests.web import CAMPAIGN, CLI

BEGIN, END = "<!-- names of prefill: made by tests/campaign/test_prefill.py -->\n", "<!-- end of names -->\n"


def form(*components: dict[str, Any]) -> bytes:
    content = {"type": "default", "id": "tried", "schemaVersion": 19, "components": list(components)}
    return json.dumps(content).encode()


def field(key: str, formula: str, kind: str = "textfield", **more: Any) -> dict[str, Any]:
    properties = {"prefill": formula, **more.pop("properties", {})}
    return {"type": kind, "id": f"Field_{key}", "key": key, "label": key, "properties": properties, **more}


def filled(content: bytes, values: dict[str, Any], data: dict[str, Any] | None = None) -> tuple[Prepared, list[str]]:
    """The form filled from names of these *values*, and which of them were fetched."""
    asked: list[str] = []
    names = {name: form_prefill.Name(name, "", "", None, lambda *_: None, name == "people") for name in values}

    def fetch(name: str) -> Any:
        asked.append(name)
        if isinstance(values[name], Exception):
            raise values[name]
        return values[name]

    prepared = Prepared(dict(data or {}))
    prefill.fill(schema.load(content), prepared, {"code": "7"}, names, fetch)
    return prepared, asked


def test_only_names_that_a_formula_reads_are_fetched_each_once() -> None:
    content = form(field("one", "=item.text"), field("two", "=item.number + code"), field("three", "=nothing.there"))
    prepared, asked = filled(content, {"item": {"text": "漏雨", "number": "P-"}, "people": []})
    assert prepared.data == {"one": "漏雨", "two": "P-7"} and asked == ["item"]


def test_what_features_put_into_a_field_goes_before_its_formula() -> None:
    prepared, asked = filled(form(field("one", "=item")), {"item": "公式"}, {"one": "已知"})
    assert prepared.data == {"one": "已知"} and asked == []


def test_a_formula_that_fails_leaves_its_field_empty_and_the_others_filled() -> None:
    slow = "=count(for a in 1..3000, b in 1..3000 return a * b)"
    content = form(
        field("limit", slow), field("lost", "=list.number"), field("typed", '="viele"', "number"), field("good", "=item"),
        {"type": "dynamiclist", "id": "Rows", "path": "rows", "components": [], "properties": {"prefill": "=item"}},
    )  # fmt: skip
    prepared, _asked = filled(content, {"item": "漏雨", "list": LookupError("gone")})
    assert prepared.data == {"good": "漏雨"} and set(prepared.failed) == {"limit", "lost", "typed", "rows"}
    assert set(browser.payload(schema.load(content), prepared, "zh")["unfilled"]) == {"limit", "lost", "typed", "rows"}


def test_personal_values_reach_only_fields_that_are_marked_personal() -> None:
    last = form_prefill.Personal({"phone": "13812345678"}, {"phone": "138****5678"})
    rows = {
        "type": "dynamiclist", "id": "Rows", "path": "rows", "properties": {"prefill": "=[{phone: last.phone, note: last.phone}]"},
        "components": [
            {"type": "textfield", "id": "a", "key": "phone", "label": "a", "properties": {"personal": "phone"}},
            {"type": "textfield", "id": "b", "key": "note", "label": "b"},
        ],
    }  # fmt: skip
    content = form(field("note", "=last.phone"), field("phone", "=last.phone", properties={"personal": "phone"}), rows)
    prepared, _asked = filled(content, {"last": last})
    assert prepared.data == {
        "note": "138****5678",
        "phone": "13812345678",
        "rows": [{"phone": "13812345678", "note": "138****5678"}],
    }
    shown = browser.payload(schema.load(content), prepared, "zh")["data"]
    assert "13812345678" not in str(shown), "masked on its way to the browser, restored when it is submitted"
    sent = dict(shown)
    masking.restore(schema.load(content), sent, prepared.data)
    assert sent["phone"] == "13812345678"


def test_choices_come_from_a_name_and_other_names_never_reach_the_browser() -> None:
    choice = {"type": "select", "id": "who", "key": "who", "label": "who", "valuesKey": "people"}
    text = {"type": "text", "id": "text", "text": "{{last.phone}}"}
    options = [{"value": "li", "label": "李"}]
    prepared, asked = filled(form(choice, text), {"people": options, "last": {"phone": "13812345678"}})
    assert prepared.context == {"people": options} and asked == ["people"]


def test_moments_are_written_as_their_field_holds_them(at: Callable[[str], datetime]) -> None:
    now = at("2020-05-22T10:00:30+08:00")
    content = form(
        field("text", "=item"), field("day", "=item", "datetime", subtype="date"), field("at", "=item", "datetime", subtype="datetime")
    )
    prepared, _asked = filled(content, {"item": now})
    assert prepared.data == {"text": "2020-05-22 10:00", "day": "2020-05-22", "at": "2020-05-22T10:00:00+08:00"}


@pytest.fixture
def place(db: Database, at: Callable[[str], datetime]) -> Database:
    at("2020-05-21T09:00:00+08:00")
    personal.install("5a" * 32)
    web.place(db)
    web.person(db, "investigator.here", "investigator:G03", name="林孝")
    return db


def problems_of(db: Database, content: bytes) -> list[Problem]:
    with db.reading() as session:
        files = {"tried.form": content}
        return definitions.check(files, definitions.known(session, files))


@pytest.mark.parametrize(
    ("component", "code", "nearest"),
    [
        (field("one", "=itm.text"), "prefill_name_unknown", "item"),
        (field("one", "=code"), "prefill_name_unknown", "codes"),
        (field("one", "=bakc(1)"), "feel_invalid", "back"),
        (field("one", "item.text"), "prefill_not_feel", ""),
        (field("one", "=item.text", "expression", expression="=1"), "prefill_place", ""),
        ({"type": "text", "id": "t", "text": "x", "properties": {"prefill": "=item"}}, "prefill_place", ""),
        ({"type": "dynamiclist", "id": "l", "path": "rows", "components": [field("one", "=item")]}, "prefill_in_rows", ""),
    ],
)  # fmt: skip
def test_the_check_refuses_what_cannot_be_filled(place: Database, component: dict[str, Any], code: str, nearest: str) -> None:
    found = [each for each in problems_of(place, form(component)) if each.severity == "error"]
    assert [each.code for each in found] == [code]
    assert found[0].resource == "tried.form" and nearest in str(found[0])


def test_the_check_knows_what_the_forms_own_user_tasks_map_in(place: Database) -> None:
    assert problems_of(place, form(field("one", "=task.code"), field("two", "=place.name"))) == []
    with place.reading() as session:
        files = {path.name: path.read_bytes() for folder in ("forms", "processes") for path in (ROOT / folder).iterdir() if path.is_file()}
        files["tried.form"] = form(field("one", "=code"))
        files["household_conclusion.bpmn"] = files["household_conclusion.bpmn"].replace(b'formId="form_code"', b'formId="tried"')
        assert [each for each in definitions.check(files, definitions.known(session, files)) if each.code.startswith("prefill")] == []


def opened(db: Database, content: bytes, subject: str) -> tuple[Task, Prepared]:
    def work(session: Any) -> tuple[Task, Prepared]:
        found = definitions.deploy(session, {"tried.form": content}, CLI, now=datetime.fromisoformat("2020-05-21T08:00:00+08:00"))
        task = Task(
            key=new_key(), campaign_id=CAMPAIGN, subject=subject, form_id="tried", form_key=found.definitions[0].key, scope="V05",
            label="", name="试填", element_id="e", properties={}, variables={}, candidate_groups=[],
        )  # fmt: skip
        return task, completion.prepare(session, task, None)

    return db.in_transaction(work)


def test_the_campaigns_names_speak_of_the_tasks_own_subject(place: Database) -> None:
    number = world.problem(place)
    content = form(
        field("text", "=item.text"),
        field("village", "=place.name"),
        field("homes", "=counts.target", "number"),
        field("day", "=ledger.day"),
    )
    _task, prepared = opened(place, content, f"problem:{number}")
    assert prepared.failed == {} and prepared.data["text"].startswith("住房不安全")
    assert prepared.data["day"] == "2020-05-21" and prepared.data["homes"] == 1


@pytest.mark.parametrize("name", sorted(form_prefill.NAMES))
@pytest.mark.parametrize("kind", ["household", "village", "group", "problem", "question", "list", "campaign", ""])
def test_every_name_answers_for_every_kind_of_subject(place: Database, name: str, kind: str) -> None:
    """Also where there is nothing of it: null, never an error."""
    made = {"household": world.household, "problem": world.problem}
    subject = f"{kind}:{made[kind](place) if kind in made else 'X1'}" if kind else ""
    task = Task(
        key=new_key(), campaign_id=CAMPAIGN, subject=subject, form_id="tried", scope="V05", label="", name="", element_id="e", variables={}
    )
    with place.reading() as session:
        found = hooks.fetch(session, task, None, name)
    shape = form_prefill.NAMES[name].example
    assert found is None or isinstance(found, form_prefill.Personal | type(shape))
    if name in {"subject", "counts", "ledger", "places"} and kind == "household":
        assert set(shape) <= set(found), "its documented shape"


def test_an_incident_is_kept_once_for_a_formula_that_failed(place: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: list[tuple[Exception, int]] = []
    monkeypatch.setattr(transactions, "database", lambda: place)
    monkeypatch.setattr(transactions.runtime, "record_incident", lambda _session, error, task_key: recorded.append((error, task_key)))
    transactions.unfilled({"rows": LookupError("gone")}, 5)
    assert [(str(error), key) for error, key in recorded] == [("prefill rows: gone", 5)]
    assert incidents.describe(PrefillFailed("rows", LookupError("gone"))) == ("error", "prefill rows: gone")
    with place.reading() as session:
        assert session.scalars(select(Incident)).all() == []


def shape(value: Any) -> str:
    """``{a, b: [{c}]}``"""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shape(each)}" if isinstance(each, dict | list) else key for key, each in value.items()) + "}"
    if isinstance(value, list):
        return f"[{shape(value[0])}]" if value and isinstance(value[0], dict) else "[…]"
    return "…"


def table(locale: str) -> str:
    head = "| 名称 | 内容 | 结构 |\n| --- | --- | --- |\n" if locale == "zh" else "| name | what | shape |\n| --- | --- | --- |\n"
    rows = ((each.name, getattr(each, locale), shape(each.example)) for each in form_prefill.NAMES.values())
    return head + "".join(f"| `{name}` | {what} | `{has}` |\n" for name, what, has in rows)


@pytest.mark.parametrize(("locale", "file"), [("en", "README.md"), ("zh", "README.zh-CN.md")])
def test_readme_lists_the_names_that_there_are(locale: str, file: str) -> None:
    _before, _begin, rest = (ROOT / file).read_text(encoding="utf-8").partition(BEGIN)
    assert rest.partition(END)[0] == table(locale), "run `python -m tests.campaign.test_prefill`"


if __name__ == "__main__":
    for language, name in (("en", "README.md"), ("zh", "README.zh-CN.md")):
        text = (ROOT / name).read_text(encoding="utf-8")
        before, _, after = text.partition(BEGIN)
        (ROOT / name).write_text(before + BEGIN + table(language) + END + after.partition(END)[2], encoding="utf-8")
