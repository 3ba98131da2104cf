"""Signing in and out, the first page, the language: what a person needs before anything else."""

from __future__ import annotations

from flask import Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import (  # noqa: F401  (they add their pages to the blueprints)
    account_pages,
    activation_pages,
    administration,
    demonstration,
    demonstration_pages,
    devices,
    guard,
    limits,
    navigation,
    personal_pages,
    renewing,
    second_factor_pages,
    sessions,
    sign_in,
    token_pages,
)
from app.auth.blueprint import auth
from app.auth.current import actor, database, identity, identity_or_none, signed_in_person
from app.auth.guard import local_path, public, signed_in
from app.auth.language import LOCALES
from app.auth.models import Account, LoginSession

#: Seconds in which the second factor must follow the password.
CODE_WITHIN = 300


@auth.get("/")
@signed_in
def home() -> Response:
    """The role's first page."""
    return redirect(navigation.first_page(current_app._get_current_object(), identity()), 303)  # type: ignore[attr-defined]


@auth.get("/login")
@public
def login() -> str | Response:
    """The login page; in the demonstration with its accounts. For a script: who is signed in, if anybody."""
    if renewing.asked():
        return renewing.answer()
    if identity_or_none():
        return redirect(local_path(request.args.get("next")) or url_for("auth.home"), 303)
    return _login_page()


def _login_page(error: str = "", username: str = "") -> str:
    with database().reading() as read:
        shown = demonstration.is_loaded(current_app, read)
        visitors = demonstration.accounts_by_role(read) if shown else []
    target = local_path(request.values.get("next"))
    return render_template("auth/login.html", error=error, username=username, next=target, visitors=visitors)


def _sender(username: str) -> sign_in.Sender:
    production = current_app.config["DAOPAI"].production
    return sign_in.Sender(request.remote_addr or "", request.user_agent.string, production, devices.known_as(username))


@auth.post("/login")
@public
@limits.limiter.limit(limits.SIGN_IN)
def enter() -> str | Response | tuple[str, int]:
    """Try user name and password."""
    username = request.form.get("username", "").strip()[:100]
    outcome = sign_in.with_password(database(), username, request.form.get("password", ""), _sender(username))
    target = local_path(request.form.get("next"))
    if outcome.kind == "ok":
        return _enter(username, outcome.token, target)
    if outcome.kind in ("code", "activation"):
        session["pending"] = [username, clock.real_now().timestamp() + CODE_WITHIN, target, outcome.kind]
        return renewing.answer("code") if renewing.asked() else redirect(url_for("auth.code"), 303)
    error = _failure(outcome, _("用户名或密码不对。"))
    return renewing.answer("refused", error) if renewing.asked() else (_login_page(error, username), 422)


def _enter(username: str, token: str, target: str) -> Response:
    """Into the new session: to *target*, or back to the script that keeps its page."""
    devices.remember(username)
    if renewing.asked():
        guard.start_browser_session(token, renewing.chosen(username))
        return renewing.answer()
    guard.start_browser_session(token)
    return redirect(target or url_for("auth.home"), 303)


def _failure(outcome: sign_in.Outcome, wrong: str) -> str:
    text = wrong
    if outcome.until:
        until = clock.local(outcome.until).strftime("%H:%M")
        text = _("连续输错次数太多，已锁定到 %(until)s。到时再试，或请安全管理员解锁。", until=until)
    elif outcome.left <= 2:
        text = wrong + _("再错 %(left)s 次将锁定 15 分钟。", left=outcome.left)
    return text


@auth.route("/login/code", methods=["GET", "POST"])
@public
@limits.limiter.limit(limits.SIGN_IN, methods=["POST"])
def code() -> str | Response | tuple[str, int]:
    """The second factor, or the activation code of a new account, after the password."""
    username, until, target, kind = session.get("pending") or ("", 0, "", "")
    if not username or until < clock.real_now().timestamp():
        session.pop("pending", None)
        return renewing.answer() if renewing.asked() else redirect(url_for("auth.login"), 303)
    template, wrong = _second_step(kind)
    if request.method == "GET":
        return render_template(template, error="")
    given = "".join(request.form.get("code", "").split())
    outcome = sign_in.with_code(database(), username, given, _sender(username))
    if outcome.kind == "ok":
        return _enter(username, outcome.token, target)
    error = _failure(outcome, wrong)
    return renewing.answer("refused", error) if renewing.asked() else (render_template(template, error=error), 422)


def _second_step(kind: str) -> tuple[str, str]:
    """The page that asks for what follows the password, and what it says of a wrong one."""
    if kind == "activation":
        return "auth/activate.html", _("激活码不正确、已使用或已过期。请核对；仍不正确的，请联系发放人重新发放。")
    return "auth/code.html", _("验证码不对或已用过，请等下一个。")


@auth.post("/logout")
@signed_in
def logout() -> Response:
    """End this session, here and in the database."""
    person = signed_in_person()
    if person is not None:
        who = actor()

        def end(write: Session) -> None:
            entry = write.scalar(select(LoginSession).where(LoginSession.key == person.session_key))
            if entry is not None:
                sessions.revoke(write, entry, who)

        database().in_transaction(end)
    kept = session.get("locale")
    session.clear()
    if kept:
        session["locale"] = kept
    flash(_("已退出登录。"))
    return redirect(url_for("auth.login"), 303)


@auth.post("/language")
@public
def language() -> Response:
    """Choose Chinese or English; kept with the account."""
    chosen = request.form.get("locale", "")
    if chosen in LOCALES:
        session["locale"] = chosen
        person = signed_in_person()
        if person is not None:
            change = update(Account).where(Account.username == person.username).values(locale=chosen)
            database().in_transaction(lambda write: write.execute(change) and None)
    return redirect(local_path(request.form.get("next")) or url_for("auth.home"), 303)


def register(app: Flask) -> None:
    """Wire the pages of accounts."""
    app.register_blueprint(auth)
    account_pages.attach(app)
    activation_pages.attach(app)
    administration.attach(app)
    demonstration_pages.attach(app)
    personal_pages.attach(app)
