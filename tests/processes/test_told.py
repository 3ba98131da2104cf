"""That a diary's history is looked at (``told``, after each play) would be worth nothing if nothing could be missed."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, update

from app.engine.models import Event
from tests.processes import told
from tests.processes.play import Play


@pytest.mark.parametrize(
    ("kind", "missed"),
    [
        ("instance.started", "its start"),
        ("instance.stepped", "not every activity is told as"),
        ("task.completed", "who completed it is not told"),
        ("task.opened", "the history says otherwise"),
        ("problem.raised", "the history says None"),
    ],
)
def test_a_record_that_is_missing_is_missed(play: Play, kind: str, missed: str) -> None:
    play.start_campaign()
    first = play.inbox("office")[0]
    play.complete("office", first.element_id, first.subject)
    play.problem("V01-01-001")
    with play.db.reading() as session:
        assert told.gaps(session) == []
        newest = select(func.max(Event.key)).where(Event.kind == kind).scalar_subquery()
        assert session.execute(delete(Event).where(Event.key == newest)).rowcount == 1  # type: ignore[attr-defined]
        assert any(missed in gap for gap in told.gaps(session))


def test_a_record_of_somebody_else_is_missed(play: Play) -> None:
    play.start_campaign()
    first = play.inbox("office")[0]
    play.complete("office", first.element_id, first.subject)
    with play.db.reading() as session:
        session.execute(update(Event).where(Event.kind == "task.completed").values(actor="nobody"))
        assert any("who completed it" in gap for gap in told.gaps(session))
