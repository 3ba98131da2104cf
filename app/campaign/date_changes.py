"""The released diagram counts the dates otherwise: a campaign in preparation follows at once, a running one when the office says so."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.acts import operating
from app.campaign import campaigns, schedule
from app.campaign.errors import Conflict
from app.campaign.models import Campaign
from app.engine import batches, definitions, deployment, events
from app.engine.actor import Actor
from app.engine.models import Event, ProcessInstance

#: the name under which workers know these batches
NAME = "campaign_dates"
#: instances of one transaction
_MANY = 20
_RUNNING = ("ACTIVE", "SUSPENDED")


def pending(session: Session, campaign: Campaign) -> dict[str, tuple[str, str]]:
    """What the newest released diagram counts otherwise for a running *campaign*: name → (now, then). Adjusted dates stay."""
    if campaign.state != "running":
        return {}
    plan, rows = schedule.of(session), campaigns.date_rows(session, campaign)
    return campaigns.difference(session, campaign, plan, rows) if plan.anchor in rows else {}


def take(session: Session, campaign: Campaign, actor: Actor, reason: str) -> dict[str, tuple[str, str]]:
    """Let a running *campaign* go by the newest diagram and its dates: due dates and timers of everything that runs follow, one instance
    after the other. Raises ``Conflict`` when nothing differs, ``CannotMigrate``."""
    reason = operating.stated(reason)
    if not pending(session, campaign):
        raise Conflict("dates_the_same")
    root = session.get_one(ProcessInstance, campaign.instance_key)
    newest = definitions.newest_file(session, "process", schedule.PROCESS)
    if newest is not None and root.definition_key != newest.key and root.state in _RUNNING:
        operating.migrate(session, root.key, newest.key, {}, actor, reason)
    changed = campaigns.count(session, campaign)
    detail = {"changed": changed, "reason": reason}
    told = events.record(session, "campaign.dates", actor, campaign_id=campaign.id, subject=f"campaign:{campaign.id}", detail=detail)
    batches.begin(session, NAME, told.key, campaign_id=campaign.id)
    return changed


@batches.act(NAME)
def _next(session: Session, record: int) -> bool:
    """Give the next running instances of a campaign its dates; parents come before the children that they start."""
    told = session.get_one(Event, record)
    campaign = session.get_one(Campaign, told.campaign_id)
    done = select(func.max(Event.instance_key)).where(Event.campaign_id == campaign.id, Event.kind == "instance.rescheduled")
    after = session.scalar(done.where(Event.key > record)) or 0
    here = ProcessInstance.campaign_id == campaign.id, ProcessInstance.state.in_(_RUNNING), ProcessInstance.key > after
    keys = session.scalars(select(ProcessInstance.key).where(*here).order_by(ProcessInstance.key).limit(_MANY)).all()
    values = {"campaign": campaigns.given(session, campaign)["campaign"]}
    by = Actor(told.actor, told.on_behalf_of, told.origin)
    for key in keys:
        operating.reschedule(session, key, values, by, told.detail["reason"])
    return bool(keys)


@deployment.listener
def follow(session: Session, result: deployment.DeploymentResult, actor: Actor) -> None:
    """Campaigns in preparation take the dates of a root diagram that has just been released."""
    if any((each.kind, each.id) == ("process", schedule.PROCESS) for each in result.created):
        for campaign in session.scalars(select(Campaign).where(Campaign.state == "draft").order_by(Campaign.id)):
            campaigns.recount(session, campaign, actor)
