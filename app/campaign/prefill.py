"""What is known about a household, in the shape of its forms: people confirm or correct it, they do not type it again."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from app import personal
from app.campaign.importing.columns import key_fields
from app.campaign.models import Extract, Household, Member
from app.db import new_key

#: groups of the household form that are kept as facts of the household
FACT_GROUPS = ("living", "education", "medical", "housing", "water", "income", "help", "risk", "satisfaction")
FACT_FIELDS = ("income_band", "medical_spending", "education_spending")

#: fields of a member that have columns of their own
_MEMBER_COLUMNS = ("name", "relation", "id_number", "sex", "birth_date", "health")
#: computed in the form
_COMPUTED = ("age",)


def form_data(session: Session, home: Household, village_name: str) -> dict[str, Any]:
    """The household form as far as it is known; personal fields plain."""
    phone = personal.decrypt("household", home.key, "phone", home.phone_cipher)
    data: dict[str, Any] = {
        "code": home.code,
        "village": village_name,
        "group_no": home.group_no,
        "head": home.head,
        "phone": phone or None,
        "low_income_allowance": "yes" if home.low_income_allowance else "no",
        "members": members(session, home),
        "visit": _visit(home),
        **deepcopy(dict(home.facts)),
    }
    for name in ("year_registered", "year_out", "poverty_status", "poverty_cause", "key_reason"):
        if value := getattr(home, name):
            data[name] = value
    return data


def _visit(home: Household) -> dict[str, Any]:
    """How the household was met when it was verified; at home until somebody says otherwise."""
    if home.visit_mode in ("proxy", "lost_contact"):
        return {"mode": home.visit_mode}
    return {"mode": home.visit_mode or "on_site", "respondent": home.head, "respondent_relation": "head"}


_MEMBERS = (
    select(Member).where(Member.campaign_id == bindparam("campaign"), Member.household == bindparam("home")).order_by(Member.position)
)
_EXTRACTS = select(Extract).where(Extract.campaign_id == bindparam("campaign"), Extract.household == bindparam("home"))


def members(session: Session, home: Household) -> list[dict[str, Any]]:
    """The members as rows of the form."""
    return [
        {
            "name": row.name,
            "relation": row.relation,
            "id_number": personal.decrypt("member", row.key, "id_number", row.id_number_cipher),
            "sex": row.sex,
            "birth_date": row.birth_date.isoformat() if row.birth_date else None,
            "health": personal.decrypt("member", row.key, "health", row.health_cipher) or None,
            **{name: value for name, value in row.facts.items() if value != ""},
        }
        for row in session.scalars(_MEMBERS, {"campaign": home.campaign_id, "home": home.code})
    ]


def extracts(session: Session, home: Household) -> dict[str, dict[str, Any]]:
    """Source → key field → value, personal values plain."""
    secret = {column.key for column in key_fields() if column.personal}
    return {
        row.source: {
            name: personal.decrypt("extract", row.key, name, value) if name in secret and value else value
            for name, value in row.values.items()
        }
        for row in session.scalars(_EXTRACTS, {"campaign": home.campaign_id, "home": home.code})
    }


def set_extract(session: Session, home: Household, source: str, values: Mapping[str, Any]) -> None:
    """Write what *source* says now."""
    secret = {column.key for column in key_fields() if column.personal}
    row = session.scalar(
        select(Extract).where(Extract.campaign_id == home.campaign_id, Extract.household == home.code, Extract.source == source)
    )
    if row is None:
        row = Extract(key=new_key(), campaign_id=home.campaign_id, household=home.code, source=source)
        session.add(row)
    row.values = {
        name: personal.encrypt("extract", row.key, name, str(value)) if name in secret and value else value
        for name, value in values.items()
    }


def adopt(session: Session, home: Household, data: Mapping[str, Any]) -> None:
    """Take over an approved form: what it says is what is known from now on."""
    home.head = data.get("head") or home.head
    home.group_no = data.get("group_no") or home.group_no
    home.phone_cipher = personal.encrypt("household", home.key, "phone", data.get("phone") or "")
    home.low_income_allowance = data.get("low_income_allowance") == "yes"
    for name in ("year_registered", "year_out"):
        if name in data:
            setattr(home, name, data[name])
    for name in ("poverty_status", "poverty_cause", "key_reason"):
        if data.get(name):
            setattr(home, name, data[name])
    kept = {name: data[name] for name in (*FACT_GROUPS, *FACT_FIELDS) if data.get(name) is not None}
    home.facts = {**home.facts, **kept}
    _replace_members(session, home, data.get("members") or [])


def _replace_members(session: Session, home: Household, rows: list[Mapping[str, Any]]) -> None:
    session.execute(delete(Member).where(Member.campaign_id == home.campaign_id, Member.household == home.code))
    for position, row in enumerate(rows, start=1):
        key = new_key()
        facts = {name: value for name, value in row.items() if name not in (*_MEMBER_COLUMNS, *_COMPUTED) and value is not None}
        session.add(
            Member(
                key=key,
                campaign_id=home.campaign_id,
                household=home.code,
                position=position,
                name=row.get("name") or "",
                relation=row.get("relation") or "",
                id_number_cipher=personal.encrypt("member", key, "id_number", row.get("id_number") or ""),
                id_number_index=personal.blind_index("id_number", row.get("id_number") or ""),
                sex=row.get("sex") or "",
                birth_date=_date(row.get("birth_date")),
                health_cipher=personal.encrypt("member", key, "health", row.get("health") or ""),
                facts=facts,
            )
        )


def _date(text: Any) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) and text else None


def others_with(session: Session, home: Household, id_numbers: list[str]) -> list[str]:
    """Those of *id_numbers* that another household of the campaign already has. One statement."""
    by_index = {personal.blind_index("id_number", number): number for number in id_numbers if number and number not in personal.NONE}
    if not by_index:
        return []
    found = session.scalars(
        select(Member.id_number_index).where(
            Member.campaign_id == home.campaign_id, Member.id_number_index.in_(by_index), Member.household != home.code
        )
    )
    return sorted({by_index[index] for index in found})
