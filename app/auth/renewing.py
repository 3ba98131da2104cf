"""Signing in again over a page that stays: the answers of the login for a script, by which a session that ended is renewed in place."""

from __future__ import annotations

from flask import Response, jsonify, request, session
from flask_wtf.csrf import generate_csrf

from app.auth import sessions
from app.auth.current import database, signed_in_person


def asked() -> bool:
    """Whether a script asks, not a person who wants a page."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"], "text/html") == "application/json"


def answer(state: str = "", error: str = "") -> Response:
    """``{state, user, token, error}``: "in", "out", "code" (the second factor follows), "refused" (422); the token is the session's own."""
    person = signed_in_person()
    state = state or ("in" if person else "out")
    said = jsonify(state=state, user=person.username if person else "", token=generate_csrf(), error=error)
    said.status_code = 422 if state == "refused" else 200
    return said


def chosen(username: str) -> dict[str, object]:
    """What *username* had chosen in the session that ended in this browser: the campaign, whom he acts for. Nothing of anybody else's."""
    with database().reading() as read:
        if sessions.owner(read, str(session.get("_user_id") or "")) != username:
            return {}
    return {name: session[name] for name in ("campaign", "acting_for") if name in session}
