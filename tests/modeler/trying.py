"""A small draft to try: a form, a service task, a timer, a gateway and a child; and how to try it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from app.db import Database
from app.engine import definitions
from app.engine.actor import Actor
from app.modeler.drafts import store as drafts
from app.modeler.trial import playing, sandbox
from app.modeler.trial.playing import Played
from app.modeler.trial.steps import Play
from tests.engine import drawing as d

BEGIN = datetime.fromisoformat("2020-05-21T08:00:00+08:00")
PROCESS = "errand"
ADMIN = Actor("admin")

FORM = json.dumps(
    {
        "type": "default",
        "id": "answer_sheet",
        "schemaVersion": 18,
        "components": [
            {"type": "number", "id": "n", "key": "amount", "label": "数量", "validate": {"required": True, "min": 1}},
            {"type": "textfield", "id": "t", "key": "remark", "label": "说明"},
        ],
    },
    ensure_ascii=False,
).encode()


def mapped(*pairs: tuple[str, str]) -> str:
    inner = "".join(f'<zeebe:output source="={source}" target="{target}"/>' for source, target in pairs)
    return f"<zeebe:ioMapping>{inner}</zeebe:ioMapping>"


def errand(limit: int = 10, due: str = 'date and time(campaign.report_deadline) - duration("P1D")') -> bytes:
    """fill (form, due before the deadline, boundary timer at the deadline) → look (service) → more than *limit*? → child or end."""
    return d.diagram(
        PROCESS,
        d.start(),
        d.user("fill", form="answer_sheet", dueDate=f"={due}", extensions=mapped(("amount", "amount"))),
        d.boundary("late", "fill", d.timer("timeDate", "=date and time(campaign.report_deadline)"), interrupting=False),
        d.service("remind", "campaign.notify"),
        d.end("reminded"),
        d.service("look", "campaign.collect_form", extensions=mapped(("checked", "checked"))),
        d.element("exclusiveGateway", "many"),
        d.call("deep", "deeper"),
        d.end(),
        flows=f"s>fill>look>many>[{limit} < amount]deep>e; many>[default]e; late>remind>reminded",
    )


def deeper() -> bytes:
    return d.diagram("deeper", d.start("ds"), d.user("dig"), d.end("de"), flows="ds>dig>de")


def files(**changes: bytes) -> dict[str, bytes]:
    return {"errand.bpmn": errand(), "deeper.bpmn": deeper(), "answer_sheet.form": FORM, **changes}


START = {
    "do": "start",
    "process": PROCESS,
    "variables": {"campaign": {"id": "7", "report_deadline": "2020-06-01T00:00:00+08:00"}},
}


def do(verb: str, at: str, process: str = PROCESS, **more: Any) -> dict[str, Any]:
    return {"do": verb, "process": process, "at": at, **more}


FILL = do("complete", "fill", form={"amount": 20})
LOOK = do("answer", "look", variables={"checked": True})
DIG = do("complete", "dig", "deeper", variables={"found": 1})


def play(*steps: Mapping[str, Any], stubs: tuple[str, ...] = ()) -> Play:
    return Play.of({"process": PROCESS, "begin": BEGIN.isoformat(), "stubs": list(stubs), "steps": [START, *steps]})


def played(
    db: Database, *steps: Mapping[str, Any], contents: Mapping[str, bytes] | None = None, stubs: tuple[str, ...] = ()
) -> AbstractContextManager[Played]:
    with db.reading() as session:
        base = sandbox.deployed(session)
    return playing.played(base, files() if contents is None else contents, play(*steps, stubs=stubs))


def deploy(db: Database, **changes: bytes) -> None:
    db.in_transaction(lambda session: definitions.deploy(session, files(**changes), ADMIN, now=BEGIN))


def draft(db: Database, content: bytes | None = None) -> int:
    """The errand as a draft; its form and its child are deployed."""
    given = {"deeper.bpmn": deeper(), "answer_sheet.form": FORM}
    db.in_transaction(lambda session: definitions.deploy(session, given, ADMIN, now=BEGIN))
    made = {"kind": "process", "resource": "errand.bpmn", "content": content or errand()}
    return db.in_transaction(lambda session: drafts.create(session, ADMIN, **made)).key
