"""What the campaign tells the shell and the inbox: which campaigns there are, which day it is, what villages are called."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import Account
from app.auth.shell import CampaignDay
from app.campaign import schedule, settings
from app.campaign.models import Campaign, CampaignDate, CodeItem, Staff, Village, WorkGroup
from app.element_names import spoken_in
from app.forms.spoken import Choices


def campaigns(session: Session) -> list[tuple[int, str]]:
    """Those that have not ended, newest first."""
    query = select(Campaign.id, Campaign.name).where(Campaign.state != "ended").order_by(Campaign.id.desc())
    return list(session.execute(query))


def campaign_day(session: Session, campaign_id: int) -> CampaignDay | None:
    """The campaign's day, by calendar days from its start to the report deadline. One statement."""
    query = select(Campaign.name, CampaignDate.value).join(CampaignDate, CampaignDate.campaign_id == Campaign.id)
    rows = session.execute(query.where(Campaign.id == campaign_id)).all()
    dates = [schedule.moment(value) for _campaign, value in rows if "T" in value]
    if not dates:
        return None
    start, deadline = min(dates).date(), max(dates)
    today = clock.local(clock.now()).date()
    last = schedule.last_day(deadline)
    return CampaignDay(
        name=rows[0][0],
        day=(today - start).days + 1,
        days=(last - start).days + 1,
        deadline=deadline.date(),
        left=(deadline.date() - today).days,
    )


def scope_names(session: Session, campaign_id: int) -> dict[str, str]:
    """Village code → name."""
    return dict(session.execute(select(Village.code, Village.name).where(Village.campaign_id == campaign_id)).all())


def value_names(session: Session) -> dict[str, tuple[str, str]]:
    """Date or setting → what it is called in Chinese and in English."""
    plan = schedule.of(session)
    labels = {each.name: each.label for each in plan.entries} | {each.name: each.label for each in plan.times}
    dates = {name: (label, spoken_in("en", label)) for name, label in labels.items()}
    return dates | {each.name: (each.zh, each.en) for each in settings.definitions()}


def scopes(session: Session) -> list[tuple[str, str]]:
    """Every village and work group of campaigns that have not ended: (code, name), for the account pages."""
    running = select(Campaign.id).where(Campaign.state != "ended")
    villages = session.execute(select(Village.code, Village.name).where(Village.campaign_id.in_(running)).order_by(Village.code))
    groups = session.execute(select(WorkGroup.code, WorkGroup.name).where(WorkGroup.campaign_id.in_(running)).order_by(WorkGroup.code))
    return [*villages, *groups]


def choices(session: Session, campaign_id: int) -> Choices:
    """What the lists that the campaign gives to its forms call their values: the office's own lists, villages, groups, people."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for item in session.scalars(select(CodeItem).where(CodeItem.campaign_id == campaign_id)):
        found.setdefault(item.list, {})[item.code] = (item.label_zh, item.label_en)
    staff = select(Account.username, Account.name).join(Staff, Staff.username == Account.username)
    for name, query in (
        ("villages", select(Village.code, Village.name).where(Village.campaign_id == campaign_id)),
        ("work_groups", select(WorkGroup.code, WorkGroup.name).where(WorkGroup.campaign_id == campaign_id)),
        ("people", staff.where(Staff.campaign_id == campaign_id)),
    ):
        found[name] = {code: (called, called) for code, called in session.execute(query)}
    return found
