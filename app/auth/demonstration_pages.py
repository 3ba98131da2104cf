"""Routes of the demonstration's strip. In production, and without the demonstration's accounts, they do not exist (404)."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app import clock
from app.auth import demonstration, sessions
from app.auth.current import actor, database, identity, signed_in_person
from app.auth.guard import local_path, public, signed_in, start_browser_session
from app.auth.models import Account

demo = Blueprint("demo", __name__, url_prefix="/demo", template_folder="templates")


@demo.before_request
def _only_in_the_demonstration() -> None:
    with database().reading() as read:
        if not demonstration.is_loaded(current_app, read):
            raise NotFound()


@demo.get("/roles")
@public
def roles() -> str:
    """All accounts a visitor may take, by role."""
    with database().reading() as read:
        visitors = demonstration.accounts_by_role(read)
    return render_template("auth/roles.html", visitors=visitors)


@demo.post("/switch")
@public
def switch() -> Response:
    """Take a demonstration account with one click; any other account is not found, and whoever is signed in with a real one stays it."""
    person = signed_in_person()
    if person is not None and not person.demonstration:
        raise NotFound()
    username = request.form.get("username", "")
    ip, agent = request.remote_addr or "", request.user_agent.string

    def enter(write: Session) -> str:
        found = select(Account).where(Account.username == username, Account.demonstration, Account.active)
        if write.scalar(found) is None:
            raise NotFound()
        return sessions.open_session(write, username, how="demonstration", ip=ip, agent=agent)

    token = database().in_transaction(enter)
    campaign = session.get("campaign")
    start_browser_session(token)
    if campaign:
        session["campaign"] = campaign
    return redirect(local_path(request.form.get("next")) or url_for("auth.home"), 303)


@demo.get("/clock")
@signed_in
def clock_state() -> str:
    """The clock's part of the strip, polled while the clock moves."""
    _demonstration_account()
    return render_template("auth/clock.html", advance=demonstration.running_advance(_app()), now=clock.now())


@demo.post("/clock")
@signed_in
def move_clock() -> Response | str:
    """Move the clock: ``to`` is ``evening``, ``morning`` or a local date and time."""
    _demonstration_account()
    now, wanted = clock.now(), request.form.get("to", "")
    if wanted == "evening":
        target = demonstration.this_evening(now)
    elif wanted == "morning":
        target = demonstration.tomorrow_morning(now)
    else:
        try:
            target = datetime.fromisoformat(wanted).replace(tzinfo=clock.CAMPAIGN_ZONE)
        except ValueError:
            target = now
    advance = demonstration.start_advance(_app(), target, actor())
    if advance is None:
        flash(_("时钟正在走，或者所选的时间已经过去。时钟只能往前走。"), "error")
    if request.headers.get("HX-Request"):
        return render_template("auth/clock.html", advance=demonstration.running_advance(_app()), now=clock.now())
    return redirect(local_path(request.form.get("next")) or url_for("auth.home"), 303)


def _demonstration_account() -> None:
    if not identity().demonstration:
        raise NotFound()


def _app() -> Flask:
    found: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return found


def attach(app: Flask) -> None:
    app.register_blueprint(demo)
