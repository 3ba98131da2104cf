"""The demonstration's staff as table rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from app import personal
from app.campaign.demonstration.town import StaffRecord
from app.db import new_key


def staff(campaign_id: int, record: StaffRecord, from_day: date, to_day: date) -> dict[str, Any]:
    """The row of table ``staff``."""
    key = new_key()
    return {
        "key": key,
        "campaign_id": campaign_id,
        "username": record.username,
        "name": record.name,
        "unit": record.unit,
        "post": record.post,
        "phone_cipher": personal.encrypt("staff", key, "phone", record.phone),
        "work_group": record.work_group,
        "role": record.roles[0][0],
        "villages": list(record.villages),
        "home_village": record.home_village,
        "from_day": from_day,
        "to_day": to_day,
        "avoidance_reason": "",
    }


def account(record: StaffRecord, password_hash: str, made_at: datetime) -> dict[str, Any]:
    """The row of table ``account``."""
    return {
        "key": new_key(),
        "username": record.username,
        "name": record.name,
        "password_hash": password_hash,
        "must_change_password": False,
        "active": True,
        "locale": "",
        "totp_counter": 0,
        "demonstration": True,
        "created_at": made_at,
    }
