"""A verification that people start on a page and may leave: a batch of ranges, each in a snapshot of its own, with progress in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from app import clock
from app.engine import batches, erasing, events
from app.engine.actor import Actor
from app.engine.chain_models import Verification
from app.engine.errors import Conflict
from app.engine.models import JobRow
from app.engine.proof import anchors, check_files, verdict, verify_records, write_seals
from app.engine.proof.check_times import Counted
from app.engine.proof.findings import Finding
from app.engine.proof.reading import END

#: Records in one range: less than a second.
RANGE = 20_000
NAME = "verification"
#: What ranges count, while it runs: no finding, and gone at the end.
_COUNTED = "limit_counted"


def begin(session: Session, actor: Actor) -> Verification:
    """Let workers check everything after this transaction. Conflict while another one is under way."""
    for running in session.scalars(select(Verification).where(Verification.state == "RUNNING").with_for_update()):
        at_work = select(JobRow.key).where(JobRow.kind == "batch", JobRow.activity_key == running.key, JobRow.state == "READY")
        if session.scalar(at_work.limit(1)) is not None:
            raise Conflict("verification_running")
        running.state = "FAILED"  # its job met an error, which waits as an incident
    with verify_records.snapshot(_engine(session)) as connection:
        total, last = verify_records.size(connection)
    made = Verification(started_at=clock.real_now(), started_by=actor.name, total=total, seal=last, position=verify_records.BEGIN)
    session.add(made)
    session.flush()
    events.record(session, "verification.started", actor, detail={"verification": str(made.key), "records": total, "seal": last})
    batches.begin(session, NAME, made.key)
    return made


@batches.act(NAME)
def next_range(session: Session, key: int) -> bool:
    """Check some more files, then one more range; after the last one what lies across them."""
    row = session.get(Verification, key, with_for_update=True, populate_existing=True)
    if row is None or row.state != "RUNNING":
        return False
    engine = _engine(session)
    if row.files_from != 0:
        _some_files(row, engine)
        return True
    if row.position < END:
        with verify_records.snapshot(engine) as connection:
            until = verify_records.range_after(connection, row.position, RANGE)
            result = verify_records.check_range(connection, row.position, until, row.seal)
        row.records += result.records
        _count(row, result.counted)
        row.position = until
        _keep(row, result.findings)
        return True
    _end(session, row, engine)
    return False


def _end(session: Session, row: Verification, engine: Engine) -> None:
    """What lies across the ranges, the verdict, and the record of it."""
    anchor: Mapping[int, Mapping[str, Any]] = {}
    path = write_seals.anchor_file() if write_seals.public_key() else None
    try:
        anchor = anchors.read(path) if path and path.exists() else {}
    except anchors.AnchorError:
        _keep(row, [Finding("anchor_unreadable", detail={"name": anchors.NAME})])
    with verify_records.snapshot(engine) as connection:
        _keep(row, verify_records.check_rest(connection, anchor))
        limits = verdict.limits(connection, anchor, _counted(row), elsewhere=False)
    found = findings_of(row)
    row.findings = [each.as_json() for each in (*found, *limits)]
    row.state = "BROKEN" if found else "SOUND"
    row.finished_at = clock.real_now()
    detail = {"verification": str(row.key), "result": row.state, "findings": len(found), "seal": row.seal}
    events.record(session, "verification.ended", Actor(row.started_by), detail=detail)


def _count(row: Verification, more: Counted) -> None:
    """Keep what was counted so far beside the findings."""
    known = _counted(row)
    known.add(more)
    others = [each for each in row.findings if each["code"] != _COUNTED]
    row.findings = [*others, Finding(_COUNTED, detail=asdict(known)).as_json()]


def _counted(row: Verification) -> Counted:
    return next((Counted(**each["detail"]) for each in row.findings if each["code"] == _COUNTED), Counted())


def _some_files(row: Verification, engine: Engine) -> None:
    folder, findings = erasing.uploads(), list[Finding]()
    before = 0
    if folder is not None:
        with verify_records.snapshot(engine) as connection:
            findings, before = _careful(connection, folder, row.files_from or END)
    row.files_from = before
    _keep(row, findings)


def _careful(connection: Connection, folder: Path, before: int) -> tuple[list[Finding], int]:
    try:
        return check_files.check(connection, folder, before)
    except verify_records.DAMAGE as error:
        return [verify_records.unreadable("files", error)], 0


def _keep(row: Verification, findings: list[Finding]) -> None:
    room = verify_records.MOST - len(row.findings)
    if findings and room > 0:
        row.findings = [*row.findings, *(finding.as_json() for finding in findings[:room])]


def findings_of(row: Verification) -> list[Finding]:
    """What it found, the earliest first."""
    found = [Finding.from_json(each) for each in row.findings if not each["code"].startswith(verdict.LIMIT)]
    return sorted(found, key=lambda finding: (finding.at or "9", finding.chain, finding.seq))


def limits_of(row: Verification) -> list[Finding]:
    """On what its verdict rests."""
    return [Finding.from_json(each) for each in row.findings if each["code"].startswith(verdict.LIMIT) and each["code"] != _COUNTED]


def _engine(session: Session) -> Engine:
    found = session.get_bind()
    return found if isinstance(found, Engine) else found.engine
