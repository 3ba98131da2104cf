"""Starting a process by hand (发起): who may by the diagram, its start form checked as a task's, one instance however often it is sent.

Pages, the console and ``/v2`` come through here. See ``engine.starters`` for what a diagram says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.acts import completion, operating
from app.acts.refusals import Refusal
from app.auth.current import Identity
from app.engine import definitions, idempotency, runtime, starters
from app.engine.actor import Actor
from app.engine.bpmn_model import Process
from app.engine.errors import ExpressionError, NotFound
from app.engine.models import Definition, ProcessInstance, Task
from app.forms import hooks, masking, schema, submissions, validation

#: (session, campaign) → what every process of a campaign is given
Gives = Callable[[Session, int], Mapping[str, Any]]
_gives: list[Gives] = []


def gives(function: Gives) -> Gives:
    """Register what every process of a campaign is given when somebody starts it."""
    if function not in _gives:
        _gives.append(function)
    return function


@dataclass(frozen=True, slots=True)
class Startable:
    """The newest version of a process that its diagram lets people start."""

    definition_key: int
    version: int
    process: Process


def all_startable(session: Session) -> list[Startable]:
    """Every process that anybody may start, by name. Two statements while nothing was deployed."""
    newest = (
        select(Definition.id, func.max(Definition.version).label("version"))
        .where(Definition.kind == "process")
        .group_by(Definition.id)
        .subquery()
    )
    query = select(Definition.key, Definition.version).join(
        newest, (Definition.id == newest.c.id) & (Definition.version == newest.c.version)
    )
    rows = session.execute(query.where(Definition.kind == "process")).all()
    found = [Startable(key, version, definitions.drawn(session, key)) for key, version in rows]
    named = [each for each in found if starters.named(each.process) and starters.entry(each.process)]
    return sorted(named, key=lambda each: (each.process.name or each.process.id, each.process.id))


def startable(session: Session, identity: Identity) -> list[Startable]:
    """What this user may start, as far as that is known before a form is filled."""
    return [each for each in all_startable(session) if starters.may_fill(each.process, identity.groups)]


def find(session: Session, identity: Identity, process_id: str) -> Startable:
    """One of ``startable``. ``NotFound`` for any other: what one may not start does not exist."""
    found = definitions.newest(session, "process", process_id)
    if found is not None:
        each = Startable(found.key, found.version, definitions.drawn(session, found.key))
        if starters.entry(each.process) and starters.may_fill(each.process, identity.groups):
            return each
    raise NotFound("process", process_id)


def form_of(session: Session, found: Startable) -> tuple[definitions.File, schema.Form] | None:
    """The newest version of the start form; None: the process is started without one."""
    form_id = starters.form_id(found.process)
    if form_id is None:
        return None
    file = definitions.newest_file(session, "form", form_id)
    if file is None:
        raise NotFound("form", form_id)
    return file, schema.load(file.content)


def stand_in(found: Startable, identity: Identity, form_key: int | None) -> Task:
    """What form hooks are told of a start: a task of the start event that is never kept."""
    start = starters.entry(found.process)
    return Task(
        campaign_id=identity.campaign_id,
        definition_key=found.definition_key,
        process_id=found.process.id,
        element_id=start.id if start else "",
        name=found.process.name,
        form_id=starters.form_id(found.process),
        form_key=form_key,
        subject="",
        scope="",
        label="",
        business_key="",
        variables={},
        properties=dict(start.properties) if start else {},
        assignee=identity.assignee,
        candidate_groups=[],
        candidate_users=[],
    )


def prepare(session: Session, task: Task, identity: Identity) -> hooks.Prepared:
    """What the start form begins with."""
    prepared = hooks.prepare(session, task, identity)
    prepared.context["attachments"] = []
    return prepared


def start(
    session: Session,
    identity: Identity,
    actor: Actor,
    process_id: str,
    data: Mapping[str, Any],
    *,
    request_id: str | None = None,
    business_key: str = "",
    show_findings: bool = True,
) -> ProcessInstance:
    """Start the newest version of *process_id* in the user's campaign, with what was entered in its start form.

    Raises ``NotFound`` (also for what he may not start), ``completion.Invalid``, ``Refusal`` (not with these answers) or ``StepFailed``.
    The same ``request_id`` with the same data gives the instance that was started first.
    """
    found = find(session, identity, process_id)
    asked = idempotency.digest("start by form", process_id, identity.campaign_id, business_key, dict(data))
    if request_id and (first := idempotency.find(session, actor, request_id, asked)) is not None:
        return session.get_one(ProcessInstance, first["instance"])
    checked = _checked(session, identity, found, data, show_findings)
    entered = _kept(checked) if checked is not None else {}
    variables = {**_given(session, identity.campaign_id), starters.INITIATOR: identity.assignee, **entered}
    _require(found.process, identity, variables)
    instance = runtime.start(session, process_id, variables, actor, campaign_id=identity.campaign_id, business_key=business_key)
    if checked is not None:
        task = checked.task
        task.subject, task.scope, task.instance_key = instance.subject, instance.scope, instance.key
        submissions.save(session, checked.form, checked.outcome, actor, task=task, version=checked.version)
    if request_id:
        idempotency.keep(session, actor, request_id, asked, {"instance": instance.key})
    return instance


def start_with_variables(
    session: Session,
    actor: Actor,
    process_id: str,
    variables: Mapping[str, Any],
    *,
    reason: str = "",
    version: int | None = None,
    campaign_id: int = 0,
    business_key: str = "",
    request_id: str | None = None,
) -> ProcessInstance:
    """An administrator starts any process, whatever its diagram says of starters. In a campaign it is given what others there are given;
    *variables* lie over that."""
    whole = {**_given(session, campaign_id), **variables}
    return runtime.start(
        session,
        process_id,
        whole,
        actor,
        version=version,
        business_key=business_key,
        campaign_id=campaign_id,
        request_id=request_id,
        reason=reason,
    )


def start_from_console(
    session: Session, actor: Actor, process_id: str, variables: Mapping[str, Any], reason: str, **where: Any
) -> ProcessInstance:
    """``start_with_variables`` from a page: never without a reason, never with a variable that has no name."""
    if not all(name.strip() for name in variables):
        raise operating.Incomplete(_("变量名不能空。"))
    return start_with_variables(session, actor, process_id, variables, reason=operating.stated(reason), **where)


@dataclass(frozen=True, slots=True)
class _Checked:
    task: Task
    form: schema.Form
    version: int
    outcome: validation.Outcome


def _checked(session: Session, identity: Identity, found: Startable, data: Mapping[str, Any], show_findings: bool) -> _Checked | None:
    """The start form, checked as a task's; None where there is none."""
    read = form_of(session, found)
    if read is None:
        if data:
            raise Refusal(_("这个流程没有发起表单，不收填写的内容。"))
        return None
    file, form = read
    task = stand_in(found, identity, file.key)
    prepared = prepare(session, task, identity)
    context = hooks.look_up(session, task, form, data, prepared)
    decide = completion.decider(session)
    outcome = validation.validate(form, dict(data), context=context, locked=prepared.locked, decide=decide, initial=prepared.data)
    if not outcome.ok or (show_findings and outcome.unseen):
        raise completion.Invalid(outcome)
    return _Checked(task, form, file.version, outcome)


def _kept(checked: _Checked) -> dict[str, Any]:
    """The fields as variables; personal ones stay in the form, where they are encrypted."""
    return masking.without(checked.form, checked.outcome.data)


def _given(session: Session, campaign_id: int) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for function in _gives if campaign_id else ():
        given.update(function(session, campaign_id))
    return given


def _require(process: Process, identity: Identity, variables: Mapping[str, Any]) -> None:
    """What was entered may decide who may: a cadre of one village does not start for another."""
    try:
        allowed = starters.may_start(process, identity.groups, variables)
    except ExpressionError as error:
        raise Refusal(_("无法判断您能否发起：请核对填写的内容；仍不行，请告诉管理员。")) from error
    if not allowed:
        raise Refusal(_("按填写的内容，这件事不由您发起，没有提交；您填写的内容都在。请核对村、组等内容，或请有权的人发起。"))
