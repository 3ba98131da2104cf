"""Timers that repeat, are late or are written as dates, as reported against other engines."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app import clock
from app.engine import runtime
from tests.engine import drawing as d
from tests.engine.conformance.player import START, Player
from tests.engine.drawing import ANN
from tests.engine.reported.stage import CHILD, Stage


def reminding(kind: str, text: str, catch_up: str = "") -> bytes:
    """A task with a timer that opens task ``n`` beside it."""
    asked = d.said_by_property("catchUp", catch_up) if catch_up else ""
    border = d.element("boundaryEvent", "b", d.timer(kind, text), asked, attachedToRef="a", cancelActivity="false")
    return d.diagram("p", d.start(), d.user("a"), d.user("n"), d.end(), d.end("e2"), border, flows="s>a>e; b>n>e2")


@pytest.mark.parametrize(("cycle", "times"), [("R/PT5M", 12), ("R3/PT5M", 3), ("R1/PT5M", 1), ('="R" + string(2) + "/PT5M"', 2)])
def test_a_cycle_fires_as_often_as_it_says(cycle: str, times: int) -> None:
    """paed01/bpmn-engine#191"""
    p = Player(reminding("timeCycle", cycle)).start().wait(minutes=61)
    assert p.tasks.count("n") == times
    assert p.complete("a").timers == []


def test_a_cycle_in_a_subprocess_keeps_its_pace() -> None:
    """Activiti/Activiti#1171"""
    border = d.boundary("b", "a", d.timer("timeCycle", "R10/P1D"), interrupting=False)
    inner = (d.start("is"), d.user("a"), d.user("n"), d.end("ie"), d.end("ie2"), border)
    sub = d.subprocess("p1", *inner, flows="is>a>ie; b>n>ie2")
    p = Player(d.diagram("p", d.start(), sub, d.end(), flows="s>p1>e")).start().wait(hours=25)
    assert (p.tasks, p.timers) == (["a", "n"], [("b", START + timedelta(days=2))])
    assert p.wait(hours=24).tasks == ["a", "n", "n"]


@pytest.mark.parametrize(
    ("cycle", "begin", "days"),
    [
        ("R/P1M", "2020-01-31T08:00:00+08:00", ["2020-02-29", "2020-03-31", "2020-04-30", "2020-05-31"]),
        ("R/P1Y", "2020-02-29T08:00:00+08:00", ["2021-02-28", "2022-02-28", "2023-02-28", "2024-02-29"]),
        ("R/2020-01-31/P1M", "2020-01-01T08:00:00+08:00", ["2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30"]),
    ],
)
def test_every_month_from_the_31st_comes_back_to_the_31st(cycle: str, begin: str, days: list[str]) -> None:
    """SebastianEdwards/time-interval#1"""
    p = Player(reminding("timeCycle", cycle))
    p.now = datetime.fromisoformat(begin)
    p.start()
    seen = []
    for _ in days:
        ((_element, due),) = p.timers
        seen.append(clock.local(due).date().isoformat())
        # a day late each time: the cadence stays
        p.wait(days=(due - p.now).days + 1)
    assert seen == days


@pytest.mark.parametrize(
    ("cycle", "catch_up", "fired", "following"),
    [
        # camunda/camunda#9680, #10054: 48 reminders at once
        ("R/PT5M", "", 1, "2020-05-21T12:05:00+08:00"),
        ("R/PT5M", "once", 1, "2020-05-21T12:05:00+08:00"),
        ("R/PT5M", "all", 48, "2020-05-21T12:05:00+08:00"),
        ("R/2020-05-21T08:10:00+08:00/PT1H", "", 1, "2020-05-21T12:10:00+08:00"),
        ("R/2020-05-21T08:10:00+08:00/PT1H", "all", 4, "2020-05-21T12:10:00+08:00"),
        # what is counted comes as often as is written
        ("R6/PT1H", "", 4, "2020-05-21T13:00:00+08:00"),
        ("R6/PT1H", "once", 1, "2020-05-21T13:00:00+08:00"),
        ("R3/PT1H", "", 3, ""),
        ("R3/PT1H", "once", 1, ""),
    ],
)
def test_a_cycle_after_the_machine_was_down(stage: Stage, cycle: str, catch_up: str, fired: int, following: str) -> None:
    stage.deploy(reminding("timeCycle", cycle, catch_up))
    stage.start()
    stage.at("2020-05-21T12:01:00+08:00")
    assert stage.tasks.count("n") == fired
    assert stage.timers == ({"b": d.at(following)} if following else {})
    moments = [event.at for event in d.history(stage.db, "timer.fired")]
    assert set(moments) == {d.at("2020-05-21T12:01:00+08:00")}


