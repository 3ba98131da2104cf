"""How long it takes to verify a million records, with their activities, on SQLite or the database at ADDRESS.

``python -m bench.verify [--records 1000000] [--processes 2] [--url ADDRESS]``: instances of 10 records and 12 activities, and people with
2,000 claims each, sealed every 100,000 records.
"""

from __future__ import annotations

import argparse
import resource
import secrets
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from app import migrations, tables
from app.db import Database, new_key
from app.engine import chains, events
from app.engine.actor import Actor
from app.engine.chain_models import Chain
from app.engine.models import Activity, Definition, Deployment, Event, ProcessInstance
from app.engine.proof import sealing, verifying

AT = datetime(2020, 5, 21, 8, tzinfo=UTC)
ANN = Actor("ann", origin="10.20.30.40")
STEPS = 3


def instance(definition: int) -> tuple[dict[str, Any], list[Event], list[dict[str, Any]]]:
    """An instance with what its chain and its activities hold."""
    row = ProcessInstance(key=new_key(), chain_length=0, chain_head="")
    about = {"campaign_id": 1, "instance_key": row.key, "subject": f"household:V01-{row.key % 1000:03d}", "at": AT}
    visits: list[dict[str, Any]] = []
    records = [events.made("instance.started", ANN, **about, detail={"process": "visit", "version": 3, "business_key": ""})]
    for number in range(STEPS):
        keys = [new_key() for _ in range(4)]
        entered = [[str(key), f"element_{number}_{key % 7}", "入户核查", "userTask", None] for key in keys]
        left = [[str(key), f"element_{number}_{key % 7}", "completed", ""] for key in keys]
        who = {"assignee": None, "groups": ["investigator:G03"], "users": [], "due": "2020-05-26T10:00:00+00:00"}
        records += [
            events.made("task.opened", ANN, **about, activity_key=keys[0], detail={"name": "入户核查", "form": "visit", **who}),
            events.made("task.completed", ANN, **about, activity_key=keys[0], detail={"name": "入户核查", "submission": str(keys[1])}),
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
    return {**written, "started_at": AT, "chain_length": row.chain_length, "chain_head": row.chain_head}, records, visits


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
        found = [as_row(entry) for _row, own, _visits in made for entry in own] + [as_row(entry) for entry in claims]
        with db.engine.begin() as connection:
            connection.execute(insert(ProcessInstance), [row for row, _own, _visits in made])
            head = {"key": chain.key, "name": chain.name, "length": chain.length, "head": chain.head, "revision": 1}
            connection.execute(insert(Chain), head)
            connection.execute(insert(Event), found)
            connection.execute(insert(Activity), [visit for _row, _own, visits in made for visit in visits])
        done += len(found)
        yield done


def measure(db: Database, records: int, processes: int | None) -> None:
    began = time.perf_counter()
    for done in write(db, records):
        if done % 100_000 < 20_000:
            sealing.run(db)
    print(f"{done:,} records written in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    made = sealing.run(db, everything=True)
    print(f"sealing every chain: {time.perf_counter() - began:.1f} s, {made.leaves if made else 0:,} leaves")
    began = time.perf_counter()
    result = verifying.verify(db, processes=processes)
    seconds = time.perf_counter() - began
    memory = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    strange = [finding.text("en") for finding in result.findings if not finding.code.startswith(("definition", "content"))]
    what = f"{result.records:,} records of {result.chains:,} chains"
    print(f"{db.engine.dialect.name}: {what} verified in {seconds:.1f} s, {memory:.0f} MB; {strange[:3]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--url")
    options = parser.parse_args()
    assert tables
    with tempfile.TemporaryDirectory() as folder:
        database = Database(options.url or f"sqlite:///{folder}/bench.db")
        migrations.upgrade(database)
        sealing.install(secrets.token_hex(32), Path(folder) / "anchors")
        measure(database, options.records, options.processes)
        database.dispose()
