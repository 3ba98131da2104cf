"""Right answers to start from: tests change one thing and look what is said about it."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

from app.campaign import id_numbers
from app.forms import paths

SETTINGS = {
    "income_line": 4000,
    "income_tolerance": 0.5,
    "low_satisfaction": 2,
    "school_age_from": 6,
    "school_age_to": 15,
    "water_minutes": 20,
    "water_distance": 800,
    "water_height": 80,
    "water_shortage_days": 36,
}
CONTEXT: dict[str, Any] = {
    "settings": SETTINGS,
    "duplicate_ids": [],
    "extract": {"system": {"income_per_capita": 7000}},
    "key_reasons": [{"value": "low_income", "label": "收入不稳定"}],
}
INITIAL = {"code": "V01-001", "village": "柏树村"}


def member(**changes: Any) -> dict[str, Any]:
    born = date.fromisoformat(changes.get("birth_date", "1970-01-01"))
    order = 12 if changes.get("sex") == "female" else 11
    return {
        "name": "张三",
        "relation": "head",
        "id_number": id_numbers.make("500299", born, order),
        "sex": "male",
        "birth_date": "1970-01-01",
        "education": "primary",
        "school_status": "left",
        "health": "healthy",
        "labour": "full",
        "insurance": "resident",
        "pension": "resident",
        **changes,
    }


def child(**changes: Any) -> dict[str, Any]:
    return member(name="张小花", relation="child", sex="female", birth_date="2010-03-01", schooling="at_school", labour="none", **changes)


def visit() -> dict[str, Any]:
    return {
        "identity_shown": True,
        "purpose_explained": True,
        "privacy_explained": True,
        "mode": "on_site",
        "respondent": "张三",
        "respondent_relation": "head",
        "start": "2020-05-21T09:00+08:00",
        "end": "2020-05-21T10:00+08:00",
        "signature": "signed",
        "self_checked": True,
    }


def common() -> dict[str, Any]:
    return {
        "visit": visit(),
        "head": "张三",
        "low_income_allowance": "no",
        "members": [member(), child()],
        "living": dict.fromkeys(("enough_food", "protein", "drinking_water", "clothing", "bedding"), "yes"),
        "education": {"subsidy": "yes"},
        "medical": {"chronic_patients": 0, "one_stop": "none", "treated": "yes"},
        "housing": {"grade": "A", "structure": "brick_concrete", "area": 90, "origin": "self_built"},
        "water": {"supply": "piped", "quantity": "yes", "quality": "yes", "shortage_days": 0},
        "satisfaction": {"score": 5},
    }


def registered(**changes: Any) -> dict[str, Any]:
    """A right household form; changes by path: ``registered(**{"housing.grade": "D"})``."""
    data = {
        **common(),
        "poverty_status": "in_poverty",
        "poverty_cause": "illness",
        "income": {"wage": 10000, "business": 5000, "property": 0, "transfer": 1000, "business_cost": 2000},
        "help": {"officer": "李四", "officer_visits": 12},
        "rectified": {"earlier": "none"},
    }
    return changed(data, changes)


def key_general(**changes: Any) -> dict[str, Any]:
    data = {
        **common(),
        "key_reason": "low_income",
        "income_band": "to_1_5",
        "medical_spending": 500,
        "education_spending": 0,
        "risk": {"level": "none", "basis": "收入稳定,三保障落实", "confirmation": "confirmed"},
    }
    return changed(data, changes)


KEY_FIELDS = (
    "head",
    "id_number",
    "members_count",
    "year_out",
    "income_per_capita",
    "housing_grade",
    "insured_count",
    "water_safe",
    "phone",
)


def sources() -> dict[str, Any]:
    values: dict[str, Any] = {
        "head": "张三",
        "id_number": "500299197001010113",
        "members_count": 2,
        "year_out": 2018,
        "income_per_capita": 7000,
        "housing_grade": "A",
        "insured_count": 2,
        "water_safe": "yes",
        "phone": "13800001234",
    }
    names = ("system", "archive", "actual", "county", "town", "village", "household")
    return {key: dict.fromkeys(names, value) for key, value in values.items()}


def changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    data = deepcopy(data)
    for path, value in changes.items():
        assert paths.put(data, path, value), path
    return data