def test_a_cycle_of_an_instance_that_was_suspended_fires_once_after_it_goes_on(stage: Stage) -> None:
    """camunda/camunda#58766, #63687"""
    stage.deploy(reminding("timeCycle", "R/PT1H"))
    instance = stage.start()
    stage.run(runtime.suspend, instance.key, ANN, reason="等")
    stage.at("2020-05-21T12:30:00+08:00")
    assert stage.tasks == ["a"]
    stage.run(runtime.resume, instance.key, ANN)
    stage.drain()
    assert (stage.tasks, stage.timers) == (["a", "n"], {"b": d.at("2020-05-21T13:00:00+08:00")})


@pytest.mark.parametrize("written", ['=date("2020-05-25")', '="2020-05-25"', "=date(day)"])
def test_a_date_means_the_same_as_due_date_and_as_timer(stage: Stage, written: str) -> None:
    """The end of that day in the campaign's zone: due date, follow-up date, timer and start of a cycle."""
    end_of_day = d.at("2020-05-25T23:59:59+08:00")
    once = d.boundary("once", "a", d.timer("timeDate", written))
    cycle = d.boundary("again", "a", d.timer("timeCycle", "R/2020-05-25/P1D"), interrupting=False)
    elements = (d.start(), d.user("a", dueDate=written, followUpDate=written), d.end(), d.end("e2"), d.end("e3"), once, cycle)
    stage.deploy(d.diagram("p", *elements, flows="s>a>e; once>e2; again>e3"))
    stage.start(day="2020-05-25")
    task = d.task(stage.db, "a")
    assert (task.due_at, task.follow_up_at) == (end_of_day, end_of_day)
    assert stage.timers == {"once": end_of_day, "again": end_of_day}


def test_a_start_event_that_was_down_starts_one_instance_and_keeps_its_day(stage: Stage) -> None:
    begin = d.start("s", d.timer("timeCycle", "R/2020-05-31T09:00:00+08:00/P1M"))
    stage.deploy(d.diagram("p", begin, d.user("a"), d.end(), flows="s>a>e"))
    stage.at("2020-09-05T08:00:00+08:00")
    assert stage.tasks == ["a"]
    (job,) = d.jobs_of(stage.db, kind="timer_start")
    assert job.due_at == d.at("2020-09-30T09:00:00+08:00")
    stage.at("2020-09-30T09:00:00+08:00")
    (job,) = d.jobs_of(stage.db, kind="timer_start")
    assert (stage.tasks, job.due_at) == (["a", "a"], d.at("2020-10-31T09:00:00+08:00"))


@pytest.mark.parametrize("end", ["complete", "cancel"])
def test_a_machine_whose_clock_is_behind_makes_nothing_run_backwards(stage: Stage, end: str) -> None:
    """Two machines' clocks differ, and a virtual clock that was moved is followed a moment later."""
    elements = (d.start(), d.user("a"), d.call("c", "child"), d.user("b"), d.end())
    stage.deploy(CHILD, d.diagram("p", *elements, flows="s>a>c>b>e"))
    stage.at("2020-05-21T10:00:00+08:00")
    instance = stage.start()
    stage.at("2020-05-21T09:00:00+08:00")
    stage.complete("a")
    assert d.task(stage.db, "visit").created_at == d.at("2020-05-21T10:00:00+08:00")
    if end == "cancel":
        stage.run(runtime.cancel, instance.key, ANN)
    else:
        stage.complete("visit")
        stage.complete("b")
    stage.drain()
    assert stage.states() == ["TERMINATED" if end == "cancel" else "COMPLETED"]
    assert [row.ended_at for row in d.instances(stage.db)] == [d.at("2020-05-21T10:00:00+08:00")] * 2
