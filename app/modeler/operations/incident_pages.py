"""What is broken, by cause, and trying it again: one, or all of a cause."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.acts import operating
from app.auth import access, actor, database
from app.border import whole_number
from app.modeler.operations import batches, incidents, listing
from app.modeler.operations.attempts import attempt
from app.modeler.operations.blueprint import operations
from app.modeler.operations.models import OperationBatch


@operations.get("/incidents")
@access("admin")
def incident_groups() -> str:
    """Open incidents by cause."""
    with database().reading() as session:
        return render_template("modeler/operations/incidents.html", groups=incidents.groups(session), names=listing.processes(session))


@operations.post("/incidents/<int:key>/retry")
@access("admin")
def incident_retry(key: int) -> Response:
    """Try a failed job again."""
    by = actor()
    return attempt(
        lambda session: operating.retry(session, key, by),
        back=_back(),
        done=_("已重新排队。若仍失败，异常会再次出现在这里。"),
    )


def _back() -> str:
    """The instance's page when the button stood there, otherwise the list."""
    instance = request.form.get("instance", type=whole_number)
    if instance is not None:
        return url_for("operations.instance", key=instance)
    return url_for("operations.incident_groups")


@operations.post("/incidents/retry")
@access("admin")
def incidents_retry() -> Response:
    """Try all of one cause again, as a batch."""
    by, mark = actor(), request.form.get("cause", "")

    def work(session: Session) -> OperationBatch:
        targets = [key for group in incidents.groups(session, mark) if mark for key in group.keys]
        return batches.begin(session, "retry", targets, by, reason="")

    batch = database().in_transaction(work)
    return redirect(url_for("operations.batch", key=batch.key), 303)
