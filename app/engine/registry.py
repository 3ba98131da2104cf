"""What diagrams may refer to: forms, decisions, processes and task types that exist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.engine import bpmn, form_prefill, people, resources, schedule, starters
from app.engine.checks import form_names, variables
from app.engine.definition_lookup import drawn, file_of
from app.engine.errors import Refused
from app.engine.handlers import known_types
from app.engine.models import Definition
from app.engine.people import Roles


class Registry(Protocol):
    """Answers whether something that a diagram names exists."""

    @property
    def roles(self) -> Roles | None:
        """What candidates may be; None: not known."""

    @property
    def accounts(self) -> frozenset[str] | None:
        """User names; None: not known."""

    @property
    def held(self) -> frozenset[str] | None:
        """Candidate groups that somebody is; None: not known."""

    @property
    def places(self) -> Mapping[str, frozenset[str]]:
        """Kind of place → codes of those that there are."""

    @property
    def dates(self) -> frozenset[str] | None:
        """What the variable ``campaign`` holds, by the root diagrams; None: there is no root diagram."""

    @property
    def dates_read(self) -> frozenset[str]:
        """Names of ``campaign`` that anything reads."""

    def has_form(self, form_id: str) -> bool: ...
    def has_decision(self, decision_id: str) -> bool: ...
    def has_process(self, process_id: str) -> bool: ...
    def has_task_type(self, task_type: str) -> bool: ...
    def is_called(self, process_id: str) -> bool:
        """Whether a call activity that is known starts it: its caller may catch what it throws."""

    def started_with(self, process_id: str) -> frozenset[str] | None:
        """Names of the variables with which the process is started; None: not known."""

    def form_names(self, form_id: str) -> frozenset[str] | None:
        """Names under which the form brings what is entered; None: not known."""

    def form_uploads(self, form_id: str) -> frozenset[str]:
        """Labels of the form's fields that take files."""

    def prefill_names(self, form_id: str) -> frozenset[str] | None:
        """What the form's ``prefill`` formulas may read: provided names, and what its user tasks map in; None: not known."""


@dataclass(frozen=True, slots=True)
class Known:
    """A registry of fixed sets."""

    forms: frozenset[str] = frozenset()
    decisions: frozenset[str] = frozenset()
    processes: frozenset[str] = frozenset()
    task_types: frozenset[str] = frozenset()
    #: process id → names of the variables that it is started with, where that is known
    starts: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    #: processes that call activities start
    called: frozenset[str] = frozenset()
    #: form id → names of its fields, for the forms that the checked diagrams name
    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    #: form id → labels of its fields that take files
    uploads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    roles: Roles | None = None
    accounts: frozenset[str] | None = None
    held: frozenset[str] | None = None
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dates: frozenset[str] | None = None
    dates_read: frozenset[str] = frozenset()
    #: form id → names that the user tasks with this form map in
    task_inputs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def has_form(self, form_id: str) -> bool:
        return form_id in self.forms

    def has_decision(self, decision_id: str) -> bool:
        return decision_id in self.decisions

    def has_process(self, process_id: str) -> bool:
        return process_id in self.processes

    def has_task_type(self, task_type: str) -> bool:
        return task_type in self.task_types

    def is_called(self, process_id: str) -> bool:
        return process_id in self.called

    def started_with(self, process_id: str) -> frozenset[str] | None:
        return self.starts.get(process_id)

    def form_names(self, form_id: str) -> frozenset[str] | None:
        return self.fields.get(form_id)

    def form_uploads(self, form_id: str) -> frozenset[str]:
        return self.uploads.get(form_id, frozenset())

    def prefill_names(self, form_id: str) -> frozenset[str] | None:
        return frozenset(form_prefill.NAMES) | self.task_inputs.get(form_id, frozenset()) if form_prefill.NAMES else None


