"""Messages have exactly one receiver, signals reach everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.db import Database
from app.engine import jobs, runtime
from app.engine.errors import Conflict
from app.engine.models import MessageRow, SubscriptionRow
from tests.engine import drawing as d
from tests.engine.drawing import ANN

At = Callable[[str], datetime]


def run(db: Database, verb: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return db.in_transaction(lambda session: verb(session, *args, **named))


def start(db: Database, process: str = "p", campaign_id: int = 0, **variables: Any) -> Any:
    instance = run(db, runtime.start, process, variables, ANN, campaign_id=campaign_id)
    jobs.drain(db)
    return instance


def publish(db: Database, name: str = "go", key: str = "k", *, drain: bool = True, **named: Any) -> MessageRow:
    variables = named.pop("variables", {})
    row: MessageRow = run(db, runtime.publish_message, name, key, variables, ANN, **named)
    if drain:
        jobs.drain(db)
    return row


def messages(db: Database) -> list[str]:
    return d.read(db, lambda s: list(s.scalars(select(MessageRow.state).order_by(MessageRow.key))))


def waiting(db: Database) -> None:
    """Deploy: catch message go with key ``key``, then task after."""
    elements = (d.start(), d.catch("c", d.on_message("go")), d.user("after"), d.end())
    d.deploy(db, d.diagram("p", *elements, flows="s>c>after>e", roots=d.message("go", "key")))


def test_a_message_reaches_the_instance_with_its_key(db: Database, at: At) -> None:
    waiting(db)
    start(db, key="other")
    wanted = start(db, key="k")
    publish(db, variables={"answer": 42})
    (task,) = d.tasks(db)
    assert task.instance_key == wanted.key
    assert d.instances(db, key=wanted.key)[0].variables == {"key": "k", "answer": 42}
    assert messages(db) == ["CORRELATED"]
    (event,) = d.history(db, "message.correlated")
    assert (event.instance_key, event.element_id, event.detail["name"]) == (wanted.key, "c", "go")
    assert d.read(db, lambda s: [row.correlation_key for row in s.scalars(select(SubscriptionRow))]) == ["other"]


def test_of_two_that_wait_the_oldest_receives_it(db: Database, at: At) -> None:
    waiting(db)
    first, second = start(db, key="k"), start(db, key="k")
    publish(db)
    assert [task.instance_key for task in d.tasks(db)] == [first.key]
    publish(db)
    assert [task.instance_key for task in d.tasks(db)] == [first.key, second.key]


def test_a_message_without_receiver_waits_for_its_time_to_live(db: Database, at: At) -> None:
    waiting(db)
    publish(db, time_to_live=3600)
    assert messages(db) == ["WAITING"]
    at("2020-05-21T08:59:00+08:00")
    start(db, key="k")
    assert len(d.tasks(db)) == 1
    assert messages(db) == ["CORRELATED"]


def test_after_its_time_to_live_it_is_gone(db: Database, at: At) -> None:
    waiting(db)
    publish(db, time_to_live=3600)
    at("2020-05-21T09:00:00+08:00")
    start(db, key="k")
    assert d.tasks(db) == []
    assert messages(db) == ["EXPIRED"]
    assert [event.kind for event in d.history(db, "message.published", "message.expired")] == ["message.published", "message.expired"]
    assert d.jobs_of(db) == []


def test_without_time_to_live_it_reaches_only_who_waits_already(db: Database, at: At) -> None:
    waiting(db)
    publish(db)
    start(db, key="k")
    assert d.tasks(db) == [] and messages(db) == ["EXPIRED"]


def test_each_receiver_gets_the_oldest_message_first(db: Database, at: At) -> None:
    waiting(db)
    for number in range(2):
        publish(db, variables={"n": number}, time_to_live=3600)
    start(db, key="k")
    assert d.instances(db)[0].variables["n"] == 0
    assert messages(db) == ["CORRELATED", "WAITING"]


def test_the_same_message_id_again_is_the_first_message(db: Database, at: At) -> None:
    waiting(db)
    first = publish(db, message_id="m1", time_to_live=3600)
    assert publish(db, message_id="m1", time_to_live=3600).key == first.key
    assert len(messages(db)) == 1
    start(db, key="k")
    assert publish(db, message_id="m1", time_to_live=3600).key == first.key
    at("2020-05-21T09:00:01+08:00")
    assert publish(db, message_id="m1", time_to_live=3600).key != first.key
    assert messages(db) == ["WAITING"]


def test_a_message_of_a_campaign_stays_in_it(db: Database, at: At) -> None:
    waiting(db)
    start(db, key="k", campaign_id=1)
    mine = start(db, key="k", campaign_id=2)
    publish(db, campaign_id=2)
    assert [task.instance_key for task in d.tasks(db)] == [mine.key]
    publish(db, campaign_id=3)
    assert len(d.tasks(db)) == 1
    publish(db)  # without a campaign: everybody
    assert len(d.tasks(db)) == 2


def test_a_noninterrupting_message_is_received_again_and_again(db: Database, at: At) -> None:
    border = d.boundary("x", "a", d.on_message("go"), interrupting=False)
    flows = "s>a>e; x>look>e2"
    roots = d.message("go", "key")
    d.deploy(db, d.diagram("p", d.start(), d.user("a"), border, d.user("look"), d.end(), d.end("e2"), flows=flows, roots=roots))
    for _ in range(2):
        publish(db, time_to_live=3600)
    start(db, key="k")
    assert len(d.tasks(db, element_id="look")) == 2
    publish(db)
    assert len(d.tasks(db, element_id="look")) == 3
    assert len(d.tasks(db, element_id="a")) == 1
    run(db, runtime.complete, d.task(db, "a").key, {}, ANN)
    publish(db)
    assert len(d.tasks(db, element_id="look")) == 3
    assert d.jobs_of(db) == []


def test_a_message_thrown_by_an_instance_reaches_another_that_comes_later(db: Database, at: At) -> None:
    mapped = '<zeebe:ioMapping><zeebe:input source="=colour" target="colour"/></zeebe:ioMapping>'
    throw = d.element("intermediateThrowEvent", "t", d.on_message("go"), mapped)
    waiting(db)
    d.deploy(db, d.diagram("q", d.start(), throw, d.end(), flows="s>t>e", roots=d.message("go", '"k"')))
    start(db, "q", colour="red", campaign_id=4)
    start(db, key="k", campaign_id=4)
    assert d.instances(db, process_id="p")[0].variables["colour"] == "red"
    assert [event.kind for event in d.history(db, "message.published", "message.correlated")] == ["message.published", "message.correlated"]


def test_a_suspended_instance_receives_waiting_messages_after_its_resumption(db: Database, at: At) -> None:
    waiting(db)
    instance = start(db, key="k")
    run(db, runtime.suspend, instance.key, ANN)
    publish(db, time_to_live=3600)
    assert messages(db) == ["WAITING"]
    run(db, runtime.resume, instance.key, ANN)
    jobs.drain(db)
    assert len(d.tasks(db)) == 1


# --- start events ---------------------------------------------------------------------------------------------------------


def starting(db: Database) -> None:
    d.deploy(db, d.diagram("p", d.start("s", d.on_message("go")), d.user("a"), d.end(), flows="s>a>e", roots=d.message("go")))


def test_a_message_starts_one_instance_per_key_at_a_time(db: Database, at: At) -> None:
    starting(db)
    publish(db, variables={"n": 1}, campaign_id=3)
    publish(db, variables={"n": 2}, campaign_id=3, time_to_live=3600)
    publish(db, key="other", campaign_id=3)
    assert [row.variables for row in d.instances(db)] == [{"n": 1}, {}]
    assert {row.campaign_id for row in d.instances(db)} == {3}
    assert messages(db) == ["CORRELATED", "WAITING", "CORRELATED"]
    run(db, runtime.complete, d.tasks(db)[0].key, {}, ANN)
    jobs.drain(db)
    # The one that waited starts the next.
    assert [row.variables for row in d.instances(db)] == [{"n": 1}, {}, {"n": 2}]
    assert messages(db) == ["CORRELATED"] * 3


def test_messages_without_a_key_start_as_many_as_there_are(db: Database, at: At) -> None:
    starting(db)
    publish(db, key="")
    publish(db, key="")
    assert len(d.instances(db)) == 2


def test_who_waits_comes_before_who_could_be_started(db: Database, at: At) -> None:
    starting(db)
    d.deploy(db, d.diagram("w", d.start(), d.catch("c", d.on_message("go")), d.end(), flows="s>c>e", roots=d.message("go", "key")))
    start(db, "w", key="k")
    publish(db)
    assert [row.state for row in d.instances(db)] == ["COMPLETED"]


def test_the_newest_version_is_started(db: Database, at: At) -> None:
    starting(db)
    d.deploy(db, d.diagram("p", d.start("s", d.on_message("go")), d.user("b"), d.end(), flows="s>b>e", roots=d.message("go")))
    publish(db)
    assert [task.element_id for task in d.tasks(db)] == ["b"]


# --- signals --------------------------------------------------------------------------------------------------------------


def test_a_signal_reaches_everybody_who_waits_and_starts_who_begins_with_it(db: Database, at: At) -> None:
    d.deploy(
        db,
        d.diagram("p", d.start(), d.catch("c", d.on_signal("alarm")), d.user("a"), d.end(), flows="s>c>a>e", roots=d.signal("alarm")),
        d.diagram("q", d.start("s", d.on_signal("alarm")), d.user("b"), d.end(), flows="s>b>e", roots=d.signal("alarm")),
    )
    for _ in range(3):
        start(db)
    run(db, runtime.broadcast_signal, "alarm", {"level": 3}, ANN)
    jobs.drain(db)
    assert sorted(task.element_id for task in d.tasks(db)) == ["a", "a", "a", "b"]
    assert all(row.variables["level"] == 3 for row in d.instances(db))
    assert [event.actor for event in d.history(db, "signal.sent")] == ["ann"]


def test_a_signal_thrown_in_a_diagram_reaches_its_own_instance_too(db: Database, at: At) -> None:
    throw = d.element("intermediateThrowEvent", "t", d.on_signal("alarm"))
    border = d.boundary("x", "a", d.on_signal("alarm"))
    fork = d.element("parallelGateway", "g")
    flows = "s>g; g>a>e; g>b>t>e3; x>caught>e2"
    elements = (d.start(), fork, d.user("a"), border, d.user("b"), throw, d.user("caught"), d.end(), d.end("e2"), d.end("e3"))
    d.deploy(db, d.diagram("p", *elements, flows=flows, roots=d.signal("alarm")))
    start(db)
    run(db, runtime.complete, d.task(db, "b").key, {}, ANN)
    jobs.drain(db)
    assert [task.element_id for task in d.tasks(db)] == ["caught"]


def test_a_broken_receiver_of_a_signal_holds_up_nobody(db: Database, at: At) -> None:
    gateway = d.element("exclusiveGateway", "g")
    flows = "s>c>g; g>[go]a>e; g>[default]e"
    elements = (d.start(), d.catch("c", d.on_signal("alarm")), gateway, d.user("a"), d.end())
    d.deploy(db, d.diagram("p", *elements, flows=flows, roots=d.signal("alarm")))
    for value in (True, "neither", True):
        start(db, go=value)
    run(db, runtime.broadcast_signal, "alarm", {}, ANN)
    jobs.drain(db)
    assert len(d.tasks(db)) == 2
    (incident,) = d.incidents_of(db)
    assert incident.element_id == "g"


def test_a_suspended_receiver_hears_a_signal_after_its_resumption(db: Database, at: At) -> None:
    roots = d.signal("alarm")
    d.deploy(db, d.diagram("p", d.start(), d.catch("c", d.on_signal("alarm")), d.user("a"), d.end(), flows="s>c>a>e", roots=roots))
    instance = start(db)
    run(db, runtime.suspend, instance.key, ANN)
    run(db, runtime.broadcast_signal, "alarm", {}, ANN)
    jobs.drain(db)
    assert d.tasks(db) == []
    run(db, runtime.resume, instance.key, ANN)
    jobs.drain(db)
    assert len(d.tasks(db)) == 1


def test_ended_messages_are_forgotten_after_a_month(db: Database, at: At) -> None:
    publish(db)
    at((clock.now() + timedelta(days=31)).isoformat())
    db.in_transaction(jobs._sweep)
    assert messages(db) == []


@pytest.mark.parametrize("verb", ["publish", "broadcast"])
def test_nobody_needs_to_wait(db: Database, at: At, verb: str) -> None:
    if verb == "publish":
        publish(db)
    else:
        run(db, runtime.broadcast_signal, "alarm", {}, ANN)
        jobs.drain(db)
    assert d.jobs_of(db) == [] and d.incidents_of(db) == []


def test_a_correlation_reaches_its_receiver_in_this_transaction_or_leaves_nothing(db: Database, at: At) -> None:
    waiting(db)
    wanted = start(db, key="k")
    assert d.read(db, lambda s: runtime.awaited_messages(s, "go", ["k", "other"])) == {"k"}
    run(db, runtime.correlate_message, "go", "k", {"answer": 42}, ANN)
    assert d.tasks(db)[0].instance_key == wanted.key, "no job has run"
    assert d.instances(db, key=wanted.key)[0].variables["answer"] == 42
    assert d.read(db, lambda s: runtime.awaited_messages(s, "go", ["k"])) == set()
    told = len(d.history(db))
    with pytest.raises(Conflict) as nobody:
        run(db, runtime.correlate_message, "go", "k", {}, ANN)
    assert nobody.value.code == "message_not_awaited"
    assert messages(db) == ["CORRELATED"]
    assert len(d.history(db)) == told
