"""Completing a user task: look up, check the form, keep the submission, move the token: one transaction.

Everything here raises to leave the transaction; nothing half-done is ever kept. There is no other way to complete a task: pages, bulk
completion, ``/v2``, the simulation and trials come through ``submit`` (a test holds that).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import clock, exact_json
from app.acts import attachments, bulk, comments, drafts, people, wording
from app.acts.refusals import Closed, Refusal
from app.auth import open_tasks
from app.auth.current import Identity
from app.auth.language import locale
from app.engine import decisions, definitions, form_prefill, runtime
from app.engine.actor import Actor
from app.engine.errors import Conflict, NotFound
from app.engine.models import Idempotency, Task
from app.forms import hooks, masking, paths, prefill, schema, submissions, validation
from app.forms.outcome import Outcome


class Invalid(Exception):
    """The form needs its sender once more: errors, warnings without a reason, or findings not yet shown."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("invalid")
        self.outcome = outcome


def complete(
    session: Session,
    identity: Identity,
    actor: Actor,
    key: int,
    data: Mapping[str, Any],
    *,
    request_id: str | None = None,
    show_findings: bool = True,
    only_bulk: bool = False,
    prepared: hooks.Prepared | None = None,
) -> Task:
    """Complete task *key* with what was entered in its form. Raises ``NotFound``, ``Closed``, ``Invalid`` or ``StepFailed``.

    The same ``request_id`` with the same data returns the task as it was completed; with other data: ``Refusal``. ``show_findings`` False:
    findings were not shown to anybody and need not be. ``only_bulk``: refuse tasks that are not meant to be completed many at once.
    ``prepared``: what ``prepare`` gave in this very transaction, so that it is not read again.
    """
    stamp = f"{request_id}:{_fingerprint(key, data)}" if request_id else None
    if request_id and stamp and (done := _repeated(session, actor, request_id, stamp, key)) is not None:
        return done
    task = open_tasks.open_task(session, identity, key)
    if task is None:
        raise closed(session, identity, key)
    if only_bulk:
        bulk.require(task)
    return submit(session, task, data, identity, actor, request_id=stamp, show_findings=show_findings, prepared=prepared)


def submit(
    session: Session,
    task: Task,
    data: Mapping[str, Any],
    identity: Identity | None,
    actor: Actor,
    *,
    request_id: str | None = None,
    show_findings: bool = True,
    prepared: hooks.Prepared | None = None,
    features: hooks.Features = hooks,
) -> Task:
    """Complete a task that was looked up. ``show_findings`` False: nobody is there to be shown findings (simulation, API).

    ``features``: who fills the form and takes what was submitted; a trial has its own.
    """
    if task.form_id is None:
        # In a campaign nothing comes in that no form has checked.
        variables, detail = dict(data) if takes_variables(task) else {}, dict[str, Any]()
    else:
        variables, detail = _accepted(session, task, data, identity, actor, show_findings, prepared, features)
    done = runtime.complete(session, task.key, variables, actor, request_id=request_id, detail=detail)
    drafts.remove(session, task)
    return done


def takes_variables(task: Task) -> bool:
    """Whether a task takes what is sent with its completion: by its form, or, in diagrams deployed by hand, as it is."""
    return task.form_id is not None or task.campaign_id == 0


def stated(session: Session, task: Task, variables: Mapping[str, Any], actor: Actor) -> Task:
    """For trials only: complete a task by what comes of it, instead of by what is entered. No form checks that, so it is refused where
    people work."""
    if not clock.is_overridden():
        raise Refusal(_("没有填写表单，不能办结。"))
    return runtime.complete(session, task.key, dict(variables), actor)


