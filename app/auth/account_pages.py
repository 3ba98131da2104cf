"""A person's own account: what there is of it on one page; password, sessions, absence, for whom he acts."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app import clock
from app.auth import accounts, confirming, navigation, passwords, recovery, scopes, sessions, tokens
from app.auth.blueprint import account, auth
from app.auth.current import actor, database, identity, signed_in_person
from app.auth.guard import signed_in
from app.auth.models import Account, LoginSession, Substitution
from app.border import whole_number


@account.get("")
@signed_in
def me() -> str:
    """Everything about me on one page."""
    who, person = identity(), signed_in_person()
    with database().reading() as read:
        query = select(Substitution).where(
            or_(Substitution.absent == who.username, Substitution.substitute == who.username), Substitution.until > clock.now()
        )
        absences = list(read.scalars(query.order_by(Substitution.from_)))
        mentioned = {name for entry in absences for name in (entry.absent, entry.substitute)}
        names = dict(read.execute(select(Account.username, Account.name).where(Account.username.in_(mentioned))).all())
        return render_template(
            "auth/me.html",
            who=who,
            person=person,
            absences=absences,
            names=names,
            items=navigation.items_for(current_app._get_current_object(), who),  # type: ignore[attr-defined]
            sessions=sessions.live(read, username=who.username),
            tokens=tokens.of_user(read, who.username),
            scopes=scopes.SCOPES,
            codes_left=recovery.left(read, who.username),
            colleagues=read.execute(_colleagues(who.username)).all(),
        )


def _colleagues(username: str):  # type: ignore[no-untyped-def]
    return select(Account.username, Account.name).where(Account.active, Account.username != username).order_by(Account.name).limit(2000)


@auth.route("/account/password", methods=["GET", "POST"])
@signed_in
def password() -> str | Response | tuple[str, int]:
    """Change my password; the other sessions end."""
    if request.method == "GET":
        return render_template("auth/password.html", errors={})
    who, by, person = identity(), actor(), signed_in_person()
    given, wanted = request.form.get("current", ""), request.form.get("new", "")
    errors = {}
    if objection := confirming.password_objection(given):
        errors["current"] = objection
    elif objection := passwords.objection(wanted, who.username):
        errors["new"] = objection
    elif wanted == given:
        errors["new"] = _("新密码要和现在的不同。")
    elif wanted != request.form.get("again", ""):
        errors["again"] = _("两次输入的新密码不一样。")
    if errors:
        return render_template("auth/password.html", errors=errors), 422

    def change(write: Session) -> None:
        accounts.set_password(write, accounts.find(write, who.username), wanted, by)
        sessions.revoke_all(write, who.username, by, but=person.session_key if person else 0)

    database().in_transaction(change)
    flash(_("密码已更改。其他地方的登录已全部退出，接口密钥已全部作废。"), "success")
    return redirect(url_for("account.me"), 303)


@account.post("/sessions/<int:key>/revocation")
@signed_in
def revoke_session(key: int) -> Response:
    """End one of my sessions."""
    who, by = identity(), actor()

    def end(write: Session) -> None:
        entry = write.scalar(select(LoginSession).where(LoginSession.key == key, LoginSession.username == who.username))
        if entry is None:
            raise NotFound()
        sessions.revoke(write, entry, by)

    database().in_transaction(end)
    flash(_("那一处登录已退出。"), "success")
    return redirect(url_for("account.me") + "#sessions", 303)


@account.post("/absences")
@signed_in
def announce_absence() -> Response:
    """Name a substitute for days on which I am away."""
    who, by = identity(), actor()
    try:
        from_ = _day(request.form.get("from", ""))
        until = _day(request.form.get("until", "")) + timedelta(days=1)
        stands_in, reason = request.form.get("substitute", ""), request.form.get("reason", "")[:300]
        database().in_transaction(lambda write: accounts.substitute(write, who.username, stands_in, from_, until, reason, by))
    except accounts.AccountError as error:
        flash(str(error), "error")
    else:
        flash(_("代理已登记。到期自动结束。"), "success")
    return redirect(url_for("account.me") + "#absences", 303)


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.CAMPAIGN_ZONE)
    except ValueError as error:
        raise accounts.AccountError(_("请选日期。")) from error


@account.post("/absences/<int:key>/end")
@signed_in
def end_absence(key: int) -> Response:
    """I am back: the substitution ends now."""
    who, by = identity(), actor()

    def end(write: Session) -> None:
        entry = write.scalar(select(Substitution).where(Substitution.key == key, Substitution.absent == who.username))
        if entry is None:
            raise NotFound()
        accounts.end_substitution(write, entry, by)

    database().in_transaction(end)
    flash(_("代理已结束。"), "success")
    return redirect(url_for("account.me") + "#absences", 303)


@account.post("/acting")
@signed_in
def acting() -> Response:
    """Act for an absent person, or for myself again. Only persons whom I may stand in for today."""
    chosen = request.form.get("for", "")
    if chosen and chosen not in identity().substitutes_for:
        raise NotFound()
    session["acting_for"] = chosen
    session.pop("campaign", None)
    return redirect(url_for("auth.home"), 303)


@account.post("/campaign")
@signed_in
def campaign() -> Response:
    """Work in another campaign in which I hold a role."""
    chosen = request.form.get("campaign", type=whole_number)
    if chosen not in identity().campaigns:
        raise NotFound()
    session["campaign"] = chosen
    return redirect(url_for("auth.home"), 303)


def attach(app: Flask) -> None:
    app.register_blueprint(account)
