"""A branch that waits at a join for ever, beside others that go on: an incident at once, over when it can go on."""

from __future__ import annotations

import pytest

from app.engine import runtime
from app.engine.errors import Conflict
from tests.engine import drawing as d
from tests.engine.reported.conftest import stage
from tests.engine.reported.stage import Stage

__all__ = ["stage"]

#: ``a`` leads to the join alone; ``long`` goes on beside it
SPLIT = d.diagram(
    "p",
    *(d.start(), d.user("long"), d.gateway("g"), d.user("a"), d.user("b"), d.gateway("j", "parallel"), d.end()),
    flows="s>long>e; s>g>[x = 1]a>j>e; g>[default]b>j",
)
#: the branch that goes on leads to the join now
MENDED = d.diagram(
    "p",
    *(d.start(), d.user("long"), d.gateway("g"), d.user("a"), d.user("b"), d.gateway("j", "parallel"), d.end()),
    flows="s>long>b>j>e; s>g>[x = 1]a>j; g>[default]b",
)


def open_(stage: Stage) -> list[tuple[str, str]]:
    return [(row.kind, row.element_id) for row in stage.incidents]


def test_a_hung_branch_beside_a_live_one_is_an_incident_that_retrying_does_not_close(stage: Stage) -> None:
    stage.deploy(SPLIT)
    stage.start(x=1)
    assert open_(stage) == []
    stage.complete("a")
    assert open_(stage) == [("stuck", "j")]
    assert stage.tasks == ["long"]
    with pytest.raises(Conflict) as refused:
        stage.retry()
    assert refused.value.code == "join_waits"
    stage.complete("long")
    assert open_(stage) == [("stuck", "j")]
    assert len(d.history(stage.db, "incident.created")) == 1


def test_moving_a_token_to_the_missing_branch_mends_it(stage: Stage) -> None:
    stage.deploy(SPLIT)
    instance = stage.start(x=1)
    stage.complete("a")
    stage.run(runtime.move_token, instance.key, d.task(stage.db, "long").key, "b", d.BOB, reason="补上一支")
    assert open_(stage) == []
    assert stage.tasks == ["b"]
    stage.complete("b")
    assert stage.states() == ["COMPLETED"]
    assert [event.detail["kind"] for event in d.history(stage.db, "incident.resolved")] == ["stuck"]


def test_a_migration_to_a_mended_diagram_mends_it(stage: Stage) -> None:
    stage.deploy(SPLIT)
    stage.start(x=1)
    stage.complete("a")
    stage.migrate(MENDED)
    assert open_(stage) == []
    stage.complete("long")
    stage.complete("b")
    assert (open_(stage), stage.states()) == ([], ["COMPLETED"])


def test_cancelling_ends_it_with_the_instance(stage: Stage) -> None:
    stage.deploy(SPLIT)
    instance = stage.start(x=1)
    stage.complete("a")
    stage.run(runtime.cancel, instance.key, d.ANN, reason="x")
    assert open_(stage) == []


def test_a_join_that_somebody_still_comes_to_is_none(stage: Stage) -> None:
    """One branch is done; the other comes through a choice, of which each way leads to the join."""
    nodes = (d.gateway("g", "parallel"), d.gateway("x"), d.gateway("y"), d.user("a"), d.user("b"), d.user("c"), d.gateway("j", "parallel"))
    flows = "s>g>a>j>e; g>x>[v = 1]b>y>j; x>[default]c>y"
    stage.deploy(d.diagram("p", d.start(), *nodes, d.end(), flows=flows))
    stage.start(v=2)
    stage.complete("a")
    assert (open_(stage), stage.tasks) == ([], ["c"])
    stage.complete("c")
    assert (open_(stage), stage.states()) == ([], ["COMPLETED"])
