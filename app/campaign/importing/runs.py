"""An import from upload to end, in a thread of its own; its row tells whoever looks how far it is."""

from __future__ import annotations

import base64
import logging
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app import clock, personal
from app.auth import accounts
from app.auth.holding import counts_at
from app.auth.models import RoleAssignment
from app.campaign import campaigns, planning, registering, schedule
from app.campaign.errors import Conflict
from app.campaign.importing import checking, columns, marked, reading, staff
from app.campaign.importing.texts import say
from app.campaign.models import CodeItem, Extract, Household, ImportRun, Member, Village, WorkGroup
from app.campaign.registering import NewHousehold
from app.db import Database, new_key
from app.engine import events
from app.engine.actor import Actor

log = logging.getLogger(__name__)

#: states in which an import is over
ENDED = ("done", "refused", "failed")
#: an import that gives no sign of life for so long was interrupted
SILENT = timedelta(minutes=5)


def begin(session: Session, campaign_id: int, file_name: str, actor: Actor, *, kind: str = "households") -> ImportRun:
    """Enter a new import (``households`` or ``staff``). ``Conflict`` while another one runs; households only before the start."""
    campaign = campaigns.get(session, campaign_id)
    if campaign.state != "draft" and kind == "households":
        raise Conflict("campaign_running")
    now = clock.real_now()
    for other in session.scalars(select(ImportRun).where(ImportRun.campaign_id == campaign_id, ImportRun.state.not_in(ENDED))):
        if now - other.touched_at < SILENT:
            raise Conflict("import_running")
        other.state, other.ended_at, other.message = "failed", now, say("interrupted")
    run = ImportRun(
        key=new_key(),
        campaign_id=campaign_id,
        kind=kind,
        file_name=file_name[-200:],
        started_by=actor.name,
        started_at=now,
        touched_at=now,
    )
    session.add(run)
    told = "households.uploaded" if kind == "households" else "staff.uploaded"
    detail = {"run": str(run.key), "file": run.file_name}
    events.record(session, told, actor, campaign_id=campaign_id, subject=f"campaign:{campaign_id}", detail=detail)
    return run


def start(db: Database, folder: Path, run_key: int, content: bytes, actor: Actor) -> threading.Thread:
    """Work on the import in the background. Returns the thread (tests join it)."""
    thread = threading.Thread(target=work, args=(db, folder, run_key, content, actor), name=f"import-{run_key}", daemon=True)
    thread.start()
    return thread


def work(db: Database, folder: Path, run_key: int, content: bytes, actor: Actor) -> None:
    """Read, check, then write everything or nothing. Whatever happens, the run's row says it."""
    note = _Note(db, run_key)
    try:
        {"households": _households, "staff": _staff}[note.kind](db, folder, note, content, actor)
    except reading.BadWorkbook as error:
        note(state="failed", message=str(error), ended_at=clock.real_now())
    except accounts.AccountError as error:
        note(state="failed", message=str(error), ended_at=clock.real_now())
    except Exception:
        log.exception("import %s failed", run_key)
        note(state="failed", message=say("failed"), ended_at=clock.real_now())


def _households(db: Database, folder: Path, note: _Note, content: bytes, actor: Actor) -> None:
    book, errors = reading.read(content, columns.sheets(), optional=(columns.FOUR,), progress=note.count)
    rows = sum(len(sheet.rows) for sheet in book.values())
    note(state="checking", rows=rows, rows_done=0)
    homes: list[NewHousehold] = []
    if not errors:
        check = checking.Check(book, _known(db, note.campaign_id))
        homes, errors = check.run(), check.errors
    if not homes:
        note.refuse(folder, book, errors)
        return
    note(state="writing", rows=rows, rows_done=rows, warnings=len(errors))
    db.in_transaction(lambda session: _write(session, note.campaign_id, note.run_key, homes, actor))


