"""Keep what is being typed."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.acts import completion, drafts, wording
from app.acts.models import Draft
from app.auth import database, identity, open_tasks, signed_in
from app.inbox.blueprint import blueprint


@blueprint.put("/tasks/<int:key>/draft")
@signed_in
def save_draft(key: int) -> Any:
    """``{"data": {…}, "revision": n}`` → ``{"revision", "saved"}``; 409 with the other device's draft when that is newer."""
    if (request.content_length or 0) > drafts.LARGEST:
        abort(413)
    sent = request.get_json()
    data, seen = sent.get("data"), sent.get("revision")
    if not isinstance(data, dict) or not isinstance(seen, int):
        abort(400)

    def work(session: Session) -> Draft:
        who = identity()
        task = open_tasks.open_task(session, who, key)
        if task is None:
            raise completion.closed(session, who, key)
        _definition, form = completion.form_of(session, task)
        draft = drafts.save(session, task, form, who.username, data, seen=seen)
        if not open_tasks.still_open(session, key):
            # Submitted while this draft was on its way: it must not outlive the task.
            session.expire_all()
            raise completion.closed(session, who, key)
        return draft

    try:
        draft = database().in_transaction(work)
    except drafts.Newer as newer:
        at = wording.real_moment(newer.draft.saved_at)
        text = _("您在另一台设备上于 %(at)s 保存过更新的内容。", at=at)
        return jsonify(title=text, revision=newer.draft.revision, saved=at, newer=True), 409
    return jsonify(revision=draft.revision, saved=wording.real_moment(draft.saved_at))
