"""New households into the campaign: rows in bulk, personal fields encrypted. The import and the demonstration write through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import personal
from app.campaign.importing.columns import key_fields
from app.campaign.models import Extract, Household, Member
from app.db import new_key


@dataclass(frozen=True, slots=True)
class NewMember:
    name: str
    sex: str
    birth_date: date
    id_number: str
    relation: str
    health: str = ""
    #: form key → value
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household as it is known before the first visit; personal fields plain."""

    code: str
    village: str
    group_no: str
    work_group: str
    #: registered or key_general
    kind: str
    head: str
    members: tuple[NewMember, ...] = ()
    phone: str = ""
    bank: str = ""
    address: str = ""
    investigator: str = ""
    walking_order: int = 0
    planned_on: date | None = None
    year_registered: int | None = None
    year_out: int | None = None
    poverty_status: str = ""
    poverty_cause: str = ""
    low_income_allowance: bool = False
    key_reason: str = ""
    #: form key → value
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: source → key field → value
    extracts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


#: columns that go over as they are
_PLAIN = (
    *("code", "village", "group_no", "head", "kind", "work_group", "investigator", "walking_order", "planned_on", "address"),
    *("year_registered", "year_out", "poverty_status", "poverty_cause", "low_income_allowance", "key_reason"),
)


def write(session: Session, campaign_id: int, households: Sequence[NewHousehold]) -> None:
    """Insert *households* with their members and extracts: three statements, however many there are."""
    _insert(session, Household, (_household(campaign_id, home) for home in households))
    _insert(session, Member, (row for home in households for row in _members(campaign_id, home)))
    _insert(session, Extract, (row for home in households for row in _extracts(campaign_id, home)))


def _insert(session: Session, model: Any, rows: Iterable[dict[str, Any]]) -> None:
    values = list(rows)
    if values:
        session.execute(insert(model.__table__), values)


def _household(campaign_id: int, home: NewHousehold) -> dict[str, Any]:
    key = new_key()
    return {
        "key": key,
        "campaign_id": campaign_id,
        **{name: getattr(home, name) for name in _PLAIN},
        "phone_cipher": personal.encrypt("household", key, "phone", home.phone),
        "bank_cipher": personal.encrypt("household", key, "bank", home.bank),
        "stage": "waiting",
        "visit_mode": "",
        "open_problems": 0,
        "open_holds": 0,
        "facts": dict(home.facts),
        "revision": 1,
    }


def _members(campaign_id: int, home: NewHousehold) -> Iterator[dict[str, Any]]:
    for position, member in enumerate(home.members, start=1):
        key = new_key()
        yield {
            "key": key,
            "campaign_id": campaign_id,
            "household": home.code,
            "position": position,
            "name": member.name,
            "id_number_cipher": personal.encrypt("member", key, "id_number", member.id_number),
            "id_number_index": personal.blind_index("id_number", member.id_number),
            "relation": member.relation,
            "sex": member.sex,
            "birth_date": member.birth_date,
            "health_cipher": personal.encrypt("member", key, "health", member.health),
            "facts": dict(member.facts),
        }


def _extracts(campaign_id: int, home: NewHousehold) -> Iterator[dict[str, Any]]:
    secret = {column.key for column in key_fields() if column.personal}
    for source, values in home.extracts.items():
        key = new_key()
        kept = {
            name: personal.encrypt("extract", key, name, str(value)) if name in secret and value else value
            for name, value in values.items()
        }
        yield {"key": key, "campaign_id": campaign_id, "household": home.code, "source": source, "values": kept}
