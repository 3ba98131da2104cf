"""文书: what this role can make, the making, and the Word templates that an office may change.

Making is a POST: it hands out the file and records who took it (``document.made``).
"""

from __future__ import annotations

import hashlib
import io
from itertools import groupby
from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from jinja2 import TemplateError
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app import clock, errors
from app.auth import access, actor, database, identity
from app.campaign.blueprint import blueprint
from app.campaign.documents import choices, kinds, making, word
from app.campaign.documents.samples import SAMPLES
from app.campaign.models import DocumentTemplate
from app.engine import events
from app.engine.proof import seal_at_once

#: who changes templates
_EDITORS = ("office", "admin")

_REFUSALS: dict[str, LazyString] = {
    "no_file": _l("请先选择文件。"),
    "no_campaign": _l("请先选择一个活动，模板按活动保存。"),
    "too_large": _l("文件超过 2 MB。请删去模板中的图片后重新上传。"),
    "no_word_file": _l("文件无法打开。请用 Word 或 WPS 另存为 .docx 后重新上传。"),
    "unpacks_to_too_much": _l("文件解压后过大。请用下载的模板重新修改。"),
    "carries_program": _l("模板不能带有宏、嵌入对象或其他程序。请删去后重新上传。"),
    "bad_xml": _l("文件内部已损坏或含有不允许的内容。请用下载的模板重新修改。"),
    "reaches_out": _l("模板不能引用外部文件、链接图片或数据库域。请删去后重新上传。"),
    "syntax": _l("模板中的双花括号标记有误：只能写本页列出的名称、for 和 if。"),
    "unknown_name": _l("模板中用了没有的名称。可用的名称列在本页。"),
}


_ABOUT: dict[str, LazyString] = {
    "day": _l("日期"),
    "notice": _l("督办通知"),
    "list": _l("村问题清单"),
    "village": _l("村（社区）"),
    "person": _l("调查员"),
}


@blueprint.context_processor
def _buttons() -> dict[str, Any]:
    return {"document_kinds": kinds.KINDS, "may_make": lambda code: identity().has(*kinds.KINDS[code].roles)}


@blueprint.get("/documents")
@access(*kinds.ROLES)
def documents() -> str:
    """Every kind that this user's roles make, grouped, with what there is to choose from."""
    who = identity()
    with database().reading() as session:
        open_kinds = kinds.open_to(who)
        return render_template(
            "campaign/documents.html",
            groups=[(group, list(listed)) for group, listed in groupby(open_kinds, lambda kind: kind.group)],
            choices=choices.of(session, who, {kind.about for kind in open_kinds}),
            about_labels=_ABOUT,
            may_edit=who.has(*_EDITORS),
        )


_NOT_YET = errors.Words(_l("这份文书还没有内容可以生成。"), _l("数据没有改动。"), _l("等它所依据的表册报上来以后，再从文书页生成。"))


@blueprint.post("/documents/<kind>.<form>")
@access(*kinds.ROLES)
def make_document(kind: str, form: str) -> Response:
    """The file about ``about``, as a download; recorded with its SHA-256."""
    who, by = identity(), actor()
    if kind in kinds.KINDS and kinds.KINDS[kind].signed and form in kinds.KINDS[kind].formats and who.has(*kinds.KINDS[kind].roles):
        seal_at_once.before_handing_out(database())
    with database().reading() as session:
        try:
            made = making.make(session, who, kind, form, request.form.get("about", "").strip()[:100])
        except TemplateError:
            flash(_("本单位的模板已不适用，请在模板页恢复原模板或重新上传。"), "error")
            return redirect(url_for("campaign.documents"), 303)
    if made is None and kind in kinds.KINDS and not kinds.KINDS[kind].about and who.has(*kinds.KINDS[kind].roles):
        return errors.page(404, words=_NOT_YET)
    if made is None:
        abort(404)
    stored = making.keep(current_app.config["DAOPAI"].uploads, made)
    database().in_transaction(lambda write: making.record(write, made, who, by, stored=stored))
    return _file(made.content, made.file_name, kinds.MIME[made.format])


