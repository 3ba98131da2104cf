"""The server checks a form again, with the same schema and the same FEEL, and believes nothing that the browser computed."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import orjson
import pytest

from app.engine.errors import ExpressionError
from app.exact_json import Exact
from app.forms import schema, validation
from app.forms.hooks import Lock
from tests.forms import samples


def test_a_right_household_form_is_accepted(check: Any) -> None:
    outcome = check("household_registered", samples.registered())
    assert outcome.ok and outcome.errors == {} and outcome.warnings == [] and outcome.problems == []


def test_computed_values_come_from_the_server(check: Any) -> None:
    """(10000 + 5000 + 0 + 1000 − 2000) ÷ 2; what the client says is ignored."""
    outcome = check("household_registered", samples.registered(**{"income.per_capita": 99999, "income.net": 1, "members[0].age": 7}))
    assert outcome.data["income"]["per_capita"] == 7000
    assert outcome.computed["income.net"] == 14000
    assert [row["age"] for row in outcome.data["members"]] == [50, 10]
    assert outcome.data["education"]["school_age"] == 1


def test_computed_values_settle_whatever_the_client_guessed(check: Any) -> None:
    """A wrong guess and no guess end at the same values, though the sums look into computed rows."""
    with_guess = check("household_registered", samples.registered(**{"education.school_age": 7, "members[1].age": 30}))
    assert with_guess.data == check("household_registered", samples.registered()).data


def test_unknown_fields_are_refused_at_their_place(check: Any) -> None:
    data = samples.registered(admin=True, **{"members[1].salary": 5, "housing.secret": "x"})
    assert set(check("household_registered", data).errors) == {"admin", "members[1].salary", "housing.secret"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("head", 5),
        ("head", ["张三"]),
        ("head", "张\x00三"),
        ("income.wage", "12"),
        ("income.wage", True),
        ("income.wage", 1.005),
        ("income.wage", float("nan")),
        ("income.wage", float("inf")),
        ("medical.chronic_patients", 1.5),
        ("housing.grade", "E"),
        ("housing.grade", ["A"]),
        ("satisfaction.score", "5"),
        ("satisfaction.score", True),
        ("visit.identity_shown", "yes"),
        ("visit.start", "2020-05-21T09:00"),
        ("visit.start", "yesterday"),
        ("members[1].birth_date", "2010-02-30"),
        ("members[1].birth_date", "20100301"),
        ("members[1].sex", None),
        ("help.industry", ["planting", "smuggling"]),
        ("help.industry", "planting"),
        ("visit.photos", ["123"]),
        ("members", {"0": {}}),
        ("members", "none"),
        ("income", 5),
        ("members[1]", "x"),
    ],
)
def test_ill_typed_values_are_refused_at_their_field(check: Any, path: str, value: Any) -> None:
    outcome = check("household_registered", samples.registered(**{path: value}))
    assert path in outcome.errors or any(found.startswith(path) for found in outcome.errors), outcome.errors


def test_files_must_belong_to_the_task(check: Any) -> None:
    outcome = check("household_registered", samples.registered(**{"visit.photos": ["7"]}), context={"attachments": [{"id": "7"}]})
    assert outcome.errors == {} and outcome.data["visit"]["photos"] == ["7"]


def test_what_is_required_is_asked_only_where_it_is_shown(check: Any) -> None:
    """A remote check asks where the family is; a visit at home does not."""
    away = check("household_registered", samples.registered(**{"visit.mode": "remote"}))
    assert set(away.errors) == {"visit.contact.away_place"}
    assert "visit.contact.away_place" not in check("household_registered", samples.registered()).errors


@pytest.mark.parametrize(
    ("mode", "asked"),
    [
        ("proxy", {"visit.proxy.name", "visit.proxy.post", "visit.proxy.reason_kind", "visit.proxy.reason"}),
        ("lost_contact", {"visit.lost.attempts", "visit.lost.mark", "members_source", "income.source", "housing.source", "water.source"}),
    ],
)
def test_proxy_and_lost_contact_ask_for_reason_log_and_source(check: Any, mode: str, asked: set[str]) -> None:
    """R41, R42."""
    outcome = check("household_registered", samples.registered(**{"visit.mode": mode}))
    assert asked <= set(outcome.errors)


def test_hidden_fields_are_dropped_even_when_they_are_wrong(check: Any) -> None:
    outcome = check(
        "household_registered", samples.registered(**{"visit.proxy": {"name": 5, "reason": "x"}, "housing.measure": "repaired"})
    )
    assert outcome.errors == {}
    assert "name" not in outcome.data["visit"].get("proxy", {}) and "measure" not in outcome.data["housing"]


def test_limits_may_be_expressions(check: Any) -> None:
    outcome = check("household_registered", samples.registered(**{"medical.chronic_patients": 1, "medical.chronic_contracted": 2}))
    assert set(outcome.errors) == {"medical.chronic_contracted"}


def test_a_pattern_says_what_is_expected(check: Any) -> None:
    outcome = check("household_registered", samples.registered(phone="12345"))
    assert outcome.errors == {"phone": ["请填写11位手机号码，或带区号的固定电话；没有电话的，填“无”"]}


def test_read_only_fields_keep_what_the_system_knows(check: Any) -> None:
    assert check("household_registered", samples.registered()).data["code"] == "V01-001"
    outcome = check("household_registered", samples.registered(code="V09-999"))
    assert set(outcome.errors) == {"code"} and outcome.data["code"] == "V01-001"


def test_a_held_field_cannot_be_changed_and_is_not_asked_for(check: Any) -> None:
    """R23: the form goes on with its held field."""
    held = {"housing.grade": Lock("等待核实", "村干部", "/problems/1")}
    data = samples.registered(**{"housing.grade": "B"})
    changed = check("household_registered", data, locked=held, initial={**samples.INITIAL, "housing": {"grade": "A"}})
    assert list(changed.errors) == ["housing.grade"] and "等待核实" in changed.errors["housing.grade"][0]
    empty = check("household_registered", samples.registered(phone=None, **{"housing.area": None}), locked={"housing": "等待核实"})
    assert empty.errors.keys() == {"housing"}


def test_a_held_field_left_alone_is_accepted_empty(check: Any) -> None:
    data = samples.registered()
    del data["housing"]
    outcome = check("household_registered", data, locked={"housing": "等待核实"})
    assert outcome.errors == {} and outcome.problems == []


def test_a_held_list_keeps_its_rows(check: Any) -> None:
    initial = {**samples.INITIAL, "members": [samples.member(), samples.child()]}
    kept = check("household_registered", samples.registered(), locked={"members": "x"}, initial=initial)
    assert kept.errors == {}
    fewer = check("household_registered", samples.registered(members=[samples.member()]), locked={"members": "x"}, initial=initial)
    assert list(fewer.errors) == ["members"]


def test_a_held_row_cannot_be_removed(check: Any) -> None:
    initial = {**samples.INITIAL, "members": [samples.member(), samples.child()]}
    outcome = check(
        "household_registered", samples.registered(members=[samples.member()]), locked={"members[1].id_number": "x"}, initial=initial
    )
    assert list(outcome.errors) == ["members"]


def test_masked_values_are_put_back_from_what_is_known(check: Any) -> None:
    head, girl = samples.member(), samples.child()
    initial = {**samples.INITIAL, "phone": "13812345678", "members": [head, girl]}
    shown = {row["name"]: row["id_number"][:6] + "*" * 8 + row["id_number"][-4:] for row in (head, girl)}
    data = samples.registered(phone="138****5678", members=[{**girl, "id_number": shown["张小花"]}, {**head, "id_number": shown["张三"]}])
    outcome = check("household_registered", data, initial=initial)
    assert outcome.errors == {} and outcome.data["phone"] == "13812345678"
    assert [row["id_number"] for row in outcome.data["members"]] == [girl["id_number"], head["id_number"]]


def test_a_mask_of_nothing_known_is_refused(check: Any) -> None:
    outcome = check("household_registered", samples.registered(**{"members[0].id_number": "500299********0001"}))
    assert list(outcome.errors) == ["members[0].id_number"]


def test_a_warning_needs_its_reason(check: Any) -> None:
    data = samples.registered(**{"satisfaction.score": 2})
    asked = check("household_registered", data)
    assert not asked.ok and [finding.code for finding in asked.unexplained] == ["low_satisfaction"]
    for key in ("low_satisfaction", "low_satisfaction@satisfaction.score"):
        told = check("household_registered", {**data, "_reasons": {key: "对低保评定不满"}})
        assert told.ok and told.warnings[0].reason == "对低保评定不满"
    assert not check("household_registered", {**data, "_reasons": {"low_satisfaction": "  "}}).ok
    assert not check("household_registered", {**data, "_reasons": ["low_satisfaction"]}).ok


def test_problems_are_shown_once_and_do_not_refuse(check: Any) -> None:
    data = samples.registered(**{"living.bedding": "no"})
    first = check("household_registered", data)
    assert first.ok and [finding.id for finding in first.unseen] == ["bedding_shortage@living.bedding"]
    assert check("household_registered", {**data, "_seen": ["bedding_shortage@living.bedding"]}).unseen == []


def test_rules_wait_until_the_fields_are_right(check: Any) -> None:
    outcome = check("household_registered", samples.registered(head=None, **{"living.bedding": "no"}))
    assert list(outcome.errors) == ["head"] and outcome.problems == []


def test_too_many_rows_are_refused_before_anything_is_evaluated(check: Any) -> None:
    outcome = check("household_registered", samples.registered(members=[{}] * 31))
    assert list(outcome.errors) == ["members"]


def test_a_decision_that_returns_something_else_is_named() -> None:
    form = schema.load(b'{"type":"default","id":"x","rules":"odd","components":[]}')
    with pytest.raises(ExpressionError, match="odd"):
        validation.validate(form, {}, context={}, locked={}, decide=lambda _d, _v: [{"severity": "X"}])


def test_findings_may_come_nested_or_not_at_all() -> None:
    form = schema.load(b'{"type":"default","id":"x","rules":["a","b"],"components":[]}')
    finding = {"severity": "P", "code": "c", "text_zh": "中", "text_en": "en", "kind": "shortfall", "holds": None}
    outcome = validation.validate(form, {}, context={}, locked={}, decide=lambda d, _v: None if d == "a" else [[finding], []])
    assert [(found.id, found.text("en"), found.params) for found in outcome.problems] == [("c", "en", {"kind": "shortfall"})]


def test_rows_see_this_parent_and_their_number() -> None:
    form = schema.load(
        b'{"type":"default","id":"x","components":[{"type":"number","key":"top"},{"type":"dynamiclist","path":"rows","components":['
        b'{"type":"number","key":"a"},{"type":"expression","key":"sum","expression":"=this.a + parent.top + i[1]"},'
        b'{"type":"textfield","key":"why","validate":{"required":true},"conditional":{"hide":"=this.sum < 20"}}]}]}'
    )
    outcome = validation.validate(form, {"top": 10, "rows": [{"a": 1}, {"a": 9}]}, context={}, locked={}, decide=lambda _d, _v: [])
    assert [row["sum"] for row in outcome.data["rows"]] == [12, 21]
    assert list(outcome.errors) == ["rows[1].why"]


def test_conditions_that_hide_each_other_in_turn_end() -> None:
    form = schema.load(
        b'{"type":"default","id":"x","components":[{"type":"textfield","key":"a","conditional":{"hide":"=b = \\"x\\""}},'
        b'{"type":"textfield","key":"b","conditional":{"hide":"=a = \\"x\\""}}]}'
    )
    outcome = validation.validate(form, {"a": "x", "b": "x"}, context={}, locked={}, decide=lambda _d, _v: [])
    assert outcome.errors == {}


def validated(data: dict[str, Any], *components: dict[str, Any]) -> Any:
    form = schema.load(orjson.dumps({"type": "default", "id": "x", "schemaVersion": 19, "components": list(components)}))
    return validation.validate(form, data, context={}, locked={}, decide=lambda _d, _v: [])


@pytest.mark.parametrize(
    ("data", "errors", "cost", "total"),
    [
        ({"net": False, "cost": 50, "gas": 7}, [], None, 7),
        ({"net": True, "cost": 50, "gas": 7, "total": 1}, [], 50, 57),
        ({"net": True, "gas": 7}, ["cost"], None, 7),
    ],
)
def test_what_is_hidden_is_neither_counted_nor_required_nor_kept(data: dict[str, Any], errors: list[str], cost: Any, total: int) -> None:
    """enketo/enketo-core#849, collective/volto-form-block#160, bpmn-io/form-js#374"""
    outcome = validated(
        data,
        {"type": "checkbox", "key": "net"},
        {"type": "number", "key": "cost", "validate": {"required": True}, "conditional": {"hide": "=net != true"}},
        {"type": "number", "key": "gas"},
        {"type": "expression", "key": "total", "expression": "=(if cost = null then 0 else cost) + gas", "computeOn": "change"},
    )
    assert list(outcome.errors) == errors
    assert (outcome.data.get("cost"), outcome.data["total"]) == (cost, total)


