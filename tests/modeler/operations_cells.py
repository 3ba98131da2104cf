"""The cells of the operators: administrators only, whatever the campaign."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.db import Database
from app.engine import definition_lookup, runtime
from app.engine.models import Incident, JobRow
from app.modeler.operations import batches
from tests.engine import drawing as d
from tests.engine.drawing import ANN
from tests.idor import Cell, held
from tests.modeler import running

ADMIN = held("admin")
TIMED = running.visit(
    d.user("a", "office"), d.boundary("late", "a", d.timer("timeDuration", "PT9H"), interrupting=False), d.end("e2"), flows="s>a>e; late>e2"
)
REASON = {"reason": "演练"}


def _versions(db: Database) -> tuple[int, int]:
    """Two versions of the process, deployed once."""
    if d.read(db, lambda s: definition_lookup.newest(s, "process", "p")) is None:
        d.deploy(db, running.ONE)
        d.deploy(db, TIMED)
    first, second = (d.read(db, lambda s, v=v: definition_lookup.version_of(s, "process", "p", v).key) for v in (1, 2))
    return first, second


def _instance(db: Database) -> dict[str, Any]:
    _versions(db)
    return {"key": running.start(db).key}


def _timer(db: Database) -> dict[str, Any]:
    found = _instance(db)
    job = d.read(db, lambda s: s.scalar(select(JobRow.key).where(JobRow.instance_key == found["key"], JobRow.kind == "timer")))
    return {**found, "job": job}


def _migrated(db: Database) -> dict[str, Any]:
    first, second = _versions(db)
    key = running.act(db, runtime.start, "p", {"household": running.HOUSEHOLD}, ANN, version=1).key
    running.act(db, runtime.migrate, key, second, {}, ANN, reason="改图")
    return {"key": key}


def _pair(db: Database) -> dict[str, Any]:
    source, target = _versions(db)
    running.act(db, runtime.start, "p", {"household": running.HOUSEHOLD}, ANN, version=1)
    return {"source": source, "target": target}


def _definition(db: Database) -> dict[str, Any]:
    return {"key": _versions(db)[0]}


def _incident(db: Database) -> dict[str, Any]:
    instance = running.broken(db)
    return {"key": d.read(db, lambda s: s.scalar(select(Incident.key).where(Incident.instance_key == instance.key)))}


def _batch(db: Database) -> dict[str, Any]:
    key = _instance(db)["key"]
    return {"key": running.act(db, batches.begin, "suspend", [(key, key)], ANN, reason="演练").key}


def _migration_batch(db: Database) -> dict[str, Any]:
    """Done, so that it can be taken back."""
    pair = _pair(db)
    key = running.act(db, runtime.start, "p", {"household": running.HOUSEHOLD}, ANN, version=1).key
    more = {"reason": "改图", "from_key": pair["source"], "to_key": pair["target"]}
    batch = running.act(db, batches.begin, "migrate", [(key, key)], ANN, **more).key
    while running.act(db, batches.do_next, batch):
        pass
    return {"key": batch}


CELLS = [
    Cell("operations.instance", _instance, ADMIN),
    Cell("operations.instance_diagram", _instance, ADMIN),
    Cell("operations.definition_diagram", _definition, ADMIN),
    Cell("operations.instance_act", _instance, ADMIN, "POST", {"act": "suspend", **REASON}),
    Cell("operations.instance_variable", _instance, ADMIN, "POST", {"path": "x", "value": "1", "confirmed": "1", **REASON}),
    Cell("operations.instance_move", _instance, ADMIN, "POST", {"token": "1", "target": "b", "confirmed": "1", **REASON}),
    Cell("operations.instance_timer", _timer, ADMIN, "POST", REASON),
    Cell("operations.instance_take_back", _migrated, ADMIN, "POST", REASON),
    Cell("operations.incident_retry", _incident, ADMIN, "POST"),
    Cell("operations.migration", _pair, ADMIN),
    Cell("operations.migration_begin", _pair, ADMIN, "POST", {"act": "rehearse"}),
    Cell("operations.batch", _batch, ADMIN),
    Cell("operations.batch_progress", _batch, ADMIN),
    Cell("operations.batch_take_back", _migration_batch, ADMIN, "POST", REASON),
]
