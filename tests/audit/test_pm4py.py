"""pm4py, a process miner by others, reads our logs and finds what the database and our own pages say. Test-only: it is AGPL."""

from __future__ import annotations

import importlib
import re
import socket
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.audit.exporting import ocel, ocel_sqlite, xes
from app.audit.pictures import figures, visits
from app.db import Database
from app.engine import events, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Activity, Definition, Event, ProcessInstance, Task
from tests.audit import played
from tests.audit.played import ANN, BOB, run
from tests.audit.test_logs import made
from tests.engine import drawing as d
from tests.test_architecture import FILES, ROOT

#: What people answer, one completion after the other: a loop, both branches, or nothing until the timer takes the task away.
ROUNDS = [["b"], ["b"], ["b"], ["again", "b"], ["again", "again", "c"], ["c"], ["c"], ["c", "late"], ["late"], []]


@contextmanager
def offline() -> Iterator[None]:
    """Whatever pm4py does, it asks nobody; what it warns of is its own affair."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"(pm4py|pandas|numpy|networkx|dateutil)(\.|$)")
        patch.setattr(socket.socket, "connect", _refused)
        patch.setattr(socket, "getaddrinfo", _refused)
        yield


def _refused(*_arguments: Any, **_named: Any) -> Any:
    raise AssertionError("pm4py asks the network")


@pytest.fixture(scope="module")
def miner() -> Any:
    """Imported when a test needs it, because collecting the tests would take 1.5 seconds longer in every run."""
    with offline():
        return importlib.import_module("pm4py")


@pytest.fixture
def mined(db: Database, at: Callable[[str], datetime], tmp_path: Path) -> Database:
    """A campaign with loops, branches, timers, cancels, calls, several processes, and a problem of a household."""
    at("2020-05-20T08:00:00+08:00")
    played.play(db, tmp_path)
    about = {"campaign_id": 7, "subject": "problem:V05-001", "detail": {"household": "V05-009", "text": "医疗保险未缴纳。"}}
    run(db, events.record, "problem.raised", Actor("he"), **about)
    late = d.boundary("late", "c", d.timer("timeDuration", "PT2H"))
    steps = (d.start(), d.user("a"), d.element("exclusiveGateway", "g"), d.user("b"), d.user("c"), late, d.end(), d.end("gone"))
    d.deploy(db, d.diagram("work", *steps, flows='s>a>g; g>[answer = "again"]a; g>[answer = "b"]b>e; g>[default]c>e; late>gone'))
    begin = at("2020-05-21T08:00:00+08:00")
    for number, answers in enumerate(ROUNDS):
        _wander(db, at, begin + number * timedelta(days=1), answers)
    return db


def _wander(db: Database, at: Callable[[str], datetime], begin: datetime, answers: list[str]) -> None:
    """One instance: a quarter of an hour for each answer; at its end what is open is done, times out (late), or stays."""
    at(begin.isoformat())
    key = run(db, runtime.start, "work", {}, ANN, campaign_id=7).key
    for number, answer in enumerate(answers):
        at((begin + timedelta(minutes=15 * (number + 1))).isoformat())
        if answer == "late":
            at((begin + timedelta(hours=4)).isoformat())
            jobs.drain(db)
            return
        (open_,) = d.tasks(db, instance_key=key)
        run(db, runtime.complete, open_.key, {"answer": answer}, ANN)
    if "late" not in answers and answers:
        for open_ in d.tasks(db, instance_key=key):
            run(db, runtime.complete, open_.key, {}, BOB)


def test_the_xes_log_is_read_as_it_happened(mined: Database, miner: Any, tmp_path: Path) -> None:
    log = _xes(mined, miner, tmp_path)
    with mined.reading() as session:
        visits_ = session.execute(
            select(Activity.instance_key, Activity.element_name, Activity.element_id, Activity.left_at, Activity.how)
        ).all()
        done = dict(session.execute(select(Task.key, Task.completed_by).where(Task.state == "COMPLETED")).all())
    assert len(log) == len(visits_) + sum(each.left_at is not None for each in visits_)
    assert set(log["case:concept:name"]) == {str(each.instance_key) for each in visits_}
    told = Counter(zip(log["case:concept:name"], log["concept:name"], log["lifecycle:transition"], strict=True))
    ends = {"completed": "complete", "canceled": "ate_abort"}
    happened: Counter[tuple[str, str, str]] = Counter()
    for each in visits_:
        who = str(each.instance_key), each.element_name or each.element_id
        happened.update([(*who, "start")] + ([(*who, ends[each.how])] if each.left_at is not None else []))
    assert told == happened
    people = log[log["org:resource"].notna()]
    assert dict(zip(people["concept:instance"].astype(int), people["org:resource"], strict=True)) == done
    assert {"ate_abort", "complete", "start"} == set(log["lifecycle:transition"])


def test_variants_are_those_of_our_own_page(mined: Database, miner: Any, tmp_path: Path) -> None:
    """What pm4py counts as variants of finished instances, our page of each process counts as paths."""
    log = _xes(mined, miner, tmp_path)
    log = log[(log["lifecycle:transition"] == "start") & (log["case:state"] == "COMPLETED")]
    for process, different in (("work", 5), ("child", 1)):
        mine = log[log["case:process"] == process]
        with offline():
            found = miner.get_variants(mine, activity_key="element")
        with mined.reading() as session:
            key = session.scalars(select(Definition.key).where(Definition.kind == "process", Definition.id == process)).one()
            paths, number = figures.paths(visits.load(session, 7, key))
        assert {each.elements: each.count for each in paths} == dict(found)
        assert number == len(found) == different


def _xes(db: Database, miner: Any, tmp_path: Path) -> Any:
    path = tmp_path / "log.xes"
    path.write_bytes(made(db, xes.as_xes))
    with offline():
        return miner.read_xes(str(path))


def test_object_centric_logs_are_read_as_it_happened(mined: Database, miner: Any, tmp_path: Path) -> None:
    """As JSON and as SQLite; and that keeps the 24 constraints that the standard publishes for it, which pm4py carries."""
    _reads(mined, miner, ocel.as_json, tmp_path / "log.jsonocel")
    path = tmp_path / "log.sqlite"
    _reads(mined, miner, ocel_sqlite.as_sqlite, path)
    with offline():
        held, broken = miner.objects.ocel.validation.ocel20_rel_validation.apply(str(path))
    assert broken == []
    assert len(held) == 24


def _reads(db: Database, miner: Any, how: Any, path: Path) -> None:
    path.write_bytes(made(db, how))
    with offline():
        log = miner.read_ocel2(str(path))
        types = miner.ocel_get_object_types(log)
    objects, happened, related = _expected(db)
    assert dict(zip(log.objects["ocel:oid"], log.objects["ocel:type"], strict=True)) == objects
    assert set(types) == set(objects.values())
    assert dict(zip(log.events["ocel:eid"], log.events["ocel:activity"], strict=True)) == {
        key: name for key, (name, _at) in happened.items()
    }
    times = dict(zip(log.events["ocel:eid"], log.events["ocel:timestamp"], strict=True))
    assert {key: at.to_pydatetime() for key, at in times.items()} == {key: _cut(at) for key, (_name, at) in happened.items()}
    assert Counter(zip(log.relations["ocel:eid"], log.relations["ocel:oid"], log.relations["ocel:qualifier"], strict=True)) == related
    beside = set(zip(log.o2o["ocel:oid"], log.o2o["ocel:oid_2"], log.o2o["ocel:qualifier"], strict=True))
    with db.reading() as session:
        tasks = {(f"task:{key}", f"instance:{instance}", "of") for key, instance in session.execute(select(Task.key, Task.instance_key))}
        parents = select(ProcessInstance.key, ProcessInstance.parent_key).where(ProcessInstance.parent_key.is_not(None))
        calls = {(f"instance:{key}", f"instance:{parent}", "part of") for key, parent in session.execute(parents)}
        told = session.scalars(select(Event).where(Event.campaign_id == 7, Event.kind.startswith("problem."))).all()
    homes = {(event.subject, home, "of") for event in told for home in _home(event)}
    assert ("problem:V05-001", "household:V05-009", "of") in homes
    assert beside == tasks | calls | homes


def _home(event: Event, *told: str) -> dict[str, tuple[str, ...]]:
    """The household that a record of a problem names."""
    code = event.detail.get("household")
    return {f"household:{code}": told} if code else {}


def _cut(at: datetime) -> datetime:
    """To the millisecond, as logs say it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _expected(db: Database) -> tuple[dict[str, str], dict[str, tuple[str, datetime]], Counter[tuple[str, str, str]]]:
    """Objects with their types, events with their types and times, relations between them: from the tables, in our own words."""
    objects: dict[str, str] = {}
    happened: dict[str, tuple[str, datetime]] = {}
    related: Counter[tuple[str, str, str]] = Counter()
    with db.reading() as session:
        objects |= {f"instance:{key}": "instance" for key in session.scalars(select(ProcessInstance.key))}
        objects |= {f"task:{key}": "task" for key in session.scalars(select(Task.key))}
        for each in session.scalars(select(Activity)):
            ends = [] if each.left_at is None else [("ate_abort" if each.how == "canceled" else "complete", each.left_at)]
            for transition, at in [("start", each.entered_at), *ends]:
                name = f"{each.key}-{transition}"
                happened[name] = each.element_name or each.element_id, at
                related[(name, f"instance:{each.instance_key}", "within")] += 1
                related.update([(name, f"task:{each.key}", "works on")] if each.kind == "userTask" else [])
        for event in session.scalars(select(Event).where(Event.campaign_id == 7, Event.kind.startswith("problem."))):
            name = f"record-{event.key}"
            happened[name] = event.kind, event.at
            touched = {event.subject: ("problem", "about"), **_home(event, "household", "concerns")}
            if event.instance_key:
                related[(name, f"instance:{event.instance_key}", "within")] += 1
            objects |= {each: kind for each, (kind, _qualifier) in touched.items()}
            related.update([(name, each, qualifier) for each, (_kind, qualifier) in touched.items()])
    return objects, happened, related


def test_the_product_does_without_it() -> None:
    """Nothing below app/ imports what only tests install, and the run time's requirements do not name it."""
    only_tests = {"pm4py", "pandas", "numpy", "networkx"}
    importing = re.compile(rf"^\s*(import|from)\s+({'|'.join(only_tests)})\b|import_module\(.({'|'.join(only_tests)})", re.MULTILINE)
    assert importing.search("import pm4py")
    assert [str(path) for path in FILES if importing.search(path.read_text(encoding="utf-8"))] == []
    named = re.findall(r"^([\w-]+)", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert only_tests.isdisjoint(name.lower() for name in named)
