"""The list of drafts: begin one from what is deployed, from a template or from a file; discard one."""

from __future__ import annotations

import re

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.auth import access, actor, database, identity
from app.auth.language import locale
from app.border import whole_number
from app.engine import definitions
from app.engine.errors import Refused
from app.modeler.blueprint import blueprint
from app.modeler.drafts import files, people, presence, starting, store
from app.modeler.drafts.models import ModelDraft

_ID = re.compile(r"[A-Za-z_][\w.\-]{0,99}")


@blueprint.get("/drafts")
@access("admin")
def drafts() -> str:
    """What is being drawn and by whom; below it, what a new draft may begin from."""
    with database().reading() as session:
        rows = store.open_drafts(session)
        return render_template(
            "modeler/drafts.html",
            drafts=rows,
            present=presence.present(session, [row.key for row in rows], besides=identity().username),
            names=people.names(session, {name for row in rows for name in (row.owner, row.updated_by)}),
            deployed=starting.newest_first(session),
            suffixes=files.SUFFIXES,
        )


@blueprint.post("/drafts")
@access("admin")
def draft_new() -> Response:
    """A draft from the deployed definition ``base``, or of kind ``kind`` from the template."""
    by, form = actor(), request.form
    base = form.get("base", type=whole_number)
    if base is not None:
        draft = database().in_transaction(lambda session: _from_deployed(session, base))
        return _to(draft)
    kind, definition_id, name = form.get("kind", ""), form.get("id", "").strip(), form.get("name", "").strip()[:200]
    if kind not in files.SUFFIXES:
        abort(400)
    if not _ID.fullmatch(definition_id):
        flash(_("请填写标识：以英文字母开头，只用字母、数字、下划线、点和连字符。"), "error")
        return redirect(url_for("modeler.drafts", _anchor="new"), 303)
    content = starting.template(kind, definition_id, name or definition_id)
    resource = files.file_name(definition_id, kind)
    return _to(database().in_transaction(lambda session: store.create(session, by, kind=kind, resource=resource, content=content)))


def _from_deployed(session: Session, key: int) -> ModelDraft:
    definition = definitions.get(session, key)
    resource = files.file_name(definition.resource, definition.kind)
    return store.create(session, actor(), kind=definition.kind, resource=resource, content=definition.content, base_key=definition.key)


@blueprint.post("/drafts/import")
@access("admin")
def draft_import() -> Response:
    """A draft from an uploaded ``.bpmn``, ``.dmn`` or ``.form`` file. Where the same id is deployed, its newest version is the base."""
    by = actor()
    file = request.files.get("file")
    if file is None or not file.filename:
        flash(_("请先选择文件。"), "error")
        return redirect(url_for("modeler.drafts", _anchor="import"), 303)
    kind = files.kind_of(file.filename)
    if kind is None:
        flash(_("只能导入 .bpmn、.dmn 或 .form 文件，一次一份；压缩包请先解开。"), "error")
        return redirect(url_for("modeler.drafts", _anchor="import"), 303)
    content, resource = file.stream.read(files.MAX_SIZE + 1), files.file_name(file.filename, kind)

    def work(session: Session) -> ModelDraft:
        base = definitions.newest(session, kind, files.read(kind, resource, content).id)
        return store.create(session, by, kind=kind, resource=resource, content=content, base_key=base.key if base else None)

    try:
        return _to(database().in_transaction(work))
    except Refused as refused:
        reasons = " ".join(problem.text(locale()) for problem in refused.problems)
        flash(_("没有导入 %(file)s：%(reasons)s", file=resource, reasons=reasons), "error")
        return redirect(url_for("modeler.drafts", _anchor="import"), 303)


@blueprint.post("/drafts/<int:key>/discard")
@access("admin")
def draft_discard(key: int) -> Response:
    """Nobody goes on with it; its versions stay."""
    by = actor()
    database().in_transaction(lambda session: store.discard(session, key, by))
    flash(_("草稿已作废，它的各个版本仍保留。"), "success")
    return redirect(url_for("modeler.drafts"), 303)


def _to(draft: ModelDraft) -> Response:
    return redirect(url_for("modeler.draft", key=draft.key), 303)
