"""Deployment, versions, look-up, and what starts instances."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import Database
from app.engine import bpmn, definitions, start_events, timers
from app.engine.actor import Actor
from app.engine.errors import NotFound, Refused
from app.engine.models import Definition, Deployment, Event, JobRow, SubscriptionRow
from tests.engine.diagrams import ROLE, chain, event, flow, inner, line, message, node, subprocess, timer, user_task, wrap

NOW = datetime.fromisoformat("2020-05-21T08:00:00+08:00")
ADMIN = Actor("admin", origin="127.0.0.1")
TASK = line(user_task())


def form(key: str = "card", **more: Any) -> bytes:
    return json.dumps({"id": key, "type": "default", "components": [{"type": "textfield", "key": "name", "id": "F1"}], **more}).encode()


def decision_file(*ids: str) -> bytes:
    tables = "".join(
        f'<decision id="{key}" name="{key.title()}"><decisionTable hitPolicy="FIRST"><input id="{key}_i"><inputExpression typeRef="number">'
        f'<text>a</text></inputExpression></input><output id="{key}_o" name="r"/><rule id="{key}_r"><inputEntry><text>&gt; 1</text>'
        '</inputEntry><outputEntry><text>"x"</text></outputEntry></rule></decisionTable></decision>'
        for key in ids
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="defs" name="D" namespace="http://camunda.org/schema/1.0/dmn">'
        f"{tables}</definitions>"
    ).encode()


def deploy(session: Session, files: dict[str, bytes], now: datetime = NOW, comment: str = "") -> definitions.DeploymentResult:
    return definitions.deploy(session, files, ADMIN, comment, now=now, task_types={"echo"})


def released(db: Database, files: dict[str, bytes], now: datetime = NOW) -> definitions.DeploymentResult:
    return db.in_transaction(lambda session: deploy(session, files, now))


# --- versions -----------------------------------------------------------------------------------------------------------


def test_a_deployment_makes_one_definition_of_each_thing_in_its_files(db: Database) -> None:
    files = {"p.bpmn": TASK, "card.form": form(title="Card"), "rules.dmn": decision_file("one", "two")}
    result = db.in_transaction(lambda session: deploy(session, files, comment="first"))
    assert sorted((each.kind, each.id, each.version, each.name, each.resource) for each in result.created) == [
        ("decision", "one", 1, "One", "rules.dmn"),
        ("decision", "two", 1, "Two", "rules.dmn"),
        ("form", "card", 1, "Card", "card.form"),
        ("process", "p", 1, "P", "p.bpmn"),
    ]
    with db.reading() as session:
        deployment = session.scalars(select(Deployment)).one()
        assert (deployment.key, deployment.actor, deployment.comment, deployment.created_at) == (
            result.deployment_key, "admin", "first", NOW,
        )  # fmt: skip
        found = definitions.newest(session, "process", "p")
        assert found is not None
        assert (found.content, len(found.checksum), found.created_at) == (TASK, 64, NOW)
        record = session.scalars(select(Event).where(Event.kind == "deployment.made")).one()
        assert (record.actor, record.origin, record.at, record.detail["comment"]) == ("admin", "127.0.0.1", NOW, "first")
        assert len(record.detail["definitions"]) == 4


def test_unchanged_content_makes_no_new_version(db: Database) -> None:
    files = {"p.bpmn": TASK, "card.form": form()}
    first = released(db, files)
    second = released(db, files)
    assert (second.deployment_key, second.created, second.unchanged) == (None, [], ["p.bpmn", "card.form"])
    assert sorted(each.key for each in second.definitions) == sorted(each.key for each in first.created)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Deployment)) == 1
        assert session.scalar(select(func.count()).select_from(Definition)) == 2


def test_only_what_has_changed_gets_a_new_version(db: Database) -> None:
    released(db, {"p.bpmn": TASK, "card.form": form()})
    changed = TASK.replace(b'name="X"', b'name="Y"')
    result = released(db, {"p.bpmn": changed, "card.form": form()})
    assert [(each.id, each.version) for each in result.created] == [("p", 2)]
    assert result.unchanged == ["card.form"]
    with db.reading() as session:
        newest = definitions.newest(session, "process", "p")
        assert newest is not None
        assert newest.version == 2
        first = definitions.version_of(session, "process", "p", 1)
        assert first is not None
        assert first.content == TASK


def test_an_earlier_version_can_be_released_again(db: Database) -> None:
    changed = TASK.replace(b'name="X"', b'name="Y"')
    released(db, {"p.bpmn": TASK})
    released(db, {"p.bpmn": changed})
    result = released(db, {"p.bpmn": TASK})
    assert [(each.id, each.version) for each in result.created] == [("p", 3)]
    again = released(db, {"p.bpmn": TASK})
    assert again.unchanged == ["p.bpmn"]


def test_a_file_whose_part_was_replaced_by_another_file_is_not_unchanged(db: Database) -> None:
    both = decision_file("one", "two")
    released(db, {"both.dmn": both})
    released(db, {"two.dmn": decision_file("two")})
    result = released(db, {"both.dmn": both})
    assert sorted((each.id, each.version) for each in result.created) == [("one", 2), ("two", 3)]


def test_a_form_without_id_is_refused(db: Database) -> None:
    """It could be deployed under the name of its file, and then nothing could open it."""
    with pytest.raises(Refused) as refused:
        released(db, {"card.form": b'{"type": "default", "components": []}'})
    assert [problem.code for problem in refused.value.problems] == ["form_id_invalid"]


def test_several_processes_of_a_file_are_definitions_of_their_own(db: Database) -> None:
    second = b'<bpmn:process id="q" name="Q" isExecutable="true">' + b"".join(
        [node("startEvent", "qs").encode(), node("endEvent", "qe").encode(), flow("qs", "qe").encode()]
    )
    both = TASK.replace(b"</bpmn:definitions>", second + b"</bpmn:process></bpmn:definitions>")
    result = released(db, {"p.bpmn": both})
    assert [(each.id, each.name) for each in result.created] == [("p", "P"), ("q", "Q")]
    with db.reading() as session:
        assert [definitions.process_of(session, each.key).id for each in result.created] == ["p", "q"]


# --- refusal ------------------------------------------------------------------------------------------------------------


def test_a_deployment_with_an_error_is_refused_as_a_whole(db: Database) -> None:
    bad = line(node("userTask", "x")).replace(b'id="p"', b'id="bad"')
    with pytest.raises(Refused) as caught:
        released(db, {"p.bpmn": TASK, "bad.bpmn": bad})
    assert ("bad.bpmn", "x", "user_task_without_role") in [
        (problem.resource, problem.element_id, problem.code) for problem in caught.value.problems
    ]
    assert "bad.bpmn" in str(caught.value)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Definition)) == 0
        assert session.scalar(select(func.count()).select_from(Deployment)) == 0


def test_warnings_do_not_refuse(db: Database) -> None:
    result = released(db, {"p.bpmn": TASK})
    assert [(problem.code, problem.element_id) for problem in result.warnings] == [("task_without_due_date", "x")]


def test_what_is_deployed_already_is_known(db: Database) -> None:
    child = line(user_task()).replace(b'id="p"', b'id="child"')
    caller = line(
        user_task("x", ROLE + '<zeebe:formDefinition formId="card"/>')
        + node("callActivity", "y", "", '<zeebe:calledElement processId="child"/>')
        + node("businessRuleTask", "z", "", '<zeebe:calledDecision decisionId="one" resultVariable="r"/>')
        + chain("x", "y", "z", "e")
    )
    with pytest.raises(Refused):
        released(db, {"p.bpmn": caller})
    released(db, {"child.bpmn": child, "card.form": form(), "rules.dmn": decision_file("one")})
    assert [each.id for each in released(db, {"p.bpmn": caller}).created] == ["p"]


# --- look-up ------------------------------------------------------------------------------------------------------------


def test_look_up(db: Database) -> None:
    (made,) = released(db, {"p.bpmn": TASK}).created
    with db.reading() as session:
        assert definitions.newest(session, "process", "nothing") is None
        assert definitions.newest(session, "form", "p") is None
        assert definitions.get(session, made.key).id == "p"
        with pytest.raises(NotFound):
            definitions.get(session, 1)
        with pytest.raises(NotFound):
            definitions.process_of(session, 1)


def test_a_parsed_process_is_kept(db: Database, statements: Any) -> None:
    (made,) = released(db, {"p.bpmn": TASK}).created
    with db.reading() as session:
        process = definitions.process_of(session, made.key)
        assert list(process.elements) == ["s", "x", "e"]
        with statements(db) as seen:
            assert definitions.process_of(session, made.key) is process
        assert seen == []


def test_sixty_unchanged_files_are_seen_quickly_and_in_few_statements(sqlite_db: Database, statements: Any) -> None:
    files = {f"p{index}.bpmn": TASK.replace(b'id="p"', f'id="p{index}"'.encode()) for index in range(60)}
    released(sqlite_db, files)
    with statements(sqlite_db) as seen:
        began = time.process_time()
        result = released(sqlite_db, files)
        took = time.process_time() - began
    assert len(result.unchanged) == 60
    assert len(seen) <= 3
    assert took < 0.3


# --- start events -------------------------------------------------------------------------------------------------------


def started(start: str, before: str = "") -> bytes:
    return wrap(start + node("endEvent", "e") + chain("s", "e"), before=before)


def subscriptions(db: Database) -> list[tuple[str, str, str, int | None, int]]:
    with db.reading() as session:
        rows = session.scalars(select(SubscriptionRow).order_by(SubscriptionRow.key)).all()
        return [(row.kind, row.name, row.element_id, row.definition_key, row.instance_key) for row in rows]


def jobs(db: Database) -> list[JobRow]:
    with db.reading() as session:
        rows = list(session.scalars(select(JobRow).order_by(JobRow.key)).all())
        session.expunge_all()
        return rows


def test_message_and_signal_starts_are_subscribed_for_the_newest_version_only(db: Database) -> None:
    before = message("m", "=&quot;ne&quot; + &quot;ws&quot;", None) + '<bpmn:signal id="si" name="go"/>'
    body = event("startEvent", "s", "message", reference="m") + event("startEvent", "s2", "signal", reference="si") + flow("s2", "e")
    (first,) = released(db, {"p.bpmn": started(body, before)}).created
    assert subscriptions(db) == [("message", "news", "s", first.key, 0), ("signal", "go", "s2", first.key, 0)]
    body = event("startEvent", "s", "message", reference="m")
    (second,) = released(db, {"p.bpmn": started(body, message("m", "other", None))}).created
    assert subscriptions(db) == [("message", "other", "s", second.key, 0)]


def test_start_events_of_event_subprocesses_start_no_instances(db: Database) -> None:
    inside = event("startEvent", "is", "message", reference="m") + node("endEvent", "ie") + chain("is", "ie")
    released(db, {"p.bpmn": line(user_task() + subprocess("ev", inside, triggeredByEvent="true"), before=message())})
    assert subscriptions(db) == []


def test_other_processes_keep_their_subscriptions(db: Database) -> None:
    body = started(event("startEvent", "s", "message", reference="m"), message("m", "news", None))
    released(db, {"p.bpmn": body, "q.bpmn": body.replace(b'id="p"', b'id="q"')})
    released(db, {"p.bpmn": started(node("startEvent", "s"))})
    assert [name for _, name, *_ in subscriptions(db)] == ["news"]


@pytest.mark.parametrize(
    ("what", "text", "due", "left"),
    [
        ("timeDate", "2020-05-22T09:00:00+08:00", "2020-05-22T09:00:00+08:00", None),
        ("timeDate", "2020-05-20T09:00:00+08:00", "2020-05-20T09:00:00+08:00", None),
        ("timeDuration", "PT2H", "2020-05-21T10:00:00+08:00", None),
        ("timeDuration", '=duration("PT2H")', "2020-05-21T10:00:00+08:00", None),
        ("timeCycle", "R3/PT10M", "2020-05-21T08:10:00+08:00", 2),
        ("timeCycle", "R/2020-05-20T20:00:00+08:00/P1D", "2020-05-21T20:00:00+08:00", None),
        ("timeCycle", "R3/2020-05-20T20:00:00+08:00/P1D", "2020-05-21T20:00:00+08:00", 1),
    ],
)
def test_timer_starts_become_jobs(db: Database, what: str, text: str, due: str, left: int | None) -> None:
    (made,) = released(db, {"p.bpmn": started(timer("startEvent", "s", what, text))}).created
    (job,) = jobs(db)
    assert (job.kind, job.instance_key, job.element_id, job.occurrence) == ("timer_start", made.key, "s", 0)
    assert job.due_at == datetime.fromisoformat(due)
    assert job.payload["left"] == left
    assert job.payload["element_id"] == "s"


def test_a_cycle_whose_turns_have_all_passed_starts_nothing(db: Database) -> None:
    released(db, {"p.bpmn": started(timer("startEvent", "s", "timeCycle", "R2/2020-05-01T20:00:00+08:00/P1D"))})
    assert jobs(db) == []


def test_several_timer_starts_are_jobs_of_their_own(db: Database) -> None:
    body = timer("startEvent", "s", "timeDuration", "PT1H") + timer("startEvent", "s2", "timeDuration", "PT2H") + flow("s2", "e")
    released(db, {"p.bpmn": started(body)})
    assert [job.element_id for job in jobs(db)] == ["s", "s2"]


def test_a_new_version_takes_over_the_timer_starts(db: Database) -> None:
    released(db, {"p.bpmn": started(timer("startEvent", "s", "timeDuration", "PT1H"))})
    (second,) = released(db, {"p.bpmn": started(timer("startEvent", "s", "timeDuration", "PT3H"))}).created
    assert [(job.instance_key, job.due_at) for job in jobs(db)] == [(second.key, datetime.fromisoformat("2020-05-21T11:00:00+08:00"))]
    released(db, {"p.bpmn": started(node("startEvent", "s"))})
    assert jobs(db) == []


def test_a_cycle_goes_on_until_its_turns_are_over(db: Database) -> None:
    released(db, {"p.bpmn": started(timer("startEvent", "s", "timeCycle", "R3/PT10M"))})
    turns = [jobs(db)[0]]
    while following_job := start_events.next_start(turns[-1]):
        turns.append(following_job)
    assert [(job.occurrence, job.due_at.isoformat(), job.payload["left"]) for job in turns] == [
        (0, "2020-05-21T00:10:00+00:00", 2),
        (1, "2020-05-21T00:20:00+00:00", 1),
        (2, "2020-05-21T00:30:00+00:00", 0),
    ]
    assert len({(job.instance_key, job.activity_key, job.kind, job.element_id) for job in turns}) == 1


@pytest.mark.parametrize(("what", "text"), [("timeDate", "2020-05-22T09:00:00Z"), ("timeDuration", "PT1H")])
def test_dates_and_durations_start_once(db: Database, what: str, text: str) -> None:
    released(db, {"p.bpmn": started(timer("startEvent", "s", what, text))})
    assert start_events.next_start(jobs(db)[0]) is None


def test_a_date_that_an_older_version_has_reached_does_not_start_again(db: Database) -> None:
    dated = timer("startEvent", "s", "timeDate", "2020-05-22T09:00:00+08:00")
    released(db, {"p.bpmn": started(dated)})
    later = timers.add(NOW, timers.duration("P3D"))
    released(db, {"p.bpmn": started(dated + "<!-- changed -->")}, now=later)
    assert jobs(db) == []


# --- what comes next, and R-ids -----------------------------------------------------------------------------------------


def process(xml: bytes) -> definitions.Process:
    (found,) = bpmn.parse(xml)
    return found


def following(xml: bytes, key: str = "x") -> list[str]:
    return [element.id for element in definitions.next_elements(process(xml), key)]


def test_what_comes_next_is_seen_through_gateways_and_automatic_work() -> None:
    body = (
        user_task()
        + node("serviceTask", "auto")
        + node("exclusiveGateway", "g", default="back")
        + user_task("review")
        + flow("x", "auto")
        + flow("auto", "g")
        + flow("g", "review", "=ok")
        + flow("g", "x", key="back")
        + flow("review", "e")
    )
    xml = wrap(node("startEvent", "s") + body + node("endEvent", "e") + chain("s", "x"))
    assert following(xml) == ["x", "review"]
    assert following(xml, "review") == ["e"]


def test_what_comes_next_inside_and_after_a_subprocess() -> None:
    inside = node("startEvent", "is") + user_task("it") + node("endEvent", "ie") + chain("is", "it", "ie")
    xml = line(user_task() + subprocess("sub", inside) + user_task("after") + chain("x", "sub", "after", "e"))
    assert following(xml) == ["it", "e"]
    assert following(xml, "it") == ["after"]


def test_what_comes_next_over_links_forks_and_waiting_events() -> None:
    body = (
        user_task()
        + node("parallelGateway", "fork")
        + node("callActivity", "call")
        + node("intermediateThrowEvent", "l", '<bpmn:linkEventDefinition name="L"/>')
        + chain("x", "fork", "call", "e")
        + flow("fork", "l")
        + node("intermediateCatchEvent", "c", '<bpmn:linkEventDefinition name="L"/>')
        + event("intermediateCatchEvent", "wait", "message", reference="m")
        + chain("c", "wait", "e")
    )
    xml = wrap(node("startEvent", "s") + body + node("endEvent", "e") + chain("s", "x"))
    assert following(xml) == ["call", "wait"]


def test_boundary_events_are_not_what_the_button_does() -> None:
    border = timer("boundaryEvent", "b", "timeDuration", "PT1H", attachedToRef="x") + user_task("late") + chain("b", "late", "e")
    assert following(line(user_task() + border)) == ["e"]


def test_the_end_of_an_empty_subprocess_leads_on() -> None:
    assert following(line(user_task() + subprocess("sub", inner()) + chain("x", "sub", "e"))) == ["e"]


def test_requirements_are_found_in_documentation() -> None:
    def documented(text: str) -> str:
        return f"<bpmn:documentation>{text}</bpmn:documentation>"

    xml = wrap(
        documented("R01根据《方案》(云扶组办发〔2020〕37号)")
        + node("startEvent", "s")
        + node("userTask", "x", documented("R28、R29 重新访问;R28"))
        + node("userTask", "y", documented("R29. BR30 R57 R00 R1 R280 xR31"))
        + node("endEvent", "e")
        + '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="x">' + documented("①先核查再填报 R21") + "</bpmn:sequenceFlow>"
    )  # fmt: skip
    assert definitions.requirements(process(xml)) == {"R01": ["p"], "R28": ["x"], "R29": ["x", "y"], "R21": ["f"]}
