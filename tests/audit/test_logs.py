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
from app.engine.models import Activity, Event, ProcessInstance, Task
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
    _as_the_standard_says(tree)
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


def _as_the_standard_says(tree: Any) -> None:
    """What IEEE 1849 says in words and no schema can: keys once in a component, globals everywhere, classifiers over globals."""
    for component in tree.iter():
        keys = [each.get("key") for each in component if each.get("key") is not None]
        assert len(set(keys)) == len(keys)
    globals_: dict[str, set[tuple[str, str]]] = {}
    for each in tree.iterfind("x:global", NS):
        assert each.get("scope") not in globals_
        globals_[each.get("scope")] = {(told.tag, told.get("key")) for told in each}
    assert set(globals_) == {"trace", "event"}
    for scope, told in globals_.items():
        for component in tree.iterfind(f".//x:{scope}", NS):
            assert told <= {(each.tag, each.get("key")) for each in component}
    for classifier in tree.iterfind("x:classifier", NS):
        assert set(classifier.get("keys").split()) <= {key for _tag, key in globals_[classifier.get("scope", "event")]}
    prefixes = {each.get("prefix") for each in tree.iterfind("x:extension", NS)}
    assert {key.partition(":")[0] for each in tree.iter() if ":" in (key := each.get("key") or "")} <= prefixes


@pytest.mark.parametrize(
    "broken",
    [
        "<trace/>",
        '<log xmlns="http://www.xes-standard.org/"/>',
        '<log xmlns="http://www.xes-standard.org/" xes.version="1.0"><event/><trace/></log>',
        '<log xmlns="http://www.xes-standard.org/" xes.version="1.0"><classifier name="two words" keys="a"/></log>',
        '<log xmlns="http://www.xes-standard.org/" xes.version="1.0"><string key="2" value="a"/></log>',
        '<log xmlns="http://www.xes-standard.org/" xes.version="1.0"><date key="a" value="2020-05-21 08:00"/></log>',
        '<log xmlns="http://www.xes-standard.org/" xes.version="1.0"><list key="a"/></log>',
    ],
)
def test_the_schema_refuses_what_is_no_log(broken: str) -> None:
    assert not etree.XMLSchema(etree.parse(SCHEMA)).validate(etree.fromstring(broken))


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
        told = session.scalars(select(Event).where(Event.kind.startswith("problem."), Event.campaign_id == 7)).all()
    problems, homes = {each.subject for each in told}, {each.detail["household"] for each in told if each.detail.get("household")}
    assert Counter(each["type"] for each in whole["objects"]) == {
        "instance": instances,
        "task": tasks,
        "household": len(homes),
        "problem": len(problems),
    }
    starts = Counter(each["type"] for each in whole["events"] if each["attributes"][0]["value"] == "start")
    assert starts == Counter(name for (_instance, name), many in expected(logged).items() for _each in range(many))
    raised = next(each for each in whole["events"] if each["type"] == "problem.raised")
    assert {each["qualifier"] for each in raised["relationships"]} >= {"about", "concerns"}
    path = tmp_path / "log.sqlite"
    path.write_bytes(made(logged, ocel_sqlite.as_sqlite))
    with closing(sqlite3.connect(path)) as other:
        _same(other, whole)


_KIND = {"name": str, "attributes": [{"name": str, "type": {"string", "time", "integer", "float", "boolean"}}]}
_RELATED = [{"objectId": str, "qualifier": str}]
#: The JSON form of OCEL 2.0: what its schema demands, with nothing beside it, and its types of values.
_OCEL = {
    "eventTypes": [_KIND],
    "objectTypes": [_KIND],
    "events": [{"id": str, "type": str, "time": datetime, "attributes": [{"name": str, "value": str}], "relationships": _RELATED}],
    "objects": [{"id": str, "type": str, "attributes": [{"name": str, "value": str, "time": datetime}], "relationships": _RELATED}],
}


def _shaped(value: Any, shape: Any) -> bool:
    """Whether JSON has a shape: a class, a set of values, a list of one shape, an object with exactly these members."""
    if isinstance(shape, list):
        return isinstance(value, list) and all(_shaped(each, shape[0]) for each in value)
    if isinstance(shape, dict):
        return isinstance(value, dict) and value.keys() == shape.keys() and all(_shaped(value[name], shape[name]) for name in shape)
    if isinstance(shape, set):
        return value in shape
    if shape is datetime:
        return isinstance(value, str) and "T" in value and datetime.fromisoformat(value).tzinfo is not None
    return isinstance(value, shape)


def _holds_together(whole: dict[str, Any]) -> None:
    """It has the standard's form, ids are unique, values are of declared attributes, and nothing relates to what is not there."""
    assert _shaped(whole, _OCEL)
    for things, kinds in (("objects", "objectTypes"), ("events", "eventTypes")):
        declared = {each["name"]: {told["name"] for told in each["attributes"]} for each in whole[kinds]}
        assert len(declared) == len(whole[kinds])
        for each in whole[things]:
            assert {told["name"] for told in each["attributes"]} <= declared[each["type"]]
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
