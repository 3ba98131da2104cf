"""Rows that follow from other rows, which records tell of: who may take an open task stands in the task, and again in an index."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from app.engine.models import Task, TaskCandidate
from app.engine.proof.findings import Finding

_CANDIDATE = TaskCandidate.__table__.c


def check(connection: Connection) -> Iterator[Finding]:
    """Candidates in the index that no open task has, and candidates of open tasks that are missing there."""
    indexed: dict[int, set[str]] = {}
    for key, value in connection.execute(select(_CANDIDATE.task_key, _CANDIDATE.value)):
        indexed.setdefault(key, set()).add(value)
    open_tasks = select(Task.key, Task.candidate_groups, Task.candidate_users).where(Task.state == "OPEN")
    for key, groups, users in connection.execute(open_tasks):
        expected, there = {*groups, *(f"user:{name}" for name in users)}, indexed.pop(key, set())
        yield from (Finding("candidate_inserted", key=key, detail={"value": value}) for value in sorted(there - expected))
        yield from (Finding("candidate_missing", key=key, detail={"value": value}) for value in sorted(expected - there))
    yield from (
        Finding("candidate_inserted", key=key, detail={"value": value}) for key, values in indexed.items() for value in sorted(values)
    )
