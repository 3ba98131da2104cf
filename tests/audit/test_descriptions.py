"""Every record is a sentence in two languages; the record itself stands beside it whole, personal values masked."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import personal
from app.audit import descriptions, stored
from app.audit.placeholder_texts import accounts as account_phrases
from app.audit.queries import Record
from app.audit.sentence_lookups import Surroundings
from app.audit.sentence_templates import GROUPS, TEXTS
from app.db import Database
from app.engine.models import Event, ProcessInstance
from tests import web

APP = Path(__file__).resolve().parents[2] / "app"
KIND = re.compile(r"[a-z_]+\.[a-z_]+")
#: Kinds that code puts together: the f-string → what it becomes.
MADE = {
    "instance.": {"instance.completed", "instance.terminated", "instance.suspended", "instance.resumed"},
    "message.": {"message.correlated", "message.expired"},
    "scenario.": {"scenario.active", "scenario.disabled", "scenario.deleted"},
}
RECORDERS = {"record", "_record", "_event", "_assign", "made"}


def recorded() -> Iterator[tuple[str, str]]:
    """(kind, file) of every record that code writes."""
    for path in sorted(APP.rglob("*.py")):
        if "node_modules" in path.parts or "versions" in path.parts or "record" not in path.read_text(encoding="utf-8"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from ((kind, str(path.relative_to(APP))) for kind in _kinds(node))
            elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "kind" for target in node.targets):
                yield from ((kind, str(path.relative_to(APP))) for kind in _constants(node.value))


def _kinds(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in RECORDERS:
        for argument in [*call.args, *(each.value for each in call.keywords if each.arg == "kind")]:
            if isinstance(argument, ast.Constant | ast.JoinedStr | ast.IfExp):
                yield from _constants(argument)


def _constants(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            if KIND.fullmatch(each.value):
                yield each.value
            yield from MADE.get(each.value, ()) if isinstance(node, ast.JoinedStr) else ()


def test_every_kind_of_record_has_its_sentence() -> None:
    kinds = dict(recorded())
    assert len(kinds) > 60, "the search for records no longer finds them"
    missing = {kind: place for kind, place in kinds.items() if kind not in TEXTS}
    assert missing == {}, "write what it says in app/audit/sentence_templates"


def test_the_search_for_kinds_finds_them_in_all_ways_of_writing() -> None:
    source = "record(s, 'a.b', x)\nevents.record(s, 'c.d' if y else 'e.f')\nself.record(f'instance.{z}', i)\nkind = 'g.h'"
    tree = ast.parse(source)
    found = {kind for node in ast.walk(tree) if isinstance(node, ast.Call) for kind in _kinds(node)}
    assert found == {"a.b", "c.d", "e.f"} | MADE["instance."]


def test_filters_name_groups_that_exist() -> None:
    assert set(GROUPS) <= {kind.partition(".")[0] for kind in TEXTS}


def record(kind: str, detail: dict[str, Any] | None = None, **more: Any) -> Record:
    at = datetime(2020, 5, 21, 1, 12, tzinfo=UTC)
    values = {"campaign_id": 7, "actor": "wang", "on_behalf_of": "", "origin": "10.1.2.3", "element_id": "", "subject": "", **more}
    instance = ProcessInstance(
        key=5, definition_key=3, process_id="household", version=2, label="柏树村 3组 张三", subject="household:V05-001"
    )
    return Record(Event(key=9, at=at, recorded_at=at, kind=kind, detail=detail or {}, **values), instance)


AROUND = Surroundings(
    names={"wang": "王某", "li": "李某"}, processes={3: "农户核查"}, forms={"household_registered": ("户表", "Household form")}
)


def test_a_completed_task_says_who_when_for_whom_what_and_by_which_versions() -> None:
    done = record(
        "task.completed", {"name": "填写《户表》", "form": "household_registered", "version": 3}, on_behalf_of="li", activity_key=1
    )
    since = Surroundings(names=AROUND.names, forms=AROUND.forms, since={1: datetime(2020, 5, 21, 1, 9, tzinfo=UTC)})
    zh = descriptions.sentence(done, since, "zh")
    assert zh == "王某 9:12 代李某 办结 柏树村 3组 张三 的“填写《户表》”（第 2 版流程，第 3 版表单《户表》），用时 3 分"
    en = descriptions.sentence(done, since, "en")
    assert en == (
        "9:12 王某, for 李某, completed the task “Fill in the household form” of 柏树村 3组 张三"
        " (version 2 of the process, version 3 of the form “Household form”), within 3 min"
    )


def test_why_a_problem_went_up_is_said_in_words() -> None:
    moved = record("problem.moved", {"from": 1, "to": 2, "reason": "timed"}, subject="problem:V05-001")
    assert descriptions.sentence(moved, AROUND, "zh").endswith("从第 1 级转到第 2 级，理由：限时整改")
    assert descriptions.sentence(moved, AROUND, "en").endswith("because: to be rectified by a date")
    typed = record("problem.moved", {"from": 1, "to": 2, "reason": "缺少材料"}, subject="problem:V05-001")
    assert descriptions.sentence(typed, AROUND, "zh").endswith("理由：缺少材料")


@pytest.mark.parametrize(
    ("bound", "zh", "en"),
    [
        ("source", "该来源暂停登录账号 ran 至", "this source may not try ran until"),
        ("name", "未登录过的来源暂停登录账号 ran 至", "sources that never signed in may not try ran until"),
        ("address", "该网络地址暂停登录", "this network address may not try any name"),
        (None, "账号 ran 暂停登录至", "ran may not be tried until"),
    ],
)
def test_after_failed_sign_ins_the_record_says_who_waits_and_that_nobody_is_locked_out(bound: str | None, zh: str, en: str) -> None:
    detail = {"username": "ran", "until": "2020-05-21T01:27:00+00:00", **({"bound": bound} if bound else {})}
    told = {locale: descriptions.sentence(record("account.locked", detail), AROUND, locale) for locale in ("zh", "en")}
    assert zh in told["zh"] and "9:27" in told["zh"] and "锁定" not in told["zh"]
    assert en in told["en"] and "9:27" in told["en"] and "locked" not in told["en"]


@pytest.mark.parametrize("locale", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(TEXTS))
def test_no_sentence_shows_its_placeholders(kind: str, locale: str) -> None:
    sentence = descriptions.sentence(record(kind), AROUND, locale)
    assert "{" not in sentence
    assert "None" not in sentence
    assert sentence.startswith("王某 9:12 " if locale == "zh" else "9:12 王某")
    if locale == "zh":
        assert not re.search("[\u4e00-\u9fff][,:;?!]", sentence)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "text",
    "name",
    "entered",
    "left",
    "variables",
    "changed",
    "definitions",
    "groups",
    "users",
    "due_at",
    "size",
    "to",
    "from",
    "reason",
)


@given(
    st.sampled_from([kind for kind in sorted(TEXTS) if kind != "instance.stepped"]),
    st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30)),
)
def test_what_somebody_typed_cannot_break_a_sentence(kind: str, detail: dict[str, str]) -> None:
    typed = {
        name: text
        for name, text in detail.items()
        if name not in ("entered", "left", "variables", "changed", "definitions", "groups", "users", "size")
    }
    for locale in ("zh", "en"):
        assert descriptions.sentence(record(kind, typed), AROUND, locale)


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=4))
def test_the_stored_record_hides_nothing_but_personal_values(detail: dict[str, Any]) -> None:
    shown = json.loads(stored.as_json(record("task.claimed", detail)))
    assert set(shown) == {column.key for column in Event.__table__.columns}
    assert set(shown["detail"]) == set(detail)


def test_personal_values_are_masked_wherever_they_stand() -> None:
    detail = {
        "text": "身份证 500235197001011234，电话 13812345678",
        "variables": {"phone": {"old": "10012345678", "new": "10087654321"}, "rows": [{"id_number": "X1"}]},
    }
    seen = record("variables.changed", detail)
    for text in (stored.as_json(seen), descriptions.sentence(seen, AROUND, "zh")):
        for secret in ("197001011234", "13812345678", "10012345678", "10087654321", '"X1"'):
            assert secret not in text
    assert stored.hides_something(seen)
    assert "500235197001011234" in json.dumps(stored.raw(seen, unmask=True), ensure_ascii=False)


def test_whatever_can_be_shown_in_the_clear_has_a_name(sqlite_db: Database, tmp_path: Path) -> None:
    """The sentence of such a record says what was looked at in words, not by its code."""
    web.application(sqlite_db, tmp_path)
    assert set(personal._resolvers) <= set(account_phrases._SHOWN)
