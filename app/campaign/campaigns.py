"""A campaign from draft to running: make it, read its dates, start its process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from app import clock
from app.campaign import plan as plans
from app.campaign import schedule, settings
from app.campaign.errors import Conflict, NotFound
from app.campaign.models import Campaign, CampaignDate, CodeItem, Holiday, Village, WorkGroup
from app.engine import events, runtime
from app.engine.actor import Actor


def create(
    session: Session,
    *,
    name: str,
    deadline: datetime,
    actor: Actor,
    legal_basis: str = "",
    organisation: str = "",
    place: str = "",
    document_prefix: str = "",
    demonstration: bool = False,
) -> Campaign:
    """A new campaign as a draft: dates computed from the report deadline, default settings and code lists. Flushes."""
    campaign = Campaign(
        name=name,
        legal_basis=legal_basis,
        organisation=organisation,
        place=place,
        document_prefix=document_prefix,
        demonstration=demonstration,
        created_at=clock.now(),
        created_by=actor.name,
    )
    session.add(campaign)
    session.flush()
    for date_name, value in schedule.needed(session).compute(deadline).items():
        session.add(CampaignDate(campaign_id=campaign.id, name=date_name, value=value))
    settings.write(session, campaign.id, settings.defaults())
    session.execute(insert(CodeItem), _code_items(campaign.id))
    session.flush()
    about = {"legal_basis": legal_basis, "organisation": organisation, "place": place, "document_prefix": document_prefix}
    _record(session, "campaign.created", campaign, actor, {"name": name, "deadline": deadline.isoformat(), **about})
    return campaign


def _code_items(campaign_id: int) -> list[dict[str, Any]]:
    return [
        {"campaign_id": campaign_id, "list": name, "code": code, "label_zh": zh, "label_en": en, "position": position, "active": True}
        for name, items in plans.section("code_lists").items()
        for position, (code, zh, en) in enumerate(items, start=1)
    ]


def get(session: Session, campaign_id: int) -> Campaign:
    """The campaign; ``NotFound`` when there is none."""
    campaign = session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("campaign", campaign_id)
    return campaign


_TABLE = CampaignDate.__table__
#: Made once: every form reads it.
_DATES = select(_TABLE.c.name, _TABLE.c.value).where(_TABLE.c.campaign_id == bindparam("campaign"))


def dates(session: Session, campaign_id: int) -> dict[str, str]:
    """Name → ISO value of every date."""
    rows = session.execute(_DATES, {"campaign": campaign_id})
    return dict(rows.all())


def calendar(session: Session, campaign_id: int) -> schedule.Calendar:
    """Which days count, by the setting ``calendar`` and the holiday table."""
    rows = session.execute(select(Holiday.day, Holiday.kind).where(Holiday.campaign_id == campaign_id)).all()
    return schedule.Calendar(
        working_days=settings.read(session, campaign_id)["calendar"] == "working_days",
        holidays=frozenset(day for day, kind in rows if kind == "holiday"),
        make_up=frozenset(day for day, kind in rows if kind == "make_up"),
    )


def set_deadline(session: Session, campaign: Campaign, deadline: datetime, actor: Actor) -> None:
    """A new report deadline: every date that nobody adjusted moves with it."""
    _draft(campaign)
    before = dates(session, campaign.id).get(schedule.of(session, campaign).anchor, "")
    changed = count(session, campaign, deadline)
    _record(session, "campaign.deadline", campaign, actor, {"old": before, "deadline": deadline.isoformat(), "changed": changed})


def recount(session: Session, campaign: Campaign, actor: Actor) -> dict[str, tuple[str, str]]:
    """The calendar has changed: count every date anew that nobody adjusted. Returns name → (old, new)."""
    _draft(campaign)
    session.flush()
    changed = count(session, campaign)
    if changed:
        _record(session, "campaign.dates", campaign, actor, {"changed": changed})
    return changed


def deadline_of(session: Session, campaign: Campaign) -> datetime:
    """The date that was given: every other is counted from it."""
    return schedule.moment(dates(session, campaign.id)[schedule.needed(session, campaign).anchor])


def count(session: Session, campaign: Campaign, deadline: datetime | None = None) -> dict[str, tuple[str, str]]:
    """Write what the diagram counts for every date that nobody adjusted; unknown dates are gone. Returns name → (old, new)."""
    rows = date_rows(session, campaign)
    changed = difference(session, campaign, schedule.needed(session, campaign), rows, deadline)
    for name, (_old, value) in changed.items():
        if not value:
            session.delete(rows[name])
        elif name in rows:
            rows[name].value = value
        else:
            session.add(CampaignDate(campaign_id=campaign.id, name=name, value=value))
    session.flush()
    return changed


def date_rows(session: Session, campaign: Campaign) -> dict[str, CampaignDate]:
    """The dates of a campaign by name."""
    return {row.name: row for row in session.scalars(select(CampaignDate).where(CampaignDate.campaign_id == campaign.id))}


def difference(
    session: Session, campaign: Campaign, plan: schedule.Schedule, rows: Mapping[str, CampaignDate], deadline: datetime | None = None
) -> dict[str, tuple[str, str]]:
    """What *plan* counts otherwise than *rows* say: name → (old, new), "" where there is none. Adjusted dates stay; writes nothing."""
    if deadline is None:
        deadline = schedule.moment(rows[plan.anchor].value) if plan.anchor in rows else _last(rows)
    computed = plan.compute(deadline, calendar(session, campaign.id))
    kept = {name: row.value if row.adjusted and name in computed else computed.get(name, "") for name, row in rows.items()}
    after = {**computed, **kept}
    before = {name: rows[name].value if name in rows else "" for name in after}
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}


def _last(rows: Mapping[str, CampaignDate]) -> datetime:
    """The latest date: the deadline, when the diagram calls it otherwise now."""
    return max(schedule.moment(row.value) for row in rows.values() if "T" in row.value)


def adjust(session: Session, campaign: Campaign, values: Mapping[str, str], actor: Actor) -> dict[str, tuple[str, str]]:
    """Set dates by hand (ISO text); returns name → (old, new). A value equal to the computed one is no longer an adjustment."""
    _draft(campaign)
    rows = date_rows(session, campaign)
    plan = schedule.needed(session, campaign)
    computed = plan.compute(schedule.moment(values.get(plan.anchor, rows[plan.anchor].value)), calendar(session, campaign.id))
    changed = {}
    for name, value in values.items():
        row = rows[name]
        if row.value != value:
            changed[name] = (row.value, value)
        row.value, row.adjusted = value, name != plan.anchor and value != computed[name]
    if changed:
        _record(session, "campaign.dates", campaign, actor, {"changed": changed})
    return changed


def given(session: Session, campaign: Campaign) -> dict[str, Any]:
    """What every process of the campaign is given: ``campaign`` and ``settings``."""
    return {
        "campaign": {"id": str(campaign.id), "name": campaign.name, **_time(session, campaign)},
        "settings": settings.read(session, campaign.id),
    }


def _time(session: Session, campaign: Campaign) -> dict[str, Any]:
    plan, stated = schedule.of(session, campaign), dates(session, campaign.id)
    return plan.variables(stated, calendar(session, campaign.id)) if plan.anchor in stated else dict(stated)


def variables(session: Session, campaign: Campaign) -> dict[str, Any]:
    """What the process ``campaign`` starts with: ``campaign``, ``settings``, ``villages``, ``groups``."""
    villages = session.execute(
        select(Village.code, Village.name).where(Village.campaign_id == campaign.id).order_by(Village.position, Village.code)
    )
    groups = session.execute(
        select(WorkGroup.code, WorkGroup.name, WorkGroup.village).where(WorkGroup.campaign_id == campaign.id).order_by(WorkGroup.code)
    )
    return {
        **given(session, campaign),
        "villages": [{"code": code, "name": name} for code, name in villages],
        "groups": [{"code": code, "name": name, "village": village} for code, name, village in groups],
    }


def start(session: Session, campaign: Campaign, actor: Actor) -> None:
    """Start the campaign's process; from now on the diagrams carry it."""
    _draft(campaign)
    given, key = variables(session, campaign), str(campaign.id)
    instance = runtime.start(session, schedule.PROCESS, given, actor, campaign_id=campaign.id, business_key=key)
    campaign.state, campaign.started_at, campaign.instance_key = "running", clock.now(), instance.key
    _record(session, "campaign.started", campaign, actor, {"instance": str(instance.key)})


def _draft(campaign: Campaign) -> None:
    if campaign.state != "draft":
        raise Conflict("campaign_running")


def _record(session: Session, kind: str, campaign: Campaign, actor: Actor, detail: dict[str, Any]) -> None:
    events.record(session, kind, actor, campaign_id=campaign.id, subject=f"campaign:{campaign.id}", detail=detail)
