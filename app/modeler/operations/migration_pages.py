"""Older versions with running instances, and bringing them to another one: verdicts, mapping, dry run, the act."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.auth import access, actor, database
from app.border import whole_number
from app.engine import rehearsal
from app.engine.errors import NotFound
from app.engine.models import Definition
from app.modeler.operations import batches, listing, migrating
from app.modeler.operations.attempts import attempt
from app.modeler.operations.blueprint import operations
from app.modeler.operations.models import OperationBatch


@operations.get("/migrations")
@access("admin")
def migrations() -> str:
    """Which versions still have running instances; those that are to move are chosen here."""
    with database().reading() as session:
        return render_template(
            "modeler/operations/migrations.html", pairs=migrating.pairs(session), process=request.args.get("process", "")
        )


@operations.get("/migrations/<int:source>/<int:target>")
@access("admin")
def migration(source: int, target: int) -> str:
    """Every running instance of a version with its verdict, and the mapping on both diagrams. The mapping stands in the address."""
    args = request.args
    with database().reading() as session:
        old, new = _both(session, source, target)
        mapping = migrating.read_mapping(args)
        if "map" not in args:
            # Nobody has chosen yet: begin with what a person would most likely choose.
            mapping = migrating.suggested(session, old, new, migrating.table(session, old, new, {}).occupied)
        chosen = {name: args.get(name, "") for name in ("verdict", "element", "after")}
        found = migrating.table(session, old, new, mapping, **chosen)
        return render_template(
            "modeler/operations/migration.html",
            old=old,
            new=new,
            mapping=mapping,
            table=found,
            choices=migrating.choices(session, old, new, found.occupied, mapping),
            versions=migrating.versions(session, old),
            chosen=chosen,
            recompute="recompute" in args,
            names=listing.processes(session),
        )


def _both(session: Session, source: int, target: int) -> tuple[Definition, Definition]:
    old, new = rehearsal.definition(session, source), rehearsal.definition(session, target)
    if old.id != new.id or old.key == new.key:
        raise NotFound("process", target)
    return old, new


@operations.post("/migrations/<int:source>/<int:target>")
@access("admin")
def migration_begin(source: int, target: int) -> Response:
    """Begin the dry run or the migration, of the ticked instances or of all whose verdict is fine."""
    form, by = request.form, actor()
    act = form.get("act", "")
    if act not in ("rehearse", "migrate"):
        abort(400)
    mapping = migrating.read_mapping(form)
    made: list[OperationBatch] = []

    def work(session: Session) -> None:
        old, new = _both(session, source, target)
        ticked = form.getlist("key", type=whole_number)
        keys = (
            ticked or migrating.running(session, old) if act == "rehearse" else ticked or migrating.table(session, old, new, mapping).fine
        )
        more = {"from_key": old.key, "to_key": new.key, "mapping": mapping, "recompute": "recompute" in form}
        made[:] = [batches.begin(session, act, [(key, key) for key in keys], by, reason=form.get("reason", ""), **more)]

    address: dict[str, Any] = {"source": source, "target": target, "map": "1", **{f"map.{old}": new for old, new in mapping.items()}}
    back = url_for("operations.migration", **address)
    answer = attempt(work, back=back)
    return redirect(url_for("operations.batch", key=made[0].key), 303) if made else answer


def _all(session: Session, act: str, old: Definition, new: Definition, mapping: dict[str, str]) -> list[int]:
    """Without ticks: a dry run looks at all of them, a migration takes those whose verdict is fine."""
    return migrating.running(session, old) if act == "rehearse" else migrating.table(session, old, new, mapping).fine
