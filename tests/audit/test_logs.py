"""Logs for process mining: XES held against its schema, OCEL 2.0 as JSON and as SQLite that say the same, all of them what happened."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select

from app import clock
from app.audit.exporting import choice as choices
from app.audit.exporting import log, ocel, ocel_sqlite, xes
from app.audit.exporting.choice import Choice
from app.audit.queries import Filter
from app.db import Database
from app.engine import events
from app.engine.actor import Actor
from app.engine.models import Activity, ProcessInstance, Task
from tests import web
from tests.audit import played
from tests.audit.played import run

SCHEMA = Path(__file__).with_name("xes.xsd")
NS = {"x": "http://www.xes-standard.org/"}


@pytest.fixture
def logged(db: Database, tmp_path: Path) -> Database:
    with clock.frozen(datetime(2020, 5, 21, tzinfo=UTC)):
        played.play(db, tmp_path)
        about = {"campaign_id": 7, "subject": "problem:V05-001", "detail": {"household": "V05-009", "text": "医疗保险未缴纳。"}}
        run(db, events.record, "problem.raised", Actor("he"), **about)
    return db


def made(db: Database, how: Any, **wanted: Any) -> bytes:
    with db.reading() as session:
        choice = Choice("", Filter(campaign=7, **wanted), choices.newest(session) + (1 << 30))
        return b"".join(how(session, choice, "zh"))


def expected(db: Database) -> Counter[tuple[str, str]]:
    """(instance, name of the element) → how often it was visited."""
    with db.reading() as session:
        return Counter((str(each.instance_key), each.element_name or each.element_id) for each in session.scalars(select(Activity)))


def test_the_xes_log_keeps_its_schema_and_tells_every_visit(logged: Database) -> None:
    tree = etree.fromstring(made(logged, xes.as_xes))
    etree.XMLSchema(etree.parse(SCHEMA)).assertValid(tree)
    found: Counter[tuple[str, str]] = Counter()
    for trace in tree.iterfind("x:trace", NS):
        values = [{each.get("key"): each.get("value") for each in event} for event in trace.iterfind("x:event", NS)]
        times = [datetime.fromisoformat(each["time:timestamp"]) for each in values]
        assert times == sorted(times)
        name = trace.find("x:string[@key='concept:name']", NS).get("value")
        found.update((name, each["concept:name"]) for each in values if each["lifecycle:transition"] == "start")
    assert found == expected(logged)
    assert tree.xpath("count(//x:event[x:string[@value='ann'][@key='org:resource']])", namespaces=NS) == 3
    assert tree.xpath("count(//x:event[x:string[@value='ate_abort']])", namespaces=NS) >= 1


def test_a_process_alone(logged: Database) -> None:
    tree = etree.fromstring(made(logged, xes.as_xes, process="child"))
    assert len(tree.findall("x:trace", NS)) == 4
    whole = json.loads(made(logged, ocel.as_json, process="child"))
    assert Counter(each["type"] for each in whole["objects"]) == {"instance": 4, "task": 4}
    _holds_together(whole)


def test_what_xml_cannot_hold_is_left_out(logged: Database) -> None:
    with logged.reading() as session:
        key = session.scalars(select(Activity.key)).first()
    run(logged, lambda session: setattr(session.get(Activity, key), "element_name", "a\x01<&\"'>\n乙"))
    tree = etree.fromstring(made(logged, xes.as_xes))
    assert tree.xpath("//x:event/x:string[@key='concept:name'][starts-with(@value, 'a<')]", namespaces=NS)[0].get("value") == "a<&\"'> 乙"


def test_both_object_centric_logs_say_the_same(logged: Database, tmp_path: Path) -> None:
    whole = json.loads(made(logged, ocel.as_json))
    _holds_together(whole)
    with logged.reading() as session:
        instances = len(session.scalars(select(ProcessInstance.key)).all())
        tasks = len(session.scalars(select(Task.key)).all())
    assert Counter(each["type"] for each in whole["objects"]) == {"instance": instances, "task": tasks, "household": 1, "problem": 1}
    starts = Counter(each["type"] for each in whole["events"] if each["attributes"][0]["value"] == "start")
    assert starts == Counter(name for (_instance, name), many in expected(logged).items() for _each in range(many))
    raised = next(each for each in whole["events"] if each["type"] == "problem.raised")
    assert {each["qualifier"] for each in raised["relationships"]} >= {"about", "concerns"}
    path = tmp_path / "log.sqlite"
    path.write_bytes(made(logged, ocel_sqlite.as_sqlite))
    with closing(sqlite3.connect(path)) as other:
        _same(other, whole)


def _holds_together(whole: dict[str, Any]) -> None:
    """Ids are unique, and nothing relates to what is not there."""
    ids = [each["id"] for each in whole["objects"]]
    assert len(set(ids)) == len(ids)
    assert len({each["id"] for each in whole["events"]}) == len(whole["events"])
    for each in (*whole["objects"], *whole["events"]):
        assert {other["objectId"] for other in each["relationships"]} <= set(ids)
    assert {each["type"] for each in whole["events"]} == {each["name"] for each in whole["eventTypes"]}


def _same(other: sqlite3.Connection, whole: dict[str, Any]) -> None:
    assert other.execute("PRAGMA foreign_key_check").fetchall() == []
    assert set(other.execute("SELECT * FROM object")) == {(each["id"], each["type"]) for each in whole["objects"]}
    assert set(other.execute("SELECT * FROM event")) == {(each["id"], each["type"]) for each in whole["events"]}
    for table, kind in (("event_object", "events"), ("object_object", "objects")):
        told = {(each["id"], to["objectId"], to["qualifier"]) for each in whole[kind] for to in each["relationships"]}
        assert set(other.execute(f"SELECT * FROM {table}")) == told
    for kind, table in other.execute("SELECT ocel_type, ocel_type_map FROM event_map_type").fetchall():
        times = dict(other.execute(f"SELECT ocel_id, ocel_time FROM event_{table}"))
        assert times == {each["id"]: each["time"] for each in whole["events"] if each["type"] == kind}


def test_rows_are_counted_before(logged: Database) -> None:
    with logged.reading() as session:
        everything = Choice("xes", Filter(campaign=7), 1 << 62)
        assert log.rows(session, everything) == expected(logged).total()
        assert log.rows(session, Choice("xes", Filter(campaign=8), 1 << 62)) == 0


def test_a_log_is_of_one_campaign(logged: Database, tmp_path: Path) -> None:
    web.person(logged, "auditor", "auditor", campaign_id=0)
    browser = web.signed_in_as(web.application(logged, tmp_path), "auditor")
    assert browser.post("/audit/exports", {"format": "xes"}).status_code == 303
    answer = browser.post("/audit/exports", {"format": "xes", "campaign": "7"})
    assert answer.status_code == 200
    assert answer.data.endswith(b"</log>\n")
