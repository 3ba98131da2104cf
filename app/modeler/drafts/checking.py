"""The check while drawing: the deployment's own check, and what only a comparison with the base can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import jsonify, request
from flask.wrappers import Response
from sqlalchemy.orm import Session

from app.auth import access, database
from app.auth.language import locale
from app.engine import bpmn, definitions
from app.engine.definitions import Problem
from app.engine.errors import Refused
from app.engine.models import Definition
from app.modeler.blueprint import blueprint
from app.modeler.drafts import files, store, vocabulary
from app.modeler.drafts.models import ModelDraft


@blueprint.post("/drafts/<int:key>/check")
@access("admin")
def draft_check(key: int) -> Response:
    """What is wrong with ``content``, which need not be saved; without it, with version ``number``. Changes nothing."""
    asked = request.get_json() or {}
    text, number = asked.get("content"), asked.get("number")
    with database().reading() as session:
        draft = store.find(session, key)
        content = text.encode() if isinstance(text, str) else store.content_of(session, draft, number if isinstance(number, int) else None)
        found = problems(session, draft, content)
    return jsonify(problems=[_shown(problem) for problem in found])


def problems(session: Session, draft: ModelDraft, content: bytes) -> list[Problem]:
    """Everything wrong with *content* as a version of *draft*. Errors would refuse its deployment, warnings would not.

    What other open drafts define counts as there: they can be released together, and a release checks just what it takes along.
    """
    name = {draft.resource: content}
    known = definitions.known(session, {**store.contents_beside(session, draft), **name})
    if draft.kind == "process" and (seen := vocabulary.seen_variables(session, draft.definition_id)):
        given = known.starts.get(draft.definition_id) or frozenset()
        known = replace(known, starts={**known.starts, draft.definition_id: given | seen})
    found = definitions.check(name, known)
    if len(content) <= files.MAX_SIZE and draft.kind == "process":
        found += _lost_requirements(session, draft, content)
    return found


def _lost_requirements(session: Session, draft: ModelDraft, content: bytes) -> list[Problem]:
    """R-ids that stood in the documentation of the base and are gone: with the sentence whether another diagram still covers them."""
    base = session.get(Definition, draft.base_key) if draft.base_key else definitions.newest(session, "process", draft.definition_id)
    try:
        drawn = {process.id: process for process in bpmn.parse(content)}
    except Refused:
        return []  # said already
    if base is None or base.kind != "process":
        return []
    covered = {name for process in drawn.values() for name in definitions.requirements(process)}
    before = definitions.requirements(definitions.drawn(session, base.key))
    gone = [name for name in before if name not in covered]
    if not gone:
        return []
    others = _covered_elsewhere(session, set(drawn) | {base.id})
    first = next(iter(drawn.values()), None)
    return [
        Problem(
            draft.resource,
            first.id if first else "",
            first.name if first else "",
            "requirement_moved" if name in others else "requirement_lost",
            {"requirement": name, "elements": ", ".join(before[name][:5])},
            "warning",
        )
        for name in gone
    ]


def _covered_elsewhere(session: Session, besides: set[str]) -> set[str]:
    keys = [row.key for row in vocabulary.newest(session) if row.kind == "process" and row.id not in besides]
    return {name for key in keys for name in definitions.requirements(definitions.drawn(session, key))}


def _shown(problem: Problem) -> dict[str, Any]:
    return {
        "element": problem.element_id,
        "name": problem.element_name,
        "severity": problem.severity,
        "text": problem.text(locale()),
        "code": problem.code,
        "line": problem.line,
    }
