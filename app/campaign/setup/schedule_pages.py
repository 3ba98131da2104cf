"""The schedule of a campaign: each date with its formula, where it is read, what moves with it; and taking the newest diagram's dates."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.auth import access, actor, database, identity
from app.campaign import campaigns, date_changes, date_uses, schedule
from app.campaign.blueprint import blueprint
from app.campaign.setup import lookup
from app.campaign.setup.campaign_pages import SETUP
from app.element_names import spoken


@blueprint.get("/campaigns/<int:campaign_id>/schedule")
@access(*SETUP)
def campaign_schedule(campaign_id: int) -> str:
    """Every date of the plan, as the diagram states it."""
    with database().reading() as read:
        found = lookup.campaign(read, identity(), campaign_id)
        plan, dates = schedule.of(read, found), campaigns.dates(read, found.id)
        newest = schedule.of(read)
        labels = {each.name: spoken(each.label) for each in (*newest.entries, *plan.entries)}
        labels |= {each.name: spoken(each.label) for each in (*newest.times, *plan.times)}
        return render_template(
            "campaign/setup/schedule.html",
            campaign=found,
            diagram=schedule.name(read),
            schedule=plan,
            labels=labels,
            dates={
                entry.name: schedule.shown(schedule.moment(dates[entry.name]), ends_day=entry.ends_day)
                for entry in plan.entries
                if entry.name in dates
            },
            uses=date_uses.of(read),
            followers={entry.name: date_uses.followers(plan, entry.name) for entry in plan.entries},
            pending={name: (_when(old), _when(new)) for name, (old, new) in date_changes.pending(read, found).items()},
        )


def _when(value: str) -> str:
    """A date or a time of day as people read it."""
    return f"{schedule.moment(value):%m-%d %H:%M}" if "T" in value else value[:5] or "—"


@blueprint.post("/campaigns/<int:campaign_id>/schedule")
@access("office")
def campaign_take_dates(campaign_id: int) -> Response:
    """Let a running campaign go by the newest diagram and its dates."""
    who, by, reason = identity(), actor(), request.form.get("reason", "")

    def work(write: Session) -> int:
        return len(date_changes.take(write, lookup.campaign(write, who, campaign_id), by, reason))

    count = database().in_transaction(work)
    flash(_("已采用新图的 %(count)s 个日期。在办任务的期限和定时正在逐件更新。", count=count), "success")
    return redirect(url_for("campaign.campaign_schedule", campaign_id=campaign_id), 303)
