"""Exports: take a small one at once, ask for a large one, decide about another's, take one's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import Response as Answer
from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.audit.blueprint import blueprint
from app.audit.exporting import asking
from app.audit.exporting import choice as choices
from app.audit.exporting.choice import Choice
from app.audit.exporting.formats import FORMATS
from app.audit.history.records import campaigns, processes
from app.audit.queries import Filter
from app.auth import Identity, access, actor, database
from app.auth.language import locale
from app.engine.errors import Conflict
from app.engine.models import Event
from app.engine.proof import seal_at_once

#: requests on the page
REQUESTS = 30
#: How long the number beside the entry is kept, and where.
FRESH, _COUNTS = timedelta(seconds=20), "daopai.exports.waiting"


def _limit() -> int:
    limit: int = current_app.config["DAOPAI"].export_rows
    return limit


@blueprint.get("/exports")
@access("auditor")
def exports() -> str:
    """What can be taken of a whole campaign, and the requests that wait or were decided."""
    with database().reading() as session:
        return render_template(
            "audit/exporting/exports.html",
            formats=FORMATS,
            requests=asking.newest(session, REQUESTS),
            campaigns=campaigns(session),
            processes=processes(session),
            limit=_limit(),
            counted=choices.COUNTED,
            me=actor().name,
        )


def waiting_count(who: Identity) -> int | None:
    """How many requests wait for this auditor, for the navigation: every page asks, so what was found is kept for a moment."""
    kept: dict[str, tuple[datetime, int]] = current_app.extensions.setdefault(_COUNTS, {})
    at, count = kept.get(who.username, (None, 0))
    if at is None or clock.real_now() - at > FRESH:
        with database().reading() as session:
            count = asking.waiting_for(session, who.username, REQUESTS)
        kept[who.username] = clock.real_now(), count
    return count or None


def _count_anew() -> None:
    """Something was asked for or decided: in this process it shows at once."""
    current_app.extensions.pop(_COUNTS, None)


@blueprint.post("/exports")
@access("auditor")
def export() -> Answer | Response:
    """Take what is small; ask for what is not."""
    form, by, limit = request.form, actor(), _limit()
    kind = FORMATS.get(form.get("format", "")) or abort(422)
    wanted = Filter.of(form)
    if kind.of_campaign and not wanted.campaign:
        flash(_("请选择活动。"), "warning")
        return redirect(url_for("audit.exports"), 303)
    with database().reading() as session:
        choice = Choice(form["format"], wanted, choices.newest(session))
        rows = kind.rows(session, choice)
    reason = form.get("reason", "").strip()

    def work(session: Session) -> tuple[bool, Event]:
        if asking.alone(session, rows, limit, by):
            return True, asking.made(session, choice, rows, by)
        return False, asking.ask(session, choice, rows, reason, by)

    try:
        at_once, event = database().in_transaction(work)
    except Conflict as conflict:
        said = _("这次导出有 %(rows)s 行，超过一个人一天可以自己导出的 %(limit)s 行。", rows=rows, limit=limit)
        values: dict[str, Any] = {"format": choice.format, **wanted.query()}
        flash(f"{said}{conflict.text(locale())}", "warning")
        return redirect(url_for("audit.exports", **values), 303)
    if at_once:
        return _file(choice, event)
    _count_anew()
    flash(_("已提交，须由另一位审计员批准。"), "success")
    return redirect(url_for("audit.exports"), 303)


@blueprint.post("/exports/<int:key>/decision")
@access("auditor")
def export_decide(key: int) -> Response:
    """Confirm or reject what another auditor asked for."""
    by, confirm = actor(), request.form.get("decision") == "confirm"
    try:
        database().in_transaction(lambda session: asking.decide(session, key, by, confirm=confirm))
        _count_anew()
        flash(_("已批准，申请人一天之内可以下载。") if confirm else _("已驳回。"), "success")
    except Conflict as conflict:
        flash(conflict.text(locale()), "error")
    return redirect(url_for("audit.exports"), 303)


@blueprint.post("/exports/<int:key>/file")
@access("auditor")
def export_file(key: int) -> Answer | Response:
    """Take what was confirmed."""
    by = actor()
    try:
        choice, event = database().in_transaction(lambda session: asking.take(session, key, by))
    except Conflict as conflict:
        flash(conflict.text(locale()), "error")
        return redirect(url_for("audit.exports"), 303)
    return _file(choice, event)


def _file(choice: Choice, event: Event) -> Answer:
    """The file, made while it is sent; its name says which record tells that it was taken."""
    kind, base, language = FORMATS[choice.format], database(), locale()
    if kind.of_campaign:
        seal_at_once.before_handing_out(base)

    def pieces() -> Iterator[bytes]:
        with base.reading() as session:
            yield from kind.make(session, choice, language)

    headers: dict[str, Any] = {
        "Content-Disposition": f"attachment; filename=daopai-{event.key}.{kind.ending}",
        "Cache-Control": "no-store",
    }
    return Answer(pieces(), mimetype=kind.media_type, headers=headers)
