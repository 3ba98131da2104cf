"""Delivering something to people, found by the roles they hold (R17, R26, R33)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.auth.holding import counts_at
from app.auth.models import RoleAssignment
from app.campaign.models import Notification
from app.engine.jobs import Context, handler

_PERSON = "user:"


def holders(session: Session, campaign_id: int, recipients: Iterable[str], *, at: datetime) -> list[str]:
    """User names behind *recipients*: groups as candidate groups write them (``office``, ``village_cadre:V05``) or ``user:NAME``."""
    wanted = list(recipients)
    names = {entry.removeprefix(_PERSON) for entry in wanted if entry.startswith(_PERSON)} - {""}
    pairs = [tuple(entry.partition(":")[::2]) for entry in wanted if not entry.startswith(_PERSON)]
    if pairs:
        query = select(RoleAssignment.username).where(
            RoleAssignment.campaign_id.in_((0, campaign_id)),
            or_(*((RoleAssignment.role == role) & (RoleAssignment.scope == scope) for role, scope in pairs)),
            counts_at(at),
        )
        names.update(session.scalars(query))
    return sorted(names)


def send(
    session: Session,
    campaign_id: int,
    recipients: Iterable[str],
    *,
    message_id: str,
    kind: str,
    title: str,
    at: datetime,
    subject: str = "",
    text: str = "",
    url: str = "",
) -> list[str]:
    """Deliver to each person once per *message_id*; returns who got it now."""
    names = holders(session, campaign_id, recipients, at=at)
    have = set(
        session.scalars(
            select(Notification.username).where(
                Notification.campaign_id == campaign_id, Notification.message_id == message_id, Notification.username.in_(names)
            )
        )
    )
    fresh = [name for name in names if name not in have]
    for name in fresh:
        session.add(
            Notification(
                campaign_id=campaign_id,
                username=name,
                message_id=message_id,
                kind=kind,
                subject=subject,
                title=title,
                text=text,
                url=url or _page(subject),
                sent_at=at,
            )
        )
    session.flush()
    return fresh


#: subject → page of what it is about
_PAGES = {"household": "/households/", "problem": "/problems/", "village": "/villages/", "question": "/questions/"}


def _page(subject: str) -> str:
    kind, _, code = subject.partition(":")
    return f"{_PAGES[kind]}{code}" if kind in _PAGES else ""


@handler("campaign.notify")
def notify(session: Session, job: Context) -> None:
    """Tell ``recipients`` (candidate groups, ``user:NAME``) what the task's headers ``kind`` and ``title`` and the input ``text`` say.

    Each visit of the task is one delivery: a reminder that recurs is delivered each time.
    """
    variables = job.variables
    send(
        session,
        job.campaign_id,
        variables["recipients"],
        message_id=f"{job.element_id}:{job.activity_key}",
        kind=job.headers["kind"],
        title=job.headers["title"],
        text=variables.get("text") or "",
        subject=variables.get("subject") or job.subject,
        at=job.now,
    )
