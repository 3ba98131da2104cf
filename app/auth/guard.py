"""Who may call a route. Every route says so; what says nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response

from app.auth import renewing, sessions
from app.auth.current import database, identity, signed_in_person, uses_token
from app.auth.roles import ROLES
from app.clock import real_now

View = TypeVar("View", bound=Callable[..., Any])

csrf = CSRFProtect()

_MARK = "daopai_access"


@dataclass(frozen=True, slots=True)
class Access:
    """What a view declares."""

    kind: Literal["public", "signed_in", "roles"]
    roles: frozenset[str] = frozenset()


def access(*roles: str) -> Callable[[View], View]:
    """The signed-in user (or the absent person he acts for) holds one of *roles* in the current campaign, in any scope."""
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"no such role: {sorted(unknown)}")

    def mark(view: View) -> View:
        setattr(view, _MARK, Access("roles", frozenset(roles)))
        return view

    return mark


def signed_in(view: View) -> View:
    """Any account may call this view."""
    setattr(view, _MARK, Access("signed_in"))
    return view


def public(view: View) -> View:
    """Anybody may call this view."""
    setattr(view, _MARK, Access("public"))
    return view


def declared(view: Callable[..., Any]) -> Access | None:
    """What a view declares; None: nothing, so nobody may call it. A ``View`` class carries the mark itself."""
    found = getattr(view, _MARK, None) or getattr(getattr(view, "view_class", None), _MARK, None)
    return found if isinstance(found, Access) else None


def guard() -> Response | None:
    """Runs before every request: CSRF, then what the route declares. Refuses what declares nothing."""
    if request.endpoint is None:
        return None  # no such address: 404 or 405 follows
    rule = declared(current_app.view_functions[request.endpoint])
    if rule is None:
        abort(403)
    if request.path.startswith("/v2/") and rule.kind != "public" and signed_in_person() is None:
        raise Unauthorized()  # a program without a token learns that, not that a CSRF token is missing
    if not uses_token():
        csrf.protect()
    if rule.kind == "public":
        return None
    person = signed_in_person()
    if person is None:
        return _to_login()
    detour = _account_first()
    if detour is not None:
        return detour
    if rule.kind == "roles" and not identity().has(*rule.roles):
        abort(403)
    _note_use()
    return None


def _to_login() -> Response:
    """Send a person to the login page and bring him back afterwards; tell a program 401."""
    wants_page = request.accept_mimetypes.best_match(["application/json", "text/html"], "text/html") == "text/html"
    if uses_token() or request.path.startswith("/v2/") or not wants_page:
        raise Unauthorized()
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    if request.headers.get("HX-Request"):
        here = local_path(urlsplit(request.headers.get("HX-Current-URL", "")).path)
    target = url_for("auth.login", next=here or None)
    if request.headers.get("HX-Request"):
        return Response("", 401, {"HX-Redirect": target})
    return redirect(target, 303)


def _account_first() -> Response | None:
    """What the account must do before anything else: a page is sent there, a script is told so and where."""
    endpoint = "" if uses_token() or (request.endpoint or "").startswith("auth.") else renewing.account_first()
    if not endpoint:
        return None
    if renewing.asked():
        return renewing.refused(endpoint)
    return redirect(url_for(endpoint), 303)


def _note_use() -> None:
    """Write when the session was last used, at most every few minutes."""
    person = signed_in_person()
    if person is None or person.seen_at is None or real_now() - person.seen_at < sessions.SEEN_EVERY:
        return
    key = person.session_key
    database().in_transaction(lambda write: sessions.touch(write, key))


def local_path(target: str | None) -> str:
    """*target* when it is a path on this server, otherwise "": nobody is sent to another site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return ""
    if any(ord(char) < 32 for char in target) or "\\" in target:
        return ""
    parts = urlsplit(target)
    return "" if parts.scheme or parts.netloc else target


def install(app: Flask) -> None:
    """Put the guard before every request of *app*."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard calls it, so that Bearer requests can go without
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form may stay open all day
        WTF_CSRF_HEADERS=["X-CSRFToken"],
        SESSION_COOKIE_NAME="daopai",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.config["DAOPAI"].production,
    )
    csrf.init_app(app)
    app.before_request(guard)
    public(app.view_functions["static"])


def start_browser_session(token: str, chosen: Mapping[str, object] | None = None) -> None:
    """Begin a fresh browser session (nothing of the old one survives: no fixation) with what its person had *chosen* before."""
    kept = {key: session[key] for key in ("locale",) if key in session}
    session.clear()
    session.update({**kept, **(chosen or {})})
    session["_user_id"] = token
    session.permanent = True
    for name in ("daopai_person", "daopai_identity", "csrf_token"):
        g.pop(name, None)
