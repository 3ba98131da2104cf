"""The security administrator's pages: accounts, roles, locks, sessions, absences. No household data anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.auth import account_queries, accounts, activation, attempts, navigation, passwords, sessions, tokens
from app.auth.current import actor, database
from app.auth.guard import access
from app.auth.models import Account, ApiToken, LoginSession, Substitution
from app.auth.roles import ROLES
from app.auth.scopes import SCOPES
from app.border import whole_number

administration = Blueprint("accounts", __name__, url_prefix="/accounts", template_folder="templates")


@administration.get("")
@access("security_admin")
def listing() -> str:
    """All accounts, by user name; filters in the address."""
    filters = account_queries.Filters.of(request.args)
    with database().reading() as read:
        page = account_queries.listed(read, filters)
        return render_template("auth/accounts.html", page=page, filters=filters, roles=ROLES)


@administration.route("/new", methods=["GET", "POST"])
@access("security_admin")
def new() -> str | Response | tuple[str, int]:
    """A new account with a first password that must be changed."""
    if request.method == "GET":
        return render_template("auth/account_new.html", errors={}, values={})
    username, name = request.form.get("username", "").strip(), request.form.get("name", "").strip()
    errors = {field: _("请填写。") for field, value in (("username", username), ("name", name)) if not value}
    password, by = passwords.first_password(), actor()
    if not errors:
        try:
            database().in_transaction(
                lambda write: accounts.create_user(write, username, name, password=password, actor=by, must_change_password=True)
            )
        except accounts.AccountError as error:
            errors["username"] = str(error)
    if errors:
        return render_template("auth/account_new.html", errors=errors, values=request.form), 422
    return _first_password(username, name, password)


def _first_password(username: str, name: str, password: str) -> str:
    """The first password, shown this once, and who hands out the activation code that goes with it."""
    with database().reading() as read:
        others = activation.others(read, username)
        return render_template("auth/first_password.html", username=username, name=name, password=password, others=others)


@administration.get("/<username>")
@access("security_admin")
def account(username: str) -> str:
    """One account: roles, lock, sessions, absences."""
    return _page(username, {})


def _page(username: str, errors: dict[str, str]) -> str:
    with database().reading() as read:
        detail = account_queries.detail(read, username)
        if detail is None:
            raise NotFound()
        extensions: dict[str, Any] = current_app.extensions
        campaigns = extensions["daopai.campaigns"](read) if "daopai.campaigns" in extensions else []
        places = extensions["daopai.scopes"](read) if "daopai.scopes" in extensions else []
        shown = {"campaigns": campaigns, "places": places, "scopes": SCOPES, "roles": ROLES}
        return render_template("auth/account.html", detail=detail, errors=errors, **shown)


def _change(username: str, work: Callable[[Session, Account], Any], done: str, anchor: str = "") -> Response | tuple[str, int]:
    """Run *work* on the account in a transaction; a refusal is shown on the page."""

    def run(write: Session) -> None:
        account = write.scalar(select(Account).where(Account.username == username))
        if account is None:
            raise NotFound()
        work(write, account)

    try:
        database().in_transaction(run)
    except accounts.AccountError as error:
        return _page(username, {"": str(error)}), 422
    flash(done, "success")
    return redirect(url_for("accounts.account", username=username) + anchor, 303)


@administration.post("/<username>/roles")
@access("security_admin")
def assign(username: str) -> Response | tuple[str, int]:
    """Give a role within a scope."""
    by, role, scope = actor(), request.form.get("role", ""), request.form.get("scope", "").strip()
    campaign_id = request.form.get("campaign", 0, type=whole_number)
    return _change(
        username,
        lambda write, _account: accounts.assign_role(write, username, role, scope=scope, campaign_id=campaign_id, actor=by),
        _("角色已分配。"),
        "#roles",
    )


@administration.post("/<username>/roles/withdrawal")
@access("security_admin")
def withdraw(username: str) -> Response | tuple[str, int]:
    """Take a role back."""
    by, role, scope = actor(), request.form.get("role", ""), request.form.get("scope", "")
    campaign_id = request.form.get("campaign", 0, type=whole_number)
    return _change(
        username,
        lambda write, _account: accounts.withdraw_role(write, username, role, scope=scope, campaign_id=campaign_id, actor=by),
        _("角色已收回。"),
        "#roles",
    )


@administration.post("/<username>/unlock")
@access("security_admin")
def unlock(username: str) -> Response | tuple[str, int]:
    """Lift the lock after failed sign-ins."""
    by = actor()
    return _change(username, lambda write, _account: attempts.unlock(write, username, by), _("账号已解锁。"))


@administration.post("/<username>/state")
@access("security_admin")
def state(username: str) -> Response | tuple[str, int]:
    """Close an account (its sessions end) or open it again."""
    by, active = actor(), request.form.get("active") == "1"
    done = _("账号已启用。") if active else _("账号已停用，其登录已全部退出，接口密钥已作废。")
    return _change(username, lambda write, entry: accounts.set_active(write, entry, active, by), done)


@administration.post("/<username>/password")
@access("security_admin")
def reset_password(username: str) -> str:
    """A new first password, shown once; sessions, API tokens and the second factor end. Another person hands out the activation code."""
    by, password = actor(), passwords.first_password()

    def reset(write: Session) -> str:
        entry = write.scalar(select(Account).where(Account.username == username))
        if entry is None or entry.username == by.name:
            raise NotFound()
        accounts.set_password(write, entry, password, by, must_change=True)
        accounts.drop_second_factor(write, entry, by)
        sessions.revoke_all(write, username, by)
        return entry.name

    name = database().in_transaction(reset)
    return _first_password(username, name, password)


@administration.post("/<username>/sessions/<int:key>/revocation")
@access("security_admin")
def revoke_session(username: str, key: int) -> Response | tuple[str, int]:
    """End one session of this account."""
    by = actor()

    def end(write: Session, _account: Account) -> None:
        entry = write.scalar(select(LoginSession).where(LoginSession.key == key, LoginSession.username == username))
        if entry is None:
            raise NotFound()
        sessions.revoke(write, entry, by)

    return _change(username, end, _("那一处登录已退出。"), "#sessions")


@administration.post("/<username>/tokens/<int:key>/revocation")
@access("security_admin")
def revoke_token(username: str, key: int) -> Response | tuple[str, int]:
    """End one API token of this account."""
    by = actor()

    def end(write: Session, _account: Account) -> None:
        entry = write.scalar(select(ApiToken).where(ApiToken.key == key, ApiToken.username == username))
        if entry is None:
            raise NotFound()
        tokens.revoke(write, entry, by)

    return _change(username, end, _("接口密钥已作废。"), "#tokens")


@administration.post("/<username>/absences/<int:key>/end")
@access("security_admin")
def end_absence(username: str, key: int) -> Response | tuple[str, int]:
    """End a substitution of this account now."""
    by = actor()

    def end(write: Session, _account: Account) -> None:
        entry = write.scalar(select(Substitution).where(Substitution.key == key, Substitution.absent == username))
        if entry is None:
            raise NotFound()
        accounts.end_substitution(write, entry, by)

    return _change(username, end, _("代理已结束。"), "#absences")


def attach(app: Flask) -> None:
    """Wire the pages; they are the security administrator's first page."""
    app.register_blueprint(administration)
    navigation.register(app, _l("账号"), "accounts.listing", roles=("security_admin",), order=10)
    navigation.home(app, "security_admin", "accounts.listing")
