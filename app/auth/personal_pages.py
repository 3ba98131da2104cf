"""Showing one masked value: asked with a reason, allowed by the feature that owns it, recorded, then given once."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, jsonify, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.auth.current import Identity, actor, database, identity
from app.auth.guard import signed_in
from app.engine import events
from app.personal import Unmasked, resolver_of

personal = Blueprint("personal", __name__, url_prefix="/personal")

MINIMUM_REASON = 2


@personal.post("/unmask")
@signed_in
def unmask() -> Response | tuple[Response, int]:
    """``what`` (e.g. ``household.phone``), ``key``, ``reason`` → ``{"value": …}``. What this user may not see is not found."""
    who, by = identity(), actor()
    what, key = request.form.get("what", ""), request.form.get("key", "")[:200]
    reason = request.form.get("reason", "").strip()[:300]
    if len(reason) < MINIMUM_REASON:
        return jsonify(error=_("请填写查看事由。")), 422
    resolver: Callable[[Session, str, Identity], Unmasked | None] | None = resolver_of(what)

    def show(write: Session) -> str:
        found = resolver(write, key, who) if resolver else None
        if found is None:
            raise NotFound()
        detail = {"what": what, "key": key, "reason": reason}
        events.record(write, "personal.unmasked", by, campaign_id=who.campaign_id, subject=found.subject, detail=detail)
        return found.value

    answer = jsonify(value=database().in_transaction(show))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def attach(app: Flask) -> None:
    app.register_blueprint(personal)
