"""Take a task, give it back, hand it over."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _

from app.acts import assignment, transactions
from app.auth import actor, database, identity, signed_in
from app.inbox import answers
from app.inbox.address import View
from app.inbox.blueprint import blueprint


@blueprint.post("/tasks/<int:key>/claim")
@signed_in
def claim(key: int) -> Any:
    """Take an unclaimed task; 409 says who was quicker."""

    who, by = identity(), actor()
    transactions.on_task(key, lambda session: assignment.claim(session, who, by, key))
    return answers.go(answers.task_address(key, View.read(request.args)))


@blueprint.delete("/tasks/<int:key>/claim")
@signed_in
def release(key: int) -> Any:
    """Give a task back to its group."""
    who, by = identity(), actor()
    database().in_transaction(lambda session: assignment.release(session, who, by, key))
    flash(_("已退回待签收，有权办理的人都能看到。"))
    return answers.go(answers.list_address(View.read(request.args)))


@blueprint.post("/tasks/<int:key>/handover")
@signed_in
def hand_over(key: int) -> Any:
    """Give a task to a colleague who holds a matching role, with a reason; he gets the draft as well."""
    sent = request.get_json() if request.is_json else request.form
    to, reason = str(sent.get("to", "")), str(sent.get("reason", ""))
    who, by = identity(), actor()
    name = database().in_transaction(lambda session: assignment.hand_over(session, who, by, key, to, reason))
    flash(_("已转办给%(name)s。", name=name))
    return answers.go(answers.list_address(View.read(request.args)))
