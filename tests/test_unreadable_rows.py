"""One row that cannot be read takes no list down: a diagram, a form, a draft and a scenario that this version cannot open."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.auth.roles import ROLES
from app.db import Database
from app.engine import definition_lookup, definitions, runtime
from app.engine.models import Definition, ProcessInstance, Task
from app.modeler.drafts import starting, store
from app.modeler.models import ModelDraft, ModelDraftVersion
from app.modeler.trial import scenarios
from app.modeler.trial.models import Scenario
from tests import web
from tests.engine import drawing as d

FORM = b'{"id": "%s", "type": "default", "schemaVersion": 16, "components": []}'
IFRAME = b'{"id": "old", "type": "default", "schemaVersion": 16, "components": [{"type": "iframe", "id": "i", "url": "https://x.example"}]}'
#: what is in the place of a diagram
BROKEN = {"no XML": b"\xff<bpmn", "another process": d.diagram("other", d.start(), d.user("a"), d.end(), flows="s>a>e"), "empty": b""}


@pytest.fixture(params=BROKEN)
def app(request: pytest.FixtureRequest, db: Database, tmp_path: Path, at: Any) -> Flask:
    """A product with everybody, and an open task of a diagram that cannot be read, one of a form that cannot, and the others."""
    if db.url.startswith("postgresql") and request.param != "no XML":
        pytest.skip("how a diagram is damaged is the same to every database: one kind is enough here")
    app = web.application(db, tmp_path)
    web.place(db)
    web.everybody(db)
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), d.user("b"), d.end(), flows="s>a>b>e"))
    d.deploy(db, d.diagram("q", d.start(), d.user("f", form="old"), d.user("g"), d.end(), flows="s>f>g>e"), FORM % b"old")
    for process in ("p", "q"):
        db.in_transaction(lambda session, process=process: runtime.start(session, process, {}, d.ANN, campaign_id=web.CAMPAIGN))
    db.in_transaction(lambda session: _draft(session))
    db.in_transaction(_broken_scenario)
    db.in_transaction(lambda session: _rewrite(session, "process", "p", BROKEN[request.param]))
    db.in_transaction(lambda session: _rewrite(session, "form", "old", IFRAME))
    definition_lookup._cache.clear()
    definition_lookup._files.clear()
    return app


def _draft(session: Session) -> None:
    content = starting.template("form", "paper", "一张纸")
    draft = store.create(session, d.Actor("admin"), kind="form", resource="paper.form", content=content)
    session.execute(update(ModelDraftVersion).where(ModelDraftVersion.draft_key == draft.key).values(content=b"\xff{"))
    session.execute(update(ModelDraft).values(definition_id="paper"))


def _broken_scenario(session: Session) -> None:
    now = clock.real_now()
    for play in ({}, {"process": "p", "begin": "gestern", "stubs": [], "steps": 3}):
        who = {"created_at": now, "created_by": "admin", "changed_at": now, "changed_by": "admin"}
        session.add(Scenario(name="旧情景", process_id="p", play=play, **who))


def _rewrite(session: Session, kind: str, id: str, content: bytes) -> None:
    session.execute(update(Definition).where(Definition.kind == kind, Definition.id == id).values(content=content))


#: what a page of one row does not owe: its own diagram or form as it was drawn
_LISTS = re.compile(r"^(?!/static|/language|/sign-out|/sw|/files)")


@pytest.mark.timeout(600)
def test_every_list_answers_everybody_beside_rows_that_cannot_be_read(app: Flask) -> None:
    paths = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    assert len(paths) > 40
    failed, opened = {}, 0
    everybody = (
        d.read(app.extensions["daopai.db"], lambda s: s.scalar(select(Definition.content).where(Definition.id == "p"))) == BROKEN["no XML"]
    )
    for who in ROLES if everybody else ("office", "admin", "auditor", "security_admin", "investigator"):
        browser = web.signed_in_as(app, who)
        for path in filter(_LISTS.match, paths):
            status = browser.get(path).status_code
            opened += status == 200
            if status >= 500 or status in (409, 422):
                failed[who, path] = status
    assert failed == {}
    assert opened > 50


def test_searches_of_programs_answer(app: Flask) -> None:
    browser = web.signed_in_as(app, "admin")
    paths = [r.rule for r in app.url_map.iter_rules() if r.rule.startswith("/v2/") and r.rule.endswith("/search") and not r.arguments]
    assert len(paths) > 5
    assert {path: code for path in paths if (code := browser.client.post(path, json={}, headers=_csrf(browser)).status_code) >= 500} == {}


def _csrf(browser: web.Browser) -> dict[str, str]:
    return {"X-CSRFToken": browser.token()}


def test_each_row_has_a_page_that_says_so(app: Flask) -> None:
    db: Database = app.extensions["daopai.db"]
    office = web.signed_in_as(app, "office")
    tasks = {task.element_id: office.get(f"/tasks/{task.key}") for task in d.tasks(db)}
    assert [answer.status_code for answer in tasks.values()] == [200, 200]
    assert "无法读取" in tasks["a"].text
    assert "无法打开" in tasks["f"].text and "管理员" in tasks["f"].text
    admin = web.signed_in_as(app, "admin")
    assert "无法读取" in admin.get("/modeler/scenarios").text
    for key in d.read(db, lambda session: session.scalars(select(Scenario.key)).all()):
        assert "无法读取" in admin.get(f"/modeler/scenarios/{key}").text
    for instance in d.instances(db):
        assert admin.get(f"/operations/instances/{instance.key}").status_code == 200


def test_a_completion_on_what_cannot_be_read_says_so_and_changes_nothing(app: Flask) -> None:
    db: Database = app.extensions["daopai.db"]
    office = web.signed_in_as(app, "office")
    for task in d.tasks(db):
        answer = office.post(f"/tasks/{task.key}/complete", {"revision": "1", "data": "{}", "request_id": f"r{task.key}"})
        assert 400 <= answer.status_code < 500
    assert [task.state for task in d.tasks(db)] == ["OPEN", "OPEN"]


def test_what_has_nothing_to_do_with_it_is_checked_deployed_and_tried(app: Flask) -> None:
    db: Database = app.extensions["daopai.db"]
    new = {"r.bpmn": d.diagram("r", d.start(), d.user("x"), d.end(), flows="s>x>e")}
    with db.reading() as session:
        assert [each for each in definitions.check(new, definitions.known(session, new)) if each.severity == "error"] == []
        ran = scenarios.run_all(session, new)
    assert [(each.ok, bool(each.difference)) for each in ran] == [(False, True)] * 2
    db.in_transaction(lambda session: definitions.deploy(session, new, d.ANN, now=clock.now()))


@pytest.mark.timeout(600)
def test_each_page_of_what_cannot_be_read_opens_or_says_why_what_is_kept_and_what_to_do(app: Flask) -> None:
    """Every page of one definition, draft, instance, task or scenario, and of one element of them, for whoever may open it."""
    db: Database = app.extensions["daopai.db"]
    failed = {}
    people = {"audit": "auditor", "tasks": "office", "modeler": "admin", "operations": "admin", "v2": "admin"}
    browsers = {who: web.signed_in_as(app, who) for who in sorted(set(people.values()))}
    for path in _pages(app, db):
        who = people.get(path.split("/")[1])
        if who is None:
            continue
        answer = browsers[who].get(path)
        refused = answer.status_code in (409, 422)
        if answer.status_code >= 500 or (refused and not all(word in answer.text for word in ("无法读取", "仍在", "管理员"))):
            failed[path] = (answer.status_code, answer.text[:300])
    assert failed == {}


def _pages(app: Flask, db: Database) -> list[str]:
    """Addresses with each key that there is in the place of their arguments."""

    def keys(session: Session) -> set[int]:
        tables = (Definition, ModelDraft, Scenario, ProcessInstance, Task)
        return {key for table in tables for key in session.scalars(select(table.key).limit(2))}  # type: ignore[attr-defined]

    found = []
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and len(rule.arguments) == 1]
    for rule in rules:
        (name,) = rule.arguments
        for value in d.read(db, keys) if "int:" in rule.rule or name.endswith("key") else ("p", "q", "old"):
            found.append(re.sub(r"<[^>]+>", str(value), rule.rule))
    return [path for path in found if _LISTS.match(path)]