def _accepted(
    session: Session,
    task: Task,
    data: Mapping[str, Any],
    identity: Identity | None,
    actor: Actor,
    show_findings: bool,
    prepared: hooks.Prepared | None,
    features: hooks.Features,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check and keep a form; returns the completion variables and what the history says about it."""
    definition, form = form_of(session, task)
    prepared = prepared or prepare(session, task, identity, features)
    entered = paths.copied(dict(data))
    if (draft := drafts.find(session, task, actor.name)) is not None:
        masking.restore(form, entered, drafts.content(draft))
    context = looked_up(session, task, entered, identity, prepared, features)
    outcome = validation.validate(form, entered, context=context, locked=prepared.locked, decide=decider(session), initial=prepared.data)
    if not outcome.ok or (show_findings and outcome.unseen):
        raise Invalid(outcome)
    comments.settle(session, task, outcome.data, actor)
    submission = submissions.save(session, form, outcome, actor, task=task, version=definition.version)
    variables = {**outcome.data, **features.accept(session, task, submission, outcome, actor)}
    return variables, {"form": form.id, "version": definition.version, "submission": str(submission.key)}


def form_of(session: Session, task: Task) -> tuple[definitions.File, schema.Form]:
    """The form as it was when the task opened."""
    key = task.form_key
    file = definitions.file_of(session, key) if key else definitions.newest_file(session, "form", task.form_id or "")
    if file is None:
        raise NotFound(_("表单 %(form)s 还没有部署，请告诉管理员。", form=task.form_id))
    return file, schema.load(file.content)


def prepare(session: Session, task: Task, identity: Identity | None, features: hooks.Features = hooks) -> hooks.Prepared:
    """What the form starts with: what features know, what its own formulas give, and the task's own files."""
    prepared = features.prepare(session, task, identity)
    _definition, form = form_of(session, task)
    fetch = partial(features.fetch, session, task, identity)
    prefill.fill(form, prepared, task.variables or {}, form_prefill.NAMES, fetch)
    own = [{"id": str(found.key), "name": found.name, "path": found.path} for found in attachments.of_task(session, task)]
    prepared.context["attachments"] = [*own, *prepared.context.get("attachments", ())]
    return prepared


def decider(session: Session) -> Callable[[str, dict[str, Any]], Any]:
    """(decision id, variables) → result of the newest version."""
    contents: dict[str, bytes] = {}

    def decide(decision_id: str, variables: dict[str, Any]) -> Any:
        if decision_id not in contents:
            file = definitions.newest_file(session, "decision", decision_id)
            if file is None:
                raise NotFound(_("决策 %(decision)s 还没有部署，请告诉管理员。", decision=decision_id))
            contents[decision_id] = file.content
        return decisions.evaluate(contents[decision_id], decision_id, variables)

    return decide


def looked_up(
    session: Session,
    task: Task,
    entered: Mapping[str, Any],
    identity: Identity | None,
    prepared: hooks.Prepared,
    features: hooks.Features = hooks,
) -> dict[str, Any]:
    """What rules may ask besides the form: what was prepared, what features look up for these data, and the names that decisions read."""
    _definition, form = form_of(session, task)
    context = features.look_up(session, task, form, entered, prepared)
    fetch = partial(features.fetch, session, task, identity)
    return context | prefill.for_rules(form, context, _read_by_rules(session, form), form_prefill.NAMES, fetch)


def _read_by_rules(session: Session, form: schema.Form) -> frozenset[str]:
    """Names that the form's decisions read."""
    files = [definitions.newest_file(session, "decision", rule.decision) for rule in form.rules]
    return frozenset().union(*(decisions.names(file.content) for file in files if file is not None))


def closed(session: Session, identity: Identity, key: int) -> Exception:
    """Why a task is not open to this user: ``Closed`` with who and when if he may know of it, otherwise ``NotFound``."""
    task = open_tasks.known_task(session, identity, key)
    if task is None:
        return NotFound(NotFound.__doc__)
    holder = task.completed_by or task.assignee
    name = people.names(session, [holder]).get(holder or "", holder or "")
    if task.state == "COMPLETED" and task.completed_at is not None:
        at = wording.day_and_time(task.completed_at)
        return Closed(_("“%(task)s”已由 %(name)s 于 %(at)s 办结。", task=task.name, name=name, at=at), by=name, at=at)
    if task.state == "OPEN":
        return Closed(_("“%(task)s”正由 %(name)s 办理。", task=task.name, name=name), by=name)
    return Closed(_("“%(task)s”已取消：流程已转入其他环节，本任务不再需要办理。", task=task.name))


def overtaken(session: Session, identity: Identity, key: int, conflict: Exception) -> Exception:
    """The engine found the task taken or done while this transaction was under way: who and when, as for one who comes later."""
    if open_tasks.open_task(session, identity, key) is None:
        return closed(session, identity, key)
    return Refusal(conflict.text(locale()) if isinstance(conflict, Conflict) else _("刚才有人先改动了，请再试一次。"))


def _fingerprint(key: int, data: Mapping[str, Any]) -> str:
    asked = exact_json.dumps([key, dict(data)], sort_keys=True)
    return hashlib.sha256(asked).hexdigest()[:32]


_STAMPS = select(Idempotency.request_id).where(
    Idempotency.actor == bindparam("person"), Idempotency.request_id.like(bindparam("pattern"), escape="/")
)


def _repeated(session: Session, actor: Actor, request_id: str, stamp: str, key: int) -> Task | None:
    """The task, if this very request has completed it before: a phone that lost the answer may ask again."""
    pattern = re.sub("([/%_])", r"/\1", request_id) + ":%"
    seen = session.scalars(_STAMPS, {"person": actor.name, "pattern": pattern}).all()
    if not seen:
        return None
    if stamp not in seen:
        raise Refusal(_("这次提交的编号已经用过，而内容不同。请刷新页面后再提交。"))
    return session.get(Task, key)
