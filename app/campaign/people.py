"""People by their user names."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.campaign.models import Staff
from app.engine.actor import SYSTEM


def names(session: Session, usernames: Iterable[str]) -> dict[str, str]:
    """User name → name. One statement, none when nobody is asked for."""
    wanted = sorted({username for username in usernames if username})
    if not wanted:
        return {}
    found = dict(session.execute(select(Account.username, Account.name).where(Account.username.in_(wanted))).all())
    if SYSTEM.name in wanted:
        found[SYSTEM.name] = _("系统")
    return found


def options(session: Session, campaign_id: int) -> list[dict[str, str]]:
    """Everybody seconded to the campaign who can be given work, as form-js options: name, unit and post. Who has no open account would
    never see it."""
    rows = session.execute(
        select(Staff.username, Staff.name, Staff.unit, Staff.post)
        .join(Account, Account.username == Staff.username)
        .where(Staff.campaign_id == campaign_id, Account.active)
        .order_by(Staff.unit, Staff.name)
    )
    return [{"value": username, "label": f"{name}（{unit}{post}）"} for username, name, unit, post in rows]
