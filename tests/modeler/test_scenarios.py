"""Scenarios: kept ways through a process, run again on what is to be deployed; made from trials, files and real instances."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import clock, personal
from app.campaign import handlers as _campaign_handlers  # noqa: F401  (registers the task types that the draft names)
from app.db import Database
from app.deploying import shipped_files
from app.engine import definitions, handlers, jobs, runtime
from app.engine.actor import Actor
from app.engine.models import Event, Task
from app.forms import schema, submissions
from app.forms.outcome import Outcome
from app.modeler.trial import observing, playing, recorded, sandbox, scenarios, shipped, store
from app.modeler.trial.models import Scenario, ScenarioRun
from app.modeler.trial.steps import Play
from tests.engine import drawing as d
from tests.modeler.trying import ADMIN, BEGIN, DIG, FILL, FORM, LOOK, PROCESS, deeper, deploy, errand, files, mapped, play

LI = Actor("li")


def keep(db: Database, *steps: Any, name: str = "多的要深挖") -> int:
    """A scenario of these steps with what is seen today as expectation."""
    with db.reading() as session:
        base = sandbox.deployed(session)
    with playing.played(base, {}, play(*steps)) as went, went.sandbox.db.reading() as inside:
        assert went.refused is None
        seen = [{**done.step, "expect": observing.expectation(inside, done.seen)} for done in went.done]
    kept = Play(PROCESS, BEGIN, [], seen)
    return db.in_transaction(lambda session: store.keep(session, name, kept, ADMIN)).key


@pytest.fixture
def deployed(db: Database) -> Database:
    deploy(db)
    return db


def test_what_has_not_changed_passes(deployed: Database) -> None:
    keep(deployed, FILL, LOOK, DIG)
    [result] = scenarios.run_all(deployed, {})
    assert (result.ok, result.name, result.process, result.difference, result.step) == (True, "多的要深挖", PROCESS, "", 0)
    with deployed.reading() as session:
        assert [each.ok for each in scenarios.run_all(session, files())] == [True], "a session serves as well as a database"


@pytest.mark.parametrize("expects", [None, {}, {"open": ["j"], "ended": False}])
def test_a_process_that_hangs_is_never_as_expected(db: Database, expects: dict[str, Any] | None) -> None:
    """One branch of an exclusive choice comes to a parallel join, which waits for the other for ever: case 86."""
    gateway, join = d.element("exclusiveGateway", "g"), d.element("parallelGateway", "j")
    flows = "s>f>g>[a]b>j>e; g>[default]j"
    d.deploy(db, d.diagram("hangs", d.start(), d.user("f"), gateway, d.user("b"), join, d.end(), flows=flows))
    done: dict[str, Any] = {"do": "complete", "process": "hangs", "at": "f", "variables": {"a": False}}
    begun = {"do": "start", "process": "hangs", "variables": {"a": False}}
    last = done if expects is None else {**done, "expect": expects}
    kept = Play("hangs", BEGIN, [], [begun, last])
    db.in_transaction(lambda session: store.keep(session, "停住", kept, ADMIN))
    [result] = scenarios.run_all(db, {})
    assert (result.ok, result.step) == (False, 2)
    assert any("没有人或事件能使其继续" in each for each in result.differences), result.differences


def test_what_waits_for_a_message_or_a_timer_does_not_hang(db: Database) -> None:
    waits = d.catch("m", d.on_message("go"))
    later = d.catch("t", d.timer("timeDuration", "PT1H"))
    d.deploy(db, d.diagram("waits", d.start(), later, waits, d.end(), flows="s>t>m>e", roots=d.message("go", "key")))
    steps = [{"do": "start", "process": "waits", "variables": {"key": "k"}}, {"do": "clock", "to": "next"}]
    db.in_transaction(lambda session: store.keep(session, "等", Play("waits", BEGIN, [], steps), ADMIN))
    [result] = scenarios.run_all(db, {})
    assert (result.ok, result.differences) == (True, [])


def test_a_changed_gateway_is_caught_at_its_step(deployed: Database) -> None:
    keep(deployed, FILL, LOOK, DIG)
    [result] = scenarios.run_all(deployed, {"errand.bpmn": errand(limit=50)})
    assert (result.ok, result.step) == (False, 3)
    assert "deep" in result.difference and "dig" in result.difference
    assert result.marks["deep"] == "missing" and result.marks["e"] == "extra" and result.marks["many"] == "done"


def test_a_changed_due_date_is_caught_and_a_moved_deadline_is_not(deployed: Database) -> None:
    """Due moments are expected relative to the campaign's date that the diagram names."""
    key = keep(deployed, FILL, LOOK, DIG)
    later = errand(due='date and time(campaign.report_deadline) - duration("P2D")')
    [result] = scenarios.run_all(deployed, {"errand.bpmn": later})
    assert (result.ok, result.step) == (False, 1)
    assert result.difference == "“fill”的期限应为 2020-05-31 00:00，实际为 2020-05-30 00:00。"
    with deployed.reading() as session:
        moved = store.scenario(session, key).play
    moved["steps"][0]["variables"]["campaign"]["report_deadline"] = "2020-06-09T00:00:00+08:00"
    deployed.in_transaction(lambda session: store.change(session, store.scenario(session, key), "改期", Play.of(moved), LI))
    [result] = scenarios.run_all(deployed, {})
    assert result.ok, result.difference


