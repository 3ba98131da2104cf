"""Remarks on single fields."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, request
from sqlalchemy.orm import Session

from app.acts import comments, completion, people
from app.acts.models import FieldComment
from app.auth import actor, database, identity, open_tasks, signed_in
from app.engine.models import Task
from app.inbox.blueprint import blueprint


def _open(session: Session, key: int) -> Task:
    task = open_tasks.open_task(session, identity(), key)
    if task is None:
        raise completion.closed(session, identity(), key)
    return task


def _answer(comment: FieldComment) -> Any:
    with database().reading() as session:
        return comments.one_as_json(comment, people.names(session, [comment.author, comment.replied_by]))


@blueprint.post("/tasks/<int:key>/comments")
@signed_in
def comment(key: int) -> Any:
    """``{"path", "text"}`` on the submission that the task reviews → the remark, 201."""
    sent = request.get_json()
    path, text = str(sent.get("path", ""))[:200], str(sent.get("text", ""))
    if not path or not text.strip():
        abort(400)
    made = database().in_transaction(lambda session: comments.add(session, _open(session, key), actor(), path=path, text=text))
    return jsonify(_answer(made)), 201


@blueprint.put("/tasks/<int:key>/comments/<int:comment_key>/reply")
@signed_in
def reply(key: int, comment_key: int) -> Any:
    """``{"text"}``: the answer of who fills the form ("已电话核实，无误")."""
    text = str(request.get_json().get("text", ""))
    made = database().in_transaction(lambda session: comments.reply(session, _open(session, key), actor(), comment_key, text))
    return jsonify(_answer(made))


@blueprint.delete("/comments/<int:key>")
@signed_in
def withdraw_comment(key: int) -> Any:
    """Take back one's own remark before the review is done."""
    database().in_transaction(lambda session: comments.withdraw(session, identity(), actor(), key))
    return "", 204
