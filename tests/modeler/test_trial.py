"""A draft is tried by our own engine in a sandbox of its own: real forms, real children, its own clock, and nothing real is touched."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app import clock
from app.campaign import handlers as _campaign_handlers  # noqa: F401  (registers the task types that the draft names)
from app.db import Base, Database
from app.engine import handlers
from app.engine.errors import Refused
from app.engine.models import Incident, ProcessInstance
from app.modeler.trial import playing, sandbox
from app.modeler.trial.steps import Play, StepRefused
from tests.engine import drawing as d
from tests.modeler.trying import BEGIN, DIG, FILL, FORM, LOOK, START, deeper, deploy, do, errand, files, played


def everything(db: Database) -> dict[str, int]:
    """Table → number of its rows."""
    with db.reading() as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in Base.metadata.sorted_tables}


def test_a_form_a_service_task_and_a_child_to_the_end(sqlite_db: Database) -> None:
    with played(sqlite_db, FILL, LOOK, DIG) as went:
        assert went.refused is None
        assert [done.seen.open for done in went.done] == [["fill"], ["look"], ["deep", "deeper/dig"], []]
        assert went.done[2].seen.path == ["many", "deep", "deeper/ds", "deeper/dig"]
        assert (went.seen.ended, went.seen.variables["amount"], went.seen.variables["found"]) == (True, 20, 1)


def test_timers_fire_at_their_own_time_on_the_trials_clock(sqlite_db: Database) -> None:
    with played(sqlite_db, {"do": "clock", "to": "next"}) as went:
        assert clock.now() == datetime(2020, 5, 31, 16, tzinfo=UTC)
        assert went.seen.open == ["fill", "remind"]
        assert went.done[0].seen.due == {"fill": datetime(2020, 5, 30, 16, tzinfo=UTC)}
    with played(sqlite_db, {"do": "clock", "to": '=date and time(campaign.report_deadline) + duration("PT3H")'}) as went:
        assert clock.now() == datetime(2020, 5, 31, 19, tzinfo=UTC)
        assert went.seen.open == ["fill", "remind"]
    with played(sqlite_db, {"do": "clock", "to": "2020-05-20T08:00:00+08:00"}) as went:
        assert went.refused and went.refused.code == "backward"


def test_the_form_is_checked_as_in_the_inbox(sqlite_db: Database) -> None:
    with played(sqlite_db, do("complete", "fill", form={"amount": 0})) as went:
        assert went.refused and went.refused.code == "form_refused"
        assert list(went.refused.params["outcome"].errors) == ["amount"]
        assert len(went.done) == 1, "what was before stands"


def test_nothing_real_is_touched(sqlite_db: Database) -> None:
    """Not a row of any table, not the clock, no handler; what is deployed is tried with the draft over it."""
    deploy(sqlite_db, **{"errand.bpmn": errand(limit=99)})
    before, now = everything(sqlite_db), clock.now()
    called: list[str] = []
    handlers_before = dict(handlers.HANDLERS)
    handlers.HANDLERS["campaign.collect_form"] = lambda _session, _job: called.append("real")  # type: ignore[func-returns-value]
    try:
        with played(sqlite_db, FILL, LOOK, DIG, contents={"errand.bpmn": errand()}) as went:
            assert went.seen.ended and "deeper/dig" in went.done[2].seen.open
        with played(sqlite_db, FILL, LOOK, contents={}) as went:
            assert went.seen.ended, "as deployed, 20 is not many"
    finally:
        handlers.HANDLERS.clear()
        handlers.HANDLERS.update(handlers_before)
    assert called == []
    assert everything(sqlite_db) == before
    assert abs(clock.now() - now) < timedelta(minutes=1)


def test_another_thread_sees_the_real_time_and_the_real_handlers_meanwhile(sqlite_db: Database) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append((clock.now(), handlers.find("campaign.notify")))

    with played(sqlite_db) as _went:
        mine = clock.now()
        other = threading.Thread(target=look)
        other.start()
        other.join()
        assert handlers.find("campaign.notify") is not handlers.HANDLERS["campaign.notify"]
    assert mine == BEGIN.astimezone(UTC)
    assert abs(seen[0][0] - clock.real_now()) < timedelta(minutes=1)
    assert seen[0][1] is handlers.HANDLERS["campaign.notify"]


def test_a_called_process_may_be_a_stand_in(sqlite_db: Database) -> None:
    answer = do("answer", "stub", "deeper", variables={"found": 7})
    with played(sqlite_db, FILL, LOOK, answer, stubs=("deeper",)) as went:
        assert went.done[2].seen.open == ["deep", "deeper/stub"]
        assert (went.seen.ended, went.seen.variables["found"]) == (True, 7)


def test_a_failure_is_an_incident_and_can_be_tried_again(sqlite_db: Database) -> None:
    with played(sqlite_db, FILL, do("answer", "look", failure="接口不通")) as went:
        assert went.seen.incidents == ["look"]
        with went.sandbox.db.reading() as session:
            assert "接口不通" in session.scalars(select(Incident.message)).one()
    with played(sqlite_db, FILL, do("answer", "look", failure="接口不通"), LOOK) as went:
        assert (went.seen.incidents, went.seen.open) == ([], ["deep", "deeper/dig"])


def test_a_step_of_the_engine_that_fails_is_an_incident_too(sqlite_db: Database) -> None:
    broken = files(**{"errand.bpmn": errand().replace(b"10 &lt; amount", b"amount + 1")})
    with played(sqlite_db, FILL, LOOK, contents=broken) as went:
        assert went.seen.incidents == ["many"]
        assert not went.seen.ended


def test_a_bpmn_error_and_a_message(sqlite_db: Database) -> None:
    drawn = d.diagram(
        "errand",
        d.start(),
        d.catch("wait", d.on_message("go")),
        d.service("look", "campaign.notify"),
        d.boundary("bad", "look", d.on_error("BAD")),
        d.user("mend"),
        d.end(),
        flows="s>wait>look>e; bad>mend>e",
        roots=d.message("go", "campaign.id") + d.error("BAD"),
    )
    sent = {"do": "message", "name": "go", "key": "7", "variables": {"why": "x"}}
    with played(sqlite_db, sent, do("answer", "look", error="BAD"), contents={"errand.bpmn": drawn}) as went:
        assert went.refused is None
        assert (went.seen.open, went.seen.variables["why"]) == (["mend"], "x")


def test_the_same_steps_mean_the_same_whoever_plays_them(sqlite_db: Database) -> None:
    """Another worker remembers nothing of the first one's trial, and sees the same."""
    steps = (FILL, LOOK, {"do": "clock", "to": "2020-05-22T08:00:00+08:00"}, DIG)
    with played(sqlite_db, *steps) as went:
        first = [(done.at, done.seen.open, done.seen.path, done.seen.due) for done in went.done]
    playing._states.clear()
    with played(sqlite_db, *steps) as went:
        assert [(done.at, done.seen.open, done.seen.path, done.seen.due) for done in went.done] == first


