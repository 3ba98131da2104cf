"""Which campaigns may be set up by whom: the administrator all of them, the office its own."""

from __future__ import annotations

from flask import abort
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.auth import Identity
from app.campaign.models import Campaign


def campaigns_open_to(identity: Identity) -> Select[Campaign]:
    """The campaigns whose set-up this user sees."""
    query = select(Campaign).order_by(Campaign.id.desc())
    everywhere = any(held.role == "office" and held.campaign_id == 0 for held in identity.roles)
    if identity.has("admin") or everywhere:
        return query
    if identity.has("office"):
        return query.where(Campaign.id == identity.campaign_id)
    return query.where(Campaign.id.in_(()))


def campaign(session: Session, identity: Identity, campaign_id: int) -> Campaign:
    """One of them; otherwise 404."""
    found = session.scalar(campaigns_open_to(identity).where(Campaign.id == campaign_id))
    if found is None:
        abort(404)
    return found
