"""Campaign time that people move forward."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.db import Database
from app.engine import jobs, runtime, virtual_clock
from tests.engine import drawing as d
from tests.engine.drawing import ANN

MORNING = d.at("2020-05-21T08:00:00+08:00")


@pytest.fixture(autouse=True)
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """The machine's time under the test's control: ``real(seconds)`` lets it pass."""
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    machine = clock.real_now
    monkeypatch.setattr(clock, "real_now", lambda: now[0])

    def passes(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds)

    yield passes
    virtual_clock._installed = None
    clock.set_source(machine)


def set_to(db: Database, at: datetime, **named: Any) -> None:
    db.in_transaction(lambda session: virtual_clock.set_to(session, at, **named))


def test_without_a_row_campaign_time_is_the_machines_time(db: Database, real: Any) -> None:
    virtual_clock.install(db)
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC)
    assert d.read(db, virtual_clock.read) is None


def test_a_standing_clock_stands_and_a_running_one_runs(db: Database, real: Any) -> None:
    virtual_clock.install(db)
    set_to(db, MORNING)
    real(60)
    assert clock.now() == MORNING
    set_to(db, MORNING, running=True)
    real(60)
    assert clock.now() == MORNING + timedelta(seconds=60)
    assert d.read(db, virtual_clock.read) == (MORNING + timedelta(seconds=60), True)


def test_the_clock_goes_forward_only(db: Database, real: Any) -> None:
    virtual_clock.install(db)
    set_to(db, MORNING)
    with pytest.raises(virtual_clock.BackwardError):
        set_to(db, MORNING - timedelta(seconds=1))
    with pytest.raises(virtual_clock.BackwardError):
        virtual_clock.advance(db, MORNING - timedelta(seconds=1))
    assert clock.now() == MORNING


def test_a_change_here_is_seen_at_once_and_one_elsewhere_within_half_a_second(db: Database, real: Any) -> None:
    ticks = [0.0]
    virtual_clock.install(db, tick=lambda: ticks[0])
    set_to(db, MORNING)
    assert clock.now() == MORNING
    set_to(db, MORNING + timedelta(hours=1))
    assert clock.now() == MORNING + timedelta(hours=1)
    here = virtual_clock._installed
    virtual_clock._installed = None  # what another process does reaches us through the database only
    set_to(db, MORNING + timedelta(hours=2))
    virtual_clock._installed = here
    assert clock.now() == MORNING + timedelta(hours=1)
    ticks[0] = 0.51
    assert clock.now() == MORNING + timedelta(hours=2)


def test_a_change_that_is_rolled_back_is_no_change(db: Database, real: Any) -> None:
    virtual_clock.install(db)
    set_to(db, MORNING)

    def fails(session: Any) -> None:
        virtual_clock.set_to(session, MORNING + timedelta(days=1))
        raise LookupError

    with pytest.raises(LookupError):
        db.in_transaction(fails)
    assert clock.now() == MORNING


def test_advancing_stops_at_each_timer_and_at_what_that_brings_about(db: Database, real: Any) -> None:
    """A timer starts another one in between: it fires at its own time, and so does what comes after."""
    virtual_clock.install(db)
    set_to(db, MORNING)
    waits = [d.catch(f"t{hours}", d.timer("timeDuration", f"PT{hours}H")) for hours in (2, 3)]
    d.deploy(
        db,
        d.diagram("p", d.start(), *waits, d.user("a", dueDate='=now() + duration("PT1H")'), d.end(), flows="s>t2>t3>a>e"),
        d.diagram("q", d.start(), d.catch("t", d.timer("timeDate", "2020-05-21T11:00:00+08:00")), d.user("b"), d.end(), flows="s>t>b>e"),
    )
    for process in ("p", "q"):
        db.in_transaction(lambda session, process=process: runtime.start(session, process, {}, ANN))  # type: ignore[misc]
    evening = d.at("2020-05-21T20:00:00+08:00")
    assert virtual_clock.advance(db, evening) == 3
    assert [(event.element_id, event.at) for event in d.history(db, "timer.fired")] == [
        ("t2", d.at("2020-05-21T10:00:00+08:00")),
        ("t", d.at("2020-05-21T11:00:00+08:00")),
        ("t3", d.at("2020-05-21T13:00:00+08:00")),
    ]
    assert d.task(db, "a").due_at == d.at("2020-05-21T14:00:00+08:00")
    assert clock.now() == evening
    assert d.read(db, jobs.next_due) is None


def test_a_timer_at_the_very_moment_fires_and_one_after_it_waits(db: Database, real: Any) -> None:
    virtual_clock.install(db)
    set_to(db, MORNING)
    d.deploy(db, d.diagram("q", d.start(), d.catch("t", d.timer("timeDate", "=when")), d.end(), flows="s>t>e"))
    for when in ("2020-05-21T20:00:00+08:00", "2020-05-21T20:00:01+08:00"):
        db.in_transaction(lambda session, when=when: runtime.start(session, "q", {"when": when}, ANN))  # type: ignore[misc]
    assert virtual_clock.advance(db, d.at("2020-05-21T20:00:00+08:00")) == 1
    assert [job.due_at for job in d.jobs_of(db)] == [d.at("2020-05-21T20:00:01+08:00")]


def test_a_running_clock_runs_on_from_where_it_was_moved_to(db: Database, real: Any) -> None:
    virtual_clock.install(db)
    set_to(db, MORNING, running=True)
    virtual_clock.advance(db, MORNING + timedelta(hours=1))
    real(5)
    assert clock.now() == MORNING + timedelta(hours=1, seconds=5)


def test_a_timer_that_fails_does_not_stop_the_clock(db: Database, real: Any) -> None:
    virtual_clock.install(db)
    set_to(db, MORNING)
    gateway = d.element("exclusiveGateway", "g")
    elements = (d.start(), d.catch("t", d.timer("timeDuration", "PT1H")), gateway, d.user("a"), d.end())
    d.deploy(db, d.diagram("p", *elements, flows="s>t>g; g>[broken]a>e; g>[default]e"))
    db.in_transaction(lambda session: runtime.start(session, "p", {"broken": "neither"}, ANN))
    assert virtual_clock.advance(db, MORNING + timedelta(days=1)) == 1
    assert clock.now() == MORNING + timedelta(days=1)
    assert [incident.element_id for incident in d.incidents_of(db)] == ["g"]
