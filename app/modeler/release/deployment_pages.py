"""What is deployed: deployments by number, their files, every version of every definition. Looked at, exported, released again."""

from __future__ import annotations

from flask import Response as Answer
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import undefer
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.auth import access, actor, database
from app.auth.language import locale
from app.border import whole_number
from app.engine.errors import Conflict, Refused
from app.engine.models import Definition, Deployment
from app.modeler.blueprint import blueprint
from app.modeler.drafts import people
from app.modeler.release import again, deployments, queries, trying, words
from app.modeler.release.pages import download

#: deployments on one page
PAGE = 30


@blueprint.get("/deployments")
@access("admin")
def deployed() -> str:
    """Every deployment, the newest first: number, when, who drew, who released, comment, files."""
    before = request.args.get("after", type=whole_number)
    with database().reading() as session:
        rows = deployments.page(session, before, PAGE + 1)
        return render_template(
            "modeler/deployments.html",
            rows=rows[:PAGE],
            older=rows[PAGE - 1].number if len(rows) > PAGE else "",
            names=people.names(session, {name for row in rows for name in (row.by, *row.drawn_by)}),
            words=words,
        )


@blueprint.get("/deployments/<int:key>")
@access("admin")
def deployment(key: int) -> str:
    """One deployment with its files."""
    return _deployment(key)


def _deployment(key: int, *, comment: str = "", refused: Refused | None = None, conflict: str = "") -> str:
    with database().reading() as session:
        found = session.get(Deployment, key)
        if found is None:
            raise NotFound()
        drawn = again.drawn_by(session, found)
        return render_template(
            "modeler/deployment.html",
            deployment=found,
            files=deployments.files(session, key),
            drawn=sorted({name for names in drawn.values() for name in names}),
            request_key=deployments.request_of(session, key),
            names=people.names(session, {found.actor, *(name for names in drawn.values() for name in names)}),
            words=words,
            comment=comment,
            refused=refused,
            conflict=conflict,
            lang=locale(),
        )


@blueprint.post("/deployments/<int:key>/again")
@access("admin")
def deployment_again(key: int) -> Response | tuple[str, int]:
    """Ask that these files (all, when none is named) be released once more. Another person decides."""
    by, comment, resources = actor(), request.form.get("comment", ""), set(request.form.getlist("resource"))
    try:
        made = database().in_transaction(lambda session: again.ask_again(session, key, resources, comment, by))
    except Refused as refused:
        return _deployment(key, comment=comment, refused=refused), 422
    except Conflict as conflict:
        return _deployment(key, comment=comment, conflict=conflict.text(locale())), 409
    with database().reading() as session:
        files = {file.resource: file.content for file in queries.find(session, made.key, contents=True).files}
    trial = trying.tried(database(), files, by)
    database().in_transaction(lambda session: trying.keep(session, made.key, trial, by))
    flash(_("已提交再次发布的申请。须由另一位管理员看过差异后发布。"), "success")
    return redirect(url_for("modeler.release", key=made.key), 303)


@blueprint.get("/definitions")
@access("admin")
def definitions() -> str:
    """Every definition with all its versions."""
    with database().reading() as session:
        return render_template("modeler/definitions.html", kinds=deployments.by_kind(session), words=words)


@blueprint.get("/definitions/<int:key>")
@access("admin")
def definition(key: int) -> str:
    """One version: its picture or text, its deployment, its other versions."""
    with database().reading() as session:
        found = session.get(Definition, key, options=[undefer(Definition.content)])
        if found is None:
            raise NotFound()
        return render_template(
            "modeler/definition.html",
            definition=found,
            deployment=session.get(Deployment, found.deployment_key),
            versions=deployments.versions(session, found),
            content=found.content.decode("utf-8", "replace"),
            may_draw="modeler.draft_new" in current_app.view_functions,
            words=words,
        )


@blueprint.get("/definitions/<int:key>/file")
@access("admin")
def definition_file(key: int) -> Answer:
    """The file as it was deployed."""
    with database().reading() as session:
        found = session.get(Definition, key, options=[undefer(Definition.content)])
        if found is None:
            raise NotFound()
        return download(found.content, found.kind, found.resource)
