"""API tokens of one's own account: made with the password asked again, for some scopes and some days; ended at any time."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from app.auth import accounts, confirming, scopes, tokens
from app.auth.blueprint import account
from app.auth.current import actor, database, identity
from app.auth.guard import signed_in
from app.auth.models import ApiToken
from app.border import whole_number

#: days that the page offers
DAYS = (7, 30, 90, 180, 365)


@account.route("/tokens", methods=["GET", "POST"])
@signed_in
def make_token() -> str | tuple[str, int]:
    """Make a token for programs; shown this once."""
    if request.method == "GET":
        return _form({})
    who, by = identity(), actor()
    label, chosen = request.form.get("label", "").strip()[:100], set(request.form.getlist("scope"))
    days = request.form.get("days", type=whole_number) or 0
    errors = {}
    if not label:
        errors["label"] = _("请填写。")
    if not chosen or chosen - set(scopes.OWN):
        errors["scope"] = _("请选择密钥的权限范围。")
    if days not in DAYS:
        errors["days"] = _("请选择有效期。")
    if not errors and (objection := confirming.password_objection(request.form.get("password", ""))):
        errors["password"] = objection
    if errors:
        return _form(errors), 422
    made = database().in_transaction(
        lambda write: accounts.make_token(write, who.username, by, label=label, allowed=chosen, lasts=timedelta(days=days))
    )
    return render_template("auth/token.html", token=made, label=label)


def _form(errors: dict[str, str]) -> str:
    return render_template(
        "auth/token_new.html", errors=errors, values=request.form, days=DAYS, scopes=[scopes.SCOPES[code] for code in scopes.OWN]
    )


@account.post("/tokens/<int:key>/revocation")
@signed_in
def revoke_token(key: int) -> Response:
    """End one of my tokens."""
    who, by = identity(), actor()

    def end(write: Session) -> None:
        entry = write.scalar(select(ApiToken).where(ApiToken.key == key, ApiToken.username == who.username))
        if entry is None:
            raise NotFound()
        tokens.revoke(write, entry, by)

    database().in_transaction(end)
    flash(_("接口密钥已作废。"), "success")
    return redirect(url_for("account.me") + "#tokens", 303)
