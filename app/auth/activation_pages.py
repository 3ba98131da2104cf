"""Handing out activation codes: for those who are the second person beside whoever made an account."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.auth import accounts, activation, navigation
from app.auth.current import actor, database
from app.auth.guard import access

activations = Blueprint("activations", __name__, url_prefix="/activations", template_folder="templates")


@activations.get("")
@access(*activation.EVERYWHERE, activation.HERE)
def listing() -> str:
    """The accounts that wait for a code."""
    return _listing()


def _listing(error: str = "") -> str:
    by = actor()
    with database().reading() as read:
        return render_template("auth/activations.html", waiting=activation.waiting(read, by), error=error, lasts=activation.LASTS.days)


@activations.post("")
@access(*activation.EVERYWHERE, activation.HERE)
def hand_out() -> str | tuple[str, int]:
    """New codes for the chosen accounts, shown once."""
    by, chosen = actor(), sorted(set(request.form.getlist("username")))
    if not chosen:
        return _listing(_("请选择要发放激活码的账号。")), 422

    def work(write: Session) -> list[tuple[str, str, str]]:
        accounts.hold(write, *chosen)
        return [(name, accounts.find(write, name).name, activation.hand_out(write, name, by)) for name in chosen]

    try:
        made = database().in_transaction(work)
    except PermissionError as refused:
        return _listing(_("%(username)s 的激活码不能由您发放，未发放任何激活码。", username=refused)), 422
    return render_template("auth/activation_codes.html", made=made, lasts=activation.LASTS.days)


def attach(app: Flask) -> None:
    """Wire the pages."""
    app.register_blueprint(activations)
    navigation.register(app, _l("激活码"), "activations.listing", roles=(*activation.EVERYWHERE, activation.HERE), order=95)
