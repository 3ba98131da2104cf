"""How a trial may begin: which process, which drafts together, from which data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.engine import bpmn, definitions, resources
from app.engine.errors import Refused
from app.engine.models import Definition, ProcessInstance
from app.forms import schema
from app.modeler.drafts import store as drafts
from app.modeler.drafts.models import ModelDraft
from app.modeler.trial import samples
from app.modeler.trial.sandbox import Deployed

#: real variables that hold no household: they make a trial fit the running campaign
_OF_CAMPAIGN = ("campaign", "settings")


@dataclass(slots=True)
class Choice:
    """What the page on which a trial begins offers."""

    #: (process id, name): of the drafts first, then those deployed
    processes: list[tuple[str, str]] = field(default_factory=list)
    process: str = ""
    #: start events: (element id, name); "" is the none start event
    starts: list[tuple[str, str]] = field(default_factory=list)
    #: processes that it calls
    calls: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    begin: datetime | None = None
    #: other open drafts
    others: list[ModelDraft] = field(default_factory=list)


def files(session: Session, draft: ModelDraft, beside: Sequence[int] = ()) -> dict[str, bytes]:
    """The newest version of the draft, and of those of the *beside* ones that are still open."""
    found = {draft.resource: drafts.content_of(session, draft)}
    for key in beside:
        other = session.get(ModelDraft, key)
        if other is not None and other.state == "OPEN" and other.resource not in found:
            found[other.resource] = drafts.content_of(session, other)
    return found


def choice(session: Session, draft: ModelDraft, contents: Mapping[str, bytes], base: Deployed, wanted: str) -> Choice:
    """What may be chosen, with *wanted* as the process if there is one of that id."""
    drawn = parsed(contents)
    deployed = {row["id"]: row for row in base.rows if row["kind"] == "process"}
    found = Choice(others=[row for row in drafts.open_drafts(session) if _goes_with(row, draft)])
    mine = {process.id: process.name or process.id for process in drawn.values()}
    used = _using(session, draft, deployed)
    rest = {key: row["name"] or key for key, row in deployed.items() if key not in mine}
    order = [*mine, *(key for key in rest if key in used), *(key for key in rest if key not in used)]
    found.processes = [(key, mine.get(key) or rest[key]) for key in order]
    found.process = wanted if wanted in dict(found.processes) else order[0] if order else ""
    process = drawn.get(found.process)
    if process is None and found.process in deployed:
        process = definitions.drawn(session, deployed[found.process]["key"])
    if process is None:
        return found
    starts = [element for element in process.elements.values() if element.kind == "startEvent" and not element.scope]
    found.starts = sorted((element.id if element.event else "", element.name or element.id) for element in starts)
    found.calls = sorted(
        {each.called_process for each in process.elements.values() if each.called_process and each.called_process[0] != "="}
    )
    real = _real(session)
    found.variables = samples.to_start(process, forms(base, contents), real)
    found.begin = clock.now() if real else samples.first_day()
    return found


def _goes_with(other: ModelDraft, draft: ModelDraft) -> bool:
    """Two drafts of one file or one definition cannot be tried together."""
    return other.resource != draft.resource and (other.kind, other.definition_id) != (draft.kind, draft.definition_id)


def _real(session: Session) -> dict[str, Any]:
    """``campaign`` and ``settings`` of the newest running campaign."""
    query = select(ProcessInstance).where(
        ProcessInstance.campaign_id != 0, ProcessInstance.parent_key.is_(None), ProcessInstance.state == "ACTIVE"
    )
    for row in session.scalars(query.order_by(ProcessInstance.key).limit(5)):
        if isinstance(row.variables.get("campaign"), dict):
            return {name: row.variables[name] for name in _OF_CAMPAIGN if name in row.variables}
    return {}


def parsed(contents: Mapping[str, bytes]) -> dict[str, bpmn.Process]:
    """Process id → what the files say, as far as they can be read."""
    found: dict[str, bpmn.Process] = {}
    for name, content in contents.items():
        if resources.kind_of(name) == "process":
            try:
                found.update({process.id: process for process in bpmn.parse(content)})
            except Refused:
                continue  # the page says what is wrong with it
    return found


def forms(base: Deployed, contents: Mapping[str, bytes]) -> dict[str, schema.Form]:
    """Form id → form, the drafts' over the deployed."""
    given = {row["resource"]: row["content"] for row in base.rows if row["kind"] == "form"} | {
        name: content for name, content in contents.items() if resources.kind_of(name) == "form"
    }
    found = {}
    for content in given.values():
        try:
            form = schema.load(content)
        except schema.SchemaError:
            continue
        found[form.id] = form
    return found


def _using(session: Session, draft: ModelDraft, deployed: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Deployed processes that show the draft's form or ask its decision."""
    if draft.kind == "process" or not draft.definition_id:
        return set()
    used = set()
    for key, row in deployed.items():
        for element in definitions.drawn(session, row["key"]).elements.values():
            if draft.definition_id in (element.form_id, element.decision_id):
                used.add(key)
    return used


def problems(session: Session, refused: Refused, locale: str) -> list[tuple[str, str]]:
    """(where, what) of everything that keeps the drafts from being tried."""
    return [
        (f"{each.resource} {each.element_name or each.element_id}".strip(), each.text(locale))
        for each in refused.problems
        if each.severity == "error"
    ]


def newest(session: Session, process_id: str) -> Definition | None:
    """The deployed process of this id."""
    return definitions.newest(session, "process", process_id)
