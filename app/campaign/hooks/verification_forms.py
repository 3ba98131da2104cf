"""R19–R21 the verification before the household form, and 附件2 the nine documents."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.campaign import prefill
from app.campaign.hooks import findings, subjects
from app.campaign.importing.columns import key_fields, sources
from app.campaign.wording import MODES
from app.engine.actor import Actor
from app.engine.models import Task
from app.forms import hooks
from app.forms.hooks import Prepared
from app.forms.models import Submission


@hooks.prepares("verification")
def verification(session: Session, task: Task, _identity: Any) -> Prepared | None:
    """R19, R20: what each source says, side by side; reality is filled with what is known, to be confirmed or corrected."""
    home = subjects.household(session, task)
    if home is None:
        return None
    name = subjects.village_name(session, home)
    found = prefill.extracts(session, home)
    compared = {column.key: {source.key: found.get(source.key, {}).get(column.key) for source in sources()} for column in key_fields()}
    for values in compared.values():
        if values["actual"] is None:
            values["actual"] = values["household"] if values["household"] is not None else values["system"]
    data = {
        "household_code": home.code,
        "household_label": subjects.household_label(home, name),
        "introduction": {"mode": home.visit_mode or "on_site"},
        "sources": compared,
    }
    return Prepared(data=data, context={**subjects.context(home, name), "extract": found})


@hooks.accepts("verification")
def verified(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> dict[str, Any]:
    """R21, R23: differences become problems that hold their field; what was found is the household's reality from now on."""
    home = subjects.needed(subjects.household(session, task), task, "household")
    now = clock.now()
    rows = outcome.data.get("sources") or {}
    mode = (outcome.data.get("introduction") or {}).get("mode")
    if mode in MODES:
        home.visit_mode = str(mode)
    if outcome.data.get("verified"):
        home.verified_at = now
        prefill.set_extract(session, home, "actual", {key: values.get("actual") for key, values in rows.items()})
    raised = findings.raise_found(session, home, submission, outcome.problems, actor, now)
    return {"problems": raised, "held": home.open_holds > 0}


@hooks.accepts("nine_documents")
def documents_checked(session: Session, task: Task, submission: Submission, outcome: Any, actor: Actor) -> dict[str, Any]:
    """Missing documents that a rule calls a problem go into the ledger."""
    home = subjects.needed(subjects.household(session, task), task, "household")
    return {"problems": findings.raise_found(session, home, submission, outcome.problems, actor, clock.now())}
