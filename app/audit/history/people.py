"""A person's day: what somebody did, in order, with the time between."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from flask import abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.audit import queries
from app.audit.blueprint import blueprint
from app.audit.history import entries
from app.audit.queries import Filter
from app.auth import access, database
from app.auth.holding import roles_held
from app.auth.language import locale
from app.auth.models import Account
from app.auth.roles import label

#: Acts on one page.
SIZE = 120


@blueprint.get("/people/<username>")
@access("auditor")
def person(username: str) -> str:
    """``day``: the campaign's day; without it the last day on which the person did something."""
    steps = bool(request.args.get("steps"))
    with database().reading() as session:
        account = session.scalar(select(Account).where(Account.username == username))
        day = _day(request.args.get("day", "")) or _last_day(session, username)
        if account is None and day is None:
            abort(404)
        day = day or clock.local(clock.now()).date()
        wanted = Filter(person=username, from_=day, to=day, plain=not steps)
        after = queries.cursor(request.args.get("after", ""))
        page = queries.select_records(session, wanted, after=after, size=SIZE, newest_first=False)
        lines = entries.build(session, page.rows, locale())
        return render_template(
            "audit/person.html",
            username=username,
            name=account.name if account else username,
            roles=_roles(session, username),
            day=day,
            before=day - timedelta(days=1),
            next=day + timedelta(days=1),
            lines=lines,
            counts=Counter(entry.kind_name for entry in lines).most_common(6),
            page=page,
            first=bool(after),
            steps=steps,
            wrong=bool(request.args.get("day")) and _day(request.args["day"]) is None,
        )


def _last_day(session: Session, username: str) -> date | None:
    last = next(queries.every_record(session, Filter(person=username), size=1), None)
    return clock.local(last.event.at).date() if last else None


def _roles(session: Session, username: str) -> list[str]:
    return [f"{label(held.role, locale())} {held.scope}".strip() for held in roles_held(session, username, clock.now())]


def _day(text: str) -> date | None:
    return Filter.of({"from": text}).from_
