"""发起: what a user may start, its start form, and where the instance went."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import current_app, flash, jsonify, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock, element_names
from app.acts import completion, privacy, starting, wording
from app.acts.refusals import Refusal
from app.auth import Identity, actor, database, identity, open_tasks, signed_in
from app.auth.language import locale
from app.db import RevisionConflict
from app.engine import starters
from app.engine.errors import Conflict, StepFailed
from app.engine.models import ProcessInstance, Task
from app.forms import browser
from app.inbox import answers, next_steps
from app.inbox.address import View
from app.inbox.blueprint import blueprint
from app.inbox.completion_routes import sent_form

#: How long it is kept what may be started by anybody, for the navigation.
FRESH = timedelta(minutes=1)


def may_start_something(who: Identity) -> bool:
    """Whether the navigation offers 发起 to this user."""
    kept: tuple[datetime, list[starting.Startable]] | None = current_app.extensions.get("daopai.inbox.startable")
    if kept is None or clock.real_now() - kept[0] > FRESH:
        with database().reading() as session:
            kept = clock.real_now(), starting.all_startable(session)
        current_app.extensions["daopai.inbox.startable"] = kept
    return any(starters.may_fill(each.process, who.groups) for each in kept[1])


@blueprint.get("/start")
@signed_in
def startable() -> str:
    """The processes that this user may start."""
    with database().reading() as session:
        found = starting.startable(session, identity())
    rows = [(each.process.id, _name(each), wording.without_requirements(each.process.documentation)) for each in found]
    return render_template("inbox/startable.html", rows=rows)


@blueprint.get("/start/<process_id>")
@signed_in
def start_form(process_id: str) -> str:
    """The start form of one process, or, where it has none, a button."""
    who = identity()
    with database().reading() as session:
        found = starting.find(session, who, process_id)
        read = starting.form_of(session, found)
        form, task = (read[1] if read else None), starting.stand_in(found, who, read[0].key if read else None)
        shown = browser.payload(form, starting.prepare(session, task, who), locale()) if form else None
    start = starters.entry(found.process)
    steps = next_steps.of_start(found.process, start, form, locale()) if start else None
    why = wording.without_requirements(found.process.documentation or (start.documentation if start else ""))
    return render_template(
        "inbox/start.html",
        name=_name(found),
        why=why,
        form=shown,
        title=form.title(locale()) if form else "",
        steps=steps,
        boot=_boot(found, who, shown, steps),
    )


def _boot(found: starting.Startable, who: Identity, form: dict[str, Any] | None, steps: next_steps.Steps | None) -> dict[str, Any]:
    """What the task page's script needs, for a form that belongs to no task yet."""
    return {
        "task": f"start-{found.process.id}",
        "label": _name(found),
        "user": who.username,
        "name": who.name,
        "mine": True,
        "form": form,
        "reviewed": None,
        "comments": {},
        "files": [],
        "next": steps.as_json() if steps else None,
        "draft": {"revision": 0},
        "urls": {"complete": url_for("inbox.start_process", process_id=found.process.id), "list": url_for("inbox.startable")},
    }


@blueprint.post("/start/<process_id>")
@signed_in
def start_process(process_id: str) -> Any:
    """Start it: ``{"redirect"}`` to the first task if it is open to who started it, else to the list with a sentence; 422 as a task's."""
    data, request_id = sent_form()
    who, by = identity(), actor()

    def work(session: Session) -> int:
        return starting.start(session, who, by, process_id, data, request_id=request_id).key

    try:
        key = database().in_transaction(work)
    except completion.Invalid as invalid:
        return jsonify(invalid.outcome.as_json()), 422
    except Refusal as refused:
        return jsonify(title=str(refused), status=409), 409
    except (Conflict, RevisionConflict) as conflict:
        said = conflict.text(locale()) if isinstance(conflict, Conflict) else _("刚才有人先改动了，请再试一次。")
        return jsonify(title=said, status=409), 409
    except StepFailed as failed:
        said = _("流程没有发起：%(cause)s。您填写的内容都还在，请告诉管理员。", cause=privacy.message(str(failed)).rstrip("。."))
        return jsonify(title=said, status=422), 422
    return answers.go(_on(key, process_id))


def _on(key: int, process_id: str) -> str:
    """Where who started goes on: to the first open task that is his, or back to the list."""
    who = identity()
    with database().reading() as session:
        instance = session.get_one(ProcessInstance, key)
        inside = select(ProcessInstance.key).where(ProcessInstance.root_key == key)
        tasks = session.scalars(select(Task).where(Task.instance_key.in_(inside), Task.state == "OPEN").order_by(Task.key).limit(20)).all()
        own = next((task.key for task in tasks if open_tasks.open_task(session, who, task.key) is not None), None)
        name = _name(starting.find(session, who, process_id))
        steps = "、".join(dict.fromkeys(element_names.spoken(task.name) for task in tasks))
        what = f"{name} {instance.label}".strip()
        ended = instance.state != "ACTIVE"
    if steps:
        flash(_("“%(what)s”已发起，现在到：%(steps)s。", what=what, steps=steps), "success")
    elif ended:
        flash(_("“%(what)s”已发起并办结。", what=what), "success")
    else:
        flash(_("“%(what)s”已发起，后面的步骤到时自动开始。", what=what), "success")
    return answers.task_address(own, View()) if own is not None else url_for("inbox.startable")


def _name(found: starting.Startable) -> str:
    return element_names.spoken(found.process.name or found.process.id)
