"""The cells of seals, verifications, erasure and exports: auditors and the security administrator see, only an auditor confirms."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app import clock
from app.audit.exporting import asking
from app.audit.exporting.choice import Choice
from app.audit.queries import Filter
from app.db import Database
from app.engine.actor import Actor
from app.engine.chain_models import Erasure, Seal, Verification
from tests.idor import Cell, held
from tests.web import CAMPAIGN


def verification(db: Database) -> dict[str, Any]:
    row = Verification(started_at=clock.real_now(), started_by="auditor", state="SOUND", finished_at=clock.real_now())
    db.in_transaction(lambda session: session.add(row))
    return {"key": row.key}


def seal(db: Database) -> dict[str, Any]:
    """The next one: each has a number of its own."""

    def work(session: Any) -> int:
        number = (session.scalar(select(func.max(Seal.number))) or 0) + 1
        empty = dict.fromkeys(("root", "public_key", "signature", "hash"), "")
        session.add(Seal(number=number, leaves=0, chains=0, records=0, at=clock.real_now(), **empty))
        return number

    return {"number": db.in_transaction(work)}


def erasure(db: Database) -> dict[str, Any]:
    row = Erasure(campaign_id=CAMPAIGN, kinds=["texts"], reason="期满", requested_by="security_admin", requested_at=clock.real_now())
    db.in_transaction(lambda session: session.add(row))
    return {"key": row.key}


def export(db: Database) -> dict[str, Any]:
    """A request of the auditor's that a second one has confirmed."""
    choice = Choice("csv", Filter(kind="comment"), 1)
    key = db.in_transaction(lambda session: asking.ask(session, choice, 900, "核查", Actor("auditor"))).key
    db.in_transaction(lambda session: asking.decide(session, key, Actor("second"), confirm=True))
    return {"key": key}


CELLS = [
    Cell("audit.verification", verification, held("auditor", "security_admin")),
    Cell("audit.seal_page", seal, held("auditor", "security_admin")),
    Cell("audit.erasure_decide", erasure, held("auditor"), "POST", {"decision": "reject"}),
    Cell("audit.export_decide", export, held("auditor"), "POST", {"decision": "reject"}),
    Cell("audit.export_file", export, held("auditor"), "POST"),
]
