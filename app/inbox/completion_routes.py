"""Submit a task's form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import abort, flash, jsonify, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import element_names
from app.acts import completion
from app.acts.refusals import Closed
from app.auth import actor, database, identity, signed_in
from app.db import RevisionConflict
from app.engine import definitions, runtime
from app.engine.errors import Conflict, StepFailed
from app.engine.models import Task
from app.inbox import answers, listing
from app.inbox.address import View
from app.inbox.blueprint import blueprint

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,40}", re.ASCII)


def sent_form() -> tuple[dict[str, Any], str]:
    """``{"data": {…}, "request_id": "…"}`` of this request; 400 for anything else."""
    sent = request.get_json()
    data, request_id = sent.get("data"), sent.get("request_id")
    if not isinstance(data, dict) or not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
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
        task = in_one_transaction(key, work)
    except completion.Invalid as invalid:
        return jsonify(invalid.outcome.as_json()), 422
    except Closed as closed:
        return jsonify(title=str(closed), by=closed.by, at=closed.at, status=409), 409
    except StepFailed as failed:
        return jsonify(title=failed_step(failed, key), status=422), 422
    return _on(task)


def in_one_transaction(key: int, work: Callable[[Session], Task]) -> Task:
    """Run *work*; when somebody else was quicker, ``Closed`` says who and when."""
    try:
        return database().in_transaction(work)
    except (Conflict, RevisionConflict) as conflict:
        with database().reading() as session:
            raise completion.overtaken(session, identity(), key, conflict) from conflict


def failed_step(failed: StepFailed, key: int) -> str:
    """Keep the incident in a transaction of its own; returns the sentence for the person."""
    incident = database().in_transaction(lambda session: runtime.record_incident(session, failed, task_key=key))
    text: str = _(
        "流程走到“%(element)s”时出错，没有提交成功；你填写的内容都还在。管理员已收到通知（编号 %(number)s），修好后请再提交一次。",
        element=_element_name(key, failed.element_id),
        number=incident.key,
    )
    return text


def _element_name(key: int, element_id: str) -> str:
    """What the diagram of this task calls an element; its id when it stands in another diagram."""
    with database().reading() as session:
        definition_key = session.scalar(select(Task.definition_key).where(Task.key == key))
        process = definitions.process_of(session, definition_key) if definition_key else None
    element = process.elements.get(element_id) if process else None
    return element_names.spoken(element.name) if element and element.name else element_id


def _on(task: Task) -> Any:
    """To the next task of the list that this one was opened from, or back to that list."""
    view = View.read(request.args)
    with database().reading() as session:
        following = listing.next_key(session, identity(), view, task)
    flash(_("“%(task)s %(label)s”已办结。", task=element_names.spoken(task.name), label=task.label))
    if following is None:
        return answers.go(answers.list_address(view.at(None)))
    return answers.go(answers.task_address(following, view))
