"""Take a task, give it back, hand it over."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.acts import completion, drafts, people
from app.acts.refusals import Refusal
from app.auth import actor, database, identity, open_tasks, signed_in
from app.db import RevisionConflict
from app.engine import runtime
from app.engine.errors import Conflict
from app.engine.models import Task
from app.inbox import answers
from app.inbox.address import View
from app.inbox.blueprint import blueprint


def _mine(session: Session, key: int) -> Task:
    """The open task that this user holds."""
    who = identity()
    task = open_tasks.open_task(session, who, key)
    if task is None:
        raise completion.closed(session, who, key)
    if task.assignee != who.assignee:
        raise Refusal(_("这件事还没有人领取，请先领取。"))
    return task


@blueprint.post("/tasks/<int:key>/claim")
@signed_in
def claim(key: int) -> Any:
    """Take an unclaimed task; 409 says who was quicker."""

    def work(session: Session) -> None:
        who = identity()
        if open_tasks.open_task(session, who, key) is None:
            raise completion.closed(session, who, key)
        runtime.claim(session, key, actor())

    try:
        database().in_transaction(work)
    except (Conflict, RevisionConflict) as conflict:
        with database().reading() as session:
            raise completion.overtaken(session, identity(), key, conflict) from conflict
    return answers.go(answers.task_address(key, View.read(request.args)))


@blueprint.delete("/tasks/<int:key>/claim")
@signed_in
def release(key: int) -> Any:
    """Give a task back to its group."""

    def work(session: Session) -> None:
        runtime.release(session, _mine(session, key).key, actor())

    database().in_transaction(work)
    flash(_("已退回待领，组里的人都能看到。"))
    return answers.go(answers.list_address(View.read(request.args)))


@blueprint.post("/tasks/<int:key>/handover")
@signed_in
def hand_over(key: int) -> Any:
    """Give a task to a colleague who holds a matching role, with a reason; he gets the draft as well."""
    sent = request.get_json() if request.is_json else request.form
    to, reason = str(sent.get("to", "")), str(sent.get("reason", "")).strip()[:500]

    def work(session: Session) -> str:
        task = _mine(session, key)
        if not reason:
            raise Refusal(_("请写明转交的原因，接手的人会看到。"))
        successors = dict(people.successors(session, task, identity()))
        if to not in successors:
            raise Refusal(_("这个人没有办理这件事的角色，请从名单里选。"))
        drafts.hand_on(session, task, identity().username, to)
        runtime.hand_over(session, key, to, actor(), reason=reason)
        return successors[to]

    name = database().in_transaction(work)
    flash(_("已转交 %(name)s。", name=name))
    return answers.go(answers.list_address(View.read(request.args)))
