"""The process is killed at chosen moments and started again: nothing is lost, nothing is done twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from app.db import Database
from app.engine import models
from tests.engine import drawing as d

At = Callable[[str], datetime]

ROOT = Path(__file__).parents[2]

#: Commit numbers at which each new process dies; the last one comes through.
DEATHS = [(1, "after"), (2, "before"), (3, "after"), (5, "before"), (8, "after"), (9, "before"), (14, "after"), (10_000, "after")]


@pytest.mark.slow
def test_a_process_that_is_killed_again_and_again_does_everything_once(db: Database, database_url: str, at: At) -> None:
    """A parent with 12 children (two of them in the parent's hands at a time), each with a task, a message and a service task."""
    roots = d.message("go", '"k" + string(item)')
    child = d.diagram(
        "child",
        d.start(),
        d.user("visit"),
        d.service("effect", "effect"),
        d.element("intermediateThrowEvent", "tell", d.on_message("go")),
        d.catch("hear", d.on_message("go")),
        d.end(),
        flows="s>visit>effect>tell>hear>e",
        roots=roots,
    )
    called = d.call("c", "child", items="for i in 1..12 return i", output=("results", "effect"))
    d.deploy(db, d.diagram("p", d.start(), called, d.user("after"), d.end(), flows="s>c>after>e"), child, task_types=("effect",))
    codes = [_play(database_url, number, when) for number, when in DEATHS]
    assert codes == [-9] * (len(DEATHS) - 1) + [0]

    kinds = Counter(event.kind for event in d.history(db))
    assert kinds["instance.started"] == kinds["instance.completed"] == 13
    assert kinds["task.opened"] == kinds["task.completed"] == 13
    assert kinds["test.effect"] == kinds["message.published"] == kinds["message.correlated"] == 12
    assert kinds["incident.created"] == 0
    assert {row.state for row in d.instances(db)} == {"COMPLETED"}
    (top,) = d.instances(db, process_id="p")
    assert top.variables["results"] == [True] * 12
    assert sorted(row.parent_index for row in d.instances(db, process_id="child")) == list(range(12))
    assert d.jobs_of(db) == []
    assert d.read(db, lambda s: s.query(models.Activity).filter_by(how="").count()) == 0


def _play(url: str, number: int, when: str) -> int:
    program = [sys.executable, "-m", "tests.engine.crash_player", url, str(number), when]
    return subprocess.run(program, cwd=ROOT, timeout=100, check=False).returncode