def _staff(db: Database, folder: Path, note: _Note, content: bytes, actor: Actor) -> None:
    wanted = columns.place_sheets()
    book, errors = reading.read(content, wanted, optional=tuple(wanted), progress=note.count)
    rows = sum(len(sheet.rows) for sheet in book.values())
    note(state="checking", rows=rows, rows_done=0)
    with db.reading() as session:
        villages = dict(session.execute(select(Village.code, Village.name).where(Village.campaign_id == note.campaign_id)).all())
        groups = dict(session.execute(select(WorkGroup.code, WorkGroup.village).where(WorkGroup.campaign_id == note.campaign_id)).all())
        places, found = staff.check(book, villages, groups)
        errors += found
        staff.check_grants(session, note.campaign_id, book, places.staff, actor, errors)
    if not rows or any(not error.warning for error in errors):
        note.refuse(folder, book, errors)
        return
    note(state="writing", rows=rows, rows_done=rows, warnings=len(errors))
    made = db.in_transaction(lambda session: staff.write(session, note.campaign_id, places, actor))
    name = keep(folder, note.run_key, staff.password_list(made)) if made else ""
    message = say("staff_done", villages=len(places.villages), groups=len(places.groups), staff=len(places.staff), accounts=len(made))
    note(state="done", result_file=name, message=message, ended_at=clock.real_now())


class _Note:
    """Writes the run's row, each time in a short transaction of its own."""

    def __init__(self, db: Database, run_key: int) -> None:
        self.db = db
        self.run_key = run_key
        with db.reading() as session:
            row = session.execute(select(ImportRun.campaign_id, ImportRun.kind).where(ImportRun.key == run_key)).one()
        self.campaign_id, self.kind = row.campaign_id, row.kind

    def __call__(self, **columns: Any) -> None:
        statement = update(ImportRun).where(ImportRun.key == self.run_key).values(touched_at=clock.real_now(), **columns)
        self.db.in_transaction(lambda session: session.execute(statement))

    def count(self, rows: int) -> None:
        """So many rows are read."""
        self(state="reading", rows=rows, rows_done=rows)

    def refuse(self, folder: Path, book: Mapping[str, reading.Sheet], errors: Sequence[reading.CellError]) -> None:
        """Keep the marked workbook, encrypted: it holds what the upload held."""
        hard = sum(1 for error in errors if not error.warning)
        name = keep(folder, self.run_key, marked.mark(book, errors))
        message = "" if hard else say("nothing")
        self(state="refused", errors=hard, warnings=len(errors) - hard, result_file=name, message=message, ended_at=clock.real_now())


def keep(folder: Path, run_key: int, workbook: bytes) -> str:
    """Write *workbook* encrypted under a random name; returns the name. Results of earlier imports go."""
    place = folder / "imports"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("*.result"):
        if clock.real_now().timestamp() - old.stat().st_mtime > 86_400:
            old.unlink(missing_ok=True)
    name = f"{secrets.token_hex(16)}.result"
    sealed = personal.encrypt("import_run", run_key, "result", base64.b85encode(workbook).decode())
    (place / name).write_text(sealed, encoding="ascii")
    return name


def kept(folder: Path, run: ImportRun) -> bytes | None:
    """The marked workbook of a refused import, or the first passwords of a staff import; None when it is gone (kept for a day)."""
    path = folder / "imports" / run.result_file
    if not run.result_file or not path.is_file():
        return None
    return base64.b85decode(personal.decrypt("import_run", run.key, "result", path.read_text(encoding="ascii")))


