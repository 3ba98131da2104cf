"""The cells of seals, verifications and erasure: auditors and the security administrator see, only an auditor confirms."""

from __future__ import annotations

from typing import Any

from app import clock
from app.db import Database
from app.engine.chain_models import Erasure, Verification
from tests.idor import Cell, held
from tests.web import CAMPAIGN


def verification(db: Database) -> dict[str, Any]:
    row = Verification(started_at=clock.real_now(), started_by="auditor", state="SOUND", finished_at=clock.real_now())
    db.in_transaction(lambda session: session.add(row))
    return {"key": row.key}


def erasure(db: Database) -> dict[str, Any]:
    row = Erasure(campaign_id=CAMPAIGN, kinds=["texts"], reason="期满", requested_by="security_admin", requested_at=clock.real_now())
    db.in_transaction(lambda session: session.add(row))
    return {"key": row.key}


CELLS = [
    Cell("audit.verification", verification, held("auditor", "security_admin")),
    Cell("audit.erasure_decide", erasure, held("auditor"), "POST", {"decision": "reject"}),
]
