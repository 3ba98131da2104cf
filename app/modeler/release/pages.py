"""Requests to release: ask, look at what would change, decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Response as Answer
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.auth import Identity, access, actor, database, identity
from app.auth.language import locale
from app.border import whole_number
from app.engine.errors import Conflict, Refused
from app.engine.models import Deployment
from app.modeler.blueprint import blueprint
from app.modeler.drafts import people, store
from app.modeler.release import effects, queries, requests, shown, trying, words
from app.modeler.release.models import ReleaseFile, ReleaseRequest

#: requests on one page
PAGE = 30

TYPES = {"process": "application/xml", "decision": "application/xml", "form": "application/json"}


@blueprint.get("/releases")
@access("admin")
def releases() -> str:
    """Requests by state, the newest first; those that wait are shown when no state is chosen."""
    state, before = request.args.get("state", "WAITING").upper(), request.args.get("after", type=whole_number)
    with database().reading() as session:
        rows = queries.page(session, state if state in words.STATES else "", before, PAGE + 1)
        return render_template(
            "modeler/releases.html",
            rows=rows[:PAGE],
            older=rows[PAGE - 1].key if len(rows) > PAGE else "",
            counts=queries.counts(session),
            state=state,
            states=words.STATES,
            stale={file.request_key for file in queries.stale_files(session, rows)},
            names=people.names(session, {name for row in rows for name in (row.requested_by, row.decided_by)}),
        )


@blueprint.get("/drafts/<int:key>/release")
@access("admin")
def release_new(key: int) -> str:
    """Ask for the release of this draft, with other open ones."""
    return _asking(key)


def _asking(key: int, *, comment: str = "", chosen: tuple[int, ...] = (), refused: Refused | None = None, conflict: str = "") -> str:
    with database().reading() as session:
        draft = store.find(session, key)
        return render_template(
            "modeler/release_new.html",
            draft=draft,
            others=[other for other in store.open_drafts(session) if other.key != key],
            chosen={key, *chosen},
            comment=comment,
            refused=refused,
            conflict=conflict,
            waiting=queries.waiting_with(session, [key]),
            kinds=words.FILE_KINDS,
            lang=locale(),
            names=people.names(session, {draft.updated_by}),
        )


@blueprint.post("/drafts/<int:key>/release")
@access("admin")
def release_ask(key: int) -> Response | tuple[str, int]:
    """The check runs; its errors come back with what was typed. The scenarios run, and their results are kept with the request."""
    by, comment = actor(), request.form.get("comment", "")
    chosen = tuple(request.form.getlist("draft", type=whole_number))
    replaced = _("由新的申请取代")
    try:
        made = database().in_transaction(lambda session: requests.ask_for_drafts(session, (key, *chosen), comment, by, replaced=replaced))
    except Refused as refused:
        return _asking(key, comment=comment, chosen=chosen, refused=refused), 422
    except Conflict as conflict:
        return _asking(key, comment=comment, chosen=chosen, conflict=conflict.text(locale())), 409
    _try(made.key)
    flash(_("已提交。须由另一位管理员看过差异后发布。"), "success")
    return redirect(url_for("modeler.release", key=made.key), 303)


def _try(key: int) -> bool:
    """Run the scenarios over the request's files and keep the results; whether all went as expected."""
    with database().reading() as session:
        files = {file.resource: file.content for file in queries.find(session, key, contents=True).files}
    by = actor()
    trial = trying.tried(database(), files, by)
    database().in_transaction(lambda session: trying.keep(session, key, trial, by))
    return not trying.failed(trial)


@blueprint.get("/releases/<int:key>")
@access("admin")
def release(key: int) -> str:
    """What the releaser sees: check, difference, scenarios, what becomes of running instances; then the decision."""
    return _page(key)


