"""Rows that inbox tests put into the database by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import clock
from app.auth.current import Identity
from app.auth.holding import Held
from app.db import Database
from app.engine.models import Definition, Deployment, ProcessInstance, Task, TaskCandidate

CAMPAIGN = 1
_keys = count(1000)


def who(username: str, *groups: str, campaign_id: int = CAMPAIGN, acting_for: str = "") -> Identity:
    """An identity that holds these candidate groups."""
    held = tuple(Held(group.partition(":")[0], group.partition(":")[2], campaign_id) for group in groups)
    return Identity(username, username, "zh", campaign_id, held, frozenset(groups), acting_for=acting_for)


def instance(session: Session, *, campaign_id: int = CAMPAIGN, content: bytes = b"") -> int:
    """An instance that tasks can hang on; returns its key."""
    key = next(_keys)
    now = clock.now()
    session.add(Deployment(key=key, created_at=now, actor="admin"))
    session.flush()
    session.add(
        Definition(
            key=key,
            deployment_key=key,
            kind="process",
            id=f"p{key}",
            version=1,
            resource="p.bpmn",
            checksum="",
            content=content,
            created_at=now,
        )
    )
    session.flush()
    session.add(
        ProcessInstance(key=key, campaign_id=campaign_id, definition_key=key, process_id=f"p{key}", version=1, root_key=key, started_at=now)
    )
    session.flush()
    return key


def task(
    session: Session, instance_key: int, *, groups: tuple[str, ...] = ("office",), due_at: datetime | None = None, **values: Any
) -> Task:
    """An open user task with its candidates."""
    values = {"campaign_id": CAMPAIGN, "process_id": "household", "element_id": "fill", "name": "填写户表", **values}
    row = Task(
        key=values.pop("key", None) or next(_keys),
        instance_key=instance_key,
        definition_key=instance_key,
        candidate_groups=list(groups),
        due_at=due_at,
        created_at=clock.now(),
        **values,
    )
    session.add(row)
    session.flush()
    if row.state == "OPEN":
        session.add_all(
            TaskCandidate(task_key=row.key, value=value) for value in (*groups, *(f"user:{name}" for name in row.candidate_users or ()))
        )
        session.flush()
    return row


def ten_thousand(db: Database, now: datetime, group: str = "office") -> None:
    """10,000 unclaimed tasks of *group*, and 10,000 that somebody holds, 1,000 of them li."""

    def work(session: Any) -> None:
        here = instance(session)
        rows = [
            {
                "key": 10_000_000 + n,
                "campaign_id": CAMPAIGN,
                "instance_key": here,
                "definition_key": here,
                "process_id": "household",
                "element_id": f"step{n % 12}",
                "name": f"步骤{n % 12}",
                "state": "OPEN",
                "candidate_groups": [group],
                "candidate_users": [],
                "due_at": now + timedelta(minutes=n - 2000),
                "scope": f"V{n % 9:02}",
                "label": f"村{n % 9} {n % 8}组 户主{n}",
                "business_key": f"H{n:05}",
                "subject": f"household:{n}",
                "form_id": "review",
                "created_at": now,
                "variables": {"note": "x" * 500},
                "properties": {},
                "priority": 50,
                "revision": 1,
            }
            for n in range(10_000)
        ]
        session.execute(insert(Task), rows)
        session.execute(insert(TaskCandidate), [{"task_key": row["key"], "value": group} for row in rows])
        held = [{**row, "key": row["key"] + 20_000, "assignee": "li" if n < 1000 else f"user{n % 50}"} for n, row in enumerate(rows)]
        session.execute(insert(Task), held)

    db.in_transaction(work)
