"""A campaign's own page: made from one date, every date adjustable, settings, holidays, start."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app import clock
from app.auth import access, accounts, actor, database, identity
from app.auth.models import Account
from app.campaign import campaigns, schedule, settings, timeline
from app.campaign.blueprint import blueprint
from app.campaign.errors import Conflict
from app.campaign.models import Campaign, CampaignDate, Holiday, Household, Staff, Village, WorkGroup
from app.campaign.setup import lookup
from app.element_names import spoken
from app.engine import events

SETUP = ("office", "admin")


@blueprint.get("/campaigns")
@access(*SETUP)
def campaigns_list() -> str:
    """Every campaign, and the way to a new one."""
    with database().reading() as read:
        rows = read.scalars(lookup.campaigns_open_to(identity())).all()
        return render_template("campaign/setup/list.html", rows=rows)


@blueprint.route("/campaigns/new", methods=["GET", "POST"])
@access(*SETUP)
def campaign_new() -> str | Response | tuple[str, int]:
    """Name, legal basis and one date: everything else is counted backward from it."""
    values = request.form.to_dict() if request.method == "POST" else {}
    errors: dict[str, str] = {}
    deadline = _deadline(values.get("deadline", ""), errors) if values else None
    if values and not values.get("name", "").strip():
        errors["name"] = _("请填写活动名称。")
    if request.method == "GET" or errors or deadline is None:
        preview = _plan(deadline)
        page = render_template("campaign/setup/new.html", values=values, errors=errors, plan=preview)
        return (page, 422) if errors else page
    by, who = actor(), identity()

    def work(write: Session) -> int:
        made = campaigns.create(
            write,
            name=values["name"].strip()[:200],
            deadline=deadline,
            actor=by,
            legal_basis=values.get("legal_basis", "").strip(),
            organisation=values.get("organisation", "").strip(),
            place=values.get("place", "").strip(),
            document_prefix=values.get("document_prefix", "").strip(),
        )
        if who.has("office"):
            accounts.carry_over(write, "office", who.campaign_id, made.id)
        return made.id

    key = database().in_transaction(work)
    if who.has("office"):
        session["campaign"] = key
    return redirect(url_for("campaign.campaign_setup", campaign_id=key), 303)


def _deadline(text: str, errors: dict[str, str]) -> datetime | None:
    """The last day of the campaign as typed: reports are due at its end."""
    try:
        return schedule.moment(schedule.written(date.fromisoformat(text), "24:00"))
    except ValueError:
        errors["deadline"] = _("请选择最后一天的日期。")
        return None


@blueprint.get("/campaigns/preview")
@access(*SETUP)
def campaign_preview() -> str:
    """The plan that a date gives, before anything is saved (part of the page)."""
    deadline = _deadline(request.args.get("deadline", ""), {})
    return render_template("campaign/setup/preview.html", plan=_plan(deadline))


def _plan(deadline: datetime | None) -> timeline.Timeline | None:
    """The bars that a deadline gives."""
    if deadline is None:
        return None
    with database().reading() as read:
        plan = schedule.of(read)
        return timeline.build(plan, plan.compute(deadline))


@blueprint.get("/campaigns/<int:campaign_id>")
@access(*SETUP)
def campaign_setup(campaign_id: int) -> str:
    """Where the set-up stands: what is there, what is missing, the plan."""
    with database().reading() as read:
        found = lookup.campaign(read, identity(), campaign_id)
        return render_template("campaign/setup/campaign.html", **_page(read, found))


def _page(read: Session, found: Campaign, errors: dict[str, str] | None = None, typed: MultiDict[str, str] | None = None) -> dict[str, Any]:
    """What the page shows. ``errors``: why a form of it was refused; ``typed`` stands in its fields again."""
    dates, plan = campaigns.dates(read, found.id), schedule.of(read, found)
    counts = {
        name: read.scalar(select(func.count()).where(model.campaign_id == found.id)) or 0
        for name, model in (("villages", Village), ("groups", WorkGroup), ("staff", Staff), ("households", Household))
    }
    rows = {row.name: row for row in read.scalars(select(CampaignDate).where(CampaignDate.campaign_id == found.id))}
    return {
        "campaign": found,
        "counts": counts,
        "missing": missing(read, found.id, counts),
        "plan": timeline.build(plan, dates),
        "schedule": plan,
        "rows": rows,
        "dates": {
            entry.name: schedule.shown(schedule.moment(dates[entry.name]), ends_day=entry.ends_day)
            for entry in plan.entries
            if entry.name in dates
        },
        "definitions": settings.definitions(),
        "values": settings.read(read, found.id),
        "setting_shown": settings.shown,
        "holidays": read.scalars(select(Holiday).where(Holiday.campaign_id == found.id).order_by(Holiday.day)).all(),
        "errors": errors or {},
        "typed": typed or {},
        "begun": found.state == "draft" and any("T" in each and schedule.moment(each) < clock.now() for each in dates.values()),
        "may_import": identity().has("office"),
    }


def missing(read: Session, campaign_id: int, counts: dict[str, int]) -> list[str]:
    """What must be there before the start, in words."""
    words = {"villages": _("村"), "groups": _("工作组"), "staff": _("人员"), "households": _("农户")}
    lacking = [_("还没有%(what)s", what=words[name]) for name, number in counts.items() if not number]
    nobody = read.scalar(select(func.count()).where(Household.campaign_id == campaign_id, Household.investigator == "")) or 0
    if nobody:
        lacking.append(_("%(count)s 户没有调查员", count=nobody))
    ungrouped = read.scalar(select(func.count()).where(Household.campaign_id == campaign_id, Household.work_group == "")) or 0
    if ungrouped:
        lacking.append(_("%(count)s 户没有工作组", count=ungrouped))
    open_accounts = select(Account.username).where(Account.active)
    here = Household.campaign_id == campaign_id, Household.investigator != "", Household.investigator.not_in(open_accounts)
    if unseen := read.scalar(select(func.count()).where(*here)) or 0:
        lacking.append(_("%(count)s 户的调查员没有可用账号", count=unseen))
    return lacking


@blueprint.post("/campaigns/<int:campaign_id>/dates")
@access(*SETUP)
def campaign_dates(campaign_id: int) -> Response | tuple[str, int]:
    """Adjust dates; what is not in order is refused with the reason at its date. ``reset`` counts all of them anew."""
    form, by, who = request.form, actor(), identity()

    def work(write: Session) -> dict[str, str]:
        found = lookup.campaign(write, who, campaign_id)
        if "reset" in form:
            for row in write.scalars(select(CampaignDate).where(CampaignDate.campaign_id == found.id)):
                row.adjusted = False
            write.flush()
            campaigns.set_deadline(write, found, campaigns.deadline_of(write, found), by)
            return {}
        plan = schedule.of(write, found)
        values, errors = _read_dates(plan, form)
        errors |= _out_of_order(plan, {**campaigns.dates(write, found.id), **values}) if not errors else {}
        if not errors:
            campaigns.adjust(write, found, values, by)
        return errors

    errors = database().in_transaction(work)
    if errors:
        return _refused(campaign_id, errors)
    flash(_("日期已保存。"), "success")
    return redirect(url_for("campaign.campaign_setup", campaign_id=campaign_id) + "#dates", 303)


def _refused(campaign_id: int, errors: dict[str, str]) -> tuple[str, int]:
    """The page again, with what was typed and what is wrong with it."""
    with database().reading() as read:
        page = _page(read, lookup.campaign(read, identity(), campaign_id), errors, request.form)
        return render_template("campaign/setup/campaign.html", **page), 422


def _read_dates(plan: schedule.Schedule, form: MultiDict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    values, errors = {}, {}
    for entry in plan.entries:
        try:
            day = date.fromisoformat(form.get(f"{entry.name}.day", ""))
            values[entry.name] = schedule.written(day, form.get(f"{entry.name}.time", ""))
        except ValueError:
            errors[entry.name] = _("请填写日期和时间，如 24:00。")
    for daily in plan.times:
        try:
            values[daily.name] = schedule.time_written(form.get(f"{daily.name}.time", ""))
        except ValueError:
            errors[daily.name] = _("请填写时间，如 19:30。")
    return values, errors


def _out_of_order(plan: schedule.Schedule, dates: dict[str, str]) -> dict[str, str]:
    names = {entry.name: spoken(entry.label) for entry in plan.entries}
    wrong = {}
    for name, other in plan.errors(dates):
        text = _("不能晚于“%(other)s”。") if other == plan.anchor else _("不能早于“%(other)s”。")
        wrong[name] = text % {"other": names[other]}
    return wrong


@blueprint.post("/campaigns/<int:campaign_id>/settings")
@access(*SETUP)
def campaign_settings(campaign_id: int) -> Response | tuple[str, int]:
    """Thresholds and limits; kept with who changed what. One that is out of bounds is refused at its field, and nothing is kept."""
    form, by, who = request.form, actor(), identity()

    def work(write: Session) -> dict[str, str]:
        found = lookup.campaign(write, who, campaign_id)
        if found.state != "draft":
            raise Conflict("campaign_running")
        values, wrong = {}, {}
        for definition in settings.definitions():
            try:
                values[definition.name] = settings.parse(definition, form.get(definition.name, ""))
            except ValueError:
                low, high = (settings.shown(definition, bound) for bound in (definition.min, definition.max))
                wrong[definition.name] = _("请填写 %(low)s 到 %(high)s 之间的数。", low=low, high=high)
        if not wrong:
            changed = settings.write(write, found.id, values)
            if changed:
                detail = {"changed": changed}
                events.record(write, "campaign.settings", by, campaign_id=found.id, subject=f"campaign:{found.id}", detail=detail)
            if "calendar" in changed:
                campaigns.recount(write, found, by)
        return wrong

    wrong = database().in_transaction(work)
    if wrong:
        return _refused(campaign_id, wrong)
    flash(_("设置已保存。"), "success")
    return redirect(url_for("campaign.campaign_setup", campaign_id=campaign_id) + "#settings", 303)


@blueprint.post("/campaigns/<int:campaign_id>/start")
@access("office")
def campaign_start(campaign_id: int) -> Response:
    """Start the campaign's process; refused while something is missing."""
    who, by = identity(), actor()

    def work(write: Session) -> list[str]:
        found = lookup.campaign(write, who, campaign_id)
        counts = {
            name: write.scalar(select(func.count()).where(model.campaign_id == found.id)) or 0
            for name, model in (("villages", Village), ("groups", WorkGroup), ("staff", Staff), ("households", Household))
        }
        lacking = missing(write, found.id, counts)
        if not lacking:
            campaigns.start(write, found, by)
        return lacking

    lacking = database().in_transaction(work)
    if lacking:
        flash(_("还不能启动：%(missing)s。", missing=";".join(lacking)), "error")
        return redirect(url_for("campaign.campaign_setup", campaign_id=campaign_id), 303)
    flash(_("活动已启动。%(now)s", now=f"{clock.local(clock.now()):%m-%d %H:%M}"), "success")
    return redirect(url_for("campaign.office"), 303)
