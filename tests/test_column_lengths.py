"""A text that does not fit into its column is refused in words, on both databases, whichever way it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.column_lengths import TooLong
from app.db import Database
from app.engine import runtime
from app.engine.models import MessageRow, ProcessInstance, SubscriptionRow, Task, TaskCandidate
from app.engine.spiff import bounded
from tests.engine import drawing as d
from tests.engine.drawing import ANN

LONG = "长" * 201
NOON = datetime(2020, 5, 21, 4, 0, tzinfo=UTC)


def _message(key: int, correlation: str) -> dict[str, Any]:
    row = {"key": key, "campaign_id": 0, "name": "m", "correlation_key": correlation, "message_id": str(key)}
    return row | {"variables": {}, "state": "WAITING", "expires_at": NOON, "created_at": NOON}


@pytest.mark.parametrize("way", ["one", "many", "values", "update", "object"])
def test_whatever_is_written_is_measured(db: Database, way: str) -> None:
    db.in_transaction(lambda session: session.execute(insert(MessageRow), [_message(1, LONG[:200])]))
    ways: dict[str, Any] = {
        "one": lambda session: session.execute(insert(MessageRow), [_message(2, LONG)]),
        "many": lambda session: session.execute(insert(MessageRow), [_message(2, "a"), _message(3, LONG)]),
        "values": lambda session: session.execute(insert(MessageRow).values(**_message(2, LONG))),
        "update": lambda session: session.execute(update(MessageRow).values(correlation_key=LONG)),
        "object": lambda session: session.add(MessageRow(**_message(2, LONG))),
    }
    with pytest.raises(TooLong, match="message.correlation_key: at most 200"):
        db.in_transaction(ways[way])
    assert d.read(db, lambda session: session.scalars(select(MessageRow.correlation_key)).all()) == [LONG[:200]]
    assert d.read(db, lambda session: session.scalars(select(MessageRow).where(MessageRow.correlation_key == LONG)).all()) == []


@pytest.mark.parametrize(
    ("element", "said"),
    [
        (d.user("t", '="office:" + long'), "candidate group"),
        (d.user("t").replace("candidateGroups", 'assignee="=long" candidateGroups'), "assignee"),
        (d.catch("t", d.on_message("m")), "correlation key"),
        (d.throw("t", d.on_signal("m")), "name of the signal"),
    ],
    ids=["candidate group", "assignee", "correlation key", "signal"],
)
def test_a_text_of_the_diagram_that_is_too_long_is_said_where_it_stands(db: Database, element: Any, said: str) -> None:
    roots = d.message("m", "long") + '<bpmn:signal id="s_m" name="=long"/>'
    d.deploy(db, d.diagram("p", d.start(), element, d.end(), flows="s>t>e", roots=roots))
    with pytest.raises(Exception, match=said):
        db.in_transaction(lambda session: runtime.start(session, "p", {"long": LONG}, ANN))


def test_the_limits_of_the_diagram_are_those_of_the_columns() -> None:
    columns = (SubscriptionRow.name, SubscriptionRow.correlation_key, MessageRow.name, MessageRow.correlation_key)
    assert {column.type.length for column in columns} == {bounded.NAME}  # type: ignore[attr-defined]
    assert Task.assignee.type.length == bounded.PERSON  # type: ignore[attr-defined]
    assert TaskCandidate.value.type.length == bounded.CANDIDATE  # type: ignore[attr-defined]
    assert ProcessInstance.business_key.type.length == bounded.NAME  # type: ignore[attr-defined]