def test_a_removed_element_a_new_error_and_a_changed_form_are_caught(deployed: Database) -> None:
    keep(deployed, FILL, LOOK, DIG)
    renamed = errand().replace(b'"look"', b'"inspect"')
    assert scenarios.run_all(deployed, {"errand.bpmn": renamed})[0].step == 2
    broken = errand().replace(b"10 &lt; amount", b"amount + 1")
    [result] = scenarios.run_all(deployed, {"errand.bpmn": broken})
    assert (result.ok, result.step) == (False, 3)
    stricter = FORM.replace(b'"min": 1', b'"min": 100')
    [result] = scenarios.run_all(deployed, {"answer_sheet.form": stricter})
    assert (result.ok, result.step) == (False, 2) and "amount" in result.difference


def test_files_that_may_not_be_deployed_fail_every_scenario(deployed: Database) -> None:
    keep(deployed, FILL)
    [result] = scenarios.run_all(deployed, {"errand.bpmn": errand().replace(b"campaign.notify", b"nobody.knows")})
    assert (result.ok, result.step) == (False, 0) and "remind" in result.difference


def test_variables_may_be_expected_too(deployed: Database) -> None:
    key = keep(deployed, FILL)
    with deployed.reading() as session:
        given = store.scenario(session, key).play
    given["steps"][1]["expect"] = {"variables": {"amount": 21}}
    deployed.in_transaction(lambda session: store.change(session, store.scenario(session, key), "", Play.of(given), LI))
    [result] = scenarios.run_all(deployed, {})
    assert result.difference == "变量 amount 应为 21，实际为 20。"


def test_a_disabled_one_is_not_run_and_each_act_is_in_the_history(deployed: Database) -> None:
    key = keep(deployed, FILL)
    deployed.in_transaction(lambda s: store.set_state(s, store.scenario(s, key), "DISABLED", "等新表单", LI))
    assert scenarios.run_all(deployed, {}) == []
    deployed.in_transaction(lambda s: store.set_state(s, store.scenario(s, key), "ACTIVE", "", LI))
    deployed.in_transaction(lambda s: store.note_runs(s, scenarios.run_all(s, {}), LI))
    deployed.in_transaction(lambda s: store.set_state(s, store.scenario(s, key), "DELETED", "重复", LI))
    with deployed.reading() as session:
        kinds = session.execute(select(Event.kind, Event.actor).where(Event.kind.like("scenario.%")).order_by(Event.key)).all()
        assert [kind for kind, _actor in kinds] == ["scenario.created", "scenario.disabled", "scenario.active", "scenario.deleted"]
        assert store.listed(session) == []
        assert session.scalars(select(ScenarioRun.ok)).all() == [True]


