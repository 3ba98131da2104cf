"""The rules of the forms, as an administrator finds them in processes/: what is an error, a warning, a problem."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from lxml import etree

from app.campaign import id_numbers
from app.config import ROOT
from app.engine import feel
from tests.forms import samples
from tests.forms.conftest import decide, form

DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"


def codes(outcome: Any) -> dict[str, str]:
    return {finding.path: finding.code for finding in (*outcome.warnings, *outcome.problems)}


# --- members


@pytest.mark.parametrize("wrong", range(18))
def test_any_wrong_digit_of_an_id_number_is_found(check: Any, wrong: int) -> None:
    """GB 11643-1999: the check character finds every single wrong digit."""
    number = samples.member()["id_number"]
    digit = "1" if number[wrong] != "1" else "2"
    outcome = check("household_registered", samples.registered(**{"members[0].id_number": number[:wrong] + digit + number[wrong + 1 :]}))
    assert "members[0].id_number" in outcome.errors


def test_the_check_character_x_is_right_in_either_case(check: Any) -> None:
    number = next(found for order in range(1, 999, 2) if (found := id_numbers.make("500299", date(1970, 1, 1), order))[-1] == "X")
    for written in (number, number.lower()):
        assert check("household_registered", samples.registered(**{"members[0].id_number": written})).errors == {}


def test_birth_date_and_sex_agree_with_the_id_number(check: Any) -> None:
    outcome = check("household_registered", samples.registered(**{"members[1].birth_date": "2010-03-02", "members[1].sex": "male"}))
    assert set(outcome.errors) == {"members[1].birth_date", "members[1].sex"}
    assert "2010-03-01" in outcome.errors["members[1].birth_date"][0]


def test_no_id_number_twice(check: Any) -> None:
    here = check("household_registered", samples.registered(members=[samples.member(), samples.member(relation="spouse")]))
    assert {"members[0].id_number", "members[1].id_number"} <= set(here.errors)
    elsewhere = check("household_registered", samples.registered(), context={"duplicate_ids": [samples.child()["id_number"]]})
    assert set(elsewhere.errors) == {"members[1].id_number"}


@pytest.mark.parametrize("relations", [("child", "spouse"), ("head", "head")])
def test_exactly_one_head(check: Any, relations: tuple[str, str]) -> None:
    outcome = check("household_registered", samples.registered(**{f"members[{i}].relation": r for i, r in enumerate(relations)}))
    assert set(outcome.errors) == {"members"}


@pytest.mark.parametrize(
    ("schooling", "problem"),
    [("at_school", False), ("home_teaching", False), ("physically_unable", False), ("finished", False), ("dropped_out", True)],
)
def test_a_child_of_school_age_out_of_school_is_a_problem(check: Any, schooling: str, problem: bool) -> None:
    outcome = check("household_registered", samples.registered(**{"members[1].schooling": schooling}))
    assert (codes(outcome).get("members[1].schooling") == "dropped_out") is problem


def test_deferral_needs_its_document_and_age_decides_who_is_asked(check: Any) -> None:
    deferred = check("household_registered", samples.registered(**{"members[1].schooling": "deferred"}))
    assert set(deferred.errors) == {"members[1].approval_document"}
    grown = samples.member(relation="child", birth_date="2004-05-21", id_number=None)
    grown["id_number"] = id_numbers.make("500299", date(2004, 5, 21), 11)
    outcome = check("household_registered", samples.registered(members=[samples.member(), grown]))
    assert outcome.errors == {} and outcome.data["members"][1]["age"] == 16


@pytest.mark.parametrize(
    ("reason", "problem"),
    [("newborn", False), ("army", False), ("prison", False), ("procedure", False), ("refused", True), ("unpaid", True), ("unknown", True)],
)
def test_an_uninsured_member_without_valid_reason_is_a_problem(check: Any, reason: str, problem: bool) -> None:
    data = samples.registered(**{"members[0].insurance": "none", "members[0].insurance_reason": reason})
    assert (codes(check("household_registered", data)).get("members[0].insurance") == "uninsured") is problem


def test_work_without_wages_needs_a_reason(check: Any) -> None:
    data = samples.registered(**{"members[0].work_months": 8, "income.wage": 0, "income.transfer": 11000})
    outcome = check("household_registered", data)
    assert codes(outcome)["members[0].work_months"] == "working_without_wage" and not outcome.ok


# --- the four guarantees, water, food, clothing


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"living.enough_food": "no"}, "living.enough_food", "food_shortage"),
        ({"living.protein": "no"}, "living.protein", "protein_shortage"),
        ({"living.drinking_water": "no"}, "living.drinking_water", "drinking_water_shortage"),
        ({"living.clothing": "no"}, "living.clothing", "clothing_shortage"),
        ({"living.bedding": "no"}, "living.bedding", "bedding_shortage"),
        ({"housing.grade": "C", "housing.measure": "none"}, "housing.grade", "unsafe_house"),
        ({"housing.grade": "D", "housing.measure": "under_way"}, "housing.grade", "unsafe_house"),
        ({"housing.grade": "none", "housing.measure": "none"}, "housing.grade", "no_house"),
        ({"water.quantity": "no"}, "water.quantity", "unsafe_water"),
        ({"water.quality": "no"}, "water.quality", "unsafe_water"),
        ({"water.supply": "carried", "water.minutes": 21}, "water.minutes", "unsafe_water"),
        ({"water.shortage_days": 37}, "water.shortage_days", "unsafe_water"),
        ({"medical.treated": "no"}, "medical.treated", "untreated"),
        ({"medical.one_stop": "not_used"}, "medical.one_stop", "one_stop_missing"),
        ({"medical.chronic_patients": 2, "medical.chronic_contracted": 1}, "medical.chronic_contracted", "chronic_without_contract"),
        ({"poverty_status": "returned", "year_out": 2018}, "poverty_status", "returned_to_poverty"),
        ({"rectified.earlier": "not", "rectified.note": "道路"}, "rectified.earlier", "earlier_not_rectified"),
    ],
)
def test_what_is_not_assured_becomes_a_problem(check: Any, changes: dict[str, Any], path: str, code: str) -> None:
    outcome = check("household_registered", samples.registered(**changes))
    assert outcome.errors == {} and {finding.path: finding.code for finding in outcome.problems} == {path: code}
    assert outcome.problems[0].dimension and outcome.problems[0].params["kind"] == "shortfall"


@pytest.mark.parametrize("measure", ["none", "under_way"])
def test_each_grade_of_a_house_about_which_nothing_is_finished(measure: str) -> None:
    """A and B are safe, C and D are not; no house at all is a problem of its own."""
    told = {}
    for grade in ("A", "B", "C", "D", "none"):
        found = decide("household_rules", {"housing": {"grade": grade, "measure": measure}, "settings": samples.SETTINGS})
        told[grade] = [(one["severity"], one["code"]) for one in found if one["field"] == "housing.grade"]
    assert told == {"A": [], "B": [], "C": [("P", "unsafe_house")], "D": [("P", "unsafe_house")], "none": [("P", "no_house")]}


@pytest.mark.parametrize("measure", ["repaired", "rebuilt", "relocated", "resettled"])
def test_a_dangerous_house_that_was_repaired_or_replaced_is_none(check: Any, measure: str) -> None:
    data = samples.registered(**{"housing.grade": "D", "housing.measure": measure, "housing.measure_date": "2019-10-01"})
    assert check("household_registered", data).problems == []


def test_a_repair_in_the_future_is_refused(check: Any) -> None:
    data = samples.registered(**{"housing.grade": "D", "housing.measure": "repaired", "housing.measure_date": "2020-05-22"})
    assert set(check("household_registered", data).errors) == {"housing.measure_date"}


def test_fetching_water_is_measured_by_time_or_by_distance_and_height(check: Any) -> None:
    water = {"supply": "well", "quantity": "yes", "quality": "yes", "shortage_days": 36}
    assert set(check("household_registered", samples.registered(water=water)).errors) == {"water.minutes"}
    assert check("household_registered", samples.registered(water={**water, "minutes": 20})).problems == []
    assert form("household_registered").field("water.distance") is not None


# --- income, satisfaction, visit


@pytest.mark.parametrize(("wage", "problem"), [(4000, False), (3999, True)])
def test_income_below_the_line_is_a_problem(check: Any, wage: int, problem: bool) -> None:
    """The line is a setting; 8,000 yuan for two are just enough."""
    data = samples.registered(**{"income.wage": wage, "income.business": 4000, "income.transfer": 0, "income.business_cost": 0})
    outcome = check("household_registered", data, context={"extract": {}})
    assert (codes(outcome).get("income.per_capita") == "income_below_line") is problem
    higher = check("household_registered", data, context={"extract": {}, "settings": {**samples.SETTINGS, "income_line": 5000}})
    assert codes(higher)["income.per_capita"] == "income_below_line"


@pytest.mark.parametrize(("system", "asked"), [(4667, False), (4666, True), (14000, False), (14001, True), (None, False), (0, False)])
def test_income_that_differs_by_half_from_the_system_needs_a_reason(check: Any, system: int | None, asked: bool) -> None:
    outcome = check("household_registered", samples.registered(), context={"extract": {"system": {"income_per_capita": system}}})
    assert (codes(outcome).get("income.per_capita") == "income_differs_from_system") is asked


def test_negative_amounts_are_refused(check: Any) -> None:
    assert "income.wage" in check("household_registered", samples.registered(**{"income.wage": -1})).errors
    found = decide("household_registered_rules", {"income": {"wage": -1}, "settings": samples.SETTINGS})
    assert [(one["severity"], one["code"]) for one in found if one["code"] == "amount_negative"] == [("E", "amount_negative")]


@pytest.mark.parametrize(("score", "asked"), [(1, True), (2, True), (3, False), (4, False), (5, False)])
def test_low_satisfaction_needs_a_reason(check: Any, score: int, asked: bool) -> None:
    outcome = check("household_registered", samples.registered(**{"satisfaction.score": score}))
    assert bool(outcome.unexplained) is asked


@pytest.mark.parametrize("line", [1, 2, 3, 5])
def test_the_campaign_sets_at_which_satisfaction_a_reason_is_asked(line: int) -> None:
    """At the line and below it, not above."""
    settings = {**samples.SETTINGS, "low_satisfaction": line}
    asked = {
        score
        for score in range(1, 6)
        for found in decide("household_rules", {"satisfaction": {"score": score}, "settings": settings})
        if found["code"] == "low_satisfaction" and found["severity"] == "W"
    }
    assert asked == set(range(1, line + 1))


@pytest.mark.parametrize("mode", ["proxy", "lost_contact"])
def test_proxy_and_lost_contact_need_a_reason(check: Any, mode: str) -> None:
    visit = {
        **samples.visit(),
        "mode": mode,
        "proxy": {"name": "王五", "post": "村主任", "reason_kind": "illness", "reason": "聋哑"},
        "lost": {"mark": "外出多年，去向不明", "attempts": [{"at": "2020-05-21T08:00+08:00", "method": "phone", "result": "空号"}] * 2},
    }
    data = samples.registered(visit=visit)
    if mode == "lost_contact":
        for path in (
            "identification_source",
            "members_source",
            *(f"{g}.source" for g in ("living", "medical", "housing", "water", "income")),
        ):
            data = samples.changed(data, {path: "register"})
    data["visit"]["proxy"]["reason"] = "聋哑，无法表达"
    outcome = check("household_registered", data)
    assert outcome.errors == {} and [finding.path for finding in outcome.unexplained] == ["visit.mode"]


def test_a_remote_check_needs_one_way_to_reach_the_family(check: Any) -> None:
    visit = {**samples.visit(), "mode": "remote", "contact": {"away_place": "广东省东莞市"}}
    assert set(check("household_registered", samples.registered(visit=visit)).errors) == {"visit.contact.phone"}
    for contact in ({"phone": "13800001234"}, {"wechat": "zhang3"}, {"qq": "12345678"}):
        reached = {**visit, "contact": {**visit["contact"], **contact}}
        assert check("household_registered", samples.registered(visit=reached)).errors == {}


def test_a_visit_ends_after_it_starts(check: Any) -> None:
    data = samples.registered(**{"visit.end": "2020-05-21T08:59+08:00"})
    assert set(check("household_registered", data).errors) == {"visit.end"}


def test_years_must_agree_with_the_status(check: Any) -> None:
    early = samples.registered(poverty_status="out_of_poverty", year_registered=2016, year_out=2015)
    assert set(check("household_registered", early).errors) == {"year_out"}
    missing = samples.registered(poverty_status="out_of_poverty")
    assert set(check("household_registered", missing).errors) == {"year_out"}


# --- key general households


@pytest.mark.parametrize("level", ["possible", "confirmed"])
def test_a_risk_is_a_problem_and_forbids_confirmation(check: Any, level: str) -> None:
    """R22."""
    refused = check("household_key_general", samples.key_general(**{"risk.level": level}))
    assert set(refused.errors) == {"risk.confirmation"}
    open_ = check("household_key_general", samples.key_general(**{"risk.level": level, "risk.confirmation": "not_confirmed"}))
    assert open_.ok and [(f.code, f.params["kind"]) for f in open_.problems] == [("missed_risk", "missed_risk")]


def test_no_risk_may_be_confirmed_but_not_against_the_figures(check: Any) -> None:
    assert check("household_key_general", samples.key_general()).ok
    poor = check("household_key_general", samples.key_general(income_band="below_line"))
    assert [finding.code for finding in poor.unexplained] == ["risk_against_income"]
    burdened = check("household_key_general", samples.key_general(medical_spending=8001))
    assert [finding.code for finding in burdened.unexplained] == ["risk_against_spending"]


# --- three and four sources


def verification(**changes: Any) -> dict[str, Any]:
    data = {
        "introduction": {"identity_shown": True, "purpose_explained": True, "privacy_explained": True},
        "sources": samples.sources(),
        "verified": True,
    }
    return samples.changed(data, changes)


def compare(check: Any, changes: dict[str, Any], kind: str = "registered") -> Any:
    data = verification(**changes)
    initial = {"sources": data["sources"], "household_code": "V01-001"}
    return check("verification", data, initial=initial, context={"household": {"kind": kind}})


def test_sources_that_agree_raise_nothing(check: Any) -> None:
    outcome = compare(check, {})
    assert outcome.ok and outcome.problems == []


@pytest.mark.parametrize(
    ("source", "code", "kind", "path"),
    [
        ("archive", "ledger_mismatch", "ledgers_differ", "archive"),
        ("actual", "reality_mismatch", "ledger_differs_from_fact", "actual"),
        ("county", "ledger_mismatch", "ledgers_differ", "household"),
        ("household", "ledger_mismatch", "ledgers_differ", "household"),
    ],
)
@pytest.mark.parametrize(("field", "value", "held"), [("housing_grade", "D", "housing.grade"), ("phone", "13900000000", "phone")])
def test_a_difference_is_a_problem_that_holds_its_field(
    check: Any, source: str, code: str, kind: str, path: str, field: str, value: str, held: str
) -> None:
    """R19, R20, R23: two records differ, or the record differs from reality."""
    (finding,) = compare(check, {f"sources.{field}.{source}": value}).problems
    assert (finding.code, finding.path) == (code, f"sources.{field}.{path}")
    assert finding.params == {"kind": kind, "holds": True, "held_field": held}


def test_what_a_source_does_not_know_is_no_difference(check: Any) -> None:
    assert compare(check, {"sources.phone.county": None, "sources.phone.archive": None}).problems == []


NO_PHONE = {f"sources.phone.{source}": "无" for source in ("system", "archive", "actual", "county", "town", "village", "household")}


@pytest.mark.parametrize("unknown", [None, "", "无", "无电话", "没有", " / "])
def test_none_agrees_with_none_and_with_what_is_missing(check: Any, unknown: Any) -> None:
    """A household without a telephone: no false 账实不相符."""
    for source in ("system", "archive", "county", "household"):
        assert compare(check, {**NO_PHONE, f"sources.phone.{source}": unknown}).problems == []
    nowhere = dict.fromkeys(NO_PHONE)
    assert compare(check, {**nowhere, "sources.phone.actual": "无"}).problems == []


@pytest.mark.parametrize(
    ("differs", "kind"),
    [
        ({"sources.phone.system": "13900000000", "sources.phone.archive": "13900000000"}, "ledger_differs_from_fact"),
        ({"sources.phone.actual": "13900000000"}, "ledger_differs_from_fact"),
        ({"sources.phone.system": "13900000000"}, "ledgers_differ"),
        ({"sources.phone.town": "13900000000"}, "ledgers_differ"),
    ],
)
def test_none_against_a_number_differs_once(check: Any, differs: dict[str, str], kind: str) -> None:
    (finding,) = compare(check, {**NO_PHONE, **differs}).problems
    assert finding.params["kind"] == kind


def test_a_year_that_is_left_empty_differs_from_a_year_in_the_records(check: Any) -> None:
    nowhere = {f"sources.year_out.{source}": None for source in ("system", "archive", "actual", "county", "town", "village", "household")}
    assert compare(check, nowhere).problems == []
    (finding,) = compare(check, {**nowhere, "sources.year_out.system": 2018}).problems
    assert finding.params["kind"] == "ledger_differs_from_fact"


def test_how_a_number_is_written_is_no_difference(check: Any) -> None:
    assert compare(check, {"sources.phone.archive": "138 0000-1234"}).problems == []
    lower = {f"sources.id_number.{source}": "50023519700101001x" for source in ("archive", "household")}
    upper = {f"sources.id_number.{source}": "50023519700101001X" for source in ("system", "actual", "county", "town", "village")}
    assert compare(check, {**lower, **upper}).problems == []


@pytest.mark.parametrize("mode", ["proxy", "lost_contact", "nobody_home"])
def test_nobody_is_asked_to_tick_what_he_told_somebody_who_was_not_there(check: Any, mode: str) -> None:
    """R18: by the mode of the visit; whoever was met must have been told."""
    ticks = ("identity_shown", "purpose_explained", "privacy_explained")
    told = {f"introduction.{tick}": False for tick in ticks}
    assert set(compare(check, {**told, "introduction.mode": "on_site"}).errors) == {f"introduction.{tick}" for tick in ticks}
    outcome = compare(check, {**told, "introduction.mode": mode, "not_verified_reason": "多次上门无人"})
    assert outcome.ok and not set(ticks) & set(outcome.data["introduction"])
    if mode == "nobody_home":
        assert not outcome.data.get("verified"), "what was not looked at is not verified"
    else:
        home = check("household_registered", samples.registered(**{f"visit.{tick}": False for tick in ticks}, **{"visit.mode": mode}))
        assert not {f"visit.{tick}" for tick in ticks} & set(home.errors)


@pytest.mark.parametrize("form", ["household_registered", "household_key_general"])
def test_a_household_without_a_telephone_says_so(check: Any, form: str) -> None:
    make = samples.registered if form == "household_registered" else samples.key_general
    assert "phone" not in check(form, make(phone="无")).errors
    assert "phone" in check(form, make(phone="不知道")).errors


def test_the_held_field_is_that_of_the_households_own_form(check: Any) -> None:
    (finding,) = compare(check, {"sources.income_per_capita.archive": 1}, kind="key_general").problems
    assert finding.params["held_field"] == "income_band"
    (without,) = compare(check, {"sources.insured_count.archive": 1}).problems
    assert without.params["holds"] is False and "held_field" not in without.params


def test_nothing_is_raised_before_it_was_verified(check: Any) -> None:
    outcome = compare(check, {"verified": False, "not_verified_reason": "无人在家", "sources.phone.archive": "13900000000"})
    assert outcome.ok and outcome.problems == []


# --- problems, staff, spot check and the rest


def test_closing_needs_evidence_and_a_second_person(check: Any) -> None:
    """R33."""
    data = {"decision": "close", "method": "on_site"}
    context = {"actor": "li", "item": {"rectified_by": "wang", "evidence": []}}
    assert set(check("closure", data, context=context).errors) == {"evidence"}
    assert check("closure", {**data, "evidence_note": "已通水"}, context=context).ok
    assert check("closure", data, context={**context, "item": {"rectified_by": "wang", "evidence": ["照片"]}}).ok
    assert check("closure", {**data, "evidence": ["7"]}, context={**context, "attachments": [{"id": "7"}]}).ok
    own = check("closure", {**data, "evidence_note": "已通水"}, context={**context, "item": {"rectified_by": "li", "evidence": []}})
    assert set(own.errors) == {"decision"}
    returned = {"decision": "return", "method": "on_site", "return_reason": "未通水"}
    assert check("closure", {**returned, "return_reason": "仍未通水"}, context=context).ok


def test_the_spot_checker_never_investigated_the_household(check: Any) -> None:
    data = {
        "head": "张三",
        "members_count": 3,
        "income_per_capita": 5000,
        "insured_count": 3,
        "food_clothing": "yes",
        "education": "yes",
        "housing_grade": "A",
        "water_safe": "yes",
        "satisfaction": 5,
        "visited": "yes",
        "checked_at": "2020-05-28T09:00+08:00",
    }
    assert check("spot_check", data, context={"actor": "zhao", "visitors": ["qian"]}).ok
    assert list(check("spot_check", data, context={"actor": "qian", "visitors": ["qian"]}).errors) == [""]


def person(**changes: Any) -> dict[str, Any]:
    return {
        "name": "李四",
        "unit": "镇政府",
        "post": "干部",
        "phone": "13800001234",
        "role": "investigator",
        "villages": ["V01"],
        "from": "2020-05-21",
        "to": "2020-05-31",
        "trained": "yes",
        **changes,
    }


def test_staff_in_their_home_village_and_untrained_staff_need_a_reason(check: Any) -> None:
    villages = {"places": {"villages": [{"value": "V01", "label": "柏树村"}], "groups": []}}
    data = {"staff": [person(home_village="V01"), person(trained="no"), person(to="2020-05-20")]}
    outcome = check("staff", data, context=villages)
    assert codes(outcome) == {"staff[0].villages": "home_village", "staff[1].trained": "not_trained"}
    assert set(outcome.errors) == {"staff[2].to"}


def test_missing_and_differing_documents_are_problems(check: Any) -> None:
    initial = {"documents": [{"code": code, "name": code} for code in "abc"]}
    rows = [
        {**initial["documents"][0], "status": "missing"},
        {**initial["documents"][1], "status": "have", "consistent": "no", "signed": "no"},
        {**initial["documents"][2], "status": "not_applicable"},
    ]
    outcome = check("nine_documents", {"documents": rows}, initial=initial)
    assert outcome.ok and [(finding.path, finding.code) for finding in outcome.problems] == [
        ("documents[0].status", "document_missing"),
        ("documents[1].consistent", "ledger_mismatch"),
        ("documents[1].signed", "document_unsigned"),
    ]


DONE = {"decision": "done", "measure": "已通水管", "finished_on": "2020-05-21", "responsible": "王五"}
CONSULTED = {"result": "与档案一致", "agrees": "yes"}
NOTICE = {"addressee": "柏树村", "category": "income", "text": "限期整改，逐项销号，按时书面回复。", "manner": "seal"}
KEYED = {"receipt": "B1234", "keyed_at": "2020-05-30T08:00+08:00", "checked": True}
ENTRY_END = {"campaign": {"entry_to": "2020-06-01T00:00:00+08:00"}}


@pytest.mark.parametrize(
    ("form", "data", "context", "errors", "warnings"),
    [
        ("rectification", DONE, {}, [], ["no_evidence"]),
        ("rectification", {**DONE, "finished_on": "2020-05-22", "evidence_note": "票据"}, {}, ["finished_on"], []),
        ("rectification", {"decision": "cannot", "reason": "需要上级资金"}, {}, [], []),
        ("consultation", CONSULTED, {}, ["evidence"], []),
        ("consultation", {**CONSULTED, "evidence_note": "户口簿"}, {}, [], []),
        ("form_code", {"code": "JD-V01-001"}, {"codes_in_use": ["JD-V01-001"]}, ["code"], []),
        ("form_code", {"code": "JD-V01-001"}, {"codes_in_use": []}, [], []),
        ("self_check", {"items": ["identity"], "confirmed": True}, {}, ["items"], []),
        ("supervision_notice", {**NOTICE, "reply_by": "2020-05-21T07:00+08:00"}, {}, ["reply_by"], []),
        ("supervision_notice", {**NOTICE, "reply_by": "2020-05-22T07:00+08:00"}, {}, [], []),
        ("app_entry", {**KEYED, "keyed_at": "2020-06-01T08:00+08:00"}, ENTRY_END, [], ["entered_late"]),
        ("app_entry", KEYED, {"receipts_in_use": ["B1234"]}, ["receipt"], []),
        ("app_entry", KEYED, {"receipts_in_use": ["B1"], **ENTRY_END}, [], []),
    ],
)
def test_the_smaller_rules(check: Any, form: str, data: Any, context: Any, errors: list[str], warnings: list[str]) -> None:
    outcome = check(form, data, context=context, initial={"code": "V01"} if form == "app_entry" else {})
    assert list(outcome.errors) == errors
    assert [finding.code for finding in outcome.warnings] == warnings


def test_a_deadline_that_has_passed_is_refused_and_a_late_one_explained(check: Any, at: Any) -> None:
    at("2020-05-25T08:00:00+08:00")
    context = {
        "campaign": {"rectification_deadline": "2020-06-01T00:00:00+08:00"},
        "people": [{"value": "wang", "label": "王"}],
    }
    data = {"decision": "assign", "person": "wang", "measure": "三日内接通水管"}
    past = check("problem_assignment", {**data, "deadline": "2020-05-24T08:00+08:00"}, context=context)
    assert set(past.errors) == {"deadline"}
    late = check("problem_assignment", {**data, "deadline": "2020-06-02T08:00+08:00"}, context=context)
    assert [finding.code for finding in late.unexplained] == ["deadline_late"]
    assert check("problem_assignment", {**data, "deadline": "2020-05-28T08:00+08:00"}, context=context).ok


def test_guides_training_handover_and_village_rules(at: Any) -> None:
    guide = {"name": "王", "familiar": ["village", "policy"]}
    assert [one["code"] for one in decide("guide_rules", {"guide": guide})] == ["not_familiar"]
    assert [one["code"] for one in decide("training_rules", {"attendance": [{"present": "no"}, {"present": "yes"}]})] == ["absent"]
    assert [one["code"] for one in decide("handover_rules", {"forms": 4, "households": 5, "approved": 4})] == [
        "forms_missing",
        "not_all_reviewed",
    ]
    village = {"totals": {"persons_registered": 10, "households_registered": 3}, "population": 9, "households_all": 2}
    found = decide("village_rules", {**village, "infrastructure": {"road": "no", "power": "yes"}, "services": {"clinic": "no"}})
    assert [one["code"] for one in found] == ["population_too_small", "households_too_few", "no_road", "no_clinic"]
    judgement = {"decision": "assign", "deadline": "2020-05-20T08:00:00+08:00"}
    assert [one["code"] for one in decide("judgement_rules", {"judgement": judgement})] == ["deadline_passed"]


# --- the tables themselves


def test_every_cell_of_every_rule_parses_and_every_text_is_in_both_languages() -> None:
    wrong = []
    for path in sorted((ROOT / "processes").glob("*_rules.dmn")):
        tree = etree.parse(path)
        for cell in tree.iter(f"{DMN}text"):
            unary = cell.getparent().tag == f"{DMN}inputEntry"
            if cell.text == "-":
                continue
            if feel.check(cell.text, unary=unary).error:
                wrong.append((path.name, cell.text))
        for table in tree.iter(f"{DMN}decisionTable"):
            names = [output.get("name") for output in table.iter(f"{DMN}output")]
            for rule in table.iter(f"{DMN}rule"):
                cells = dict(zip(names, (entry.findtext(f"{DMN}text") for entry in rule.iter(f"{DMN}outputEntry")), strict=True))
                if "severity" in cells and (
                    cells["severity"] not in ('"E"', '"W"', '"P"') or "null" in (cells["text_zh"], cells["text_en"])
                ):
                    wrong.append((path.name, str(cells)))
    assert wrong == []


def test_thresholds_come_from_the_settings() -> None:
    """No yuan, minutes or metres of the campaign's settings stand in a table."""
    for path in (ROOT / "processes").glob("*_rules.dmn"):
        texts = [cell.text for cell in etree.parse(path).iter(f"{DMN}text")]
        assert not [text for text in texts if any(number in text for number in ("4000", "0.5", "800"))], path.name