def test_visits_are_told_apart_by_their_number(sqlite_db: Database) -> None:
    drawn = d.diagram("errand", d.start(), d.call("each", "deeper", items="[1, 2, 3]"), d.end(), flows="s>each>e")
    contents = {"errand.bpmn": drawn, "deeper.bpmn": deeper()}
    steps = [do("complete", "dig", "deeper", nth=nth) for nth in (2, 3)]
    with played(sqlite_db, *steps, contents=contents) as went:
        assert went.seen.open == ["deeper/dig", "each"]
    with played(sqlite_db, *steps, steps[0], contents=contents) as went:
        assert went.refused and went.refused.code == "already_left"
    with played(sqlite_db, do("complete", "dig", "deeper", nth=4), contents=contents) as went:
        assert went.refused and went.refused.code == "never_there"


def test_what_may_not_be_deployed_cannot_be_tried(sqlite_db: Database) -> None:
    with pytest.raises(Refused), played(sqlite_db, contents={"errand.bpmn": errand(), "deeper.bpmn": deeper()}):
        pass


def test_a_cycle_without_end_stops_the_clock_not_the_server(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "TIMERS_AT_ONCE", 20)
    gateways = d.element("exclusiveGateway", "x") + d.element("exclusiveGateway", "g")
    drawn = d.diagram(
        "errand",
        d.start(),
        d.catch("tick", d.timer("timeDuration", "PT1S")),
        gateways,
        d.end(),
        flows='s>x>tick>g>[campaign.id = "0"]e; g>[default]x',
    )
    with played(sqlite_db, {"do": "clock", "to": "2021-05-22T08:00:00+08:00"}, contents={"errand.bpmn": drawn}) as went:
        assert went.refused and went.refused.code == "too_many_timers"


def test_work_that_never_comes_to_rest_is_stopped(sqlite_db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that call each other's message for ever."""
    monkeypatch.setattr(sandbox, "JOBS_AT_ONCE", 40)
    throw = d.element("endEvent", "e", d.on_message("again"), "")
    drawn = d.diagram(
        "errand", d.start(), d.start("told", d.on_message("again")), throw, flows="s>e; told>e", roots=d.message("again", '"x"')
    )
    with played(sqlite_db, contents={"errand.bpmn": drawn}) as went:
        assert went.refused and went.refused.code == "too_much_work"


@pytest.mark.parametrize(
    "given",
    [
        None,
        {},
        {"process": "p", "begin": "2020-05-21T08:00:00", "steps": []},
        {"process": "p", "begin": BEGIN.isoformat(), "steps": [{"do": "explode"}]},
        {"process": "p", "begin": BEGIN.isoformat(), "steps": [{"do": "complete", "variables": []}]},
        {"process": "p", "begin": BEGIN.isoformat(), "steps": [{"do": "complete", "nth": "1"}]},
        {"process": "p", "begin": BEGIN.isoformat(), "steps": [START] * 301},
    ],
)
def test_what_is_no_play_is_refused(given: Any) -> None:
    with pytest.raises(StepRefused):
        Play.of(given)


def test_a_timer_start_event_counts_from_the_trials_beginning(sqlite_db: Database) -> None:
    drawn = d.diagram("errand", d.start(), d.user("a"), d.end(), flows="s>a>e")
    daily = d.diagram("daily", d.start("ts", d.timer("timeDate", "2020-05-21T20:00:00+08:00")), d.user("b"), d.end("te"), flows="ts>b>te")
    with played(sqlite_db, {"do": "clock", "to": "next"}, contents={"errand.bpmn": drawn, "daily.bpmn": daily}) as went:
        assert went.refused is None
        with went.sandbox.db.reading() as session:
            assert session.scalars(select(ProcessInstance.process_id).order_by(ProcessInstance.key)).all() == ["errand", "daily"]
        assert FORM