def _known(db: Database, campaign_id: int) -> checking.Known:
    with db.reading() as session:
        villages = session.execute(select(Village.code, Village.name).where(Village.campaign_id == campaign_id)).all()
        groups = session.execute(select(WorkGroup.code, WorkGroup.village).where(WorkGroup.campaign_id == campaign_id))
        people: dict[str, set[str]] = {}
        for username, scope in investigators(session, campaign_id):
            people.setdefault(username, set()).add(scope)
        lists: dict[str, dict[str, str]] = {}
        for item in session.scalars(select(CodeItem).where(CodeItem.campaign_id == campaign_id, CodeItem.active)):
            lists.setdefault(item.list, {}).update({item.code: item.code, item.label_zh: item.code})
        return checking.Known(
            villages={name: code for code, name in villages} | {code: code for code, _ in villages},
            groups=dict(groups.all()),
            investigators={username: frozenset(scopes) for username, scopes in people.items()},
            household_codes=frozenset(session.scalars(select(Household.code).where(Household.campaign_id == campaign_id))),
            id_indexes=frozenset(session.scalars(select(Member.id_number_index).where(Member.campaign_id == campaign_id))),
            lists=lists,
        )


def investigators(session: Session, campaign_id: int) -> Sequence[tuple[str, str]]:
    """(user name, work group) of everybody who is an investigator in the campaign now."""
    query = select(RoleAssignment.username, RoleAssignment.scope).where(
        RoleAssignment.role == "investigator", RoleAssignment.campaign_id == campaign_id, counts_at(clock.now())
    )
    return session.execute(query.order_by(RoleAssignment.scope, RoleAssignment.username)).all()


def _write(session: Session, campaign_id: int, run_key: int, homes: list[NewHousehold], actor: Actor) -> None:
    days = planning.visit_days(schedule.of(session), campaigns.dates(session, campaign_id), campaigns.calendar(session, campaign_id))
    registering.write(session, campaign_id, plan(homes, investigators(session, campaign_id), days))
    members = sum(len(home.members) for home in homes)
    counts = {"households": len(homes), "members": members, "run": str(run_key)}
    events.record(session, "households.imported", actor, campaign_id=campaign_id, subject=f"campaign:{campaign_id}", detail=counts)
    now = clock.real_now()
    message = say("households_done", households=len(homes), members=members)
    done = {"state": "done", "ended_at": now, "touched_at": now, "message": message}
    session.execute(update(ImportRun).where(ImportRun.key == run_key).values(**done))


def plan(homes: Iterable[NewHousehold], people: Sequence[tuple[str, str]], days: Sequence[date]) -> list[NewHousehold]:
    """Share households without an investigator among their group's, number each walk, and spread it over the days."""
    by_group: dict[str, list[str]] = {}
    for username, group in people:
        by_group.setdefault(group, []).append(username)
    turn: dict[str, int] = {}
    walks: dict[tuple[str, str], list[NewHousehold]] = {}
    for home in homes:
        crew = by_group.get(home.work_group, [])
        if not home.investigator and crew:
            turn[home.work_group] = turn.get(home.work_group, -1) + 1
            home = replace(home, investigator=crew[turn[home.work_group] % len(crew)])
        walks.setdefault((home.work_group, home.investigator), []).append(home)
    planned = []
    for walk in walks.values():
        ordered = sorted(walk, key=_given_order)
        when = planning.spread(len(ordered), days)
        for place, (home, day) in enumerate(zip(ordered, when, strict=True), start=1):
            planned.append(replace(home, walking_order=place, planned_on=day))
    return planned


def _given_order(home: NewHousehold) -> int:
    return home.walking_order or 1_000_000_000


def clear(session: Session, campaign_id: int, actor: Actor) -> int:
    """Take all households out of a draft again, so that a corrected workbook can be imported. Returns how many there were."""
    campaign = campaigns.get(session, campaign_id)
    if campaign.state != "draft":
        raise Conflict("campaign_running")
    for table in (Extract, Member):
        session.execute(delete(table).where(table.campaign_id == campaign_id))
    removed: Any = session.execute(delete(Household).where(Household.campaign_id == campaign_id))
    events.record(session, "households.cleared", actor, campaign_id=campaign_id, detail={"households": removed.rowcount})
    return int(removed.rowcount)
