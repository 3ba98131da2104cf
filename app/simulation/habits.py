"""What people tend to do in each form, and the mistakes they make. Shares are those of a busy but honest township."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app import clock
from app.simulation.chance import Chance

Data = dict[str, Any]
Habit = Callable[[Data, dict[str, Any], Chance], None]

_habits: dict[str, Habit] = {}


def habit(form_id: str) -> Habit:
    """How *form_id* is filled before it is checked."""
    return _habits.get(form_id, _nothing)


def _nothing(_data: Data, _context: dict[str, Any], _chance: Chance) -> None:
    pass


def _of(*form_ids: str) -> Callable[[Habit], Habit]:
    def register(function: Habit) -> Habit:
        _habits.update(dict.fromkeys(form_ids, function))
        return function

    return register


def _decides(otherwise: dict[str, float], usual: str, **more: Any) -> Habit:
    """Decide *usual*, or one of *otherwise* with its share; ``more`` is entered in any case."""

    def decide(data: Data, _context: dict[str, Any], chance: Chance) -> None:
        number, data["decision"] = chance.number("decision"), usual
        for decision, share in otherwise.items():
            if number < share:
                data["decision"] = decision
                break
            number -= share
        data.update(more)

    return decide


_habits.update(
    {
        "review": _decides({"return": 0.12, "consult": 0.04}, "approve"),
        "joint_review": _decides({"return": 0.02}, "approve"),
        "rereview": _decides({"return": 0.03}, "approve"),
        "answer": _decides({"escalate": 0.08}, "answer"),
        "rectification": _decides({"cannot": 0.25}, "done", evidence_note="现场照片与收据存村档案室"),
        "principal_decision": _decides({"accept": 0.4}, "rectify"),
        "closure": _decides({"return": 0.1}, "close", evidence_note="已现场查看，整改到位"),
        "supervision_reply": _decides({"cannot": 0.1}, "done"),
        "village_problem_list": _decides({"return": 0.05}, "sign"),
        "village_review": _decides({"return": 0.08}, "approve"),
        "signature": _decides({"return": 0.04}, "sign"),
        "county_feedback": _decides({"return": 0.2}, "approve"),
        "breach": _decides({"none": 0.5}, "transfer"),
        "consultation": lambda data, _context, _chance: data.update(evidence_note="与系统导出数据一致"),
    }
)

#: Share of visits by mode; the rest is on site.
_MODES = {"remote": 0.1, "proxy": 0.05, "lost_contact": 0.04}


@_of("verification")
def _verify(data: Data, _context: dict[str, Any], chance: Chance) -> None:
    data["verified"] = not chance.happens(0.02, "come again")
    sources = data.get("sources") or {}
    if chance.happens(0.04, "house") and "housing_grade" in sources:
        sources["housing_grade"]["actual"] = "C"


@_of("household_registered", "household_key_general")
def _visit(data: Data, _context: dict[str, Any], chance: Chance) -> None:
    visit = data.setdefault("visit", {})
    number = chance.number("mode")
    visit["mode"] = "on_site"
    for mode, share in _MODES.items():
        if number < share:
            visit["mode"] = mode
            break
        number -= share
    now = clock.local(clock.now())
    visit["start"] = (now - timedelta(minutes=30 + int(60 * chance.number("length")))).isoformat(timespec="minutes")
    visit["end"] = now.isoformat(timespec="minutes")
    met = visit["mode"] in ("on_site", "remote")
    for name in ("self_checked", *(("identity_shown", "purpose_explained", "privacy_explained") if met else ())):
        visit[name] = True
    if chance.happens(0.02, "water"):
        data.setdefault("water", {})["quantity"] = "no"
    if chance.happens(0.01, "clothes"):
        data.setdefault("living", {})["bedding"] = "no"
    if chance.happens(0.05, "question"):
        data["questions"] = [{"field": "housing.grade", "text": "土墙房局部开裂，等级无法判定，请示"}]
    if chance.happens(0.04, "by hand"):
        breach = chance.happens(0.15, "breach")
        text = "反映补助被他人代领" if breach else "门前道路雨后积水，出行不便"
        data["problems_found"] = [{"dimension": "three_implementations.policy", "text": text, "breach": breach}]


@_of("problem_assignment")
def _assign(data: Data, context: dict[str, Any], chance: Chance) -> None:
    _decides({"principals": 0.3}, "assign")(data, context, chance)
    data["notice"] = chance.happens(0.4, "notice")


def _pressed(due: datetime | None, now: datetime) -> float:
    """Share of notices among what is still being rectified: most of what is overdue, half of what is due before the next evening."""
    if due is None or due >= now + timedelta(days=1):
        return 0.06
    return 0.8 if due < now else 0.5


@_of("judgement")
def _judge(data: Data, context: dict[str, Any], chance: Chance) -> None:
    """Most problems go on; some are decided about, where their process waits for that. What is late is pressed (督办)."""
    now = datetime.fromisoformat(str(context["now"]))
    for row in data.get("judgements") or []:
        luck = chance.of(str(row.get("number")))
        row["measure"] = row.get("measure") or "按时限抓紧整改"
        if row.get("number") not in context.get("judgeable", ()):
            continue
        due = datetime.fromisoformat(str(row["deadline"])) if row.get("deadline") else None
        _decides({"notice": _pressed(due, now), "assign": 0.06, "escalate": 0.06}, "continue")(row, context, luck)
        if row["decision"] == "assign":
            row["responsible"] = luck.pick([str(person["value"]) for person in context["people"]], "responsible")
            row["deadline"] = (now + timedelta(days=2)).isoformat(timespec="minutes")


@_of("form_code")
def _code(data: Data, _context: dict[str, Any], _chance: Chance) -> None:
    data["code"] = data.get("proposed")


@_of("app_entry")
def _key_in(data: Data, context: dict[str, Any], _chance: Chance) -> None:
    """The App shows what was keyed in."""
    approved = context.get("approved") or {}
    income = (approved.get("income") or {}).get("per_capita")
    known = {**approved, **(approved.get("totals") or {}), "income_per_capita": round(income, 2) if income is not None else None}
    asked = {
        "household_registered": ("members_count", "income_per_capita", "head_id_tail"),
        "household_key_general": ("members_count", "head_id_tail"),
        "village": ("households_registered", "persons_registered", "population"),
    }
    data["second"] = {name: known.get(name) for name in asked.get(str(context.get("entered_form")), ())}


@_of("handover")
def _hand_over(data: Data, _context: dict[str, Any], _chance: Chance) -> None:
    data["forms"] = data.get("households") or 0


@_of("handover_receipt")
def _receive(data: Data, _context: dict[str, Any], _chance: Chance) -> None:
    data["forms_received"] = data.get("forms_handed") or 0


@_of("village")
def _village(data: Data, _context: dict[str, Any], chance: Chance) -> None:
    totals = data.get("totals") or {}
    homes = int(totals.get("households_registered") or 0) + int(totals.get("households_key") or 0)
    data["households_all"] = homes * 4 + int(100 * chance.number("homes"))
    data["population"] = data["households_all"] * 4
    data["villager_groups"] = 4 + int(6 * chance.number("groups"))
    data.setdefault("infrastructure", {}).update(road_groups=data["villager_groups"], water_coverage=data["households_all"])
