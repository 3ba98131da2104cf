"""Which days of a campaign count: days off and make-up days as data. Dates that nobody adjusted follow at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.auth import access, actor, database, identity
from app.campaign import campaigns, schedule, settings
from app.campaign.blueprint import blueprint
from app.campaign.errors import Conflict
from app.campaign.models import Campaign, Holiday
from app.campaign.setup import lookup
from app.campaign.setup.campaign_pages import SETUP
from app.element_names import spoken
from app.engine import events

#: days that one entry may cover: the longest holiday, and a margin
LONGEST = 31


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the calendar."""

    day: date
    counts: bool
    #: holiday, make_up or "" (weekday or weekend)
    kind: str
    name: str
    #: what the plan has on this day
    dates: list[str]


@blueprint.get("/campaigns/<int:campaign_id>/calendar")
@access(*SETUP)
def campaign_calendar(campaign_id: int) -> str:
    """The weeks of the campaign: which days count, which are off, what falls on them."""
    with database().reading() as read:
        found = lookup.campaign(read, identity(), campaign_id)
        return render_template(
            "campaign/setup/calendar.html",
            campaign=found,
            weeks=_weeks(read, found),
            working_days=settings.read(read, found.id)["calendar"] == "working_days",
            holidays=_holidays(read, found),
        )


def _holidays(read: Session, found: Campaign) -> list[Holiday]:
    return list(read.scalars(select(Holiday).where(Holiday.campaign_id == found.id).order_by(Holiday.day)))


def _weeks(read: Session, found: Campaign) -> list[list[Day]]:
    """Whole weeks, Monday first, from the first date of the plan to its last."""
    dates, calendar = campaigns.dates(read, found.id), campaigns.calendar(read, found.id)
    plan = schedule.of(read, found)
    planned: dict[date, list[str]] = {}
    for entry in plan.entries:
        if entry.name in dates:
            day, _time = schedule.shown(schedule.moment(dates[entry.name]), ends_day=entry.ends_day)
            planned.setdefault(day, []).append(spoken(entry.label))
    rows = {row.day: row for row in _holidays(read, found)}
    last = max([schedule.last_day(schedule.moment(dates[plan.anchor])), *planned])
    first = min([*planned, last])
    day = first - timedelta(days=first.weekday())
    weeks: list[list[Day]] = []
    while day <= last:
        weeks.append([_cell(day + timedelta(days=offset), calendar, rows, planned) for offset in range(7)])
        day += timedelta(days=7)
    return weeks


def _cell(day: date, calendar: schedule.Calendar, rows: Mapping[date, Holiday], planned: Mapping[date, list[str]]) -> Day:
    row = rows.get(day)
    return Day(day, calendar.counts(day), row.kind if row else "", row.name if row else "", planned.get(day, []))


@blueprint.post("/campaigns/<int:campaign_id>/holidays")
@access(*SETUP)
def campaign_holidays(campaign_id: int) -> Response:
    """Add days off or make-up days (one, or from ``day`` until ``until``), or remove one; then count the dates anew."""
    form, who, by = request.form, identity(), actor()
    back = url_for("campaign.campaign_calendar", campaign_id=campaign_id)
    days = _days(form)
    if not days:
        flash(_("请选择日期；一次最多 %(count)s 天。", count=LONGEST), "error")
        return redirect(back, 303)

    def work(write: Session) -> int:
        found = lookup.campaign(write, who, campaign_id)
        if found.state != "draft":
            raise Conflict("campaign_running")
        before: dict[str, list[str]] = {}
        for day in days:
            row = write.get(Holiday, (found.id, day))
            before |= {day.isoformat(): [row.kind, row.name]} if row is not None else {}
            if "remove" in form:
                if row is not None:
                    write.delete(row)
            else:
                kind = "make_up" if form.get("kind") == "make_up" else "holiday"
                write.merge(Holiday(campaign_id=found.id, day=day, kind=kind, name=form.get("name", "")[:100]))
        detail = {"day": days[0].isoformat(), "until": days[-1].isoformat(), "removed": "remove" in form, "kind": form.get("kind", "")}
        detail |= {"name": form.get("name", "")[:100], "old": before}
        events.record(write, "campaign.holidays", by, campaign_id=found.id, subject=f"campaign:{found.id}", detail=detail)
        return len(campaigns.recount(write, found, by))

    moved = database().in_transaction(work)
    flash(_("日历已保存，%(count)s 个日期随之改变。", count=moved) if moved else _("日历已保存。"), "success")
    return redirect(back, 303)


def _days(form: Mapping[str, str]) -> list[date]:
    try:
        first = date.fromisoformat(form.get("day", ""))
        last = date.fromisoformat(form.get("until", "") or form.get("day", ""))
    except ValueError:
        return []
    count = (last - first).days + 1
    return [first + timedelta(days=offset) for offset in range(count)] if 0 < count <= LONGEST else []
