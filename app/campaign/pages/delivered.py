"""What was delivered: supervision notices, and messages to this user."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import access, database, identity
from app.campaign import listing, visibility
from app.campaign.blueprint import blueprint
from app.campaign.models import Notice, Notification


@blueprint.get("/notices")
@access(*visibility.TOWN, *visibility.VILLAGE)
def notices() -> str:
    """R48: supervision notices with receipt, reply and reminders; a village sees its own."""
    who = identity()
    query = select(Notice).where(Notice.campaign_id == who.campaign_id)
    if not who.has(*visibility.TOWN):
        query = query.where(Notice.village.in_(visibility.scopes(who, visibility.VILLAGE)))
    with database().reading() as session:
        rows = session.scalars(query.order_by(Notice.key.desc()).limit(200)).all()
        return render_template("campaign/notices.html", rows=rows, villages=listing.village_names(session, who))


@blueprint.get("/messages")
@access(*visibility.HOUSEHOLD_ROLES, "spot_checker")
def messages() -> str:
    """R17: what was delivered to this user, the unread first."""
    who = identity()
    with database().reading() as session:
        rows = session.scalars(
            select(Notification)
            .where(Notification.campaign_id == who.campaign_id, Notification.username == who.assignee)
            .order_by(Notification.read_at.is_not(None), Notification.key.desc())
            .limit(100)
        ).all()
        return render_template("campaign/messages.html", rows=rows)


@blueprint.post("/messages/read")
@access(*visibility.HOUSEHOLD_ROLES, "spot_checker")
def messages_read() -> Response:
    """All messages of this user are read."""
    who = identity()
    now = clock.now()

    def work(session: Session) -> None:
        for row in session.scalars(
            select(Notification).where(
                Notification.campaign_id == who.campaign_id, Notification.username == who.assignee, Notification.read_at.is_(None)
            )
        ):
            row.read_at = now

    database().in_transaction(work)
    return redirect(url_for("campaign.messages"), 303)
