"""The list of instances and one instance on its own version of the diagram."""

from __future__ import annotations

from flask import Response as Answer
from flask import jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth import access, actor, database
from app.engine import definitions, rehearsal
from app.engine.standing import standing
from app.modeler.drafts import people
from app.modeler.operations import batches, instance_queries, listing
from app.modeler.operations.attempts import attempt
from app.modeler.operations.blueprint import operations
from app.modeler.operations.models import OperationBatch

#: acts that may be done to many ticked instances
BULK = ("suspend", "resume", "cancel")


@operations.get("/instances")
@access("admin")
def instances() -> str:
    """Search: process, version, state, incident, date, business key, subject."""
    filters = listing.Filters.of(request.args)
    with database().reading() as session:
        return render_template(
            "modeler/operations/instances.html",
            page=listing.page(session, filters),
            filters=filters,
            names=listing.processes(session),
            newest=listing.newest_versions(session),
            states=listing.STATES,
        )


@operations.post("/instances/acts")
@access("admin")
def instances_act() -> Response:
    """Suspend, resume or end the ticked instances, as a batch with one reason."""
    by, act = actor(), request.form.get("act", "")
    keys = [(int(key), int(key)) for key in request.form.getlist("key") if key.isdecimal()]
    if act not in BULK:
        return redirect(url_for("operations.instances"), 303)
    made: list[OperationBatch] = []

    def work(session: Session) -> None:
        made[:] = [batches.begin(session, act, keys, by, reason=request.form.get("reason", ""))]

    answer = attempt(work, back=url_for("operations.instances"))
    return redirect(url_for("operations.batch", key=made[0].key), 303) if made else answer


@operations.get("/instances/<int:key>")
@access("admin")
def instance(key: int) -> str:
    """Diagram, tokens, variables, jobs, family, incidents and history of one instance."""
    with database().reading() as session:
        whole = instance_queries.whole(session, key, request.args.get("before", ""))
        actors = {name for event in whole.events for name in (event.actor, event.on_behalf_of)}
        return render_template(
            "modeler/operations/instance.html",
            it=whole,
            people=people.names(session, actors | {task.assignee or "" for task in whole.tasks}),
            names=listing.processes(session),
            told=instance_queries.told,
        )


@operations.get("/instances/<int:key>/diagram")
@access("admin")
def instance_diagram(key: int) -> Answer:
    """Where it stands on its diagram, as JSON."""
    with database().reading() as session:
        return jsonify(standing(session, key, now=clock.now()))


@operations.get("/definitions/<int:key>/diagram")
@access("admin")
def definition_diagram(key: int) -> Answer:
    """The diagram of a version alone, as JSON."""
    with database().reading() as session:
        found = rehearsal.definition(session, key)
        content = definitions.file_of(session, found.key).content.decode("utf-8")
        return jsonify({"xml": content, "process": found.id, "name": found.name, "activities": {}})
