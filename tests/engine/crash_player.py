"""A program for ``test_crash``: works through one process and kills itself at a chosen commit.

``python -m tests.engine.crash_player URL NUMBER before|after``
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app import clock
from app.db import Database
from app.engine import events, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Task

ANN = Actor("ann", origin="test")


@jobs.handler("effect")
def effect(session: Session, job: jobs.Context) -> dict[str, Any]:
    """Leaves a trace that can be counted."""
    events.record(session, "test.effect", ANN, instance_key=job.instance_key)
    return {"effect": True}


def die_at(db: Database, number: int, when: str) -> None:
    """Kill this process at its commit *number*: just before it or just after it."""
    commits = [0]

    def count(*_args: Any) -> None:
        commits[0] += 1
        if commits[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    if when == "before":
        event.listen(db.engine, "commit", count)
    else:
        db.on_commit(count)


def play(db: Database) -> None:
    """Start (once, by its request id), then complete whatever is open until nothing is left."""
    db.in_transaction(lambda session: runtime.start(session, "p", {}, ANN, request_id="start"))
    jobs.release_leases(db)
    while True:
        jobs.drain(db, ignore_backoff=True)
        with db.reading() as session:
            open_tasks = session.scalars(select(Task).where(Task.state == "OPEN").order_by(Task.key)).all()
        if not open_tasks:
            return
        for task in open_tasks:
            db.in_transaction(lambda session, key=task.key: runtime.complete(session, key, {}, ANN, request_id=f"t{key}"))  # type: ignore[misc]


if __name__ == "__main__":
    clock.set_source(lambda: datetime.fromisoformat("2020-05-21T08:00:00+08:00"))
    database = Database(sys.argv[1])
    die_at(database, int(sys.argv[2]), sys.argv[3])
    play(database)
