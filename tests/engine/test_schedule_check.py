"""What the check says of the schedule that a root diagram states."""

from __future__ import annotations

import pytest

from app.config import ROOT
from app.engine import definitions
from app.engine.problems import Problem
from tests.engine import drawing as d

GOOD = {
    "date.begin": '=back(3, "08:00")',
    "date.visit": '=campaign.begin + duration("PT1H")',
    "date.report": "=deadline",
    "after.visit": "begin",
    "time.evening": "19:30",
}
TIMER = "date and time(campaign.visit)"


def found(properties: dict[str, str], *, timer: str = TIMER, more: dict[str, bytes] | None = None) -> list[Problem]:
    armed = f"<bpmn:timerEventDefinition><bpmn:timeDate>={timer}</bpmn:timeDate></bpmn:timerEventDefinition>"
    wait = d.element("intermediateCatchEvent", "w", armed)
    files = {"p.bpmn": d.diagram("p", d.element("startEvent", "s"), wait, d.element("endEvent", "e"), flows="s>w>e", properties=properties)}
    return definitions.check(files | (more or {}), definitions.known_files(files | (more or {}), ()))


def codes(*args: dict[str, str], **more: str) -> list[tuple[str, str, str]]:
    return [(each.code, each.element_id, each.severity) for each in found(*args, **more)]  # type: ignore[arg-type]


def test_a_schedule_in_order_is_fine() -> None:
    assert codes(GOOD) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"date.begin": '=back(3, "08:61")'}, "schedule_formula"),
        ({"date.begin": "=back(3)"}, "schedule_formula"),
        ({"date.begin": "tomorrow"}, "schedule_formula"),
        ({"date.begin": "=campaign.visit"}, "schedule_circle"),
        ({"date.begin": '=forward(campaign.begin, 1, "08:00")'}, "schedule_circle"),
        ({"date.visit": '=back(4, "08:00")'}, "schedule_order"),
        ({"date.visit": '=back(0, "08:00")'}, "schedule_late"),
        ({"after.visit": "begins"}, "schedule_unknown"),
        ({"date.visit": "=campaign.begins"}, "schedule_unknown"),
        ({"date.report": '=back(1, "24:00")'}, "schedule_deadline"),
        ({"date.begin": "=deadline"}, "schedule_deadline"),
        ({"date.id": '=back(3, "08:00")'}, "schedule_name"),
        ({"time.begin": "08:00"}, "schedule_name"),
        ({"time.evening": "7pm"}, "schedule_time"),
        ({"time.evening": "24:00"}, "schedule_time"),
    ],
)
def test_what_cannot_be_a_schedule_is_refused(changed: dict[str, str], code: str) -> None:
    assert (code, "p", "error") in codes(GOOD | changed)


def test_a_function_that_does_not_exist_is_refused_with_the_nearest() -> None:
    problem = next(each for each in found(GOOD | {"date.begin": '=bac(3, "08:00")'}) if each.severity == "error")
    assert "back" in problem.text("zh")


def test_dates_that_nothing_reads_are_named() -> None:
    assert ("schedule_unused", "p", "warning") in codes(GOOD | {"date.lunch": '=back(3, "12:00")'})
    other = {"q.bpmn": d.diagram("q", d.element("startEvent", "s"), d.user("a", due="=campaign.lunch"), flows="s>a")}
    assert not [each for each in found(GOOD | {"date.lunch": '=back(3, "12:00")'}, more=other) if each.code == "schedule_unused"]


def test_a_date_that_a_diagram_reads_and_nobody_states_is_named_with_the_nearest() -> None:
    problem = next(each for each in found(GOOD, timer="date and time(campaign.visits)") if each.code == "schedule_unknown")
    assert (problem.element_id, problem.severity) == ("w", "warning")
    assert "visit" in problem.text("zh")


def test_the_shipped_plan_is_in_order() -> None:
    """The plan of Shashi, with every date read by some diagram."""
    files = {
        path.name: path.read_bytes()
        for folder in ("processes", "forms")
        for path in (ROOT / folder).iterdir()
        if path.suffix in {".bpmn", ".dmn", ".form"}
    }
    assert [each for each in definitions.check(files, definitions.known_files(files)) if each.code.startswith("schedule_")] == []


def test_a_gate_that_nobody_can_count_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the page of gates could not be shown."""
    monkeypatch.setattr("app.engine.checks.schedule.COUNTED", {"household:submitted"})
    gate = '<zeebe:properties><zeebe:property name="gate" value="x"/><zeebe:property name="gate.count" value="household:submited"/>'
    task = d.element("manualTask", "t", extensions=f'{gate}<zeebe:property name="gate.to" value="visit"/></zeebe:properties>')
    wait = d.catch("w", d.timer("timeDate", f"={TIMER}"))
    files = {"p.bpmn": d.diagram("p", d.start(), task, wait, d.end(), flows="s>t>w>e", properties=GOOD)}
    (problem,) = (each for each in definitions.check(files, definitions.known_files(files, ())) if each.code == "gate_count")
    assert (problem.element_id, problem.severity) == ("t", "error")
    assert "household:submitted" in problem.text("zh")