def test_old_runs_go(deployed: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "RUNS_KEPT", 2)
    key = keep(deployed, FILL)
    result = scenarios.ScenarioResult("x", PROCESS, True, 0.1, scenario_key=key)
    for _time in range(4):
        deployed.in_transaction(lambda s: store.note_runs(s, [result], LI))
    with deployed.reading() as session:
        assert len(store.runs_of(session, key)) == 2


# --- shipped ----------------------------------------------------------------------------------------------------------------


def test_every_shipped_scenario_passes_on_the_shipped_files(sqlite_db: Database) -> None:
    now = clock.now()
    sqlite_db.in_transaction(lambda s: definitions.deploy(s, shipped_files(), ADMIN, now=now))
    taken = sqlite_db.in_transaction(lambda s: shipped.load(s, shipped.files(), ADMIN))
    results = scenarios.run_all(sqlite_db, {})
    assert [(each.name, each.difference) for each in results if not each.ok] == []
    assert len(results) == taken >= 6


def test_a_file_counts_again_only_when_it_has_changed(db: Database) -> None:
    given = {"one.json": json.dumps({"name": "一", **play(FILL).as_json()}).encode()}

    def load() -> int:
        return db.in_transaction(lambda s: shipped.load(s, given, ADMIN))

    def found() -> Scenario:
        with db.reading() as session:
            return session.scalars(select(Scenario)).one()

    assert (load(), load()) == (1, 0)
    key = found().key
    db.in_transaction(lambda s: store.set_state(s, store.scenario(s, key), "DISABLED", "暂时", LI))
    assert (load(), found().state) == (0, "DISABLED"), "what a person did to it stays"
    given["one.json"] += b"\n"
    assert (load(), found().state, found().key) == (1, "ACTIVE", key)


# --- from a real instance ---------------------------------------------------------------------------------------------------

VISIT = "V01-01-077"


def visit() -> bytes:
    """A real process with a household's data in its variables: fill → check (service) → again? → wait for a message → end."""
    outputs = mapped(("amount", "amount"), ("result", "result"))
    checks = mapped(("score", "score"))
    return d.diagram(
        "visit",
        d.start(),
        d.user("fill", form="answer_sheet", extensions=outputs),
        d.service("check", "test.score", extensions=checks),
        d.element("exclusiveGateway", "again"),
        d.catch("told", d.on_message("told")),
        d.call("more", "deeper"),
        d.end(),
        flows='s>fill>check>again>[result = "redo"]fill; again>[default]told>more>e',
        roots=d.message("told", 'campaign.id + ":" + household.code'),
        properties={"label": "=household.label", "subject": '="household:" + household.code', "businessKey": "=household.code"},
    )


