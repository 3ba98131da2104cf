"""Many reviewing tasks with one answer: each in a transaction of its own, each with its own outcome."""

from __future__ import annotations

from typing import Any

from flask import abort, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.acts import bulk, completion, transactions
from app.acts.refusals import Closed, Refusal
from app.auth import Identity, actor, database, identity, open_tasks, signed_in
from app.auth.language import locale
from app.engine.actor import Actor
from app.engine.errors import EngineError, NotFound, StepFailed
from app.engine.models import Task
from app.forms import browser, hooks
from app.inbox import answers, judged
from app.inbox.address import View
from app.inbox.blueprint import blueprint
from app.inbox.completion_routes import sent_form

#: Most tasks of one page and of one request; the browser sends them in smaller lots and shows how far it is.
MOST = 100


def _keys(texts: list[str]) -> list[int]:
    keys = list(dict.fromkeys(int(text) for text in texts if text.isdigit() and len(text) < 20))
    if len(keys) > MOST:
        abort(400)
    return keys


def _together(session: Session, who: Identity, keys: list[int]) -> list[Task]:
    """Those of *keys* that are open to the user and may be completed together: of one kind, with one form, marked ``bulk``."""
    found = session.scalars(open_tasks.tasks_open_to(who).where(Task.key.in_(keys)).order_by(Task.due_at, Task.key)).all()
    fit = [task for task in found if bulk.allowed(task.properties)]
    return [task for task in fit if _kind(task) == _kind(fit[0])]


def _kind(task: Task) -> tuple[str, str, int | None]:
    return task.process_id, task.element_id, task.form_key


@blueprint.get("/tasks/bulk-completion")
@signed_in
def bulk_page() -> Any:
    """The ticked tasks and their form, once."""
    view, who = View.read(request.args), identity()
    with database().reading() as session:
        tasks = _together(session, who, _keys(request.args.getlist("key")))
        if not tasks:
            return redirect(answers.list_address(view), 303)
        found = judged.of_tasks(session, who, tasks)
        form, title = None, ""
        if tasks[0].form_id:
            _definition, read = completion.form_of(session, tasks[0])
            form, title = browser.payload(read, hooks.Prepared(), locale()), read.title(locale())
    flagged = sum(each.flagged for each in found.values())
    boot = {"form": form, "keys": [str(task.key) for task in tasks], "seen": {str(key): each.digest for key, each in found.items()}}
    return render_template("inbox/bulk.html", view=view, tasks=tasks, title=title, boot=boot, found=found, flagged=flagged)


@blueprint.post("/tasks/bulk-completion")
@signed_in
def complete_bulk() -> Any:
    """``{"keys": […], "data": {…}, "request_id", "seen": {key: digest}}`` →
    ``{"results": [{"key", "outcome": "done" | "already" | "failed", "text"}]}``.

    ``seen``: what the page listed against each task (``judged.Judged.digest``), once its reader has ticked that he has read it.
    """
    data, request_id = sent_form()
    sent, seen = request.get_json().get("keys"), request.get_json().get("seen", {})
    if not isinstance(sent, list) or not sent or not isinstance(seen, dict):
        abort(400)
    who, by = identity(), actor()
    keys = _keys([str(key) for key in sent])
    return jsonify(results=[{"key": str(key), **_one(who, by, key, data, request_id, seen.get(str(key)))} for key in keys])


def _has_seen(session: Session, who: Identity, key: int, seen: Any) -> None:
    """Refuse a task whose problems, warnings, holds or changed figures its reader has not confirmed as they are now."""
    task = open_tasks.open_task(session, who, key)
    if task is None or not bulk.allowed(task.properties):
        return  # ``complete`` says why
    found = judged.of_tasks(session, who, [task])[key]
    if seen != found.digest and (found.flagged or found.stamp):
        raise Refusal(_("所列问题、提醒、暂缓事项或数据变化尚未确认阅看，或此后又有变化。请重新打开批量办理页，阅看后勾选确认再提交。"))


def _one(who: Identity, by: Actor, key: int, data: dict[str, Any], request_id: str, seen: Any) -> dict[str, str]:
    """One task's own transaction and outcome. What fails here fails alone."""

    def work(session: Session) -> Task:
        _has_seen(session, who, key, seen)
        return completion.complete(session, who, by, key, data, request_id=f"{request_id}-{key}", show_findings=False, only_bulk=True)

    try:
        transactions.on_task(key, work)
    except completion.Invalid as invalid:
        sentences = [text for texts in invalid.outcome.errors.values() for text in texts]
        sentences += [finding.text() for finding in invalid.outcome.unexplained]
        return {"outcome": "failed", "text": "；".join(sentences)}
    except Closed as closed:
        return {"outcome": "already", "text": str(closed)}
    except NotFound:
        return {"outcome": "failed", "text": _("未找到该事项，或您无权办理。")}
    except StepFailed as failed:
        return {"outcome": "failed", "text": transactions.failed_step(failed, key)}
    except EngineError as error:
        return {"outcome": "failed", "text": str(error)}
    return {"outcome": "done", "text": _("已办结")}
