"""Staff and their roles: a list with filters, one form to add, a workbook for many."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import access, accounts, actor, database, granting, identity
from app.auth.holding import counts_at
from app.auth.models import RoleAssignment
from app.auth.roles import BUSINESS, ROLES
from app.campaign import listing
from app.campaign.blueprint import blueprint
from app.campaign.importing import columns, marked, runs, staff
from app.campaign.models import Staff, Village, WorkGroup
from app.campaign.setup import lookup
from app.campaign.setup.uploads import send, uploaded

#: people on one page
SIZE = 60


@blueprint.get("/staff")
@access("office")
def staff_list() -> str:
    """附件1: who is seconded, with which roles; filters in the address."""
    who, by, args = identity(), actor(), request.args
    with database().reading() as read:
        query = _filtered(who.campaign_id, args)
        place = listing.position(args.get("after", ""), 1) if args.get("after") else None
        if place:
            query = query.where(Staff.username > str(place[0]))
        rows = read.scalars(query.order_by(Staff.username).limit(SIZE + 1)).all()
        shown = rows[:SIZE]
        roles: dict[str, list[tuple[str, str]]] = {}
        for username, role, scope in read.execute(
            select(RoleAssignment.username, RoleAssignment.role, RoleAssignment.scope)
            .where(_held(who.campaign_id), RoleAssignment.username.in_([row.username for row in shown]))
            .order_by(RoleAssignment.key)
        ):
            roles.setdefault(username, []).append((role, scope))
        return render_template(
            "campaign/setup/staff.html",
            rows=shown,
            roles=roles,
            after=listing.cursor((shown[-1].username,)) if len(rows) > SIZE else "",
            campaign=lookup.campaign(read, who, who.campaign_id),
            every_role=[ROLES[code] for code in BUSINESS],
            appoints={code for code in BUSINESS if granting.may_withdraw(read, by, code, who.campaign_id) is None},
            villages=listing.village_names(read, who),
            groups=dict(
                read.execute(
                    select(WorkGroup.code, WorkGroup.name).where(WorkGroup.campaign_id == who.campaign_id).order_by(WorkGroup.code)
                ).all()
            ),
        )


def _held(campaign_id: int) -> ColumnElement[bool]:
    """The condition on ``RoleAssignment``: a role of the campaign that counts today."""
    return and_(RoleAssignment.campaign_id == campaign_id, counts_at(clock.now()))


def _filtered(campaign_id: int, args: Mapping[str, str]) -> Select[Staff]:
    """The staff that the address asks for."""
    query = select(Staff).where(Staff.campaign_id == campaign_id)
    if args.get("trained") == "no":
        query = query.where(Staff.trained_at.is_(None))
    if role := args.get("role"):
        held = select(RoleAssignment.username).where(_held(campaign_id), RoleAssignment.role == role)
        query = query.where(Staff.username.in_(held))
    if args.get("avoid") == "yes":
        query = query.where(Staff.home_village != "", Staff.role.in_(("group_leader", "instructor", "investigator")))
    if text := args.get("q", "").strip()[:60]:
        like = "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
        query = query.where(or_(Staff.name.like(like, escape="\\"), Staff.username.like(like, escape="\\")))
    return query


@blueprint.post("/staff")
@access("office")
def staff_save() -> Response:
    """Add a person or a role of a person. A new account gets a first password, shown once."""
    who, by, form = identity(), actor(), request.form
    row = {key: form.get(key, "").strip()[:200] for key in ("username", "name", "unit", "post", "phone", "role", "scope", "home_village")}
    row = {key: value for key, value in row.items() if value}
    if row.get("role") not in BUSINESS or not row.get("username") or not row.get("name"):
        flash(_("请填写账号、姓名和角色。"), "error")
        return redirect(url_for("campaign.staff_list"), 303)

    def work(write: Session) -> list[tuple[str, str, str]]:
        lookup.campaign(write, who, who.campaign_id)
        _known_scope(write, who.campaign_id, row["role"], row.get("scope", ""))
        return staff.write(write, who.campaign_id, staff.Places(staff=[row]), by)

    try:
        made = database().in_transaction(work)
    except accounts.AccountError as error:
        flash(str(error), "error")
        return redirect(url_for("campaign.staff_list"), 303)
    for username, name, password in made:
        flash(
            _(
                "已新建账号 %(username)s（%(name)s），初始密码 %(password)s，请当面交给本人。",
                username=username,
                name=name,
                password=password,
            ),
            "success",
        )
    if not made:
        flash(_("已保存。"), "success")
    return redirect(url_for("campaign.staff_list", q=row["username"]), 303)


def _known_scope(write: Session, campaign_id: int, role: str, scope: str) -> None:
    kind = ROLES[role].scope
    model = {"village": Village, "group": WorkGroup}.get(kind)
    if model is None:
        return
    if write.scalar(select(model.key).where(model.campaign_id == campaign_id, model.code == scope)) is None:  # type: ignore[attr-defined]
        raise accounts.AccountError(_("请选择这个角色负责的村或工作组。"))


@blueprint.post("/staff/withdraw")
@access("office")
def staff_withdraw() -> Response:
    """Take a role of this campaign back."""
    who, by, form = identity(), actor(), request.form
    username, role, scope = form.get("username", ""), form.get("role", ""), form.get("scope", "")
    try:
        database().in_transaction(
            lambda write: accounts.withdraw_role(write, username, role, scope=scope, campaign_id=who.campaign_id, actor=by)
        )
    except accounts.AccountError as error:
        flash(str(error), "error")
    return redirect(url_for("campaign.staff_list", q=username), 303)


@blueprint.get("/campaigns/<int:campaign_id>/staff/template")
@access("office")
def staff_template(campaign_id: int) -> Response:
    """The empty workbook of villages, work groups and staff."""
    with database().reading() as read:
        lookup.campaign(read, identity(), campaign_id)
    lists = {"role": [(code, ROLES[code].zh) for code in BUSINESS]}
    return send(marked.template(columns.place_sheets(), lists), _("人员导入模板") + ".xlsx")


@blueprint.post("/campaigns/<int:campaign_id>/staff/import")
@access("office")
def staff_import(campaign_id: int) -> Response:
    """Take a workbook of villages, groups and staff; work on it in the background."""
    with database().reading() as read:
        lookup.campaign(read, identity(), campaign_id)
    content, name = uploaded()
    if not content:
        return redirect(url_for("campaign.staff_list"), 303)
    who, by = identity(), actor()

    def work(write: Session) -> int:
        found = lookup.campaign(write, who, campaign_id)
        return runs.begin(write, found.id, name, by, kind="staff").key

    key = database().in_transaction(work)
    runs.start(database(), current_app.config["DAOPAI"].uploads, key, content, by)
    return redirect(url_for("campaign.import_run", campaign_id=campaign_id, key=key), 303)
