"""Invented households: members that fit together, incomes, houses, and extracts in which some sources deliberately differ."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from app.campaign.demonstration import names
from app.campaign.demonstration.town import GroupRecord, Town
from app.campaign.registering import NewHousehold, NewMember

#: the day for which ages are right
TODAY = date(2020, 5, 21)

#: registered households among all (400 of 650)
REGISTERED = 400 / 650

CAUSES = ("illness", "disability", "school", "disaster", "land", "technology", "labour", "capital", "transport", "motivation")
KEY_REASONS = ("low_income", "serious_illness", "disabled", "elderly_alone", "disaster", "housing_risk", "school_burden")


def group_sizes(town: Town, total: int) -> list[int]:
    """*total* shared out over the town's groups, as evenly as it goes."""
    number = len(town.groups)
    return [total * (index + 1) // number - total * index // number for index in range(number)]


def build(town: Town, households: int, seed: int) -> Iterator[NewHousehold]:
    """The households, group by group. Same town size and seed: the same households, whatever was drawn before."""
    taken: set[str] = set()
    serial: dict[str, int] = {}
    sizes = zip(group_sizes(town, households), group_sizes(town, round(households * REGISTERED)), strict=True)
    for group, (size, registered) in zip(town.groups, sizes, strict=True):
        rng = random.Random(f"{seed}:{group.code}")
        registered = min(registered, size)  # where there are fewer households than groups, both are spread differently
        kinds = ["registered"] * registered + ["key_general"] * (size - registered)
        rng.shuffle(kinds)
        for place, kind in enumerate(kinds):
            serial[group.village] = serial.get(group.village, 0) + 1
            yield _household(rng, group, kind, serial[group.village], 1 + place * 4 // max(1, len(kinds)), taken)


def _household(rng: random.Random, group: GroupRecord, kind: str, serial: int, group_no: int, taken: set[str]) -> NewHousehold:
    members = tuple(_family(rng, taken))
    facts = _facts(rng, members)
    village = group.name.split("第")[0]
    year = rng.choice((2014, 2014, 2014, 2015, 2016, 2017))
    out = min(2019, year + rng.randint(1, 4)) if rng.random() < 0.97 else None
    registered = kind == "registered"
    record = NewHousehold(
        code=f"{group.village}-{serial:03d}",
        village=group.village,
        group_no=str(group_no),
        work_group=group.code,
        kind=kind,
        head=members[0].name,
        phone=names.phone(rng) if rng.random() < 0.94 else "",
        address=f"{village}{group_no}组",
        members=members,
        facts=facts,
        low_income_allowance=rng.random() < (0.22 if registered else 0.1),
        year_registered=year if registered else None,
        year_out=out if registered else None,
        poverty_status=("out_enjoying_policy" if out else "in_poverty") if registered else "",
        poverty_cause=rng.choice(CAUSES) if registered else "",
        key_reason="" if registered else rng.choice(KEY_REASONS),
    )
    return _with_extracts(rng, record)


def _family(rng: random.Random, taken: set[str]) -> Iterator[NewMember]:
    """A head of 35–78, perhaps a spouse, children, a parent. Children bear the father's name."""
    sex = "male" if rng.random() < 0.82 else "female"
    birth = names.born(rng, TODAY, 35, 78)
    age = TODAY.year - birth.year
    head_name = names.person_name(rng, sex)
    yield _member(rng, head_name, sex, birth, "head", taken)
    if rng.random() < (0.8 if age < 65 else 0.55):
        other = "female" if sex == "male" else "male"
        yield _member(rng, names.person_name(rng, other), other, names.born(rng, TODAY, max(20, age - 6), age + 3), "spouse", taken)
    children = rng.choice((0, 1, 1, 2, 2, 3)) if age < 60 else rng.choice((0, 0, 1, 1, 2))
    for _ in range(children):
        child_sex = rng.choice(("male", "female"))
        low = max(0, age - 40)
        child = names.born(rng, TODAY, low, max(low, min(45, age - 21)))
        yield _member(rng, names.person_name(rng, child_sex, head_name[0]), child_sex, child, "child", taken)
    if age < 62 and rng.random() < 0.3:
        parent_sex = rng.choice(("male", "female"))
        surname = head_name[0] if parent_sex == "male" else ""
        parent = names.born(rng, TODAY, age + 20, min(96, age + 32))
        yield _member(rng, names.person_name(rng, parent_sex, surname), parent_sex, parent, "parent", taken)


def _member(rng: random.Random, name: str, sex: str, birth: date, relation: str, taken: set[str]) -> NewMember:
    age = (TODAY - birth).days // 365
    number = names.id_number(rng, birth, sex, taken)
    health = rng.choices(("healthy", "chronic", "serious", "disabled"), (80, 13, 2, 5) if age < 60 else (58, 30, 4, 8))[0]
    return NewMember(name, sex, birth, number, relation, health, _member_facts(rng, age, health))


def _member_facts(rng: random.Random, age: int, health: str) -> dict[str, Any]:
    labour = "none" if age < 16 or age > 72 or health == "serious" else ("partial" if age > 60 or health == "disabled" else "full")
    works = labour == "full" and 16 <= age <= 60 and rng.random() < 0.55 and not 16 <= age <= 18
    school = _school(age)
    return {
        "education": _education(rng, age),
        "school_status": school,
        **({"schooling": "at_school" if school == "compulsory" else "finished"} if 6 <= age <= 15 else {}),
        "labour": labour,
        "work_place": rng.choice(("本村", "本镇", "县城", "重庆主城", "浙江", "广东")) if works else "",
        "work_months": rng.randint(5, 11) if works else 0,
        "insurance": "none" if rng.random() < 0.002 else "employee" if works and rng.random() < 0.1 else "resident",
        "pension": "receiving" if age >= 60 else "resident" if age >= 16 and rng.random() < 0.86 else "none",
    }


def _education(rng: random.Random, age: int) -> str:
    if age < 6:
        return "none"
    if age < 13:
        return "primary"
    if age < 16:
        return "junior"
    if age < 23:
        return rng.choice(("junior", "senior", "vocational", "college"))
    return rng.choices(("none", "primary", "junior", "senior", "vocational", "college"), (12, 38, 34, 9, 4, 3))[0]


def _school(age: int) -> str:
    if age < 3:
        return "not_school_age"
    if age < 6:
        return "preschool"
    if age <= 15:
        return "compulsory"
    return "senior" if age <= 18 else "left"


def _facts(rng: random.Random, members: tuple[NewMember, ...]) -> dict[str, Any]:
    """Figures as the files know them. About one household in twenty is below the line of 4,000 yuan a head."""
    workers = sum(1 for member in members if member.facts["work_months"])
    wage = sum(member.facts["work_months"] * rng.randint(1900, 3600) for member in members)
    business = rng.randint(500, 4600) * max(1, len(members)) + (0 if workers else rng.randint(2000, 6000))
    cost = round(business * rng.uniform(0.18, 0.38))
    transfer = rng.randint(300, 1900) * len(members) + (rng.randint(1400, 5200) if not workers else 0)
    prop = rng.choice((0, 0, 0, 200, 500, 1200))
    total = wage + business + prop + transfer - cost
    low = 4000 * len(members) - total
    if low > 0 and rng.random() < 0.6:  # most of what would be below the line gets a living allowance
        transfer += low + rng.randint(300, 2400)
        total = wage + business + prop + transfer - cost
    chronic = sum(1 for member in members if member.health == "chronic")
    return {
        "living": dict.fromkeys(("enough_food", "protein", "drinking_water", "clothing", "bedding"), "yes"),
        "medical": {
            "chronic_patients": chronic,
            **({"chronic_contracted": chronic} if chronic else {}),
            "one_stop": rng.choice(("used", "none", "none")),
            "treated": "yes",
        },
        "housing": _house(rng, len(members)),
        "water": _water(rng),
        "income": {"wage": wage, "business": business, "property": prop, "transfer": transfer, "business_cost": cost},
        "help": {
            "industry": rng.sample(("planting", "breeding", "dividend", "microcredit"), rng.randint(0, 2)),
            "officer": names.person_name(rng, rng.choice(("male", "female"))),
            "officer_visits": rng.randint(4, 14),
        },
    }


def _house(rng: random.Random, members: int) -> dict[str, Any]:
    return {
        "grade": rng.choices(("A", "B", "C", "D"), (46, 52, 1.5, 0.5))[0],
        "structure": rng.choice(("reinforced", "brick_concrete", "brick_concrete", "brick_timber", "earth")),
        "area": rng.randint(22, 45) * members,
        "origin": rng.choices(("self_built", "renovated", "relocated", "bought"), (70, 16, 11, 3))[0],
        "appraisal": f"房屋安全认定表2019-{rng.randint(1, 900):03d}",
    }


def _water(rng: random.Random) -> dict[str, Any]:
    return {
        "supply": rng.choices(("piped", "public_tap", "well", "spring"), (80, 6, 8, 6))[0],
        "quantity": "yes",
        "quality": "yes" if rng.random() < 0.99 else "no",
        "shortage_days": 0 if rng.random() < 0.98 else rng.randint(5, 40),
    }


def per_capita(facts: dict[str, Any], members: int) -> float:
    """Per-capita net income in yuan, as the household form computes it."""
    income = facts["income"]
    net = income["wage"] + income["business"] + income["property"] + income["transfer"] - income["business_cost"]
    return float(round(net / members, 2))


#: key field → how a source may be wrong about it
_SLIPS = ("members_count", "year_out", "income_per_capita", "housing_grade", "insured_count", "phone")


def key_values(record: NewHousehold) -> dict[str, Any]:
    """The key fields as they really are."""
    water = record.facts["water"]
    return {
        "head": record.head,
        "id_number": record.members[0].id_number,
        "members_count": len(record.members),
        "year_out": record.year_out,
        "income_per_capita": per_capita(dict(record.facts), len(record.members)),
        "housing_grade": record.facts["housing"]["grade"],
        "insured_count": sum(1 for member in record.members if member.facts["insurance"] != "none"),
        "water_safe": "yes" if water["quantity"] == water["quality"] == "yes" else "no",
        "phone": record.phone,
    }


def _with_extracts(rng: random.Random, record: NewHousehold) -> NewHousehold:
    """Seven sources; in about one household of eight one of them differs in one field."""
    truth = key_values(record)
    sources = {source: dict(truth) for source in ("system", "archive", "actual", "county", "town", "village", "household")}
    if rng.random() < 0.12:
        wrong = rng.choice(("system", "archive", "county", "town", "village"))
        slip = rng.choice(_SLIPS)
        sources[wrong][slip] = _slipped(rng, slip, truth[slip])
    return replace(record, extracts=sources)


def _slipped(rng: random.Random, name: str, value: Any) -> Any:
    if name in ("members_count", "insured_count"):
        return max(1, value + rng.choice((-1, 1)))
    if name == "year_out":
        return (value or 2018) - 1
    if name == "income_per_capita":
        return round(value * rng.choice((0.72, 0.9, 1.15, 1.4)), 2)
    if name == "housing_grade":
        return "C" if value in ("A", "B") else "B"
    return names.phone(rng)
