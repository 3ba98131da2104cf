"""The whole campaign, played by simulated staff through the verbs of the inbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.config import ROOT
from app.db import Database
from app.engine import definitions
from app.engine.models import Event, Task
from app.engine.proof import verify_records
from app.simulation.chance import Chance
from tests.engine.time_order import backward

#: What must be the same whenever the same seed is played.
COUNTED = ("households", "completions", "instances", "requirements", "open_tasks", "incidents", "virtual_days")
HOUSEHOLDS = 30


def play(home: Path, *, seed: int, kill_after_days: tuple[int, ...] = ()) -> dict[str, Any]:
    """Play to the end in *home*; the process is killed right after the given days, and started again each time."""
    report = home / "report.json"
    command = [sys.executable, "-m", "app.cli", "simulate", "--households", str(HOUSEHOLDS), "--seed", str(seed), "--report", str(report)]
    environment = {**os.environ, "DAOPAI_HOME": str(home), "DATABASE_URL": f"sqlite:///{home / 'campaign.db'}"}
    kills = list(kill_after_days)
    while True:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        output = []
        for line in process.stdout:
            output.append(line)
            if kills and line.startswith(f"第 {kills[0]:>2} 天"):
                process.send_signal(signal.SIGKILL)
        process.stdout.close()
        status = process.wait()
        if status == -signal.SIGKILL and kills:
            kills.pop(0)
            continue
        assert status == 0, "".join(output[-40:])
        return dict(json.loads(report.read_text()))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_killed_play_ends_like_one_that_was_not(tmp_path: Path) -> None:
    """Same seed, same counts; killed at three moments: nothing lost, nothing done twice."""
    homes = [tmp_path / name for name in ("whole", "killed")]
    for home in homes:
        home.mkdir()
    whole = play(homes[0], seed=1)
    killed = play(homes[1], seed=1, kill_after_days=(1, 4, 9))
    assert {name: killed[name] for name in COUNTED} == {name: whole[name] for name in COUNTED}
    assert whole["open_tasks"] == whole["incidents"] == 0
    for home in homes:
        database = Database(f"sqlite:///{home / 'campaign.db'}")
        assert verify_records.verify(database).findings == [], "killed or not, every record follows on the one before"
        assert not untaken(database), "what lies with a group is claimed before it is done"
        assert not backward(database), "nothing ends before it begins"
        database.dispose()
    assert all(set(states) <= {"COMPLETED", "TERMINATED"} for states in whole["instances"].values())
    assert set(whole["requirements"]) == {f"R{number:02d}" for number in range(1, 57)}
    print({name: whole[name] for name in ("completions", "virtual_days", "seconds", "peak_rss_mb")})


def untaken(db: Database) -> list[int]:
    """Completed tasks that the diagram gave to nobody by name, and that nobody took before he completed them."""
    claimed = select(Event.activity_key).where(Event.kind == "task.claimed")
    query = select(Task.key, Task.definition_key, Task.element_id).where(Task.state == "COMPLETED", Task.key.not_in(claimed))
    with db.reading() as session:
        rows = session.execute(query).all()
        return [row.key for row in rows if definitions.process_of(session, row.definition_key).elements[row.element_id].assignee is None]


def test_chance_depends_on_names_alone() -> None:
    """The same seed and names give the same number, in any order of asking; another seed gives another."""
    one, two = Chance(1), Chance(1)
    assert two.of("household").number("b") == one.of("household").number("b")
    assert one.number("household", "b") == one.of("household").number("b")
    assert Chance(2).number("a") != one.number("a")
    share = sum(one.happens(0.25, number) for number in range(4000)) / 4000
    assert 0.22 < share < 0.28
