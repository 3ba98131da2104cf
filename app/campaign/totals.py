"""A village's totals, made from its household forms (村表: computed and locked, never typed)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaign import settings
from app.campaign.models import Household, Problem
from app.engine.needed_decisions import need
from app.forms import submissions
from app.forms.models import Submission

#: what a household form counts as, besides what it says literally
COUNTS = need("household_counts", {"counted": ("satisfied", "unsafe_houses")}, many=True, forms=("village", "signature"))

_OUT = ("out_of_poverty", "out_enjoying_policy")


def village(session: Session, campaign_id: int, code: str) -> dict[str, Any]:
    """The group ``totals`` of the village form: five statements, however many households there are."""
    line = settings.read(session, campaign_id)["income_line"]
    homes = {
        f"household:{row.code}": row
        for row in session.scalars(select(Household).where(Household.campaign_id == campaign_id, Household.village == code))
    }
    registered = _forms(session, campaign_id, "household_registered", code)
    every = [*registered, *_forms(session, campaign_id, "household_key_general", code)]
    open_problems = session.scalar(
        select(func.count()).where(Problem.campaign_id == campaign_id, Problem.village == code, Problem.state.in_(("open", "rectified")))
    )
    return {
        **_kinds(homes, registered),
        **_incomes(registered, line),
        **_guarantees(every),
        "lost_contact": sum(1 for form in every if _in(form, "visit", "mode") == "lost_contact"),
        **_counted(session, every),
        "problems_open": open_problems or 0,
    }


def _forms(session: Session, campaign_id: int, form_id: str, scope: str) -> list[Submission]:
    return submissions.latest_of_scope(session, campaign_id, form_id, scope)


def _in(form: Submission, group: str, key: str) -> Any:
    found = form.data.get(group)
    return found.get(key) if isinstance(found, dict) else None


def _members(form: Submission) -> list[Mapping[str, Any]]:
    rows = form.data.get("members")
    return rows if isinstance(rows, list) else []


def _kinds(homes: Mapping[str, Household], registered: Sequence[Submission]) -> dict[str, int]:
    out = [form for form in registered if form.data.get("poverty_status") in _OUT]
    return {
        "households_registered": sum(1 for home in homes.values() if home.kind == "registered"),
        "persons_registered": sum(len(_members(form)) for form in registered),
        "households_key": sum(1 for home in homes.values() if home.kind == "key_general"),
        "households_out": len(out),
        "persons_out": sum(len(_members(form)) for form in out),
        "households_in_poverty": len(registered) - len(out),
    }


def _incomes(registered: Sequence[Submission], line: float) -> dict[str, Any]:
    with_income = [form for form in registered if _in(form, "income", "net") is not None]
    persons = sum(len(_members(form)) for form in with_income)
    net = sum(float(_in(form, "income", "net")) for form in with_income)
    below = sum(1 for form in with_income if (_in(form, "income", "per_capita") or 0) < line)
    return {"income_per_capita": round(net / persons, 2) if persons else None, "households_below_line": below}


def _guarantees(every: Sequence[Submission]) -> dict[str, int]:
    people = list(_every_member(every))
    return {
        "households_allowance": sum(1 for form in every if form.data.get("low_income_allowance") == "yes"),
        "school_age": sum(int(_in(form, "education", "school_age") or 0) for form in every),
        "dropped_out": sum(1 for member in people if member.get("schooling") == "dropped_out"),
        "uninsured": sum(1 for member in people if member.get("insurance") == "none"),
        "unsafe_water": sum(1 for form in every if "no" in (_in(form, "water", "quantity"), _in(form, "water", "quality"))),
        "food_clothing": sum(1 for form in every if "no" in (form.data.get("living") or {}).values()),
    }


def _every_member(forms: Sequence[Submission]) -> Iterator[Mapping[str, Any]]:
    for form in forms:
        yield from _members(form)


def _counted(session: Session, every: Sequence[Submission]) -> dict[str, int]:
    """By the decision table ``household_counts``."""
    cases = [
        {
            "satisfaction": _in(form, "satisfaction", "score"),
            "grade": _in(form, "housing", "grade"),
            "measure": _in(form, "housing", "measure"),
        }
        for form in every
    ]
    found = Counter(entry["counted"] for entries in COUNTS.ask_each(session, cases) for entry in entries)
    return {"satisfied": found["satisfied"], "unsafe_houses": found["unsafe_houses"]}
