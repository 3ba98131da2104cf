"""The second factor of one's own account: set up, changed, given up; recovery codes. What is there already opens only with the secrets."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.auth import accounts, confirming, recovery, totp
from app.auth.blueprint import auth
from app.auth.current import actor, database, identity, signed_in_person
from app.auth.guard import signed_in
from app.auth.models import Account
from app.engine import events


@auth.route("/account/two-factor", methods=["GET", "POST"])
@signed_in
def two_factor() -> str | Response | tuple[str, int]:
    """Set up a second factor: scan, then prove it with a code. One that is there is changed with the password and a code of the old one."""
    who, by = identity(), actor()
    if request.method == "GET" or "totp_setup" not in session:
        session["totp_setup"] = session.get("totp_setup") or totp.codes().generate_totp_secret()
        return _setup_page({})
    secret, code = session["totp_setup"], _digits(request.form.get("code", ""))
    tried = Account(totp_secret=secret, totp_counter=0)
    if not totp.accepts(tried, code):
        return _setup_page({"code": _("验证码不对。请看手机上现在的 6 位数字，并检查手机时间是否准确。")}), 422
    errors = _secrets_wrong() if _has_factor() else {}
    if errors:
        return _setup_page(errors), 422

    def keep(write: Session) -> list[str]:
        entry = accounts.find(write, who.username)
        entry.totp_secret, entry.totp_counter = secret, tried.totp_counter
        events.record(write, "account.second_factor_set", by, detail={"username": who.username})
        return recovery.make(write, who.username, by)

    codes = database().in_transaction(keep)
    session.pop("totp_setup")
    flash(_("两步验证已开启。下次登录时，输入密码后再输入手机上的验证码。"), "success")
    return _codes_page(codes)


def _has_factor() -> bool:
    person = signed_in_person()
    return person is not None and person.has_totp


def _digits(text: str) -> str:
    return "".join(text.split())


def _secrets_wrong() -> dict[str, str]:
    """What is wrong with the password or the present code (or recovery code) that the form brings; {}: both are right.

    A code is used up when it was right, so it is looked at only after the password.
    """
    if objection := confirming.password_objection(request.form.get("password", "")):
        return {"password": objection}
    if objection := confirming.factor_objection(_digits(request.form.get("old_code", ""))):
        return {"old_code": objection}
    return {}


def _setup_page(errors: dict[str, str]) -> str:
    secret, factory = session["totp_setup"], totp.codes()
    image, key = factory.generate_qrcode(identity().username, secret), factory.get_totp_pretty_key(secret)
    return render_template("auth/two_factor.html", image=image, secret=key, errors=errors, change=_has_factor())


def _codes_page(codes: list[str]) -> str:
    return render_template("auth/recovery_codes.html", codes=codes)


@auth.route("/account/two-factor/removal", methods=["GET", "POST"])
@signed_in
def remove_two_factor() -> str | Response | tuple[str, int]:
    """Give up the second factor: the password and a code."""
    if not _has_factor():
        raise NotFound()
    errors = _secrets_wrong() if request.method == "POST" else {}
    if request.method == "GET" or errors:
        page = render_template("auth/confirm_factor.html", what="removal", errors=errors)
        return (page, 422) if errors else page
    who, by = identity(), actor()

    def remove(write: Session) -> None:
        accounts.drop_second_factor(write, accounts.find(write, who.username), by)

    database().in_transaction(remove)
    flash(_("两步验证已关闭。"), "success")
    return redirect(url_for("account.me"), 303)


@auth.route("/account/two-factor/codes", methods=["GET", "POST"])
@signed_in
def recovery_codes() -> str | tuple[str, int]:
    """New recovery codes for the old ones: the password and a code."""
    if not _has_factor():
        raise NotFound()
    errors = _secrets_wrong() if request.method == "POST" else {}
    if request.method == "GET" or errors:
        page = render_template("auth/confirm_factor.html", what="codes", errors=errors)
        return (page, 422) if errors else page
    who, by = identity(), actor()
    return _codes_page(database().in_transaction(lambda write: recovery.make(write, who.username, by)))