def known(session: Session, files: Mapping[str, bytes], task_types: Collection[str] | None = None) -> Known:
    """What is deployed, together with *files*. Task types: those given, otherwise those with a registered handler."""
    newest = select(Definition.kind, Definition.id, func.max(Definition.key)).group_by(Definition.kind, Definition.id)
    deployed = {(kind, key): definition_key for kind, key, definition_key in session.execute(newest)}
    own = _processes(files)
    callers = list(own.values())
    if own or _forms(files):
        callers += [drawn(session, found) for (kind, key), found in deployed.items() if kind == "process" and key not in own]
    wanted = {element.form_id for process in own.values() for element in process.elements.values() if element.form_id}
    forms = {key: file_of(session, found).content for (kind, key), found in deployed.items() if kind == "form" and key in wanted}
    found = _known(set(deployed) | _of_files(files), task_types, own, callers, {**forms, **_forms(files)})
    others = (file_of(session, key).content for (kind, name), key in deployed.items() if (kind, name) not in _of_files(files))
    found = _with_dates(found, callers, own, chain(files.values(), others))
    there = people.known_to(session)
    if there is None:
        return found
    accounts, held, places = there.accounts(session), there.held(session), there.places(session)
    return replace(found, roles=there.roles, accounts=accounts, held=held, places=places)


def known_files(files: Mapping[str, bytes], task_types: Collection[str] | None = None, *, roles: Roles | None = None) -> Known:
    """What *files* define, without a database. Who has an account is not known; *roles* are those that candidates may be."""
    own = _processes(files)
    found = _known(_of_files(files), task_types, own, list(own.values()), _forms(files))
    found = _with_dates(found, own.values(), own, files.values())
    return replace(found, roles=roles, accounts=frozenset() if roles is not None else None)


def _with_dates(found: Known, processes: Iterable[bpmn.Process], own: Mapping[str, bpmn.Process], contents: Iterable[bytes]) -> Known:
    """*found* with the dates that root diagrams state. *contents* are read only where one of *own* states dates."""
    plans = [plan for plan in map(schedule.read, processes) if plan.entries]
    stated = frozenset().union(*(plan.names for plan in plans)) if plans else None
    if not any(schedule.read(process).entries for process in own.values()):
        return replace(found, dates=stated)
    read = frozenset(name for content in contents for name in schedule.read_names(content.decode(errors="replace")))
    return replace(found, dates=stated, dates_read=read)


def _of_files(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    return {(item.kind, item.id) for name, content in files.items() for item in resources.defined(name, content)}


def _processes(files: Mapping[str, bytes]) -> dict[str, bpmn.Process]:
    found: dict[str, bpmn.Process] = {}
    for name, content in files.items():
        if resources.kind_of(name) == "process":
            try:
                found |= {process.id: process for process in bpmn.parse(content)}
            except Refused:
                continue  # the check says why
    return found


def _forms(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {item.id: content for name, content in files.items() for item in resources.defined(name, content) if item.kind == "form"}


def _known(
    ids: set[tuple[str, str]],
    task_types: Collection[str] | None,
    own: Mapping[str, bpmn.Process],
    callers: list[bpmn.Process],
    forms: Mapping[str, bytes],
) -> Known:
    def of(kind: str) -> frozenset[str]:
        return frozenset(key for each, key in ids if each == kind)

    given = variables.handed_over(callers)
    starts = {key: _started_with(process, given, forms) for key, process in own.items() if not variables.starts_otherwise(process)}
    types = known_types() if task_types is None else frozenset(task_types)
    fields = {key: form_names.read(content) for key, content in forms.items()}
    uploads = {key: form_names.uploads(content) for key, content in forms.items()}
    found = Known(of("form"), of("decision"), of("process"), types, starts, frozenset(given), fields, uploads)
    return replace(found, task_inputs=_task_inputs(callers))


def _started_with(process: bpmn.Process, given: Mapping[str, frozenset[str] | None], forms: Mapping[str, bytes]) -> frozenset[str] | None:
    """What its callers hand over and what its start form brings; None where that is not known."""
    form = starters.form_id(process)
    if form is None and starters.PROPERTY not in process.properties:
        return given.get(process.id)
    called = given.get(process.id, frozenset())
    if called is None or (form is not None and form not in forms):
        return None
    return called | starters.GIVEN | (form_names.kept(forms[form]) if form is not None else frozenset())


def _task_inputs(processes: Iterable[bpmn.Process]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for element in (element for process in processes for element in process.elements.values()):
        if element.form_id:
            found[element.form_id] = found.get(element.form_id, frozenset()) | {target.split(".")[0] for _source, target in element.inputs}
    return found
