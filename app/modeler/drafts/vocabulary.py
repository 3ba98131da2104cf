"""What a diagram may name: the lists behind the pickers of the properties panel and FEEL's completion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from flask import jsonify
from flask.wrappers import Response
from flask_babel import gettext as _
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.auth import access, database
from app.auth.directory import Directory
from app.auth.language import locale
from app.auth.roles import ROLES
from app.engine import definitions, people
from app.engine.handlers import known_types
from app.engine.models import Definition, ProcessInstance
from app.modeler.blueprint import blueprint
from app.modeler.drafts import store
from app.modeler.drafts.models import ModelDraft

#: newest instances whose variables are looked at
INSTANCES = 5

Option = dict[str, str]


@blueprint.get("/drafts/<int:key>/vocabulary")
@access("admin")
def draft_vocabulary(key: int) -> Response:
    """Roles, forms, decisions, processes, handlers, messages, R-ids as options; variables with where they come from."""
    with database().reading() as session:
        draft = store.find(session, key)
        rows = newest(session)
        drafts = store.open_drafts(session)
        processes = [definitions.drawn(session, row.key) for row in rows if row.kind == "process"]
        found: dict[str, Any] = {
            "forms": _named("form", rows, drafts),
            "decisions": _named("decision", rows, drafts),
            "processes": _named("process", rows, drafts),
            "variables": _variables(session, draft.definition_id, processes),
        }
    found["roles"] = _roles(processes)
    found["handlers"] = [{"value": name, "label": name} for name in sorted(known_types())]
    found["messages"] = [{"value": name, "label": name} for name in sorted(_messages(processes))]
    covered = {name for process in processes for name in definitions.requirements(process)}
    found["requirements"] = [{"value": name, "label": name} for name in sorted(covered)]
    return jsonify(found)


def newest(session: Session) -> list[Definition]:
    """The newest version of everything deployed. Contents are not read."""
    last = (
        select(Definition.kind, Definition.id, func.max(Definition.version).label("version"))
        .group_by(Definition.kind, Definition.id)
        .subquery()
    )
    same = and_(Definition.kind == last.c.kind, Definition.id == last.c.id, Definition.version == last.c.version)
    return list(session.scalars(select(Definition).join(last, same).order_by(Definition.id)))


def _named(kind: str, rows: list[Definition], drafts: list[ModelDraft]) -> list[Option]:
    options = {row.id: f"{row.name} · {row.id}" if row.name else row.id for row in rows if row.kind == kind}
    mark = _("草稿")
    for draft in drafts:
        if draft.kind == kind and draft.definition_id and draft.definition_id not in options:
            options[draft.definition_id] = f"{draft.name or draft.definition_id} · {draft.definition_id} ({mark})"
    return [{"value": value, "label": label} for value, label in options.items()]


def _roles(processes: list[definitions.Process]) -> list[Option]:
    """Each role as diagrams name it: town roles by their code, the others with the scope expressions that are in use."""
    used = Counter(element.candidate_groups for process in processes for element in process.elements.values() if element.candidate_groups)
    options: dict[str, str] = {}
    for role in ROLES.values():
        if role.scope == "system":
            continue  # they administer the system and do no business tasks
        if role.scope == "town":
            written = [role.code]
        else:
            written = [text for text, _times in used.most_common() if f'"{role.code}:"' in text]
            written = written or [f'=["{role.code}:" + {"group" if role.scope == "group" else "village"}]']
        for text in written:
            options.setdefault(text, f"{role.label(locale())} · {text}")
    for text, _times in used.most_common():
        if not any(Directory.roles.wrong(name if whole else f"{name.partition(':')[0]}:…") for name, whole in people.names(text)):
            options.setdefault(text, text)
    return [{"value": value, "label": label} for value, label in options.items()]


def _messages(processes: list[definitions.Process]) -> Iterator[str]:
    seen = set()
    for process in processes:
        for element in process.elements.values():
            event = element.event
            if event is not None and event.kind == "message" and event.name and not event.name.startswith("=") and event.name not in seen:
                seen.add(event.name)
                yield event.name


def _variables(session: Session, process_id: str, processes: list[definitions.Process]) -> list[Option]:
    """Names that instances of the process are started with: what callers hand over, and what its newest instances hold."""
    found: dict[str, str] = {}
    for process in processes:
        for element in process.elements.values():
            if element.called_process == process_id:
                names = [target.split(".")[0] for _source, target in element.inputs]
                if element.loop is not None and element.loop.input_element:
                    names.append(element.loop.input_element)
                for name in names:
                    found.setdefault(name, f"{process.name or process.id} · {element.name or element.id}")
    for name in seen_variables(session, process_id):
        found.setdefault(name, process_id)
    return [{"name": name, "info": info} for name, info in sorted(found.items())]


def seen_variables(session: Session, process_id: str) -> frozenset[str]:
    """Names that the newest instances of a process hold."""
    query = select(ProcessInstance.variables).where(ProcessInstance.process_id == process_id).order_by(ProcessInstance.key.desc())
    return frozenset(name for variables in session.scalars(query.limit(INSTANCES)) for name in variables)
