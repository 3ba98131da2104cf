"""/v2/deployments, process and decision definitions, forms."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from app import clock, exact_json
from app.api import rendering
from app.api.blueprint import api
from app.api.problems import BadRequest
from app.api.searching import body, key, search, text_of
from app.auth import access, actor, database, tokens
from app.auth.current import api_token
from app.engine import decisions, definitions, feel, starters
from app.engine.errors import NotFound
from app.engine.models import Definition

_OPERATORS = ("admin", "auditor")


@api.post("/deployments")
@access("admin")
def create_deployment() -> dict[str, Any]:
    """Deploy the files of the multipart field ``resources`` together, with a token that was given at the console.

    For installation and build servers. A browser's session and a token that an administrator made for himself do not deploy: that would
    be two eyes. They go by a request in the modeler.
    """
    _refuse_two_eyes()
    files = {file.filename: file.read() for file in request.files.getlist("resources") if file.filename}
    if not files:
        raise BadRequest("send the files as multipart field “resources”")
    who = actor()
    comment = request.form.get("comment", "")

    def work(session: Session) -> dict[str, Any]:
        result = definitions.deploy(session, files, who, comment=comment, now=clock.now())
        # Camunda names every resource of the request, unchanged ones with the version that stays.
        rows = _newest_of(session, files)
        return {
            "deploymentKey": str(result.deployment_key or (rows[0].deployment_key if rows else 0)),
            "tenantId": rendering.TENANT,
            "deployments": [rendering.deployed(row) for row in rows],
        }

    return database().in_transaction(work)


def _refuse_two_eyes() -> None:
    token = api_token()
    with database().reading() as session:
        if token is None or not tokens.is_given(session, token):
            raise Forbidden(
                "a deployment needs a second person: ask for a release in the modeler, or use a token made by “run.py token” at the console"
            )


def _newest_of(session: Session, files: dict[str, bytes]) -> list[Definition]:
    session.flush()
    rows = session.scalars(select(Definition).where(Definition.resource.in_(files)).order_by(Definition.version)).all()
    return list({(row.kind, row.id): row for row in rows}.values())


def _get(session: Session, kind: str, text: str) -> Definition:
    found = session.get(Definition, key(text, f"{kind}DefinitionKey"), options=[undefer(Definition.content)])
    if found is None or found.kind != kind:
        raise NotFound(f"there is no {kind} definition {text}")
    return found


@api.post("/process-definitions/search")
@access(*_OPERATORS)
def search_process_definitions() -> dict[str, Any]:
    """Search process definitions."""
    columns = {
        "processDefinitionId": Definition.id,
        "processDefinitionKey": Definition.key,
        "name": Definition.name,
        "resourceName": Definition.resource,
        "version": Definition.version,
    }
    asked = body()
    latest = (asked.get("filter") or {}).pop("isLatestVersion", False) if isinstance(asked.get("filter"), dict) else False
    query = select(Definition).where(Definition.kind == "process")
    if latest:
        newer = select(Definition.id, Definition.version).where(Definition.kind == "process").subquery()
        query = query.where(~select(newer.c.id).where(newer.c.id == Definition.id, newer.c.version > Definition.version).exists())
    with database().reading() as session:
        return search(session, query, columns, lambda row: _process(session, row), order=Definition.key)


def _process(session: Session, row: Definition) -> dict[str, Any]:
    return rendering.definition(row, has_start_form=starters.form_id(definitions.drawn(session, row.key)) is not None)


@api.get("/process-definitions/<text>")
@access(*_OPERATORS)
def get_process_definition(text: str) -> dict[str, Any]:
    """One process definition."""
    with database().reading() as session:
        return _process(session, _get(session, "process", text))


@api.get("/process-definitions/<text>/xml")
@access(*_OPERATORS)
def get_process_definition_xml(text: str) -> Response:
    """The BPMN XML as it was deployed."""
    with database().reading() as session:
        return Response(_get(session, "process", text).content, mimetype="text/xml")


@api.get("/process-definitions/<text>/form")
@access(*_OPERATORS)
def get_start_form(text: str) -> Response | dict[str, Any]:
    """The newest version of the process's start form; 204 when it has none."""
    with database().reading() as session:
        form_id = starters.form_id(definitions.drawn(session, _get(session, "process", text).key))
        row = definitions.newest(session, "form", form_id) if form_id else None
        return rendering.form(row) if row else Response(status=204)


@api.post("/decision-definitions/search")
@access(*_OPERATORS)
def search_decision_definitions() -> dict[str, Any]:
    """Search decision definitions."""
    columns = {
        "decisionDefinitionId": Definition.id,
        "decisionDefinitionKey": Definition.key,
        "name": Definition.name,
        "version": Definition.version,
    }
    with database().reading() as session:
        return search(session, select(Definition).where(Definition.kind == "decision"), columns, rendering.decision, order=Definition.key)


@api.get("/decision-definitions/<text>")
@access(*_OPERATORS)
def get_decision_definition(text: str) -> dict[str, Any]:
    """One decision definition."""
    with database().reading() as session:
        return rendering.decision(_get(session, "decision", text))


@api.get("/decision-definitions/<text>/xml")
@access(*_OPERATORS)
def get_decision_definition_xml(text: str) -> Response:
    """The DMN XML as it was deployed."""
    with database().reading() as session:
        return Response(_get(session, "decision", text).content, mimetype="text/xml")


@api.post("/decision-definitions/evaluation")
@access("admin")
def evaluate_decision() -> dict[str, Any]:
    """Evaluate the newest version of a decision (by id), or a certain one (by key)."""
    asked = body()
    variables = asked.get("variables") or {}
    if not isinstance(variables, dict):
        raise BadRequest("variables must be an object")
    with database().reading() as session:
        row = _decision_asked_for(session, asked)
        output = decisions.evaluate(row.content, row.id, variables)
    return {
        **{name: value for name, value in rendering.decision(row).items() if name not in {"name", "version"}},
        "decisionDefinitionName": row.name or row.id,
        "decisionDefinitionVersion": row.version,
        "decisionEvaluationKey": str(row.key),
        "decisionInstanceKey": str(row.key),
        "output": exact_json.dumps(feel.to_json(output)).decode(),
        "evaluatedDecisions": [],
        "failedDecisionDefinitionId": None,
        "failureMessage": None,
    }


def _decision_asked_for(session: Session, asked: dict[str, Any]) -> Definition:
    if asked.get("decisionDefinitionKey"):
        return _get(session, "decision", asked["decisionDefinitionKey"])
    decision_id = text_of(asked, "decisionDefinitionId", needed=True)
    row = definitions.newest(session, "decision", decision_id)
    if row is None:
        raise NotFound(f"there is no decision “{decision_id}”")
    return row


@api.get("/resources/<text>/content")
@access(*_OPERATORS)
def get_resource_content(text: str) -> Response:
    """The file of any definition as it was deployed."""
    with database().reading() as session:
        found = session.get(Definition, key(text, "resourceKey"), options=[undefer(Definition.content)])
        if found is None:
            raise NotFound(f"there is no resource {text}")
        return Response(found.content, mimetype="text/plain")
