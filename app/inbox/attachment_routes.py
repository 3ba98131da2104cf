"""Files: attach, fetch, take back."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, jsonify, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.acts import attachments, completion, uploads
from app.acts.models import Attachment
from app.auth import actor, database, identity, open_tasks, signed_in
from app.engine.models import Task
from app.inbox.blueprint import blueprint


@blueprint.post("/tasks/<int:key>/attachments")
@signed_in
def attach(key: int) -> Any:
    """multipart ``file`` and ``path`` (the form field, or empty) → the attachment, 201; 413 or 415 says why not."""
    with database().reading() as session:
        task = open_tasks.open_task(session, identity(), key)
        if task is None:
            raise completion.closed(session, identity(), key)
        path = request.form.get("path", "")
        keep_place = _asks_for_place(session, task, path)
    sent = request.files.get("file")
    if sent is None:
        abort(400)
    folder = current_app.config["DAOPAI"].uploads
    content = sent.stream.read(uploads.LARGEST + 1)
    sent.close()
    try:
        stored = uploads.store(folder, content, keep_place=keep_place)
    except uploads.NotAccepted as error:
        return jsonify(title=_reason(error.reason)), 413 if error.reason == "large" else 415
    name = sent.filename or ""

    def work(session: Session) -> Attachment:
        task = open_tasks.open_task(session, identity(), key)
        if task is None:
            raise completion.closed(session, identity(), key)
        return attachments.add(session, task, actor(), stored, name=name, path=path)

    try:
        made = database().in_transaction(work)
    except Exception:
        uploads.path(folder, stored.name).unlink(missing_ok=True)
        raise
    return jsonify(as_json(made)), 201


def _asks_for_place(session: Session, task: Task, path: str) -> bool:
    """Whether the field says that its photos are to tell where they were taken (custom property ``keepPlace``)."""
    if task.form_key is None:
        return False
    field = completion.form_of(session, task)[1].field(path)
    return field is not None and field.node.properties.get("keepPlace") == "true"


def _reason(reason: str) -> Any:
    """Why a file is refused, and what can be done."""
    most = uploads.LARGEST // (1024 * 1024)
    return {
        "large": _("文件超过 %(most)s MB，请压缩后再传。", most=most),
        "empty": _("这个文件是空的。"),
        "broken": _("照片不完整或已损坏，请重新拍摄或另选一张。"),
        "macros": _("含有宏的文件不能上传，请另存为不含宏的格式。"),
    }.get(reason, _("只能上传照片（JPG、PNG、WebP）、PDF、Word（docx）和 Excel（xlsx）。"))


def as_json(attachment: Attachment) -> dict[str, Any]:
    """For the form bundle. Photos may be shown in place; everything else is for saving."""
    address = url_for("inbox.attachment", key=attachment.key)
    photo = attachment.media_type in uploads.PHOTOS
    return {
        "id": str(attachment.key),
        "name": attachment.name,
        "size": attachment.size,
        "type": attachment.media_type,
        "url": address,
        "thumbnail": address if photo else None,
    }


@blueprint.get("/attachments/<int:key>")
@signed_in
def attachment(key: int) -> Any:
    """A photo, which is looked at in place. A document leaves the system: a page says that this is recorded, and its button takes it."""
    found = _readable(key)
    return _file(found) if found.media_type in uploads.PHOTOS else render_template("inbox/document.html", file=found)


@blueprint.post("/attachments/<int:key>/copy")
@signed_in
def attachment_copy(key: int) -> Any:
    """A copy to keep; that it was taken is recorded."""
    found, by = _readable(key), actor()
    answer = _file(found)
    database().in_transaction(lambda session: attachments.taken(session, found, by))
    return answer


def _readable(key: int) -> Attachment:
    with database().reading() as session:
        found = attachments.open_to(session, identity(), key)
    return found or abort(404)


def _file(found: Attachment) -> Any:
    """The file itself, never run by the browser: as an attachment, with its true type, and ``nosniff``."""
    place = attachments.file_of(current_app.config["DAOPAI"].uploads, found)
    if not place.is_file():
        abort(404)
    answer = send_file(place, mimetype=found.media_type, as_attachment=True, download_name=found.name, conditional=True, etag=found.sha256)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@blueprint.delete("/attachments/<int:key>")
@signed_in
def remove_attachment(key: int) -> Any:
    """Take back one's own file while the task is open."""
    folder = current_app.config["DAOPAI"].uploads
    gone = database().in_transaction(lambda session: attachments.remove(session, identity(), actor(), key))
    if gone is None:
        abort(404)
    attachments.file_of(folder, gone).unlink(missing_ok=True)
    return "", 204
