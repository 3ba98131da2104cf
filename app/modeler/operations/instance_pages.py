"""The list of instances and one instance on its own version of the diagram."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response as Answer
from flask import jsonify, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock, exact_json
from app.auth import access, actor, database
from app.border import whole_number
from app.engine import definitions, rehearsal
from app.engine.instance_progress import standing
from app.modeler.drafts import people
from app.modeler.operations import batches, instance_queries, listing, words
from app.modeler.operations.attempts import attempt
from app.modeler.operations.blueprint import operations
from app.modeler.operations.errors import Conflict
from app.modeler.operations.models import OperationBatch

#: acts that may be done to many ticked instances
BULK = ("suspend", "resume", "cancel", "variable", "move", "timer")


@operations.get("/instances")
@access("admin")
def instances() -> str:
    """Search: process, version, state, incident, date, business key, subject."""
    filters = listing.Filters.of(request.args)
    with database().reading() as session:
        found = listing.page(session, filters)
        return render_template(
            "modeler/operations/instances.html",
            page=found,
            filters=filters,
            names=listing.processes(session),
            newest=listing.newest_versions(session),
            states=listing.STATES,
            elements=_elements(session, {row.definition_key for row, _broken in found.rows}),
        )


def _elements(session: Session, keys: set[int]) -> dict[str, list[tuple[str, str]]]:
    """(id, name) of the elements that hold tokens, that arm timers, that may be targets, where all rows run on one version; otherwise
    there is nothing to choose from."""
    if len(keys) != 1:
        return {}
    elements = definitions.drawn(session, keys.pop()).elements.values()
    return {
        "tokens": [words.option(each) for each in elements if each.kind.endswith(_HOLDING)],
        "timers": [words.option(each) for each in elements if each.event is not None and each.event.kind == "timer"],
        "targets": [words.option(each) for each in elements if each.kind not in ("startEvent", "boundaryEvent")],
    }


_HOLDING = ("Task", "Activity", "subProcess", "CatchEvent", "eventBasedGateway")


@operations.post("/instances/acts")
@access("admin")
def instances_act() -> Response:
    """One act on the ticked instances, as a batch with one reason."""
    by, act, form = actor(), request.form.get("act", ""), request.form
    keys = [(key, key) for key in form.getlist("key", type=whole_number)]
    made: list[OperationBatch] = []

    def work(session: Session) -> None:
        made[:] = [batches.begin(session, act, keys, by, reason=form.get("reason", ""), mapping=_what(act, form))]

    answer = attempt(work, back=url_for("operations.instances"))
    return redirect(url_for("operations.batch", key=made[0].key), 303) if made else answer


def _what(act: str, form: Mapping[str, str]) -> dict[str, str]:
    """What is done besides the act itself: path → value, element → element, element. Conflict where it is not said."""
    if act not in BULK:
        raise Conflict("act_incomplete")
    if act == "variable":
        path, written = form.get("path", "").strip()[:200], form.get("value", "").strip()
        try:
            exact_json.loads(written)
        except ValueError as error:
            raise Conflict("act_incomplete") from error
        return _said(path, written)
    if act == "move":
        return _said(form.get("source", ""), form.get("target", ""))
    return _said(form.get("timer", ""), "-") if act == "timer" else {}


def _said(name: str, value: str) -> dict[str, str]:
    if not all(name.split(".")) or not value:
        raise Conflict("act_incomplete")
    return {name[:200]: value[:2000]}


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
        content = definitions.file_of(session, found.key).content.decode("utf-8", "replace")
        return jsonify({"xml": content, "process": found.id, "name": found.name, "activities": {}})
