"""One draft in its editor, and what the editor asks for: contents, saves, restored versions, who else is there."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from flask import Response as Answer
from flask import abort, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import access, actor, database, identity
from app.auth.language import locale
from app.border import whole_number
from app.engine import idempotency
from app.engine.actor import Actor
from app.engine.errors import Conflict, Refused
from app.engine.models import Definition
from app.modeler.blueprint import blueprint
from app.modeler.drafts import files, people, presence, store
from app.modeler.drafts.models import ModelDraft, ModelDraftVersion

#: versions in one piece of the list
VERSIONS = 30

_ENCODINGS = rb"utf-?8|us-ascii|ascii|iso-8859-1|windows-1252|gb2312|gbk|gb18030"
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["'](""" + _ENCODINGS + rb""")["']""", re.IGNORECASE)
_TYPES = {"process": "application/xml", "decision": "application/xml", "form": "application/json"}


@blueprint.get("/drafts/<int:key>")
@access("admin")
def draft(key: int) -> str:
    """The editor of the draft's kind with its newest version; ``?number=`` shows an older one, read-only."""
    number = request.args.get("number", type=whole_number)
    with database().reading() as session:
        found = store.find(session, key)
        shown = store.version(session, found, number or found.number)
        readonly = found.state != "OPEN" or shown.number != found.number
        content = store.content_of(session, found, shown.number)
        return render_template(
            "modeler/draft.html",
            draft=found,
            shown=shown,
            readonly=readonly,
            boot=_boot(found, shown, content, readonly),
            base=session.get(Definition, found.base_key) if found.base_key else None,
            names=people.names(session, {found.owner, found.updated_by, shown.saved_by}),
            known_endpoints=current_app.view_functions,
        )


def _boot(draft: ModelDraft, shown: ModelDraftVersion, content: bytes, readonly: bool) -> dict[str, Any]:
    """What the editor's script is told."""
    endpoints = {"save": "draft_save", "check": "draft_check", "presence": "draft_presence", "vocabulary": "draft_vocabulary"}
    return {
        "key": str(draft.key),
        "kind": draft.kind,
        "resource": draft.resource,
        "number": shown.number,
        "content": decoded(content),
        "readonly": readonly,
        "locale": locale(),
        "zone": str(clock.CAMPAIGN_ZONE),
        "now": clock.real_now().isoformat(),
        "saved_at": shown.saved_at.isoformat(),
        "urls": {
            **{name: url_for(f"modeler.{endpoint}", key=draft.key) for name, endpoint in endpoints.items()},
            "versions": url_for("modeler.draft_versions", key=draft.key),
            "self": url_for("modeler.draft", key=draft.key),
        },
    }