def _file(content: bytes, name: str, mime: str) -> Response:
    """A download under its Chinese name that no browser opens in place and no cache keeps."""
    plain = "".join("_" if sign in '\\/:*?"<>|\r\n\t' or ord(sign) < 32 else sign for sign in name)
    answer = send_file(io.BytesIO(content), mimetype=mime, as_attachment=True, download_name=plain[-150:], max_age=0)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.get("/documents/templates")
@access(*_EDITORS)
def document_templates() -> str:
    """The Word templates: download, upload a changed one, go back; and the names that each may use."""
    with database().reading() as session:
        return render_template(
            "campaign/document_templates.html",
            kinds=[kind for kind in kinds.KINDS.values() if kind.template],
            own=making.own_templates(session, identity().campaign_id),
            samples=SAMPLES,
            may_make_any=bool(kinds.open_to(identity())),
        )


def _kind(code: str) -> kinds.Kind:
    kind = kinds.KINDS.get(code)
    if kind is None or not kind.template:
        abort(404)
    return kind


@blueprint.get("/documents/templates/<kind>")
@access(*_EDITORS)
def document_template(kind: str) -> Response:
    """The template that is used now."""
    found = _kind(kind)
    with database().reading() as session:
        content = making.template(session, identity().campaign_id, found.code)
    return _file(content, _("%(title)s模板.docx", title=found.title), kinds.MIME["docx"])


@blueprint.post("/documents/templates/<kind>")
@access(*_EDITORS)
def document_template_upload(kind: str) -> Response:
    """Take a changed template: checked and filled with the sample before it counts."""
    found, back = _kind(kind), redirect(url_for("campaign.document_templates"), 303)
    file = request.files.get("file")
    if file is None or not file.filename:
        flash(_REFUSALS["no_file"], "error")
        return back
    if not identity().campaign_id:
        flash(_REFUSALS["no_campaign"], "error")
        return back
    content, name = file.stream.read(word.FILE_LIMIT + 1), file.filename.replace("\\", "/").rsplit("/", 1)[-1][:200]
    try:
        word.check(content, SAMPLES[found.code])
    except word.TemplateRefused as refused:
        flash(f"{_REFUSALS[refused.code]}{f' ({refused.detail})' if refused.detail else ''}", "error")
        return back
    database().in_transaction(lambda session: _keep(session, found.code, content, name))
    flash(_("模板已启用，以后的文书按新模板生成。"), "success")
    return back


def _keep(session: Session, code: str, content: bytes, name: str) -> None:
    campaign_id, by = identity().campaign_id, actor()
    query = select(func.max(DocumentTemplate.revision)).where(DocumentTemplate.campaign_id == campaign_id, DocumentTemplate.kind == code)
    row = DocumentTemplate(
        campaign_id=campaign_id,
        kind=code,
        revision=(session.scalar(query) or 0) + 1,
        content=content,
        checksum=hashlib.sha256(content).hexdigest(),
        file_name=name,
        uploaded_by=by.name,
        uploaded_at=clock.real_now(),
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # two uploads at the same moment: the second is run again and becomes the next revision
        raise StaleDataError("another template was uploaded at the same moment") from error
    detail = {"kind": code, "revision": row.revision, "sha256": row.checksum, "file": name}
    events.record(session, "template.changed", by, campaign_id=campaign_id, subject=f"campaign:{campaign_id}", detail=detail)


@blueprint.post("/documents/templates/<kind>/withdrawal")
@access(*_EDITORS)
def document_template_withdraw(kind: str) -> Response:
    """Back to the template that came with the system; the uploaded ones stay in the record."""
    found, campaign_id, by = _kind(kind), identity().campaign_id, actor()

    def work(session: Session) -> None:
        rows = session.scalars(
            select(DocumentTemplate).where(
                DocumentTemplate.campaign_id == campaign_id,
                DocumentTemplate.kind == found.code,
                DocumentTemplate.withdrawn_at.is_(None),
            )
        ).all()
        for row in rows:
            row.withdrawn_at = clock.real_now()
        if rows:
            detail = {"kind": found.code, "withdrawn": len(rows)}
            events.record(session, "template.withdrawn", by, campaign_id=campaign_id, subject=f"campaign:{campaign_id}", detail=detail)

    database().in_transaction(work)
    flash(_("已恢复原模板。"), "success")
    return redirect(url_for("campaign.document_templates"), 303)