def real_visit(db: Database) -> int:
    """One finished instance: filled twice, a day apart, with a personal remark; the message came; its child ended."""
    household = {"code": VISIT, "label": "柏树村 3组 王小明", "village": "V01", "phone": "13800001234"}
    given = {"campaign": {"id": "7", "name": "自查"}, "household": household, "amount": None}
    sheet = json.loads(FORM)
    sheet["components"].append({"type": "textfield", "id": "r", "key": "result", "label": "结果"})
    sheet["components"][1]["properties"] = {"personal": "name"}
    contents = {"visit.bpmn": visit(), "deeper.bpmn": deeper(), "answer_sheet.form": json.dumps(sheet, ensure_ascii=False).encode()}
    form = schema.load(contents["answer_sheet.form"])
    with clock.frozen(BEGIN) as move:
        db.in_transaction(lambda s: definitions.deploy(s, contents, ADMIN, now=BEGIN, task_types={"test.score"}))
        key = db.in_transaction(lambda s: runtime.start(s, "visit", given, LI)).key

        def fill(result: str) -> None:
            def work(session: Any) -> None:
                task = session.scalars(select(Task).where(Task.element_id == "fill", Task.state == "OPEN")).one()
                data = {"amount": 12, "remark": "王小明家的房子漏雨", "result": result}
                kept = submissions.save(session, form, Outcome(data), LI, task=task)
                runtime.complete(session, task.key, data, LI, detail={"submission": str(kept.key)})

            db.in_transaction(work)
            jobs.drain(db)

        fill("redo")
        move(BEGIN + timedelta(days=1))
        fill("good")
        db.in_transaction(lambda s: runtime.publish_message(s, "told", f"7:{VISIT}", {"by": "李四"}, LI))
        jobs.drain(db)

        def dig(session: Any) -> None:
            task = session.scalars(select(Task).where(Task.element_id == "dig", Task.state == "OPEN")).one()
            runtime.complete(session, task.key, {}, LI)

        db.in_transaction(dig)
        jobs.drain(db)
    return key


@pytest.fixture
def scoring(monkeypatch: pytest.MonkeyPatch) -> None:
    own = {**handlers.HANDLERS, "test.score": lambda _session, _job: {"score": 88}}
    monkeypatch.setattr(handlers, "HANDLERS", own)
    personal.install("5a" * 32)


def test_a_finished_instance_becomes_a_scenario_that_leads_the_same_way(db: Database, scoring: None) -> None:
    key = real_visit(db)
    with db.reading() as session:
        made = recorded.record(session, key)
    assert made.differs == ""
    told = [(step["do"], step.get("at", step.get("name", "")), step.get("nth", 1)) for step in made.play.steps]
    assert told == [
        ("start", "", 1),
        ("complete", "fill", 1),
        ("answer", "check", 1),
        ("clock", "", 1),
        ("complete", "fill", 2),
        ("answer", "check", 2),
        ("message", "told", 1),
        ("answer", "stub", 1),
    ]
    assert made.play.steps[1]["variables"] == {"amount": 12, "result": "redo"}, "what was entered then, not what it was at the end"
    kept = db.in_transaction(lambda s: store.keep(s, made.name, made.play, ADMIN, instance_key=key))
    [result] = scenarios.run_all(db, {})
    assert (result.ok, result.scenario_key) == (True, kept.key), result.difference
    changed = visit().replace(b'result = "redo"', b'result = "back"')
    assert not scenarios.run_all(db, {"visit.bpmn": changed})[0].ok


def test_no_household_can_be_recognised_in_it(db: Database, scoring: None) -> None:
    key = real_visit(db)
    with db.reading() as session:
        made = recorded.record(session, key)
        started = recorded.start_variables(session, key)
    text = json.dumps([made.name, made.play.as_json(), started], ensure_ascii=False)
    for secret in ("王小明", "柏树村", VISIT, "13800001234", "李四", "漏雨"):
        assert secret not in text
    assert re.fullmatch(r"样例\d+", started["household"]["code"])
    assert started["campaign"]["id"] == "7"


def test_only_what_has_ended_can_be_recorded(db: Database) -> None:
    deploy(db)
    key = db.in_transaction(lambda s: runtime.start(s, PROCESS, {"campaign": {"report_deadline": "2020-06-01T00:00:00+08:00"}}, LI)).key
    with db.reading() as session, pytest.raises(Exception, match="finished"):
        recorded.record(session, key)


def test_the_folder_holds_scenarios_only() -> None:
    for path in Path(shipped.FOLDER).iterdir():
        given = json.loads(path.read_bytes())
        assert path.suffix == ".json" and given["name"] and given["about"]
        assert all(step["expect"]["open"] is not None for step in Play.of(given).steps)