def decoded(content: bytes) -> str:
    """A file as text, by the encoding that its XML declaration or its byte order mark names."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    declared = _ENCODING.match(content)
    return content.decode(declared.group(1).decode() if declared else "utf-8-sig", "replace")


@blueprint.get("/drafts/<int:key>/file")
@access("admin")
def draft_file(key: int) -> Answer:
    """The plain file, as a download."""
    number = request.args.get("number", type=whole_number)
    with database().reading() as session:
        found = store.find(session, key)
        content = store.content_of(session, found, number)
    answer = Answer(content, content_type=_TYPES[found.kind])
    answer.headers.set("Content-Disposition", "attachment", filename=files.file_name(found.resource, found.kind))
    return answer


@blueprint.get("/drafts/<int:key>/versions")
@access("admin")
def draft_versions(key: int) -> str:
    """Its versions, the newest first: who, when, what for."""
    before = request.args.get("before", type=whole_number)
    with database().reading() as session:
        found = store.find(session, key)
        rows = store.versions(session, found, before=before, limit=VERSIONS + 1)
        return render_template(
            "modeler/versions.html",
            draft=found,
            rows=rows[:VERSIONS],
            older=rows[VERSIONS - 1].number if len(rows) > VERSIONS else 0,
            names=people.names(session, {row.saved_by for row in rows}),
            compare="modeler.difference" in current_app.view_functions,
        )


@blueprint.post("/drafts/<int:key>/versions")
@access("admin")
def draft_save(key: int) -> tuple[Answer, int]:
    """Keep ``content`` that was made from version ``from_number``: ``{number, saved}``. A repeated ``request_id`` gets the first answer.

    Over another version: 409, and what was sent is kept aside.
    """
    by, sent = actor(), _sent()
    try:
        return jsonify(database().in_transaction(lambda session: _saved(session, key, sent, by))), 201
    except Refused as refused:
        return jsonify(problems=[problem.text(locale()) for problem in refused.problems]), 422
    except Conflict as conflict:
        if conflict.code != "draft_newer":
            return jsonify(detail=conflict.text(locale())), 409
        kept = database().in_transaction(lambda session: store.put_aside(session, key, sent["content"], by))
        return jsonify(_conflict(conflict, key, kept)), 409


def _saved(session: Session, key: int, sent: dict[str, Any], by: Actor) -> dict[str, Any]:
    """The save, once for one request id."""
    request_id, asked = sent["request_id"], idempotency.digest("draft", key, sent["from_number"], sent["content"].decode(), sent["note"])
    first = idempotency.find(session, by, request_id, asked) if request_id else None
    if first is not None:
        return first
    saved = store.save(session, key, sent["from_number"], sent["content"], by, sent["note"])
    answer = {"number": saved.number, "saved": _said(saved.updated_at)}
    if request_id:
        idempotency.keep(session, by, request_id, asked, answer)
    return answer


def _sent() -> dict[str, Any]:
    sent = request.get_json()
    content, number, request_id = sent.get("content"), sent.get("from_number"), sent.get("request_id")
    if not isinstance(content, str) or not isinstance(number, int):
        content, number = "", 0
    if request_id is not None and not (isinstance(request_id, str) and idempotency.REQUEST_ID.fullmatch(request_id)):
        abort(400)
    return {"content": content.encode(), "from_number": number, "note": str(sent.get("note") or ""), "request_id": request_id}


def _conflict(conflict: Conflict, key: int, kept: ModelDraftVersion) -> dict[str, Any]:
    with database().reading() as session:
        by = conflict.params["by"]
        name = people.names(session, [by]).get(by, by)
    newest = conflict.params["number"]
    words = Conflict(conflict.code, **{**conflict.params, "by": name})
    address = url_for("modeler.difference", draft=key, left=newest, right=kept.number) if _has("modeler.difference") else ""
    return {
        "detail": words.text(locale()),
        "by": name,
        "newest": newest,
        "mine": kept.number,
        "difference": address,
        "kept": _("您的内容已另存为第 %(number)s 版（未采用）。", number=kept.number),
    }


@blueprint.post("/drafts/<int:key>/restore")
@access("admin")
def draft_restore(key: int) -> Response:
    """Make an older (or a put-aside) version count again, as a new version."""
    by = actor()
    number, seen = request.form.get("number", 0, whole_number), request.form.get("from_number", 0, whole_number)
    note = _("恢复第 %(number)s 版", number=number)
    database().in_transaction(lambda session: store.restore(session, key, number, seen, by, note))
    flash(_("第 %(number)s 版已恢复为最新版本。", number=number), "success")
    return redirect(url_for("modeler.draft", key=key), 303)


@blueprint.post("/drafts/<int:key>/presence")
@access("admin")
def draft_presence(key: int) -> Answer:
    """I have it open (``leaving``: not any more). Who else has, and which version counts now."""
    me, leaving = identity().username, bool((request.get_json(silent=True) or {}).get("leaving"))

    def work(session: Session) -> tuple[ModelDraft, list[str], dict[str, str]]:
        found = store.find(session, key)
        (presence.leave if leaving else presence.touch)(session, key, me)
        others = presence.present(session, [key], besides=me).get(key, [])
        return found, others, people.names(session, [found.updated_by])

    found, others, names = database().in_transaction(work)
    return jsonify(
        others=others,
        number=found.number,
        state=found.state,
        by=names.get(found.updated_by, found.updated_by),
        at=_said(found.updated_at),
    )


def _said(moment: datetime) -> str:
    return f"{clock.local(moment):%H:%M:%S}"


def _has(endpoint: str) -> bool:
    return endpoint in current_app.view_functions
