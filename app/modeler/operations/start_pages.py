"""An administrator starts any process, with variables and a reason."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import exact_json
from app.acts import starting
from app.auth import access, actor, database
from app.border import number_or
from app.engine.actor import Actor
from app.engine.errors import Conflict, NotFound, StepFailed
from app.modeler.operations import listing
from app.modeler.operations.attempts import said
from app.modeler.operations.blueprint import operations


@operations.get("/instances/start")
@access("admin")
def start_form() -> str:
    """Which process, in which campaign, with which variables."""
    return _page({"process": request.args.get("process", "")})


@operations.post("/instances/start")
@access("admin")
def start() -> Response | str:
    """Start it; what cannot be is said above the form, which keeps what was typed."""
    form, by = request.form, actor()
    try:
        variables = exact_json.loads(form.get("variables", "").strip() or "{}")
    except ValueError:
        variables = None
    if not isinstance(variables, dict):
        flash(_('变量要写成 JSON 对象，如 {"village": "V01", "count": 3}。您填写的内容都在，请改正后再提交。'), "error")
        return _page(form)
    try:
        key = database().in_transaction(lambda session: _started(session, form, variables, by))
    except (Conflict, StepFailed) as refused:
        flash(said(refused), "error")
        return _page(form)
    flash(_("流程已启动，理由已记入历史。"), "success")
    return redirect(url_for("operations.instance", key=key), 303)


def _started(session: Session, form: Mapping[str, str], variables: dict[str, Any], by: Actor) -> int:
    campaign = number_or(form.get("campaign", "")) or 0
    if campaign not in {key for key, _name in _campaigns(session)} | {0}:
        raise NotFound("campaign", campaign)
    where = {"campaign_id": campaign, "business_key": form.get("business_key", "").strip(), "request_id": form.get("request_id") or None}
    return starting.start_from_console(session, by, form.get("process", ""), variables, form.get("reason", ""), **where).key


def _campaigns(session: Session) -> list[tuple[int, str]]:
    provider = current_app.extensions.get("daopai.campaigns")
    return list(provider(session)) if provider else []


def _page(typed: Mapping[str, str]) -> str:
    with database().reading() as session:
        names, campaigns = listing.processes(session), _campaigns(session)
    chosen = typed.get("campaign", str(campaigns[0][0]) if campaigns else "0")
    places = [*((str(key), name) for key, name in campaigns), ("0", _("不属于任何活动"))]
    return render_template(
        "modeler/operations/start.html", typed=typed, names=names, campaigns=places, campaign=chosen, request_id=_request_id(typed)
    )


def _request_id(typed: Mapping[str, str]) -> str:
    """The same for what is sent again from this page: it starts once."""
    return typed.get("request_id") or secrets.token_hex(16)
