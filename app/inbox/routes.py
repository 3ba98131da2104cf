"""Pages of the inbox: lists and the task page. What changes something stands in the ``*_routes`` modules."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask, abort, current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import case, func
from sqlalchemy.orm import Session

from app import clock, element_names
from app.acts import people, transactions, wording
from app.auth import Identity, database, identity, navigation, open_tasks, signed_in
from app.auth.current import identity_or_none
from app.auth.shell import Late
from app.engine.instance_progress import standing
from app.engine.models import Task
from app.inbox import (
    attachment_routes,
    bulk_routes,
    claim_routes,
    comment_routes,
    completion_routes,
    draft_routes,
    listing,
    numbers,
    page,
    start_routes,
    unmasking,
)
from app.inbox.address import View
from app.inbox.blueprint import blueprint

#: How long names of villages are kept.
FRESH = timedelta(minutes=1)

#: Modules whose import puts their routes on the blueprint.
ROUTES = (attachment_routes, bulk_routes, claim_routes, comment_routes, completion_routes, draft_routes, start_routes)


@blueprint.get("/tasks")
@signed_in
def tasks() -> str:
    """My tasks, my groups' tasks, done by me: one page of a list with its filters."""
    who, view = identity(), View.read(request.args)
    with database().reading() as session:
        found = listing.page(session, who, view)
        if not found.rows and view.cursor:
            view = view.at(None)
            found = listing.page(session, who, view)
        counted = numbers.numbers(session, who, view)
        villages = scope_names(session, who)
    g.daopai_late = counted.overdue["mine"], counted.overdue["group"]
    return render_template("inbox/list.html", view=view, page=found, numbers=counted, villages=villages)


@blueprint.get("/tasks/<int:key>")
@signed_in
def task(key: int) -> str:
    """A task to work on; or, for those who had a part in it, what became of it."""
    who, view = identity(), View.read(request.args)
    with database().reading() as session:
        found, open_ = _readable(session, who, key)
        shown = page.build(session, who, found, open_=open_)
        mine = open_ and found.assignee == who.assignee
        successors = people.successors(session, found, who) if mine else []
        villages = scope_names(session, who) if found.scope else {}
    if shown.failed:
        transactions.unfilled(shown.failed, key)
    return render_template(
        "inbox/task.html",
        view=view,
        page=shown,
        task=found,
        open=open_,
        mine=mine,
        successors=successors,
        villages=villages,
        boot=_boot(who, found, shown, mine=mine, view=view),
    )


@blueprint.get("/tasks/<int:key>/diagram")
@signed_in
def diagram(key: int) -> dict[str, Any]:
    """Where this task's instance stands on its diagram, as JSON."""
    with database().reading() as session:
        found, _open = _readable(session, identity(), key)
        return standing(session, found.instance_key, now=clock.now())


def _readable(session: Session, who: Identity, key: int) -> tuple[Task, bool]:
    """The task and whether it is open to *who*; 404 unless it is, or he did it or could have done it."""
    found = open_tasks.open_task(session, who, key)
    if found is not None:
        return found, True
    known = open_tasks.known_task(session, who, key)
    if known is None:
        abort(404)
    return known, False


def _boot(who: Identity, found: Task, shown: page.Page, *, mine: bool, view: View) -> dict[str, Any]:
    """What the page's script needs: data for the forms, addresses, words of state."""
    query = view.query()
    tail = f"?{query}" if query else ""
    return {
        "task": str(found.key),
        "label": f"{element_names.spoken(found.name)} {found.label}".strip(),
        "user": who.username,
        "name": who.name,
        "mine": mine,
        "form": shown.form,
        "reviewed": shown.reviewed,
        "comments": shown.comments,
        "files": [attachment_routes.as_json(file) for file in (*shown.files, *shown.earlier_files)],
        "next": shown.steps.as_json() if shown.steps else None,
        "draft": {"revision": shown.draft.revision if shown.draft else 0},
        "urls": {
            "complete": url_for("inbox.complete", key=found.key) + tail,
            "draft": url_for("inbox.save_draft", key=found.key),
            "upload": url_for("inbox.attach", key=found.key),
            "comments": url_for("inbox.comment", key=found.key),
            "withdraw": url_for("inbox.withdraw_comment", key=0),
            "diagram": url_for("inbox.diagram", key=found.key),
            "list": url_for("inbox.tasks") + tail,
        },
    }


def scope_names(session: Session, who: Identity) -> dict[str, str]:
    """Village code → name, as the feature that knows villages tells; codes are shown where nobody does.

    Kept for a minute: villages hardly ever change, and every page of the inbox names them.
    """
    provider = current_app.extensions.get("daopai.scope_names")
    if provider is None:
        return {}
    kept: dict[int, tuple[datetime, dict[str, str]]] = current_app.extensions.setdefault("daopai.inbox.scope_names", {})
    at, names = kept.get(who.campaign_id, (None, {}))
    if at is None or clock.real_now() - at > FRESH:
        names = provider(session, who.campaign_id)
        kept[who.campaign_id] = clock.real_now(), names
    return names


def _late(session: Session, who: Identity) -> Late | None:
    """How many of the user's own and unclaimed tasks are overdue; the list page has counted them already."""
    counted = g.get("daopai_late")
    if counted is None and {each.role for each in who.roles} == {"auditor"}:
        return None
    if counted is None:
        overdue = open_tasks.tasks_open_to(who).where(Task.due_at <= clock.now())
        unclaimed = func.coalesce(func.sum(case((Task.assignee.is_(None), 1), else_=0)), 0)
        total, group = session.execute(overdue.with_only_columns(func.count(), unclaimed)).one()
        counted = total - group, group
    mine, group = counted
    if not mine and not group:
        return None
    return Late(mine + group, url_for("inbox.tasks", list=None if mine else "group", due="overdue"))


def register(app: Flask) -> None:
    """Put the inbox into *app*."""
    app.register_blueprint(blueprint)
    unmasking.register()
    app.extensions["daopai.late"] = _late
    # No diagram gives an auditor a task: an entry that is always empty says nothing.
    navigation.register(app, _l("待办"), "inbox.tasks", order=10, unless=("auditor",))
    navigation.register(app, _l("发起"), "inbox.startable", order=35, shown=start_routes.may_start_something)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "me": identity_or_none(),
        "moment_in_words": wording.moment,
        "exact": wording.day_and_time,
        "real_moment": wording.real_moment,
        "list_titles": _titles(),
        "option_names": _option_names,
        "option_counts": _option_counts,
        "view_pairs": _pairs,
    }


def _titles() -> dict[str, str]:
    return {"mine": _("我的"), "group": _("待签收"), "done": _("已办")}


def _option_names(options: list[numbers.Option], names: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(
        ((option.value, names.get(option.value, element_names.spoken(option.label))) for option in options), key=lambda pair: pair[0]
    )


def _option_counts(options: list[numbers.Option]) -> dict[str, int]:
    return {option.value: option.count for option in options}


def _pairs(view: View) -> list[tuple[str, str]]:
    return parse_qsl(view.query())
