"""Taking a task, giving it back, handing it over: who may, to whom, with which reason. Pages, ``/v2`` and the simulation alike."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.acts import completion, drafts, people
from app.acts.refusals import Refusal
from app.auth import open_tasks
from app.auth.current import Identity
from app.engine import runtime
from app.engine.actor import Actor
from app.engine.models import Task

#: Longest reason that is kept.
LONGEST = 500


def claim(session: Session, identity: Identity, actor: Actor, key: int) -> Task:
    """Take a task that is open to this user and that nobody holds. Raises ``NotFound`` or ``Closed``."""
    return runtime.claim(session, _open(session, identity, key).key, actor)


def release(session: Session, identity: Identity, actor: Actor, key: int) -> Task:
    """Give one's own task back to its candidates."""
    return runtime.release(session, _held(session, identity, key).key, actor)


def hand_over(session: Session, identity: Identity, actor: Actor, key: int, to: str, reason: str) -> str:
    """Give one's own task, with its draft, to a colleague who holds a matching role; returns his name. ``Refusal`` without a reason."""
    task = _held(session, identity, key)
    successors = dict(people.successors(session, task, identity))
    if to not in successors:
        known = people.names(session, [to])
        raise Refusal(_("该人员没有办理此任务的角色，请从名单里选。") if known else _("没有用户“%(name)s”，任务没有转办。", name=to[:100]))
    if not reason.strip():
        raise Refusal(_("请写明转办的原因，接手的人会看到。"))
    drafts.hand_on(session, task, identity.username, to)
    runtime.hand_over(session, task.key, to, actor, reason=reason.strip()[:LONGEST])
    return successors[to]


def assign(session: Session, identity: Identity, actor: Actor, key: int, to: str, reason: str) -> None:
    """Make *to* the holder: oneself by a claim, a colleague by a hand-over. Who hands on what nobody holds takes it first."""
    task = _open(session, identity, key)
    if task.assignee == to:
        return
    if task.assignee is None:
        claim(session, identity, actor, key)
    if to != identity.assignee:
        hand_over(session, identity, actor, key, to, reason)


def _open(session: Session, identity: Identity, key: int) -> Task:
    task = open_tasks.open_task(session, identity, key)
    if task is None:
        raise completion.closed(session, identity, key)
    return task


def _held(session: Session, identity: Identity, key: int) -> Task:
    """The open task that this user holds."""
    task = _open(session, identity, key)
    if task.assignee != identity.assignee:
        raise Refusal(_("任务尚未签收，请先签收。"))
    return task
