"""Every page, export and download, as every role: what was planted about a person shows nowhere, but where somebody works with it."""

from __future__ import annotations

import html
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, url_for
from sqlalchemy import select

from app import clock, personal
from app.acts import completion, operating
from app.acts.refusals import Refusal
from app.audit.exporting.formats import FORMATS
from app.audit.search import terms
from app.auth import guard
from app.auth.roles import ROLES, SEPARATED
from app.campaign.registering import NewMember
from app.db import Database
from app.engine import definitions, runtime
from app.engine.errors import StepFailed
from app.engine.models import Activity, Event, Incident, ProcessInstance, Task
from app.modeler.operations import batches
from app.modeler.operations.models import OperationBatch
from tests import idor, web
from tests.api.test_api import DIAGRAMS
from tests.api.test_masking import MESSAGE, PERSON, SECRETS, told
from tests.campaign import world
from tests.test_routes import CELLS

CODE = "V05-901"
#: Pages on which business roles read the name of a household's head, and why. Numbers, illness and cards: nobody, but by a recorded act.
OPEN = {
    "campaign.household": "the household's own page: who works with it calls it by its head",
    "campaign.households": "the register, in which households are looked for by name",
    "campaign.village": "the households of a village, for those who visit and key in there",
    "campaign.route_list": "on the way to a household one asks for its head",
    "campaign.today": "as above: the households to visit today",
    "inbox.task": "the task of a household is called by its head",
    "inbox.tasks": "as above",
}
#: Downloads with values in the clear, with the reason.
WHOLE = {"archive": "verified offline against the hashes of its records; taken by a recorded act, large ones by two persons"}


@pytest.fixture
def app(db: Database, tmp_path: Path) -> Flask:
    return web.application(db, tmp_path)


@pytest.fixture
def planted(app: Flask, db: Database) -> dict[str, Any]:
    """A household and an instance about it, with a task, and records of everything that takes values from variables or from outside."""
    world.campaign(db, "running")
    idor.people(db)
    member = NewMember(SECRETS["name"], "female", date(1980, 1, 1), SECRETS["id"], "head", SECRETS["health"])
    home = world.new(CODE, head=SECRETS["name"], phone=SECRETS["phone"], bank=SECRETS["bank"], members=(member,), extracts={})
    world.write(db, home)
    failing = (DIAGRAMS / "boundary-error-service.bpmn").read_bytes()
    diagram = (DIAGRAMS / "user-task-without-mapping.bpmn").read_bytes()

    def work(session: Any) -> dict[str, Any]:
        files = {"visit.bpmn": diagram, "error.bpmn": failing}
        definitions.deploy(session, files, web.CLI, now=clock.real_now(), task_types={"conformance.echo"})
        session.flush()
        about = {"subject": f"household:{CODE}", "scope": "V05", "label": f"柏树村 3组 {CODE}"}
        made = runtime.start(session, "user_task_without_mapping", PERSON, web.CLI, business_key=SECRETS["name"], campaign_id=web.CAMPAIGN)
        session.flush()
        key = made.key
        task = session.scalars(select(Task).where(Task.instance_key == key)).one()
        for name, value in about.items():
            setattr(made, name, value)
            setattr(task, name, value)
        task.assignee = "investigator.here"
        changed = {"household.phone": "13900005678", "household.health.kind": SECRETS["health_code"], "said": SECRETS["health"]}
        operating.set_variables(session, key, {**changed, "bankCard": SECRETS["bank"]}, web.CLI, "wrong")
        operating.set_variables(session, key, {"household": PERSON["household"], "members": PERSON["members"]}, web.CLI, "wrong")
        batches.begin(session, "variable", [(key, key)], web.CLI, reason="wrong", mapping={"said": json.dumps(SECRETS["name"])})
        runtime.record_incident(session, ValueError(MESSAGE), task_key=task.key)
        old = Incident(campaign_id=web.CAMPAIGN, instance_key=key, activity_key=task.key, element_id="a", kind="error", message=MESSAGE)
        old.state, old.created_at = "OPEN", clock.now()
        session.add(old)
        runtime.publish_message(session, "visited", SECRETS["name"], {"said": SECRETS["health"]}, web.CLI, campaign_id=web.CAMPAIGN)
        return {"key": key, "task": task.key}

    found = db.in_transaction(work)
    second = db.in_transaction(lambda s: runtime.start(s, "boundary_error_service", PERSON, web.CLI, campaign_id=web.CAMPAIGN).key)
    for caught in (True, False):
        with db.reading() as session:
            here = select(Activity.key).where(Activity.instance_key == second, Activity.left_at.is_(None))
            key = session.scalars(here).one()
        try:
            said = f"{SECRETS['name']}得了{SECRETS['health']}"
            db.in_transaction(lambda s, at=key, what=said: runtime.throw_error(s, at, "E1", web.CLI, message=what, variables=PERSON))
        except StepFailed as failed:
            assert not caught
            db.in_transaction(lambda s, at=key, error=failed: runtime.record_incident(s, error, task_key=at))
    return found


def works_with(endpoint: str, role: str) -> bool:
    """Whether *role* may read there what a household's head is called."""
    return role not in SEPARATED and endpoint in OPEN