@pytest.mark.parametrize(("value", "right"), [("", True), (None, True), (5.3, True), (1, True), (5.4, False), (0, False), (5.25, False)])
def test_an_empty_number_has_no_minimum_and_limits_may_be_fractions(value: Any, right: bool) -> None:
    """pnp/sp-dev-fx-controls-react#1604, bpmn-io/form-js#497"""
    number = {"type": "number", "key": "n", "decimalDigits": 1, "validate": {"min": 1, "max": 5.3}}
    assert (validated({"n": value}, number).errors == {}) is right
    assert validated({}, number).errors == {}


def _number(value: object, **more: object) -> tuple[object, list[str]]:
    component = {"type": "number", "key": "x", "id": "n", **more}
    form = schema.load(json.dumps({"type": "default", "id": "f", "components": [component]}).encode())
    outcome = validation.validate(form, {"x": value}, context={}, locked={}, decide=lambda _d, _v: [])
    return outcome.data.get("x"), outcome.errors.get("x", [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (110101199003070011, 110101199003070011),
        ({"@number": "6222021234567890123"}, 6222021234567890123),
        ({"@number": "12345678901234567.89"}, Exact.of(Decimal("12345678901234567.89"))),
        (10**33 + 1, 10**33 + 1),
        (Exact.of(Decimal("0.1234567890123456789")), Exact.of(Decimal("0.1234567890123456789"))),
        (3.0, 3),
    ],
)
def test_a_number_field_keeps_every_digit(value: object, expected: object) -> None:
    assert _number(value) == (expected, [])
    assert _number(value, decimalDigits=0)[1] == ([] if isinstance(expected, int) else ["应为整数"])
    assert _number(value, validate={"max": expected})[1] == []
    assert _number(110101199003070012, validate={"max": 110101199003070011})[1] == ["不能大于 110101199003070011"]
    assert _number(110101199003070011, increment=2)[1] == ["应为 2 的倍数"]


@pytest.mark.parametrize(
    "value", [10**34 + 1, {"@number": "1" * 35}, {"@number": "1_0"}, {"@number": 5}, {"@number": "1e5"}, {"x": 1}, "12", math.inf]
)
def test_a_number_that_cannot_be_kept_is_refused_in_words(value: object) -> None:
    kept, errors = _number(value)
    assert len(errors) == 1 and ("34" in errors[0] or errors == ["应为数字"])


def test_a_number_that_is_sent_as_text_keeps_every_digit() -> None:
    assert _number("6222021234567890123", serializeToString=True) == (6222021234567890123, [])
    assert _number("Infinity", serializeToString=True)[1] == _number("x", serializeToString=True)[1] == ["应为数字"]
