"""/v2: messages, signals, incidents, jobs, the clock, and what the server is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.acts import operating, privacy
from app.api import rendering
from app.api.blueprint import api
from app.api.problems import BadRequest
from app.api.searching import body, key, number_of, search, text_of, variables
from app.auth import access, actor, database, identity, public, signed_in
from app.db import new_key
from app.engine import feel, runtime, virtual_clock
from app.engine.errors import Conflict, ExpressionError, NotFound
from app.engine.feel_string import string
from app.engine.models import Incident, JobRow, ProcessInstance

_OPERATORS = ("admin", "auditor")
#: The year 2200, in milliseconds since 1970.
_LAST_MOMENT = 7_258_118_400_000
#: The longest time for which a message may wait, in milliseconds: ten years.
_LONGEST_LIFE = 10 * 366 * 86_400_000


@api.get("/status")
@public
def status() -> Response:
    """204 while this server can answer."""
    return Response(status=204)


@api.get("/topology")
@signed_in
def topology() -> dict[str, Any]:
    """One partition: the database."""
    return {
        "brokers": [],
        "clusterId": None,
        "clusterSize": 1,
        "partitionsCount": 1,
        "replicationFactor": 1,
        "gatewayVersion": "8.9.0-daopai",
        "lastCompletedChangeId": None,
    }


@api.get("/authentication/me")
@signed_in
def authentication() -> dict[str, Any]:
    """Who the token belongs to."""
    who = identity()
    return {
        "username": who.username,
        "displayName": who.name,
        "email": None,
        "authorizedComponents": ["*"],
        "tenants": [{"tenantId": rendering.TENANT, "name": "Default", "description": None}],
        "groups": sorted(who.groups),
        "roles": sorted({held.role for held in who.roles}),
        "salesPlanType": None,
        "c8Links": {},
        "canLogout": True,
    }


@api.post("/messages/publication")
@access("admin")
def publish_message() -> dict[str, Any]:
    """Publish a message; ``timeToLive`` in milliseconds."""
    asked, who = body(), actor()
    sent, name, correlation = variables(asked), text_of(asked, "name", needed=True), asked.get("correlationKey")
    if isinstance(correlation, list | dict):
        raise BadRequest("correlationKey must be a text, a number or a boolean")
    live = number_of(asked, "timeToLive", most=_LONGEST_LIFE) / 1000

    def work(session: Session) -> dict[str, Any]:
        row = runtime.publish_message(
            session,
            name,
            string(correlation),
            sent,
            who,
            time_to_live=live,
            message_id=text_of(asked, "messageId") or None,
        )
        return {"messageKey": str(row.key), "tenantId": rendering.TENANT}

    return database().in_transaction(work)


@api.post("/signals/broadcast")
@access("admin")
def broadcast_signal() -> dict[str, Any]:
    """Broadcast a signal."""
    asked, who = body(), actor()
    sent, name = variables(asked), text_of(asked, "signalName", needed=True)
    database().in_transaction(lambda session: runtime.broadcast_signal(session, name, sent, who))
    return {"signalKey": str(new_key()), "tenantId": rendering.TENANT}


@api.post("/incidents/search")
@access(*_OPERATORS)
def search_incidents() -> dict[str, Any]:
    """Search incidents."""
    columns = {
        "incidentKey": Incident.key,
        "processInstanceKey": Incident.instance_key,
        "elementId": Incident.element_id,
        "elementInstanceKey": Incident.activity_key,
        "jobKey": Incident.job_key,
        "creationTime": Incident.created_at,
    }
    special = {
        "state": lambda wanted: Incident.state == ("OPEN" if wanted == "ACTIVE" else "RESOLVED"),
        "errorType": lambda wanted: Incident.kind == str(wanted).lower(),
    }
    with database().reading() as session:

        def render(row: Incident) -> dict[str, Any]:
            return rendering.incident(row, session.get(ProcessInstance, row.instance_key) if row.instance_key else None)

        return search(session, select(Incident), columns, render, special, order=Incident.key)


@api.get("/incidents/<text>")
@access(*_OPERATORS)
def get_incident(text: str) -> dict[str, Any]:
    """One incident."""
    with database().reading() as session:
        row = session.get(Incident, key(text, "incidentKey"))
        if row is None:
            raise NotFound(f"there is no incident {text}")
        return rendering.incident(row, session.get(ProcessInstance, row.instance_key) if row.instance_key else None)


@api.post("/incidents/<text>/resolution")
@access("admin")
def resolve_incident(text: str) -> Response:
    """Try the failed job again."""
    number, who = key(text, "incidentKey"), actor()
    database().in_transaction(lambda session: operating.retry(session, number, who))
    return Response(status=204)


@api.post("/jobs/search")
@access(*_OPERATORS)
def search_jobs() -> dict[str, Any]:
    """Search due work. Jobs are worked off inside Daopai: there is no activation from outside."""
    columns = {
        "jobKey": JobRow.key,
        "type": JobRow.type,
        "processInstanceKey": JobRow.instance_key,
        "elementId": JobRow.element_id,
        "elementInstanceKey": JobRow.activity_key,
        "retries": JobRow.retries,
        "state": JobRow.state,
    }
    with database().reading() as session:

        def render(row: JobRow) -> dict[str, Any]:
            return rendering.job(row, session.get(ProcessInstance, row.instance_key))

        return search(session, select(JobRow), columns, render, order=JobRow.key)


@api.post("/expression/evaluation")
@access("admin")
def evaluate_expression() -> dict[str, Any]:
    """Evaluate a FEEL expression (``=`` in front) over ``variables`` and, below them, those of the process instance ``scopeKey``."""
    asked = body()
    written = asked.get("expression")
    if not isinstance(written, str) or not written.startswith("="):
        raise BadRequest("send expression, FEEL with = in front")
    scope = {}
    if asked.get("scopeKey"):
        with database().reading() as session:
            owner = session.get(ProcessInstance, key(asked["scopeKey"], "scopeKey"))
            if owner is None:
                raise NotFound(f"there is no process instance {asked['scopeKey']}")
            # Masked before the evaluation, not after it: no expression tells what a page would not.
            scope = privacy.masked(owner.variables)
    try:
        result = feel.evaluate(written[1:], {**scope, **variables(asked)})
    except ExpressionError as error:
        raise BadRequest(privacy.message(str(error))) from error
    return {"expression": written, "result": feel.to_json(result), "warnings": [], "referencedSecrets": []}


@api.put("/clock")
@access("admin")
def pin_clock() -> Response:
    """Move the demonstration's clock forward to ``timestamp`` (milliseconds since 1970); timers due on the way fire in order."""
    asked = body().get("timestamp")
    if isinstance(asked, bool) or not isinstance(asked, int) or not 0 <= asked <= _LAST_MOMENT:
        raise BadRequest("send timestamp, milliseconds since 1970, before the year 2200")
    if current_app.config["DAOPAI"].production:
        raise Conflict("the clock of a production system cannot be moved")
    moment = datetime.fromtimestamp(asked / 1000, UTC)
    if moment < clock.now():
        raise Conflict("the clock moves forward only")
    by, before = actor(), clock.now()
    database().in_transaction(lambda session: virtual_clock.record(session, before, moment, by))
    virtual_clock.advance(database(), moment)
    return Response(status=204)
