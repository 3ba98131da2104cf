"""The cells of the inbox: a task, its drafts, remarks and files are open to those who hold it or may take it, and to nobody else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select

from app import clock
from app.acts import attachments, comments, completion, uploads
from app.db import Database
from app.engine import definitions, runtime
from app.engine.actor import Actor
from app.engine.models import Task
from tests.idor import ELSEWHERE, THERE, Cell, held
from tests.inbox.rows import who
from tests.web import CAMPAIGN, CLI

FILES = Path(__file__).parent / "files"
INVESTIGATOR, INSTRUCTOR = held("investigator"), held("instructor")
#: Before the form is filled the group does not matter, nor does the campaign: each starts in his own.
STARTERS = INVESTIGATOR | held("investigator", at=THERE) | held("investigator", at=ELSEWHERE)
NOTE = {"head": "张三", "income": 1}


def _task(session: Any) -> int:
    """A fresh form to fill in group G03, village V05."""
    files = {path.name: path.read_bytes() for path in FILES.iterdir()}
    definitions.deploy(session, files, CLI, now=clock.real_now())
    session.flush()
    about = {"code": "H0001", "label": "柏树村 3组 张三", "village": "V05", "group": "G03"}
    due = "2020-05-22T18:00:00+08:00"
    instance = runtime.start(session, "visit", {"household": about, "due": due}, CLI, campaign_id=CAMPAIGN)
    session.flush()
    return _open(session, instance.key)


def _startable(db: Database) -> dict[str, Any]:
    """A process that investigators of G03 may start, each in his own campaign."""
    files = {path.name: path.read_bytes() for path in (Path(__file__).parent / "starting").iterdir()}
    db.in_transaction(lambda session: definitions.deploy(session, files, CLI, now=clock.real_now()))
    return {"process_id": "report"}


def _open(session: Any, instance_key: int) -> int:
    return int(session.scalars(select(Task.key).where(Task.instance_key == instance_key, Task.state == "OPEN")).one())


def _fresh(db: Database) -> dict[str, Any]:
    return {"key": db.in_transaction(_task)}


def _held(db: Database) -> dict[str, Any]:
    key = db.in_transaction(_task)
    db.in_transaction(lambda session: runtime.claim(session, key, Actor("investigator.here")))
    return {"key": key}


def _complete(db: Database, key: int, username: str, role: str, data: dict[str, Any]) -> int:
    """Complete a task and return the instance's next one."""
    identity = who(username, f"{role}:G03", campaign_id=CAMPAIGN)

    def work(session: Any) -> int:
        task = completion.complete(session, identity, Actor(username), key, data)
        session.flush()
        return _open(session, task.instance_key)

    return db.in_transaction(work)


def _review(db: Database) -> dict[str, Any]:
    key = db.in_transaction(_task)
    return {"key": _complete(db, key, "investigator.here", "investigator", NOTE)}


def _remark(db: Database) -> dict[str, Any]:
    key = _review(db)["key"]

    def work(session: Any) -> int:
        task = session.get_one(Task, key)
        return comments.add(session, task, Actor("instructor.here"), path="head", text="?").key

    return {"key": db.in_transaction(work), "review": key}


def _own_remark(db: Database) -> dict[str, Any]:
    return {"key": _remark(db)["key"]}


def _remark_to_answer(db: Database) -> dict[str, Any]:
    made = _remark(db)
    again = _complete(db, made["review"], "instructor.here", "instructor", {"decision": "return"})
    return {"key": again, "comment_key": made["key"]}


def _file(db: Database) -> dict[str, Any]:
    key = db.in_transaction(_task)
    stored = uploads.store(current_app.config["DAOPAI"].uploads, b"%PDF-1.7 test")

    def work(session: Any) -> int:
        task = session.get_one(Task, key)
        return attachments.add(session, task, Actor("investigator.here"), stored, name="a.pdf", path="").key

    return {"key": db.in_transaction(work)}


CELLS = [
    Cell("inbox.start_form", _startable, STARTERS),
    Cell(
        "inbox.start_process",
        _startable,
        STARTERS,
        "POST",
        {"data": {"group": "G03", "what": "断路"}, "request_id": "request-0001"},
        json=True,
    ),
    Cell("inbox.task", _fresh, INVESTIGATOR),
    Cell("inbox.diagram", _fresh, INVESTIGATOR),
    Cell("inbox.complete", _fresh, INVESTIGATOR, "POST", {"data": NOTE, "request_id": "request-0001"}, json=True),
    Cell("inbox.claim", _fresh, INVESTIGATOR, "POST"),
    Cell("inbox.release", _held, INVESTIGATOR, "DELETE"),
    Cell("inbox.hand_over", _held, INVESTIGATOR, "POST", {"to": "nobody", "reason": "病假"}),
    Cell("inbox.save_draft", _fresh, INVESTIGATOR, "PUT", {"data": NOTE, "revision": 0}, json=True),
    Cell("inbox.attach", _fresh, INVESTIGATOR, "POST"),
    Cell("inbox.attachment", _file, INVESTIGATOR),
    Cell("inbox.attachment_copy", _file, INVESTIGATOR, "POST"),
    Cell("inbox.remove_attachment", _file, INVESTIGATOR, "DELETE"),
    Cell("inbox.comment", _review, INSTRUCTOR, "POST", {"path": "head", "text": "?"}, json=True),
    Cell("inbox.withdraw_comment", _own_remark, INSTRUCTOR, "DELETE"),
    Cell("inbox.reply", _remark_to_answer, INVESTIGATOR, "PUT", {"text": "!"}, json=True),
]