def _page(key: int, refused: Refused | None = None, conflict: Conflict | None = None) -> str:
    with database().reading() as session:
        found = queries.find(session, key, contents=True)
        barred = queries.barred(session, found)
        wanted = requests.changed(session, found.files) if found.state == "WAITING" else {file.resource for file in found.files}
        made = effects.made_by(session, found.deployment_key) if found.deployment_key else None
        contents = {file.resource: file.content for file in found.files}
        return render_template(
            "modeler/release.html",
            release=found,
            conflict=_said(session, conflict) if conflict else "",
            state=words.STATES[found.state],
            comparisons=shown.of_request(session, found),
            problems=refused.problems if refused else requests.check(session, contents) if found.state == "WAITING" else [],
            effects=effects.effects_of(session, {name: each for name, each in contents.items() if name in wanted}, newer_than=made),
            stale=queries.stale(session, found),
            moved_on=queries.moved_on(session, found),
            standing=queries.standing_of(session, found),
            mine=identity().username == found.requested_by,
            barred=bool(barred & {identity().username, identity().acting_for}),
            drawn_by=sorted({name for file in found.files for name in file.drawn_by}),
            deployment=session.get(Deployment, found.deployment_key) if found.deployment_key else None,
            again=session.get(Deployment, found.again_key) if found.again_key else None,
            failed=trying.failed(found.trial),
            unmanned=trying.warnings(found.trial),
            tried_at=datetime.fromisoformat(found.trial["at"]) if found.trial else None,
            names=people.names(session, barred | {found.decided_by, (found.trial or {}).get("by", "")}),
            words=words,
            lang=locale(),
            operated={name for name in ("migration", "instances", "instance") if f"operations.{name}" in current_app.view_functions},
        )


def _said(session: Session, conflict: Conflict) -> str:
    """The sentence, with people by their names."""
    by = conflict.params.get("by", "")
    return Conflict(conflict.code, **{**conflict.params, "by": people.names(session, [by]).get(by, by)}).text(locale())


@blueprint.get("/releases/<int:key>/files/<int:file>")
@access("admin")
def release_file(key: int, file: int) -> Answer:
    """A file of the request as it was asked for."""
    with database().reading() as session:
        found = session.scalar(select(ReleaseFile).where(ReleaseFile.request_key == key, ReleaseFile.key == file))
        if found is None:
            raise NotFound()
        return download(found.content, found.kind, found.resource)


def download(content: bytes, kind: str, resource: str) -> Answer:
    """A file as an attachment: never shown as a page of ours."""
    answer = Answer(content, content_type=TYPES[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=resource)
    return answer


@blueprint.post("/releases/<int:key>/trial")
@access("admin")
def release_try(key: int) -> Response:
    """Run the scenarios once more."""
    _try(key)
    return redirect(url_for("modeler.release", key=key, _anchor="scenarios"), 303)


@blueprint.post("/releases/<int:key>/deployment")
@access("admin")
def release_deploy(key: int) -> Response | tuple[str, int]:
    """Release: check and scenarios once more, then one deployment. A scenario that fails has to be accepted expressly."""
    by, standing = actor(), request.form.get("standing", "")
    if not _try(key) and not request.form.get("despite"):
        flash(_("有场景没有通过，没有发布。请先看结果；确实要发布，请勾选“仍然发布”。"), "warning")
        return redirect(url_for("modeler.release", key=key, _anchor="decision"), 303)
    try:
        database().in_transaction(lambda session: requests.release(session, key, by, standing))
    except Refused as refused:
        return _page(key, refused), 422
    except Conflict as conflict:
        return _page(key, conflict=conflict), 409
    flash(_("已发布。新开的流程实例使用新版本，正在进行的仍按原版本办理。"), "success")
    return redirect(url_for("modeler.release", key=key), 303)


@blueprint.post("/releases/<int:key>/rejection")
@access("admin")
def release_reject(key: int) -> Response | tuple[str, int]:
    """Send it back with a reason."""
    by, reason = actor(), request.form.get("reason", "")
    return _decided(key, lambda session: requests.reject(session, key, by, reason), _("已退回，草稿仍可继续修改。"))


@blueprint.post("/releases/<int:key>/withdrawal")
@access("admin")
def release_withdraw(key: int) -> Response | tuple[str, int]:
    """Who asked takes it back."""
    by, reason = actor(), request.form.get("reason", "")
    return _decided(key, lambda session: requests.withdraw(session, key, by, reason), _("已撤回，草稿仍可继续修改。"))


def _decided(key: int, work: Callable[[Session], ReleaseRequest], said: str) -> Response | tuple[str, int]:
    try:
        database().in_transaction(work)
    except Conflict as conflict:
        return _page(key, conflict=conflict), 409
    flash(said, "success")
    return redirect(url_for("modeler.release", key=key), 303)


def waiting_count(_who: Identity) -> int | None:
    """How many requests wait, for the navigation."""
    with database().reading() as session:
        return queries.counts(session).get("WAITING") or None