def addresses(app: Flask, db: Database, planted: dict[str, Any], role: str) -> Iterator[tuple[str, str]]:
    """Every page that is read: those with an object by an object of their own, and by what was planted wherever that fits."""
    with db.reading() as session:
        events = [row.key for row in session.scalars(select(Event).order_by(Event.key))]
        batch = session.scalars(select(OperationBatch.key)).first()
    here = {"campaign": web.CAMPAIGN, "code": CODE}
    ours: dict[str, list[dict[str, Any]]] = {
        "audit.record": [{"key": key} for key in events],
        "audit.household": [here],
        "audit.known": [here],
        "campaign.household": [{"code": CODE}],
        "operations.batch": [{"key": batch}],
        "operations.batch_progress": [{"key": batch}],
        "inbox.task": [{"key": planted["task"]}],
        "inbox.diagram": [{"key": planted["task"]}],
        **{f"{room}.{page}": [{"key": planted["key"]}] for room, page in INSTANCES},
    }
    made = {cell.endpoint: cell.make for cell in CELLS if cell.method == "GET" and not cell.endpoint.startswith("api.")}
    for rule in sorted(app.url_map.iter_rules(), key=str, reverse=True):
        if "GET" not in (rule.methods or set()) or rule.rule.startswith(("/v2", "/static", "/logout")):
            continue
        declared = guard.declared(app.view_functions[rule.endpoint])
        if declared is not None and declared.roles and role not in declared.roles:
            continue  # refused whatever stands there (tests/test_routes.py)
        with app.test_request_context():
            values = ours.get(rule.endpoint, []) + ([made[rule.endpoint](db)] if rule.arguments else [{}])
            yield from ((rule.endpoint, url_for(rule.endpoint, **each)) for each in values)


INSTANCES = (("operations", "instance"), ("operations", "instance_diagram"), ("audit", "instance"), ("audit", "replay"))


def text_of(answer: Any) -> str:
    """An answer as text; what is in a workbook or an archive, too."""
    content = answer.get_data()
    if not content.startswith(b"PK"):
        return html.unescape(content.decode("utf-8", "replace"))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return html.unescape("\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist()))


@pytest.mark.parametrize("role", sorted(ROLES))
def test_no_page_tells_one(app: Flask, db: Database, planted: dict[str, Any], role: str) -> None:
    """Nobody has unmasked anything."""
    browser = web.signed_in_as(app, role if ROLES[role].scope == "system" else f"{role}.here")
    seen, leaks = 0, []
    for endpoint, page in addresses(app, db, planted, role):
        with browser.get(page) as answer:
            if answer.status_code == 200:
                seen += 1
                found = set(told(text_of(answer))) - ({"name"} if works_with(endpoint, role) else set())
                leaks += [(page, sorted(found))] if found else []
    assert leaks == []
    assert seen > 5, "pages were seen"


def test_no_search_finds_a_record_by_one(db: Database, planted: dict[str, Any]) -> None:
    """What is not shown cannot be looked for, word by word."""
    with db.reading() as session:
        said = [terms.words(event, session.get(ProcessInstance, event.instance_key or 0)) for event in session.scalars(select(Event))]
    assert any("wrong" in each for each in said)
    assert [each for each in said if told(each)] == []


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_no_export_tells_one(app: Flask, db: Database, planted: dict[str, Any], format: str) -> None:
    browser = web.signed_in_as(app, "auditor")
    with browser.post("/audit/exports", {"format": format, "campaign": str(web.CAMPAIGN), "reason": "核对"}) as answer:
        assert answer.status_code == 200, answer.text
        content = answer.get_data()
    assert len(content) > 200
    text = "\n".join(sqlite_text(content)) if format == "ocel-sqlite" else text_of(answer)
    where = [line[:2000] for line in text.splitlines() if told(line)]
    assert where == [] or format in WHOLE
    with db.reading() as session:
        assert session.scalars(select(Event).where(Event.kind == "export.made")).one().detail["format"] == format


def sqlite_text(content: bytes) -> Iterator[str]:
    base = sqlite3.connect(":memory:")
    base.deserialize(content)
    yield from base.iterdump()
    base.close()


def test_what_forms_call_personal_is_personal_by_its_name(db: Database) -> None:
    """Fields go over into variables of the same names: they must be hidden there, too."""
    from app.forms import schema

    forms = sorted(Path("forms").glob("*.form"))
    names = {path for file in forms for path in schema.load(file.read_bytes()).personal}
    assert len(names) > 5
    assert [path for path in sorted(names) if not personal.names_a_person(path.replace("[]", ""))] == []


@pytest.mark.parametrize(
    "path", ["household.phone", "bankAccount", "household.bank.no", "x.head", "householdHead", "members.name", "idNumber"]
)
def test_one_list_says_what_is_personal(path: str) -> None:
    assert personal.hides(path, "abc")
    assert not personal.hides(path, None)


@pytest.mark.parametrize(
    ("path", "value", "hidden"),
    [
        ("village.name", "柏树村", False),
        ("village.name", SECRETS["phone"], True),
        ("x", "柏树村", True),
        ("x", "V05-001", False),
        ("x", int(SECRETS["phone"]), True),
        ("x", float(SECRETS["phone"]), True),
        ("x", 0.5, False),
        ("x", [1, {"a": "李"}], True),
        ("overhead", 3, False),
    ],
)
def test_what_looks_personal_is(path: str, value: Any, hidden: bool) -> None:
    assert personal.hides(path, value) is hidden


def test_what_no_form_has_checked_completes_a_task_in_a_trial_only(app: Flask, db: Database, planted: dict[str, Any]) -> None:
    """A trial's clock is its thread's own: where people work there is none, so a task with or without a form is refused."""

    def work(session: Any) -> None:
        completion.stated(session, session.get_one(Task, planted["task"]), {"x": 3}, web.CLI)

    with app.test_request_context(), pytest.raises(Refusal):
        db.in_transaction(work)
    with db.reading() as session:
        assert session.get_one(Task, planted["task"]).state == "OPEN"
    callers = [str(file) for file in sorted(Path("app").rglob("*.py")) if "completion.stated(" in file.read_text(encoding="utf-8")]
    assert callers == ["app/modeler/trial/sandbox.py"]
