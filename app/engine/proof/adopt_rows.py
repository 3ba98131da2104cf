"""Rows told anew, when other columns are followed or older steps are erased: first they are held against what was told of them until now.

What is wrong then stands in the record that tells them anew, and every later verification says so: nobody launders a change by an upgrade.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.orm import Session

from app.db import within
from app.engine.change_journal import restart
from app.engine.proof import check_rows
from app.engine.proof.findings import Finding

#: Findings that a record keeps; what matters is that there are any.
MOST = 50


def begin(session: Session) -> bool:
    """Tell every row, unless that was done for the columns that are followed now."""
    if not restart.is_due(session):
        return False
    restart.begin(session, compare(session.connection()))
    return True


def tell(session: Session, campaign: int) -> int:
    """Tell every row of a campaign; returns the epoch."""
    session.flush()
    connection = session.connection()
    return restart.tell(session, campaign, _kept(check_rows.now(connection, check_rows.told_anew(connection), campaign)))


def compare(connection: Connection) -> list[dict[str, Any]]:
    """What is wrong with the rows by what records tell of them until now, in the schema that they have now."""
    if not inspect(connection).has_table("event"):
        return []
    return _kept(check_rows.now(connection, check_rows.told_anew(connection)))


def adopt(connection: Connection, found: Sequence[dict[str, Any]]) -> None:
    """After an upgrade, in its transaction: tell every row, and with it what was wrong before."""

    def work(session: Session) -> None:
        if restart.is_due(session) or found:
            restart.begin(session, found)

    within(connection, work)


def _kept(found: Any) -> list[dict[str, Any]]:
    return [finding.as_json() for _number, finding in zip(range(MOST), found, strict=False) if isinstance(finding, Finding)]
