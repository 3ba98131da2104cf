"""Who may see a masked value in the clear: whoever may see the household, and only through the recorded act."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import personal
from app.auth import Identity
from app.border import number_or
from app.campaign import visibility
from app.campaign.models import Household, Member
from app.personal import Unmasked


def _home(session: Session, key: str, identity: Identity) -> Household | None:
    return session.scalar(visibility.households_open_to(identity).where(Household.key == number_or(key)))


def _phone(session: Session, key: str, identity: Identity) -> Unmasked | None:
    home = _home(session, key, identity)
    return Unmasked(personal.decrypt("household", home.key, "phone", home.phone_cipher), f"household:{home.code}") if home else None


def _bank(session: Session, key: str, identity: Identity) -> Unmasked | None:
    home = _home(session, key, identity)
    return Unmasked(personal.decrypt("household", home.key, "bank", home.bank_cipher), f"household:{home.code}") if home else None


def _member(session: Session, key: str, identity: Identity) -> Member | None:
    visible = visibility.households_open_to(identity).with_only_columns(Household.code)
    return session.scalar(
        select(Member).where(Member.key == number_or(key), Member.campaign_id == identity.campaign_id, Member.household.in_(visible))
    )


def _id_number(session: Session, key: str, identity: Identity) -> Unmasked | None:
    row = _member(session, key, identity)
    return Unmasked(personal.decrypt("member", row.key, "id_number", row.id_number_cipher), f"household:{row.household}") if row else None


def _health(session: Session, key: str, identity: Identity) -> Unmasked | None:
    row = _member(session, key, identity)
    return Unmasked(personal.decrypt("member", row.key, "health", row.health_cipher), f"household:{row.household}") if row else None


def register() -> None:
    """Tell ``app.personal`` who decides."""
    personal.unmaskable("household.phone", _phone)
    personal.unmaskable("household.bank", _bank)
    personal.unmaskable("member.id_number", _id_number)
    personal.unmaskable("member.health", _health)
