"""Submit a task's form."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import element_names
from app.acts import completion, transactions
from app.acts.refusals import Closed
from app.auth import actor, database, identity, signed_in
from app.engine import idempotency
from app.engine.errors import StepFailed
from app.engine.models import Task
from app.inbox import answers, listing
from app.inbox.address import View
from app.inbox.blueprint import blueprint


def sent_form() -> tuple[dict[str, Any], str]:
    """``{"data": {…}, "request_id": "…"}`` of this request; 400 for anything else."""
    sent = request.get_json()
    data, request_id = sent.get("data"), sent.get("request_id")
    if not isinstance(data, dict) or not isinstance(request_id, str) or not idempotency.REQUEST_ID.fullmatch(request_id):
        abort(400)
    return data, request_id


@blueprint.post("/tasks/<int:key>/completion")
@signed_in
def complete(key: int) -> Any:
    """Complete a task: ``{"redirect"}`` to the next one of the same list; 422 with what is wrong; 409 with who was quicker."""
    data, request_id = sent_form()

    def work(session: Session) -> Task:
        return completion.complete(session, identity(), actor(), key, data, request_id=request_id)

    try:
        task = transactions.on_task(key, work)
    except completion.Invalid as invalid:
        return jsonify(invalid.outcome.as_json()), 422
    except Closed as closed:
        return jsonify(title=str(closed), by=closed.by, at=closed.at, status=409), 409
    except StepFailed as failed:
        return jsonify(title=transactions.failed_step(failed, key), status=422), 422
    return _on(task)


def _on(task: Task) -> Any:
    """To the next task of the list that this one was opened from, or back to that list."""
    view = View.read(request.args)
    with database().reading() as session:
        following = listing.next_key(session, identity(), view, task)
    flash(_("“%(task)s %(label)s”已办结。", task=element_names.spoken(task.name), label=task.label))
    if following is None:
        return answers.go(answers.list_address(view.at(None)))
    return answers.go(answers.task_address(following, view))
