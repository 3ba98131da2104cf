"""``run.py simulate``: a whole campaign, played by simulated staff."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import make_url

from app import clock, create_app
from app.campaign import demonstration
from app.config import Config, ConfigError, from_environment, is_production
from app.db import Database
from app.deploying import prepare
from app.engine import jobs
from app.simulation import people, report
from app.simulation.play import Play

#: Days after the report deadline in which what is late may still be done.
GRACE = timedelta(days=14)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of ``simulate``."""
    parser.add_argument("--households", type=int, default=650, help="number of households (default 650)")
    parser.add_argument("--seed", type=int, default=1, help="same seed, same counts (default 1)")
    parser.add_argument("--report", type=Path, help="write the result as JSON to this file")


def run(options: argparse.Namespace) -> int:
    """Play the campaign in a database of its own, which is thrown away; with DAOPAI_HOME or DATABASE_URL in that one, which is kept: a play
    that was stopped goes on there.
    """
    if is_production(os.environ):
        raise ConfigError(
            "模拟不能在正式环境运行 (a simulation does not run in production: unset DAOPAI_ENV and use a database of its own)."
        )
    if os.environ.get("DATABASE_URL") or os.environ.get("DAOPAI_HOME"):
        config = from_environment()
        print(f"数据保留在 (data are kept in) {make_url(config.database_url)!r}", flush=True)
        return _run(options, config)
    with tempfile.TemporaryDirectory(prefix="daopai-simulation-") as folder:
        print(f"数据暂存于 {folder}，结束后删除 (data are in that folder until the end)", flush=True)
        return _run(options, from_environment({**os.environ, "DAOPAI_HOME": folder}))


def _run(options: argparse.Namespace, config: Config) -> int:
    began = time.perf_counter()
    database = prepare(config)
    jobs.release_leases(database)
    loaded = demonstration.load(database, households=options.households, seed=options.seed)
    app = create_app(config, database)
    # What lives now lives to the end; what a completion leaves behind is freed by counting, so that looking for cycles may wait.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with app.test_request_context():
        result = _play(app, database, loaded.campaign_id, options, began)
    database.dispose()
    if options.report:
        options.report.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    print(report.table(result))
    clock.reset()
    return 0 if result["open_tasks"] == result["incidents"] == 0 else 1


def _play(app: Flask, database: Database, campaign_id: int, options: argparse.Namespace, began: float) -> dict[str, object]:
    with database.reading() as session:
        staff = people.read(session, campaign_id)
        start, deadline = demonstration.dates(session, campaign_id)
    play = Play(database, campaign_id, staff, options.seed)
    for end_of_day in play.days(deadline + GRACE):
        with database.reading() as session:
            counts = report.open_and_done(session, campaign_id)
        _say(start, end_of_day, counts, began)
        _warn(play)
        if counts["open_tasks"] == 0 and counts["active"] == 0:
            break
    with database.reading() as session:
        result = report.collect(session, campaign_id)
    return {
        **result,
        "virtual_days": (clock.local(clock.now()) - clock.local(start)).days + 1,
        "seconds": round(time.perf_counter() - began, 1),
        "peak_rss_mb": report.peak_rss_mb(),
        "seed": options.seed,
    }


def _warn(play: Play) -> None:
    """What people could not do today."""
    for line in dict.fromkeys(play.problems):
        print(f"  ! {line}", file=sys.stderr)
    play.problems.clear()


def _say(start: datetime, end_of_day: datetime, counts: dict[str, int], began: float) -> None:
    day = (clock.local(end_of_day) - clock.local(start)).days + 1
    date = f"{clock.local(end_of_day - timedelta(seconds=1)):%m-%d}"
    print(
        f"第 {day:>2} 天 {date}  已办 {counts['completions']:>7}  待办 {counts['open_tasks']:>6}  进行中 {counts['active']:>6}"
        f"  异常 {counts['incidents']:>3}  {time.perf_counter() - began:6.1f} s  {report.peak_rss_mb():6.0f} MB",
        flush=True,
    )
