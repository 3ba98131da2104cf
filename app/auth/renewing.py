"""Signing in again over a page that stays: the answers of the login for a script, by which a session that ended is renewed in place."""

from __future__ import annotations

from flask import Response, current_app, jsonify, request, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf

from app.auth import sessions
from app.auth.current import database, identity, signed_in_person
from app.auth.roles import SEPARATED


def asked() -> bool:
    """Whether a script asks, not a person who wants a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"


def answer(state: str = "", error: str = "") -> Response:
    """``{state, user, token, error, first}``: "in", "out", "code" (the second factor follows), "refused" (422); the token is the session's
    own; *first* is the page of what goes before anything else, "" for nothing."""
    person = signed_in_person()
    state = state or ("in" if person else "out")
    before = account_first()
    first = url_for(before) if before else ""
    said = jsonify(state=state, user=person.username if person else "", token=generate_csrf(), error=error, first=first)
    said.status_code = 422 if state == "refused" else 200
    return said


def account_first() -> str:
    """The page (endpoint) of what goes before anything else: a first password to change, a required second factor; "" for neither."""
    person = signed_in_person()
    if person is None:
        return ""
    if person.must_change_password:
        return "auth.password"
    wanted = current_app.config["DAOPAI"].totp_for_admins and not person.demonstration and not person.has_totp
    return "auth.two_factor" if wanted and identity().has(*SEPARATED) else ""


def refused(endpoint: str) -> Response:
    """A script is told what goes before anything else, and where (RFC 9457); its page opens that beside itself."""
    said = _("请先修改密码。") if endpoint == "auth.password" else _("请先设置两步验证。")
    answer = jsonify(type=url_for(endpoint), title="account", status=403, detail=said)
    answer.status_code, answer.content_type = 403, "application/problem+json"
    return answer


def chosen(username: str) -> dict[str, object]:
    """What *username* had chosen in the session that ended in this browser: the campaign, whom he acts for. Nothing of anybody else's."""
    with database().reading() as read:
        if sessions.owner(read, str(session.get("_user_id") or "")) != username:
            return {}
    return {name: session[name] for name in ("campaign", "acting_for") if name in session}
